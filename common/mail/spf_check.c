/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "mail/spf_check.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* One run of check_host() and of all that it includes. */
struct check {
	const struct spf_query *query;
	struct resolver *resolver;
	struct spf_report *report;
	bool is_included;	/* within an include: its explanations do not count (6.2) */
};

/* ---- names ---- */

/* 4.3: labels of 1 to 63 bytes, at least two of them, 253 in all. A dot at the end
 * may stand there; so may bytes that no host name has. */
static bool name_parse(struct slice s, struct domain *name)
{
	struct slice rest, label;
	size_t labels = 0;

	if (s.len > 0 && s.at[s.len - 1] == '.')
		s.len--;
	if (s.len == 0 || !slice_copy(s, name->text, sizeof name->text))
		return false;
	for (rest = s; slice_split(&rest, '.', &label); labels++) {
		if (label.len == 0 || label.len > LABEL_MAX)
			return false;
	}
	for (char *c = name->text; *c != '\0'; c++) {
		if (*c >= 'A' && *c <= 'Z')
			*c = (char)(*c | 0x20);
	}
	return labels > 1 && strchr(name->text, '\\') == NULL;
}

/* The domain of an identity: what comes from outside may be in UTF-8, and may be an
 * address literal, which is no domain. */
static bool identity_domain(struct slice s, struct domain *domain)
{
	struct fault unused;

	if (s.len > 0 && *s.at == '[')
		return false;
	return (domain_parse(s, domain, &unused) && strchr(domain->text, '.') != NULL) ||
	       name_parse(s, domain);
}

/* The part before the last '@', and the part behind it. */
static void split_address(struct slice address, struct slice *local, struct slice *domain)
{
	const char *at = address.len > 0 ? memrchr(address.at, '@', address.len) : NULL;

	*local = (struct slice){ address.at, at != NULL ? (size_t)(at - address.at) : 0 };
	*domain = address;
	if (at != NULL) {
		domain->at = at + 1;
		domain->len = address.len - local->len - 1;
	}
}

struct spf_macro_values spf_query_values(const struct spf_query *query, const struct domain *domain)
{
	struct spf_macro_values values = {
		.domain = slice_of(domain->text), .helo = query->helo, .receiver = query->receiver,
		.ip = query->ip, .now = query->now,
	};

	if (query->mail_from.len > 0)
		split_address(query->mail_from, &values.local, &values.sender_domain);
	else
		values.sender_domain = query->helo;
	return values;
}

bool spf_target(struct slice spec, const struct spf_macro_values *values, struct domain *target)
{
	struct text text = { 0 };
	struct slice name;
	size_t most;
	bool good;

	spf_macro_expand(spec, values, &text);
	name = text_slice(&text);
	most = DOMAIN_MAX + (name.len > 0 && name.at[name.len - 1] == '.');
	while (name.len > most) {
		const char *dot = memchr(name.at, '.', name.len);
		size_t cut = dot != NULL ? (size_t)(dot + 1 - name.at) : name.len;

		name.at += cut;
		name.len -= cut;
	}
	good = !text_failed(&text) && name_parse(name, target);
	text_release(&text);
	return good;
}

void spf_reverse_name(const struct ip *ip, struct domain *name)
{
	const unsigned char *b = ip->bytes;
	size_t len = 0;

	if (ip->version == 4) {
		snprintf(name->text, sizeof name->text, "%u.%u.%u.%u.in-addr.arpa", b[3], b[2], b[1],
			 b[0]);
		return;
	}
	for (int i = 15; i >= 0; i--)
		len += (size_t)snprintf(name->text + len, sizeof name->text - len, "%x.%x.", b[i] & 15,
					b[i] >> 4);
	snprintf(name->text + len, sizeof name->text - len, "ip6.arpa");
}

/* ---- verdicts ---- */

static enum spf_result conclude(struct check *check, enum spf_result result,
				const struct domain *domain, struct slice term, const char *format, ...)
	__attribute__((format(printf, 5, 6)));

/* The deepest reason stands: what an include passes on is not told again. */
static enum spf_result conclude(struct check *check, enum spf_result result,
				const struct domain *domain, struct slice term, const char *format, ...)
{
	struct spf_report *report = check->report;
	va_list arguments;

	text_release(&report->why);
	text_release(&report->term);
	report->domain = *domain;
	text_add_slice(&report->term, term);
	va_start(arguments, format);
	text_add_list(&report->why, format, arguments);
	va_end(arguments);
	return result;
}

