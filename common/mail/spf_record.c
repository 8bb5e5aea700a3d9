/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "mail/spf_record.h"

#include <string.h>

#include "mail/spf_macro.h"

static const char version[] = "v=spf1";

/* ---- results ---- */

static const char *const result_words[SPF_RESULTS] = {
	[SPF_NONE] = "none", [SPF_NEUTRAL] = "neutral", [SPF_PASS] = "pass", [SPF_FAIL] = "fail",
	[SPF_SOFTFAIL] = "softfail", [SPF_TEMPERROR] = "temperror", [SPF_PERMERROR] = "permerror",
};

const char *spf_result_word(enum spf_result result)
{
	return result_words[result];
}

bool spf_result_parse(struct slice word, enum spf_result *result)
{
	for (unsigned i = 0; i < SPF_RESULTS; i++) {
		if (slice_is_nocase(word, result_words[i])) {
			*result = (enum spf_result)i;
			return true;
		}
	}
	return false;
}

/* ---- pieces of terms ---- */

/* 5.6: "0", or a number without leading zeros. */
static bool parse_prefix(struct slice s, unsigned most, unsigned *prefix)
{
	uint64_t number;

	if ((s.len > 1 && *s.at == '0') || !slice_number(s, most, &number))
		return false;
	*prefix = (unsigned)number;
	return true;
}

/* Where the digits at the end begin, if `mark` stands before them; else NULL. */
static const char *digits_behind(struct slice s, const char *mark)
{
	size_t len = strlen(mark), at = s.len;

	while (at > 0 && s.at[at - 1] >= '0' && s.at[at - 1] <= '9')
		at--;
	if (at < len || memcmp(s.at + at - len, mark, len) != 0)
		return NULL;
	return s.at + at;
}

/* Take "//64", and then "/24", off the end. A domain-spec ends in a letter or a
 * brace (7.1), so such an end is never part of one. */
static bool take_prefixes(struct slice *s, struct spf_term *term)
{
	const char *digits = digits_behind(*s, "//");

	term->prefix4 = 32;
	term->prefix6 = 128;
	if (digits != NULL) {
		if (!parse_prefix((struct slice){ digits, (size_t)(s->at + s->len - digits) }, 128,
				  &term->prefix6))
			return false;
		s->len = (size_t)(digits - 2 - s->at);
	}
	digits = digits_behind(*s, "/");
	if (digits != NULL) {
		if (!parse_prefix((struct slice){ digits, (size_t)(s->at + s->len - digits) }, 32,
				  &term->prefix4))
			return false;
		s->len = (size_t)(digits - 1 - s->at);
	}
	return true;
}

static bool parse_network(struct slice s, unsigned bits, struct spf_term *term, struct fault *fault)
{
	const char *slash = memchr(s.at, '/', s.len);
	struct slice address = { s.at, slash != NULL ? (size_t)(slash - s.at) : s.len };
	unsigned prefix = bits;
	struct ip ip;

	if (!ip_parse(address, &ip) || ip_bits(&ip) != bits)
		return fault_set(fault, FAULT_PROTOCOL, "no %s address", bits == 32 ? "IPv4" : "IPv6");
	if (slash != NULL &&
	    !parse_prefix((struct slice){ slash + 1, s.len - address.len - 1 }, bits, &prefix))
		return fault_set(fault, FAULT_PROTOCOL, "no prefix of 0 to %u bits", bits);
	return network_parse(s, &term->network) ||
	       fault_set(fault, FAULT_PROTOCOL, "no network");
}

/* ---- the terms: a row each ---- */

enum argument {
	NO_ARGUMENT,	/* all */
	A_DOMAIN,	/* include:D, exists:D, redirect=D, exp=D */
	MAYBE_DOMAIN,	/* ptr[:D] */
	A_HOST,		/* a[:D][/N][//N], mx */
	AN_IP4,
	AN_IP6,
	A_STRING,	/* unknown-modifier=macro-string */
};

static const struct row {
	const char *name;
	enum spf_kind kind;
	bool is_modifier, counts;
	enum argument argument;
} rows[] = {
	{ "all", SPF_ALL, false, false, NO_ARGUMENT },
	{ "include", SPF_INCLUDE, false, true, A_DOMAIN },
	{ "a", SPF_A, false, true, A_HOST },
	{ "mx", SPF_MX, false, true, A_HOST },
	{ "ptr", SPF_PTR, false, true, MAYBE_DOMAIN },
	{ "ip4", SPF_IP4, false, false, AN_IP4 },
	{ "ip6", SPF_IP6, false, false, AN_IP6 },
	{ "exists", SPF_EXISTS, false, true, A_DOMAIN },
	{ "redirect", SPF_REDIRECT, true, true, A_DOMAIN },
	{ "exp", SPF_EXP, true, false, A_DOMAIN },
};

static const struct row other_modifier = { "", SPF_OTHER, true, false, A_STRING };

bool spf_term_counts(const struct spf_term *term)
{
	for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
		if (rows[i].kind == term->kind)
			return rows[i].counts;
	}
	return false;
}

static const struct row *find_row(struct slice name, bool is_modifier)
{
	for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
		if (rows[i].is_modifier == is_modifier && slice_is_nocase(name, rows[i].name))
			return &rows[i];
	}
	return is_modifier ? &other_modifier : NULL;
}

static bool parse_argument(const struct row *row, bool has_colon, struct slice rest,
			   struct spf_term *term, struct fault *fault)
{
	bool may_lack_domain = row->argument == MAYBE_DOMAIN || row->argument == A_HOST;

