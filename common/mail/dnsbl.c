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
	/* Others are no answers of a list at all (RFC 5782 2.1). */
	if (s.len > 0 || (parsed.octets[0][127 / 8] >> 127 % 8 & 1) == 0)
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

static void show_without_key(struct dnsbl_zone *zone)
{
	snprintf(zone->shown, sizeof zone->shown, "***%s",
		 zone->name.text + strcspn(zone->name.text, "."));
}

/* The zone's name, and its {key:NAME} filled in. */
static bool parse_name(struct slice s, struct slice keys, struct dnsbl_zone *zone,
		       struct fault *fault)
{
	static const char open[] = "{key:";
	char label[LABEL_MAX + 1];
	struct slice name, key;
	struct domain parent;

	if (!slice_starts(s, open)) {
		if (!domain_parse(s, &zone->name, fault))
			return fault_prefix(fault, "the zone's name is wrong: ");
		snprintf(zone->shown, sizeof zone->shown, "%s", zone->name.text);
		return true;
	}
	slice_split(&s, '}', &name);
	name = (struct slice){ name.at + sizeof open - 1, name.len - (sizeof open - 1) };
	if (s.at == NULL || !slice_starts(s, ".") ||
	    !domain_parse((struct slice){ s.at + 1, s.len - 1 }, &parent, fault))
		return fault_set(fault, FAULT_USAGE, "no zone behind {key:NAME}");
	if (!dnsbl_key_find(keys, name, &key))
		return fault_set(fault, FAULT_USAGE, "the key %.*s is not in a --key-file",
				 (int)name.len, name.at);
	if (!slice_copy(key, label, sizeof label) || strchr(label, '.') != NULL ||
	    !domain_parse(slice_of(label), &zone->name, fault) ||
	    !domain_join(&zone->name, label, &parent) ||
	    !domain_parse(slice_of(zone->name.text), &zone->name, fault))
		return fault_set(fault, FAULT_USAGE, "the key %.*s does not make a label of a name",
				 (int)name.len, name.at);
	explicit_bzero(label, sizeof label);
	show_without_key(zone);
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
	static const char marks[] = "=&*";
	char seen[sizeof marks] = "";

