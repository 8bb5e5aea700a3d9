/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "mail/tagged_record.h"

#include <string.h>

#include "mail/dnssec.h"
#include "mail/tag_list.h"

static bool wrong(const char **at, const char **why, const char *where, const char *what)
{
	*at = where;
	*why = what;
	return false;
}

static bool is_alphanumeric(char c)
{
	return (c >= '0' && c <= '9') || ((c | 0x20) >= 'a' && (c | 0x20) <= 'z');
}

/* ---- values ---- */

/* 1*32(ALPHA / DIGIT) */
static bool check_id(struct slice value, const char **at, const char **why)
{
	enum { ID_MAX = 32 };

	if (value.len == 0)
		return wrong(at, why, value.at, "it is empty");
	for (size_t i = 0; i < value.len; i++) {
		if (!is_alphanumeric(value.at[i]))
			return wrong(at, why, value.at + i, "only letters and digits may stand here");
	}
	if (value.len > ID_MAX)
		return wrong(at, why, value.at + ID_MAX, "longer than 32 characters");
	return true;
}

static bool begins(struct slice s, const char *prefix)
{
	size_t len = strlen(prefix);

	return s.len >= len && slice_is_nocase((struct slice){ s.at, len }, prefix);
}

static bool ends(struct slice s, const char *suffix)
{
	size_t len = strlen(suffix);

	return s.len >= len && slice_is_nocase((struct slice){ s.at + s.len - len, len }, suffix);
}

/* What stands before the first of these characters. */
static struct slice before(struct slice s, const char *marks)
{
	size_t len = 0;

	while (len < s.len && strchr(marks, s.at[len]) == NULL)
		len++;		/* a NUL is a mark, too */
	return (struct slice){ s.at, len };
}

/* Only what RFC 3986 lets stand in a URI. */
static bool check_characters(struct slice uri, const char **at, const char **why)
{
	for (size_t i = 0; i < uri.len; i++) {
		if (uri.at[i] <= ' ' || uri.at[i] > '~' || strchr("\"<>\\^`{|}", uri.at[i]) != NULL)
			return wrong(at, why, uri.at + i, "a character that no URI has");
	}
	return true;
}

static bool check_host(struct slice host, const char **at, const char **why)
{
	struct domain unused;
	struct fault fault;

	if (host.len > 0 && host.at[0] == '[')
		return true;		/* an IPv6 address */
	return domain_parse(host, &unused, &fault) || wrong(at, why, host.at, "no host name stands here");
}

/* https:, with a path that ends so, or with any where `suffix` is NULL. */
static bool check_https(struct slice uri, const char *suffix, const char *unlike, const char **at,
			const char **why)
{
	struct slice rest = uri, authority, path;

	if (!begins(uri, "https://"))
		return wrong(at, why, uri.at, "it does not begin with https://");
	if (!check_characters(uri, at, why))
		return false;
	rest.at += strlen("https://");
	rest.len -= strlen("https://");
	authority = before(rest, "/?#");
	if (!check_host(authority.len > 0 && authority.at[0] == '[' ? authority : before(authority, ":"),
			at, why))
		return false;
	path = before((struct slice){ authority.at + authority.len, rest.len - authority.len }, "?#");
	if (suffix != NULL && !ends(path, suffix))
		return wrong(at, why, path.at, unlike);
	return true;
}

static bool check_mailto(struct slice uri, const char **at, const char **why)
{
	struct slice address = before(uri, "?"), domain;
	const char *sign;

	if (!check_characters(uri, at, why))
		return false;
	address.at += strlen("mailto:");
	address.len -= strlen("mailto:");
	sign = memchr(address.at, '@', address.len);
	if (sign == NULL || sign == address.at)
		return wrong(at, why, address.at, "no mail address stands here");
	domain = (struct slice){ sign + 1, (size_t)(address.at + address.len - sign - 1) };
	return check_host(domain, at, why);
}

static bool check_report_address(struct slice uri, const char **at, const char **why)
{
	const char *mark = memchr(uri.at, '!', uri.len);

	if (uri.len == 0)
		return wrong(at, why, uri.at, "an address is empty");
	if (mark != NULL)
		return wrong(at, why, mark, "a \"!\" in an address is written %21");	/* RFC 8460 3 */
	if (begins(uri, "mailto:"))
		return check_mailto(uri, at, why);
	if (begins(uri, "https://"))
		return check_https(uri, NULL, NULL, at, why);
	return wrong(at, why, uri.at, "an address begins with neither mailto: nor https://");
}

