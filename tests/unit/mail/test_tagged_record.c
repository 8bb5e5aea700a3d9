/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "mail/tagged_record.h"

#include "base/dns_rounds.h"
#include "fakes/exact.h"
#include "fakes/zone.h"
#include "unit.h"

#define ID32 "abcdefghijklmnopqrstuvwxyz012345"
#define STS &tagged_mta_sts
#define RPT &tagged_tls_rpt
#define BIMI &tagged_bimi

enum { GOOD = -1 };

/* Where the fault is, and a part of the words for it. */
static const struct {
	const struct tagged_kind *kind;
	const char *text;
	int at;
	const char *why;
} records[] = {
	/* RFC 8461 3.1 */
	{ STS, "v=STSv1; id=20160831085700Z;", GOOD, NULL },
	{ STS, "v=STSv1;id=1", GOOD, NULL },
	{ STS, "v=STSv1 ; id=" ID32 " ; ", GOOD, NULL },
	{ STS, "v=STSv1; id=1; 1a.b_c-d=some", GOOD, NULL },	/* sts-extension */
	{ STS, "v=STSv1; x=y; id=1", GOOD, NULL },
	{ STS, "v=STSv1; id=" ID32 "6", 44, "longer than 32" },
	{ STS, "v=STSv1; id=", 12, "empty" },
	{ STS, "v=STSv1; id=2016-08-31", 16, "letters and digits" },
	{ STS, "v=STSv1; id=\"1\"", 12, "letters and digits" },
	{ STS, "v=STSv1; id=1\xc3\xa4", 13, "letters and digits" },
	{ STS, "v=STSv1; id=1; id=1", 15, "twice" },
	{ STS, "v=STSv1; ID=1", 9, "lower case" },
	{ STS, "v=STSv1; id = 1", 11, "white space" },
	{ STS, "v=STSv1; id= 1", 11, "white space" },
	{ STS, "v=STSv1; id 1", 9, "no name=value" },
	{ STS, "v=STSv1;; id=1", 8, "no name=value" },
	{ STS, "v=STSv1; -x=1; id=1", 9, "no name=value" },
	{ STS, "v=STSv1;", 8, "missing" },
	{ STS, "v=STSv1", 7, "missing" },
	{ STS, "v=STSv2; id=1", 0, "version" },
	{ STS, " v=STSv1; id=1", 0, "version" },
	{ STS, "", 0, "version" },
	/* RFC 8460 3 */
	{ RPT, "v=TLSRPTv1; rua=mailto:reports@example.com", GOOD, NULL },
	{ RPT, "v=TLSRPTv1;rua=https://reporting.example.com/v1/tlsrpt", GOOD, NULL },
	{ RPT, "v=TLSRPTv1; rua=mailto:a@example.com,https://b.example:8443/c;", GOOD, NULL },
	{ RPT, "v=TLSRPTv1; rua=mailto:a@example.com , MAILTO:b@example.net", GOOD, NULL },
	{ RPT, "v=TLSRPTv1; rua=https://[2001:db8::1]/x", GOOD, NULL },
	{ RPT, "v=TLSRPTv1; rua=mailto:a@example.com?subject=x", GOOD, NULL },
	{ RPT, "v=TLSRPTv1; rua=a@example.com", 16, "neither mailto: nor https://" },
	{ RPT, "v=TLSRPTv1; rua=http://example.com/", 16, "neither mailto: nor https://" },
	{ RPT, "v=TLSRPTv1; rua=mailto:a@example.com,", 37, "empty" },
	{ RPT, "v=TLSRPTv1; rua=", 16, "empty" },
	{ RPT, "v=TLSRPTv1; rua=mailto:a@example.com!10m", 36, "%21" },
	{ RPT, "v=TLSRPTv1; rua=mailto:example.com", 23, "no mail address" },
	{ RPT, "v=TLSRPTv1; rua=mailto:@example.com", 23, "no mail address" },
	{ RPT, "v=TLSRPTv1; rua=mailto:a@", 25, "no host name" },
	{ RPT, "v=TLSRPTv1; rua=mailto:a@b_\xc3\xa4", 27, "no URI has" },
	{ RPT, "v=TLSRPTv1; rua=mailto:a@x y", 26, "no URI has" },
	{ RPT, "v=TLSRPTv1; rua=https:///x", 24, "no host name" },
	{ RPT, "v=TLSRPTv1; rua=https://a..b/x", 24, "no host name" },
	{ RPT, "v=TLSRPTv1; ruf=mailto:a@example.com", 36, "missing" },
	{ RPT, "v=TLSRPTv1", 10, "missing" },
	{ RPT, "v=TLSRPTv1 rua=mailto:a@example.com", 0, "version" },
	/* draft-brand-indicators-for-message-identification 4.2 */
	{ BIMI, "v=BIMI1; l=https://example.com/logo.svg", GOOD, NULL },
	{ BIMI, "v=BIMI1;l=https://example.com/logo.SVG;a=https://example.com/vmc.pem;", GOOD, NULL },
	{ BIMI, "v = BIMI1; l = https://example.com/logo.svg?x=1", GOOD, NULL },
	{ BIMI, "v=BIMI1; l=; a=;", GOOD, NULL },			/* declined */
	{ BIMI, "v=BIMI1; l=https://e.example/l.svg; avp=brand; lps=news,a-b.c", GOOD, NULL },
	{ BIMI, "v=BIMI1; l=https://e.example/l.svg; avp=personal; lps=", GOOD, NULL },
	{ BIMI, "v=BIMI1; l=https://e.example/l.svg; evp=x", GOOD, NULL },	/* of another version */
	{ BIMI, "v=BIMI1; l=http://example.com/logo.svg", 11, "https://" },
	{ BIMI, "v=BIMI1; l=https://example.com/logo.png", 30, ".svg" },
	{ BIMI, "v=BIMI1; l=https://example.com", 30, ".svg" },
	{ BIMI, "v=BIMI1; l=https://example.com/?l.svg", 30, ".svg" },
	{ BIMI, "v=BIMI1; l=https:///logo.svg", 19, "no host name" },
	{ BIMI, "v=BIMI1; l=https://e.example/l.svg; a=https://e.example/vmc.crt", 55, ".pem" },
	{ BIMI, "v=BIMI1; l=https://e.example/l.svg; a=self", 38, "https://" },
	{ BIMI, "v=BIMI1; l=https://e.example/l.svg; avp=both", 40, "neither" },
	{ BIMI, "v=BIMI1; l=; lps=a,,b", 19, "1 to 63" },
	{ BIMI, "v=BIMI1; l=; lps=a b", 18, "no prefix has" },
	{ BIMI, "v=BIMI1; a=", 11, "missing" },
	{ BIMI, "v=BIMI1", 7, "missing" },
	{ BIMI, "v=bimi1; l=", 0, "version" },
};

