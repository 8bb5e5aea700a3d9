/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "mail/dnsbl.h"

#include <stdio.h>
#include <string.h>

/* ---- codes ---- */

static bool add_values(struct slice part, uint8_t octet[32])
{
	struct slice first = part, last = part;
	uint64_t from, to;

	for (size_t i = 0; i + 1 < part.len; i++) {
		if (part.at[i] == '.' && part.at[i + 1] == '.') {
			first.len = i;
			last = (struct slice){ part.at + i + 2, part.len - i - 2 };
			break;
		}
	}
	if (!slice_number(first, 255, &from) || !slice_number(last, 255, &to) || from > to)
		return false;
	for (; from <= to; from++)
		octet[from / 8] |= (uint8_t)(1 << from % 8);
	return true;
}

/* A number, or numbers and ranges in brackets; what is used is taken off. */
static bool take_octet(struct slice *s, uint8_t octet[32])
{
	const char *end;
	size_t len = 0;

	if (s->len == 0)
		return false;
	if (s->at[0] != '[') {
		while (len < s->len && s->at[len] >= '0' && s->at[len] <= '9')
			len++;
		if (!add_values((struct slice){ s->at, len }, octet))
			return false;
		*s = (struct slice){ s->at + len, s->len - len };
		return true;
	}
	end = memchr(s->at, ']', s->len);
	if (end == NULL)
		return false;
	for (const char *at = s->at + 1; at <= end;) {
		const char *mark = at;

		while (mark < end && *mark != ';' && *mark != ',')
			mark++;
		if (!add_values((struct slice){ at, (size_t)(mark - at) }, octet))
			return false;
		at = mark + 1;
	}
	*s = (struct slice){ end + 1, s->len - (size_t)(end + 1 - s->at) };
	return true;
}

bool dnsbl_codes_parse(struct slice s, struct dnsbl_codes *codes)
{
	struct dnsbl_codes parsed = { .is_given = true };

	for (int i = 0; i < 4; i++) {
		if (i > 0) {
			if (s.len == 0 || s.at[0] != '.')
				return false;
			s = (struct slice){ s.at + 1, s.len - 1 };
		}
		if (!take_octet(&s, parsed.octets[i]))
			return false;
	}
	if (s.len > 0)
		return false;
	*codes = parsed;
	return true;
}

bool dnsbl_codes_match(const struct dnsbl_codes *codes, const struct ip *ip)
{
	if (!codes->is_given || ip->version != 4)
		return false;
	for (int i = 0; i < 4; i++) {
		if ((codes->octets[i][ip->bytes[i] / 8] >> ip->bytes[i] % 8 & 1) == 0)
			return false;
	}
	return true;
}

/* ---- the grammar ---- */

bool dnsbl_key_find(struct slice keys, struct slice name, struct slice *key)
{
	struct slice line, word;

	while (slice_split(&keys, '\n', &line)) {
		line = slice_trim(line);
		if (line.len == 0 || line.at[0] == '#' || !slice_word(&line, &word))
			continue;
		if (word.len == name.len && memcmp(word.at, name.at, name.len) == 0)
			return slice_word(&line, key);
	}
	return false;
}

/* The zone's name, and its {key:NAME} filled in. */
static bool parse_name(struct slice s, struct slice keys, struct dnsbl_zone *zone,
		       struct fault *fault)
{
	static const char open[] = "{key:";
	char whole[2 * DOMAIN_MAX];
	struct slice name, key;
	int len;

	if (!slice_starts(s, open)) {
		if (!domain_parse(s, &zone->name, fault))
			return fault_prefix(fault, "the zone's name is wrong: ");
		snprintf(zone->shown, sizeof zone->shown, "%s", zone->name.text);
		return true;
	}
	slice_split(&s, '}', &name);
	name = (struct slice){ name.at + sizeof open - 1, name.len - (sizeof open - 1) };
	if (s.at == NULL || !slice_starts(s, "."))
		return fault_set(fault, FAULT_USAGE, "no zone behind {key:NAME}");
	if (!dnsbl_key_find(keys, name, &key))
		return fault_set(fault, FAULT_USAGE, "the key %.*s is not in a --key-file",
				 (int)name.len, name.at);
	len = snprintf(whole, sizeof whole, "%.*s%.*s", (int)key.len, key.at, (int)s.len, s.at);
	if (len < 0 || (size_t)len >= sizeof whole || !domain_parse(slice_of(whole), &zone->name, fault))
		return fault_set(fault, FAULT_USAGE, "the key %.*s does not make a name",
				 (int)name.len, name.at);
	snprintf(zone->shown, sizeof zone->shown, "***%s", strchr(zone->name.text, '.'));
	return true;
}

