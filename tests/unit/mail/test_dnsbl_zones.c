/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "mail/dnsbl.h"

#include <stdio.h>
#include <string.h>

#include "unit.h"

static const char keys_text[] = "dqs abcdefghijklmnopqrstuvwxyz\nabusix 0123456789abcdef\n";

/* Every row can be read, and is found again by its own name. */
START_TEST(each_row_is_a_line_of_a_zones_file)
{
	for (const struct dnsbl_list *list = dnsbl_lists; list->spec != NULL; list++) {
		struct dnsbl_zone zone;
		struct fault fault = { .text = "" };

		ck_assert_msg(dnsbl_zone_parse(slice_of(list->spec), slice_of(keys_text), &zone, &fault),
			      "%s: %s", list->spec, fault.text);
		ck_assert_ptr_eq(zone.list, list);
		ck_assert_ptr_null(zone.dead);
		ck_assert_msg(zone.url.len > 0, "%s: nowhere to turn to", list->spec);
		ck_assert_msg(list->advice != NULL || zone.type != DNSBL_DENY, "%s: no advice",
			      list->spec);
	}
}
END_TEST

/* The address at the front of a pattern such as 127.0.0.[4..7]. */
static struct ip first_code(const char *pattern)
{
	size_t front = strcspn(pattern, "[");
	const char *inside = pattern[front] == '[' ? pattern + front + 1 : "";
	char text[64];
	struct ip ip;

	snprintf(text, sizeof text, "%.*s%.*s", (int)front, pattern,
		 (int)strspn(inside, "0123456789"), inside);
	ck_assert_msg(ip_parse(slice_of(text), &ip), "%s", text);
	return ip;
}

/* What a code means stands only where the code is a listing. */
START_TEST(each_meaning_belongs_to_a_code_that_counts)
{
	for (const struct dnsbl_list *list = dnsbl_lists; list->spec != NULL; list++) {
		const struct dnsbl_code *meanings[DNSBL_MEANINGS];
		struct dnsbl_zone zone;
		struct fault fault;

		ck_assert(dnsbl_zone_parse(slice_of(list->spec), slice_of(keys_text), &zone, &fault));
		for (const struct dnsbl_code *code = list->codes; code && code->codes; code++) {
			struct ip ip = first_code(code->codes);

			ck_assert_msg(zone.mask != 0 ? (ip.bytes[3] & zone.mask) != 0
				      : !zone.codes.is_given || dnsbl_codes_match(&zone.codes, &ip),
				      "%s: %s", list->spec, code->codes);
			ck_assert_uint_eq(dnsbl_meanings(&zone, &ip, meanings), 1);
			ck_assert_ptr_eq(meanings[0], code);
		}
	}
}
END_TEST

/* And each single code of a list with meanings has one. */
START_TEST(each_code_that_counts_has_a_meaning)
{
	for (const struct dnsbl_list *list = dnsbl_lists; list->spec != NULL; list++) {
		const struct dnsbl_code *meanings[DNSBL_MEANINGS];
		struct dnsbl_zone zone;
		struct fault fault;

		ck_assert(dnsbl_zone_parse(slice_of(list->spec), slice_of(keys_text), &zone, &fault));
		if (list->codes == NULL || zone.mask != 0)
			continue;
		for (unsigned n = 0; n < 512; n++) {
			struct ip ip = { 4, { 127, 0, (uint8_t)(n / 256), (uint8_t)n } };

			ck_assert_msg(!dnsbl_codes_match(&zone.codes, &ip) ||
				      dnsbl_meanings(&zone, &ip, meanings) == 1,
				      "%s: 127.0.%u.%u", list->spec, n / 256, n % 256);
		}
	}
}
END_TEST

START_TEST(names_the_bits_of_a_mask)
{
	const struct dnsbl_code *meanings[DNSBL_MEANINGS];
	struct dnsbl_zone zone;
	struct fault fault;
	struct ip ip = { 4, { 127, 0, 0, 0x51 } };	/* 16 and 64; 1 is none of it */

	ck_assert(dnsbl_zone_parse(slice_of("multi.surbl.org"), slice_of(""), &zone, &fault));
	ck_assert_uint_eq(dnsbl_meanings(&zone, &ip, meanings), 2);
	ck_assert_str_eq(meanings[0]->name, "MW");
	ck_assert_str_eq(meanings[1]->name, "ABUSE");
}
END_TEST

START_TEST(explains_refusals)
{
	struct ip public = { 4, { 127, 255, 255, 254 } }, other = { 4, { 127, 255, 255, 7 } };

	ck_assert_ptr_nonnull(strstr(dnsbl_refusal_find(&public)->meaning, "public"));
	ck_assert_ptr_nonnull(dnsbl_refusal_find(&other)->advice);
}
END_TEST

START_TEST(fills_the_target_into_the_url)
{
	struct dnsbl_zone zone;
	struct fault fault;
	struct text url = { 0 };

	ck_assert(dnsbl_zone_parse(slice_of("zen.spamhaus.org"), slice_of(""), &zone, &fault));
	dnsbl_url(&zone, "2001:db8::25", &url);
	ck_assert_str_eq(text_str(&url), "https://check.spamhaus.org/?ip=2001:db8::25");
	text_release(&url);
}
END_TEST

START_TEST(prints_the_table_so_that_it_can_be_read_again)
{
	struct text page = { 0 };
	struct slice rest, line;
	size_t lines = 0;

	dnsbl_print_table(&page);
	rest = text_slice(&page);
	while (slice_split(&rest, '\n', &line)) {
		struct dnsbl_zone zone;
		struct fault fault;

		if (line.len == 0 || line.at[0] == '#')
			continue;
		ck_assert(dnsbl_zone_parse(line, slice_of(keys_text), &zone, &fault));
		lines++;
	}
	/* Those in two profiles stand there twice. */
	for (const struct dnsbl_list *list = dnsbl_lists; list->spec != NULL; list++)
		lines -= list->profiles == 0 ? 1 : (size_t)__builtin_popcount(list->profiles);
	ck_assert_uint_eq(lines, 0);
	text_release(&page);
}
END_TEST

Suite *suite_dnsbl_zones(void);
Suite *suite_dnsbl_zones(void)
{
	Suite *suite = suite_create("dnsbl_zones");
	TCase *tcase = tcase_create("dnsbl_zones");

	tcase_add_test(tcase, each_row_is_a_line_of_a_zones_file);
	tcase_add_test(tcase, each_meaning_belongs_to_a_code_that_counts);
	tcase_add_test(tcase, each_code_that_counts_has_a_meaning);
	tcase_add_test(tcase, names_the_bits_of_a_mask);
	tcase_add_test(tcase, explains_refusals);
	tcase_add_test(tcase, fills_the_target_into_the_url);
	tcase_add_test(tcase, prints_the_table_so_that_it_can_be_read_again);
	suite_add_tcase(suite, tcase);
	return suite;
}
