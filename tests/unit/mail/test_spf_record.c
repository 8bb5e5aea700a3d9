/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "mail/spf_record.h"

#include <stdio.h>

#include "base/text.h"
#include "fakes/exact.h"
#include "unit.h"

/* Sections are RFC 7208's. */

static const char *const kind_words[] = {
	[SPF_ALL] = "all", [SPF_INCLUDE] = "include", [SPF_A] = "a", [SPF_MX] = "mx",
	[SPF_PTR] = "ptr", [SPF_IP4] = "ip4", [SPF_IP6] = "ip6", [SPF_EXISTS] = "exists",
	[SPF_REDIRECT] = "redirect", [SPF_EXP] = "exp", [SPF_OTHER] = "other",
};

static char mark_of(enum spf_result result)
{
	switch (result) {
	case SPF_PASS: return '+';
	case SPF_FAIL: return '-';
	case SPF_SOFTFAIL: return '~';
	case SPF_NEUTRAL: return '?';
	case SPF_NONE:
	case SPF_TEMPERROR:
	case SPF_PERMERROR: break;
	}
	return '!';
}

/* "+a(host.example)/24//128 ", "-ip4(192.0.2.0)/24 ", "other " */
static void print_term(const struct spf_term *term, struct text *text)
{
	char address[IP_TEXT];

	if (term->kind < SPF_REDIRECT)
		text_add_char(text, mark_of(term->result));
	text_add(text, "%s", kind_words[term->kind]);
	if (term->spec.len > 0)
		text_add(text, "(%.*s)", (int)term->spec.len, term->spec.at);
	if (term->kind == SPF_A || term->kind == SPF_MX)
		text_add(text, "/%u//%u", term->prefix4, term->prefix6);
	if (term->kind == SPF_IP4 || term->kind == SPF_IP6) {
		ip_print(&term->network.first, address);
		text_add(text, "(%s)/%u", address, term->network.prefix);
	}
	text_add_char(text, ' ');
}

static const struct {
	const char *record, *terms;
} good[] = {
	/* 4.5, 4.6.1: a version, and then terms between spaces */
	{ "v=spf1", "" },
	{ "v=spf1 ", "" },
	{ "v=spf1    -all   ", "-all " },
	{ "V=SPF1 -ALL", "-all " },
	/* 4.6.2: qualifiers; none is a plus */
	{ "v=spf1 +all -all ~all ?all all", "+all -all ~all ?all +all " },
	{ "v=spf1 -a ~mx ?ptr +ip4:192.0.2.1 -ip6:::1 ~exists:a.b ?include:a.b",
	  "-a/32//128 ~mx/32//128 ?ptr +ip4(192.0.2.1)/32 -ip6(::1)/128 ~exists(a.b) ?include(a.b) " },
	/* 4.6.1: names in any case */
	{ "v=spf1 Include:a.b EXISTS:a.b iP4:192.0.2.1 Redirect=a.b eXp=a.b",
	  "+include(a.b) +exists(a.b) +ip4(192.0.2.1)/32 redirect(a.b) exp(a.b) " },
	/* 5.3, 5.4: a and mx, with and without all of their parts */
	{ "v=spf1 a a:h.example a/24 a//64 a/24//64",
	  "+a/32//128 +a(h.example)/32//128 +a/24//128 +a/32//64 +a/24//64 " },
	{ "v=spf1 a:h.example/24 a:h.example//64 a:h.example/24//64",
	  "+a(h.example)/24//128 +a(h.example)/32//64 +a(h.example)/24//64 " },
	{ "v=spf1 mx mx:h.example/24//64 mx/0 mx/32 mx//0 mx//128 mx/0//0",
	  "+mx/32//128 +mx(h.example)/24//64 +mx/0//128 +mx/32//128 +mx/32//0 +mx/32//128 +mx/0//0 " },
	{ "v=spf1 a:%{d}/24 a:x/y.example/8 a:%{d/}//9 a:%%/7 a:h.example./6",
	  "+a(%{d})/24//128 +a(x/y.example)/8//128 +a(%{d/})/32//9 +a(%%)/7//128 +a(h.example.)/6//128 " },
	{ "v=spf1 a:b:c.example mx:[x].example a:museum.example1x",
	  "+a(b:c.example)/32//128 +mx([x].example)/32//128 +a(museum.example1x)/32//128 " },
	/* 5.5: ptr */
	{ "v=spf1 ptr ptr:h.example", "+ptr +ptr(h.example) " },
	/* 5.6: networks, of which the bits behind the prefix are nothing */
	{ "v=spf1 ip4:192.0.2.77/24 ip4:255.255.255.255/0 ip4:0.0.0.0/32 ip4:192.0.2.255/31",
	  "+ip4(192.0.2.0)/24 +ip4(0.0.0.0)/0 +ip4(0.0.0.0)/32 +ip4(192.0.2.254)/31 " },
	{ "v=spf1 ip6:2001:db8::77/32 ip6:::/0 ip6:::1/128 ip6:1:2:3:4:5:6:7:8 ip6:::ffff:192.0.2.1/96",
	  "+ip6(2001:db8::)/32 +ip6(::)/0 +ip6(::1)/128 +ip6(1:2:3:4:5:6:7:8)/128 "
	  "+ip6(::ffff:0.0.0.0)/96 " },
	{ "v=spf1 ip6:2001:DB8::CB01", "+ip6(2001:db8::cb01)/128 " },
	/* 6: modifiers anywhere, unknown ones as well, whatever their names are like */
	{ "v=spf1 redirect=a.b exp=c.d -all", "redirect(a.b) exp(c.d) -all " },
	{ "v=spf1 x=y x=y x= X-1_2.z=%{d}%% a=b all=c ip4=192.0.2.1 v=spf1x",
	  "other other other other other other other other " },
	{ "v=spf1 x=:/=,", "other " },
	/* 7.1: a domain-spec ends in a label that is not all digits, or in a macro */
	{ "v=spf1 exists:.example exists:a.1x exists:a.x1 exists:a.1-1 exists:a.x-y. exists:a.xn--1",
	  "+exists(.example) +exists(a.1x) +exists(a.x1) +exists(a.1-1) +exists(a.x-y.) +exists(a.xn--1) " },
	{ "v=spf1 exists:%{i}._spf.%{d2} include:%{l1r-}%_ redirect=%-",
	  "+exists(%{i}._spf.%{d2}) +include(%{l1r-}%_) redirect(%-) " },
};

