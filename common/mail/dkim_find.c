/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "mail/dkim_find.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* Those of Amazon SES are random, and those of many others carry the customer's
 * number: they cannot be guessed. */
const char *const dkim_common_selectors[] = {
	"20161025", "20210112", "20230601",		/* Gmail */
	"brevo1", "brevo2",				/* Brevo */
	"cm",						/* Campaign Monitor */
	"ctct1", "ctct2",				/* Constant Contact */
	"default",					/* OpenDKIM, cPanel, Plesk */
	"dkim", "dkim1", "dkim2",			/* rspamd, mailcow, Zimbra */
	"ed25519",
	"everlytickey1", "everlytickey2",		/* Everlytic */
	"fm1", "fm2", "fm3",				/* Fastmail */
	"google",					/* Google Workspace */
	"k1", "k2", "k3",				/* Mailchimp, Mailgun */
	"kl", "kl2",					/* Klaviyo */
	"litesrv",					/* MailerLite */
	"mail",						/* Mail-in-a-Box, docker-mailserver */
	"mailjet",					/* Mailjet */
	"mandrill", "mte1", "mte2",			/* Mandrill */
	"mx", "mxvault",
	"pm",						/* Postmark */
	"protonmail", "protonmail2", "protonmail3",	/* Proton */
	"rsa",
	"s1", "s2",					/* SendGrid */
	"selector1", "selector2",			/* Microsoft 365 */
	"sig1",						/* iCloud */
	"smtp", "smtpapi",				/* SendGrid */
	"zendesk1", "zendesk2",				/* Zendesk */
	"zmail", "zoho",				/* Zoho */
	NULL
};

bool dkim_name(const struct domain *selector, const struct domain *domain, struct domain *name)
{
	struct domain keys;

	return domain_join(&keys, "_domainkey", domain) && domain_join(name, selector->text, &keys);
}

/* ---- the questions of the first round: TXT and CNAME of each selector, and the guard ---- */

static struct dns_question *make_questions(const struct domain *domain, uint64_t nonce,
					   const struct dkim_report *report, size_t *count)
{
	struct dns_question *questions = calloc(2 * report->count + 1, sizeof *questions);
	struct domain guard;

	if (questions == NULL)
		return NULL;
	for (size_t i = 0; i < report->count; i++) {
		questions[2 * i] = (struct dns_question){ .name = report->selectors[i].name,
							  .type = DNS_TXT };
		questions[2 * i + 1] = (struct dns_question){ .name = report->selectors[i].name,
							      .type = DNS_CNAME };
	}
	*count = 2 * report->count;
	snprintf(guard.text, sizeof guard.text, "mailpath-%016llx", (unsigned long long)nonce);
	questions[*count].type = DNS_TXT;
	if (dkim_name(&guard, domain, &questions[*count].name))
		++*count;
	return questions;
}

/* ---- what was answered ---- */

static void add_why(const struct dns_question *answer, struct text *why)
{
	text_add(why, "%s%s%s", dns_status_word(answer->status), answer->detail != NULL ? ", " : "",
		 answer->detail != NULL ? answer->detail : "");
}

static void take_answer(struct dkim_selector *selector)
{
	const struct dns_question *answer = &selector->answer;

	switch (answer->status) {
	case DNS_FOUND:
		selector->state = DKIM_FOUND;
		break;
	case DNS_NODATA:
	case DNS_NXDOMAIN:
		selector->state = DKIM_NONE;
		break;
	case DNS_UNFINISHED:
	case DNS_SERVFAIL:
	case DNS_REFUSED:
	case DNS_TIMEOUT:
	case DNS_GARBLED:
		add_why(answer, &selector->why);
		break;
	}
	for (size_t i = 0; i < dns_count(answer) && i < DKIM_RECORDS; i++)
		dkim_key_parse(answer->records->at[i].data, &selector->keys[selector->key_count++]);
}

static enum dkim_guard judge_guard(const struct dns_question *answer)
{
	enum dkim_guard guard = DKIM_GUARD_TEXT;
	struct dkim_key key;

	if (!dns_is_answered(answer))
		return DKIM_GUARD_UNKNOWN;
	if (answer->status != DNS_FOUND)
		return DKIM_GUARD_SILENT;
	for (size_t i = 0; i < dns_count(answer) && i < DKIM_RECORDS; i++) {
		dkim_key_parse(answer->records->at[i].data, &key);
		if (key.verdict == DKIM_KEY_GOOD)
			return DKIM_GUARD_KEY;
		if (key.verdict == DKIM_KEY_REVOKED)
			guard = DKIM_GUARD_REVOKED;
	}
	return guard;
}

static bool has_record(const struct dns_question *answer, struct slice data)
{
	for (size_t i = 0; i < dns_count(answer); i++) {
		struct slice other = answer->records->at[i].data;

		if (other.len == data.len && (data.len == 0 || memcmp(other.at, data.at, data.len) == 0))
			return true;
	}
	return false;
}

/* The same records, in whatever order. */
static bool is_same(const struct dns_question *a, const struct dns_question *b)
{
	if (dns_count(a) == 0 || dns_count(a) != dns_count(b))
		return false;
	for (size_t i = 0; i < dns_count(a); i++) {
		if (!has_record(b, a->records->at[i].data))
			return false;
	}
	return true;
}

