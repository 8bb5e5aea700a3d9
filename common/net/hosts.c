/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "net/hosts.h"

#include "net/file.h"

enum { FILE_MAX = 4 << 20 };

static size_t add(const struct ip *ip, struct ip *ips, size_t count, size_t most)
{
	for (size_t i = 0; i < count; i++) {
		if (ip_same(&ips[i], ip))
			return count;
	}
	if (count < most)
		ips[count++] = *ip;
	return count;
}

size_t hosts_read(struct slice bytes, const struct domain *name, struct ip *ips, size_t most)
{
	struct slice whole, line, word;
	size_t count = 0;

	while (slice_split(&bytes, '\n', &whole)) {
		struct ip ip;

		if (!slice_split(&whole, '#', &line))
			continue;
		line = slice_trim(line);
		if (!slice_word(&line, &word) || !ip_parse(word, &ip))
			continue;
		while (slice_word(&line, &word)) {
			if (slice_is_nocase(word, name->text))
				count = add(&ip, ips, count, most);
		}
	}
	return count;
}

size_t hosts_find(const struct domain *name, struct ip *ips, size_t most)
{
	struct deadline soon = deadline_from(now_us(), 100);
	struct text content = { 0 };
	struct fault unused;
	size_t count = 0;

	if (file_read("/etc/hosts", FILE_MAX, &soon, &content, &unused))
		count = hosts_read(text_slice(&content), name, ips, most);
	text_release(&content);
	return count;
}
