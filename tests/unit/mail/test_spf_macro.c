/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "mail/spf_macro.h"

#include <string.h>

#include "fakes/exact.h"
#include "unit.h"

/* Sections are RFC 7208's. */

static struct spf_macro_values values_of(const char *address)
{
	struct spf_macro_values values = {
		.local = slice_of("strong-bad"), .sender_domain = slice_of("email.example.com"),
		.domain = slice_of("email.example.com"), .helo = slice_of("mx.example.net"),
		.validated = slice_of("mx.example.org"), .receiver = slice_of("receiver.example"),
		.now = 1234567890,
	};

	ck_assert(ip_parse(slice_of(address), &values.ip));
	return values;
}

#define NIBBLES	"1.0.b.c.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.8.b.d.0.1.0.0.2"

static const struct {
	const char *spec, *expanded, *address;
} good[] = {
	/* the examples of 7.4 */
	{ "%{s}", "strong-bad@email.example.com", NULL },
	{ "%{o}", "email.example.com", NULL },
	{ "%{d}", "email.example.com", NULL },
	{ "%{d4}", "email.example.com", NULL },
	{ "%{d3}", "email.example.com", NULL },
	{ "%{d2}", "example.com", NULL },
	{ "%{d1}", "com", NULL },
	{ "%{dr}", "com.example.email", NULL },
	{ "%{d2r}", "example.email", NULL },
	{ "%{l}", "strong-bad", NULL },
	{ "%{l-}", "strong.bad", NULL },
	{ "%{lr}", "strong-bad", NULL },
	{ "%{lr-}", "bad.strong", NULL },
	{ "%{l1r-}", "strong", NULL },
	{ "%{ir}.%{v}._spf.%{d2}", "3.2.0.192.in-addr._spf.example.com", NULL },
	{ "%{lr-}.lp._spf.%{d2}", "bad.strong.lp._spf.example.com", NULL },
	{ "%{lr-}.lp.%{ir}.%{v}._spf.%{d2}",
	  "bad.strong.lp.3.2.0.192.in-addr._spf.example.com", NULL },
	{ "%{ir}.%{v}.%{l1r-}.lp._spf.%{d2}",
	  "3.2.0.192.in-addr.strong.lp._spf.example.com", NULL },
	{ "%{d2}.trusted-domains.example.net", "example.com.trusted-domains.example.net", NULL },
	{ "%{ir}.%{v}._spf.%{d2}", NIBBLES ".ip6._spf.example.com", "2001:db8::cb01" },
	/* 7.2: each letter */
	{ "%{i}", "192.0.2.3", NULL },
	{ "%{i}", "2.0.0.1.0.d.b.8.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.c.b.0.1", "2001:db8::cb01" },
	{ "%{p}", "mx.example.org", NULL },
	{ "%{h}", "mx.example.net", NULL },
	{ "%{v}", "in-addr", NULL },
	{ "%{v}", "ip6", "::1" },
	{ "%{c}", "192.0.2.3", NULL },
	{ "%{c}", "2001:db8::cb01", "2001:db8:0::cb01" },
	{ "%{r}", "receiver.example", NULL },
	{ "%{t}", "1234567890", NULL },
	/* 7.1: letters and "r" in either case */
	{ "%{DR}", "com.example.email", NULL },
	/* 7.3: digits, of which there may be many */
	{ "%{d02}", "example.com", NULL },
	{ "%{d999999999999999999999999}", "email.example.com", NULL },
	{ "%{d3r}", "com.example.email", NULL },
	{ "%{d1r}", "email", NULL },
	{ "%{i2}", "2.3", NULL },
	{ "%{i4r}", "1.0.0.2", "2001:db8::cb01" },
	/* 7.1: delimiters, one or many; joined with dots whatever they were */
	{ "%{o-}", "email.example.com", NULL },
	{ "%{l1-}", "bad", NULL },
	{ "%{o1-}", "email.example.com", NULL },
	{ "%{s1r.-+,/_=}", "strong", NULL },
	{ "%{s3.-}", "bad@email.example.com", NULL },
	{ "%{s.-}", "strong.bad@email.example.com", NULL },
	/* 7.1: what is written with a percent sign */
	{ "%%%_%-", "% %20", NULL },
	{ "a%%{d}", "a%{d}", NULL },
	{ "%%%{d1}%%", "%com%", NULL },
	/* 7.3: upper case is escaped as in a URL, after all else */
	{ "%{S}", "strong-bad%40email.example.com", NULL },
	{ "%{L1R-}", "strong", NULL },
	{ "plain", "plain", NULL },
	{ "", "", NULL },
};

