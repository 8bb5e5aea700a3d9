/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "monitor/output.h"

int output_exit_code(const struct result *result)
{
	return result->settings->exits_ok ? STATE_OK : (int)result_state(result);
}

void output_render(const struct result *result, struct text *out)
{
	switch (result->settings->format) {
	case FORMAT_TEXT:
		output_text(result, out);
		break;
	case FORMAT_JSON:
		output_json(result, out);
		break;
	case FORMAT_PROMETHEUS:
		output_prometheus(result, out);
		break;
	case FORMAT_HTML:
		output_html(result, out);
		break;
	}
}

void output_trace(const struct result *result, struct text *out)
{
	text_add_marked(out, text_str(&result->trace), TEXT_SHELL);
}

void output_wrong_usage(const struct result *result, const struct fault *fault, struct text *out)
{
	struct text marked = { 0 }, masked = { 0 };

	text_add(&masked, "%s", fault->text);
	result_mask(result, &masked, 0);
	text_add_foreign(&marked, text_slice(&masked));
	text_release(&masked);
	text_add(out, "%s UNKNOWN - ", result->plugin->service);
	text_add_marked(out, text_str(&marked), TEXT_SHELL);
	text_add_char(out, '\n');
	text_release(&marked);
}

void output_reasons(const struct reason *reasons, struct text *out)
{
	for (; reasons->id != NULL; reasons++) {
		text_add(out, "%s\n    what: %s\n    who:  %s\n", reasons->id, reasons->sentence,
			 reasons->who);
		if (reasons->fix != NULL)
			text_add(out, "    fix:  %s\n", reasons->fix);
		if (reasons->read != NULL)
			text_add(out, "    read: %s\n", reasons->read);
	}
}

void output_target(const struct result *result, struct text *out)
{
	enum { TARGET_MAX = 100 };

	text_add(out, "%s", text_str(&result->target));
	result_mask(result, out, 0);
	text_cut(out, 0, TARGET_MAX);
}

const char *output_subject(const struct metric *metric)
{
	return metric->shown != NULL ? metric->shown : metric->subject;
}

void output_label(const struct metric *metric, struct text *out)
{
	text_add(out, "%s", metric->row->label);
	if (metric->subject != NULL)
		text_add(out, " %s", output_subject(metric));
}
