/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "mail/dnsbl.h"

#include "fakes/exact.h"
#include "unit.h"

#define LONG_LABEL "abcdefghijklmnopqrstuvwxyzabcdefghijklmnopqrstuvwxyzabcdefghijk"

static const struct slice no_keys = { "", 0 };

static struct dnsbl_zone zone_of(const char *line)
{
	struct dnsbl_zone zone = { .judges = 0 };
	struct fault fault = { .text = "" };

	ck_assert_msg(dnsbl_zone_parse(slice_of(line), no_keys, &zone, &fault), "%s", fault.text);
	return zone;
}

/* ---- the grammar ---- */

static const struct {
	const char *codes;
	const char *matches, *misses;	/* NULL: no codes at all */
} codes[] = {
	{ "127.0.0.2", "127.0.0.2", "127.0.0.3" },
	{ "127.0.0.[2;4..7]", "127.0.0.6", "127.0.0.3" },
	{ "127.0.0.[2,4..7]", "127.0.0.4", "127.0.0.8" },	/* ';' is a comment in Nagios */
	{ "127.0.[0..255].[1..3]", "127.0.9.2", "127.0.9.4" },
	{ "127.[0;2].0.0", "127.2.0.0", "127.1.0.0" },
	{ "127.0.0.255", "127.0.0.255", "127.0.0.254" },
	{ "127.0.0", NULL, NULL },
	{ "1.2.3.4", NULL, NULL },		/* could never match */
	{ "128.0.0.[2]", NULL, NULL },
	{ "127.0.0.2.3", NULL, NULL },
	{ "127.0.0.256", NULL, NULL },
	{ "127.0.0.[7..4]", NULL, NULL },
	{ "127.0.0.[]", NULL, NULL },
	{ "127.0.0.[2;]", NULL, NULL },
	{ "127.0.0.[2", NULL, NULL },
	{ "127.0.0.2x", NULL, NULL },
	{ "", NULL, NULL },
};

START_TEST(reads_codes_as_postscreen_writes_them)
{
	struct slice s = exact_text(codes[_i].codes);
	struct dnsbl_codes set;
	struct ip ip;

	ck_assert_int_eq(dnsbl_codes_parse(s, &set), codes[_i].matches != NULL);
	exact_free(s);
	if (codes[_i].matches == NULL)
		return;
	ip_parse(slice_of(codes[_i].matches), &ip);
	ck_assert(dnsbl_codes_match(&set, &ip));
	ip_parse(slice_of(codes[_i].misses), &ip);
	ck_assert(!dnsbl_codes_match(&set, &ip));
}
END_TEST

