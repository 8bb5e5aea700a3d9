/* SPDX-License-Identifier: GPL-3.0-or-later */

/* fakedns: a DNS server that says what it is told, and misbehaves as it is told.
 *
 *   fakedns [-a ADDRESS] [-p PORT] [-d MS] [-q LOG] ZONEFILE
 *
 * Answers UDP and TCP on ADDRESS (127.0.0.1) and PORT (0: a free one, which the
 * first line of standard output names), each answer MS milliseconds after its
 * question. LOG gets a line a question: microseconds since the start, udp or
 * tcp, the client's port, the id, the type's number, the name.
 *
 * ZONEFILE, one thing a line; a name that begins with "*." stands for all below:
 *   NAME A|AAAA|TXT|MX|PTR|CNAME|NS|SOA DATA	a record; a CNAME is followed in the answer
 *   NAME !WORD [N]			misbehave so; the words are in the table below
 * The data of SOA are two names: the server, and the contact.
 * A name of which the file knows nothing is NXDOMAIN. SIGTERM ends it.
 */
#include <arpa/inet.h>
#include <err.h>
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

enum {
	A = 1, NS = 2, CNAME = 5, SOA = 6, PTR = 12, MX = 15, TXT = 16, AAAA = 28, OPT = 41,
	HEAD = 12, PACKET_MAX = 65535, CONNECTIONS = 256, HOPS = 8,
	BUCKETS = 1 << 14,
};

enum word {
	NORMAL, DROP, DROP_FIRST, RCODE, DELAY, TRUNCATE, SHUT_TCP, WRONG_ID, OTHER_NAME, LIE,
	GARBAGE, LOOP, HALF, NO_EDNS, SPOOF, RACE, SHORT, REFER, SECURE, TCP_SIZE, TCP_SILENT,
	OTHER_OWNER,
};

static const struct {
	const char *name;
	enum word word;
} words[] = {
	{ "drop", DROP },		/* never answer */
	{ "drop-first", DROP_FIRST },	/* leave the first N questions unanswered */
	{ "rcode", RCODE },		/* answer with code N */
	{ "delay", DELAY },		/* answer after N ms */
	{ "tc", TRUNCATE },		/* truncate over UDP */
	{ "tc-shut", SHUT_TCP },	/* the same, and close TCP connections at once */
	{ "wrong-id", WRONG_ID },	/* answer with another id */
	{ "other-name", OTHER_NAME },	/* answer another question */
	{ "other-owner", OTHER_OWNER },	/* answer with a record of another name */
	{ "lie", LIE },			/* promise one record more than there is */
	{ "garbage", GARBAGE },		/* bytes without sense behind the id */
	{ "loop", LOOP },		/* an owner name that points at itself */
	{ "half", HALF },		/* cut the packet in its middle */
	{ "no-edns", NO_EDNS },		/* FORMERR to a question with EDNS */
	{ "spoof", SPOOF },		/* answer from another port */
	{ "race", RACE },		/* first a listing with a wrong id, then the answer */
	{ "short", SHORT },		/* do not follow a CNAME in the answer */
	{ "refer", REFER },		/* refer to other servers */
	{ "secure", SECURE },		/* set the AD bit */
	{ "tcp-size", TCP_SIZE },	/* truncate, and by TCP send N bytes of the answer */
	{ "tcp-silent", TCP_SILENT },	/* truncate, and by TCP say nothing */
};

struct record {
	struct record *next;
	unsigned type;
	size_t len;
	uint8_t data[];
};

struct name {
	struct name *next;
	struct record *records, **tail;
	enum word word;
	unsigned number, seen;
	char text[];
};

struct connection {
	int fd;
	size_t have;
	uint8_t bytes[2 + PACKET_MAX];
};

/* An answer that waits for its time; the list is sorted by it. */
struct pending {
	struct pending *next;
	int64_t due_us;
	int fd;				/* a connection's, or the UDP socket's */
	struct sockaddr_storage to;
	socklen_t to_len;		/* 0: TCP */
	size_t len;
	uint8_t bytes[];
};

