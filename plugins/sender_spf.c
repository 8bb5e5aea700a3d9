/* SPDX-License-Identifier: GPL-3.0-or-later */
#include <stdlib.h>
#include <string.h>

#include "mail/spf_tree.h"
#include "sender_domain.h"

/* SPF: what the record is, and what it says of our addresses. */

#define STAGE "spf"

struct found {
	struct spf_tree tree;
	struct spf_query *queries;	/* one for each --ip */
	struct spf_report *reports;
	size_t count;
	struct text postmaster;		/* the sender where none is given */
};

struct verdict {
	const struct sender *sender;
	const struct sender_settings *settings;
	struct frame *frame;
	const struct found *found;
	const struct spf_tree *tree;
	struct ip *refused;		/* addresses that send and do not pass */
	size_t refused_count;
};

/* ---- study ---- */

/* Whose mail is it? With neither --mail-from nor --helo: the domain's postmaster's. */
static bool make_queries(const struct sender *sender, struct found *found)
{
	const struct sender_settings *settings = sender->settings;
	const char *helo = settings->helo != NULL ? settings->helo : sender->domain.text;
	struct slice from = settings->sender;

	if (settings->mail_from == NULL && settings->helo == NULL) {
		text_add(&found->postmaster, "postmaster@%s", sender->domain.text);
		from = text_slice(&found->postmaster);
	}
	found->count = settings->ips.count;
	found->queries = calloc(found->count + 1, sizeof *found->queries);
	found->reports = calloc(found->count + 1, sizeof *found->reports);
	if (found->queries == NULL || found->reports == NULL || text_failed(&found->postmaster))
		return false;
	for (size_t i = 0; i < found->count; i++) {
		found->queries[i] = (struct spf_query){
			.ip = settings->addresses[i], .mail_from = from, .helo = slice_of(helo),
			.now = settings->now,
		};
	}
	return true;
}

static void release(void *own)
{
	struct found *found = own;

	spf_tree_release(&found->tree);
	for (size_t i = 0; i < found->count && found->reports != NULL; i++)
		spf_report_release(&found->reports[i]);
	free(found->queries);
	free(found->reports);
	text_release(&found->postmaster);
	free(found);
}

static void *study(const struct sender *sender, struct resolver *resolver)
{
	struct found *found = calloc(1, sizeof *found);

	if (found != NULL && !make_queries(sender, found)) {
		release(found);
		found = NULL;
	}
	if (found == NULL)
		return NULL;
	if (sender->domain.text[0] != '\0')
		spf_tree_find(&sender->domain, found->queries, found->count, resolver, &found->tree);
	for (size_t i = 0; i < found->count; i++)
		spf_check(&found->queries[i], resolver, &found->reports[i]);
	return found;
}

/* ---- the record ---- */

static struct finding *add(const struct verdict *v, enum state state, const char *reason,
			   struct text *text)
{
	return sender_add(v->sender, v->frame, state, reason, STAGE, NULL, text);
}

/* The record to publish: what there is, all of it mended, and with the addresses that
 * send and do not pass. It is the same whatever is wrong, so one change mends all. */
static void fix_record(const struct verdict *v, struct finding *finding)
{
	bool is_parked = v->settings->is_parked;
	struct text fix = { 0 }, mended = { 0 };

	spf_tree_mend(v->tree, v->refused, is_parked ? 0 : v->refused_count, is_parked ? "-all" : "~all",
		      &mended);
	text_add(&fix, "publish as the only SPF record, TXT at %s: \"", v->sender->domain.text);
	text_add_foreign_most(&fix, text_slice(&mended), 4096);
	text_add(&fix, "\"%s", sender_tilde_words(&mended));
	result_fix(&v->frame->result, finding, &fix);
	text_release(&mended);
}

/* What is wrong stands in `node`. Of what an include includes, somebody else is the
 * owner. */
static void fix_node(const struct verdict *v, struct finding *finding, size_t node)
{
	if (v->tree->nodes[node].parent == 0)
		fix_record(v, finding);
}

