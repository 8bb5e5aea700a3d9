/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "mail/reply_class.h"

#include <string.h>

#include "mail/reply_index.h"
#include "mail/reply_rules.h"

/* A reply that means something says so early; what lies behind is not looked at. */
enum { READ_MAX = 4096, WORDS_MAX = READ_MAX / 2 + 1 };
/* An address, a host or a URL that is longer is read as words. */
enum { NAME_MAX_LEN = 512 };
/* "..." in a rule stands for so many words at most. */
enum { GAP_MAX = 6 };
enum { PAIRS = 2048 };

struct word {
	uint16_t at, len;	/* in `letters`: lower case, without accents */
	uint16_t from, till;	/* where it stands in the text */
	bool is_name;		/* an address, a host or a URL: no word of a sentence */
};

struct reading {
	struct slice text;
	char letters[READ_MAX + 1];
	size_t used;
	struct word words[WORDS_MAX];
	size_t count;
	uint8_t pairs[PAIRS / 8];	/* with which two letters words begin, a bit each */
	size_t line;			/* where the line begins */
	size_t last_mark;		/* where the last '@' is, or 0 */
	unsigned code;			/* 550, or 0 */
	size_t code_till;
	unsigned status[3];		/* 5.7.1, or 0.0.0 */
	bool status_follows_code;
	struct slice url;
};

static bool is_digit(char c)
{
	return c >= '0' && c <= '9';
}

static bool is_alpha(char c)
{
	return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
}

static bool is_alnum(char c)
{
	return is_digit(c) || is_alpha(c);
}

static char lower(char c)
{
	return c >= 'A' && c <= 'Z' ? (char)(c | 0x20) : c;
}

static char char_at(const struct reading *r, size_t i)
{
	return i < r->text.len ? r->text.at[i] : '\0';
}

static bool text_has(const struct reading *r, size_t i, const char *word)
{
	size_t len = strlen(word);

	return i + len <= r->text.len &&
	       slice_is_nocase((struct slice){ r->text.at + i, len }, word);
}

/* ---- letters of UTF-8 ---- */

/* U+00C0 to U+00FF without their accents. */
static const char latin[] = "aaaaaaaceeeeiiiidnooooo ouuuuypsaaaaaaaceeeeiiiidnooooo ouuuuypy";

/* How many bytes the letter at `i` has, and what it is read as: nothing where it
 * is a mark (a quote, a dash, a Chinese comma). */
static size_t fold(const struct reading *r, size_t i, char out[3], size_t *len)
{
	unsigned char first = (unsigned char)char_at(r, i);
	unsigned char second = (unsigned char)char_at(r, i + 1);
	unsigned char third = (unsigned char)char_at(r, i + 2);

	*len = 0;
	if (second < 0x80 || second > 0xbf)
		return 1;
	if (first == 0xc2)
		return 2;
	if (first == 0xc3) {
		out[0] = latin[second - 0x80];
		*len = out[0] != ' ';
		return 2;
	}
	if (first == 0xd0 && second >= 0x90 && second <= 0xaf) {	/* capitals of Cyrillic */
		out[0] = (char)(second < 0xa0 ? 0xd0 : 0xd1);
		out[1] = (char)(second < 0xa0 ? second + 0x20 : second - 0x20);
		*len = 2;
		return 2;
	}
	out[0] = (char)first;
	out[1] = (char)second;
	*len = 2;
	if (first < 0xe0)
		return 2;
	if (third < 0x80)
		return 2;
	out[2] = (char)third;
	if ((first == 0xe2 && second == 0x80) || (first == 0xe3 && second == 0x80) ||
	    (first == 0xef && second == 0xbc))
		*len = 0;
	else
		*len = 3;
	return 3;
}

/* Is it the apostrophe of "doesn't"? How many bytes it has, or 0. */
static size_t apostrophe(const struct reading *r, size_t i)
{
	size_t len = char_at(r, i) == '\'' ? 1 : text_has(r, i, "\xe2\x80\x99") ? 3 : 0;

	if (len > 0 && i > 0 && is_alpha(char_at(r, i - 1)) && is_alpha(char_at(r, i + len)))
		return len;
	return 0;
}

/* ---- words ---- */

static unsigned pair_of(const char *letters, size_t len)
{
	unsigned first = (unsigned char)letters[0];
	unsigned second = len > 1 ? (unsigned char)letters[1] : 0;

	return (first * 67 + second) % PAIRS;
}

