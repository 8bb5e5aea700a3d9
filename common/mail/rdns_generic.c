/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "mail/rdns_generic.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "mail/dmarc_find.h"

/* ---- tables ---- */

enum word_kind {
	WORD_DYNAMIC,	/* shows it alone: lines of people at home, and names that nobody gave */
	WORD_HOST,	/* shows it beside a part of the address */
	WORD_FIXED,	/* beside a DYNAMIC word: no line that changes */
	WORD_MAIL,	/* in the first label: somebody gave this name */
};

static const struct word {
	const char *text;
	enum word_kind kind;
} words[] = {
	{ "dyn", WORD_DYNAMIC }, { "dynamic", WORD_DYNAMIC }, { "dynamicip", WORD_DYNAMIC },
	{ "dynip", WORD_DYNAMIC }, { "dyndsl", WORD_DYNAMIC }, { "dynpool", WORD_DYNAMIC },
	{ "din", WORD_DYNAMIC }, { "dip", WORD_DYNAMIC }, { "dsl", WORD_DYNAMIC },
	{ "adsl", WORD_DYNAMIC }, { "vdsl", WORD_DYNAMIC }, { "xdsl", WORD_DYNAMIC },
	{ "sdsl", WORD_DYNAMIC }, { "hsdsl", WORD_DYNAMIC }, { "dslb", WORD_DYNAMIC },
	{ "dsldevice", WORD_DYNAMIC }, { "dslam", WORD_DYNAMIC }, { "ppp", WORD_DYNAMIC },
	{ "pppoe", WORD_DYNAMIC }, { "pppoa", WORD_DYNAMIC }, { "dial", WORD_DYNAMIC },
	{ "dialup", WORD_DYNAMIC }, { "dialin", WORD_DYNAMIC }, { "modem", WORD_DYNAMIC },
	{ "isdn", WORD_DYNAMIC }, { "dhcp", WORD_DYNAMIC }, { "dhcpv", WORD_DYNAMIC },
	{ "pool", WORD_DYNAMIC }, { "pools", WORD_DYNAMIC }, { "ippool", WORD_DYNAMIC },
	{ "cable", WORD_DYNAMIC }, { "cablelink", WORD_DYNAMIC }, { "cablemodem", WORD_DYNAMIC },
	{ "catv", WORD_DYNAMIC }, { "hfc", WORD_DYNAMIC }, { "cpe", WORD_DYNAMIC },
	{ "broadband", WORD_DYNAMIC }, { "bband", WORD_DYNAMIC }, { "fttb", WORD_DYNAMIC },
	{ "ftth", WORD_DYNAMIC }, { "gpon", WORD_DYNAMIC }, { "wimax", WORD_DYNAMIC },
	{ "gprs", WORD_DYNAMIC }, { "umts", WORD_DYNAMIC }, { "lte", WORD_DYNAMIC },
	{ "mobile", WORD_DYNAMIC }, { "cgn", WORD_DYNAMIC }, { "cgnat", WORD_DYNAMIC },
	{ "res", WORD_DYNAMIC }, { "resi", WORD_DYNAMIC }, { "residential", WORD_DYNAMIC }, { "abo", WORD_DYNAMIC },
	{ "subscriber", WORD_DYNAMIC }, { "subscribers", WORD_DYNAMIC },
	{ "subs", WORD_DYNAMIC }, { "hotspot", WORD_DYNAMIC }, { "unassigned", WORD_DYNAMIC },
	{ "unallocated", WORD_DYNAMIC }, { "unused", WORD_DYNAMIC }, { "unknown", WORD_DYNAMIC },
	{ "undefined", WORD_DYNAMIC }, { "unspecified", WORD_DYNAMIC }, { "noptr", WORD_DYNAMIC },
	{ "nordns", WORD_DYNAMIC }, { "localhost", WORD_DYNAMIC },

	{ "host", WORD_HOST }, { "hosts", WORD_HOST }, { "ip", WORD_HOST }, { "ipv", WORD_HOST },
	{ "addr", WORD_HOST }, { "address", WORD_HOST }, { "client", WORD_HOST },
	{ "clients", WORD_HOST }, { "customer", WORD_HOST }, { "customers", WORD_HOST },
	{ "cust", WORD_HOST }, { "user", WORD_HOST }, { "users", WORD_HOST }, { "node", WORD_HOST },
	{ "nat", WORD_HOST }, { "line", WORD_HOST }, { "port", WORD_HOST }, { "members", WORD_HOST },
	{ "rev", WORD_HOST }, { "reverse", WORD_HOST }, { "vps", WORD_HOST }, { "vm", WORD_HOST },
	{ "net", WORD_HOST }, { "lan", WORD_HOST },

	{ "static", WORD_FIXED }, { "stat", WORD_FIXED }, { "fixed", WORD_FIXED },
	{ "business", WORD_FIXED }, { "biz", WORD_FIXED },

	{ "mail", WORD_MAIL }, { "mx", WORD_MAIL }, { "smtp", WORD_MAIL }, { "mta", WORD_MAIL },
	{ "mout", WORD_MAIL }, { "relay", WORD_MAIL }, { "mailout", WORD_MAIL },
	{ "outbound", WORD_MAIL }, { "mailhost", WORD_MAIL }, { "mailgw", WORD_MAIL },
	{ "mailserver", WORD_MAIL }, { "mailer", WORD_MAIL }, { "smtpout", WORD_MAIL },
	{ "post", WORD_MAIL }, { "postfix", WORD_MAIL }, { "exchange", WORD_MAIL },
	{ "zimbra", WORD_MAIL },
};

