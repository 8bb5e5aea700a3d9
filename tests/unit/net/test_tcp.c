/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "net/tcp.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include "unit.h"

/* ---- peers on loopback ---- */

enum peer_kind {
	LISTENS,
	REFUSES,	/* the port is taken, and nobody listens */
	HANGS,		/* nobody accepts, and the queue is full: a SYN gets no answer */
};

struct peer {
	int fd, fillers[8];
	struct endpoint at;
};

static struct ip loopback(unsigned last)
{
	return (struct ip){ .version = 4, .bytes = { 127, 0, 0, (uint8_t)last } };
}

static void fill_queue(struct peer *peer, const struct sockaddr_in *at)
{
	for (size_t i = 0; i < COUNT(peer->fillers); i++) {
		peer->fillers[i] = socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK, 0);
		connect(peer->fillers[i], (const struct sockaddr *)at, sizeof *at);
	}
}

static struct peer peer_open(enum peer_kind kind)
{
	struct sockaddr_in at = { .sin_family = AF_INET, .sin_addr = { htonl(INADDR_LOOPBACK) } };
	socklen_t len = sizeof at;
	struct peer peer = { .fd = socket(AF_INET, SOCK_STREAM, 0) };

	ck_assert_int_ge(peer.fd, 0);
	ck_assert_int_eq(bind(peer.fd, (struct sockaddr *)&at, sizeof at), 0);
	getsockname(peer.fd, (struct sockaddr *)&at, &len);
	if (kind != REFUSES)
		ck_assert_int_eq(listen(peer.fd, kind == HANGS ? 0 : 4), 0);
	if (kind == HANGS)
		fill_queue(&peer, &at);
	peer.at = (struct endpoint){ .ip = loopback(1), .port = ntohs(at.sin_port) };
	return peer;
}

static void peer_close(struct peer *peer)
{
	for (size_t i = 0; i < COUNT(peer->fillers); i++) {
		if (peer->fillers[i] > 0)
			close(peer->fillers[i]);
	}
	close(peer->fd);
}

/* ---- who is connected to ---- */

static const struct {
	enum peer_kind peers[3];
	size_t count;
	int64_t timeout_ms, deadline_ms;
	enum tcp_outcome outcome;
	size_t peer;
	int64_t least_ms, most_ms;
} races[] = {
	{ { LISTENS }, 1, 5000, 9000, TCP_OPEN, 0, 0, 240 },
	{ { LISTENS, LISTENS }, 2, 5000, 9000, TCP_OPEN, 0, 0, 240 },
	{ { REFUSES }, 1, 5000, 9000, TCP_REFUSED, 0, 0, 2000 },
	/* who fails is followed at once */
	{ { REFUSES, LISTENS }, 2, 5000, 9000, TCP_OPEN, 1, 0, 240 },
	{ { REFUSES, REFUSES, LISTENS }, 3, 5000, 9000, TCP_OPEN, 2, 0, 240 },
	{ { REFUSES, REFUSES }, 2, 5000, 9000, TCP_REFUSED, 1, 0, 2000 },
	/* RFC 8305 5: who is silent has a head start of 250 ms */
	{ { HANGS, LISTENS }, 2, 5000, 9000, TCP_OPEN, 1, 250, 2000 },
	{ { HANGS }, 1, 40, 9000, TCP_TIMEOUT, 0, 40, 2000 },
	{ { HANGS, LISTENS }, 2, 40, 9000, TCP_TIMEOUT, 0, 40, 2000 },
	{ { HANGS }, 1, 5000, 30, TCP_LATE, 0, 30, 2000 },
	{ { HANGS, HANGS }, 2, 260, 9000, TCP_TIMEOUT, 0, 260, 2000 },
	{ { REFUSES, HANGS }, 2, 40, 9000, TCP_TIMEOUT, 0, 40, 2000 },
};