static struct {
	struct name *names[BUCKETS];
	struct pending *first, *last;
	struct connection *connections[CONNECTIONS];
	int udp, tcp, other_udp;
	int64_t begun_us;
	unsigned delay_ms;
	FILE *log;
} server;

static volatile sig_atomic_t is_over;

static int64_t now_us(void)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	return (int64_t)now.tv_sec * 1000000 + now.tv_nsec / 1000;
}

/* ---- the zone ---- */

static struct name **bucket_of(const char *text)
{
	uint32_t hash = 5381;

	for (; *text != '\0'; text++)
		hash = hash * 33 + (unsigned char)*text;
	return &server.names[hash % BUCKETS];
}

static struct name *find_exact(const char *text)
{
	struct name *name = *bucket_of(text);

	while (name != NULL && strcmp(name->text, text) != 0)
		name = name->next;
	return name;
}

/* The name itself, or the nearest wildcard above it. */
static struct name *find(const char *text)
{
	struct name *name = find_exact(text);
	char wild[300];

	for (const char *dot = strchr(text, '.'); name == NULL && dot != NULL;
	     dot = strchr(dot + 1, '.')) {
		snprintf(wild, sizeof wild, "*%s", dot);
		name = find_exact(wild);
	}
	return name != NULL ? name : find_exact("*");
}

static size_t put_name(uint8_t *to, const char *text)
{
	size_t at = 0;

	while (*text != '\0' && strcmp(text, ".") != 0) {
		size_t len = strcspn(text, ".");

		to[at++] = (uint8_t)len;
		memcpy(to + at, text, len);
		at += len;
		text += len + (text[len] == '.');
	}
	to[at++] = 0;
	return at;
}

static void put16(uint8_t *to, unsigned value)
{
	to[0] = (uint8_t)(value >> 8);
	to[1] = (uint8_t)value;
}

static size_t encode(unsigned type, char *data, uint8_t *to)
{
	size_t at = 0, len = strlen(data);

	switch (type) {
	case A:
		return inet_pton(AF_INET, data, to) == 1 ? 4 : 0;
	case AAAA:
		return inet_pton(AF_INET6, data, to) == 1 ? 16 : 0;
	case MX:
		put16(to, (unsigned)atoi(data));
		return 2 + put_name(to + 2, data + strcspn(data, " ") + 1);
	case TXT:
		do {
			size_t part = len < 255 ? len : 255;

			to[at++] = (uint8_t)part;
			memcpy(to + at, data, part);
			at += part;
			data += part;
			len -= part;
		} while (len > 0);
		return at;
	case SOA:
		at = put_name(to, strtok(data, " \t"));
		at += put_name(to + at, strtok(NULL, " \t"));
		memset(to + at, 0, 20);		/* serial, times and the TTL of what is not there */
		return at + 20;
	default:
		return put_name(to, data);
	}
}

static void add_line(const char *path, unsigned number, char *line)
{
	static const struct { const char *name; unsigned type; } types[] = {
		{ "A", A }, { "AAAA", AAAA }, { "TXT", TXT }, { "MX", MX }, { "PTR", PTR }, { "CNAME", CNAME },
		{ "NS", NS }, { "SOA", SOA },
	};
	char *owner = strtok(line, " \t\r\n"), *what = strtok(NULL, " \t\r\n"), *data;
	uint8_t bytes[PACKET_MAX];
	struct record *record;
	struct name *name;
	size_t len;

	if (owner == NULL || owner[0] == '#')
		return;
	if (what == NULL)
		errx(2, "%s line %u: only a name", path, number);
	data = strtok(NULL, "\r\n");
	name = find_exact(owner);
	if (name == NULL) {
		name = calloc(1, sizeof *name + strlen(owner) + 1);
		strcpy(name->text, owner);
		name->tail = &name->records;
		name->next = *bucket_of(owner);
		*bucket_of(owner) = name;
	}
	if (what[0] == '!') {
		for (size_t i = 0; i < sizeof words / sizeof *words; i++) {
			if (strcmp(what + 1, words[i].name) == 0)
				name->word = words[i].word;
		}
		if (name->word == NORMAL)
			errx(2, "%s line %u: no word %s", path, number, what);
		name->number = data != NULL ? (unsigned)atoi(data) : 0;
		return;
	}
	for (size_t i = 0; i < sizeof types / sizeof *types; i++) {
		if (strcmp(what, types[i].name) != 0 || data == NULL)
			continue;
		len = encode(types[i].type, data, bytes);
		record = malloc(sizeof *record + len);
		*record = (struct record){ NULL, types[i].type, len };
		memcpy(record->data, bytes, len);
		*name->tail = record;
		name->tail = &record->next;
		return;
	}
	errx(2, "%s line %u: no record", path, number);
}

