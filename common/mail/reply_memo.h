/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef MAILPATH_MAIL_REPLY_MEMO_H
#define MAILPATH_MAIL_REPLY_MEMO_H

#include "mail/reply_index.h"

/* What texts mean (reply_reason), each looked at once: queues and logs say the same again
 * and again, but for mailboxes and addresses. A zeroed struct is empty; one for each thread. */
struct reply_memo {
	struct reply_index index;
	struct {
		uint64_t hash;
		const char *reason;
	} at[2048];
};

const char *reply_memo_reason(struct reply_memo *memo, struct slice text);

#endif
