/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "mail/spf_macro.h"

#include <string.h>

/* One "%{...}" (7.1). */
struct macro {
	char letter;		/* in lower case */
	bool is_escaped;	/* it was in upper case: as in a URL */
	bool is_reversed;
	unsigned keep;		/* so many parts from the right; 0: all */
	struct slice marks;	/* what parts are split at; empty: "." */
};

static char lower(char c)
{
	return c >= 'A' && c <= 'Z' ? (char)(c | 0x20) : c;
}

static bool is_digit(char c)
{
	return c >= '0' && c <= '9';
}

static bool is_alnum(char c)
{
	return is_digit(c) || (lower(c) >= 'a' && lower(c) <= 'z');
}

static bool is_one_of(char c, const char *set)
{
	return c != '\0' && strchr(set, c) != NULL;
}

/* Behind "%{": letter, digits, "r", delimiters, "}"; `used` with the brace. */
static bool parse_macro(struct slice s, struct macro *macro, size_t *used)
{
	size_t i = 1;
	bool has_digits;

	*macro = (struct macro){ 0 };
	if (s.len == 0)
		return false;
	macro->letter = lower(s.at[0]);
	macro->is_escaped = macro->letter != s.at[0];
	has_digits = i < s.len && is_digit(s.at[i]);
	for (; i < s.len && is_digit(s.at[i]); i++) {
		if (macro->keep < 1000)		/* more parts than a name has */
			macro->keep = macro->keep * 10 + (unsigned)(s.at[i] - '0');
	}
	if (has_digits && macro->keep == 0)
		return false;			/* 7.3: not zero */
	macro->is_reversed = i < s.len && lower(s.at[i]) == 'r';
	i += macro->is_reversed;
	macro->marks.at = s.at + i;
	while (i < s.len && is_one_of(s.at[i], ".-+,/_="))
		i++;
	macro->marks.len = (size_t)(s.at + i - macro->marks.at);
	*used = i + 1;
	return i < s.len && s.at[i] == '}';
}

enum piece { PIECE_END, PIECE_LITERAL, PIECE_ESCAPE, PIECE_MACRO, PIECE_BAD };

/* Take a run of literal bytes, "%%", "%_", "%-" or a macro off `rest`. */
static enum piece next_piece(struct slice *rest, struct slice *piece, struct macro *macro)
{
	const char *percent;
	enum piece kind = PIECE_LITERAL;
	size_t used = 0;

	if (rest->len == 0)
		return PIECE_END;
	percent = memchr(rest->at, '%', rest->len);
	piece->at = rest->at;
	piece->len = percent != NULL ? (size_t)(percent - rest->at) : rest->len;
	if (piece->len == 0 && rest->len >= 2 && is_one_of(rest->at[1], "%_-")) {
		kind = PIECE_ESCAPE;
		piece->len = 2;
	} else if (piece->len == 0) {
		kind = PIECE_BAD;
		piece->len = 1;
		if (rest->len > 2 && rest->at[1] == '{' &&
		    parse_macro((struct slice){ rest->at + 2, rest->len - 2 }, macro, &used)) {
			kind = PIECE_MACRO;
			piece->len = 2 + used;
		}
	}
	rest->at += piece->len;
	rest->len -= piece->len;
	return kind;
}

/* 7.1, toplabel: letters, digits and inner '-', and not digits alone. */
static bool is_top_label(struct slice s)
{
	bool has_other = false;

	for (size_t i = 0; i < s.len; i++) {
		if (!is_alnum(s.at[i]) && s.at[i] != '-')
			return false;
		has_other |= !is_digit(s.at[i]);
	}
	return has_other && s.at[0] != '-' && s.at[s.len - 1] != '-';
}

/* 7.1, domain-end: "." toplabel ["."], in the literal bytes behind the last macro. */
static bool ends_in_top_label(struct slice literal)
{
	size_t dot;

	if (literal.len > 0 && literal.at[literal.len - 1] == '.')
		literal.len--;
	for (dot = literal.len; dot > 0 && literal.at[dot - 1] != '.'; dot--)
		;
	return dot > 0 && is_top_label((struct slice){ literal.at + dot, literal.len - dot });
}

bool spf_macro_check(struct slice spec, enum spf_macro_place place, struct fault *fault)
{
	const char *letters = place == SPF_MACRO_EXPLANATION ? "slodiphvcrt" : "slodiphv";
	struct slice rest = spec, piece = { 0 };
	enum piece kind, last = PIECE_END;
	struct macro macro;

	while ((kind = next_piece(&rest, &piece, &macro)) != PIECE_END) {
		if (kind == PIECE_BAD)
			return fault_set(fault, FAULT_PROTOCOL, "a \"%%\" that begins no macro");
		if (kind == PIECE_MACRO && !is_one_of(macro.letter, letters))
			return fault_set(fault, FAULT_PROTOCOL, "no macro %%{%c} here", macro.letter);
		for (size_t i = 0; kind == PIECE_LITERAL && i < piece.len; i++) {
			if (piece.at[i] > 0x7e || piece.at[i] < 0x20 ||
			    (piece.at[i] == ' ' && place != SPF_MACRO_EXPLANATION))
				return fault_set(fault, FAULT_PROTOCOL,
						 "a byte that is no visible ASCII character");
		}
		last = kind;
	}
	return place != SPF_MACRO_DOMAIN || last == PIECE_ESCAPE || last == PIECE_MACRO ||
	       (last == PIECE_LITERAL && ends_in_top_label(piece)) ||
	       fault_set(fault, FAULT_PROTOCOL, "a name that ends in no top-level domain");
}

