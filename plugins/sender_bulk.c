/* SPDX-License-Identifier: GPL-3.0-or-later */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "mail/dnsbl.h"
#include "sender_profiles.h"

/* --profile bulk: what Google (support.google.com/a/answer/81126), Yahoo
 * (senders.yahooinc.com/best-practices) and Microsoft (for Outlook.com, since 2025) want of
 * who sends much mail, as far as the DNS shows it. */

enum { NAMES_MAX = 10 };	/* of one address (RFC 8601 3) */

/* An address that sends: its names, and the addresses of those. */
struct route {
	char word[IP_TEXT];
	struct ip ip;
	struct dns_question names, addresses[NAMES_MAX];
	size_t count;
};

struct bulk {
	struct dns_question spf, mx, addresses[2];
	struct dmarc_glance dmarc;
	struct dns_question *keys;	/* one for each selector */
	size_t key_count;
	struct route *routes;		/* one for each --ip */
	size_t route_count;
};

static void release(void *found)
{
	struct bulk *bulk = found;

	for (size_t i = 0; i < bulk->route_count; i++) {
		dns_release(&bulk->routes[i].names, 1);
		dns_release(bulk->routes[i].addresses, bulk->routes[i].count);
	}
	dns_release(bulk->keys, bulk->key_count);
	dns_release(&bulk->spf, 1);
	dns_release(&bulk->mx, 1);
	dns_release(bulk->addresses, 2);
	dmarc_glance_release(&bulk->dmarc);
	free(bulk->keys);
	free(bulk->routes);
	free(bulk);
}

/* ---- asking ---- */

static void follow(struct route *route, struct resolver *resolver)
{
	static const struct domain zones[] = { { "in-addr.arpa" }, { "ip6.arpa" } };
	bool is_v4 = route->ip.version == 4;
	struct fault unused;

	route->names = (struct dns_question){ .type = DNS_PTR };
	dnsbl_name_of_ip(&route->ip, &zones[!is_v4], &route->names.name);
	resolver->ask(resolver, &route->names, 1);
	for (size_t i = 0; i < dns_count(&route->names) && route->count < NAMES_MAX; i++) {
		struct dns_question *question = &route->addresses[route->count];

		*question = (struct dns_question){ .type = is_v4 ? DNS_A : DNS_AAAA };
		if (domain_parse(route->names.records->at[i].data, &question->name, &unused))
			route->count++;
	}
	if (route->count > 0)
		resolver->ask(resolver, route->addresses, route->count);
}

static void ask_keys(const struct sender *sender, struct resolver *resolver, struct bulk *bulk)
{
	const struct words *selectors = &sender->settings->selectors;

	for (size_t i = 0; i < selectors->count; i++) {
		struct domain selector, all;
		struct fault unused;
		struct dns_question *key = &bulk->keys[bulk->key_count++];

		*key = (struct dns_question){ .type = DNS_TXT };
		/* Where the name is too long, there is no key. */
		if (!domain_parse(slice_of(selectors->at[i]), &selector, &unused) ||
		    !domain_join(&all, "_domainkey", &sender->domain) ||
		    !domain_join(&key->name, selector.text, &all))
			key->name = sender->domain;
	}
	if (bulk->key_count > 0)
		resolver->ask(resolver, bulk->keys, bulk->key_count);
}

static void *study(const struct sender *sender, struct resolver *resolver)
{
	const struct sender_settings *settings = sender->settings;
	struct bulk *bulk = calloc(1, sizeof *bulk);

	if (bulk == NULL)
		return NULL;
	bulk->keys = calloc(settings->selectors.count + 1, sizeof *bulk->keys);
	bulk->routes = calloc(settings->ips.count + 1, sizeof *bulk->routes);
	if (bulk->keys == NULL || bulk->routes == NULL) {
		release(bulk);
		return NULL;
	}
	bulk->spf = (struct dns_question){ .name = sender->domain, .type = DNS_TXT };
	bulk->mx = (struct dns_question){ .name = sender->domain, .type = DNS_MX };
	bulk->addresses[0] = (struct dns_question){ .name = sender->domain, .type = DNS_A };
	bulk->addresses[1] = (struct dns_question){ .name = sender->domain, .type = DNS_AAAA };
	resolver->ask(resolver, &bulk->spf, 1);
	resolver->ask(resolver, &bulk->mx, 1);
	resolver->ask(resolver, bulk->addresses, 2);
	dmarc_glance_ask(&sender->domain, resolver, &bulk->dmarc);
	ask_keys(sender, resolver, bulk);
	for (size_t i = 0; i < settings->ips.count; i++) {
		struct route *route = &bulk->routes[bulk->route_count];

		route->ip = settings->addresses[i];
		ip_print(&route->ip, route->word);
		follow(route, resolver);
		bulk->route_count++;
	}
	return bulk;
}

