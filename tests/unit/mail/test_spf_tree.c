/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "mail/spf_tree.h"

#include <stdio.h>
#include <string.h>

#include "base/dns_rounds.h"
#include "fakes/zone.h"
#include "unit.h"

/* Sections are RFC 7208's. */

static const struct zone_row world[] = {
	{ "n1.example", DNS_TXT, "v=spf1 include:n2.example -all" },
	{ "n2.example", DNS_TXT, "v=spf1 include:n3.example -all" },
	{ "n3.example", DNS_TXT, "v=spf1 include:n4.example -all" },
	{ "n4.example", DNS_TXT, "v=spf1 include:n5.example -all" },
	{ "n5.example", DNS_TXT, "v=spf1 include:n6.example -all" },
	{ "n6.example", DNS_TXT, "v=spf1 include:n7.example -all" },
	{ "n7.example", DNS_TXT, "v=spf1 include:n8.example -all" },
	{ "n8.example", DNS_TXT, "v=spf1 include:n9.example -all" },
	{ "n9.example", DNS_TXT, "v=spf1 include:n10.example -all" },
	{ "n10.example", DNS_TXT, "v=spf1 ip4:192.0.2.0/24 -all" },
	{ "x.example", DNS_TXT, "v=spf1 include:x1.example include:x2.example -all" },
	{ "y.example", DNS_TXT, "v=spf1 include:y1.example include:y2.example -all" },
	{ "z.example", DNS_TXT, "v=spf1 include:x1.example include:y1.example -all" },
	{ "x1.example", DNS_TXT, "v=spf1 ip4:192.0.2.0/28 -all" },
	{ "x2.example", DNS_TXT, "v=spf1 ip4:192.0.2.16/28 -all" },
	{ "y1.example", DNS_TXT, "v=spf1 ip4:192.0.2.8/29 -all" },
	{ "y2.example", DNS_TXT, "v=spf1 ip6:2001:db8::/127 -all" },
	{ "d.example", DNS_MX, "10 h1.example" },
	{ "d.example", DNS_MX, "20 h2.example" },
	{ "d.example", DNS_A, "192.0.2.1" },
	{ "h1.example", DNS_A, "192.0.2.1" },
	{ "h2.example", DNS_A, "192.0.2.2" },
	{ "h2.example", DNS_AAAA, "2001:db8::2" },
	{ "multi.example", DNS_A, "192.0.2.1" },
	{ "multi.example", DNS_A, "192.0.2.4" },
	{ "multi.example", DNS_A, "192.0.2.6" },
	{ "empty.example", DNS_MX, "10 no1.example" },
	{ "empty.example", DNS_MX, "20 no2.example" },
	{ "loop.example", DNS_TXT, "v=spf1 include:back.example ~all" },
	{ "back.example", DNS_TXT, "v=spf1 a:h1.example include:loop.example ~all" },
	{ "none.example", DNS_TXT, "v=spf10" },
	{ "nodata.example", DNS_TXT, ZONE_NODATA },
	{ "ill.example", DNS_TXT, ZONE_SERVFAIL },
	{ "ill.example", DNS_A, ZONE_SERVFAIL },
	{ "two.example", DNS_TXT, "v=spf1 a" },
	{ "two.example", DNS_TXT, "v=spf1 -all" },
	{ "bad.example", DNS_TXT, "v=spf1 moo include:x1.example -all" },
	{ "all.example", DNS_TXT, "v=spf1 all" },
	{ "wide.example", DNS_TXT, "v=spf1 ip4:0.0.0.0/0 -all" },
	{ "open.example", DNS_TXT, "v=spf1 ?all" },
	{ "endless.example", DNS_TXT, "v=spf1 ip4:192.0.2.1" },
	{ "more.example", DNS_TXT, "v=spf1 redirect=endless.example" },
	{ "void.example", DNS_TXT, "v=spf1 exists:no3.example -all" },
	{ "big.example", DNS_MX, "1 b1.example" }, { "big.example", DNS_MX, "1 b2.example" },
	{ "big.example", DNS_MX, "1 b3.example" }, { "big.example", DNS_MX, "1 b4.example" },
	{ "big.example", DNS_MX, "1 b5.example" }, { "big.example", DNS_MX, "1 b6.example" },
	{ "big.example", DNS_MX, "1 b7.example" }, { "big.example", DNS_MX, "1 b8.example" },
	{ "big.example", DNS_MX, "1 b9.example" }, { "big.example", DNS_MX, "1 b10.example" },
	{ "big.example", DNS_MX, "1 b11.example" }, { "b11.example", DNS_A, "192.0.2.11" },
	{ "why.example", DNS_TXT, "no" },
	{ "1.2.0.192.in-addr.arpa", DNS_PTR, "h1.example" },
	{ "user.l.example", DNS_MX, "10 h2.example" },
	{ "user.l.example", DNS_TXT, "v=spf1 -all" },
};