static const struct {
	const char *line;
	const char *name;	/* NULL: the fault's words */
	unsigned mask;
	int weight;
	enum dnsbl_type type;
	unsigned judges;
	const char *fault;
} lines[] = {
	{ "bl.test", "bl.test", 0, 1, DNSBL_DENY, DNSBL_IP4 | DNSBL_IP6, NULL },
	{ " BL.Test. # a comment", "bl.test", 0, 1, DNSBL_DENY, DNSBL_IP4 | DNSBL_IP6, NULL },
	{ "bl.test=127.0.0.2*3", "bl.test", 0, 3, DNSBL_DENY, DNSBL_IP4 | DNSBL_IP6, NULL },
	{ "bl.test=127.0.0.[2;3]&0x0e*-2", "bl.test", 14, -2, DNSBL_DENY, DNSBL_IP4 | DNSBL_IP6, NULL },
	{ "bl.test&14", "bl.test", 14, 1, DNSBL_DENY, DNSBL_IP4 | DNSBL_IP6, NULL },
	{ "bl.test kind=domain", "bl.test", 0, 1, DNSBL_DENY, DNSBL_DOMAIN, NULL },
	{ "bl.test family=6", "bl.test", 0, 1, DNSBL_DENY, DNSBL_IP6, NULL },
	{ "bl.test family=4,6 type=info scope=asn", "bl.test", 0, 0, DNSBL_INFO,
	  DNSBL_IP4 | DNSBL_IP6, NULL },
	{ "bl.test type=allow", "bl.test", 0, -1, DNSBL_ALLOW, DNSBL_IP4 | DNSBL_IP6, NULL },
	{ "bl.test*0", "bl.test", 0, 0, DNSBL_DENY, DNSBL_IP4 | DNSBL_IP6, NULL },
	{ "bl.test test=none url=https://bl.test/?q={target} refusal=127.0.0.9", "bl.test", 0, 1,
	  DNSBL_DENY, DNSBL_IP4 | DNSBL_IP6, NULL },
	/* what a list of the table is, -z takes over and can change */
	{ "dbl.spamhaus.org", "dbl.spamhaus.org", 0, 1, DNSBL_DENY, DNSBL_DOMAIN, NULL },
	{ "psbl.surriel.com*7", "psbl.surriel.com", 0, 7, DNSBL_DENY, DNSBL_IP4, NULL },
	{ "multi.uribl.com", "multi.uribl.com", 14, 1, DNSBL_DENY, DNSBL_DOMAIN, NULL },
	{ "multi.uribl.com=127.0.0.2", "multi.uribl.com", 0, 1, DNSBL_DENY, DNSBL_DOMAIN, NULL },

	{ "", NULL, 0, 0, 0, 0, "empty" },
	{ "bl..test", NULL, 0, 0, 0, 0, "empty label" },
	{ "bl.test=", NULL, 0, 0, 0, 0, "no code" },
	{ "bl.test=127.0.0", NULL, 0, 0, 0, 0, "no code" },
	{ "bl.test&0", NULL, 0, 0, 0, 0, "no mask" },
	{ "bl.test&256", NULL, 0, 0, 0, 0, "no mask" },
	{ "bl.test&0x", NULL, 0, 0, 0, 0, "no mask" },
	{ "bl.test&0xg1", NULL, 0, 0, 0, 0, "no mask" },
	{ "bl.test*", NULL, 0, 0, 0, 0, "no weight" },
	{ "bl.test*x", NULL, 0, 0, 0, 0, "no weight" },
	{ "bl.test=127.0.0.2=127.0.0.3", NULL, 0, 0, 0, 0, "= stands there twice" },
	{ "bl.test&2&4", NULL, 0, 0, 0, 0, "& stands there twice" },
	{ "bl.test*2*3", NULL, 0, 0, 0, 0, "* stands there twice" },
	{ "bl.test url=https://a/{key:x}", NULL, 0, 0, 0, 0, "url= wants" },
	{ LONG_LABEL "." LONG_LABEL "." LONG_LABEL ".abcdefghijklmnopqrstuvwxyzabcdefghijkl", NULL, 0,
	  0, 0, 0, "too long" },
	{ "bl.test kind=mail", NULL, 0, 0, 0, 0, "kind= wants" },
	{ "bl.test family=5", NULL, 0, 0, 0, 0, "family= wants" },
	{ "bl.test kind=domain family=4", NULL, 0, 0, 0, 0, "family= wants" },
	{ "dbl.spamhaus.org family=6", NULL, 0, 0, 0, 0, "family= wants" },
	{ "bl.test type=good", NULL, 0, 0, 0, 0, "type= wants" },
	{ "bl.test scope=world", NULL, 0, 0, 0, 0, "scope= wants" },
	{ "bl.test test=", NULL, 0, 0, 0, 0, "test= wants" },
	{ "bl.test test=a,!", NULL, 0, 0, 0, 0, "test= wants" },
	{ "bl.test refusal=127.0.0", NULL, 0, 0, 0, 0, "refusal= wants" },
	{ "bl.test url=javascript:alert(1)", NULL, 0, 0, 0, 0, "url= wants" },
	{ "bl.test url=https://a/<b>", NULL, 0, 0, 0, 0, "url= wants" },
	{ "bl.test weight=3", NULL, 0, 0, 0, 0, "the words are" },
	{ "bl.test kind", NULL, 0, 0, 0, 0, "kind= wants" },
	{ "bl.test*2 type=allow", NULL, 0, 0, 0, 0, "negative weight" },
	{ "{key:dqs}.zen.test", NULL, 0, 0, 0, 0, "the key dqs is not" },
	{ "{key:dqs", NULL, 0, 0, 0, 0, "no zone behind" },
	{ "{key:dqs}", NULL, 0, 0, 0, 0, "no zone behind" },
	{ "{key:dqs}.", NULL, 0, 0, 0, 0, "no zone behind" },
	{ "{key:dqs}zone.test", NULL, 0, 0, 0, 0, "no zone behind" },
	{ "SECRETKEY.zen.dq.spamhaus.net=1", NULL, 0, 0, 0, 0, "***.zen.dq.spamhaus.net: " },
};