static bool parse_mask(struct slice s, unsigned *mask)
{
	static const char digits[] = "0123456789abcdef";
	uint64_t number = 0;

	if (!slice_starts(s, "0x")) {
		if (!slice_number(s, 255, &number) || number == 0)
			return false;
	} else {
		if (s.len < 3 || s.len > 4)
			return false;
		for (size_t i = 2; i < s.len; i++) {
			const char *digit = strchr(digits, s.at[i] | 0x20);

			if (digit == NULL || *digit == '\0')
				return false;
			number = number * 16 + (uint64_t)(digit - digits);
		}
	}
	*mask = (unsigned)number;
	return number > 0;
}

static bool parse_weight(struct slice s, struct dnsbl_zone *zone)
{
	bool is_negative = slice_starts(s, "-");
	uint64_t number;

	if (is_negative)
		s = (struct slice){ s.at + 1, s.len - 1 };
	if (!slice_number(s, 1000000, &number))
		return false;
	zone->weight = is_negative ? -(int)number : (int)number;
	zone->has_weight = true;
	return true;
}

/* =codes, &mask and *weight, in any order. */
static bool apply_marks(struct slice s, struct dnsbl_zone *zone, struct fault *fault)
{
	if (s.len > 0 && s.at[0] != '*') {
		zone->codes = (struct dnsbl_codes){ 0 };
		zone->mask = 0;
	}
	while (s.len > 0) {
		struct slice value = { s.at + 1, 0 };
		char mark = s.at[0];

		while (value.len + 1 < s.len && memchr("=&*", value.at[value.len], 3) == NULL)
			value.len++;
		s = (struct slice){ s.at + 1 + value.len, s.len - 1 - value.len };
		if (mark == '=' && !dnsbl_codes_parse(value, &zone->codes))
			return fault_set(fault, FAULT_USAGE,
					 "=%.*s is no code such as 127.0.0.[2;4..7]", (int)value.len,
					 value.at);
		if (mark == '&' && !parse_mask(value, &zone->mask))
			return fault_set(fault, FAULT_USAGE, "&%.*s is no mask from 1 to 255",
					 (int)value.len, value.at);
		if (mark == '*' && !parse_weight(value, zone))
			return fault_set(fault, FAULT_USAGE, "*%.*s is no weight", (int)value.len,
					 value.at);
	}
	return true;
}

/* ---- the words of a zones file ---- */

static bool read_kind(struct slice value, struct dnsbl_zone *zone)
{
	if (slice_is(value, "domain"))
		zone->judges = DNSBL_DOMAIN;
	else if (!slice_is(value, "ip"))
		return false;
	else if ((zone->judges & DNSBL_DOMAIN) != 0)
		zone->judges = DNSBL_IP4 | DNSBL_IP6;
	return true;
}

static bool read_family(struct slice value, struct dnsbl_zone *zone)
{
	struct slice one;

	zone->judges &= DNSBL_DOMAIN;
	while (slice_split(&value, ',', &one)) {
		if (slice_is(one, "4"))
			zone->judges |= DNSBL_IP4;
		else if (slice_is(one, "6"))
			zone->judges |= DNSBL_IP6;
		else
			return false;
	}
	return true;
}

static bool read_type(struct slice value, struct dnsbl_zone *zone)
{
	static const char *const words[] = {
		[DNSBL_DENY] = "deny", [DNSBL_ALLOW] = "allow", [DNSBL_INFO] = "info",
	};

	for (size_t i = 0; i < sizeof words / sizeof *words; i++) {
		if (slice_is(value, words[i])) {
			zone->type = (enum dnsbl_type)i;
			return true;
		}
	}
	return false;
}

static bool read_scope(struct slice value, struct dnsbl_zone *zone)
{
	zone->scope = value;
	return slice_is(value, "ip") || slice_is(value, "net") || slice_is(value, "asn");
}

static bool read_test(struct slice value, struct dnsbl_zone *zone)
{
	struct slice point;

	zone->point_count = 0;
	zone->has_no_points = slice_is(value, "none");
	while (!zone->has_no_points && slice_split(&value, ',', &point)) {
		bool must_not = slice_starts(point, "!");

		if (must_not)
			point = (struct slice){ point.at + 1, point.len - 1 };
		if (point.len == 0 || zone->point_count == DNSBL_POINTS)
			return false;
		zone->points[zone->point_count++] = (struct dnsbl_point){ point, must_not };
	}
	return true;
}

