/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "mail/spf_tree.h"

#include <stdlib.h>
#include <string.h>

#include "base/grow.h"
#include "mail/spf_mend.h"

enum {
	TASKS_MAX = 2000,	/* nodes and look-ups, repeated ones included */
	NODES_MAX = 2000,
	TERMS_MAX = 5000,	/* of all records together: repeated includes multiply */
	HOSTS_MAX = 32,		/* of one mx that are looked at */
	TERMS_COMPARED = 200,
	LONG_RECORD = 450,	/* 3.4: then the answer fits into 512 bytes */
};

enum task_kind {
	TASK_RECORD,	/* the record of a node */
	TASK_ADDRESSES,	/* of the names of an "a" or of an "mx" */
	TASK_EXCHANGERS,
	TASK_EXISTS,
	TASK_AHEAD,	/* for a sender's evaluation: ask, and follow where it leads */
};

/* What is to be asked next. They are done in the order in which they were found,
 * so what is spent of the limits does not depend on when answers come. */
struct task {
	enum task_kind kind;
	size_t node;
	struct spf_term term;	/* its slices point into the node's record */
	enum dns_type type;	/* of TASK_AHEAD; then addresses of family `version` */
	uint8_t version;
	struct domain *names;
	size_t count;
};

struct asked {
	struct domain name;
	enum dns_type type;
};

struct walk {
	struct spf_tree *tree;
	struct resolver *resolver;
	const struct spf_query *queries;
	size_t query_count;
	struct task *tasks;
	size_t task_count;
	size_t term_count;	/* that were read */
	struct asked *asked;		/* as many as tree->questions */
	struct network *networks;	/* that pass */
	size_t network_count;
};

const char *spf_node_state_word(enum spf_node_state state)
{
	switch (state) {
	case SPF_NODE_UNKNOWN: return "unknown";
	case SPF_NODE_GOOD: return "good";
	case SPF_NODE_NONE: return "none";
	case SPF_NODE_MULTIPLE: return "multiple";
	case SPF_NODE_BAD: return "bad";
	case SPF_NODE_FAILED: return "failed";
	case SPF_NODE_VARIES: return "varies";
	case SPF_NODE_LOOP: return "loop";
	case SPF_NODE_CUT: return "cut";
	case SPF_NODE_IMPOSSIBLE: return "impossible";
	}
	return "?";
}

/* ---- asking ---- */

/* May this still be asked? What was asked already costs nothing. */
static bool spend(struct walk *walk, const struct domain *name, enum dns_type type)
{
	struct spf_tree *tree = walk->tree;
	struct asked *more;

	for (unsigned i = 0; i < tree->questions; i++) {
		if (walk->asked[i].type == type && domain_same(&walk->asked[i].name, name))
			return true;
	}
	if (tree->questions == SPF_TREE_QUESTIONS) {
		tree->was_cut = true;
		return false;
	}
	more = grow(walk->asked, tree->questions, sizeof *more);
	if (more == NULL) {
		tree->failed = true;
		return false;
	}
	walk->asked = more;
	walk->asked[tree->questions++] = (struct asked){ *name, type };
	return true;
}

/* One question; false: the limit forbids it. */
static bool ask(struct walk *walk, const struct domain *name, enum dns_type type,
		struct dns_question *question)
{
	*question = (struct dns_question){ .name = *name, .type = type };
	if (!spend(walk, name, type))
		return false;
	walk->resolver->ask(walk->resolver, question, 1);
	walk->tree->is_incomplete |= !dns_is_answered(question);
	return true;
}

static struct task *add_task(struct walk *walk, enum task_kind kind, size_t node,
			     const struct spf_term *term)
{
	struct task *more;

	if (walk->task_count == TASKS_MAX) {
		walk->tree->was_cut = true;
		return NULL;
	}
	more = grow(walk->tasks, walk->task_count, sizeof *more);
	if (more == NULL) {
		walk->tree->failed = true;
		return NULL;
	}
	walk->tasks = more;
	more += walk->task_count++;
	*more = (struct task){ .kind = kind, .node = node };
	if (term != NULL)
		more->term = *term;
	return more;
}

static void add_name(struct walk *walk, struct task *task, const struct domain *name)
{
	struct domain *more = grow(task->names, task->count, sizeof *more);

	if (more == NULL) {
		walk->tree->failed = true;
		return;
	}
	task->names = more;
	task->names[task->count++] = *name;
}