static enum spf_result no_answer(struct check *check, const struct domain *domain, struct slice term,
				 const struct dns_question *question)
{
	check->report->unanswered = *question;
	return conclude(check, SPF_TEMPERROR, domain, term, "asking for %s of %s gave: %s%s%s",
			dns_type_word(question->type), question->name.text,
			dns_status_word(question->status), question->detail != NULL ? ", " : "",
			question->detail != NULL ? question->detail : "");
}

/* ---- matching addresses ---- */

static bool records_match(const struct check *check, const struct dns_question *question,
			  const struct spf_term *term)
{
	const struct ip *ip = &check->query->ip;
	unsigned prefix = ip->version == 4 ? term->prefix4 : term->prefix6;

	for (size_t i = 0; i < dns_count(question); i++) {
		if (ip_shares(&question->records->at[i].ip, ip, prefix))
			return true;
	}
	return false;
}

static enum dns_type address_type(const struct check *check)
{
	return check->query->ip.version == 4 ? DNS_A : DNS_AAAA;
}

/* ---- mechanisms ---- */

enum match { NO_MATCH, MATCH, ENDS };	/* ENDS: with the result that was concluded */

/* A term that is evaluated. */
struct turn {
	struct check *check;
	const struct spf_term *term;
	const struct domain *domain;	/* whose record it stands in */
	struct domain target;
	bool is_void;
	enum spf_result ending;		/* with ENDS */
};

static enum match end(struct turn *turn, enum spf_result result)
{
	turn->ending = result;
	return ENDS;
}

static enum match end_unanswered(struct turn *turn, const struct dns_question *question)
{
	return end(turn, no_answer(turn->check, turn->domain, turn->term->text, question));
}

static void ask(struct turn *turn, const struct domain *name, enum dns_type type,
		struct dns_question *question)
{
	*question = (struct dns_question){ .name = *name, .type = type };
	turn->check->resolver->ask(turn->check->resolver, question, 1);
}

/* 5.3, 5.7: does the target have an address that matches, or any at all? */
static enum match match_address(struct turn *turn)
{
	bool exists = turn->term->kind == SPF_EXISTS;
	struct dns_question question;
	enum match match = NO_MATCH;

	ask(turn, &turn->target, exists ? DNS_A : address_type(turn->check), &question);
	if (!dns_is_answered(&question))
		match = end_unanswered(turn, &question);
	else if (question.status != DNS_FOUND)
		turn->is_void = true;
	else if (exists || records_match(turn->check, &question, turn->term))
		match = MATCH;
	dns_release(&question, 1);
	return match;
}

static int by_preference(const void *a, const void *b)
{
	const struct dns_record *x = a, *y = b;

	return (x->preference > y->preference) - (x->preference < y->preference);
}

/* The addresses of `hosts` in their order; one that is not answered ends it, unless
 * an earlier one matched. */
static enum match match_hosts(struct turn *turn, const struct dns_record *hosts, size_t count)
{
	struct dns_question questions[SPF_HOSTS_MAX] = { 0 };
	enum match match = NO_MATCH;
	size_t asked = 0, empty = 0;

	for (size_t i = 0; i < count; i++) {
		questions[asked].type = address_type(turn->check);
		asked += name_parse(hosts[i].data, &questions[asked].name);
	}
	if (asked > 0)
		turn->check->resolver->ask(turn->check->resolver, questions, asked);
	for (size_t i = 0; i < asked && match == NO_MATCH; i++) {
		empty += dns_is_answered(&questions[i]) && dns_count(&questions[i]) == 0;
		if (!dns_is_answered(&questions[i]))
			match = end_unanswered(turn, &questions[i]);
		else if (records_match(turn->check, &questions[i], turn->term))
			match = MATCH;
	}
	turn->is_void = asked > 0 && empty == asked;
	dns_release(questions, asked);
	return match;
}

/* 5.4, with 4.6.4: more than ten hosts are an error. */
static enum match match_mx(struct turn *turn)
{
	struct dns_record hosts[SPF_HOSTS_MAX];
	struct dns_question question;
	enum match match = NO_MATCH;
	size_t count;

