/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "monitor/redact.h"

#include <search.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "base/ip.h"

enum {
	LOCAL_MAX = 320,	/* a local part of more is a key (RFC 5321 4.5.3.1.1: 64) */
	KEY_MIN = 32,		/* so many letters and digits are no word */
	WORD_MAX = 64,		/* nor are these, whatever they are */
	LABELS_MAX = 128,
	RUN_MAX = 1024,		/* of what is looked at again from each of its words */
};

/* ---- what was seen ---- */

struct seen {
	size_t number;
	char key[];		/* in lower case */
};

static const char *const kind_words[REDACT_KINDS] = {
	[REDACT_ADDRESS] = "address", [REDACT_NAME] = "name", [REDACT_USER] = "user",
	[REDACT_PATH] = "path", [REDACT_LINK] = "link", [REDACT_KEY] = "key",
};

static int compare(const void *a, const void *b)
{
	return strcmp(((const struct seen *)a)->key, ((const struct seen *)b)->key);
}

/* Is `a` a beginning of `b`? Keys with a common beginning stand side by side. */
static int compare_beginning(const void *a, const void *b)
{
	const struct seen *beginning = a, *whole = b;

	return strncmp(beginning->key, whole->key, strlen(beginning->key));
}

static char lower(char c)
{
	return c >= 'A' && c <= 'Z' ? (char)(c - 'A' + 'a') : c;
}

static struct seen *new_seen(struct slice key)
{
	struct seen *seen = malloc(sizeof *seen + key.len + 1);

	if (seen == NULL)
		return NULL;
	for (size_t i = 0; i < key.len; i++)
		seen->key[i] = lower(key.at[i]);
	seen->key[key.len] = '\0';
	return seen;
}

/* Its number, the next one where it is new; 0: no memory. */
static size_t number_of(struct redact *redact, size_t kind, struct slice key)
{
	struct seen *seen = new_seen(key), **found;

	if (seen == NULL || (found = tsearch(seen, &redact->seen[kind], compare)) == NULL) {
		free(seen);
		redact->failed = true;
		return 0;
	}
	if (*found == seen)
		seen->number = ++redact->counts[kind];
	else
		free(seen);
	return (*found)->number;
}

static bool is_seen(struct redact *redact, size_t kind, struct slice key,
		    int (*comparison)(const void *, const void *))
{
	struct seen *seen = new_seen(key);
	bool found;

	redact->failed = redact->failed || seen == NULL;
	found = seen != NULL && tfind(seen, &redact->seen[kind], comparison) != NULL;
	free(seen);
	return found;
}

void redact_release(struct redact *redact)
{
	for (size_t kind = 0; kind < REDACT_TREES; kind++)
		tdestroy(redact->seen[kind], free);
	*redact = (struct redact){ 0 };
}

/* ---- characters ---- */

static bool is_digit(char c)
{
	return c >= '0' && c <= '9';
}

static bool is_letter(char c)
{
	return (lower(c) >= 'a' && lower(c) <= 'z') || (unsigned char)c >= 0x80;
}

static bool is_word(char c)
{
	return is_letter(c) || is_digit(c) || c == '_';
}

static bool is_label(char c)
{
	return is_word(c) || c == '-';
}

/* RFC 5322 3.2.3, with dots, and RFC 6531. */
static bool is_local(char c)
{
	return c != '\0' && (is_word(c) || strchr("!#$%&'*+-/=?^`{|}~.", c) != NULL);
}

static bool is_one_of(struct slice s, const char *const *words)
{
	while (*words != NULL && !slice_is_nocase(s, *words))
		words++;
	return *words != NULL;
}

/* ---- reading ---- */

/* A place in a text. What lies behind `end` may be looked at, but is not to be read. */
struct reader {
	struct redact *redact;
	struct slice text;
	size_t at, end;
	bool is_in_url;		/* a '/' begins no path */
	struct text *out;
};

/* '\0' outside: there is none in a text. */
static char peek(const struct reader *reader, size_t at)
{
	return at < reader->text.len ? reader->text.at[at] : '\0';
}

static char before(const struct reader *reader)
{
	return reader->at > 0 ? reader->text.at[reader->at - 1] : '\0';
}

static struct slice next(const struct reader *reader, size_t len)
{
	return (struct slice){ reader->text.at + reader->at, len };
}

