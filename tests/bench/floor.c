/* SPDX-License-Identifier: GPL-3.0-or-later */

/* floor ADDRESS PORT < QUESTIONS: the least that asking many questions at once
 * can cost: one socket, a bare loop of send, and poll until the last answer. A
 * question is a line, NAME [TYPE] (a number; 1, an address); an empty line waits
 * for the answers to those above. It judges nothing and asks nothing twice:
 * something to compare with, no tool. */
#include <arpa/inet.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>

static int asked, answered, found;

static void ask(int fd, char *line)
{
	unsigned char packet[350] = { (unsigned char)(asked >> 8), (unsigned char)asked, 1, 0, 0, 1 };
	char *name = strtok(line, " "), *type = strtok(NULL, " ");
	size_t at = 12;

	for (char *label = strtok(name, "."); label != NULL; label = strtok(NULL, ".")) {
		size_t len = strlen(label);

		packet[at++] = (unsigned char)len;
		memcpy(packet + at, label, len);
		at += len;
	}
	packet[at + 2] = (unsigned char)(type != NULL ? atoi(type) : 1);
	packet[at + 4] = 1;
	send(fd, packet, at + 5, 0);
	asked++;
}

static void wait_for_all(int fd)
{
	struct pollfd ready = { fd, POLLIN, 0 };
	unsigned char packet[4096];

	while (answered < asked && poll(&ready, 1, 5000) > 0) {
		while (recv(fd, packet, sizeof packet, MSG_DONTWAIT) > 12) {
			answered++;
			found += packet[7] > 0;
		}
	}
}

int main(int argc, char **argv)
{
	struct sockaddr_in to = { .sin_family = AF_INET };
	int fd = socket(AF_INET, SOCK_DGRAM, 0), big = 1 << 20;
	char line[300];

	if (argc != 3 || inet_pton(AF_INET, argv[1], &to.sin_addr) != 1)
		return 2;
	to.sin_port = htons((unsigned short)atoi(argv[2]));
	if (connect(fd, (struct sockaddr *)&to, sizeof to) != 0)
		return 2;
	setsockopt(fd, SOL_SOCKET, SO_RCVBUF, &big, sizeof big);
	while (fgets(line, sizeof line, stdin) != NULL) {
		line[strcspn(line, "\n")] = '\0';
		if (line[0] != '\0')
			ask(fd, line);
		else
			wait_for_all(fd);
	}
	wait_for_all(fd);
	printf("%d asked, %d answered, %d found\n", asked, answered, found);
	return 0;
}
