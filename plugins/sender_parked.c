/* SPDX-License-Identifier: GPL-3.0-or-later */
#include <stdio.h>
#include <stdlib.h>

#include "sender_profiles.h"

/* --parked: a domain that neither sends nor takes mail should say so, to all who could
 * be deceived in its name (RFC 7208 10.1.2, RFC 7505, RFC 6376 3.6.1). */

struct parked {
	struct dns_question spf, mx, keys;
	struct dmarc_glance dmarc;
};

static void *study(const struct sender *sender, struct resolver *resolver)
{
	struct parked *parked = calloc(1, sizeof *parked);
	struct dns_question *questions[3];

	if (parked == NULL)
		return NULL;
	parked->spf = (struct dns_question){ .name = sender->domain, .type = DNS_TXT };
	parked->mx = (struct dns_question){ .name = sender->domain, .type = DNS_MX };
	parked->keys = (struct dns_question){ .type = DNS_TXT };
	questions[0] = &parked->spf;
	questions[1] = &parked->mx;
	questions[2] = &parked->keys;
	/* The wildcard by its own name (RFC 4592 2.1.1). */
	if (!domain_join(&parked->keys.name, "*._domainkey", &sender->domain))
		parked->keys.name = sender->domain;
	for (size_t i = 0; i < 3; i++)
		resolver->ask(resolver, questions[i], 1);
	dmarc_glance_ask(&sender->domain, resolver, &parked->dmarc);
	return parked;
}

/* ---- the rules ---- */

static bool is_unknown(struct rule *rule, const struct dns_question *question)
{
	if (dns_is_answered(question))
		return false;
	rule->outcome = RULE_UNKNOWN;
	rule->unanswered = question;
	return true;
}

static void fail(struct rule *rule, enum state state)
{
	rule->outcome = RULE_FAILED;
	rule->if_failed = state;
}

static void judge_spf(const struct sender *sender, const struct parked *parked, struct rule *rule)
{
	struct spf_glance glance;
	struct slice rest, word;
	bool says_no = false;

	rule->name = "spf";
	if (is_unknown(rule, &parked->spf))
		return;
	spf_glance(&parked->spf, &glance);
	rest = glance.record;
	if (glance.count == 1 && slice_word(&rest, &word) && slice_word(&rest, &word))
		says_no = slice_is_nocase(word, "-all") && !slice_word(&rest, &word);
	if (glance.count > 0) {
		text_add(&rule->text, "SPF%s: \"", glance.count > 1 ? ", with several records" : "");
		text_add_foreign(&rule->text, glance.record);
		text_add(&rule->text, "\"");
	} else {
		text_add(&rule->text, "there is no SPF record");
	}
	if (says_no)
		return;
	fail(rule, STATE_CRITICAL);
	text_add(&rule->text, ": it does not forbid everybody to send");
	text_add(&rule->fix, "publish, as the only SPF record: %s. TXT \"v=spf1 -all\"", sender->domain.text);
}

static void judge_dmarc(const struct sender *sender, const struct parked *parked, struct rule *rule)
{
	struct dmarc_glanced policy;

	rule->name = "dmarc";
	if (!dmarc_glance_policy(&parked->dmarc, &policy)) {
		if (policy.unanswered != NULL && is_unknown(rule, policy.unanswered))
			return;
		text_add(&rule->text, "there is no DMARC record");
	} else {
		text_add(&rule->text, "DMARC%s%s: \"", policy.is_inherited ? ", at " : "",
			 policy.is_inherited ? policy.name->text : "");
		text_add_foreign(&rule->text, policy.record);
		text_add(&rule->text, "\"");
	}
	if (slice_is_nocase(policy.policy, "reject"))
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
	if (is_unknown(rule, &parked->mx))
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
	if (is_unknown(rule, &parked->keys))
		return;
	for (size_t i = 0; i < dns_count(&parked->keys); i++) {
		struct slice key = tag_value(parked->keys.records->at[i].data, "p");

		if (dns_count(&parked->keys) > 1 || key.at == NULL || key.len > 0)
			continue;
		text_add(&rule->text, "DKIM keys of all selectors are revoked: \"");
		text_add_foreign(&rule->text, parked->keys.records->at[i].data);
		text_add(&rule->text, "\"");
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

	for (size_t i = 0; i < sizeof rules / sizeof *rules; i++) {
		struct rule rule = { .outcome = RULE_PASSED };

		rules[i](sender, found, &rule);
		rule_add(sender, frame, &sender_parked, &rule, list);
	}
	json_object_set_new(sender->data, sender_parked.name, list);
}

static void release(void *found)
{
	struct parked *parked = found;

	dns_release(&parked->spf, 1);
	dns_release(&parked->mx, 1);
	dns_release(&parked->keys, 1);
	dmarc_glance_release(&parked->dmarc);
	free(parked);
}

const struct sender_part sender_parked = { "parked", study, judge, release };