static void copy(struct reader *reader, size_t len)
{
	text_add_slice(reader->out, next(reader, len));
	reader->at += len;
}

static void replace_as(struct reader *reader, enum redact_kind kind, struct slice key, size_t len)
{
	size_t number = number_of(reader->redact, kind, key);

	if (number > 0)
		text_add(reader->out, "[%s-%zu]", kind_words[kind], number);
	else
		text_add(reader->out, "[%s]", kind_words[kind]);
	reader->at += len;
}

static void replace(struct reader *reader, enum redact_kind kind, size_t len)
{
	replace_as(reader, kind, next(reader, len), len);
}

/* How many characters of a kind stand here. */
static size_t span(const struct reader *reader, bool (*is)(char c), size_t most)
{
	size_t len = 0;

	while (len < most && reader->at + len < reader->end && is(peek(reader, reader->at + len)))
		len++;
	return len;
}

/* "...", the mark of what text_cut() has cut. */
static bool is_cut(const struct reader *reader, size_t len)
{
	size_t at = reader->at + len;

	return peek(reader, at) == '.' && peek(reader, at + 1) == '.' && peek(reader, at + 2) == '.';
}

/* The beginning of something that is to be hidden whole? */
static bool take_cut(struct reader *reader, size_t len)
{
	struct slice s = next(reader, len);
	bool is_plain = true;

	if (len == 0 || !is_cut(reader, len))
		return false;
	for (size_t i = 0; i < len; i++)
		is_plain = is_plain && is_letter(s.at[i]);
	for (enum redact_kind kind = 0; is_plain && kind < REDACT_KINDS; kind++)
		is_plain = !is_seen(reader->redact, kind, s, compare_beginning);
	if (is_plain)
		return false;
	reader->at += len;
	return true;
}

/* ---- addresses ---- */

/* Nobody's secret: loopback, which blocklists answer with, too, and "any". */
static bool is_public_ip(const struct ip *ip)
{
	static const struct ip none6 = { .version = 6 }, loop6 = { .version = 6, .bytes = { [15] = 1 } };

	if (ip->version == 6)
		return ip_same(ip, &none6) || ip_same(ip, &loop6);
	return ip->bytes[0] == 127 || memcmp(ip->bytes, "\0\0\0\0", 4) == 0 ||
	       memcmp(ip->bytes, "\xff\xff\xff\xff", 4) == 0;
}

static void take_ip(struct reader *reader, const struct ip *ip, size_t len)
{
	char text[IP_TEXT];

	if (is_public_ip(ip)) {
		copy(reader, len);
		return;
	}
	ip_print(ip, text);
	replace_as(reader, REDACT_ADDRESS, slice_of(text), len);
}

static bool is_of_v6(char c)
{
	return is_digit(c) || c == ':' || c == '.' || (lower(c) >= 'a' && lower(c) <= 'f');
}

static bool take_v6(struct reader *reader)
{
	/* The "::" of "any" is left to be copied by its halves: there may be many in a row. */
	enum { SHORTEST = 3 };
	size_t len = span(reader, is_of_v6, IP_TEXT);
	struct ip ip;

	if (is_word(before(reader)) || memchr(next(reader, len).at, ':', len) == NULL)
		return false;
	while (len > 0 && next(reader, len).at[len - 1] == '.')
		len--;
	if (take_cut(reader, len))
		return true;
	for (; len >= SHORTEST; len--) {
		if ((is_word(peek(reader, reader->at + len)) && next(reader, len).at[len - 1] != ':') ||
		    !ip_parse(next(reader, len), &ip) || ip.version != 6)
			continue;
		take_ip(reader, &ip, len);
		return true;
	}
	return false;
}

/* Four numbers up to 255 with the same mark between them: how long, or 0. */
static size_t quad(const struct reader *reader, char mark, struct ip *ip)
{
	size_t at = reader->at;

	*ip = (struct ip){ .version = 4 };
	for (size_t i = 0; i < 4; i++) {
		unsigned value = 0, digits = 0;

		if (i > 0 && peek(reader, at++) != mark)
			return 0;
		for (; at < reader->end && is_digit(peek(reader, at)) && digits < 4; at++, digits++)
			value = 10 * value + (unsigned)(peek(reader, at) - '0');
		if (digits == 0 || digits > 3 || value > 255)
			return 0;
		ip->bytes[i] = (uint8_t)value;
	}
	return at - reader->at;
}

