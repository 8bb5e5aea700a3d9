/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef MAILPATH_MAIL_DNSBL_H
#define MAILPATH_MAIL_DNSBL_H

#include "base/dns.h"
#include "base/domain.h"
#include "base/fault.h"
#include "base/ip.h"
#include "base/text.h"

/* DNS blocklists (RFC 5782, 6471): what to ask, and what an answer means. */

enum dnsbl_type {
	DNSBL_DENY,
	DNSBL_ALLOW,	/* a good word for the address */
	DNSBL_INFO,	/* no judgement: networks, registries, scores */
};

/* What a list can say about something, bit by bit. */
enum dnsbl_judges { DNSBL_IP4 = 1, DNSBL_IP6 = 2, DNSBL_DOMAIN = 4 };

/* A set of IPv4 addresses as postscreen writes it: 127.0.0.[2;4..7], with ','
 * for ';'. A bit for each value of each octet. */
struct dnsbl_codes {
	bool is_given;
	uint8_t octets[4][32];
};

/* A point that must, or must not, be listed. */
struct dnsbl_point {
	struct slice what;	/* an address, or a name below a domain list */
	bool must_not;
};

enum { DNSBL_POINTS = 8 };

/* One list. Its slices point into the line that was parsed. */
struct dnsbl_zone {
	struct domain name;		/* what is asked: with its key filled in */
	char shown[DOMAIN_MAX + 1];	/* the same with "***" for the key */
	struct dnsbl_codes codes;	/* which answers are listings; not given: any */
	struct dnsbl_codes refusal;	/* more answers that mean "you may not ask" */
	unsigned mask;			/* the last octet must have one of these bits; 0: any */
	int weight;
	bool has_weight;		/* given, and not by the type */
	enum dnsbl_type type;
	unsigned judges;		/* of enum dnsbl_judges */
	bool has_family;		/* family= was given: it is known, not hoped */
	struct dnsbl_point points[DNSBL_POINTS];
	size_t point_count;
	bool has_no_points;		/* test=none */
	struct slice scope;		/* "ip", "net" or "asn", or nothing */
	struct slice url;		/* with {target} in it, or nothing */
	const struct dnsbl_list *list;	/* its row in the table, or NULL */
	bool knows_codes;		/* the codes are the table's: others are unknown,
					 * not left out by a filter */
	const char *dead;		/* why it must not be asked, or NULL */
};

/* Read a line of a zones file: zone[=codes][&mask][*weight], then words kind=
 * family= type= scope= test= refusal= url=. A zone of the table begins with
 * what the table says of it. {key:NAME} is filled from `keys`, lines of
 * "NAME KEY"; the fault never holds a key. */
bool dnsbl_zone_parse(struct slice line, struct slice keys, struct dnsbl_zone *zone,
		      struct fault *fault);

/* Is this key in the file? */
bool dnsbl_key_find(struct slice keys, struct slice name, struct slice *key);

/* Does a row of the table ask this zone with a key for a first label? Then that
 * label is hidden in `shown`, also where it was written out. */
bool dnsbl_is_keyed(const struct dnsbl_zone *zone);

bool dnsbl_codes_parse(struct slice s, struct dnsbl_codes *codes);
bool dnsbl_codes_match(const struct dnsbl_codes *codes, const struct ip *ip);

/* The name that asks `zone` about an address: octets (RFC 5782 2.1) or nibbles
 * (2.4) in reverse order, then the zone; or about a domain (2.2). False: the
 * name would be too long. */
bool dnsbl_name_of_ip(const struct ip *ip, const struct domain *zone, struct domain *name);
bool dnsbl_name_of_domain(const struct domain *domain, const struct domain *zone,
			  struct domain *name);

/* How a list is, or why it could not be judged. */
enum dnsbl_health {
	DNSBL_OK,
	DNSBL_REFUSED,		/* "you may not ask" */
	DNSBL_TESTPOINT_MISSING,
	DNSBL_WILDCARD,		/* it lists what must not be listed */
	DNSBL_OUTSIDE_127,	/* a hijacked domain, or a rewriting resolver */
	DNSBL_SERVFAIL,
	DNSBL_TIMEOUT,
	DNSBL_GARBLED,
	DNSBL_DEAD,		/* in the table of the dead */
	DNSBL_SKIPPED,		/* nothing that it could judge */
};

