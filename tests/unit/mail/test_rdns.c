/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "mail/rdns.h"

#include <stdio.h>
#include <string.h>

#include "base/dns_rounds.h"
#include "fakes/zone.h"
#include "unit.h"

#define NET "2.0.192.in-addr.arpa"
#define V6 "0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.8.b.d.0.1.0.0.2.ip6.arpa"
#define LAME "113.0.203.in-addr.arpa"

static const struct zone_row rows[] = {
	{ NET, DNS_SOA, "ns1.provider.example host.master.provider.example" },
	{ "1." NET, DNS_PTR, "mail.example" },
	{ "mail.example", DNS_A, "192.0.2.99" },
	{ "mail.example", DNS_A, "192.0.2.1" },
	{ "2." NET, DNS_PTR, "mail.example" },
	{ "3." NET, DNS_PTR, "gone.example" },
	{ "4." NET, DNS_TXT, "no PTR here" },
	{ "5." NET, DNS_PTR, "text.example" },
	{ "text.example", DNS_TXT, "no address" },
	{ "6." NET, DNS_PTR, "a\\032b.example" },
	{ "7." NET, DNS_PTR, ZONE_SERVFAIL },
	{ "8." NET, DNS_PTR, ZONE_TIMEOUT },
	{ "9." NET, DNS_PTR, ZONE_BOGUS },
	{ "10." NET, DNS_PTR, "zzz.example" },
	{ "10." NET, DNS_PTR, "ten.example" },
	{ "10." NET, DNS_PTR, "gone.example" },
	{ "ten.example", DNS_A, "192.0.2.10" },
	{ "11." NET, DNS_PTR, "sick.example" },
	{ "11." NET, DNS_PTR, "mail.example" },
	{ "sick.example", DNS_A, ZONE_TIMEOUT },
	{ "12." NET, DNS_PTR, "sick.example" },
	{ "12." NET, DNS_PTR, "twelve.example" },
	{ "twelve.example", DNS_A, "192.0.2.12" },
	{ "13." NET, DNS_PTR, "bogus.example" },
	{ "bogus.example", DNS_A, ZONE_BOGUS },
	/* RFC 2317 4 */
	{ "14." NET, DNS_CNAME, "14.0/25." NET },
	{ "14.0/25." NET, DNS_PTR, "customer.example" },
	{ "0/25." NET, DNS_SOA, "ns.customer.example root.customer.example" },
	{ "customer.example", DNS_A, "192.0.2.14" },
	{ "15." NET, DNS_CNAME, "15.0/25." NET },
	/* into the customer's own domain, by two steps */
	{ "16." NET, DNS_CNAME, "16.rev.customer.example" },
	{ "16.rev.customer.example", DNS_CNAME, "ptr.customer.example" },
	{ "ptr.customer.example", DNS_PTR, "mail16.example" },
	{ "mail16.example", DNS_A, "192.0.2.16" },
	{ "customer.example", DNS_SOA, "ns.customer.example root.customer.example" },
	{ "17." NET, DNS_CNAME, "17." NET },
	{ "18." NET, DNS_PTR, "mail18.example.18." NET },
	/* many names */
	{ "19." NET, DNS_PTR, "n01.example" }, { "19." NET, DNS_PTR, "n02.example" },
	{ "19." NET, DNS_PTR, "n03.example" }, { "19." NET, DNS_PTR, "n04.example" },
	{ "19." NET, DNS_PTR, "n05.example" }, { "19." NET, DNS_PTR, "n06.example" },
	{ "19." NET, DNS_PTR, "n07.example" }, { "19." NET, DNS_PTR, "n08.example" },
	{ "19." NET, DNS_PTR, "n09.example" }, { "19." NET, DNS_PTR, "n10.example" },
	{ "19." NET, DNS_PTR, "n11.example" },
	{ "n11.example", DNS_A, "192.0.2.19" },
	{ "20." NET, DNS_PTR, "" },
	{ "21." NET, DNS_PTR, "six.example" },
	{ "six.example", DNS_AAAA, "2001:db8::15" },
	/* servers that do not answer */
	{ "0.203.in-addr.arpa", DNS_SOA, "ns.registry.example dns.registry.example" },
	{ LAME, DNS_SOA, ZONE_SERVFAIL },
	{ "1." LAME, DNS_SOA, ZONE_SERVFAIL },
	{ "1." LAME, DNS_PTR, ZONE_SERVFAIL },
	/* IPv6 */
	{ "5.2." V6, DNS_PTR, "mail6.example" },
	{ "8.b.d.0.1.0.0.2.ip6.arpa", DNS_SOA, "ns6.example root.example" },
	{ "mail6.example", DNS_AAAA, "2001:db8::25" },
	{ "mail6.example", DNS_A, "192.0.2.25" },
	{ NULL },
};

