/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "mail/content_decode.h"

#include <string.h>

#include "base/base64.h"
#include "fakes/exact.h"
#include "unit.h"

/* ---- base64 */

static const struct { const char *encoded, *bytes; bool is_broken; } base64[] = {
	{ "", "", false },
	{ "Zg==", "f", false },			/* RFC 4648 10 */
	{ "Zm8=", "fo", false },
	{ "Zm9v", "foo", false },
	{ "Zm9vYmFy", "foobar", false },
	{ "Zm 9\tv\r\nYg = =", "foob", false },
	{ "Zm9", "fo", true },
	{ "Z", "", true },
	{ "Zg=", "f", true },
	{ "Zg===", "f", true },
	{ "Zm9v=", "foo", true },
	{ "Zm*9v", "foo", true },
	{ "Zg==Zg==", "ff", true },
};

START_TEST(decodes_base64)
{
	for (size_t step = 1; step <= 16; step++) {
		struct content_decoder decoder = { 0 }, counter = { 0 };
		size_t len = 0, count = 0, all = strlen(base64[_i].encoded);
		char bytes[CONTENT_DECODED * 2];

		for (size_t at = 0; at < all; at += step) {
			struct slice piece = exact(base64[_i].encoded + at, all - at < step ? all - at : step);

			len += content_base64(&decoder, piece, bytes + len);
			count += content_base64_size(&counter, piece);
			exact_free(piece);
		}
		content_base64_end(&decoder);
		content_base64_end(&counter);
		ck_assert_int_eq(decoder.is_broken, base64[_i].is_broken);
		ck_assert_int_eq(counter.is_broken, base64[_i].is_broken);
		ck_assert_uint_eq(count, len);
		/* What is cut off keeps no octets. */
		ck_assert_uint_le(len, strlen(base64[_i].bytes));
		ck_assert_mem_eq(bytes, base64[_i].bytes, len);
		if (!base64[_i].is_broken)
			ck_assert_uint_eq(len, strlen(base64[_i].bytes));
	}
}
END_TEST

START_TEST(decodes_what_base64_encodes)
{
	struct text encoded = { 0 };
	char bytes[300], decoded[CONTENT_DECODED];

	for (size_t i = 0; i < sizeof bytes; i++)
		bytes[i] = (char)(i * 7 + i / 256);
	for (size_t len = 0; len < sizeof bytes; len++) {
		struct content_decoder decoder = { 0 };

		text_truncate(&encoded, 0);
		base64_add(&encoded, (struct slice){ bytes, len });
		ck_assert_uint_eq(content_base64(&decoder, text_slice(&encoded), decoded), len);
		ck_assert_mem_eq(decoded, bytes, len);
		content_base64_end(&decoder);
		ck_assert(!decoder.is_broken);
	}
	text_release(&encoded);
}
END_TEST

/* ---- quoted-printable */

static const struct { const char *line, *bytes; bool is_broken; } quoted[] = {
	{ "abc", "abc\r\n", false },
	{ "a=3Db", "a=b\r\n", false },
	{ "a=e4", "a\xe4\r\n", false },
	{ "soft=", "soft", false },
	{ "soft=  ", "soft", false },
	{ "blanks  \t", "blanks\r\n", false },
	{ "a=XY", "a=XY\r\n", true },
	{ "a=4", "a=4\r\n", true },
};

START_TEST(decodes_quoted_printable)
{
	size_t all = strlen(quoted[_i].line);

	/* All of the line at once, and in two pieces; blanks at the end are the last one's. */
	for (size_t cut = 0; cut < all; cut++) {
		struct content_decoder decoder = { 0 };
		struct slice first = exact(quoted[_i].line, cut), rest = exact(quoted[_i].line + cut, all - cut);
		char bytes[CONTENT_DECODED];
		size_t len = content_quoted(&decoder, first, false, bytes);

		len += content_quoted(&decoder, rest, true, bytes + len);
		exact_free(first);
		exact_free(rest);
		if (strchr(quoted[_i].line, ' ') != NULL && cut > 4)
			continue;
		ck_assert_uint_eq(len, strlen(quoted[_i].bytes));
		ck_assert_mem_eq(bytes, quoted[_i].bytes, len);
		ck_assert_int_eq(decoder.is_broken, quoted[_i].is_broken);
	}
}
END_TEST

/* ---- bytes */

START_TEST(sees_a_byte_wherever_it_stands)
{
	static const char kinds[] = { '\0', '\r', '\x80', '\xff', '\x01', '\x0c', '\x7f' };

	for (size_t len = 1; len < 40; len++) {
		for (size_t at = 0; at < len; at++) {
			for (size_t kind = 0; kind < sizeof kinds; kind++) {
				char bytes[40];
				struct slice s;
				struct content_bytes found;

				memset(bytes, 'x', len);
				bytes[at] = kinds[kind];
				s = exact(bytes, len);
				found = content_bytes_look(s);
				exact_free(s);
				ck_assert_int_eq(found.has_nul, kind == 0);
				ck_assert_int_eq(found.has_cr, kind == 1);
				ck_assert_int_eq(found.has_high, kind == 2 || kind == 3);
			}
		}
	}
}
END_TEST

