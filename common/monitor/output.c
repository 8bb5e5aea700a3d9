/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "monitor/output.h"

#include <string.h>
#include <strings.h>

int output_exit_code(const struct result *result)
{
	return result->settings->exits_ok ? STATE_OK : (int)result_state(result);
}

/* Secrets may come back from anywhere: in a name that was asked, in a TXT
 * record, in a library's error. So the finished output is searched for them. */
static void hide_secrets(const struct result *result, struct text *out)
{
	for (size_t i = 0; i < result->secrets.count; i++) {
		const char *secret = result->secrets.at[i];
		size_t len = strlen(secret);
		struct text hidden = { 0 };
		const char *at = text_str(out), *found;

		while ((found = strcasestr(at, secret)) != NULL) {
			text_add_slice(&hidden, (struct slice){ at, (size_t)(found - at) });
			text_add(&hidden, "***");
			at = found + len;
		}
		text_add(&hidden, "%s", at);
		if (out->at != NULL)
			explicit_bzero(out->at, out->size);
		text_release(out);
		*out = hidden;
	}
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
	}
	hide_secrets(result, out);
}

void output_trace(const struct result *result, struct text *out)
{
	text_add_marked(out, text_str(&result->trace), TEXT_SHELL);
	hide_secrets(result, out);
}

void output_wrong_usage(const struct plugin *plugin, const struct fault *fault, struct text *out)
{
	struct text marked = { 0 };

	text_add_foreign(&marked, slice_of(fault->text));
	text_add(out, "%s UNKNOWN - ", plugin->service);
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

void output_label(const struct metric *metric, struct text *out)
{
	text_add(out, "%s", metric->row->label);
	if (metric->subject != NULL)
		text_add(out, " %s", metric->subject);
}
