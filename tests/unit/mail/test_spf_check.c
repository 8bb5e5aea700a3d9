/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "mail/spf_check.h"

#include <string.h>

#include "fakes/zone.h"
#include "unit.h"

/* Sections are RFC 7208's. */

#define HOST(n)	{ "h" n ".example", DNS_A, "198.51.100." n }
#define MX10(name)                                                                          \
	{ name, DNS_MX, "11 h1.example" }, { name, DNS_MX, "12 h2.example" },               \
	{ name, DNS_MX, "13 h3.example" }, { name, DNS_MX, "14 h4.example" },               \
	{ name, DNS_MX, "15 h5.example" }, { name, DNS_MX, "16 h6.example" },               \
	{ name, DNS_MX, "17 h7.example" }, { name, DNS_MX, "18 h8.example" },               \
	{ name, DNS_MX, "19 h9.example" }, { name, DNS_MX, "20 h10.example" }
#define PTR9(name)                                                                          \
	{ name, DNS_PTR, "h1.example" }, { name, DNS_PTR, "h2.example" },                   \
	{ name, DNS_PTR, "h3.example" }, { name, DNS_PTR, "h4.example" },                   \
	{ name, DNS_PTR, "h5.example" }, { name, DNS_PTR, "h6.example" },                   \
	{ name, DNS_PTR, "h7.example" }, { name, DNS_PTR, "h8.example" },                   \
	{ name, DNS_PTR, "h9.example" }

/* All that the records below lead to. */
static const struct zone_row world[] = {
	{ "pass.example", DNS_TXT, "v=spf1 all" },
	{ "fail.example", DNS_TXT, "v=spf1 -all exp=why.example" },
	{ "soft.example", DNS_TXT, "v=spf1 ~all" },
	{ "neutral.example", DNS_TXT, "v=spf1 ?all" },
	{ "empty.example", DNS_TXT, "v=spf1" },
	{ "none.example", DNS_TXT, "v=spf10" },
	{ "nodata.example", DNS_TXT, ZONE_NODATA },
	{ "ill.example", DNS_TXT, ZONE_SERVFAIL },
	{ "ill.example", DNS_A, ZONE_SERVFAIL },
	{ "ill.example", DNS_AAAA, ZONE_SERVFAIL },
	{ "ill.example", DNS_MX, ZONE_SERVFAIL },
	{ "slow.example", DNS_TXT, ZONE_TIMEOUT },
	{ "slow.example", DNS_A, ZONE_TIMEOUT },
	{ "bad.example", DNS_TXT, "v=spf1 moo -all" },
	{ "twice.example", DNS_TXT, "v=spf1 -all" },
	{ "twice.example", DNS_TXT, "v=spf1 -all" },
	{ "beside.example", DNS_TXT, "V=SPF1 all" },
	{ "beside.example", DNS_TXT, "v=spf2 -all" },
	{ "beside.example", DNS_TXT, "a note" },
	{ "loop.example", DNS_TXT, "v=spf1 include:loop.example" },
	{ "ring.example", DNS_TXT, "v=spf1 redirect=ring.example" },
	{ "inner.example", DNS_TXT, "v=spf1 include:pass.example include:ill.example -all" },
	{ "to-fail.example", DNS_TXT, "v=spf1 redirect=fail.example exp=other.example" },
	{ "five.example", DNS_TXT, "v=spf1 a:h1.example a:h1.example a:h1.example a:h1.example "
				   "a:h1.example -all" },
	{ "void.example", DNS_TXT, "v=spf1 a:no.example -all" },

	HOST("1"), HOST("2"), HOST("3"), HOST("4"), HOST("5"), HOST("6"), HOST("7"), HOST("8"),
	HOST("9"), HOST("10"), HOST("11"),
	{ "both.example", DNS_A, "192.0.2.1" },
	{ "both.example", DNS_A, "192.0.2.129" },
	{ "both.example", DNS_AAAA, "2001:db8::1" },
	{ "six.example", DNS_AAAA, "2001:db8::1" },
	{ "*.long.example", DNS_A, "127.0.0.2" },
	{ "alias.example", DNS_CNAME, "both.example" },
	{ "d.example", DNS_A, "192.0.2.2" },
	{ "d.example", DNS_MX, "10 both.example" },

	{ "mx.example", DNS_MX, "10 both.example" },
	{ "mx.example", DNS_MX, "20 six.example" },
	{ "mx-void.example", DNS_MX, "10 no.example" },
	{ "mx-void.example", DNS_MX, "20 nodata.example" },
	{ "mx-half.example", DNS_MX, "10 no.example" },
	{ "mx-half.example", DNS_MX, "20 h1.example" },
	{ "mx-null.example", DNS_MX, "0 ." },
	{ "mx-ill.example", DNS_MX, "20 ill.example" },
	{ "mx-ill.example", DNS_MX, "10 both.example" },
	{ "mx-ill2.example", DNS_MX, "10 ill.example" },
	{ "mx-ill2.example", DNS_MX, "20 both.example" },
	MX10("mx10.example"),
	MX10("mx11.example"), { "mx11.example", DNS_MX, "1 both.example" },

	/* 192.0.2.1 has a name that leads back, and others */
	{ "1.2.0.192.in-addr.arpa", DNS_PTR, "h1.example" },
	{ "1.2.0.192.in-addr.arpa", DNS_PTR, "no.example" },
	{ "1.2.0.192.in-addr.arpa", DNS_PTR, "ill.example" },
	{ "1.2.0.192.in-addr.arpa", DNS_PTR, "both.example" },
	{ "1.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.8.b.d.0.1.0.0.2.ip6.arpa", DNS_PTR,
	  "six.example" },
	/* 192.0.2.10: the tenth leads back; .11: the eleventh; .12: an error */
	PTR9("10.2.0.192.in-addr.arpa"), { "10.2.0.192.in-addr.arpa", DNS_PTR, "r10.example" },
	PTR9("11.2.0.192.in-addr.arpa"), { "11.2.0.192.in-addr.arpa", DNS_PTR, "h10.example" },
	{ "11.2.0.192.in-addr.arpa", DNS_PTR, "r11.example" },
	{ "12.2.0.192.in-addr.arpa", DNS_PTR, ZONE_SERVFAIL },
	{ "r10.example", DNS_A, "192.0.2.10" },
	{ "r11.example", DNS_A, "192.0.2.11" },
	/* 192.0.2.20 is a.d.example, d.example.net and d.example itself, 192.0.2.21 the first two */
	{ "20.2.0.192.in-addr.arpa", DNS_PTR, "v.example.net" },
	{ "20.2.0.192.in-addr.arpa", DNS_PTR, "a.w.example" },
	{ "20.2.0.192.in-addr.arpa", DNS_PTR, "w.example" },
	{ "21.2.0.192.in-addr.arpa", DNS_PTR, "v.example.net" },
	{ "21.2.0.192.in-addr.arpa", DNS_PTR, "a.w.example" },
	{ "22.2.0.192.in-addr.arpa", DNS_PTR, "v.example.net" },
	{ "23.2.0.192.in-addr.arpa", DNS_PTR, "xw.example" },
	{ "v.example.net", DNS_A, "192.0.2.20" }, { "v.example.net", DNS_A, "192.0.2.21" },
	{ "v.example.net", DNS_A, "192.0.2.22" }, { "a.w.example", DNS_A, "192.0.2.20" },
	{ "a.w.example", DNS_A, "192.0.2.21" },	  { "w.example", DNS_A, "192.0.2.20" },
	{ "xw.example", DNS_A, "192.0.2.23" },
	{ "w.example", DNS_TXT, "v=spf1 ptr -all" },
	{ "v.example.net.p.example", DNS_A, "127.0.0.2" },
	{ "a.w.example.p.example", DNS_A, "127.0.0.3" },
	{ "unknown.p.example", DNS_A, "127.0.0.4" },

	{ "why.example", DNS_TXT, "%{i} is no sender of %{d}" },
	{ "other.example", DNS_TXT, "not this" },
	{ "why-two.example", DNS_TXT, "one" }, { "why-two.example", DNS_TXT, "two" },
	{ "why-bad.example", DNS_TXT, "%{x}" },
	{ "why-foreign.example", DNS_TXT, "na\xc3\xafve" },
	{ "why-tab.example", DNS_TXT, "a\tb" },
	{ "why-all.example", DNS_TXT, "%{c} %{r} %{t} %{h} %{p} 100%%%_%- %{S}" },
	{ "why-local.example", DNS_TXT, "%{l}" },
	{ "why-escaped.example", DNS_TXT, "%{L}" },
};

