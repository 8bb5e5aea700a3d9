/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "base/frequent.h"

#include <stdio.h>
#include <string.h>

#include "fakes/exact.h"
#include "unit.h"

static void add(struct frequent *frequent, const char *name, uint64_t occasion)
{
	struct slice bytes = exact_text(name);

	frequent_add(frequent, bytes, occasion);
	exact_free(bytes);
}

static void add_numbered(struct frequent *frequent, unsigned number, uint64_t occasion)
{
	char name[32];

	snprintf(name, sizeof name, "n%u.test", number);
	frequent_add(frequent, slice_of(name), occasion);
}

static uint64_t count_of(const struct frequent *frequent, const char *name)
{
	static const struct frequent_name *list[FREQUENT_NAMES];
	size_t count = frequent_list(frequent, list, FREQUENT_NAMES);

	for (size_t i = 0; i < count; i++) {
		if (strcmp(list[i]->name, name) == 0)
			return list[i]->count;
	}
	return 0;
}

START_TEST(lists_by_number_and_then_by_name)
{
	static const char *const names[] = {
		"b.test", "a.test", "c.test", "A.TEST", "d.test", "c.test", "C.test",
	};
	struct frequent frequent = { 0 };
	const struct frequent_name *list[4] = { 0 };

	ck_assert_uint_eq(frequent_list(&frequent, list, 4), 0);
	for (size_t i = 0; i < COUNT(names); i++)
		add(&frequent, names[i], i + 1);
	ck_assert_uint_eq(frequent_list(&frequent, list, 0), 0);
	ck_assert_uint_eq(frequent_list(&frequent, list, 3), 3);
	ck_assert_str_eq(list[0]->name, "c.test");
	ck_assert_uint_eq(list[0]->count, 3);
	ck_assert_str_eq(list[1]->name, "a.test");
	ck_assert_uint_eq(list[1]->count, 2);
	ck_assert_str_eq(list[2]->name, "b.test");
	ck_assert_uint_eq(frequent_list(&frequent, list, 4), 4);
	ck_assert_str_eq(list[3]->name, "d.test");
	frequent_release(&frequent);
	frequent_release(&frequent);
}
END_TEST

START_TEST(counts_once_on_an_occasion)
{
	struct frequent frequent = { 0 };

	add(&frequent, "a.test", 1);
	add(&frequent, "a.test", 1);
	add(&frequent, "b.test", 1);
	add(&frequent, "a.test", 2);
	ck_assert_uint_eq(count_of(&frequent, "a.test"), 2);
	ck_assert_uint_eq(count_of(&frequent, "b.test"), 1);
	frequent_release(&frequent);
}
END_TEST

/* As many different names as there is room for. */
START_TEST(is_exact_as_long_as_they_fit)
{
	struct frequent frequent = { 0 };
	uint64_t occasion = 0;
	const struct frequent_name *list[1];

	for (unsigned round = 0; round < 3; round++) {
		for (unsigned i = 0; i < FREQUENT_NAMES; i++) {
			if (i % 3 >= round)
				add_numbered(&frequent, i, ++occasion);
		}
	}
	ck_assert_uint_eq(frequent.used, FREQUENT_NAMES);
	ck_assert_uint_eq(frequent.lost, 0);
	ck_assert_uint_eq(count_of(&frequent, "n0.test"), 1);
	ck_assert_uint_eq(count_of(&frequent, "n1.test"), 2);
	ck_assert_uint_eq(count_of(&frequent, "n8189.test"), 3);
	ck_assert_uint_eq(frequent_list(&frequent, list, 1), 1);
	ck_assert_uint_eq(list[0]->count, 3);
	frequent_release(&frequent);
}
END_TEST

/* Names that come again and again stay, with at most `lost` missing, whatever
 * million comes once; and there is never room for more. */
