/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "base/base64.h"

#include "fakes/exact.h"
#include "unit.h"

static const struct {
	const char *bytes;
	size_t len;
	const char *encoded;
} pairs[] = {
	{ "", 0, "" },				/* RFC 4648 section 10 */
	{ "f", 1, "Zg==" },
	{ "fo", 2, "Zm8=" },
	{ "foo", 3, "Zm9v" },
	{ "foob", 4, "Zm9vYg==" },
	{ "fooba", 5, "Zm9vYmE=" },
	{ "foobar", 6, "Zm9vYmFy" },
	{ "\x14\xfb\x9c\x03\xd9\x7e", 6, "FPucA9l+" },
	{ "\0", 1, "AA==" },
	{ "\0\0\0", 3, "AAAA" },
	{ "\xff\xff\xff", 3, "////" },
	{ "\xfb\xef\xbe", 3, "++++" },
	{ "\0tim\0tanstaaftanstaaf", 21, "AHRpbQB0YW5zdGFhZnRhbnN0YWFm" },	/* RFC 4616 */
};

START_TEST(both_ways)
{
	struct slice bytes = exact(pairs[_i].bytes, pairs[_i].len);
	struct slice encoded = exact_text(pairs[_i].encoded);
	struct text text = { 0 };

	base64_add(&text, bytes);
	ck_assert_str_eq(text_str(&text), pairs[_i].encoded);
	text_release(&text);

	/* behind what is there */
	text_add(&text, "+");
	ck_assert(base64_decode(encoded, &text));
	ck_assert_uint_eq(text.len, 1 + bytes.len);
	ck_assert_mem_eq(text.at + 1, pairs[_i].bytes, bytes.len);
	text_release(&text);
	exact_free(bytes);
	exact_free(encoded);
}
END_TEST

static const char *const nonsense[] = {
	"A", "AA", "AAA", "AAAAA",		/* no group of four */
	"Zg=", "Zg", "Z===", "====", "=AAA", "A=AA", "AA=A",	/* no padding (RFC 4648 3.2) */
	"Zg==Zg==", "Zm8=Zm8=",			/* padding inside */
	"Zg===", "Zm9v====",
	"Zh==", "Zm9=",				/* bits behind the end (3.5) */
	"Zm9v Zm9v", " m9v", "Zm9 ", "Zm9v\r\n", "Zm\r\n", "Zm9\t",	/* blanks (3.3) */
	"Zm9-", "Zm9_", "Zm9.", "Zm9*",		/* other alphabets */
	"Zm9\xc3", "\xff\xff\xff\xff", "Zm9v\x80\x80\x80\x80",
};

/* And nothing is appended, though the first groups may be right. */
START_TEST(refuses_what_is_none)
{
	struct slice encoded = exact_text(nonsense[_i]);
	struct text text = { 0 };

	text_add(&text, "before");
	ck_assert(!base64_decode(encoded, &text));
	ck_assert_str_eq(text_str(&text), "before");
	text_release(&text);
	exact_free(encoded);
}
END_TEST

START_TEST(refuses_an_embedded_nul)
{
	struct text text = { 0 };

	ck_assert(!base64_decode((struct slice){ "Zm9\0", 4 }, &text));
	ck_assert(!base64_decode((struct slice){ "\0\0\0\0", 4 }, &text));
	ck_assert_uint_eq(text.len, 0);
	text_release(&text);
}
END_TEST

/* All octets, at all lengths around the buffer of the encoder. */
START_TEST(gives_back_what_it_took)
{
	char bytes[600];
	struct text encoded = { 0 }, decoded = { 0 };

	for (size_t i = 0; i < sizeof bytes; i++)
		bytes[i] = (char)(i * 7 + i / 256);
	for (size_t len = 0; len <= sizeof bytes; len++) {
		struct slice part = exact(bytes, len);

		base64_add(&encoded, part);
		ck_assert_uint_eq(encoded.len, (len + 2) / 3 * 4);
		ck_assert(base64_decode(text_slice(&encoded), &decoded));
		ck_assert_uint_eq(decoded.len, len);
		ck_assert(len == 0 || memcmp(decoded.at, bytes, len) == 0);
		text_release(&encoded);
		text_release(&decoded);
		exact_free(part);
	}
}
END_TEST

Suite *suite_base64(void);

Suite *suite_base64(void)
{
	Suite *suite = suite_create("base64");
	TCase *tcase = tcase_create("base64");

	ADD_TABLE(tcase, both_ways, pairs);
	ADD_TABLE(tcase, refuses_what_is_none, nonsense);
	tcase_add_test(tcase, refuses_an_embedded_nul);
	tcase_add_test(tcase, gives_back_what_it_took);
	suite_add_tcase(suite, tcase);
	return suite;
}