static bool take_v4(struct reader *reader)
{
	struct ip ip;
	size_t len = quad(reader, '.', &ip);

	if (len == 0)
		len = quad(reader, '-', &ip);
	if (len == 0 || is_word(before(reader)) || is_word(peek(reader, reader->at + len)))
		return false;
	take_ip(reader, &ip, len);
	return true;
}

/* ---- names ---- */

/* How long the labels are that stand here with a dot between each two. */
static size_t labels(const struct reader *reader, size_t *count)
{
	size_t len = 0;

	for (*count = 0; *count < LABELS_MAX; ) {
		struct reader label = *reader;
		size_t more;

		label.at += len;
		more = span(&label, is_label, WORD_MAX);
		if (more == 0)
			return *count > 0 ? len - 1 : 0;
		len += more;
		++*count;
		if (peek(reader, reader->at + len) != '.' || reader->at + len >= reader->end)
			break;
		len++;
	}
	return len;
}

/* Could it be a top level: letters, or an A-label? */
static bool is_top(struct slice label)
{
	if (slice_starts(label, "xn--"))
		return true;
	for (size_t i = 0; i < label.len; i++) {
		if (!is_letter(label.at[i]))
			return false;
	}
	return label.len >= 2;
}

/* Files that everybody has, and that look like names. */
static const char *const known_files[] = {
	"main.cf", "master.cf", "master.pid", "resolv.conf", "mail.log", "mail.err", "aliases.db", NULL,
};

/* Words that name nobody. */
static const char *const common_words[] = {
	"mail", "mx", "smtp", "smtps", "relay", "server", "host", "localhost", "localdomain", "unknown", "root",
	"nobody", "postmaster", "hostmaster", "mailer-daemon", "www-data", "postfix", "exim", "exim4",
	"sendmail", "opensmtpd", "domain", "empty", "none", "ok", NULL,
};

static bool is_public_name(const struct reader *reader, struct slice name)
{
	struct redact *redact = reader->redact;
	bool is_public;

	/* A page may hold the same few names very often. */
	if (is_seen(redact, REDACT_KINDS + false, name, compare))
		return false;
	if (is_seen(redact, REDACT_KINDS + true, name, compare))
		return true;
	is_public = is_one_of(name, known_files) || slice_is_nocase(name, "localhost.localdomain") ||
		    (redact->is_public != NULL && redact->is_public(name));
	number_of(redact, REDACT_KINDS + is_public, name);
	return is_public;
}

/* Behind its first dot there is a word, or all four numbers of an address are there: "e.g.",
 * "5.7.1" and "0.25ms" are no names. */
static bool looks_like_name(struct slice name)
{
	size_t numbers = 0;
	struct slice label;

	for (size_t i = 0; slice_split(&name, '.', &label); i++) {
		uint64_t number;

		numbers = slice_number(label, 255, &number) ? numbers + 1 : 0;
		if ((i > 0 && is_top(label)) || numbers == 4)
			return true;
	}
	return false;
}

static bool take_name(struct reader *reader, bool is_domain)
{
	size_t count, len = labels(reader, &count);
	struct slice name = next(reader, len);
	struct ip unused;

	if (len == 0 || is_word(before(reader)))
		return false;
	if ((count > 1 || is_domain) && take_cut(reader, len))
		return true;
	if (is_public_name(reader, name)) {
		copy(reader, len);
		return true;
	}
	/* An address, not a name, even with more words hanging on it by '-'. */
	if (quad(reader, '.', &unused) == len)
		return false;
	if (looks_like_name(name) || is_domain || is_seen(reader->redact, REDACT_NAME, name, compare)) {
		replace(reader, REDACT_NAME, len);
		return true;
	}
	return false;
}

/* ---- mail addresses ---- */

/* In logs, what stands before the address itself. */
static const char *const address_keys[] = {
	"from=", "to=", "orig_to=", "sender=", "recipient=", "rcpt=", "mailfrom=", "mail_from=",
	"sasl_username=", "rua=", "ruf=", NULL,
};

static bool take_domain(struct reader *reader)
{
	if (peek(reader, reader->at) != '@')
		return false;
	copy(reader, 1);
	take_name(reader, true);
	return true;
}

