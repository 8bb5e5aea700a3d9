/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "mail/rdns.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "mail/dnssec.h"

/* ---- names ---- */

static const char tree_v4[] = "in-addr.arpa", tree_v6[] = "ip6.arpa";

void rdns_reverse_name(const struct ip *ip, struct domain *name)
{
	char *to = name->text;

	if (ip->version == 4) {
		snprintf(name->text, sizeof name->text, "%u.%u.%u.%u.%s", ip->bytes[3], ip->bytes[2],
			 ip->bytes[1], ip->bytes[0], tree_v4);
		return;
	}
	for (size_t i = sizeof ip->bytes; i-- > 0; to += 4)
		snprintf(to, 5, "%x.%x.", ip->bytes[i] & 15, ip->bytes[i] >> 4);
	snprintf(to, sizeof tree_v6, "%s", tree_v6);
}

bool rdns_is_reverse(const struct domain *name)
{
	return domain_within(name, tree_v4) || domain_within(name, tree_v6);
}

static size_t count_labels(const char *name)
{
	size_t count = *name != '\0';

	for (; *name != '\0'; name++)
		count += *name == '.';
	return count;
}

bool rdns_is_registry(const struct domain *zone)
{
	/* 192.in-addr.arpa; of IPv6, /16 and less: 1.0.0.2.ip6.arpa */
	enum { OCTETS = 1, NIBBLES = 4, TREE = 2 };

	return (domain_within(zone, tree_v4) && count_labels(zone->text) <= TREE + OCTETS) ||
	       (domain_within(zone, tree_v6) && count_labels(zone->text) <= TREE + NIBBLES);
}

static const char *parent_of(const char *name)
{
	const char *dot = strchr(name, '.');

	return dot != NULL ? dot + 1 : "";
}

const struct domain *rdns_end(const struct rdns_found *found)
{
	return found->alias_count > 0 ? &found->aliases[found->alias_count - 1] : &found->reverse;
}

void rdns_print_contact(struct slice contact, struct text *text)
{
	struct text plain = { 0 };
	bool has_at = false;

	for (size_t i = 0; i < contact.len; i++) {
		char c = contact.at[i];

		/* A dot of the local part is written as "\." */
		if (c == '\\' && i + 1 < contact.len && contact.at[i + 1] == '.') {
			c = contact.at[++i];
		} else if (c == '.' && !has_at) {
			c = '@';
			has_at = true;
		}
		text_add_char(&plain, c);
	}
	text_add_foreign(text, text_slice(&plain));
	text_release(&plain);
}

/* ---- words ---- */

const char *rdns_iprev_word(enum rdns_iprev iprev)
{
	switch (iprev) {
	case RDNS_PASS: return "pass";
	case RDNS_FAIL: return "fail";
	case RDNS_TEMPERROR: return "temperror";
	case RDNS_PERMERROR: return "permerror";
	}
	return "?";
}

const char *rdns_why_word(const struct rdns_found *found)
{
	switch (found->why) {
	case RDNS_CONFIRMED: return "confirmed";
	case RDNS_NXDOMAIN: return "nxdomain";
	case RDNS_NODATA: return "nodata";
	case RDNS_ELSEWHERE: return "elsewhere";
	case RDNS_UNRESOLVED: return "unresolved";
	case RDNS_NO_NAME: return "no_name";
	case RDNS_BOGUS: return "bogus";
	case RDNS_LAME: return "lame";
	case RDNS_UNANSWERED: return dns_status_word(found->missing->status);
	}
	return "?";
}

/* ---- who runs the zone ---- */

/* A name and those above it; the deepest that is a zone has a SOA record. */
enum { ANCESTORS_MAX = 40 };	/* of ip6.arpa: 34; of other names, so many are enough */

struct ancestors {
	struct dns_question at[ANCESTORS_MAX];
	size_t count;
};

/* All at once: one wait, where going up would be one for each label. */
static void ask_ancestors(const struct domain *name, struct resolver *resolver,
			  struct ancestors *ancestors)
{
	const char *end = rdns_is_reverse(name) ? "arpa" : "";

	ancestors->count = 0;
	for (const char *at = name->text; strcmp(at, end) != 0 && ancestors->count < ANCESTORS_MAX;
	     at = parent_of(at)) {
		struct dns_question *question = &ancestors->at[ancestors->count++];

		*question = (struct dns_question){ .type = DNS_SOA };
		snprintf(question->name.text, sizeof question->name.text, "%s", at);
	}
	resolver->ask(resolver, ancestors->at, ancestors->count);
}

