/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "mail/dmarc_find.h"

#include <stdio.h>
#include <string.h>

#include "base/dns_rounds.h"
#include "fakes/zone.h"
#include "unit.h"

/* The cases stand in tests/data/dmarc.tsv, which says what its lines mean. */

enum { CASES = 200, ROWS = 12 };

static struct row {
	const char *title, *ask, *want;
	struct zone_row zone[ROWS + 1];
} cases[CASES];
static int case_count;
static char bytes[64 * 1024];

/* Before the tests run, whose number is that of the cases. */
static void need(bool is_good, const char *what)
{
	if (is_good)
		return;
	fprintf(stderr, "tests/data/dmarc.tsv, case %d: %s\n", case_count, what);
	exit(1);
}

static const struct {
	const char *word;
	enum dns_type type;
} types[] = {
	{ "A", DNS_A },		{ "AAAA", DNS_AAAA },	{ "MX", DNS_MX },
	{ "TXT", DNS_TXT },	{ "CNAME", DNS_CNAME },
};

static void add_row(struct row *row, char *line)
{
	struct zone_row *to = row->zone;
	const char *type;
	size_t i = 0;

	while (to->name != NULL)
		to++;
	need(to < row->zone + ROWS, "too many rows");
	to->name = strsep(&line, "\t");
	type = strsep(&line, "\t");
	while (i < COUNT(types) && strcmp(types[i].word, type) != 0)
		i++;
	need(i < COUNT(types), type);
	to->type = types[i].type;
	to->data = line;
	if (strcmp(line, "SERVFAIL") == 0)
		to->data = ZONE_SERVFAIL;
	else if (strcmp(line, "SILENCE") == 0)
		to->data = ZONE_TIMEOUT;
}

static void read_cases(void)
{
	const char *srcdir = getenv("srcdir");
	char path[4096], *rest = bytes, *line;
	struct row *row = NULL;
	FILE *file;

	snprintf(path, sizeof path, "%s/tests/data/dmarc.tsv", srcdir != NULL ? srcdir : ".");
	file = fopen(path, "r");
	need(file != NULL, path);
	bytes[fread(bytes, 1, sizeof bytes - 1, file)] = '\0';
	need(feof(file), "too long");
	fclose(file);
	while ((line = strsep(&rest, "\n")) != NULL) {
		char *word = strsep(&line, "\t");

		if (line == NULL || *word == '#')
			continue;
		if (strcmp(word, "case") == 0) {
			need(case_count < CASES, "too many cases");
			row = &cases[case_count++];
			row->title = line;
		} else if (strcmp(word, "rr") == 0) {
			add_row(row, line);
		} else if (strcmp(word, "ask") == 0) {
			row->ask = line;
		} else {
			need(strcmp(word, "want") == 0, word);
			row->want = line;
		}
	}
}

/* ---- asking as the case says */

static const struct domain *read_domain(const char *ask, const char *key, struct domain *domain)
{
	const char *found = *key == '\0' ? ask : strstr(ask, key);
	struct fault fault;

	if (found == NULL)
		return NULL;
	found += strlen(key);
	ck_assert(domain_parse((struct slice){ found, strcspn(found, " ") }, domain, &fault));
	return domain;
}

static void find(const struct row *row, struct resolver *resolver, struct dmarc_report *report)
{
	struct domain author, spf, dkim;

	dmarc_find(read_domain(row->ask, "", &author), read_domain(row->ask, " spf=", &spf),
		   read_domain(row->ask, " dkim=", &dkim), resolver, report);
}

/* ---- what came of it, in the words of the table */

static const char *outcome_word(enum dmarc_outcome outcome)
{
	switch (outcome) {
	case DMARC_UNKNOWN: return "unknown";
	case DMARC_MISSING: return "missing";
	case DMARC_UNUSABLE: return "unusable";
	case DMARC_APPLIES: return "applies";
	}
	return NULL;
}

static const char *effective_word(const struct dmarc_verdict *verdict)
{
	return verdict->outcome == DMARC_APPLIES ? dmarc_policy_word(verdict->effective) : "-";
}