/* ---- judging ---- */

struct verdict {
	const struct sender *sender;
	struct frame *frame;
	const struct bulk *bulk;
	json_t *list;
};

static struct rule begin(const char *name)
{
	return (struct rule){ .name = name, .outcome = RULE_PASSED, .if_failed = STATE_CRITICAL };
}

static void end(const struct verdict *v, struct rule *rule)
{
	rule_add(v->sender, v->frame, &sender_bulk, rule, v->list);
}

static bool is_unknown(struct rule *rule, const struct dns_question *question)
{
	if (dns_is_answered(question))
		return false;
	rule->outcome = RULE_UNKNOWN;
	rule->unanswered = question;
	return true;
}

static void add_record(struct rule *rule, const char *what, struct slice record)
{
	text_add(&rule->text, "%s: \"", what);
	text_add_foreign(&rule->text, record);
	text_add(&rule->text, "\"");
}

/* "ip4:192.0.2.0/24", "-all", "redirect=x": does it begin as a term does? */
static bool is_term(struct slice word)
{
	static const char *const names[] = { "all", "include", "a", "mx", "ptr", "ip4", "ip6", "exists" };
	size_t len = 0;

	if (word.len > 0 && word.at[0] != '\0' && strchr("+-?~", word.at[0]) != NULL)
		word = (struct slice){ word.at + 1, word.len - 1 };
	while (len < word.len && strchr(":/=", word.at[len]) == NULL)
		len++;		/* a NUL ends it, too */
	if (len < word.len && word.at[len] == '=')
		return len > 0;
	for (size_t i = 0; i < sizeof names / sizeof *names; i++) {
		if (slice_is_nocase((struct slice){ word.at, len }, names[i]))
			return true;
	}
	return false;
}

/* Why the record is no good, or NULL. */
static const char *spf_fault(const struct spf_glance *glance)
{
	struct slice rest = glance->record, word;

	if (glance->count == 0)
		return "there is no SPF record";
	if (glance->count > 1)
		return "there are several SPF records, so none counts";
	slice_word(&rest, &word);
	while (slice_word(&rest, &word)) {
		if (slice_is_nocase(word, "all") || slice_is_nocase(word, "+all"))
			return "it lets everybody send";
		if (!is_term(word))
			return "it holds something that is no term of SPF";
	}
	return NULL;
}

static void suggest_spf(const struct verdict *v, struct text *fix)
{
	text_add(fix, "publish, as the only SPF record: %s. TXT \"v=spf1", v->sender->domain.text);
	for (size_t i = 0; i < v->bulk->route_count; i++) {
		char address[IP_TEXT];

		ip_print(&v->bulk->routes[i].ip, address);
		text_add(fix, " ip%u:%s", (unsigned)v->bulk->routes[i].ip.version, address);
	}
	text_add(fix, "%s ~all\"", v->bulk->route_count > 0 ? "" : " mx");
}

static void judge_spf(const struct verdict *v)
{
	struct rule rule = begin("spf");
	struct spf_glance glance;
	const char *why;

	if (!is_unknown(&rule, &v->bulk->spf)) {
		spf_glance(&v->bulk->spf, &glance);
		why = spf_fault(&glance);
		if (why != NULL) {
			rule.outcome = RULE_FAILED;
			suggest_spf(v, &rule.fix);
		}
		if (glance.count > 0)
			add_record(&rule, why != NULL ? why : "SPF", glance.record);
		else
			text_add(&rule.text, "%s", why);
	}
	end(v, &rule);
}

static void judge_key(const struct verdict *v, size_t i)
{
	const struct dns_question *key = &v->bulk->keys[i];
	struct rule rule = begin("dkim");
	struct slice public_key;

	rule.detail = v->sender->settings->selectors.at[i];
	if (!is_unknown(&rule, key)) {
		for (size_t r = 0; r < dns_count(key); r++) {
			public_key = tag_value(key->records->at[r].data, "p");
			if (rule.text.len > 0 || public_key.len == 0)
				continue;
			add_record(&rule, "DKIM", key->records->at[r].data);
		}
		if (rule.text.len == 0) {
			rule.outcome = RULE_FAILED;
			text_add(&rule.text, "there is no DKIM key at %s", key->name.text);
			text_add(&rule.fix, "publish %s. TXT \"v=DKIM1; k=rsa; p=KEY\" with the public key that "
				 "the mail server signs with", key->name.text);
		}
	}
	end(v, &rule);
}