static bool read_refusal(struct slice value, struct dnsbl_zone *zone)
{
	return dnsbl_codes_parse(value, &zone->refusal);
}

static bool read_url(struct slice value, struct dnsbl_zone *zone)
{
	for (size_t i = 0; i < value.len; i++) {
		if (value.at[i] <= ' ' || memchr("\"<>\\^`|\x7f", value.at[i], 8) != NULL)
			return false;
	}
	zone->url = value;
	return slice_starts(value, "https://") || slice_starts(value, "http://");
}

static const struct {
	const char *name;
	bool (*read)(struct slice value, struct dnsbl_zone *zone);
	const char *grammar;
} words[] = {
	{ "kind", read_kind, "ip or domain" },
	{ "family", read_family, "4, 6 or 4,6" },
	{ "type", read_type, "deny, allow or info" },
	{ "scope", read_scope, "ip, net or asn" },
	{ "test", read_test, "none, or points such as 127.0.0.2,!127.0.0.1" },
	{ "refusal", read_refusal, "codes such as 127.0.0.[1;255]" },
	{ "url", read_url, "an http or https address, percent-encoded" },
};

static bool apply_word(struct slice word, struct dnsbl_zone *zone, struct fault *fault)
{
	struct slice value = word, name;

	slice_split(&value, '=', &name);
	for (size_t i = 0; i < sizeof words / sizeof *words; i++) {
		if (!slice_is(name, words[i].name))
			continue;
		return (value.at != NULL && words[i].read(value, zone)) ||
		       fault_set(fault, FAULT_USAGE, "%s= wants %s", words[i].name, words[i].grammar);
	}
	return fault_set(fault, FAULT_USAGE,
			 "%.*s: the words are kind= family= type= scope= test= refusal= url=",
			 (int)word.len, word.at);
}

static size_t name_length(struct slice spec)
{
	size_t len = 0;

	while (len < spec.len && memchr("=&* \t", spec.at[len], 5) == NULL)
		len++;
	return len;
}

/* What stands behind the name. */
static bool apply(struct slice spec, struct dnsbl_zone *zone, struct fault *fault)
{
	size_t len = name_length(spec);
	struct slice rest = { spec.at + len, spec.len - len }, word;

	if (rest.len > 0 && rest.at[0] != ' ' && rest.at[0] != '\t') {
		slice_word(&rest, &word);
		if (!apply_marks(word, zone, fault))
			return false;
	}
	while (slice_word(&rest, &word)) {
		if (word.at[0] == '#')
			break;
		if (!apply_word(word, zone, fault))
			return false;
	}
	return true;
}

/* ---- the table ---- */

/* Does the row ask this zone? Its key is any first label. */
static bool is_row_of(const struct dnsbl_list *list, const struct domain *name)
{
	struct slice row = slice_of(list->spec);
	const char *text = name->text, *end = strchr(list->spec, '}');

	row.len = name_length(row);
	if (end != NULL && row.at[0] == '{') {
		text = strchr(text, '.');
		row = (struct slice){ end + 1, row.len - (size_t)(end + 1 - row.at) };
	}
	return text != NULL && slice_is(row, text);
}

static const struct dnsbl_list *find_list(const struct domain *name)
{
	for (const struct dnsbl_list *list = dnsbl_lists; list->spec != NULL; list++) {
		if (is_row_of(list, name))
			return list;
	}
	return NULL;
}

static const char *find_dead(const struct domain *name)
{
	for (const struct dnsbl_dead *dead = dnsbl_dead_lists; dead->zone != NULL; dead++) {
		bool has_star = dead->zone[0] == '*';

		if (has_star ? domain_within(name, dead->zone + 2)
			     : strcmp(name->text, dead->zone) == 0)
			return dead->why;
	}
	return NULL;
}

bool dnsbl_zone_parse(struct slice line, struct slice keys, struct dnsbl_zone *zone,
		      struct fault *fault)
{
	struct dnsbl_zone parsed = { .judges = DNSBL_IP4 | DNSBL_IP6 };
	struct dnsbl_codes table_codes;
	unsigned table_mask;
	struct slice name;

