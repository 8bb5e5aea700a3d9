/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "rdns_hosts.h"

#include <stdlib.h>
#include <string.h>

#include "base/grow.h"
#include "mail/dnssec.h"

/* ---- what a mail server calls itself ---- */

static bool parse_literal(struct slice word, struct ip *ip)
{
	static const char tag[] = "IPv6:";

	if (word.len < 2 || word.at[0] != '[' || word.at[word.len - 1] != ']')
		return false;
	word = (struct slice){ word.at + 1, word.len - 2 };
	if (word.len > strlen(tag) && slice_is_nocase((struct slice){ word.at, strlen(tag) }, tag))
		word = (struct slice){ word.at + strlen(tag), word.len - strlen(tag) };
	return ip_parse(word, ip);
}

struct helo helo_parse(struct slice word)
{
	struct helo helo = { .word = word };
	struct fault unused;
	struct ip ip;

	if (parse_literal(word, &helo.ip))
		helo.kind = HELO_LITERAL;
	else if (ip_parse(word, &ip))
		helo.kind = HELO_ADDRESS;
	else if (!domain_parse(word, &helo.name, &unused))
		helo.kind = HELO_NO_NAME;
	else if (strchr(helo.name.text, '.') == NULL)
		helo.kind = HELO_SHORT;
	else
		helo.kind = HELO_NAME;
	return helo;
}

/* ---- the servers of the zone ---- */

/* The one with this value: a question is known again by where its server stands. */
static const struct endpoint *keep_endpoint(struct rdns_hosts *hosts, const struct endpoint *endpoint)
{
	struct endpoint **grown, *copy;

	for (size_t i = 0; i < hosts->endpoint_count; i++) {
		if (endpoint_same(hosts->endpoints[i], endpoint))
			return hosts->endpoints[i];
	}
	grown = grow(hosts->endpoints, hosts->endpoint_count, sizeof *grown);
	hosts->endpoints = grown != NULL ? grown : hosts->endpoints;
	copy = malloc(sizeof *copy);
	if (grown == NULL || copy == NULL) {
		free(copy);
		return NULL;
	}
	*copy = *endpoint;
	return hosts->endpoints[hosts->endpoint_count++] = copy;
}

static void add_server(struct rdns_hosts *hosts, struct rdns_servers *servers,
		       const struct domain *name, const struct ip *ip)
{
	struct endpoint endpoint = { *ip, DNS_PORT, 0 };
	struct rdns_server *server = &servers->at[servers->count];

	if (!tcp_has_route(ip)) {
		servers->unreachable++;
		return;
	}
	if (servers->count == RDNS_SERVERS_MAX)
		return;
	*server = (struct rdns_server){ .name = *name };
	server->endpoint = keep_endpoint(hosts, &endpoint);
	servers->count += server->endpoint != NULL;
}

static void take_missing(struct rdns_servers *servers, const struct dns_question *question)
{
	if (dns_is_answered(question) || servers->missing != NULL)
		return;
	servers->lost = *question;
	servers->missing = &servers->lost;
}

/* The addresses of one name of the NS records. */
static void find_server(struct rdns_hosts *hosts, struct rdns_servers *servers, struct slice word,
			const struct frame *frame, struct resolver *resolver)
{
	const struct frame_settings *settings = &frame->settings;
	bool is_wanted[] = { settings->only_v4 || !settings->only_v6,
			     settings->only_v6 || !settings->only_v4 };
	struct dns_question questions[2] = { { .type = DNS_A }, { .type = DNS_AAAA } };
	struct domain name;
	struct fault unused;

	if (!domain_parse(word, &name, &unused))
		return;
	questions[0].name = questions[1].name = name;
	resolver->ask(resolver, questions, 2);
	for (size_t q = 0; q < 2; q++) {
		for (size_t i = 0; is_wanted[q] && i < dns_count(&questions[q]); i++)
			add_server(hosts, servers, &name, &questions[q].records->at[i].ip);
		if (is_wanted[q])
			take_missing(servers, &questions[q]);
	}
	dns_release(questions, 2);
}

static void ask_servers(struct rdns_hosts *hosts, struct rdns_host *host, const struct frame *frame,
			struct resolver *resolver)
{
	struct rdns_servers *servers = &host->servers;

	if (host->found.owner.zone.text[0] == '\0')
		return;
	servers->names = (struct dns_question){ .name = host->found.owner.zone, .type = DNS_NS };
	resolver->ask(resolver, &servers->names, 1);
	take_missing(servers, &servers->names);
	for (size_t i = 0; i < dns_count(&servers->names); i++)
		find_server(hosts, servers, servers->names.records->at[i].data, frame, resolver);
	for (size_t i = 0; i < servers->count; i++) {
		servers->at[i].pointers = (struct dns_question){
			.name = *rdns_end(&host->found), .type = DNS_PTR, .server = servers->at[i].endpoint,
		};
		resolver->ask(resolver, &servers->at[i].pointers, 1);
	}
}

static void release_servers(struct rdns_servers *servers)
{
	for (size_t i = 0; i < servers->count; i++)
		dns_release(&servers->at[i].pointers, 1);
	dns_release(&servers->names, 1);
	*servers = (struct rdns_servers){ 0 };
}

