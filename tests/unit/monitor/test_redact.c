/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "monitor/redact.h"

#include <string.h>

#include "fakes/exact.h"
#include "monitor/result.h"
#include "sample.h"
#include "unit.h"

static bool is_public(struct slice name)
{
	return slice_is_nocase(name, "zen.list.test") || slice_is_nocase(name, "help.list.test");
}

/* Both passes, as for a whole result. */
static char *redacted(const char *text)
{
	struct redact redact = { .is_public = is_public };
	struct text first = { 0 }, second = { 0 };

	redact_text(&redact, slice_of(text), &first);
	redact_learn(&redact, slice_of("alice-pc"));
	redact_text(&redact, slice_of(text), &second);
	ck_assert(!redact.failed);
	text_release(&first);
	redact_release(&redact);
	return text_take(&second);
}

static const struct { const char *text, *want; } texts[] = {
	/* addresses */
	{ "from 192.0.2.25, twice: 192.0.2.25", "from [address-1], twice: [address-1]" },
	{ "192.0.2.25 198.51.100.1 192.0.2.25", "[address-1] [address-2] [address-1]" },
	{ "[192.0.2.25]:25", "[[address-1]]:25" },
	{ "192.0.2.0/24", "[address-1]/24" },
	{ "at 192.0.2.25.", "at [address-1]." },
	{ "192.0.2.25-192.0.2.26", "[address-1]-[address-2]" },
	{ "192-0-2-25 is 192.0.2.25", "[address-1] is [address-1]" },
	{ "mail-192.0.2.25", "mail-[address-1]" },
	{ "2001:db8::25", "[address-1]" },
	{ "2001:DB8:0:0:0:0:0:25 2001:db8::25", "[address-1] [address-1]" },
	{ "ip6:2001:db8::/32 ip4:192.0.2.25", "ip6:[address-1]/32 ip4:[address-2]" },
	{ "[IPv6:2001:db8::25]", "[IPv6:[address-1]]" },
	{ "::ffff:192.0.2.25", "[address-1]" },
	{ "fe80::1%eth0", "[address-1]%eth0" },
	/* what is no secret */
	{ "127.0.0.4 127.255.255.254 ::1 0.0.0.0", "127.0.0.4 127.255.255.254 ::1 0.0.0.0" },
	{ "554 5.7.1 no", "554 5.7.1 no" },
	{ "at 21:10:09, TLSv1.3, 0.25ms, RFC 7208 5.5, 3.7.11", "at 21:10:09, TLSv1.3, 0.25ms, RFC 7208 5.5, 3.7.11" },
	{ "e.g. this, i.e. that... and so on", "e.g. this, i.e. that... and so on" },
	{ "main.cf and /etc/resolv.conf say", "main.cf and /etc/resolv.conf say" },
	{ "SPF/DKIM and text/html", "SPF/DKIM and text/html" },
	/* names */
	{ "mail.ill.example ILL.example ill.EXAMPLE", "[name-1] [name-2] [name-2]" },
	{ "of ill.example.", "of [name-1]." },
	{ "_dmarc.ill.example", "[name-1]" },
	{ "m\xc3\xbcller.example, xn--mller-kva.example", "[name-1], [name-2]" },
	{ "25.2.0.192.in-addr.arpa", "[name-1]" },
	{ "25.2.0.192.zen.list.test by zen.list.test", "[name-1] by zen.list.test" },
	{ "host.internal.x1 and x.ill.e", "[name-1] and [name-2]" },
	{ "192.0.2.25.x1", "[name-1]" },
	{ "include:spf.gone.example -all", "include:[name-1] -all" },
	{ "said Alice-PC, not alice-pcs", "said [name-1], not alice-pcs" },
	{ "\x01mx.ill.example\x02 says", "\x01[name-1]\x02 says" },
	{ "CN=mail.ill.example,O=Ill & Co,L=Here", "CN=[name-1],O=[name-2],L=[name-3]" },
	/* mail addresses */
	{ "me@ill.example of ill.example", "[user-1]@[name-1] of [name-1]" },
	{ "<me@ill.example> ME@ILL.EXAMPLE", "<[user-1]@[name-1]> [user-1]@[name-1]" },
	{ "from=<me@ill.example>", "from=<[user-1]@[name-1]>" },
	{ "to=me@ill.example", "to=[user-1]@[name-1]" },
	{ "rua=mailto:dmarc@ill.example", "rua=mailto:[user-1]@[name-1]" },
	{ "bounce+a=b.example@ill.example", "[user-1]@[name-1]" },
	{ "\"a b\"@ill.example", "[user-1]@[name-1]" },
	{ "me@[192.0.2.25]", "[user-1]@[[address-1]]" },
	{ "root@box", "[user-1]@[name-1]" },
	/* paths */
	{ "/home/alice/pw: no", "[path-1]: no" },
	{ "may not read /home/alice/pw.", "may not read [path-1]." },
	{ "of /var/spool/postfix/deferred/A/ABC", "of [path-1]" },
	{ "of /var/spool/postfix", "of /var/spool/postfix" },
	/* links */
	{ "see https://help.list.test/q/192.0.2.25?ip=192.0.2.25#x.", "see https://help.list.test/q/[address-1]?...." },
	{ "see https://help.list.test/how", "see https://help.list.test/how" },
	{ "see http://ill.example/x?y (now)", "see [link-1] (now)" },
	{ "https://me@help.list.test/", "[link-1]" },
	{ "https://help.list.test/%61lice", "[link-1]" },
	/* keys */
	{ "p=MIGfMA0GCSqGSIb3DQEBAQUAA4GNADCBiQKBgQCd90qv0Z5; x", "[key-1]; x" },
	{ "sha256:00112233445566778899aabbccddeeff", "sha256:[key-1]" },
	/* what was cut */
	{ "Client host [192.0.2...", "Client host [..." },
	{ "mx.ill.exam...", "..." },
	{ "mx.ill.example but mx.i...", "[name-1] but ..." },
	{ "me@ill.example but m...", "[user-1]@[name-1] but ..." },
	{ "to me@il...", "to [user-1]@..." },
	{ "was blocke...", "was blocke..." },
	{ "2001:db8:...", "..." },
	{ "in /home/ali...", "in ..." },
	{ "\x01the 198.51...\x02 there", "\x01the ...\x02 there" },
	{ "", "" },
};

