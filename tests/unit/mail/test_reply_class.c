/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "mail/reply_class.h"

#include <ctype.h>
#include <stdio.h>
#include <string.h>

#include "base/text.h"
#include "fakes/exact.h"
#include "unit.h"

/* What a reply can mean, and how many texts of the corpus must say so. */
static const char *const reasons[] = {
	"blocklisted", "greylisted", "rate_limited", "ptr_missing", "helo_rejected",
	"sender_domain_rejected", "spf_fail", "dkim_fail", "dmarc_reject",
	"authentication_required", "relay_denied", "recipient_unknown", "mailbox_full",
	"message_too_big", "content_rejected", "tls_required", "tls_failed", "auth_required",
	"auth_failed", "auth_mechanism_unavailable", "receiver_misconfigured",
	"receiver_out_of_space", "service_unavailable", "connect_timeout", "connect_refused",
	"network_unreachable", "connection_lost", "dns_temporary", "dns_no_host", "protocol_error",
	"local_problem", "unclassified",
};
enum { TEXTS_EACH = 4 };

/* ---- the corpus */

struct row {
	struct slice reason, list, text;
};

static struct text corpus;
static struct row rows[2000];
static size_t row_count;

/* A line break is written as \n. */
static struct slice unfold(struct slice text)
{
	char *to = (char *)text.at;
	size_t len = 0;

	for (size_t i = 0; i < text.len; i++) {
		bool is_break = i + 1 < text.len && text.at[i] == '\\' && text.at[i + 1] == 'n';

		to[len++] = is_break ? '\n' : text.at[i];
		i += is_break;
	}
	return (struct slice){ text.at, len };
}

static void read_corpus(void)
{
	const char *srcdir = getenv("srcdir");
	char path[4096], part[4096];
	struct slice rest, line;
	size_t got;
	FILE *file;

	snprintf(path, sizeof path, "%s/tests/data/replies.tsv", srcdir != NULL ? srcdir : ".");
	file = fopen(path, "r");
	ck_assert_msg(file != NULL, "%s cannot be read (is srcdir set?)", path);
	while ((got = fread(part, 1, sizeof part, file)) > 0)
		text_add_slice(&corpus, (struct slice){ part, got });
	fclose(file);
	rest = text_slice(&corpus);
	row_count = 0;
	while (slice_split(&rest, '\n', &line)) {
		struct row *row = &rows[row_count];
		struct slice who;

		if (line.len == 0 || line.at[0] == '#')
			continue;
		ck_assert_uint_lt(row_count, COUNT(rows));
		ck_assert(slice_split(&line, '\t', &row->reason) &&
			  slice_split(&line, '\t', &row->list) && slice_split(&line, '\t', &who) &&
			  line.at != NULL);
		row->text = unfold(line);
		row_count++;
	}
}

static void release_corpus(void)
{
	text_release(&corpus);
}

static struct reply_class classify(struct slice text)
{
	static struct reply_index index;
	struct slice copy = exact(text.at, text.len);
	struct reply_class class = reply_classify(copy);

	/* Those who classify many get the same. */
	ck_assert_str_eq(reply_reason(copy, &index), class.reason);
	/* What is found is the same in the caller's own bytes. */
	if (class.list.len > 0)
		class.list.at = text.at + (class.list.at - copy.at);
	if (class.url.len > 0)
		class.url.at = text.at + (class.url.at - copy.at);
	exact_free(copy);
	return class;
}

/* How many texts were read in another way than the row says. */
static int wrong(const struct row *row, struct slice text, const char *how, bool may_be_silent)
{
	struct reply_class class = classify(text);

	if (slice_is(row->reason, class.reason) ||
	    (may_be_silent && strcmp(class.reason, "unclassified") == 0))
		return 0;
	fprintf(stderr, "%s: %.*s, but was %s: %.*s\n", how, (int)row->reason.len, row->reason.at,
		class.reason, (int)text.len, text.at);
	return 1;
}

START_TEST(each_text_has_its_reason_and_its_list)
{
	int failed = 0;

	for (size_t i = 0; i < row_count; i++) {
		struct reply_class class = classify(rows[i].text);
		struct slice list = class.list.len > 0 ? class.list : slice_of("-");

		failed += wrong(&rows[i], rows[i].text, "as it is", false);
		if (list.len != rows[i].list.len || memcmp(list.at, rows[i].list.at, list.len) != 0) {
			fprintf(stderr, "list %.*s: %.*s\n", (int)list.len, list.at,
				(int)rows[i].text.len, rows[i].text.at);
			failed++;
		}
	}
	ck_assert_int_eq(failed, 0);
}
END_TEST

