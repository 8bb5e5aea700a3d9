/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "base/domain.h"

#include "fakes/exact.h"
#include "unit.h"

#define X63 "abcdefghijklmnopqrstuvwxyzabcdefghijklmnopqrstuvwxyzabcdefghijk"

static const struct {
	const char *text;
	const char *name;	/* NULL: no name */
} names[] = {
	{ "Mail.Example.ORG", "mail.example.org" },
	{ "mail.example.", "mail.example" },
	{ "_dmarc.example", "_dmarc.example" },
	{ "xn--mller-kva.example", "xn--mller-kva.example" },
	{ "m\xc3\xbcller.example", "xn--mller-kva.example" },		/* IDNA2008 */
	{ "\xe4\xbe\x8b.\xe6\xb5\x8b\xe8\xaf\x95", "xn--fsq.xn--0zwm56d" },
	{ X63 ".example", X63 ".example" },
	{ X63 "x.example", NULL },
	{ X63 "." X63 "." X63 "." "abcdefghijklmnopqrstuvwxyzabcdefghijklmnopqrstuvwxyzabcdefghi",
	  X63 "." X63 "." X63 "." "abcdefghijklmnopqrstuvwxyzabcdefghijklmnopqrstuvwxyzabcdefghi" },
	{ X63 "." X63 "." X63 "." X63, NULL },				/* 255 characters */
	{ "", NULL },
	{ ".", NULL },
	{ "..", NULL },
	{ "a..b", NULL },
	{ ".a", NULL },
	{ "a b", NULL },
	{ "a|b.example", NULL },
	{ "a/b", NULL },
	{ "\xff.example", NULL },
};

START_TEST(reads_names_as_the_dns_compares_them)
{
	struct slice s = exact_text(names[_i].text);
	struct domain domain;
	struct fault fault;

	ck_assert_int_eq(domain_parse(s, &domain, &fault), names[_i].name != NULL);
	if (names[_i].name != NULL)
		ck_assert_str_eq(domain.text, names[_i].name);
	exact_free(s);
}
END_TEST

/* RFC 2317 4 */
START_TEST(an_alias_may_lead_to_a_label_with_a_slash)
{
	struct domain domain;
	struct fault fault;

	ck_assert(domain_parse_alias(slice_of("5.0/25.2.0.192.IN-ADDR.arpa."), &domain, &fault));
	ck_assert_str_eq(domain.text, "5.0/25.2.0.192.in-addr.arpa");
	ck_assert(!domain_parse_alias(slice_of("a|b"), &domain, &fault));
	ck_assert(!domain_parse_alias(slice_of("a..b"), &domain, &fault));
}
END_TEST

START_TEST(refuses_a_nul_in_a_name)
{
	struct slice s = exact("a\0b", 3);
	struct domain domain;
	struct fault fault;

	ck_assert(!domain_parse(s, &domain, &fault));
	exact_free(s);
}
END_TEST

static const struct {
	const char *name, *parent;
	bool is_within;
} pairs[] = {
	{ "a.example", "example", true },     { "example", "example", true },
	{ "anexample", "example", false },    { "example", "a.example", false },
	{ "x.y.sorbs.net", "sorbs.net", true }, { "a.example", "", true },
};

START_TEST(knows_what_is_below_what)
{
	struct domain name;

	strcpy(name.text, pairs[_i].name);
	ck_assert_int_eq(domain_within(&name, pairs[_i].parent), pairs[_i].is_within);
}
END_TEST

START_TEST(joins_only_what_fits)
{
	struct domain parent, joined, longer;

	strcpy(parent.text, X63 "." X63 "." X63);
	ck_assert(domain_join(&joined, "abcdefghijklmnopqrstuvwxyzabcdefghijklmnopqrstuvwxyzabcdefghi",
			      &parent));
	ck_assert_uint_eq(strlen(joined.text), DOMAIN_MAX);
	ck_assert(!domain_join(&longer, "a", &joined));
}
END_TEST

Suite *suite_domain(void);
Suite *suite_domain(void)
{
	Suite *suite = suite_create("domain");
	TCase *tcase = tcase_create("domain");

	ADD_TABLE(tcase, reads_names_as_the_dns_compares_them, names);
	tcase_add_test(tcase, an_alias_may_lead_to_a_label_with_a_slash);
	tcase_add_test(tcase, refuses_a_nul_in_a_name);
	ADD_TABLE(tcase, knows_what_is_below_what, pairs);
	tcase_add_test(tcase, joins_only_what_fits);
	suite_add_tcase(suite, tcase);
	return suite;
}
