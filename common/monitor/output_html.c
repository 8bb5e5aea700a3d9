/* SPDX-License-Identifier: GPL-3.0-or-later */
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "monitor/html.h"
#include "monitor/output.h"

/* A page to look at, to print and to send: what the JSON output holds, made readable. So
 * what other plugins said (check_mailpath's data has their JSON) is shown by the same code
 * as what this one says. */

enum {
	FINDINGS_MAX = 500,	/* of one report; the worst are first, or the first in order */
	VALUES_MAX = 5000,	/* of one report's data */
	STEPS_MAX = 50,
	TEXT_MAX = 4000,
};

/* How a state is shown: never by its colour alone. */
static const struct {
	const char *word, *class, *mark;
} looks[] = {
	[STATE_OK] = { "OK", "is-ok", "\u2713" },
	[STATE_WARNING] = { "WARNING", "is-warning", "!" },
	[STATE_CRITICAL] = { "CRITICAL", "is-critical", "\u2715" },
	[STATE_UNKNOWN] = { "UNKNOWN", "is-unknown", "?" },
	[STATE_UNKNOWN + 1] = { "NOT TESTED", "is-untested", "\u2013" },
};
enum { LOOK_UNTESTED = STATE_UNKNOWN + 1, LOOKS };

struct page {
	struct text *out;
	const struct result *result;
	json_t *whole;
};

static const char *member(const json_t *object, const char *key)
{
	const char *value = json_string_value(json_object_get(object, key));

	return value != NULL ? value : "";
}

static enum state state_of(const json_t *object)
{
	enum state state;

	return state_parse(slice_of(member(object, "state")), &state) ? state : STATE_UNKNOWN;
}

/* "this was not tested" is said of a whole stage; its findings are OK. */
static size_t look_of(const json_t *object)
{
	if (strcmp(member(object, "state"), "not tested") == 0 ||
	    strcmp(member(object, "reason"), "stage_not_tested") == 0)
		return LOOK_UNTESTED;
	return state_of(object);
}

static void add_state(struct text *out, size_t look)
{
	text_add(out, "<span class=\"state %s\"><span class=\"mark\" aria-hidden=\"true\">%s</span> %s</span>",
		 looks[look].class, looks[look].mark, looks[look].word);
}

/* Has one before it in the list the same member? */
static bool was_before(const json_t *list, size_t place, const char *key)
{
	const char *value = member(json_array_get(list, place), key);

	for (size_t i = 0; i < place; i++) {
		if (strcmp(member(json_array_get(list, i), key), value) == 0)
			return true;
	}
	return false;
}

/* ---- findings ---- */

static void add_cure(struct text *out, const json_t *finding)
{
	if (member(finding, "fix")[0] == '\0')
		return;
	text_add(out, "<p class=\"cure\"><b>What to do:</b> ");
	html_add_member(out, finding, "fix", TEXT_MAX);
	text_add(out, "</p>");
}

static void add_reading(struct text *out, const json_t *finding)
{
	if (member(finding, "url")[0] == '\0')
		return;
	text_add(out, "<p class=\"quiet\">Read on: ");
	html_add_link(out, member(finding, "url"));
	text_add(out, "</p>");
}

/* Its subject, where that tells more than the stage. */
static void add_claim(struct text *out, const json_t *finding)
{
	if (strcmp(member(finding, "subject"), member(finding, "stage")) != 0) {
		text_add(out, "<strong>");
		html_add_member(out, finding, "subject", TEXT_MAX);
		text_add(out, "</strong>: ");
	}
	html_add_member(out, finding, "text", TEXT_MAX);
}

/* Its state and reason, but for a note on the stage as a whole, whose state is in its headline. */
static void add_finding(struct text *out, const json_t *finding, size_t shown_look)
{
	size_t look = look_of(finding);
	bool is_about_stage = strcmp(member(finding, "subject"), member(finding, "stage")) == 0;

	text_add(out, "<li>");
	if (!is_about_stage || (look != shown_look && look != STATE_OK)) {
		text_add(out, "<p>");
		add_state(out, look);
		text_add(out, " <span class=\"id\">");
		html_add_member(out, finding, "reason", TEXT_MAX);
		text_add(out, "</span></p>");
	}
	text_add(out, "<p>");
	add_claim(out, finding);
	text_add(out, "</p>");
	if (look != STATE_OK) {
		add_cure(out, finding);
		add_reading(out, finding);
	}
	text_add(out, "</li>");
}

