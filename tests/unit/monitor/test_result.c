/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "monitor/result.h"

#include <string.h>

#include "sample.h"
#include "unit.h"

static struct monitor_settings settings;
static struct result result;

static void open_result(void)
{
	settings = (struct monitor_settings){ .verbosity = 0 };
	result_open(&result, &sample_plugin, &settings);
}

static void close_result(void)
{
	result_release(&result);
	monitor_settings_release(&settings);
}

static struct finding *add(enum state state, const char *id, const char *subject)
{
	struct text text = { 0 };

	text_add(&text, "about %s", subject);
	return result_add(&result, state, id, "stage", subject, &text);
}

/* Findings of `listed_there`, each of which counts one. */
static void add_listings(int count)
{
	static const char *const subjects[] = { "a.test", "b.test", "c.test", "d.test", "e.test" };

	for (int i = 0; i < count; i++)
		result_count(&result, add(STATE_OK, "listed_there", subjects[i]), "listed", 1);
	result_measure(&result, "listed", count);
}

/* -w 1 -c 3: the right way round, each at its own number. */
static const struct { int listed; enum state state; } levels[] = {
	{ 0, STATE_OK }, { 1, STATE_OK }, { 2, STATE_WARNING }, { 3, STATE_WARNING },
	{ 4, STATE_CRITICAL },
};

START_TEST(findings_take_the_state_of_their_metric)
{
	words_add(&settings.warning, "1");
	words_add(&settings.critical, "listed=3");
	add(STATE_OK, "fine", "x");
	add_listings(levels[_i].listed);
	result_judge(&result);
	ck_assert_int_eq(result_state(&result), levels[_i].state);
	/* One cause is one finding. */
	ck_assert_uint_eq(result.finding_count, (size_t)levels[_i].listed + 1);
	for (size_t i = 0; i < result.finding_count; i++) {
		if (result.findings[i].reason->metric != NULL)
			ck_assert_int_eq(result.findings[i].state, levels[_i].state);
	}
}
END_TEST

START_TEST(a_default_threshold_holds_until_another_is_given)
{
	add_listings(1);
	result_judge(&result);
	ck_assert_int_eq(result_state(&result), STATE_CRITICAL);
}
END_TEST

START_TEST(a_crossed_threshold_without_a_finding_becomes_one)
{
	words_add(&settings.critical, "score=-1:5");
	add(STATE_OK, "fine", "x");
	result_measure(&result, "score", -2);
	result_judge(&result);
	ck_assert_int_eq(result_state(&result), STATE_CRITICAL);
	ck_assert_str_eq(result.findings[0].reason->id, "threshold");
	ck_assert_str_eq(result.findings[0].subject, "score");
	ck_assert_str_eq(result.findings[0].text, "score is -2, and alerts by the range -1:5");
}
END_TEST

START_TEST(a_state_that_was_ordered_is_kept)
{
	words_add(&settings.state_for, "listed_there=warning");
	words_add(&settings.state_for, "broken=ok");
	add_listings(2);
	add(STATE_CRITICAL, "broken", "x");
	result_judge(&result);
	ck_assert_int_eq(result_state(&result), STATE_WARNING);
}
END_TEST

/* As --ignore does, but for a reason of the plugin's own. */
START_TEST(a_plugin_may_ignore_too)
{
	words_add(&settings.warning, "1");
	words_add(&settings.critical, "7");
	add_listings(3);
	result_ignore(&result, &result.findings[1], "here");
	result_ignore(&result, &result.findings[1], "twice");
	result_spare(&result, "listed", 1);
	result_judge(&result);
	ck_assert_int_eq(result_state(&result), STATE_WARNING);
	ck_assert_str_eq(result.findings[2].text, "about b.test (ignored: here)");
	ck_assert_int_eq(result.findings[2].state, STATE_OK);
	ck_assert_int_eq((int)result.metrics[0].value, 3);
}
END_TEST

START_TEST(what_is_ignored_is_measured_but_not_judged)
{
	words_add(&settings.ignore, "listed_there:b.test");
	words_add(&settings.ignore, "broken");
	words_add(&settings.warning, "2");
	words_add(&settings.critical, "7");
	add_listings(3);
	add(STATE_CRITICAL, "broken", "x");
	result_judge(&result);
	ck_assert_int_eq(result_state(&result), STATE_OK);
	ck_assert_double_eq(result.metrics[0].value, 3);
	for (size_t i = 0; i < result.finding_count; i++) {
		bool is_ignored = strstr(result.findings[i].text, "(ignored)") != NULL;

		ck_assert_int_eq(is_ignored, strcmp(result.findings[i].subject, "b.test") == 0 ||
						     strcmp(result.findings[i].subject, "x") == 0);
	}
}
END_TEST