static struct zone_row rows[COUNT(world) + 2];

static void open_world(struct zone *zone, const char *record)
{
	memcpy(rows, world, sizeof world);
	rows[COUNT(world)] = (struct zone_row){ "d.example", DNS_TXT, record };
	zone_open(zone, rows);
}

/* "d.example good 1/3 v1, ..." with the look-ups of a record and of all below it; in
 * front a '>' for each level, '=' for a redirect, '*' for what repeats. */
static void print_nodes(const struct spf_tree *tree, struct text *text)
{
	for (size_t i = 0; i < tree->node_count; i++) {
		const struct spf_node *node = &tree->nodes[i];

		text_add(text, "%s%.*s%s%s%.*s %s", i > 0 ? ", " : "", (int)node->level, ">>>>>>>>>>",
			 node->how == SPF_REDIRECT ? "=" : "", node->repeats ? "*" : "",
			 (int)strcspn(node->name.text, "."), node->name.text,
			 spf_node_state_word(node->state));
		if (node->lookups > 0)
			text_add(text, " %u/%u", node->own_lookups, node->lookups);
		if (node->voids > 0)
			text_add(text, " v%u", node->voids);
	}
}

/* "WORD node:at term, ..." */
static void print_notes(const struct spf_tree *tree, struct text *text)
{
	static const char *const words[] = {
		[SPF_LINT_ALL_PASSES] = "all", [SPF_LINT_WIDE] = "wide",
		[SPF_LINT_ALL_NEUTRAL] = "neutral", [SPF_LINT_NO_END] = "end", [SPF_LINT_PTR] = "ptr",
		[SPF_LINT_MX_TOO_MANY] = "many", [SPF_LINT_UNREACHED] = "unreached",
		[SPF_LINT_REPEATED] = "repeated", [SPF_LINT_UPPER_MACRO] = "upper",
		[SPF_LINT_LONG] = "long", [SPF_LINT_OTHER_MODIFIER] = "other",
	};

	for (size_t i = 0; i < tree->note_count; i++) {
		const struct spf_note *note = &tree->notes[i];

		text_add(text, "%s%s %zu:%zu%s%s", i > 0 ? ", " : "", words[note->lint], note->node,
			 note->at, note->term.len > 0 ? " " : "", text_str(&note->term));
	}
}

static void print_voids(const struct spf_tree *tree, struct text *text)
{
	for (size_t i = 0; i < tree->void_count; i++)
		text_add(text, "%s%s %.*s", i > 0 ? ", " : "", dns_type_word(tree->voids[i].type),
			 (int)strcspn(tree->voids[i].name.text, "."), tree->voids[i].name.text);
}

#define TEN "include:n10.example include:x1.example include:x2.example include:y1.example "  \
	"include:y2.example include:all.example include:endless.example include:open.example " \
	"include:wide.example include:none.example"
#define V4	4294967296.0
#define V6	340282366920938463463374607431768211456.0
#define LONG100 "exists:aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa." \
	"bbbbbbbbbbbbbbbbbbbbbbbbbbbbbb"

