/* SPDX-License-Identifier: GPL-3.0-or-later */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "mail/reasons.h"
#include "path_verdict.h"

/* What is said: the findings in the order of the stages, a checklist, numbers. */

enum { TEXT_MAX = 1000, EVIDENCE_MAX = 200, FIRST_LINE_MAX = 168, WHAT_MAX = 60, CURE_MAX = 80 };

/* What a plugin said. It holds foreign words, whose marks are gone; the plugins' own "->"
 * is no harm. */
static void add_told(struct text *text, const char *told, size_t most)
{
	static const char arrow[] = " -> ";
	struct slice rest = slice_of(told);
	const char *end;

	if (rest.len > most)
		rest.len = most;
	while (rest.len > 0 && ((unsigned char)told[rest.len] & 0xc0) == 0x80)
		rest.len--;
	while ((end = memmem(rest.at, rest.len, arrow, sizeof arrow - 1)) != NULL) {
		text_add_foreign_most(text, (struct slice){ rest.at, (size_t)(end - rest.at) }, most);
		text_add(text, "%s", arrow);
		rest.len -= (size_t)(end - rest.at) + sizeof arrow - 1;
		rest.at = end + sizeof arrow - 1;
	}
	text_add_foreign_most(text, rest, most);
	if (strlen(told) > most)
		text_add(text, "...");
}

/* The catalogue's row; of a reason that it does not have, that of not_understood. */
static const struct reason *reason_of(const char *id)
{
	const struct reason *row = mail_reasons;

	while (row->id != NULL && strcmp(row->id, id) != 0)
		row++;
	return row->id != NULL ? row : reason_of("not_understood");
}

/* Is this one said for itself? */
static bool stands(const struct path_item *item)
{
	return item->cause == NULL && !item->is_repeated && item->state != STATE_OK;
}

static void add_evidence(const struct path_verdict *v, const struct path_item *cause, struct text *text)
{
	for (size_t i = 0; i < v->count; i++) {
		const struct path_item *item = &v->items[i];

		if (item->cause != cause)
			continue;
		text_add(text, "; %s: %s, ", path_witness(item->run), item->reason);
		add_told(text, item->text, EVIDENCE_MAX);
	}
}

static void add_finding(struct path_verdict *v, const struct path_item *item)
{
	const struct reason *reason = reason_of(item->reason);
	const char *cure = item->fix[0] != '\0' ? item->fix : reason->fix;
	struct text text = { 0 }, headline = { 0 }, fix = { 0 }, url = { 0 };
	struct finding *finding;

	text_add(&headline, "%s: ", path_stage_row(item->stage)->title);
	text_add_foreign_most(&headline, slice_of(item->subject), 60);
	text_add(&headline, ": ");
	add_told(&headline, item->text, WHAT_MAX);
	if (cure != NULL) {
		text_add(&headline, " - ");
		add_told(&headline, cure, CURE_MAX);
	}
	add_told(&text, item->text, TEXT_MAX);
	add_evidence(v, item, &text);
	finding = result_add(v->result, item->state, reason->id, path_stage_row(item->stage)->word, item->subject, &text);
	result_headline(v->result, finding, &headline);
	if (item->fix[0] != '\0') {
		text_add_foreign_most(&fix, slice_of(item->fix), TEXT_MAX);
		result_fix(v->result, finding, &fix);
	}
	if (item->url[0] != '\0') {
		text_add_foreign_most(&url, slice_of(item->url), TEXT_MAX);
		result_url(v->result, finding, &url);
	}
}

/* A line of the checklist, for stages that have no finding of their own: they are well,
 * were not tested, or what they show is said with its cause. */