static void not_tested(const struct verdict *v, const char *name, const char *why)
{
	struct rule rule = begin(name);

	rule.outcome = RULE_NOT_TESTED;
	text_add(&rule.text, "%s", why);
	end(v, &rule);
}

static void judge_keys(const struct verdict *v)
{
	if (v->bulk->key_count == 0)
		not_tested(v, "dkim", "mail is to be signed with DKIM: name the --selector of the key");
	for (size_t i = 0; i < v->bulk->key_count; i++)
		judge_key(v, i);
}

static void judge_dmarc(const struct verdict *v)
{
	struct rule rule = begin("dmarc");
	struct dmarc_glanced policy;

	if (dmarc_glance_policy(&v->bulk->dmarc, &policy)) {
		add_record(&rule, policy.is_inherited ? "DMARC, of a parent domain" : "DMARC", policy.record);
		if (!slice_is_nocase(policy.policy, "none") && !slice_is_nocase(policy.policy, "quarantine") &&
		    !slice_is_nocase(policy.policy, "reject")) {
			rule.outcome = RULE_FAILED;
			text_add(&rule.text, ": its policy is none of none, quarantine and reject");
		}
	} else if (policy.unanswered == NULL || !is_unknown(&rule, policy.unanswered)) {
		rule.outcome = RULE_FAILED;
		text_add(&rule.text, "there is no DMARC record: p=none would suffice");
	}
	if (rule.outcome == RULE_FAILED)
		text_add(&rule.fix, "publish, as the only DMARC record: _dmarc.%s. TXT \"v=DMARC1; p=none; "
			 "rua=mailto:dmarc-reports@%s\"", v->sender->domain.text, v->sender->domain.text);
	end(v, &rule);
}

/* Does mail from the domain pass with what passes for `word`? (RFC 9989 4.4) */
static bool is_aligned(const struct verdict *v, struct slice word, const char *mode)
{
	struct domain organization = dmarc_glance_organization(&v->bulk->dmarc, &v->sender->domain);
	struct dmarc_glanced policy;
	struct domain other;
	struct fault unused;

	if (!domain_parse(word, &other, &unused))
		return false;
	dmarc_glance_policy(&v->bulk->dmarc, &policy);
	if (slice_is_nocase(tag_value(policy.record, mode), "s"))
		return domain_same(&other, &v->sender->domain);
	return domain_within(&other, organization.text);
}

/* What stands higher up can only make more domains aligned. */
static bool may_be_aligned(const struct verdict *v, struct rule *rule)
{
	for (size_t i = 0; i < v->bulk->dmarc.count; i++) {
		if (is_unknown(rule, &v->bulk->dmarc.questions[i]))
			return true;
	}
	return false;
}

static void judge_alignment(const struct verdict *v)
{
	const struct sender_settings *settings = v->sender->settings;
	struct slice spf = slice_of(settings->spf_domain != NULL ? settings->spf_domain : "");
	struct slice dkim = slice_of(settings->dkim_domain != NULL ? settings->dkim_domain : "");
	const char *at = settings->sender.len > 0 ? memrchr(settings->sender.at, '@', settings->sender.len) : NULL;
	struct rule rule = begin("alignment");
	struct dmarc_glanced policy;

	if (spf.len == 0 && at != NULL)
		spf = (struct slice){ at + 1, (size_t)(settings->sender.at + settings->sender.len - at - 1) };
	if (spf.len == 0 && dkim.len == 0) {
		not_tested(v, rule.name, "SPF or DKIM is to pass for the domain of the From line: name that of "
			   "--spf-domain, --mail-from or --dkim-domain");
		return;
	}
	if (!dmarc_glance_policy(&v->bulk->dmarc, &policy) && policy.unanswered != NULL) {
		is_unknown(&rule, policy.unanswered);
	} else if (is_aligned(v, dkim, "adkim")) {
		text_add(&rule.text, "what DKIM signs for, ");
		text_add_foreign(&rule.text, dkim);
		text_add(&rule.text, ", is aligned");
	} else if (is_aligned(v, spf, "aspf")) {
		text_add(&rule.text, "what SPF passes for, ");
		text_add_foreign(&rule.text, spf);
		text_add(&rule.text, ", is aligned");
	} else if (!may_be_aligned(v, &rule)) {
		rule.outcome = RULE_FAILED;
		text_add_foreign(&rule.text, spf);
		text_add(&rule.text, "%s", spf.len > 0 && dkim.len > 0 ? " or " : "");
		text_add_foreign(&rule.text, dkim);
		text_add(&rule.text, " is not aligned with %s", v->sender->domain.text);
		text_add(&rule.fix, "sign with d=%s, or send with an address of %s in MAIL FROM",
			 v->sender->domain.text, v->sender->domain.text);
	}
	end(v, &rule);
}