/* Below these stand names that nobody chose. */
static const char *const providers[] = {
	"bc.googleusercontent.com",
	"compute.amazonaws.com", "compute-1.amazonaws.com",
	"cloudapp.azure.com",
	"clients.your-server.de",
	"contaboserver.net",
	"members.linode.com", "ip.linodeusercontent.com",
	"vultrusercontent.com",
	"vps.ovh.net", "vps.ovh.ca", "vps.ovh.us", "kimsufi.com",
	"stratoserver.net", "startdedicated.com", "startdedicated.de",
	"onlinehome-server.info", "onlinehome-server.com",
	"ip.secureserver.net",
	"hostwindsdns.com",
	"instances.scw.cloud", "poneytelecom.eu", "dedibox.fr",
	"yourvserver.net", "quicksrv.de", "megasrv.de", "goodsrv.de", "happysrv.de", "bestsrv.de",
	"hotsrv.de", "nicesrv.de", "luckysrv.de", "supersrv.de", "powersrv.de", "ultrasrv.de",
	"t-ipconnect.de",
};

/* ---- the address in it ---- */

static bool has(const char *name, struct domain *sign, const char *format, ...)
	__attribute__((format(printf, 3, 4)));

static bool has(const char *name, struct domain *sign, const char *format, ...)
{
	va_list arguments;

	va_start(arguments, format);
	vsnprintf(sign->text, sizeof sign->text, format, arguments);
	va_end(arguments);
	return strstr(name, sign->text) != NULL;
}

static bool is_digit(char c)
{
	return c >= '0' && c <= '9';
}

static bool is_letter(char c)
{
	return c >= 'a' && c <= 'z';
}

/* A run of digits. */
struct number {
	size_t from, to;
	unsigned value;		/* more than 255: no octet */
};

enum { NUMBERS_MAX = DOMAIN_MAX / 2 + 1, GAP_MAX = 3, OCTET_DIGITS = 3 };

static size_t find_numbers(const char *name, struct number numbers[NUMBERS_MAX])
{
	size_t count = 0;

	for (size_t i = 0; name[i] != '\0';) {
		struct number *number = &numbers[count];

		if (!is_digit(name[i])) {
			i++;
			continue;
		}
		*number = (struct number){ .from = i };
		while (is_digit(name[i]) && i - number->from < OCTET_DIGITS)
			number->value = number->value * 10 + (unsigned)(name[i++] - '0');
		if (is_digit(name[i]))
			number->value = 256;
		while (is_digit(name[i]))
			i++;
		number->to = i;
		count++;
	}
	return count;
}

/* Are these octets there, one behind the other? `step` is -1 for the reverse order. */
static bool has_octets(const char *name, const uint8_t *first, int step, size_t octets,
		       struct domain *sign)
{
	struct number numbers[NUMBERS_MAX];
	size_t count = find_numbers(name, numbers);

	for (size_t i = 0; i + octets <= count; i++) {
		size_t same = 0;

		while (same < octets && numbers[i + same].value == first[(int)same * step] &&
		       (same == 0 || numbers[i + same].from - numbers[i + same - 1].to <= GAP_MAX))
			same++;
		if (same < octets)
			continue;
		snprintf(sign->text, sizeof sign->text, "%.*s",
			 (int)(numbers[i + octets - 1].to - numbers[i].from), name + numbers[i].from);
		return true;
	}
	return false;
}