START_TEST(connects_to_the_first_that_answers)
{
	struct tcp_settings settings = { .timeout_ms = races[_i].timeout_ms };
	struct deadline deadline;
	struct fault fault = { .text = "" };
	struct endpoint ends[3];
	struct peer peers[3];
	struct tcp tcp;

	for (size_t i = 0; i < races[_i].count; i++) {
		peers[i] = peer_open(races[_i].peers[i]);
		ends[i] = peers[i].at;
	}
	deadline = deadline_from(now_us(), races[_i].deadline_ms);
	ck_assert_int_eq(tcp_connect(ends, races[_i].count, &settings, &deadline, &tcp, &fault),
			 races[_i].outcome);
	ck_assert_uint_eq(tcp.peer, races[_i].peer);
	ck_assert_int_eq(tcp.fd >= 0, races[_i].outcome == TCP_OPEN);
	ck_assert_int_eq(fault.text[0] == '\0', races[_i].outcome == TCP_OPEN);
	/* The deadline began a moment before. */
	ck_assert_int_ge(tcp.took_us, races[_i].least_ms * 1000 - 5000);
	ck_assert_int_lt(tcp.took_us, races[_i].most_ms * 1000);
	if (tcp.fd >= 0)
		close(tcp.fd);
	for (size_t i = 0; i < races[_i].count; i++)
		peer_close(&peers[i]);
}
END_TEST

START_TEST(nobody_to_connect_to)
{
	struct tcp_settings settings = { .timeout_ms = 5000 };
	struct deadline deadline = deadline_from(now_us(), 5000);
	struct fault fault = { .text = "" };
	struct tcp tcp;

	ck_assert_int_eq(tcp_connect(NULL, 0, &settings, &deadline, &tcp, &fault), TCP_LOCAL);
	ck_assert_int_eq(tcp.fd, -1);
}
END_TEST

/* Without Nagle's delay, not blocking, and closed by exec. */
START_TEST(a_connection_is_set_up)
{
	struct tcp_settings settings = { .timeout_ms = 5000, .source = loopback(2) };
	struct deadline deadline = deadline_from(now_us(), 5000);
	struct peer peer = peer_open(LISTENS);
	struct sockaddr_in from;
	socklen_t len = sizeof from;
	struct fault fault;
	struct tcp tcp;
	int fd, one = 0;

	ck_assert_int_eq(tcp_connect(&peer.at, 1, &settings, &deadline, &tcp, &fault), TCP_OPEN);
	fd = accept(peer.fd, (struct sockaddr *)&from, &len);
	ck_assert_uint_eq(from.sin_addr.s_addr, htonl(INADDR_LOOPBACK + 1));
	ck_assert_uint_eq(ntohs(from.sin_port), tcp.local.port);
	ck_assert(ip_same(&tcp.local.ip, &settings.source));
	len = sizeof one;
	ck_assert_int_eq(getsockopt(tcp.fd, IPPROTO_TCP, TCP_NODELAY, &one, &len), 0);
	ck_assert_int_ne(one, 0);
	ck_assert_int_eq(recv(tcp.fd, &one, sizeof one, 0), -1);
	close(fd);
	close(tcp.fd);
	peer_close(&peer);
}
END_TEST

/* A source of the other family cannot be used, and one that is not ours neither. */
static const struct ip sources[] = {
	{ 6, { [15] = 1 } },
	{ 4, { 192, 0, 2, 77 } },
};

START_TEST(a_source_must_fit)
{
	struct tcp_settings settings = { .timeout_ms = 5000, .source = sources[_i] };
	struct deadline deadline = deadline_from(now_us(), 5000);
	struct peer peer = peer_open(LISTENS);
	struct fault fault = { .text = "" };
	struct tcp tcp;

	ck_assert_int_eq(tcp_connect(&peer.at, 1, &settings, &deadline, &tcp, &fault), TCP_LOCAL);
	ck_assert_int_eq(tcp.fd, -1);
	ck_assert_str_ne(fault.text, "");
	peer_close(&peer);
}
END_TEST

/* ---- the PROXY protocol ---- */

static size_t first_words(int listener, char *to, size_t size)
{
	int fd = accept(listener, NULL, NULL);
	ssize_t len;

	ck_assert_int_ge(fd, 0);
	len = recv(fd, to, size, 0);
	ck_assert_int_gt(len, 0);
	close(fd);
	return (size_t)len;
}

START_TEST(proxy_v1_says_who_talks_to_whom)
{
	struct tcp_settings settings = { .timeout_ms = 5000, .proxy = TCP_PROXY_V1, .source = loopback(3) };
	struct deadline deadline = deadline_from(now_us(), 5000);
	struct peer peer = peer_open(LISTENS);
	char said[128], wanted[128];
	struct fault fault;
	struct tcp tcp;
	size_t len;

	ck_assert_int_eq(tcp_connect(&peer.at, 1, &settings, &deadline, &tcp, &fault), TCP_OPEN);
	len = first_words(peer.fd, said, sizeof said);
	snprintf(wanted, sizeof wanted, "PROXY TCP4 127.0.0.3 127.0.0.1 %u %u\r\n", tcp.local.port, peer.at.port);
	ck_assert_uint_eq(len, strlen(wanted));
	ck_assert_mem_eq(said, wanted, len);
	close(tcp.fd);
	peer_close(&peer);
}
END_TEST