static void take_owner(struct rdns_owner *owner, struct dns_question *question)
{
	struct slice words = question->records->at[0].data;

	owner->zone = question->name;
	owner->question = *question;
	slice_split(&words, ' ', &owner->server);
	slice_split(&words, ' ', &owner->contact);
	*question = (struct dns_question){ 0 };
}

static void find_owner(struct ancestors *ancestors, struct rdns_owner *owner)
{
	for (size_t i = 0; i < ancestors->count; i++) {
		if (owner->zone.text[0] == '\0' && ancestors->at[i].status == DNS_FOUND)
			take_owner(owner, &ancestors->at[i]);
	}
}

static bool says_nothing(const struct dns_question *question)
{
	return !question->is_bogus &&
	       (question->status == DNS_SERVFAIL || question->status == DNS_REFUSED ||
		question->status == DNS_TIMEOUT);
}

/* Nothing is answered up to a certain name, and from there on it is: that name is
 * delegated, to servers that do not answer. Where it is the first one, it may be that
 * this name alone is broken. */
static bool find_lame(const struct ancestors *ancestors, struct domain *lame)
{
	size_t silent = 0;

	while (silent < ancestors->count && says_nothing(&ancestors->at[silent]))
		silent++;
	if (silent < 2 || silent == ancestors->count || !dns_is_answered(&ancestors->at[silent]))
		return false;
	*lame = ancestors->at[silent - 1].name;
	return true;
}

/* ---- the names ---- */

static void follow_aliases(struct rdns_found *found, struct dns_question *first,
			   struct resolver *resolver)
{
	struct dns_question question = *first;

	while (dns_count(&question) == 1 && found->alias_count < RDNS_ALIASES_MAX) {
		struct domain *next = &found->aliases[found->alias_count];
		struct fault unused;
		bool is_name = domain_parse_alias(question.records->at[0].data, next, &unused);

		dns_release(&question, 1);
		if (!is_name)
			break;
		found->alias_count++;
		question = (struct dns_question){ .name = *next, .type = DNS_CNAME };
		resolver->ask(resolver, &question, 1);
	}
	dns_release(&question, 1);
	*first = (struct dns_question){ .type = DNS_CNAME };
}

static int by_bytes(const void *a, const void *b)
{
	const struct slice *x = a, *y = b;
	size_t len = x->len < y->len ? x->len : y->len;
	int order = len > 0 ? memcmp(x->at, y->at, len) : 0;

	return order != 0 ? order : (x->len > y->len) - (x->len < y->len);
}

/* Servers give the records in any order: the first of them, sorted, so that each run
 * looks at the same. */
static void list_names(struct rdns_found *found)
{
	size_t count = dns_count(&found->pointers);
	struct slice *sorted = calloc(count + 1, sizeof *sorted);

	found->pointer_count = count;
	for (size_t i = 0; sorted != NULL && i < count; i++)
		sorted[i] = found->pointers.records->at[i].data;
	if (sorted != NULL)
		qsort(sorted, count, sizeof *sorted, by_bytes);
	for (size_t i = 0; sorted != NULL && i < count && i < RDNS_NAMES_MAX; i++) {
		struct rdns_name *name = &found->names[found->name_count++];
		struct fault unused;

		name->name = sorted[i];
		if (!domain_parse(name->name, &name->host, &unused))
			name->host.text[0] = '\0';
	}
	free(sorted);
}

static bool leads_to(const struct dns_question *addresses, const struct ip *ip)
{
	for (size_t i = 0; i < dns_count(addresses); i++) {
		if (ip_same(&addresses->records->at[i].ip, ip))
			return true;
	}
	return false;
}

static enum rdns_name_kind judge_name(const struct rdns_name *name, const struct ip *ip)
{
	const struct dns_question *addresses = &name->addresses;

	if (name->host.text[0] == '\0')
		return RDNS_NAME_NO_HOST;
	if (leads_to(addresses, ip))
		return RDNS_NAME_CONFIRMED;
	if (!dns_is_answered(addresses))
		return RDNS_NAME_UNKNOWN;
	if (addresses->status == DNS_FOUND)
		return RDNS_NAME_ELSEWHERE;
	return addresses->status == DNS_NXDOMAIN ? RDNS_NAME_MISSING : RDNS_NAME_NO_ADDRESS;
}

