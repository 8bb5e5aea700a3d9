/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "smtp_servers.h"

#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "net/hosts.h"
#include "net/process.h"

/* ---- finding ---- */

static struct server *add_server(struct servers *servers, struct frame *frame)
{
	struct text text = { 0 };

	if (servers->count < SERVERS_MAX)
		return &servers->at[servers->count++];
	text_add(&text, "there are more than %d servers; the others were left out", SERVERS_MAX);
	result_add(&frame->result, STATE_UNKNOWN, "too_many_targets", "dns", "servers", &text);
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

static void add_dns_failure(struct frame *frame, const struct dns_question *question)
{
	bool is_answered = dns_is_answered(question);
	struct text text = { 0 };

	if (question->status == DNS_UNFINISHED)
		return;		/* that is a "timeout" */
	if (question->status == DNS_NXDOMAIN)
		text_add(&text, "there is no such name in the DNS");
	else if (is_answered)
		text_add(&text, "the name has no address");
	else
		text_add(&text, "asking for its %s record gave: %s%s%s", dns_type_word(question->type),
			 dns_status_word(question->status), question->detail != NULL ? ", " : "",
			 question->detail != NULL ? question->detail : "");
	result_add(&frame->result, is_answered ? STATE_CRITICAL : STATE_UNKNOWN,
		   is_answered ? "dns_no_host" : "dns_temporary", "dns", question->name.text, &text);
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
	frame_ask(frame, "dns", questions, 2 * count);
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
	server->is_address_secure = true;
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
			add_dns_failure(frame, &questions[dns_is_answered(&questions[0])]);
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

struct exchanger {
	struct domain host;
	uint16_t preference;
};

/* The hosts of the domain's MX records; their number (RFC 5321 5.1, 7505). */
static size_t read_exchangers(const struct dns_question *question, struct exchanger *exchangers,
			      struct frame *frame)
{
	struct text text = { 0 };
	size_t count = 0;

	if (question->status == DNS_NODATA) {
		exchangers[0] = (struct exchanger){ question->name, 0 };
		return 1;
	}
	if (question->status != DNS_FOUND)
		add_dns_failure(frame, question);
	for (size_t i = 0; i < dns_count(question) && count < SERVERS_MAX; i++) {
		struct slice name = question->records->at[i].data;
		struct fault fault;

		if (name.len == 0) {
			text_add(&text, "its MX is \".\": it takes no mail");
			result_add(&frame->result, STATE_CRITICAL, "null_mx", "dns",
				   question->name.text, &text);
		} else if (!domain_parse(name, &exchangers[count].host, &fault)) {
			text_add(&text, "its MX \"");
			text_add_foreign(&text, name);
			text_add(&text, "\" is no host name: %s", fault.text);
			result_add(&frame->result, STATE_CRITICAL, "dns_no_host", "dns",
				   question->name.text, &text);
		} else {
			exchangers[count++].preference = question->records->at[i].preference;
		}
	}
	return count;
}

static int by_preference(const void *a, const void *b)
{
	const struct exchanger *x = a, *y = b;

	return (x->preference > y->preference) - (x->preference < y->preference);
}

static void add_exchanger(struct servers *servers, const struct dns_question *questions,
			  uint16_t preference, bool is_secure, uint16_t port, struct frame *frame)
{
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
			server->is_address_secure = is_secure && questions[q].authenticated;
			add_peer(server, ip, port, frame);
			name_server(server, server->host.text, false);
		}
		if (!dns_is_answered(&questions[q]))
			add_dns_failure(frame, &questions[q]);
	}
	if (servers->count == before && dns_is_answered(&questions[0]) && dns_is_answered(&questions[1]))
		add_dns_failure(frame, &questions[dns_count(&questions[0]) > 0]);
}

/* --mx: each address of each exchanger is a server. */
static void find_exchangers(struct servers *servers, const struct smtp_settings *settings,
			    struct frame *frame)
{
	struct exchanger *exchangers = calloc(SERVERS_MAX, sizeof *exchangers);
	struct domain *hosts = calloc(SERVERS_MAX, sizeof *hosts);
	struct dns_question question = { .type = DNS_MX }, *questions = NULL;
	struct fault fault;
	size_t count = 0;

