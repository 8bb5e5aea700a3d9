/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef MAILPATH_TESTS_FAKES_ZONE_H
#define MAILPATH_TESTS_FAKES_ZONE_H

#include "base/dns.h"

/* A resolver that answers from a table, and counts. A name that has rows of
 * other types, or a row below it, is NODATA; any other that is missing is
 * NXDOMAIN. CNAMEs are followed. "*.example" answers for what has no row. */
struct zone_row {
	const char *name;	/* as a question has it; NULL ends the table */
	enum dns_type type;
	const char *data;	/* an address, a name, "10 mx.example", a text; or a ZONE_ word */
};

/* Instead of data: how the question ends. */
#define ZONE_SERVFAIL	"\x01servfail"
#define ZONE_TIMEOUT	"\x01timeout"
#define ZONE_NODATA	"\x01nodata"
#define ZONE_BOGUS	"\x01bogus"	/* SERVFAIL; unchecked: NODATA */

struct zone {
	struct resolver resolver;	/* first */
	const struct zone_row *rows;
	bool is_secure;			/* answers have the AD bit */
	size_t asked, batches;
	char log[8192];			/* "TXT a.example\n": what was asked, in order */
};

/* The row count is not needed: a row without a name ends the table. */
void zone_open(struct zone *zone, const struct zone_row *rows);

#endif
