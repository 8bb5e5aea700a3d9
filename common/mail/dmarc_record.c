/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "mail/dmarc_record.h"

#include <string.h>

#include "mail/tag_list.h"

/* ---- policies ---- */

static const char *const policies[] = {
	[DMARC_UNSET] = "",
	[DMARC_NONE] = "none",
	[DMARC_QUARANTINE] = "quarantine",
	[DMARC_REJECT] = "reject",
};

const char *dmarc_policy_word(enum dmarc_policy policy)
{
	return policies[policy];
}

bool dmarc_policy_parse(struct slice word, enum dmarc_policy *policy)
{
	for (enum dmarc_policy known = DMARC_NONE; known <= DMARC_REJECT; known++) {
		if (slice_is_nocase(word, policies[known])) {
			*policy = known;
			return true;
		}
	}
	return false;
}

enum dmarc_policy dmarc_policy_soften(enum dmarc_policy policy)
{
	return policy > DMARC_NONE ? policy - 1 : policy;
}

/* "reject." and "quarantine\"" are meant so. */
static enum dmarc_policy guess(struct slice value)
{
	enum dmarc_policy policy = DMARC_UNSET;

	while (value.len > 0 && strchr("\"'`., ", value.at[value.len - 1]) != NULL)
		value.len--;
	for (; value.len > 0 && strchr("\"'`., ", *value.at) != NULL; value.at++)
		value.len--;
	dmarc_policy_parse(value, &policy);
	return policy;
}

/* ---- notes ---- */

static const struct {
	enum dmarc_weight weight;
	const char *text;
} notes[] = {
	[DMARC_NO_VERSION] = { DMARC_WRONG, "does not begin with v=DMARC1, so it is no DMARC record" },
	[DMARC_BLANK_FIRST] = { DMARC_WRONG, "blanks before v=DMARC1, for which receivers may ignore it" },
	[DMARC_NO_TAG] = { DMARC_WRONG, "is no tag=value and is ignored" },
	[DMARC_TWICE] = { DMARC_WRONG, "stands here for the second time, so receivers may ignore the record" },
	[DMARC_BAD_VALUE] = { DMARC_WRONG, "has a value that is none of those allowed" },
	[DMARC_NO_POLICY] = { DMARC_WRONG, "has no p (none, quarantine or reject)" },
	[DMARC_BAD_URI] = { DMARC_WRONG, "is no URI that a report can be sent to" },
	[DMARC_NO_SCHEME] = { DMARC_WRONG, "has no \"mailto:\" before it, so it gets no reports" },
	[DMARC_OTHER_SCHEME] = { DMARC_WRONG, "is no mailto: URI, and others are hardly served" },
	[DMARC_URI_SIZE] = { DMARC_OLD, "has a limit of size, which RFC 9990 no longer knows" },
	[DMARC_REMOVED_TAG] = { DMARC_OLD, "was removed by RFC 9989 and is ignored" },
	[DMARC_POLICY_LATE] = { DMARC_HINT, "is not the second tag, where receivers by RFC 7489 want it" },
	[DMARC_UNKNOWN_TAG] = { DMARC_HINT, "is a tag that nobody knows, and is ignored" },
	[DMARC_MANY_URIS] = { DMARC_HINT, "is more than the two addresses that are sure to be served" },
	[DMARC_FO_ALONE] = { DMARC_HINT, "is ignored without ruf" },
};

const char *dmarc_note_text(enum dmarc_note_kind kind)
{
	return notes[kind].text;
}

enum dmarc_weight dmarc_note_weight(enum dmarc_note_kind kind)
{
	return notes[kind].weight;
}

bool dmarc_record_has(const struct dmarc_record *record, enum dmarc_weight weight)
{
	for (size_t i = 0; i < record->note_count; i++) {
		if (notes[record->notes[i].kind].weight == weight)
			return true;
	}
	return false;
}

static void note(struct dmarc_record *record, enum dmarc_note_kind kind, struct slice piece)
{
	if (record->note_count < DMARC_NOTES)
		record->notes[record->note_count++] = (struct dmarc_note){ kind, piece };
}

/* ---- URIs (RFC 3986, 6068) ---- */

static int hex(char c)
{
	if (c >= '0' && c <= '9')
		return c - '0';
	c = (char)(c | 0x20);
	return c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
}