	ask(turn, &turn->target, DNS_MX, &question);
	count = dns_count(&question);
	if (!dns_is_answered(&question)) {
		match = end_unanswered(turn, &question);
	} else if (count > SPF_HOSTS_MAX) {
		match = end(turn, conclude(turn->check, SPF_PERMERROR, turn->domain, turn->term->text,
					   "%s has %zu mail servers, and no more than %d may be asked "
					   "about", turn->target.text, count, SPF_HOSTS_MAX));
	} else if (count == 0) {
		turn->is_void = true;
	} else {
		memcpy(hosts, question.records->at, count * sizeof *hosts);
		qsort(hosts, count, sizeof *hosts, by_preference);
		match = match_hosts(turn, hosts, count);
	}
	dns_release(&question, 1);
	return match;
}

/* 5.5: the names of the sender's address that lead back to it, the first ten. What
 * goes wrong on the way is no match. `is_good` picks among them; true: `name` is it. */
static bool find_validated(struct check *check, bool *is_void, const struct domain *parent,
			   bool (*is_good)(const struct domain *name, const struct domain *parent),
			   struct domain *name)
{
	struct dns_question question = { .type = DNS_PTR };
	struct dns_question addresses[SPF_HOSTS_MAX] = { 0 };
	struct spf_term exactly = { .prefix4 = 32, .prefix6 = 128 };
	size_t count = 0;
	bool found = false;

	spf_reverse_name(&check->query->ip, &question.name);
	check->resolver->ask(check->resolver, &question, 1);
	*is_void = dns_is_answered(&question) && question.status != DNS_FOUND;
	for (size_t i = 0; i < dns_count(&question) && i < SPF_HOSTS_MAX; i++) {
		addresses[count].type = address_type(check);
		count += name_parse(question.records->at[i].data, &addresses[count].name);
	}
	dns_release(&question, 1);
	if (count > 0)
		check->resolver->ask(check->resolver, addresses, count);
	for (size_t i = 0; i < count && !found; i++) {
		if (!records_match(check, &addresses[i], &exactly) ||
		    !is_good(&addresses[i].name, parent))
			continue;
		*name = addresses[i].name;
		found = true;
	}
	dns_release(addresses, count);
	return found;
}

static bool is_same(const struct domain *name, const struct domain *parent)
{
	return domain_same(name, parent);
}

static bool is_within(const struct domain *name, const struct domain *parent)
{
	return domain_within(name, parent->text);
}

static bool is_any(const struct domain *name, const struct domain *parent)
{
	(void)name;
	(void)parent;
	return true;
}

static enum match match_ptr(struct turn *turn)
{
	struct domain name;

	return find_validated(turn->check, &turn->is_void, &turn->target, is_within, &name) ? MATCH
											      : NO_MATCH;
}

static enum spf_result check_domain(struct check *check, const struct domain *domain,
				    struct slice term);

/* 5.2: what the included record says becomes a match, no match or an end. */
static enum match match_include(struct turn *turn)
{
	bool was_included = turn->check->is_included;
	enum spf_result result;

	turn->check->is_included = true;
	result = check_domain(turn->check, &turn->target, turn->term->text);
	turn->check->is_included = was_included;
	switch (result) {
	case SPF_PASS: return MATCH;
	case SPF_FAIL:
	case SPF_SOFTFAIL:
	case SPF_NEUTRAL: return NO_MATCH;
	case SPF_TEMPERROR:
	case SPF_PERMERROR: return end(turn, result);
	case SPF_NONE: break;
	}
	return end(turn, conclude(turn->check, SPF_PERMERROR, turn->domain, turn->term->text,
				  "%s has no SPF record", turn->target.text));
}

static enum match match_nothing(struct turn *turn)
{
	(void)turn;
	return NO_MATCH;
}

static enum match match_all(struct turn *turn)
{
	(void)turn;
	return MATCH;
}

static enum match match_network(struct turn *turn)
{
	const struct network *network = &turn->term->network;

	return ip_shares(&network->first, &turn->check->query->ip, network->prefix) ? MATCH : NO_MATCH;
}

