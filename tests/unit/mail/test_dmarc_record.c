/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "mail/dmarc_record.h"

#include <stdio.h>

#include "fakes/exact.h"
#include "unit.h"

/* What is read, as it should be written; and the notes, with the places of their
 * faults. RFC 9989 4.7 unless said otherwise. */
static const struct {
	const char *record, *written;
	struct {
		enum dmarc_note_kind kind;
		size_t at;
	} notes[4];
	size_t note_count;
} records[] = {
	{ "v=DMARC1; p=reject", "v=DMARC1; p=reject", { { 0 } }, 0 },
	{ "v=DMARC1;p=none;", "v=DMARC1; p=none", { { 0 } }, 0 },
	{ "v = DMARC1 ; p = quarantine ; t = y", "v=DMARC1; p=quarantine; t=y", { { 0 } }, 0 },
	{ "v=DMARC1; p=None; adkim=S", "v=DMARC1; p=none; adkim=s", { { 0 } }, 0 },	/* RFC 5234 2.3 */
	{ "v=DMARC1; p=reject; sp=none; np=reject; psd=n; t=n; adkim=r; aspf=s; "
	  "rua=mailto:a@example.com; ruf=mailto:b@example.com; fo=1:d:s",
	  "v=DMARC1; p=reject; sp=none; np=reject; psd=n; t=n; adkim=r; aspf=s; "
	  "rua=mailto:a@example.com; ruf=mailto:b@example.com; fo=1:d:s", { { 0 } }, 0 },
	/* the version */
	{ "v=dmarc1; p=reject", "v=DMARC1; p=reject", { { DMARC_NO_VERSION, 0 } }, 1 },
	{ "\"v=DMARC1; p=reject\"", "v=DMARC1; p=reject",
	  { { DMARC_NO_VERSION, 0 }, { DMARC_NO_TAG, 0 }, { DMARC_BAD_VALUE, 11 } }, 3 },
	{ " v=DMARC1; p=reject", "v=DMARC1; p=reject", { { DMARC_BLANK_FIRST, 0 } }, 1 },
	{ "p=reject; v=DMARC1", "v=DMARC1; p=reject",
	  { { DMARC_NO_VERSION, 0 }, { DMARC_POLICY_LATE, 0 } }, 2 },
	/* syntax */
	{ "v=DMARC1; p=reject; sp", "v=DMARC1; p=reject", { { DMARC_NO_TAG, 20 } }, 1 },
	{ "v=DMARC1; p=reject;; sp=none", "v=DMARC1; p=reject; sp=none", { { DMARC_NO_TAG, 19 } }, 1 },
	{ "v=DMARC1; p=reject; p=none", "v=DMARC1; p=reject", { { DMARC_TWICE, 20 } }, 1 },
	{ "v=DMARC1; p=reject; x=y", "v=DMARC1; p=reject", { { DMARC_UNKNOWN_TAG, 20 } }, 1 },
	{ "v=DMARC1; P=reject", "v=DMARC1; p=none",	/* RFC 6376 3.2: tags have a case */
	  { { DMARC_UNKNOWN_TAG, 10 }, { DMARC_NO_POLICY, 0 } }, 2 },
	{ "v=DMARC1; sp=none; p=reject", "v=DMARC1; p=reject; sp=none",
	  { { DMARC_POLICY_LATE, 19 } }, 1 },			/* RFC 7489 6.4 */
	/* values */
	{ "v=DMARC1", "v=DMARC1; p=none", { { DMARC_NO_POLICY, 0 } }, 1 },
	{ "v=DMARC1; p=", "v=DMARC1; p=none", { { DMARC_BAD_VALUE, 10 } }, 1 },
	{ "v=DMARC1; p=quarantine.", "v=DMARC1; p=quarantine", { { DMARC_BAD_VALUE, 10 } }, 1 },
	{ "v=DMARC1; p=reject; sp=no", "v=DMARC1; p=reject", { { DMARC_BAD_VALUE, 20 } }, 1 },
	{ "v=DMARC1; p=reject; np=", "v=DMARC1; p=reject", { { DMARC_BAD_VALUE, 20 } }, 1 },
	{ "v=DMARC1; p=reject; psd=yes", "v=DMARC1; p=reject", { { DMARC_BAD_VALUE, 20 } }, 1 },
	{ "v=DMARC1; p=reject; t=1; adkim=x; aspf=", "v=DMARC1; p=reject",
	  { { DMARC_BAD_VALUE, 20 }, { DMARC_BAD_VALUE, 25 }, { DMARC_BAD_VALUE, 34 } }, 3 },
	{ "v=DMARC1; p=none; ruf=mailto:a@b.c; fo=2", "v=DMARC1; p=none; ruf=mailto:a@b.c",
	  { { DMARC_BAD_VALUE, 36 } }, 1 },
	{ "v=DMARC1; p=none; fo=1", "v=DMARC1; p=none", { { DMARC_FO_ALONE, 21 } }, 1 },
	/* what was removed (RFC 9989 appendix) */
	{ "v=DMARC1; p=reject; pct=50; rf=afrf; ri=86400", "v=DMARC1; p=reject",
	  { { DMARC_REMOVED_TAG, 20 }, { DMARC_REMOVED_TAG, 28 }, { DMARC_REMOVED_TAG, 37 } }, 3 },
	{ "v=DMARC1; p=reject; rua=mailto:a@b.c!10m", "v=DMARC1; p=reject; rua=mailto:a@b.c",
	  { { DMARC_URI_SIZE, 24 } }, 1 },
	/* report URIs */
	{ "v=DMARC1; p=none; rua=a@b.c", "v=DMARC1; p=none; rua=mailto:a@b.c", { { DMARC_NO_SCHEME, 22 } }, 1 },
	{ "v=DMARC1; p=none; rua=https://b.c/d", "v=DMARC1; p=none", { { DMARC_OTHER_SCHEME, 22 } }, 1 },
	{ "v=DMARC1; p=none; rua=mailto:a@b.c, nonsense", "v=DMARC1; p=none; rua=mailto:a@b.c",
	  { { DMARC_BAD_URI, 36 } }, 1 },
	{ "v=DMARC1; p=none; rua=mailto:a@b.c;mailto:d@e.f", "v=DMARC1; p=none; rua=mailto:a@b.c",
	  { { DMARC_NO_TAG, 35 } }, 1 },
	{ "v=DMARC1; p=none; rua=", "v=DMARC1; p=none", { { DMARC_BAD_URI, 22 } }, 1 },
	{ "v=DMARC1; p=none; rua=mailto:a@b.c,mailto:d@b.c,mailto:e@b.c",
	  "v=DMARC1; p=none; rua=mailto:a@b.c,mailto:d@b.c,mailto:e@b.c", { { DMARC_MANY_URIS, 48 } }, 1 },
};

