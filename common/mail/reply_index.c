/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "mail/reply_index.h"

#include <string.h>

#include "mail/reply_rules.h"

/* A word that may go on is found by so many letters; a shorter one is not. */
enum { STEM = 4 };
/* A part of a status code that may be several numbers. */
enum { ANY = 1000 };

/* ---- keys: numbers for what a text can have ---- */

enum key { KEY_WORD, KEY_STEM, KEY_WIDE, KEY_NAME, KEY_CODE, KEY_STATUS };

static uint64_t begin(enum key key)
{
	return 14695981039346656037u + key;
}

static uint64_t add(uint64_t hash, unsigned value)
{
	return (hash ^ value) * 1099511628211u;
}

static uint64_t word_key(enum key key, struct slice letters)
{
	uint64_t hash = begin(key);

	for (size_t i = 0; i < letters.len; i++)
		hash = add(hash, (unsigned char)letters.at[i]);
	return hash;
}

static uint64_t stem_key(struct slice letters)
{
	return word_key(KEY_STEM, (struct slice){ letters.at, STEM });
}

/* Of a language that has no blanks: such a word may be anywhere in another one. */
static bool is_wide(char c)
{
	return (unsigned char)c >= 0xe0;
}

/* Names from their end, so that those of the domains that one lies in come by the way. */
static uint64_t name_key(struct slice name)
{
	uint64_t hash = begin(KEY_NAME);

	for (size_t i = name.len; i > 0; i--)
		hash = add(hash, (unsigned char)name.at[i - 1]);
	return hash;
}

static uint64_t status_key(unsigned class, unsigned subject, unsigned detail)
{
	return add(add(add(begin(KEY_STATUS), class), subject), detail);
}

static uint64_t code_key(unsigned code)
{
	return add(begin(KEY_CODE), code);
}

static size_t bucket_of(uint64_t key)
{
	return (key ^ key >> 32) % REPLY_BUCKETS;
}

/* ---- what a rule needs: one of these keys ---- */

enum { NEEDS = 64 };

struct need {
	uint64_t keys[NEEDS];
	size_t count;
	size_t weight;		/* letters of the shortest word; 0: it cannot be found */
};

static bool need_key(struct need *need, uint64_t key)
{
	if (need->count == NEEDS)
		return false;
	need->keys[need->count++] = key;
	return true;
}

/* "full|exceed+|@qq.com" */
static struct need need_of_word(struct slice alternatives)
{
	struct need need = { .weight = SIZE_MAX };
	struct slice one;

	while (slice_split(&alternatives, '|', &one)) {
		bool good;

		if (one.len == 0)
			continue;
		if (one.at[0] == '@')
			good = need_key(&need, name_key((struct slice){ one.at + 1, one.len - 1 }));
		else if (one.at[0] == '*')
			good = false;
		else if (is_wide(one.at[0]))
			good = need_key(&need, begin(KEY_WIDE));
		else if (one.at[one.len - 1] == '+')
			good = one.len > STEM && need_key(&need, stem_key(one));
		else
			good = need_key(&need, word_key(KEY_WORD, one));
		if (!good)
			return (struct need){ 0 };
		if (one.len < need.weight)
			need.weight = one.len;
	}
	return need;
}

static unsigned take_part(struct slice *status)
{
	struct slice part;
	uint64_t number;

	return slice_split(status, '.', &part) && slice_number(part, ANY - 1, &number) ?
	       (unsigned)number : ANY;
}

/* "550 x.7.1 5.7.606-649 550/5.7.1 none": of "550/5.7.1", the last. */
static struct need need_of_codes(struct slice codes)
{
	struct need need = { .weight = 1 };
	struct slice code, part = { NULL, 0 };

	while (slice_word(&codes, &code)) {
		uint64_t number = 0;

		while (slice_split(&code, '/', &part))
			;
		if (memchr(part.at, '.', part.len) != NULL) {
			unsigned class = take_part(&part), subject = take_part(&part);

			number = status_key(class, subject, take_part(&part));
		} else {
			slice_number(part, 599, &number);	/* none: 0 */
			number = code_key((unsigned)number);
		}
		if (!need_key(&need, number))
			return (struct need){ 0 };
	}
	return need;
}

