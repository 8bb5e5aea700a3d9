/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "net/dns.h"

#include <errno.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <resolv.h>
#include <stdlib.h>
#include <string.h>
#include <sys/random.h>
#include <sys/socket.h>
#include <unistd.h>

#include "net/dns_memory.h"
#include "net/dns_packet.h"

enum {
	WINDOW = 1024,		/* questions in flight */
	TCP_WINDOW = 128,	/* of them, where each needs a connection of its own */
	POOL = 16,		/* sockets a server; a slot's number tells which */
	SERVERS = 32,		/* the resolver's own, and those that questions name */
	HOPS_MAX = 8,		/* aliases that are asked on */
	STRAYS_MAX = 100,	/* packets of nobody that are looked into */
	DATAGRAM = 4096,
	NONE = -1,
};

struct server {
	struct endpoint endpoint;
	bool is_named;		/* only asked where a question names it */
	bool is_silent;
	bool lacks_edns;
	int64_t heard_us;
	int sockets[POOL];
};

/* A question over TCP: first the bytes to send, then those that come. */
struct tcp {
	int fd;
	bool is_reading;
	size_t done, size;
	uint8_t *bytes;
};

/* A question in flight. */
struct slot {
	struct dns_question *question;	/* NULL: the slot is free */
	struct domain name;		/* what is asked now: behind an alias, its end */
	uint16_t id;
	bool with_edns, authenticated, is_bogus;
	unsigned tries, hops;		/* tries of this name */
	uint32_t asked;			/* a bit for each server that was asked for it */
	struct server *server;		/* the last of them */
	int64_t begun_us, tried_us, until_us;
	enum dns_status trouble;	/* the verdict, if nothing better comes */
	const char *detail;
	struct tcp *tcp;
};

/* Questions that wait for their turn; `next` links them by their number. */
struct lane {
	int32_t first, last;
	unsigned in_flight;
};

struct watch {
	struct server *server;		/* a socket of its pool, or */
	size_t pool;
	struct slot *slot;		/* the TCP connection of this one */
};

struct dns {
	struct resolver resolver;
	struct dns_settings settings;
	struct deadline deadline;
	struct server servers[SERVERS];
	size_t server_count;
	struct dns_memory memory;
	unsigned strays;
	size_t asked;

	struct slot slots[WINDOW];
	size_t slot_end;		/* behind the highest that was ever used */
	uint16_t spare[WINDOW];
	size_t spare_count;

	/* The questions of one call */
	struct dns_question *questions;
	int32_t *next;
	struct lane *lanes;
	size_t lane_count;
	size_t open;

	struct pollfd polls[SERVERS * POOL + WINDOW];
	struct watch watches[SERVERS * POOL + WINDOW];

	uint8_t random[256];
	size_t random_left;
};

static void try_next(struct dns *dns, struct slot *slot);

/* ---- settings, chance ---- */

const struct dns_settings dns_defaults = { .timeout_ms = 2000, .tries = 3 };

void dns_settings_from_system(struct dns_settings *settings)
{
	size_t count = 0;

	*settings = dns_defaults;
	/* res_init() keeps what was set before, where the file says nothing. */
	_res.retrans = (int)(dns_defaults.timeout_ms / 1000);
	_res.retry = (int)dns_defaults.tries;
	if (res_init() != 0)
		return;
	settings->timeout_ms = _res.retrans * 1000;
	settings->tries = _res.retry > 0 ? (unsigned)_res.retry : 1;
	settings->only_tcp = (_res.options & RES_USEVC) != 0;
	settings->trusts_ad = (_res.options & RES_TRUSTAD) != 0;
	for (int i = 0; i < _res.nscount && count < DNS_SERVERS_MAX; i++) {
		const struct sockaddr_in6 *v6 = _res._u._ext.nsaddrs[i];
		const struct sockaddr_in *v4 = &_res.nsaddr_list[i];
		struct endpoint *server = &settings->servers[count];

		if (v4->sin_family == AF_INET) {
			server->ip.version = 4;
			server->port = ntohs(v4->sin_port);
			memcpy(server->ip.bytes, &v4->sin_addr, 4);
		} else if (v6 != NULL) {
			server->ip.version = 6;
			server->port = ntohs(v6->sin6_port);
			server->scope = v6->sin6_scope_id;
			memcpy(server->ip.bytes, &v6->sin6_addr, 16);
		} else {
			continue;
		}
		count++;
	}
	settings->server_count = count;
}