START_TEST(each_reason_has_texts_enough)
{
	int sum = 0;

	for (size_t n = 0; n < COUNT(reasons); n++) {
		int count = 0;

		for (size_t i = 0; i < row_count; i++)
			count += slice_is(rows[i].reason, reasons[n]);
		ck_assert_msg(count >= TEXTS_EACH, "%s: %d texts", reasons[n], count);
		sum += count;
	}
	ck_assert_uint_eq((size_t)sum, row_count);
}
END_TEST

/* Who it is about changes nothing. */
START_TEST(other_names_addresses_and_dates_change_nothing)
{
	static const char *const changes[][2] = {
		{ "192.0.2.1", "203.0.113.254" }, { "198.51.100.7", "192.0.2.99" },
		{ "2001:db8::25", "2001:db8:ffff::a:b" }, { "bob@", "mary.o-neil+x@" },
		{ "a@", "full.blocked@" }, { "mx.example", "spam-greylist.example" },
		{ "mail.example", "quota-mailbox.example" }, { "example.net", "tls.virus.example" },
		{ "00123", "ZZ99X" }, { "a1si", "q17-20020a05" }, { "eurprd01", "namprd19" },
	};
	int failed = 0;

	for (size_t i = 0; i < row_count; i++) {
		struct text other = { 0 };
		struct slice rest = rows[i].text;

		while (rest.len > 0) {
			size_t used = 0;

			for (size_t n = 0; used == 0 && n < COUNT(changes); n++) {
				if (slice_starts(rest, changes[n][0]) &&
				    (n != 4 || other.len == 0 ||
				     !isalnum((unsigned char)other.at[other.len - 1]))) {
					text_add(&other, "%s", changes[n][1]);
					used = strlen(changes[n][0]);
				}
			}
			if (used == 0) {
				text_add_char(&other, rest.at[0]);
				used = 1;
			}
			rest = (struct slice){ rest.at + used, rest.len - used };
		}
		failed += wrong(&rows[i], text_slice(&other), "other names", false);
		text_release(&other);
	}
	ck_assert_int_eq(failed, 0);
}
END_TEST

/* How long is the code in front, "550 5.7.1" or "550-5.7.1"? */
static size_t code_length(struct slice text)
{
	size_t len = 3;

	if (text.len < 3 || !isdigit((unsigned char)text.at[0]) ||
	    !isdigit((unsigned char)text.at[1]) || !isdigit((unsigned char)text.at[2]))
		return 0;
	if (text.len > 5 && isdigit((unsigned char)text.at[4]) && text.at[5] == '.') {
		len = 5;
		while (len < text.len && (isdigit((unsigned char)text.at[len]) || text.at[len] == '.'))
			len++;
	}
	return len;
}

static void add_code(struct text *text, struct slice code, char mark)
{
	for (size_t n = 0; n < code.len; n++)
		text_add_char(text, n == 3 ? mark : code.at[n]);
	text_add_char(text, code.len == 3 ? mark : ' ');
}

/* Lines of some forty letters, each with the code; or one line that has the codes
 * in it still, as logs do; or blanks and tabs. */
START_TEST(other_line_breaks_change_nothing)
{
	int failed = 0;

	for (size_t i = 0; i < row_count; i++) {
		struct slice text = rows[i].text, code = { text.at, code_length(text) };
		struct text folded = { 0 }, joined = { 0 }, wide = { 0 };
		size_t column = 0;

		for (size_t n = 0; n < text.len; n++) {
			bool is_blank = text.at[n] == ' ' || text.at[n] == '\n';

			if (is_blank && n > code.len && column > 40 && code.len > 0) {
				text_add(&folded, "\r\n");
				text_add(&joined, " ");
				add_code(&folded, code, '-');
				add_code(&joined, code, '-');
				column = 0;
			} else {
				text_add_char(&folded, text.at[n]);
				text_add_char(&joined, text.at[n] == '\n' ? ' ' : text.at[n]);
				column++;
			}
			if (is_blank && n > code.len)
				text_add(&wide, " \t ");
			text_add_char(&wide, text.at[n]);
		}
		failed += wrong(&rows[i], text_slice(&folded), "folded", false);
		failed += wrong(&rows[i], text_slice(&joined), "joined", false);
		failed += wrong(&rows[i], text_slice(&wide), "wide", false);
		text_release(&folded);
		text_release(&joined);
		text_release(&wide);
	}
	ck_assert_int_eq(failed, 0);
}
END_TEST