	servers->asked_dns = true;
	domain_parse(slice_of(settings->exchangers), &question.name, &fault);
	frame_ask(frame, "dns", &question, 1);
	if (hosts != NULL && exchangers != NULL)
		count = read_exchangers(&question, exchangers, frame);
	if (count > 1)
		qsort(exchangers, count, sizeof *exchangers, by_preference);
	for (size_t i = 0; i < count; i++)
		hosts[i] = exchangers[i].host;
	if (count > 0)
		questions = ask_addresses(hosts, count, frame);
	for (size_t i = 0; questions != NULL && i < count; i++)
		add_exchanger(servers, &questions[2 * i], exchangers[i].preference, question.authenticated,
			      settings->port, frame);
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
	size_t kept = 0;

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
		if (peers > 0 || server->path != NULL)
			servers->at[kept++] = *server;
	}
	servers->count = kept;
	text_add(&text, "this machine has no route for IPv%u: such addresses were left out%s", version,
		 kept == 0 ? ", and there are no others" : "");
	result_add(&frame->result, kept == 0 ? STATE_UNKNOWN : STATE_OK, "family_not_here", "dns",
		   version == 4 ? "IPv4" : "IPv6", &text);
}

void servers_drop_families(struct servers *servers, struct frame *frame)
{
	drop_family(servers, 4, frame);
	drop_family(servers, 6, frame);
}

/* ---- TLSA ---- */

static void take_tlsa(struct server *server, const struct dns_question *question,
		      const struct frame *frame)
{
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
	server->dane = question->authenticated && server->is_address_secure ? DANE_SECURE
									    : DANE_INSECURE;
	for (size_t i = 0; i < dns_count(question) && server->tlsa_count < TLSA_MAX; i++)
		server->tlsa_count += tlsa_parse(question->records->at[i].data,
						 &server->tlsa[server->tlsa_count]);
	if (server->dane != DANE_SECURE)
		server->tlsa_count = 0;
}

static bool lacks_starttls(const struct server *server)
{
	return server->walk.clear.is_known && !server->walk.has_tls &&
	       !server->walk.clear.has_starttls;
}

static void ask_tlsa(struct servers *servers, const struct smtp_settings *settings,
		     struct frame *frame, bool only_evidence)
{
	struct dns_question *questions = calloc(servers->count + 1, sizeof *questions);
	size_t *whose = calloc(servers->count + 1, sizeof *whose), count = 0;

	for (size_t i = 0; questions != NULL && whose != NULL && i < servers->count; i++) {
		struct server *server = &servers->at[i];

		if (server->host.text[0] == '\0' || (only_evidence && !lacks_starttls(server)) ||
		    !tlsa_name(&server->host, settings->port, &questions[count].name))
			continue;
		questions[count].type = DNS_TLSA;
		whose[count++] = i;
	}
	if (count > 0)
		frame_ask(frame, "dns", questions, count);
	for (size_t i = 0; i < count; i++)
		take_tlsa(&servers->at[whose[i]], &questions[i], frame);
	dns_release(questions, count);
	free(questions);
	free(whose);
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
	connection.target.sni = settings->sni != NULL ? settings->sni : connection.target.name;
	choose_helo(settings, &server->tcp.local, helo);
	plan.helo = helo;
	plan.credentials.host = connection.target.name != NULL ? connection.target.name : "localhost";
	plan.credentials.port = settings->port;
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
	if (server->outcome == TCP_OPEN && server->path == NULL)
		name_server(server, (server->peers[0] = server->peers[server->tcp.peer],
				     server->tcp.peer = 0, server->host.text), false);
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
	pthread_attr_init(&attributes);
	pthread_attr_setstacksize(&attributes, STACK);
	for (size_t i = 0; i < servers->count; i++) {
		struct errand *errand = &errands[i];

		*errand = (struct errand){ &servers->at[i], settings, frame, 0, false };
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
