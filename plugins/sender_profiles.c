/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "sender_profiles.h"

#include <string.h>

bool rule_is_unknown(struct rule *rule, const struct dns_question *question)
{
	if (dns_is_answered(question))
		return false;
	rule->outcome = RULE_UNKNOWN;
	rule->unanswered = question;
	return true;
}

void rule_quote(struct rule *rule, const char *what, struct slice record)
{
	text_add(&rule->text, "%s: \"", what);
	text_add_foreign(&rule->text, record);
	text_add(&rule->text, "\"");
}

enum dmarc_policy rule_take_dmarc(struct rule *rule, const struct dmarc_report *report)
{
	const struct dmarc_verdict *verdict = &report->verdict;
	const struct dmarc_record *record = dmarc_report_record(report);

	switch (verdict->outcome) {
	case DMARC_UNKNOWN:
		rule_is_unknown(rule, verdict->missing);
		return DMARC_UNSET;
	case DMARC_MISSING:
		text_add(&rule->text, "there is no DMARC record that counts");
		return DMARC_UNSET;
	case DMARC_UNUSABLE:
		rule_quote(rule, "DMARC has no policy that is valid", record->text);
		return DMARC_UNSET;
	case DMARC_APPLIES:
		break;
	}
	text_add(&rule->text, "DMARC at _dmarc.%s asks for %s", dmarc_report_policy_domain(report)->text,
		 dmarc_policy_word(verdict->effective));
	rule_quote(rule, verdict->effective != verdict->asked ? ", softened by t=y" : "", record->text);
	return verdict->effective;
}

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

bool rule_add(const struct sender *sender, struct frame *frame, const struct sender_part *part,
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
	return rule->outcome == RULE_PASSED;
}
