/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef MAILPATH_BASE_DOMAIN_H
#define MAILPATH_BASE_DOMAIN_H

#include "base/fault.h"
#include "base/slice.h"

enum {
	DOMAIN_MAX = 253,	/* characters: 255 octets on the wire (RFC 1035 2.3.4) */
	LABEL_MAX = 63,
};

/* A domain name as the DNS compares it: lower case, without the last dot,
 * labels of letters, digits, '-' and '_' (RFC 1123, and the underscore of
 * RFC 8552). The root is "". */
struct domain {
	char text[DOMAIN_MAX + 1];
};

/* Read a name; a UTF-8 name becomes its A-labels (IDNA2008). The fault says
 * what is wrong without repeating the name. */
bool domain_parse(struct slice s, struct domain *domain, struct fault *fault);

/* The same for the end of an alias, where a label may hold '/', too: those of
 * RFC 2317 do ("0/25"). ASCII only. */
bool domain_parse_alias(struct slice s, struct domain *domain, struct fault *fault);

bool domain_same(const struct domain *a, const struct domain *b);

/* Is it `parent` itself, or below it? The parent is a name in its normal form. */
bool domain_within(const struct domain *domain, const char *parent);

/* label.parent; false when it would be longer than DOMAIN_MAX. */
bool domain_join(struct domain *joined, const char *label, const struct domain *parent);

#endif
