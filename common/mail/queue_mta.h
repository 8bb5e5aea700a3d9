/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef MAILPATH_MAIL_QUEUE_MTA_H
#define MAILPATH_MAIL_QUEUE_MTA_H

#include "base/fault.h"
#include "mail/queue.h"

/* How each mail server (MTA) keeps its queue in files, and lists it: a row for each,
 * in its own file. */

/* What time it is; handed in. */
struct queue_clock {
	int64_t now;		/* seconds since 1970 */
	int64_t utc_offset;	/* of the time in which listings are written; seconds */
};

/* ---- listings: what `postqueue -j`, `mailq` and the like print ---- */

/* Reads a listing line by line, in constant memory. */
struct queue_listing {
	const struct queue_mta *mta;
	struct queue_clock clock;
	void (*found)(void *context, struct queue_message *message);
	void *context;

	struct queue_message message;	/* being put together */
	bool is_open;			/* there is such a message */
	bool says_empty;		/* "Mail queue is empty" */
	bool says_down;			/* its server does not run */
	bool has_loose_end;		/* if it ended here, the message would be cut */
	bool needs_end;			/* its last line has to say that it is the last, and */
	bool is_complete;		/* it did */
	enum queue_place place;		/* of this listing, where its lines do not say */
	uint64_t told;			/* how many there are, by the listing's own word */
	bool knows_told;
	uint64_t messages;		/* found */
	bool hides_details;		/* it lists messages, but not from whom and where to */
	uint64_t lines, bad_lines;	/* all, and not understood */
	char bad_line[QUEUE_EXAMPLE];	/* the first of them; foreign, cut */
	unsigned depth;			/* the row's own: where in a message it is */
	char reason[QUEUE_EXAMPLE];	/* the row's own: why those that come now wait */
	struct text rest;		/* the beginning of a line */
	bool skips;			/* the rest of a line that is too long */
	bool failed;			/* there was no memory */
};

enum { QUEUE_LINE_MAX = 4 << 20 };

/* `found` gets each message; it may keep nothing of it. */
void queue_listing_open(struct queue_listing *listing, const struct queue_mta *mta,
			const struct queue_clock *clock, enum queue_place place,
			void (*found)(void *context, struct queue_message *message), void *context);
void queue_listing_feed(struct queue_listing *listing, struct slice bytes);
/* The end. False: this is no whole listing, and the fault says why. */
bool queue_listing_close(struct queue_listing *listing, struct fault *fault);
void queue_listing_release(struct queue_listing *listing);

/* For rows: begin a message (the one before is found), or end it. */
void queue_listing_begin(struct queue_listing *listing, enum queue_place place);
void queue_listing_end(struct queue_listing *listing);

/* For rows: "Tue Nov 24 01:59[:45]" at the front of `rest`; the year is the last that
 * makes it no later than tomorrow. */
bool queue_date(const struct queue_clock *clock, struct slice *rest, int64_t *time);
/* "01:59" or "01:59:45" */
bool queue_time_of_day(struct slice word, int64_t *second_of_day);
/* A date and time as listings have it; month and day count from 1. */
int64_t queue_time(const struct queue_clock *clock, int64_t year, unsigned month, unsigned day,
		   int64_t second_of_day);

/* ---- spools: a folder of files for each place ---- */

enum { QUEUE_FOLDERS = 8, QUEUE_PATH = 512 };

struct queue_folder {
	const char *path;	/* in the spool; "." is the spool itself; NULL ends the list */
	enum queue_place place;
	unsigned depth;		/* files may lie so many folders below */
	bool is_checked;	/* a file is a message only if its mode says that it is whole */
};

/* What the name of a file says. */
enum queue_name {
	QUEUE_NAME_MESSAGE,	/* this is a message */
	QUEUE_NAME_PART,	/* part of one, or something that belongs here */
	QUEUE_NAME_STRANGE,	/* no such server has put it there */
};

/* A file in a spool. */
struct queue_file {
	const struct queue_folder *folder;
	struct slice below;		/* folders below that one: "8", or nothing */
	struct slice name;
	uint64_t inode;
};

/* What can be known of it without its content. */
struct queue_told {
	enum queue_place place;		/* a name may overrule the folder's */
	int64_t arrived;		/* or QUEUE_UNKNOWN: then it has to be opened, or */
	bool is_born_then;		/* its birth time is when it arrived, and if the file system
					 * does not know that, it has to be opened */
	bool is_body_time;		/* it arrived when body_path() was last written */
};

/* What the file system says of a file, and of its body_path(). */
struct queue_stat {
	int64_t size;
	unsigned mode;
	int64_t body_size, body_time;	/* or QUEUE_UNKNOWN */
};

