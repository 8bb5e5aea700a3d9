/* SPDX-License-Identifier: GPL-3.0-or-later */
#include <stdio.h>
#include <stdlib.h>

#include "mail/spf_tree.h"
#include "sender_profiles.h"

/* --parked: a domain that neither sends nor takes mail should say so, to all who could
 * be deceived in its name (RFC 7208 10.1.2, RFC 7505, RFC 6376 3.6.1). */

struct parked {
	struct dns_question mx, keys;
	struct spf_tree spf;
	struct dmarc_report dmarc;
};

static void release(void *found)
{
	struct parked *parked = found;

	dns_release(&parked->mx, 1);
	dns_release(&parked->keys, 1);
	spf_tree_release(&parked->spf);
	dmarc_release(&parked->dmarc);
	free(parked);
}

static void *study(const struct sender *sender, struct resolver *resolver)
{
	struct parked *parked = calloc(1, sizeof *parked);

	if (parked == NULL)
		return NULL;
	parked->mx = (struct dns_question){ .name = sender->domain, .type = DNS_MX };
	parked->keys = (struct dns_question){ .type = DNS_TXT };
	/* The wildcard by its own name (RFC 4592 2.1.1). */
	if (!domain_join(&parked->keys.name, "*._domainkey", &sender->domain))
		parked->keys.name = sender->domain;
	resolver->ask(resolver, &parked->mx, 1);
	resolver->ask(resolver, &parked->keys, 1);
	spf_tree_find(&sender->domain, NULL, 0, resolver, &parked->spf);
	dmarc_find(&sender->domain, NULL, NULL, resolver, &parked->dmarc);
	if (parked->spf.failed) {
		release(parked);
		return NULL;
	}
	return parked;
}

/* ---- the rules ---- */

static void fail(struct rule *rule, enum state state)
{
	rule->outcome = RULE_FAILED;
	rule->if_failed = state;
}

/* The first mechanism; before it, modifiers change nothing. */
static bool find_mechanism(struct slice record, struct spf_term *term)
{
	struct fault unused;

	while (spf_term_next(&record, term, &unused) == SPF_TERM_FOUND) {
		if (term->kind < SPF_REDIRECT)
			return true;
	}
	return false;
}

/* The record that decides: the domain's own or, where that has no mechanism, the one
 * that it redirects to. */
static const struct spf_node *find_deciding(const struct spf_tree *tree)
{
	const struct spf_node *node = tree->nodes;
	struct spf_term unused;

	for (size_t i = 1; i < tree->node_count; i++) {
		if (&tree->nodes[tree->nodes[i].parent] == node && tree->nodes[i].how == SPF_REDIRECT &&
		    !find_mechanism(text_slice(&node->record), &unused))
			node = &tree->nodes[i];
	}
	return node;
}

static bool refuses_all(const struct spf_node *node)
{
	struct spf_term first;

	return node->state == SPF_NODE_GOOD && find_mechanism(text_slice(&node->record), &first) &&
	       first.kind == SPF_ALL && first.result == SPF_FAIL;
}

static void judge_spf(const struct sender *sender, const struct parked *parked, struct rule *rule)
{
	const struct spf_node *root = parked->spf.nodes, *node = find_deciding(&parked->spf);

	rule->name = "spf";
	if ((node->state == SPF_NODE_FAILED || node->state == SPF_NODE_UNKNOWN) &&
	    rule_is_unknown(rule, &node->unanswered))
		return;
	if (root->record.len > 0)
		rule_quote(rule, root->state == SPF_NODE_MULTIPLE ? "SPF, with several records" : "SPF",
			   text_slice(&root->record));
	else
		text_add(&rule->text, "there is no SPF record");
	if (refuses_all(node))
		return;
	fail(rule, STATE_CRITICAL);
	text_add(&rule->text, ": it does not forbid everybody to send");
	text_add(&rule->fix, "publish, as the only SPF record: %s. TXT \"v=spf1 -all\"", sender->domain.text);
}

static void judge_dmarc(const struct sender *sender, const struct parked *parked, struct rule *rule)
{
	rule->name = "dmarc";
	if (rule_take_dmarc(rule, &parked->dmarc) == DMARC_REJECT || rule->outcome == RULE_UNKNOWN)
		return;
	fail(rule, STATE_CRITICAL);
	text_add(&rule->text, ": it does not ask receivers to reject");
	text_add(&rule->fix, "publish, as the only DMARC record: _dmarc.%s. TXT \"v=DMARC1; p=reject\"",
		 sender->domain.text);
}

static void judge_mx(const struct sender *sender, const struct parked *parked, struct rule *rule)
{
	size_t count = dns_count(&parked->mx);

	rule->name = "mx";
	if (rule_is_unknown(rule, &parked->mx))
		return;
	if (count == 1 && parked->mx.records->at[0].data.len == 0) {
		text_add(&rule->text, "its only MX is \".\": it takes no mail");
		return;
	}
	fail(rule, STATE_WARNING);
	if (count > 0)
		text_add(&rule->text, "it has %zu MX record%s, and not only \".\": others try to deliver to it",
			 count, count > 1 ? "s" : "");
	else
		text_add(&rule->text, "it has no MX: others try to deliver to its address");
	text_add(&rule->fix, "publish, as the only MX record: %s. MX 0 .", sender->domain.text);
}

static void judge_keys(const struct sender *sender, const struct parked *parked, struct rule *rule)
{
	rule->name = "dkim";
	if (rule_is_unknown(rule, &parked->keys))
		return;
	for (size_t i = 0; i < dns_count(&parked->keys); i++) {
		struct dkim_key key;

		dkim_key_parse(parked->keys.records->at[i].data, &key);
		if (dns_count(&parked->keys) > 1 || key.verdict != DKIM_KEY_REVOKED)
			continue;
		rule_quote(rule, "DKIM keys of all selectors are revoked", parked->keys.records->at[i].data);
		return;
	}
	fail(rule, STATE_WARNING);
	text_add(&rule->text, dns_count(&parked->keys) > 0
				      ? "*._domainkey has records, and does not revoke all DKIM keys"
				      : "*._domainkey does not revoke all DKIM keys: it has no record");
	text_add(&rule->fix, "publish, and no other keys: *._domainkey.%s. TXT \"v=DKIM1; p=\"",
		 sender->domain.text);
}

static void judge(const struct sender *sender, struct frame *frame, const void *found)
{
	static void (*const rules[])(const struct sender *, const struct parked *, struct rule *) = {
		judge_spf, judge_dmarc, judge_mx, judge_keys,
	};
	json_t *list = json_array();
	size_t passed = 0;

	for (size_t i = 0; i < sizeof rules / sizeof *rules; i++) {
		struct rule rule = { .outcome = RULE_PASSED };

		rules[i](sender, found, &rule);
		passed += rule_add(sender, frame, &sender_parked, &rule, list);
	}
	if (passed == sizeof rules / sizeof *rules)
		text_add(&frame->result.good, "nothing is sent or taken");
	json_object_set_new(sender->data, sender_parked.name, list);
}

const struct sender_part sender_parked = { "parked", study, judge, release };