static void add_named_task(struct walk *walk, enum task_kind kind, size_t node,
			   const struct spf_term *term, const struct domain *name)
{
	struct task *task = add_task(walk, kind, node, term);

	if (task != NULL)
		add_name(walk, task, name);
}

static void add_ahead(struct walk *walk, size_t node, const struct domain *name,
		      enum dns_type type, const struct spf_query *query)
{
	struct task *task = add_task(walk, TASK_AHEAD, node, NULL);

	if (task == NULL)
		return;
	task->type = type;
	task->version = query->ip.version;
	add_name(walk, task, name);
}

/* ---- what is noted ---- */

static void add_void(struct walk *walk, size_t node, const struct domain *name, enum dns_type type)
{
	struct spf_tree *tree = walk->tree;
	struct spf_void *more = grow(tree->voids, tree->void_count, sizeof *more);

	if (more == NULL) {
		tree->failed = true;
		return;
	}
	tree->voids = more;
	tree->voids[tree->void_count++] = (struct spf_void){ node, type, *name };
}

static void add_note(struct walk *walk, enum spf_lint lint, size_t node, struct slice term)
{
	struct spf_tree *tree = walk->tree;
	struct spf_note *more = grow(tree->notes, tree->note_count, sizeof *more);
	const struct text *record = &tree->nodes[node].record;

	if (more == NULL) {
		tree->failed = true;
		return;
	}
	tree->notes = more;
	more += tree->note_count++;
	*more = (struct spf_note){ .lint = lint, .node = node };
	if (term.len > 0)
		more->at = (size_t)(term.at - record->at) + 1;
	text_add_slice(&more->term, term);
}

/* Everything that passes here passes for the domain: each include on the way down
 * is a pass, too. */
static bool passes(const struct spf_tree *tree, size_t node)
{
	for (; node != tree->nodes[node].parent; node = tree->nodes[node].parent) {
		if (tree->nodes[node].result != SPF_PASS)
			return false;
	}
	return true;
}

/* Is what this record ends with the end of the domain's own? A redirect hands it on. */
static bool is_the_end(const struct spf_tree *tree, size_t node)
{
	for (; node != tree->nodes[node].parent; node = tree->nodes[node].parent) {
		if (tree->nodes[node].how != SPF_REDIRECT)
			return false;
	}
	return true;
}

static void add_network(struct walk *walk, size_t node, const struct spf_term *term,
			const struct ip *ip, unsigned prefix)
{
	struct network *more;

	if (term->result != SPF_PASS || !passes(walk->tree, node))
		return;
	more = grow(walk->networks, walk->network_count, sizeof *more);
	if (more == NULL) {
		walk->tree->failed = true;
		return;
	}
	walk->networks = more;
	more += walk->network_count++;
	*more = (struct network){ .first = *ip, .prefix = prefix };
	for (unsigned bit = prefix; bit < ip_bits(ip); bit++)
		more->first.bytes[bit / 8] &= (uint8_t)~(0x80 >> bit % 8);
}

/* Of a network alone the width of its own family matters, of an "a" or "mx" both. */
static void judge_width(struct walk *walk, size_t node, const struct spf_term *term,
			unsigned prefix4, unsigned prefix6)
{
	if (term->result != SPF_PASS || !passes(walk->tree, node))
		return;
	if (prefix4 == 0 || prefix6 == 0)
		add_note(walk, SPF_LINT_ALL_PASSES, node, term->text);
	else if (prefix4 < 8 || prefix6 < 16)
		add_note(walk, SPF_LINT_WIDE, node, term->text);
}

/* ---- nodes ---- */

static size_t add_node(struct walk *walk, size_t parent, const struct spf_term *term,
		       const struct domain *name)
{
	struct spf_tree *tree = walk->tree;
	struct spf_node *more = grow(tree->nodes, tree->node_count, sizeof *more);
	size_t number = tree->node_count;

	if (more == NULL) {
		tree->failed = true;
		return 0;
	}
	tree->nodes = more;
	more += number;
	*more = (struct spf_node){ .parent = parent, .name = *name, .how = SPF_INCLUDE,
				   .result = SPF_PASS };
	tree->node_count++;
	if (number == parent)
		return number;
	more->level = tree->nodes[parent].level + 1;
	more->how = term->kind;
	more->result = term->kind == SPF_INCLUDE ? term->result : SPF_PASS;
	text_add_slice(&more->term, term->text);
	return number;
}