	line = slice_trim(line);
	name = (struct slice){ line.at, name_length(line) };
	if (!parse_name(name, keys, &parsed, fault))
		return false;
	parsed.dead = find_dead(&parsed.name);
	parsed.list = find_list(&parsed.name);
	if (parsed.list != NULL && !apply(slice_of(parsed.list->spec), &parsed, fault))
		return false;
	table_codes = parsed.codes;
	table_mask = parsed.mask;
	if (!apply(line, &parsed, fault))
		return fault_prefix(fault, "%s: ", parsed.shown);
	parsed.knows_codes = parsed.list != NULL && parsed.mask == table_mask &&
			     memcmp(&parsed.codes, &table_codes, sizeof table_codes) == 0;
	if (!parsed.has_weight)
		parsed.weight = parsed.type == DNSBL_DENY ? 1 : parsed.type == DNSBL_ALLOW ? -1 : 0;
	if (parsed.type == DNSBL_ALLOW && parsed.weight > 0)
		return fault_set(fault, FAULT_USAGE, "%s: an allow list takes a negative weight",
				 parsed.shown);
	*zone = parsed;
	return true;
}

bool dnsbl_is_keyed(const struct dnsbl_zone *zone)
{
	return zone->list != NULL && zone->list->spec[0] == '{';
}

unsigned dnsbl_profile_parse(struct slice name)
{
	static const struct { const char *name; unsigned profile; } profiles[] = {
		{ "default", DNSBL_DEFAULT }, { "spamhaus", DNSBL_SPAMHAUS },
		{ "common", DNSBL_COMMON },   { "info", DNSBL_PROFILE_INFO },
		{ "domain", DNSBL_PROFILE_DOMAIN }, { "all", DNSBL_ALL },
	};

	for (size_t i = 0; i < sizeof profiles / sizeof *profiles; i++) {
		if (slice_is(name, profiles[i].name))
			return profiles[i].profile;
	}
	return 0;
}

static const struct dnsbl_code *code_in(const struct dnsbl_code *codes, const struct ip *ip)
{
	struct dnsbl_codes set;

	for (; codes != NULL && codes->codes != NULL; codes++) {
		if (dnsbl_codes_parse(slice_of(codes->codes), &set) && dnsbl_codes_match(&set, ip))
			return codes;
	}
	return NULL;
}

const struct dnsbl_code *dnsbl_code_find(const struct dnsbl_zone *zone, const struct ip *code)
{
	const struct dnsbl_code *codes = zone->list != NULL ? zone->list->codes : NULL;

	if (zone->mask == 0)
		return code_in(codes, code);
	for (unsigned bit = 1; bit <= 128; bit *= 2) {
		struct ip one = *code;

		one.bytes[3] = (uint8_t)bit;
		if ((code->bytes[3] & zone->mask & bit) != 0 && code_in(codes, &one) != NULL)
			return code_in(codes, &one);
	}
	return NULL;
}

const struct dnsbl_code *dnsbl_refusal_find(const struct ip *code)
{
	static const struct dnsbl_code other = {
		NULL, NULL, "a code that lists use for \"you may not ask\"",
		"run a resolver of your own, and read the list's terms of use",
	};
	const struct dnsbl_code *found = code_in(dnsbl_refusals, code);

	return found != NULL ? found : &other;
}

void dnsbl_url(const struct dnsbl_zone *zone, const char *target, struct text *url)
{
	static const char mark[] = "{target}";
	struct slice rest = zone->url;

	while (rest.len > 0) {
		if (slice_starts(rest, mark)) {
			text_add_url(url, target);
			rest = (struct slice){ rest.at + sizeof mark - 1, rest.len - (sizeof mark - 1) };
			continue;
		}
		text_add_char(url, rest.at[0]);
		rest = (struct slice){ rest.at + 1, rest.len - 1 };
	}
}

void dnsbl_print_table(struct text *page)
{
	static const struct { unsigned profile; const char *title; } parts[] = {
		{ DNSBL_DEFAULT, "default" }, { DNSBL_SPAMHAUS, "spamhaus" },
		{ DNSBL_COMMON, "common: read their terms first" }, { DNSBL_PROFILE_INFO, "info" },
		{ DNSBL_PROFILE_DOMAIN, "domain" }, { 0, "only in all" },
	};

	text_add(page, "# The lists that check_dnsbl knows, as --zones-file reads them.\n");
	for (size_t i = 0; i < sizeof parts / sizeof *parts; i++) {
		text_add(page, "\n# profile %s\n", parts[i].title);
		for (const struct dnsbl_list *list = dnsbl_lists; list->spec != NULL; list++) {
			if (parts[i].profile != 0 ? (list->profiles & parts[i].profile) != 0
						  : list->profiles == 0)
				text_add(page, "%s\n", list->spec);
		}
	}
	text_add(page, "\n# Dead lists: warned of, not asked\n");
	for (const struct dnsbl_dead *dead = dnsbl_dead_lists; dead->zone != NULL; dead++)
		text_add(page, "# %s: %s\n", dead->zone, dead->why);
}