static void random_bytes(uint8_t *to, size_t len)
{
	while (len > 0) {
		ssize_t got = getrandom(to, len, 0);

		if (got < 0)
			continue;	/* EINTR; there are no other ways to fail */
		to += got;
		len -= (size_t)got;
	}
}

uint64_t dns_nonce(void)
{
	uint64_t nonce;

	random_bytes((uint8_t *)&nonce, sizeof nonce);
	return nonce;
}

static size_t pool_of(const struct dns *dns, const struct slot *slot)
{
	return (size_t)(slot - dns->slots) % POOL;
}

static uint16_t fresh_id(struct dns *dns, const struct slot *slot)
{
	for (;;) {
		uint16_t id;
		bool is_taken = false;

		if (dns->random_left < sizeof id) {
			random_bytes(dns->random, sizeof dns->random);
			dns->random_left = sizeof dns->random;
		}
		dns->random_left -= sizeof id;
		memcpy(&id, dns->random + dns->random_left, sizeof id);
		for (size_t i = pool_of(dns, slot); i < dns->slot_end; i += POOL)
			is_taken |= dns->slots[i].question != NULL && &dns->slots[i] != slot &&
				    dns->slots[i].id == id;
		if (!is_taken)
			return id;
	}
}

/* ---- servers and sockets ---- */

static struct server *add_server(struct dns *dns, const struct endpoint *endpoint, bool is_named)
{
	struct server *server = &dns->servers[dns->server_count];

	if (dns->server_count == SERVERS)
		return NULL;
	*server = (struct server){ .endpoint = *endpoint, .is_named = is_named };
	for (size_t i = 0; i < POOL; i++)
		server->sockets[i] = NONE;
	dns->server_count++;
	return server;
}

static struct server *named_server(struct dns *dns, const struct endpoint *endpoint)
{
	for (size_t i = 0; i < dns->server_count; i++) {
		if (endpoint_same(&dns->servers[i].endpoint, endpoint))
			return &dns->servers[i];
	}
	return add_server(dns, endpoint, true);
}

static uint32_t bit_of(const struct dns *dns, const struct server *server)
{
	return (uint32_t)1 << (server - dns->servers);
}

/* The best server for the next try: one that speaks, and that has not been
 * asked for this name yet; the earlier in the list the better. */
static struct server *choose(struct dns *dns, const struct slot *slot)
{
	struct server *best = NULL;
	unsigned best_rank = 4;

	if (slot->question->server != NULL)
		return named_server(dns, slot->question->server);
	for (size_t i = 0; i < dns->server_count; i++) {
		struct server *server = &dns->servers[i];
		bool was_asked = (slot->asked & bit_of(dns, server)) != 0;
		unsigned rank = (server->is_silent ? 2u : 0u) + (was_asked ? 1u : 0u);

		if (!server->is_named && rank < best_rank) {
			best = server;
			best_rank = rank;
		}
	}
	return best;
}

/* A connected socket, or NONE. */
static int open_socket(const struct endpoint *to, int type)
{
	struct sockaddr_in6 v6 = { .sin6_family = AF_INET6, .sin6_port = htons(to->port),
				   .sin6_scope_id = to->scope };
	struct sockaddr_in v4 = { .sin_family = AF_INET, .sin_port = htons(to->port) };
	bool is_v4 = to->ip.version == 4;
	const struct sockaddr *address = is_v4 ? (struct sockaddr *)&v4 : (struct sockaddr *)&v6;
	socklen_t len = is_v4 ? sizeof v4 : sizeof v6;
	int fd, one = 1;

	memcpy(&v4.sin_addr, to->ip.bytes, 4);
	memcpy(&v6.sin6_addr, to->ip.bytes, 16);
	fd = socket(is_v4 ? AF_INET : AF_INET6, type | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
	if (fd < 0)
		return NONE;
	if (type == SOCK_STREAM)
		setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &one, sizeof one);
	if (connect(fd, address, len) != 0 && errno != EINPROGRESS) {
		close(fd);
		return NONE;
	}
	return fd;
}

