/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "monitor/html.h"

#include <string.h>

#include "monitor/output.h"
#include "sample.h"
#include "unit.h"

static const struct { const char *text; size_t most; const char *want; } texts[] = {
	{ "<script>alert(1)</script>", 100, "&lt;script&gt;alert(1)&lt;/script&gt;" },
	{ "a \"b\" & 'c'", 100, "a &quot;b&quot; &amp; &#39;c&#39;" },
	{ "\x01 foreign|$\x02 x", 100, " foreign|$ x" },
	{ "a\x1b[1m\nb\x7f", 100, "a?[1m?b?" },
	{ "\xff\xc3\xa4\xe2\x80\xae", 100, "?\xc3\xa4?" },
	{ "&&&&&&", 5, "&amp;&amp;..." },
	{ "", 100, "" },
};

START_TEST(foreign_text_is_text)
{
	struct text out = { 0 };

	html_add_text(&out, slice_of(texts[_i].text), texts[_i].most);
	ck_assert_str_eq(text_str(&out), texts[_i].want);
	text_release(&out);
}
END_TEST

static const struct { const char *url, *want; } links[] = {
	{ "https://a.test/?b=1&c=\"", "<a rel=\"noreferrer noopener\" href=\"https://a.test/?b=1&amp;c=&quot;\">"
				      "https://a.test/?b=1&amp;c=&quot;</a>" },
	{ "javascript:alert(1)", "" },
	{ "data:text/html,x", "" },
	{ "//a.test/", "" },
};

START_TEST(only_http_is_a_link)
{
	struct text out = { 0 };

	html_add_link(&out, links[_i].url);
	ck_assert_str_eq(text_str(&out), links[_i].want);
	text_release(&out);
}
END_TEST

static const struct { const char *json; size_t room; const char *want; } values[] = {
	{ "{\"a<\":[1,2.5,true,null,\"<b>\",\"\",[],{}]}", 100,
	  "<dl><div><dt>a&lt;</dt><dd><ul><li>1</li><li>2.5</li><li>yes</li><li><span class=\"none\">none</span>"
	  "</li><li>&lt;b&gt;</li><li><span class=\"none\">empty</span></li><li><span class=\"none\">none</span>"
	  "</li><li><span class=\"none\">none</span></li></ul></dd></div></dl>" },
	{ "[1,2,3,4]", 3, "<ul><li>1</li><li>2</li><li class=\"none\">2 more are left out</li></ul>" },
	{ "{\"a\":1,\"b\":2}", 2, "<dl><div><dt>a</dt><dd>1</dd></div><div><dt>and</dt><dd class=\"none\">1 more is "
				  "left out</dd></div></dl>" },
};

START_TEST(any_value_is_a_list)
{
	json_t *value = json_loads(values[_i].json, 0, NULL);
	size_t room = values[_i].room;
	struct text out = { 0 };

	html_add_json(&out, value, &room);
	ck_assert_str_eq(text_str(&out), values[_i].want);
	text_release(&out);
	json_decref(value);
}
END_TEST

START_TEST(deep_values_end)
{
	struct text deep = { 0 }, out = { 0 };
	size_t room = 1000;
	json_t *value;

	for (int i = 0; i < 200; i++)
		text_add(&deep, "[");
	for (int i = 0; i < 200; i++)
		text_add(&deep, "]");
	value = json_loads(text_str(&deep), 0, NULL);
	html_add_json(&out, value, &room);
	ck_assert_ptr_nonnull(strstr(text_str(&out), "deeper than is shown"));
	ck_assert_uint_lt(out.len, 1000);
	text_release(&out);
	text_release(&deep);
	json_decref(value);
}
END_TEST

/* Where the number ends and where it alerts, of a width of 1000; and in words. */
static const struct { const char *json, *words, *zones; } numbers[] = {
	{ "{\"value\":2,\"unit\":\"\",\"warn\":\"1\",\"crit\":\"3\",\"min\":0,\"max\":4}",
	  "0 to 4; warning above 1; critical above 3",
	  "warning 250+750 critical 750+250 value 0+500" },
	{ "{\"value\":1024,\"unit\":\"\",\"warn\":\"2048:\",\"crit\":null,\"min\":0,\"max\":4096}",
	  "0 to 4096; warning below 2048", "warning 0+500 value 0+250" },
	{ "{\"value\":3,\"unit\":\"s\",\"warn\":\"@4:6\",\"crit\":\"2:8\",\"min\":0,\"max\":10}",
	  "0 to 10; warning from 4 to 6; critical outside 2 to 8",
	  "warning 400+200 critical 0+200 critical 800+200 value 0+300" },
	{ "{\"value\":-5,\"unit\":\"\",\"warn\":\"~:0\",\"crit\":null,\"min\":null,\"max\":5}",
	  "-5 to 5; warning above 0", "warning 500+500" },
	{ "{\"value\":0,\"unit\":\"\",\"warn\":null,\"crit\":\"0\",\"min\":0,\"max\":0}",
	  "0 to 1; critical above 0", "critical 0+1000" },
};