START_TEST(reads_each_term_of_the_grammar)
{
	struct slice record = exact_text(good[_i].record), rest = record;
	struct text text = { 0 };
	struct spf_term term;
	struct fault fault = { .text = "" };
	enum spf_parse outcome;

	ck_assert(spf_record_is(record));
	while ((outcome = spf_term_next(&rest, &term, &fault)) == SPF_TERM_FOUND)
		print_term(&term, &text);
	ck_assert_msg(outcome == SPF_TERM_END, "%s", fault.text);
	ck_assert_str_eq(text_str(&text), good[_i].terms);
	rest = record;
	ck_assert_msg(spf_record_check(rest, &fault), "%s", fault.text);
	text_release(&text);
	exact_free(record);
}
END_TEST

static const struct {
	const char *record;
	unsigned at;		/* the byte where the wrong term begins */
	const char *fault;
} bad[] = {
	/* 4.6.1 */
	{ "v=spf1 -all moo", 13, "no such mechanism" },
	{ "v=spf1  moo:a.b", 9, "no such mechanism" },
	{ "v=spf1 -", 8, "no mechanism and no modifier" },
	{ "v=spf1 =x", 8, "no mechanism and no modifier" },
	{ "v=spf1 :x", 8, "no mechanism and no modifier" },
	{ "v=spf1 1a=x", 8, "no mechanism and no modifier" },
	{ "v=spf1 -.x=y", 8, "no mechanism and no modifier" },
	{ "v=spf1 --all", 8, "no mechanism and no modifier" },
	{ "v=spf1 - all", 8, "no mechanism and no modifier" },
	{ "v=spf1 a+b=c", 8, "goes on without a colon" },
	{ "v=spf1 x/y=z", 8, "no such mechanism" },
	{ "v=spf1 a\tmx", 8, "no visible ASCII" },
	{ "v=spf1 a\r", 8, "no visible ASCII" },
	{ "v=spf1 \tall", 8, "no visible ASCII" },
	{ "v=spf1 \x7f", 8, "no visible ASCII" },
	{ "v=spf1 a:\xe2\x82\xac.example", 8, "no visible ASCII" },
	{ "v=spf1 x=\x7f", 8, "no visible ASCII" },
	{ "v=spf1 \xe2\x88\x92" "all", 8, "no visible ASCII" },
	{ "v=spf1 ipv4:192.0.2.1", 8, "no such mechanism" },
	/* 5.1 */
	{ "v=spf1 all.", 8, "no such mechanism" },
	{ "v=spf1 all:", 8, "nothing may stand behind" },
	{ "v=spf1 all/8", 8, "nothing may stand behind" },
	{ "v=spf1 all:a.b", 8, "nothing may stand behind" },
	/* 5.2, 5.7: a domain there must be, and no prefix */
	{ "v=spf1 include", 8, "has no domain" },
	{ "v=spf1 include:", 8, "has no domain" },
	{ "v=spf1 include/24", 8, "goes on without a colon" },
	{ "v=spf1 include:a.b/24", 8, "no top-level domain" },
	{ "v=spf1 exists", 8, "has no domain" },
	{ "v=spf1 exists:", 8, "has no domain" },
	{ "v=spf1 exists:a.b/24", 8, "no top-level domain" },
	{ "v=spf1 exists:%{d}//64", 8, "no top-level domain" },
	/* 5.3, 5.4: prefixes (5.6) */
	{ "v=spf1 a:", 8, "has no domain" },
	{ "v=spf1 a:/24", 8, "has no domain" },
	{ "v=spf1 a/", 8, "no prefix" },
	{ "v=spf1 a//", 8, "no prefix" },
	{ "v=spf1 a/33", 8, "no prefix" },
	{ "v=spf1 a/024", 8, "no prefix" },
	{ "v=spf1 a/00", 8, "no prefix" },
	{ "v=spf1 a/-1", 8, "goes on without a colon" },
	{ "v=spf1 a/4294967297", 8, "no prefix" },
	{ "v=spf1 a/99999999999999999999999999", 8, "no prefix" },
	{ "v=spf1 a//129", 8, "no prefix" },
	{ "v=spf1 a//064", 8, "no prefix" },
	{ "v=spf1 a/24/32", 8, "goes on without a colon" },
	{ "v=spf1 a//64/24", 8, "goes on without a colon" },
	{ "v=spf1 a:h.example/", 8, "no prefix" },
	{ "v=spf1 a:h.example///64", 8, "no prefix" },
	{ "v=spf1 a:h.example/24/24", 8, "no top-level domain" },
	{ "v=spf1 a.b", 8, "no such mechanism" },
	{ "v=spf1 a,b", 8, "goes on without a colon" },
	{ "v=spf1 mx:", 8, "has no domain" },
	{ "v=spf1 mx/33", 8, "no prefix" },
	{ "v=spf1 mx//129", 8, "no prefix" },
	{ "v=spf1 mx:localhost", 8, "no top-level domain" },
	{ "v=spf1 a:192.0.2.1", 8, "no top-level domain" },
	{ "v=spf1 a:192.0.2.1/24", 8, "no top-level domain" },
	/* 5.5: no prefix */
	{ "v=spf1 ptr:", 8, "has no domain" },
	{ "v=spf1 ptr/24", 8, "goes on without a colon" },
	{ "v=spf1 ptr:a.b/24", 8, "no top-level domain" },
	/* 5.6 */
	{ "v=spf1 ip4", 8, "has no address" },
	{ "v=spf1 ip4/24", 8, "has no address" },
	{ "v=spf1 ip4:", 8, "no IPv4 address" },
	{ "v=spf1 ip4:192.0.2", 8, "no IPv4 address" },
	{ "v=spf1 ip4:192.0.2.256", 8, "no IPv4 address" },
	{ "v=spf1 ip4:192.0.2.01", 8, "no IPv4 address" },
	{ "v=spf1 ip4:192.0.2.1.1", 8, "no IPv4 address" },
	{ "v=spf1 ip4:192.0.2.1:25", 8, "no IPv4 address" },
	{ "v=spf1 ip4:::1", 8, "no IPv4 address" },
	{ "v=spf1 ip4:h.example", 8, "no IPv4 address" },
	{ "v=spf1 ip4:192.0.2.1/", 8, "no prefix" },
	{ "v=spf1 ip4:192.0.2.1/33", 8, "no prefix" },
	{ "v=spf1 ip4:192.0.2.1/032", 8, "no prefix" },
	{ "v=spf1 ip4:192.0.2.1//32", 8, "no prefix" },
	{ "v=spf1 ip4:192.0.2.1/24/24", 8, "no prefix" },
	{ "v=spf1 ip6", 8, "has no address" },
	{ "v=spf1 ip6:", 8, "no IPv6 address" },
	{ "v=spf1 ip6:192.0.2.1", 8, "no IPv6 address" },
	{ "v=spf1 ip6:::1::2", 8, "no IPv6 address" },
	{ "v=spf1 ip6:1:2:3:4:5:6:7", 8, "no IPv6 address" },
	{ "v=spf1 ip6:[::1]", 8, "no IPv6 address" },
	{ "v=spf1 ip6:fe80::1%eth0", 8, "no IPv6 address" },
	{ "v=spf1 ip6:::1/129", 8, "no prefix" },
	{ "v=spf1 ip6:::1//64", 8, "no prefix" },
	{ "v=spf1 ip6:::1/", 8, "no prefix" },
	/* 6: no qualifiers, one of each, never empty */
	{ "v=spf1 -redirect=a.b", 8, "has no qualifier" },
	{ "v=spf1 +exp=a.b", 8, "has no qualifier" },
	{ "v=spf1 ?x=y", 8, "has no qualifier" },
	{ "v=spf1 redirect=a.b -all Redirect=a.b", 26, "a second \"redirect\"" },
	{ "v=spf1 exp=a.b EXP=a.b redirect=a.b", 16, "a second \"exp\"" },
	{ "v=spf1 redirect=a.b exp=a.b exp=a.b", 29, "a second \"exp\"" },
	{ "v=spf1 redirect=", 8, "has no domain" },
	{ "v=spf1 redirect", 8, "no such mechanism" },
	{ "v=spf1 redirect:a.b", 8, "no such mechanism" },
	{ "v=spf1 redirect=a.b/24", 8, "no top-level domain" },
	{ "v=spf1 exp=", 8, "has no domain" },
	{ "v=spf1 exp:a.b", 8, "no such mechanism" },
	{ "v=spf1 exp=me", 8, "no top-level domain" },
	/* 7.1, 7.2: macros; c, r and t are for explanations alone */
	{ "v=spf1 exists:%", 8, "begins no macro" },
	{ "v=spf1 exists:%a.b", 8, "begins no macro" },
	{ "v=spf1 exists:a.%{d", 8, "begins no macro" },
	{ "v=spf1 exists:%{c}.a", 8, "no macro %{c} here" },
	{ "v=spf1 exp=%{T}.a", 8, "no macro %{t} here" },
	{ "v=spf1 x=%(d)", 8, "begins no macro" },
	{ "v=spf1 x=100%", 8, "begins no macro" },
	{ "v=spf1 include:a.-b", 8, "no top-level domain" },
	{ "v=spf1 include:a.b-", 8, "no top-level domain" },
	{ "v=spf1 include:a.b_c", 8, "no top-level domain" },
	{ "v=spf1 include:a.b..", 8, "no top-level domain" },
	{ "v=spf1 include:a.123", 8, "no top-level domain" },
	{ "v=spf1 include:.", 8, "no top-level domain" },
	{ "v=spf1 include:%{d}com", 8, "no top-level domain" },
	{ "v=spf1 include:a.%{d}.", 8, "no top-level domain" },
	/* 4.6: an error anywhere counts, behind all as well */
	{ "v=spf1 +all include:", 13, "has no domain" },
};

