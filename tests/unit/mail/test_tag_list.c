/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "mail/tag_list.h"

#include <stdio.h>

#include "fakes/exact.h"
#include "unit.h"

/* What comes out, each tag as (name=value), a bad one as !piece!. */
static const struct {
	const char *list, *tags;
} lists[] = {
	{ "v=DMARC1; p=none", "(v=DMARC1)(p=none)" },
	{ "v=DMARC1;p=none;", "(v=DMARC1)(p=none)" },		/* RFC 6376 3.2: it may end in ';' */
	{ "v=DMARC1", "(v=DMARC1)" },
	{ " v = DKIM1 ; p = a b\t c ; ", "(v=DKIM1)(p=a b\t c)" },	/* and hold white space */
	{ "v=DKIM1;\r\n p=\r\n", "(v=DKIM1)(p=)" },
	{ "p=a=b==", "(p=a=b==)" },				/* base64 ends so */
	{ "v=STSv1; id=1; x_y-2=z", "(v=STSv1)(id=1)(x_y-2=z)" },
	{ "p", "!p!" },
	{ "=none", "!=none!" },
	{ "v=DMARC1;; p=none", "(v=DMARC1)!!(p=none)" },
	{ "v=DMARC1; p none; sp=none", "(v=DMARC1)!p none!(sp=none)" },
	{ "1a=b; a b=c", "!1a=b!!a b=c!" },
	{ "\xe2\x80\x9cv=DMARC1", "!\xe2\x80\x9cv=DMARC1!" },
	{ "", "" },
	{ " ; ", "" },
};

START_TEST(takes_a_list_apart)
{
	struct slice list = exact_text(lists[_i].list), rest = list;
	char out[200] = "";
	size_t len = 0;
	struct tag tag;
	enum tag_outcome outcome;

	while ((outcome = tag_next(&rest, &tag)) != TAG_END) {
		bool is_found = outcome == TAG_FOUND;

		/* Where a fault is, can be told. */
		ck_assert(tag.name.at >= list.at && tag.name.at + tag.name.len <= list.at + list.len);
		len += (size_t)snprintf(out + len, sizeof out - len, "%s%.*s%s%.*s%s",
					is_found ? "(" : "!", (int)tag.name.len, tag.name.at,
					is_found ? "=" : "", (int)tag.value.len, tag.value.at,
					is_found ? ")" : "!");
	}
	ck_assert_str_eq(out, lists[_i].tags);
	exact_free(list);
}
END_TEST

/* What is wrong can be shown where it stands, even if that is nothing. */
START_TEST(what_is_bad_has_its_place)
{
	struct slice list = exact_text("v=DMARC1;; p=none"), rest = list;
	struct tag tag;

	ck_assert_int_eq(tag_next(&rest, &tag), TAG_FOUND);
	ck_assert_int_eq(tag_next(&rest, &tag), TAG_BAD);
	ck_assert_uint_eq(tag.name.len, 0);
	ck_assert_ptr_eq(tag.name.at, list.at + 9);
	exact_free(list);
}
END_TEST

static const struct {
	const char *list;
	bool is_dmarc;
} versions[] = {
	{ "v=DMARC1", true },		{ "v=DMARC1; p=none", true },	{ " v = DMARC1 ;", true },
	{ "v=DMARC1x", false },		{ "v=dmarc1", false },		{ "V=DMARC1", false },
	{ "p=none; v=DMARC1", false },	{ "v=DMARC1 p=none", false },	{ "", false },
	{ "v=spf1 -all", false },
};

START_TEST(knows_a_record_by_its_version)
{
	struct slice list = exact_text(versions[_i].list);

	ck_assert_int_eq(tag_list_is(list, "DMARC1"), versions[_i].is_dmarc);
	exact_free(list);
}
END_TEST

Suite *suite_tag_list(void);
Suite *suite_tag_list(void)
{
	Suite *suite = suite_create("tag_list");
	TCase *tcase = tcase_create("tag_list");

	ADD_TABLE(tcase, takes_a_list_apart, lists);
	tcase_add_test(tcase, what_is_bad_has_its_place);
	ADD_TABLE(tcase, knows_a_record_by_its_version, versions);
	suite_add_tcase(suite, tcase);
	return suite;
}
