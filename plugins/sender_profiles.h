/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef MAILPATH_PLUGINS_SENDER_PROFILES_H
#define MAILPATH_PLUGINS_SENDER_PROFILES_H

#include "mail/dmarc_find.h"
#include "sender_domain.h"

/* --parked and --profile: rules that a domain is held against, a finding each. They
 * ask for themselves; what other parts ask is asked once. */

enum rule_outcome { RULE_PASSED, RULE_FAILED, RULE_NOT_TESTED, RULE_UNKNOWN };

struct rule {
	const char *name;		/* "spf" */
	const char *detail;		/* one of several, or NULL: "s1" */
	enum rule_outcome outcome;
	enum state if_failed;
	struct text text, fix;		/* taken */
	const struct dns_question *unanswered;	/* of UNKNOWN */
};

/* Has the question no answer? Then the rule is UNKNOWN. */
bool rule_is_unknown(struct rule *rule, const struct dns_question *question);

/* `WHAT: "RECORD"` */
void rule_quote(struct rule *rule, const char *what, struct slice record);

/* Say what DMARC asks for. The policy is what receivers apply, UNSET without one. */
enum dmarc_policy rule_take_dmarc(struct rule *rule, const struct dmarc_report *report);

/* A finding, and a member of `list`, the part's data. True: it was passed. */
bool rule_add(const struct sender *sender, struct frame *frame, const struct sender_part *part,
	      struct rule *rule, json_t *list);

#endif
