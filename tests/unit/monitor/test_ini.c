/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "monitor/ini.h"

#include "fakes/exact.h"
#include "unit.h"

static const char file[] =
	"# comment\n"
	"stray=1\n"
	"[check_dnsbl]\r\n"
	"hostname = 192.0.2.1 \n"
	"no-health=\n"
	" ; another comment\n"
	"password=a;b # no comment = here \n"
	"\n"
	"[ other ]\n"
	"hostname=192.0.2.2\n"
	"[check_dnsbl]\n"
	"t=5";

START_TEST(gives_the_items_of_one_section_wherever_they_stand)
{
	static const char *const expected[][2] = {
		{ "hostname", "192.0.2.1" },
		{ "no-health", "" },
		{ "password", "a;b # no comment = here" },
		{ "t", "5" },
	};
	struct slice bytes = exact_text(file);
	struct ini_reader reader = ini_open(bytes, "check_dnsbl");
	struct ini_item item;
	struct fault fault;

	for (size_t i = 0; i < COUNT(expected); i++) {
		ck_assert_int_eq(ini_next(&reader, &item, &fault), INI_ITEM);
		ck_assert(slice_is(item.name, expected[i][0]));
		ck_assert(slice_is(item.value, expected[i][1]));
	}
	ck_assert_int_eq(ini_next(&reader, &item, &fault), INI_END);
	ck_assert(reader.was_found);
	exact_free(bytes);
}
END_TEST

START_TEST(says_whether_the_section_is_there)
{
	struct ini_reader reader = ini_open(slice_of(file), "nowhere");
	struct ini_item item;
	struct fault fault;

	ck_assert_int_eq(ini_next(&reader, &item, &fault), INI_END);
	ck_assert(!reader.was_found);
}
END_TEST

static const struct {
	const char *text;
	size_t len;
	const char *fault;
} faults[] = {
	{ "[s]\na=1\nsecret\n", 0, "line 3: no = behind the name" },
	{ "[s]\n=secret\n", 0, "line 2: no name before the =" },
	{ "[s\n", 0, "line 1: a section without its ]" },
	{ "[", 0, "line 1: a section without its ]" },
	{ "[s]\na=1\0b\n", 10, "line 2: a NUL byte" },
};

START_TEST(names_the_line_and_never_quotes_it)
{
	size_t len = faults[_i].len > 0 ? faults[_i].len : strlen(faults[_i].text);
	struct slice bytes = exact(faults[_i].text, len);
	struct ini_reader reader = ini_open(bytes, "s");
	struct ini_item item;
	struct fault fault;
	enum ini_parse got;

	while ((got = ini_next(&reader, &item, &fault)) == INI_ITEM)
		;
	ck_assert_int_eq(got, INI_BAD);
	ck_assert_str_eq(fault.text, faults[_i].fault);
	exact_free(bytes);
}
END_TEST

Suite *suite_ini(void);
Suite *suite_ini(void)
{
	Suite *suite = suite_create("ini");
	TCase *tcase = tcase_create("ini");

	tcase_add_test(tcase, gives_the_items_of_one_section_wherever_they_stand);
	tcase_add_test(tcase, says_whether_the_section_is_there);
	ADD_TABLE(tcase, names_the_line_and_never_quotes_it, faults);
	suite_add_tcase(suite, tcase);
	return suite;
}