static const char *aligned_word(const struct dmarc_alignment *alignment)
{
	if (!alignment->is_given)
		return "-";
	return alignment->is_temporary ? "unknown" : alignment->is_aligned ? "yes" : "no";
}

static const char *authorised_word(enum dmarc_authorisation authorisation)
{
	switch (authorisation) {
	case DMARC_OWN: return "own";
	case DMARC_AUTHORISED: return "yes";
	case DMARC_NOT_AUTHORISED: return "no";
	case DMARC_AUTHORISATION_UNKNOWN: return "unknown";
	}
	return NULL;
}

static void print_reports(const struct dmarc_report *report, char *to, size_t size)
{
	size_t len = 0;

	snprintf(to, size, "-");
	for (size_t i = 0; i < report->destination_count; i++)
		len += (size_t)snprintf(to + len, size - len, "%s%s:%s", i > 0 ? "," : "",
					report->destinations[i].host.text,
					authorised_word(report->destinations[i].authorisation));
}

static void check(const struct row *row, const struct dmarc_report *report)
{
	const struct dmarc_verdict *verdict = &report->verdict;
	const struct domain *at = dmarc_report_policy_domain(report);
	char walk[8], reports[1024], words[1024];
	const struct {
		const char *key, *value;
	} have[] = {
		{ "outcome", outcome_word(verdict->outcome) },
		{ "at", at != NULL ? at->text : "-" },
		{ "org", report->walk.is_temporary ? "-" : report->walk.organizational.text },
		{ "policy", dmarc_policy_word(verdict->policy) },
		{ "tag", verdict->tag },
		{ "effective", effective_word(verdict) },
		{ "old", effective_word(&report->legacy) },
		{ "differ", dmarc_receivers_differ(report) ? "yes" : "no" },
		{ "walk", walk },
		{ "spf", aligned_word(&report->spf) },
		{ "dkim", aligned_word(&report->dkim) },
		{ "reports", reports },
	};
	char *rest = words, *word;

	snprintf(walk, sizeof walk, "%zu", report->walk.length);
	print_reports(report, reports, sizeof reports);
	snprintf(words, sizeof words, "%s", row->want);
	while ((word = strsep(&rest, " ")) != NULL) {
		const char *key = strsep(&word, "=");
		size_t i = 0;

		if (strcmp(key, "says") == 0)
			continue;	/* of the plugin */
		while (i < COUNT(have) && strcmp(have[i].key, key) != 0)
			i++;
		ck_assert_msg(i < COUNT(have), "%s: %s?", row->title, key);
		ck_assert_msg(have[i].value != NULL && strcmp(have[i].value, word) == 0,
			      "%s: %s is %s, not %s", row->title, key, have[i].value, word);
	}
}

START_TEST(finds_what_the_table_says)
{
	struct dmarc_report *report = calloc(1, sizeof *report);
	struct zone zone;

	zone_open(&zone, cases[_i].zone);
	find(&cases[_i], &zone.resolver, report);
	check(&cases[_i], report);
	/* The walks, and then where reports go: never more waits than that. */
	ck_assert_uint_le(zone.batches, 2);
	dmarc_release(report);
	dmarc_release(report);
	free(report);
}
END_TEST

/* In rounds it comes to the same, and does not read what it does not know. */
START_TEST(finds_the_same_in_rounds)
{
	struct dmarc_report *report = calloc(1, sizeof *report);
	struct dns_rounds rounds;
	struct zone zone;

	zone_open(&zone, cases[_i].zone);
	dns_rounds_open(&rounds, &zone.resolver);
	do {
		dmarc_release(report);
		find(&cases[_i], &rounds.resolver, report);
		if (rounds.rounds == 0)
			ck_assert_int_eq(report->verdict.outcome, DMARC_UNKNOWN);
	} while (dns_rounds_ask(&rounds));
	check(&cases[_i], report);
	ck_assert_uint_le(rounds.rounds, 2);
	dmarc_release(report);
	dns_rounds_release(&rounds);
	free(report);
}
END_TEST