START_TEST(critical_is_worse_than_warning_than_unknown_than_ok)
{
	static const enum state order[] = { STATE_CRITICAL, STATE_WARNING, STATE_UNKNOWN, STATE_OK };

	add(STATE_OK, "fine", "1");
	add(STATE_UNKNOWN, "broken", "2");
	add(STATE_CRITICAL, "broken", "3");
	add(STATE_WARNING, "broken", "4");
	add(STATE_CRITICAL, "broken", "5");
	result_judge(&result);
	ck_assert_int_eq(result_state(&result), STATE_CRITICAL);
	ck_assert_str_eq(result.findings[0].subject, "3");
	ck_assert_str_eq(result.findings[1].subject, "5");
	for (size_t i = 1; i < COUNT(order); i++)
		ck_assert_int_eq(result.findings[i + 1].state, order[i]);
}
END_TEST

START_TEST(nothing_found_out_is_not_ok)
{
	struct text summary = { 0 };

	result_judge(&result);
	ck_assert_int_eq(result_state(&result), STATE_UNKNOWN);
	result_summary(&result, &summary);
	ck_assert_str_eq(text_str(&summary), "nothing was checked");
	text_release(&summary);
}
END_TEST

START_TEST(each_subject_has_its_own_threshold_and_state)
{
	words_add(&settings.critical, "bits old=512:");
	add(STATE_OK, "key_weak", "old");
	add(STATE_OK, "key_weak", "new");
	result_measure_of(&result, "bits", "old", 768);
	result_measure_of(&result, "bits", "new", 768);
	result_measure_of(&result, "bits", "fine", 4096);
	result_judge(&result);
	ck_assert_uint_eq(result.finding_count, 2);
	ck_assert_str_eq(result.findings[0].subject, "new");
	ck_assert_int_eq(result.findings[0].state, STATE_CRITICAL);
	ck_assert_int_eq(result.findings[1].state, STATE_WARNING);
	/* Behind those of the table, sorted. */
	ck_assert_str_eq(result.metrics[COUNT(sample_metrics) - 1].subject, "fine");
	ck_assert_str_eq(result.metrics[COUNT(sample_metrics)].subject, "new");
	ck_assert_str_eq(result.metrics[COUNT(sample_metrics) + 1].subject, "old");
}
END_TEST

/* A subject that default thresholds are not for is judged by the user's alone. */
START_TEST(one_subject_can_be_without_default_thresholds)
{
	result_measure_of(&result, "bits", "curve", 256);
	result_measure_of(&result, "bits", "old", 257);
	result_without_presets_of(&result, "bits", "curve");
	result_without_presets_of(&result, "bits", "nothing");
	ck_assert(!result_alerts_of(&result, "bits", "curve"));
	ck_assert(result_alerts_of(&result, "bits", "old"));
	ck_assert(!result_alerts_of(&result, "bits", "nothing"));
	words_add(&settings.warning, "bits=300:");
	ck_assert(result_alerts_of(&result, "bits", "curve"));
	result_judge(&result);
	ck_assert_uint_eq(result.finding_count, 2);
	ck_assert_str_eq(result.findings[0].subject, "bits old");
	ck_assert_int_eq(result.findings[0].state, STATE_CRITICAL);
	ck_assert_str_eq(result.findings[1].subject, "bits curve");
	ck_assert_int_eq(result.findings[1].state, STATE_WARNING);
}
END_TEST

START_TEST(the_summary_names_the_worst_and_counts_the_rest)
{
	struct text summary = { 0 }, headline = { 0 };

	add(STATE_UNKNOWN, "broken", "x");
	text_add(&headline, "y is on fire");
	result_headline(&result, add(STATE_CRITICAL, "broken", "y"), &headline);
	text_add(&result.tail, "the tail");
	result_judge(&result);
	result_summary(&result, &summary);
	ck_assert_str_eq(text_str(&summary), "y is on fire (and 1 more); the tail");
	text_release(&summary);
}
END_TEST