START_TEST(replaces_who_and_where)
{
	char *out = redacted(texts[_i].text);

	ck_assert_str_eq(out, texts[_i].want);
	free(out);
}
END_TEST

START_TEST(leaves_nothing_to_redact)
{
	char *once = redacted(texts[_i].text), *twice = redacted(once);

	ck_assert_str_eq(twice, once);
	free(once);
	free(twice);
}
END_TEST

/* Not the byte behind it, at each length. */
START_TEST(reads_no_further_than_the_text)
{
	const char *text = texts[_i].text;

	for (size_t len = 0; len <= strlen(text); len++) {
		struct slice part = exact(text, len);
		struct redact redact = { 0 };
		struct text out = { 0 };

		redact_text(&redact, part, &out);
		text_release(&out);
		redact_release(&redact);
		exact_free(part);
	}
}
END_TEST

START_TEST(words_that_name_nobody_are_not_learned)
{
	static const char *const words[] = { "mail", "localhost", "root", "a b", "x", "25", "a.example" };
	struct redact redact = { 0 };

	for (size_t i = 0; i < COUNT(words); i++)
		redact_learn(&redact, slice_of(words[i]));
	ck_assert_uint_eq(redact.counts[REDACT_NAME], 0);
	redact_learn(&redact, slice_of("alice-pc"));
	ck_assert_uint_eq(redact.counts[REDACT_NAME], 1);
	redact_release(&redact);
}
END_TEST