/* The letters from `at` on are a word that stands between `from` and `till`. */
static void add_word(struct reading *r, size_t at, size_t from, size_t till, bool is_name)
{
	if (r->used == at || r->count == WORDS_MAX)
		return;
	r->words[r->count++] = (struct word){ (uint16_t)at, (uint16_t)(r->used - at),
					      (uint16_t)from, (uint16_t)till, is_name };
	if (!is_name) {
		unsigned pair = pair_of(r->letters + at, r->used - at);

		r->pairs[pair / 8] |= (uint8_t)(1 << pair % 8);
	}
}

static void add_name(struct reading *r, size_t from, size_t till)
{
	size_t at = r->used;

	for (size_t i = from; i < till; i++)
		r->letters[r->used++] = lower(char_at(r, i));
	add_word(r, at, from, till, true);
}

/* The host of a URL counts as a name; its path is nobody's words. */
static size_t take_url(struct reading *r, size_t i)
{
	size_t head, end, host;
	bool has_open = false;

	if (lower(char_at(r, i)) != 'h')
		return 0;
	head = text_has(r, i, "https://") ? 8 : text_has(r, i, "http://") ? 7 : 0;
	if (head == 0)
		return 0;
	end = host = i + head;
	while (end < r->text.len && char_at(r, end) > ' ' && char_at(r, end) != '\x7f' &&
	       strchr("<>\"'`{}|\\^[]", char_at(r, end)) == NULL) {
		has_open |= char_at(r, end) == '(';
		end++;
	}
	while (end > host && (strchr(".,;:!?", char_at(r, end - 1)) != NULL ||
			      (char_at(r, end - 1) == ')' && !has_open)))
		end--;
	if (end == host)
		return 0;
	if (r->url.len == 0)
		r->url = (struct slice){ r->text.at + i, end - i };
	while (host < end && (is_alnum(char_at(r, host)) || strchr(".-", char_at(r, host)) != NULL))
		host++;
	add_name(r, i + head, host);
	return end - i;
}

/* x@y, with whatever stands there between two blanks, brackets or quotes. */
static size_t take_address(struct reading *r, size_t i)
{
	size_t end = i, mark = 0;

	if (i >= r->last_mark)
		return 0;
	while (end < r->text.len && end - i < NAME_MAX_LEN && char_at(r, end) > ' ' &&
	       strchr("<>()[]{}\"',;:!?|", char_at(r, end)) == NULL) {
		if (char_at(r, end) == '@')
			mark = end;
		end++;
	}
	while (end > i && char_at(r, end - 1) == '.')
		end--;
	if (mark <= i || mark + 1 >= end)
		return 0;
	add_name(r, i, end);
	return end - i;
}

/* 192.0.2.1 or 2001:db8::1 */
static size_t take_ip(struct reading *r, size_t i)
{
	size_t end = i, dots = 0, colons = 0, digits = 0;
	bool is_hex = false;

	for (; end < r->text.len && end - i < 45; end++) {
		char c = lower(char_at(r, end));

		dots += c == '.';
		colons += c == ':';
		digits += is_digit(c);
		is_hex |= c >= 'a' && c <= 'f';
		if (!is_digit(c) && c != '.' && c != ':' && !(c >= 'a' && c <= 'f'))
			break;
		/* A port, or what the address is said to be. */
		if (c == ':' && dots == 3)
			break;
	}
	while (end > i && (char_at(r, end - 1) == '.' || char_at(r, end - 1) == ':')) {
		dots -= char_at(r, end - 1) == '.';
		end--;
	}
	if (is_alnum(char_at(r, end)) || digits < 2)
		return 0;
	if (!(dots == 3 && !is_hex) && colons < 2)
		return 0;
	add_name(r, i, end);
	return end - i;
}

/* mx.example.com: labels, the last of letters. */
static size_t take_host(struct reading *r, size_t i)
{
	size_t end = i, label = i, dots = 0;
	bool has_digit = false;

	for (; end < r->text.len && end - i < NAME_MAX_LEN; end++) {
		char c = char_at(r, end);

		if (c == '.') {
			if (!is_alnum(char_at(r, end + 1)) || end == label)
				break;
			label = end + 1;
			dots++;
			has_digit = false;
		} else if (!is_alnum(c) && c != '-' && c != '_') {
			break;
		} else {
			has_digit |= is_digit(c);
		}
	}
	if (dots == 0 || has_digit || end - label < 2)
		return 0;
	add_name(r, i, end);
	/* "www.example.com/lookup?ip=..." */
	if (char_at(r, end) == '/') {
		while (end < r->text.len && char_at(r, end) > ' ' &&
		       strchr("<>()[]\"", char_at(r, end)) == NULL)
			end++;
	}
	return end - i;
}

