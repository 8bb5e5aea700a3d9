/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef MAILPATH_MAIL_LOG_LINE_H
#define MAILPATH_MAIL_LOG_LINE_H

#include "base/slice.h"
#include "mail/log_stamp.h"

/* A line of a mail server's log: whose it is, when, and what happened. All slices point
 * into the line. */

struct log_line {
	struct log_stamp stamp;
	struct slice program;	/* of syslog ("postfix/smtpd"), or nothing: Exim's own file */
	struct slice text;	/* behind that */
};

/* False: it does not begin with a time stamp (the rest of another line, or no log). */
bool log_line_parse(struct slice bytes, struct log_line *line);

enum log_kind {
	LOG_OTHER,
	LOG_SENT,		/* handed over, or put into a mailbox */
	LOG_DEFERRED,		/* to be tried again */
	LOG_BOUNCED,		/* given up */
	LOG_REJECTED,		/* refused by this server */
	LOG_AUTH_FAILED,	/* a login at this server */
	LOG_PERMISSION,		/* the system does not allow it something */
	LOG_TLS_FAILED,		/* a handshake, or a certificate that cannot be used */
	LOG_KINDS,
};

const char *log_kind_word(enum log_kind kind);

struct log_mta;

struct log_event {
	const struct log_mta *mta;	/* NULL: the line is of another program */
	enum log_kind kind;
	uint32_t count;			/* recipients: one line of Sendmail may be of several */
	struct slice reason;		/* why, in somebody's words (reply_classify), or nothing */
	struct slice client;		/* the address in brackets of who was refused, or failed
					 * to log in; or nothing */
	const char *means;		/* an id of the catalogue, where that is known without
					 * the words; or NULL */
	bool is_permission;		/* and it was for want of a permission of ours */
};

/* A mail server: one row. */
struct log_mta {
	const char *name, *title;
	const char *files[4];		/* where its log is by default; NULL ends them */
	bool (*is_its)(const struct log_line *line);
	void (*parse)(const struct log_line *line, struct log_event *event);
};
extern const struct log_mta log_postfix, log_exim, log_sendmail, log_opensmtpd;
extern const struct log_mta *const log_mtas[];		/* ends with NULL */

void log_event_parse(const struct log_line *line, struct log_event *event);

/* ---- what the parsers share */

/* Where `part` begins in `s`, or s.len. */
size_t log_find(struct slice s, const char *part);
bool log_has(struct slice s, const char *part);
/* What is behind the first `part`; false: it is not there. */
bool log_behind(struct slice s, const char *part, struct slice *rest);
struct slice log_from(struct slice s, size_t at);
/* The first address in brackets. */
struct slice log_client(struct slice s);
/* In whatever case. */
bool log_is_permission(struct slice s);

#endif
