/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "mail/spf_mend.h"

#include <string.h>

/* What people write instead. */
static const struct {
	const char *wrong, *right;
} prefixes[] = {
	{ "ipv4:", "ip4:" }, { "ipv6:", "ip6:" }, { "ip:", "ip4:" },
	{ "ip4=", "ip4:" },  { "ip6=", "ip6:" },  { "include=", "include:" },
	{ "a=", "a:" },      { "mx=", "mx:" },    { "redirect:", "redirect=" },
	{ "ip4:", "ip6:" },  { "ip6:", "ip4:" },  { "a:", "ip4:" },
	{ "mx:", "ip4:" },   { "a:", "ip6:" },    { "", "ip4:" },
	{ "", "ip6:" },
};

struct mend {
	struct text *record;	/* so far */
	struct text end;	/* the first all */
	struct text redirect;
};

/* One term, if it is one: and nothing else. */
static bool is_term(const struct text *text, struct spf_term *term)
{
	struct slice rest = text_slice(text);
	struct fault unused;

	return spf_term_next(&rest, term, &unused) == SPF_TERM_FOUND && term->text.len == text->len &&
	       term->kind != SPF_OTHER;
}

static bool try_prefix(struct slice word, size_t row, struct text *text, struct spf_term *term)
{
	static const char marks[] = "+-~?";
	size_t len = strlen(prefixes[row].wrong);
	bool has_mark = word.len > 0 && strchr(marks, *word.at) != NULL && *word.at != '\0';
	struct slice head = { word.at + has_mark, len };

	if (word.len < has_mark + len || !slice_is_nocase(head, prefixes[row].wrong))
		return false;
	text_release(text);
	text_add_slice(text, (struct slice){ word.at, has_mark });
	text_add(text, "%s", prefixes[row].right);
	text_add_slice(text, (struct slice){ head.at + len, word.len - has_mark - len });
	return is_term(text, term);
}

/* The word as it was meant; false: nobody knows. */
static bool correct(struct slice word, struct text *text, struct spf_term *term)
{
	while (word.len > 0 && strchr(",;\"'", word.at[word.len - 1]) != NULL)
		word.len--;
	while (word.len > 0 && strchr(",;\"'", *word.at) != NULL) {
		word.at++;
		word.len--;
	}
	if (word.len == 0 || memchr(word.at, '\0', word.len) != NULL)
		return false;
	text_add_slice(text, word);
	if (is_term(text, term))
		return true;
	for (size_t i = 0; i < sizeof prefixes / sizeof *prefixes; i++) {
		if (try_prefix(word, i, text, term))
			return true;
	}
	return false;
}

/* Is the term in the record already? */
static bool has(const struct text *record, struct slice term)
{
	struct slice rest = text_slice(record), word;

	while (slice_word(&rest, &word)) {
		if (slice_same_nocase(word, term))
			return true;
	}
	return false;
}

static void take_word(struct mend *mend, struct slice word)
{
	struct text text = { 0 };
	struct spf_term term;

	if (correct(word, &text, &term)) {
		struct slice good = text_slice(&text);

		if (term.kind == SPF_ALL && mend->end.len == 0)
			text_add_slice(&mend->end, good);
		else if (term.kind == SPF_REDIRECT && mend->redirect.len == 0)
			text_add_slice(&mend->redirect, good);
		else if (term.kind != SPF_ALL && term.kind != SPF_REDIRECT && term.kind != SPF_PTR &&
			 !has(mend->record, good))
			text_add(mend->record, " %.*s", (int)good.len, good.at);
	}
	text_release(&text);
}

/* What stands behind "v=spf1" in a line, however that is dressed up. */
static struct slice behind_version(struct slice line)
{
	for (size_t i = 0; i + 6 <= line.len; i++) {
		if (slice_is_nocase((struct slice){ line.at + i, 6 }, "v=spf1"))
			return (struct slice){ line.at + i + 6, line.len - i - 6 };
	}
	return (struct slice){ line.at, 0 };
}

static void take_line(struct mend *mend, struct slice line)
{
	struct slice rest = behind_version(line), word;
	bool is_over = false;

	while (!is_over && slice_word(&rest, &word)) {
		bool had_end = mend->end.len > 0;

		take_word(mend, word);
		is_over = !had_end && mend->end.len > 0;	/* behind all nothing is reached */
	}
}

void spf_mend(struct slice records, const struct ip *add, const char *end, struct text *record)
{
	struct mend mend = { .record = record };
	char address[IP_TEXT];
	struct slice line;

	text_add(record, "v=spf1");
	if (add != NULL) {
		ip_print(add, address);
		text_add(record, " ip%d:%s", add->version, address);
	}
	while (slice_split(&records, '\n', &line))
		take_line(&mend, line);
	if (mend.end.len == 0 && mend.redirect.len > 0)
		text_add_slice(&mend.end, text_slice(&mend.redirect));
	text_add(record, " %s", mend.end.len > 0 ? text_str(&mend.end) : end);
	text_release(&mend.end);
	text_release(&mend.redirect);
}