/* The record of d.example, beside the world; asked for user@d.example unless `from`
 * and `helo` say otherwise. */
struct example {
	const char *record, *ip;
	enum spf_result result;
	const char *term;	/* NULL: none */
	unsigned lookups, voids;
	const char *explanation;
	const char *from, *helo;
};

static void check(const struct example *example, struct zone *zone, struct spf_report *report)
{
	static struct zone_row rows[COUNT(world) + 2];
	const char *from = example->from != NULL ? example->from : "user@d.example";
	const char *helo = example->helo != NULL ? example->helo : "mail.d.example";
	struct spf_query query = {
		.mail_from = slice_of(from), .helo = slice_of(helo), .now = 1234567890,
	};

	memcpy(rows, world, sizeof world);
	rows[COUNT(world)] = (struct zone_row){ "d.example", DNS_TXT, example->record };
	zone_open(zone, rows);
	ck_assert(ip_parse(slice_of(example->ip), &query.ip));
	spf_check(&query, &zone->resolver, report);
}

#define IP	"192.0.2.1"
#define OTHER	"203.0.113.9"
#define IP6	"2001:db8::1"

static const struct example examples[] = {
	/* 4.7: the end of a record without an end */
	{ "v=spf1", IP, SPF_NEUTRAL, NULL, 0, 0 },
	{ "v=spf1 ip4:203.0.113.9", IP, SPF_NEUTRAL, NULL, 0, 0 },
	/* 2.6, 4.6.2 */
	{ "v=spf1 all", IP, SPF_PASS, "all", 0, 0 },
	{ "v=spf1 +all", IP, SPF_PASS, "+all", 0, 0 },
	{ "v=spf1 -all", IP, SPF_FAIL, "-all", 0, 0 },
	{ "v=spf1 ~all", IP, SPF_SOFTFAIL, "~all", 0, 0 },
	{ "v=spf1 ?all", IP, SPF_NEUTRAL, "?all", 0, 0 },
	/* 4.6.2: from left to right, the first decides */
	{ "v=spf1 ~ip4:192.0.2.0/24 -ip4:192.0.2.1 all", IP, SPF_SOFTFAIL, "~ip4:192.0.2.0/24", 0, 0 },
	/* 4.6: an error anywhere ends it before anything is asked */
	{ "v=spf1 all a:ill.example moo", IP, SPF_PERMERROR, NULL, 0, 0 },
	{ "v=spf1 a -all redirect=x", IP, SPF_PERMERROR, NULL, 0, 0 },
	/* 4.4, 4.5: what the domain has */
	{ ZONE_SERVFAIL, IP, SPF_TEMPERROR, NULL, 0, 0 },
	{ ZONE_TIMEOUT, IP, SPF_TEMPERROR, NULL, 0, 0 },
	{ ZONE_NODATA, IP, SPF_NONE, NULL, 0, 0 },
	{ "a note", IP, SPF_NONE, NULL, 0, 0 },

	/* 5.2: each result of an include */
	{ "v=spf1 ~include:pass.example -all", IP, SPF_SOFTFAIL, "~include:pass.example", 1, 0 },
	{ "v=spf1 include:fail.example ~all", IP, SPF_SOFTFAIL, "~all", 1, 0 },
	{ "v=spf1 include:soft.example -all", IP, SPF_FAIL, "-all", 1, 0 },
	{ "v=spf1 include:neutral.example -all", IP, SPF_FAIL, "-all", 1, 0 },
	{ "v=spf1 include:empty.example -all", IP, SPF_FAIL, "-all", 1, 0 },
	{ "v=spf1 include:ill.example -all", IP, SPF_TEMPERROR, "include:ill.example", 1, 0 },
	{ "v=spf1 ?include:slow.example -all", IP, SPF_TEMPERROR, "?include:slow.example", 1, 0 },
	{ "v=spf1 include:bad.example all", IP, SPF_PERMERROR, NULL, 1, 0 },
	{ "v=spf1 include:twice.example all", IP, SPF_PERMERROR, "include:twice.example", 1, 0 },
	{ "v=spf1 include:none.example all", IP, SPF_PERMERROR, "include:none.example", 1, 0 },
	{ "v=spf1 include:nodata.example all", IP, SPF_PERMERROR, "include:nodata.example", 1, 0 },
	{ "v=spf1 include:no.example all", IP, SPF_PERMERROR, "include:no.example", 1, 0 },
	{ "v=spf1 include:beside.example -all", IP, SPF_PASS, "include:beside.example", 1, 0 },
	{ "v=spf1 include:a..example all", IP, SPF_PERMERROR, "include:a..example", 1, 0 },
	{ "v=spf1 include:inner.example -all", IP, SPF_PASS, "include:inner.example", 2, 0 },
	/* 5.1, 6.1: each result of a redirect, which "all" forbids */
	{ "v=spf1 redirect=pass.example", IP, SPF_PASS, "all", 1, 0 },
	{ "v=spf1 redirect=soft.example", IP, SPF_SOFTFAIL, "~all", 1, 0 },
	{ "v=spf1 redirect=neutral.example", IP, SPF_NEUTRAL, "?all", 1, 0 },
	{ "v=spf1 redirect=empty.example", IP, SPF_NEUTRAL, NULL, 1, 0 },
	{ "v=spf1 redirect=ill.example", IP, SPF_TEMPERROR, "redirect=ill.example", 1, 0 },
	{ "v=spf1 redirect=bad.example", IP, SPF_PERMERROR, NULL, 1, 0 },
	{ "v=spf1 redirect=none.example", IP, SPF_PERMERROR, "redirect=none.example", 1, 0 },
	{ "v=spf1 redirect=no.example", IP, SPF_PERMERROR, "redirect=no.example", 1, 0 },
	{ "v=spf1 redirect=.example", IP, SPF_PERMERROR, "redirect=.example", 1, 0 },
	{ "v=spf1 redirect=ill.example ?all", IP, SPF_NEUTRAL, "?all", 0, 0 },
	{ "v=spf1 redirect=pass.example -ip4:192.0.2.1", IP, SPF_FAIL, "-ip4:192.0.2.1", 0, 0 },
	{ "v=spf1 -include:void.example redirect=soft.example", IP, SPF_SOFTFAIL, "~all", 3, 1 },

	/* 5.3 */
	{ "v=spf1 a -all", "192.0.2.2", SPF_PASS, "a", 1, 0 },
	{ "v=spf1 a:both.example -all", IP, SPF_PASS, "a:both.example", 1, 0 },
	{ "v=spf1 a:both.example -all", "192.0.2.129", SPF_PASS, "a:both.example", 1, 0 },
	{ "v=spf1 a:both.example -all", IP6, SPF_PASS, "a:both.example", 1, 0 },
	{ "v=spf1 a:alias.example -all", IP, SPF_PASS, "a:alias.example", 1, 0 },
	{ "v=spf1 a:both.example -all", OTHER, SPF_FAIL, "-all", 1, 0 },
	{ "v=spf1 a:six.example -all", IP, SPF_FAIL, "-all", 1, 1 },
	{ "v=spf1 a:six.example -all", IP6, SPF_PASS, "a:six.example", 1, 0 },
	{ "v=spf1 a:no.example -all", IP, SPF_FAIL, "-all", 1, 1 },
	{ "v=spf1 a:ill.example all", IP, SPF_TEMPERROR, "a:ill.example", 1, 0 },
	{ "v=spf1 a:ill.example all", IP6, SPF_TEMPERROR, "a:ill.example", 1, 0 },
	{ "v=spf1 a:slow.example all", IP, SPF_TEMPERROR, "a:slow.example", 1, 0 },
	{ "v=spf1 a:a..example -all", IP, SPF_FAIL, "-all", 1, 0 },	/* no such name can match */
	/* 5.6: prefixes */
	{ "v=spf1 a:both.example/0 -all", OTHER, SPF_PASS, "a:both.example/0", 1, 0 },
	{ "v=spf1 a:six.example/0 -all", OTHER, SPF_FAIL, "-all", 1, 1 },
	{ "v=spf1 a:both.example/0 -all", "2001:db8::2", SPF_FAIL, "-all", 1, 0 },
	{ "v=spf1 a:both.example//0 -all", "ff::", SPF_PASS, "a:both.example//0", 1, 0 },
	{ "v=spf1 a:both.example//0 -all", OTHER, SPF_FAIL, "-all", 1, 0 },
	{ "v=spf1 a:both.example/32//128 -all", IP6, SPF_PASS, "a:both.example/32//128", 1, 0 },
	{ "v=spf1 a:both.example//127 -all", "2001:db8::", SPF_PASS, "a:both.example//127", 1, 0 },
	{ "v=spf1 a:both.example//127 -all", "2001:db8::2", SPF_FAIL, "-all", 1, 0 },
	{ "v=spf1 a:both.example/25 -all", "192.0.2.127", SPF_PASS, "a:both.example/25", 1, 0 },
	{ "v=spf1 a:h1.example/25 -all", "198.51.100.128", SPF_FAIL, "-all", 1, 0 },
	{ "v=spf1 ip4:192.0.2.0/31 -all", IP, SPF_PASS, "ip4:192.0.2.0/31", 0, 0 },
	{ "v=spf1 ip4:192.0.2.0/32 -all", IP, SPF_FAIL, "-all", 0, 0 },
	{ "v=spf1 ip4:0.0.0.0/0 -all", IP6, SPF_FAIL, "-all", 0, 0 },
	{ "v=spf1 ip6:::/0 -all", IP, SPF_FAIL, "-all", 0, 0 },
	{ "v=spf1 ip6:2001:db8::/127 -all", IP6, SPF_PASS, "ip6:2001:db8::/127", 0, 0 },
	{ "v=spf1 ip6:2001:db8::/128 -all", IP6, SPF_FAIL, "-all", 0, 0 },
	{ "v=spf1 ip6:::ffff:192.0.2.1 -all", IP, SPF_FAIL, "-all", 0, 0 },

	/* 5.4 */
	{ "v=spf1 mx -all", IP, SPF_PASS, "mx", 1, 0 },
	{ "v=spf1 mx:mx.example -all", IP6, SPF_PASS, "mx:mx.example", 1, 0 },
	{ "v=spf1 mx:mx.example//32 -all", "2001:db8:f::", SPF_PASS, "mx:mx.example//32", 1, 0 },
	{ "v=spf1 mx:mx.example -all", OTHER, SPF_FAIL, "-all", 1, 0 },
	{ "v=spf1 mx:both.example -all", IP, SPF_FAIL, "-all", 1, 1 },	/* no implicit MX */
	{ "v=spf1 mx:no.example -all", IP, SPF_FAIL, "-all", 1, 1 },
	{ "v=spf1 mx:mx-void.example -all", IP, SPF_FAIL, "-all", 1, 1 },
	{ "v=spf1 mx:mx-half.example -all", IP, SPF_FAIL, "-all", 1, 0 },
	{ "v=spf1 mx:mx-null.example -all", IP, SPF_FAIL, "-all", 1, 0 },
	{ "v=spf1 mx:ill.example all", IP, SPF_TEMPERROR, "mx:ill.example", 1, 0 },
	/* by preference: what matched before the error counts */
	{ "v=spf1 mx:mx-ill.example all", OTHER, SPF_TEMPERROR, "mx:mx-ill.example", 1, 0 },
	{ "v=spf1 mx:mx-ill.example -all", IP, SPF_PASS, "mx:mx-ill.example", 1, 0 },
	{ "v=spf1 mx:mx-ill2.example -all", IP, SPF_TEMPERROR, "mx:mx-ill2.example", 1, 0 },
	/* 4.6.4: ten hosts, and not eleven */
	{ "v=spf1 mx:mx10.example -all", "198.51.100.10", SPF_PASS, "mx:mx10.example", 1, 0 },
	{ "v=spf1 mx:mx10.example -all", OTHER, SPF_FAIL, "-all", 1, 0 },
	{ "v=spf1 mx:mx11.example -all", IP, SPF_PERMERROR, "mx:mx11.example", 1, 0 },

	/* 5.5: errors are no match, the first ten names count */
	{ "v=spf1 ptr -all", IP, SPF_FAIL, "-all", 1, 0 },
	{ "v=spf1 ptr:both.example -all", IP, SPF_PASS, "ptr:both.example", 1, 0 },
	{ "v=spf1 ptr:Example.%{d1} -all", IP, SPF_FAIL, "-all", 1, 0 },
	{ "v=spf1 ptr:h1.example -all", IP, SPF_FAIL, "-all", 1, 0 },	/* does not lead back */
	{ "v=spf1 ptr:six.example -all", IP6, SPF_PASS, "ptr:six.example", 1, 0 },
	{ "v=spf1 ptr:six.example -all", "2001:db8::2", SPF_FAIL, "-all", 1, 1 },
	{ "v=spf1 ptr:r10.example -all", "192.0.2.10", SPF_PASS, "ptr:r10.example", 1, 0 },
	{ "v=spf1 ptr:r11.example -all", "192.0.2.11", SPF_FAIL, "-all", 1, 0 },
	{ "v=spf1 ptr:r11.example all", "192.0.2.12", SPF_PASS, "all", 1, 0 },
	{ "v=spf1 ptr:r11.example -all", OTHER, SPF_FAIL, "-all", 1, 1 },
	{ "v=spf1 ptr:w.example -all", "192.0.2.21", SPF_PASS, "ptr:w.example", 1, 0 },	/* below it */
	{ "v=spf1 ptr:w.example -all", "192.0.2.23", SPF_FAIL, "-all", 1, 0 },	/* not a label's end */
	{ "v=spf1 ptr:a.w.example -all", "192.0.2.22", SPF_FAIL, "-all", 1, 0 },

	/* 5.7: A, for IPv6 as well, whatever the address */
	{ "v=spf1 exists:both.example -all", OTHER, SPF_PASS, "exists:both.example", 1, 0 },
	{ "v=spf1 exists:both.example -all", "ff::", SPF_PASS, "exists:both.example", 1, 0 },
	{ "v=spf1 exists:six.example -all", IP6, SPF_FAIL, "-all", 1, 1 },
	{ "v=spf1 exists:no.example -all", IP, SPF_FAIL, "-all", 1, 1 },
	{ "v=spf1 exists:ill.example all", IP6, SPF_TEMPERROR, "exists:ill.example", 1, 0 },
	{ "v=spf1 exists:%{l}.example all", IP, SPF_PASS, "all", 1, 0, NULL, "a..b@d.example" },
	{ "v=spf1 exists:%{l}.example -all", IP, SPF_PASS, "exists:%{l}.example", 1, 0, NULL,
	  "Both@d.example" },

	/* 4.6.4: ten terms that ask, and not eleven; the others are free */
	{ "v=spf1 include:five.example a:h1.example a:h1.example a:h1.example mx:mx.example "
	  "ip4:198.51.100.1 ip6:::1 -all", OTHER, SPF_FAIL, "-all", 10, 0 },
	{ "v=spf1 include:five.example a:h1.example a:h1.example a:h1.example mx:mx.example "
	  "exists:both.example -all", OTHER, SPF_PERMERROR, "exists:both.example", 11, 0 },
	{ "v=spf1 include:five.example a:h1.example a:h1.example a:h1.example ptr:x.example "
	  "redirect=soft.example", IP, SPF_PERMERROR, "redirect=soft.example", 11, 0 },
	{ "v=spf1 include:five.example a:h1.example a:h1.example a:h1.example "
	  "redirect=soft.example", IP, SPF_SOFTFAIL, "~all", 10, 0 },
	{ "v=spf1 include:five.example include:five.example -all", OTHER, SPF_PERMERROR,
	  "a:h1.example", 11, 0 },
	{ "v=spf1 include:loop.example -all", IP, SPF_PERMERROR, "include:loop.example", 11, 0 },
	{ "v=spf1 redirect=ring.example", IP, SPF_PERMERROR, "redirect=ring.example", 11, 0 },
	/* ... which are counted as they come */
	{ "v=spf1 include:five.example include:pass.example a a a a a a a a a a a", OTHER, SPF_PASS,
	  "include:pass.example", 7, 0 },
	/* 4.6.4: two voids, and not three */
	{ "v=spf1 a:no.example exists:no.example -all", IP, SPF_FAIL, "-all", 2, 2 },
	{ "v=spf1 a:no.example exists:no.example mx:no.example all", IP, SPF_PERMERROR,
	  "mx:no.example", 3, 3 },
	{ "v=spf1 include:void.example a:no.example ptr all", OTHER, SPF_PERMERROR, "ptr", 4, 3 },
	{ "v=spf1 mx:mx-void.example mx:mx-void.example include:void.example all", IP, SPF_PERMERROR,
	  "a:no.example", 4, 3 },

	/* 6.2: an explanation, if there is one and it is one */
	{ "v=spf1 -all exp=why.example", IP, SPF_FAIL, "-all", 0, 0, "192.0.2.1 is no sender of d.example" },
	{ "v=spf1 exp=why.example -ip4:192.0.2.1", IP, SPF_FAIL, "-ip4:192.0.2.1", 0, 0,
	  "192.0.2.1 is no sender of d.example" },
	{ "v=spf1 ~all exp=why.example", IP, SPF_SOFTFAIL, "~all", 0, 0 },
	{ "v=spf1 all exp=why.example", IP, SPF_PASS, "all", 0, 0 },
	{ "v=spf1 -all exp=no.example", IP, SPF_FAIL, "-all", 0, 0 },
	{ "v=spf1 -all exp=nodata.example", IP, SPF_FAIL, "-all", 0, 0 },
	{ "v=spf1 -all exp=ill.example", IP, SPF_FAIL, "-all", 0, 0 },
	{ "v=spf1 -all exp=slow.example", IP, SPF_FAIL, "-all", 0, 0 },
	{ "v=spf1 -all exp=why-two.example", IP, SPF_FAIL, "-all", 0, 0 },
	{ "v=spf1 -all exp=why-bad.example", IP, SPF_FAIL, "-all", 0, 0 },
	{ "v=spf1 -all exp=why-foreign.example", IP, SPF_FAIL, "-all", 0, 0 },
	{ "v=spf1 -all exp=why-tab.example", IP, SPF_FAIL, "-all", 0, 0 },
	{ "v=spf1 -all exp=a..example", IP, SPF_FAIL, "-all", 0, 0 },
	{ "v=spf1 -all exp=why-all.example", IP, SPF_FAIL, "-all", 0, 0,
	  "192.0.2.1 unknown 1234567890 mail.d.example both.example 100% %20 user%40d.example" },
	{ "v=spf1 -all exp=why-all.example", OTHER, SPF_FAIL, "-all", 0, 0,
	  "203.0.113.9 unknown 1234567890 mail.d.example unknown 100% %20 user%40d.example" },
	/* ... which is ASCII whatever the sender is called */
	{ "v=spf1 -all exp=why-local.example", IP, SPF_FAIL, "-all", 0, 0, NULL, "\xc3\xa9@d.example" },
	{ "v=spf1 -all exp=why-local.example", IP, SPF_FAIL, "-all", 0, 0, NULL, "a\tb@d.example" },
	{ "v=spf1 -all exp=why-local.example", IP, SPF_FAIL, "-all", 0, 0, NULL, "\tab@d.example" },
	{ "v=spf1 -all exp=why-escaped.example", IP, SPF_FAIL, "-all", 0, 0, "%C3%A9", "\xc3\xa9@d.example" },
	/* 6.2: of an include none, of a redirect the target's */
	{ "v=spf1 include:fail.example -all", IP, SPF_FAIL, "-all", 1, 0 },
	{ "v=spf1 -include:pass.example exp=why.example", IP, SPF_FAIL, "-include:pass.example", 1, 0,
	  "192.0.2.1 is no sender of d.example" },
	{ "v=spf1 include:fail.example redirect=fail.example", IP, SPF_FAIL, "-all", 2, 0,
	  "192.0.2.1 is no sender of fail.example" },
	{ "v=spf1 redirect=fail.example exp=other.example", IP, SPF_FAIL, "-all", 1, 0,
	  "192.0.2.1 is no sender of fail.example" },
	{ "v=spf1 include:to-fail.example ~all", IP, SPF_SOFTFAIL, "~all", 2, 0 },

	/* 7.3, p: the domain, else a name below it, else any name, else "unknown" */
	{ "v=spf1 exists:%{p}.p.example -all", "192.0.2.22", SPF_PASS, "exists:%{p}.p.example", 1, 0 },
	{ "v=spf1 exists:%{p}.p.example -all", "192.0.2.12", SPF_PASS, "exists:%{p}.p.example", 1, 0 },
	{ "v=spf1 exists:%{p}.p.example -all", OTHER, SPF_PASS, "exists:%{p}.p.example", 1, 0 },
	{ "v=spf1 exists:%{p}.p.example -all", IP, SPF_FAIL, "-all", 1, 1 },
	{ "v=spf1 a:%{p} -all", IP, SPF_PASS, "a:%{p}", 1, 0 },
	/* 7.3: of what is too long, the left goes */
	{ "v=spf1 exists:%{l}.%{l}.%{l}.%{l}.long.example -all", IP, SPF_PASS,
	  "exists:%{l}.%{l}.%{l}.%{l}.long.example", 1, 0, NULL,
	  "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa."
	  "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa@d.example" },

	/* 2.3, 2.4, 4.3: whose mail it is */
	{ "v=spf1 exists:%{l}.%{o}.example exists:%{h} -all", OTHER, SPF_PASS, "exists:%{h}", 2, 1, NULL,
	  "", "d.example" },
	{ "v=spf1 -all exp=why-escaped.example", IP, SPF_FAIL, "-all", 0, 0, "postmaster", "", "d.example" },
	{ "v=spf1 -all exp=why-local.example", IP, SPF_FAIL, "-all", 0, 0, "postmaster", "@d.example" },
	{ "v=spf1 -all exp=why-local.example", IP, SPF_FAIL, "-all", 0, 0, "postmaster", "d.example" },
	{ "v=spf1 -all exp=why-local.example", IP, SPF_FAIL, "-all", 0, 0, "a@b", "a@b@d.example" },
	{ "v=spf1 all", IP, SPF_PASS, "all", 0, 0, NULL, "user@D.Example." },
	{ "v=spf1 all", IP, SPF_NONE, NULL, 0, 0, NULL, "user@localhost" },
	{ "v=spf1 all", IP, SPF_NONE, NULL, 0, 0, NULL, "user@" },
	{ "v=spf1 all", IP, SPF_NONE, NULL, 0, 0, NULL, "user@." },
	{ "v=spf1 all", IP, SPF_NONE, NULL, 0, 0, NULL, "user@d.example.." },
	{ "v=spf1 all", IP, SPF_NONE, NULL, 0, 0, NULL, "user@.d.example" },
	{ "v=spf1 all", IP, SPF_NONE, NULL, 0, 0, NULL, "user@d..example" },
	{ "v=spf1 all", IP, SPF_NONE, NULL, 0, 0, NULL, "user@[192.0.2.1]" },
	{ "v=spf1 all", IP, SPF_NONE, NULL, 0, 0, NULL, "", "[192.0.2.1]" },
	{ "v=spf1 all", IP, SPF_NONE, NULL, 0, 0, NULL, "", "" },
	{ "v=spf1 all", IP, SPF_NONE, NULL, 0, 0, NULL,
	  "user@aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa.d.example" },
	{ "v=spf1 all", IP, SPF_NONE, NULL, 0, 0, NULL, "user@not.d.example" },
	/* 4.8: a label too long, or none, in a name that macros made */
	{ "v=spf1 exists:%{l}.both.example -all", IP, SPF_FAIL, "-all", 1, 0, NULL,
	  "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa@d.example" },
	{ "v=spf1 exists:%{h} -all", IP, SPF_FAIL, "-all", 1, 0, NULL, NULL, "both.example.." },
	{ "v=spf1 exists:%{h} -all", IP, SPF_PASS, "exists:%{h}", 1, 0, NULL, NULL, "both.example." },
	{ "v=spf1 exists:%{h} -all", IP, SPF_FAIL, "-all", 1, 0, NULL, NULL, "localhost" },
	{ "v=spf1 include:%{h} all", IP, SPF_PERMERROR, "include:%{h}", 1, 0, NULL, NULL, "" },
};