START_TEST(expands_as_the_examples_do)
{
	struct slice spec = exact_text(good[_i].spec);
	struct spf_macro_values values =
		values_of(good[_i].address != NULL ? good[_i].address : "192.0.2.3");
	struct text text = { 0 };
	struct fault fault = { .text = "" };

	ck_assert_msg(spf_macro_check(spec, SPF_MACRO_EXPLANATION, &fault), "%s", fault.text);
	spf_macro_expand(spec, &values, &text);
	ck_assert_str_eq(text_str(&text), good[_i].expanded);
	text_release(&text);
	exact_free(spec);
}
END_TEST

/* 7.1: each delimiter, and 7.3: the parts between them, empty ones too. */
static const struct {
	const char *spec, *local, *expanded;
} locals[] = {
	{ "%{l.}", "a.b-c", "a.b-c" },	   { "%{l-}", "a.b-c", "a.b.c" },
	{ "%{l+}", "a+b-c", "a.b-c" },	   { "%{l,}", "a,b-c", "a.b-c" },
	{ "%{l/}", "a/b-c", "a.b-c" },	   { "%{l_}", "a_b-c", "a.b-c" },
	{ "%{l=}", "a=b-c", "a.b-c" },	   { "%{lr+-}", "a+b-c", "c.b.a" },
	{ "%{l2r+-}", "a+b-c", "b.a" },	   { "%{l2+-}", "a+b-c", "b.c" },
	{ "%{l-}", "-a--b-", ".a..b." },   { "%{lr-}", "-a--b-", ".b..a." },
	{ "%{l2-}", "a-b-", "b." },	   { "%{l1r-}", "-a", "" },
	{ "%{l2r-}", "a--b", ".a" },	   { "%{l1-}", "a-", "" },
	{ "%{l}", "", "postmaster" },	   { "%{s}", "", "postmaster@email.example.com" },
	{ "%{l4r}", "", "postmaster" },	   { "%{L}", "jack&jill=up", "jack%26jill%3Dup" },
	{ "%{L}", "~user_x-y.z", "~user_x-y.z" }, { "%{L}", "a b%\x7f\xc3\xa9", "a%20b%25%7F%C3%A9" },
	{ "%{L=}", "a/b=c", "a%2Fb.c" },   { "%{l}", "%{d}", "%{d}" },	/* 4.8: not expanded again */
};

START_TEST(splits_at_each_delimiter)
{
	struct slice spec = exact_text(locals[_i].spec), local = exact_text(locals[_i].local);
	struct spf_macro_values values = values_of("192.0.2.3");
	struct text text = { 0 };

	values.local = local;
	spf_macro_expand(spec, &values, &text);
	ck_assert_str_eq(text_str(&text), locals[_i].expanded);
	text_release(&text);
	exact_free(spec);
	exact_free(local);
}
END_TEST

START_TEST(says_unknown_where_nothing_is_known)
{
	struct spf_macro_values values = values_of("192.0.2.3");
	struct text text = { 0 };

	values.validated = values.receiver = values.helo = (struct slice){ 0 };
	spf_macro_expand(slice_of("%{p} %{r} %{h}%{hr}."), &values, &text);
	ck_assert_str_eq(text_str(&text), "unknown unknown .");
	text_release(&text);
}
END_TEST

enum { D = 1, S = 2, E = 4 };	/* a domain-spec, an unknown modifier's value, an explanation */

