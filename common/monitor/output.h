/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef MAILPATH_MONITOR_OUTPUT_H
#define MAILPATH_MONITOR_OUTPUT_H

#include "monitor/result.h"

/* The exit code: the worst state, or 0 with --exit-ok. */
int output_exit_code(const struct result *result);

/* The judged result in the format that was asked for. */
void output_render(const struct result *result, struct text *out);

/* What was asked and answered: part of the text format, but for standard error
 * with the others. */
void output_trace(const struct result *result, struct text *out);

/* "SERVICE UNKNOWN - ...": the one line of wrong usage. */
void output_wrong_usage(const struct result *result, const struct fault *fault, struct text *out);

/* The table behind --list-reasons. */
void output_reasons(const struct reason *reasons, struct text *out);

/* The formats; each in its own file. */
void output_text(const struct result *result, struct text *out);
void output_json(const struct result *result, struct text *out);
void output_prometheus(const struct result *result, struct text *out);
void output_html(const struct result *result, struct text *out);

/* What the JSON output holds; the caller's. NULL: there was no memory. */
json_t *output_whole_json(const struct result *result);

/* What was looked at, for a label: at most 100 characters. */
void output_target(const struct result *result, struct text *out);

/* Foreign text for JSON: harmless, valid UTF-8, cut to `most` bytes. The caller's. */
json_t *output_foreign_json(struct slice bytes, size_t most);

/* A number's subject as it is printed, or NULL. */
const char *output_subject(const struct metric *metric);

/* "label", or "label subject" */
void output_label(const struct metric *metric, struct text *out);

#endif
