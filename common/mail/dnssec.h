/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef MAILPATH_MAIL_DNSSEC_H
#define MAILPATH_MAIL_DNSSEC_H

#include "base/dns.h"

/* Of these answered questions, find those that ended in SERVFAIL because DNSSEC
 * rejects what there is, and set their `is_bogus`: the resolver says so (RFC 8914),
 * or it has an answer where it is asked not to check (RFC 4035 3.2.2, 5.5). The
 * latter is asked one by one: run it in rounds (base/dns_rounds.h). */
void dnssec_recheck(struct dns_question *questions, size_t count, struct resolver *resolver);

#endif