static bool is_above(const struct spf_tree *tree, size_t node, const struct domain *name)
{
	for (;; node = tree->nodes[node].parent) {
		if (domain_same(&tree->nodes[node].name, name))
			return true;
		if (node == tree->nodes[node].parent)
			return false;
	}
}

static bool is_repeated(const struct spf_tree *tree, const struct domain *name)
{
	for (size_t i = 0; i < tree->node_count; i++) {
		if (domain_same(&tree->nodes[i].name, name))
			return true;
	}
	return false;
}

/* An include or a redirect becomes a node, and a task if there is something to ask. */
static void add_child(struct walk *walk, size_t parent, const struct spf_term *term,
		      const struct domain *name, enum spf_node_state state)
{
	struct spf_tree *tree = walk->tree;
	bool repeats;
	size_t child;

	if (tree->node_count == NODES_MAX) {
		tree->was_cut = true;
		return;
	}
	repeats = state == SPF_NODE_UNKNOWN && is_repeated(tree, name);
	if (state == SPF_NODE_UNKNOWN && is_above(tree, parent, name))
		state = SPF_NODE_LOOP;
	if (state == SPF_NODE_UNKNOWN && (tree->nodes[parent].level + 1 >= SPF_TREE_LEVELS ||
					  walk->task_count == TASKS_MAX)) {
		state = SPF_NODE_CUT;
		tree->was_cut = true;
	}
	child = add_node(walk, parent, term, name);
	if (child == 0)
		return;
	tree->nodes[child].state = state;
	tree->nodes[child].repeats = repeats;
	if (state == SPF_NODE_UNKNOWN)
		add_task(walk, TASK_RECORD, child, NULL);
}

/* ---- terms ---- */

/* What a sender's evaluation will ask because of a term that depends on him. */
static void look_ahead(struct walk *walk, size_t node, const struct spf_term *term)
{
	static const enum dns_type types[] = {
		[SPF_INCLUDE] = DNS_TXT, [SPF_REDIRECT] = DNS_TXT, [SPF_EXP] = DNS_TXT,
		[SPF_MX] = DNS_MX, [SPF_EXISTS] = DNS_A, [SPF_A] = DNS_A,
		[SPF_PTR] = DNS_A, [SPF_OTHER] = DNS_A,
	};

	for (size_t i = 0; i < walk->query_count; i++) {
		const struct spf_query *query = &walk->queries[i];
		struct spf_macro_values values =
			spf_query_values(query, &walk->tree->nodes[node].name);
		bool wants_ptr = term->kind == SPF_PTR || spf_macro_uses(term->spec, "p");
		struct domain name;

		if (wants_ptr) {
			spf_reverse_name(&query->ip, &name);
			add_ahead(walk, node, &name, DNS_PTR, query);
		} else if (term->spec.len > 0 && spf_target(term->spec, &values, &name)) {
			bool is_v6_a = term->kind == SPF_A && query->ip.version == 6;

			add_ahead(walk, node, &name, is_v6_a ? DNS_AAAA : types[term->kind], query);
		}
	}
}

/* Where a term leads, whoever sends. */
static enum spf_node_state find_name(struct walk *walk, size_t node, const struct spf_term *term,
				     struct domain *name)
{
	const struct domain *domain = &walk->tree->nodes[node].name;
	struct spf_macro_values values = { .domain = slice_of(domain->text) };

	*name = *domain;
	if (term->spec.len == 0)
		return SPF_NODE_UNKNOWN;
	if (spf_macro_uses(term->spec, SPF_MACRO_SENDER)) {
		walk->tree->varies = true;
		return SPF_NODE_VARIES;
	}
	return spf_target(term->spec, &values, name) ? SPF_NODE_UNKNOWN : SPF_NODE_IMPOSSIBLE;
}