const char *dnsbl_health_word(enum dnsbl_health health);

enum { DNSBL_ANSWERS = 32 };

/* What the A records of an answer say. */
struct dnsbl_listing {
	uint8_t codes[DNSBL_ANSWERS][4];	/* the first of those that are listings */
	size_t count;		/* of all of them */
	struct ip odd;		/* one that explains the health, or is no listing */
	bool has_odd;
};

/* How many codes are kept, and the one of that number. */
size_t dnsbl_code_count(const struct dnsbl_listing *listing);
struct ip dnsbl_code(const struct dnsbl_listing *listing, size_t i);

/* Read the answer about a target. Only DNSBL_OK is a statement: listed if
 * listing->count > 0, else not. */
enum dnsbl_health dnsbl_read(const struct dnsbl_zone *zone, const struct dns_question *answer,
			     struct dnsbl_listing *listing);

/* A question that shows whether a list works. */
enum dnsbl_expectation {
	DNSBL_MUST_BE_LISTED,	/* a test entry */
	DNSBL_MUST_NOT,		/* another one, or a random label */
	DNSBL_MUST_EXIST,	/* the zone itself, of a list without test entries */
};

struct dnsbl_test {
	struct domain name;
	enum dnsbl_expectation expectation;
	unsigned judges;	/* what it is about; 0: the list as a whole */
};

enum { DNSBL_TESTS = DNSBL_POINTS + 5 };

/* The tests for what the list is going to be asked about (`judges`). */
size_t dnsbl_tests(const struct dnsbl_zone *zone, unsigned judges, uint64_t nonce,
		   struct dnsbl_test tests[DNSBL_TESTS]);

/* What the answers to the tests of `judges` say together; `odd` as in a listing. */
enum dnsbl_health dnsbl_judge_tests(const struct dnsbl_zone *zone, const struct dnsbl_test *tests,
				    const struct dns_question *answers, size_t count,
				    unsigned judges, struct dnsbl_listing *odd);

/* Does it explain more to be `health` than to be `other`? */
bool dnsbl_explains(enum dnsbl_health health, enum dnsbl_health other);

/* "deny", "allow", "info" */
const char *dnsbl_type_word(enum dnsbl_type type);

/* ---- the table ---- */

struct dnsbl_code {
	const char *codes;	/* NULL ends the list */
	const char *name;	/* short: "XBL"; may be NULL */
	const char *meaning;
	const char *advice;	/* what to do first; NULL: the list's */
};

enum dnsbl_profile {
	DNSBL_DEFAULT = 1, DNSBL_SPAMHAUS = 2, DNSBL_COMMON = 4, DNSBL_PROFILE_INFO = 8,
	DNSBL_PROFILE_DOMAIN = 16, DNSBL_ALL = 32,
};

struct dnsbl_list {
	const char *spec;	/* a line of a zones file; NULL ends the table */
	unsigned profiles;	/* besides DNSBL_ALL */
	const struct dnsbl_code *codes;
	const char *advice;
	bool expires;		/* by itself, and nobody is to be asked */
	const char *instead_of;	/* a zone that this keyed one is better than */
};

struct dnsbl_dead {
	const char *zone;	/* "*.example": all below, too; NULL ends the table */
	const char *why;
};

extern const struct dnsbl_list dnsbl_lists[];
extern const struct dnsbl_dead dnsbl_dead_lists[];
/* Answers that are no listings anywhere (127.255.255.0/24). */
extern const struct dnsbl_code dnsbl_refusals[];

/* 0: no such profile */
unsigned dnsbl_profile_parse(struct slice name);

enum { DNSBL_MEANINGS = 8 };

/* What a code means in that list: with a mask, each of its bits; how many. */
size_t dnsbl_meanings(const struct dnsbl_zone *zone, const struct ip *code,
		      const struct dnsbl_code *meanings[DNSBL_MEANINGS]);

/* What a refusal code means; never NULL. */
const struct dnsbl_code *dnsbl_refusal_find(const struct ip *code);

/* The page for look-up and removal, the target filled in and percent-encoded. */
void dnsbl_url(const struct dnsbl_zone *zone, const char *target, struct text *url);

/* The table in the grammar that a zones file has, the dead as comments. */
void dnsbl_print_table(struct text *page);

#endif