	if (s.len > 0 && s.at[0] != '*') {
		zone->codes = (struct dnsbl_codes){ 0 };
		zone->mask = 0;
	}
	while (s.len > 0) {
		struct slice value = { s.at + 1, 0 };
		char mark = s.at[0];

		if (strchr(seen, mark) != NULL)
			return fault_set(fault, FAULT_USAGE, "%c stands there twice", mark);
		seen[strlen(seen)] = mark;

		while (value.len + 1 < s.len && memchr(marks, value.at[value.len], 3) == NULL)
			value.len++;
		s = (struct slice){ s.at + 1 + value.len, s.len - 1 - value.len };
		if (mark == '=' && memchr(value.at, '[', value.len) != NULL &&
		    memchr(value.at, ']', value.len) == NULL)
			return fault_set(fault, FAULT_USAGE,
					 "=%.*s has no ]: where a ';' begins a comment, as in Nagios' "
					 "files, write ','", (int)value.len, value.at);
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

	if ((zone->judges & DNSBL_DOMAIN) != 0)
		return false;
	zone->judges = 0;
	zone->has_family = true;
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

const char *dnsbl_type_word(enum dnsbl_type type)
{
	switch (type) {
	case DNSBL_DENY: return "deny";
	case DNSBL_ALLOW: return "allow";
	case DNSBL_INFO: return "info";
	}
	return "?";
}

static bool read_type(struct slice value, struct dnsbl_zone *zone)
{
	for (int type = DNSBL_DENY; type <= DNSBL_INFO; type++) {
		if (slice_is(value, dnsbl_type_word((enum dnsbl_type)type))) {
			zone->type = (enum dnsbl_type)type;
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

/* In a url, what is listed stands here. */
static const char target_mark[] = "{target}";

static bool read_url(struct slice value, struct dnsbl_zone *zone)
{
	struct slice rest = value;

	while (rest.len > 0) {
		if (slice_starts(rest, target_mark)) {
			rest = (struct slice){ rest.at + sizeof target_mark - 1,
					       rest.len - (sizeof target_mark - 1) };
			continue;
		}
		if (rest.at[0] <= ' ' || memchr("\"<>\\^`|{}\x7f", rest.at[0], 10) != NULL)
			return false;
		rest = (struct slice){ rest.at + 1, rest.len - 1 };
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
	{ "family", read_family, "4, 6 or 4,6, and a list of addresses" },
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

/* The random label and its dot have to fit in front. */
enum { ZONE_MAX = DOMAIN_MAX - 26 };

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

/* The first row for a zone, unless the line is that of another one. */
static const struct dnsbl_list *find_list(const struct domain *name, struct slice line)
{
	const struct dnsbl_list *found = NULL;

	for (const struct dnsbl_list *list = dnsbl_lists; list->spec != NULL; list++) {
		if (list->spec == line.at)
			return list;
		if (found == NULL && is_row_of(list, name))
			found = list;
	}
	return found;
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
	if (strlen(parsed.name.text) > ZONE_MAX)
		return fault_set(fault, FAULT_USAGE, "the zone's name is too long to be asked");
	parsed.dead = find_dead(&parsed.name);
	parsed.list = find_list(&parsed.name, line);
	if (dnsbl_is_keyed(&parsed))
		show_without_key(&parsed);
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

size_t dnsbl_meanings(const struct dnsbl_zone *zone, const struct ip *code,
		      const struct dnsbl_code *meanings[DNSBL_MEANINGS])
{
	const struct dnsbl_code *codes = zone->list != NULL ? zone->list->codes : NULL;
	size_t count = 0;

	if (zone->mask == 0) {
		meanings[0] = code_in(codes, code);
		return meanings[0] != NULL;
	}
	for (unsigned bit = 1; bit <= 128; bit *= 2) {
		struct ip one = *code;

		one.bytes[3] = (uint8_t)bit;
		if ((code->bytes[3] & zone->mask & bit) == 0)
			continue;
		meanings[count] = code_in(codes, &one);
		count += meanings[count] != NULL;
	}
	return count;
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
	struct slice rest = zone->url;

	while (rest.len > 0) {
		if (slice_starts(rest, target_mark)) {
			text_add_url(url, target);
			rest = (struct slice){ rest.at + sizeof target_mark - 1,
					       rest.len - (sizeof target_mark - 1) };
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

static bool has_point_for(const struct dnsbl_zone *zone, unsigned kind)
{
	struct domain unused;

	for (size_t i = 0; i < zone->point_count; i++) {
		if (point_name(zone, &zone->points[i], kind, &unused))
			return true;
	}
	return false;
}

/* The points of one kind, the zone's own or else the standard ones; is one among
 * them that must be listed? */
static bool add_points(const struct dnsbl_zone *zone, unsigned kind,
		       const struct dnsbl_point standard[2], struct dnsbl_test tests[DNSBL_TESTS],
		       size_t *count)
{
	bool has_own = has_point_for(zone, kind), has_positive = false;
	const struct dnsbl_point *points = has_own ? zone->points : standard;
	size_t most = has_own ? zone->point_count : zone->has_no_points ? 0 : 2;

	for (size_t i = 0; i < most && *count < DNSBL_TESTS; i++) {
		struct dnsbl_test *test = &tests[*count];

		if (!point_name(zone, &points[i], kind, &test->name))
			continue;
		test->expectation = points[i].must_not ? DNSBL_MUST_NOT : DNSBL_MUST_BE_LISTED;
		test->judges = kind;
		has_positive |= !points[i].must_not;
		++*count;
	}
	return has_positive;
}

/* A question about the list as a whole. */
static void add_whole(struct dnsbl_test tests[DNSBL_TESTS], size_t *count, const struct domain *name,
		      enum dnsbl_expectation expectation)
{
	if (*count < DNSBL_TESTS)
		tests[(*count)++] = (struct dnsbl_test){ *name, expectation, 0 };
}

size_t dnsbl_tests(const struct dnsbl_zone *zone, unsigned judges, uint64_t nonce,
		   struct dnsbl_test tests[DNSBL_TESTS])
{
	/* RFC 5782 section 5 */
	static const struct { unsigned kind; const char *listed, *unlisted; } standard[] = {
		{ DNSBL_IP4, "127.0.0.2", "127.0.0.1" },
		{ DNSBL_IP6, "::ffff:7f00:2", "::ffff:7f00:1" },
		{ DNSBL_DOMAIN, "test", "invalid" },
	};
	bool has_positive = false;
	struct domain canary;
	char label[32];
	size_t count = 0;

	if (judges == 0)
		return 0;
	for (size_t i = 0; i < sizeof standard / sizeof *standard; i++) {
		struct dnsbl_point points[2] = { { slice_of(standard[i].listed), false },
						 { slice_of(standard[i].unlisted), true } };

		if ((judges & standard[i].kind) != 0)
			has_positive |= add_points(zone, standard[i].kind, points, tests, &count);
	}
	/* That it has no entry says little; that it does not exist says enough. */
	if (!has_positive)
		add_whole(tests, &count, &zone->name, DNSBL_MUST_EXIST);
	/* No list has this: one that answers it, answers everything. */
	snprintf(label, sizeof label, "mailpath-%016llx", (unsigned long long)nonce);
	if (domain_join(&canary, label, &zone->name))
		add_whole(tests, &count, &canary, DNSBL_MUST_NOT);
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

size_t dnsbl_code_count(const struct dnsbl_listing *listing)
{
	return listing->count < DNSBL_ANSWERS ? listing->count : DNSBL_ANSWERS;
}

struct ip dnsbl_code(const struct dnsbl_listing *listing, size_t i)
{
	struct ip ip = { .version = 4 };

	memcpy(ip.bytes, listing->codes[i], 4);
	return ip;
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
		} else if (listing->count++ < DNSBL_ANSWERS) {
			memcpy(listing->codes[listing->count - 1], ip->bytes, 4);
		}
	}
	return DNSBL_OK;
}

bool dnsbl_explains(enum dnsbl_health health, enum dnsbl_health other)
{
	/* The more it explains, the smaller. */
	static const int order[] = {
		[DNSBL_REFUSED] = 0, [DNSBL_OUTSIDE_127] = 1, [DNSBL_WILDCARD] = 2,
		[DNSBL_GARBLED] = 3, [DNSBL_SERVFAIL] = 4, [DNSBL_TIMEOUT] = 5,
		[DNSBL_TESTPOINT_MISSING] = 6, [DNSBL_OK] = 7,
		[DNSBL_DEAD] = 8, [DNSBL_SKIPPED] = 9,
	};

	return order[health] < order[other];
}

static enum dnsbl_health judge_test(const struct dnsbl_zone *zone, enum dnsbl_expectation expectation,
				    const struct dns_question *answer, struct dnsbl_listing *listing)
{
	enum dnsbl_health health = dnsbl_read(zone, answer, listing);
	/* Which codes are listings does not matter for a test point. */
	bool is_there = listing->count > 0 || listing->has_odd;

	switch (expectation) {
	case DNSBL_MUST_EXIST:
		/* The name of a zone may have any address. */
		if (answer->status == DNS_FOUND)
			return DNSBL_OK;
		return answer->status == DNS_NXDOMAIN ? DNSBL_TESTPOINT_MISSING : health;
	case DNSBL_MUST_BE_LISTED:
		return health == DNSBL_OK && !is_there ? DNSBL_TESTPOINT_MISSING : health;
	case DNSBL_MUST_NOT:
		if (health != DNSBL_OK || !is_there)
			return health;
		if (listing->count > 0)
			listing->odd = dnsbl_code(listing, 0);
		listing->has_odd = true;
		return DNSBL_WILDCARD;
	}
	return health;
}

enum dnsbl_health dnsbl_judge_tests(const struct dnsbl_zone *zone, const struct dnsbl_test *tests,
				    const struct dns_question *answers, size_t count,
				    unsigned judges, struct dnsbl_listing *odd)
{
	enum dnsbl_health worst = DNSBL_OK;

	*odd = (struct dnsbl_listing){ 0 };
	for (size_t i = 0; i < count; i++) {
		struct dnsbl_listing listing;
		enum dnsbl_health health;

		if (tests[i].judges != 0 && (tests[i].judges & judges) == 0)
			continue;
		health = judge_test(zone, tests[i].expectation, &answers[i], &listing);
		if (dnsbl_explains(health, worst)) {
			worst = health;
			*odd = listing;
		}
	}
	odd->count = 0;
	return worst;
}