START_TEST(agrees_on_utf8_with_the_text_of_base)
{
	for (uint32_t i = 0; i < 1u << 24; i += 251) {
		const char bytes[] = { (char)(0xc0 | i >> 18), (char)(i >> 12), (char)(i >> 6), (char)i };

		for (size_t len = 1; len <= 4; len++) {
			struct slice s = { bytes, len };
			struct content_utf8 utf8 = { 0 };
			bool is_good = true;
			uint32_t number;

			content_utf8_add(&utf8, s);
			while (s.len > 0 && is_good) {
				size_t used = text_utf8(s, &number);

				is_good = used > 0;
				s = (struct slice){ s.at + used, s.len - used };
			}
			ck_assert_int_eq(content_utf8_is_good(&utf8), is_good);
		}
	}
}
END_TEST

/* ---- what is seen */

static const struct { const char *text; unsigned letters; bool has_image; } pages[] = {
	{ "<p>abc</p>", 3, false },
	{ "<title>abc</title><style>p { }</style><SCRIPT>x()</SCRIPT>ab", 2, false },
	{ "<IMG src=\"x\">", 0, true },
	{ "<img/>a", 1, true },
	{ "<image>", 0, false },
	{ "a &nbsp;&nbsp;&amp; b &unknown c", 3, false },
	{ "<a href='x'>gr\xc3\xb6\xc3\x9f" "e</a>", 5, false },
	{ "a < b", 1, false },
};

START_TEST(counts_letters_that_are_seen)
{
	for (size_t step = 1; step < 80; step += 13) {
		struct content_letters letters = { .is_html = true };
		size_t len = strlen(pages[_i].text);

		for (size_t at = 0; at < len; at += step)
			content_letters_add(&letters, (struct slice){ pages[_i].text + at,
					    len - at < step ? len - at : step }, 100);
		ck_assert_uint_eq(letters.count, pages[_i].letters);
		ck_assert_int_eq(letters.has_image, pages[_i].has_image);
	}
}
END_TEST

/* ---- files */

static const struct { const char *name; enum content_name kind; bool deceives; } files[] = {
	{ "a.exe", CONTENT_NAME_PROGRAM, false }, { "A.EXE", CONTENT_NAME_PROGRAM, false },
	{ "a.pdf.exe", CONTENT_NAME_PROGRAM, true }, { "a.exe. .", CONTENT_NAME_PROGRAM, false },
	{ "dir/a.js", CONTENT_NAME_PROGRAM, false }, { "exe", CONTENT_NAME_HARMLESS, false },
	{ "a.exe.txt", CONTENT_NAME_HARMLESS, false }, { "a.json", CONTENT_NAME_HARMLESS, false },
	{ "a.zip", CONTENT_NAME_ARCHIVE, false }, { "a.tar.gz", CONTENT_NAME_ARCHIVE, false },
	{ "a.docm", CONTENT_NAME_MACROS, false }, { "a.docx", CONTENT_NAME_HARMLESS, false },
	{ "", CONTENT_NAME_HARMLESS, false }, { ".", CONTENT_NAME_HARMLESS, false },
	{ "photo\xe2\x80\xaegpj.exe", CONTENT_NAME_PROGRAM, true },
};

START_TEST(knows_a_file_by_its_name)
{
	struct slice name = exact_text(files[_i].name);

	ck_assert_int_eq(content_name_look(name), files[_i].kind);
	ck_assert_int_eq(content_name_deceives(name), files[_i].deceives);
	exact_free(name);
}
END_TEST

START_TEST(finds_the_names_in_a_zip)
{
	/* Bytes that begin like a signature, then a stored file, then an encrypted one. */
	static const char zip[] = "PKPK\x03PPK\x03\x04\x14\0\0\0\0\0\0\0\0\0\0\0\0\0\x02\0\0\0\x02\0\0\0\x05\0\0\0a.txtPK"
				  "PK\x03\x04\x14\0\x01\0\x08\0\0\0\0\0\0\0\0\0\x02\0\0\0\x02\0\0\0\x06\0\0\0" "b/.exexx"
				  "PK\x03\x04\x14\0\0\0\0\0\0\0\0\0\0\0\0\0\x02\0\0\0\x02\0\0\0\x05\0\0\0a.t";

	for (size_t step = 1; step < sizeof zip; step++) {
		struct content_zip state = { 0 };
		unsigned count = 0;

		for (size_t at = 0; at < sizeof zip - 1; at += step) {
			size_t len = sizeof zip - 1 - at < step ? sizeof zip - 1 - at : step;
			struct slice whole = exact(zip + at, len), bytes = whole, name;
			bool is_encrypted;

			while (content_zip_next(&state, &bytes, &name, &is_encrypted)) {
				ck_assert(slice_is(name, count == 0 ? "a.txt" : "b/.exe"));
				ck_assert_int_eq(is_encrypted, count == 1);
				count++;
			}
			exact_free(whole);
		}
		ck_assert_uint_eq(count, 2);
	}
}
END_TEST

Suite *suite_content_decode(void);
Suite *suite_content_decode(void)
{
	Suite *suite = suite_create("content_decode");
	TCase *tcase = tcase_create("content_decode");

	ADD_TABLE(tcase, decodes_base64, base64);
	tcase_add_test(tcase, decodes_what_base64_encodes);
	ADD_TABLE(tcase, decodes_quoted_printable, quoted);
	tcase_add_test(tcase, sees_a_byte_wherever_it_stands);
	tcase_add_test(tcase, agrees_on_utf8_with_the_text_of_base);
	ADD_TABLE(tcase, counts_letters_that_are_seen, pages);
	ADD_TABLE(tcase, knows_a_file_by_its_name, files);
	tcase_add_test(tcase, finds_the_names_in_a_zip);
	tcase_set_timeout(tcase, 60);
	suite_add_tcase(suite, tcase);
	return suite;
}