static bool last_word_is(const struct reading *r, const char *words)
{
	struct slice rest = slice_of(words), word;
	const struct word *last;

	if (r->count == 0)
		return false;
	last = &r->words[r->count - 1];
	while (slice_word(&rest, &word)) {
		if (word.len == last->len && memcmp(word.at, r->letters + last->at, word.len) == 0)
			return true;
	}
	return false;
}

/* Does a code stand here, and not a number of something? */
static bool is_place_of_code(const struct reading *r, size_t i)
{
	size_t before = i;

	while (before > r->line && char_at(r, before - 1) == ' ')
		before--;
	return before == r->line || strchr(":;'\"([#=<", char_at(r, before - 1)) != NULL ||
	       last_word_is(r, "said error code reply response status returned smtp with got dsn "
			       "remote answer answered");
}

/* Is it no code, but the beginning of a longer number or of a word? */
static bool goes_on(const struct reading *r, size_t end)
{
	return is_alnum(char_at(r, end)) ||
	       (char_at(r, end) == '.' && is_digit(char_at(r, end + 1)));
}

/* 5.7.1 */
static size_t take_status(struct reading *r, size_t i)
{
	unsigned status[3] = { 0 };
	size_t end = i;
	bool follows;

	for (int part = 0; part < 3; part++) {
		size_t from = end;

		while (end - from < 3 && is_digit(char_at(r, end)))
			status[part] = status[part] * 10 + (unsigned)(char_at(r, end++) - '0');
		if (end == from || (part < 2 && char_at(r, end++) != '.'))
			return 0;
	}
	if (goes_on(r, end) || (status[0] != 2 && status[0] != 4 && status[0] != 5))
		return 0;
	follows = r->code != 0 && i - r->code_till <= 2 + (char_at(r, i - 1) == '#');
	if ((follows && !r->status_follows_code) ||
	    (r->status[0] == 0 && is_place_of_code(r, i))) {
		memcpy(r->status, status, sizeof status);
		r->status_follows_code = follows;
	}
	return end - i;
}

/* 550, at the beginning and again in each line. */
static size_t take_code(struct reading *r, size_t i)
{
	unsigned code = 0;

	for (size_t n = 0; n < 3; n++) {
		if (!is_digit(char_at(r, i + n)))
			return 0;
		code = code * 10 + (unsigned)(char_at(r, i + n) - '0');
	}
	if (goes_on(r, i + 3) || code < 400 || code > 599)
		return 0;
	if (code != r->code) {
		size_t next = i + 4 + (char_at(r, i + 4) == '#');
		bool has_status = char_at(r, next) == char_at(r, i) && char_at(r, next + 1) == '.';

		if (r->code != 0 || !(has_status || is_place_of_code(r, i)))
			return 0;
		r->code = code;
	}
	r->code_till = i + 3;
	return 3;
}

/* Letters and digits; "e-mail" is one word. */
static size_t take_word(struct reading *r, size_t i)
{
	size_t at = r->used, end = i;

	while (end < r->text.len) {
		char c = char_at(r, end), out[3];
		size_t len, step;

		if (is_alnum(c)) {
			r->letters[r->used++] = lower(c);
			end++;
		} else if ((step = apostrophe(r, end)) > 0) {
			end += step;
		} else if ((c & 0x80) != 0) {
			step = fold(r, end, out, &len);
			if (len == 0) {
				if (end == i)
					end += step;
				break;
			}
			memcpy(r->letters + r->used, out, len);
			r->used += len;
			end += step;
		} else if (c == '-' && end == i + 1 && lower(char_at(r, i)) == 'e' &&
			   text_has(r, i, "e-mail")) {
			end++;
		} else {
			break;
		}
	}
	add_word(r, at, i, end, false);
	return end - i;
}

static void read_text(struct reading *r)
{
	size_t (*const takers[])(struct reading *, size_t) = {
		take_url, take_address, take_ip, take_status, take_code, take_host, take_word,
	};

	for (size_t i = 0; i < r->text.len;) {
		char c = char_at(r, i);
		size_t taken = 0;

		if (c == '\n')
			r->line = i + 1;
		if (is_alnum(c) || (c & 0x80) != 0 || c == ':') {
			for (size_t n = 0; taken == 0 && n < sizeof takers / sizeof *takers; n++)
				taken = takers[n](r, i);
		}
		i += taken > 0 ? taken : 1;
	}
}