static void add_mark(struct path_verdict *v, enum path_stage stage)
{
	const char *id = "stage_passed", *words = text_str(&v->evidence[stage]);
	struct finding *finding;
	struct text text = { 0 };

	if (v->missing[stage] != NULL) {
		id = "stage_not_tested";
		words = v->missing[stage];
	} else if (v->states[stage] != STATE_OK) {
		id = "stage_explained";
	}
	text_add(&text, "%s", words);
	finding = result_add(v->result, STATE_OK, id, path_stage_row(stage)->word, path_stage_row(stage)->word, &text);
	finding->is_shown = true;
}

/* The worst that is said in this stage; OK: nothing. */
static enum state own_state(const struct path_verdict *v, enum path_stage stage)
{
	enum state worst = STATE_OK;

	for (size_t i = 0; i < v->count; i++) {
		const struct path_item *item = &v->items[i];

		if (item->stage == stage && stands(item) && state_rank(item->state) > state_rank(worst))
			worst = item->state;
	}
	return worst;
}

static void add_stage(struct path_verdict *v, enum path_stage stage)
{
	if (own_state(v, stage) == STATE_OK)
		add_mark(v, stage);
	for (size_t i = 0; i < v->count; i++) {
		if (v->items[i].stage == stage && stands(&v->items[i]))
			add_finding(v, &v->items[i]);
	}
}

static json_t *stage_json(const struct path_verdict *v, enum path_stage stage)
{
	json_t *reports = json_array();
	const enum path_run *runs = path_stage_row(stage)->runs;

	for (size_t i = 0; i < PATH_RUNS && runs[i] != RUNS; i++) {
		if (v->path->reports[runs[i]].root != NULL)
			json_array_append(reports, v->path->reports[runs[i]].root);
	}
	return json_pack("{ss ss sb ss so}", "stage", path_stage_row(stage)->word, "title", path_stage_row(stage)->title,
			 "tested", v->missing[stage] == NULL, "state",
			 v->missing[stage] != NULL ? "not tested" : state_word(v->states[stage]), "reports",
			 reports);
}

static void fill_data(struct path_verdict *v)
{
	json_t *list = json_array();

	for (enum path_stage stage = 0; stage < STAGES; stage++) {
		if (v->path->is_wanted[stage])
			json_array_append_new(list, stage_json(v, stage));
	}
	v->result->data = json_pack("{so}", "stages", list);
}

static void count_stages(struct path_verdict *v)
{
	size_t counts[4] = { 0 }, untested = 0;

	for (enum path_stage stage = 0; stage < STAGES; stage++) {
		if (!v->path->is_wanted[stage])
			continue;
		if (v->missing[stage] != NULL)
			untested++;
		else if (own_state(v, stage) != STATE_OK || v->states[stage] == STATE_OK)
			counts[own_state(v, stage)]++;
	}
	result_measure(v->result, "stages_ok", (double)counts[STATE_OK]);
	result_measure(v->result, "stages_warning", (double)counts[STATE_WARNING]);
	result_measure(v->result, "stages_critical", (double)counts[STATE_CRITICAL]);
	result_measure(v->result, "stages_unknown", (double)counts[STATE_UNKNOWN]);
	result_measure(v->result, "stages_not_tested", (double)untested);
	text_add(&v->result->good, "%s: nothing is wrong in %zu stages", v->path->settings->domain,
		 counts[STATE_OK]);
	if (untested > 0)
		text_add(&v->result->tail, "%zu not tested", untested);
}

void path_judge(struct path *path)
{
	struct path_verdict v = { .path = path, .result = &path->frame->result };

	v.result->keeps_order = true;
	v.result->headline_max = FIRST_LINE_MAX;
	for (enum path_stage stage = 0; stage < STAGES; stage++) {
		if (path->is_wanted[stage])
			path_gather(&v, stage);
	}
	path_correlate(&v);
	for (enum path_stage stage = 0; stage < STAGES; stage++) {
		if (path->is_wanted[stage])
			add_stage(&v, stage);
	}
	count_stages(&v);
	fill_data(&v);
	path_verdict_release(&v);
}
