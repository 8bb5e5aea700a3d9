/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "mail/dkim_key.h"

#include <stdio.h>
#include <string.h>

#include "fakes/exact.h"
#include "unit.h"

/* One pair of each, made for this. */
#define RSA_PKCS8 \
	"-----BEGIN PRIVATE KEY-----\n" \
	"MIICdgIBADANBgkqhkiG9w0BAQEFAASCAmAwggJcAgEAAoGBAMZtMhbi2SumpEGW\n" \
	"UK6T+e3od38Ug7mLm2wHdufGKac8mV+B5ntxKs/I+tB9A/KnBdEwar7YcmfVytEM\n" \
	"GsueMUU6UiboKkrNucCWdPYPyvI27qpNbuiJngYnBe1Jb0850mgjnarnZnYse37d\n" \
	"FaKvAyuDkhP0ZRffGj39QL7sj3w9AgMBAAECgYBI1yj+EcRbK888bGutypCC70V+\n" \
	"lw9L+53QaGUT7EC6LZq33r23LvHiWQsJofrjBsEx664j5N0KlQbg+qqTeLzo4PCS\n" \
	"YOz1dnaMnrxWGgJFJQTIOROPimcUNo6URObZij/tVD5BqFtrqNYUDStnwJySajPU\n" \
	"R6OUFeiqHg47V5ZjGQJBAPL/+Mj1ADtGqZdZ9kC2HE4SgM/ISeNTeJtMLxMbmHIe\n" \
	"9x9+LZ0sLNkvTM4SZimJF6rDqGY9Ohgb1Tp+OeQHcYMCQQDRCsPuOWp1YNxqP+oZ\n" \
	"AsFGE1U0kjQtNj5RMSAtp0MUeG5liODh+jpMMTjQIWIP/1AGHOcUw+h80YEOmtXX\n" \
	"tq8/AkEAp4X6gKgPIc5kSnh1wUULHHO7JAQDlFnOUtnhtj2XCk34tlhpn+p9fLkU\n" \
	"LRkYH1ho3YwHw3xAWbCOfsXYqTDMewJAeZzotbvjalwqfwml+Fz48fqnVElGX5My\n" \
	"F+wbi1PGm68gkqNaKT15EwCDy9nQAfyHorbH3PXIWG1NxqBfjfpy4wJAKlP0mTqt\n" \
	"IMnIlhdTdcn7OWhYwrQ35TIjSiEqde8yuAMJFkgC1GKr8LrMHyLs5QPL4sCBkJ4A\n" \
	"bCeX3hGPtLkZfA==\n" \
	"-----END PRIVATE KEY-----\n"
#define RSA_PKCS1 \
	"-----BEGIN RSA PRIVATE KEY-----\n" \
	"MIICXAIBAAKBgQDGbTIW4tkrpqRBllCuk/nt6Hd/FIO5i5tsB3bnximnPJlfgeZ7\n" \
	"cSrPyPrQfQPypwXRMGq+2HJn1crRDBrLnjFFOlIm6CpKzbnAlnT2D8ryNu6qTW7o\n" \
	"iZ4GJwXtSW9POdJoI52q52Z2LHt+3RWirwMrg5IT9GUX3xo9/UC+7I98PQIDAQAB\n" \
	"AoGASNco/hHEWyvPPGxrrcqQgu9FfpcPS/ud0GhlE+xAui2at969ty7x4lkLCaH6\n" \
	"4wbBMeuuI+TdCpUG4Pqqk3i86ODwkmDs9XZ2jJ68VhoCRSUEyDkTj4pnFDaOlETm\n" \
	"2Yo/7VQ+Qahba6jWFA0rZ8Cckmoz1EejlBXoqh4OO1eWYxkCQQDy//jI9QA7RqmX\n" \
	"WfZAthxOEoDPyEnjU3ibTC8TG5hyHvcffi2dLCzZL0zOEmYpiReqw6hmPToYG9U6\n" \
	"fjnkB3GDAkEA0QrD7jlqdWDcaj/qGQLBRhNVNJI0LTY+UTEgLadDFHhuZYjg4fo6\n" \
	"TDE40CFiD/9QBhznFMPofNGBDprV17avPwJBAKeF+oCoDyHOZEp4dcFFCxxzuyQE\n" \
	"A5RZzlLZ4bY9lwpN+LZYaZ/qfXy5FC0ZGB9YaN2MB8N8QFmwjn7F2KkwzHsCQHmc\n" \
	"6LW742pcKn8Jpfhc+PH6p1RJRl+TMhfsG4tTxpuvIJKjWik9eRMAg8vZ0AH8h6K2\n" \
	"x9z1yFhtTcagX436cuMCQCpT9Jk6rSDJyJYXU3XJ+zloWMK0N+UyI0ohKnXvMrgD\n" \
	"CRZIAtRiq/C6zB8i7OUDy+LAgZCeAGwnl94Rj7S5GXw=\n" \
	"-----END RSA PRIVATE KEY-----\n"
