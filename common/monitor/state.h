/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef MAILPATH_MONITOR_STATE_H
#define MAILPATH_MONITOR_STATE_H

#include "base/slice.h"

/* The exit codes of monitoring plugins. CRITICAL: the patient is ill. UNKNOWN:
 * our thermometer is broken. */
enum state { STATE_OK = 0, STATE_WARNING = 1, STATE_CRITICAL = 2, STATE_UNKNOWN = 3 };

const char *state_word(enum state state);	/* "CRITICAL" */

/* A word in any case, or the number. */
bool state_parse(struct slice s, enum state *state);

/* How bad: CRITICAL > WARNING > UNKNOWN > OK. */
int state_rank(enum state state);

#endif