/* RFC 3986 2: all other characters must be percent-encoded. */
static bool has_only_uri_characters(struct slice s)
{
	static const char others[] = "-._~:/?#[]@$&'()*+=%";	/* not ! , ; */

	for (size_t i = 0; i < s.len; i++) {
		char c = s.at[i], lower = (char)(c | 0x20);

		if (c == '%' && (s.len - i < 3 || hex(s.at[i + 1]) < 0 || hex(s.at[i + 2]) < 0))
			return false;
		if (!(lower >= 'a' && lower <= 'z') && !(c >= '0' && c <= '9') &&
		    (c == '\0' || strchr(others, c) == NULL))
			return false;
	}
	return true;
}

static size_t scheme_length(struct slice s)
{
	for (size_t i = 0; i < s.len; i++) {
		char lower = (char)(s.at[i] | 0x20);

		if (s.at[i] == ':')
			return i;
		if (!(lower >= 'a' && lower <= 'z') &&
		    (i == 0 || !((s.at[i] >= '0' && s.at[i] <= '9') || strchr("+-.", s.at[i]) != NULL)))
			return 0;
	}
	return 0;
}

/* local@host, before any "?subject=". */
static bool take_address(struct slice s, struct domain *host)
{
	char decoded[64 + 1 + DOMAIN_MAX];	/* RFC 5321 4.5.3.1.1 */
	struct fault fault;
	size_t len = 0, at = 0;

	for (size_t i = 0; i < s.len && s.at[i] != '?'; i++) {
		bool is_coded = s.at[i] == '%';

		if (len == sizeof decoded)
			return false;
		decoded[len++] = is_coded ? (char)(hex(s.at[i + 1]) << 4 | hex(s.at[i + 2])) : s.at[i];
		i += is_coded ? 2 : 0;
	}
	for (size_t i = 0; i < len; i++) {
		if (decoded[i] == '@')
			at = i;
	}
	return at > 0 && domain_parse((struct slice){ decoded + at + 1, len - at - 1 }, host, &fault);
}

/* RFC 7489 6.3: "!" and a number, with or without a unit, may follow. */
static bool take_size(struct slice *s)
{
	const char *mark = memchr(s->at, '!', s->len);
	struct slice size;
	uint64_t number;

	if (mark == NULL)
		return false;
	size = (struct slice){ mark + 1, s->len - (size_t)(mark - s->at) - 1 };
	if (size.len > 1 && strchr("kmgt", size.at[size.len - 1] | 0x20) != NULL)
		size.len--;
	if (!slice_number(size, UINT64_MAX, &number))
		return false;
	s->len = (size_t)(mark - s->at);
	return true;
}

static enum dmarc_uri_kind kind_of(struct dmarc_uri *uri)
{
	struct slice rest = uri->text;
	size_t scheme = scheme_length(rest);

	if (!has_only_uri_characters(rest))
		return DMARC_URI_BAD;
	if (scheme == 0)
		return take_address(rest, &uri->host) ? DMARC_URI_ADDRESS : DMARC_URI_BAD;
	rest.at += scheme + 1;
	rest.len -= scheme + 1;
	if (!slice_is_nocase((struct slice){ uri->text.at, scheme }, "mailto"))
		return rest.len > 0 ? DMARC_URI_OTHER : DMARC_URI_BAD;
	return take_address(rest, &uri->host) ? DMARC_URI_MAILTO : DMARC_URI_BAD;
}

bool dmarc_uri_next(struct slice *rest, struct dmarc_uri *uri)
{
	struct slice piece;

	if (!slice_split(rest, ',', &piece))
		return false;
	*uri = (struct dmarc_uri){ .text = slice_trim(piece) };
	uri->has_size = take_size(&uri->text);
	uri->kind = kind_of(uri);
	return true;
}

static void note_uri(struct dmarc_record *record, const struct dmarc_uri *uri)
{
	if (uri->has_size)
		note(record, DMARC_URI_SIZE, uri->text);
	switch (uri->kind) {
	case DMARC_URI_MAILTO:
		break;
	case DMARC_URI_ADDRESS:
		note(record, DMARC_NO_SCHEME, uri->text);
		break;
	case DMARC_URI_OTHER:
		note(record, DMARC_OTHER_SCHEME, uri->text);
		break;
	case DMARC_URI_BAD:
		note(record, DMARC_BAD_URI, uri->text);
		break;
	}
}

