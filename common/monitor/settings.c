/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "monitor/settings.h"

#include <stdlib.h>
#include <string.h>

bool words_add(struct words *words, const char *word)
{
	const char **grown = realloc(words->at, (words->count + 1) * sizeof *grown);

	if (grown == NULL)
		return false;
	words->at = grown;
	words->at[words->count++] = word;
	return true;
}

void words_release(struct words *words)
{
	free(words->at);
	*words = (struct words){ 0 };
}

bool monitor_shows_data(const struct monitor_settings *settings)
{
	return settings->format == FORMAT_JSON || settings->format == FORMAT_HTML;
}

void monitor_settings_release(struct monitor_settings *settings)
{
	words_release(&settings->warning);
	words_release(&settings->critical);
	words_release(&settings->state_for);
	words_release(&settings->ignore);
}

/* Is `name` its label, or the label, a blank and a subject? */
static bool names_metric(struct slice name, const struct metric_row *metric)
{
	size_t len = strlen(metric->label);

	return slice_is(name, metric->label) ||
	       (metric->has_subjects && name.len > len + 1 && slice_starts(name, metric->label) &&
		name.at[len] == ' ');
}

bool threshold_parse(const char *word, const struct metric_row *metrics,
		     struct threshold *threshold, struct fault *fault)
{
	const char *equals = strrchr(word, '=');
	struct slice name = { word, equals != NULL ? (size_t)(equals - word) : 0 };
	struct slice range = slice_of(equals != NULL ? equals + 1 : word);
	size_t row = 0, label_len;

	while (equals != NULL && metrics[row].label != NULL && !names_metric(name, &metrics[row]))
		row++;
	if (metrics[row].label == NULL)
		return fault_set(fault, FAULT_USAGE, "%.*s is no metric of this plugin",
				 (int)name.len, name.at);
	if (!range_parse(range, metrics[row].unit, &threshold->range))
		return fault_set(fault, FAULT_USAGE, "%s is no range for %s", word, metrics[row].label);
	threshold->row = row;
	threshold->subject = (struct slice){ NULL, 0 };
	label_len = strlen(metrics[row].label);
	if (name.len > label_len)
		threshold->subject = (struct slice){ word + label_len + 1, name.len - label_len - 1 };
	return true;
}

const struct reason *reason_find(const struct reason *reasons, struct slice id)
{
	for (; reasons->id != NULL; reasons++) {
		if (slice_is(id, reasons->id))
			return reasons;
	}
	return NULL;
}

static bool find_or_fault(const struct reason *reasons, struct slice id,
			  const struct reason **reason, struct fault *fault)
{
	*reason = reason_find(reasons, id);
	if (*reason == NULL)
		return fault_set(fault, FAULT_USAGE, "%.*s is no reason (see --list-reasons)",
				 (int)id.len, id.at);
	return true;
}

bool override_parse(const char *word, const struct reason *reasons,
		    const struct reason **reason, enum state *state, struct fault *fault)
{
	const char *equals = strchr(word, '=');

	if (equals == NULL)
		return fault_set(fault, FAULT_USAGE, "%s is not REASON=STATE", word);
	if (!find_or_fault(reasons, (struct slice){ word, (size_t)(equals - word) }, reason, fault))
		return false;
	if (!state_parse(slice_of(equals + 1), state))
		return fault_set(fault, FAULT_USAGE, "%s is not ok, warning, critical or unknown",
				 equals + 1);
	return true;
}

bool ignore_parse(const char *word, const struct reason *reasons, const struct reason **reason,
		  const char **subject, struct fault *fault)
{
	size_t len = strcspn(word, ":");

	*subject = word[len] == ':' ? word + len + 1 : "";
	if (word[len] == ':' && **subject == '\0')
		return fault_set(fault, FAULT_USAGE, "%s has no subject behind the :", word);
	return find_or_fault(reasons, (struct slice){ word, len }, reason, fault);
}

/* A number for each reason: of the catalogue. */
static bool check_threshold(const char *word, const struct plugin *plugin, struct fault *fault)
{
	struct threshold threshold;

	if (!threshold_parse(word, plugin->metrics, &threshold, fault))
		return false;
	return !plugin->metrics[threshold.row].counts_reasons || threshold.subject.at == NULL ||
	       reason_find(plugin->reasons, threshold.subject) != NULL ||
	       fault_set(fault, FAULT_USAGE, "%.*s is no reason; --list-reasons has them",
			 (int)threshold.subject.len, threshold.subject.at);
}

bool monitor_settings_check(const struct monitor_settings *settings, const struct plugin *plugin,
			    struct fault *fault)
{
	const struct reason *reason;
	const char *subject;
	enum state state;

	for (size_t i = 0; i < settings->warning.count; i++) {
		if (!check_threshold(settings->warning.at[i], plugin, fault))
			return fault_prefix(fault, "--warning: ");
	}
	for (size_t i = 0; i < settings->critical.count; i++) {
		if (!check_threshold(settings->critical.at[i], plugin, fault))
			return fault_prefix(fault, "--critical: ");
	}
	for (size_t i = 0; i < settings->state_for.count; i++) {
		if (!override_parse(settings->state_for.at[i], plugin->reasons, &reason, &state, fault))
			return fault_prefix(fault, "--state-for: ");
	}
	for (size_t i = 0; i < settings->ignore.count; i++) {
		if (!ignore_parse(settings->ignore.at[i], plugin->reasons, &reason, &subject, fault))
			return fault_prefix(fault, "--ignore: ");
	}
	return true;
}
