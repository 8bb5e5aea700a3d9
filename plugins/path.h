/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef MAILPATH_PLUGINS_PATH_H
#define MAILPATH_PLUGINS_PATH_H

#include "frame.h"

/* check_mailpath: the whole path of mail as a list of stages. Other plugins are run,
 * those that do not wait for each other at once; their JSON is what is judged. */

struct path_settings {
	const char *domain;			/* -d */
	const char *host;			/* -H: the mail server; NULL: the domain's MX */
	struct words addresses;			/* --ip: mail goes out from these */
	const char *helo, *mail_from;
	struct words selectors, targets, controls, zones, profiles;
	const char *user, *password_file, *ca_file;
	struct words with, without, extra;	/* --with, --without, --stage-option */
	const char *size;
	const char *message, *filter;		/* --message, --filter */
	const char *to;				/* --to: can mail be handed over to this one? */
	bool wants_egress;			/* --egress */
};

/* ---- runs: one plugin with its options ---- */

enum path_run {
	RUN_DNS, RUN_SMTP, RUN_SUBMISSION, RUN_SUBMISSIONS, RUN_EGRESS, RUN_RDNS, RUN_SENDER,
	RUN_RECEIVERS, RUN_HANDOVER, RUN_BLOCKLISTS, RUN_QUEUE, RUN_LOG, RUN_CONTENT,
	RUNS,
};

struct path_report {
	bool was_asked;				/* this run is wanted, and possible */
	json_t *root;				/* what the plugin printed; owned; NULL: nothing usable */
	char *complaint;			/* why not; owned */
	bool is_late;				/* the deadline struck */
	int64_t us;
};

/* ---- stages: what the user reads ---- */

enum path_stage {
	STAGE_RESOLVER, STAGE_DNS, STAGE_LISTENER, STAGE_EGRESS, STAGE_RDNS, STAGE_TLS, STAGE_AUTH,
	STAGE_SENDER, STAGE_RECEIVERS, STAGE_BLOCKLISTS, STAGE_QUEUE, STAGE_LOG, STAGE_CONTENT,
	STAGES,
};

struct path {
	const struct path_settings *settings;
	struct frame *frame;
	bool is_wanted[STAGES];
	struct path_report reports[RUNS];
};

/* Its row, in the order in which mail needs them. */
enum { PATH_RUNS = 3, PATH_NEEDS = 2 };
struct path_stage_row {
	const char *word, *title;
	enum path_run runs[PATH_RUNS];		/* whose findings it is made of; RUNS ends them */
	enum path_stage needs[PATH_NEEDS];	/* its ground; STAGES: none */
	const char *how;			/* how to have it tested, where it is not, or NULL */
};
const struct path_stage_row *path_stage_row(enum path_stage stage);
/* By its word; STAGES: there is none. */
enum path_stage path_stage_find(struct slice word);

/* Is this "STAGE:OPTION", of a stage that has a plugin? */
bool path_option_is_known(const char *word);

/* Is there a --stage-option for this run? */
bool path_has_option(const struct path *path, enum path_run run);

/* Run what is wanted. */
void path_run(struct path *path);
/* Does a finding with this reason and stage of its plugin belong to it? */
bool path_stage_takes(enum path_stage stage, enum path_run run, const char *reason,
		      const char *of_plugin);

/* Findings, data and the first line. */
void path_judge(struct path *path);

void path_release(struct path *path);

#endif
