/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef MAILPATH_BASE_DNS_H
#define MAILPATH_BASE_DNS_H

#include "base/domain.h"
#include "base/ip.h"
#include "base/text.h"

/* Types of records by their number (RFC 1035 3.2.2, 3596, 6698). */
enum dns_type {
	DNS_A = 1,
	DNS_NS = 2,
	DNS_CNAME = 5,
	DNS_SOA = 6,
	DNS_PTR = 12,
	DNS_MX = 15,
	DNS_TXT = 16,
	DNS_AAAA = 28,
	DNS_TLSA = 52,
};

/* How a question ended. Only FOUND, NODATA and NXDOMAIN are statements about
 * the name; nothing can be concluded from any of the others. */
enum dns_status {
	DNS_UNFINISHED,	/* the deadline of the run struck first */
	DNS_FOUND,	/* there is at least one record */
	DNS_NODATA,	/* the name exists, such records do not */
	DNS_NXDOMAIN,	/* the name does not exist, nor does one below it (RFC 8020) */
	DNS_SERVFAIL,
	DNS_REFUSED,	/* or the server only refers to others */
	DNS_TIMEOUT,	/* no answer to any try */
	DNS_GARBLED,	/* what came was no answer to the question */
};

struct dns_record {
	struct ip ip;		/* A, AAAA */
	uint16_t preference;	/* MX */
	struct slice data;	/* NS, CNAME, PTR, MX: a name in lower case, without the
				 * last dot, odd bytes as \DDD; SOA: two of these, with a
				 * blank between: its first server and its contact; TXT: its
				 * strings, joined; TLSA: as a zone file has it */
};

/* Shared by all questions that had this answer; see dns_release(). */
struct dns_records {
	size_t users, count;
	struct dns_record at[];
};

struct dns_question {
	/* What is asked */
	struct domain name;
	enum dns_type type;
	unsigned lane;		/* 0, or: of the questions in one lane, at most
				 * DNS_LANE_WINDOW are in flight. Such bulk questions
				 * are neither coalesced nor remembered. */
	const struct endpoint *server;	/* ask this one, or NULL: the resolver's */
	bool is_unchecked;	/* have answers that DNSSEC rejects, too (the CD bit,
				 * RFC 4035 3.2.2) */

	/* What came of it */
	enum dns_status status;
	const char *detail;	/* more about a failure, or NULL; static */
	struct dns_records *records;	/* NULL unless FOUND */
	uint32_t ttl;		/* the lowest of the records', in seconds */
	bool authenticated;	/* the AD bit, if its bearer is to be trusted */
	bool is_bogus;		/* SERVFAIL, and the resolver says that it has an answer
				 * which DNSSEC rejects (RFC 8914 4) */
	unsigned tries;		/* how often it was sent */
	uint32_t took_us;
	struct endpoint answered_by;	/* or the last one that was waited for */
};

enum { DNS_LANE_WINDOW = 20 };

/* The seam: ask the DNS many questions at once. */
struct resolver {
	/* Answer every question; the call takes as long as the slowest useful
	 * answer. Never fails as a whole: each question has its own status.
	 * What the questions held before is overwritten, not released. */
	void (*ask)(struct resolver *self, struct dns_question *questions, size_t count);
};

size_t dns_count(const struct dns_question *question);

/* Was it said, one way or the other, whether there are such records? */
bool dns_is_answered(const struct dns_question *question);

/* "timeout", "nxdomain", ... */
const char *dns_status_word(enum dns_status status);
const char *dns_type_word(enum dns_type type);

/* What was asked and answered, on one line, with foreign text marked. */
void dns_print(struct text *text, const struct dns_question *question);

/* Give the records back; harmless on zeroed or released questions. */
void dns_release(struct dns_question *questions, size_t count);

#endif
