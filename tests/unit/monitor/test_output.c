/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "monitor/output.h"

#include <string.h>

#include "sample.h"
#include "unit.h"

static struct monitor_settings settings;
static struct result result;

static void open_result(void)
{
	settings = (struct monitor_settings){ .verbosity = 0 };
	result_open(&result, &sample_plugin, &settings);
	text_add(&result.target, "192.0.2.1");
}

static void close_result(void)
{
	result_release(&result);
	monitor_settings_release(&settings);
}

/* Something found in a banner that wants to be more than text. */
static void add_hostile(void)
{
	struct text text = { 0 };

	text_add(&text, "a -> b says ");
	text_add_foreign(&text, slice_of("x|y=1 $(id) \"q\" \x1b[1m\nz"));
	result_add(&result, STATE_WARNING, "broken", "banner", "host|x", &text);
}

static char *render(enum format format)
{
	struct text out = { 0 };

	settings.format = format;
	result_judge(&result);
	output_render(&result, &out);
	return text_take(&out);
}

START_TEST(prints_text_as_nagios_reads_it)
{
	char *out;

	words_add(&settings.warning, "age=@1m:2m");
	words_add(&settings.critical, "age=1h");
	add_hostile();
	result_measure_most(&result, "listed", 0, 9);
	result_measure(&result, "score", -1.5);
	result_measure(&result, "age", 3);
	result_measure_of(&result, "bits", "a'b=c|d", 2048);
	out = render(FORMAT_TEXT);
	ck_assert_str_eq(out,
		"SAMPLE WARNING - host?x: a -> b says x?y=1 ?(id) \"q\" ?[1m?z | listed=0;;0;0;9 "
		"score=-1.5 age=3s;@60:120;3600;0 'bits a_b_c?d'=2048;2048:;1024:;0\n"
		"[WARNING] broken host?x: a -> b says x?y=1 ?(id) \"q\" ?[1m?z\n"
		"    fix: mend it\n");
	free(out);
}
END_TEST

START_TEST(shows_good_findings_only_when_asked)
{
	struct text text = { 0 };
	char *out;

	text_add(&text, "is fine");
	result_add(&result, STATE_OK, "fine", "stage", "x", &text);
	text_add(&result.good, "all is well");
	out = render(FORMAT_TEXT);
	ck_assert_str_eq(out, "SAMPLE OK - all is well\n");
	free(out);
	settings.verbosity = 1;
	out = render(FORMAT_TEXT);
	ck_assert_str_eq(out, "SAMPLE OK - all is well\n[OK] fine x: is fine\n");
	free(out);
}
END_TEST

static size_t lines_of(const char *text)
{
	size_t lines = 0;

	for (; *text != '\0'; text++)
		lines += *text == '\n';
	return lines;
}

START_TEST(shows_at_most_fifty_findings)
{
	char *out;

	for (int i = 0; i < 60; i++) {
		struct text text = { 0 };

		text_add(&text, "bad");
		result_add(&result, STATE_WARNING, "broken", "stage", "x", &text);
	}
	out = render(FORMAT_TEXT);
	ck_assert_uint_eq(lines_of(out), 1 + 2 * 50 + 1);
	ck_assert_ptr_nonnull(strstr(out, "\n... and 10 more\n"));
	free(out);
	settings.verbosity = 1;
	out = render(FORMAT_TEXT);
	ck_assert_uint_eq(lines_of(out), 1 + 2 * 60);
	free(out);
}
END_TEST

START_TEST(fits_into_eight_kilobytes)
{
	char *out;

	for (int i = 0; i < 50; i++) {
		struct text text = { 0 };

		for (int k = 0; k < 300; k++)
			text_add(&text, "x");
		result_add(&result, STATE_WARNING, "broken", "stage", "x", &text);
	}
	out = render(FORMAT_TEXT);
	ck_assert_uint_le(strlen(out), 8192);
	ck_assert_ptr_nonnull(strstr(out, "\n... and "));
	free(out);
}
END_TEST