/* ---- rules ---- */

/* Does the name lie in this domain? */
static bool name_is_in(struct slice name, struct slice domain)
{
	size_t rest = name.len - domain.len;

	return name.len >= domain.len && memcmp(name.at + rest, domain.at, domain.len) == 0 &&
	       (rest == 0 || name.at[rest - 1] == '.' || name.at[rest - 1] == '@');
}

static struct slice letters_of(const struct reading *r, const struct word *word)
{
	return (struct slice){ r->letters + word->at, word->len };
}

static bool holds(struct slice s, struct slice part)
{
	for (size_t i = 0; i + part.len <= s.len; i++) {
		if (memcmp(s.at + i, part.at, part.len) == 0)
			return true;
	}
	return false;
}

/* One of the alternatives of a rule's word. */
static bool is_alternative(const struct reading *r, const struct word *word, struct slice s)
{
	struct slice letters = letters_of(r, word);
	bool is_open;

	if (s.at[0] == '@')
		return word->is_name && name_is_in(letters, (struct slice){ s.at + 1, s.len - 1 });
	if (word->is_name)
		return false;
	if (s.at[0] == '*')
		return true;
	/* Chinese has no blanks. */
	if (((unsigned char)s.at[0] & 0x80) != 0 && (unsigned char)s.at[0] >= 0xe0)
		return holds(letters, s);
	is_open = s.at[s.len - 1] == '+';
	if (is_open)
		s.len--;
	return is_open ? letters.len >= s.len && memcmp(letters.at, s.at, s.len) == 0
		       : letters.len == s.len && memcmp(letters.at, s.at, s.len) == 0;
}

static bool is_word(const struct reading *r, size_t i, struct slice alternatives)
{
	struct slice one;

	if (alternatives.at[alternatives.len - 1] == '?')
		alternatives.len--;
	while (slice_split(&alternatives, '|', &one)) {
		if (one.len > 0 && is_alternative(r, &r->words[i], one))
			return true;
	}
	return false;
}

/* Can the text have it at all? */
static bool may_have(const struct reading *r, struct slice alternatives)
{
	struct slice one;

	while (slice_split(&alternatives, '|', &one)) {
		unsigned pair;

		if (one.len == 0)
			continue;
		if (one.at[0] == '@' || one.at[0] == '*' || one.len < 2 || one.at[1] == '+' ||
		    ((unsigned char)one.at[0] & 0x80) != 0)
			return true;
		pair = pair_of(one.at, one.len);
		if ((r->pairs[pair / 8] >> pair % 8 & 1) != 0)
			return true;
	}
	return false;
}

/* Do the words of the rule follow each other from here on? */
static bool follow(const struct reading *r, size_t i, struct slice rule)
{
	struct slice word;

	while (slice_word(&rule, &word)) {
		if (slice_is(word, "...")) {
			for (size_t gap = 0; gap <= GAP_MAX && i + gap < r->count; gap++) {
				if (follow(r, i + gap, rule))
					return true;
			}
			return false;
		}
		if (word.at[word.len - 1] == '?') {
			size_t next = i;

			while (next < r->count && r->words[next].is_name)
				next++;
			if (next < r->count && is_word(r, next, word) && follow(r, next + 1, rule))
				return true;
			continue;
		}
		/* "user <x@y> unknown" is "user unknown" */
		while (i < r->count && r->words[i].is_name && !is_word(r, i, word))
			i++;
		if (i == r->count || !is_word(r, i, word))
			return false;
		i++;
	}
	return true;
}

static bool codes_have(const struct reading *r, struct slice codes);

/* One phrase of a rule, anywhere. */
static bool says(const struct reading *r, struct slice phrase)
{
	struct slice rest = phrase, first, one;

	if (phrase.at[0] == '=')
		return codes_have(r, (struct slice){ phrase.at + 1, phrase.len - 1 });
	if (!slice_word(&rest, &first) || !may_have(r, first))
		return false;
	if (first.at[first.len - 1] == '?')
		first.len--;
	while (slice_split(&first, '|', &one)) {
		for (size_t i = 0; one.len > 0 && i < r->count; i++) {
			if (is_alternative(r, &r->words[i], one) && follow(r, i + 1, rest))
				return true;
		}
	}
	return false;
}