/* "example.org", or how the record of an include is reached. */
static void add_node_name(const struct verdict *v, size_t number, struct text *text)
{
	const struct spf_node *node = &v->tree->nodes[number];

	if (number == 0) {
		text_add(text, "the record");
		return;
	}
	text_add(text, "%s of ", node->how == SPF_INCLUDE ? "the include" : "the redirect");
	text_add_foreign(text, slice_of(node->name.text));
	if (node->parent != 0) {
		text_add(text, " (in ");
		text_add_foreign(text, slice_of(v->tree->nodes[node->parent].name.text));
		text_add(text, ")");
	}
}

static void add_lines(struct slice lines, struct text *text)
{
	struct slice line;
	bool is_first = true;

	while (slice_split(&lines, '\n', &line)) {
		if (line.len == 0)
			continue;
		text_add(text, "%s\"", is_first ? "" : ", ");
		text_add_foreign(text, line);
		text_add(text, "\"");
		is_first = false;
	}
}

static bool is_expected(const struct sender_settings *settings, enum spf_result result)
{
	return settings->expected_spf >> result & 1;
}

static void judge_root_missing(const struct verdict *v, const struct spf_node *root)
{
	struct text text = { 0 };

	if (is_expected(v->settings, SPF_NONE))
		return;
	text_add(&text, "there is no SPF record: anybody may send in this name, and receivers "
		 "trust none of it");
	if (root->others.len > 0) {
		text_add(&text, "; what looks like one is none: ");
		add_lines(text_slice(&root->others), &text);
	}
	fix_record(v, add(v, STATE_CRITICAL, "spf_missing", &text));
}

static void judge_multiple(const struct verdict *v, size_t number, const struct spf_node *node)
{
	struct text text = { 0 };
	struct finding *finding;

	add_node_name(v, number, &text);
	text_add(&text, " is not one but several, which is an error for every receiver: \"");
	text_add_foreign(&text, text_slice(&node->record));
	text_add(&text, "\", ");
	add_lines(text_slice(&node->others), &text);
	finding = add(v, STATE_CRITICAL, number == 0 ? "spf_multiple" : "spf_include_broken", &text);
	fix_node(v, finding, number);
}

static void judge_bad(const struct verdict *v, size_t number, const struct spf_node *node)
{
	struct text text = { 0 };
	struct finding *finding;

	add_node_name(v, number, &text);
	text_add(&text, " is against the grammar, ");
	text_add_foreign(&text, text_slice(&node->why));
	text_add(&text, ": an error for every receiver");
	finding = add(v, STATE_CRITICAL, "spf_syntax", &text);
	fix_node(v, finding, number);
}

/* What an include leads to and cannot be used. */
static void judge_broken(const struct verdict *v, size_t number, const char *reason, const char *what)
{
	struct text text = { 0 };

	add_node_name(v, number, &text);
	text_add(&text, " %s", what);
	fix_node(v, add(v, STATE_CRITICAL, reason, &text), number);
}

static void judge_failed(const struct verdict *v, size_t number, const struct spf_node *node)
{
	struct text text = { 0 };

	if (number == 0 || node->unanswered.is_bogus) {
		sender_add_unanswered(v->frame, STAGE, &node->unanswered);
		return;
	}
	add_node_name(v, number, &text);
	text_add(&text, " cannot be read: asking for TXT of %s gave: %s", node->name.text,
		 text_str(&node->why));
	add(v, STATE_UNKNOWN, "dns_temporary", &text);
}

static void judge_node(const struct verdict *v, size_t number)
{
	const struct spf_node *node = &v->tree->nodes[number];

	switch (node->state) {
	case SPF_NODE_UNKNOWN:
	case SPF_NODE_GOOD:
	case SPF_NODE_VARIES:
	case SPF_NODE_CUT:
		return;
	case SPF_NODE_NONE:
		if (number == 0)
			judge_root_missing(v, node);
		else
			judge_broken(v, number, "spf_include_broken", "does not exist: that domain has "
				     "no SPF record, which is an error for every receiver");
		return;
	case SPF_NODE_MULTIPLE:
		judge_multiple(v, number, node);
		return;
	case SPF_NODE_BAD:
		judge_bad(v, number, node);
		return;
	case SPF_NODE_FAILED:
		judge_failed(v, number, node);
		return;
	case SPF_NODE_LOOP:
		judge_broken(v, number, "spf_loop", "leads back to itself, which is an error for every "
			     "receiver");
		return;
	case SPF_NODE_IMPOSSIBLE:
		judge_broken(v, number, "spf_include_broken", "leads to a name that cannot be");
		return;
	}
}