#define RSA_SPKI \
	"-----BEGIN PUBLIC KEY-----\n" \
	"MIGfMA0GCSqGSIb3DQEBAQUAA4GNADCBiQKBgQDGbTIW4tkrpqRBllCuk/nt6Hd/\n" \
	"FIO5i5tsB3bnximnPJlfgeZ7cSrPyPrQfQPypwXRMGq+2HJn1crRDBrLnjFFOlIm\n" \
	"6CpKzbnAlnT2D8ryNu6qTW7oiZ4GJwXtSW9POdJoI52q52Z2LHt+3RWirwMrg5IT\n" \
	"9GUX3xo9/UC+7I98PQIDAQAB\n" \
	"-----END PUBLIC KEY-----\n"
#define RSA_BARE \
	"-----BEGIN RSA PUBLIC KEY-----\n" \
	"MIGJAoGBAMZtMhbi2SumpEGWUK6T+e3od38Ug7mLm2wHdufGKac8mV+B5ntxKs/I\n" \
	"+tB9A/KnBdEwar7YcmfVytEMGsueMUU6UiboKkrNucCWdPYPyvI27qpNbuiJngYn\n" \
	"Be1Jb0850mgjnarnZnYse37dFaKvAyuDkhP0ZRffGj39QL7sj3w9AgMBAAE=\n" \
	"-----END RSA PUBLIC KEY-----\n"
#define ED_PKCS8 \
	"-----BEGIN PRIVATE KEY-----\n" \
	"MC4CAQAwBQYDK2VwBCIEIEjnIc97lS1bmpo7wXqkN9YEk2KDjVeYo9JhkaYXOLyD\n" \
	"-----END PRIVATE KEY-----\n"
#define ED_SPKI \
	"-----BEGIN PUBLIC KEY-----\n" \
	"MCowBQYDK2VwAyEAMPJGMuV6zxIIT4HALdKCAlHfgIuXGoKy7neDxHLUTXA=\n" \
	"-----END PUBLIC KEY-----\n"
#define EC_SPKI \
	"-----BEGIN PUBLIC KEY-----\n" \
	"MFkwEwYHKoZIzj0CAQYIKoZIzj0DAQcDQgAEtw35pCBJOFTrHzqBL7t629Emk13q\n" \
	"6H56SP58D6fFi3sMPc8gyhKl1ThqPxVF4MG+oUia/zyBGJSuJMZS7e8neA==\n" \
	"-----END PUBLIC KEY-----\n"
#define RSA_P \
	"MIGfMA0GCSqGSIb3DQEBAQUAA4GNADCBiQKBgQDGbTIW4tkrpqRBllCuk/nt6Hd/FIO5i5tsB3bn" \
	"ximnPJlfgeZ7cSrPyPrQfQPypwXRMGq+2HJn1crRDBrLnjFFOlIm6CpKzbnAlnT2D8ryNu6qTW7o" \
	"iZ4GJwXtSW9POdJoI52q52Z2LHt+3RWirwMrg5IT9GUX3xo9/UC+7I98PQIDAQAB"
#define RSA_BARE_P \
	"MIGJAoGBAMZtMhbi2SumpEGWUK6T+e3od38Ug7mLm2wHdufGKac8mV+B5ntxKs/I+tB9A/KnBdEw" \
	"ar7YcmfVytEMGsueMUU6UiboKkrNucCWdPYPyvI27qpNbuiJngYnBe1Jb0850mgjnarnZnYse37d" \
	"FaKvAyuDkhP0ZRffGj39QL7sj3w9AgMBAAE="
#define ED_P \
	"MPJGMuV6zxIIT4HALdKCAlHfgIuXGoKy7neDxHLUTXA="

/* ---- the records of tests/data/dkim_keys.tsv */

struct row {
	struct slice what, verdict, type, bits, notes, record;
};

