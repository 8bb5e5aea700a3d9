/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef MAILPATH_PLUGINS_PATH_VERDICT_H
#define MAILPATH_PLUGINS_PATH_VERDICT_H

#include "path.h"

/* From what the plugins said to a verdict on each stage, and to causes. */

struct path_item {
	enum path_stage stage;
	enum path_run run;
	enum state state;
	const char *reason, *subject, *text, *fix, *url;	/* of the report */
	struct path_item *cause;				/* this is evidence of that one */
	bool is_repeated;					/* an earlier stage said the same */
};

struct path_verdict {
	struct path *path;
	struct result *result;
	struct path_item *items;
	size_t count, room;
	char *missing[STAGES];		/* not tested, and why; owned */
	char *elsewhere[RUNS];		/* where somebody listens instead, by run; owned */
	enum state states[STAGES];
	struct text evidence[STAGES];	/* what a good stage rests on */
};

/* Read the reports of a stage: its items, its state, and what it rests on, or why it was
 * not tested. */
void path_gather(struct path_verdict *v, enum path_stage stage);

/* Find who explains whom, once all stages are gathered. */
void path_correlate(struct path_verdict *v);
/* How a run that saw somebody else's cause is quoted; NULL: it is not. */
const char *path_witness(enum path_run run);

void path_verdict_release(struct path_verdict *v);

/* The string of a report, or "". */
const char *path_member(json_t *object, const char *key);

#endif
