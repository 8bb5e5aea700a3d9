/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "config.h"
#include "monitor/describe.h"

#include <jansson.h>
#include <string.h>

/* The row before this one that stores the same in the same way, or NULL: then
 * this is another name of it. */
static const char *same_as(const struct option_row *first, const struct option_row *row)
{
	for (; first < row && row->read != NULL; first++) {
		if (first->name != NULL && first->gone == NULL && first->read == row->read &&
		    first->field == row->field)
			return first->name;
	}
	return NULL;
}

static json_t *option_json(const struct option_row *first, const struct option_row *row,
			   const char *headline)
{
	char letter[2] = { row->letter, '\0' };

	return json_pack("{ss* ss ss* ss* ss* sb sb ss* ss*}",
			 "letter", row->letter != 0 ? letter : NULL, "name", row->name,
			 "argument", row->argument, "help", row->help, "headline", headline,
			 "repeatable", row->read == option_words,
			 "counts", row->read == option_more,
			 "same_as", same_as(first, row), "gone", row->gone);
}

static json_t *options_json(const struct option_table *tables)
{
	json_t *options = json_array();
	const char *headline = NULL;

	for (; tables->rows != NULL; tables++) {
		for (const struct option_row *row = tables->rows; row->name || row->help; row++) {
			if (row->name == NULL)
				headline = row->help;
			else if (row->help != NULL || row->gone != NULL)
				json_array_append_new(options,
						      option_json(tables->rows, row, headline));
		}
	}
	return options;
}

static json_t *metrics_json(const struct metric_row *metric)
{
	json_t *metrics = json_array();

	for (; metric->label != NULL; metric++)
		json_array_append_new(metrics,
				      json_pack("{ss ss ss ss* ss* sb sb}", "label", metric->label,
						"help", metric->help, "unit", unit_symbol(metric->unit),
						"warning", metric->warning, "critical", metric->critical,
						"subjects", metric->has_subjects,
						"counts_reasons", metric->counts_reasons));
	return metrics;
}

static json_t *reasons_json(const struct reason *reason)
{
	json_t *reasons = json_array();

	for (; reason->id != NULL; reason++)
		json_array_append_new(reasons,
				      json_pack("{ss ss ss ss* ss* ss*}", "id", reason->id,
						"sentence", reason->sentence, "who", reason->who,
						"fix", reason->fix, "read", reason->read,
						"metric", reason->metric));
	return reasons;
}

static int append(const char *bytes, size_t len, void *out)
{
	text_add_slice(out, (struct slice){ bytes, len });
	return text_failed(out) ? -1 : 0;
}

void describe_plugin(const struct plugin *plugin, const struct option_table *tables,
		     struct text *out)
{
	json_t *whole = json_pack("{ss ss ss ss ss so so so}", "plugin", plugin->name,
				  "version", PACKAGE_VERSION, "service", plugin->service,
				  "purpose", plugin->purpose, "usage", plugin->usage,
				  "options", options_json(tables),
				  "metrics", metrics_json(plugin->metrics),
				  "reasons", reasons_json(plugin->reasons));

	json_dump_callback(whole, append, out, JSON_INDENT(1));
	text_add_char(out, '\n');
	json_decref(whole);
}