/* ---- what is odd ---- */

static const struct lint_row {
	enum spf_lint lint;
	const char *reason;
	enum state state;
	bool is_mended;		/* a better record can be proposed */
	const char *text;
} lints[] = {
	{ SPF_LINT_ALL_PASSES, "spf_too_open", STATE_CRITICAL, true,
	  "everybody in the world may send in this name" },
	{ SPF_LINT_WIDE, "spf_too_open", STATE_WARNING, false,
	  "a very large network may send in this name" },
	{ SPF_LINT_ALL_NEUTRAL, "spf_open_end", STATE_WARNING, false,
	  "it says nothing of all others: SPF refuses nobody" },
	{ SPF_LINT_NO_END, "spf_open_end", STATE_WARNING, true,
	  "it ends without \"all\": SPF refuses nobody" },
	{ SPF_LINT_PTR, "spf_ptr", STATE_WARNING, true,
	  "ptr is slow, fails often, and should not be used (RFC 7208 5.5)" },
	{ SPF_LINT_MX_TOO_MANY, "spf_too_many_hosts", STATE_CRITICAL, false,
	  "more than 10 mail servers behind an mx are an error for every receiver" },
	{ SPF_LINT_UNREACHED, "spf_unreached", STATE_WARNING, true,
	  "it is never looked at: \"all\" decides before it" },
	{ SPF_LINT_REPEATED, "spf_repeated", STATE_WARNING, true,
	  "it stands there twice, and may cost twice" },
	{ SPF_LINT_UPPER_MACRO, "spf_note", STATE_OK, false,
	  "a macro in upper case is escaped as in a URL" },
	{ SPF_LINT_LONG, "spf_note", STATE_OK, false,
	  "it is longer than 450 bytes: its answer may not fit into one packet" },
	{ SPF_LINT_OTHER_MODIFIER, "spf_note", STATE_OK, false,
	  "nobody knows this modifier; it is ignored" },
};

static void judge_note(const struct verdict *v, const struct spf_note *note)
{
	const struct lint_row *row = lints;
	struct text text = { 0 };
	struct finding *finding;

	while (row->lint != note->lint)
		row++;
	add_node_name(v, note->node, &text);
	if (note->term.len > 0) {
		text_add(&text, " has \"");
		text_add_foreign(&text, text_slice(&note->term));
		text_add(&text, "\" at byte %zu", note->at);
	}
	text_add(&text, ": %s", row->text);
	finding = add(v, row->state, row->reason, &text);
	if (row->is_mended && note->node == 0)
		fix_record(v, finding);
}

static void judge_repeats(const struct verdict *v)
{
	for (size_t i = 1; i < v->tree->node_count; i++) {
		const struct spf_node *node = &v->tree->nodes[i];
		struct text text = { 0 };

		if (!node->repeats || node->state == SPF_NODE_LOOP)
			continue;
		add_node_name(v, i, &text);
		text_add(&text, " is included elsewhere already: its %u look-ups count again",
			 node->lookups + 1);
		add(v, STATE_WARNING, "spf_repeated", &text);
	}
}

static void judge_misspelt(const struct verdict *v)
{
	const struct spf_node *root = &v->tree->nodes[0];
	struct text text = { 0 };

	if (root->state != SPF_NODE_GOOD || root->others.len == 0)
		return;
	text_add(&text, "beside the record there is what looks like one and is none: ");
	add_lines(text_slice(&root->others), &text);
	add(v, STATE_WARNING, "spf_misspelt", &text);
}

/* ---- the numbers ---- */

static int by_cost(const void *a, const void *b)
{
	const struct spf_node *const *x = a, *const *y = b;

	return (int)(*y)->lookups - (int)(*x)->lookups;
}