START_TEST(prints_json_that_keeps_what_can_be_printed)
{
	json_t *whole, *finding;
	char *out;

	add_hostile();
	result_measure(&result, "age", 0.25);
	result.duration = 1.5;
	out = render(FORMAT_JSON);
	ck_assert_uint_eq(lines_of(out), 1);
	whole = json_loads(out, 0, NULL);
	ck_assert_ptr_nonnull(whole);
	ck_assert_str_eq(json_string_value(json_object_get(whole, "schema")), "mailpath/1");
	ck_assert_str_eq(json_string_value(json_object_get(whole, "state")), "WARNING");
	ck_assert_int_eq(json_integer_value(json_object_get(whole, "exit_code")), 1);
	ck_assert_str_eq(json_string_value(json_object_get(whole, "target")), "192.0.2.1");
	ck_assert_double_eq(json_real_value(json_object_get(whole, "duration")), 1.5);
	ck_assert(json_is_object(json_object_get(whole, "data")));
	finding = json_array_get(json_object_get(whole, "findings"), 0);
	ck_assert_str_eq(json_string_value(json_object_get(finding, "text")),
			 "a -> b says x|y=1 $(id) \"q\" ?[1m?z");
	ck_assert_str_eq(json_string_value(json_object_get(finding, "subject")), "host|x");
	ck_assert_str_eq(json_string_value(json_object_get(finding, "fix")), "mend it");
	ck_assert(json_is_null(json_object_get(finding, "url")));
	ck_assert_ptr_nonnull(strstr(out, "{\"label\":\"age\",\"value\":0.25,\"unit\":\"s\","
					  "\"warn\":\"3600\",\"crit\":null,\"min\":0,\"max\":null}"));
	json_decref(whole);
	free(out);
}
END_TEST

START_TEST(prints_prometheus_for_a_textfile_collector)
{
	char *out;

	add_hostile();
	add_hostile();
	text_add(&result.target, "\\\"x");
	result_measure(&result, "age", 2.5);
	result_measure_of(&result, "bits", "sel", 1024);
	out = render(FORMAT_PROMETHEUS);
	ck_assert_str_eq(out,
		"# HELP mailpath_sample_bits Bits of a key.\n"
		"# TYPE mailpath_sample_bits gauge\n"
		"mailpath_sample_bits{target=\"192.0.2.1\\\\\\\"x\",subject=\"sel\"} 1024\n"
		"# HELP mailpath_sample_age Age.\n"
		"# TYPE mailpath_sample_age gauge\n"
		"mailpath_sample_age{target=\"192.0.2.1\\\\\\\"x\"} 2.5\n"
		"# HELP mailpath_state The verdict: 0 OK, 1 WARNING, 2 CRITICAL, 3 UNKNOWN.\n"
		"# TYPE mailpath_state gauge\n"
		"mailpath_state{plugin=\"check_sample\",target=\"192.0.2.1\\\\\\\"x\"} 1\n"
		"# HELP mailpath_finding How many findings have this reason and this subject.\n"
		"# TYPE mailpath_finding gauge\n"
		"mailpath_finding{plugin=\"check_sample\",target=\"192.0.2.1\\\\\\\"x\","
		"reason=\"broken\",subject=\"host|x\"} 2\n"
		"mailpath_finding{plugin=\"check_sample\",target=\"192.0.2.1\\\\\\\"x\","
		"reason=\"threshold\",subject=\"bits sel\"} 1\n");
	free(out);
}
END_TEST

static const enum format formats[] = { FORMAT_TEXT, FORMAT_JSON, FORMAT_PROMETHEUS };

START_TEST(never_prints_a_secret)
{
	struct text text = { 0 };
	char *out;

	result_hide(&result, "Geheim123");
	text_add(&text, "the list says key geheim123 is bad; GEHEIM123!");
	result_add(&result, STATE_UNKNOWN, "broken", "stage", "geheim123.zen.test", &text);
	text_add(&result.target, ",geheim123.test");
	text_add(&result.tail, "as geheim123 says");
	out = render(formats[_i]);
	ck_assert_ptr_null(strcasestr(out, "geheim"));
	ck_assert_ptr_nonnull(strstr(out, "***"));
	free(out);
}
END_TEST