START_TEST(says_where_a_record_is_wrong)
{
	struct slice text = exact_text(records[_i].text);
	struct tagged_record record;

	tagged_parse(records[_i].kind, text, &record);
	ck_assert_msg(record.is_valid == (records[_i].at == GOOD), "%s: %s", records[_i].text,
		      record.is_valid ? "valid" : record.why);
	if (!record.is_valid) {
		ck_assert_msg(strstr(record.why, records[_i].why) != NULL, "%s: %s", records[_i].text,
			      record.why);
		ck_assert_uint_eq(record.at, (size_t)records[_i].at);
	}
	exact_free(text);
}
END_TEST

START_TEST(keeps_the_values_by_place)
{
	struct slice text = exact_text("v=BIMI1; lps=a,b; l=https://e.example/l.svg");
	struct tagged_record record;

	tagged_parse(BIMI, text, &record);
	ck_assert(record.is_valid);
	ck_assert(slice_is(record.values[BIMI_L], "https://e.example/l.svg"));
	ck_assert(slice_is(record.values[BIMI_LPS], "a,b"));
	ck_assert_ptr_null(record.values[BIMI_A].at);
	exact_free(text);
}
END_TEST

static const struct zone_row rows[] = {
	{ "_mta-sts.one.example", DNS_TXT, "v=STSv1; id=1" },
	{ "_mta-sts.one.example", DNS_TXT, "v=spf1 -all" },
	{ "_mta-sts.one.example", DNS_TXT, "v=STSv2; id=2" },
	{ "_mta-sts.two.example", DNS_TXT, "v=STSv1; id=1" },
	{ "_mta-sts.two.example", DNS_TXT, "v=STSv1; id=1" },
	{ "_mta-sts.lower.example", DNS_TXT, "v=stsv1; id=1" },
	{ "_mta-sts.quoted.example", DNS_TXT, "\"v=STSv1; id=1\"" },
	{ "_mta-sts.bare.example", DNS_TXT, "STSv1; id=1" },
	{ "_mta-sts.unended.example", DNS_TXT, "v=STSv1 id=1" },
	{ "_mta-sts.bad.example", DNS_TXT, "v=STSv1; id=-" },
	{ "_mta-sts.other.example", DNS_TXT, "v=spf1 include:sts.example -all" },
	{ "_mta-sts.empty.example", DNS_TXT, "" },
	{ "_mta-sts.alias.example", DNS_CNAME, "_mta-sts.one.example" },
	{ "_mta-sts.servfail.example", DNS_TXT, ZONE_SERVFAIL },
	{ "_mta-sts.timeout.example", DNS_TXT, ZONE_TIMEOUT },
	{ "_mta-sts.bogus.example", DNS_TXT, ZONE_BOGUS },
	{ "www.nodata.example", DNS_A, "192.0.2.1" },
	{ NULL },
};

