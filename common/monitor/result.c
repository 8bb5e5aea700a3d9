/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "monitor/result.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "base/grow.h"

void result_open(struct result *result, const struct plugin *plugin,
		 const struct monitor_settings *settings)
{
	size_t count = 0;

	*result = (struct result){ .plugin = plugin, .settings = settings };
	while (plugin->metrics[count].label != NULL)
		count++;
	result->metrics = calloc(count, sizeof *result->metrics);	/* at least the main one */
	if (result->metrics == NULL) {
		result->failed = true;
		return;
	}
	result->metric_count = count;
	for (size_t i = 0; i < count; i++)
		result->metrics[i].row = &plugin->metrics[i];
}

static void finding_release(struct finding *finding)
{
	free(finding->subject);
	free(finding->text);
	free(finding->headline);
	free(finding->fix);
	free(finding->url);
}

void result_release(struct result *result)
{
	for (size_t i = 0; i < result->finding_count; i++)
		finding_release(&result->findings[i]);
	free(result->findings);
	for (size_t i = 0; i < result->metric_count; i++) {
		free(result->metrics[i].subject);
		free(result->metrics[i].shown);
	}
	free(result->metrics);
	for (size_t i = 0; i < result->secrets.count; i++) {
		char *secret = (char *)result->secrets.at[i];

		explicit_bzero(secret, strlen(secret));
		free(secret);
	}
	words_release(&result->secrets);
	text_release(&result->target);
	text_release(&result->good);
	text_release(&result->context);
	text_release(&result->tail);
	text_release(&result->trace);
	json_decref(result->data);
	*result = (struct result){ 0 };
}

/* ---- collecting ---- */

static void apply_settings(const struct result *result, struct finding *finding,
			   const char *about)
{
	const struct monitor_settings *settings = result->settings;
	const struct reason *reason;
	const char *subject;
	struct fault unused;
	enum state state;

	for (size_t i = 0; i < settings->state_for.count; i++) {
		if (override_parse(settings->state_for.at[i], result->plugin->reasons, &reason, &state,
				   &unused) && reason == finding->reason) {
			finding->state = state;
			finding->is_overridden = true;
		}
	}
	for (size_t i = 0; i < settings->ignore.count; i++) {
		if (ignore_parse(settings->ignore.at[i], result->plugin->reasons, &reason, &subject,
				 &unused) && reason == finding->reason &&
		    (*subject == '\0' || strcasecmp(subject, about) == 0)) {
			finding->is_ignored = true;
			finding->state = STATE_OK;
		}
	}
}

struct finding *result_add(struct result *result, enum state state, const char *id,
			   const char *stage, const char *subject, struct text *text)
{
	static struct finding lost;	/* written to when there is no memory; never read */
	const struct reason *reason = reason_find(result->plugin->reasons, slice_of(id));
	struct finding *grown, *finding;
	struct text masked = { 0 };

	assert(reason != NULL);
	grown = grow(result->findings, result->finding_count, sizeof *grown);
	if (grown == NULL) {
		text_release(text);
		result->failed = true;
		lost = (struct finding){ .reason = reason };
		return &lost;
	}
	result->findings = grown;
	finding = &result->findings[result->finding_count++];
	*finding = (struct finding){ .state = state, .reason = reason, .stage = stage };
	text_add(&masked, "%s", subject);
	result_mask(result, &masked, 0);
	apply_settings(result, finding, text_str(&masked));
	finding->subject = text_take(&masked);
	result_mask(result, text, 0);
	if (finding->is_ignored)
		text_add(text, " (ignored)");
	finding->text = text_take(text);
	if (finding->subject == NULL || finding->text == NULL) {
		finding_release(finding);
		result->finding_count--;
		result->failed = true;
		lost = (struct finding){ .reason = reason };
		return &lost;
	}
	return finding;
}

struct finding *result_add_fault(struct result *result, enum state state, const char *id,
				 const char *stage, const char *subject,
				 const struct fault *fault)
{
	struct text text = { 0 };

	text_add_foreign(&text, slice_of(fault->text));
	return result_add(result, state, id, stage, subject, &text);
}

static void replace(const struct result *result, char **field, struct text *text)
{
	result_mask(result, text, 0);
	free(*field);
	*field = text_take(text);
}

void result_headline(const struct result *result, struct finding *finding, struct text *headline)
{
	replace(result, &finding->headline, headline);
}