enum queue_envelope {
	QUEUE_ENVELOPE_READ,
	QUEUE_ENVELOPE_UNFINISHED,	/* it is still being written */
	QUEUE_ENVELOPE_CORRUPT,		/* this is no such file */
};

struct queue_spool {
	struct queue_folder folders[QUEUE_FOLDERS];
	/* Fills `told` of a message. */
	enum queue_name (*name)(const struct queue_file *file, struct queue_told *told);
	/* The first bytes of a file (QUEUE_BLOCK or all of them): sender, recipients, arrival,
	 * size, and reasons where they stand here. `message` is cleared, its place set. */
	enum queue_envelope (*envelope)(struct slice block, const struct queue_stat *about,
					struct queue_message *message);
	/* The file that holds the message itself, where its size or time is needed, relative to
	 * the spool; NULL: there is none. False: it has none. */
	bool (*body_path)(const struct queue_file *file, char path[QUEUE_PATH]);
	/* The file that tells why it waits, relative to the spool; NULL: there is none. */
	bool (*log_path)(const struct queue_file *file, char path[QUEUE_PATH]);
	bool tells_reasons;		/* there or in the envelope */
	bool log_is_read_from_end;	/* the last QUEUE_LOG bytes, not the first */
	void (*log)(struct slice log, struct queue_message *message);
};

enum { QUEUE_BLOCK = 4096, QUEUE_LOG = 16384 };

/* ---- a mail server ---- */

enum { QUEUE_COMMANDS = 3, QUEUE_ARGUMENTS = 6, QUEUE_WAYS = 5 };

struct queue_command {
	/* Where the program may be; the first that is there is taken. */
	const char *programs[QUEUE_WAYS];
	const char *arguments[QUEUE_ARGUMENTS];	/* behind its name */
	enum queue_place place;		/* of messages, where the listing does not say */
	const char *config_option;	/* in front of --config-dir's value ("-c"), or NULL */
	const char *needs;		/* only where this file is, there is such a queue; or NULL */
};

/* What a command that failed says (standard error and output), and what that means. */
enum queue_failure { QUEUE_FAILED, QUEUE_FORBIDDEN, QUEUE_DOWN, QUEUE_HARMLESS };
struct queue_complaint {
	const char *words;		/* any case; NULL ends the list */
	enum queue_failure means;
};

/* How its daemon shows that it lives. */
enum queue_life { QUEUE_LIFE_END, QUEUE_LIFE_LOCK, QUEUE_LIFE_PID, QUEUE_LIFE_SOCKET, QUEUE_LIFE_FIFO };
struct queue_sign {
	enum queue_life kind;
	const char *path;		/* in the spool, or absolute */
	const char *command;		/* of a PID: what its process is called */
};

struct queue_mta {
	const char *name;			/* the word after --mta */
	const char *title;			/* "Postfix" */
	const char *configs[QUEUE_WAYS];	/* it is in use here if one of these is there */
	const char *spools[QUEUE_WAYS];		/* where its queue is, unless the configuration says
						 * otherwise */
	struct queue_command commands[QUEUE_COMMANDS];
	const struct queue_complaint *complaints;
	/* Says what is paused, and that its server lives; `paused` reads that: false: nothing is. */
	struct queue_command status;
	bool (*paused)(struct slice output, struct text *what);
	const struct queue_mta *also;		/* a second queue, in files only: what `commands` list
						 * holds it, too; or NULL */
	/* A line of a listing. False: it is not understood. */
	bool (*line)(struct queue_listing *listing, struct slice line);
	bool listing_tells_reasons;
	/* Does this look like the first line of its listing? */
	bool (*recognises)(struct slice line);
	struct queue_spool spool;
	struct queue_sign signs[QUEUE_WAYS];	/* the first that can be told counts */
	bool has_no_daemon;			/* nothing has to run for it */
	const char *recipe;			/* how a monitoring user gets to read the queue */
};

extern const struct queue_mta queue_postfix, queue_exim, queue_sendmail, queue_opensmtpd,
	queue_nullmailer, queue_dma;

/* All of them; NULL ends the list. */
extern const struct queue_mta *const queue_mtas[];

/* By its name, or NULL. */
const struct queue_mta *queue_mta_find(const char *name);

/* ---- what their configurations say ---- */

/* The value of `name` in "name = value" lines, as main.cf and Exim have them: the last
 * one counts, '#' begins a line of comment, a line that begins with a blank goes on the
 * line before. False: it is not there. A bare name (Exim's booleans) is "true", with
 * "no_" or "not_" in front "false". */
bool queue_setting(struct slice config, const char *name, struct text *value);

#endif
