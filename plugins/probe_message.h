/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef MAILPATH_PLUGINS_PROBE_MESSAGE_H
#define MAILPATH_PLUGINS_PROBE_MESSAGE_H

#include "base/domain.h"
#include "mail/message.h"
#include "monitor/settings.h"
#include "net/deadline.h"

/* The message that is sent to see whether mail gets through, as options tell it. */

enum { PROBE_ATTACHMENTS_MAX = 32 };

struct probe_message {
	const char *subject, *body_file;
	struct words headers, attachments;
	uint64_t pad;

	char id[33];
	char host_name[DOMAIN_MAX + 1];
	struct text body, contents[PROBE_ATTACHMENTS_MAX];
	struct message_attachment files[PROBE_ATTACHMENTS_MAX];
};

/* A new id for it. */
void probe_message_name(struct probe_message *probe);

/* Was any of its options given? */
bool probe_message_is_told(const struct probe_message *probe);

/* Check the options and read the files; the fault names the option. */
bool probe_message_read(struct probe_message *probe, const struct deadline *deadline, struct fault *fault);

/* `from` may be "". */
bool probe_message_build(const struct probe_message *probe, const char *from, const struct words *to,
			 bool has_8bit, struct message *message, struct fault *fault);

void probe_message_release(struct probe_message *probe);

#endif
