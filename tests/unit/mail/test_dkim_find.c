/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "mail/dkim_find.h"

#include <stdio.h>
#include <string.h>

#include "base/dns_rounds.h"
#include "fakes/zone.h"
#include "unit.h"

#define ED "11qYAYKxCrfVS/7TyWQHOg7hcvPapiMlrwIaaPcHURo="
#define RSA "MIGfMA0GCSqGSIb3DQEBAQUAA4GNADCBiQKBgQDwIRP/UC3SBsEmGqZ9ZJW3/DkMoGeLnQg1fWn7/zYt" \
	"IxN2SnFCjxOCKG9v3b4jYfcTNh5ijSsq631uBItLa7od+v/RtdC2UzJ1lWT947qR+Rcac2gbto/NMqJ0fzfV" \
	"jH4OuKhitdY9tf6mcwGjaNBcWToIMmPSPDdQPNUYckcQ2QIDAQAB"
#define KEY "v=DKIM1; k=ed25519; p=" ED
#define OTHER_KEY "v=DKIM1; p=" RSA
#define AT(selector, domain) selector "._domainkey." domain

static const struct zone_row rows[] = {
	{ AT("ed", "a.example"), DNS_TXT, KEY },
	{ AT("rsa", "a.example"), DNS_TXT, OTHER_KEY },
	{ AT("gone", "a.example"), DNS_TXT, "v=DKIM1; p=" },
	{ AT("other", "a.example"), DNS_A, "192.0.2.1" },		/* the name is there, no TXT */
	{ AT("fail", "a.example"), DNS_TXT, ZONE_SERVFAIL },
	{ AT("slow", "a.example"), DNS_TXT, ZONE_TIMEOUT },
	{ AT("two", "a.example"), DNS_TXT, OTHER_KEY },
	{ AT("two", "a.example"), DNS_TXT, KEY },
	{ AT("mixed", "a.example"), DNS_TXT, "v=spf1 -all" },
	{ AT("mixed", "a.example"), DNS_TXT, KEY },
	{ AT("alias", "a.example"), DNS_CNAME, "a.keys.example" },
	{ "a.keys.example", DNS_CNAME, "b.keys.example" },
	{ "b.keys.example", DNS_TXT, KEY },
	{ AT("dangling", "a.example"), DNS_CNAME, "nowhere.example" },
	{ AT("empty", "a.example"), DNS_CNAME, "c.keys.example" },
	{ "c.keys.example", DNS_A, "192.0.2.1" },
	{ AT("circle", "a.example"), DNS_CNAME, "d.keys.example" },
	{ "d.keys.example", DNS_CNAME, AT("circle", "a.example") },
	{ AT("lost", "a.example"), DNS_CNAME, "e.keys.example" },
	{ "e.keys.example", DNS_TXT, ZONE_SERVFAIL },
	{ AT("x.y", "a.example"), DNS_TXT, KEY },
	/* wildcards */
	{ AT("*", "key.example"), DNS_TXT, KEY },
	{ AT("own", "key.example"), DNS_TXT, OTHER_KEY },
	{ AT("*", "revoked.example"), DNS_TXT, "v=DKIM1; p=" },
	{ AT("own", "revoked.example"), DNS_TXT, KEY },
	{ "*.text.example", DNS_TXT, "v=spf1 -all" },
	{ AT("own", "fail.example"), DNS_TXT, KEY },
	{ AT("*", "fail.example"), DNS_TXT, ZONE_SERVFAIL },
	{ NULL, 0, NULL }
};

enum { NONCE = 0x1234 };

struct finding {
	struct zone zone;
	struct dns_rounds rounds;
	struct dkim_report report;
};

/* As the plugin does it: again and again, until all is known. */
static void find_all(struct finding *f, const char *domain_name, const struct domain *selectors,
		     size_t count)
{
	struct domain domain;

	snprintf(domain.text, sizeof domain.text, "%s", domain_name);
	f->report = (struct dkim_report){ 0 };
	zone_open(&f->zone, rows);
	dns_rounds_open(&f->rounds, &f->zone.resolver);
	do {
		dkim_report_release(&f->report);
		dkim_find(&domain, selectors, count, NONCE, &f->rounds.resolver, &f->report);
	} while (dns_rounds_ask(&f->rounds));
	ck_assert(!f->report.failed && !f->rounds.failed);
	ck_assert_uint_eq(f->report.count, count);
}

static const struct dkim_selector *find(struct finding *f, const char *domain, const char *selector)
{
	struct domain name;

	snprintf(name.text, sizeof name.text, "%s", selector);
	find_all(f, domain, &name, 1);
	return &f->report.selectors[0];
}