/* Those of a stage, whose look is shown already, or all of them (NULL). */
static void add_findings(struct text *out, const json_t *findings, const char *stage, size_t shown_look)
{
	size_t i, shown = 0, left = 0;
	json_t *finding;

	json_array_foreach(findings, i, finding) {
		if (stage != NULL && strcmp(member(finding, "stage"), stage) != 0)
			continue;
		if (shown == FINDINGS_MAX) {
			left++;
			continue;
		}
		text_add(out, shown++ == 0 ? "<ul class=\"findings\">" : "");
		add_finding(out, finding, shown_look);
	}
	text_add(out, shown > 0 ? "</ul>" : "");
	if (left > 0)
		text_add(out, "<p class=\"none\">%zu more are left out; the JSON output has all of them.</p>",
			 left);
}

/* ---- numbers and data ---- */

static void add_numbers(struct text *out, const json_t *perfdata)
{
	json_t *item;
	size_t i;

	text_add(out, "<dl class=\"numbers\">");
	json_array_foreach(perfdata, i, item) {
		if (i == FINDINGS_MAX)
			break;
		html_add_number(out, item);
	}
	text_add(out, "</dl>");
	if (json_array_size(perfdata) > FINDINGS_MAX)
		text_add(out, "<p class=\"none\">%zu more are left out.</p>",
			 json_array_size(perfdata) - FINDINGS_MAX);
}

static void add_data(struct text *out, const json_t *data)
{
	size_t room = VALUES_MAX;

	if (json_object_size(data) == 0)
		return;
	text_add(out, "<details><summary>All that was measured</summary><div class=\"data\">");
	html_add_json(out, data, &room);
	text_add(out, "</div></details>");
}

/* ---- what other plugins said ---- */

static const json_t *stages_of(const struct page *page)
{
	return json_object_get(json_object_get(page->whole, "data"), "stages");
}

/* The stage, by its place, that shows a report which several are made of: the first that it
 * stands first in, else the first that has it. */
static size_t home_of(const struct page *page, const json_t *report)
{
	size_t s, i, home = json_array_size(stages_of(page));
	json_t *stage, *other;

	json_array_foreach(stages_of(page), s, stage) {
		json_array_foreach(json_object_get(stage, "reports"), i, other) {
			if (other != report)
				continue;
			if (i == 0)
				return s;
			home = s < home ? s : home;
		}
	}
	return home;
}

static void add_report(struct page *page, const json_t *report)
{
	struct text *out = page->out;

	text_add(out, "<h4>");
	html_add_member(out, report, "plugin", TEXT_MAX);
	text_add(out, " ");
	add_state(out, state_of(report));
	text_add(out, "</h4><p>");
	html_add_member(out, report, "summary", TEXT_MAX);
	text_add(out, "</p>");
	add_findings(out, json_object_get(report, "findings"), NULL, LOOKS);
	add_numbers(out, json_object_get(report, "perfdata"));
	add_data(out, json_object_get(report, "data"));
}

static void add_pointer(struct page *page, const json_t *report, size_t home)
{
	text_add(page->out, "<p>More of it stands with <a href=\"#stage-%zu\">", home);
	html_add_member(page->out, json_array_get(stages_of(page), home), "title", TEXT_MAX);
	text_add(page->out, "</a>, from ");
	html_add_member(page->out, report, "plugin", TEXT_MAX);
	text_add(page->out, ": ");
	html_add_member(page->out, report, "summary", TEXT_MAX);
	text_add(page->out, "</p>");
}

static void add_evidence(struct page *page, size_t place, const json_t *reports)
{
	json_t *report;
	size_t i;

	if (json_array_size(reports) == 0)
		return;
	text_add(page->out, "<details><summary>Evidence from ");
	json_array_foreach(reports, i, report) {
		if (was_before(reports, i, "plugin"))
			continue;
		text_add(page->out, i > 0 ? ", " : "");
		html_add_member(page->out, report, "plugin", TEXT_MAX);
	}
	text_add(page->out, "</summary><div class=\"evidence\">"
			    "<p class=\"quiet\">What each plugin says on its own; the verdict above weighs it.</p>");
	json_array_foreach(reports, i, report) {
		size_t home = home_of(page, report);

		if (home == place)
			add_report(page, report);
		else
			add_pointer(page, report, home);
	}
	text_add(page->out, "</div></details>");
}

/* ---- the checklist ---- */

