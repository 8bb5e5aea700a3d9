/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "smtp_servers.h"

#include <malloc.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "lookups.h"
#include "net/hosts.h"
#include "net/process.h"

static const char stage[] = "dns";

/* ---- finding ---- */

static struct server *add_server(struct servers *servers, struct frame *frame)
{
	struct text text = { 0 };

	if (servers->count < SERVERS_MAX)
		return &servers->at[servers->count++];
	if (servers->has_too_many)
		return NULL;
	servers->has_too_many = true;
	text_add(&text, "there are more than %d servers; the others were left out", SERVERS_MAX);
	result_add(&frame->result, STATE_UNKNOWN, "too_many_targets", stage, "servers", &text);
	return NULL;
}

static void name_server(struct server *server, const char *host, bool has_many)
{
	char peer[ENDPOINT_TEXT];

	endpoint_print(&server->peers[0], peer);
	if (host[0] == '\0')
		snprintf(server->label, sizeof server->label, "%s", peer);
	else if (has_many)
		snprintf(server->label, sizeof server->label, "%s:%u", host, server->peers[0].port);
	else if (server->peers[0].ip.version == 6)
		snprintf(server->label, sizeof server->label, "%s%s", host, peer);
	else
		snprintf(server->label, sizeof server->label, "%s[%.*s]:%u", host,
			 (int)strcspn(peer, ":"), peer, server->peers[0].port);
}

/* Both families of these names, IPv6 first. */
static struct dns_question *ask_addresses(const struct domain *names, size_t count,
					  struct frame *frame)
{
	struct dns_question *questions = calloc(2 * count + 1, sizeof *questions);

	if (questions == NULL) {
		frame->result.failed = true;
		return NULL;
	}
	for (size_t i = 0; i < 2 * count; i++) {
		questions[i].name = names[i / 2];
		questions[i].type = i % 2 == 0 ? DNS_AAAA : DNS_A;
	}
	frame_ask(frame, stage, questions, 2 * count);
	return questions;
}

static bool is_wanted(const struct frame *frame, const struct ip *ip)
{
	const struct frame_settings *settings = &frame->settings;

	return settings->only_v4 == settings->only_v6 ||
	       (ip->version == 4 ? settings->only_v4 : settings->only_v6);
}

static void add_peer(struct server *server, const struct ip *ip, uint16_t port,
		     const struct frame *frame)
{
	if (server->peer_count < ADDRESSES_MAX && is_wanted(frame, ip))
		server->peers[server->peer_count++] = (struct endpoint){ *ip, port, 0 };
}

/* -H: one server, with whatever address of it answers first. */
static void find_host(struct servers *servers, const struct smtp_settings *settings,
		      struct frame *frame)
{
	struct server *server = add_server(servers, frame);
	struct ip ips[ADDRESSES_MAX];
	struct dns_question *questions;
	struct fault fault;
	size_t count;

	if (settings->host[0] == '/') {
		server->path = settings->host;
		snprintf(server->label, sizeof server->label, "%s", settings->host);
		return;
	}
	if (endpoint_parse(slice_of(settings->host), settings->port, &server->peers[0])) {
		server->peer_count = 1;
		server->peers[0].port = settings->port;
		name_server(server, "", false);
		return;
	}
	domain_parse(slice_of(settings->host), &server->host, &fault);
	server->is_name_secure = server->is_address_secure = true;
	count = hosts_find(&server->host, ips, ADDRESSES_MAX);
	for (size_t i = 0; i < count; i++)
		add_peer(server, &ips[i], settings->port, frame);
	if (count == 0) {
		questions = ask_addresses(&server->host, 1, frame);
		servers->asked_dns = true;
		for (size_t q = 0; questions != NULL && q < 2; q++) {
			for (size_t i = 0; i < dns_count(&questions[q]); i++)
				add_peer(server, &questions[q].records->at[i].ip, settings->port, frame);
			if (dns_count(&questions[q]) > 0)
				server->is_address_secure &= questions[q].authenticated;
		}
		if (server->peer_count == 0 && questions != NULL)
			lookup_add_failure(frame, stage, &questions[dns_is_answered(&questions[0])], STATE_CRITICAL);
		dns_release(questions, questions != NULL ? 2 : 0);
		free(questions);
	}
	if (server->peer_count == 0)
		servers->count = 0;
	else
		name_server(server, settings->host, server->peer_count > 1);
}