START_TEST(concludes_what_the_rfc_does)
{
	const struct example *example = &examples[_i];
	struct spf_report report;
	struct zone zone;

	check(example, &zone, &report);
	ck_assert_msg(report.result == example->result, "%s: %s: %s", example->record,
		      spf_result_word(report.result), text_str(&report.why));
	ck_assert_str_eq(text_str(&report.term), example->term != NULL ? example->term : "");
	ck_assert_uint_eq(report.lookups, example->lookups);
	ck_assert_uint_eq(report.voids, example->voids);
	ck_assert_str_eq(text_str(&report.explanation),
			 example->explanation != NULL ? example->explanation : "");
	spf_report_release(&report);
}
END_TEST

/* 7.3, p: which of several names; and it is the domain of the record that counts. */
START_TEST(prefers_names_of_the_domain_for_p)
{
	static const char *const addresses[][2] = {
		{ "192.0.2.20", "w.example" },	   { "192.0.2.21", "a.w.example" },
		{ "192.0.2.22", "v.example.net" }, { "192.0.2.23", "xw.example" },
		{ "192.0.2.12", "unknown" },	   { "192.0.2.99", "unknown" },
	};
	static const struct zone_row more[] = {
		{ "w.example", DNS_TXT, "v=spf1 -all exp=p.w.example" },
		{ "p.w.example", DNS_TXT, "%{p}" },
	};

	for (size_t i = 0; i < COUNT(addresses); i++) {
		struct zone_row rows[COUNT(world) + COUNT(more) + 1] = { { NULL } };
		struct spf_query query = { .mail_from = slice_of("a@w.example") };
		struct spf_report report;
		struct zone zone;
		size_t count = 0;

		for (size_t j = 0; j < COUNT(world); j++) {
			if (strcmp(world[j].name, "w.example") != 0 || world[j].type != DNS_TXT)
				rows[count++] = world[j];
		}
		memcpy(rows + count, more, sizeof more);
		ck_assert(ip_parse(slice_of(addresses[i][0]), &query.ip));
		zone_open(&zone, rows);
		spf_check(&query, &zone.resolver, &report);
		ck_assert_str_eq(text_str(&report.explanation), addresses[i][1]);
		spf_report_release(&report);
	}
}
END_TEST

