/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "mail/tlsa.h"

#include "fakes/exact.h"
#include "unit.h"

#define DIGEST "0123456789abcdef0123456789ABCDEF0123456789abcdef0123456789abcdef"

static const struct {
	const char *text;
	bool is_good, is_usable;
	unsigned usage, selector, matching;
} records[] = {
	{ "3 1 1 " DIGEST, true, true, 3, 1, 1 },
	{ "2 0 2 " DIGEST DIGEST, true, true, 2, 0, 2 },
	{ "3 0 0 3082", true, true, 3, 0, 0 },
	{ "1 1 1 " DIGEST, true, false, 1, 1, 1 },	/* RFC 7672 3.1.3: no PKIX */
	{ "0 0 1 " DIGEST, true, false, 0, 0, 1 },
	{ "3 2 1 " DIGEST, true, false, 3, 2, 1 },
	{ "3 1 3 " DIGEST, true, false, 3, 1, 3 },
	{ "3 1 1 0123", true, false, 3, 1, 1 },		/* no SHA-256 */
	{ "3 1 2 " DIGEST, true, false, 3, 1, 2 },
	{ "3 1 1", false, false, 0, 0, 0 },
	{ "3 1 1 012", false, false, 0, 0, 0 },
	{ "3 1 1 xy", false, false, 0, 0, 0 },
	{ "3 1 256 " DIGEST, false, false, 0, 0, 0 },
	{ "", false, false, 0, 0, 0 },
};

START_TEST(reads_what_a_zone_file_has)
{
	struct slice text = exact_text(records[_i].text);
	struct tlsa tlsa;

	ck_assert_int_eq(tlsa_parse(text, &tlsa), records[_i].is_good);
	if (records[_i].is_good) {
		ck_assert_uint_eq(tlsa.usage, records[_i].usage);
		ck_assert_uint_eq(tlsa.selector, records[_i].selector);
		ck_assert_uint_eq(tlsa.matching, records[_i].matching);
		ck_assert_int_eq(tlsa_is_usable(&tlsa), records[_i].is_usable);
	}
	exact_free(text);
}
END_TEST

START_TEST(asks_below_the_port)
{
	struct domain host = { "mx.example" }, name;

	ck_assert(tlsa_name(&host, 587, &name));
	ck_assert_str_eq(name.text, "_587._tcp.mx.example");
}
END_TEST

Suite *suite_tlsa(void);
Suite *suite_tlsa(void)
{
	Suite *suite = suite_create("tlsa");
	TCase *tcase = tcase_create("tlsa");

	ADD_TABLE(tcase, reads_what_a_zone_file_has, records);
	tcase_add_test(tcase, asks_below_the_port);
	suite_add_tcase(suite, tcase);
	return suite;
}
