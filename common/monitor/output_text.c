/* SPDX-License-Identifier: GPL-3.0-or-later */
#include <string.h>

#include "monitor/output.h"

enum {
	FINDINGS_MAX = 50,	/* without -v */
	TEXT_MAX = 8192,	/* what every Nagios reads (its MAX_PLUGIN_OUTPUT_LENGTH) */
};

static void add_subject(struct text *out, const char *subject)
{
	struct text marked = { 0 };

	text_add_foreign(&marked, slice_of(subject));
	text_add_marked(out, text_str(&marked), TEXT_SHELL);
	text_release(&marked);
}

static void add_range(const struct result *result, const struct metric *metric, enum state state,
		      struct text *out)
{
	struct range range;

	text_add_char(out, ';');
	if (result_threshold(result, metric, state, &range))
		range_print(out, &range);
}

/* 'label'=value[UOM];warn;crit;min;max */
static void add_perfdata(const struct result *result, const struct metric *metric, struct text *out)
{
	struct text label = { 0 };
	size_t from = out->len + 1;

	text_add_char(out, ' ');
	output_label(metric, &label);
	if (metric->subject == NULL) {
		text_add(out, "%s", text_str(&label));
	} else {
		text_add_char(out, '\'');
		add_subject(out, text_str(&label));
		/* The quote would have to be doubled, and '=' cannot be there. */
		for (size_t i = from + 1; i < out->len; i++) {
			if (out->at[i] == '\'' || out->at[i] == '=')
				out->at[i] = '_';
		}
		text_add_char(out, '\'');
	}
	text_release(&label);
	text_add_char(out, '=');
	quantity_print(out, metric->value);
	text_add(out, "%s", unit_symbol(metric->row->unit));
	add_range(result, metric, STATE_WARNING, out);
	add_range(result, metric, STATE_CRITICAL, out);
	text_add(out, metric->row->can_be_negative ? ";" : ";0");
	text_add_char(out, ';');
	if (metric->has_max)
		quantity_print(out, metric->max);
	while (out->len > 0 && out->at[out->len - 1] == ';')
		out->at[--out->len] = '\0';
}

static void add_first_line(const struct result *result, struct text *out)
{
	struct text summary = { 0 };
	bool has_bar = false;

	text_add(out, "%s %s - ", result->plugin->service, state_word(result_state(result)));
	result_summary(result, &summary);
	text_add_marked(out, text_str(&summary), TEXT_SHELL);
	text_release(&summary);
	for (size_t i = 0; i < result->metric_count; i++) {
		if (!result->metrics[i].is_known)
			continue;
		text_add(out, "%s", has_bar ? "" : " |");
		has_bar = true;
		add_perfdata(result, &result->metrics[i], out);
	}
	text_add_char(out, '\n');
}

static void add_finding(const struct finding *finding, struct text *out)
{
	const char *fix = finding->fix != NULL ? finding->fix : finding->reason->fix;

	text_add(out, "[%s] %s ", state_word(finding->state), finding->reason->id);
	add_subject(out, finding->subject);
	text_add(out, ": ");
	text_add_marked(out, finding->text, TEXT_SHELL);
	text_add_char(out, '\n');
	if (fix != NULL && finding->state != STATE_OK) {
		text_add(out, "    fix: ");
		text_add_marked(out, fix, TEXT_SHELL);
		text_add_char(out, '\n');
	}
}

void output_text(const struct result *result, struct text *out)
{
	bool is_verbose = result->settings->verbosity > 0;
	size_t shown = 0, left = 0;

	add_first_line(result, out);
	for (size_t i = 0; i < result->finding_count; i++) {
		const struct finding *finding = &result->findings[i];
		struct text one = { 0 };

		if (!is_verbose && finding->state == STATE_OK && !finding->is_ignored &&
		    !finding->is_shown)
			continue;
		add_finding(finding, &one);
		/* 32: room for the line that says how many are left. */
		if (!is_verbose && (left > 0 || shown == FINDINGS_MAX ||
				    out->len + one.len + 32 > TEXT_MAX)) {
			left++;
		} else {
			text_add_slice(out, text_slice(&one));
			shown++;
		}
		text_release(&one);
	}
	if (left > 0)
		text_add(out, "... and %zu more\n", left);
	if (result->settings->verbosity > 1)
		text_add_marked(out, text_str(&result->trace), TEXT_SHELL);
}
