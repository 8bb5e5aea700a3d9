/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "base/quantity.h"

#include "fakes/exact.h"
#include "unit.h"

static const struct {
	const char *text;
	enum unit unit;
	bool good;
	double value;
} quantities[] = {
	{ "10", UNIT_NONE, true, 10 },
	{ "-2.5", UNIT_NONE, true, -2.5 },
	{ "0.125", UNIT_NONE, true, 0.125 },
	{ "500ms", UNIT_SECONDS, true, 0.5 },
	{ "3s", UNIT_SECONDS, true, 3 },
	{ "2m", UNIT_SECONDS, true, 120 },
	{ "1.5h", UNIT_SECONDS, true, 5400 },
	{ "1d", UNIT_SECONDS, true, 86400 },
	{ "2w", UNIT_SECONDS, true, 1209600 },
	{ "4K", UNIT_BYTES, true, 4096 },
	{ "3M", UNIT_BYTES, true, 3145728 },
	{ "1G", UNIT_BYTES, true, 1073741824 },
	{ "7B", UNIT_BYTES, true, 7 },
	{ "5%", UNIT_PERCENT, true, 5 },
	{ "999999999999999", UNIT_NONE, true, 999999999999999 },
	/* a suffix of another unit, or none at all */
	{ "5s", UNIT_NONE, false, 0 },
	{ "5K", UNIT_SECONDS, false, 0 },
	{ "5m", UNIT_BYTES, false, 0 },
	{ "5S", UNIT_SECONDS, false, 0 },
	{ "5 s", UNIT_SECONDS, false, 0 },
	/* no numbers */
	{ "", UNIT_NONE, false, 0 },
	{ "-", UNIT_NONE, false, 0 },
	{ ".5", UNIT_NONE, false, 0 },
	{ "5.", UNIT_NONE, false, 0 },
	{ "5.s", UNIT_SECONDS, false, 0 },
	{ "1.2.3", UNIT_NONE, false, 0 },
	{ "1e3", UNIT_NONE, false, 0 },
	{ "0x10", UNIT_NONE, false, 0 },
	{ "inf", UNIT_NONE, false, 0 },
	{ "nan", UNIT_NONE, false, 0 },
	{ "+1", UNIT_NONE, false, 0 },
	{ "1,5", UNIT_NONE, false, 0 },
	{ "ms", UNIT_SECONDS, false, 0 },
	{ "9999999999999999", UNIT_NONE, false, 0 },
};

START_TEST(reads_numbers_with_the_suffixes_of_their_unit)
{
	struct slice s = exact_text(quantities[_i].text);
	double value = -4711;

	ck_assert_int_eq(quantity_parse(s, quantities[_i].unit, &value), quantities[_i].good);
	ck_assert_double_eq_tol(value, quantities[_i].good ? quantities[_i].value : -4711, 1e-9);
	exact_free(s);
}
END_TEST

static const struct {
	double value;
	const char *text;
} prints[] = {
	{ 0, "0" },	       { -0.0, "0" },		{ 10, "10" },
	{ 100, "100" },	       { 0.5, "0.5" },		{ -2.25, "-2.25" },
	{ 0.043127, "0.043127" }, { 1e-9, "0" },	{ -1e-9, "0" },
	{ 1e15, "1000000000000000" },
};

START_TEST(prints_without_exponent_or_trailing_zeros)
{
	struct text text = { 0 };

	quantity_print(&text, prints[_i].value);
	ck_assert_str_eq(text_str(&text), prints[_i].text);
	text_release(&text);
}
END_TEST

Suite *suite_quantity(void);
Suite *suite_quantity(void)
{
	Suite *suite = suite_create("quantity");
	TCase *tcase = tcase_create("quantity");

	ADD_TABLE(tcase, reads_numbers_with_the_suffixes_of_their_unit, quantities);
	ADD_TABLE(tcase, prints_without_exponent_or_trailing_zeros, prints);
	suite_add_tcase(suite, tcase);
	return suite;
}