START_TEST(case_changes_nothing)
{
	int failed = 0;

	for (size_t i = 0; i < row_count; i++) {
		struct text upper = { 0 }, lower = { 0 };

		for (size_t n = 0; n < rows[i].text.len; n++) {
			text_add_char(&upper, (char)toupper((unsigned char)rows[i].text.at[n]));
			text_add_char(&lower, (char)tolower((unsigned char)rows[i].text.at[n]));
		}
		failed += wrong(&rows[i], text_slice(&upper), "upper", false);
		failed += wrong(&rows[i], text_slice(&lower), "lower", false);
		text_release(&upper);
		text_release(&lower);
	}
	ck_assert_int_eq(failed, 0);
}
END_TEST

/* Codes that mean one thing by the registry, and that receivers use for others
 * too, which they then say in words. */
static bool is_overloaded(struct slice code)
{
	static const char *const codes[] = {
		"421 4.3.2",		/* by the registry no mail now; too many connections */
		"550 5.7.26", "550-5.7.26",	/* Gmail, where a DMARC policy refuses, too */
		"550 5.7.27", "550-5.7.27",	/* the registry: null MX; Gmail: SPF */
		"550 5.7.30", "550-5.7.30",	/* the registry: REQUIRETLS; Gmail: DKIM */
		"550 5.4.6",	/* a loop; Zoho, of sending too much */
		"451 4.4.3",	/* of any DNS question, that of SPF too */
		"451 4.1.8",	/* Sendmail, of the host as of the sender */
		"421-4.7.27", "421-4.7.30", "421-4.7.23", "535 5.7.8", "530 5.7.0", "552", "535",
	};

	for (size_t n = 0; n < COUNT(codes); n++) {
		if (slice_is(code, codes[n]))
			return true;
	}
	return false;
}

START_TEST(a_code_alone_says_the_same_or_nothing)
{
	int failed = 0;

	for (size_t i = 0; i < row_count; i++) {
		struct slice code = { rows[i].text.at, code_length(rows[i].text) };

		if (!is_overloaded(code))
			failed += wrong(&rows[i], code, "its code alone", true);
	}
	ck_assert_int_eq(failed, 0);
}
END_TEST

/* ---- what is easily got wrong */

static const struct {
	const char *reason;
	const char *text;
} tricky[] = {
	/* a word is there, but is not meant */
	{ "unclassified", "550 5.7.1 this server does not use greylisting" },
	{ "unclassified", "550 5.7.1 <greylisted@example.com> refused" },
	{ "unclassified", "554 5.0.0 see https://example.com/mailbox-full/user-unknown" },
	{ "unclassified", "550 your address 192.0.2.1 is not on any blacklist, still no" },
	{ "unclassified", "554 connection refused" },	/* a server speaks: none refused */
	{ "unclassified", "451 4.7.1 try again later" },
	/* words before codes */
	{ "mailbox_full", "550 5.1.1 <bob@example.com>: mailbox full" },
	{ "recipient_unknown", "552 5.2.2 user unknown" },
	{ "rate_limited", "421 4.3.2 too many connections" },
	{ "dmarc_reject", "550 5.7.26 unauthenticated mail is refused due to the domain's DMARC policy" },
	/* codes by receiver */
	{ "spf_fail", "550 5.7.27 refused - gsmtp" },
	{ "sender_domain_rejected", "550 5.7.27 refused" },
	{ "dkim_fail", "550 5.7.30 refused - gsmtp" },
	{ "tls_required", "550 5.7.30 refused" },
	{ "tls_required", "550 5.7.29 refused - gsmtp" },
	{ "unclassified", "550 5.7.29 refused" },
	/* codes where no word is known */
	{ "recipient_unknown", "550 5.1.1 xyzzy" },
	{ "ptr_missing", "450 4.7.25 xyzzy" },
	{ "service_unavailable", "421 4.3.2 xyzzy" },
	{ "unclassified", "550 5.7.1 xyzzy" },
	{ "auth_mechanism_unavailable", "504 5.5.4 xyzzy" },
	{ "receiver_out_of_space", "452 4.3.1 xyzzy" },
	{ "message_too_big", "552 5.3.4 xyzzy" },
	{ "mailbox_full", "552 5.2.2 xyzzy" },
	{ "blocklisted", "550 5.7.649 xyzzy" },
	{ "unclassified", "550 5.7.650 xyzzy" },
	/* what only looks like a code */
	{ "unclassified", "554 refused after 535 seconds" },
	{ "unclassified", "220 mx.example.com Sendmail 5.1.1/5.1.1 ready" },
	/* letters */
	{ "mailbox_full", "552 BO\xc3\x8eTE DU DESTINATAIRE PLEINE" },
	{ "recipient_unknown", "550 user doesn\xe2\x80\x99t exist" },
	{ "recipient_unknown", "550 \xd0\x9d\xd0\xb5\xd1\x82 \xd1\x82\xd0\xb0\xd0\xba\xd0\xbe\xd0\xb3\xd0\xbe "
	  "\xd0\xbf\xd0\xbe\xd0\xbb\xd1\x8c\xd0\xb7\xd0\xbe\xd0\xb2\xd0\xb0\xd1\x82\xd0\xb5\xd0\xbb\xd1\x8f" },
	{ "unclassified", "" },
	{ "unclassified", "\xff\xfe\xc3" },
};