bool tagged_is_report_address(struct slice uri, const char **why)
{
	const char *unused;

	return check_report_address(uri, &unused, why);
}

/* tlsrpt-uri *(*WSP "," *WSP tlsrpt-uri) */
static bool check_rua(struct slice value, const char **at, const char **why)
{
	struct slice rest = value, piece;

	if (value.len == 0)
		return wrong(at, why, value.at, "it is empty");
	while (slice_split(&rest, ',', &piece)) {
		if (!check_report_address(slice_trim(piece), at, why))
			return false;
	}
	return true;
}

/* Both may be empty: then the domain declines (4.2). */
static bool check_logo(struct slice value, const char **at, const char **why)
{
	return value.len == 0 || check_https(value, ".svg", "the path does not end in .svg", at, why);
}

static bool check_evidence(struct slice value, const char **at, const char **why)
{
	return value.len == 0 || check_https(value, ".pem", "the path does not end in .pem", at, why);
}

static bool check_avatar(struct slice value, const char **at, const char **why)
{
	return slice_is_nocase(value, "brand") || slice_is_nocase(value, "personal") ||
	       wrong(at, why, value.at, "it is neither brand nor personal");
}

/* Beginnings of local parts, which become selectors. */
static bool check_prefixes(struct slice value, const char **at, const char **why)
{
	struct slice rest = value, piece;

	while (value.len > 0 && slice_split(&rest, ',', &piece)) {
		piece = slice_trim(piece);
		if (piece.len == 0 || piece.len > LABEL_MAX)
			return wrong(at, why, piece.at, "a prefix has 1 to 63 characters");
		for (size_t i = 0; i < piece.len; i++) {
			if (!is_alphanumeric(piece.at[i]) && strchr("-_.", piece.at[i]) == NULL)
				return wrong(at, why, piece.at + i, "a character that no prefix has");
		}
	}
	return true;
}

const struct tagged_kind tagged_mta_sts = {
	"MTA-STS", "_mta-sts", "STSv1", "sts", false, { { "id", true, check_id } },
};
const struct tagged_kind tagged_tls_rpt = {
	"TLS-RPT", "_smtp._tls", "TLSRPTv1", "tlsrpt", false, { { "rua", true, check_rua } },
};
const struct tagged_kind tagged_bimi = {
	"BIMI", "default._bimi", "BIMI1", "bimi", true, {
		{ "l", true, check_logo }, { "a", false, check_evidence },
		{ "avp", false, check_avatar }, { "lps", false, check_prefixes },
	},
};

/* ---- the record ---- */

bool tagged_is(const struct tagged_kind *kind, struct slice text)
{
	size_t len = strlen("v=") + strlen(kind->version);

	if (kind->allows_space)
		return tag_list_is(text, kind->version);
	if (!slice_starts(text, "v=") || text.len < len ||
	    !slice_is((struct slice){ text.at + 2, len - 2 }, kind->version))
		return false;
	text = slice_trim((struct slice){ text.at + len, text.len - len });
	return text.len == 0 || text.at[0] == ';';
}

static struct slice without(struct slice s, const char *marks)
{
	while (s.len > 0 && s.at[0] != '\0' && strchr(marks, s.at[0]) != NULL) {
		s.at++;
		s.len--;
	}
	return s;
}

/* "v = stsv1", "\"v=STSv1\"", "V=STSv2", "STSv1; id=1" */
bool tagged_is_misspelt(const struct tagged_kind *kind, struct slice text)
{
	struct slice rest = without(text, " \t\"'");

	if (begins(rest, "v") && !begins(rest, kind->word))
		rest = without((struct slice){ rest.at + 1, rest.len - 1 }, " \t=:\"'");
	return begins(rest, kind->word) && !tagged_is(kind, text);
}

static void fault_at(struct tagged_record *record, const char *at, const char *why)
{
	if (!record->is_valid)
		return;		/* the first one stands */
	record->is_valid = false;
	record->why = why;
	record->at = (size_t)(at - record->whole.at);
}

/* What no version knows is an extension: its name may begin with a digit and hold
 * dots, unlike in DKIM's lists (RFC 8461 3.1). */