static void take_named(struct walk *walk, size_t node, const struct spf_term *term)
{
	struct domain name;
	enum spf_node_state state = find_name(walk, node, term, &name);

	if (state == SPF_NODE_VARIES)
		look_ahead(walk, node, term);
	switch (term->kind) {
	case SPF_INCLUDE:
	case SPF_REDIRECT:
		add_child(walk, node, term, &name, state);
		return;
	case SPF_A:
		judge_width(walk, node, term, term->prefix4, term->prefix6);
		if (state == SPF_NODE_UNKNOWN)
			add_named_task(walk, TASK_ADDRESSES, node, term, &name);
		return;
	case SPF_MX:
		judge_width(walk, node, term, term->prefix4, term->prefix6);
		if (state == SPF_NODE_UNKNOWN)
			add_named_task(walk, TASK_EXCHANGERS, node, term, &name);
		return;
	case SPF_EXISTS:
		if (state == SPF_NODE_UNKNOWN)
			add_named_task(walk, TASK_EXISTS, node, term, &name);
		return;
	case SPF_EXP:
		if (state == SPF_NODE_UNKNOWN)
			look_ahead(walk, node, term);
		return;
	case SPF_PTR:
		walk->tree->varies = true;
		add_note(walk, SPF_LINT_PTR, node, term->text);
		look_ahead(walk, node, term);
		return;
	case SPF_ALL:
	case SPF_IP4:
	case SPF_IP6:
	case SPF_OTHER:
		return;
	}
}

static void take_all(struct walk *walk, size_t node, const struct spf_term *term)
{
	static const struct ip v4 = { 4, { 0 } }, v6 = { 6, { 0 } };

	add_network(walk, node, term, &v4, 0);
	add_network(walk, node, term, &v6, 0);
	if (term->result == SPF_PASS && passes(walk->tree, node))
		add_note(walk, SPF_LINT_ALL_PASSES, node, term->text);
	else if (term->result == SPF_NEUTRAL && is_the_end(walk->tree, node))
		add_note(walk, SPF_LINT_ALL_NEUTRAL, node, term->text);
}

static bool has_upper_macro(struct slice spec)
{
	for (size_t i = 0; i + 2 < spec.len; i++) {
		if (spec.at[i] != '%')
			continue;
		i++;			/* "%%{D}" is no macro (7.1) */
		if (spec.at[i] == '{' && spec.at[i + 1] >= 'A' && spec.at[i + 1] <= 'Z')
			return true;
	}
	return false;
}

static void take_term(struct walk *walk, size_t node, const struct spf_term *term)
{
	const struct network *network = &term->network;

	walk->tree->nodes[node].own_lookups += spf_term_counts(term);
	if (has_upper_macro(term->spec))
		add_note(walk, SPF_LINT_UPPER_MACRO, node, term->text);
	switch (term->kind) {
	case SPF_ALL:
		take_all(walk, node, term);
		return;
	case SPF_IP4:
		add_network(walk, node, term, &network->first, network->prefix);
		judge_width(walk, node, term, network->prefix, 128);
		return;
	case SPF_IP6:
		add_network(walk, node, term, &network->first, network->prefix);
		judge_width(walk, node, term, 32, network->prefix);
		return;
	case SPF_OTHER:
		add_note(walk, SPF_LINT_OTHER_MODIFIER, node, term->text);
		return;
	case SPF_INCLUDE:
	case SPF_A:
	case SPF_MX:
	case SPF_PTR:
	case SPF_EXISTS:
	case SPF_REDIRECT:
	case SPF_EXP:
		take_named(walk, node, term);
		return;
	}
}

/* Does the same stand before it? */
static bool stands_before(struct slice record, struct slice text)
{
	struct slice word;

	for (size_t i = 0; i < TERMS_COMPARED && slice_split(&record, ' ', &word); i++) {
		if (word.at == text.at)
			return false;
		if (slice_same_nocase(word, text))
			return true;
	}
	return false;
}