void result_fix(const struct result *result, struct finding *finding, struct text *fix)
{
	replace(result, &finding->fix, fix);
}

void result_url(const struct result *result, struct finding *finding, struct text *url)
{
	replace(result, &finding->url, url);
}

static struct metric *metric_of(struct result *result, const char *label)
{
	for (size_t i = 0; i < result->metric_count; i++) {
		if (strcmp(result->metrics[i].row->label, label) == 0)
			return &result->metrics[i];
	}
	assert(result->failed);
	return NULL;
}

/* Does `a` stand behind this row's metric of that subject? */
static bool follows(const struct metric *a, const struct metric_row *row, const char *subject)
{
	return a->row != row ? a->row > row : strcmp(a->subject, subject) > 0;
}

void result_measure(struct result *result, const char *label, double value)
{
	struct metric *metric = metric_of(result, label);

	if (metric != NULL) {
		metric->value = value;
		metric->is_known = true;
	}
}

void result_measure_most(struct result *result, const char *label, double value, double max)
{
	struct metric *metric = metric_of(result, label);

	result_measure(result, label, value);
	if (metric != NULL) {
		metric->max = max;
		metric->has_max = true;
	}
}

void result_measure_of(struct result *result, const char *label, const char *subject, double value)
{
	struct metric *grown = realloc(result->metrics, (result->metric_count + 1) * sizeof *grown);
	struct metric *row, *place;
	char *copy = strdup(subject);

	result->metrics = grown != NULL ? grown : result->metrics;
	row = metric_of(result, label);
	if (grown == NULL || copy == NULL || row == NULL) {
		free(copy);
		result->failed = true;
		return;
	}
	place = result->metrics + result->metric_count++;
	while (place[-1].subject != NULL && follows(&place[-1], row->row, copy)) {
		place[0] = place[-1];
		place--;
	}
	*place = (struct metric){ .row = row->row, .subject = copy, .value = value, .is_known = true };
}

void result_spare(struct result *result, const char *label, double amount)
{
	struct metric *metric = metric_of(result, label);

	if (metric != NULL)
		metric->ignored += amount;
}

void result_count(struct result *result, const struct finding *finding, const char *label,
		  double amount)
{
	if (finding->is_ignored)
		result_spare(result, label, amount);
}

void result_ignore(struct result *result, struct finding *finding, const char *why)
{
	struct text text = { 0 };

	if (finding->is_ignored)
		return;
	finding->is_ignored = true;
	finding->state = STATE_OK;
	text_add(&text, "%s (ignored: %s)", finding->text, why);
	replace(result, &finding->text, &text);
	result->failed |= finding->text == NULL;
}

void result_mask(const struct result *result, struct text *text, size_t from)
{
	for (size_t i = 0; i < result->secrets.count; i++) {
		const char *secret = result->secrets.at[i];
		const char *at = text->len > from ? text->at + from : "", *found;
		struct text masked = { .failed = text->failed };

		if (strcasestr(at, secret) == NULL)
			continue;
		text_add_slice(&masked, (struct slice){ text->at, from });
		while ((found = strcasestr(at, secret)) != NULL) {
			text_add_slice(&masked, (struct slice){ at, (size_t)(found - at) });
			text_add(&masked, "***");
			at = found + strlen(secret);
		}
		text_add(&masked, "%s", at);
		explicit_bzero(text->at, text->size);
		text_release(text);
		*text = masked;
	}
}

size_t result_mask_bytes(const struct result *result, char *bytes, size_t len)
{
	static const char stars[] = "***";

	for (size_t i = 0; i < result->secrets.count; i++) {
		size_t secret_len = strlen(result->secrets.at[i]);
		size_t star_count = secret_len < sizeof stars - 1 ? secret_len : sizeof stars - 1;

		for (size_t at = 0; at + secret_len <= len; at++) {
			if (strncasecmp(bytes + at, result->secrets.at[i], secret_len) != 0)
				continue;
			memcpy(bytes + at, stars, star_count);
			memmove(bytes + at + star_count, bytes + at + secret_len,
				len - at - secret_len);
			len -= secret_len - star_count;
			at += star_count - 1;
		}
	}
	return len;
}