/* Was it this machine that refused open_socket()? */
static bool has_no_socket(void)
{
	return errno == EMFILE || errno == ENFILE || errno == ENOBUFS || errno == ENOMEM;
}

static const char no_socket[] = "this machine has no socket left for it";

static void close_tcp(struct slot *slot)
{
	if (slot->tcp == NULL)
		return;
	close(slot->tcp->fd);
	free(slot->tcp->bytes);
	free(slot->tcp);
	slot->tcp = NULL;
}

/* ---- one question's way ---- */

static void finish(struct dns *dns, struct slot *slot, enum dns_status status, const char *detail)
{
	struct dns_question *question = slot->question;

	question->status = status;
	question->detail = detail;
	question->authenticated = dns_is_answered(question) && slot->authenticated;
	question->is_bogus = status == DNS_SERVFAIL && slot->is_bogus;
	question->took_us = (uint32_t)(now_us() - slot->begun_us);
	if (slot->server != NULL)
		question->answered_by = slot->server->endpoint;
	close_tcp(slot);
	slot->question = NULL;
	dns->spare[dns->spare_count++] = (uint16_t)(slot - dns->slots);
	dns->lanes[question->lane].in_flight--;
	dns->open--;
}

static void trouble(struct slot *slot, enum dns_status status, const char *detail)
{
	slot->trouble = status;
	slot->detail = detail;
}

/* Ask another server, if there is one that was not asked yet. */
static void ask_elsewhere(struct dns *dns, struct slot *slot)
{
	const struct server *other = choose(dns, slot);

	close_tcp(slot);
	if (other != NULL && (slot->asked & bit_of(dns, other)) == 0)
		try_next(dns, slot);
	else
		finish(dns, slot, slot->trouble, slot->detail);
}

static void begin_tcp(struct dns *dns, struct slot *slot, struct server *server)
{
	uint8_t question[DNS_PACKET_QUESTION];
	size_t len = dns_packet_ask(question, slot->id, &slot->name, slot->question,
				    slot->with_edns);
	struct tcp *tcp = calloc(1, sizeof *tcp);
	uint8_t *bytes = malloc(len + 2);

	slot->server = server;
	slot->until_us = now_us() + dns->settings.timeout_ms * 1000;
	if (tcp == NULL || bytes == NULL ||
	    (tcp->fd = open_socket(&server->endpoint, SOCK_STREAM)) < 0) {
		if (has_no_socket())
			trouble(slot, DNS_TIMEOUT, no_socket);
		free(tcp);
		free(bytes);
		ask_elsewhere(dns, slot);
		return;
	}
	bytes[0] = (uint8_t)(len >> 8);
	bytes[1] = (uint8_t)len;
	memcpy(bytes + 2, question, len);
	tcp->bytes = bytes;
	tcp->size = len + 2;
	slot->tcp = tcp;
}

/* The server, or the way to it, says that nobody is there (errno). */
static void unreachable(struct dns *dns, struct slot *slot, int error)
{
	slot->server->is_silent = true;
	if (slot->trouble == DNS_TIMEOUT)
		trouble(slot, DNS_TIMEOUT, error == ECONNREFUSED ? "nothing listens there" :
			error == ENETUNREACH || error == EHOSTUNREACH ? "no way leads there" :
			"nothing listens there, or no way leads there");
	ask_elsewhere(dns, slot);
}

/* What is lost on the way is asked again; false: there is no way. */
static bool send_on(int fd, const uint8_t *bytes, size_t len)
{
	/* A refusal is the echo of an earlier packet, and reported once. */
	if (send(fd, bytes, len, 0) >= 0 ||
	    (errno == ECONNREFUSED && send(fd, bytes, len, 0) >= 0))
		return true;
	return errno == EAGAIN || errno == ENOBUFS || errno == EINTR;
}

static void send_udp(struct dns *dns, struct slot *slot)
{
	int *fd = &slot->server->sockets[pool_of(dns, slot)];
	uint8_t question[DNS_PACKET_QUESTION];
	size_t len;

	slot->with_edns = !slot->server->lacks_edns;
	len = dns_packet_ask(question, slot->id, &slot->name, slot->question, slot->with_edns);
	if (*fd == NONE)
		*fd = open_socket(&slot->server->endpoint, SOCK_DGRAM);
	if (len == 0) {
		finish(dns, slot, DNS_GARBLED, "no question can be built for this name");
	} else if (*fd == NONE && has_no_socket()) {
		trouble(slot, DNS_TIMEOUT, no_socket);
		ask_elsewhere(dns, slot);
	} else if (*fd == NONE || !send_on(*fd, question, len)) {
		unreachable(dns, slot, errno);
	}
}

