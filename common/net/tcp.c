/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "net/tcp.h"

#include <errno.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

enum {
	HEAD_START_US = 250000,
	PEERS_MAX = 32,
};

union address {
	struct sockaddr any;
	struct sockaddr_in v4;
	struct sockaddr_in6 v6;
	struct sockaddr_un path;
	struct sockaddr_storage storage;
};

const char *tcp_outcome_word(enum tcp_outcome outcome)
{
	switch (outcome) {
	case TCP_OPEN: return "open";
	case TCP_TIMEOUT: return "timeout";
	case TCP_REFUSED: return "refused";
	case TCP_UNREACHABLE: return "unreachable";
	case TCP_RESET: return "reset";
	case TCP_LATE: return "unfinished";
	case TCP_LOCAL: return "local problem";
	}
	return "?";
}

static socklen_t to_address(const struct endpoint *endpoint, union address *address)
{
	memset(address, 0, sizeof *address);
	if (endpoint->ip.version == 4) {
		address->v4.sin_family = AF_INET;
		address->v4.sin_port = htons(endpoint->port);
		memcpy(&address->v4.sin_addr, endpoint->ip.bytes, 4);
		return sizeof address->v4;
	}
	address->v6.sin6_family = AF_INET6;
	address->v6.sin6_port = htons(endpoint->port);
	address->v6.sin6_scope_id = endpoint->scope;
	memcpy(&address->v6.sin6_addr, endpoint->ip.bytes, 16);
	return sizeof address->v6;
}

static void from_address(const union address *address, struct endpoint *endpoint)
{
	*endpoint = (struct endpoint){ .port = 0 };
	if (address->any.sa_family == AF_INET) {
		endpoint->ip.version = 4;
		endpoint->port = ntohs(address->v4.sin_port);
		memcpy(endpoint->ip.bytes, &address->v4.sin_addr, 4);
	} else if (address->any.sa_family == AF_INET6) {
		endpoint->ip.version = 6;
		endpoint->port = ntohs(address->v6.sin6_port);
		memcpy(endpoint->ip.bytes, &address->v6.sin6_addr, 16);
	}
}

static enum tcp_outcome outcome_of(int error)
{
	switch (error) {
	case 0:
		return TCP_OPEN;
	case ETIMEDOUT:
		return TCP_TIMEOUT;
	case ECONNREFUSED:
	case ENOENT:	/* no such UNIX socket: nobody listens */
		return TCP_REFUSED;
	case ECONNRESET:
		return TCP_RESET;
	case EHOSTUNREACH:
	case ENETUNREACH:
	case EHOSTDOWN:
	case ENETDOWN:
	case ENONET:
	case EINVAL:	/* a "blackhole" route */
	case EPERM:	/* a rule of this machine's own firewall */
	case EACCES:
		return TCP_UNREACHABLE;
	}
	return TCP_LOCAL;
}

static enum tcp_outcome tell(int error, struct fault *fault)
{
	char text[128];

	fault_set(fault, FAULT_NETWORK, "%s", strerror_r(error, text, sizeof text));
	return outcome_of(error);
}

bool tcp_has_route(const struct ip *ip)
{
	struct endpoint endpoint = { .ip = *ip, .port = 9 };
	union address address;
	socklen_t len = to_address(&endpoint, &address);
	int fd = socket(address.any.sa_family, SOCK_DGRAM | SOCK_CLOEXEC, 0);
	bool has_one;

	if (fd < 0)
		return errno != EAFNOSUPPORT;
	has_one = connect(fd, &address.any, len) == 0 ||
		  (errno != ENETUNREACH && errno != EADDRNOTAVAIL);
	close(fd);
	return has_one;
}

/* ---- the PROXY protocol: before anything else, before TLS too ---- */

/* "PROXY TCP4 192.0.2.1 198.51.100.2 40000 25" */
static size_t proxy_v1(const struct endpoint *from, const struct endpoint *to, char *line, size_t size)
{
	char source[IP_TEXT], target[IP_TEXT];

	if (from->ip.version == 0)
		return (size_t)snprintf(line, size, "PROXY UNKNOWN\r\n");
	ip_print(&from->ip, source);
	ip_print(&to->ip, target);
	return (size_t)snprintf(line, size, "PROXY TCP%c %s %s %u %u\r\n",
				from->ip.version == 4 ? '4' : '6', source, target, from->port,
				to->port);
}

