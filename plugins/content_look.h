/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef MAILPATH_PLUGINS_CONTENT_LOOK_H
#define MAILPATH_PLUGINS_CONTENT_LOOK_H

#include "frame.h"
#include "mail/address.h"
#include "mail/content.h"
#include "mail/filter.h"
#include "probe_message.h"

/* What check_mailcontent is told, and what it sees. */

enum { CONTENT_RECIPIENTS_MAX = 100 };

/* What --filter names. */
struct content_filter {
	const struct content_protocol *protocol;	/* NULL: none is asked */
	char host[DOMAIN_MAX + 1];	/* a name; "": `peers` has its address */
	struct domain name;
	struct endpoint peers[8];
	size_t peer_count;
	uint16_t port;
	const char *path;		/* "/checkv2" */
	char label[DOMAIN_MAX + 24];	/* for people */
};

struct content_settings {
	const char *message;			/* a file, or "-" */
	const char *from;			/* without a message: that of the probe */
	struct words to;
	struct probe_message probe;
	struct address from_address, to_addresses[CONTENT_RECIPIENTS_MAX];

	uint64_t size_limit;
	bool has_smtputf8, requires_dkim, is_bulk;
	const char *at_word;

	const char *filter_word, *ip, *helo, *mail_from;
	struct words rcpt;

	int64_t at;				/* when it is sent */
	bool has_at;
	struct content_filter filter;
};

struct content_look {
	const struct content_settings *settings;
	struct content content;
	struct text message;			/* the whole, where a filter is asked */
	bool was_read, is_too_long;		/* for a filter */
	struct content_filter filter;		/* with its addresses */
	bool was_asked;
	struct filter_verdict verdict;
	struct text trace;
};

/* What the word of --filter says; the fault names the option. */
bool content_filter_parse(const char *word, struct content_filter *filter, struct fault *fault);

/* Ask it; what fails becomes a finding. */
void content_filter_ask(struct content_look *look, struct frame *frame);

/* Numbers, findings and data. */
void content_judge(struct content_look *look, struct frame *frame);

#endif