/* The waits grow from try to try; together they are tries * timeout. */
static int64_t wait_us(const struct dns_settings *settings, unsigned try)
{
	if (try > settings->tries)
		try = settings->tries;
	return settings->timeout_ms * 1000 * 2 * try / (settings->tries + 1);
}

/* At least one try for each server. */
static unsigned tries_of(const struct dns *dns, const struct slot *slot)
{
	unsigned servers = (unsigned)dns->settings.server_count;

	return slot->question->server != NULL || servers < dns->settings.tries ? dns->settings.tries
									       : servers;
}

static void try_next(struct dns *dns, struct slot *slot)
{
	struct server *server = choose(dns, slot);

	if (server == NULL || slot->tries >= tries_of(dns, slot)) {
		finish(dns, slot, slot->trouble, slot->detail);
		return;
	}
	slot->tries++;
	slot->question->tries++;
	slot->server = server;
	slot->asked |= bit_of(dns, server);
	slot->tried_us = now_us();
	slot->until_us = slot->tried_us + wait_us(&dns->settings, slot->tries);
	if (dns->settings.only_tcp)
		begin_tcp(dns, slot, server);
	else
		send_udp(dns, slot);
}

/* Ask for `name` from the start. */
static void begin(struct dns *dns, struct slot *slot, const struct domain *name)
{
	slot->name = *name;
	slot->tries = 0;
	slot->asked = 0;
	slot->id = fresh_id(dns, slot);
	trouble(slot, DNS_TIMEOUT, NULL);
	try_next(dns, slot);
}

static bool is_failure(const struct dns_packet *packet)
{
	return packet->kind == DNS_PACKET_FOREIGN ||
	       (packet->kind == DNS_PACKET_ANSWER &&
		(packet->status == DNS_SERVFAIL || packet->status == DNS_REFUSED ||
		 packet->status == DNS_GARBLED));
}

static void take(struct dns *dns, struct slot *slot, struct server *server,
		 struct dns_packet *packet)
{
	slot->is_bogus |= packet->is_bogus;
	/* Somebody who was asked before, and has nothing to say: wait on. */
	if (server != slot->server && (packet->kind == DNS_PACKET_NO_EDNS || is_failure(packet))) {
		if (packet->kind == DNS_PACKET_ANSWER)
			trouble(slot, packet->status, packet->detail);
		return;
	}
	slot->server = server;
	slot->authenticated &= packet->authenticated;
	switch (packet->kind) {
	case DNS_PACKET_FOREIGN:
		trouble(slot, DNS_GARBLED, "an answer to another question");
		if (slot->tcp != NULL)
			ask_elsewhere(dns, slot);
		return;
	case DNS_PACKET_TRUNCATED:
		trouble(slot, DNS_GARBLED, "the answer is truncated, and TCP does not bring it");
		if (slot->tcp != NULL)
			ask_elsewhere(dns, slot);
		else
			begin_tcp(dns, slot, server);
		return;
	case DNS_PACKET_NO_EDNS:
		server->lacks_edns = true;
		if (slot->with_edns && slot->tcp == NULL) {
			send_udp(dns, slot);
			return;
		}
		trouble(slot, DNS_GARBLED, "the server does not understand the question");
		ask_elsewhere(dns, slot);
		return;
	case DNS_PACKET_ALIAS:
		close_tcp(slot);
		if (++slot->hops > HOPS_MAX)
			finish(dns, slot, DNS_GARBLED, "aliases lead in a circle");
		else
			begin(dns, slot, &packet->alias);
		return;
	case DNS_PACKET_ANSWER:
		break;
	}
	switch (packet->status) {
	case DNS_FOUND:
	case DNS_NODATA:
	case DNS_NXDOMAIN:
		slot->question->records = packet->records;
		slot->question->ttl = packet->ttl;
		finish(dns, slot, packet->status, packet->detail);
		return;
	case DNS_SERVFAIL:
	case DNS_REFUSED:
	case DNS_GARBLED:
	case DNS_UNFINISHED:
	case DNS_TIMEOUT:
		trouble(slot, packet->status, packet->detail);
		ask_elsewhere(dns, slot);
		return;
	}
}