/* Who costs what: the records that the domain's own one leads to. */
static void add_costs(const struct verdict *v, struct text *text)
{
	const struct spf_node **children = calloc(v->tree->node_count, sizeof *children);
	size_t count = 0;

	if (children == NULL)
		return;
	for (size_t i = 1; i < v->tree->node_count; i++) {
		if (v->tree->nodes[i].parent == 0)
			children[count++] = &v->tree->nodes[i];
	}
	qsort(children, count, sizeof *children, by_cost);
	for (size_t i = 0; i < count && i < 5; i++) {
		text_add(text, "%s", i == 0 ? ": " : ", ");
		text_add_foreign(text, text_slice(&children[i]->term));
		text_add(text, " costs %u", children[i]->lookups + 1);
	}
	text_add(text, count > 5 ? ", ..." : "");
	free(children);
}

static void judge_lookups(const struct verdict *v)
{
	unsigned lookups = v->tree->nodes[0].lookups;
	struct text text = { 0 };

	sender_measure(v->sender, v->frame, "spf_lookups", NULL, lookups);
	if (!result_alerts(&v->frame->result, "spf_lookups", lookups))
		return;
	text_add(&text, "%u terms ask the DNS, and receivers stop at %d", lookups, SPF_LOOKUPS_MAX);
	add_costs(v, &text);
	result_count(&v->frame->result, add(v, STATE_CRITICAL, "spf_too_many_lookups", &text),
		     "spf_lookups", lookups);
}

static void judge_voids(const struct verdict *v)
{
	const struct spf_tree *tree = v->tree;
	struct text text = { 0 };

	sender_measure(v->sender, v->frame, "spf_voids", NULL, tree->void_terms);
	if (tree->void_terms == 0)
		return;
	text_add(&text, "%u term%s ask%s for what is not there, and receivers stop above %d: ",
		 tree->void_terms, tree->void_terms > 1 ? "s" : "", tree->void_terms > 1 ? "" : "s",
		 SPF_VOIDS_MAX);
	for (size_t i = 0; i < tree->void_count && i < 8; i++) {
		text_add(&text, "%s%s ", i > 0 ? ", " : "", dns_type_word(tree->voids[i].type));
		text_add_foreign(&text, slice_of(tree->voids[i].name.text));
	}
	text_add(&text, tree->void_count > 8 ? ", ..." : "");
	result_count(&v->frame->result, add(v, STATE_OK, "spf_too_many_voids", &text), "spf_voids",
		     tree->void_terms);
}

static void judge_tree(const struct verdict *v)
{
	const struct spf_node *root = &v->tree->nodes[0];
	struct text text = { 0 };
	bool is_there = root->state == SPF_NODE_GOOD || root->state == SPF_NODE_BAD;

	for (size_t i = 0; i < v->tree->node_count; i++)
		judge_node(v, i);
	for (size_t i = 0; i < v->tree->note_count; i++)
		judge_note(v, &v->tree->notes[i]);
	judge_repeats(v);
	judge_misspelt(v);
	if (v->tree->was_cut) {
		text_add(&text, "the record leads to more than %d questions, or deeper than %d levels: "
			 "the numbers are too low", SPF_TREE_QUESTIONS, SPF_TREE_LEVELS);
		add(v, STATE_UNKNOWN, "spf_tree_cut", &text);
	}
	if (!is_there)
		return;
	judge_lookups(v);
	judge_voids(v);
	sender_measure(v->sender, v->frame, "spf_addresses", NULL, v->tree->addresses);
	text_add(&text, "look-ups: %u, void: %u, addresses: %.0f%s: \"", root->lookups,
		 v->tree->void_terms, v->tree->addresses, v->tree->varies ? " and others" : "");
	text_add_foreign(&text, text_slice(&root->record));
	text_add(&text, "\"");
	if (root->state == SPF_NODE_GOOD)
		add(v, STATE_OK, "spf_published", &text);
	text_release(&text);
	text_add(&v->frame->result.good, "SPF with %u look-up%s", root->lookups,
		 root->lookups == 1 ? "" : "s");
}

/* ---- what receivers conclude ---- */