static void add_stage(struct page *page, size_t place, const char *stage, const char *title, size_t look,
		      const json_t *reports)
{
	text_add(page->out, "<li id=\"stage-%zu\"><div class=\"row\"><h3>", place);
	html_add_text(page->out, slice_of(title), TEXT_MAX);
	text_add(page->out, "</h3>");
	add_state(page->out, look);
	text_add(page->out, "</div><div class=\"under\">");
	add_findings(page->out, json_object_get(page->whole, "findings"), stage, look);
	add_evidence(page, place, reports);
	text_add(page->out, "</div></li>\n");
}

static size_t worst_of(const json_t *findings, const char *stage)
{
	enum state worst = STATE_OK;
	json_t *finding;
	size_t i;

	json_array_foreach(findings, i, finding) {
		if (strcmp(member(finding, "stage"), stage) == 0 &&
		    state_rank(state_of(finding)) > state_rank(worst))
			worst = state_of(finding);
	}
	return worst;
}

/* What a stage is called in the plugin's data; NULL: it is not there. */
static const char *title_of(const struct page *page, const char *stage)
{
	json_t *entry;
	size_t i;

	json_array_foreach(stages_of(page), i, entry) {
		if (strcmp(member(entry, "stage"), stage) == 0)
			return member(entry, "title");
	}
	return NULL;
}

/* The stages that a plugin's data tells of, with their reports; then those that its
 * findings name besides. */
static void add_checklist(struct page *page)
{
	const json_t *findings = json_object_get(page->whole, "findings"), *stages = stages_of(page);
	size_t i, count = json_array_size(stages);
	json_t *entry;

	text_add(page->out, "<section aria-labelledby=\"checklist\"><h2 id=\"checklist\">Checklist</h2>"
			    "<ol class=\"checklist\">\n");
	json_array_foreach(stages, i, entry)
		add_stage(page, i, member(entry, "stage"), member(entry, "title"), look_of(entry),
			  json_object_get(entry, "reports"));
	json_array_foreach(findings, i, entry) {
		const char *stage = member(entry, "stage");

		if (!was_before(findings, i, "stage") && title_of(page, stage) == NULL)
			add_stage(page, count++, stage, stage, worst_of(findings, stage), NULL);
	}
	text_add(page->out, "</ol></section>\n");
}

/* ---- the top ---- */

static const json_t *worst_finding(const json_t *findings)
{
	const json_t *worst = NULL;
	json_t *finding;
	size_t i;

	json_array_foreach(findings, i, finding) {
		if (worst == NULL || state_rank(state_of(finding)) > state_rank(state_of(worst)))
			worst = finding;
	}
	return worst;
}

static void add_first_cause(struct page *page)
{
	static const char *const titles[] = {
		[STATE_OK] = "Nothing is wrong", [STATE_WARNING] = "First cause",
		[STATE_CRITICAL] = "First cause", [STATE_UNKNOWN] = "What could not be found out",
	};
	const json_t *finding = worst_finding(json_object_get(page->whole, "findings"));
	enum state state = state_of(page->whole);
	struct text *out = page->out;
	const char *title;

	text_add(out, "<section class=\"first %s\" aria-labelledby=\"first\"><h2 id=\"first\">%s</h2><p>",
		 looks[state].class, titles[state]);
	if (state == STATE_OK || finding == NULL) {
		html_add_member(out, page->whole, "summary", TEXT_MAX);
		text_add(out, "</p></section>\n");
		return;
	}
	title = title_of(page, member(finding, "stage"));
	html_add_text(out, slice_of(title != NULL ? title : member(finding, "stage")), TEXT_MAX);
	text_add(out, ": ");
	add_claim(out, finding);
	text_add(out, "</p>");
	add_cure(out, finding);
	add_reading(out, finding);
	text_add(out, "</section>\n");
}

/* Each cure once, in the order in which the findings stand. */
static void add_steps(struct page *page)
{
	const json_t *findings = json_object_get(page->whole, "findings");
	size_t i, places[STEPS_MAX], count = 0;
	json_t *finding;

	json_array_foreach(findings, i, finding) {
		size_t same = 0;

		if (state_of(finding) == STATE_OK || member(finding, "fix")[0] == '\0')
			continue;
		while (same < count && strcmp(member(json_array_get(findings, places[same]), "fix"),
					      member(finding, "fix")) != 0)
			same++;
		if (same < count)
			continue;
		if (count == STEPS_MAX)
			break;
		places[count++] = i;
	}
	if (count < 2)
		return;
	text_add(page->out, "<section aria-labelledby=\"steps\"><h2 id=\"steps\">What to do, in order</h2>"
			    "<ol class=\"steps\">\n");
	for (size_t step = 0; step < count; step++) {
		text_add(page->out, "<li>");
		html_add_member(page->out, json_array_get(findings, places[step]), "fix", TEXT_MAX);
		text_add(page->out, "</li>\n");
	}
	text_add(page->out, "</ol></section>\n");
}