static const struct {
	const char *domain;
	enum tagged_outcome outcome;
	size_t count;
	bool is_valid, is_bogus;
} domains[] = {
	{ "one.example", TAGGED_ONE, 1, true, false },		/* 3.1: others are discarded */
	{ "two.example", TAGGED_SEVERAL, 2, true, false },
	{ "lower.example", TAGGED_MISSPELT, 0, false, false },
	{ "quoted.example", TAGGED_MISSPELT, 0, false, false },
	{ "bare.example", TAGGED_MISSPELT, 0, false, false },
	{ "unended.example", TAGGED_MISSPELT, 0, false, false },
	{ "bad.example", TAGGED_ONE, 1, false, false },
	{ "other.example", TAGGED_ABSENT, 0, false, false },
	{ "empty.example", TAGGED_ABSENT, 0, false, false },
	{ "alias.example", TAGGED_ONE, 1, true, false },
	{ "servfail.example", TAGGED_UNKNOWN, 0, false, false },
	{ "timeout.example", TAGGED_UNKNOWN, 0, false, false },
	{ "bogus.example", TAGGED_UNKNOWN, 0, false, true },
	{ "nodata.example", TAGGED_ABSENT, 0, false, false },
	{ "nothing.example", TAGGED_ABSENT, 0, false, false },
};

START_TEST(finds_the_one_record)
{
	struct domain domain;
	struct dns_rounds rounds;
	struct tagged_found found = { 0 };
	struct zone zone;
	struct fault fault;

	ck_assert(domain_parse(slice_of(domains[_i].domain), &domain, &fault));
	zone_open(&zone, rows);
	dns_rounds_open(&rounds, &zone.resolver);
	do {
		dns_release(&found.question, 1);
		tagged_find(STS, &domain, &rounds.resolver, &found);
	} while (dns_rounds_ask(&rounds));
	ck_assert_int_eq(found.outcome, domains[_i].outcome);
	ck_assert_uint_eq(found.count, domains[_i].count);
	ck_assert_int_eq(found.record.is_valid, domains[_i].is_valid);
	ck_assert_int_eq(found.question.is_bogus, domains[_i].is_bogus);
	dns_release(&found.question, 1);
	dns_rounds_release(&rounds);
}
END_TEST

START_TEST(a_name_that_is_too_long_has_none)
{
	struct domain domain = { "" };
	struct tagged_found found;
	struct zone zone;

	memset(domain.text, 'a', 250);
	for (int i = 60; i < 250; i += 61)
		domain.text[i] = '.';
	zone_open(&zone, rows);
	tagged_find(BIMI, &domain, &zone.resolver, &found);
	ck_assert_int_eq(found.outcome, TAGGED_ABSENT);
	ck_assert_uint_eq(zone.asked, 0);
}
END_TEST

Suite *suite_tagged_record(void);
Suite *suite_tagged_record(void)
{
	Suite *suite = suite_create("tagged_record");
	TCase *tcase = tcase_create("tagged_record");

	ADD_TABLE(tcase, says_where_a_record_is_wrong, records);
	tcase_add_test(tcase, keeps_the_values_by_place);
	ADD_TABLE(tcase, finds_the_one_record, domains);
	tcase_add_test(tcase, a_name_that_is_too_long_has_none);
	suite_add_tcase(suite, tcase);
	return suite;
}
