/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef MAILPATH_NET_DNS_MEMORY_H
#define MAILPATH_NET_DNS_MEMORY_H

#include "base/dns.h"

/* What was asked in this run, so that equal questions are asked once. */
struct dns_memory {
	struct dns_memory_entry *buckets[256];
	size_t count;
};

struct dns_memory_entry {
	struct dns_memory_entry *next;
	struct dns_question question;	/* its own share of the records */
	struct endpoint server;		/* question.server points here, or is NULL */
};

/* The entry of an equal question; else a new one without an answer yet, or NULL
 * when the memory is full: then just ask. `is_new` tells the two apart. */
struct dns_memory_entry *dns_memory_find(struct dns_memory *memory,
					 const struct dns_question *question, bool *is_new);

void dns_memory_store(struct dns_memory_entry *entry, const struct dns_question *question);
void dns_memory_recall(const struct dns_memory_entry *entry, struct dns_question *question);
void dns_memory_release(struct dns_memory *memory);

#endif
