/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "mail/dane_find.h"

#include <stdio.h>
#include <string.h>

#include "base/dns_rounds.h"
#include "fakes/zone.h"
#include "unit.h"

#define DIGEST "0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef"

/* What is below signed.example has the AD bit. */
static const struct zone_row rows[] = {
	{ "signed.example", DNS_MX, "10 mx.signed.example" },
	{ "mx.signed.example", DNS_A, "192.0.2.1" },
	{ "_25._tcp.mx.signed.example", DNS_TLSA, "3 1 1 " DIGEST },
	{ "_25._tcp.mx.signed.example", DNS_TLSA, "1 1 1 " DIGEST },
	{ "useless.signed.example", DNS_MX, "10 pkix.signed.example" },
	{ "pkix.signed.example", DNS_A, "192.0.2.1" },
	{ "_25._tcp.pkix.signed.example", DNS_TLSA, "1 1 1 " DIGEST },
	{ "none.signed.example", DNS_MX, "10 bare.signed.example" },
	{ "bare.signed.example", DNS_A, "192.0.2.1" },
	{ "implicit.signed.example", DNS_A, "192.0.2.1" },
	{ "_25._tcp.implicit.signed.example", DNS_TLSA, "3 1 1 " DIGEST },
	{ "plain.example", DNS_MX, "10 mx.plain.example" },
	{ "mx.plain.example", DNS_A, "192.0.2.1" },
	{ "_25._tcp.mx.plain.example", DNS_TLSA, "3 1 1 " DIGEST },
	{ "hosted.example", DNS_MX, "10 mx.signed.example" },
	{ "away.signed.example", DNS_MX, "10 mx.plain.example" },
	{ "alias.signed.example", DNS_MX, "10 cname.signed.example" },
	{ "cname.signed.example", DNS_CNAME, "mx.signed.example" },
	{ "sick.signed.example", DNS_MX, "10 mute.signed.example" },
	{ "mute.signed.example", DNS_A, "192.0.2.1" },
	{ "_25._tcp.mute.signed.example", DNS_TLSA, ZONE_SERVFAIL },
	{ "bogus.signed.example", DNS_MX, "10 forged.signed.example" },
	{ "forged.signed.example", DNS_A, "192.0.2.1" },
	{ "_25._tcp.forged.signed.example", DNS_TLSA, ZONE_BOGUS },
	{ "literal.signed.example", DNS_MX, "10 192.0.2.1" },
	{ "null.signed.example", DNS_MX, "0 ." },
	{ "silent.signed.example", DNS_MX, ZONE_TIMEOUT },
	{ NULL },
};

struct partly {
	struct resolver resolver;	/* first */
	struct zone zone;
};

static void ask(struct resolver *self, struct dns_question *questions, size_t count)
{
	struct partly *partly = (struct partly *)self;

	partly->zone.resolver.ask(&partly->zone.resolver, questions, count);
	for (size_t i = 0; i < count; i++)
		questions[i].authenticated = domain_within(&questions[i].name, "signed.example");
}

static const struct {
	const char *domain;
	size_t count;
	enum dane_kind kind;
	size_t usable;
	bool is_bogus;
	unsigned rounds;
} domains[] = {
	{ "signed.example", 1, DANE_USABLE, 1, false, 2 },
	{ "useless.signed.example", 1, DANE_UNUSABLE, 0, false, 2 },	/* RFC 7672 3.1.3 */
	{ "none.signed.example", 1, DANE_ABSENT, 0, false, 2 },
	{ "implicit.signed.example", 1, DANE_USABLE, 1, false, 2 },
	{ "plain.example", 1, DANE_UNSIGNED, 1, false, 2 },
	{ "hosted.example", 1, DANE_UNSIGNED_WAY, 1, false, 2 },	/* 2.2.1 */
	{ "away.signed.example", 1, DANE_UNSIGNED, 1, false, 2 },
	{ "alias.signed.example", 1, DANE_USABLE, 1, false, 3 },	/* 2.2.2 */
	{ "sick.signed.example", 1, DANE_UNKNOWN, 0, false, 3 },	/* 2.1.2: no absence */
	{ "bogus.signed.example", 1, DANE_UNKNOWN, 0, true, 3 },
	{ "literal.signed.example", 0, DANE_UNKNOWN, 0, false, 1 },
	{ "null.signed.example", 0, DANE_UNKNOWN, 0, false, 1 },
	{ "silent.signed.example", 0, DANE_UNKNOWN, 0, false, 1 },
	{ "nothing.signed.example", 0, DANE_UNKNOWN, 0, false, 1 },
};

START_TEST(tells_secure_from_insecure_and_bogus)
{
	struct partly partly = { .resolver.ask = ask };
	struct dane_found found = { 0 };
	struct dns_rounds rounds;
	struct domain domain;

	snprintf(domain.text, sizeof domain.text, "%s", domains[_i].domain);
	zone_open(&partly.zone, rows);
	dns_rounds_open(&rounds, &partly.resolver);
	do {
		dane_release(&found);
		ck_assert(dane_find(&domain, &rounds.resolver, &found));
	} while (dns_rounds_ask(&rounds));
	ck_assert_uint_eq(found.count, domains[_i].count);
	ck_assert_uint_le(rounds.rounds, 1 + domains[_i].rounds);
	if (found.count > 0) {
		ck_assert_int_eq(found.hosts[0].kind, domains[_i].kind);
		ck_assert_uint_eq(found.hosts[0].usable, domains[_i].usable);
		ck_assert_int_eq(found.hosts[0].answer->is_bogus, domains[_i].is_bogus);
		ck_assert_uint_eq(rounds.rounds, domains[_i].rounds);
	}
	dane_release(&found);
	dane_release(&found);
	dns_rounds_release(&rounds);
}
END_TEST

Suite *suite_dane_find(void);
Suite *suite_dane_find(void)
{
	Suite *suite = suite_create("dane_find");
	TCase *tcase = tcase_create("dane_find");

	ADD_TABLE(tcase, tells_secure_from_insecure_and_bogus, domains);
	suite_add_tcase(suite, tcase);
	return suite;
}