static void read_terms(struct walk *walk, size_t node)
{
	struct slice record = text_slice(&walk->tree->nodes[node].record), rest = record;
	bool has_all = false, has_redirect = false;
	struct spf_term term, all;
	struct fault unused;
	enum spf_parse outcome;
	bool ends = spf_record_find(record, SPF_ALL, &all);

	while ((outcome = spf_term_next(&rest, &term, &unused)) != SPF_TERM_END) {
		if (walk->term_count == TERMS_MAX) {
			walk->tree->was_cut = true;
			return;
		}
		walk->term_count++;
		if (outcome == SPF_TERM_BAD)
			continue;
		has_redirect |= term.kind == SPF_REDIRECT;
		/* 5.1: what stands behind all is not reached, nor is a redirect beside it. */
		if (term.kind == SPF_REDIRECT ? ends : has_all && term.kind < SPF_REDIRECT)
			add_note(walk, SPF_LINT_UNREACHED, node, term.text);
		else if (stands_before(record, term.text))
			add_note(walk, SPF_LINT_REPEATED, node, term.text);
		if (term.kind == SPF_REDIRECT ? !ends : !has_all || term.kind > SPF_REDIRECT)
			take_term(walk, node, &term);
		has_all |= term.kind == SPF_ALL;
	}
	if (!has_all && !has_redirect && is_the_end(walk->tree, node))
		add_note(walk, SPF_LINT_NO_END, node, (struct slice){ 0 });
	if (record.len > LONG_RECORD)
		add_note(walk, SPF_LINT_LONG, node, (struct slice){ 0 });
}

/* ---- records ---- */

/* A text that was meant as a record: misspelt, or of the older Sender ID. */
static bool looks_like_record(struct slice txt)
{
	struct slice head = { txt.at, txt.len < 16 ? txt.len : 16 };

	for (size_t i = 0; i + 4 <= head.len; i++) {
		if (slice_is_nocase((struct slice){ head.at + i, 4 }, "=spf"))
			return true;
	}
	return slice_starts(txt, "spf2.0/");
}

static void take_record(struct walk *walk, size_t number, const struct dns_question *question)
{
	struct spf_node *node = &walk->tree->nodes[number];
	size_t count = 0;
	struct fault fault;

	node->is_secure = question->authenticated;
	for (size_t i = 0; i < dns_count(question); i++) {
		struct slice txt = question->records->at[i].data;
		bool is_record = spf_record_is(txt);

		if (is_record && count++ == 0) {
			text_add_slice(&node->record, txt);
		} else if (is_record || looks_like_record(txt)) {
			text_add_slice(&node->others, txt);
			text_add_char(&node->others, '\n');
		}
	}
	node->state = count == 0 ? SPF_NODE_NONE : count == 1 ? SPF_NODE_GOOD : SPF_NODE_MULTIPLE;
	if (count == 0 && number != 0 && question->status != DNS_FOUND) {
		node->voids++;
		add_void(walk, number, &node->name, DNS_TXT);
	}
	if (count != 1)
		return;
	if (!spf_record_check(text_slice(&node->record), &fault)) {
		node->state = SPF_NODE_BAD;
		text_add(&node->why, "%s", fault.text);
	}
	read_terms(walk, number);
}

static void do_record(struct walk *walk, size_t number)
{
	struct spf_node *node = &walk->tree->nodes[number];
	struct dns_question question;

	if (walk->term_count == TERMS_MAX)
		walk->tree->was_cut = true;
	if (walk->term_count == TERMS_MAX || !ask(walk, &node->name, DNS_TXT, &question)) {
		node->state = SPF_NODE_CUT;
		return;
	}
	if (dns_is_answered(&question)) {
		take_record(walk, number, &question);
	} else if (question.status != DNS_UNFINISHED) {
		node->state = SPF_NODE_FAILED;
		node->unanswered = question;
		text_add(&node->why, "%s%s%s", dns_status_word(question.status),
			 question.detail != NULL ? ", " : "",
			 question.detail != NULL ? question.detail : "");
	}
	dns_release(&question, 1);
}

/* ---- the other tasks ---- */

static void take_addresses(struct walk *walk, const struct task *task,
			   const struct dns_question *question)
{
	for (size_t i = 0; i < dns_count(question); i++) {
		const struct ip *ip = &question->records->at[i].ip;

		add_network(walk, task->node, &task->term, ip,
			    ip->version == 4 ? task->term.prefix4 : task->term.prefix6);
	}
}

