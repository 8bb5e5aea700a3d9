/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "mail/mime.h"

#include "base/base64.h"
#include "fakes/exact.h"
#include "unit.h"

#define REPEAT10(s) s s s s s s s s s s
#define X70 REPEAT10("xxxxxxx")

static const struct { const char *bytes, *charset; } charsets[] = {
	{ "", "us-ascii" },
	{ "plain \x1b\x7f", "us-ascii" },
	{ "Gr\xc3\xbc\xc3\x9f" "e", "utf-8" },
	{ "\xf0\x9f\x93\xa7", "utf-8" },
	{ "Gr\xfc\xdf" "e", "unknown-8bit" },
	{ "\xc3", "unknown-8bit" },
	{ "\xed\xa0\x80", "unknown-8bit" },	/* a surrogate (RFC 3629 3) */
	{ "\xc0\xaf", "unknown-8bit" },		/* a longer form than needed */
};

START_TEST(tells_the_charset)
{
	struct slice bytes = exact_text(charsets[_i].bytes);

	ck_assert_str_eq(mime_charset(bytes), charsets[_i].charset);
	exact_free(bytes);
}
END_TEST

/* ---- headers ---- */

static const struct {
	const char *name, *value;
	bool has_addresses;
	const char *written;
	bool is_utf8;
} headers[] = {
	{ "Subject", "hello", false, "Subject: hello\r\n", false },
	{ "Subject", "", false, "Subject:\r\n", false },
	{ "Subject", "  two  blanks  ", false, "Subject: two  blanks\r\n", false },
	{ "Subject", "a\r\nBcc: b\x07", false, "Subject: a  Bcc: b\r\n", false },
	/* RFC 5322 2.1.1: 78 fit, 79 do not */
	{ "Sub", X70 " 12", false, "Sub: " X70 " 12\r\n", false },
	{ "Sub", X70 " 123", false, "Sub: " X70 "\r\n 123\r\n", false },
	/* and what has no blank stays whole */
	{ "X", X70 X70, false, "X:\r\n " X70 X70 "\r\n", false },

	/* RFC 2047 */
	{ "Subject", "Gr\xc3\xbc\xc3\x9f" "e aus K\xc3\xb6ln", false,
	  "Subject: =?utf-8?B?R3LDvMOfZQ==?= aus =?utf-8?B?S8O2bG4=?=\r\n", false },
	/* 6.2: the blank between two would be lost, so it is within */
	{ "X", "J\xc3\xbcrgen M\xc3\xbcller (x)", false, "X: =?utf-8?Q?J=C3=BCrgen_M=C3=BCller?= (x)\r\n",
	  false },
	/* 5: in a phrase, a question mark and the like are encoded */
	{ "X", "\xc3\xa4?_=\",aaaaaa", false, "X: =?utf-8?Q?=C3=A4=3F=5F=3D=22=2Caaaaaa?=\r\n", false },
	{ "X", "caf\xe9 ol\xe9", false, "X: =?unknown-8bit?Q?caf=E9_ol=E9?=\r\n", false },
	/* an address is no place for them, RFC 6532 is */
	{ "To", "J\xc3\xbcrgen <j\xc3\xbc@b.example>", true,
	  "To: =?utf-8?Q?J=C3=BCrgen?= <j\xc3\xbc@b.example>\r\n", true },
	{ "X", "j\xc3\xbcrgens@b.example", false, "X: =?utf-8?Q?j=C3=BCrgens=40b=2Eexample?=\r\n", false },
	{ "To", "j\xfcrgens@b.example", true, "To: =?unknown-8bit?Q?j=FCrgens=40b=2Eexample?=\r\n", false },
	{ "To", "a@b.example", true, "To: a@b.example\r\n", false },
};

START_TEST(writes_headers)
{
	struct slice value = exact_text(headers[_i].value);
	struct text text = { 0 };

	ck_assert_int_eq(mime_add_header(&text, headers[_i].name, value, headers[_i].has_addresses),
			 headers[_i].is_utf8);
	ck_assert_str_eq(text_str(&text), headers[_i].written);
	text_release(&text);
	exact_free(value);
}
END_TEST