bool servers_add_host(struct servers *servers, const char *word, uint16_t port, bool is_control,
		      struct frame *frame)
{
	struct smtp_settings settings = { .host = word, .port = port };
	struct servers one = { .at = calloc(SERVERS_MAX, sizeof *one.at) };
	bool found;

	if (one.at == NULL) {
		frame->result.failed = true;
		return false;
	}
	find_host(&one, &settings, frame);
	found = one.count > 0;
	for (size_t i = 0; found && i < one.at->peer_count; i++) {
		struct server *server = add_server(servers, frame);

		if (server == NULL)
			break;
		server->host = one.at->host;
		server->is_control = is_control;
		add_peer(server, &one.at->peers[i].ip, port, frame);
		name_server(server, server->host.text, false);
	}
	servers->asked_dns |= one.asked_dns;
	free(one.at);
	return found;
}

/* A host without an address: for --policy it is a server that failed. */
static void add_lost(struct servers *servers, const struct domain *host, uint16_t preference,
		     struct frame *frame)
{
	struct server *server = add_server(servers, frame);

	if (server == NULL)
		return;
	server->host = *host;
	server->preference = preference;
	server->is_lost = server->is_failed = true;
	snprintf(server->label, sizeof server->label, "%s", host->text);
}

/* Each address of an exchanger is a server. */
static void add_exchanger(struct servers *servers, const struct dns_question *questions,
			  uint16_t preference, bool is_secure, uint16_t port, struct frame *frame)
{
	bool is_certain = dns_is_answered(&questions[0]) && dns_is_answered(&questions[1]);
	size_t before = servers->count;

	for (size_t q = 0; q < 2; q++) {
		for (size_t i = 0; i < dns_count(&questions[q]); i++) {
			const struct ip *ip = &questions[q].records->at[i].ip;
			struct server *server;

			if (!is_wanted(frame, ip))
				continue;
			server = add_server(servers, frame);
			if (server == NULL)
				return;
			server->host = questions[q].name;
			server->preference = preference;
			server->is_name_secure = is_secure;
			server->is_address_secure = questions[q].authenticated;
			add_peer(server, ip, port, frame);
			name_server(server, server->host.text, false);
		}
		if (!dns_is_answered(&questions[q]))
			lookup_add_failure(frame, stage, &questions[q], STATE_CRITICAL);
	}
	if (servers->count > before)
		return;
	add_lost(servers, &questions[0].name, preference, frame);
	if (is_certain)
		lookup_add_failure(frame, stage, &questions[dns_count(&questions[0]) > 0], STATE_CRITICAL);
}

/* --mx */
static void find_exchangers(struct servers *servers, const struct smtp_settings *settings,
			    struct frame *frame)
{
	struct dns_question question = { .type = DNS_MX }, *questions = NULL;
	struct exchanger *exchangers;
	struct domain *hosts;
	struct fault fault;
	size_t count;

	servers->asked_dns = true;
	domain_parse(slice_of(settings->exchangers), &question.name, &fault);
	frame_ask(frame, stage, &question, 1);
	exchangers = lookup_exchangers(frame, stage, &question, STATE_CRITICAL, &count);
	if (count > SERVERS_MAX)
		count = SERVERS_MAX + 1;	/* and the last one is said to be too many */
	hosts = calloc(count + 1, sizeof *hosts);
	for (size_t i = 0; hosts != NULL && i < count; i++)
		hosts[i] = exchangers[i].host;
	if (hosts != NULL && count > 0)
		questions = ask_addresses(hosts, count, frame);
	for (size_t i = 0; questions != NULL && i < count; i++)
		add_exchanger(servers, &questions[2 * i], exchangers[i].preference,
			      question.authenticated, settings->port, frame);
	dns_release(questions, questions != NULL ? 2 * count : 0);
	dns_release(&question, 1);
	free(questions);
	free(exchangers);
	free(hosts);
}