START_TEST(proxy_v2_says_it_in_bytes)
{
	struct tcp_settings settings = { .timeout_ms = 5000, .proxy = TCP_PROXY_V2, .source = loopback(3) };
	struct deadline deadline = deadline_from(now_us(), 5000);
	struct peer peer = peer_open(LISTENS);
	char said[128], wanted[29] = "\r\n\r\n\0\r\nQUIT\n\x21\x11\0\x0c\x7f\0\0\3\x7f\0\0\1";
	struct fault fault;
	struct tcp tcp;

	ck_assert_int_eq(tcp_connect(&peer.at, 1, &settings, &deadline, &tcp, &fault), TCP_OPEN);
	wanted[24] = (char)(tcp.local.port >> 8);
	wanted[25] = (char)tcp.local.port;
	wanted[26] = (char)(peer.at.port >> 8);
	wanted[27] = (char)peer.at.port;
	ck_assert_uint_eq(first_words(peer.fd, said, sizeof said), 28);
	ck_assert_mem_eq(said, wanted, 28);
	close(tcp.fd);
	peer_close(&peer);
}
END_TEST

/* The same over IPv6, where this machine has it. */
static const struct {
	enum tcp_proxy proxy;
	size_t len;
} proxies[] = { { TCP_PROXY_V1, 0 }, { TCP_PROXY_V2, 52 } };

START_TEST(proxy_knows_ipv6)
{
	struct sockaddr_in6 at = { .sin6_family = AF_INET6, .sin6_addr = IN6ADDR_LOOPBACK_INIT };
	struct tcp_settings settings = { .timeout_ms = 5000, .proxy = proxies[_i].proxy };
	struct deadline deadline = deadline_from(now_us(), 5000);
	struct endpoint end = { .ip = { 6, { [15] = 1 } } };
	char said[128], wanted[128] = "\r\n\r\n\0\r\nQUIT\n\x21\x21\0\x24";
	int listener = socket(AF_INET6, SOCK_STREAM, 0);
	socklen_t size = sizeof at;
	size_t len = proxies[_i].len;
	struct fault fault;
	struct tcp tcp;

	if (listener < 0 || bind(listener, (struct sockaddr *)&at, sizeof at) != 0) {
		close(listener);
		return;
	}
	ck_assert_int_eq(listen(listener, 4), 0);
	getsockname(listener, (struct sockaddr *)&at, &size);
	end.port = ntohs(at.sin6_port);
	ck_assert_int_eq(tcp_connect(&end, 1, &settings, &deadline, &tcp, &fault), TCP_OPEN);
	if (len == 0) {
		len = (size_t)snprintf(wanted, sizeof wanted, "PROXY TCP6 ::1 ::1 %u %u\r\n", tcp.local.port,
				       end.port);
	} else {
		wanted[31] = wanted[47] = 1;
		wanted[48] = (char)(tcp.local.port >> 8);
		wanted[49] = (char)tcp.local.port;
		wanted[50] = (char)(end.port >> 8);
		wanted[51] = (char)end.port;
	}
	ck_assert_uint_eq(first_words(listener, said, sizeof said), len);
	ck_assert_mem_eq(said, wanted, len);
	close(tcp.fd);
	close(listener);
}
END_TEST

/* ---- UNIX sockets ---- */

static const char template[] = "/tmp/mailpath-tcp-XXXXXX";
static char folder[sizeof template];
static char path[sizeof folder + 2];

static void make_folder(void)
{
	memcpy(folder, template, sizeof folder);
	ck_assert_ptr_nonnull(mkdtemp(folder));
	snprintf(path, sizeof path, "%s/s", folder);
}

static void remove_folder(void)
{
	unlink(path);
	rmdir(folder);
}

static int listen_at_path(int backlog)
{
	struct sockaddr_un at = { .sun_family = AF_UNIX };
	int fd = socket(AF_UNIX, SOCK_STREAM, 0);

	strcpy(at.sun_path, path);
	ck_assert_int_eq(bind(fd, (struct sockaddr *)&at, sizeof at), 0);
	ck_assert_int_eq(listen(fd, backlog), 0);
	return fd;
}

