/* SPDX-License-Identifier: GPL-3.0-or-later */
#include <stdlib.h>
#include <string.h>

#include "mail/dkim_find.h"
#include "mail/dnsbl.h"
#include "mail/spf_tree.h"
#include "sender_profiles.h"

/* --profile bulk: what Google (support.google.com/a/answer/81126), Yahoo
 * (senders.yahooinc.com/best-practices) and Microsoft (for Outlook.com, since 2025) want of
 * who sends much mail, as far as the DNS shows it. */

enum {
	NAMES_MAX = 10,		/* of one address (RFC 8601 3) */
	BITS_MIN = 1024,	/* of an RSA key (RFC 8301 3.2) */
};

/* An address that sends: its names, and the addresses of those. */
struct route {
	char word[IP_TEXT];
	struct ip ip;
	struct dns_question names, addresses[NAMES_MAX];
	size_t count;
	struct spf_report spf;
};

struct bulk {
	struct dns_question mx, addresses[2];
	struct spf_tree spf;
	struct domain spf_name;		/* that SPF is to pass for */
	struct dmarc_report dmarc;
	struct dkim_report keys;	/* of the selectors */
	struct spf_query *queries;	/* one for each --ip */
	struct route *routes;
	size_t route_count;
};

static void release(void *found)
{
	struct bulk *bulk = found;

	for (size_t i = 0; i < bulk->route_count; i++) {
		dns_release(&bulk->routes[i].names, 1);
		dns_release(bulk->routes[i].addresses, bulk->routes[i].count);
		spf_report_release(&bulk->routes[i].spf);
	}
	spf_tree_release(&bulk->spf);
	dkim_report_release(&bulk->keys);
	dns_release(&bulk->mx, 1);
	dns_release(bulk->addresses, 2);
	dmarc_release(&bulk->dmarc);
	free(bulk->queries);
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

/* Whom SPF has to pass for: as --spf-domain says, or else that of --mail-from. */
static const struct domain *find_spf_name(const struct sender_settings *settings, struct domain *name)
{
	struct slice from = settings->sender;
	const char *at = from.len > 0 ? memrchr(from.at, '@', from.len) : NULL;
	struct fault unused;

	if (settings->spf_domain != NULL)
		return &settings->spf_name;
	if (at == NULL || !domain_parse((struct slice){ at + 1, (size_t)(from.at + from.len - at - 1) },
					name, &unused))
		return NULL;
	return name;
}

/* With neither --mail-from nor --helo, it is a bounce of the domain: postmaster's. */
static void ask_routes(const struct sender *sender, struct resolver *resolver, struct bulk *bulk)
{
	const struct sender_settings *settings = sender->settings;
	const char *helo = settings->helo != NULL ? settings->helo : sender->domain.text;

	for (size_t i = 0; i < settings->ips.count; i++)
		bulk->queries[i] = (struct spf_query){
			.ip = settings->addresses[i], .mail_from = settings->sender,
			.helo = slice_of(helo), .now = settings->now,
		};
	spf_tree_find(&sender->domain, bulk->queries, settings->ips.count, resolver, &bulk->spf);
	for (size_t i = 0; i < settings->ips.count; i++) {
		struct route *route = &bulk->routes[bulk->route_count++];

		route->ip = settings->addresses[i];
		ip_print(&route->ip, route->word);
		follow(route, resolver);
		spf_check(&bulk->queries[i], resolver, &route->spf);
	}
}

static void *study(const struct sender *sender, struct resolver *resolver)
{
	const struct sender_settings *settings = sender->settings;
	struct bulk *bulk = calloc(1, sizeof *bulk);

	if (bulk == NULL)
		return NULL;
	bulk->queries = calloc(settings->ips.count + 1, sizeof *bulk->queries);
	bulk->routes = calloc(settings->ips.count + 1, sizeof *bulk->routes);
	if (bulk->queries == NULL || bulk->routes == NULL) {
		release(bulk);
		return NULL;
	}
	bulk->mx = (struct dns_question){ .name = sender->domain, .type = DNS_MX };
	bulk->addresses[0] = (struct dns_question){ .name = sender->domain, .type = DNS_A };
	bulk->addresses[1] = (struct dns_question){ .name = sender->domain, .type = DNS_AAAA };
	resolver->ask(resolver, &bulk->mx, 1);
	resolver->ask(resolver, bulk->addresses, 2);
	dmarc_find(&sender->domain, find_spf_name(settings, &bulk->spf_name),
		   settings->dkim_domain != NULL ? &settings->dkim_name : NULL, resolver, &bulk->dmarc);
	if (settings->dkim_selector_count > 0)
		dkim_find(&sender->domain, settings->dkim_selectors, settings->dkim_selector_count,
			  settings->dkim_nonce, resolver, &bulk->keys);
	ask_routes(sender, resolver, bulk);
	if (bulk->spf.failed || bulk->keys.failed) {
		release(bulk);
		return NULL;
	}
	return bulk;
}

/* ---- judging ---- */

struct verdict {
	const struct sender *sender;
	struct frame *frame;
	const struct bulk *bulk;
	json_t *list;
	size_t *passed;
};

static struct rule begin(const char *name)
{
	return (struct rule){ .name = name, .outcome = RULE_PASSED, .if_failed = STATE_CRITICAL };
}

static void end(const struct verdict *v, struct rule *rule)
{
	*v->passed += rule_add(v->sender, v->frame, &sender_bulk, rule, v->list);
}

/* What is wrong with the record, if anything is; true: a record of the domain's own
 * can mend it. */
static bool describe_spf(const struct spf_tree *tree, struct text *why)
{
	const struct spf_node *root = tree->nodes;

	if (root->state == SPF_NODE_NONE)
		text_add(why, "there is no SPF record");
	if (root->state == SPF_NODE_MULTIPLE)
		text_add(why, "there are several SPF records, so none counts");
	if (root->state == SPF_NODE_BAD) {
		text_add(why, "it is against the grammar, ");
		text_add_foreign(why, text_slice(&root->why));
	}
	if (why->len > 0)
		return true;
	for (size_t i = 1; i < tree->node_count; i++) {
		if (!spf_node_is_error(&tree->nodes[i]))
			continue;
		text_add(why, "it leads to no valid SPF record at ");
		text_add_foreign(why, slice_of(tree->nodes[i].name.text));
		return tree->nodes[i].parent == 0;
	}
	for (size_t i = 0; i < tree->note_count; i++) {
		if (tree->notes[i].lint != SPF_LINT_ALL_PASSES)
			continue;
		text_add(why, "it lets everybody send");
		return tree->notes[i].node == 0;
	}
	if (root->lookups > SPF_LOOKUPS_MAX)
		text_add(why, "%u terms ask the DNS, and receivers stop at %d", root->lookups, SPF_LOOKUPS_MAX);
	return false;
}

/* The record, and others that were meant to be it, mended, and with all of the
 * addresses. */
static void suggest_spf(const struct verdict *v, struct text *fix)
{
	const struct sender_settings *settings = v->sender->settings;
	struct text mended = { 0 };

	spf_tree_mend(&v->bulk->spf, settings->addresses, settings->ips.count, "~all", &mended);
	text_add(fix, "publish, as the only SPF record: %s. TXT \"", v->sender->domain.text);
	text_add_foreign_most(fix, text_slice(&mended), 4096);
	text_add(fix, "\"%s", sender_tilde_words(&mended));
	text_release(&mended);
}

static void judge_record(const struct verdict *v)
{
	const struct spf_tree *tree = &v->bulk->spf;
	const struct spf_node *root = tree->nodes;
	struct rule rule = begin("spf");
	struct text why = { 0 };

	if (describe_spf(tree, &why))
		suggest_spf(v, &rule.fix);
	if (why.len > 0)
		rule.outcome = RULE_FAILED;
	for (size_t i = 0; i < tree->node_count && rule.outcome == RULE_PASSED; i++) {
		if (tree->nodes[i].state == SPF_NODE_FAILED || tree->nodes[i].state == SPF_NODE_UNKNOWN)
			rule_is_unknown(&rule, &tree->nodes[i].unanswered);
	}
	if (root->record.len > 0)
		rule_quote(&rule, why.len > 0 ? text_str(&why) : "SPF", text_slice(&root->record));
	else
		text_add(&rule.text, "%s", text_str(&why));
	text_release(&why);
	end(v, &rule);
}

/* What receivers conclude for each address. */
static void judge_senders(const struct verdict *v)
{
	for (size_t i = 0; i < v->bulk->route_count; i++) {
		const struct route *route = &v->bulk->routes[i];
		struct rule rule = begin("spf");

		rule.detail = route->word;
		if (route->spf.result == SPF_TEMPERROR && rule_is_unknown(&rule, &route->spf.unanswered)) {
			end(v, &rule);
			continue;
		}
		text_add(&rule.text, "SPF says %s", spf_result_word(route->spf.result));
		if (route->spf.domain.text[0] != '\0')
			text_add(&rule.text, ", by the record of %s", route->spf.domain.text);
		if (route->spf.why.len > 0) {
			text_add(&rule.text, ": ");
			text_add_foreign(&rule.text, text_slice(&route->spf.why));
		}
		if (route->spf.result != SPF_PASS) {
			rule.outcome = RULE_FAILED;
			if (route->spf.result != SPF_PERMERROR &&
			    domain_same(&route->spf.domain, &v->sender->domain))
				suggest_spf(v, &rule.fix);
		}
		end(v, &rule);
	}
}

static void judge_key(const struct verdict *v, size_t i)
{
	const struct dkim_selector *selector = &v->bulk->keys.selectors[i];
	const struct dkim_key *key = dkim_weakest_key(selector);
	struct rule rule = begin("dkim");

	rule.detail = v->sender->settings->dkim_selectors[i].text;
	if (selector->state == DKIM_UNKNOWN && rule_is_unknown(&rule, &selector->answer)) {
		end(v, &rule);
		return;
	}
	rule.outcome = RULE_FAILED;
	if (selector->state != DKIM_FOUND)
		text_add(&rule.text, "there is no DKIM key at %s", selector->name.text);
	else if (key == NULL)
		rule_quote(&rule, selector->keys[0].verdict == DKIM_KEY_REVOKED
					  ? "the DKIM key was taken back" : "no receiver can use this DKIM key",
			   selector->answer.records->at[0].data);
	else
		text_add(&rule.text, "a DKIM key of %u bits", key->bits);
	if (key != NULL && key->type == DKIM_RSA && key->bits < BITS_MIN)
		text_add(&rule.text, ": receivers must not accept less than %d (RFC 8301)", BITS_MIN);
	else if (key != NULL)
		rule.outcome = RULE_PASSED;
	if (rule.outcome == RULE_FAILED)
		text_add(&rule.fix, "publish %s. TXT \"v=DKIM1; k=rsa; p=KEY\" with the public key, of 2048 "
			 "bits, that the mail server signs with", selector->name.text);
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
	if (v->bulk->keys.count == 0)
		not_tested(v, "dkim", "mail is to be signed with DKIM: name the --selector of the key");
	for (size_t i = 0; i < v->bulk->keys.count; i++)
		judge_key(v, i);
}

static void judge_dmarc(const struct verdict *v)
{
	struct rule rule = begin("dmarc");

	if (rule_take_dmarc(&rule, &v->bulk->dmarc) == DMARC_UNSET && rule.outcome != RULE_UNKNOWN) {
		rule.outcome = RULE_FAILED;
		text_add(&rule.text, ": p=none would suffice");
		text_add(&rule.fix, "publish, as the only DMARC record: _dmarc.%s. TXT \"v=DMARC1; p=none; "
			 "rua=mailto:dmarc-reports@%s\"", v->sender->domain.text, v->sender->domain.text);
	}
	end(v, &rule);
}

/* Does it depend on an answer that is missing? */
static bool is_undecided(const struct dmarc_alignment *alignment, const struct dmarc_walk *author,
			 struct rule *rule)
{
	const struct dmarc_walk *walks[] = { author, &alignment->walk };

	if (!alignment->is_given || !alignment->is_temporary)
		return false;
	for (size_t w = 0; w < 2; w++) {
		for (size_t i = 0; walks[w]->is_temporary && i < walks[w]->count; i++) {
			if (rule_is_unknown(rule, &walks[w]->steps[i].question))
				return true;
		}
	}
	return false;
}

static void judge_alignment(const struct verdict *v)
{
	static const char *const whats[] = { "what DKIM signs for", "what SPF passes for" };
	const struct dmarc_report *report = &v->bulk->dmarc;
	const struct dmarc_alignment *sides[] = { &report->dkim, &report->spf };
	struct rule rule = begin("alignment");
	const char *author = v->sender->domain.text;
	bool is_good = false;

	if (!report->spf.is_given && !report->dkim.is_given) {
		not_tested(v, rule.name, "SPF or DKIM is to pass for the domain of the From line: name that of "
			   "--spf-domain, --mail-from or --dkim-domain");
		return;
	}
	for (size_t i = 0; i < 2 && !is_good; i++) {
		if (!sides[i]->is_given)
			continue;
		is_good = sides[i]->is_aligned;
		text_add(&rule.text, "%s%s, %s, is %saligned with %s (%s)", rule.text.len > 0 ? "; " : "", whats[i],
			 sides[i]->walk.steps[0].domain.text,
			 is_good ? "" : sides[i]->is_temporary ? "perhaps " : "not ", author,
			 sides[i]->is_strict ? "strict" : "relaxed");
	}
	if (!is_good && !is_undecided(sides[0], &report->walk, &rule) &&
	    !is_undecided(sides[1], &report->walk, &rule)) {
		rule.outcome = RULE_FAILED;
		text_add(&rule.fix, "sign with d=%s, or send with an address of %s in MAIL FROM", author, author);
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
	if (rule_is_unknown(rule, &route->names))
		return;
	for (size_t i = 0; i < route->count; i++) {
		if (!leads_back(&route->addresses[i], &route->ip))
			continue;
		text_add(&rule->text, "its name %s leads back to it", route->addresses[i].name.text);
		return;
	}
	for (size_t i = 0; i < route->count; i++) {
		if (rule_is_unknown(rule, &route->addresses[i]))
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

	if (rule_is_unknown(&rule, &bulk->mx)) {
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
	} else if (!rule_is_unknown(&rule, &bulk->addresses[0]) && !rule_is_unknown(&rule, &bulk->addresses[1])) {
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
	size_t passed = 0;
	const struct verdict v = { sender, frame, found, json_array(), &passed };

	judge_record(&v);
	judge_senders(&v);
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
	if (passed > 0)
		text_add(&frame->result.good, "%zu rule%s kept", passed, passed > 1 ? "s" : "");
	json_object_set_new(sender->data, sender_bulk.name, v.list);
}

const struct sender_part sender_bulk = { "bulk", study, judge, release };