START_TEST(the_frequent_ones_survive)
{
	enum { MILLION = 1000000, HEAVY = 20 };
	struct frequent frequent = { 0 };
	const struct frequent_name *list[HEAVY];
	uint64_t times = 0, occasion = 0;

	for (unsigned i = 0; i < MILLION; i++) {
		add_numbered(&frequent, i, ++occasion);
		if (i % 50 != 0)
			continue;
		times++;
		for (unsigned heavy = 0; heavy < HEAVY; heavy++)
			add_numbered(&frequent, MILLION + heavy, ++occasion);
	}
	ck_assert(!frequent.failed);
	ck_assert_uint_le(frequent.used, FREQUENT_NAMES);
	/* Each time something is taken away, it is taken from 4096 names or more. */
	ck_assert_uint_le(frequent.lost, occasion / (FREQUENT_NAMES / 2));
	ck_assert_uint_eq(frequent_list(&frequent, list, HEAVY), HEAVY);
	for (unsigned heavy = 0; heavy < HEAVY; heavy++) {
		char name[32];

		snprintf(name, sizeof name, "n%u.test", MILLION + heavy);
		ck_assert_uint_le(count_of(&frequent, name), times);
		ck_assert_uint_ge(count_of(&frequent, name) + frequent.lost, times);
		ck_assert_uint_gt(list[heavy]->count, 10000);
	}
	frequent_release(&frequent);
}
END_TEST

/* All come equally often: then none is kept for being there first, and it goes on. */
START_TEST(equals_make_room_for_others)
{
	struct frequent frequent = { 0 };

	for (unsigned i = 0; i < 3 * FREQUENT_NAMES; i++)
		add_numbered(&frequent, i, i + 1);
	ck_assert_uint_le(frequent.used, FREQUENT_NAMES);
	ck_assert_uint_eq(count_of(&frequent, "n24575.test"), 1);
	ck_assert_uint_eq(count_of(&frequent, "n0.test"), 0);
	frequent_release(&frequent);
}
END_TEST

START_TEST(names_are_cut_and_hold_no_nul)
{
	struct frequent frequent = { 0 };
	char longer[FREQUENT_NAME_MAX + 11];

	memset(longer, 'x', sizeof longer);
	frequent_add(&frequent, (struct slice){ longer, sizeof longer }, 1);
	frequent_add(&frequent, (struct slice){ longer, FREQUENT_NAME_MAX }, 2);
	frequent_add(&frequent, (struct slice){ "a\0b", 3 }, 3);
	frequent_add(&frequent, (struct slice){ "A\0B", 3 }, 4);
	frequent_add(&frequent, slice_of("a?b"), 5);
	frequent_add(&frequent, (struct slice){ "", 0 }, 6);
	ck_assert_uint_eq(frequent.used, 3);
	ck_assert_uint_eq(count_of(&frequent, "a?b"), 3);
	ck_assert_uint_eq(count_of(&frequent, ""), 1);
	/* They are found when the table has been settled, too. */
	for (unsigned i = 0; i < 2 * FREQUENT_NAMES; i++) {
		add_numbered(&frequent, i, 7 + i);
		frequent_add(&frequent, (struct slice){ "\0", 1 }, 7 + i);
	}
	ck_assert_uint_le(count_of(&frequent, "?"), 2 * FREQUENT_NAMES);
	ck_assert_uint_ge(count_of(&frequent, "?") + frequent.lost, 2 * FREQUENT_NAMES);
	frequent_release(&frequent);
}
END_TEST

Suite *suite_frequent(void);
Suite *suite_frequent(void)
{
	Suite *suite = suite_create("frequent");
	TCase *tcase = tcase_create("frequent");

	tcase_set_timeout(tcase, 60);
	tcase_add_test(tcase, lists_by_number_and_then_by_name);
	tcase_add_test(tcase, counts_once_on_an_occasion);
	tcase_add_test(tcase, is_exact_as_long_as_they_fit);
	tcase_add_test(tcase, the_frequent_ones_survive);
	tcase_add_test(tcase, equals_make_room_for_others);
	tcase_add_test(tcase, names_are_cut_and_hold_no_nul);
	suite_add_tcase(suite, tcase);
	return suite;
}