void result_hide(struct result *result, const char *secret)
{
	char *copy = strdup(secret);

	if (copy == NULL || *copy == '\0' || !words_add(&result->secrets, copy)) {
		result->failed |= copy == NULL || *copy != '\0';
		free(copy);
	}
}

void result_without_presets(struct result *result, const char *label)
{
	for (size_t i = 0; i < result->metric_count; i++) {
		if (strcmp(result->metrics[i].row->label, label) == 0)
			result->metrics[i].has_no_presets = true;
	}
}

/* NULL: it was not measured, or there was no memory for it. */
static struct metric *subject_of(const struct result *result, const char *label, const char *subject)
{
	for (size_t i = 0; i < result->metric_count; i++) {
		struct metric *metric = &result->metrics[i];

		if (metric->subject != NULL && strcmp(metric->subject, subject) == 0 &&
		    strcmp(metric->row->label, label) == 0)
			return metric;
	}
	return NULL;
}

void result_without_presets_of(struct result *result, const char *label, const char *subject)
{
	struct metric *metric = subject_of(result, label, subject);

	if (metric != NULL)
		metric->has_no_presets = true;
}

/* ---- judging ---- */

bool result_threshold(const struct result *result, const struct metric *metric,
		      enum state state, struct range *range)
{
	const struct monitor_settings *settings = result->settings;
	const struct words *words = state == STATE_WARNING ? &settings->warning : &settings->critical;
	const char *preset = state == STATE_WARNING ? metric->row->warning : metric->row->critical;
	struct fault unused;
	bool found = false;

	if (metric->has_no_presets)
		preset = NULL;
	for (size_t i = 0; i < words->count; i++) {
		struct threshold threshold;

		if (threshold_parse(words->at[i], result->plugin->metrics, &threshold, &unused) &&
		    &result->plugin->metrics[threshold.row] == metric->row &&
		    (threshold.subject.at == NULL ||
		     (metric->subject != NULL && slice_is(threshold.subject, metric->subject)))) {
			*range = threshold.range;
			found = true;
		}
	}
	return found || (preset != NULL && range_parse(slice_of(preset), metric->row->unit, range));
}

static bool alerts(const struct result *result, const struct metric *metric, double value)
{
	struct range range;

	return (result_threshold(result, metric, STATE_WARNING, &range) && range_alerts(&range, value)) ||
	       (result_threshold(result, metric, STATE_CRITICAL, &range) && range_alerts(&range, value));
}

bool result_has_threshold(const struct result *result, const char *label)
{
	const struct words *lists[] = { &result->settings->warning, &result->settings->critical };
	struct threshold threshold;
	struct fault unused;

	for (size_t i = 0; i < 2; i++) {
		for (size_t w = 0; w < lists[i]->count; w++) {
			if (threshold_parse(lists[i]->at[w], result->plugin->metrics, &threshold, &unused) &&
			    strcmp(result->plugin->metrics[threshold.row].label, label) == 0)
				return true;
		}
	}
	return false;
}

bool result_alerts(const struct result *result, const char *label, double value)
{
	for (size_t i = 0; i < result->metric_count; i++) {
		if (strcmp(result->metrics[i].row->label, label) == 0)
			return alerts(result, &result->metrics[i], value);
	}
	return false;
}

bool result_alerts_of(const struct result *result, const char *label, const char *subject)
{
	const struct metric *metric = subject_of(result, label, subject);

	return metric != NULL && alerts(result, metric, metric->value);
}

static bool crosses(const struct result *result, const struct metric *metric, enum state state)
{
	struct range range;

	return result_threshold(result, metric, state, &range) &&
	       range_alerts(&range, metric->value - metric->ignored);
}

static enum state judge(const struct result *result, const struct metric *metric)
{
	if (crosses(result, metric, STATE_CRITICAL))
		return STATE_CRITICAL;
	return crosses(result, metric, STATE_WARNING) ? STATE_WARNING : STATE_OK;
}

static bool is_counted_by(const struct finding *finding, const struct metric *metric)
{
	if (metric->row->counts_reasons)
		return !finding->is_ignored && metric->subject != NULL &&
		       strcmp(metric->subject, finding->reason->id) == 0;
	return finding->reason->metric != NULL && !finding->is_ignored &&
	       strcmp(finding->reason->metric, metric->row->label) == 0 &&
	       (metric->subject == NULL || strcmp(metric->subject, finding->subject) == 0);
}

