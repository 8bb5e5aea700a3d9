/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef MAILPATH_MAIL_REPLY_MEMO_H
#define MAILPATH_MAIL_REPLY_MEMO_H

#include "base/slice.h"

/* What texts mean (reply_classify), each looked at once: queues and logs say the same
 * again and again, but for mailboxes and addresses. A zeroed struct is empty; a struct for each thread. */
struct reply_memo {
	struct {
		uint64_t hash;
		const char *reason;
	} at[1024];
};

const char *reply_memo_reason(struct reply_memo *memo, struct slice text);

#endif