static unsigned find(const char *address, struct zone *zone, struct rdns_found *found)
{
	struct dns_rounds rounds;
	struct ip ip;
	unsigned waits;

	ck_assert(ip_parse(slice_of(address), &ip));
	zone_open(zone, rows);
	dns_rounds_open(&rounds, &zone->resolver);
	memset(found, 0, sizeof *found);
	do {
		rdns_release(found);
		rdns_find(&ip, &rounds.resolver, found);
	} while (dns_rounds_ask(&rounds));
	waits = rounds.rounds;
	dns_rounds_release(&rounds);
	return waits;
}

static const struct {
	const char *address;
	enum rdns_iprev iprev;		/* RFC 8601 2.7.3 */
	const char *why, *zone;
	size_t pointers;
	unsigned waits;
} cases[] = {
	{ "192.0.2.1", RDNS_PASS, "confirmed", NET, 1, 2 },
	{ "192.0.2.2", RDNS_FAIL, "elsewhere", NET, 1, 2 },
	{ "192.0.2.3", RDNS_FAIL, "unresolved", NET, 1, 2 },
	{ "192.0.2.4", RDNS_PERMERROR, "nodata", NET, 0, 1 },
	{ "192.0.2.5", RDNS_FAIL, "unresolved", NET, 1, 2 },
	{ "192.0.2.6", RDNS_FAIL, "no_name", NET, 1, 1 },
	{ "192.0.2.7", RDNS_TEMPERROR, "servfail", NET, 0, 2 },
	{ "192.0.2.8", RDNS_TEMPERROR, "timeout", NET, 0, 1 },
	{ "192.0.2.9", RDNS_TEMPERROR, "bogus", NET, 0, 2 },
	{ "192.0.2.10", RDNS_PASS, "confirmed", NET, 3, 2 },
	{ "192.0.2.11", RDNS_TEMPERROR, "timeout", NET, 2, 2 },
	{ "192.0.2.12", RDNS_PASS, "confirmed", NET, 2, 2 },	/* 3: one is enough */
	{ "192.0.2.13", RDNS_TEMPERROR, "bogus", NET, 1, 3 },
	{ "192.0.2.14", RDNS_PASS, "confirmed", "0/25." NET, 1, 2 },
	{ "192.0.2.15", RDNS_PERMERROR, "nxdomain", "0/25." NET, 0, 2 },
	{ "192.0.2.16", RDNS_PASS, "confirmed", "customer.example", 1, 3 },
	{ "192.0.2.17", RDNS_TEMPERROR, "servfail", NET, 0, 2 },
	{ "192.0.2.18", RDNS_FAIL, "unresolved", NET, 1, 2 },
	{ "192.0.2.19", RDNS_FAIL, "unresolved", NET, 11, 2 },	/* the eleventh is not seen */
	{ "192.0.2.20", RDNS_FAIL, "no_name", NET, 1, 1 },
	{ "192.0.2.21", RDNS_FAIL, "unresolved", NET, 1, 2 },
	{ "192.0.2.200", RDNS_PERMERROR, "nxdomain", NET, 0, 1 },
	{ "203.0.113.1", RDNS_TEMPERROR, "lame", "0.203.in-addr.arpa", 0, 2 },
	{ "198.51.100.1", RDNS_PERMERROR, "nxdomain", "", 0, 1 },
	{ "2001:db8::25", RDNS_PASS, "confirmed", "8.b.d.0.1.0.0.2.ip6.arpa", 1, 2 },
	{ "2001:db8::26", RDNS_PERMERROR, "nxdomain", "8.b.d.0.1.0.0.2.ip6.arpa", 0, 1 },
};

START_TEST(gives_the_results_of_rfc_8601)
{
	struct rdns_found found;
	struct zone zone;
	unsigned waits = find(cases[_i].address, &zone, &found);

	ck_assert_str_eq(rdns_iprev_word(found.iprev), rdns_iprev_word(cases[_i].iprev));
	ck_assert_str_eq(rdns_why_word(&found), cases[_i].why);
	ck_assert_str_eq(found.owner.zone.text, cases[_i].zone);
	ck_assert_uint_eq(found.pointer_count, cases[_i].pointers);
	ck_assert_int_eq(found.missing != NULL, found.iprev == RDNS_TEMPERROR);
	ck_assert_uint_eq(waits, cases[_i].waits);
	rdns_release(&found);
}
END_TEST