START_TEST(says_where_a_record_is_wrong)
{
	struct slice record = exact_text(bad[_i].record);
	struct fault fault = { .text = "" };
	unsigned at = 0;

	ck_assert(!spf_record_check(record, &fault));
	sscanf(fault.text, "at byte %u", &at);
	ck_assert_msg(at == bad[_i].at && strstr(fault.text, bad[_i].fault) != NULL, "%s: %s",
		      bad[_i].record, fault.text);
	exact_free(record);
}
END_TEST

/* A NUL ends nothing. */
START_TEST(sees_behind_a_nul)
{
	struct slice record = exact("v=spf1 a\0 all", 13), other = exact("v=spf1\0", 7);
	struct fault fault;

	ck_assert(!spf_record_check(record, &fault));
	ck_assert(!spf_record_is(other));
	exact_free(record);
	exact_free(other);
}
END_TEST

/* What cannot be read is passed over, and reading goes on behind it. */
START_TEST(goes_on_behind_what_is_wrong)
{
	struct slice record = exact_text("v=spf1 moo a:h.example all: -all"), rest = record;
	struct spf_term term;
	struct fault fault;

	ck_assert_int_eq(spf_term_next(&rest, &term, &fault), SPF_TERM_BAD);
	ck_assert(slice_is(term.text, "moo"));
	ck_assert_int_eq(spf_term_next(&rest, &term, &fault), SPF_TERM_FOUND);
	ck_assert(slice_is(term.text, "a:h.example") && slice_is(term.spec, "h.example"));
	ck_assert_ptr_eq(term.text.at, record.at + 11);
	ck_assert_int_eq(spf_term_next(&rest, &term, &fault), SPF_TERM_BAD);
	ck_assert_int_eq(spf_term_next(&rest, &term, &fault), SPF_TERM_FOUND);
	ck_assert(term.kind == SPF_ALL && term.result == SPF_FAIL);
	ck_assert_int_eq(spf_term_next(&rest, &term, &fault), SPF_TERM_END);
	ck_assert_int_eq(spf_term_next(&rest, &term, &fault), SPF_TERM_END);
	ck_assert(spf_record_find(record, SPF_ALL, &term));
	ck_assert(slice_is(term.text, "-all"));
	ck_assert(spf_record_find(record, SPF_A, &term));
	ck_assert(!spf_record_find(record, SPF_MX, &term));
	exact_free(record);
}
END_TEST