static bool rule_holds(const struct reading *r, const char *text)
{
	struct slice rule = slice_of(text), wanted, phrase;

	slice_split(&rule, '!', &wanted);
	while (slice_split(&wanted, '&', &phrase)) {
		if (!says(r, slice_trim(phrase)))
			return false;
	}
	while (slice_split(&rule, '!', &phrase)) {
		if (says(r, slice_trim(phrase)))
			return false;
	}
	return true;
}

/* ---- codes ---- */

static unsigned take_number(struct slice *s)
{
	unsigned number = 0;

	while (s->len > 0 && is_digit(*s->at)) {
		number = number * 10 + (unsigned)(*s->at - '0');
		s->at++;
		s->len--;
	}
	return number;
}

static bool status_is(const struct reading *r, struct slice s)
{
	for (int part = 0; part < 3; part++) {
		unsigned from, till;

		if (part > 0)
			s = (struct slice){ s.at + 1, s.len - 1 };
		if (s.at[0] == 'x') {
			s = (struct slice){ s.at + 1, s.len - 1 };
			if (r->status[part] != 4 && r->status[part] != 5)
				return false;
			continue;
		}
		till = from = take_number(&s);
		if (s.len > 0 && s.at[0] == '-') {
			s = (struct slice){ s.at + 1, s.len - 1 };
			till = take_number(&s);
		}
		if (r->status[part] < from || r->status[part] > till)
			return false;
	}
	return r->status[0] != 0;
}

/* "550", "5.7.1", "x.7.1", "5.7.606-649", "550/5.7.1" for both, "none". */
static bool code_is(const struct reading *r, struct slice s)
{
	struct slice part;
	uint64_t code;

	if (slice_is(s, "none"))
		return r->code == 0;
	while (slice_split(&s, '/', &part)) {
		if (memchr(part.at, '.', part.len) != NULL) {
			if (!status_is(r, part))
				return false;
		} else if (!slice_number(part, 599, &code) || code != r->code) {
			return false;
		}
	}
	return true;
}

static bool codes_have(const struct reading *r, struct slice codes)
{
	struct slice code;

	while (slice_word(&codes, &code)) {
		if (code_is(r, code))
			return true;
	}
	return false;
}

/* ---- what Postfix adds ---- */

/* "(in reply to RCPT TO command)" is no word of the other side. */
static void drop_stage(struct reading *r)
{
	const struct slice mark = slice_of("in reply to"), in = { mark.at, 2 };

	for (size_t i = 0; i + 3 < r->count; i++) {
		size_t end = i + 3;

		if (!is_alternative(r, &r->words[i], in) || !follow(r, i, mark))
			continue;
		while (end < r->count && end < i + 9 && !is_word(r, end, slice_of("command")))
			end++;
		if (end < r->count && end < i + 9) {
			end++;
			memmove(&r->words[i], &r->words[end], (r->count - end) * sizeof *r->words);
			r->count -= end - i;
		}
	}
}

/* ---- the blocklist ---- */

static struct slice word_slice(const struct reading *r, size_t first, size_t last)
{
	return (struct slice){ r->text.at + r->words[first].from,
			       (size_t)(r->words[last].till - r->words[first].from) };
}

static bool is_in_url(const struct reading *r, const struct word *word)
{
	const char *at = r->text.at + word->from;

	return word->from >= 3 && memcmp(at - 3, "://", 3) == 0;
}

static bool is_zone(const struct reading *r, size_t i)
{
	for (const char *const *zone = reply_zones; *zone != NULL; zone++) {
		if (r->words[i].is_name && name_is_in(letters_of(r, &r->words[i]), slice_of(*zone)))
			return true;
	}
	return false;
}

/* "blocked using" zen.spamhaus.org */
static struct slice named_behind(const struct reading *r, const char *lead)
{
	struct slice words = slice_of(lead), word;
	size_t length = 0;

	while (slice_word(&words, &word))
		length++;
	for (size_t i = 0; i + length < r->count; i++) {
		size_t from = i, next = i + length;

		words = slice_of(lead);
		while (from < next && slice_word(&words, &word) && !r->words[from].is_name &&
		       is_word(r, from, word))
			from++;
		if (from < next)
			continue;
		if (is_word(r, next, slice_of("the|dnsbl|rbl|list|blocklist|blacklist")) &&
		    next + 1 < r->count && r->words[next + 1].is_name)
			next++;
		if (r->words[next].is_name && !is_in_url(r, &r->words[next]) &&
		    memchr(r->letters + r->words[next].at, '@', r->words[next].len) == NULL &&
		    is_alpha(r->letters[r->words[next].at + r->words[next].len - 1]))
			return word_slice(r, next, next);
	}
	return (struct slice){ NULL, 0 };
}