START_TEST(reads_a_line_of_a_zones_file)
{
	struct slice s = exact_text(lines[_i].line);
	struct dnsbl_zone zone;
	struct fault fault = { .text = "" };
	bool good = dnsbl_zone_parse(s, no_keys, &zone, &fault);

	ck_assert_msg(good == (lines[_i].name != NULL), "%s: %s", lines[_i].line, fault.text);
	if (good) {
		ck_assert_str_eq(zone.name.text, lines[_i].name);
		ck_assert_uint_eq(zone.mask, lines[_i].mask);
		ck_assert_int_eq(zone.weight, lines[_i].weight);
		ck_assert_int_eq(zone.type, lines[_i].type);
		ck_assert_uint_eq(zone.judges, lines[_i].judges);
	} else {
		ck_assert_msg(strstr(fault.text, lines[_i].fault) != NULL, "%s", fault.text);
	}
	exact_free(s);
}
END_TEST

START_TEST(fills_in_keys_and_never_shows_them)
{
	struct slice keys = exact_text("# ours\nother 111\n dqs  abcdefgh1234 # old\nbad a..b\ndotted ab.cd\n");
	struct dnsbl_zone zone;
	struct fault fault;

	ck_assert(dnsbl_zone_parse(slice_of("{key:dqs}.zen.dq.spamhaus.net*2"), keys, &zone, &fault));
	ck_assert_str_eq(zone.name.text, "abcdefgh1234.zen.dq.spamhaus.net");
	ck_assert_str_eq(zone.shown, "***.zen.dq.spamhaus.net");
	ck_assert_int_eq(zone.weight, 2);
	ck_assert(zone.codes.is_given);		/* found its row in the table */
	ck_assert(dnsbl_is_keyed(&zone));
	ck_assert(!dnsbl_zone_parse(slice_of("{key:bad}.zen.test"), keys, &zone, &fault));
	ck_assert_ptr_null(strstr(fault.text, "a..b"));
	ck_assert(!dnsbl_zone_parse(slice_of("{key:dotted}.zen.test"), keys, &zone, &fault));
	ck_assert_ptr_null(strstr(fault.text, "cd"));
	ck_assert(!dnsbl_zone_parse(slice_of("{key:dq}.zen.test"), keys, &zone, &fault));
	exact_free(keys);
}
END_TEST

static const struct {
	const char *zone;
	bool is_dead;
} dead[] = {
	{ "ix.dnsbl.manitu.net", true },   { "spam.dnsbl.sorbs.net", true },
	{ "sorbs.net", true },		   { "notsorbs.net", false },
	{ "dnsbl.inps.de", true },	   { "zen.spamhaus.org", false },
};

START_TEST(knows_the_dead)
{
	struct dnsbl_zone zone = zone_of(dead[_i].zone);

	ck_assert_int_eq(zone.dead != NULL, dead[_i].is_dead);
}
END_TEST

/* ---- names ---- */

static const struct {
	const char *ip, *name;
} ip_names[] = {
	/* RFC 5782 2.1 and 2.4 */
	{ "192.0.2.99", "99.2.0.192.bl.test" },
	{ "2001:db8:1:2:3:4:567:89ab",
	  "b.a.9.8.7.6.5.0.4.0.0.0.3.0.0.0.2.0.0.0.1.0.0.0.8.b.d.0.1.0.0.2.bl.test" },
	{ "::ffff:7f00:2", "2.0.0.0.0.0.f.7.f.f.f.f.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.bl.test" },
};

START_TEST(asks_with_octets_or_nibbles_reversed)
{
	struct domain zone = { "bl.test" }, name;
	struct ip ip;

	ck_assert(ip_parse(slice_of(ip_names[_i].ip), &ip));
	ck_assert(dnsbl_name_of_ip(&ip, &zone, &name));
	ck_assert_str_eq(name.text, ip_names[_i].name);
}
END_TEST