static void read_zone(const char *path)
{
	FILE *file = fopen(path, "r");
	static char line[PACKET_MAX];
	unsigned number = 0;

	if (file == NULL)
		err(2, "%s", path);
	while (fgets(line, sizeof line, file) != NULL)
		add_line(path, ++number, line);
	fclose(file);
}

/* ---- answers ---- */

struct question {
	const uint8_t *bytes;
	size_t end;		/* of the question section */
	unsigned id, type;
	bool has_edns, is_tcp;
	char name[300];
};

static bool parse(const uint8_t *bytes, size_t len, struct question *question)
{
	size_t at = HEAD, out = 0;

	if (len < HEAD + 5 || (bytes[2] & 0x80) != 0 || bytes[5] != 1)
		return false;
	while (at < len && bytes[at] != 0) {
		size_t part = bytes[at++];

		if (part > 63 || at + part >= len || out + part + 2 > sizeof question->name)
			return false;
		for (size_t i = 0; i < part; i++, at++)
			question->name[out++] = (char)(bytes[at] >= 'A' && bytes[at] <= 'Z'
							       ? bytes[at] + 32 : bytes[at]);
		question->name[out++] = '.';
	}
	question->name[out > 0 ? out - 1 : 0] = '\0';
	if (at + 5 > len)
		return false;
	question->bytes = bytes;
	question->type = (unsigned)(bytes[at + 1] << 8 | bytes[at + 2]);
	question->end = at + 5;
	question->id = (unsigned)(bytes[0] << 8 | bytes[1]);
	question->has_edns = bytes[11] > 0;
	return true;
}

static size_t put_record(uint8_t *to, unsigned owner, unsigned type, const void *data, size_t len)
{
	put16(to, 0xc000 | owner);
	put16(to + 2, type);
	put16(to + 4, 1);
	put16(to + 6, 0);
	put16(to + 8, 60);
	put16(to + 10, (unsigned)len);
	memcpy(to + 12, data, len);
	return 12 + len;
}

/* The records of the name, and of where its aliases lead. */
static size_t put_answer(const struct question *question, const struct name *name, uint8_t *packet,
			 unsigned *count, unsigned *rcode)
{
	size_t at = question->end;
	unsigned owner = HEAD;

	for (int hop = 0; name != NULL && hop < HOPS; hop++) {
		const struct record *alias = NULL;
		char target[300] = "";
		size_t out = 0;

		for (const struct record *record = name->records; record; record = record->next) {
			if (record->type != question->type && record->type != CNAME)
				continue;
			if (at + record->len + 12 > PACKET_MAX - 100)
				break;
			if (record->type == CNAME)
				alias = record;
			at += put_record(packet + at, owner, record->type, record->data, record->len);
			++*count;
		}
		if (alias == NULL || question->type == CNAME || name->word == SHORT)
			return at;
		owner = (unsigned)(at - alias->len);
		for (const uint8_t *c = alias->data; *c != 0; c += *c + 1) {
			memcpy(target + out, c + 1, *c);
			out += *c;
			target[out++] = '.';
		}
		target[out > 0 ? out - 1 : 0] = '\0';
		name = find(target);
		if (name == NULL)
			*rcode = 3;
	}
	return at;
}

