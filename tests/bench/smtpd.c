/* SPDX-License-Identifier: GPL-3.0-or-later */

/* smtpd PORT DELAY LOG [CERT KEY]: a mail server whose replies take DELAY ms, and
 * which counts how often a client waits. It listens on every address, offers
 * PIPELINING, SIZE and 8BITMIME, and STARTTLS (TLS 1.3) where it has a
 * certificate, keeps no mail, and says "ready" on standard output.
 *
 * Whatever it sends, the banner and the flights of a handshake included, goes out
 * DELAY ms after that came in which it answers: commands in one write cost one
 * delay, and a client that sends them one by one waits once for each.
 *
 * LOG gets a line a connection when that ends: turns, bytes in, bytes out, 1 if in
 * TLS, EHLOs and HELOs, messages taken, 1 if it said QUIT, 1 if it did not wait where it must.
 * A turn is a burst of bytes from the client that was answered, and that began
 * after bytes of ours: the fewest are 2 for EHLO and QUIT, 3 with a message, and 3
 * more with STARTTLS. Alerts that end TLS are not answered, and no turn. */
#include <arpa/inet.h>
#include <netinet/tcp.h>
#include <openssl/err.h>
#include <openssl/ssl.h>
#include <poll.h>
#include <signal.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

enum { CONNECTIONS = 64, LINE = 1024, WAITING = 1 << 16, CHUNKS = 64 };

struct connection {
	int fd;
	SSL *tls;				/* NULL in clear */
	char line[LINE];
	size_t filled;
	unsigned char waiting[WAITING];		/* bytes to send, in chunks */
	struct {
		size_t end;
		long long due_us;
	} chunks[CHUNKS];
	size_t sent, count;
	bool counted;				/* the burst that now comes in is in `turns` */
	bool alone;				/* nothing may come before we have replied */
	bool in_data, starttls, leaving, early, quit;
	int recipients, turns, hellos, messages;
	long long in, out;
};

static struct connection *connections[CONNECTIONS];
static long long delay_us;
static FILE *log_file;
static SSL_CTX *context;

static long long now_us(void)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	return (long long)now.tv_sec * 1000000 + now.tv_nsec / 1000;
}

static void end(struct connection **slot)
{
	struct connection *c = *slot;

	fprintf(log_file, "%d %lld %lld %d %d %d %d %d\n", c->turns, c->in, c->out,
		c->tls != NULL && SSL_is_init_finished(c->tls),
		c->hellos, c->messages, c->quit, c->early);
	fflush(log_file);
	SSL_free(c->tls);
	close(c->fd);
	free(c);
	*slot = NULL;
}

/* Let bytes wait for their time. */
static void queue(struct connection *c, const void *bytes, size_t len)
{
	size_t begin = c->count > 0 ? c->chunks[c->count - 1].end : 0;

	if (len == 0 || begin + len > WAITING || c->count == CHUNKS) {
		c->leaving |= len > 0;
		return;
	}
	memcpy(c->waiting + begin, bytes, len);
	c->chunks[c->count].end = begin + len;
	c->chunks[c->count++].due_us = now_us() + delay_us;
	c->turns += !c->counted;
	c->counted = true;
}

/* Send what is due. */
static void flush(struct connection *c)
{
	size_t due = 0;
	long long now = now_us();
	ssize_t done;

	while (due < c->count && c->chunks[due].due_us <= now)
		due++;
	if (due == 0)
		return;
	done = send(c->fd, c->waiting + c->sent, c->chunks[due - 1].end - c->sent, MSG_NOSIGNAL);
	if (done < 0) {
		c->leaving = true;
		return;
	}
	c->out += done;
	c->sent += (size_t)done;
	c->counted = false;
	if (c->sent < c->chunks[due - 1].end)
		return;			/* the rest is due still */
	memmove(c->chunks, c->chunks + due, (c->count -= due) * sizeof *c->chunks);
	if (c->count == 0) {
		c->sent = 0;
		c->alone = false;
	}
}