/* Both families of all names, at once. The term is void if nothing is there at all. */
static void do_addresses(struct walk *walk, const struct task *task)
{
	struct dns_question *questions = calloc(2 * task->count, sizeof *questions);
	size_t count = 0, empty = 0;

	if (questions == NULL) {
		walk->tree->failed = true;
		return;
	}
	for (size_t i = 0; i < 2 * task->count; i++) {
		questions[count].name = task->names[i / 2];
		questions[count].type = i % 2 == 0 ? DNS_A : DNS_AAAA;
		count += spend(walk, &questions[count].name, questions[count].type);
	}
	if (count > 0)
		walk->resolver->ask(walk->resolver, questions, count);
	for (size_t i = 0; i < count; i++) {
		walk->tree->is_incomplete |= !dns_is_answered(&questions[i]);
		empty += dns_is_answered(&questions[i]) && dns_count(&questions[i]) == 0;
		take_addresses(walk, task, &questions[i]);
	}
	if (count > 0 && empty == count) {
		walk->tree->nodes[task->node].voids++;
		for (size_t i = 0; i < count; i++)
			add_void(walk, task->node, &questions[i].name, questions[i].type);
	}
	dns_release(questions, count);
	free(questions);
}

static void follow_hosts(struct walk *walk, struct task *hosts, const struct dns_question *question)
{
	for (size_t i = 0; hosts != NULL && i < dns_count(question) && i < HOSTS_MAX; i++) {
		struct domain name;
		struct fault unused;

		if (domain_parse(question->records->at[i].data, &name, &unused) && name.text[0] != '\0')
			add_name(walk, hosts, &name);
	}
}

static void do_exchangers(struct walk *walk, const struct task *task)
{
	struct dns_question question;
	size_t node = task->node;
	struct spf_term term = task->term;

	if (!ask(walk, &task->names[0], DNS_MX, &question))
		return;
	if (dns_is_answered(&question) && question.status != DNS_FOUND) {
		walk->tree->nodes[node].voids++;
		add_void(walk, node, &question.name, DNS_MX);
	}
	if (dns_count(&question) > SPF_HOSTS_MAX)
		add_note(walk, SPF_LINT_MX_TOO_MANY, node, term.text);
	if (question.status == DNS_FOUND)
		follow_hosts(walk, add_task(walk, TASK_ADDRESSES, node, &term), &question);
	dns_release(&question, 1);
}

static void do_exists(struct walk *walk, const struct task *task)
{
	struct dns_question question;

	if (!ask(walk, &task->names[0], DNS_A, &question))
		return;
	if (dns_is_answered(&question) && question.status != DNS_FOUND) {
		walk->tree->nodes[task->node].voids++;
		add_void(walk, task->node, &question.name, DNS_A);
	}
	dns_release(&question, 1);
}

/* What a receiver would ask about a sender; where names come back, their addresses
 * of his family are next. */
static void do_ahead(struct walk *walk, const struct task *task)
{
	bool leads_on = task->type == DNS_MX || task->type == DNS_PTR;
	enum dns_type type = task->version == 4 ? DNS_A : DNS_AAAA;
	size_t node = task->node, count;
	struct dns_question question;
	struct spf_query query = { .ip.version = task->version };

	if (!spend(walk, &task->names[0], task->type))
		return;
	question = (struct dns_question){ .name = task->names[0], .type = task->type };
	walk->resolver->ask(walk->resolver, &question, 1);
	count = leads_on ? dns_count(&question) : 0;
	for (size_t i = 0; i < count && i < SPF_HOSTS_MAX; i++) {
		struct domain name;
		struct fault unused;

		if (domain_parse(question.records->at[i].data, &name, &unused) && name.text[0] != '\0')
			add_ahead(walk, node, &name, type, &query);
	}
	dns_release(&question, 1);
}

static void do_task(struct walk *walk, struct task task)
{
	if (task.kind != TASK_RECORD && task.count == 0)
		return;
	switch (task.kind) {
	case TASK_RECORD:
		do_record(walk, task.node);
		return;
	case TASK_ADDRESSES:
		do_addresses(walk, &task);
		return;
	case TASK_EXCHANGERS:
		do_exchangers(walk, &task);
		return;
	case TASK_EXISTS:
		do_exists(walk, &task);
		return;
	case TASK_AHEAD:
		do_ahead(walk, &task);
		return;
	}
}

/* ---- sums ---- */

static int by_address(const void *a, const void *b)
{
	const struct network *x = a, *y = b;
	int order = x->first.version - y->first.version;

	if (order == 0)
		order = memcmp(x->first.bytes, y->first.bytes, sizeof x->first.bytes);
	return order != 0 ? order : (int)x->prefix - (int)y->prefix;
}

/* Networks are within each other or apart: so, sorted, each is either within the
 * last one that counted, or new. */