static const struct {
	const char *reason;
	enum state state;
	bool is_mended;		/* by the record that fix_record() proposes */
	const char *text;
} conclusions[SPF_RESULTS] = {
	[SPF_PASS] = { "spf_pass", STATE_OK, false, "may send" },
	[SPF_FAIL] = { "spf_fail", STATE_CRITICAL, true, "may not send: fail" },
	[SPF_SOFTFAIL] = { "spf_softfail", STATE_WARNING, true, "should not send: softfail" },
	[SPF_NEUTRAL] = { "spf_neutral", STATE_WARNING, true, "is not spoken of: neutral" },
	[SPF_NONE] = { "spf_none", STATE_WARNING, false, "none" },
	[SPF_PERMERROR] = { "spf_permerror", STATE_CRITICAL, true, "permerror" },
	[SPF_TEMPERROR] = { "dns_temporary", STATE_UNKNOWN, false, "temperror" },
};

/* Is it told why this has no answer? Else it is now, if DNSSEC is why. */
static bool is_outage_told(const struct verdict *v, const struct dns_question *question)
{
	if (question->status == DNS_UNFINISHED)		/* by the finding "timeout" */
		return true;
	for (size_t i = 0; i < v->tree->node_count; i++) {
		const struct spf_node *node = &v->tree->nodes[i];

		if (node->state == SPF_NODE_FAILED && question->type == DNS_TXT &&
		    domain_same(&node->name, &question->name))
			return true;
	}
	return question->is_bogus && sender_add_unanswered(v->frame, STAGE, question);
}

/* Has the tree told the cause already? One cause is one finding. */
static bool is_told(const struct verdict *v, const struct spf_report *report)
{
	if (v->settings->expect_spf != NULL)
		return false;
	if (report->result == SPF_TEMPERROR)
		return is_outage_told(v, &report->unanswered);
	return report->result == SPF_NONE && v->tree->node_count > 0 &&
	       domain_same(&report->domain, &v->sender->domain);
}

static void describe(const struct verdict *v, const struct spf_query *query,
		     const struct spf_report *report, struct text *text)
{
	const char *identity = query->mail_from.len > 0 ? "mail from" : "HELO";

	text_add(text, "%s, for %s \"", conclusions[report->result].text, identity);
	text_add_foreign(text, query->mail_from.len > 0 ? query->mail_from : query->helo);
	text_add(text, "\"");
	if (report->term.len > 0) {
		text_add(text, ", by \"");
		text_add_foreign(text, text_slice(&report->term));
		text_add(text, "\" of %s", report->domain.text);
	}
	if (report->why.len > 0) {
		text_add(text, ": ");
		text_add_foreign(text, text_slice(&report->why));
	}
	if (report->explanation.len > 0) {
		text_add(text, "; the domain's explanation: \"");
		text_add_foreign(text, text_slice(&report->explanation));
		text_add(text, "\"");
	}
	if (v->settings->expect_spf != NULL && !is_expected(v->settings, report->result))
		text_add(text, "; expected: %s", v->settings->expect_spf);
}

static void judge_evaluation(const struct verdict *v, const struct spf_query *query,
			     const struct spf_report *report)
{
	const char *reason = conclusions[report->result].reason;
	enum state state = conclusions[report->result].state;
	struct text text = { 0 };
	struct finding *finding;
	char address[IP_TEXT];
	bool is_own = v->tree->node_count > 0 && domain_same(&report->domain, &v->sender->domain);

	if (is_told(v, report))
		return;
	if (v->settings->expect_spf != NULL && is_expected(v->settings, report->result)) {
		state = STATE_OK;
	} else if (v->settings->expect_spf != NULL && report->result != SPF_TEMPERROR) {
		state = STATE_CRITICAL;
		reason = "spf_unexpected";
	}
	ip_print(&query->ip, address);
	describe(v, query, report, &text);
	finding = sender_add(v->sender, v->frame, state, reason, STAGE, address, &text);
	if (state != STATE_OK && is_own && conclusions[report->result].is_mended)
		fix_record(v, finding);
}

/* ---- data ---- */