static bool is(const char *line, const char *verb)
{
	return strncasecmp(line, verb, strlen(verb)) == 0;
}

/* One line of the client; returns what we say to it. */
static const char *line_came(struct connection *c, const char *line)
{
	if (c->in_data) {
		if (strcmp(line, ".") != 0)
			return "";
		c->in_data = false;
		c->messages++;
		return "250 2.0.0 taken, and forgotten\r\n";
	}
	if (is(line, "HELO ")) {
		c->hellos++;
		c->alone = true;
		return "250 mx.test\r\n";
	}
	if (is(line, "EHLO ")) {
		c->hellos++;
		c->alone = true;
		if (context != NULL && c->tls == NULL)
			return "250-mx.test\r\n250-PIPELINING\r\n250-SIZE 10485760\r\n"
			       "250-STARTTLS\r\n250 8BITMIME\r\n";
		return "250-mx.test\r\n250-PIPELINING\r\n250-SIZE 10485760\r\n250 8BITMIME\r\n";
	}
	if (is(line, "MAIL FROM:")) {
		c->recipients = 0;
		return "250 2.1.0 fine\r\n";
	}
	if (is(line, "RCPT TO:")) {
		c->recipients++;
		return "250 2.1.5 fine\r\n";
	}
	if (is(line, "DATA")) {
		c->alone = true;
		c->in_data = c->recipients > 0;
		return c->in_data ? "354 go ahead\r\n" : "503 5.5.1 to whom?\r\n";
	}
	if (is(line, "STARTTLS") && context != NULL && c->tls == NULL) {
		c->alone = c->starttls = true;
		return "220 2.0.0 go ahead\r\n";
	}
	if (is(line, "QUIT")) {
		c->alone = c->quit = true;
		return "221 2.0.0 good bye\r\n";
	}
	if (is(line, "RSET") || is(line, "NOOP"))
		return "250 2.0.0 fine\r\n";
	return "502 5.5.1 not here\r\n";
}

/* Text came, in clear or out of TLS. What must wait for a reply (RFC 2920 section
 * 3.1: all that follows EHLO, DATA and STARTTLS; and everything for the banner) and
 * did not is `early`, and the end. */
static void text_came(struct connection *c, const char *text, size_t len)
{
	char to[8 * LINE] = "";

	for (size_t i = 0; i < len && !c->quit && !c->early; i++) {
		c->early = c->alone;
		if (text[i] != '\n') {
			if (c->filled < LINE - 1)
				c->line[c->filled++] = text[i];
			continue;
		}
		if (c->filled > 0 && c->line[c->filled - 1] == '\r')
			c->filled--;
		c->line[c->filled] = '\0';
		c->filled = 0;
		strncat(to, line_came(c, c->line), sizeof to - strlen(to) - 1);
	}
	if (c->tls == NULL)
		queue(c, to, strlen(to));
	else if (to[0] != '\0')
		SSL_write(c->tls, to, (int)strlen(to));
	if (c->tls != NULL && c->quit)
		SSL_shutdown(c->tls);
	c->leaving |= c->early;
}

static void bytes_came(struct connection *c, const char *bytes, size_t len)
{
	char text[1 << 14];
	unsigned char *made;
	int got;

	c->in += (long long)len;
	if (c->starttls && c->tls == NULL) {
		c->tls = SSL_new(context);
		SSL_set_bio(c->tls, BIO_new(BIO_s_mem()), BIO_new(BIO_s_mem()));
		SSL_set_accept_state(c->tls);
	}
	if (c->tls == NULL) {
		text_came(c, bytes, len);
		return;
	}
	c->early |= c->starttls && c->alone;
	c->leaving |= c->early;
	c->starttls = false;
	BIO_write(SSL_get_rbio(c->tls), bytes, (int)len);
	while ((got = SSL_read(c->tls, text, sizeof text)) > 0)
		text_came(c, text, (size_t)got);
	if (SSL_get_error(c->tls, got) == SSL_ERROR_SSL) {
		ERR_print_errors_fp(stderr);
		c->leaving = true;
	}
	len = (size_t)BIO_get_mem_data(SSL_get_wbio(c->tls), &made);
	queue(c, made, len);
	(void)BIO_reset(SSL_get_wbio(c->tls));
}

