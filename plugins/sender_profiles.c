/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "sender_profiles.h"

#include <string.h>

#include "mail/tag_list.h"

bool sender_profile_check(const struct sender_settings *settings, struct fault *fault)
{
	const char *domains[] = { settings->spf_domain, settings->dkim_domain };
	struct domain unused;

	if (settings->profile == NULL)
		return true;
	if (settings->is_parked)
		return fault_set(fault, FAULT_USAGE, "--profile: a domain that is --parked sends nothing");
	for (size_t i = 0; i < 2; i++) {
		if (domains[i] != NULL && !domain_parse(slice_of(domains[i]), &unused, fault))
			return fault_prefix(fault, i == 0 ? "--spf-domain: " : "--dkim-domain: ");
	}
	for (size_t i = 0; i < settings->selectors.count; i++) {
		if (!domain_parse(slice_of(settings->selectors.at[i]), &unused, fault))
			return fault_prefix(fault, "--selector: ");
	}
	return true;
}

/* ---- glances ---- */

void spf_glance(const struct dns_question *question, struct spf_glance *glance)
{
	*glance = (struct spf_glance){ 0 };
	for (size_t i = 0; i < dns_count(question); i++) {
		struct slice record = question->records->at[i].data, rest = record, word;

		if (!slice_split(&rest, ' ', &word) || !slice_is_nocase(word, "v=spf1"))
			continue;
		if (glance->count++ == 0)
			glance->record = record;
	}
}

static size_t count_labels(const char *name)
{
	size_t labels = 1;

	for (; *name != '\0'; name++)
		labels += *name == '.';
	return labels;
}

/* Without its first label; "" is left of the last one. */
static const char *parent_of(const char *name)
{
	const char *dot = strchr(name, '.');

	return dot != NULL ? dot + 1 : "";
}

void dmarc_glance_ask(const struct domain *domain, struct resolver *resolver,
		      struct dmarc_glance *glance)
{
	const char *name = domain->text;

	*glance = (struct dmarc_glance){ 0 };
	while (*name != '\0' && glance->count < DMARC_NAMES) {
		struct dns_question *question = &glance->questions[glance->count];
		struct domain parent;

		memcpy(parent.text, name, strlen(name) + 1);
		question->type = DNS_TXT;
		/* Where the name is too long, there is no record. */
		if (domain_join(&question->name, "_dmarc", &parent))
			glance->count++;
		name = parent_of(name);
		while (glance->count == 1 && count_labels(name) > DMARC_NAMES - 1)
			name = parent_of(name);
	}
	if (glance->count > 0)
		resolver->ask(resolver, glance->questions, glance->count);
}

void dmarc_glance_release(struct dmarc_glance *glance)
{
	dns_release(glance->questions, glance->count);
}

/* The only DMARC record of an answer; several do not count. */
static bool only_record(const struct dns_question *question, struct slice *record)
{
	size_t count = 0;

	for (size_t i = 0; i < dns_count(question); i++) {
		if (!tag_list_is(question->records->at[i].data, "DMARC1"))
			continue;
		*record = question->records->at[i].data;
		count++;
	}
	return count == 1;
}

struct slice tag_value(struct slice list, const char *name)
{
	enum tag_outcome outcome;
	struct tag tag;

	while ((outcome = tag_next(&list, &tag)) != TAG_END) {
		if (outcome == TAG_FOUND && slice_is(tag.name, name))
			return tag.value;
	}
	return (struct slice){ 0 };
}

bool dmarc_glance_policy(const struct dmarc_glance *glance, struct dmarc_glanced *policy)
{
	*policy = (struct dmarc_glanced){ 0 };
	for (size_t i = 0; i < glance->count; i++) {
		const struct dns_question *question = &glance->questions[i];

		if (!dns_is_answered(question)) {
			policy->unanswered = question;
			return false;
		}
		if (!only_record(question, &policy->record))
			continue;
		policy->name = &question->name;
		policy->is_inherited = i > 0;
		policy->policy = tag_value(policy->record, "p");
		if (i > 0 && tag_value(policy->record, "sp").at != NULL)
			policy->policy = tag_value(policy->record, "sp");
		return true;
	}
	return false;
}

struct domain dmarc_glance_organization(const struct dmarc_glance *glance, const struct domain *domain)
{
	struct domain highest = *domain;

	for (size_t i = 0; i < glance->count; i++) {
		const char *name = parent_of(glance->questions[i].name.text);
		struct slice record, psd;

		if (!only_record(&glance->questions[i], &record))
			continue;
		psd = tag_value(record, "psd");
		if (i > 0 && slice_is_nocase(psd, "y"))
			break;
		memcpy(highest.text, name, strlen(name) + 1);
		if (slice_is_nocase(psd, "n"))
			break;
	}
	return highest;
}

/* ---- rules ---- */

static const char *outcome_word(enum rule_outcome outcome)
{
	switch (outcome) {
	case RULE_PASSED: return "passed";
	case RULE_FAILED: return "failed";
	case RULE_NOT_TESTED: return "not_tested";
	case RULE_UNKNOWN: return "unknown";
	}
	return "?";
}

void rule_add(const struct sender *sender, struct frame *frame, const struct sender_part *part,
	      struct rule *rule, json_t *list)
{
	bool is_failed = rule->outcome == RULE_FAILED;
	struct text subject = { 0 }, plain = { 0 };
	struct finding *finding;
	char reason[32] = "rule_";

	text_add(&subject, "%s%s%s%s%s", rule->name, rule->detail != NULL ? "/" : "",
		 rule->detail != NULL ? rule->detail : "", sender->is_alone ? "" : "/",
		 sender->is_alone ? "" : sender->domain.text);
	text_add_marked(&plain, text_str(&rule->text), TEXT_PLAIN);
	json_array_append_new(list, json_pack("{ss ss* ss ss}", "rule", rule->name, "detail", rule->detail,
					      "outcome", outcome_word(rule->outcome), "text",
					      text_str(&plain)));
	if (rule->outcome == RULE_UNKNOWN) {
		sender_add_unanswered(frame, part->name, rule->unanswered);
	} else {
		strcat(reason, outcome_word(rule->outcome));
		finding = result_add(&frame->result, is_failed ? rule->if_failed : STATE_OK, reason,
				     part->name, text_str(&subject), &rule->text);
		if (rule->fix.len > 0)
			result_fix(&frame->result, finding, &rule->fix);
	}
	text_release(&rule->text);
	text_release(&rule->fix);
	text_release(&plain);
	text_release(&subject);
}