static size_t proxy_v2(const struct endpoint *from, const struct endpoint *to, char *head)
{
	static const char signature[] = "\r\n\r\n\0\r\nQUIT\n";
	size_t len = from->ip.version == 4 ? 4 : from->ip.version == 6 ? 16 : 0;
	uint16_t ports[2] = { htons(from->port), htons(to->port) };
	uint16_t rest = htons((uint16_t)(len > 0 ? 2 * len + sizeof ports : 0));

	memcpy(head, signature, 12);
	head[12] = len > 0 ? 0x21 : 0x20;		/* version 2; PROXY, or LOCAL */
	head[13] = len == 4 ? 0x11 : len == 16 ? 0x21 : 0x00;	/* TCP over IPv4, IPv6 */
	memcpy(head + 14, &rest, 2);
	if (len == 0)
		return 16;
	memcpy(head + 16, from->ip.bytes, len);
	memcpy(head + 16 + len, to->ip.bytes, len);
	memcpy(head + 16 + 2 * len, ports, sizeof ports);
	return 16 + 2 * len + sizeof ports;
}

/* It fits into the empty buffer of a new connection. */
static bool say_proxy(int fd, enum tcp_proxy proxy, const struct endpoint *from,
		      const struct endpoint *to)
{
	char head[128];
	size_t len = 0;

	if (proxy == TCP_PROXY_V1)
		len = proxy_v1(from, to, head, sizeof head);
	else if (proxy == TCP_PROXY_V2)
		len = proxy_v2(from, to, head);
	return len == 0 || send(fd, head, len, MSG_NOSIGNAL) == (ssize_t)len;
}

/* ---- connecting ---- */

/* A socket that connects; -1 and errno: it cannot. */
static int begin(const union address *address, socklen_t len, const struct ip *source)
{
	int fd = socket(address->any.sa_family, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0), one = 1;
	int error;

	if (fd < 0)
		return -1;
	if (address->any.sa_family != AF_UNIX)
		setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &one, sizeof one);
	if (source->version != 0) {
		struct endpoint local = { .ip = *source };
		union address from;
		socklen_t from_len = to_address(&local, &from);

		if (bind(fd, &from.any, from_len) != 0)
			goto failed;
	}
	if (connect(fd, &address->any, len) == 0 || errno == EINPROGRESS)
		return fd;
failed:
	error = errno;
	close(fd);
	errno = error;
	return -1;
}

struct race {
	const struct endpoint *peers;
	size_t count, next, last;	/* to start; whose failure was the last one */
	int fds[PEERS_MAX];
	int error;
};

/* Start the next one that can be started at all. */
static bool start_next(struct race *race, const struct ip *source)
{
	while (race->next < race->count) {
		const struct endpoint *peer = &race->peers[race->next];
		union address address;
		socklen_t len = to_address(peer, &address);
		int fd = -1;

		if (source->version != 0 && source->version != peer->ip.version)
			errno = EADDRNOTAVAIL;
		else
			fd = begin(&address, len, source);
		race->fds[race->next++] = fd;
		if (fd >= 0)
			return true;
		race->error = errno;
		race->last = race->next - 1;
	}
	return false;
}

/* Has one of them connected? Its number, or -1; those that failed are closed. */
static int winner(struct race *race, int wait_ms)
{
	struct pollfd polls[PEERS_MAX];
	int found = -1;

	for (size_t i = 0; i < race->next; i++)
		polls[i] = (struct pollfd){ .fd = race->fds[i], .events = POLLOUT };
	if (poll(polls, race->next, wait_ms) <= 0)
		return -1;
	for (size_t i = 0; i < race->next; i++) {
		int error = 0;
		socklen_t len = sizeof error;

		if (polls[i].revents == 0)
			continue;
		getsockopt(race->fds[i], SOL_SOCKET, SO_ERROR, &error, &len);
		if (error == 0 && found < 0) {
			found = (int)i;
		} else if (error != 0) {
			race->error = error;
			race->last = i;
			close(race->fds[i]);
			race->fds[i] = -1;
		}
	}
	return found;
}

static bool is_running(const struct race *race)
{
	for (size_t i = 0; i < race->next; i++) {
		if (race->fds[i] >= 0)
			return true;
	}
	return false;
}