/* ---- questions ---- */

bool dnsbl_name_of_ip(const struct ip *ip, const struct domain *zone, struct domain *name)
{
	static const char hex[] = "0123456789abcdef";
	char reversed[4 * 16 + 1];
	size_t len = 0;

	if (ip->version == 4) {
		len = (size_t)snprintf(reversed, sizeof reversed, "%u.%u.%u.%u", ip->bytes[3],
				       ip->bytes[2], ip->bytes[1], ip->bytes[0]);
	} else {
		for (int i = 15; i >= 0; i--) {
			reversed[len++] = hex[ip->bytes[i] & 0x0f];
			reversed[len++] = '.';
			reversed[len++] = hex[ip->bytes[i] >> 4];
			reversed[len++] = '.';
		}
		reversed[--len] = '\0';
	}
	return domain_join(name, reversed, zone);
}

bool dnsbl_name_of_domain(const struct domain *domain, const struct domain *zone,
			  struct domain *name)
{
	return domain_join(name, domain->text, zone);
}

static unsigned family_of(const struct ip *ip)
{
	return ip->version == 4 ? DNSBL_IP4 : DNSBL_IP6;
}

/* The name of a point, if it is one for `judges`. */
static bool point_name(const struct dnsbl_zone *zone, const struct dnsbl_point *point,
		       unsigned judges, struct domain *name)
{
	struct fault unused;
	struct domain label;
	struct ip ip;

	if ((judges & DNSBL_DOMAIN) != 0)
		return domain_parse(point->what, &label, &unused) &&
		       dnsbl_name_of_domain(&label, &zone->name, name);
	return ip_parse(point->what, &ip) && (judges & family_of(&ip)) != 0 &&
	       dnsbl_name_of_ip(&ip, &zone->name, name);
}

size_t dnsbl_tests(const struct dnsbl_zone *zone, unsigned judges, uint64_t nonce,
		   struct dnsbl_test tests[DNSBL_TESTS])
{
	/* RFC 5782 section 5 */
	static const struct { unsigned judges; const char *listed, *unlisted; } standard[] = {
		{ DNSBL_IP4, "127.0.0.2", "127.0.0.1" },
		{ DNSBL_IP6, "::ffff:7f00:2", "::ffff:7f00:1" },
		{ DNSBL_DOMAIN, "test", "invalid" },
	};
	char label[32];
	size_t count = 0;

	for (size_t s = 0; s < sizeof standard / sizeof *standard; s++) {
		unsigned one = judges & standard[s].judges;
		bool has_own = false;

		for (size_t i = 0; one != 0 && i < zone->point_count; i++) {
			if (!point_name(zone, &zone->points[i], one, &tests[count].name))
				continue;
			tests[count++].must_not = zone->points[i].must_not;
			has_own = true;
		}
		if (one == 0 || has_own || zone->has_no_points)
			continue;
		for (int must_not = 0; must_not <= 1; must_not++) {
			struct dnsbl_point point = {
				slice_of(must_not ? standard[s].unlisted : standard[s].listed), must_not };

			if (point_name(zone, &point, one, &tests[count].name))
				tests[count++].must_not = must_not;
		}
	}
	/* No list has this: one that answers it, answers everything. */
	snprintf(label, sizeof label, "mailpath-%016llx", (unsigned long long)nonce);
	if (judges != 0 && domain_join(&tests[count].name, label, &zone->name))
		tests[count++].must_not = true;
	return count;
}

/* ---- answers ---- */

const char *dnsbl_health_word(enum dnsbl_health health)
{
	switch (health) {
	case DNSBL_OK: return "ok";
	case DNSBL_REFUSED: return "refused";
	case DNSBL_TESTPOINT_MISSING: return "testpoint_missing";
	case DNSBL_WILDCARD: return "wildcard";
	case DNSBL_OUTSIDE_127: return "outside_127";
	case DNSBL_SERVFAIL: return "servfail";
	case DNSBL_TIMEOUT: return "timeout";
	case DNSBL_GARBLED: return "garbled";
	case DNSBL_DEAD: return "dead";
	case DNSBL_SKIPPED: return "skipped";
	}
	return "?";
}

