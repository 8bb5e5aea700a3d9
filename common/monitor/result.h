/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef MAILPATH_MONITOR_RESULT_H
#define MAILPATH_MONITOR_RESULT_H

#include <jansson.h>

#include "base/text.h"
#include "monitor/plugin.h"
#include "monitor/settings.h"
#include "monitor/state.h"

/* Something that was found out. Texts may hold foreign marks (base/text.h). */
struct finding {
	enum state state;
	const struct reason *reason;
	const char *stage;	/* static */
	char *subject;		/* what it is about; never marked */
	char *text;
	char *headline;		/* for the first line; NULL: subject and text */
	char *fix;		/* NULL: the reason's */
	char *url;		/* NULL: the reason's */
	bool is_ignored;	/* by --ignore */
	bool is_overridden;	/* by --state-for */
	bool is_shown;		/* in text also where it is good */
	bool is_judged;		/* by a metric that counts it */
};

/* A measured number. */
struct metric {
	const struct metric_row *row;
	char *subject;		/* or NULL */
	char *shown;		/* what is printed in its place; NULL: the subject itself */
	double value;
	double ignored;		/* how much of it ignored findings account for */
	bool is_known;
	bool has_no_presets;	/* the row's default thresholds do not hold in this run */
	double max;
	bool has_max;
};

/* When and where a run was made. */
struct made {
	int64_t at;		/* seconds since 1970 */
	long utc_offset;	/* how far the local time is ahead of UTC, seconds */
	char host[256];		/* "": it is not told */
	bool is_redacted;
};

/* What a run of a plugin found. Findings and metrics are collected first;
 * result_judge() gives them their states. */
struct result {
	const struct plugin *plugin;
	const struct monitor_settings *settings;
	struct finding *findings;
	size_t finding_count;
	struct metric *metrics;		/* those of the plugin's table first, in order */
	size_t metric_count;
	struct text target;		/* what was looked at, joined by ',' */
	struct text good;		/* the first line when all is well */
	struct text context;		/* what the first line adds to a crossed threshold */
	struct text tail;		/* and what it ends with in any case */
	struct text trace;		/* -vv: what was asked and answered */
	json_t *data;			/* the plugin's own result, or NULL */
	struct words secrets;		/* of result_hide(); owned */
	double duration;		/* seconds */
	struct made made;
	size_t headline_max;		/* bytes of the first line for the worst finding, or 0 */
	bool keeps_order;		/* findings are said in the order in which they were found,
					 * not the worst first */
	bool failed;			/* there was no memory for something */
};

void result_open(struct result *result, const struct plugin *plugin,
		 const struct monitor_settings *settings);
void result_release(struct result *result);

/* Add a finding; the text is taken. `id` must stand in the catalogue. The
 * pointer is good until the next one is added; it is never NULL. */
struct finding *result_add(struct result *result, enum state state, const char *id,
			   const char *stage, const char *subject, struct text *text);

/* A fault as a finding: its text may quote input, so it is foreign. */
struct finding *result_add_fault(struct result *result, enum state state, const char *id,
				 const char *stage, const char *subject,
				 const struct fault *fault);

/* Set a finding's texts, taken. */
void result_headline(const struct result *result, struct finding *finding, struct text *headline);
void result_fix(const struct result *result, struct finding *finding, struct text *fix);
void result_url(const struct result *result, struct finding *finding, struct text *url);

/* A number of the plugin's table. */
void result_measure(struct result *result, const char *label, double value);
void result_measure_most(struct result *result, const char *label, double value, double max);
/* One for each of several subjects; they stand last, and sorted. */
void result_measure_of(struct result *result, const char *label, const char *subject, double value);

/* This number's default thresholds do not hold in this run; or for this subject,
 * which has been measured. Those that the user gave hold all the same. */
void result_without_presets(struct result *result, const char *label);
void result_without_presets_of(struct result *result, const char *label, const char *subject);

/* Would such a value alert, by the user's thresholds or the default ones? */
bool result_alerts(const struct result *result, const char *label, double value);
/* Does that of this subject, which has been measured? */
bool result_alerts_of(const struct result *result, const char *label, const char *subject);

/* Did the user give a threshold for this number, or one of its subjects? */
bool result_has_threshold(const struct result *result, const char *label);

/* Ignore a finding, as --ignore does. */
void result_ignore(struct result *result, struct finding *finding, const char *why);

/* So much of this number is printed, but its thresholds are judged without it. */
void result_spare(struct result *result, const char *label, double amount);

/* `amount` of this number stands for that finding: if it is ignored, the
 * thresholds are judged without it. Call it before adding the next one. */
void result_count(struct result *result, const struct finding *finding, const char *label,
		  double amount);

/* From here on, `secret` (any case) is "***" in all texts that are added. */
void result_hide(struct result *result, const char *secret);

/* Do the same to a text from byte `from` on, and to bytes in place: how many
 * bytes are left. What is cut to a length has to be masked before: half a secret
 * is not found. */
void result_mask(const struct result *result, struct text *text, size_t from);
size_t result_mask_bytes(const struct result *result, char *bytes, size_t len);

/* Give findings that a metric counts the state that its thresholds say, and
 * make a finding of each crossed threshold that has none. Sorts: worst first. */
void result_judge(struct result *result);

/* The worst state, after result_judge(). Nothing found at all is UNKNOWN. */
enum state result_state(const struct result *result);

/* The summary, with marks. */
void result_summary(const struct result *result, struct text *summary);

/* The threshold that a metric is judged by, the user's or the default one. */
bool result_threshold(const struct result *result, const struct metric *metric,
		      enum state state, struct range *range);

#endif