static enum match (*const matchers[])(struct turn *turn) = {
	[SPF_ALL] = match_all, [SPF_INCLUDE] = match_include, [SPF_A] = match_address,
	[SPF_MX] = match_mx, [SPF_PTR] = match_ptr, [SPF_IP4] = match_network,
	[SPF_IP6] = match_network, [SPF_EXISTS] = match_address, [SPF_REDIRECT] = match_nothing,
	[SPF_EXP] = match_nothing, [SPF_OTHER] = match_nothing,
};

/* ---- terms ---- */

/* 7.3, p: the domain itself, else a name below it, else any name that is validated. */
static void find_p(struct check *check, const struct domain *domain, struct domain *name)
{
	bool unused;

	if (!find_validated(check, &unused, domain, is_same, name) &&
	    !find_validated(check, &unused, domain, is_within, name) &&
	    !find_validated(check, &unused, domain, is_any, name))
		name->text[0] = '\0';
}

/* Where the term leads; false: to a name that cannot be. */
static bool find_target(struct check *check, const struct spf_term *term,
			const struct domain *domain, struct domain *target)
{
	struct spf_macro_values values;
	struct domain validated = { "" };

	*target = *domain;
	if (term->spec.len == 0)
		return true;
	values = spf_query_values(check->query, domain);
	if (spf_macro_uses(term->spec, "p"))
		find_p(check, domain, &validated);
	values.validated = slice_of(validated.text);
	return spf_target(term->spec, &values, target);
}

/* 4.6.4: does one more term that asks the DNS go too far? */
static bool counts_too_much(struct turn *turn)
{
	struct check *check = turn->check;

	if (!spf_term_counts(turn->term) || ++check->report->lookups <= SPF_LOOKUPS_MAX)
		return false;
	turn->ending = conclude(check, SPF_PERMERROR, turn->domain, turn->term->text,
				"more than %d terms ask the DNS", SPF_LOOKUPS_MAX);
	return true;
}

static bool is_void_too_much(struct turn *turn)
{
	struct check *check = turn->check;

	if (!turn->is_void || ++check->report->voids <= SPF_VOIDS_MAX)
		return false;
	turn->ending = conclude(check, SPF_PERMERROR, turn->domain, turn->term->text,
				"more than %d terms ask for what is not there", SPF_VOIDS_MAX);
	return true;
}

static enum match match_term(struct turn *turn)
{
	bool has_target = true;
	enum match match = NO_MATCH;

	if (turn->term->kind == SPF_REDIRECT)	/* counts where it is followed */
		return NO_MATCH;
	if (counts_too_much(turn))
		return ENDS;
	if (spf_term_counts(turn->term))
		has_target = find_target(turn->check, turn->term, turn->domain, &turn->target);
	if (has_target)
		match = matchers[turn->term->kind](turn);
	else if (turn->term->kind == SPF_INCLUDE)	/* such a domain has no record: 4.3, 5.2 */
		match = end(turn, conclude(turn->check, SPF_PERMERROR, turn->domain, turn->term->text,
					   "it leads to a name that cannot be"));
	return match != ENDS && is_void_too_much(turn) ? ENDS : match;
}

/* ---- explanations (6.2) ---- */

static bool is_explanation(struct slice text)
{
	struct fault unused;

	return spf_macro_check(text, SPF_MACRO_EXPLANATION, &unused);
}

/* What macros bring in may be anything, and an SMTP reply is ASCII. */
static bool is_ascii(struct slice text)
{
	for (size_t i = 0; i < text.len; i++) {
		if (text.at[i] < 0x20 || text.at[i] > 0x7e)
			return false;
	}
	return true;
}

static void explain(struct check *check, struct slice record, const struct domain *domain)
{
	struct dns_question question = { .type = DNS_TXT };
	struct spf_macro_values values;
	struct domain validated = { "" };
	struct spf_term term;

	if (!spf_record_find(record, SPF_EXP, &term) ||
	    !find_target(check, &term, domain, &question.name))
		return;
	check->resolver->ask(check->resolver, &question, 1);
	if (dns_count(&question) == 1 && is_explanation(question.records->at[0].data)) {
		values = spf_query_values(check->query, domain);
		if (spf_macro_uses(question.records->at[0].data, "p"))
			find_p(check, domain, &validated);
		values.validated = slice_of(validated.text);
		spf_macro_expand(question.records->at[0].data, &values, &check->report->explanation);
		if (!is_ascii(text_slice(&check->report->explanation)))
			text_release(&check->report->explanation);
	}
	dns_release(&question, 1);
}

