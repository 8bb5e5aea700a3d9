/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "mail/dane_find.h"

#include <stdlib.h>

#include "mail/dnssec.h"
#include "mail/tlsa.h"

enum { SMTP_PORT = 25 };

static bool is_way_signed(const struct mx_found *mx, const struct mx_host *host)
{
	bool is_signed = mx->exchangers.authenticated;

	for (size_t q = 0; q < 2; q++) {
		if (host->addresses[q].status == DNS_FOUND)
			is_signed &= host->addresses[q].authenticated;
	}
	return is_signed;
}

static size_t count_usable(const struct dns_question *answer)
{
	struct tlsa tlsa;
	size_t usable = 0;

	for (size_t i = 0; i < dns_count(answer); i++)
		usable += tlsa_parse(answer->records->at[i].data, &tlsa) && tlsa_is_usable(&tlsa);
	return usable;
}

static enum dane_kind judge(const struct mx_found *mx, struct dane_host *host)
{
	const struct dns_question *answer = host->answer;

	if (!dns_is_answered(answer))
		return DANE_UNKNOWN;
	if (answer->status != DNS_FOUND)
		return DANE_ABSENT;
	host->usable = count_usable(answer);
	if (!answer->authenticated)
		return DANE_UNSIGNED;
	if (!is_way_signed(mx, host->host))
		return DANE_UNSIGNED_WAY;
	return host->usable > 0 ? DANE_USABLE : DANE_UNUSABLE;
}

/* At the end of aliases that are all signed; otherwise, or where nothing is there,
 * at the host's own name (RFC 7672 2.2.2). */
static void look_up(const struct mx_found *mx, struct dane_host *host, struct resolver *resolver)
{
	const struct mx_host *mx_host = host->host;
	bool has_end = mx_host->is_alias && mx_host->is_alias_secure;
	const struct domain *names[] = { has_end ? &mx_host->end : &mx_host->host, &mx_host->host };
	size_t count = has_end ? 2 : 1;

	for (size_t i = 0; i < 2; i++) {
		host->questions[i] = (struct dns_question){ .type = DNS_TLSA };
		/* Too long a name has none, nor has the host itself. */
		if (!tlsa_name(names[i], SMTP_PORT, &host->questions[i].name))
			host->questions[i].name = *names[i];
	}
	resolver->ask(resolver, host->questions, count);
	dnssec_recheck(host->questions, count, resolver);
	host->answer = &host->questions[0];
	if (count == 2 && dns_is_answered(host->answer) && host->answer->status != DNS_FOUND)
		host->answer = &host->questions[1];
	host->kind = judge(mx, host);
}

bool dane_find(const struct domain *domain, struct resolver *resolver, struct dane_found *found)
{
	*found = (struct dane_found){ 0 };
	if (!mx_find(domain, resolver, &found->mx))
		return false;
	found->hosts = calloc(found->mx.count + 1, sizeof *found->hosts);
	if (found->hosts == NULL)
		return false;
	for (size_t i = 0; i < found->mx.count && found->mx.kind != MX_NONE; i++) {
		if (found->mx.hosts[i].host.text[0] == '\0')
			continue;
		found->hosts[found->count].host = &found->mx.hosts[i];
		look_up(&found->mx, &found->hosts[found->count++], resolver);
	}
	return true;
}

void dane_release(struct dane_found *found)
{
	for (size_t i = 0; i < found->count; i++)
		dns_release(found->hosts[i].questions, 2);
	mx_release(&found->mx);
	free(found->hosts);
	*found = (struct dane_found){ 0 };
}