static const struct {
	const char *record, *nodes, *notes, *voids;
	double addresses;
	unsigned rounds, questions;
} trees[] = {
	/* what it costs, and how many waits */
	{ "v=spf1 -all", "d good", "", "", 0, 1, 1 },
	{ "v=spf1 a mx -all", "d good 2/2", "", "", 3, 3, 8 },
	{ "v=spf1 ~" TEN " -all",
	  "d good 10/10, >n10 good, >x1 good, >x2 good, >y1 good, >y2 good, >all good, >endless good, "
	  ">open good, >wide good, >none none", "all 6:8 all, all 9:8 ip4:0.0.0.0/0", "", V4 + V6, 2, 11 },
	{ "v=spf1 include:n1.example -all",
	  "d good 1/10, >n1 good 1/9, >>n2 good 1/8, >>>n3 good 1/7, >>>>n4 good 1/6, >>>>>n5 good 1/5, "
	  ">>>>>>n6 good 1/4, >>>>>>>n7 good 1/3, >>>>>>>>n8 good 1/2, >>>>>>>>>n9 good 1/1, "
	  ">>>>>>>>>>n10 good", "", "", 256, 11, 11 },
	{ "v=spf1 mx include:x.example include:y.example include:z.example -all",
	  "d good 4/10, >x good 2/2, >y good 2/2, >z good 2/2, >>x1 good, >>x2 good, >>y1 good, "
	  ">>y2 good, >>*x1 good, >>*y1 good", "", "", 32 + 2 + 1, 3, 13 },
	{ "v=spf1 include:x.example redirect=z.example",
	  "d good 2/6, >x good 2/2, >=z good 2/2, >>x1 good, >>x2 good, >>*x1 good, >>y1 good",
	  "", "", 32, 3, 6 },
	{ "v=spf1 exists:h1.example exp=why.example ip6:::1 -all", "d good 1/1", "", "", 1, 2, 2 },

	/* addresses: each once, of what passes all the way down */
	{ "v=spf1 ip4:192.0.2.0/24 ip4:192.0.2.0/25 ip4:192.0.2.7 ip4:192.0.3.0/24 ip4:192.0.1.255 -all",
	  "d good", "", "", 256 + 256 + 1, 1, 1 },
	{ "v=spf1 -ip4:192.0.2.0/24 ~ip4:192.0.3.0/24 ?ip4:192.0.4.0/24 ip4:192.0.5.1 -all", "d good", "",
	  "", 1, 1, 1 },
	{ "v=spf1 ip6:2001:db8::/96 ip4:192.0.2.1 ip6:2001:db8::1 -all", "d good", "", "", V4 + 1, 1, 1 },
	{ "v=spf1 a:multi.example -all", "d good 1/1", "", "", 3, 2, 3 },
	{ "v=spf1 a/31 mx//127 -all", "d good 2/2", "", "", 2 + 1 + 2, 3, 8 },
	{ "v=spf1 -include:x1.example ?include:x2.example ~include:all.example -all",
	  "d good 3/3, >x1 good, >x2 good, >all good", "", "", 0, 2, 4 },
	{ "v=spf1 ?include:x.example -all", "d good 1/3, >x good 2/2, >>x1 good, >>x2 good", "", "", 0, 3, 4 },
	{ "v=spf1 all", "d good", "all 0:8 all", "", V4 + V6, 1, 1 },
	{ "v=spf1 include:all.example -all", "d good 1/1, >all good", "all 1:8 all", "", V4 + V6, 2, 2 },
	{ "v=spf1 ?include:wide.example -all", "d good 1/1, >wide good", "", "", 0, 2, 2 },
	{ "v=spf1 redirect=all.example", "d good 1/1, >=all good", "all 1:8 all", "", V4 + V6, 2, 2 },

	/* voids and their names (4.6.4) */
	{ "v=spf1 a:no1.example mx:no2.example exists:no3.example -all", "d good 3/3 v3", "",
	  "A no1, AAAA no1, MX no2, A no3", 0, 2, 5 },
	{ "v=spf1 mx:empty.example -all", "d good 1/1 v1", "", "A no1, AAAA no1, A no2, AAAA no2", 0, 3, 6 },
	{ "v=spf1 a:h1.example -all", "d good 1/1", "", "", 1, 2, 3 },	/* no AAAA: not void */
	{ "v=spf1 include:void.example include:void.example -all",
	  "d good 2/4, >void good 1/1 v1, >*void good 1/1 v1", "repeated 0:29 include:void.example",
	  "A no3, A no3", 0, 3, 3 },
	{ "v=spf1 include:no1.example include:nodata.example -all", "d good 2/2, >no1 none v1, >nodata none v1",
	  "", "TXT no1, TXT nodata", 0, 2, 3 },

	/* states */
	{ "v=spf1 include:none.example include:two.example include:bad.example include:ill.example -all",
	  "d good 4/5, >none none, >two multiple, >bad bad 1/1, >ill failed, >>x1 good", "", "", 16, 3, 6 },
	{ "v=spf1 include:loop.example -all",
	  "d good 1/4, >loop good 1/3, >>back good 2/2, >>>*loop loop", "", "", 1, 4, 5 },
	{ "v=spf1 include:d.example -all", "d good 1/1, >*d loop", "", "", 0, 1, 1 },
	{ "v=spf1 redirect=D.Example", "d good 1/1, >=*d loop", "", "", 0, 1, 1 },
	{ "v=spf1 include:%{i}.example include:%{d2}x.example a:%{l}.example -all",
	  "d good 3/3, >d varies, >d none v1", "", "TXT d", 0, 2, 2 },
	{ "v=spf1 include:a..example -all", "d good 1/1, >a impossible", "", "", 0, 1, 1 },
	{ "v=spf1 moo a:h1.example ip4:1 -all", "d bad 1/1", "", "", 1, 2, 3 },
	{ "nothing", "d none", "", "", 0, 1, 1 },
	{ ZONE_NODATA, "d none", "", "", 0, 1, 1 },
	{ ZONE_TIMEOUT, "d failed", "", "", 0, 1, 1 },

	/* notes */
	{ "v=spf1 ?all", "d good", "neutral 0:8 ?all", "", 0, 1, 1 },
	{ "v=spf1 include:open.example -all", "d good 1/1, >open good", "", "", 0, 2, 2 },
	{ "v=spf1 redirect=open.example", "d good 1/1, >=open good", "neutral 1:8 ?all", "", 0, 2, 2 },
	{ "v=spf1 ip4:192.0.2.1", "d good", "end 0:0", "", 1, 1, 1 },
	{ "v=spf1 include:endless.example -all", "d good 1/1, >endless good", "", "", 1, 2, 2 },
	{ "v=spf1 redirect=more.example", "d good 1/2, >=more good 1/1, >>=endless good", "end 2:0", "", 1, 3, 3 },
	{ "v=spf1 include:more.example -all", "d good 1/2, >more good 1/1, >>=endless good", "", "", 1, 3, 3 },
	{ "v=spf1 ptr ptr:h1.example -all", "d good 2/2", "ptr 0:8 ptr, ptr 0:12 ptr:h1.example", "", 0, 1, 1 },
	{ "v=spf1 ip4:10.0.0.0/8 ip4:0.0.0.0/7 ip6:2000::/16 ip6:2000::/15 -ip4:0.0.0.0/0 -all", "d good",
	  "wide 0:23 ip4:0.0.0.0/7, wide 0:51 ip6:2000::/15",
	  "", 33554432.0 + V6 / 32768, 1, 1 },
	{ "v=spf1 ip4:0.0.0.0/0 ip6:::/0 -all", "d good", "all 0:8 ip4:0.0.0.0/0, all 0:22 ip6:::/0", "",
	  V4 + V6, 1, 1 },
	{ "v=spf1 a:h1.example/0 mx/7 a:h2.example//0 mx//15 -a/0 -all", "d good 5/5",
	  "all 0:8 a:h1.example/0, wide 0:23 mx/7, all 0:28 a:h2.example//0, wide 0:44 mx//15", "", V4 + V6,
	  2, 8 },
	{ "v=spf1 mx:big.example -all", "d good 1/1", "many 0:8 mx:big.example", "", 1, 3, 24 },
	/* 5.1, 6.1 */
	{ "v=spf1 -all a:ill.example ip4:192.0.2.1 exp=why.example", "d good",
	  "unreached 0:13 a:ill.example, unreached 0:27 ip4:192.0.2.1", "", 0, 1, 1 },
	{ "v=spf1 redirect=x.example -all", "d good", "unreached 0:8 redirect=x.example", "", 0, 1, 1 },
	{ "v=spf1 -all ?all", "d good", "unreached 0:13 ?all", "", 0, 1, 1 },
	{ "v=spf1 a A ip4:192.0.2.1 a -all", "d good 3/3", "repeated 0:10 A, repeated 0:26 a", "", 1, 2, 3 },
	{ "v=spf1 exists:%{L}.%{d} exists:%%{L}.example exists:%{i}.%{D} x=%{D} -all", "d good 3/3 v1",
	  "upper 0:8 exists:%{L}.%{d}, upper 0:46 exists:%{i}.%{D}, other 0:63 x=%{D}", "A %{l}", 0, 2, 2 },
	{ "v=spf1 " LONG100 "1.ex " LONG100 "2.ex " LONG100 "3.ex " LONG100 "4.ex                    -all",
	  "d good 4/4 v4", "",
	  "A aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa, "
	  "A aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa, "
	  "A aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa, "
	  "A aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa", 0, 2, 5 },
};