static struct text table;
static struct row rows[200];
static size_t row_count;

/* Breaks and tabs are written as \n and \t; other backslashes are what they are. */
static struct slice unfold(struct slice text)
{
	char *to = (char *)text.at;
	size_t len = 0;

	for (size_t i = 0; i < text.len; i++) {
		char next = i + 1 < text.len ? text.at[i + 1] : '\0';
		bool is_folded = text.at[i] == '\\' && (next == 'n' || next == 't');

		to[len++] = !is_folded ? text.at[i] : next == 'n' ? '\n' : '\t';
		i += is_folded;
	}
	return (struct slice){ text.at, len };
}

static void read_table(void)
{
	const char *srcdir = getenv("srcdir");
	char path[4096], part[4096];
	struct slice rest, line;
	size_t got;
	FILE *file;

	snprintf(path, sizeof path, "%s/tests/data/dkim_keys.tsv", srcdir != NULL ? srcdir : ".");
	file = fopen(path, "r");
	ck_assert_msg(file != NULL, "%s cannot be read (is srcdir set?)", path);
	while ((got = fread(part, 1, sizeof part, file)) > 0)
		text_add_slice(&table, (struct slice){ part, got });
	fclose(file);
	rest = text_slice(&table);
	row_count = 0;
	while (slice_split(&rest, '\n', &line)) {
		struct row *row = &rows[row_count];

		if (line.len == 0 || line.at[0] == '#')
			continue;
		ck_assert_uint_lt(row_count, COUNT(rows));
		ck_assert(slice_split(&line, '\t', &row->what) && slice_split(&line, '\t', &row->verdict) &&
			  slice_split(&line, '\t', &row->type) && slice_split(&line, '\t', &row->bits) &&
			  slice_split(&line, '\t', &row->notes) && line.at != NULL);
		row->record = unfold(line);
		row_count++;
	}
}

static void release_table(void)
{
	text_release(&table);
}

/* "verdict type bits notes" */
static void describe(const struct dkim_key *key, struct text *text)
{
	static const char *const verdicts[] = {
		[DKIM_KEY_GOOD] = "good", [DKIM_KEY_REVOKED] = "revoked", [DKIM_KEY_BAD] = "bad",
	};

	text_add(text, "%s %s %u ", verdicts[key->verdict],
		 key->has_type ? dkim_type_word(key->type) : "other", key->bits);
	for (size_t i = 0; i < key->note_count; i++)
		text_add(text, "%s%s@%zu", i > 0 ? "," : "", dkim_lint_word(key->notes[i].lint),
			 key->notes[i].at);
	text_add(text, "%s", key->note_count == 0 ? "-" : "");
}

START_TEST(records_are_judged)
{
	int wrong = 0;

	ck_assert_uint_ge(row_count, 60);
	for (size_t i = 0; i < row_count; i++) {
		const struct row *row = &rows[i];
		struct slice record = exact(row->record.at, row->record.len);
		struct text want = { 0 }, got = { 0 };
		struct dkim_key key;

		dkim_key_parse(record, &key);
		ck_assert(!key.failed);
		describe(&key, &got);
		text_add(&want, "%.*s %.*s %.*s %.*s", (int)row->verdict.len, row->verdict.at,
			 (int)row->type.len, row->type.at, (int)row->bits.len, row->bits.at,
			 (int)row->notes.len, row->notes.at);
		if (strcmp(text_str(&want), text_str(&got)) != 0) {
			wrong++;
			fprintf(stderr, "%.*s: %s, but was %s\n", (int)row->what.len, row->what.at,
				text_str(&want), text_str(&got));
		}
		text_release(&want);
		text_release(&got);
		exact_free(record);
	}
	ck_assert_int_eq(wrong, 0);
}
END_TEST

/* Bad is what has a note that makes it useless, and nothing else. */
START_TEST(a_verdict_has_its_reason)
{
	for (size_t i = 0; i < row_count; i++) {
		bool is_useless = false;
		struct dkim_key key;

		dkim_key_parse(rows[i].record, &key);
		for (size_t n = 0; n < key.note_count; n++)
			is_useless |= dkim_lint_weight(key.notes[n].lint) == DKIM_USELESS;
		ck_assert_int_eq(is_useless, key.verdict == DKIM_KEY_BAD);
		ck_assert(key.verdict != DKIM_KEY_GOOD || key.bits > 0);
	}
}
END_TEST