static int hex(char c)
{
	return c <= '9' ? c - '0' : c - 'A' + 10;
}

static void decode_q(struct slice s, struct text *text)
{
	for (size_t i = 0; i < s.len; i++) {
		if (s.at[i] == '=') {
			text_add_char(text, (char)(hex(s.at[i + 1]) * 16 + hex(s.at[i + 2])));
			i += 2;
		} else {
			text_add_char(text, s.at[i] == '_' ? ' ' : s.at[i]);
		}
	}
}

/* Letters of one to four octets, of any length: no word is longer than 75, no
 * line longer than 78, each word is whole UTF-8, and all words are the value. */
START_TEST(splits_between_letters)
{
	static const char *const letters[] = {
		"u\xc3\xbcu", "\xe6\x97\xa5", "\xf0\x9f\x93\xa7", "-\xc2\xa0----",
	};

	for (int count = 1; count < 120; count++) {
		struct text value = { 0 }, text = { 0 }, back = { 0 };
		struct slice rest, line;

		for (int i = 0; i < count; i++)
			text_add(&value, "%s", letters[_i]);
		mime_add_header(&text, "Subject", text_slice(&value), false);
		rest = text_slice(&text);
		while (slice_split(&rest, '\n', &line) && line.len > 0) {
			struct slice word, part;
			struct text decoded = { 0 };
			bool is_base64;

			ck_assert_uint_le(line.len, 78 + 1);
			line = slice_trim(line);
			if (slice_starts(line, "Subject:"))
				line = slice_trim((struct slice){ line.at + 8, line.len - 8 });
			ck_assert_uint_le(line.len, 75);
			ck_assert(slice_starts(line, "=?utf-8?"));
			is_base64 = line.at[8] == 'B';
			word = (struct slice){ line.at + 10, line.len - 10 };
			slice_split(&word, '?', &part);
			ck_assert(slice_is(word, "="));
			if (is_base64)
				ck_assert(base64_decode(part, &decoded));
			else
				decode_q(part, &decoded);
			ck_assert_str_ne(mime_charset(text_slice(&decoded)), "unknown-8bit");
			text_add_slice(&back, text_slice(&decoded));
			text_release(&decoded);
		}
		ck_assert_str_eq(text_str(&back), text_str(&value));
		text_release(&value);
		text_release(&text);
		text_release(&back);
	}
}
END_TEST

/* 998 is never exceeded (RFC 5322 2.1.1). */
START_TEST(bounds_each_line)
{
	static const size_t lengths[] = { 900, 901, 998, 5000 };
	static const char fills[] = { 'w', ' ', '@', '\xff' };

	for (size_t i = 0; i < COUNT(lengths) * COUNT(fills); i++) {
		size_t len = lengths[i / COUNT(fills)];
		char *bytes = malloc(len + 2);
		struct text text = { 0 };
		struct slice rest, line;

		memset(bytes, fills[i % COUNT(fills)], len + 2);
		bytes[0] = bytes[len + 1] = 'x';
		mime_add_header(&text, "X-A-Name", (struct slice){ bytes, len + 2 }, i % 2 > 0);
		rest = text_slice(&text);
		while (slice_split(&rest, '\n', &line))
			ck_assert_uint_le(line.len, 998 + 1);
		text_release(&text);
		free(bytes);
	}
}
END_TEST

/* ---- bodies ---- */

static const struct { const char *lines, *quoted; } quoteds[] = {
	{ "", "" },
	{ "plain\r\n", "plain\r\n" },
	{ "a=b\r\n", "a=3Db\r\n" },
	{ "Gr\xc3\xbc\r\n", "Gr=C3=BC\r\n" },
	/* RFC 2045 6.7 (3): no blank at the end of a line, one within */
	{ "a b \r\n\t\r\n", "a b=20\r\n=09\r\n" },
	{ "\r\n\r\n", "\r\n\r\n" },
	{ "bell\x07\r\n", "bell=07\r\n" },
	/* (5): 76 with the soft line end */
	{ X70 "123456\r\n", X70 "123456\r\n" },
	{ X70 "1234567\r\n", X70 "12345=\r\n67\r\n" },
	{ X70 "123=\r\n", X70 "123=3D\r\n" },
	{ X70 "1234=\r\n", X70 "1234=\r\n=3D\r\n" },
	{ X70 "123=5\r\n", X70 "123=\r\n=3D5\r\n" },
	{ X70 "12345 6\r\n", X70 "12345=\r\n 6\r\n" },
};