/* "a b"@example.org */
static bool take_quoted(struct reader *reader)
{
	size_t len = 1;

	if (peek(reader, reader->at) != '"')
		return false;
	while (len < LOCAL_MAX && reader->at + len < reader->end && peek(reader, reader->at + len) != '"')
		len += peek(reader, reader->at + len) == '\\' ? 2 : 1;
	if (peek(reader, reader->at + len) != '"' || peek(reader, reader->at + len + 1) != '@' ||
	    reader->at + len + 1 >= reader->end)
		return false;
	/* With the marks. */
	replace(reader, REDACT_USER, len + 1);
	take_domain(reader);
	return true;
}

static bool is_mailbox(const struct reader *reader, size_t len)
{
	return len > 0 && reader->at + len + 1 < reader->end && peek(reader, reader->at + len) == '@' &&
	       (unsigned char)peek(reader, reader->at + len + 1) > ' ';
}

static bool take_mailbox(struct reader *reader)
{
	size_t len = span(reader, is_local, LOCAL_MAX);
	struct slice local = next(reader, len);

	if (!is_mailbox(reader, len))
		return false;
	while (reader->at + 1 < reader->text.len && len > 1 && strchr("'`{|*/", local.at[0]) != NULL) {
		copy(reader, 1);
		local = next(reader, --len);
	}
	for (const char *const *key = address_keys; *key != NULL; key++) {
		size_t key_len = strlen(*key);

		if (len > key_len && strncasecmp(local.at, *key, key_len) == 0) {
			copy(reader, key_len);
			len -= key_len;
			break;
		}
	}
	replace(reader, REDACT_USER, len);
	take_domain(reader);
	return true;
}

/* ---- paths and links ---- */

/* Where everybody has them. */
static const char *const known_paths[] = {
	"/dev/null", "/etc/aliases", "/etc/hosts", "/etc/mailname", "/etc/mailpath",
	"/etc/monitoring-plugins.ini", "/etc/postfix", "/etc/postfix/main.cf", "/etc/resolv.conf",
	"/usr/sbin/sendmail", "/var/log", "/var/log/mail.log", "/var/log/maillog", "/var/log/exim4/mainlog",
	"/var/run", "/run", "/var/spool", "/var/spool/clientmqueue", "/var/spool/dma", "/var/spool/exim4",
	"/var/spool/mqueue", "/var/spool/mqueue-client", "/var/spool/nullmailer", "/var/spool/postfix",
	"/var/spool/smtpd", NULL,
};

static bool is_of_path(char c)
{
	return is_label(c) || (c != '\0' && strchr("/.~+%=,:", c) != NULL);
}

/* Without what ends a sentence. */
static size_t without_point(struct slice s)
{
	while (s.len > 0 && strchr(".,:;!?)]", s.at[s.len - 1]) != NULL)
		s.len--;
	return s.len;
}

/* "/24" is none. */
static bool has_letter(struct slice s)
{
	size_t i = 0;

	while (i < s.len && !is_letter(s.at[i]))
		i++;
	return i < s.len;
}

static bool take_path(struct reader *reader)
{
	size_t len;

	if (reader->is_in_url || peek(reader, reader->at) != '/' || is_word(before(reader)) ||
	    memchr("])}/.", before(reader), 5) != NULL)
		return false;
	len = span(reader, is_of_path, RUN_MAX);
	if (!has_letter(next(reader, len)))
		return false;
	if (take_cut(reader, without_point(next(reader, len))))
		return true;
	len = without_point(next(reader, len));
	while (len > 1 && next(reader, len).at[len - 1] == '/')
		len--;
	if (len < 2)
		return false;
	if (is_one_of(next(reader, len), known_paths))
		copy(reader, len);
	else
		replace(reader, REDACT_PATH, len);
	return true;
}

static bool is_of_url(char c)
{
	return (unsigned char)c > 0x20 && c != 0x7f && strchr("\"<>`'\\|", c) == NULL;
}

static bool is_of_host(char c)
{
	return is_label(c) || c == '.';
}

static void read_all(struct reader *reader);

/* Of a link to a public place: what leads to the page, but not what was asked there. */
static void take_public_link(struct reader *reader, size_t host, size_t len)
{
	struct reader rest = *reader;
	struct slice link = next(reader, len);
	size_t path = host;

	while (path < len && link.at[path] != '?' && link.at[path] != '#')
		path++;
	copy(reader, host);
	rest.at = reader->at;
	rest.end = reader->at + path - host;
	rest.is_in_url = true;
	read_all(&rest);
	reader->at += len - host;
	if (path < len)
		text_add(reader->out, "?...");
}