static size_t answer(const struct question *question, struct name *name, uint8_t *packet)
{
	unsigned count = 0, authority = 0, rcode = name == NULL ? 3 : 0;
	enum word word = name != NULL ? name->word : NORMAL;
	size_t at = question->end;

	memcpy(packet, question->bytes, question->end);
	packet[2] = 0x84 | (packet[2] & 0x01);
	packet[3] = word == SECURE ? 0xa0 : 0x80;
	if (word == RCODE)
		rcode = name->number;
	else if (word == NO_EDNS && question->has_edns)
		rcode = 1;
	else
		at = put_answer(question, name, packet, &count, &rcode);
	if (word == REFER) {
		packet[2] &= (uint8_t)~0x04;
		packet[3] = 0;
		at = question->end;
		count = 0;
		authority = 1;
		at += put_record(packet + at, HEAD, NS, "\2ns\0", 4);
	}
	if (word == OTHER_OWNER) {
		/* The parent's name: one label further into the question. */
		count = 1;
		at = question->end + put_record(packet + question->end,
						HEAD + 1u + packet[HEAD], A, "\x7f\0\0\2", 4);
	}
	if (word == LOOP) {
		put16(packet + question->end, 0xc000 | (unsigned)question->end);
		count = 1;
	}
	packet[3] |= (uint8_t)rcode;
	put16(packet + 6, count + (word == LIE));
	put16(packet + 8, authority);
	put16(packet + 10, 0);
	if (!question->is_tcp && (word == TRUNCATE || word == SHUT_TCP || word == TCP_SIZE ||
				  word == TCP_SILENT || at > 1232)) {
		packet[2] |= 0x02;
		put16(packet + 6, 0);
		at = question->end;
	}
	if (word == WRONG_ID || word == RACE)
		put16(packet, question->id ^ 0x5555);
	if (word == OTHER_NAME)
		packet[HEAD + 1] = packet[HEAD + 1] == 'z' ? 'y' : 'z';
	if (word == HALF)
		at = at / 2;
	for (size_t i = 2; word == GARBAGE && i < at; i++)
		packet[i] = (uint8_t)(0xc0 | (i * 37 & 0x3f));
	return at;
}

/* ---- sending ---- */

static void send_one(const struct pending *pending)
{
	uint8_t prefixed[2 + PACKET_MAX];

	if (pending->to_len > 0) {
		sendto(pending->fd, pending->bytes, pending->len, 0,
		       (const struct sockaddr *)&pending->to, pending->to_len);
		return;
	}
	put16(prefixed, (unsigned)pending->len);
	memcpy(prefixed + 2, pending->bytes, pending->len);
	send(pending->fd, prefixed, pending->len + 2, MSG_NOSIGNAL);
}

static void queue(struct pending *pending)
{
	struct pending **place = &server.first;

	if (server.last != NULL && server.last->due_us <= pending->due_us)
		place = &server.last->next;
	while (*place != NULL && (*place)->due_us <= pending->due_us)
		place = &(*place)->next;
	pending->next = *place;
	*place = pending;
	if (pending->next == NULL)
		server.last = pending;
}

static void send_due(void)
{
	while (server.first != NULL && server.first->due_us <= now_us()) {
		struct pending *pending = server.first;

		server.first = pending->next;
		if (server.first == NULL)
			server.last = NULL;
		send_one(pending);
		free(pending);
	}
}

static void send_later(const uint8_t *packet, size_t len, int fd, const struct sockaddr_storage *to,
		       socklen_t to_len, unsigned delay_ms)
{
	struct pending *pending = calloc(1, sizeof *pending + len);

	pending->due_us = now_us() + (int64_t)delay_ms * 1000;
	pending->fd = fd;
	if (to_len > 0)
		pending->to = *to;
	pending->to_len = to_len;
	pending->len = len;
	memcpy(pending->bytes, packet, len);
	if (delay_ms > 0) {
		queue(pending);
		return;
	}
	send_one(pending);
	free(pending);
}

/* ---- questions ---- */

static unsigned port_of(const struct sockaddr_storage *from)
{
	/* The port is at the same place in both kinds of address. */
	return ntohs(((const struct sockaddr_in *)from)->sin_port);
}