/* Cut first and searched then, half of it would be left. */
START_TEST(hides_a_secret_at_each_place_before_cutting)
{
	for (size_t before = 60; before < 210; before++) {
		struct text text = { 0 }, summary = { 0 };

		close_result();
		open_result();
		result_hide(&result, "abcdefghijklmnopqrstuvwxyz");
		for (size_t i = 0; i < before; i++)
			text_add_char(&text, '-');
		text_add(&text, "abcdefghijklmnopqrstuvwxyz");
		result_add(&result, STATE_WARNING, "broken", "stage", "x", &text);
		result_judge(&result);
		result_summary(&result, &summary);
		ck_assert_ptr_null(strstr(text_str(&summary), "abc"));
		text_release(&summary);

		close_result();
		open_result();
		result_hide(&result, "abcdefghijklmnopqrstuvwxyz");
		text_add(&text, "all is well");
		result_add(&result, STATE_OK, "fine", "stage", "x", &text);
		for (size_t i = 0; i < before; i++)
			text_add_char(&result.good, '-');
		text_add(&result.good, "abcdefghijklmnopqrstuvwxyz");
		result_judge(&result);
		result_summary(&result, &summary);
		ck_assert_ptr_null(strstr(text_str(&summary), "abc"));
		text_release(&summary);
	}
}
END_TEST

START_TEST(masks_bytes_in_place)
{
	char bytes[] = "the key Geheim\0and GEHEI geheimgeheim";
	size_t len;

	result_hide(&result, "geheim");
	len = result_mask_bytes(&result, bytes, sizeof bytes - 1);
	ck_assert_uint_eq(len, sizeof "the key ***\0and GEHEI ******" - 1);
	ck_assert_mem_eq(bytes, "the key ***\0and GEHEI ******", len);
	result_hide(&result, "*");
	ck_assert_uint_eq(result_mask_bytes(&result, bytes, len), len);
}
END_TEST

START_TEST(exits_with_zero_where_that_was_asked_for)
{
	add_hostile();
	result_judge(&result);
	ck_assert_int_eq(output_exit_code(&result), 1);
	settings.exits_ok = true;
	ck_assert_int_eq(output_exit_code(&result), 0);
}
END_TEST

START_TEST(wrong_usage_is_one_harmless_line)
{
	struct fault fault;
	struct text out = { 0 };

	fault_set(&fault, FAULT_USAGE, "--zone: a|b\n`c` is no zone: Geheim");
	result_hide(&result, "geheim");
	output_wrong_usage(&result, &fault, &out);
	ck_assert_str_eq(text_str(&out), "SAMPLE UNKNOWN - --zone: a?b??c? is no zone: ***\n");
	text_release(&out);
}
END_TEST

Suite *suite_output(void);
Suite *suite_output(void)
{
	Suite *suite = suite_create("output");
	TCase *tcase = tcase_create("output");

	tcase_add_checked_fixture(tcase, open_result, close_result);
	tcase_add_test(tcase, prints_text_as_nagios_reads_it);
	tcase_add_test(tcase, shows_good_findings_only_when_asked);
	tcase_add_test(tcase, shows_at_most_fifty_findings);
	tcase_add_test(tcase, fits_into_eight_kilobytes);
	tcase_add_test(tcase, prints_json_that_keeps_what_can_be_printed);
	tcase_add_test(tcase, prints_prometheus_for_a_textfile_collector);
	ADD_TABLE(tcase, never_prints_a_secret, formats);
	tcase_add_test(tcase, hides_a_secret_at_each_place_before_cutting);
	tcase_add_test(tcase, masks_bytes_in_place);
	tcase_add_test(tcase, exits_with_zero_where_that_was_asked_for);
	tcase_add_test(tcase, wrong_usage_is_one_harmless_line);
	suite_add_tcase(suite, tcase);
	return suite;
}