/* specs of RFC 9989 4.10: these names, in this order, and no others. */
START_TEST(asks_eight_questions_at_most)
{
	static const char *const names[] = {
		"a.b.c.d.e.f.g.h.i.j.mail.example.com", "g.h.i.j.mail.example.com",
		"h.i.j.mail.example.com", "i.j.mail.example.com", "j.mail.example.com",
		"mail.example.com", "example.com", "com",
	};
	static const struct zone_row nothing[] = { { NULL } };
	struct dmarc_report *report = calloc(1, sizeof *report);
	struct fault fault;
	struct domain author;
	struct zone zone;

	ck_assert(domain_parse(slice_of(names[0]), &author, &fault));
	zone_open(&zone, nothing);
	dmarc_find(&author, NULL, NULL, &zone.resolver, report);
	ck_assert_uint_eq(report->walk.count, COUNT(names));
	for (size_t i = 0; i < COUNT(names); i++)
		ck_assert_str_eq(report->walk.steps[i].domain.text, names[i]);
	ck_assert_uint_eq(zone.asked, 9);	/* and whether the author's exists */
	ck_assert_uint_eq(zone.batches, 1);
	dmarc_release(report);
	free(report);
}
END_TEST

/* A name so long that _dmarc does not fit before it can have no record; its
 * ancestors can. */
START_TEST(does_not_ask_about_what_cannot_be)
{
	static const struct zone_row rows[] = {
		{ "_dmarc.example.test", DNS_TXT, "v=DMARC1; p=reject" },
		{ NULL },
	};
	struct dmarc_report *report = calloc(1, sizeof *report);
	struct domain author = { "" };
	struct zone zone;

	for (int i = 0; i < 4; i++)
		snprintf(author.text + i * 59, sizeof author.text - (size_t)i * 59, "%058d.", i);
	strcat(author.text, "example.test");
	ck_assert_uint_eq(strlen(author.text), 248);
	zone_open(&zone, rows);
	dmarc_find(&author, NULL, NULL, &zone.resolver, report);
	ck_assert_int_eq(report->walk.steps[0].question.status, DNS_NXDOMAIN);
	ck_assert_int_eq(report->verdict.effective, DMARC_REJECT);
	dmarc_release(report);
	free(report);
}
END_TEST

/* Eight destinations are looked at, and it is said that there are more. */
START_TEST(bounds_the_destinations)
{
	struct dmarc_report *report = calloc(1, sizeof *report);
	struct zone_row rows[] = { { "_dmarc.example.test", DNS_TXT, NULL }, { NULL } };
	struct domain author = { "example.test" };
	struct text record = { 0 };
	struct zone zone;

	text_add(&record, "v=DMARC1; p=none; rua=mailto:d@a0.test");
	for (int i = 0; i < 9; i++)
		text_add(&record, ",mailto:d@a%d.test", i);
	rows[0].data = text_str(&record);
	zone_open(&zone, rows);
	dmarc_find(&author, NULL, NULL, &zone.resolver, report);
	ck_assert_uint_eq(report->destination_count, DMARC_DESTINATIONS);
	ck_assert(report->has_more_destinations);
	ck_assert_uint_eq(zone.batches, 2);
	dmarc_release(report);
	text_release(&record);
	free(report);
}
END_TEST

Suite *suite_dmarc_find(void);
Suite *suite_dmarc_find(void)
{
	Suite *suite = suite_create("dmarc_find");
	TCase *tcase = tcase_create("dmarc_find");

	read_cases();
	tcase_add_loop_test(tcase, finds_what_the_table_says, 0, case_count);
	tcase_add_loop_test(tcase, finds_the_same_in_rounds, 0, case_count);
	tcase_add_test(tcase, asks_eight_questions_at_most);
	tcase_add_test(tcase, does_not_ask_about_what_cannot_be);
	tcase_add_test(tcase, bounds_the_destinations);
	suite_add_tcase(suite, tcase);
	return suite;
}