/* Over rounds, which is how it is used: each name is asked once. */
START_TEST(sees_the_whole_tree)
{
	const struct domain domain = { "d.example" };
	struct text nodes = { 0 }, notes = { 0 }, voids = { 0 };
	struct dns_rounds rounds;
	struct spf_tree tree = { 0 };
	struct zone zone;

	open_world(&zone, trees[_i].record);
	dns_rounds_open(&rounds, &zone.resolver);
	do {
		spf_tree_release(&tree);
		spf_tree_find(&domain, NULL, 0, &rounds.resolver, &tree);
	} while (dns_rounds_ask(&rounds));
	print_nodes(&tree, &nodes);
	print_notes(&tree, &notes);
	print_voids(&tree, &voids);
	ck_assert_str_eq(text_str(&nodes), trees[_i].nodes);
	ck_assert_str_eq(text_str(&notes), trees[_i].notes);
	ck_assert_str_eq(text_str(&voids), trees[_i].voids);
	ck_assert_double_eq(tree.addresses, trees[_i].addresses);
	ck_assert_uint_eq(rounds.rounds, trees[_i].rounds);
	ck_assert_uint_eq(tree.questions, trees[_i].questions);
	ck_assert_uint_eq(zone.asked, trees[_i].questions);
	ck_assert(!tree.was_cut && !tree.failed);
	text_release(&nodes);
	text_release(&notes);
	text_release(&voids);
	spf_tree_release(&tree);
	dns_rounds_release(&rounds);
}
END_TEST