/* ---- aliases ---- */

/* The name that the answer leads on to is the next link; false: it leads nowhere new. */
static bool take_alias(struct dkim_selector *selector, const struct dns_question *answer)
{
	struct domain *next = &selector->aliases[selector->alias_count];
	struct fault unused;

	if (dns_count(answer) == 0 || selector->alias_count == DKIM_ALIASES ||
	    !domain_parse(answer->records->at[0].data, next, &unused))
		return false;
	selector->alias_count++;
	selector->goes_round = domain_same(next, &selector->name);
	for (size_t i = 0; i + 1 < selector->alias_count; i++)
		selector->goes_round |= domain_same(next, &selector->aliases[i]);
	return !selector->goes_round && selector->alias_count < DKIM_ALIASES;
}

/* Follow all chains, a link a time; `goes_on[i]`: there may be one more. */
static void follow_aliases(struct dkim_report *report, bool *goes_on, struct dns_question *questions,
			   struct resolver *resolver)
{
	for (;;) {
		size_t count = 0, at = 0;

		for (size_t i = 0; i < report->count; i++) {
			const struct dkim_selector *selector = &report->selectors[i];

			if (goes_on[i])
				questions[count++] = (struct dns_question){
					.name = selector->aliases[selector->alias_count - 1],
					.type = DNS_CNAME,
				};
		}
		if (count == 0)
			return;
		resolver->ask(resolver, questions, count);
		for (size_t i = 0; i < report->count; i++)
			goes_on[i] = goes_on[i] && take_alias(&report->selectors[i], &questions[at++]);
		dns_release(questions, count);
	}
}

/* A chain that ends in nothing, or that goes round in a circle, which resolvers answer
 * in as many ways as there are. */
static void judge_aliases(struct dkim_selector *selector)
{
	if (selector->goes_round) {
		selector->state = DKIM_NONE;
		selector->why.len = 0;
	}
	selector->is_dangling = selector->state == DKIM_NONE && selector->alias_count > 0;
}

/* ---- all of it ---- */

static bool open_report(const struct domain *domain, const struct domain *selectors, size_t count,
			struct dkim_report *report)
{
	*report = (struct dkim_report){ .selectors = calloc(count + 1, sizeof *report->selectors) };
	if (report->selectors == NULL)
		return false;
	report->count = count;
	for (size_t i = 0; i < count; i++) {
		if (!dkim_name(&selectors[i], domain, &report->selectors[i].name))
			return false;
	}
	return true;
}

static void take_answers(struct dkim_report *report, struct dns_question *questions, size_t count,
			 bool *goes_on)
{
	const struct dns_question *guard = &questions[2 * report->count];
	bool has_guard = count > 2 * report->count;

	if (has_guard) {
		report->guard = judge_guard(guard);
		report->guard_status = guard->status;
	}
	for (size_t i = 0; i < report->count; i++) {
		struct dkim_selector *selector = &report->selectors[i];

		selector->answer = questions[2 * i];
		questions[2 * i].records = NULL;	/* they are the selector's now */
		take_answer(selector);
		selector->is_wildcard = has_guard && is_same(&selector->answer, guard);
		goes_on[i] = take_alias(selector, &questions[2 * i + 1]);
	}
}

void dkim_find(const struct domain *domain, const struct domain *selectors, size_t count,
	       uint64_t nonce, struct resolver *resolver, struct dkim_report *report)
{
	bool *goes_on = calloc(count + 1, sizeof *goes_on);
	struct dns_question *questions = NULL;
	size_t asked = 0;

	if (open_report(domain, selectors, count, report) && goes_on != NULL)
		questions = make_questions(domain, nonce, report, &asked);
	report->failed = questions == NULL;
	if (questions != NULL) {
		resolver->ask(resolver, questions, asked);
		take_answers(report, questions, asked, goes_on);
		dns_release(questions, asked);
		follow_aliases(report, goes_on, questions, resolver);
	}
	for (size_t i = 0; i < report->count; i++) {
		struct dkim_selector *selector = &report->selectors[i];

		judge_aliases(selector);
		report->failed |= text_failed(&selector->why);
		for (size_t k = 0; k < selector->key_count; k++)
			report->failed |= selector->keys[k].failed;
	}
	free(questions);
	free(goes_on);
}

void dkim_report_release(struct dkim_report *report)
{
	for (size_t i = 0; i < report->count; i++) {
		text_release(&report->selectors[i].why);
		dns_release(&report->selectors[i].answer, 1);
	}
	free(report->selectors);
	*report = (struct dkim_report){ 0 };
}

/* Ed25519 is as strong as RSA of 3000 bits (NIST SP 800-57 part 1, table 2). */
static unsigned strength(const struct dkim_key *key)
{
	enum { AS_RSA = 3072 };

	return key->type == DKIM_ED25519 ? AS_RSA : key->bits;
}

const struct dkim_key *dkim_weakest_key(const struct dkim_selector *selector)
{
	const struct dkim_key *weakest = NULL;

	for (size_t i = 0; i < selector->key_count; i++) {
		const struct dkim_key *key = &selector->keys[i];

		if (key->verdict == DKIM_KEY_GOOD && (weakest == NULL || strength(key) < strength(weakest)))
			weakest = key;
	}
	return weakest;
}