/* A packet whose id nobody waits for: remember it where the question is ours. */
static void stray(struct dns *dns, const struct server *server, size_t pool, const uint8_t *bytes,
		  size_t len)
{
	if (dns->strays++ >= STRAYS_MAX)
		return;
	for (size_t i = pool; i < dns->slot_end; i += POOL) {
		struct slot *slot = &dns->slots[i];
		struct dns_packet packet;
		struct dns_question holder = { .records = NULL };

		if (slot->question == NULL || slot->server != server || slot->tcp != NULL)
			continue;
		dns_packet_read(bytes, len, &slot->name, slot->question->type, &packet);
		if (!is_failure(&packet))
			trouble(slot, DNS_GARBLED, "answers with an id that was not asked with");
		holder.records = packet.records;
		dns_release(&holder, 1);
	}
}

static void datagram(struct dns *dns, struct server *server, size_t pool, const uint8_t *bytes,
		     size_t len)
{
	uint16_t id;

	if (len < 2)
		return;
	id = (uint16_t)(bytes[0] << 8 | bytes[1]);
	for (size_t i = pool; i < dns->slot_end; i += POOL) {
		struct slot *slot = &dns->slots[i];
		struct dns_packet packet;

		if (slot->question == NULL || slot->id != id || slot->tcp != NULL ||
		    (slot->asked & bit_of(dns, server)) == 0)
			continue;
		dns_packet_read(bytes, len, &slot->name, slot->question->type, &packet);
		server->heard_us = now_us();
		take(dns, slot, server, &packet);
		return;
	}
	stray(dns, server, pool, bytes, len);
}

static void receive_udp(struct dns *dns, struct server *server, size_t pool)
{
	enum { AT_ONCE = 256 };		/* then look at the clock again */
	uint8_t bytes[DATAGRAM];
	int error;

	for (int i = 0; i < AT_ONCE; i++) {
		ssize_t got = recv(server->sockets[pool], bytes, sizeof bytes, 0);

		if (got >= 0) {
			datagram(dns, server, pool, bytes, (size_t)got);
			continue;
		}
		if (errno == EAGAIN || errno == EINTR)
			return;
		error = errno;
		for (size_t s = pool; s < dns->slot_end; s += POOL) {
			if (dns->slots[s].question != NULL && dns->slots[s].server == server &&
			    dns->slots[s].tcp == NULL)
				unreachable(dns, &dns->slots[s], error);
		}
	}
}

/* The length has come: make room for so many bytes behind it. */
static bool expect_answer(struct tcp *tcp)
{
	enum { HEADER = 12 };
	size_t len = (size_t)(tcp->bytes[0] << 8 | tcp->bytes[1]);
	uint8_t *bytes = len >= HEADER ? realloc(tcp->bytes, 2 + len) : NULL;

	if (bytes == NULL)
		return false;
	tcp->bytes = bytes;
	tcp->size = 2 + len;
	return true;
}

static void receive_tcp(struct dns *dns, struct slot *slot)
{
	struct tcp *tcp = slot->tcp;
	struct dns_packet packet;
	ssize_t moved;

	moved = tcp->is_reading ? recv(tcp->fd, tcp->bytes + tcp->done, tcp->size - tcp->done, 0)
				: send(tcp->fd, tcp->bytes + tcp->done, tcp->size - tcp->done,
				       MSG_NOSIGNAL);
	if (moved < 0 && (errno == EAGAIN || errno == EINTR))
		return;
	if (moved <= 0) {
		ask_elsewhere(dns, slot);
		return;
	}
	tcp->done += (size_t)moved;
	if (tcp->done < tcp->size)
		return;
	if (!tcp->is_reading) {
		tcp->is_reading = true;
		tcp->done = 0;
		tcp->size = 2;		/* first the length (RFC 1035 4.2.2) */
		return;
	}
	if (tcp->size == 2) {
		if (!expect_answer(tcp))
			ask_elsewhere(dns, slot);
		return;
	}
	if ((tcp->bytes[2] << 8 | tcp->bytes[3]) != slot->id)
		packet = (struct dns_packet){ .kind = DNS_PACKET_FOREIGN };
	else
		dns_packet_read(tcp->bytes + 2, tcp->size - 2, &slot->name, slot->question->type,
				&packet);
	slot->server->heard_us = now_us();
	take(dns, slot, slot->server, &packet);
}

