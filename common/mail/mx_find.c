/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "mail/mx_find.h"

#include <stdlib.h>
#include <string.h>

#include "mail/dnssec.h"

enum { ALIASES_MAX = 8 };

/* ---- the records ---- */

/* "192.0.2.1", "2001:db8::1", or that in brackets. */
static bool is_address(struct slice name)
{
	struct ip unused;

	if (name.len > 2 && name.at[0] == '[' && name.at[name.len - 1] == ']')
		name = (struct slice){ name.at + 1, name.len - 2 };
	return ip_parse(name, &unused);
}

static void take_name(struct mx_host *host, const struct dns_record *record)
{
	struct fault unused;

	host->name = record->data;
	host->preference = record->preference;
	if (record->data.len == 0)
		host->kind = MX_HOST_NULL;
	else if (is_address(record->data))
		host->kind = MX_HOST_ADDRESS;
	else if (!domain_parse(record->data, &host->host, &unused))
		host->kind = MX_HOST_NO_NAME;
	if (host->kind != MX_HOST_UNKNOWN)
		host->host.text[0] = '\0';
	host->end = host->host;
}

/* Equal preferences by name, so that the order is always the same. */
static int by_preference(const void *a, const void *b)
{
	const struct mx_host *x = a, *y = b;
	size_t len = x->name.len < y->name.len ? x->name.len : y->name.len;
	int order;

	if (x->preference != y->preference)
		return x->preference < y->preference ? -1 : 1;
	order = len > 0 ? memcmp(x->name.at, y->name.at, len) : 0;
	return order != 0 ? order : (x->name.len > y->name.len) - (x->name.len < y->name.len);
}

static bool list_hosts(struct mx_found *found)
{
	const struct dns_records *records = found->exchangers.records;
	size_t count = dns_count(&found->exchangers);

	found->hosts = calloc(count, sizeof *found->hosts);
	if (found->hosts == NULL)
		return false;
	for (size_t i = 0; i < count; i++)
		take_name(&found->hosts[i], &records->at[i]);
	qsort(found->hosts, count, sizeof *found->hosts, by_preference);
	found->count = count < MX_HOSTS_MAX ? count : MX_HOSTS_MAX;
	found->left_out = count - found->count;
	found->kind = count == 1 && found->hosts[0].kind == MX_HOST_NULL ? MX_NULL : MX_LISTED;
	return true;
}

static bool take_itself(struct mx_found *found, const struct domain *domain)
{
	found->hosts = calloc(1, sizeof *found->hosts);
	if (found->hosts == NULL)
		return false;
	found->hosts->name = slice_of(domain->text);
	found->hosts->host = found->hosts->end = *domain;
	found->count = 1;
	found->kind = MX_IMPLICIT;
	return true;
}

/* ---- where they lead ---- */

/* RFC 7672 2.2.2 looks at the end of the aliases, and at each step to it. */
static void follow_aliases(struct mx_host *host, struct dns_question *first,
			   struct resolver *resolver)
{
	struct dns_question question = *first;

	host->is_alias_secure = true;
	for (int i = 0; i < ALIASES_MAX && dns_count(&question) == 1; i++) {
		struct fault unused;
		struct domain next;
		bool is_name = domain_parse(question.records->at[0].data, &next, &unused);

		host->is_alias = true;
		host->is_alias_secure &= question.authenticated && is_name;
		dns_release(&question, 1);
		if (!is_name)
			break;
		host->end = next;
		question = (struct dns_question){ .name = next, .type = DNS_CNAME };
		resolver->ask(resolver, &question, 1);
	}
	dns_release(&question, 1);
	*first = (struct dns_question){ .type = DNS_CNAME };
}

static enum mx_host_kind judge_addresses(const struct mx_host *host)
{
	bool has_one = false;

	for (size_t q = 0; q < 2; q++) {
		for (size_t i = 0; i < dns_count(&host->addresses[q]); i++) {
			has_one = true;
			if (ip_not_public(&host->addresses[q].records->at[i].ip) == NULL)
				return MX_HOST_GOOD;
		}
	}
	if (!dns_is_answered(&host->addresses[0]) || !dns_is_answered(&host->addresses[1]))
		return MX_HOST_UNKNOWN;
	if (has_one)
		return MX_HOST_PRIVATE;
	return host->addresses[0].status == DNS_NXDOMAIN ? MX_HOST_MISSING : MX_HOST_NO_ADDRESS;
}

static void look_up(struct mx_host *host, struct resolver *resolver)
{
	static const enum dns_type types[] = { DNS_A, DNS_AAAA, DNS_CNAME };
	struct dns_question questions[3];

	if (host->kind != MX_HOST_UNKNOWN)
		return;
	for (size_t i = 0; i < 3; i++)
		questions[i] = (struct dns_question){ .name = host->host, .type = types[i] };
	resolver->ask(resolver, questions, 3);
	dnssec_recheck(questions, 2, resolver);
	memcpy(host->addresses, questions, sizeof host->addresses);
	follow_aliases(host, &questions[2], resolver);
	host->kind = judge_addresses(host);
}

bool mx_find(const struct domain *domain, struct resolver *resolver, struct mx_found *found)
{
	*found = (struct mx_found){ .exchangers = { .name = *domain, .type = DNS_MX } };
	resolver->ask(resolver, &found->exchangers, 1);
	dnssec_recheck(&found->exchangers, 1, resolver);
	if (found->exchangers.status == DNS_NXDOMAIN)
		found->kind = MX_NONE;
	else if (found->exchangers.status == DNS_NODATA && !take_itself(found, domain))
		return false;
	else if (found->exchangers.status == DNS_FOUND && !list_hosts(found))
		return false;
	for (size_t i = 0; i < found->count; i++)
		look_up(&found->hosts[i], resolver);
	if (found->kind == MX_IMPLICIT && (found->hosts->kind == MX_HOST_NO_ADDRESS ||
					   found->hosts->kind == MX_HOST_MISSING))
		found->kind = MX_NONE;
	return true;
}

void mx_release(struct mx_found *found)
{
	for (size_t i = 0; i < found->count; i++)
		dns_release(found->hosts[i].addresses, 2);
	dns_release(&found->exchangers, 1);
	free(found->hosts);
	*found = (struct mx_found){ 0 };
}
