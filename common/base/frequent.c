/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "base/frequent.h"

#include <stdlib.h>
#include <string.h>

enum { SLOTS = 2 * FREQUENT_NAMES };	/* a power of 2, at most half full */

static char small(char c)
{
	return c >= 'A' && c <= 'Z' ? (char)(c + 'a' - 'A') : c;
}

/* FNV-1a, from a seed that whoever writes the names does not know: the table's
 * address is random enough, and fixed as long as there are names. */
static uint32_t hash_of(const struct frequent *frequent, struct slice name)
{
	uint64_t hash = 14695981039346656037u ^ (uintptr_t)frequent->at;

	for (size_t i = 0; i < name.len; i++)
		hash = (hash ^ (unsigned char)name.at[i]) * 1099511628211u;
	return (uint32_t)(hash ^ hash >> 32);
}

/* The slot of a name, or the free one where it belongs. */
static struct frequent_name *slot_of(struct frequent_name *table, uint32_t hash, struct slice name)
{
	for (size_t i = hash & (SLOTS - 1);; i = (i + 1) & (SLOTS - 1)) {
		struct frequent_name *slot = &table[i];

		if (slot->name == NULL || (slot->hash == hash && slice_is_nocase(name, slot->name)))
			return slot;
	}
}

static void forget(struct frequent_name *slot)
{
	free(slot->name);
	*slot = (struct frequent_name){ 0 };
}

/* Put the names together again after some were taken out: in an open table, a
 * gap would hide what stands behind it. */
static void settle(struct frequent *frequent)
{
	for (bool moved = true; moved;) {
		moved = false;
		for (size_t i = 0; i < SLOTS; i++) {
			struct frequent_name *slot = &frequent->at[i], *right;

			if (slot->name == NULL)
				continue;
			right = slot_of(frequent->at, slot->hash, slice_of(slot->name));
			if (right == slot)
				continue;
			*right = *slot;
			*slot = (struct frequent_name){ 0 };
			moved = true;
		}
	}
}

static int by_number(const void *a, const void *b)
{
	uint64_t x = *(const uint64_t *)a, y = *(const uint64_t *)b;

	return (x > y) - (x < y);
}

/* Take what the median has from each: half of the names or more are gone. */
static bool make_room(struct frequent *frequent)
{
	uint64_t *counts = malloc(frequent->used * sizeof *counts), median;
	size_t filled = 0;

	if (counts == NULL)
		return false;
	for (size_t i = 0; i < SLOTS; i++) {
		if (frequent->at[i].name != NULL)
			counts[filled++] = frequent->at[i].count;
	}
	qsort(counts, filled, sizeof *counts, by_number);
	median = counts[filled / 2];
	free(counts);
	for (size_t i = 0; i < SLOTS; i++) {
		struct frequent_name *slot = &frequent->at[i];

		if (slot->name == NULL)
			continue;
		if (slot->count <= median) {
			forget(slot);
			frequent->used--;
		} else {
			slot->count -= median;
		}
	}
	settle(frequent);
	frequent->lost += median;
	return true;
}

/* The name as it is kept, and looked for: a NUL would end it early. */
static struct slice written(struct slice name, char to[FREQUENT_NAME_MAX + 1])
{
	size_t len = name.len < FREQUENT_NAME_MAX ? name.len : FREQUENT_NAME_MAX;

	for (size_t i = 0; i < len; i++)
		to[i] = name.at[i] == '\0' ? '?' : small(name.at[i]);
	to[len] = '\0';
	return (struct slice){ to, len };
}

void frequent_add(struct frequent *frequent, struct slice name, uint64_t occasion)
{
	struct frequent_name *slot;
	char buffer[FREQUENT_NAME_MAX + 1];
	uint32_t hash;

	if (frequent->at == NULL)
		frequent->at = calloc(SLOTS, sizeof *frequent->at);
	if (frequent->at == NULL) {
		frequent->failed = true;
		return;
	}
	name = written(name, buffer);
	hash = hash_of(frequent, name);
	slot = slot_of(frequent->at, hash, name);
	if (slot->name == NULL) {
		if (frequent->used == FREQUENT_NAMES) {
			if (!make_room(frequent)) {
				frequent->failed = true;
				return;
			}
			slot = slot_of(frequent->at, hash, name);
		}
		slot->name = strdup(name.at);
		if (slot->name == NULL) {
			frequent->failed = true;
			return;
		}
		slot->hash = hash;
		frequent->used++;
	}
	if (slot->last != occasion)
		slot->count++;
	slot->last = occasion;
}

static bool comes_before(const struct frequent_name *a, const struct frequent_name *b)
{
	return a->count != b->count ? a->count > b->count : strcmp(a->name, b->name) < 0;
}

size_t frequent_list(const struct frequent *frequent, const struct frequent_name **list,
		     size_t most)
{
	size_t count = 0;

	for (size_t i = 0; frequent->at != NULL && most > 0 && i < SLOTS; i++) {
		const struct frequent_name *name = &frequent->at[i];
		size_t place = count;

		if (name->name == NULL || (count == most && !comes_before(name, list[count - 1])))
			continue;
		if (count < most)
			count++;
		else
			place = count - 1;
		for (; place > 0 && comes_before(name, list[place - 1]); place--)
			list[place] = list[place - 1];
		list[place] = name;
	}
	return count;
}

void frequent_release(struct frequent *frequent)
{
	for (size_t i = 0; frequent->at != NULL && i < SLOTS; i++)
		free(frequent->at[i].name);
	free(frequent->at);
	*frequent = (struct frequent){ 0 };
}
