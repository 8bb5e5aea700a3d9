/* SPDX-License-Identifier: GPL-3.0-or-later */

/* smtpfloor ADDRESS PORT probe|starttls|send|send-tls: the least that such a
 * conversation can cost: what may go in one write goes in one, no write waits for
 * an ACK, and nothing is verified. It looks at the first digit of each reply and at
 * nothing else: something to compare with, no tool. */
#include <arpa/inet.h>
#include <netinet/tcp.h>
#include <openssl/ssl.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

static int fd;
static SSL *tls;

/* Say this, and read until so many replies have come; a refusal is the end. */
static void say(const char *text, int replies)
{
	static char got[4096];
	size_t filled = 0, line = 0;
	int len = (int)strlen(text);

	if (len > 0 && (tls != NULL ? SSL_write(tls, text, len) : (int)write(fd, text, (size_t)len)) != len)
		exit(2);
	while (replies > 0) {
		int more = tls != NULL ? SSL_read(tls, got + filled, (int)(sizeof got - filled))
				       : (int)read(fd, got + filled, sizeof got - filled);

		if (more <= 0)
			exit(2);
		filled += (size_t)more;
		for (char *end; (end = memchr(got + line, '\n', filled - line)) != NULL;
		     line = (size_t)(end + 1 - got)) {
			if (got[line] != '2' && got[line] != '3')
				exit(2);
			replies -= got[line + 3] != '-';
		}
	}
}

static void start_tls(void)
{
	OPENSSL_init_ssl(OPENSSL_INIT_NO_LOAD_CONFIG | OPENSSL_INIT_NO_LOAD_SSL_STRINGS, NULL);
	SSL *session = SSL_new(SSL_CTX_new(TLS_client_method()));

	SSL_set_fd(session, fd);
	if (SSL_connect(session) != 1)
		exit(2);
	tls = session;
}

int main(int argc, char **argv)
{
	struct sockaddr_in to = { .sin_family = AF_INET };
	const char *job = argc == 4 ? argv[3] : "";

	if (argc != 4 || inet_pton(AF_INET, argv[1], &to.sin_addr) != 1)
		return 2;
	to.sin_port = htons((unsigned short)atoi(argv[2]));
	fd = socket(AF_INET, SOCK_STREAM, 0);
	setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &(int){ 1 }, sizeof(int));
	if (connect(fd, (struct sockaddr *)&to, sizeof to) < 0)
		return 2;
	say("", 1);
	say("EHLO probe.test\r\n", 1);
	if (strcmp(job, "starttls") == 0 || strcmp(job, "send-tls") == 0) {
		say("STARTTLS\r\n", 1);
		start_tls();
		say("EHLO probe.test\r\n", 1);
	}
	if (strncmp(job, "send", 4) == 0) {
		say("MAIL FROM:<a@example.test>\r\nRCPT TO:<b@example.test>\r\nDATA\r\n", 3);
		say("From: a@example.test\r\nTo: b@example.test\r\nSubject: a probe\r\n"
		    "Message-ID: <1@probe.test>\r\nDate: Mon, 01 Jan 2024 00:00:00 +0000\r\n\r\n"
		    "A probe.\r\n.\r\nQUIT\r\n", 2);
	} else {
		say("QUIT\r\n", 1);
	}
	puts("done");
	return 0;
}