START_TEST(says_who_runs_the_zone_and_where_aliases_lead)
{
	struct rdns_found found;
	struct zone zone;

	find("192.0.2.1", &zone, &found);
	ck_assert(slice_is(found.owner.server, "ns1.provider.example"));
	ck_assert(slice_is(found.owner.contact, "host.master.provider.example"));
	ck_assert_uint_eq(found.alias_count, 0);
	rdns_release(&found);
	find("192.0.2.16", &zone, &found);
	ck_assert_uint_eq(found.alias_count, 2);
	ck_assert_str_eq(found.aliases[0].text, "16.rev.customer.example");
	ck_assert_str_eq(rdns_end(&found)->text, "ptr.customer.example");
	ck_assert(slice_is(found.owner.server, "ns.customer.example"));
	rdns_release(&found);
	find("192.0.2.17", &zone, &found);
	ck_assert_uint_le(found.alias_count, RDNS_ALIASES_MAX);
	rdns_release(&found);
	find("203.0.113.1", &zone, &found);
	ck_assert_str_eq(found.lame.text, LAME);
	rdns_release(&found);
}
END_TEST

START_TEST(looks_at_names_in_their_order_whatever_the_servers_is)
{
	struct rdns_found found;
	struct zone zone;

	find("192.0.2.10", &zone, &found);
	ck_assert_uint_eq(found.name_count, 3);
	ck_assert_str_eq(found.names[0].host.text, "gone.example");
	ck_assert_int_eq(found.names[0].kind, RDNS_NAME_MISSING);
	ck_assert_str_eq(found.names[1].host.text, "ten.example");
	ck_assert_int_eq(found.names[1].kind, RDNS_NAME_CONFIRMED);
	rdns_release(&found);
	find("192.0.2.19", &zone, &found);
	ck_assert_uint_eq(found.name_count, RDNS_NAMES_MAX);
	ck_assert_str_eq(found.names[9].host.text, "n10.example");
	rdns_release(&found);
}
END_TEST

static const struct {
	const char *address, *name;
} reverse_names[] = {
	{ "192.0.2.25", "25." NET },							/* RFC 1035 3.5 */
	{ "255.255.255.255", "255.255.255.255.in-addr.arpa" },
	{ "2001:db8::25", "5.2." V6 },							/* RFC 3596 2.5 */
	{ "4321:0:1:2:3:4:567:89ab",
	  "b.a.9.8.7.6.5.0.4.0.0.0.3.0.0.0.2.0.0.0.1.0.0.0.0.0.0.0.1.2.3.4.ip6.arpa" },
};

START_TEST(writes_reverse_names)
{
	struct domain name;
	struct ip ip;

	ck_assert(ip_parse(slice_of(reverse_names[_i].address), &ip));
	rdns_reverse_name(&ip, &name);
	ck_assert_str_eq(name.text, reverse_names[_i].name);
	ck_assert(rdns_is_reverse(&name));
}
END_TEST

static const struct {
	const char *contact, *address;
} contacts[] = {
	{ "hostmaster.example.org", "hostmaster@example.org" },
	{ "host\\.master.example.org", "host.master@example.org" },		/* RFC 1035 8 */
	{ "root", "root" },
	{ "", "" },
	{ "a\\", "a\\" },
};

START_TEST(writes_contacts_as_mail_addresses)
{
	struct text marked = { 0 }, text = { 0 };

	rdns_print_contact(slice_of(contacts[_i].contact), &marked);
	text_add_marked(&text, text_str(&marked), TEXT_PLAIN);
	ck_assert_str_eq(text_str(&text), contacts[_i].address);
	text_release(&marked);
	text_release(&text);
}
END_TEST

static const struct {
	const char *zone;
	bool is_registry;
} registries[] = {
	{ "in-addr.arpa", true }, { "192.in-addr.arpa", true }, { "0.192.in-addr.arpa", false },
	{ NET, false }, { "ip6.arpa", true }, { "1.0.0.2.ip6.arpa", true },
	{ "8.b.d.0.1.0.0.2.ip6.arpa", false }, { "example", false }, { "a.b.example", false },
};

START_TEST(knows_the_zones_of_registries)
{
	struct domain zone;

	snprintf(zone.text, sizeof zone.text, "%s", registries[_i].zone);
	ck_assert_int_eq(rdns_is_registry(&zone), registries[_i].is_registry);
}
END_TEST

Suite *suite_rdns(void);
Suite *suite_rdns(void)
{
	Suite *suite = suite_create("rdns");
	TCase *tcase = tcase_create("rdns");

	ADD_TABLE(tcase, gives_the_results_of_rfc_8601, cases);
	tcase_add_test(tcase, says_who_runs_the_zone_and_where_aliases_lead);
	tcase_add_test(tcase, looks_at_names_in_their_order_whatever_the_servers_is);
	ADD_TABLE(tcase, writes_reverse_names, reverse_names);
	ADD_TABLE(tcase, writes_contacts_as_mail_addresses, contacts);
	ADD_TABLE(tcase, knows_the_zones_of_registries, registries);
	suite_add_tcase(suite, tcase);
	return suite;
}
