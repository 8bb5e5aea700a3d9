/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "mail/mx_find.h"

#include <stdio.h>
#include <string.h>

#include "base/dns_rounds.h"
#include "fakes/zone.h"
#include "unit.h"

static const struct zone_row rows[] = {
	{ "good.example", DNS_MX, "10 mx.good.example" },
	{ "good.example", DNS_MX, "5 six.good.example" },
	{ "mx.good.example", DNS_A, "192.0.2.1" },
	{ "mx.good.example", DNS_AAAA, "2001:db8::1" },
	{ "six.good.example", DNS_AAAA, "2001:db8::6" },
	{ "null.example", DNS_MX, "0 ." },
	{ "mixed.example", DNS_MX, "0 ." },
	{ "mixed.example", DNS_MX, "10 mx.good.example" },
	{ "implicit.example", DNS_A, "192.0.2.2" },
	{ "text.example", DNS_TXT, "no address" },
	{ "ill.example", DNS_MX, "10 alias.ill.example" },
	{ "ill.example", DNS_MX, "20 192.0.2.1" },
	{ "ill.example", DNS_MX, "21 [192.0.2.1]" },
	{ "ill.example", DNS_MX, "30 nowhere.example" },
	{ "ill.example", DNS_MX, "40 text.example" },
	{ "ill.example", DNS_MX, "50 private.ill.example" },
	{ "ill.example", DNS_MX, "60 a\\032b.example" },
	{ "ill.example", DNS_MX, "70 sick.ill.example" },
	{ "ill.example", DNS_MX, "80 dangling.ill.example" },
	{ "ill.example", DNS_MX, "90 loop.ill.example" },
	{ "alias.ill.example", DNS_CNAME, "second.ill.example" },
	{ "second.ill.example", DNS_CNAME, "mx.good.example" },
	{ "private.ill.example", DNS_A, "10.0.0.1" },
	{ "private.ill.example", DNS_AAAA, "fd00::1" },
	{ "sick.ill.example", DNS_A, ZONE_TIMEOUT },
	{ "dangling.ill.example", DNS_CNAME, "nowhere.example" },
	{ "loop.ill.example", DNS_CNAME, "loop.ill.example" },
	{ "half.example", DNS_MX, "10 half.half.example" },
	{ "half.half.example", DNS_A, "10.0.0.1" },
	{ "half.half.example", DNS_A, "192.0.2.1" },
	{ "half.half.example", DNS_AAAA, ZONE_SERVFAIL },
	{ "same.example", DNS_MX, "10 b.same.example" },
	{ "same.example", DNS_MX, "10 a.same.example" },
	{ "servfail.example", DNS_MX, ZONE_SERVFAIL },
	{ "timeout.example", DNS_MX, ZONE_TIMEOUT },
	{ "bogus.example", DNS_MX, ZONE_BOGUS },
	{ NULL },
};

static const char *kind_words[] = {
	[MX_HOST_UNKNOWN] = "unknown", [MX_HOST_GOOD] = "good", [MX_HOST_NULL] = "null",
	[MX_HOST_ADDRESS] = "address", [MX_HOST_NO_NAME] = "no-name", [MX_HOST_MISSING] = "missing",
	[MX_HOST_NO_ADDRESS] = "no-address", [MX_HOST_PRIVATE] = "private",
};

/* Each host as "preference:kind", with ">end" where it is an alias. */
static const struct {
	const char *domain;
	enum mx_kind kind;
	const char *hosts;
	unsigned rounds;
	bool is_bogus;
} domains[] = {
	{ "good.example", MX_LISTED, "5:good 10:good ", 2, false },
	{ "null.example", MX_NULL, "0:null ", 1, false },		/* RFC 7505 3 */
	{ "mixed.example", MX_LISTED, "0:null 10:good ", 2, false },
	{ "implicit.example", MX_IMPLICIT, "0:good ", 2, false },	/* RFC 5321 5.1 */
	{ "text.example", MX_NONE, "0:no-address ", 2, false },
	{ "nothing.example", MX_NONE, "", 1, false },
	{ "ill.example", MX_LISTED,
	  "10:good>mx.good.example 20:address 21:address 30:missing 40:no-address 50:private "
	  "60:no-name 70:unknown 80:missing>nowhere.example 90:unknown>loop.ill.example ", 4, false },
	{ "half.example", MX_LISTED, "10:good ", 3, false },
	{ "same.example", MX_LISTED, "10:missing 10:missing ", 2, false },
	{ "servfail.example", MX_UNKNOWN, "", 2, false },
	{ "timeout.example", MX_UNKNOWN, "", 1, false },
	{ "bogus.example", MX_UNKNOWN, "", 2, true },
};