static void expire(struct dns *dns, int64_t now)
{
	for (size_t i = 0; i < dns->slot_end; i++) {
		struct slot *slot = &dns->slots[i];

		if (slot->question != NULL && slot->until_us <= now &&
		    slot->server->heard_us < slot->tried_us)
			slot->server->is_silent = true;
	}
	for (size_t i = 0; i < dns->slot_end; i++) {
		struct slot *slot = &dns->slots[i];

		if (slot->question == NULL || slot->until_us > now)
			continue;
		close_tcp(slot);
		try_next(dns, slot);
	}
}

/* ---- many questions ---- */

static bool queue_up(struct dns *dns, struct dns_question *questions, size_t count)
{
	size_t highest = 0;

	for (size_t i = 0; i < count; i++)
		highest = questions[i].lane > highest ? questions[i].lane : highest;
	dns->lane_count = highest + 1;
	dns->lanes = malloc(dns->lane_count * sizeof *dns->lanes);
	dns->next = malloc(count * sizeof *dns->next);
	if (dns->lanes == NULL || dns->next == NULL || count > INT32_MAX)
		return false;
	for (size_t i = 0; i < dns->lane_count; i++)
		dns->lanes[i] = (struct lane){ NONE, NONE, 0 };
	return true;
}

static void wait_in_lane(struct dns *dns, size_t i)
{
	struct lane *lane = &dns->lanes[dns->questions[i].lane];

	dns->next[i] = NONE;
	if (lane->first == NONE)
		lane->first = (int32_t)i;
	else
		dns->next[lane->last] = (int32_t)i;
	lane->last = (int32_t)i;
	dns->open++;
}

static void start_waiting(struct dns *dns)
{
	size_t kept = dns->settings.only_tcp ? WINDOW - TCP_WINDOW : 0;

	for (size_t i = 0; i < dns->lane_count; i++) {
		struct lane *lane = &dns->lanes[i];

		while (lane->first != NONE && dns->spare_count > kept &&
		       (i == 0 || lane->in_flight < DNS_LANE_WINDOW)) {
			size_t spare = dns->spare[--dns->spare_count];
			struct slot *slot = &dns->slots[spare];

			*slot = (struct slot){ .question = &dns->questions[lane->first],
					       .authenticated = dns->settings.trusts_ad,
					       .begun_us = now_us() };
			dns->slot_end = spare >= dns->slot_end ? spare + 1 : dns->slot_end;
			lane->first = dns->next[lane->first];
			lane->in_flight++;
			dns->asked++;
			begin(dns, slot, &slot->question->name);
		}
	}
}

static void watch(struct dns *dns, size_t *count, int fd, short events, struct watch watch)
{
	dns->polls[*count] = (struct pollfd){ .fd = fd, .events = events };
	dns->watches[(*count)++] = watch;
}

/* Sockets to look at; and when the first try ends. */
static size_t watch_all(struct dns *dns, int64_t *until_us)
{
	size_t count = 0;

	*until_us = INT64_MAX;
	for (size_t s = 0; s < dns->server_count; s++) {
		struct server *server = &dns->servers[s];

		for (size_t i = 0; i < POOL; i++) {
			if (server->sockets[i] != NONE)
				watch(dns, &count, server->sockets[i], POLLIN,
				      (struct watch){ server, i, NULL });
		}
	}
	for (size_t i = 0; i < dns->slot_end; i++) {
		struct slot *slot = &dns->slots[i];

		if (slot->question == NULL)
			continue;
		*until_us = slot->until_us < *until_us ? slot->until_us : *until_us;
		if (slot->tcp != NULL)
			watch(dns, &count, slot->tcp->fd, slot->tcp->is_reading ? POLLIN : POLLOUT,
			      (struct watch){ NULL, 0, slot });
	}
	return count;
}

