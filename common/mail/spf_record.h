/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef MAILPATH_MAIL_SPF_RECORD_H
#define MAILPATH_MAIL_SPF_RECORD_H

#include "base/fault.h"
#include "base/ip.h"
#include "base/slice.h"

/* SPF records (RFC 7208 4.5, 4.6, 12): their text, taken apart into terms. */

enum spf_result {
	SPF_NONE, SPF_NEUTRAL, SPF_PASS, SPF_FAIL, SPF_SOFTFAIL, SPF_TEMPERROR, SPF_PERMERROR,
};

enum { SPF_RESULTS = SPF_PERMERROR + 1 };

/* "none", "neutral", ... (2.6) */
const char *spf_result_word(enum spf_result result);
bool spf_result_parse(struct slice word, enum spf_result *result);

enum spf_kind {
	/* mechanisms (5) */
	SPF_ALL, SPF_INCLUDE, SPF_A, SPF_MX, SPF_PTR, SPF_IP4, SPF_IP6, SPF_EXISTS,
	/* modifiers (6) */
	SPF_REDIRECT, SPF_EXP, SPF_OTHER,
};

struct spf_term {
	enum spf_kind kind;
	enum spf_result result;	/* of a mechanism: what its match means */
	struct slice text;	/* the whole term */
	struct slice spec;	/* the domain-spec, its macros unexpanded; empty: the domain
				 * whose record this is */
	struct network network;	/* ip4, ip6 */
	unsigned prefix4, prefix6;	/* a, mx: how many bits of an address have to match */
};

/* Does evaluating it ask the DNS, so that it counts towards the limit (4.6.4)? */
bool spf_term_counts(const struct spf_term *term);

/* Is this text a record at all (4.5)? "v=spf1", and then a space or the end. */
bool spf_record_is(struct slice txt);

enum spf_parse { SPF_TERM_END, SPF_TERM_FOUND, SPF_TERM_BAD };

/* Take the next term off `rest`, which begins as a whole record. A term's slices
 * point into it. SPF_TERM_BAD: term->text is the piece that is none. */
enum spf_parse spf_term_next(struct slice *rest, struct spf_term *term, struct fault *fault);

/* Is the whole record as the grammar has it (4.6)? The fault tells the byte, counted
 * from 1, at which it is not. */
bool spf_record_check(struct slice record, struct fault *fault);

/* Is there such a term? */
bool spf_record_find(struct slice record, enum spf_kind kind, struct spf_term *term);

#endif