/* Is there one that reports could be sent to? */
static bool take_uris(struct dmarc_record *record, struct slice value)
{
	struct slice rest = value;
	struct dmarc_uri uri;
	bool has_valid = false;
	size_t count = 0;

	while (dmarc_uri_next(&rest, &uri)) {
		note_uri(record, &uri);
		has_valid |= uri.kind == DMARC_URI_MAILTO || uri.kind == DMARC_URI_OTHER;
		if (++count == DMARC_URIS_SERVED + 1)
			note(record, DMARC_MANY_URIS, uri.text);
	}
	if (count == 0)
		note(record, DMARC_BAD_URI, value);
	return has_valid;
}

/* ---- tags ---- */

enum tag_kind { TAG_V, TAG_P, TAG_SP, TAG_NP, TAG_LETTER, TAG_FO, TAG_RUA, TAG_RUF, TAG_PCT, TAG_OLD };

static const struct tag_row {
	const char *name;
	enum tag_kind kind;
	const char *letters;	/* of which the value is one */
	size_t offset;		/* of where it goes */
} tags[] = {
	{ "v", TAG_V, NULL, 0 },
	{ "p", TAG_P, NULL, 0 },
	{ "sp", TAG_SP, NULL, 0 },
	{ "np", TAG_NP, NULL, 0 },
	{ "psd", TAG_LETTER, "ynu", offsetof(struct dmarc_record, psd) },
	{ "t", TAG_LETTER, "yn", offsetof(struct dmarc_record, t) },
	{ "adkim", TAG_LETTER, "rs", offsetof(struct dmarc_record, adkim) },
	{ "aspf", TAG_LETTER, "rs", offsetof(struct dmarc_record, aspf) },
	{ "rua", TAG_RUA, NULL, 0 },
	{ "ruf", TAG_RUF, NULL, 0 },
	{ "fo", TAG_FO, NULL, 0 },
	{ "pct", TAG_PCT, NULL, 0 },
	{ "rf", TAG_OLD, NULL, 0 },
	{ "ri", TAG_OLD, NULL, 0 },
};
enum { TAGS = sizeof tags / sizeof *tags };

static const struct tag_row *find_row(struct slice name)
{
	for (size_t i = 0; i < TAGS; i++) {
		if (slice_is(name, tags[i].name))
			return &tags[i];
	}
	return NULL;
}

/* From the name to the end of the value. */
static struct slice whole(const struct tag *tag)
{
	return (struct slice){ tag->name.at, (size_t)(tag->value.at - tag->name.at) + tag->value.len };
}

/* A letter of `letters`, in lower case; 0: it is none. */
static char letter(struct slice value, const char *letters)
{
	char lower = value.len == 1 ? (char)(*value.at | 0x20) : '\0';

	return lower != '\0' && strchr(letters, lower) != NULL ? lower : '\0';
}

/* 0, 1, d and s, with colons between them. */
static bool is_fo(struct slice value)
{
	struct slice piece;
	bool is_good = value.len > 0 && value.at[value.len - 1] != ':';

	while (is_good && slice_split(&value, ':', &piece)) {
		piece = slice_trim(piece);
		is_good = piece.len == 1 && (*piece.at == '0' || *piece.at == '1' || letter(piece, "ds"));
	}
	return is_good;
}

/* False: the value is not valid. */
static bool take_value(struct dmarc_record *record, const struct tag_row *row, struct slice value)
{
	uint64_t number;

	switch (row->kind) {
	case TAG_V:
		return slice_is(value, "DMARC1");
	case TAG_P:
		record->p_is_bad = !dmarc_policy_parse(value, &record->p);
		record->p_meant = guess(value);
		return !record->p_is_bad;
	case TAG_SP:
		record->sp_is_bad = !dmarc_policy_parse(value, &record->sp);
		return !record->sp_is_bad;
	case TAG_NP:
		record->np_is_bad = !dmarc_policy_parse(value, &record->np);
		return !record->np_is_bad;
	case TAG_LETTER:
		*((char *)record + row->offset) = letter(value, row->letters);
		return letter(value, row->letters) != '\0';
	case TAG_FO:
		record->fo = is_fo(value) ? value : record->fo;
		return is_fo(value);
	case TAG_RUA:
		record->rua = value;
		record->has_rua = take_uris(record, value);
		return true;
	case TAG_RUF:
		record->ruf = value;
		take_uris(record, value);
		return true;
	case TAG_PCT:
		if (!slice_number(value, 100, &number))
			return false;
		record->pct = (uint8_t)number;
		return true;
	case TAG_OLD:
		return true;
	}
	return false;
}