static void look_up_names(struct rdns_found *found, struct resolver *resolver)
{
	for (size_t i = 0; i < found->name_count; i++) {
		struct rdns_name *name = &found->names[i];

		name->addresses = (struct dns_question){
			.name = name->host, .type = found->ip.version == 4 ? DNS_A : DNS_AAAA,
		};
		if (name->host.text[0] != '\0') {
			resolver->ask(resolver, &name->addresses, 1);
			dnssec_recheck(&name->addresses, 1, resolver);
		}
		name->kind = judge_name(name, &found->ip);
	}
}

/* ---- the verdict ---- */

static void conclude(struct rdns_found *found, enum rdns_iprev iprev, enum rdns_why why)
{
	found->iprev = iprev;
	found->why = why;
}

static void conclude_unanswered(struct rdns_found *found, const struct dns_question *missing)
{
	found->missing = missing;
	conclude(found, RDNS_TEMPERROR, missing->is_bogus ? RDNS_BOGUS : RDNS_UNANSWERED);
}

/* RFC 8601 3: one name that leads back is enough; and nothing is known before all of
 * them are. */
static void judge_names(struct rdns_found *found)
{
	bool has_kind[RDNS_NAME_NO_HOST + 1] = { false };

	for (size_t i = 0; i < found->name_count; i++) {
		has_kind[found->names[i].kind] = true;
		if (found->names[i].kind == RDNS_NAME_UNKNOWN)
			found->missing = &found->names[i].addresses;
	}
	if (has_kind[RDNS_NAME_CONFIRMED]) {
		found->missing = NULL;
		conclude(found, RDNS_PASS, RDNS_CONFIRMED);
	} else if (found->name_count == 0 || found->missing != NULL) {
		conclude_unanswered(found, found->missing != NULL ? found->missing : &found->pointers);
	} else if (has_kind[RDNS_NAME_ELSEWHERE]) {
		conclude(found, RDNS_FAIL, RDNS_ELSEWHERE);
	} else {
		conclude(found, RDNS_FAIL, has_kind[RDNS_NAME_MISSING] || has_kind[RDNS_NAME_NO_ADDRESS]
						   ? RDNS_UNRESOLVED
						   : RDNS_NO_NAME);
	}
}

static void judge(struct rdns_found *found, const struct ancestors *ancestors)
{
	switch (found->pointers.status) {
	case DNS_FOUND:
		judge_names(found);
		return;
	case DNS_NODATA:
		conclude(found, RDNS_PERMERROR, RDNS_NODATA);
		return;
	case DNS_NXDOMAIN:
		conclude(found, RDNS_PERMERROR, RDNS_NXDOMAIN);
		return;
	case DNS_UNFINISHED:
	case DNS_SERVFAIL:
	case DNS_REFUSED:
	case DNS_TIMEOUT:
	case DNS_GARBLED:
		break;
	}
	conclude_unanswered(found, &found->pointers);
	if (says_nothing(&found->pointers) && find_lame(ancestors, &found->lame))
		found->why = RDNS_LAME;
}

void rdns_find(const struct ip *ip, struct resolver *resolver, struct rdns_found *found)
{
	struct dns_question questions[2] = { { .type = DNS_PTR }, { .type = DNS_CNAME } };
	struct ancestors ancestors;

	*found = (struct rdns_found){ .ip = *ip };
	rdns_reverse_name(ip, &found->reverse);
	questions[0].name = questions[1].name = found->reverse;
	resolver->ask(resolver, questions, 2);
	dnssec_recheck(questions, 1, resolver);
	found->pointers = questions[0];
	follow_aliases(found, &questions[1], resolver);
	/* Those of the reverse name itself are asked even where it turns out to be an alias:
	 * in the first round nobody knows. */
	ask_ancestors(&found->reverse, resolver, &ancestors);
	if (found->alias_count > 0) {
		dns_release(ancestors.at, ancestors.count);
		ask_ancestors(rdns_end(found), resolver, &ancestors);
	}
	list_names(found);
	look_up_names(found, resolver);
	judge(found, &ancestors);
	find_owner(&ancestors, &found->owner);
	dns_release(ancestors.at, ancestors.count);
}

void rdns_release(struct rdns_found *found)
{
	for (size_t i = 0; i < found->name_count; i++)
		dns_release(&found->names[i].addresses, 1);
	dns_release(&found->pointers, 1);
	dns_release(&found->owner.question, 1);
	*found = (struct rdns_found){ 0 };
}