/* A key that is cut anywhere is never good; the = at its end are not of the key. */
START_TEST(no_part_of_a_key_is_a_key)
{
	const struct row *whole = &rows[0];
	const char *p = strstr(whole->record.at, "p=");
	size_t from = (size_t)(p - whole->record.at) + 3;
	size_t end = (size_t)((const char *)memchr(p + 2, '=', 200) - whole->record.at);

	for (size_t len = from; len < end; len++) {
		struct slice record = exact(whole->record.at, len);
		struct dkim_key key;

		dkim_key_parse(record, &key);
		ck_assert_int_eq(key.verdict, DKIM_KEY_BAD);
		exact_free(record);
	}
}
END_TEST

/* ---- mending: the record to publish instead; NULL: nobody can know it */

#define ED "11qYAYKxCrfVS/7TyWQHOg7hcvPapiMlrwIaaPcHURo="
#define ED_RECORD "v=DKIM1; k=ed25519; p=" ED
#define RSA_RECORD "v=DKIM1; k=rsa; p=" RSA_P

static const struct {
	const char *record, *mended;
} mendings[] = {
	{ "v=DKIM1\\; k=ed25519\\; p=" ED, ED_RECORD },
	{ "\"v=DKIM1; k=ed25519; p=11qYAYKxCrfVS/7TyWQHOg7h\" \"cvPapiMlrwIaaPcHURo=\"", ED_RECORD },
	{ "v=DKIM1; p=" ED, ED_RECORD },
	{ "v=DKIM1; k=ed25519; p=MCowBQYDK2VwAyEA" ED, ED_RECORD },
	{ "k=ed25519; v=DKIM1; h=sha1; s=tlsrpt; t=y:s; p=" ED, "v=DKIM1; t=s; k=ed25519; p=" ED },
	{ "v=dkim1; k=RSA; p=" RSA_P, RSA_RECORD },
	{ "p=" RSA_BARE_P, RSA_RECORD },
	{ "v=DKIM1; p=" RSA_P "; p=" ED, NULL },		/* which of them? */
	{ "v=DKIM1; p=", NULL },
	{ "v=DKIM1; p=MIGf", NULL },
	{ "v=spf1 -all", NULL },
	{ "", NULL },
};

START_TEST(what_can_be_mended_is)
{
	struct slice record = exact_text(mendings[_i].record);
	struct text mended = { 0 };

	ck_assert_int_eq(dkim_key_mend(record, &mended), mendings[_i].mended != NULL);
	ck_assert_str_eq(text_str(&mended), mendings[_i].mended != NULL ? mendings[_i].mended : "");
	text_release(&mended);
	exact_free(record);
}
END_TEST

START_TEST(every_note_has_words)
{
	for (int lint = 0; lint < DKIM_LINTS; lint++) {
		ck_assert_ptr_nonnull(dkim_lint_word((enum dkim_lint)lint));
		ck_assert_uint_gt(strlen(dkim_lint_words((enum dkim_lint)lint)), 10);
	}
}
END_TEST

START_TEST(what_stands_in_the_tags_is_kept)
{
	struct slice record = exact_text("v=DKIM1; h=sha256:sha1; s=email; t=y:s; n=a remark; p=");
	struct dkim_key key;

	dkim_key_parse(record, &key);
	ck_assert(slice_is(key.hashes, "sha256:sha1"));
	ck_assert(slice_is(key.services, "email"));
	ck_assert(slice_is(key.flags, "y:s"));
	ck_assert(slice_is(key.remark, "a remark"));
	ck_assert(key.is_testing);
	exact_free(record);
}
END_TEST

/* ---- keys in files */

static const struct {
	const char *what, *pem;
	enum dkim_type type;
	unsigned bits;
	bool is_private;
	const char *published;	/* of the same key */
} files[] = {
	{ "PKCS#8", RSA_PKCS8, DKIM_RSA, 1024, true, RSA_P },
	{ "PKCS#1", RSA_PKCS1, DKIM_RSA, 1024, true, RSA_P },
	{ "SubjectPublicKeyInfo", RSA_SPKI, DKIM_RSA, 1024, false, RSA_P },
	{ "RSAPublicKey", RSA_BARE, DKIM_RSA, 1024, false, RSA_P },
	{ "an Ed25519 key", ED_PKCS8, DKIM_ED25519, 256, true, ED_P },
	{ "its public half", ED_SPKI, DKIM_ED25519, 256, false, ED_P },
	{ "with words before it", "my key:\n\n" ED_SPKI, DKIM_ED25519, 256, false, ED_P },
	{ "behind something else", "-----BEGIN X-----\nAAAA\n-----END X-----\n" RSA_SPKI, DKIM_RSA, 1024,
	  false, RSA_P },
};

