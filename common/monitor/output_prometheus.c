/* SPDX-License-Identifier: GPL-3.0-or-later */
#include <stdlib.h>
#include <string.h>

#include "monitor/output.h"

/* The value of a label, quoted and escaped (text exposition format 0.0.4). */
static void add_label(struct text *out, const char *name, const char *value)
{
	struct text marked = { 0 }, shown = { 0 };

	text_add_foreign(&marked, slice_of(value));
	text_add_marked(&shown, text_str(&marked), TEXT_PLAIN);
	text_add(out, "%s=\"", name);
	for (const char *c = text_str(&shown); *c != '\0'; c++) {
		if (*c == '\\' || *c == '"')
			text_add_char(out, '\\');
		text_add_char(out, *c);
	}
	text_add_char(out, '"');
	text_release(&marked);
	text_release(&shown);
}

static void add_plugin_and_target(const struct result *result, struct text *out)
{
	struct text target = { 0 };

	add_label(out, "plugin", result->plugin->name);
	output_target(result, &target);
	text_add_char(out, ',');
	add_label(out, "target", text_str(&target));
	text_release(&target);
}

/* Endings that Prometheus keeps for counters, histograms and summaries: with one
 * of them, promtool objects to a gauge, and takes a metric without a type. */
static bool has_reserved_ending(const char *name)
{
	static const char *const endings[] = { "_total", "_count", "_sum", "_bucket" };
	size_t len = strlen(name);

	for (size_t i = 0; i < sizeof endings / sizeof *endings; i++) {
		size_t end = strlen(endings[i]);

		if (len > end && strcmp(name + len - end, endings[i]) == 0)
			return true;
	}
	return false;
}

static void add_head(struct text *out, const char *name, const char *help)
{
	text_add(out, "# HELP %s %s\n# TYPE %s %s\n", name, help, name,
		 has_reserved_ending(name) ? "untyped" : "gauge");
}

/* All metrics of one row: the table's own and those of its subjects. */
static void add_row(const struct result *result, const struct metric_row *row, struct text *out)
{
	struct text name = { 0 }, target = { 0 };
	bool has_head = false;

	text_add(&name, "mailpath_%s_%s", result->plugin->name + strlen("check_"), row->label);
	output_target(result, &target);
	for (size_t i = 0; i < result->metric_count; i++) {
		const struct metric *metric = &result->metrics[i];

		if (metric->row != row || !metric->is_known)
			continue;
		if (!has_head)
			add_head(out, text_str(&name), row->help);
		has_head = true;
		text_add(out, "%s{", text_str(&name));
		add_label(out, "target", text_str(&target));
		if (metric->subject != NULL) {
			text_add_char(out, ',');
			add_label(out, "subject", output_subject(metric));
		}
		text_add(out, "} ");
		quantity_print(out, metric->value);
		text_add_char(out, '\n');
	}
	text_release(&name);
	text_release(&target);
}

static int by_reason_and_subject(const void *a, const void *b)
{
	const struct finding *const *x = a, *const *y = b;
	int order = strcmp((*x)->reason->id, (*y)->reason->id);

	return order != 0 ? order : strcmp((*x)->subject, (*y)->subject);
}

static void add_findings(const struct result *result, struct text *out)
{
	size_t count = result->finding_count, same;
	const struct finding **sorted = malloc((count + 1) * sizeof *sorted);

	if (sorted == NULL)
		return;
	for (size_t i = 0; i < count; i++)
		sorted[i] = &result->findings[i];
	qsort(sorted, count, sizeof *sorted, by_reason_and_subject);
	add_head(out, "mailpath_finding", "How many findings have this reason and this subject.");
	for (size_t i = 0; i < count; i += same) {
		for (same = 1; i + same < count; same++) {
			if (by_reason_and_subject(&sorted[i], &sorted[i + same]) != 0)
				break;
		}
		text_add(out, "mailpath_finding{");
		add_plugin_and_target(result, out);
		text_add_char(out, ',');
		add_label(out, "reason", sorted[i]->reason->id);
		text_add_char(out, ',');
		add_label(out, "subject", sorted[i]->subject);
		text_add(out, "} %zu\n", same);
	}
	free(sorted);
}

void output_prometheus(const struct result *result, struct text *out)
{
	for (const struct metric_row *row = result->plugin->metrics; row->label != NULL; row++)
		add_row(result, row, out);
	add_head(out, "mailpath_state", "The verdict: 0 OK, 1 WARNING, 2 CRITICAL, 3 UNKNOWN.");
	text_add(out, "mailpath_state{");
	add_plugin_and_target(result, out);
	text_add(out, "} %d\n", (int)result_state(result));
	add_findings(result, out);
}