START_TEST(the_summary_has_at_most_200_characters)
{
	struct text summary = { 0 }, text = { 0 };

	for (int i = 0; i < 300; i++)
		text_add(&text, "x");
	result_add(&result, STATE_WARNING, "broken", "stage", "y", &text);
	for (int i = 0; i < 300; i++)
		text_add(&result.tail, "t");
	result_judge(&result);
	result_summary(&result, &summary);
	ck_assert_uint_eq(summary.len, 200);
	text_release(&summary);
}
END_TEST

START_TEST(knows_which_numbers_have_thresholds)
{
	words_add(&settings.warning, "score=5");
	words_add(&settings.critical, "reason broken=0");
	ck_assert(result_has_threshold(&result, "score"));
	ck_assert(result_has_threshold(&result, "reason"));
	ck_assert(!result_has_threshold(&result, "age"));	/* its default is no wish */
	words_add(&settings.critical, "3");
	ck_assert(result_has_threshold(&result, "listed"));	/* the main one */
}
END_TEST

START_TEST(a_crossed_threshold_is_shown_with_what_was_counted)
{
	struct text summary = { 0 };

	words_add(&settings.warning, "score=5");
	result_measure(&result, "score", 6);
	text_add(&result.context, "6 of 7 count");
	add(STATE_OK, "fine", "x");
	result_judge(&result);
	result_summary(&result, &summary);
	ck_assert_ptr_nonnull(strstr(text_str(&summary), "score is 6"));
	ck_assert_ptr_nonnull(strstr(text_str(&summary), "; 6 of 7 count"));
	text_release(&summary);
}
END_TEST

/* A number of a reason is judged at the finding of that reason, and at no other. */
START_TEST(a_number_for_each_reason_is_judged_at_its_finding)
{
	words_add(&settings.warning, "reason broken=1");
	result_measure_of(&result, "reason", "broken", 2);
	result_measure_of(&result, "reason", "fine", 9);
	add(STATE_OK, "broken", "x");
	add(STATE_OK, "fine", "y");
	result_judge(&result);
	ck_assert_int_eq(result_state(&result), STATE_WARNING);
	ck_assert_uint_eq(result.finding_count, 2);
	ck_assert_int_eq(result.findings[0].state, STATE_WARNING);
	ck_assert_int_eq(result.findings[1].state, STATE_OK);
}
END_TEST

START_TEST(a_threshold_on_a_reason_that_is_not_there_is_wrong)
{
	struct fault fault;

	words_add(&settings.warning, "reason broken=1");
	words_add(&settings.critical, "reason=5");
	ck_assert(monitor_settings_check(&settings, &sample_plugin, &fault));
	words_add(&settings.critical, "reason nonsense=1");
	ck_assert(!monitor_settings_check(&settings, &sample_plugin, &fault));
	ck_assert_ptr_nonnull(strstr(fault.text, "--critical: nonsense"));
}
END_TEST

Suite *suite_result(void);
Suite *suite_result(void)
{
	Suite *suite = suite_create("result");
	TCase *tcase = tcase_create("result");

	tcase_add_checked_fixture(tcase, open_result, close_result);
	ADD_TABLE(tcase, findings_take_the_state_of_their_metric, levels);
	tcase_add_test(tcase, a_default_threshold_holds_until_another_is_given);
	tcase_add_test(tcase, a_crossed_threshold_without_a_finding_becomes_one);
	tcase_add_test(tcase, a_state_that_was_ordered_is_kept);
	tcase_add_test(tcase, what_is_ignored_is_measured_but_not_judged);
	tcase_add_test(tcase, a_plugin_may_ignore_too);
	tcase_add_test(tcase, critical_is_worse_than_warning_than_unknown_than_ok);
	tcase_add_test(tcase, nothing_found_out_is_not_ok);
	tcase_add_test(tcase, each_subject_has_its_own_threshold_and_state);
	tcase_add_test(tcase, one_subject_can_be_without_default_thresholds);
	tcase_add_test(tcase, knows_which_numbers_have_thresholds);
	tcase_add_test(tcase, a_crossed_threshold_is_shown_with_what_was_counted);
	tcase_add_test(tcase, a_number_for_each_reason_is_judged_at_its_finding);
	tcase_add_test(tcase, a_threshold_on_a_reason_that_is_not_there_is_wrong);
	tcase_add_test(tcase, the_summary_names_the_worst_and_counts_the_rest);
	tcase_add_test(tcase, the_summary_has_at_most_200_characters);
	suite_add_tcase(suite, tcase);
	return suite;
}
