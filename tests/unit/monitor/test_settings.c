/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "monitor/settings.h"

#include "sample.h"
#include "unit.h"

static const struct {
	const char *word;
	int row;			/* -1: wrong */
	const char *subject;		/* or NULL */
	double high;
} thresholds[] = {
	{ "7", 0, NULL, 7 },		/* the main metric */
	{ "listed=3", 0, NULL, 3 },
	{ "age=2h", 3, NULL, 7200 },
	{ "size=4K", 4, NULL, 4096 },
	{ "bits sel1=9", 2, "sel1", 9 },
	{ "bits a=b=9", 2, "a=b", 9 },
	{ "bits =9", -1, NULL, 0 },
	{ "listed foo=9", -1, NULL, 0 },	/* there are no subjects */
	{ "age=4K", -1, NULL, 0 },
	{ "age=", -1, NULL, 0 },
	{ "nothing=1", -1, NULL, 0 },
	{ "liste=1", -1, NULL, 0 },
	{ "listedx=1", -1, NULL, 0 },
	{ "=1", -1, NULL, 0 },
	{ "", -1, NULL, 0 },
	{ "listed", -1, NULL, 0 },
};

START_TEST(finds_the_metric_of_a_threshold)
{
	struct threshold threshold;
	struct fault fault;
	bool good = threshold_parse(thresholds[_i].word, sample_metrics, &threshold, &fault);

	ck_assert_int_eq(good, thresholds[_i].row >= 0);
	if (!good)
		return;
	ck_assert_uint_eq(threshold.row, (size_t)thresholds[_i].row);
	ck_assert_double_eq(threshold.range.high, thresholds[_i].high);
	if (thresholds[_i].subject != NULL)
		ck_assert(slice_is(threshold.subject, thresholds[_i].subject));
	else
		ck_assert_ptr_null(threshold.subject.at);
}
END_TEST

static const struct {
	const char *option, *word, *fault;	/* NULL: it is right */
} words[] = {
	{ "state-for", "broken=warning", NULL },
	{ "state-for", "broken=OK", NULL },
	{ "state-for", "broken=2", NULL },
	{ "state-for", "broken", "--state-for: broken is not REASON=STATE" },
	{ "state-for", "broken=bad", "--state-for: bad is not ok, warning, critical or unknown" },
	{ "state-for", "brokn=ok", "--state-for: brokn is no reason (see --list-reasons)" },
	{ "ignore", "broken", NULL },
	{ "ignore", "broken:bl.test", NULL },
	{ "ignore", "broken:2001:db8::1", NULL },
	{ "ignore", "broken:", "--ignore: broken: has no subject behind the :" },
	{ "ignore", "brokn", "--ignore: brokn is no reason (see --list-reasons)" },
	{ "warning", "x=1", "--warning: x is no metric of this plugin" },
	{ "critical", "age=x", "--critical: age=x is no range for age" },
};

START_TEST(says_which_option_is_wrong)
{
	struct monitor_settings settings = { .verbosity = 0 };
	struct fault fault = { .text = "" };
	const char *option = words[_i].option;
	struct words *list = strcmp(option, "state-for") == 0 ? &settings.state_for
			     : strcmp(option, "ignore") == 0  ? &settings.ignore
			     : strcmp(option, "warning") == 0 ? &settings.warning
							       : &settings.critical;

	ck_assert(words_add(list, words[_i].word));
	ck_assert_int_eq(monitor_settings_check(&settings, &sample_plugin, &fault),
			 words[_i].fault == NULL);
	ck_assert_str_eq(fault.text, words[_i].fault != NULL ? words[_i].fault : "");
	monitor_settings_release(&settings);
}
END_TEST

Suite *suite_settings(void);
Suite *suite_settings(void)
{
	Suite *suite = suite_create("settings");
	TCase *tcase = tcase_create("settings");

	ADD_TABLE(tcase, finds_the_metric_of_a_threshold, thresholds);
	ADD_TABLE(tcase, says_which_option_is_wrong, words);
	suite_add_tcase(suite, tcase);
	return suite;
}
