/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef MAILPATH_MAIL_TAG_LIST_H
#define MAILPATH_MAIL_TAG_LIST_H

#include "base/slice.h"

/* Lists of tag=value; as DMARC, DKIM, MTA-STS, TLS-RPT and BIMI write them
 * (RFC 6376 3.2, RFC 9989 4.7, RFC 8461 3.1, RFC 8460 3). */

struct tag {
	struct slice name, value;	/* without white space around them */
};

enum tag_outcome {
	TAG_END,	/* nothing but white space is left */
	TAG_FOUND,
	TAG_BAD,	/* no "name=value": `name` is the whole piece; between two
			 * semicolons that is nothing, but it has its place */
};

/* Take the next tag off `rest`, and the semicolon behind it. After TAG_BAD one
 * can go on with the next. */
enum tag_outcome tag_next(struct slice *rest, struct tag *tag);

/* Does the list begin with "v" = `version`, exactly so written? Whether a
 * record is of a kind at all is decided by this. */
bool tag_list_is(struct slice list, const char *version);

#endif