static int run(struct race *race, const struct ip *source, const struct deadline *deadline,
	       int64_t until_us)
{
	int64_t next_us = 0;

	for (;;) {
		int64_t wait_us = until_us;
		int won;

		if (now_us() >= next_us || !is_running(race)) {
			start_next(race, source);
			next_us = now_us() + HEAD_START_US;
		}
		if (!is_running(race) && race->next == race->count)
			return -1;
		if (race->next < race->count && next_us < wait_us)
			wait_us = next_us;
		won = winner(race, deadline_poll_ms(deadline, wait_us));
		if (won >= 0)
			return won;
		if (deadline_passed(deadline) || now_us() >= until_us) {
			race->error = ETIMEDOUT;
			return -1;
		}
	}
}

/* The connection is there: what it is, and the first words. */
static enum tcp_outcome finish(struct tcp *tcp, const struct endpoint *peer,
			       const struct tcp_settings *settings, struct fault *fault)
{
	union address local = { .storage = { 0 } };
	socklen_t len = sizeof local;

	getsockname(tcp->fd, &local.any, &len);
	from_address(&local, &tcp->local);
	if (say_proxy(tcp->fd, settings->proxy, &tcp->local, peer))
		return TCP_OPEN;
	len = (socklen_t)errno;
	close(tcp->fd);
	tcp->fd = -1;
	return tell((int)len, fault);
}

static enum tcp_outcome late(const struct deadline *deadline, const struct tcp_settings *settings,
			     struct fault *fault)
{
	fault_set(fault, FAULT_NETWORK, "no answer within %g s", (double)settings->timeout_ms / 1000);
	return deadline_passed(deadline) ? TCP_LATE : TCP_TIMEOUT;
}

enum tcp_outcome tcp_connect(const struct endpoint *peers, size_t count,
			     const struct tcp_settings *settings, const struct deadline *deadline,
			     struct tcp *tcp, struct fault *fault)
{
	int64_t begun_us = now_us(), until_us = begun_us + settings->timeout_ms * 1000;
	struct race race = { .peers = peers, .count = count < PEERS_MAX ? count : PEERS_MAX,
			     .error = EDESTADDRREQ };
	int won = run(&race, &settings->source, deadline, until_us);

	*tcp = (struct tcp){ .fd = won >= 0 ? race.fds[won] : -1,
			     .peer = won >= 0 ? (size_t)won : race.last,
			     .took_us = now_us() - begun_us };
	for (size_t i = 0; i < race.next; i++) {
		if (race.fds[i] >= 0 && (int)i != won)
			close(race.fds[i]);
	}
	if (won >= 0)
		return finish(tcp, &peers[won], settings, fault);
	if (race.error == ETIMEDOUT)
		return late(deadline, settings, fault);
	if (race.error == EADDRNOTAVAIL && settings->source.version != 0) {
		char source[IP_TEXT];

		ip_print(&settings->source, source);
		fault_set(fault, FAULT_LOCAL, settings->source.version != peers[race.last].ip.version
			  ? "%s, to connect from, is of another address family"
			  : "this machine does not have the address %s, to connect from", source);
		return TCP_LOCAL;
	}
	return tell(race.error, fault);
}

enum tcp_outcome tcp_connect_path(const char *path, const struct tcp_settings *settings,
				  const struct deadline *deadline, struct tcp *tcp,
				  struct fault *fault)
{
	static const struct ip nowhere = { 0 };
	static const struct endpoint nobody = { 0 };
	int64_t begun_us = now_us(), until_us = begun_us + settings->timeout_ms * 1000;
	union address address = { .storage = { 0 } };

	*tcp = (struct tcp){ .fd = -1 };
	address.path.sun_family = AF_UNIX;
	if (strlen(path) >= sizeof address.path.sun_path) {
		fault_set(fault, FAULT_LOCAL, "the path is too long for a socket");
		return TCP_LOCAL;
	}
	memcpy(address.path.sun_path, path, strlen(path));
	/* A full backlog is EAGAIN at once. */
	while ((tcp->fd = begin(&address, sizeof address.path, &nowhere)) < 0) {
		if (errno != EAGAIN) {
			enum tcp_outcome outcome = tell(errno, fault);

			return errno == EACCES ? TCP_LOCAL : outcome;
		}
		if (now_us() >= until_us || deadline_passed(deadline))
			return late(deadline, settings, fault);
		poll(NULL, 0, 10);
	}
	tcp->took_us = now_us() - begun_us;
	return finish(tcp, &nobody, settings, fault);
}
