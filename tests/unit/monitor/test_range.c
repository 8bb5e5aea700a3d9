/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "monitor/range.h"

#include "fakes/exact.h"
#include "unit.h"

static const struct {
	const char *text;
	enum unit unit;
	const char *printed;		/* NULL: no range */
	double alerts[2], silent[2];	/* values on either side */
} ranges[] = {
	/* the guidelines' own examples */
	{ "10", UNIT_NONE, "10", { -0.1, 10.1 }, { 0, 10 } },
	{ "10:", UNIT_NONE, "10:", { 9.9, -1 }, { 10, 1e9 } },
	{ "~:10", UNIT_NONE, "~:10", { 10.1, 1e9 }, { -1e9, 10 } },
	{ "10:20", UNIT_NONE, "10:20", { 9.9, 20.1 }, { 10, 20 } },
	{ "@10:20", UNIT_NONE, "@10:20", { 10, 20 }, { 9.9, 20.1 } },
	/* its corners */
	{ "0", UNIT_NONE, "0", { 1, -1 }, { 0, 0 } },
	{ "0:10", UNIT_NONE, "0:10", { -1, 11 }, { 0, 10 } },
	{ ":10", UNIT_NONE, "0:10", { -1, 11 }, { 0, 10 } },
	{ "~:", UNIT_NONE, "~:", { 0, 0 }, { -1e9, 1e9 } },
	{ "@0", UNIT_NONE, "@0", { 0, 0 }, { 1, -1 } },
	{ "@~:0", UNIT_NONE, "@~:0", { -1e9, 0 }, { 0.1, 7 } },
	{ "@10:", UNIT_NONE, "@10:", { 10, 1e9 }, { 9.9, -3 } },
	{ "@~:", UNIT_NONE, "@~:", { -1e9, 1e9 }, { 0, 0 } },
	{ ":", UNIT_NONE, "0:", { -1, -0.5 }, { 0, 1e9 } },
	{ "10:10", UNIT_NONE, "10:10", { 9, 11 }, { 10, 10 } },
	{ "-20:-10", UNIT_NONE, "-20:-10", { -21, -9 }, { -20, -10 } },
	{ "-5:5", UNIT_NONE, "-5:5", { -6, 6 }, { -5, 5 } },
	{ "0.5:1.5", UNIT_NONE, "0.5:1.5", { 0.4, 1.6 }, { 0.5, 1.5 } },
	{ "~:-1", UNIT_NONE, "~:-1", { 0, -0.5 }, { -1, -9 } },
	{ "1.50", UNIT_NONE, "1.5", { 1.6, -1 }, { 0, 1.5 } },
	{ "007", UNIT_NONE, "7", { 8, -1 }, { 0, 7 } },
	/* suffixes; the unit itself is printed */
	{ "500ms", UNIT_SECONDS, "0.5", { 0.6, -1 }, { 0, 0.5 } },
	{ "2s", UNIT_SECONDS, "2", { 2.1, -1 }, { 0, 2 } },
	{ "1m:2h", UNIT_SECONDS, "60:7200", { 59, 7201 }, { 60, 7200 } },
	{ "@1d:1w", UNIT_SECONDS, "@86400:604800", { 86400, 604800 }, { 86399, 604801 } },
	{ "~:90s", UNIT_SECONDS, "~:90", { 91, 1e9 }, { -1e9, 90 } },
	{ "1K", UNIT_BYTES, "1024", { 1025, -1 }, { 0, 1024 } },
	{ "10M:", UNIT_BYTES, "10485760:", { 10485759, 0 }, { 10485760, 1e12 } },
	{ "1G:2G", UNIT_BYTES, "1073741824:2147483648", { 1, 3e9 }, { 1073741824, 2147483648.0 } },
	{ "80%", UNIT_PERCENT, "80", { 81, -1 }, { 0, 80 } },
	/* no ranges */
	{ "", UNIT_NONE, NULL, { 0 }, { 0 } },
	{ "@", UNIT_NONE, NULL, { 0 }, { 0 } },
	{ "~", UNIT_NONE, NULL, { 0 }, { 0 } },
	{ "10:~", UNIT_NONE, NULL, { 0 }, { 0 } },
	{ "20:10", UNIT_NONE, NULL, { 0 }, { 0 } },
	{ "-5", UNIT_NONE, NULL, { 0 }, { 0 } },	/* 0:-5 */
	{ "@20:10", UNIT_NONE, NULL, { 0 }, { 0 } },
	{ "1:2:3", UNIT_NONE, NULL, { 0 }, { 0 } },
	{ "@@1", UNIT_NONE, NULL, { 0 }, { 0 } },
	{ "1@", UNIT_NONE, NULL, { 0 }, { 0 } },
	{ "10-20", UNIT_NONE, NULL, { 0 }, { 0 } },
	{ "1,5", UNIT_NONE, NULL, { 0 }, { 0 } },
	{ "a", UNIT_NONE, NULL, { 0 }, { 0 } },
	{ "1e3", UNIT_NONE, NULL, { 0 }, { 0 } },
	{ "0x10", UNIT_NONE, NULL, { 0 }, { 0 } },
	{ "inf", UNIT_NONE, NULL, { 0 }, { 0 } },
	{ "nan:", UNIT_NONE, NULL, { 0 }, { 0 } },
	{ " 10", UNIT_NONE, NULL, { 0 }, { 0 } },
	{ "10 ", UNIT_NONE, NULL, { 0 }, { 0 } },
	{ "10: 20", UNIT_NONE, NULL, { 0 }, { 0 } },
	{ "5s", UNIT_NONE, NULL, { 0 }, { 0 } },
	{ "5K", UNIT_SECONDS, NULL, { 0 }, { 0 } },
	{ "5m", UNIT_BYTES, NULL, { 0 }, { 0 } },
	{ "5ms5", UNIT_SECONDS, NULL, { 0 }, { 0 } },
	{ "5sm", UNIT_SECONDS, NULL, { 0 }, { 0 } },
	{ "--5:", UNIT_NONE, NULL, { 0 }, { 0 } },
	{ "+5", UNIT_NONE, NULL, { 0 }, { 0 } },
	{ "5%", UNIT_NONE, NULL, { 0 }, { 0 } },
	{ "1;2", UNIT_NONE, NULL, { 0 }, { 0 } },
	{ "99999999999999999999", UNIT_NONE, NULL, { 0 }, { 0 } },
};

START_TEST(alerts_as_the_guidelines_say)
{
	struct slice s = exact_text(ranges[_i].text);
	struct text printed = { 0 };
	struct range range;

	ck_assert_msg(range_parse(s, ranges[_i].unit, &range) == (ranges[_i].printed != NULL), "%s",
		      ranges[_i].text);
	exact_free(s);
	if (ranges[_i].printed == NULL)
		return;
	range_print(&printed, &range);
	ck_assert_str_eq(text_str(&printed), ranges[_i].printed);
	text_release(&printed);
	for (int side = 0; side < 2; side++) {
		/* Two open ends never alert, with '@' always. */
		if (strcmp(ranges[_i].text, "~:") != 0)
			ck_assert(range_alerts(&range, ranges[_i].alerts[side]));
		if (strcmp(ranges[_i].text, "@~:") != 0)
			ck_assert(!range_alerts(&range, ranges[_i].silent[side]));
	}
}
END_TEST

Suite *suite_range(void);
Suite *suite_range(void)
{
	Suite *suite = suite_create("range");
	TCase *tcase = tcase_create("range");

	ADD_TABLE(tcase, alerts_as_the_guidelines_say, ranges);
	suite_add_tcase(suite, tcase);
	return suite;
}