/* ---- answers ---- */

/* An answer with these addresses, at most four of them. */
static struct dns_question answer_of(enum dns_status status, const char *const *addresses)
{
	struct dns_question question = { .type = DNS_A, .status = status };

	if (status != DNS_FOUND)
		return question;
	question.records = calloc(1, sizeof *question.records + 4 * sizeof *question.records->at);
	question.records->users = 1;
	for (; *addresses != NULL; addresses++)
		ck_assert(ip_parse(slice_of(*addresses),
				   &question.records->at[question.records->count++].ip));
	return question;
}

static const struct {
	const char *zone;
	enum dns_status status;
	const char *addresses[4];
	enum dnsbl_health health;
	size_t listed;
	const char *odd;	/* or NULL */
} answers[] = {
	{ "bl.test", DNS_NXDOMAIN, { 0 }, DNSBL_OK, 0, NULL },
	{ "bl.test", DNS_NODATA, { 0 }, DNSBL_OK, 0, NULL },
	{ "bl.test", DNS_FOUND, { "127.0.0.2" }, DNSBL_OK, 1, NULL },
	{ "bl.test", DNS_FOUND, { "127.0.0.2", "127.0.0.4" }, DNSBL_OK, 2, NULL },
	/* no statement at all */
	{ "bl.test", DNS_SERVFAIL, { 0 }, DNSBL_SERVFAIL, 0, NULL },
	{ "bl.test", DNS_REFUSED, { 0 }, DNSBL_REFUSED, 0, NULL },
	{ "bl.test", DNS_TIMEOUT, { 0 }, DNSBL_TIMEOUT, 0, NULL },
	{ "bl.test", DNS_UNFINISHED, { 0 }, DNSBL_TIMEOUT, 0, NULL },
	{ "bl.test", DNS_GARBLED, { 0 }, DNSBL_GARBLED, 0, NULL },
	/* "you may not ask" is no listing, not even beside one */
	{ "bl.test", DNS_FOUND, { "127.255.255.254" }, DNSBL_REFUSED, 0, "127.255.255.254" },
	{ "bl.test", DNS_FOUND, { "127.0.0.2", "127.255.255.255" }, DNSBL_REFUSED, 0,
	  "127.255.255.255" },
	{ "bl.test", DNS_FOUND, { "127.0.0.1" }, DNSBL_REFUSED, 0, "127.0.0.1" },
	{ "bl.test", DNS_FOUND, { "127.0.0.0" }, DNSBL_REFUSED, 0, "127.0.0.0" },
	{ "bl.test=127.0.0.[1..3]", DNS_FOUND, { "127.0.0.1" }, DNSBL_OK, 1, NULL },
	{ "bl.test=127.255.255.[0..255]", DNS_FOUND, { "127.255.255.254" }, DNSBL_REFUSED, 0,
	  "127.255.255.254" },
	{ "bl.test refusal=127.0.0.9", DNS_FOUND, { "127.0.0.9" }, DNSBL_REFUSED, 0, "127.0.0.9" },
	{ "multi.uribl.com", DNS_FOUND, { "127.0.0.1" }, DNSBL_REFUSED, 0, "127.0.0.1" },
	{ "multi.surbl.org", DNS_FOUND, { "127.0.0.1" }, DNSBL_REFUSED, 0, "127.0.0.1" },
	{ "dbl.spamhaus.org", DNS_FOUND, { "127.0.1.255" }, DNSBL_REFUSED, 0, "127.0.1.255" },
	{ "list.dnswl.org", DNS_FOUND, { "127.0.0.255" }, DNSBL_REFUSED, 0, "127.0.0.255" },
	/* outside 127/8 nothing is a listing */
	{ "bl.test", DNS_FOUND, { "203.0.113.9" }, DNSBL_OUTSIDE_127, 0, "203.0.113.9" },
	{ "bl.test", DNS_FOUND, { "127.0.0.2", "203.0.113.9" }, DNSBL_OUTSIDE_127, 0, "203.0.113.9" },
	{ "bl.test=127.0.0.2", DNS_FOUND, { "203.0.113.9" }, DNSBL_OUTSIDE_127, 0, "203.0.113.9" },
	/* filters */
	{ "bl.test=127.0.0.2", DNS_FOUND, { "127.0.0.4" }, DNSBL_OK, 0, "127.0.0.4" },
	{ "bl.test=127.0.0.2", DNS_FOUND, { "127.0.0.4", "127.0.0.2" }, DNSBL_OK, 1, "127.0.0.4" },
	{ "bl.test&6", DNS_FOUND, { "127.0.0.8" }, DNSBL_OK, 0, "127.0.0.8" },
	{ "bl.test&6", DNS_FOUND, { "127.0.0.12" }, DNSBL_OK, 1, NULL },
	{ "hostkarma.junkemailfilter.com", DNS_FOUND, { "127.0.0.5" }, DNSBL_OK, 0, "127.0.0.5" },
	{ "bl.suomispam.net", DNS_FOUND, { "127.0.0.99" }, DNSBL_OK, 1, NULL },
};

