/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "net/dns_memory.h"

#include <stdlib.h>

enum { ENTRIES_MAX = 8192 };

/* FNV-1a */
static unsigned bucket_of(const struct dns_question *question)
{
	uint32_t hash = 2166136261u ^ (uint32_t)question->type;

	for (const char *c = question->name.text; *c != '\0'; c++)
		hash = (hash ^ (unsigned char)*c) * 16777619u;
	return (hash ^ hash >> 16) % 256;
}

static bool same_question(const struct dns_question *a, const struct dns_question *b)
{
	if (a->type != b->type || a->is_unchecked != b->is_unchecked ||
	    !domain_same(&a->name, &b->name))
		return false;
	if (a->server == NULL || b->server == NULL)
		return a->server == b->server;
	return endpoint_same(a->server, b->server);
}

struct dns_memory_entry *dns_memory_find(struct dns_memory *memory,
					 const struct dns_question *question, bool *is_new)
{
	struct dns_memory_entry **bucket = &memory->buckets[bucket_of(question)], *entry;

	*is_new = false;
	for (entry = *bucket; entry != NULL; entry = entry->next) {
		if (same_question(&entry->question, question))
			return entry;
	}
	*is_new = true;
	entry = memory->count < ENTRIES_MAX ? calloc(1, sizeof *entry) : NULL;
	if (entry == NULL)
		return NULL;
	entry->question.name = question->name;
	entry->question.type = question->type;
	entry->question.is_unchecked = question->is_unchecked;
	if (question->server != NULL) {
		entry->server = *question->server;
		entry->question.server = &entry->server;
	}
	entry->next = *bucket;
	*bucket = entry;
	memory->count++;
	return entry;
}

static void copy_answer(struct dns_question *to, const struct dns_question *from)
{
	to->status = from->status;
	to->detail = from->detail;
	to->records = from->records;
	to->ttl = from->ttl;
	to->authenticated = from->authenticated;
	to->is_bogus = from->is_bogus;
	to->tries = from->tries;
	to->took_us = from->took_us;
	to->answered_by = from->answered_by;
	if (to->records != NULL)
		to->records->users++;
}

void dns_memory_store(struct dns_memory_entry *entry, const struct dns_question *question)
{
	dns_release(&entry->question, 1);
	copy_answer(&entry->question, question);
}

void dns_memory_recall(const struct dns_memory_entry *entry, struct dns_question *question)
{
	copy_answer(question, &entry->question);
}

void dns_memory_release(struct dns_memory *memory)
{
	for (size_t i = 0; i < 256; i++) {
		while (memory->buckets[i] != NULL) {
			struct dns_memory_entry *entry = memory->buckets[i];

			memory->buckets[i] = entry->next;
			dns_release(&entry->question, 1);
			free(entry);
		}
	}
	memory->count = 0;
}