static void add_crossing(struct result *result, const struct metric *metric, enum state state)
{
	struct text text = { 0 }, subject = { 0 }, headline = { 0 };
	struct finding *finding;
	struct range range;

	text_add(&subject, "%s", metric->row->label);
	if (metric->subject != NULL)
		text_add(&subject, " %s", metric->subject);
	text_add(&text, "%s is ", text_str(&subject));
	quantity_print(&text, metric->value);
	text_add(&text, "%s, and alerts by the range ", unit_symbol(metric->row->unit));
	result_threshold(result, metric, state, &range);
	range_print(&text, &range);
	/* The text begins with the subject already. */
	text_add(&headline, "%s", text_str(&text));
	finding = result_add(result, state, "threshold", "judge", text_str(&subject), &text);
	result_headline(result, finding, &headline);
	text_release(&subject);
}

/* Worst first, and otherwise in the order in which they were found. */
static void sort_findings(struct result *result)
{
	struct finding *sorted = malloc((result->finding_count + 1) * sizeof *sorted);
	static const enum state order[] = {
		STATE_CRITICAL, STATE_WARNING, STATE_UNKNOWN, STATE_OK,
	};
	size_t count = 0;

	if (sorted == NULL || result->finding_count == 0) {
		free(sorted);
		return;
	}
	for (size_t s = 0; s < sizeof order / sizeof *order; s++) {
		for (size_t i = 0; i < result->finding_count; i++) {
			if (result->findings[i].state == order[s])
				sorted[count++] = result->findings[i];
		}
	}
	memcpy(result->findings, sorted, count * sizeof *sorted);
	free(sorted);
}

void result_judge(struct result *result)
{
	for (size_t i = 0; i < result->metric_count; i++) {
		const struct metric *metric = &result->metrics[i];
		bool has_finding = false;
		enum state state;

		if (!metric->is_known)
			continue;
		state = judge(result, metric);
		for (size_t f = 0; f < result->finding_count; f++) {
			struct finding *finding = &result->findings[f];

			if (!is_counted_by(finding, metric))
				continue;
			has_finding = true;
			/* By several, the worst counts. */
			if (!finding->is_overridden &&
			    (!finding->is_judged || state_rank(state) > state_rank(finding->state)))
				finding->state = state;
			finding->is_judged = true;
		}
		if (state != STATE_OK && !has_finding)
			add_crossing(result, metric, state);
	}
	if (!result->keeps_order)
		sort_findings(result);
}

enum state result_state(const struct result *result)
{
	enum state worst = STATE_OK;

	if (result->finding_count == 0 || result->failed)
		worst = STATE_UNKNOWN;
	for (size_t i = 0; i < result->finding_count; i++) {
		if (state_rank(result->findings[i].state) > state_rank(worst))
			worst = result->findings[i].state;
	}
	return worst;
}

void result_summary(const struct result *result, struct text *summary)
{
	enum { HEADLINE_MAX = 140, SUMMARY_MAX = 200 };
	const size_t most = result->headline_max > 0 ? result->headline_max : HEADLINE_MAX;
	const struct finding *worst = NULL;
	size_t ill = 0, from = summary->len;

	for (size_t i = 0; i < result->finding_count; i++) {
		const struct finding *finding = &result->findings[i];

		ill += finding->state != STATE_OK;
		if (worst == NULL || state_rank(finding->state) > state_rank(worst->state))
			worst = finding;
	}
	if (result->failed)
		text_add(summary, "out of memory");
	else if (worst == NULL)
		text_add(summary, "nothing was checked");
	else if (ill == 0)
		text_add(summary, "%s", text_str(&result->good));
	else if (worst->headline != NULL)
		text_add(summary, "%s", worst->headline);
	else {
		text_add_foreign(summary, slice_of(worst->subject));
		text_add(summary, ": %s", worst->text);
	}
	if (ill > 0 && result->context.len > 0 && strcmp(worst->reason->id, "threshold") == 0)
		text_add(summary, "; %s", text_str(&result->context));
	result_mask(result, summary, from);
	text_cut(summary, from, most);
	if (ill > 1)
		text_add(summary, " (and %zu more)", ill - 1);
	if (result->tail.len > 0)
		text_add(summary, "; %s", text_str(&result->tail));
	result_mask(result, summary, from);
	text_cut(summary, from, SUMMARY_MAX);
}