/* Why, in words, and of which domain's record. */
static const struct {
	const char *record, *domain, *why;
} reasons[] = {
	{ "a note", "d.example", "d.example has no SPF record" },
	{ "v=spf1 moo", "d.example", "at byte 8, \"moo\": no such mechanism" },
	{ "v=spf1", "d.example", "no term matches" },
	{ "v=spf1 a:ill.example", "d.example", "asking for A of ill.example gave: servfail" },
	{ "v=spf1 include:slow.example", "slow.example", "asking for TXT of slow.example gave: timeout" },
	{ "v=spf1 include:inner.example", "d.example", "" },
	{ "v=spf1 include:bad.example", "bad.example", "at byte 8, \"moo\": no such mechanism" },
	{ "v=spf1 include:no.example", "d.example", "no.example has no SPF record" },
	{ "v=spf1 include:twice.example", "twice.example", "twice.example has 2 SPF records, and may have one" },
	{ "v=spf1 redirect=no.example", "d.example", "it leads to a name that has no SPF record" },
	{ "v=spf1 include:a..b", "d.example", "it leads to a name that cannot be" },
	{ "v=spf1 include:loop.example", "loop.example", "more than 10 terms ask the DNS" },
	{ "v=spf1 a:no.example a:no.example include:void.example", "void.example",
	  "more than 2 terms ask for what is not there" },
	{ "v=spf1 mx:mx11.example", "d.example",
	  "mx11.example has 11 mail servers, and no more than 10 may be asked about" },
	{ "v=spf1 redirect=soft.example", "soft.example", "" },
};