/* Is this run of digits there, and no longer one? */
static bool has_run(const char *name, const char *digits)
{
	size_t len = strlen(digits);

	for (const char *at = strstr(name, digits); at != NULL; at = strstr(at + 1, digits)) {
		if ((at == name || !is_digit(at[-1])) && !is_digit(at[len]))
			return true;
	}
	return false;
}

/* As one number: 3221225997, or 192002025 without its dots. */
static bool has_v4_number(const char *name, const uint8_t b[4], struct domain *sign)
{
	enum { DIGITS_MIN = 7 };	/* fewer are there by chance */

	snprintf(sign->text, sizeof sign->text, "%u%u%u%u", b[0], b[1], b[2], b[3]);
	if (strlen(sign->text) >= DIGITS_MIN && has_run(name, sign->text))
		return true;
	snprintf(sign->text, sizeof sign->text, "%lu",
		 (unsigned long)b[0] << 24 | (unsigned long)b[1] << 16 | (unsigned long)b[2] << 8 | b[3]);
	return strlen(sign->text) > DIGITS_MIN && has_run(name, sign->text);
}

static bool has_v4_in_order(const char *name, const uint8_t b[4], struct domain *sign)
{
	return has(name, sign, "%02x%02x%02x%02x", b[0], b[1], b[2], b[3]) ||
	       has(name, sign, "%02x-%02x-%02x-%02x", b[0], b[1], b[2], b[3]) ||
	       has(name, sign, "%02x.%02x.%02x.%02x", b[0], b[1], b[2], b[3]) ||
	       has(name, sign, "%03u%03u%03u%03u", b[0], b[1], b[2], b[3]) ||
	       has(name, sign, "%03u%03u-%03u%03u", b[0], b[1], b[2], b[3]) ||
	       has_v4_number(name, b, sign);
}

/* Three octets in a row are no chance. */
static bool has_v4(const char *name, const uint8_t b[4], struct domain *sign)
{
	const uint8_t reversed[4] = { b[3], b[2], b[1], b[0] };

	return has_octets(name, b, 1, 4, sign) || has_octets(name, b + 3, -1, 4, sign) ||
	       has_v4_in_order(name, b, sign) || has_v4_in_order(name, reversed, sign) ||
	       has_octets(name, b, 1, 3, sign) || has_octets(name, b + 1, 1, 3, sign) ||
	       has_octets(name, b + 3, -1, 3, sign) || has_octets(name, b + 2, -1, 3, sign);
}

/* Without what stands between the digits of an address. */
static void strip(const char *name, char stripped[DOMAIN_MAX + 1])
{
	size_t len = 0;

	for (; *name != '\0'; name++) {
		if (strchr("-._", *name) == NULL)
			stripped[len++] = *name;
	}
	stripped[len] = '\0';
}

static bool has_v6(const char *name, const struct ip *ip, struct domain *sign)
{
	enum { HALF = 16, GROUPS = 8 };
	char stripped[DOMAIN_MAX + 1], digits[33], reversed[33], text[IP_TEXT];
	unsigned g[GROUPS];

	strip(name, stripped);
	for (size_t i = 0; i < 16; i++)
		snprintf(digits + 2 * i, 3, "%02x", ip->bytes[i]);
	for (size_t i = 0; i < 32; i++)
		reversed[i] = digits[31 - i];
	reversed[32] = '\0';
	for (size_t i = 0; i < GROUPS; i++)
		g[i] = (unsigned)ip->bytes[2 * i] << 8 | ip->bytes[2 * i + 1];
	ip_print(ip, text);
	for (char *at = strchr(text, ':'); at != NULL; at = strchr(at, ':'))
		*at = '-';
	return has(stripped, sign, "%s", digits) || has(stripped, sign, "%s", reversed) ||
	       has(stripped, sign, "%s", digits + HALF) || has(name, sign, "%s", text) ||
	       has(name, sign, "%x-%x-%x-%x", g[0], g[1], g[2], g[3]) ||
	       has(name, sign, "%x-%x-%x-%x", g[4], g[5], g[6], g[7]) ||
	       has(name, sign, "%04x-%04x-%04x", g[0], g[1], g[2]);
}

/* ---- words in it ---- */