static struct slice find_list(const struct reading *r)
{
	struct slice list;

	for (const char *const *lead = reply_list_leads; *lead != NULL; lead++) {
		list = named_behind(r, *lead);
		if (list.len > 0)
			return list;
	}
	for (size_t i = 0; i < r->count; i++) {
		if (is_zone(r, i) && !is_in_url(r, &r->words[i]) &&
		    memchr(r->letters + r->words[i].at, '@', r->words[i].len) == NULL)
			return word_slice(r, i, i);
	}
	for (const char *const *name = reply_list_names; *name != NULL; name++) {
		for (size_t i = 0; i < r->count; i++) {
			struct slice first, rest = slice_of(*name);
			size_t last;

			slice_word(&rest, &first);
			rest = slice_trim(rest);
			last = rest.len > 0 ? i + 1 : i;
			if (last < r->count && is_word(r, i, first) &&
			    (last == i || is_word(r, last, rest)))
				return word_slice(r, i, last);
		}
	}
	for (size_t i = 0; i < r->count; i++) {
		if (is_zone(r, i) && is_in_url(r, &r->words[i])) {
			list = word_slice(r, i, i);
			if (list.len > 4 && slice_is_nocase((struct slice){ list.at, 4 }, "www."))
				list = (struct slice){ list.at + 4, list.len - 4 };
			return list;
		}
	}
	return (struct slice){ NULL, 0 };
}

/* ---- the answer ---- */

static void read_all(struct reading *r, struct slice text)
{
	/* Not its arrays: they are long, and filled before they are read. */
	r->text = text;
	r->used = r->count = r->line = r->code_till = 0;
	r->code = 0;
	r->status_follows_code = false;
	memset(r->status, 0, sizeof r->status);
	memset(r->pairs, 0, sizeof r->pairs);
	r->url = (struct slice){ NULL, 0 };
	if (r->text.len > READ_MAX)
		r->text.len = READ_MAX;
	r->last_mark = r->text.len;
	while (r->last_mark > 0 && char_at(r, r->last_mark) != '@')
		r->last_mark--;
	read_text(r);
	drop_stage(r);
}

static const char unclassified[] = "unclassified";

static bool is_met(const struct reading *r, const struct reply_rule *rule)
{
	return (rule->codes == NULL || codes_have(r, slice_of(rule->codes))) &&
	       (rule->words == NULL || rule_holds(r, rule->words));
}

static const char *find_reason(const struct reading *r)
{
	for (const struct reply_rule *rule = reply_rules; rule->reason != NULL; rule++) {
		if (is_met(r, rule))
			return rule->reason;
	}
	return unclassified;
}

struct reply_class reply_classify(struct slice text)
{
	struct reply_class class = { unclassified, { NULL, 0 }, { NULL, 0 } };
	struct reading r;

	read_all(&r, text);
	class.reason = find_reason(&r);
	class.url = r.url;
	if (strcmp(class.reason, unclassified) != 0)
		class.list = find_list(&r);
	return class;
}

/* ---- many texts ---- */

static struct reply_set find_candidates(const struct reading *r, const struct reply_index *index)
{
	struct reply_set set = index->others;

	reply_index_codes(index, r->code, r->status, &set);
	for (size_t i = 0; i < r->count; i++) {
		if (r->words[i].is_name)
			reply_index_name(index, letters_of(r, &r->words[i]), &set);
		else
			reply_index_word(index, letters_of(r, &r->words[i]), &set);
	}
	return set;
}

const char *reply_reason(struct slice text, struct reply_index *index)
{
	struct reply_set set;
	struct reading r;

	if (index->used == 0)
		reply_index_fill(index);
	read_all(&r, text);
	set = find_candidates(&r, index);
	for (size_t i = 0; i < REPLY_RULES / 64; i++) {
		for (uint64_t bits = set.bits[i]; bits != 0; bits &= bits - 1) {
			const struct reply_rule *rule = &reply_rules[i * 64 + (size_t)__builtin_ctzll(bits)];

			if (is_met(&r, rule))
				return rule->reason;
		}
	}
	return unclassified;
}