static void close_finding(struct finding *f)
{
	dkim_report_release(&f->report);
	dns_rounds_release(&f->rounds);
}

static const struct {
	const char *domain, *selector;
	enum dkim_state state;
	size_t keys, aliases;
	bool is_dangling, goes_round, is_wildcard;
	enum dkim_guard guard;
	unsigned rounds;
} cases[] = {
	{ "a.example", "ed", DKIM_FOUND, 1, 0, false, false, false, DKIM_GUARD_SILENT, 1 },
	{ "a.example", "x.y", DKIM_FOUND, 1, 0, false, false, false, DKIM_GUARD_SILENT, 1 },	/* 3.1 */
	{ "a.example", "gone", DKIM_FOUND, 1, 0, false, false, false, DKIM_GUARD_SILENT, 1 },
	{ "a.example", "nothing", DKIM_NONE, 0, 0, false, false, false, DKIM_GUARD_SILENT, 1 },
	{ "a.example", "other", DKIM_NONE, 0, 0, false, false, false, DKIM_GUARD_SILENT, 1 },
	{ "a.example", "fail", DKIM_UNKNOWN, 0, 0, false, false, false, DKIM_GUARD_SILENT, 1 },
	{ "a.example", "slow", DKIM_UNKNOWN, 0, 0, false, false, false, DKIM_GUARD_SILENT, 1 },
	{ "a.example", "two", DKIM_FOUND, 2, 0, false, false, false, DKIM_GUARD_SILENT, 1 },
	{ "a.example", "mixed", DKIM_FOUND, 2, 0, false, false, false, DKIM_GUARD_SILENT, 1 },
	{ "a.example", "alias", DKIM_FOUND, 1, 2, false, false, false, DKIM_GUARD_SILENT, 3 },
	{ "a.example", "dangling", DKIM_NONE, 0, 1, true, false, false, DKIM_GUARD_SILENT, 2 },
	{ "a.example", "empty", DKIM_NONE, 0, 1, true, false, false, DKIM_GUARD_SILENT, 2 },
	{ "a.example", "circle", DKIM_NONE, 0, 2, true, true, false, DKIM_GUARD_SILENT, 2 },
	{ "a.example", "lost", DKIM_UNKNOWN, 0, 1, false, false, false, DKIM_GUARD_SILENT, 2 },
	{ "key.example", "any", DKIM_FOUND, 1, 0, false, false, true, DKIM_GUARD_KEY, 1 },
	{ "key.example", "own", DKIM_FOUND, 1, 0, false, false, false, DKIM_GUARD_KEY, 1 },
	{ "revoked.example", "any", DKIM_FOUND, 1, 0, false, false, true, DKIM_GUARD_REVOKED, 1 },
	{ "revoked.example", "own", DKIM_FOUND, 1, 0, false, false, false, DKIM_GUARD_REVOKED, 1 },
	{ "text.example", "any", DKIM_FOUND, 1, 0, false, false, true, DKIM_GUARD_TEXT, 1 },
	{ "fail.example", "own", DKIM_FOUND, 1, 0, false, false, false, DKIM_GUARD_UNKNOWN, 1 },
	{ "fail.example", "any", DKIM_UNKNOWN, 0, 0, false, false, false, DKIM_GUARD_UNKNOWN, 1 },
};

START_TEST(finds_what_is_there)
{
	struct finding f;
	const struct dkim_selector *selector = find(&f, cases[_i].domain, cases[_i].selector);

	ck_assert_int_eq(selector->state, cases[_i].state);
	ck_assert_uint_eq(selector->key_count, cases[_i].keys);
	ck_assert_uint_eq(selector->alias_count, cases[_i].aliases);
	ck_assert_int_eq(selector->is_dangling, cases[_i].is_dangling);
	ck_assert_int_eq(selector->goes_round, cases[_i].goes_round);
	ck_assert_int_eq(selector->is_wildcard, cases[_i].is_wildcard);
	ck_assert_int_eq(f.report.guard, cases[_i].guard);
	ck_assert_uint_eq(f.rounds.rounds, cases[_i].rounds);
	/* Only what is not known has a cause. */
	ck_assert_int_eq(selector->why.len > 0, cases[_i].state == DKIM_UNKNOWN);
	close_finding(&f);
}
END_TEST