/* Leave out what this machine has no way to: a family that is not here. */
static void drop_family(struct servers *servers, unsigned version, struct frame *frame)
{
	bool has_one = false, has_route = false;
	struct text text = { 0 };
	size_t kept = 0, left = 0;

	for (size_t i = 0; i < servers->count; i++) {
		for (size_t p = 0; p < servers->at[i].peer_count; p++) {
			const struct ip *ip = &servers->at[i].peers[p].ip;

			if (ip->version != version || has_route)
				continue;
			has_one = true;
			has_route = tcp_has_route(ip);
		}
	}
	if (!has_one || has_route)
		return;
	for (size_t i = 0; i < servers->count; i++) {
		struct server *server = &servers->at[i];
		size_t peers = 0;

		for (size_t p = 0; p < server->peer_count; p++) {
			if (server->peers[p].ip.version != version)
				server->peers[peers++] = server->peers[p];
		}
		server->peer_count = peers;
		left += peers > 0 || server->path != NULL;
		if (peers > 0 || server->path != NULL || server->is_lost)
			servers->at[kept++] = *server;
	}
	servers->count = kept;
	text_add(&text, "this machine has no route for IPv%u: such addresses were left out%s", version,
		 left == 0 ? ", and there are no others" : "");
	result_add(&frame->result, left == 0 ? STATE_UNKNOWN : STATE_OK, "family_not_here", stage,
		   version == 4 ? "IPv4" : "IPv6", &text);
}

void servers_drop_families(struct servers *servers, struct frame *frame)
{
	drop_family(servers, 4, frame);
	drop_family(servers, 6, frame);
}

/* ---- TLSA ---- */

/* A server whose TLSA records are looked for, and where its name leads. */
struct hunt {
	struct server *server;
	struct domain end;
	bool is_alias;		/* a signed one */
};

static void take_tlsa(const struct hunt *hunt, const struct domain *base,
		      const struct dns_question *question, const struct frame *frame)
{
	struct server *server = hunt->server;

	if (!dns_is_answered(question)) {
		server->dane = DANE_FAILED;
		return;
	}
	/* Who is not trusted cannot say that there are none, either. */
	if (!dns_trusts_ad(frame->dns)) {
		server->dane = DANE_UNDECIDED;
		return;
	}
	if (question->status != DNS_FOUND) {
		server->dane = DANE_NONE;
		return;
	}
	/* Addresses that are not signed do no harm where the name is a signed alias: its
	 * own records count (RFC 7672 2.2.2, 2.2.3). */
	server->dane = question->authenticated && server->is_name_secure &&
		       (server->is_address_secure || hunt->is_alias) ? DANE_SECURE : DANE_INSECURE;
	if (server->dane == DANE_INSECURE)
		return;
	server->tlsa_base = *base;
	server->tlsa_found = dns_count(question);
	for (size_t i = 0; i < dns_count(question) && server->tlsa_count < TLSA_MAX; i++) {
		struct tlsa *tlsa = &server->tlsa[server->tlsa_count];

		server->tlsa_count += tlsa_parse(question->records->at[i].data, tlsa) &&
				      tlsa_is_usable(tlsa);
	}
}

static bool lacks_starttls(const struct server *server)
{
	return server->walk.clear.is_known && !server->walk.has_tls &&
	       !server->walk.clear.has_starttls;
}

/* Follow aliases: records stand at the end of a chain that is signed, or at its
 * beginning (RFC 7672 2.2.2). */
static void follow_aliases(struct hunt *hunts, size_t count, struct dns_question *questions,
			   struct frame *frame)
{
	enum { HOPS_MAX = 8 };
	bool has_moved = true;

	for (int hop = 0; has_moved && hop < HOPS_MAX; hop++) {
		has_moved = false;
		for (size_t i = 0; i < count; i++)
			questions[i] = (struct dns_question){ .name = hunts[i].end, .type = DNS_CNAME };
		frame_ask(frame, stage, questions, count);
		for (size_t i = 0; i < count; i++) {
			struct domain next;
			struct fault unused;

			if (dns_count(&questions[i]) != 1 || !questions[i].authenticated ||
			    !domain_parse(questions[i].records->at[0].data, &next, &unused))
				continue;
			hunts[i].end = next;
			hunts[i].is_alias = has_moved = true;
		}
		dns_release(questions, count);
	}
}