/* ---- one address ---- */

static void release_host(struct rdns_host *host)
{
	rdns_release(&host->found);
	dns_release(&host->helo_addresses, 1);
	release_servers(&host->servers);
}

static void study(struct rdns_hosts *hosts, struct rdns_host *host, const struct rdns_settings *settings,
		  const struct frame *frame)
{
	struct resolver *resolver = &hosts->rounds.resolver;
	size_t open = hosts->rounds.open;

	if (host->is_known)
		return;
	release_host(host);
	rdns_find(&host->ip, resolver, &host->found);
	if (host->helo.kind == HELO_NAME) {
		host->helo_addresses = (struct dns_question){
			.name = host->helo.name, .type = host->ip.version == 4 ? DNS_A : DNS_AAAA,
		};
		resolver->ask(resolver, &host->helo_addresses, 1);
		dnssec_recheck(&host->helo_addresses, 1, resolver);
	}
	if (settings->asks_servers)
		ask_servers(hosts, host, frame, resolver);
	host->is_known = hosts->rounds.open == open;
}

static void study_sender(struct rdns_hosts *hosts, const struct rdns_settings *settings,
			 struct frame *frame)
{
	size_t open = hosts->rounds.open;

	if (settings->sender.text[0] == '\0' || hosts->is_sender_known)
		return;
	mx_release(&hosts->sender);
	if (!mx_find(&settings->sender, &hosts->rounds.resolver, &hosts->sender))
		frame->result.failed = true;
	hosts->is_sender_known = hosts->rounds.open == open;
}

/* ---- all of them ---- */

struct lookups {
	struct resolver resolver;	/* first */
	struct frame *frame;
};

static void ask(struct resolver *self, struct dns_question *questions, size_t count)
{
	frame_ask(((struct lookups *)self)->frame, "dns", questions, count);
}

static void ask_all(struct rdns_hosts *hosts, const struct rdns_settings *settings, struct frame *frame)
{
	do {
		study_sender(hosts, settings, frame);
		for (size_t i = 0; i < hosts->count; i++)
			study(hosts, &hosts->at[i], settings, frame);
	} while (dns_rounds_ask(&hosts->rounds));
}

static const char *name_of(const struct rdns_settings *settings, const struct target *target)
{
	const struct source *source = &settings->targets.sources[target->source];

	return source->kind == SOURCE_NAME ? source->name.text : NULL;
}

/* In the order of the options, and those of a name by address: servers give them in any
 * order. */
static int by_source(const void *a, const void *b)
{
	const struct rdns_host *x = a, *y = b;

	if (x->source != y->source)
		return x->source < y->source ? -1 : 1;
	return memcmp(&x->ip, &y->ip, sizeof x->ip);
}

static bool list_hosts(struct rdns_hosts *hosts, const struct rdns_settings *settings)
{
	const struct targets *targets = &settings->targets;

	hosts->at = calloc(targets->count + 1, sizeof *hosts->at);
	for (size_t i = 0; hosts->at != NULL && i < targets->count; i++) {
		struct rdns_host *host = &hosts->at[hosts->count];

		/* That is a finding already, and no receiver asks for its name. */
		if (targets->at[i].is_private)
			continue;
		host->ip = targets->at[i].ip;
		host->source = targets->at[i].source;
		host->name = name_of(settings, &targets->at[i]);
		host->helo = settings->helo;
		hosts->count++;
	}
	if (hosts->count > 1)
		qsort(hosts->at, hosts->count, sizeof *hosts->at, by_source);
	return hosts->at != NULL;
}

/* The name in the banner is the first word of its first line (RFC 5321 4.2). */
static void take_banner(struct rdns_host *host)
{
	struct slice text = smtp_reply_text(&host->banner.reply), word = { "", 0 };

	if (!host->banner.is_heard || host->banner.reply.code != 220)
		return;
	text.len = strcspn(host->banner.reply.text, "\n");
	slice_word(&text, &word);
	host->helo = helo_parse(word);
	host->is_known = false;
}

void rdns_hosts_find(struct rdns_hosts *hosts, const struct rdns_settings *settings,
		     struct frame *frame)
{
	struct lookups lookups = { .resolver.ask = ask, .frame = frame };

	dns_rounds_open(&hosts->rounds, &lookups.resolver);
	if (!list_hosts(hosts, settings)) {
		frame->result.failed = true;
		return;
	}
	frame_reserve(frame, hosts->count);
	ask_all(hosts, settings, frame);
	if (settings->reads_banner) {
		/* Behind the DNS: a server that keeps silent takes nothing from the rest. */
		rdns_banners_read(hosts, settings, frame);
		for (size_t i = 0; i < hosts->count; i++)
			take_banner(&hosts->at[i]);
		ask_all(hosts, settings, frame);
	}
	frame->result.failed |= hosts->rounds.failed;
}

void rdns_hosts_release(struct rdns_hosts *hosts)
{
	for (size_t i = 0; i < hosts->count; i++)
		release_host(&hosts->at[i]);
	mx_release(&hosts->sender);
	dns_rounds_release(&hosts->rounds);
	for (size_t i = 0; i < hosts->endpoint_count; i++)
		free(hosts->endpoints[i]);
	free(hosts->endpoints);
	free(hosts->at);
}