static void read_zones(const char *svg, struct text *zones)
{
	static const char *const kinds[] = { "warning", "critical", "value" };

	while ((svg = strstr(svg, "<rect class=\"")) != NULL) {
		char kind[16];
		int x, y, width;

		ck_assert_int_eq(sscanf(svg, "<rect class=\"%15[a-z]\" x=\"%d\" y=\"%d\" width=\"%d\"", kind, &x, &y,
					&width), 4);
		svg++;
		/* The mark at the end of the bar has a width of its own. */
		for (size_t i = 0; i < COUNT(kinds); i++) {
			if (strcmp(kind, kinds[i]) == 0 && width > 6)
				text_add(zones, "%s%s %d+%d", zones->len > 0 ? " " : "", kind, x, width);
		}
	}
}

START_TEST(a_bar_shows_where_a_number_alerts)
{
	json_t *item = json_loads(numbers[_i].json, 0, NULL);
	struct text out = { 0 }, zones = { 0 }, title = { 0 };

	html_add_number(&out, item);
	text_add(&title, "<title>%s</title>", numbers[_i].words);
	ck_assert_ptr_nonnull(strstr(text_str(&out), text_str(&title)));
	ck_assert_ptr_nonnull(strstr(text_str(&out), "<svg role=\"img\""));
	read_zones(text_str(&out), &zones);
	ck_assert_str_eq(text_str(&zones), numbers[_i].zones);
	text_release(&out);
	text_release(&zones);
	text_release(&title);
	json_decref(item);
}
END_TEST

START_TEST(a_number_without_a_measure_has_no_bar)
{
	json_t *item = json_pack("{ss si ss}", "label", "size <", "value", 26214400, "unit", "B");
	struct text out = { 0 };

	html_add_number(&out, item);
	ck_assert_str_eq(text_str(&out), "<div><dt>size &lt;</dt><dd><span class=\"number\">26214400\u00a0B (25.0\u00a0MiB)"
					 "</span></dd></div>");
	text_release(&out);
	json_decref(item);
}
END_TEST

/* ---- the page ---- */

static struct monitor_settings settings;
static struct result result;

static void open_result(void)
{
	settings = (struct monitor_settings){ .format = FORMAT_HTML };
	result_open(&result, &sample_plugin, &settings);
	text_add(&result.target, "a.test");
	/* 2026-11-24 22:30 UTC, five and a half hours later in the day */
	result.made = (struct made){ .at = 1795559400, .utc_offset = 19800, .host = "watch<er>" };
}

static void close_result(void)
{
	result_release(&result);
	monitor_settings_release(&settings);
}

static void add(enum state state, const char *id, const char *stage, const char *subject, const char *words)
{
	struct text text = { 0 };

	text_add_foreign(&text, slice_of(words));
	result_add(&result, state, id, stage, subject, &text);
}

static char *render(void)
{
	struct text out = { 0 };

	result_judge(&result);
	output_render(&result, &out);
	return text_take(&out);
}

/* They stand in this order. */
static void check_order(const char *page, const char *const *words)
{
	const char *at = page;

	for (; *words != NULL; words++) {
		const char *found = strstr(at, *words);

		ck_assert_msg(found != NULL, "no %s behind ... %.80s", *words, at);
		at = found;
	}
}

START_TEST(the_verdict_its_cause_and_its_cure_stand_first)
{
	static const char *const order[] = {
		"<!DOCTYPE html>\n<html lang=\"en\">", "default-src 'none'; style-src 'unsafe-inline'",
		"name=\"viewport\"", "<title>CRITICAL: a.test - check_sample</title>", "<h1>", "CRITICAL", "a.test",
		"2026-11-25T04:00:00+05:30", "watch&lt;er&gt;",
		"First cause", "<strong>b</strong>: very &lt;bad&gt;", "What to do:", "be good", "https://read.example/",
		"What to do, in order", "<li>be good", "<li>mend it",
		"Checklist", "<h3>connect</h3>", "CRITICAL", "<h3>banner</h3>", "WARNING", "not so good", "OK", "is well",
		"Numbers", "<dt>listed</dt>", "</main>", "<footer>", "</html>\n", NULL,
	};
	char *page;

	add(STATE_OK, "fine", "banner", "a", "is well");
	add(STATE_WARNING, "broken", "banner", "a", "not so good");
	add(STATE_WARNING, "broken", "banner", "c", "nor is this");
	add(STATE_CRITICAL, "listed_there", "connect", "b", "very <bad>");
	result_measure_most(&result, "listed", 1, 2);
	page = render();
	check_order(page, order);
	ck_assert_ptr_null(strstr(page, "<bad>"));
	ck_assert_ptr_null(strcasestr(page, "<script"));
	free(page);
}
END_TEST