static bool is_refusal(const struct dnsbl_zone *zone, const struct ip *ip)
{
	const uint8_t *b = ip->bytes;

	if (dnsbl_codes_match(&zone->refusal, ip) || (b[1] == 255 && b[2] == 255))
		return true;
	/* 127.0.0.0 and 127.0.0.1 are refusals or rewritten answers, but for the
	 * few lists that say otherwise. */
	return b[1] == 0 && b[2] == 0 && b[3] <= 1 && !dnsbl_codes_match(&zone->codes, ip);
}

static bool is_listing(const struct dnsbl_zone *zone, const struct ip *ip)
{
	return (!zone->codes.is_given || dnsbl_codes_match(&zone->codes, ip)) &&
	       (zone->mask == 0 || (ip->bytes[3] & zone->mask) != 0);
}

static enum dnsbl_health odd_one(struct dnsbl_listing *listing, const struct ip *ip,
				 enum dnsbl_health health)
{
	listing->odd = *ip;
	listing->has_odd = true;
	listing->count = 0;
	return health;
}

enum dnsbl_health dnsbl_read(const struct dnsbl_zone *zone, const struct dns_question *answer,
			     struct dnsbl_listing *listing)
{
	*listing = (struct dnsbl_listing){ 0 };
	switch (answer->status) {
	case DNS_FOUND: break;
	case DNS_NODATA:
	case DNS_NXDOMAIN: return DNSBL_OK;
	case DNS_SERVFAIL: return DNSBL_SERVFAIL;
	case DNS_REFUSED: return DNSBL_REFUSED;
	case DNS_UNFINISHED:
	case DNS_TIMEOUT: return DNSBL_TIMEOUT;
	case DNS_GARBLED: return DNSBL_GARBLED;
	}
	for (size_t i = 0; i < dns_count(answer); i++) {
		const struct ip *ip = &answer->records->at[i].ip;

		if (ip->version != 4 || ip->bytes[0] != 127)
			return odd_one(listing, ip, DNSBL_OUTSIDE_127);
		if (is_refusal(zone, ip))
			return odd_one(listing, ip, DNSBL_REFUSED);
		if (!is_listing(zone, ip)) {
			listing->odd = *ip;
			listing->has_odd = true;
		} else if (listing->count < DNSBL_ANSWERS) {
			listing->codes[listing->count++] = *ip;
		}
	}
	return DNSBL_OK;
}

/* The more it explains, the smaller. */
static int explains(enum dnsbl_health health)
{
	static const int order[] = {
		[DNSBL_REFUSED] = 0, [DNSBL_OUTSIDE_127] = 1, [DNSBL_WILDCARD] = 2,
		[DNSBL_GARBLED] = 3, [DNSBL_SERVFAIL] = 4, [DNSBL_TIMEOUT] = 5,
		[DNSBL_TESTPOINT_MISSING] = 6, [DNSBL_OK] = 7,
		[DNSBL_DEAD] = 8, [DNSBL_SKIPPED] = 9,
	};

	return order[health];
}

enum dnsbl_health dnsbl_judge_tests(const struct dnsbl_zone *zone, const struct dnsbl_test *tests,
				    const struct dns_question *answers, size_t count,
				    struct dnsbl_listing *odd)
{
	enum dnsbl_health worst = DNSBL_OK;

	*odd = (struct dnsbl_listing){ 0 };
	for (size_t i = 0; i < count; i++) {
		struct dnsbl_listing listing;
		enum dnsbl_health health = dnsbl_read(zone, &answers[i], &listing);
		/* Which codes are listings does not matter for a test point. */
		bool is_there = listing.count > 0 || listing.has_odd;

		if (health == DNSBL_OK && tests[i].must_not && is_there)
			health = DNSBL_WILDCARD;
		if (health == DNSBL_OK && !tests[i].must_not && !is_there)
			health = DNSBL_TESTPOINT_MISSING;
		if (health == DNSBL_WILDCARD && listing.count > 0)
			odd_one(&listing, &listing.codes[0], health);
		if (explains(health) < explains(worst)) {
			worst = health;
			*odd = listing;
		}
	}
	return worst;
}