/* Three selectors, their aliases and the guard cost one wait. */
START_TEST(all_selectors_are_asked_at_once)
{
	static const struct domain selectors[] = { { "ed" }, { "rsa" }, { "nothing" } };
	struct finding f;

	find_all(&f, "a.example", selectors, COUNT(selectors));
	ck_assert_uint_eq(f.rounds.rounds, 1);
	ck_assert_uint_eq(f.zone.asked, 7);
	ck_assert_str_eq(f.zone.log,
			 "TXT ed._domainkey.a.example\nCNAME ed._domainkey.a.example\n"
			 "TXT rsa._domainkey.a.example\nCNAME rsa._domainkey.a.example\n"
			 "TXT nothing._domainkey.a.example\nCNAME nothing._domainkey.a.example\n"
			 "TXT mailpath-0000000000001234._domainkey.a.example\n");
	ck_assert_uint_eq(f.report.selectors[1].keys[0].bits, 1024);
	ck_assert_int_eq(f.report.selectors[2].state, DKIM_NONE);
	close_finding(&f);
}
END_TEST

/* Chains of several selectors are followed side by side. */
START_TEST(aliases_are_shown_in_their_order)
{
	static const struct domain selectors[] = { { "alias" }, { "ed" }, { "dangling" } };
	struct finding f;

	find_all(&f, "a.example", selectors, COUNT(selectors));
	ck_assert_str_eq(f.report.selectors[0].aliases[0].text, "a.keys.example");
	ck_assert_str_eq(f.report.selectors[0].aliases[1].text, "b.keys.example");
	ck_assert_uint_eq(f.report.selectors[1].alias_count, 0);
	ck_assert_str_eq(f.report.selectors[2].aliases[0].text, "nowhere.example");
	ck_assert_uint_eq(f.rounds.rounds, 3);
	close_finding(&f);
}
END_TEST

/* Nobody knows which of several a receiver takes: the weakest counts (6376 3.6.2.2). */
START_TEST(the_weakest_of_several_keys_counts)
{
	struct finding f;
	const struct dkim_key *key = dkim_weakest_key(find(&f, "a.example", "two"));

	ck_assert_int_eq(key->type, DKIM_RSA);
	ck_assert_uint_eq(key->bits, 1024);
	close_finding(&f);
	key = dkim_weakest_key(find(&f, "a.example", "mixed"));
	ck_assert_int_eq(key->type, DKIM_ED25519);
	close_finding(&f);
	ck_assert_ptr_null(dkim_weakest_key(find(&f, "a.example", "gone")));
	close_finding(&f);
}
END_TEST

/* Without a selector there is still the guard; and none of all is nothing. */
START_TEST(only_the_guard_can_be_asked)
{
	struct finding f;

	find_all(&f, "revoked.example", NULL, 0);
	ck_assert_int_eq(f.report.guard, DKIM_GUARD_REVOKED);
	ck_assert_uint_eq(f.zone.asked, 1);
	close_finding(&f);
}
END_TEST

/* A name that has room for the selector, and none for the guard's. */
START_TEST(a_long_domain_has_no_guard)
{
	struct domain selector = { "ed" };
	char domain[DOMAIN_MAX + 1] = "";
	struct finding f;

	for (int i = 0; i < 4; i++)
		strcat(domain, i < 3 ? "xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx."
				     : "xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx.example");
	find_all(&f, domain, &selector, 1);
	ck_assert_int_eq(f.report.guard, DKIM_GUARD_UNKNOWN);
	ck_assert_int_eq(f.report.selectors[0].state, DKIM_NONE);
	ck_assert_uint_eq(f.zone.asked, 2);
	close_finding(&f);
}
END_TEST

START_TEST(common_selectors_are_names)
{
	struct domain name, domain = { "a.example" };
	struct fault fault;
	size_t i;

	for (i = 0; dkim_common_selectors[i] != NULL; i++) {
		ck_assert(domain_parse(slice_of(dkim_common_selectors[i]), &name, &fault));
		ck_assert_str_eq(name.text, dkim_common_selectors[i]);
		ck_assert(dkim_name(&name, &domain, &name));
		ck_assert(i == 0 || strcmp(dkim_common_selectors[i - 1], dkim_common_selectors[i]) < 0);
	}
	ck_assert_uint_ge(i, 40);
}
END_TEST

Suite *suite_dkim_find(void);
Suite *suite_dkim_find(void)
{
	Suite *suite = suite_create("dkim_find");
	TCase *tcase = tcase_create("dkim_find");

	ADD_TABLE(tcase, finds_what_is_there, cases);
	tcase_add_test(tcase, all_selectors_are_asked_at_once);
	tcase_add_test(tcase, aliases_are_shown_in_their_order);
	tcase_add_test(tcase, the_weakest_of_several_keys_counts);
	tcase_add_test(tcase, only_the_guard_can_be_asked);
	tcase_add_test(tcase, a_long_domain_has_no_guard);
	tcase_add_test(tcase, common_selectors_are_names);
	suite_add_tcase(suite, tcase);
	return suite;
}