START_TEST(is_not_misled)
{
	struct reply_class class = classify(slice_of(tricky[_i].text));

	ck_assert_msg(strcmp(class.reason, tricky[_i].reason) == 0, "%s, but was %s: %s",
		      tricky[_i].reason, class.reason, tricky[_i].text);
}
END_TEST

static const struct {
	const char *text, *url, *list;
} parts[] = {
	{ "554 blocked using zen.example.org; (see https://example.org/q?ip=192.0.2.1).",
	  "https://example.org/q?ip=192.0.2.1", "zen.example.org" },
	{ "550 user unknown, HTTP://example.org/a_(b), http://example.org/c", "HTTP://example.org/a_(b)",
	  "" },
	{ "550 user unknown <http://example.org/>", "http://example.org/", "" },
	{ "550 user unknown http:// ", "", "" },
	{ "554 5.7.1 Client host blocked by Spamhaus", "", "Spamhaus" },
	{ "554 5.7.1 blocked using ZEN.Spamhaus.Org", "", "ZEN.Spamhaus.Org" },
	{ "550 refused by postmaster@spamhaus.org", "", "" },
};

START_TEST(finds_the_url_and_the_list)
{
	struct reply_class class = classify(slice_of(parts[_i].text));

	ck_assert_msg(slice_is(class.url, parts[_i].url), "%s: %.*s", parts[_i].text,
		      (int)class.url.len, class.url.at);
	ck_assert_msg(slice_is(class.list, parts[_i].list), "%s: %.*s", parts[_i].text,
		      (int)class.list.len, class.list.at);
}
END_TEST

/* A long text takes no longer than its first part. */
START_TEST(a_hostile_text_is_bounded)
{
	static const char *const pieces[] = {
		"user ", "a=", "a@", "http://", "1.1.1.1:", "the ip is not ", "\n550-5.7.1 ", "\xc3",
		"rate message too many ", "e-mail", "in reply to ", "::", "mail.", "spf dkim dmarc ",
	};
	static char big[65536];
	size_t len = strlen(pieces[_i]);

	for (size_t i = 0; i < sizeof big; i++)
		big[i] = pieces[_i][i % len];
	for (int again = 0; again < 20; again++)
		ck_assert_ptr_nonnull(classify((struct slice){ big, sizeof big }).reason);
}
END_TEST

Suite *suite_reply_class(void);
Suite *suite_reply_class(void)
{
	Suite *suite = suite_create("reply_class");
	TCase *texts = tcase_create("texts"), *tcase = tcase_create("reply_class");

	tcase_add_checked_fixture(texts, read_corpus, release_corpus);
	tcase_add_test(texts, each_text_has_its_reason_and_its_list);
	tcase_add_test(texts, each_reason_has_texts_enough);
	tcase_add_test(texts, other_names_addresses_and_dates_change_nothing);
	tcase_add_test(texts, other_line_breaks_change_nothing);
	tcase_add_test(texts, case_changes_nothing);
	tcase_add_test(texts, a_code_alone_says_the_same_or_nothing);
	suite_add_tcase(suite, texts);
	ADD_TABLE(tcase, is_not_misled, tricky);
	ADD_TABLE(tcase, finds_the_url_and_the_list, parts);
	tcase_add_loop_test(tcase, a_hostile_text_is_bounded, 0, 14);
	suite_add_tcase(suite, tcase);
	return suite;
}
