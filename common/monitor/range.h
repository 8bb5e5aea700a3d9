/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef MAILPATH_MONITOR_RANGE_H
#define MAILPATH_MONITOR_RANGE_H

#include "base/quantity.h"

/* A threshold of the Monitoring Plugins guidelines: [@][low:][high]. It alerts
 * outside low..high, ends excluded, or with '@' inside, ends included. */
struct range {
	double low, high;	/* -INFINITY, INFINITY: open */
	bool inside;		/* '@' */
	bool shows_low;		/* "0:10", not "10": only for printing */
};

/* Numbers take the suffixes of the unit. */
bool range_parse(struct slice s, enum unit unit, struct range *range);

bool range_alerts(const struct range *range, double value);

/* In the same grammar, numbers in the unit itself. */
void range_print(struct text *text, const struct range *range);

#endif