static bool leads_back(const struct dns_question *addresses, const struct ip *ip)
{
	for (size_t i = 0; i < dns_count(addresses); i++) {
		if (ip_same(&addresses->records->at[i].ip, ip))
			return true;
	}
	return false;
}

/* iprev (RFC 8601 3): one name that leads back is enough. */
static void check_route(const struct verdict *v, const struct route *route, struct rule *rule)
{
	if (is_unknown(rule, &route->names))
		return;
	for (size_t i = 0; i < route->count; i++) {
		if (!leads_back(&route->addresses[i], &route->ip))
			continue;
		text_add(&rule->text, "its name %s leads back to it", route->addresses[i].name.text);
		return;
	}
	for (size_t i = 0; i < route->count; i++) {
		if (is_unknown(rule, &route->addresses[i]))
			return;
	}
	rule->outcome = RULE_FAILED;
	if (route->count > 0)
		text_add(&rule->text, "its name %s does not lead back to it", route->addresses[0].name.text);
	else
		text_add(&rule->text, "it has no name (PTR record)");
	text_add(&rule->fix, "publish %s. PTR mail.%s. (who gave you the address does that), and mail.%s. %s %s",
		 route->names.name.text, v->sender->domain.text, v->sender->domain.text,
		 route->ip.version == 4 ? "A" : "AAAA", route->word);
}

static void judge_routes(const struct verdict *v)
{
	if (v->bulk->route_count == 0)
		not_tested(v, "rdns", "what sends is to have a name that leads back to it: name its --ip");
	for (size_t i = 0; i < v->bulk->route_count; i++) {
		struct rule rule = begin("rdns");

		rule.detail = v->bulk->routes[i].word;
		check_route(v, &v->bulk->routes[i], &rule);
		end(v, &rule);
	}
}

/* Somebody has to take answers and bounces. */
static void judge_mx(const struct verdict *v)
{
	const struct bulk *bulk = v->bulk;
	size_t count = dns_count(&bulk->mx);
	struct rule rule = begin("mx");

	if (is_unknown(&rule, &bulk->mx)) {
		end(v, &rule);
		return;
	}
	if (count == 1 && bulk->mx.records->at[0].data.len == 0) {
		rule.outcome = RULE_FAILED;
		text_add(&rule.text, "its only MX is \".\": it takes no mail");
	} else if (count > 0) {
		text_add(&rule.text, "it has %zu MX record%s", count, count > 1 ? "s" : "");
	} else if (dns_count(&bulk->addresses[0]) + dns_count(&bulk->addresses[1]) > 0) {
		text_add(&rule.text, "it has no MX, but an address");
	} else if (!is_unknown(&rule, &bulk->addresses[0]) && !is_unknown(&rule, &bulk->addresses[1])) {
		rule.outcome = RULE_FAILED;
		text_add(&rule.text, "it has neither MX nor address");
	}
	if (rule.outcome == RULE_FAILED)
		text_add(&rule.fix, "publish %s. MX 10 mail.%s. with a host that has an address",
			 v->sender->domain.text, v->sender->domain.text);
	end(v, &rule);
}

static void judge(const struct sender *sender, struct frame *frame, const void *found)
{
	struct verdict v = { sender, frame, found, json_array() };

	judge_spf(&v);
	judge_keys(&v);
	judge_dmarc(&v);
	judge_alignment(&v);
	judge_routes(&v);
	judge_mx(&v);
	not_tested(&v, "tls", "mail is to be sent with TLS: the DNS does not show that");
	not_tested(&v, "unsubscribe", "advertising is to carry List-Unsubscribe and List-Unsubscribe-Post, and to "
		   "be left within two days: the DNS does not show that");
	not_tested(&v, "spam_rate", "complaints are to stay below 0.3 % (see postmaster.google.com): the DNS does "
		   "not show that");
	json_object_set_new(sender->data, sender_bulk.name, v.list);
}

const struct sender_part sender_bulk = { "bulk", study, judge, release };