static void serve(const uint8_t *bytes, size_t len, int fd, const struct sockaddr_storage *from,
		  socklen_t from_len)
{
	static uint8_t packet[PACKET_MAX + 1];
	struct question question = { .is_tcp = from_len == 0 };
	struct name *name;
	enum word word;
	unsigned delay_ms = server.delay_ms;

	if (!parse(bytes, len, &question))
		return;
	if (server.log != NULL) {
		fprintf(server.log, "%lld %s %u %u %u %s\n", (long long)(now_us() - server.begun_us),
			question.is_tcp ? "tcp" : "udp", question.is_tcp ? 0 : port_of(from),
			question.id, question.type, question.name);
		fflush(server.log);
	}
	name = find(question.name);
	word = name != NULL ? name->word : NORMAL;
	if (word == DROP || (word == TCP_SILENT && question.is_tcp) || (word == DROP_FIRST && name->seen++ < name->number))
		return;
	if (word == DELAY)
		delay_ms = name->number;
	len = answer(&question, name, packet);
	if (word == RACE) {
		/* The liar is faster than the truth. */
		put16(packet + 6, 1);
		len = question.end + put_record(packet + question.end, HEAD, A, "\x7f\0\0\2", 4);
		packet[3] &= 0xf0;
		send_later(packet, len, fd, from, from_len, 0);
		name->word = NORMAL;
		len = answer(&question, name, packet);
		name->word = RACE;
	}
	if (word == TCP_SIZE && question.is_tcp && name->number < len)
		len = name->number;
	if (word == SPOOF && from_len > 0)
		fd = server.other_udp;
	send_later(packet, len, fd, from, from_len, delay_ms);
}

static void read_udp(void)
{
	for (int i = 0; i < 256; i++) {
		struct sockaddr_storage from;
		socklen_t from_len = sizeof from;
		uint8_t bytes[4096];
		ssize_t got = recvfrom(server.udp, bytes, sizeof bytes, MSG_DONTWAIT,
				       (struct sockaddr *)&from, &from_len);

		if (got < 0)
			return;
		serve(bytes, (size_t)got, server.udp, &from, from_len);
	}
}

static void close_connection(struct connection **place)
{
	for (struct pending *pending = server.first; pending != NULL; pending = pending->next) {
		if (pending->to_len == 0 && pending->fd == (*place)->fd)
			pending->fd = -1;
	}
	close((*place)->fd);
	free(*place);
	*place = NULL;
}

static void read_tcp(struct connection **place)
{
	struct connection *connection = *place;
	ssize_t got = recv(connection->fd, connection->bytes + connection->have,
			   sizeof connection->bytes - connection->have, MSG_DONTWAIT);
	struct question question;
	size_t len;

	if (got <= 0) {
		close_connection(place);
		return;
	}
	connection->have += (size_t)got;
	if (connection->have < 2)
		return;
	len = (size_t)(connection->bytes[0] << 8 | connection->bytes[1]);
	if (connection->have < len + 2)
		return;
	if (parse(connection->bytes + 2, len, &question)) {
		const struct name *name = find(question.name);

		if (name != NULL && name->word == SHUT_TCP) {
			close_connection(place);
			return;
		}
	}
	serve(connection->bytes + 2, len, connection->fd, NULL, 0);
	connection->have = 0;
}

static void accept_one(void)
{
	int fd = accept(server.tcp, NULL, NULL);

	for (size_t i = 0; fd >= 0 && i < CONNECTIONS; i++) {
		if (server.connections[i] == NULL) {
			server.connections[i] = calloc(1, sizeof *server.connections[i]);
			server.connections[i]->fd = fd;
			return;
		}
	}
	close(fd);
}

/* ---- the server ---- */

