/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef MAILPATH_MONITOR_DESCRIBE_H
#define MAILPATH_MONITOR_DESCRIBE_H

#include "monitor/options.h"

/* A plugin's tables as JSON, for contrib/generate: its options, those that are
 * gone too, its metrics, and the catalogue of reasons. */
void describe_plugin(const struct plugin *plugin, const struct option_table *tables,
		     struct text *out);

#endif
