/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef MAILPATH_PLUGINS_QUEUE_LOOK_H
#define MAILPATH_PLUGINS_QUEUE_LOOK_H

#include "frame.h"
#include "mail/queue_mta.h"
#include "net/daemon.h"
#include "net/spool.h"

/* What check_mailqueue is told, and what it sees. */

enum queue_method { QUEUE_METHOD_AUTO, QUEUE_METHOD_SPOOL, QUEUE_METHOD_COMMAND };

struct queue_settings {
	const char *mta, *method_word;		/* words of the user, borrowed */
	const char *queue_dir, *config_dir, *instance, *input;
	struct queue_filter filter;
	bool wants_bytes, wants_reasons;
	unsigned top, sample;

	enum queue_method method;
};

/* One queue of one mail server; Postfix may have several. */
struct queue_instance {
	const struct queue_mta *mta;	/* not the instances' own row, or NULL */
	char *name;			/* of the user, or NULL; owned */
	char *config_dir;		/* owned, or NULL: the default one */
	char *spool;			/* owned, or NULL: it is not known */
	bool is_elsewhere;		/* the spool is one that the user names: only what lies in it
					 * tells whether its server lives */
	enum daemon_life life;		/* of its server */
};

struct queue_instances {
	const struct queue_mta *mta;
	struct queue_instance *at;
	size_t count;
};

enum { QUEUE_NAMED = 20 };

/* What was seen, of all instances. */
struct queue_look {
	const struct queue_settings *settings;
	const struct queue_mta *mta;	/* of --input: NULL until its first line tells */
	struct queue_clock clock;
	bool looks;			/* into messages: for reasons and lists */
	bool weighs, weighs_bytes;	/* for what all of them have; for sizes */
	bool filters;			/* only some messages count */

	struct queue_tally tally;
	struct reply_memo classes;	/* of listings */
	bool knows_corrupt;		/* not every listing tells */
	bool is_sampled;
	char *named[QUEUE_NAMED];	/* files that are corrupt; owned */
	size_t named_count;
	bool by_spool, by_command;	/* how it was read */
	bool hides_details, hides_reasons;	/* what was read does not tell them */
	bool says_down;			/* a listing: its server does not run */
	struct text why_not;		/* by its files */
	bool was_read;			/* at least one queue */
	bool life_unknown;		/* of one of them */
	bool knows_space;
	struct spool_space space;	/* of the spool that has least */
	bool failed;			/* there was no memory for something */
};

/* Which mail server, and which queues; faults are wrong usage. What cannot be found out
 * becomes findings, and then there are no instances. */
bool queue_find(struct queue_instances *instances, const struct queue_settings *settings,
		struct fault *fault);
void queue_find_missing(const struct queue_settings *settings, struct frame *frame);
void queue_find_several(const struct queue_instances *instances,
			const struct queue_settings *settings, struct frame *frame);
void queue_instances_release(struct queue_instances *instances);
/* What its configuration says of pauses becomes findings. */
void queue_judge_pauses(const struct queue_instances *instances, struct frame *frame);

/* What findings call a queue: "postfix", or an instance's name. */
const char *queue_subject(const struct queue_mta *mta, const struct queue_instance *instance);

/* See which of their servers live, while this may still be seen: to read a queue, root
 * becomes another. */
void queue_spool_lives(struct queue_instances *instances);

/* Read a queue from its files. False: the fault tells why not, and nothing was counted.
 * FAULT_USAGE stands for a spool that is not there. */
bool queue_spool_read(struct queue_look *look, const struct queue_mta *mta,
		      const struct queue_instance *instance, const struct deadline *deadline,
		      struct fault *fault);

/* Read a queue by its server's own program. What is wrong becomes a finding; false:
 * nothing was counted. `why` says why it was not read from its files, or is NULL. */
bool queue_command_read(struct queue_look *look, const struct queue_mta *mta,
			const struct queue_instance *instance, const char *why,
			struct frame *frame);
/* Ask their own program what is paused, where there is one that tells: this becomes
 * findings. Whether the server lives is then known, too. */
void queue_command_status(struct queue_instances *instances, struct frame *frame);
/* Read a saved listing. */
void queue_input_read(struct queue_look *look, const char *path, struct frame *frame);

/* Files and messages that were counted so far, good or corrupt. */
uint64_t queue_look_counted(const struct queue_look *look);
/* Count a message of a listing; the context is the look. */
void queue_look_count(void *context, struct queue_message *message);
void queue_look_name(struct queue_look *look, const char *path);

void queue_look_release(struct queue_look *look);

/* Numbers, findings and data. */
void queue_judge(struct queue_look *look, const struct queue_instances *instances,
		 struct frame *frame);

#endif
