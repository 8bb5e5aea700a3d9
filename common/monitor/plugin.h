/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef MAILPATH_MONITOR_PLUGIN_H
#define MAILPATH_MONITOR_PLUGIN_H

#include "base/quantity.h"
#include "base/reason.h"

struct option_row;

/* A number that a plugin prints. */
struct metric_row {
	const char *label;	/* NULL ends the table; the first is the main one */
	const char *help;	/* one line, for Prometheus and the manual */
	enum unit unit;
	const char *warning, *critical;	/* default thresholds, or NULL */
	bool can_be_negative;	/* there is no minimum */
	bool has_subjects;	/* one number for each of several subjects */
	bool counts_reasons;	/* the subjects are reasons: it counts findings of them */
};

/* What the monitoring side has to know of a plugin. */
struct plugin {
	const char *name;	/* "check_dnsbl" */
	const char *service;	/* "DNSBL" */
	const char *purpose;	/* its question, in one line */
	const char *usage;	/* "-H ADDRESS [options]" */
	const struct option_row *options;	/* over the plugin's own settings */
	const struct metric_row *metrics;
	const struct reason *reasons;		/* the catalogue; a NULL id ends it */
};

#endif
