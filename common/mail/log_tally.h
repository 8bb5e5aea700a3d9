/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef MAILPATH_MAIL_LOG_TALLY_H
#define MAILPATH_MAIL_LOG_TALLY_H

#include "base/frequent.h"
#include "mail/log_line.h"
#include "mail/reply_memo.h"

/* What many lines of a log come to. */

enum { LOG_CAUSES = 64, LOG_EXAMPLE = 200, LOG_MTAS = 8 };

/* How often one reason of the catalogue was said. */
struct log_cause {
	const char *reason;		/* an id of the catalogue */
	uint64_t count;
	char example[LOG_EXAMPLE];	/* a text of it, foreign, cut */
};

struct log_causes {
	struct log_cause at[LOG_CAUSES];
	size_t count;
};

struct log_tally {
	uint64_t lines;			/* with a time, whosever */
	uint64_t without_time;
	uint64_t mta_lines[LOG_MTAS];	/* of each mail server, as in log_mtas */
	uint64_t kinds[LOG_KINDS];
	uint64_t self_inflicted;	/* deferred or bounced through a fault of ours */
	struct log_causes deliveries;	/* why mail was deferred or bounced */
	struct log_causes refusals;	/* why this server refused mail */
	char examples[LOG_KINDS][LOG_EXAMPLE];	/* of each kind, the first one */
	struct frequent clients;	/* addresses whose logins failed */
};

/* A line that tells its time: LOG_OTHER and without a mail server, it only counts. */
void log_tally_count(struct log_tally *tally, const struct log_line *line,
		     const struct log_event *event, struct reply_memo *memo);
/* Lines of mail servers, all together. */
uint64_t log_tally_known(const struct log_tally *tally);
/* Sorted: the most frequent first. */
void log_causes_sort(struct log_causes *causes);
/* Empty again; harmless on a zeroed one. */
void log_tally_release(struct log_tally *tally);

#endif
