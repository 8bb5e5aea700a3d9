/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef MAILPATH_PLUGINS_LOOKUPS_H
#define MAILPATH_PLUGINS_LOOKUPS_H

#include "frame.h"

/* What plugins ask the DNS about mail hosts. */

/* A question that gave no address or no exchanger becomes a finding: `dns_no_host` in
 * the state `if_gone` where that is certain, else `dns_temporary`, UNKNOWN. Nothing if
 * it is unfinished: that is a "timeout". */
void lookup_add_failure(struct frame *frame, const char *stage,
			const struct dns_question *question, enum state if_gone);

struct exchanger {
	struct domain host;
	uint16_t preference;
};

/* The exchangers of a domain from the answer to its MX question, the preferred first;
 * the domain itself where there is no MX (RFC 5321 5.1, 7505). What is wrong with them
 * becomes findings, in the state `if_gone`. The caller frees; NULL: there are none. */
struct exchanger *lookup_exchangers(struct frame *frame, const char *stage,
				    const struct dns_question *question, enum state if_gone,
				    size_t *count);

#endif