START_TEST(counts_as_a_listing_only_what_is_one)
{
	struct dnsbl_zone zone = zone_of(answers[_i].zone);
	struct dns_question answer = answer_of(answers[_i].status, answers[_i].addresses);
	struct dnsbl_listing listing;
	char odd[IP_TEXT] = "";

	ck_assert_int_eq(dnsbl_read(&zone, &answer, &listing), answers[_i].health);
	ck_assert_uint_eq(listing.count, answers[_i].listed);
	if (listing.has_odd)
		ip_print(&listing.odd, odd);
	ck_assert_str_eq(odd, answers[_i].odd != NULL ? answers[_i].odd : "");
	dns_release(&answer, 1);
}
END_TEST

/* ---- health ---- */

static const struct {
	const char *zone;
	unsigned judges;
	const char *names[6];	/* without the zone; '!' in front: must not be there,
				 * "" for the zone itself: must exist */
} tests[] = {
	{ "bl.test", DNSBL_IP4, { "2.0.0.127", "!1.0.0.127", "!mailpath-00000000000000ab" } },
	{ "bl.test kind=domain", DNSBL_DOMAIN, { "test", "!invalid", "!mailpath-00000000000000ab" } },
	{ "bl.test test=127.0.0.9", DNSBL_IP4, { "9.0.0.127", "!mailpath-00000000000000ab" } },
	{ "bl.test test=none", DNSBL_IP4, { "", "!mailpath-00000000000000ab" } },
	{ "bl.test test=!192.0.2.1", DNSBL_IP4, { "!1.2.0.192", "", "!mailpath-00000000000000ab" } },
	{ "bl.test test=none", 0, { NULL } },
	{ "bl.test kind=domain test=_dnsbl_.test,!_dnsblneg_.test", DNSBL_DOMAIN,
	  { "_dnsbl_.test", "!_dnsblneg_.test", "!mailpath-00000000000000ab" } },
	{ "bl.test kind=domain test=2.0.0.127", DNSBL_DOMAIN,
	  { "2.0.0.127", "!mailpath-00000000000000ab" } },
	{ "bl.test", DNSBL_IP6,
	  { "2.0.0.0.0.0.f.7.f.f.f.f.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0",
	    "!1.0.0.0.0.0.f.7.f.f.f.f.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0",
	    "!mailpath-00000000000000ab" } },
	/* both families: a point of its own for one, the standard ones for the other */
	{ "bl.test test=127.0.0.9", DNSBL_IP4 | DNSBL_IP6,
	  { "9.0.0.127", "2.0.0.0.0.0.f.7.f.f.f.f.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0",
	    "!1.0.0.0.0.0.f.7.f.f.f.f.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0",
	    "!mailpath-00000000000000ab" } },
};