/* What depends on the sender is asked ahead: then his evaluation waits for nothing. */
static const struct {
	const char *record, *ip;
	unsigned rounds;
	const char *asked;	/* behind the record */
} senders[] = {
	{ "v=spf1 exists:%{i}.%{v}.l.example -all", "192.0.2.1", 2, "A 192.0.2.1.in-addr.l.example\n" },
	{ "v=spf1 exists:%{l}.l.example -all", "2001:db8::1", 2, "A user.l.example\n" },
	{ "v=spf1 a:%{l}.l.example -all", "192.0.2.1", 2, "A user.l.example\n" },
	{ "v=spf1 a:%{l}.l.example -all", "2001:db8::1", 2, "AAAA user.l.example\n" },
	{ "v=spf1 mx:%{l}.l.example -all", "192.0.2.9", 3, "MX user.l.example\nA h2.example\n" },
	{ "v=spf1 mx:%{l}.l.example -all", "2001:db8::1", 3, "MX user.l.example\nAAAA h2.example\n" },
	{ "v=spf1 include:%{l}.l.example -all", "192.0.2.9", 2, "TXT user.l.example\n" },
	{ "v=spf1 redirect=%{l}.l.example", "192.0.2.9", 2, "TXT user.l.example\n" },
	{ "v=spf1 ptr -all", "192.0.2.1", 3, "PTR 1.2.0.192.in-addr.arpa\nA h1.example\n" },
	{ "v=spf1 ptr -all", "192.0.2.2", 2, "PTR 2.2.0.192.in-addr.arpa\n" },
	{ "v=spf1 -all exp=why.example", "192.0.2.1", 2, "TXT why.example\n" },
	{ "v=spf1 -all exp=%{l}.l.example", "192.0.2.1", 2, "TXT user.l.example\n" },
	{ "v=spf1 exists:h1.example -all", "192.0.2.1", 2, "A h1.example\n" },
	{ "v=spf1 a:h1.example -all", "192.0.2.9", 2, "A h1.example\nAAAA h1.example\n" },
	{ "v=spf1 mx -all", "192.0.2.9", 3, "MX d.example\nA h1.example\nAAAA h1.example\nA h2.example\n"
					    "AAAA h2.example\n" },
};