static void keep_heavier(struct need *best, const struct need *need)
{
	if (need->weight > best->weight)
		*best = *need;
}

static struct need need_of(const struct reply_rule *rule)
{
	struct slice words = slice_of(rule->words != NULL ? rule->words : ""), wanted = { "", 0 };
	struct slice phrase, word;
	struct need best = { 0 }, need;

	if (rule->codes != NULL)
		best = need_of_codes(slice_of(rule->codes));
	slice_split(&words, '!', &wanted);
	while (slice_split(&wanted, '&', &phrase)) {
		phrase = slice_trim(phrase);
		if (phrase.len > 0 && phrase.at[0] == '=') {
			need = need_of_codes((struct slice){ phrase.at + 1, phrase.len - 1 });
			keep_heavier(&best, &need);
			continue;
		}
		while (slice_word(&phrase, &word)) {
			if (slice_is(word, "...") || word.at[word.len - 1] == '?')
				continue;
			need = need_of_word(word);
			keep_heavier(&best, &need);
		}
	}
	return best;
}

/* ---- the index ---- */

static void add_to(struct reply_set *set, size_t rule)
{
	set->bits[rule / 64] |= (uint64_t)1 << rule % 64;
}

static void add_entry(struct reply_index *index, size_t rule, uint64_t key)
{
	uint16_t *bucket = &index->buckets[bucket_of(key)];

	if (index->used == REPLY_ENTRIES) {
		add_to(&index->others, rule);
		return;
	}
	index->entries[index->used].key = (uint32_t)key;
	index->entries[index->used].rule = (uint16_t)rule;
	index->entries[index->used].next = *bucket;
	*bucket = index->used++;
}

void reply_index_fill(struct reply_index *index)
{
	*index = (struct reply_index){ .used = 1 };
	for (size_t rule = 0; rule < REPLY_RULES && reply_rules[rule].reason != NULL; rule++) {
		struct need need = need_of(&reply_rules[rule]);

		if (need.weight == 0)
			add_to(&index->others, rule);
		for (size_t i = 0; need.weight > 0 && i < need.count; i++)
			add_entry(index, rule, need.keys[i]);
	}
}

static void add_bucket(const struct reply_index *index, uint64_t key, struct reply_set *set)
{
	for (size_t at = index->buckets[bucket_of(key)]; at != 0; at = index->entries[at].next) {
		if (index->entries[at].key == (uint32_t)key)
			add_to(set, index->entries[at].rule);
	}
}

void reply_index_word(const struct reply_index *index, struct slice word, struct reply_set *set)
{
	add_bucket(index, word_key(KEY_WORD, word), set);
	if (word.len >= STEM)
		add_bucket(index, stem_key(word), set);
	for (size_t i = 0; i < word.len; i++) {
		if (is_wide(word.at[i])) {
			add_bucket(index, begin(KEY_WIDE), set);
			break;
		}
	}
}

void reply_index_name(const struct reply_index *index, struct slice name, struct reply_set *set)
{
	uint64_t hash = begin(KEY_NAME);

	for (size_t i = name.len; i > 0; i--) {
		hash = add(hash, (unsigned char)name.at[i - 1]);
		if (i == 1 || name.at[i - 2] == '.' || name.at[i - 2] == '@')
			add_bucket(index, hash, set);
	}
}

void reply_index_codes(const struct reply_index *index, unsigned code, const unsigned status[3],
		       struct reply_set *set)
{
	add_bucket(index, code_key(code), set);
	for (unsigned any = 0; any < 8 && status[0] != 0; any++)
		add_bucket(index, status_key((any & 1) != 0 ? ANY : status[0],
					     (any & 2) != 0 ? ANY : status[1],
					     (any & 4) != 0 ? ANY : status[2]), set);
}