START_TEST(a_file_is_compared_with_what_is_published)
{
	struct slice pem = exact_text(files[_i].pem);
	struct dkim_own_key own;
	struct dkim_key key;
	struct fault fault;
	char record[1000];

	ck_assert_msg(dkim_own_key_parse(pem, &own, &fault), "%s: %s", files[_i].what, fault.text);
	ck_assert_int_eq(own.type, files[_i].type);
	ck_assert_uint_eq(own.bits, files[_i].bits);
	ck_assert_int_eq(own.is_private, files[_i].is_private);
	snprintf(record, sizeof record, "v=DKIM1; k=%s; p=%s", dkim_type_word(files[_i].type),
		 files[_i].published);
	ck_assert_str_eq(text_str(&own.record), record);
	dkim_key_parse(text_slice(&own.record), &key);
	ck_assert_int_eq(key.verdict, DKIM_KEY_GOOD);
	ck_assert_uint_eq(key.note_count, 0);
	ck_assert_mem_eq(key.digest, own.digest, DKIM_DIGEST);
	dkim_own_key_release(&own);
	exact_free(pem);
}
END_TEST

/* However it is written, it is the same key; and another is another. */
START_TEST(a_digest_is_of_the_key)
{
	struct dkim_key plain, bare, other;

	dkim_key_parse(slice_of("v=DKIM1; p=" RSA_P), &plain);
	dkim_key_parse(slice_of("p=" RSA_BARE_P), &bare);
	dkim_key_parse(slice_of("v=DKIM1; k=ed25519; p=" ED_P), &other);
	ck_assert_mem_eq(plain.digest, bare.digest, DKIM_DIGEST);
	ck_assert_mem_ne(plain.digest, other.digest, DKIM_DIGEST);
}
END_TEST

static const struct {
	const char *pem, *words;
} useless_files[] = {
	{ "", "no key in PEM form" },
	{ "hello", "no key in PEM form" },
	{ "-----BEGIN PUBLIC KEY-----\nAAAA\n-----END PUBLIC KEY-----\n", "no key in PEM form" },
	{ "-----BEGIN PUBLIC KEY-----\n", "no key in PEM form" },
	{ "-----BEGIN ENCRYPTED PRIVATE KEY-----\nAAAA\n-----END ENCRYPTED PRIVATE KEY-----\n", "encrypted" },
	{ "-----BEGIN RSA PRIVATE KEY-----\nProc-Type: 4,ENCRYPTED\nDEK-Info: AES-128-CBC,00\n\nAAAA\n"
	  "-----END RSA PRIVATE KEY-----\n", "encrypted" },
	{ EC_SPKI, "neither RSA nor Ed25519" },
};

START_TEST(a_file_without_a_key_is_said)
{
	struct slice pem = exact_text(useless_files[_i].pem);
	struct dkim_own_key own;
	struct fault fault = { 0 };

	ck_assert(!dkim_own_key_parse(pem, &own, &fault));
	ck_assert_msg(strstr(fault.text, useless_files[_i].words) != NULL, "%s", fault.text);
	exact_free(pem);
}
END_TEST

Suite *suite_dkim_key(void);
Suite *suite_dkim_key(void)
{
	Suite *suite = suite_create("dkim_key");
	TCase *records = tcase_create("records"), *keys = tcase_create("keys");

	tcase_add_unchecked_fixture(records, read_table, release_table);
	tcase_add_test(records, records_are_judged);
	tcase_add_test(records, a_verdict_has_its_reason);
	tcase_add_test(records, no_part_of_a_key_is_a_key);
	tcase_add_test(records, every_note_has_words);
	tcase_add_test(records, what_stands_in_the_tags_is_kept);
	suite_add_tcase(suite, records);
	ADD_TABLE(keys, what_can_be_mended_is, mendings);
	ADD_TABLE(keys, a_file_is_compared_with_what_is_published, files);
	ADD_TABLE(keys, a_file_without_a_key_is_said, useless_files);
	tcase_add_test(keys, a_digest_is_of_the_key);
	suite_add_tcase(suite, keys);
	return suite;
}