static const struct {
	const char *txt;
	bool is_record;
} versions[] = {
	{ "v=spf1", true },	{ "v=spf1 -all", true },	{ "v=spf1 ", true },
	{ "V=sPf1 a", true },	/* strings of the grammar are in any case (RFC 5234 2.3) */
	{ "v=spf10", false },	{ "v=spf1-all", false },	{ "v=spf1\t-all", false },
	{ "v=spf", false },	{ "v=spf1.1", false },		{ " v=spf1", false },
	{ "\"v=spf1 -all", false }, { "v = spf1", false },	{ "v=spf2 -all", false },
	{ "spf2.0/pra -all", false }, { "", false },		{ "\xef\xbb\xbfv=spf1", false },
};

START_TEST(knows_a_record_by_its_version)
{
	struct slice txt = exact_text(versions[_i].txt);

	ck_assert_int_eq(spf_record_is(txt), versions[_i].is_record);
	exact_free(txt);
}
END_TEST

/* 4.6.4 */
static const struct {
	const char *record;
	bool counts;
} costs[] = {
	{ "include:a.b", true }, { "a", true },		{ "mx", true },		  { "ptr", true },
	{ "exists:a.b", true },	 { "redirect=a.b", true }, { "all", false },	  { "ip4:192.0.2.1", false },
	{ "ip6:::1", false },	 { "exp=a.b", false },	{ "x=%{p}", false },
};

