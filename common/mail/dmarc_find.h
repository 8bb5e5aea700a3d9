/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef MAILPATH_MAIL_DMARC_FIND_H
#define MAILPATH_MAIL_DMARC_FIND_H

#include "base/dns.h"
#include "mail/dmarc_record.h"

/* What DMARC asks for of the mail of a domain (RFC 9989 4.10), what receivers
 * take it for that still read RFC 7489, and who may be sent the reports
 * (RFC 9990 4).
 *
 * All names of a tree walk are known before it begins, so they are asked at
 * once; that it stops early is applied to the answers. An answer that did not
 * come (DNS_UNFINISHED too) matters only where the walk would have used it. */

enum {
	DMARC_WALK_MAX = 8,		/* 4.10: questions of one walk */
	DMARC_DESTINATIONS = 8,		/* of reports: so many are looked at */
};

/* A name of the walk, and what stands at _dmarc below it. */
struct dmarc_step {
	struct domain domain;		/* without "_dmarc." */
	struct dns_question question;
	size_t count;			/* how many of its texts are DMARC records */
	struct dmarc_record record;	/* the one, where count is 1 */
};

struct dmarc_walk {
	struct dmarc_step steps[DMARC_WALK_MAX];
	size_t count;			/* steps that were asked */
	size_t length;			/* of these, the walk has so many */
	bool is_temporary;		/* one of these has no answer: the rest is not known */
	struct domain organizational;	/* 4.10.2 */
	int at_organizational, at_suffix;	/* the steps whose records are those of the
					 * organisational domain and of the public suffix
					 * (psd=y); -1: there is none */
};

/* What a receiver makes of it. */
struct dmarc_verdict {
	enum dmarc_outcome {
		DMARC_UNKNOWN,		/* an answer is missing; see `missing` */
		DMARC_MISSING,		/* no record */
		DMARC_UNUSABLE,		/* one, but without a valid policy and rua: it is
					 * as if there were none (4.10.1) */
		DMARC_APPLIES,
	} outcome;
	int at;				/* the step of its record; -1: none */
	const char *tag;		/* "p", "sp" or "np": what speaks of this very name */
	enum dmarc_policy policy;	/* p, as it is applied */
	enum dmarc_policy asked;	/* what that tag asks for */
	enum dmarc_policy effective;	/* and what is applied: with t=y, or pct=0, a step
					 * weaker; never UNSET where the record applies */
	bool is_partial;		/* RFC 7489: pct, and the rest gets a step weaker */
	const struct dns_question *missing;
};

/* Is a domain that SPF or DKIM passes for aligned with the author's? */
struct dmarc_alignment {
	bool is_given;
	struct dmarc_walk walk;		/* of that domain */
	bool is_strict;			/* aspf=s, adkim=s */
	bool is_temporary;		/* not known */
	bool is_aligned;
	bool is_aligned_by_suffix;	/* the same by RFC 7489 */
};

/* Where reports go: a host of the URIs of rua and ruf. */
struct dmarc_destination {
	struct domain host;
	struct dmarc_walk walk;
	enum dmarc_authorisation {
		DMARC_OWN,		/* inside the organisational domain: needs none */
		DMARC_AUTHORISED,
		DMARC_NOT_AUTHORISED,
		DMARC_AUTHORISATION_UNKNOWN,
	} authorisation;
	struct dns_question question;	/* its authorisation */
	struct dns_question hosts[3];	/* MX, A and AAAA: can mail get there? */
};

struct dmarc_report {
	struct dmarc_walk walk;		/* of the author's domain, its first step */
	struct dns_question exists;	/* A of the author's domain: NXDOMAIN or not */
	struct dmarc_verdict verdict;	/* by RFC 9989 */
	struct dmarc_verdict legacy;	/* by RFC 7489 and the Public Suffix List */
	struct domain legacy_organizational;
	struct dmarc_alignment spf, dkim;
	struct dmarc_destination destinations[DMARC_DESTINATIONS];
	size_t destination_count;
	bool has_more_destinations;	/* that were not looked at */
};

/* Find out. The report starts zeroed, holds the answers that its records point
 * into, and must not be moved. `spf` and `dkim` may be NULL. */
void dmarc_find(const struct domain *author, const struct domain *spf, const struct domain *dkim,
		struct resolver *resolver, struct dmarc_report *report);

/* Harmless on a zeroed report. */
void dmarc_release(struct dmarc_report *report);

/* The record that is applied, or NULL; and where it stands. */
const struct dmarc_record *dmarc_report_record(const struct dmarc_report *report);
const struct domain *dmarc_report_policy_domain(const struct dmarc_report *report);

/* Do receivers by RFC 7489 do something else with mail that fails? False where
 * one of both is not known. */
bool dmarc_receivers_differ(const struct dmarc_report *report);

/* What is known of this host as a destination; NULL: it was not looked at. */
const struct dmarc_destination *dmarc_find_destination(const struct dmarc_report *report,
						       const struct domain *host);

/* Can mail get there (RFC 5321 5.1)? The question is one that has no answer. */
enum dmarc_mail { DMARC_MAIL_TAKEN, DMARC_MAIL_REFUSED, DMARC_MAIL_UNKNOWN };
enum dmarc_mail dmarc_destination_mail(const struct dmarc_destination *destination,
				       const struct dns_question **missing);

/* _dmarc.NAME and POLICY._report._dmarc.HOST; false: too long for a name. */
bool dmarc_name(const struct domain *domain, struct domain *name);
bool dmarc_report_name(const struct domain *policy, const struct domain *host, struct domain *name);

/* The organizational domain by RFC 7489 3.2: one label below the public suffix. The name
 * itself where it is none of such a one. */
void dmarc_registrable(const struct domain *domain, struct domain *registrable);

#endif
