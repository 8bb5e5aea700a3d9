/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef MAILPATH_MAIL_TLSA_H
#define MAILPATH_MAIL_TLSA_H

#include "base/domain.h"

/* TLSA records, as mail servers use them (RFC 6698, 7671, 7672). */

enum { TLSA_DATA_MAX = 2048 };	/* a whole certificate at most; larger ones nobody publishes */

struct tlsa {
	uint8_t usage, selector, matching;
	size_t len;
	uint8_t data[TLSA_DATA_MAX];
};

/* "3 1 1 0123..." as a zone file has it. False: it makes no sense. */
bool tlsa_parse(struct slice text, struct tlsa *tlsa);

/* Can mail servers use it? Usages 2 (DANE-TA) and 3 (DANE-EE) only, with a selector
 * and a matching type that exist, and a digest of the right length (RFC 7672 3.1). */
bool tlsa_is_usable(const struct tlsa *tlsa);

/* The name of the records for a port: _25._tcp.host. False: it would be too long. */
bool tlsa_name(const struct domain *host, unsigned port, struct domain *name);

#endif