static void take_tag(struct dmarc_record *record, const struct tag *tag, size_t position,
		     unsigned *seen)
{
	const struct tag_row *row = find_row(tag->name);
	unsigned bit;

	if (row == NULL) {
		note(record, DMARC_UNKNOWN_TAG, whole(tag));
		return;
	}
	bit = 1u << (row - tags);
	if (*seen & bit) {
		note(record, DMARC_TWICE, whole(tag));
		return;
	}
	*seen |= bit;
	if (row->kind == TAG_PCT || row->kind == TAG_OLD)
		note(record, DMARC_REMOVED_TAG, whole(tag));
	if (!take_value(record, row, tag->value) && row->kind != TAG_V && row->kind != TAG_PCT)
		note(record, DMARC_BAD_VALUE, whole(tag));
	if (row->kind == TAG_P && position != 1)
		note(record, DMARC_POLICY_LATE, whole(tag));
}

bool dmarc_record_is(struct slice text)
{
	return tag_list_is(text, "DMARC1");
}

bool dmarc_record_is_meant(struct slice text)
{
	enum { FAR = 32 };	/* behind quotation marks and the like */

	for (size_t i = 0; i < FAR && i + 5 <= text.len; i++) {
		if (slice_is_nocase((struct slice){ text.at + i, 5 }, "dmarc"))
			return true;
	}
	return false;
}

void dmarc_record_parse(struct slice text, struct dmarc_record *record)
{
	struct slice rest = text;
	enum tag_outcome outcome;
	unsigned seen = 0;
	struct tag tag;

	*record = (struct dmarc_record){ .text = text, .p_is_bad = true, .pct = 100 };
	if (!dmarc_record_is(text))
		note(record, DMARC_NO_VERSION, text);
	else if (*text.at != 'v')
		note(record, DMARC_BLANK_FIRST, (struct slice){ text.at, 1 });
	for (size_t i = 0; (outcome = tag_next(&rest, &tag)) != TAG_END; i++) {
		if (outcome == TAG_FOUND)
			take_tag(record, &tag, i, &seen);
		else
			note(record, DMARC_NO_TAG, tag.name);
	}
	if (!(seen & 1u << TAG_P))
		note(record, DMARC_NO_POLICY, text);
	if (record->fo.len > 0 && record->ruf.len == 0)
		note(record, DMARC_FO_ALONE, record->fo);
}

/* ---- as it should be ---- */

static void print_uris(const char *name, struct slice value, struct text *text)
{
	struct dmarc_uri uri;
	bool is_first = true;

	while (dmarc_uri_next(&value, &uri)) {
		if (uri.kind != DMARC_URI_MAILTO && uri.kind != DMARC_URI_ADDRESS)
			continue;
		if (is_first)
			text_add(text, "; %s=", name);
		else
			text_add(text, ",");
		text_add(text, "%s%.*s", uri.kind == DMARC_URI_ADDRESS ? "mailto:" : "",
			 (int)uri.text.len, uri.text.at);
		is_first = false;
	}
}

static void print_policy(const char *name, enum dmarc_policy policy, struct text *text)
{
	if (policy != DMARC_UNSET)
		text_add(text, "; %s=%s", name, policies[policy]);
}

void dmarc_record_print(const struct dmarc_record *record, struct text *text)
{
	enum dmarc_policy meant = record->p_meant != DMARC_UNSET ? record->p_meant : DMARC_NONE;

	text_add(text, "v=DMARC1");
	print_policy("p", record->p != DMARC_UNSET ? record->p : meant, text);
	print_policy("sp", record->sp, text);
	print_policy("np", record->np, text);
	for (size_t i = 0; i < TAGS; i++) {
		char value = tags[i].kind == TAG_LETTER ? ((const char *)record)[tags[i].offset] : '\0';

		if (value != '\0')
			text_add(text, "; %s=%c", tags[i].name, value);
	}
	print_uris("rua", record->rua, text);
	print_uris("ruf", record->ruf, text);
	if (record->fo.len > 0 && record->ruf.len > 0)
		text_add(text, "; fo=%.*s", (int)record->fo.len, record->fo.at);
}