static void add_made(struct page *page)
{
	const struct made *made = &page->result->made;
	time_t local = (time_t)(made->at + made->utc_offset);
	long minutes = labs(made->utc_offset) / 60;
	char day[64] = "", time[64] = "", zone[32];
	struct tm tm;

	snprintf(zone, sizeof zone, "%c%02ld:%02ld", made->utc_offset < 0 ? '-' : '+', minutes / 60, minutes % 60);
	if (gmtime_r(&local, &tm) != NULL) {
		strftime(day, sizeof day, "%Y-%m-%d", &tm);
		strftime(time, sizeof time, "%H:%M:%S", &tm);
	}
	text_add(page->out, "<p class=\"made\">Made <time datetime=\"%sT%s%s\">%s, %s (UTC%s)</time>", day, time,
		 zone, day, time, zone);
	if (made->host[0] != '\0') {
		text_add(page->out, " on ");
		html_add_text(page->out, slice_of(made->host), sizeof made->host);
	}
	text_add(page->out, " by Mailpath ");
	html_add_member(page->out, page->whole, "version", TEXT_MAX);
	text_add(page->out, ", in %.1f s.</p>", page->result->duration);
}

static void add_head(struct page *page)
{
	struct text *out = page->out;
	enum state state = state_of(page->whole);
	const char *target = member(page->whole, "target");

	text_add(out, "<!DOCTYPE html>\n<html lang=\"en\">\n<head>\n<meta charset=\"utf-8\">\n"
		      "<meta http-equiv=\"Content-Security-Policy\" "
		      "content=\"default-src 'none'; style-src 'unsafe-inline'\">\n"
		      "<meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">\n"
		      "<meta name=\"color-scheme\" content=\"light dark\">\n"
		      "<meta name=\"referrer\" content=\"no-referrer\">\n<title>%s", looks[state].word);
	if (*target != '\0')
		text_add(out, ": ");
	html_add_text(out, slice_of(target), TEXT_MAX);
	text_add(out, " - %s</title>\n<style>\n%s</style>\n</head>\n<body>\n<header>\n", page->result->plugin->name,
		 html_style);
	text_add(out, "<p class=\"what\">%s: ", page->result->plugin->name);
	html_add_text(out, slice_of(page->result->plugin->purpose), TEXT_MAX);
	text_add(out, "</p>\n<h1>");
	add_state(out, state);
	text_add(out, " ");
	html_add_text(out, slice_of(*target != '\0' ? target : page->result->plugin->service), TEXT_MAX);
	text_add(out, "</h1>\n");
	add_made(page);
	text_add(out, "</header>\n<main>\n");
}

static void add_foot(const struct page *page)
{
	struct text *out = page->out;

	text_add(out, "</main>\n<footer>\n"
		      "<p>CRITICAL: mail is ill. WARNING: something is not as it should be. UNKNOWN: it could not be "
		      "found out, which says nothing about the mail. OK: an answer came, was understood, and is "
		      "good.</p>\n%s"
		      "<p>This page is one file: it runs nothing and fetches nothing.</p>\n"
		      "</footer>\n</body>\n</html>\n",
		 page->result->made.is_redacted ?
		 "<p>Addresses, names and paths are replaced by placeholders; the same placeholder stands for the "
		 "same thing.</p>\n" : "");
}

void output_html(const struct result *result, struct text *out)
{
	struct page page = { .out = out, .result = result, .whole = output_whole_json(result) };

	if (page.whole == NULL) {
		out->failed = true;
		return;
	}
	add_head(&page);
	add_first_cause(&page);
	add_steps(&page);
	add_checklist(&page);
	text_add(out, "<section aria-labelledby=\"numbers\"><h2 id=\"numbers\">Numbers</h2>");
	add_numbers(out, json_object_get(page.whole, "perfdata"));
	text_add(out, "</section>\n");
	if (stages_of(&page) == NULL)
		add_data(out, json_object_get(page.whole, "data"));
	add_foot(&page);
	json_decref(page.whole);
}