START_TEST(a_checklist_of_data_has_its_own_titles_and_evidence)
{
	static const char *const order[] = {
		"Nothing is wrong", "all is well", "<li id=\"stage-0\"><div class=\"row\"><h3>First &lt;1&gt;</h3>", "OK",
		"More of it stands with <a href=\"#stage-1\">Second</a>, from check_other",
		"<h3>Second</h3>", "NOT TESTED", "<h4>check_other", "WARNING", "what it says", "is ill", "mend",
		"All that was measured", "<dt>deep</dt>", NULL,
	};
	json_t *report = json_pack("{ss ss ss s[{ss ss ss ss ss}] s[] s{si}}", "plugin", "check_other", "state", "WARNING",
				   "summary", "what it says", "findings", "state", "WARNING", "reason", "broken", "stage",
				   "x", "text", "is ill", "fix", "mend", "perfdata", "data", "deep", 1);
	json_t *first = json_pack("{ss}", "plugin", "check_first");
	char *page;

	text_add(&result.good, "all is well");
	add(STATE_OK, "fine", "one", "one", "is well");
	result.data = json_pack("{s[{ss ss ss s[oO]} {ss ss ss s[o]}]}", "stages", "stage", "one", "title", "First <1>",
				"state", "OK", "reports", first, report, "stage", "two", "title", "Second", "state",
				"not tested", "reports", report);
	page = render();
	check_order(page, order);
	/* Once, and in the stage that it stands first in. */
	ck_assert_ptr_null(strstr(strstr(page, "<h4>check_other") + 1, "<h4>check_other"));
	free(page);
}
END_TEST

START_TEST(a_page_of_very_many_findings_stays_small)
{
	char *page;

	for (int i = 0; i < 65536; i++)
		add(STATE_WARNING, "broken", "stage", "x", "bad");
	result.data = json_array();
	for (int i = 0; i < 100000; i++)
		json_array_append_new(result.data, json_integer(i));
	result.data = json_pack("{so}", "targets", result.data);
	page = render();
	ck_assert_ptr_nonnull(strstr(page, "65036 more are left out"));
	ck_assert_ptr_nonnull(strstr(page, "95002 more are left out"));
	ck_assert_uint_lt(strlen(page), 1 << 20);
	free(page);
}
END_TEST

START_TEST(a_redacted_page_tells_nobody)
{
	char *page;

	result.made.host[0] = '\0';
	result.made.is_redacted = true;
	add(STATE_OK, "fine", "stage", "x", "good");
	page = render();
	ck_assert_ptr_nonnull(strstr(page, "(UTC+05:30)</time> by Mailpath"));
	ck_assert_ptr_nonnull(strstr(page, "replaced by placeholders"));
	free(page);
}
END_TEST

Suite *suite_html(void);
Suite *suite_html(void)
{
	Suite *suite = suite_create("html");
	TCase *pieces = tcase_create("pieces"), *page = tcase_create("page");

	ADD_TABLE(pieces, foreign_text_is_text, texts);
	ADD_TABLE(pieces, only_http_is_a_link, links);
	ADD_TABLE(pieces, any_value_is_a_list, values);
	tcase_add_test(pieces, deep_values_end);
	ADD_TABLE(pieces, a_bar_shows_where_a_number_alerts, numbers);
	tcase_add_test(pieces, a_number_without_a_measure_has_no_bar);
	suite_add_tcase(suite, pieces);
	tcase_add_checked_fixture(page, open_result, close_result);
	tcase_add_test(page, the_verdict_its_cause_and_its_cure_stand_first);
	tcase_add_test(page, a_checklist_of_data_has_its_own_titles_and_evidence);
	tcase_add_test(page, a_page_of_very_many_findings_stays_small);
	tcase_add_test(page, a_redacted_page_tells_nobody);
	suite_add_tcase(suite, page);
	return suite;
}