static void ask_records(const struct hunt *hunts, size_t count, struct dns_question *questions,
			uint16_t port, struct frame *frame)
{
	for (size_t i = 0; i < 2 * count; i++) {
		const struct hunt *hunt = &hunts[i / 2];

		questions[i] = (struct dns_question){ .type = DNS_TLSA };
		if (!tlsa_name(i % 2 == 0 ? &hunt->end : &hunt->server->host, port, &questions[i].name))
			questions[i].name = hunt->server->host;		/* where there are none */
	}
	frame_ask(frame, stage, questions, 2 * count);
	for (size_t i = 0; i < count; i++) {
		const struct dns_question *at_end = &questions[2 * i];

		/* Those at the end come first, but only if they are signed; a failure there
		 * is one of all (RFC 7671 7). */
		if (!dns_is_answered(at_end) || (at_end->status == DNS_FOUND && at_end->authenticated))
			take_tlsa(&hunts[i], &hunts[i].end, at_end, frame);
		else
			take_tlsa(&hunts[i], &hunts[i].server->host, at_end + 1, frame);
	}
	dns_release(questions, 2 * count);
}

static void ask_tlsa(struct servers *servers, const struct smtp_settings *settings,
		     struct frame *frame, bool only_evidence)
{
	struct dns_question *questions = calloc(2 * servers->count + 1, sizeof *questions);
	struct hunt *hunts = calloc(servers->count + 1, sizeof *hunts);
	size_t count = 0;

	for (size_t i = 0; hunts != NULL && i < servers->count; i++) {
		struct server *server = &servers->at[i];

		if (server->host.text[0] == '\0' || server->is_lost ||
		    (only_evidence && !lacks_starttls(server)))
			continue;
		hunts[count++] = (struct hunt){ server, server->host, false };
	}
	if (questions != NULL && count > 0) {
		follow_aliases(hunts, count, questions, frame);
		ask_records(hunts, count, questions, settings->port, frame);
	}
	frame->result.failed |= questions == NULL || hunts == NULL;
	free(questions);
	free(hunts);
}

void servers_seek_evidence(struct servers *servers, const struct smtp_settings *settings,
			   struct frame *frame)
{
	if (settings->plan.tls == SMTP_TLS_NONE || settings->is_dane || !dns_trusts_ad(frame->dns))
		return;
	for (size_t i = 0; i < servers->count; i++) {
		if (lacks_starttls(&servers->at[i]) && !servers->at[i].walk.clear.is_masked &&
		    servers->at[i].host.text[0] != '\0') {
			ask_tlsa(servers, settings, frame, true);
			return;
		}
	}
}

void servers_find(struct servers *servers, const struct smtp_settings *settings,
		  struct frame *frame)
{
	int64_t begun_us = now_us();

	text_add(&frame->result.target, "%s",
		 settings->host != NULL ? settings->host : settings->exchangers);
	servers->at = calloc(SERVERS_MAX, sizeof *servers->at);
	if (servers->at == NULL) {
		frame->result.failed = true;
		return;
	}
	if (settings->host != NULL)
		find_host(servers, settings, frame);
	else
		find_exchangers(servers, settings, frame);
	servers_drop_families(servers, frame);
	if (settings->is_dane)
		ask_tlsa(servers, settings, frame, false);
	servers->dns_us = now_us() - begun_us;
}

/* ---- walking ---- */

struct errand {
	struct server *server;
	const struct smtp_settings *settings;
	const struct frame *frame;
	pthread_t thread;
	bool has_thread;
};

/* How we call ourselves: the host's name if it has a dot, else the address. */
static void choose_helo(const struct smtp_settings *settings, const struct endpoint *local,
			char name[DOMAIN_MAX + 1])
{
	struct domain domain;
	struct fault unused;
	char address[IP_TEXT];

	if (settings->helo != NULL) {
		snprintf(name, DOMAIN_MAX + 1, "%s", settings->helo);
		return;
	}
	if (process_host_name(name, DOMAIN_MAX) && strchr(name, '.') != NULL &&
	    domain_parse(slice_of(name), &domain, &unused))
		return;
	if (local->ip.version == 0) {
		snprintf(name, DOMAIN_MAX + 1, "[127.0.0.1]");
		return;
	}
	ip_print(&local->ip, address);
	snprintf(name, DOMAIN_MAX + 1, local->ip.version == 6 ? "[IPv6:%s]" : "[%s]", address);
}

static const char *expected_name(const struct server *server, const struct smtp_settings *settings,
				 char address[IP_TEXT])
{
	if (settings->tls_name != NULL)
		return settings->tls_name;
	if (server->tlsa_count > 0)
		return server->tlsa_base.text;
	if (server->host.text[0] != '\0')
		return server->host.text;
	if (server->path != NULL)
		return NULL;
	ip_print(&server->peers[server->tcp.peer].ip, address);
	return address;
}

