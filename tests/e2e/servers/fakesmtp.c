/* SPDX-License-Identifier: GPL-3.0-or-later */

/* fakesmtp: a mail server that says what it is told, and keeps no mail.
 *
 *   fakesmtp SCRIPT
 *
 * Listens on 127.0.0.1, on a free port, which the first line of standard output
 * names. SCRIPT has one line of a reply a line: WORDS, tabs, REPLY. The first line
 * whose WORDS a command begins with answers it, in upper or lower case; as long as
 * a REPLY has a '-' behind its code, the next line belongs to it. "banner" is said
 * first, "." behind the end of a message. SIGTERM ends it.
 */
#include <arpa/inet.h>
#include <err.h>
#include <netinet/tcp.h>
#include <signal.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <sys/socket.h>
#include <unistd.h>

enum { LINES = 200, LINE_SIZE = 2048 };

static struct {
	char *words, *reply;
} script[LINES];
static size_t line_count;

static void read_script(const char *path)
{
	FILE *file = fopen(path, "r");
	char line[LINE_SIZE];
	unsigned number = 0;

	if (file == NULL)
		err(2, "%s", path);
	while (fgets(line, sizeof line, file) != NULL) {
		char *words = strtok(line, "\t\n"), *reply = strtok(NULL, "\n");

		number++;
		if (words == NULL || words[0] == '#')
			continue;
		if (reply != NULL)
			reply += strspn(reply, "\t");
		if (reply == NULL || strlen(reply) < 4 || line_count == LINES)
			errx(2, "%s line %u: no reply, or too many lines", path, number);
		script[line_count].words = strdup(words);
		script[line_count++].reply = strdup(reply);
	}
	fclose(file);
}

/* Say what belongs to the command; its code. */
static int answer(FILE *to, const char *command)
{
	const char *reply = "502 5.5.1 what?";
	size_t at = 0;

	while (at < line_count &&
	       strncasecmp(command, script[at].words, strlen(script[at].words)) != 0)
		at++;
	do {
		if (at < line_count)
			reply = script[at++].reply;
		fprintf(to, "%s\r\n", reply);
	} while (reply[3] == '-' && at < line_count);
	return atoi(reply);
}

static void serve(int fd)
{
	FILE *from = fdopen(fd, "r"), *to = fdopen(dup(fd), "w");
	bool is_message = false, is_over = false;
	char line[LINE_SIZE];

	if (from == NULL || to == NULL)
		return;
	/* Pipelined replies go out one by one: Nagle would hold the second back. */
	setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &(int){ 1 }, sizeof(int));
	answer(to, "banner");
	while (!is_over && fflush(to) == 0 && fgets(line, sizeof line, from) != NULL) {
		line[strcspn(line, "\r\n")] = '\0';
		if (is_message && strcmp(line, ".") != 0)
			continue;
		is_message = answer(to, line) == 354;
		is_over = strcasecmp(line, "QUIT") == 0;
	}
	fclose(to);
	fclose(from);
}

int main(int argc, char **argv)
{
	struct sockaddr_in here = { .sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK) };
	int listener = socket(AF_INET, SOCK_STREAM, 0), fd;
	socklen_t len = sizeof here;

	if (argc != 2)
		errx(2, "usage: fakesmtp SCRIPT");
	read_script(argv[1]);
	if (bind(listener, (struct sockaddr *)&here, len) != 0 || listen(listener, 64) != 0 ||
	    getsockname(listener, (struct sockaddr *)&here, &len) != 0)
		err(2, "127.0.0.1");
	printf("%u\n", ntohs(here.sin_port));
	fflush(stdout);
	signal(SIGCHLD, SIG_IGN);
	while ((fd = accept(listener, NULL, NULL)) >= 0) {
		if (fork() == 0) {
			close(listener);
			serve(fd);
			return 0;
		}
		close(fd);
	}
	err(1, "accept");
}