	switch (row->argument) {
	case NO_ARGUMENT:
		return (!has_colon && rest.len == 0) ||
		       fault_set(fault, FAULT_PROTOCOL, "nothing may stand behind \"%s\"", row->name);
	case AN_IP4:
		return parse_network(rest, 32, term, fault);
	case AN_IP6:
		return parse_network(rest, 128, term, fault);
	case A_STRING:
		return spf_macro_check(rest, SPF_MACRO_STRING, fault);
	case A_HOST:
		if (!take_prefixes(&rest, term))
			return fault_set(fault, FAULT_PROTOCOL, "no prefix of 0 to 32, or //0 to 128, bits");
		break;
	case A_DOMAIN:
	case MAYBE_DOMAIN:
		break;
	}
	if (!has_colon && rest.len > 0)
		return fault_set(fault, FAULT_PROTOCOL, "\"%s\" goes on without a colon", row->name);
	term->spec = rest;
	if (rest.len == 0)
		return (!has_colon && may_lack_domain) ||
		       fault_set(fault, FAULT_PROTOCOL, "\"%s\" has no domain", row->name);
	return spf_macro_check(rest, SPF_MACRO_DOMAIN, fault);
}

static size_t name_length(struct slice s)
{
	size_t len = 0;

	for (; len < s.len; len++) {
		char c = (char)(s.at[len] | 0x20);

		if (c >= 'a' && c <= 'z')
			continue;
		c = s.at[len];
		if (len == 0 || !((c >= '0' && c <= '9') || c == '-' || c == '_' || c == '.'))
			break;
	}
	return len;
}

static bool take_qualifier(struct slice *s, struct spf_term *term)
{
	static const struct {
		char mark;
		enum spf_result result;
	} marks[] = {
		{ '+', SPF_PASS }, { '-', SPF_FAIL }, { '~', SPF_SOFTFAIL }, { '?', SPF_NEUTRAL },
	};

	term->result = SPF_PASS;
	for (size_t i = 0; i < sizeof marks / sizeof *marks; i++) {
		if (s->len > 0 && *s->at == marks[i].mark) {
			term->result = marks[i].result;
			s->at++;
			s->len--;
			return true;
		}
	}
	return false;
}

static bool parse_term(struct slice s, struct spf_term *term, struct fault *fault)
{
	bool has_qualifier = take_qualifier(&s, term);
	struct slice name = { s.at, name_length(s) };
	struct slice rest = { s.at + name.len, s.len - name.len };
	char mark = rest.len > 0 ? *rest.at : '\0';
	const struct row *row = find_row(name, mark == '=');

	if (name.len == 0)
		return fault_set(fault, FAULT_PROTOCOL, "no mechanism and no modifier");
	if (row == NULL)
		return fault_set(fault, FAULT_PROTOCOL, "no such mechanism");
	if (row->is_modifier && has_qualifier)
		return fault_set(fault, FAULT_PROTOCOL, "a modifier has no qualifier");
	term->kind = row->kind;
	if (mark == ':' || mark == '=') {
		rest.at++;
		rest.len--;
	} else if (row->argument == AN_IP4 || row->argument == AN_IP6) {
		return fault_set(fault, FAULT_PROTOCOL, "\"%s\" has no address", row->name);
	}
	return parse_argument(row, mark == ':' || mark == '=', rest, term, fault);
}

/* ---- the record ---- */

bool spf_record_is(struct slice txt)
{
	size_t len = sizeof version - 1;

	return txt.len >= len && slice_is_nocase((struct slice){ txt.at, len }, version) &&
	       (txt.len == len || txt.at[len] == ' ');
}

/* Every byte is visible ASCII (3.1, 12). */
static bool is_visible(struct slice s)
{
	for (size_t i = 0; i < s.len; i++) {
		if (s.at[i] < 0x21 || s.at[i] > 0x7e)
			return false;
	}
	return true;
}

enum spf_parse spf_term_next(struct slice *rest, struct spf_term *term, struct fault *fault)
{
	memset(term, 0, sizeof *term);
	do {
		if (!slice_split(rest, ' ', &term->text))
			return SPF_TERM_END;
	} while (term->text.len == 0 || slice_is_nocase(term->text, version));
	if (!is_visible(term->text))
		fault_set(fault, FAULT_PROTOCOL, "a byte that is no visible ASCII character");
	else if (parse_term(term->text, term, fault))
		return SPF_TERM_FOUND;
	return SPF_TERM_BAD;
}

bool spf_record_find(struct slice record, enum spf_kind kind, struct spf_term *term)
{
	struct fault unused;
	enum spf_parse outcome;

	while ((outcome = spf_term_next(&record, term, &unused)) != SPF_TERM_END) {
		if (outcome == SPF_TERM_FOUND && term->kind == kind)
			return true;
	}
	return false;
}

bool spf_record_check(struct slice record, struct fault *fault)
{
	struct slice rest = record;
	unsigned redirects = 0, explanations = 0;
	struct spf_term term;
	enum spf_parse outcome;

	while ((outcome = spf_term_next(&rest, &term, fault)) == SPF_TERM_FOUND) {
		redirects += term.kind == SPF_REDIRECT;
		explanations += term.kind == SPF_EXP;
		if (redirects <= 1 && explanations <= 1)
			continue;
		fault_set(fault, FAULT_PROTOCOL, "a second \"%s\"",
			  redirects > 1 ? "redirect" : "exp");	/* 6: at most one each */
		outcome = SPF_TERM_BAD;
		break;
	}
	return outcome != SPF_TERM_BAD ||
	       fault_prefix(fault, "at byte %zu, \"%.*s\": ",
			    (size_t)(term.text.at - record.at) + 1,
			    term.text.len < 80 ? (int)term.text.len : 80, term.text.at);
}