START_TEST(redacts_all_of_a_result)
{
	static const char *const secrets[] = { "ill", "192.0.2", "alice", "box" };
	struct monitor_settings settings = { .verbosity = 2 };
	struct text text = { 0 }, fix = { 0 }, url = { 0 }, headline = { 0 }, summary = { 0 };
	struct finding *finding;
	struct result result;
	char *data;

	result_open(&result, &sample_plugin, &settings);
	text_add(&result.target, "box,ill.example");
	snprintf(result.made.host, sizeof result.made.host, "alice-pc");
	text_add(&text, "alice-pc cannot reach mx.ill.example");
	finding = result_add(&result, STATE_CRITICAL, "broken", "dns", "192.0.2.25", &text);
	text_add(&headline, "192.0.2.25 is not there");
	result_headline(&result, finding, &headline);
	text_add(&fix, "tell alice@ill.example");
	result_fix(&result, finding, &fix);
	text_add(&url, "https://help.list.test/?ip=192.0.2.25");
	result_url(&result, finding, &url);
	text_add(&text, "the box does not answer");
	result_add(&result, STATE_WARNING, "broken", "dns", "box", &text);
	result_measure_of(&result, "bits", "key.ill.example", 2048);
	text_add(&result.tail, "ill.example");
	text_add(&result.trace, "box? 192.0.2.25\n");
	result.data = json_pack("{s[{ss ss ss si}] ss}", "servers", "host", "alice", "address", "192.0.2.25",
				"url", "https://ill.example/", "port", 25, "text", "alice was here");
	/* The thresholds of a subject hold, whatever it is called in print. */
	words_add(&settings.critical, "bits key.ill.example=4096:");
	result_judge(&result);
	redact_result(&result, is_public);
	ck_assert(!result.failed);
	result_summary(&result, &summary);
	data = json_dumps(result.data, JSON_COMPACT);
	for (size_t i = 0; i < COUNT(secrets); i++) {
		ck_assert_ptr_null(strstr(text_str(&summary), secrets[i]));
		ck_assert_ptr_null(strstr(text_str(&result.target), secrets[i]));
		ck_assert_ptr_null(strstr(text_str(&result.trace), secrets[i]));
		ck_assert_ptr_null(strstr(result.made.host, secrets[i]));
		ck_assert_ptr_null(strstr(data, secrets[i]));
		for (size_t f = 0; f < result.finding_count; f++) {
			ck_assert_ptr_null(strstr(result.findings[f].subject, secrets[i]));
			ck_assert_ptr_null(strstr(result.findings[f].text, secrets[i]));
		}
	}
	ck_assert_str_eq(data, "{\"servers\":[{\"host\":\"[name-4]\",\"address\":\"[address-1]\",\"url\":null,"
			       "\"port\":25}],\"text\":\"[name-4] was here\"}");
	ck_assert_str_eq(result.findings[0].text, "[name-6] cannot reach [name-2]");
	ck_assert_str_eq(result.findings[0].fix, "tell [user-1]@[name-1]");
	ck_assert_ptr_null(result.findings[0].url);
	free(data);
	text_release(&summary);
	result_release(&result);
	monitor_settings_release(&settings);
}
END_TEST

Suite *suite_redact(void);
Suite *suite_redact(void)
{
	Suite *suite = suite_create("redact");
	TCase *tcase = tcase_create("redact");

	ADD_TABLE(tcase, replaces_who_and_where, texts);
	ADD_TABLE(tcase, leaves_nothing_to_redact, texts);
	ADD_TABLE(tcase, reads_no_further_than_the_text, texts);
	tcase_add_test(tcase, words_that_name_nobody_are_not_learned);
	tcase_add_test(tcase, redacts_all_of_a_result);
	suite_add_tcase(suite, tcase);
	return suite;
}