static int bind_to(int type, const char *address, unsigned *port)
{
	struct sockaddr_in6 v6 = { .sin6_family = AF_INET6, .sin6_port = htons((uint16_t)*port) };
	struct sockaddr_in v4 = { .sin_family = AF_INET, .sin_port = htons((uint16_t)*port) };
	bool is_v6 = inet_pton(AF_INET6, address, &v6.sin6_addr) == 1;
	struct sockaddr *to = is_v6 ? (struct sockaddr *)&v6 : (struct sockaddr *)&v4;
	socklen_t len = is_v6 ? sizeof v6 : sizeof v4;
	int fd = socket(is_v6 ? AF_INET6 : AF_INET, type | SOCK_CLOEXEC, 0), one = 1, big = 4 << 20;
	struct sockaddr_storage bound;

	if (!is_v6 && inet_pton(AF_INET, address, &v4.sin_addr) != 1)
		errx(2, "%s is no address", address);
	setsockopt(fd, SOL_SOCKET, type == SOCK_STREAM ? SO_REUSEADDR : SO_RCVBUF,
		   type == SOCK_STREAM ? &one : &big, sizeof one);
	if (bind(fd, to, len) != 0 || (type == SOCK_STREAM && listen(fd, 64) != 0)) {
		close(fd);
		return -1;
	}
	len = sizeof bound;
	getsockname(fd, (struct sockaddr *)&bound, &len);
	*port = port_of(&bound);
	return fd;
}

/* The same port for UDP and TCP; a free one may be free for one of them only. */
static void bind_both(const char *address, unsigned port)
{
	for (int tries = port == 0 ? 50 : 1; tries > 0; tries--) {
		unsigned chosen = port;

		server.udp = bind_to(SOCK_DGRAM, address, &chosen);
		server.tcp = bind_to(SOCK_STREAM, address, &chosen);
		if (server.udp >= 0 && server.tcp >= 0) {
			printf("%u\n", chosen);
			fflush(stdout);
			return;
		}
		close(server.udp);
		close(server.tcp);
	}
	err(2, "%s port %u", address, port);
}

static void stop(int signal_number)
{
	(void)signal_number;
	is_over = 1;
}

static void turn(void)
{
	struct pollfd polls[2 + CONNECTIONS] = { { server.udp, POLLIN, 0 }, { server.tcp, POLLIN, 0 } };
	struct connection **places[2 + CONNECTIONS];
	nfds_t count = 2;
	int wait_ms = -1;

	for (size_t i = 0; i < CONNECTIONS; i++) {
		if (server.connections[i] == NULL)
			continue;
		places[count] = &server.connections[i];
		polls[count++] = (struct pollfd){ server.connections[i]->fd, POLLIN, 0 };
	}
	if (server.first != NULL) {
		int64_t left_us = server.first->due_us - now_us();

		wait_ms = left_us > 0 ? (int)((left_us + 999) / 1000) : 0;
	}
	if (poll(polls, count, wait_ms) > 0) {
		if (polls[0].revents != 0)
			read_udp();
		if (polls[1].revents != 0)
			accept_one();
		for (nfds_t i = 2; i < count; i++) {
			if (polls[i].revents != 0)
				read_tcp(places[i]);
		}
	}
	send_due();
}

int main(int argc, char **argv)
{
	struct sigaction action = { .sa_handler = stop };
	const char *address = "127.0.0.1";
	unsigned port = 0, other = 0;
	int letter;

	while ((letter = getopt(argc, argv, "a:p:d:q:")) != -1) {
		switch (letter) {
		case 'a': address = optarg; break;
		case 'p': port = (unsigned)atoi(optarg); break;
		case 'd': server.delay_ms = (unsigned)atoi(optarg); break;
		case 'q':
			server.log = fopen(optarg, "w");
			if (server.log == NULL)
				err(2, "%s", optarg);
			break;
		default: return 2;
		}
	}
	if (optind + 1 != argc)
		errx(2, "usage: fakedns [-a ADDRESS] [-p PORT] [-d MS] [-q LOG] ZONEFILE");
	read_zone(argv[optind]);
	sigaction(SIGTERM, &action, NULL);
	sigaction(SIGINT, &action, NULL);
	server.begun_us = now_us();
	bind_both(address, port);
	server.other_udp = bind_to(SOCK_DGRAM, address, &other);
	while (!is_over)
		turn();
	return 0;
}
