/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef MAILPATH_BASE_QUANTITY_H
#define MAILPATH_BASE_QUANTITY_H

#include "base/slice.h"
#include "base/text.h"

/* What a number counts; the unit of measurement in perfdata. */
enum unit { UNIT_NONE, UNIT_SECONDS, UNIT_BYTES, UNIT_PERCENT };

/* "", "s", "B", "%" */
const char *unit_symbol(enum unit unit);

/* Digits with an optional sign and fraction, at most 15 digits in all, then
 * what the unit allows: `ms s m h d w` for seconds, `K M G` (1024) or `B` for
 * bytes, `%` for percent. No exponents, no "inf", no hexadecimal. */
bool quantity_parse(struct slice s, enum unit unit, double *value);

/* Without an exponent, at most six decimals, no trailing zeros. */
void quantity_print(struct text *text, double value);

#endif