bool spf_macro_uses(struct slice spec, const char *letters)
{
	struct slice piece;
	struct macro macro;
	enum piece kind;

	while ((kind = next_piece(&spec, &piece, &macro)) != PIECE_END) {
		if (kind == PIECE_MACRO && is_one_of(macro.letter, letters))
			return true;
	}
	return false;
}

/* ---- expanding ---- */

/* 7.3, i: dotted decimals, or dotted nibbles. */
static void add_dotted(const struct ip *ip, struct text *text)
{
	if (ip->version == 4) {
		text_add(text, "%u.%u.%u.%u", ip->bytes[0], ip->bytes[1], ip->bytes[2], ip->bytes[3]);
		return;
	}
	for (size_t i = 0; i < 16; i++)
		text_add(text, "%s%x.%x", i > 0 ? "." : "", ip->bytes[i] >> 4, ip->bytes[i] & 15);
}

static void add_or(struct slice value, const char *otherwise, struct text *text)
{
	text_add_slice(text, value.len > 0 ? value : slice_of(otherwise));
}

static void add_value(char letter, const struct spf_macro_values *values, struct text *text)
{
	char address[IP_TEXT];

	switch (letter) {
	case 's':
		add_or(values->local, "postmaster", text);
		text_add_char(text, '@');
		text_add_slice(text, values->sender_domain);
		return;
	case 'l': add_or(values->local, "postmaster", text); return;
	case 'o': text_add_slice(text, values->sender_domain); return;
	case 'd': text_add_slice(text, values->domain); return;
	case 'i': add_dotted(&values->ip, text); return;
	case 'p': add_or(values->validated, "unknown", text); return;
	case 'v': text_add(text, values->ip.version == 4 ? "in-addr" : "ip6"); return;
	case 'h': text_add_slice(text, values->helo); return;
	case 'c':
		ip_print(&values->ip, address);
		text_add(text, "%s", address);
		return;
	case 'r': add_or(values->receiver, "unknown", text); return;
	case 't': text_add(text, "%lld", (long long)values->now); return;
	}
}

static bool is_mark(const struct macro *macro, char c)
{
	if (macro->marks.len == 0)
		return c == '.';
	return memchr(macro->marks.at, c, macro->marks.len) != NULL;
}

/* The part that ends before `end`. */
static struct slice last_part(const struct macro *macro, struct slice value)
{
	size_t at = value.len;

	while (at > 0 && !is_mark(macro, value.at[at - 1]))
		at--;
	return (struct slice){ value.at + at, value.len - at };
}

static size_t count_parts(const struct macro *macro, struct slice value)
{
	size_t count = 1;

	for (size_t i = 0; i < value.len; i++)
		count += is_mark(macro, value.at[i]);
	return count;
}

/* 7.3: split, perhaps reverse, keep parts from the right, join with dots. */
static void transform(const struct macro *macro, struct slice value, struct text *text)
{
	size_t count = count_parts(macro, value);
	size_t kept = macro->keep > 0 && macro->keep < count ? macro->keep : count;
	struct slice rest = value;
	bool is_first = true;

	if (macro->is_reversed) {
		/* From the right to the left: of these, the last `kept`. */
		for (size_t i = 0; i < count; i++) {
			struct slice part = last_part(macro, rest);

			rest.len -= part.len + (part.len < rest.len);
			if (i < count - kept)
				continue;
			text_add(text, "%s", is_first ? "" : ".");
			text_add_slice(text, part);
			is_first = false;
		}
		return;
	}
	for (size_t skip = count - kept, i = 0; i <= value.len; i++) {
		bool ends = i == value.len || is_mark(macro, value.at[i]);

		if (skip > 0) {
			skip -= ends;
			continue;
		}
		if (i < value.len)
			text_add_char(text, ends ? '.' : value.at[i]);
	}
}

static void add_macro(const struct macro *macro, const struct spf_macro_values *values,
		      struct text *text)
{
	struct text value = { 0 }, plain = { 0 };

	add_value(macro->letter, values, &value);
	if (macro->keep > 0 || macro->is_reversed || macro->marks.len > 0)
		transform(macro, text_slice(&value), &plain);
	else
		text_add_slice(&plain, text_slice(&value));
	for (size_t i = 0; i < plain.len; i++) {
		char c = plain.at[i];

		if (!macro->is_escaped || is_alnum(c) || is_one_of(c, "-._~"))
			text_add_char(text, c);
		else
			text_add(text, "%%%02X", (unsigned char)c);
	}
	text->failed |= text_failed(&value) || text_failed(&plain);
	text_release(&value);
	text_release(&plain);
}

void spf_macro_expand(struct slice spec, const struct spf_macro_values *values, struct text *text)
{
	struct slice piece;
	struct macro macro;
	enum piece kind;

	while ((kind = next_piece(&spec, &piece, &macro)) != PIECE_END) {
		switch (kind) {
		case PIECE_MACRO:
			add_macro(&macro, values, text);
			break;
		case PIECE_ESCAPE:
			text_add(text, "%s", piece.at[1] == '%' ? "%" : piece.at[1] == '_' ? " " : "%20");
			break;
		case PIECE_LITERAL:
		case PIECE_BAD:
			text_add_slice(text, piece);
			break;
		case PIECE_END:
			break;
		}
	}
}