START_TEST(knows_which_terms_ask_the_dns)
{
	struct slice record = slice_of(costs[_i].record);
	struct spf_term term;
	struct fault fault;

	ck_assert_int_eq(spf_term_next(&record, &term, &fault), SPF_TERM_FOUND);
	ck_assert_int_eq(spf_term_counts(&term), costs[_i].counts);
}
END_TEST

START_TEST(names_each_result_and_knows_it_again)
{
	static const char *const words[] = {
		"none", "neutral", "pass", "fail", "softfail", "temperror", "permerror",	/* 2.6 */
	};
	enum spf_result result;

	ck_assert_uint_eq(COUNT(words), SPF_RESULTS);
	for (unsigned i = 0; i < SPF_RESULTS; i++) {
		ck_assert_str_eq(spf_result_word((enum spf_result)i), words[i]);
		ck_assert(spf_result_parse(slice_of(words[i]), &result));
		ck_assert_uint_eq(result, i);
	}
	ck_assert(spf_result_parse(slice_of("SoftFail"), &result) && result == SPF_SOFTFAIL);
	ck_assert(!spf_result_parse(slice_of("soft"), &result));
	ck_assert(!spf_result_parse(slice_of(""), &result));
}
END_TEST

Suite *suite_spf_record(void);
Suite *suite_spf_record(void)
{
	Suite *suite = suite_create("spf_record");
	TCase *tcase = tcase_create("spf_record");

	ADD_TABLE(tcase, reads_each_term_of_the_grammar, good);
	ADD_TABLE(tcase, says_where_a_record_is_wrong, bad);
	tcase_add_test(tcase, sees_behind_a_nul);
	tcase_add_test(tcase, goes_on_behind_what_is_wrong);
	ADD_TABLE(tcase, knows_a_record_by_its_version, versions);
	ADD_TABLE(tcase, knows_which_terms_ask_the_dns, costs);
	tcase_add_test(tcase, names_each_result_and_knows_it_again);
	suite_add_tcase(suite, tcase);
	return suite;
}
