/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef MAILPATH_MONITOR_SETTINGS_H
#define MAILPATH_MONITOR_SETTINGS_H

#include "base/fault.h"
#include "monitor/plugin.h"
#include "monitor/range.h"
#include "monitor/state.h"

/* The values of a repeatable option, in order. They are borrowed; the list is
 * not. */
struct words {
	const char **at;
	size_t count;
};

bool words_add(struct words *words, const char *word);
void words_release(struct words *words);

struct monitor_timeout {
	int64_t ms;
	enum state state;
};

enum format { FORMAT_TEXT, FORMAT_JSON, FORMAT_PROMETHEUS, FORMAT_HTML };

/* What every plugin's options say about judging and printing. */
struct monitor_settings {
	struct words warning, critical;		/* [METRIC=]RANGE */
	struct words state_for, ignore;		/* REASON=STATE, REASON[:SUBJECT] */
	struct monitor_timeout timeout;
	enum format format;
	const char *output_file;
	bool redacts;
	unsigned verbosity;
	bool exits_ok;
	bool lists_reasons;
};

/* Does this format show the plugin's own result (result.data)? */
bool monitor_shows_data(const struct monitor_settings *settings);

void monitor_settings_release(struct monitor_settings *settings);

/* The user's word on a metric: [METRIC=]RANGE. METRIC is a label, or "label
 * subject" for a metric that has subjects. `row` is the metric's place. */
struct threshold {
	size_t row;
	struct slice subject;	/* at == NULL: whatever the subject */
	struct range range;
};
bool threshold_parse(const char *word, const struct metric_row *metrics,
		     struct threshold *threshold, struct fault *fault);

/* NULL: no such id. */
const struct reason *reason_find(const struct reason *reasons, struct slice id);

/* REASON=STATE */
bool override_parse(const char *word, const struct reason *reasons,
		    const struct reason **reason, enum state *state, struct fault *fault);

/* REASON[:SUBJECT]; the subject is "" where there is none. */
bool ignore_parse(const char *word, const struct reason *reasons, const struct reason **reason,
		  const char **subject, struct fault *fault);

/* Can everything in there be used with this plugin? */
bool monitor_settings_check(const struct monitor_settings *settings, const struct plugin *plugin,
			    struct fault *fault);

#endif
