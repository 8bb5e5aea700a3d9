/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef MAILPATH_PLUGINS_MAILLOG_LOOK_H
#define MAILPATH_PLUGINS_MAILLOG_LOOK_H

#include "frame.h"
#include "mail/log_tally.h"
#include "net/log_file.h"

/* What check_maillog is told, and what it sees. */

struct maillog_settings {
	struct words logs;			/* --log */
	const char *since_word, *silence_word, *until_word, *zone_word;
	unsigned top;

	int64_t since, silence;			/* seconds */
	struct log_stamp until;
	bool has_until, has_zone;
	long zone;				/* seconds ahead of UTC */
};

/* One log and its rotated files. */
struct maillog_log {
	const char *path;			/* borrowed */
	struct log_chain chain;
	struct log_set_back *backs;		/* one a file of the chain */
	bool is_open;
	bool knows_newest, knows_oldest;
	int64_t newest;				/* line of it */
	bool was_read;				/* all of the window, without a fault */
	size_t files_read;
};

struct maillog_look {
	const struct maillog_settings *settings;
	struct log_clock clock;
	int64_t now, since;			/* the window */
	struct maillog_log *logs;
	size_t log_count;
	struct log_tally tally;
	struct reply_memo memo;
	uint64_t bytes_read;
	bool was_read;				/* all of them */
};

/* Read the window of all logs; what is wrong becomes a finding. */
void maillog_read(struct maillog_look *look, struct frame *frame);
void maillog_look_release(struct maillog_look *look);

/* Numbers, findings and data. */
void maillog_judge(struct maillog_look *look, struct frame *frame);

/* "45s", "15m", "3h", "5d" */
void maillog_print_age(struct text *text, int64_t seconds);

#endif
