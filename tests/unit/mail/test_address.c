/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "mail/address.h"

#include <string.h>

#include "fakes/exact.h"
#include "unit.h"

static const struct {
	const char *typed, *said;
	bool needs_utf8;
} addresses[] = {
	{ "a@b.example", "a@b.example", false },
	{ "A@B.Example", "A@B.Example", false },		/* as it was typed */
	{ "a@m\u00fcller.example", "a@xn--mller-kva.example", false },
	{ "a@M\u00dcLLER.example", "a@xn--mller-kva.example", false },
	{ "a@stra\u00dfe.example", "a@xn--strae-oqa.example", false },	/* IDNA2008, not 2003 */
	{ "a@\u4f8b\u3048.\u30c6\u30b9\u30c8", "a@xn--r8jz45g.xn--zckzah", false },
	{ "p\u00e4ul@m\u00fcller.example", "p\u00e4ul@m\u00fcller.example", true },
	{ "p\u00e4ul@b.example", "p\u00e4ul@b.example", true },
	{ "a@[192.0.2.1]", "a@[192.0.2.1]", false },
	{ "a@[IPv6:2001:db8::1]", "a@[IPv6:2001:db8::1]", false },
	{ "\"a@b\"@c.example", "\"a@b\"@c.example", false },
	{ "a+b!#$%&'*/=?^_`{|}~-@c", "a+b!#$%&'*/=?^_`{|}~-@c", false },
};

START_TEST(says_the_domain_in_a_labels_where_that_is_enough)
{
	struct slice typed = exact_text(addresses[_i].typed);
	struct address address;
	struct fault fault;

	ck_assert_msg(address_parse(typed, &address, &fault), "%s", fault.text);
	ck_assert_str_eq(address.text, addresses[_i].said);
	ck_assert_int_eq(address.needs_utf8, addresses[_i].needs_utf8);
	exact_free(typed);
}
END_TEST

static const struct { const char *typed, *why; } wrong[] = {
	{ "", "lacks an @" }, { "nobody", "lacks an @" }, { "@b.example", "a name before" },
	{ "a@", "a domain behind" }, { "a@b..c", "empty label" }, { "a@.", "empty name" },
	{ "a b@c", "without blanks" }, { "a@b>\t", "without blanks" },
	{ "Me <a@b.example>", "without blanks" }, { "a@b\r\nRCPT TO:<c@d>", "without blanks" },
	{ "\xff@b.example", "name@domain alone" }, { "a@\xff.example", "name@domain alone" }, { "a@b@c/d", "its domain" },
	{ "a@-\u00fc.example", "no international domain name" },	/* RFC 5891 4.2.3.1 */
	{ "a@\u2665.example", "no international domain name" },	/* RFC 5892: a symbol */
	{ "p\u00e4ul@\u2665.example", "no international domain name" },
	{ "a@[", "its domain" },
};

START_TEST(says_what_is_wrong)
{
	struct slice typed = exact_text(wrong[_i].typed);
	struct address address;
	struct fault fault;

	ck_assert(!address_parse(typed, &address, &fault));
	ck_assert_msg(strstr(fault.text, wrong[_i].why) != NULL, "%s", fault.text);
	exact_free(typed);
}
END_TEST

START_TEST(is_at_most_254_octets_long)
{
	char typed[400];
	struct address address;
	struct fault fault;

	memset(typed, 'x', sizeof typed);
	memcpy(typed + 245, "@b.example", 10);
	ck_assert(!address_parse((struct slice){ typed, 255 }, &address, &fault));
	memcpy(typed + 244, "@b.example", 10);
	ck_assert(address_parse((struct slice){ typed, 254 }, &address, &fault));
	ck_assert_uint_eq(strlen(address.text), 254);
}
END_TEST

Suite *suite_address(void);
Suite *suite_address(void)
{
	Suite *suite = suite_create("address");
	TCase *tcase = tcase_create("address");

	ADD_TABLE(tcase, says_the_domain_in_a_labels_where_that_is_enough, addresses);
	ADD_TABLE(tcase, says_what_is_wrong, wrong);
	tcase_add_test(tcase, is_at_most_254_octets_long);
	suite_add_tcase(suite, tcase);
	return suite;
}