/* PROXY has no word for such a peer: UNKNOWN, or LOCAL. */
static const struct {
	enum tcp_proxy proxy;
	const char *said;
	size_t len;
} unknowns[] = {
	{ TCP_PROXY_NONE, "", 0 },
	{ TCP_PROXY_V1, "PROXY UNKNOWN\r\n", 15 },
	{ TCP_PROXY_V2, "\r\n\r\n\0\r\nQUIT\n\x20\0\0\0", 16 },
};

START_TEST(connects_to_a_path)
{
	struct tcp_settings settings = { .timeout_ms = 5000, .proxy = unknowns[_i].proxy };
	struct deadline deadline = deadline_from(now_us(), 5000);
	int listener = listen_at_path(4);
	struct fault fault;
	char said[64];
	struct tcp tcp;

	ck_assert_int_eq(tcp_connect_path(path, &settings, &deadline, &tcp, &fault), TCP_OPEN);
	if (unknowns[_i].len > 0) {
		ck_assert_uint_eq(first_words(listener, said, sizeof said), unknowns[_i].len);
		ck_assert_mem_eq(said, unknowns[_i].said, unknowns[_i].len);
	}
	close(tcp.fd);
	close(listener);
}
END_TEST

START_TEST(a_path_where_nobody_listens)
{
	struct tcp_settings settings = { .timeout_ms = 5000 };
	struct deadline deadline = deadline_from(now_us(), 5000);
	struct fault fault;
	char far[200];
	struct tcp tcp;

	ck_assert_int_eq(tcp_connect_path(path, &settings, &deadline, &tcp, &fault), TCP_REFUSED);
	ck_assert_int_eq(tcp.fd, -1);
	close(listen_at_path(4));
	ck_assert_int_eq(tcp_connect_path(path, &settings, &deadline, &tcp, &fault), TCP_REFUSED);
	snprintf(far, sizeof far, "/tmp/%0150d", 1);
	ck_assert_int_eq(tcp_connect_path(far, &settings, &deadline, &tcp, &fault), TCP_LOCAL);
	ck_assert_ptr_nonnull(strstr(fault.text, "too long"));
}
END_TEST

/* A full queue is waited for. */
START_TEST(a_path_where_nobody_accepts)
{
	struct tcp_settings settings = { .timeout_ms = 30 };
	struct deadline deadline = deadline_from(now_us(), 5000), soon;
	int listener = listen_at_path(0);
	struct fault fault;
	struct tcp first, tcp;

	ck_assert_int_eq(tcp_connect_path(path, &settings, &deadline, &first, &fault), TCP_OPEN);
	ck_assert_int_eq(tcp_connect_path(path, &settings, &deadline, &tcp, &fault), TCP_TIMEOUT);
	settings.timeout_ms = 5000;
	soon = deadline_from(now_us(), 20);
	ck_assert_int_eq(tcp_connect_path(path, &settings, &soon, &tcp, &fault), TCP_LATE);
	ck_assert_int_eq(tcp.fd, -1);
	close(first.fd);
	close(listener);
}
END_TEST

START_TEST(loopback_has_a_route)
{
	struct ip ip = loopback(1);

	ck_assert(tcp_has_route(&ip));
	ck_assert_str_eq(tcp_outcome_word(TCP_REFUSED), "refused");
}
END_TEST

Suite *suite_tcp(void);
Suite *suite_tcp(void)
{
	Suite *suite = suite_create("tcp");
	TCase *tcase = tcase_create("tcp"), *paths = tcase_create("paths");

	ADD_TABLE(tcase, connects_to_the_first_that_answers, races);
	tcase_add_test(tcase, nobody_to_connect_to);
	tcase_add_test(tcase, a_connection_is_set_up);
	ADD_TABLE(tcase, a_source_must_fit, sources);
	tcase_add_test(tcase, proxy_v1_says_who_talks_to_whom);
	tcase_add_test(tcase, proxy_v2_says_it_in_bytes);
	ADD_TABLE(tcase, proxy_knows_ipv6, proxies);
	tcase_add_test(tcase, loopback_has_a_route);
	suite_add_tcase(suite, tcase);
	tcase_add_checked_fixture(paths, make_folder, remove_folder);
	ADD_TABLE(paths, connects_to_a_path, unknowns);
	tcase_add_test(paths, a_path_where_nobody_listens);
	tcase_add_test(paths, a_path_where_nobody_accepts);
	suite_add_tcase(suite, paths);
	return suite;
}
