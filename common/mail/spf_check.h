/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef MAILPATH_MAIL_SPF_CHECK_H
#define MAILPATH_MAIL_SPF_CHECK_H

#include "base/dns.h"
#include "base/text.h"
#include "mail/spf_macro.h"
#include "mail/spf_record.h"

/* What a receiver concludes from a sender's SPF record: check_host() (RFC 7208 4). */

enum {
	SPF_LOOKUPS_MAX = 10,	/* terms that ask the DNS (4.6.4) */
	SPF_VOIDS_MAX = 2,	/* of them, terms for which it has nothing */
	SPF_HOSTS_MAX = 10,	/* of an mx, and of a ptr */
};

struct spf_query {
	struct ip ip;
	struct slice mail_from;	/* local@domain, @domain, or empty: a bounce, for which the
				 * sender is postmaster@helo (2.4) */
	struct slice helo;
	struct slice receiver;	/* who we are, for %{r}; may be empty */
	int64_t now;		/* for %{t} */
};

struct spf_report {
	enum spf_result result;
	struct domain domain;	/* whose record decided, if any did */
	struct text term;	/* the term that matched, or that is wrong */
	struct text why;	/* of temperror, permerror and none: in words */
	struct dns_question unanswered;	/* of temperror; without records */
	struct text explanation;	/* of fail, if the domain gives one; in ASCII */
	unsigned lookups, voids;	/* in the order of the RFC, up to the verdict */
};

/* Every failure is a verdict (2.6), so there is no fault. */
void spf_check(const struct spf_query *query, struct resolver *resolver, struct spf_report *report);
void spf_report_release(struct spf_report *report);

/* ---- for those who look ahead (spf_tree.h) ---- */

/* What the query's macros stand for, in the record of `domain`. */
struct spf_macro_values spf_query_values(const struct spf_query *query, const struct domain *domain);

/* The name that a term's domain-spec leads to: expanded, and cut on the left to 253
 * characters (7.3). False: no name can look so (4.3). */
bool spf_target(struct slice spec, const struct spf_macro_values *values, struct domain *target);

/* The reverse name of an address: in-addr.arpa, ip6.arpa. */
void spf_reverse_name(const struct ip *ip, struct domain *name);

#endif
