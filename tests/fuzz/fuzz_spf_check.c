/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "mail/spf_check.h"

#include "base/dns_rounds.h"
#include "fuzz.h"
#include "mail/spf_tree.h"

/* The input is a zone, a record a line: the first byte of its name, a blank, the type
 * ('a', '6', 'm', 'p', else TXT), '!' for a failure, '*' for twenty of it or any other
 * byte for one, and the data. All names that begin with the same byte are the same; the
 * domain is "a.d". */

enum { RECORDS_MAX = 300 };

struct world {
	struct resolver resolver;	/* first */
	struct slice zone;
};

static enum dns_type type_of(char c)
{
	switch (c) {
	case 'a': return DNS_A;
	case '6': return DNS_AAAA;
	case 'm': return DNS_MX;
	case 'p': return DNS_PTR;
	default: return DNS_TXT;
	}
}

static void add(struct dns_records **records, enum dns_type type, struct slice data)
{
	struct dns_record record = { .data = data };

	if (*records == NULL) {
		*records = calloc(1, sizeof **records + RECORDS_MAX * sizeof record);
		(*records)->users = 1;
	}
	if (type == DNS_A)
		record.ip = (struct ip){ 4, { 192, 0, 2, (uint8_t)(data.len > 0 ? *data.at : 0) } };
	else if (type == DNS_AAAA)
		record.ip = (struct ip){ 6, { 0x20, 1, 0xd, 0xb8, (uint8_t)data.len } };
	record.preference = (uint16_t)data.len;
	if ((*records)->count < RECORDS_MAX)
		(*records)->at[(*records)->count++] = record;
}

static void answer(struct world *world, struct dns_question *question)
{
	struct slice rest = world->zone, line;

	question->records = NULL;
	question->detail = NULL;
	question->status = DNS_NXDOMAIN;
	while (slice_split(&rest, '\n', &line)) {
		if (line.len < 4 || line.at[0] != question->name.text[0] || line.at[1] != ' ')
			continue;
		if (question->status == DNS_NXDOMAIN)
			question->status = DNS_NODATA;
		if (type_of(line.at[2]) != question->type)
			continue;
		if (line.at[3] == '!') {
			question->status = DNS_SERVFAIL;
			dns_release(question, 1);
			return;
		}
		question->status = DNS_FOUND;
		for (int i = 0; i < (line.at[3] == '*' ? 20 : 1); i++)
			add(&question->records, question->type,
			    (struct slice){ line.at + 4, line.len - 4 });
	}
}

static void ask(struct resolver *self, struct dns_question *questions, size_t count)
{
	struct world *world = (struct world *)self;

	for (size_t i = 0; i < count; i++)
		answer(world, &questions[i]);
}

static void check_report(const struct spf_report *report)
{
	MUST((unsigned)report->result < SPF_RESULTS);
	MUST(report->lookups <= SPF_LOOKUPS_MAX + 1 && report->voids <= SPF_VOIDS_MAX + 1);
	MUST(report->lookups <= SPF_LOOKUPS_MAX || report->result == SPF_PERMERROR);
	MUST(report->voids <= SPF_VOIDS_MAX || report->result == SPF_PERMERROR);
	MUST(report->voids <= report->lookups);
	MUST(report->explanation.len == 0 || report->result == SPF_FAIL);
	for (size_t i = 0; i < report->explanation.len; i++)
		MUST(report->explanation.at[i] >= 0x20 && report->explanation.at[i] < 0x7f);
}

static void check_tree(const struct spf_tree *tree)
{
	unsigned lookups = 0, voids = 0;

	MUST(!tree->failed && tree->questions <= SPF_TREE_QUESTIONS);
	MUST(tree->node_count >= 1 && tree->node_count <= 2000);
	for (size_t i = 0; i < tree->node_count; i++) {
		const struct spf_node *node = &tree->nodes[i];

		MUST(node->parent < i || i == 0);
		MUST(node->level < SPF_TREE_LEVELS || node->state != SPF_NODE_GOOD);
		MUST(node->lookups >= node->own_lookups);
		MUST(node->state != SPF_NODE_GOOD || spf_record_is(text_slice(&node->record)));
		MUST(i == 0 || (node->how == SPF_INCLUDE || node->how == SPF_REDIRECT));
		lookups += node->own_lookups;
		voids += node->voids;
	}
	MUST(tree->nodes[0].lookups == lookups && tree->void_terms == voids);
	MUST(tree->void_count >= tree->void_terms);
	MUST(tree->addresses >= 0 && tree->addresses < 3.5e38);
	for (size_t i = 0; i < tree->note_count; i++) {
		const struct spf_note *note = &tree->notes[i];
		const struct text *record = &tree->nodes[note->node].record;

		MUST(note->at == 0 ? note->term.len == 0
				   : note->at - 1 + note->term.len <= record->len &&
					     memcmp(record->at + note->at - 1, note->term.at,
						    note->term.len) == 0);
	}
}

/* In rounds comes out what comes out at once. */
static void check_rounds(struct world *world, const struct domain *domain,
			 const struct spf_query *query, const struct spf_tree *tree,
			 const struct spf_report *report)
{
	struct spf_report again = { 0 };
	struct spf_tree same = { 0 };
	struct dns_rounds rounds;

	dns_rounds_open(&rounds, &world->resolver);
	do {
		spf_tree_release(&same);
		spf_report_release(&again);
		spf_tree_find(domain, query, 1, &rounds.resolver, &same);
		spf_check(query, &rounds.resolver, &again);
		check_report(&again);
	} while (dns_rounds_ask(&rounds));
	MUST(same.node_count == tree->node_count && same.questions == tree->questions);
	MUST(same.note_count == tree->note_count && same.void_terms == tree->void_terms);
	MUST(same.addresses == tree->addresses && same.was_cut == tree->was_cut);
	MUST(again.result == report->result && again.lookups == report->lookups);
	spf_tree_release(&same);
	spf_report_release(&again);
	dns_rounds_release(&rounds);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct world world = { .resolver.ask = ask, .zone = { (const char *)data, size } };
	struct domain domain = { "a.d" };
	struct spf_query query = {
		.ip = { 4, { 192, 0, 2, 'x' } }, .mail_from = slice_of("l@a.d"), .helo = slice_of("h.d"),
	};
	struct spf_report report;
	struct spf_tree tree;

	if (size % 2 > 0)
		query.ip = (struct ip){ 6, { 0x20, 1, 0xd, 0xb8 } };
	spf_tree_find(&domain, &query, 1, &world.resolver, &tree);
	check_tree(&tree);
	spf_check(&query, &world.resolver, &report);
	check_report(&report);
	if (size < 600)
		check_rounds(&world, &domain, &query, &tree, &report);
	spf_report_release(&report);
	spf_tree_release(&tree);
	return 0;
}