START_TEST(tells_why)
{
	struct example example = { .record = reasons[_i].record, .ip = IP };
	struct spf_report report;
	struct zone zone;

	check(&example, &zone, &report);
	ck_assert_str_eq(text_str(&report.why), reasons[_i].why);
	ck_assert_str_eq(report.domain.text, reasons[_i].domain);
	spf_report_release(&report);
}
END_TEST

/* What is asked, and what is not. */
static const struct {
	const char *record, *ip, *asked;
} logs[] = {
	{ "v=spf1 all a:h1.example", IP, "" },
	{ "v=spf1 ip4:192.0.2.1 include:pass.example", IP, "" },
	{ "v=spf1 a:h1.example all", IP, "A h1.example\n" },
	{ "v=spf1 a:h1.example all", IP6, "AAAA h1.example\n" },
	{ "v=spf1 exists:h1.example", IP6, "A h1.example\n" },
	{ "v=spf1 mx:mx.example all", IP, "MX mx.example\nA both.example\nA six.example\n" },
	{ "v=spf1 mx:mx11.example", IP, "MX mx11.example\n" },
	{ "v=spf1 mx:mx-ill.example all", IP, "MX mx-ill.example\nA both.example\nA ill.example\n" },
	{ "v=spf1 redirect=pass.example a:h1.example", IP, "A h1.example\nTXT pass.example\n" },
	{ "v=spf1 ~all exp=why.example", IP, "" },
	{ "v=spf1 include:_A-b.Pass.example", IP, "TXT _a-b.pass.example\n" },
	{ "v=spf1 ptr all", "192.0.2.11",
	  "PTR 11.2.0.192.in-addr.arpa\nA h1.example\nA h2.example\nA h3.example\nA h4.example\n"
	  "A h5.example\nA h6.example\nA h7.example\nA h8.example\nA h9.example\nA h10.example\n" },
	{ "v=spf1 ptr all", IP6,
	  "PTR 1.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.8.b.d.0.1.0.0.2.ip6.arpa\n"
	  "AAAA six.example\n" },
	{ "v=spf1 exists:%{ir}.%{v}.%{l1r+}.X.example all", IP, "A 1.2.0.192.in-addr.user.x.example\n" },
};

