/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef MAILPATH_PLUGINS_SENDER_PROFILES_H
#define MAILPATH_PLUGINS_SENDER_PROFILES_H

#include "sender_domain.h"

/* --parked and --profile: rules that a domain is held against, a finding each. They
 * ask for themselves, and look at records only as far as their rules go; what other
 * parts ask is asked once. */

/* Are these options right, as far as they are a profile's? */
bool sender_profile_check(const struct sender_settings *settings, struct fault *fault);

/* ---- glances at records ---- */

/* The one record that begins with v=spf1 (RFC 7208 4.5), of an answered TXT question. */
struct spf_glance {
	size_t count;
	struct slice record;
};
void spf_glance(const struct dns_question *question, struct spf_glance *glance);

/* The walk up to the DMARC record (RFC 9989 4.10): all its names at once. */
enum { DMARC_NAMES = 8 };
struct dmarc_glance {
	struct dns_question questions[DMARC_NAMES];
	size_t count;
};
void dmarc_glance_ask(const struct domain *domain, struct resolver *resolver,
		      struct dmarc_glance *glance);
void dmarc_glance_release(struct dmarc_glance *glance);

/* The first record on the way up: what it asks of mail from the domain, in lower case
 * letters as it stands there; `tag` is its name. False: there is none, or, where
 * `unanswered` is then set, it cannot be told. */
struct dmarc_glanced {
	const struct domain *name;	/* with _dmarc. */
	struct slice record, policy;
	bool is_inherited;		/* from a parent domain */
	const struct dns_question *unanswered;
};
bool dmarc_glance_policy(const struct dmarc_glance *glance, struct dmarc_glanced *policy);

/* The domain whose subdomains are aligned with it: that of the highest record, or
 * `domain` itself. */
struct domain dmarc_glance_organization(const struct dmarc_glance *glance,
					const struct domain *domain);

/* The value of a tag of a list; `at` is NULL: it is not there. */
struct slice tag_value(struct slice list, const char *name);

/* ---- rules ---- */

enum rule_outcome { RULE_PASSED, RULE_FAILED, RULE_NOT_TESTED, RULE_UNKNOWN };

struct rule {
	const char *name;		/* "spf" */
	const char *detail;		/* one of several, or NULL: "s1" */
	enum rule_outcome outcome;
	enum state if_failed;
	struct text text, fix;		/* taken */
	const struct dns_question *unanswered;	/* of UNKNOWN */
};

/* A finding, and a member of `list`, the part's data. */
void rule_add(const struct sender *sender, struct frame *frame, const struct sender_part *part,
	      struct rule *rule, json_t *list);

#endif