static const struct word *find_word(struct slice text)
{
	for (size_t i = 0; i < sizeof words / sizeof *words; i++) {
		if (slice_is(text, words[i].text))
			return &words[i];
	}
	return NULL;
}

/* The next run of letters, from `at` on; empty: there is none. */
static struct slice next_word(const char *at)
{
	struct slice word = { at, 0 };

	while (*word.at != '\0' && !is_letter(*word.at))
		word.at++;
	while (is_letter(word.at[word.len]))
		word.len++;
	return word;
}

/* What the words of a name say: the first of each kind. */
struct vocabulary {
	const struct word *found[WORD_MAIL + 1];
	bool numbers_the_host;	/* "host25", of the last octet 25 */
};

static void take_words(const char *host, const struct ip *ip, struct vocabulary *vocabulary)
{
	size_t label = strcspn(host, ".");

	for (struct slice text = next_word(host); text.len > 0; text = next_word(text.at + text.len)) {
		const struct word *word = find_word(text);
		const char *behind = text.at + text.len;
		bool begins_label = text.at == host || text.at[-1] == '.';
		uint64_t number;
		size_t digits;

		if (word == NULL || (word->kind == WORD_MAIL && text.at >= host + label))
			continue;
		if (vocabulary->found[word->kind] == NULL)
			vocabulary->found[word->kind] = word;
		behind += *behind == '-';
		digits = strspn(behind, "0123456789");
		if (word->kind == WORD_HOST && begins_label && ip->version == 4 &&
		    slice_number((struct slice){ behind, digits }, UINT8_MAX, &number) &&
		    number == ip->bytes[3])
			vocabulary->numbers_the_host = true;
	}
}

static bool has_half(const char *name, const struct ip *ip, struct domain *sign)
{
	return ip->version == 4 && (has_octets(name, ip->bytes + 2, 1, 2, sign) ||
				    has_octets(name, ip->bytes + 3, -1, 2, sign));
}

/* What a name has in front of the domain that somebody registered. */
static void host_part(const struct domain *name, char host[DOMAIN_MAX + 1])
{
	struct domain registered;
	size_t len;

	dmarc_registrable(name, &registered);
	len = strlen(name->text) - strlen(registered.text);
	snprintf(host, DOMAIN_MAX + 1, "%.*s", (int)len, name->text);
}

static bool is_of_provider(const struct domain *name, struct domain *sign)
{
	for (size_t i = 0; i < sizeof providers / sizeof *providers; i++) {
		snprintf(sign->text, sizeof sign->text, "%s", providers[i]);
		if (domain_within(name, providers[i]) && !domain_same(name, sign))
			return true;
	}
	return false;
}

static enum rdns_generic judge_words(const char *host, const struct ip *ip, struct domain *sign)
{
	struct vocabulary vocabulary = { 0 };
	const struct word *const *found = vocabulary.found;

	take_words(host, ip, &vocabulary);
	if (found[WORD_MAIL] != NULL)
		return RDNS_OWN_NAME;
	if ((found[WORD_DYNAMIC] != NULL || found[WORD_HOST] != NULL || found[WORD_FIXED] != NULL) &&
	    has_half(host, ip, sign))
		return RDNS_HAS_ADDRESS;
	if (found[WORD_DYNAMIC] != NULL && found[WORD_FIXED] == NULL) {
		snprintf(sign->text, sizeof sign->text, "%s", found[WORD_DYNAMIC]->text);
		return RDNS_HAS_WORD;
	}
	if (!vocabulary.numbers_the_host)
		return RDNS_OWN_NAME;
	snprintf(sign->text, sizeof sign->text, "%s%u", found[WORD_HOST]->text, ip->bytes[3]);
	return RDNS_HAS_ADDRESS;
}

static enum rdns_generic judge(const struct domain *name, const struct ip *ip, struct domain *sign)
{
	char host[DOMAIN_MAX + 1];

	if (ip->version == 4 ? has_v4(name->text, ip->bytes, sign) : has_v6(name->text, ip, sign))
		return RDNS_HAS_ADDRESS;
	if (is_of_provider(name, sign))
		return RDNS_OF_PROVIDER;
	host_part(name, host);
	return judge_words(host, ip, sign);
}

enum rdns_generic rdns_generic(const struct domain *name, const struct ip *ip, struct domain *sign)
{
	enum rdns_generic generic = judge(name, ip, sign);

	if (generic == RDNS_OWN_NAME)
		sign->text[0] = '\0';	/* it holds what was looked for last */
	return generic;
}
