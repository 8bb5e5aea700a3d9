/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "base/slice.h"

#include "fakes/exact.h"
#include "unit.h"

static const struct {
	const char *text;
	uint64_t max;
	bool good;
	uint64_t number;
} numbers[] = {
	{ "0", 255, true, 0 },
	{ "255", 255, true, 255 },
	{ "256", 255, false, 0 },
	{ "007", 255, true, 7 },
	{ "", 255, false, 0 },
	{ "-1", 255, false, 0 },
	{ "+1", 255, false, 0 },
	{ " 1", 255, false, 0 },
	{ "1a", 255, false, 0 },
	{ "5", 3, false, 0 },
	{ "18446744073709551615", UINT64_MAX, true, UINT64_MAX },
	{ "18446744073709551616", UINT64_MAX, false, 0 },
	{ "99999999999999999999999", UINT64_MAX, false, 0 },
};

START_TEST(reads_a_number_within_its_bounds)
{
	struct slice s = exact_text(numbers[_i].text);
	uint64_t number = 4711;

	ck_assert_int_eq(slice_number(s, numbers[_i].max, &number), numbers[_i].good);
	ck_assert_uint_eq(number, numbers[_i].good ? numbers[_i].number : 4711);
	exact_free(s);
}
END_TEST

static const struct {
	const char *text;
	size_t pieces;
	const char *last;
} splits[] = {
	{ "", 1, "" },
	{ "a", 1, "a" },
	{ "a,", 2, "" },
	{ ",a", 2, "a" },
	{ "a,b,c", 3, "c" },
	{ ",,", 3, "" },
};

START_TEST(splits_at_each_mark)
{
	struct slice whole = exact_text(splits[_i].text), rest = whole, piece = { NULL, 0 };
	size_t count = 0;

	while (slice_split(&rest, ',', &piece))
		count++;
	ck_assert_uint_eq(count, splits[_i].pieces);
	ck_assert(slice_is(piece, splits[_i].last));
	ck_assert(!slice_split(&rest, ',', &piece));
	exact_free(whole);
}
END_TEST

START_TEST(takes_words_between_blanks_and_tabs)
{
	struct slice whole = exact_text(" \tone  two\r"), rest = whole, word;

	ck_assert(slice_word(&rest, &word) && slice_is(word, "one"));
	ck_assert(slice_word(&rest, &word) && slice_is(word, "two"));
	ck_assert(!slice_word(&rest, &word));
	exact_free(whole);
}
END_TEST

START_TEST(compares_with_and_without_case)
{
	struct slice s = exact_text("StartTLS");

	ck_assert(slice_is(s, "StartTLS"));
	ck_assert(!slice_is(s, "STARTTLS"));
	ck_assert(!slice_is(s, "StartTLSx"));
	ck_assert(slice_is_nocase(s, "starttls"));
	ck_assert(!slice_is_nocase(s, "starttl"));
	ck_assert(slice_starts(s, "Start"));
	ck_assert(!slice_starts(s, "StartTLS and more"));
	exact_free(s);
}
END_TEST

START_TEST(copies_only_what_fits_and_holds_no_nul)
{
	struct slice s = exact("ab\0d", 4);
	char to[5] = "keep";

	ck_assert(!slice_copy(s, to, sizeof to));
	ck_assert_str_eq(to, "keep");
	s.len = 2;
	ck_assert(!slice_copy(s, to, 2));
	ck_assert(slice_copy(s, to, 3));
	ck_assert_str_eq(to, "ab");
	exact_free(s);
}
END_TEST

Suite *suite_slice(void);
Suite *suite_slice(void)
{
	Suite *suite = suite_create("slice");
	TCase *tcase = tcase_create("slice");

	ADD_TABLE(tcase, reads_a_number_within_its_bounds, numbers);
	ADD_TABLE(tcase, splits_at_each_mark, splits);
	tcase_add_test(tcase, takes_words_between_blanks_and_tabs);
	tcase_add_test(tcase, compares_with_and_without_case);
	tcase_add_test(tcase, copies_only_what_fits_and_holds_no_nul);
	suite_add_tcase(suite, tcase);
	return suite;
}