START_TEST(asks_ahead_for_a_sender)
{
	const struct domain domain = { "d.example" };
	struct spf_query query = { .mail_from = slice_of("user@d.example"), .helo = slice_of("h1.example") };
	struct spf_report report = { 0 };
	struct dns_rounds rounds;
	struct spf_tree tree = { 0 };
	struct zone zone;
	size_t before;

	ck_assert(ip_parse(slice_of(senders[_i].ip), &query.ip));
	open_world(&zone, senders[_i].record);
	dns_rounds_open(&rounds, &zone.resolver);
	do {
		spf_tree_release(&tree);
		spf_tree_find(&domain, &query, 1, &rounds.resolver, &tree);
	} while (dns_rounds_ask(&rounds));
	before = rounds.count;
	spf_check(&query, &rounds.resolver, &report);
	ck_assert_uint_eq(rounds.count, before);
	ck_assert(report.result == SPF_PASS || report.result == SPF_FAIL);
	ck_assert_uint_eq(rounds.rounds, senders[_i].rounds);
	ck_assert_str_eq(zone.log + 14, senders[_i].asked);
	spf_report_release(&report);
	spf_tree_release(&tree);
	dns_rounds_release(&rounds);
}
END_TEST

/* ---- limits ---- */

/* A chain, "0.c.example" includes "1.c.example" and so on; or one record that includes
 * two thousand others, which are all "leaf"; "self" includes itself as often. */
struct generator {
	struct resolver resolver;
	const char *leaf;
	char self[40000];
	unsigned asked;
};

static void generate(struct resolver *self, struct dns_question *questions, size_t count)
{
	enum { OWN = 64 };
	struct generator *generator = (struct generator *)self;

	for (size_t i = 0; i < count; i++) {
		struct dns_records *records = calloc(1, sizeof *records + sizeof *records->at + OWN);
		const char *name = questions[i].name.text;
		char *own = (char *)&records->at[1];

		records->users = records->count = 1;
		records->at[0].data = slice_of(own);
		snprintf(own, OWN, "v=spf1 include:%d.c.example -all", atoi(name) + 1);
		records->at[0].data.len = strlen(own);
		if (strcmp(name, "many.example") == 0)
			records->at[0].data = slice_of(generator->self);
		else if (strstr(name, ".leaf.example") != NULL)
			records->at[0].data = slice_of(generator->leaf);
		questions[i].records = records;
		questions[i].status = DNS_FOUND;
		questions[i].detail = NULL;
	}
	generator->asked += (unsigned)count;
}

static void find(struct generator *generator, const char *name, struct spf_tree *tree)
{
	struct domain domain;
	struct fault fault;

	generator->resolver.ask = generate;
	ck_assert(domain_parse(slice_of(name), &domain, &fault));
	spf_tree_find(&domain, NULL, 0, &generator->resolver, tree);
	ck_assert(!tree->failed);
}

START_TEST(goes_twenty_levels_deep)
{
	struct generator generator = { .leaf = "" };
	struct spf_tree tree;

	find(&generator, "0.c.example", &tree);
	ck_assert(tree.was_cut);
	ck_assert_uint_eq(generator.asked, SPF_TREE_LEVELS);
	ck_assert_uint_eq(tree.node_count, SPF_TREE_LEVELS + 1);
	ck_assert_int_eq(tree.nodes[SPF_TREE_LEVELS - 1].state, SPF_NODE_GOOD);
	ck_assert_int_eq(tree.nodes[SPF_TREE_LEVELS].state, SPF_NODE_CUT);
	ck_assert_uint_eq(tree.nodes[0].lookups, SPF_TREE_LEVELS);
	spf_tree_release(&tree);
}
END_TEST

START_TEST(asks_two_hundred_questions)
{
	struct generator generator = { .leaf = "v=spf1 -all" };
	struct spf_tree tree;

	for (unsigned count = 199; count <= 201; count++) {
		size_t len = (size_t)snprintf(generator.self, sizeof generator.self, "v=spf1");

		for (unsigned i = 0; i < count; i++)
			len += (size_t)snprintf(generator.self + len, sizeof generator.self - len,
						" include:%u.leaf.example", i);
		generator.asked = 0;
		find(&generator, "many.example", &tree);
		ck_assert_int_eq(tree.was_cut, count > 199);
		ck_assert_uint_eq(generator.asked, SPF_TREE_QUESTIONS);
		ck_assert_uint_eq(tree.questions, SPF_TREE_QUESTIONS);
		ck_assert_uint_eq(tree.node_count, count + 1);
		ck_assert_int_eq(tree.nodes[199].state, SPF_NODE_GOOD);
		if (count > 199)
			ck_assert_int_eq(tree.nodes[200].state, SPF_NODE_CUT);
		spf_tree_release(&tree);
	}
}
END_TEST