/* ---- records ---- */

static enum spf_result follow_redirect(struct check *check, const struct spf_term *term,
				       const struct domain *domain)
{
	struct turn turn = { .check = check, .term = term, .domain = domain };
	enum spf_result result = SPF_NONE;

	if (counts_too_much(&turn))
		return turn.ending;
	if (find_target(check, term, domain, &turn.target))
		result = check_domain(check, &turn.target, term->text);
	if (result != SPF_NONE)
		return result;
	return conclude(check, SPF_PERMERROR, domain, term->text,
			"it leads to a name that has no SPF record");	/* 6.1 */
}

/* 4.6, 4.7: the first term that matches decides; then redirect=; then it is neutral. */
static enum spf_result evaluate(struct check *check, struct slice record,
				const struct domain *domain)
{
	struct slice rest = record;
	struct spf_term term, redirect;
	struct fault fault;

	if (!spf_record_check(record, &fault))
		return conclude(check, SPF_PERMERROR, domain, (struct slice){ 0 }, "%s", fault.text);
	while (spf_term_next(&rest, &term, &fault) == SPF_TERM_FOUND) {
		struct turn turn = { .check = check, .term = &term, .domain = domain };
		enum match match = match_term(&turn);

		if (match == ENDS)
			return turn.ending;
		if (match == NO_MATCH)
			continue;
		conclude(check, term.result, domain, term.text, "%s", "");
		if (term.result == SPF_FAIL && !check->is_included)
			explain(check, record, domain);
		return term.result;
	}
	if (spf_record_find(record, SPF_REDIRECT, &redirect))
		return follow_redirect(check, &redirect, domain);
	return conclude(check, SPF_NEUTRAL, domain, (struct slice){ 0 }, "no term matches");
}

/* 4.5: exactly one of the TXT records is one. */
static enum spf_result pick(struct check *check, const struct dns_question *question,
			    struct slice term, struct slice *record)
{
	size_t count = 0;

	for (size_t i = 0; i < dns_count(question); i++) {
		if (spf_record_is(question->records->at[i].data) && count++ == 0)
			*record = question->records->at[i].data;
	}
	if (count == 0)
		return conclude(check, SPF_NONE, &question->name, term, "%s has no SPF record",
				question->name.text);
	if (count > 1)
		return conclude(check, SPF_PERMERROR, &question->name, term,
				"%s has %zu SPF records, and may have one", question->name.text, count);
	return SPF_PASS;
}

/* check_host() for one domain; `term` is what led to it. */
static enum spf_result check_domain(struct check *check, const struct domain *domain,
				    struct slice term)
{
	struct dns_question question = { .name = *domain, .type = DNS_TXT };
	struct slice record = { 0 };
	enum spf_result result;

	check->resolver->ask(check->resolver, &question, 1);
	if (!dns_is_answered(&question))	/* 4.4 */
		result = no_answer(check, domain, term, &question);
	else
		result = pick(check, &question, term, &record);
	if (record.at != NULL && result == SPF_PASS)
		result = evaluate(check, record, domain);
	dns_release(&question, 1);
	return result;
}

void spf_check(const struct spf_query *query, struct resolver *resolver, struct spf_report *report)
{
	struct check check = { .query = query, .resolver = resolver, .report = report };
	struct slice local, identity = query->helo;
	struct domain domain = { "" };

	*report = (struct spf_report){ 0 };
	if (query->mail_from.len > 0)
		split_address(query->mail_from, &local, &identity);
	if (identity_domain(identity, &domain))
		report->result = check_domain(&check, &domain, (struct slice){ 0 });
	else
		report->result = conclude(&check, SPF_NONE, &domain, (struct slice){ 0 },
					  "the sender has no domain that could have a record");
}

void spf_report_release(struct spf_report *report)
{
	text_release(&report->term);
	text_release(&report->why);
	text_release(&report->explanation);
	*report = (struct spf_report){ 0 };
}
