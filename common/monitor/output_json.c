/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "config.h"

#include <stdlib.h>

#include "monitor/output.h"

static json_t *plain(const char *marked)
{
	struct text text = { 0 };
	json_t *string;

	if (marked == NULL)
		return json_null();
	text_add_marked(&text, marked, TEXT_PLAIN);
	string = json_string(text_str(&text));
	text_release(&text);
	return string;
}

enum { SUBJECT_MAX = 1000 };

json_t *output_foreign_json(struct slice bytes, size_t most)
{
	struct text marked = { 0 };
	json_t *string;

	text_add_foreign_most(&marked, bytes, most);
	string = plain(text_str(&marked));
	text_release(&marked);
	return string;
}

/* What a user typed may not be valid UTF-8, which JSON has to be. */
static json_t *printable(const char *foreign)
{
	return foreign == NULL ? json_null() : output_foreign_json(slice_of(foreign), SUBJECT_MAX);
}

/* Microseconds are all we measure; more digits would be noise. */
static json_t *number(double value)
{
	const double largest = 1e12;
	json_int_t millionths;

	if (value > largest || value < -largest)
		return json_real(value);
	millionths = (json_int_t)(value * 1e6 + (value < 0 ? -0.5 : 0.5));
	if (millionths % 1000000 == 0)
		return json_integer(millionths / 1000000);
	return json_real((double)millionths / 1e6);
}

static json_t *finding_json(const struct finding *finding)
{
	const struct reason *reason = finding->reason;

	return json_pack("{ss ss ss so so so so}", "state", state_word(finding->state),
			 "reason", reason->id, "stage", finding->stage, "subject",
			 printable(finding->subject), "text", plain(finding->text), "fix",
			 plain(finding->fix != NULL ? finding->fix : reason->fix), "url",
			 plain(finding->url != NULL ? finding->url : reason->read));
}

static json_t *threshold_json(const struct result *result, const struct metric *metric,
			      enum state state)
{
	struct text text = { 0 };
	struct range range;
	json_t *string;

	if (!result_threshold(result, metric, state, &range))
		return json_null();
	range_print(&text, &range);
	string = json_string(text_str(&text));
	text_release(&text);
	return string;
}

static json_t *metric_json(const struct result *result, const struct metric *metric)
{
	struct text label = { 0 };
	json_t *name;

	output_label(metric, &label);
	name = printable(text_str(&label));
	text_release(&label);
	return json_pack("{so so ss so so so so}", "label", name, "value", number(metric->value),
			 "unit", unit_symbol(metric->row->unit), "warn",
			 threshold_json(result, metric, STATE_WARNING), "crit",
			 threshold_json(result, metric, STATE_CRITICAL), "min",
			 metric->row->can_be_negative ? json_null() : json_integer(0), "max",
			 metric->has_max ? number(metric->max) : json_null());
}

static int append(const char *bytes, size_t len, void *out)
{
	text_add_slice(out, (struct slice){ bytes, len });
	return text_failed(out) ? -1 : 0;
}

json_t *output_whole_json(const struct result *result)
{
	json_t *findings = json_array(), *perfdata = json_array(), *whole;
	struct text summary = { 0 }, target = { 0 };

	output_target(result, &target);
	for (size_t i = 0; i < result->finding_count; i++)
		json_array_append_new(findings, finding_json(&result->findings[i]));
	for (size_t i = 0; i < result->metric_count; i++) {
		if (result->metrics[i].is_known)
			json_array_append_new(perfdata, metric_json(result, &result->metrics[i]));
	}
	result_summary(result, &summary);
	whole = json_pack("{ss ss ss ss si so so so so so so}", "schema", "mailpath/1", "plugin",
			  result->plugin->name, "version", PACKAGE_VERSION, "state",
			  state_word(result_state(result)), "exit_code", output_exit_code(result),
			  "summary", plain(text_str(&summary)), "target",
			  printable(text_str(&target)), "duration", number(result->duration),
			  "findings", findings, "perfdata", perfdata, "data",
			  result->data != NULL ? json_incref(result->data) : json_object());
	text_release(&summary);
	text_release(&target);
	return whole;
}

void output_json(const struct result *result, struct text *out)
{
	size_t flags = result->settings->verbosity > 0 ? JSON_INDENT(2) : JSON_COMPACT;
	const size_t precision = JSON_REAL_PRECISION(15);
	json_t *whole = output_whole_json(result);

	if (whole == NULL || json_dump_callback(whole, append, out, flags | precision) != 0)
		out->failed = true;
	text_add_char(out, '\n');
	json_decref(whole);
}