START_TEST(asks_no_more_than_it_must)
{
	struct example example = { .record = logs[_i].record, .ip = logs[_i].ip };
	struct spf_report report;
	struct zone zone;

	check(&example, &zone, &report);
	ck_assert_int_eq(strncmp(zone.log, "TXT d.example\n", 14), 0);
	ck_assert_str_eq(zone.log + 14, logs[_i].asked);
	spf_report_release(&report);
}
END_TEST

/* 4.3: of one label, or an address, is no domain. */
START_TEST(asks_nothing_of_what_is_no_domain)
{
	static const char *const froms[] = { "user@localhost", "user@localhost.", "user@[192.0.2.1]", "user@" };

	for (size_t i = 0; i < COUNT(froms); i++) {
		struct example example = { .record = "v=spf1 all", .ip = IP, .from = froms[i] };
		struct spf_report report;
		struct zone zone;

		check(&example, &zone, &report);
		ck_assert_int_eq(report.result, SPF_NONE);
		ck_assert_uint_eq(zone.asked, 0);
		spf_report_release(&report);
	}
}
END_TEST

/* 7.3: cut on the left to at most 253 characters, between labels. */
START_TEST(cuts_long_names_on_the_left)
{
	struct spf_macro_values values = { .ip.version = 4 };
	struct domain name;
	char spec[400];

	for (unsigned len = 240; len < 270; len++) {
		/* "a....b.b.b.", of which the left label goes first */
		memset(spec, 'a', 30);
		for (unsigned i = 30; i < len; i++)
			spec[i] = (len - i) % 2 > 0 ? 'b' : '.';
		if (spec[30] != '.')
			spec[29] = '.';
		ck_assert(spf_target((struct slice){ spec, len }, &values, &name));
		ck_assert_uint_le(strlen(name.text), DOMAIN_MAX);
		ck_assert_int_eq(name.text[0], len > DOMAIN_MAX ? 'b' : 'a');
		ck_assert_int_eq(memcmp(name.text + strlen(name.text) - 200, spec + len - 200, 200), 0);
	}
	/* ... the last dot does not count */
	memset(spec, 'a', 63);
	for (unsigned i = 63; i < 253; i++)
		spec[i] = i % 2 > 0 ? '.' : 'b';
	memcpy(spec + 251, "xy.", 3);
	ck_assert(spf_target((struct slice){ spec, 254 }, &values, &name));
	ck_assert_uint_eq(strlen(name.text), 253);
	/* ... and what is one label goes as a whole */
	memset(spec, 'a', sizeof spec);
	ck_assert(!spf_target((struct slice){ spec, sizeof spec }, &values, &name));
}
END_TEST

Suite *suite_spf_check(void);
Suite *suite_spf_check(void)
{
	Suite *suite = suite_create("spf_check");
	TCase *tcase = tcase_create("spf_check");

	ADD_TABLE(tcase, concludes_what_the_rfc_does, examples);
	tcase_add_test(tcase, prefers_names_of_the_domain_for_p);
	ADD_TABLE(tcase, tells_why, reasons);
	ADD_TABLE(tcase, asks_no_more_than_it_must, logs);
	tcase_add_test(tcase, asks_nothing_of_what_is_no_domain);
	tcase_add_test(tcase, cuts_long_names_on_the_left);
	suite_add_tcase(suite, tcase);
	return suite;
}