static bool is_extension(struct slice piece)
{
	struct slice name = before(piece, "=");

	if (name.len == 0 || name.len == piece.len || !is_alphanumeric(name.at[0]))
		return false;
	for (size_t i = 0; i < name.len; i++) {
		if (!is_alphanumeric(name.at[i]) && strchr("_-.", name.at[i]) == NULL)
			return false;
	}
	return true;
}

static void take_known(const struct tagged_kind *kind, size_t place, const struct tag *tag,
		       struct tagged_record *record)
{
	const struct tagged_tag *known = &kind->tags[place];
	const char *at, *why;
	bool was_valid = record->is_valid;

	if (record->values[place].at != NULL)
		fault_at(record, tag->name.at, "this tag stands twice");
	else if (!known->check(tag->value, &at, &why))
		fault_at(record, at, why);
	if (was_valid && !record->is_valid)
		record->tag = known->name;
	if (record->values[place].at == NULL)
		record->values[place] = tag->value;
}

static void take_tag(const struct tagged_kind *kind, const struct tag *tag,
		     struct tagged_record *record)
{
	size_t place = 0;

	if (!kind->allows_space && tag->value.len > 0 &&
	    tag->value.at != tag->name.at + tag->name.len + 1) {
		fault_at(record, tag->name.at + tag->name.len, "no white space may stand around \"=\"");
	}
	while (kind->tags[place].name != NULL && !slice_is(tag->name, kind->tags[place].name))
		place++;
	if (kind->tags[place].name != NULL) {
		take_known(kind, place, tag, record);
		return;
	}
	for (place = 0; kind->tags[place].name != NULL; place++) {
		if (slice_is_nocase(tag->name, kind->tags[place].name))
			fault_at(record, tag->name.at, "this tag is written in lower case");
	}
}

void tagged_parse(const struct tagged_kind *kind, struct slice text, struct tagged_record *record)
{
	struct slice rest = text;
	enum tag_outcome outcome;
	struct tag tag;

	*record = (struct tagged_record){ .whole = text, .is_valid = true };
	if (!tagged_is(kind, text))
		fault_at(record, text.at, "it does not begin with the version");
	else
		tag_next(&rest, &tag);
	while ((outcome = tag_next(&rest, &tag)) != TAG_END) {
		if (outcome == TAG_FOUND)
			take_tag(kind, &tag, record);
		else if (!is_extension(tag.name))
			fault_at(record, tag.name.at, "no name=value stands here");
	}
	for (size_t i = 0; kind->tags[i].name != NULL; i++) {
		if (!kind->tags[i].is_required || record->values[i].at != NULL || !record->is_valid)
			continue;
		fault_at(record, text.at + text.len, "a tag is missing");
		record->tag = kind->tags[i].name;
	}
}

/* ---- in the DNS ---- */

static void choose(const struct tagged_kind *kind, struct tagged_found *found)
{
	const struct slice *misspelt = NULL;

	for (size_t i = 0; i < dns_count(&found->question); i++) {
		const struct slice *text = &found->question.records->at[i].data;

		if (tagged_is(kind, *text) && found->count++ == 0)
			tagged_parse(kind, *text, &found->record);
		else if (misspelt == NULL && tagged_is_misspelt(kind, *text))
			misspelt = text;
	}
	if (found->count > 0) {
		found->outcome = found->count == 1 ? TAGGED_ONE : TAGGED_SEVERAL;
	} else if (misspelt != NULL) {
		found->outcome = TAGGED_MISSPELT;
		tagged_parse(kind, *misspelt, &found->record);
	}
}

void tagged_find(const struct tagged_kind *kind, const struct domain *domain,
		 struct resolver *resolver, struct tagged_found *found)
{
	*found = (struct tagged_found){ .outcome = TAGGED_ABSENT, .question.type = DNS_TXT };
	if (!domain_join(&found->question.name, kind->label, domain)) {
		found->question.name = *domain;
		found->question.status = DNS_NXDOMAIN;	/* such a long name cannot exist */
		return;
	}
	resolver->ask(resolver, &found->question, 1);
	dnssec_recheck(&found->question, 1, resolver);
	if (!dns_is_answered(&found->question))
		found->outcome = TAGGED_UNKNOWN;
	else
		choose(kind, found);
}