/* Repeated includes multiply what there is to look at, though not to ask. */
START_TEST(is_bounded_whatever_it_meets)
{
	static struct generator generator;
	static char leaf[40000];
	struct spf_tree tree;
	size_t len = (size_t)snprintf(generator.self, sizeof generator.self, "v=spf1");

	while (len < 39000)
		len += (size_t)snprintf(generator.self + len, sizeof generator.self - len,
					" include:1.leaf.example");
	len = (size_t)snprintf(leaf, sizeof leaf, "v=spf1");
	while (len < 39000)
		len += (size_t)snprintf(leaf + len, sizeof leaf - len, " ip4:0.0.0.0/1 include:1.leaf.example");
	generator.leaf = leaf;
	find(&generator, "many.example", &tree);
	ck_assert(tree.was_cut);
	ck_assert_uint_le(tree.node_count, 2000);
	ck_assert_uint_le(tree.note_count, 15000);
	ck_assert_uint_eq(tree.questions, 2);
	ck_assert_double_eq(tree.addresses, V4 / 2);
	spf_tree_release(&tree);
}
END_TEST

/* Texts that were meant as records are kept for who mends them. */
START_TEST(keeps_what_looks_like_a_record)
{
	static const struct zone_row other[] = {
		{ "d.example", DNS_TXT, "v=spf1 -all" },
		{ "d.example", DNS_TXT, "\"v=spf1 a -all\"" },
		{ "d.example", DNS_TXT, "v=spf2 -all" },
		{ "d.example", DNS_TXT, "spf2.0/pra -all" },
		{ "d.example", DNS_TXT, "v=DMARC1; p=none" },
		{ "d.example", DNS_TXT, "this is a note on v=spf1" },
		{ "d.example", DNS_TXT, "" },
		{ NULL },
	};
	const struct domain domain = { "d.example" };
	struct spf_tree tree;
	struct zone zone;

	zone_open(&zone, other);
	zone.is_secure = true;
	spf_tree_find(&domain, NULL, 0, &zone.resolver, &tree);
	ck_assert_str_eq(text_str(&tree.nodes[0].record), "v=spf1 -all");
	ck_assert_str_eq(text_str(&tree.nodes[0].others), "\"v=spf1 a -all\"\nv=spf2 -all\nspf2.0/pra -all\n");
	ck_assert(tree.nodes[0].is_secure);
	spf_tree_release(&tree);
	open_world(&zone, "v=spf1 include:two.example a:ill.example %{i} -all");
	spf_tree_find(&domain, NULL, 0, &zone.resolver, &tree);
	ck_assert_str_eq(text_str(&tree.nodes[1].record), "v=spf1 a");
	ck_assert_str_eq(text_str(&tree.nodes[1].others), "v=spf1 -all\n");
	ck_assert_str_eq(text_str(&tree.nodes[1].term), "include:two.example");
	ck_assert_str_eq(text_str(&tree.nodes[0].why),
			 "at byte 42, \"%{i}\": no mechanism and no modifier");
	ck_assert(tree.is_incomplete && !tree.varies);
	spf_tree_release(&tree);
	spf_tree_release(&tree);
}
END_TEST

Suite *suite_spf_tree(void);
Suite *suite_spf_tree(void)
{
	Suite *suite = suite_create("spf_tree");
	TCase *tcase = tcase_create("spf_tree");

	ADD_TABLE(tcase, sees_the_whole_tree, trees);
	ADD_TABLE(tcase, asks_ahead_for_a_sender, senders);
	tcase_add_test(tcase, goes_twenty_levels_deep);
	tcase_add_test(tcase, asks_two_hundred_questions);
	tcase_add_test(tcase, is_bounded_whatever_it_meets);
	tcase_add_test(tcase, keeps_what_looks_like_a_record);
	suite_add_tcase(suite, tcase);
	return suite;
}