static const struct {
	const char *spec;
	unsigned places;	/* where it is good */
} places[] = {
	{ "a.example", D | S | E },	{ "a", S | E },		{ "", S | E },
	{ "%{d}", D | S | E },		{ "%%", D | S | E },	{ "%_", D | S | E },
	{ "%-", D | S | E },		{ "%{d}.", S | E },	{ "%{d}.com", D | S | E },
	/* 7.2: of c, r and t explanations may make use */
	{ "%{c}", E }, { "%{r}", E }, { "%{t}", E }, { "%{C}", E }, { "%{R}", E }, { "%{T}", E },
	{ "%{s}%{l}%{o}%{d}%{i}%{p}%{v}%{h}", D | S | E },
	{ "%{S}%{L}%{O}%{D}%{I}%{P}%{V}%{H}", D | S | E },
	/* 6.2: and they have spaces, and no other white space, and are ASCII */
	{ "a b", E }, { " ", E }, { "a\tb", 0 }, { "a\nb", 0 }, { "a\x7f", 0 }, { "\xc3\xa9", 0 },
	{ "!\"#$&'()*+,-./:;<=>?@[\\]^_`{|}~", S | E },
	/* 7.1: what is no macro */
	{ "%", 0 }, { "a%", 0 }, { "%%%", 0 }, { "%a", 0 }, { "% ", 0 }, { "%{", 0 }, { "%{}", 0 },
	{ "%{d", 0 }, { "%{d2", 0 }, { "%{dr", 0 }, { "%{d-", 0 }, { "%{d-r}", 0 }, { "%{dr2}", 0 },
	{ "%{drr}", 0 }, { "%{ d}", 0 }, { "%{d }", 0 }, { "%{d:}", 0 }, { "%{dd}", 0 }, { "%{2d}", 0 },
	{ "%{-}", 0 }, { "%(d)", 0 }, { "%{d-2}", 0 },
	{ "%{a}", 0 }, { "%{b}", 0 }, { "%{e}", 0 }, { "%{x}", 0 }, { "%{z}", 0 }, { "%{1}", 0 },
	/* 7.3: zero parts are none */
	{ "%{d0}", 0 }, { "%{d00}", 0 }, { "%{d0r}", 0 }, { "%{d10}", D | S | E },
};

START_TEST(allows_each_thing_in_its_place)
{
	struct slice spec = exact_text(places[_i].spec);
	struct fault fault;
	unsigned got = 0;

	got |= spf_macro_check(spec, SPF_MACRO_DOMAIN, &fault) ? D : 0;
	got |= spf_macro_check(spec, SPF_MACRO_STRING, &fault) ? S : 0;
	got |= spf_macro_check(spec, SPF_MACRO_EXPLANATION, &fault) ? E : 0;
	ck_assert_msg(got == places[_i].places, "%s: %u", places[_i].spec, got);
	exact_free(spec);
}
END_TEST

static const struct {
	const char *spec, *letters;
	bool uses;
} uses[] = {
	{ "a.%{p}.b", "p", true },	 { "a.%{P2r-}.b", "p", true },	{ "p.%%{p}", "p", false },
	{ "%{d}.%{i}", "p", false },	 { "%{d}.%{i}", SPF_MACRO_SENDER, true },
	{ "%{d2r}", SPF_MACRO_SENDER, false }, { "%{d}%_%-%%", SPF_MACRO_SENDER, false },
	{ "", SPF_MACRO_SENDER, false }, { "%", SPF_MACRO_SENDER, false },
	{ "%{s}", SPF_MACRO_SENDER, true }, { "%{l}", SPF_MACRO_SENDER, true },
	{ "%{o}", SPF_MACRO_SENDER, true }, { "%{p}", SPF_MACRO_SENDER, true },
	{ "%{v}", SPF_MACRO_SENDER, true }, { "%{h}", SPF_MACRO_SENDER, true },
	{ "%{c}", SPF_MACRO_SENDER, true }, { "%{r}", SPF_MACRO_SENDER, true },
	{ "%{t}", SPF_MACRO_SENDER, true },
};

START_TEST(knows_what_a_name_depends_on)
{
	struct slice spec = exact_text(uses[_i].spec);

	ck_assert_int_eq(spf_macro_uses(spec, uses[_i].letters), uses[_i].uses);
	exact_free(spec);
}
END_TEST

Suite *suite_spf_macro(void);
Suite *suite_spf_macro(void)
{
	Suite *suite = suite_create("spf_macro");
	TCase *tcase = tcase_create("spf_macro");

	ADD_TABLE(tcase, expands_as_the_examples_do, good);
	ADD_TABLE(tcase, splits_at_each_delimiter, locals);
	tcase_add_test(tcase, says_unknown_where_nothing_is_known);
	ADD_TABLE(tcase, allows_each_thing_in_its_place, places);
	ADD_TABLE(tcase, knows_what_a_name_depends_on, uses);
	suite_add_tcase(suite, tcase);
	return suite;
}
