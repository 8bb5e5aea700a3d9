/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef MAILPATH_MONITOR_INI_H
#define MAILPATH_MONITOR_INI_H

#include "base/fault.h"
#include "base/slice.h"

/* The ini files of --extra-opts, as the Monitoring Plugins have them: [section],
 * name=value, whole lines of comment behind '#' or ';'. A value is all that
 * follows the '=', without the blanks around it: no comments, no quotes, no
 * escapes, no limit. */

struct ini_reader {
	struct slice rest;
	const char *section;	/* only this one's lines are given */
	unsigned line;		/* of the last item, counted from 1 */
	bool is_inside, was_found;
};

struct ini_item {
	struct slice name, value;
};

struct ini_reader ini_open(struct slice bytes, const char *section);

enum ini_parse { INI_ITEM, INI_END, INI_BAD };

/* The next item of the section, wherever in the file its parts stand. The
 * fault has the line number and never the line. At the end, `was_found` tells
 * whether the section is there at all. */
enum ini_parse ini_next(struct ini_reader *reader, struct ini_item *item, struct fault *fault);

#endif
