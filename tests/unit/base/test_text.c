/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "base/text.h"

#include "fakes/exact.h"
#include "unit.h"

#define REPEAT10(s) s s s s s s s s s s
#define REPEAT100(s) REPEAT10(REPEAT10(s))

static const struct {
	const char *bytes;
	size_t len;	/* 0: as long as the string */
	const char *shell, *plain;
} foreigns[] = {
	{ "220 mx ESMTP", 0, "220 mx ESMTP", "220 mx ESMTP" },
	/* what Nagios, a shell and a web page would act on */
	{ "a|b\\c<d>e`f$g", 0, "a?b?c?d?e?f?g", "a|b\\c<d>e`f$g" },
	{ "tab\there\r\n", 0, "tab?here??", "tab?here??" },
	{ "nul\0end", 7, "nul?end", "nul?end" },
	{ "\x1b[31mred\x7f", 0, "?[31mred?", "?[31mred?" },
	{ "M\xc3\xbcller \xe2\x82\xac \xf0\x9f\x93\xa7", 0, "M\xc3\xbcller \xe2\x82\xac \xf0\x9f\x93\xa7",
	  "M\xc3\xbcller \xe2\x82\xac \xf0\x9f\x93\xa7" },
	{ "\xc2\x80 \xc2\x9f \xc2\xa0", 0, "? ? \xc2\xa0", "? ? \xc2\xa0" },		/* C1 */
	{ "\xe2\x80\xaa\xe2\x80\xae\xe2\x81\xa6\xe2\x81\xa9", 0, "????", "????" },	/* bidi */
	{ "\xe2\x80\xa8\xe2\x80\xa9\xe2\x80\xa7", 0, "??\xe2\x80\xa7", "??\xe2\x80\xa7" },
	/* RFC 3629: overlong forms, surrogates, beyond U+10FFFF, lonely bytes, cut off */
	{ "\xc0\xaf", 0, "??", "??" },
	{ "\xe0\x80\xaf", 0, "???", "???" },
	{ "\xed\xa0\x80", 0, "???", "???" },
	{ "\xf4\x90\x80\x80", 0, "????", "????" },
	{ "\xff\xfe\x80", 0, "???", "???" },
	{ "a\xe2\x82", 0, "a??", "a??" },
	{ "\x01\x02|", 0, "???", "??|" },	/* our own marks */
	{ "", 0, "", "" },
};

START_TEST(makes_foreign_text_harmless)
{
	size_t len = foreigns[_i].len > 0 ? foreigns[_i].len : strlen(foreigns[_i].bytes);
	struct slice s = exact(foreigns[_i].bytes, len);
	struct text marked = { 0 }, shell = { 0 }, plain = { 0 };

	text_add_foreign(&marked, s);
	text_add_marked(&shell, text_str(&marked), TEXT_SHELL);
	text_add_marked(&plain, text_str(&marked), TEXT_PLAIN);
	ck_assert_str_eq(text_str(&shell), foreigns[_i].shell);
	ck_assert_str_eq(text_str(&plain), foreigns[_i].plain);
	text_release(&marked);
	text_release(&shell);
	text_release(&plain);
	exact_free(s);
}
END_TEST

START_TEST(leaves_our_own_text_alone)
{
	struct text marked = { 0 }, shell = { 0 };

	text_add(&marked, "192.0.2.1 -> ");
	text_add_foreign(&marked, slice_of("<b>"));
	text_add(&marked, " <end>");
	text_add_marked(&shell, text_str(&marked), TEXT_SHELL);
	ck_assert_str_eq(text_str(&shell), "192.0.2.1 -> ?b? <end>");
	text_release(&marked);
	text_release(&shell);
}
END_TEST

START_TEST(cuts_long_foreign_text_between_characters)
{
	struct text marked = { 0 }, plain = { 0 };
	static const char euros[] = REPEAT100("\xe2\x82\xac");

	text_add_foreign(&marked, slice_of(euros));
	text_add_marked(&plain, text_str(&marked), TEXT_PLAIN);
	ck_assert_uint_le(plain.len, TEXT_FOREIGN_MAX);
	ck_assert_uint_eq((plain.len - 3) % 3, 0);
	ck_assert_str_eq(text_str(&plain) + plain.len - 3, "...");
	text_release(&marked);
	text_release(&plain);
}
END_TEST

START_TEST(keeps_text_of_just_the_longest_length)
{
	struct text marked = { 0 };
	static const char longest[] = REPEAT100("ab");

	text_add_foreign(&marked, slice_of(longest));
	ck_assert_uint_eq(marked.len, TEXT_FOREIGN_MAX + 2);
	ck_assert_ptr_null(strstr(text_str(&marked), "..."));
	text_release(&marked);
}
END_TEST

START_TEST(grows_as_needed_and_can_be_taken)
{
	struct text text = { 0 };
	char *taken;

	for (int i = 0; i < 10000; i++)
		text_add(&text, "%d,", i % 10);
	ck_assert(!text_failed(&text));
	ck_assert_uint_eq(text.len, 20000);
	taken = text_take(&text);
	ck_assert_uint_eq(strlen(taken), 20000);
	ck_assert_str_eq(text_str(&text), "");
	free(taken);
	taken = text_take(&text);
	ck_assert_str_eq(taken, "");
	free(taken);
}
END_TEST

START_TEST(percent_encodes_all_but_unreserved_characters)
{
	struct text url = { 0 };

	text_add_url(&url, "2001:db8::1/a b&c?\xc3\xbc~");
	ck_assert_str_eq(text_str(&url), "2001:db8::1%2Fa%20b%26c%3F%C3%BC~");
	text_release(&url);
}
END_TEST

Suite *suite_text(void);
Suite *suite_text(void)
{
	Suite *suite = suite_create("text");
	TCase *tcase = tcase_create("text");

	ADD_TABLE(tcase, makes_foreign_text_harmless, foreigns);
	tcase_add_test(tcase, leaves_our_own_text_alone);
	tcase_add_test(tcase, cuts_long_foreign_text_between_characters);
	tcase_add_test(tcase, keeps_text_of_just_the_longest_length);
	tcase_add_test(tcase, grows_as_needed_and_can_be_taken);
	tcase_add_test(tcase, percent_encodes_all_but_unreserved_characters);
	suite_add_tcase(suite, tcase);
	return suite;
}