static bool take_link(struct reader *reader)
{
	static const char *const schemes[] = { "https://", "http://" };
	size_t scheme = 0, host, len;

	for (size_t i = 0; i < 2 && scheme == 0; i++) {
		if (reader->end - reader->at > strlen(schemes[i]) &&
		    strncasecmp(next(reader, 1).at, schemes[i], strlen(schemes[i])) == 0)
			scheme = strlen(schemes[i]);
	}
	if (scheme == 0 || is_word(before(reader)))
		return false;
	len = without_point(next(reader, span(reader, is_of_url, SIZE_MAX)));
	if (len <= scheme)
		return false;
	reader->at += scheme;
	host = span(reader, is_of_host, len - scheme);
	reader->at -= scheme;
	if (host > 0 && memchr(next(reader, len).at, '%', len) == NULL &&
	    memchr(next(reader, len).at, '@', len) == NULL &&
	    is_public_name(reader, (struct slice){ next(reader, len).at + scheme, host }))
		take_public_link(reader, scheme + host, len);
	else
		replace(reader, REDACT_LINK, len);
	return true;
}

/* ---- keys ---- */

static bool is_of_key(char c)
{
	return (is_word(c) && (unsigned char)c < 0x80) || c == '+' || c == '/' || c == '=';
}

static bool take_key(struct reader *reader)
{
	size_t len = span(reader, is_of_key, RUN_MAX);
	bool has_digit = false;

	for (size_t i = 0; i < len; i++)
		has_digit = has_digit || is_digit(next(reader, len).at[i]);
	if (len < KEY_MIN || is_word(before(reader)) || !has_digit || !has_letter(next(reader, len)))
		return false;
	replace(reader, REDACT_KEY, len);
	return true;
}

/* ---- certificates ---- */

/* Who and where, in the name of a certificate (RFC 4514). A CN is a name, or an issuer. */
static bool take_attribute(struct reader *reader)
{
	static const char *const types[] = { "O=", "OU=", "L=", "ST=", "STREET=" };
	size_t type = 0, len = 0;

	for (size_t i = 0; i < sizeof types / sizeof *types; i++) {
		if (reader->end - reader->at > strlen(types[i]) &&
		    strncmp(next(reader, 1).at, types[i], strlen(types[i])) == 0)
			type = strlen(types[i]);
	}
	if (type == 0 || is_word(before(reader)))
		return false;
	copy(reader, type);
	while (reader->at + len < reader->end && !strchr(",+;\"\x01\x02\n[", peek(reader, reader->at + len)))
		len += peek(reader, reader->at + len) == '\\' && reader->at + len + 1 < reader->end ? 2 : 1;
	if (len > 0)
		replace(reader, REDACT_NAME, len);
	return true;
}

/* ---- a text ---- */

static void take_word(struct reader *reader)
{
	size_t len = span(reader, is_word, SIZE_MAX);

	if (len == 0)
		copy(reader, 1);
	else if (len >= WORD_MAX)
		replace(reader, REDACT_KEY, len);
	else if (is_seen(reader->redact, REDACT_NAME, next(reader, len), compare))
		replace(reader, REDACT_NAME, len);
	else if (!take_cut(reader, len))
		copy(reader, len);
}

static void read_all(struct reader *reader)
{
	while (reader->at < reader->end) {
		if (!take_link(reader) && !take_attribute(reader) && !take_quoted(reader) && !take_path(reader) &&
		    !take_mailbox(reader) && !take_domain(reader) && !take_key(reader) && !take_v6(reader) &&
		    !take_name(reader, false) && !take_v4(reader))
			take_word(reader);
	}
}

void redact_text(struct redact *redact, struct slice text, struct text *out)
{
	struct reader reader = { .redact = redact, .text = text, .end = text.len, .out = out };

	read_all(&reader);
}

void redact_learn(struct redact *redact, struct slice word)
{
	for (size_t i = 0; i < word.len; i++) {
		if (!is_label(word.at[i]))
			return;
	}
	if (has_letter(word) && word.len >= 2 && word.len < WORD_MAX && !is_one_of(word, common_words))
		number_of(redact, REDACT_NAME, word);
}