static void converse(struct server *server, const struct smtp_settings *settings,
		     const struct frame *frame)
{
	struct connection connection = { .fd = server->tcp.fd, .deadline = &frame->deadline,
					 .context = settings->context };
	struct smtp_plan plan = settings->plan;
	struct tls_tlsa tlsa[TLSA_MAX];
	struct domain next_hop;
	struct fault unused;
	char helo[DOMAIN_MAX + 1], address[IP_TEXT];

	connection_open(&connection);
	for (size_t i = 0; i < server->tlsa_count; i++) {
		const struct tlsa *record = &server->tlsa[i];

		tlsa[i] = (struct tls_tlsa){ record->usage, record->selector, record->matching,
					     record->data, record->len };
	}
	connection.target = (struct tls_target){
		.name = expected_name(server, settings, address),
		.tlsa = tlsa, .tlsa_count = server->tlsa_count,
	};
	/* With records, the domain that mail is sent to is a good name, too (RFC 7672
	 * 3.2.3). */
	if (server->tlsa_count > 0 && settings->tls_name == NULL && settings->exchangers != NULL &&
	    domain_parse(slice_of(settings->exchangers), &next_hop, &unused))
		connection.target.other_name = next_hop.text;
	connection.target.sni = settings->sni != NULL ? settings->sni : connection.target.name;
	choose_helo(settings, &server->tcp.local, helo);
	plan.helo = helo;
	plan.credentials.host = connection.target.name != NULL ? connection.target.name : "localhost";
	plan.credentials.port = settings->port;
	if (server->is_control)
		plan.last = SMTP_CONNECT;
	if (plan.last < SMTP_BANNER)
		server->walk.at = plan.last;
	else
		server->is_cut = !smtp_walk(&plan, &connection.stream, &server->walk);
	server->tls = connection.report;
	connection_close(&connection);
}

static void *run_errand(void *argument)
{
	struct errand *errand = argument;
	struct server *server = errand->server;
	const struct tcp_settings *tcp = &errand->settings->tcp;
	const struct deadline *deadline = &errand->frame->deadline;

	server->outcome = server->path != NULL
		? tcp_connect_path(server->path, tcp, deadline, &server->tcp, &server->fault)
		: tcp_connect(server->peers, server->peer_count, tcp, deadline, &server->tcp,
			      &server->fault);
	if (server->outcome == TCP_OPEN && server->path == NULL) {
		/* From here on it is this address. */
		server->peers[0] = server->peers[server->tcp.peer];
		server->tcp.peer = 0;
		name_server(server, server->host.text, false);
	}
	if (server->outcome == TCP_OPEN)
		converse(server, errand->settings, errand->frame);
	return NULL;
}

void servers_walk(struct servers *servers, const struct smtp_settings *settings,
		  struct frame *frame)
{
	enum { STACK = 512 << 10 };
	struct errand *errands = calloc(servers->count + 1, sizeof *errands);
	pthread_attr_t attributes;

	if (errands == NULL) {
		frame->result.failed = true;
		return;
	}
	/* Threads that wait for others need no heap each: with many of them, and many
	 * processors, that would be most of the memory. */
	mallopt(M_ARENA_MAX, 2);
	pthread_attr_init(&attributes);
	pthread_attr_setstacksize(&attributes, STACK);
	for (size_t i = 0; i < servers->count; i++) {
		struct errand *errand = &errands[i];

		*errand = (struct errand){ &servers->at[i], settings, frame, 0, false };
		if (servers->at[i].is_lost)
			continue;
		if (servers->count > 1)
			errand->has_thread = pthread_create(&errand->thread, &attributes, run_errand,
							    errand) == 0;
		/* One needs no thread; and without threads, it is one after the other. */
		if (!errand->has_thread)
			run_errand(errand);
	}
	for (size_t i = 0; i < servers->count; i++) {
		if (errands[i].has_thread)
			pthread_join(errands[i].thread, NULL);
		frame->result.failed |= servers->at[i].is_cut;
	}
	pthread_attr_destroy(&attributes);
	free(errands);
}

void servers_release(struct servers *servers)
{
	for (size_t i = 0; i < servers->count; i++)
		smtp_walk_release(&servers->at[i].walk);
	free(servers->at);
	*servers = (struct servers){ 0 };
}