static unsigned find(const char *name, struct zone *zone, struct domain *domain, struct mx_found *found)
{
	struct dns_rounds rounds;
	unsigned waits;

	snprintf(domain->text, sizeof domain->text, "%s", name);
	zone_open(zone, rows);
	dns_rounds_open(&rounds, &zone->resolver);
	*found = (struct mx_found){ 0 };
	do {
		mx_release(found);
		ck_assert(mx_find(domain, &rounds.resolver, found));
	} while (dns_rounds_ask(&rounds));
	waits = rounds.rounds;
	dns_rounds_release(&rounds);
	return waits;
}

START_TEST(finds_where_mail_goes)
{
	struct mx_found found;
	struct domain domain;
	struct zone zone;
	char out[600] = "";
	size_t len = 0;
	unsigned rounds = find(domains[_i].domain, &zone, &domain, &found);

	ck_assert_int_eq(found.kind, domains[_i].kind);
	for (size_t i = 0; i < found.count; i++) {
		const struct mx_host *host = &found.hosts[i];

		len += (size_t)snprintf(out + len, sizeof out - len, "%u:%s%s%s ",
					(unsigned)host->preference, kind_words[host->kind],
					host->is_alias ? ">" : "", host->is_alias ? host->end.text : "");
	}
	ck_assert_str_eq(out, domains[_i].hosts);
	ck_assert_int_eq(found.exchangers.is_bogus, domains[_i].is_bogus);
	if (strstr(out, "loop") == NULL)
		ck_assert_uint_eq(rounds, domains[_i].rounds);
	mx_release(&found);
	mx_release(&found);
}
END_TEST

START_TEST(equal_preferences_have_an_order)
{
	struct mx_found found;
	struct domain domain;
	struct zone zone;

	find("same.example", &zone, &domain, &found);
	ck_assert_str_eq(found.hosts[0].host.text, "a.same.example");
	ck_assert_str_eq(found.hosts[1].host.text, "b.same.example");
	mx_release(&found);
}
END_TEST

/* One question fails, and the other one has the address: both are told. */
START_TEST(a_failure_beside_an_address_is_kept)
{
	struct mx_found found;
	struct domain domain;
	struct zone zone;

	find("half.example", &zone, &domain, &found);
	ck_assert_int_eq(found.hosts[0].kind, MX_HOST_GOOD);
	ck_assert_uint_eq(dns_count(&found.hosts[0].addresses[0]), 2);
	ck_assert_int_eq(found.hosts[0].addresses[1].status, DNS_SERVFAIL);
	ck_assert(!found.hosts[0].addresses[1].is_bogus);
	mx_release(&found);
}
END_TEST

/* Too many are counted, and not asked for. */
START_TEST(the_number_of_hosts_is_bounded)
{
	struct zone_row many[61];
	char hosts[60][40];
	struct domain domain = { "many.example" };
	struct dns_rounds rounds;
	struct mx_found found = { 0 };
	struct zone zone;

	for (int i = 0; i < 60; i++) {
		snprintf(hosts[i], sizeof hosts[i], "%d mx%d.many.example", i, i);
		many[i] = (struct zone_row){ "many.example", DNS_MX, hosts[i] };
	}
	many[60] = (struct zone_row){ NULL, DNS_MX, NULL };
	zone_open(&zone, many);
	dns_rounds_open(&rounds, &zone.resolver);
	do {
		mx_release(&found);
		ck_assert(mx_find(&domain, &rounds.resolver, &found));
	} while (dns_rounds_ask(&rounds));
	ck_assert_uint_eq(found.count, MX_HOSTS_MAX);
	ck_assert_uint_eq(found.left_out, 60 - MX_HOSTS_MAX);
	ck_assert_uint_eq(zone.asked, 1 + 3 * MX_HOSTS_MAX);
	mx_release(&found);
	dns_rounds_release(&rounds);
}
END_TEST

Suite *suite_mx_find(void);
Suite *suite_mx_find(void)
{
	Suite *suite = suite_create("mx_find");
	TCase *tcase = tcase_create("mx_find");

	ADD_TABLE(tcase, finds_where_mail_goes, domains);
	tcase_add_test(tcase, equal_preferences_have_an_order);
	tcase_add_test(tcase, a_failure_beside_an_address_is_kept);
	tcase_add_test(tcase, the_number_of_hosts_is_bounded);
	suite_add_tcase(suite, tcase);
	return suite;
}