static void begin(int fd)
{
	static const char banner[] = "220 mx.test ESMTP\r\n";
	size_t i = 0;

	while (i < CONNECTIONS && connections[i] != NULL)
		i++;
	if (fd < 0 || i == CONNECTIONS || (connections[i] = calloc(1, sizeof **connections)) == NULL) {
		close(fd);
		return;
	}
	connections[i]->fd = fd;
	connections[i]->alone = connections[i]->counted = true;	/* the banner answers nothing */
	setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &(int){ 1 }, sizeof(int));
	queue(connections[i], banner, sizeof banner - 1);
}

static void serve(struct connection **slot, bool readable)
{
	struct connection *c = *slot;
	char bytes[1 << 14];

	if (readable) {
		ssize_t got = recv(c->fd, bytes, sizeof bytes, MSG_DONTWAIT);

		if (got > 0)
			bytes_came(c, bytes, (size_t)got);
		else
			c->leaving = true;
	}
	flush(c);
	/* After QUIT the client has the word and the server ends, as servers do. */
	if (c->leaving || (c->quit && c->count == 0))
		end(slot);
}

static bool load(const char *certificate, const char *key)
{
	context = SSL_CTX_new(TLS_server_method());
	return context != NULL && SSL_CTX_set_min_proto_version(context, TLS1_3_VERSION) == 1 &&
	       SSL_CTX_use_certificate_chain_file(context, certificate) == 1 &&
	       SSL_CTX_use_PrivateKey_file(context, key, SSL_FILETYPE_PEM) == 1;
}

int main(int argc, char **argv)
{
	struct sockaddr_in here = { .sin_family = AF_INET };
	int fd = socket(AF_INET, SOCK_STREAM, 0);

	if (argc != 4 && argc != 6)
		return 2;
	here.sin_port = htons((unsigned short)atoi(argv[1]));
	delay_us = atoll(argv[2]) * 1000;
	log_file = fopen(argv[3], "we");
	if (log_file == NULL || (argc == 6 && !load(argv[4], argv[5])))
		return 2;
	/* So that another socket can take this port on one address, and be dead there. */
	setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &(int){ 1 }, sizeof(int));
	setsockopt(fd, SOL_SOCKET, SO_REUSEPORT, &(int){ 1 }, sizeof(int));
	if (bind(fd, (struct sockaddr *)&here, sizeof here) < 0 || listen(fd, CONNECTIONS) < 0)
		return 2;
	puts("ready");
	fflush(stdout);
	for (;;) {
		struct pollfd ready[CONNECTIONS + 1];
		struct timespec wait = { 3600, 0 };
		long long next = -1, now = now_us();

		for (size_t i = 0; i < CONNECTIONS; i++) {
			struct connection *c = connections[i];

			ready[i] = (struct pollfd){ c != NULL ? c->fd : -1, POLLIN, 0 };
			if (c != NULL && c->count > 0 && (next < 0 || c->chunks[0].due_us < next))
				next = c->chunks[0].due_us;
		}
		ready[CONNECTIONS] = (struct pollfd){ fd, POLLIN, 0 };
		if (next >= 0) {
			next = next > now ? next - now : 0;
			wait = (struct timespec){ next / 1000000, next % 1000000 * 1000 };
		}
		if (ppoll(ready, CONNECTIONS + 1, &wait, NULL) < 0)
			return 2;
		for (size_t i = 0; i < CONNECTIONS; i++) {
			if (connections[i] != NULL)
				serve(&connections[i], ready[i].revents != 0);
		}
		if (ready[CONNECTIONS].revents != 0)
			begin(accept4(fd, NULL, NULL, SOCK_CLOEXEC));
	}
}