static json_t *node_json(const struct spf_tree *tree, size_t number)
{
	const struct spf_node *node = &tree->nodes[number];
	json_t *children = json_array();

	for (size_t i = number + 1; i < tree->node_count; i++) {
		if (tree->nodes[i].parent == number)
			json_array_append_new(children, node_json(tree, i));
	}
	return json_pack("{so so so so so sI sI sI so}", "domain",
			 sender_json(slice_of(node->name.text)), "term",
			 number > 0 ? sender_json(text_slice(&node->term)) : json_null(), "state",
			 json_string(spf_node_state_word(node->state)), "record",
			 node->record.len > 0 ? sender_json(text_slice(&node->record)) : json_null(),
			 "why", node->why.len > 0 ? sender_json(text_slice(&node->why)) : json_null(),
			 "own_lookups", (json_int_t)node->own_lookups, "lookups",
			 (json_int_t)node->lookups, "voids", (json_int_t)node->voids, "children",
			 children);
}

static json_t *voids_json(const struct spf_tree *tree)
{
	json_t *names = json_array();

	for (size_t i = 0; i < tree->void_count; i++) {
		json_t *name = sender_json(slice_of(tree->voids[i].name.text));
		size_t j = 0;

		while (j < json_array_size(names) && !json_equal(json_array_get(names, j), name))
			j++;
		if (j == json_array_size(names))
			json_array_append(names, name);
		json_decref(name);
	}
	return names;
}

static json_t *text_or_null(const struct text *text)
{
	return text->len > 0 ? sender_json(text_slice(text)) : json_null();
}

static json_t *evaluation_json(const struct spf_query *query, const struct spf_report *report)
{
	char address[IP_TEXT];

	ip_print(&query->ip, address);
	return json_pack("{ss so so ss so so so sI sI ss}", "ip", address, "mail_from",
			 sender_json(query->mail_from), "helo", sender_json(query->helo), "result",
			 spf_result_word(report->result), "explanation",
			 text_or_null(&report->explanation), "term", text_or_null(&report->term), "why",
			 text_or_null(&report->why), "lookups", (json_int_t)report->lookups, "voids",
			 (json_int_t)report->voids, "domain", report->domain.text);
}

static json_t *data(const struct verdict *v)
{
	const struct spf_tree *tree = v->tree;
	json_t *evaluations = json_array(), *json;

	for (size_t i = 0; i < v->found->count; i++)
		json_array_append_new(evaluations,
				      evaluation_json(&v->found->queries[i], &v->found->reports[i]));
	if (tree->node_count == 0)
		return json_pack("{sn so}", "record", "evaluations", evaluations);
	json = json_pack("{so sI sI so sf so so sb sb}", "record",
			 text_or_null(&tree->nodes[0].record), "lookups",
			 (json_int_t)tree->nodes[0].lookups, "voids", (json_int_t)tree->void_terms,
			 "void_names", voids_json(tree), "addresses", tree->addresses, "tree",
			 node_json(tree, 0), "evaluations", evaluations, "cut", tree->was_cut,
			 "incomplete", tree->is_incomplete);
	return json;
}

/* What is not known is not refused, and with --expect-spf it may be meant so. */
static void find_refused(struct verdict *v)
{
	v->refused = calloc(v->found->count + 1, sizeof *v->refused);
	if (v->refused == NULL) {
		v->frame->result.failed = true;
		return;
	}
	for (size_t i = 0; i < v->found->count && v->settings->expect_spf == NULL; i++) {
		enum spf_result result = v->found->reports[i].result;

		if (result != SPF_PASS && result != SPF_TEMPERROR)
			v->refused[v->refused_count++] = v->found->queries[i].ip;
	}
}

static void judge(const struct sender *sender, struct frame *frame, const void *own)
{
	const struct found *found = own;
	struct verdict v = {
		.sender = sender, .settings = sender->settings, .frame = frame, .found = found,
		.tree = &found->tree,
	};

	find_refused(&v);
	frame->result.failed |= found->tree.failed;
	if (found->tree.node_count > 0)
		judge_tree(&v);
	for (size_t i = 0; i < found->count; i++)
		judge_evaluation(&v, &found->queries[i], &found->reports[i]);
	if (found->count > 0)
		text_add(&frame->result.good, "%s, as it should be for %zu address%s",
			 found->tree.node_count > 0 ? "" : "SPF", found->count,
			 found->count > 1 ? "es" : "");
	if (sender->data != NULL)
		json_object_set_new(sender->data, "spf", data(&v));
	free(v.refused);
}

const struct sender_part sender_spf = { "spf", study, judge, release };