START_TEST(reads_notes_and_mends)
{
	struct slice text = exact_text(records[_i].record);
	struct text written = { 0 };
	struct dmarc_record record;

	dmarc_record_parse(text, &record);
	dmarc_record_print(&record, &written);
	ck_assert_str_eq(text_str(&written), records[_i].written);
	for (size_t i = 0; i < record.note_count; i++)
		ck_assert_msg(i < records[_i].note_count &&
			      record.notes[i].kind == records[_i].notes[i].kind &&
			      (size_t)(record.notes[i].piece.at - text.at) == records[_i].notes[i].at,
			      "note %zu of \"%s\": %s, at %zu", i, records[_i].record,
			      dmarc_note_text(record.notes[i].kind),
			      (size_t)(record.notes[i].piece.at - text.at));
	ck_assert_uint_eq(record.note_count, records[_i].note_count);
	text_release(&written);
	exact_free(text);
}
END_TEST

static const struct {
	const char *value;
	enum dmarc_uri_kind kind;
	const char *text, *host;
	bool has_size;
} uris[] = {
	{ "mailto:a@example.com", DMARC_URI_MAILTO, "mailto:a@example.com", "example.com", false },
	{ "MAILTO:a@Example.COM", DMARC_URI_MAILTO, "MAILTO:a@Example.COM", "example.com", false },
	{ " mailto:a@b.c\t", DMARC_URI_MAILTO, "mailto:a@b.c", "b.c", false },
	{ "mailto:a@b.c!10m", DMARC_URI_MAILTO, "mailto:a@b.c", "b.c", true },
	{ "mailto:a@b.c!512", DMARC_URI_MAILTO, "mailto:a@b.c", "b.c", true },
	{ "mailto:a@b.c!m", DMARC_URI_BAD, "mailto:a@b.c!m", "", false },
	{ "mailto:a!b@c.d", DMARC_URI_BAD, "mailto:a!b@c.d", "", false },
	{ "mailto:a%21b%2Cc@d.e", DMARC_URI_MAILTO, "mailto:a%21b%2Cc@d.e", "d.e", false },
	{ "mailto:a%40b.c", DMARC_URI_MAILTO, "mailto:a%40b.c", "b.c", false },
	{ "mailto:a@b.c?subject=x", DMARC_URI_MAILTO, "mailto:a@b.c?subject=x", "b.c", false },
	{ "mailto:a%4", DMARC_URI_BAD, "mailto:a%4", "", false },
	{ "mailto:a%zz@b.c", DMARC_URI_BAD, "mailto:a%zz@b.c", "", false },
	{ "mailto:@b.c", DMARC_URI_BAD, "mailto:@b.c", "", false },
	{ "mailto:a@", DMARC_URI_BAD, "mailto:a@", "", false },
	{ "mailto:a@b..c", DMARC_URI_BAD, "mailto:a@b..c", "", false },
	{ "mailto:a b@c.d", DMARC_URI_BAD, "mailto:a b@c.d", "", false },
	{ "mailto:", DMARC_URI_BAD, "mailto:", "", false },
	{ "a@b.c", DMARC_URI_ADDRESS, "a@b.c", "b.c", false },
	{ "https://b.c/d", DMARC_URI_OTHER, "https://b.c/d", "", false },
	{ "https:", DMARC_URI_BAD, "https:", "", false },
	{ "example.com", DMARC_URI_BAD, "example.com", "", false },
	{ "", DMARC_URI_BAD, "", "", false },
};

