/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef MAILPATH_MAIL_TAGGED_RECORD_H
#define MAILPATH_MAIL_TAGGED_RECORD_H

#include "base/dns.h"

/* The TXT records at a name of their own that are lists of tags: MTA-STS (RFC 8461
 * 3.1), TLS-RPT (RFC 8460 3) and BIMI (draft-brand-indicators-for-message-
 * identification 4). What they say is checked as far as the record goes: nothing is
 * fetched. */

enum { TAGGED_TAGS = 4 };	/* known tags of a kind, without v= */

/* The places of the known tags. */
enum { MTA_STS_ID };
enum { TLS_RPT_RUA };
enum { BIMI_L, BIMI_A, BIMI_AVP, BIMI_LPS };

struct tagged_kind {
	const char *title;	/* "MTA-STS" */
	const char *label;	/* the name before the domain: "_mta-sts" */
	const char *version;	/* "STSv1" */
	const char *word;	/* what is in the version however it is misspelt: "sts" */
	bool allows_space;	/* around "=" (RFC 6376 3.2), and no ";" behind the version */
	struct tagged_tag {
		const char *name;
		bool is_required;
		/* Is the value right? If not, from where on, and why. */
		bool (*check)(struct slice value, const char **at, const char **why);
	} tags[TAGGED_TAGS + 1];
};

extern const struct tagged_kind tagged_mta_sts, tagged_tls_rpt, tagged_bimi;

struct tagged_record {
	struct slice whole;
	struct slice values[TAGGED_TAGS];	/* by place; `at` is NULL: not there */
	bool is_valid;
	const char *why;	/* not: what is wrong first; static */
	size_t at;		/* and how many bytes stand before that */
	const char *tag;	/* of a known tag, or NULL */
};

/* Is the text a record of this kind at all? All others are discarded (RFC 8461
 * 3.1, 8460 3). */
bool tagged_is(const struct tagged_kind *kind, struct slice text);

/* It is none, but was surely meant to be. */
bool tagged_is_misspelt(const struct tagged_kind *kind, struct slice text);

void tagged_parse(const struct tagged_kind *kind, struct slice text, struct tagged_record *record);

/* Is that an address that reports can be sent to (one of rua=)? */
bool tagged_is_report_address(struct slice uri, const char **why);

enum tagged_outcome {
	TAGGED_UNKNOWN,		/* the DNS did not say */
	TAGGED_ABSENT,
	TAGGED_MISSPELT,	/* `record.whole` is the first that was meant to be one */
	TAGGED_SEVERAL,		/* and so none counts; `record` is the first of them */
	TAGGED_ONE,
};

struct tagged_found {
	enum tagged_outcome outcome;
	struct dns_question question;
	size_t count;		/* records of the kind */
	struct tagged_record record;
};

/* Ask for the domain's record; run in rounds (base/dns_rounds.h). The caller
 * releases `question`. */
void tagged_find(const struct tagged_kind *kind, const struct domain *domain,
		 struct resolver *resolver, struct tagged_found *found);

#endif