static double count_addresses(struct network *networks, size_t count)
{
	const struct network *last = NULL;
	double sum = 0;

	if (count > 0)
		qsort(networks, count, sizeof *networks, by_address);
	for (size_t i = 0; i < count; i++) {
		double size = 1;

		if (last != NULL && ip_shares(&last->first, &networks[i].first, last->prefix))
			continue;
		last = &networks[i];
		for (unsigned bit = last->prefix; bit < ip_bits(&last->first); bit++)
			size *= 2;
		sum += size;
	}
	return sum;
}

static void sum_up(struct walk *walk)
{
	struct spf_tree *tree = walk->tree;

	for (size_t i = tree->node_count; i-- > 0;) {
		struct spf_node *node = &tree->nodes[i];

		tree->void_terms += node->voids;
		node->lookups += node->own_lookups;
		if (i != node->parent)
			tree->nodes[node->parent].lookups += node->lookups;
	}
	tree->addresses = count_addresses(walk->networks, walk->network_count);
}

void spf_tree_find(const struct domain *domain, const struct spf_query *queries,
		   size_t query_count, struct resolver *resolver, struct spf_tree *tree)
{
	struct walk *walk = calloc(1, sizeof *walk);

	*tree = (struct spf_tree){ .failed = walk == NULL };
	if (walk == NULL)
		return;
	walk->tree = tree;
	walk->resolver = resolver;
	walk->queries = queries;
	walk->query_count = query_count;
	add_node(walk, 0, NULL, domain);
	if (!tree->failed)
		add_task(walk, TASK_RECORD, 0, NULL);
	for (size_t i = 0; i < walk->task_count; i++) {
		do_task(walk, walk->tasks[i]);
		free(walk->tasks[i].names);
	}
	sum_up(walk);
	free(walk->tasks);
	free(walk->asked);
	free(walk->networks);
	free(walk);
}

void spf_tree_release(struct spf_tree *tree)
{
	for (size_t i = 0; i < tree->node_count; i++) {
		text_release(&tree->nodes[i].record);
		text_release(&tree->nodes[i].why);
		text_release(&tree->nodes[i].term);
		text_release(&tree->nodes[i].others);
	}
	for (size_t i = 0; i < tree->note_count; i++)
		text_release(&tree->notes[i].term);
	free(tree->nodes);
	free(tree->voids);
	free(tree->notes);
	*tree = (struct spf_tree){ 0 };
}

/* ---- mending ---- */

bool spf_node_is_error(const struct spf_node *node)
{
	return node->state == SPF_NODE_NONE || node->state == SPF_NODE_MULTIPLE ||
	       node->state == SPF_NODE_BAD || node->state == SPF_NODE_LOOP ||
	       node->state == SPF_NODE_IMPOSSIBLE;
}

/* Can this term of the domain's own record not stay? */
static bool must_go(const struct spf_tree *tree, struct slice word)
{
	for (size_t i = 1; i < tree->node_count; i++) {
		if (tree->nodes[i].parent == 0 && spf_node_is_error(&tree->nodes[i]) &&
		    slice_same_nocase(word, text_slice(&tree->nodes[i].term)))
			return true;
	}
	for (size_t i = 0; i < tree->note_count; i++) {
		if (tree->notes[i].node == 0 && tree->notes[i].lint == SPF_LINT_ALL_PASSES &&
		    slice_same_nocase(word, text_slice(&tree->notes[i].term)))
			return true;
	}
	return false;
}

void spf_tree_mend(const struct spf_tree *tree, const struct ip *add, size_t count,
		   const char *end, struct text *record)
{
	struct slice rest = text_slice(&tree->nodes->record), word;
	struct text records = { 0 };

	while (slice_split(&rest, ' ', &word)) {
		if (!must_go(tree, word))
			text_add_slice(&records, word);
		text_add_char(&records, ' ');
	}
	text_add_char(&records, '\n');
	text_add_slice(&records, text_slice(&tree->nodes->others));
	spf_mend(text_slice(&records), NULL, end, record);
	while (count-- > 0) {		/* each in front of those before */
		text_truncate(&records, 0);
		text_add_slice(&records, text_slice(record));
		text_truncate(record, 0);
		spf_mend(text_slice(&records), &add[count], end, record);
	}
	if (slice_is(text_slice(record), "v=spf1 ~all")) {
		text_truncate(record, 0);
		text_add(record, "v=spf1 mx ~all");
	}
	text_release(&records);
}
