/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "net/listeners.h"

#include <netinet/in.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "net/file.h"

enum { TABLE_MAX = 4 << 20, TABLE_MS = 1000 };

static const char listening[] = "0A";

/* So many digits of a number, in upper or lower case. */
static bool read_hex(struct slice digits, uint32_t *number)
{
	*number = 0;
	for (size_t i = 0; i < digits.len; i++) {
		char c = digits.at[i];
		uint32_t digit = c >= '0' && c <= '9' ? (uint32_t)(c - '0') :
				 c >= 'A' && c <= 'F' ? (uint32_t)(c - 'A' + 10) :
				 c >= 'a' && c <= 'f' ? (uint32_t)(c - 'a' + 10) : 16;

		if (digit == 16)
			return false;
		*number = *number << 4 | digit;
	}
	return digits.len > 0;
}

/* "0100007F:0019": words of the address as this machine has them in memory, the port as
 * a number. */
static bool read_address(struct slice word, struct ip *ip, uint32_t *port)
{
	struct slice words;

	if (!slice_split(&word, ':', &words) || (words.len != 8 && words.len != 32) || word.len != 4 ||
	    !read_hex(word, port))
		return false;
	*ip = (struct ip){ .version = words.len == 8 ? 4 : 6 };
	for (size_t i = 0; i < words.len / 8; i++) {
		uint32_t number;

		if (!read_hex((struct slice){ words.at + 8 * i, 8 }, &number))
			return false;
		memcpy(ip->bytes + 4 * i, &number, sizeof number);
	}
	ip_unmap(ip);
	return true;
}

static struct slice next_word(struct slice *line)
{
	struct slice word;

	while (line->len > 0 && line->at[0] == ' ') {
		line->at++;
		line->len--;
	}
	return slice_split(line, ' ', &word) ? word : (struct slice){ "", 0 };
}

size_t listeners_read(struct slice bytes, uint16_t port, struct ip *ips, size_t most)
{
	struct slice line;
	size_t count = 0;

	while (count < most && slice_split(&bytes, '\n', &line)) {
		struct slice local;
		uint32_t at;

		next_word(&line);
		local = next_word(&line);
		next_word(&line);
		if (slice_is(next_word(&line), listening) && read_address(local, &ips[count], &at) && at == port)
			count++;
	}
	return count;
}

size_t listeners_find(uint16_t port, struct ip *ips, size_t most)
{
	static const char *const tables[] = { "/proc/net/tcp", "/proc/net/tcp6" };
	struct deadline deadline = deadline_from(now_us(), TABLE_MS);
	size_t count = 0;

	for (size_t i = 0; i < sizeof tables / sizeof *tables; i++) {
		struct text table = { 0 };
		struct fault fault;

		if (file_read(tables[i], TABLE_MAX, &deadline, &table, &fault))
			count += listeners_read(text_slice(&table), port, ips + count, most - count);
		text_release(&table);
	}
	return count;
}

bool listeners_serves(const struct ip *listener, const struct ip *ip)
{
	static const uint8_t any[sizeof listener->bytes];
	bool is_any = memcmp(listener->bytes, any, sizeof any) == 0;

	/* :: takes IPv4 as well, unless its socket was told not to. */
	return ip_same(listener, ip) || (is_any && (listener->version == ip->version || listener->version == 6));
}

bool listeners_has_address(const struct ip *ip)
{
	struct sockaddr_in v4 = { .sin_family = AF_INET };
	struct sockaddr_in6 v6 = { .sin6_family = AF_INET6 };
	int fd = socket(ip->version == 4 ? AF_INET : AF_INET6, SOCK_DGRAM | SOCK_CLOEXEC, 0);
	bool has;

	if (fd < 0)
		return false;
	memcpy(&v4.sin_addr, ip->bytes, sizeof v4.sin_addr);
	memcpy(&v6.sin6_addr, ip->bytes, sizeof v6.sin6_addr);
	has = (ip->version == 4 ? bind(fd, (struct sockaddr *)&v4, sizeof v4)
				: bind(fd, (struct sockaddr *)&v6, sizeof v6)) == 0;
	close(fd);
	return has;
}