START_TEST(tests_each_list_at_its_own_points)
{
	struct dnsbl_zone zone = zone_of(tests[_i].zone);
	struct dnsbl_test made[DNSBL_TESTS];
	size_t count = dnsbl_tests(&zone, tests[_i].judges, 0xab, made), i;

	for (i = 0; i < 6 && tests[_i].names[i] != NULL; i++) {
		const char *name = tests[_i].names[i];
		bool must_not = name[0] == '!', is_zone = name[0] == '\0';
		struct domain whole = zone.name;

		ck_assert_uint_lt(i, count);
		if (!is_zone)
			domain_join(&whole, name + must_not, &zone.name);
		ck_assert_str_eq(made[i].name.text, whole.text);
		ck_assert_int_eq(made[i].expectation, is_zone ? DNSBL_MUST_EXIST
						      : must_not ? DNSBL_MUST_NOT
								 : DNSBL_MUST_BE_LISTED);
	}
	ck_assert_uint_eq(count, i);
}
END_TEST

/* The answers to 127.0.0.2, 127.0.0.1 and the random label: an address, or the
 * name of a status. */
static const struct {
	const char *answers[3];
	enum dnsbl_health health;
} healths[] = {
	{ { "127.0.0.2", "nxdomain", "nxdomain" }, DNSBL_OK },
	{ { "127.0.0.99", "nxdomain", "nodata" }, DNSBL_OK },
	{ { "nxdomain", "nxdomain", "nxdomain" }, DNSBL_TESTPOINT_MISSING },
	{ { "127.0.0.2", "127.0.0.2", "nxdomain" }, DNSBL_WILDCARD },
	{ { "127.0.0.2", "nxdomain", "127.0.0.2" }, DNSBL_WILDCARD },
	{ { "nxdomain", "nxdomain", "127.0.0.2" }, DNSBL_WILDCARD },
	{ { "127.255.255.254", "127.255.255.254", "127.255.255.254" }, DNSBL_REFUSED },
	{ { "127.0.0.1", "127.0.0.1", "127.0.0.1" }, DNSBL_REFUSED },
	{ { "203.0.113.9", "203.0.113.9", "203.0.113.9" }, DNSBL_OUTSIDE_127 },
	{ { "127.0.0.2", "nxdomain", "203.0.113.9" }, DNSBL_OUTSIDE_127 },
	{ { "servfail", "nxdomain", "nxdomain" }, DNSBL_SERVFAIL },
	{ { "127.0.0.2", "servfail", "nxdomain" }, DNSBL_SERVFAIL },
	{ { "refused", "refused", "refused" }, DNSBL_REFUSED },
	{ { "timeout", "timeout", "timeout" }, DNSBL_TIMEOUT },
	{ { "127.0.0.2", "nxdomain", "timeout" }, DNSBL_TIMEOUT },
	{ { "garbled", "timeout", "nxdomain" }, DNSBL_GARBLED },
	{ { "timeout", "127.0.0.2", "127.0.0.2" }, DNSBL_WILDCARD },
	{ { "unfinished", "unfinished", "unfinished" }, DNSBL_TIMEOUT },
};

static struct dns_question answer_named(const char *word)
{
	const char *addresses[2] = { word, NULL };

	for (int status = DNS_UNFINISHED; status <= DNS_GARBLED; status++) {
		if (strcmp(word, dns_status_word((enum dns_status)status)) == 0)
			return answer_of((enum dns_status)status, NULL);
	}
	return answer_of(DNS_FOUND, addresses);
}

START_TEST(judges_a_list_by_what_its_tests_say_together)
{
	/* The filter judges listings, not test points. */
	struct dnsbl_zone zone = zone_of("bl.test=127.0.0.77");
	struct dnsbl_test made[DNSBL_TESTS];
	size_t count = dnsbl_tests(&zone, DNSBL_IP4, 1, made);
	struct dns_question answers3[3];
	struct dnsbl_listing odd;

	ck_assert_uint_eq(count, 3);
	for (int i = 0; i < 3; i++)
		answers3[i] = answer_named(healths[_i].answers[i]);
	ck_assert_int_eq(dnsbl_judge_tests(&zone, made, answers3, 3, DNSBL_IP4, &odd),
			 healths[_i].health);
	dns_release(answers3, 3);
}
END_TEST