START_TEST(reads_uris)
{
	struct slice value = exact_text(uris[_i].value), rest = value;
	struct dmarc_uri uri;

	ck_assert(dmarc_uri_next(&rest, &uri));
	ck_assert_int_eq(uri.kind, uris[_i].kind);
	ck_assert(slice_is(uri.text, uris[_i].text));
	if (uri.kind == DMARC_URI_MAILTO || uri.kind == DMARC_URI_ADDRESS)
		ck_assert_str_eq(uri.host.text, uris[_i].host);
	ck_assert_int_eq(uri.has_size, uris[_i].has_size);
	ck_assert(!dmarc_uri_next(&rest, &uri));
	exact_free(value);
}
END_TEST

START_TEST(knows_what_was_meant_to_be_one)
{
	ck_assert(dmarc_record_is_meant(slice_of("v=dmarc1; p=none")));
	ck_assert(dmarc_record_is_meant(slice_of("\\\"v=DMARC1; p=none\\\"")));
	ck_assert(dmarc_record_is_meant(slice_of("p=none; v=DMARC1")));
	ck_assert(!dmarc_record_is_meant(slice_of("v=spf1 include:_spf.example.com -all")));
	ck_assert(!dmarc_record_is_meant(slice_of("")));
}
END_TEST

START_TEST(orders_policies)
{
	enum dmarc_policy policy = DMARC_UNSET;

	ck_assert_int_eq(dmarc_policy_soften(DMARC_REJECT), DMARC_QUARANTINE);
	ck_assert_int_eq(dmarc_policy_soften(DMARC_QUARANTINE), DMARC_NONE);
	ck_assert_int_eq(dmarc_policy_soften(DMARC_NONE), DMARC_NONE);
	ck_assert(dmarc_policy_parse(slice_of("Reject"), &policy));
	ck_assert_int_eq(policy, DMARC_REJECT);
	ck_assert(!dmarc_policy_parse(slice_of(""), &policy));
}
END_TEST

/* More faults than are kept are still bounded. */
START_TEST(keeps_so_many_notes)
{
	struct text text = { 0 };
	struct dmarc_record record;

	text_add(&text, "v=DMARC1; p=none");
	for (int i = 0; i < 40; i++)
		text_add(&text, "; x");
	dmarc_record_parse(text_slice(&text), &record);
	ck_assert_uint_eq(record.note_count, DMARC_NOTES);
	ck_assert(dmarc_record_has(&record, DMARC_WRONG) && !dmarc_record_has(&record, DMARC_OLD));
	text_release(&text);
}
END_TEST

Suite *suite_dmarc_record(void);
Suite *suite_dmarc_record(void)
{
	Suite *suite = suite_create("dmarc_record");
	TCase *tcase = tcase_create("dmarc_record");

	ADD_TABLE(tcase, reads_notes_and_mends, records);
	ADD_TABLE(tcase, reads_uris, uris);
	tcase_add_test(tcase, knows_what_was_meant_to_be_one);
	tcase_add_test(tcase, orders_policies);
	tcase_add_test(tcase, keeps_so_many_notes);
	suite_add_tcase(suite, tcase);
	return suite;
}