START_TEST(quotes_what_it_has_to)
{
	struct slice lines = exact_text(quoteds[_i].lines);
	struct text text = { 0 };

	mime_add_quoted(&text, lines);
	ck_assert_str_eq(text_str(&text), quoteds[_i].quoted);
	text_release(&text);
	exact_free(lines);
}
END_TEST

/* As large as was foretold, in lines of 76 that are right in themselves. */
START_TEST(knows_the_size_of_base64)
{
	char bytes[400];

	memset(bytes, '\xa5', sizeof bytes);
	for (size_t len = 0; len <= sizeof bytes; len++) {
		struct text text = { 0 }, back = { 0 };
		struct slice rest, line;

		mime_add_base64(&text, (struct slice){ bytes, len });
		ck_assert_uint_eq(text.len, mime_base64_size(len));
		rest = text_slice(&text);
		while (slice_split(&rest, '\n', &line) && rest.at != NULL) {
			ck_assert_uint_le(line.len, 76 + 1);
			ck_assert(base64_decode(slice_trim(line), &back));
		}
		ck_assert_uint_eq(back.len, len);
		ck_assert(len == 0 || memcmp(back.at, bytes, len) == 0);
		text_release(&text);
		text_release(&back);
	}
	for (uint64_t size = 0; size < 1000; size++) {
		uint64_t room = mime_base64_room(size);

		ck_assert_uint_le(mime_base64_size(room), size);
		ck_assert_uint_gt(mime_base64_size(room + 1), size);
		ck_assert_uint_le(size - mime_base64_size(room), 5);
	}
}
END_TEST

static const struct { const char *name, *written; } filenames[] = {
	{ "report.pdf", "filename=\"report.pdf\"" },
	{ "", "filename=\"\"" },
	{ "a b;c.txt", "filename=\"a b;c.txt\"" },
	{ "say \"x\\y\"", "filename=\"say \\\"x\\\\y\\\"\"" },
	{ "a\r\nb\x7f", "filename=\"a__b_\"" },
	/* RFC 2231 4, RFC 5987 3.2.1 */
	{ "M\xc3\xa4rz '1'\n.pdf", "filename*=UTF-8''M%C3%A4rz%20%271%27_.pdf" },
	{ "caf\xe9", "filename*=unknown-8bit''caf%E9" },
};

START_TEST(names_a_file)
{
	struct text text = { 0 };

	mime_add_filename(&text, filenames[_i].name);
	ck_assert_str_eq(text_str(&text), filenames[_i].written);
	text_release(&text);
}
END_TEST

START_TEST(cuts_a_name_between_letters)
{
	char name[400] = "x";
	struct text text = { 0 };

	for (size_t i = 1; i + 2 < sizeof name; i += 2)
		memcpy(name + i, "\xc3\xbc", 3);
	mime_add_filename(&text, name);
	ck_assert_uint_eq(text.len, strlen("filename*=UTF-8''x") + 127 * 6);
	text_release(&text);
}
END_TEST

Suite *suite_mime(void);

Suite *suite_mime(void)
{
	Suite *suite = suite_create("mime");
	TCase *tcase = tcase_create("mime");

	ADD_TABLE(tcase, tells_the_charset, charsets);
	ADD_TABLE(tcase, writes_headers, headers);
	tcase_add_loop_test(tcase, splits_between_letters, 0, 4);
	tcase_add_test(tcase, bounds_each_line);
	ADD_TABLE(tcase, quotes_what_it_has_to, quoteds);
	tcase_add_test(tcase, knows_the_size_of_base64);
	ADD_TABLE(tcase, names_a_file, filenames);
	tcase_add_test(tcase, cuts_a_name_between_letters);
	suite_add_tcase(suite, tcase);
	return suite;
}