static void turn(struct dns *dns)
{
	int64_t until_us;
	size_t count = watch_all(dns, &until_us);

	if (poll(dns->polls, count, deadline_poll_ms(&dns->deadline, until_us)) > 0) {
		for (size_t i = 0; i < count; i++) {
			const struct watch *ready = &dns->watches[i];

			if (dns->polls[i].revents == 0)
				continue;
			if (ready->server != NULL)
				receive_udp(dns, ready->server, ready->pool);
			else if (ready->slot->tcp != NULL && ready->slot->tcp->fd == dns->polls[i].fd)
				receive_tcp(dns, ready->slot);
		}
	}
	expire(dns, now_us());
}

static void run(struct dns *dns)
{
	while (dns->open > 0 && !deadline_passed(&dns->deadline)) {
		start_waiting(dns);
		if (dns->open > 0)
			turn(dns);
	}
	for (size_t i = 0; i < dns->slot_end; i++) {
		if (dns->slots[i].question != NULL)
			finish(dns, &dns->slots[i], DNS_UNFINISHED, dns->slots[i].detail);
	}
	dns->open = 0;
}

static void ask(struct resolver *self, struct dns_question *questions, size_t count)
{
	struct dns *dns = (struct dns *)self;
	struct dns_memory_entry **entries = calloc(count + 1, sizeof *entries);
	bool is_new, is_ready = queue_up(dns, questions, count) && entries != NULL;

	dns->questions = questions;
	for (size_t i = 0; i < count; i++) {
		struct dns_question *question = &questions[i];

		*question = (struct dns_question){ .name = question->name, .type = question->type,
						   .lane = question->lane,
						   .server = question->server,
						   .is_unchecked = question->is_unchecked };
		if (!is_ready) {
			question->status = DNS_TIMEOUT;
			question->detail = "out of memory";
			continue;
		}
		if (question->lane == 0)
			entries[i] = dns_memory_find(&dns->memory, question, &is_new);
		if (entries[i] == NULL || is_new)
			wait_in_lane(dns, i);
	}
	if (is_ready)
		run(dns);
	/* Who is answered already was asked before; the first of equals is new. */
	for (size_t i = 0; is_ready && i < count; i++) {
		if (entries[i] != NULL && questions[i].tries > 0)
			dns_memory_store(entries[i], &questions[i]);
	}
	for (size_t i = 0; is_ready && i < count; i++) {
		if (entries[i] != NULL && questions[i].tries == 0)
			dns_memory_recall(entries[i], &questions[i]);
	}
	free(entries);
	free(dns->lanes);
	free(dns->next);
	dns->lanes = NULL;
	dns->next = NULL;
}

static bool are_on_loopback(const struct dns_settings *settings)
{
	static const struct ip v6 = { 6, { [15] = 1 } };

	for (size_t i = 0; i < settings->server_count; i++) {
		const struct ip *ip = &settings->servers[i].ip;

		if (ip->version == 4 ? ip->bytes[0] != 127 : !ip_same(ip, &v6))
			return false;
	}
	return true;
}

bool dns_open(const struct dns_settings *settings, const struct deadline *deadline,
	      struct dns **opened, struct fault *fault)
{
	struct dns *dns = calloc(1, sizeof *dns);

	if (dns == NULL)
		return fault_set(fault, FAULT_LOCAL, "out of memory");
	dns->resolver.ask = ask;
	dns->settings = *settings;
	dns->settings.trusts_ad |= are_on_loopback(settings);
	dns->deadline = *deadline;
	for (size_t i = 0; i < settings->server_count; i++)
		add_server(dns, &settings->servers[i], false);
	for (size_t i = WINDOW; i-- > 0;)
		dns->spare[dns->spare_count++] = (uint16_t)i;
	*opened = dns;
	return true;
}

bool dns_trusts_ad(const struct dns *dns)
{
	return dns->settings.trusts_ad;
}

size_t dns_asked(const struct dns *dns)
{
	return dns->asked;
}

void dns_end_at(struct dns *dns, const struct deadline *deadline)
{
	dns->deadline = *deadline;
}

struct resolver *dns_resolver(struct dns *dns)
{
	return &dns->resolver;
}

void dns_close(struct dns *dns)
{
	if (dns == NULL)
		return;
	for (size_t s = 0; s < dns->server_count; s++) {
		for (size_t i = 0; i < POOL; i++) {
			if (dns->servers[s].sockets[i] != NONE)
				close(dns->servers[s].sockets[i]);
		}
	}
	dns_memory_release(&dns->memory);
	free(dns);
}