/* The zone of a list without test entries: any answer but NXDOMAIN will do. */
static const struct {
	const char *answers[2];
	enum dnsbl_health health;
} wholes[] = {
	{ { "nodata", "nxdomain" }, DNSBL_OK },
	{ { "203.0.113.80", "nxdomain" }, DNSBL_OK },
	{ { "nxdomain", "nxdomain" }, DNSBL_TESTPOINT_MISSING },
	{ { "servfail", "nxdomain" }, DNSBL_SERVFAIL },
	{ { "timeout", "nxdomain" }, DNSBL_TIMEOUT },
	{ { "nodata", "127.0.0.2" }, DNSBL_WILDCARD },
};

START_TEST(a_list_without_test_entries_must_at_least_exist)
{
	struct dnsbl_zone zone = zone_of("bl.test test=none");
	struct dnsbl_test made[DNSBL_TESTS];
	size_t count = dnsbl_tests(&zone, DNSBL_IP4, 1, made);
	struct dns_question answers2[2] = { answer_named(wholes[_i].answers[0]),
					    answer_named(wholes[_i].answers[1]) };
	struct dnsbl_listing odd;

	ck_assert_uint_eq(count, 2);
	ck_assert_int_eq(dnsbl_judge_tests(&zone, made, answers2, 2, DNSBL_IP4, &odd),
			 wholes[_i].health);
	dns_release(answers2, 2);
}
END_TEST

START_TEST(each_family_is_judged_by_its_own_points)
{
	struct dnsbl_zone zone = zone_of("bl.test");
	struct dnsbl_test made[DNSBL_TESTS];
	size_t count = dnsbl_tests(&zone, DNSBL_IP4 | DNSBL_IP6, 1, made);
	struct dns_question answers5[5];
	struct dnsbl_listing odd;

	ck_assert_uint_eq(count, 5);
	for (size_t i = 0; i < count; i++)
		answers5[i] = answer_named(i == 0 ? "127.0.0.2" : "nxdomain");
	ck_assert_int_eq(dnsbl_judge_tests(&zone, made, answers5, 5, DNSBL_IP4, &odd), DNSBL_OK);
	ck_assert_int_eq(dnsbl_judge_tests(&zone, made, answers5, 5, DNSBL_IP6, &odd),
			 DNSBL_TESTPOINT_MISSING);
	dns_release(answers5, 5);
}
END_TEST

/* However many points are given, there is room. */
START_TEST(tests_fit_where_they_go)
{
	static const char *const many[] = {
		"bl.test test=1.1.1.1,2.2.2.2,3.3.3.3,4.4.4.4,5.5.5.5,6.6.6.6,7.7.7.7,8.8.8.8",
		"bl.test test=1.1.1.1,2.2.2.2,3.3.3.3,4.4.4.4,::5,::6,::7,::8",
		"bl.test kind=domain test=1.1.1.1,2.2.2.2,3.3.3.3,4.4.4.4,5.5.5.5,a,b,c",
	};

	for (size_t i = 0; i < COUNT(many); i++) {
		struct dnsbl_zone zone = zone_of(many[i]);
		struct dnsbl_test made[DNSBL_TESTS];

		ck_assert_uint_lt(dnsbl_tests(&zone, zone.judges, 1, made), DNSBL_TESTS);
	}
}
END_TEST

Suite *suite_dnsbl(void);
Suite *suite_dnsbl(void)
{
	Suite *suite = suite_create("dnsbl");
	TCase *tcase = tcase_create("dnsbl");

	ADD_TABLE(tcase, reads_codes_as_postscreen_writes_them, codes);
	ADD_TABLE(tcase, reads_a_line_of_a_zones_file, lines);
	tcase_add_test(tcase, fills_in_keys_and_never_shows_them);
	ADD_TABLE(tcase, knows_the_dead, dead);
	ADD_TABLE(tcase, asks_with_octets_or_nibbles_reversed, ip_names);
	ADD_TABLE(tcase, counts_as_a_listing_only_what_is_one, answers);
	ADD_TABLE(tcase, tests_each_list_at_its_own_points, tests);
	ADD_TABLE(tcase, judges_a_list_by_what_its_tests_say_together, healths);
	ADD_TABLE(tcase, a_list_without_test_entries_must_at_least_exist, wholes);
	tcase_add_test(tcase, each_family_is_judged_by_its_own_points);
	tcase_add_test(tcase, tests_fit_where_they_go);
	suite_add_tcase(suite, tcase);
	return suite;
}
