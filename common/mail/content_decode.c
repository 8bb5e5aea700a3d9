/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "mail/content_decode.h"

#include <string.h>

/* ---- base64 */

enum { BLANK = 64, PAD, FOREIGN };

static const unsigned char values[256] = {
#define F FOREIGN
#define ROW F, F, F, F, F, F, F, F, F, F, F, F, F, F, F, F
	F, F, F, F, F, F, F, F, F, BLANK, BLANK, F, F, BLANK, F, F,
	ROW,
	BLANK, F, F, F, F, F, F, F, F, F, F, 62, F, F, F, 63,
	52, 53, 54, 55, 56, 57, 58, 59, 60, 61, F, F, F, PAD, F, F,
	F, 0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14,
	15, 16, 17, 18, 19, 20, 21, 22, 23, 24, 25, F, F, F, F, F,
	F, 26, 27, 28, 29, 30, 31, 32, 33, 34, 35, 36, 37, 38, 39, 40,
	41, 42, 43, 44, 45, 46, 47, 48, 49, 50, 51, F, F, F, F, F,
	ROW, ROW, ROW, ROW, ROW, ROW, ROW, ROW,
#undef ROW
#undef F
};

static void break_off(struct content_decoder *decoder, const char *why)
{
	if (!decoder->is_broken)
		decoder->why = why;
	decoder->is_broken = true;
}

/* The octets of the characters that are held, as far as they make any. */
static size_t flush(struct content_decoder *decoder, char *to)
{
	size_t len = decoder->held > 1 ? decoder->held - 1 : 0;
	uint32_t bits = decoder->bits << 6 * (4 - decoder->held);

	for (size_t i = 0; to != NULL && i < len; i++)
		to[i] = (char)(bits >> (16 - 8 * i));
	decoder->bits = 0;
	return len;
}

/* One character that may be no value. */
static size_t take(struct content_decoder *decoder, char c, char *to)
{
	unsigned char value = values[(unsigned char)c];

	if (value == BLANK)
		return 0;
	if (value == FOREIGN) {
		break_off(decoder, "a character that base64 does not have");
		return 0;
	}
	if (value == PAD) {
		size_t len = decoder->padding == 0 ? flush(decoder, to) : 0;

		if (decoder->held < 2 || ++decoder->padding > 4 - decoder->held)
			break_off(decoder, "'=' where no end can be");
		return len;
	}
	if (decoder->padding > 0) {
		break_off(decoder, "it goes on behind its end");
		decoder->padding = 0;
		decoder->held = 0;
	}
	decoder->bits = decoder->bits << 6 | value;
	if (++decoder->held < 4)
		return 0;
	decoder->held = 4;
	flush(decoder, to);
	decoder->held = 0;
	return 3;
}

size_t content_base64(struct content_decoder *decoder, struct slice piece, char *to)
{
	size_t len = 0, i = 0;

	while (i < piece.len) {
		const unsigned char *at = (const unsigned char *)piece.at + i;

		/* Four values at once are by far the most. */
		if (decoder->held == 0 && decoder->padding == 0 && piece.len - i >= 4) {
			unsigned a = values[at[0]], b = values[at[1]], c = values[at[2]], d = values[at[3]];

			if ((a | b | c | d) < BLANK) {
				uint32_t bits = a << 18 | b << 12 | c << 6 | d;

				to[len] = (char)(bits >> 16);
				to[len + 1] = (char)(bits >> 8);
				to[len + 2] = (char)bits;
				len += 3;
				i += 4;
				continue;
			}
		}
		len += take(decoder, piece.at[i++], to + len);
	}
	return len;
}

size_t content_base64_size(struct content_decoder *decoder, struct slice piece)
{
	unsigned char all = 0;
	size_t len = 0, count;

	for (size_t i = 0; i < piece.len; i++)
		all |= values[(unsigned char)piece.at[i]];
	if (all >= BLANK || decoder->padding > 0) {
		for (size_t i = 0; i < piece.len; i++)
			len += take(decoder, piece.at[i], NULL);
		return len;
	}
	count = decoder->held + piece.len;
	decoder->held = (unsigned)(count % 4);
	return count / 4 * 3;
}

void content_base64_end(struct content_decoder *decoder)
{
	if (decoder->padding == 0 ? decoder->held > 0 : decoder->held + decoder->padding != 4)
		break_off(decoder, "it is cut off: its length is no multiple of 4");
}

/* ---- quoted-printable */

static int hex(char c)
{
	if (c >= '0' && c <= '9')
		return c - '0';
	if (c >= 'A' && c <= 'F')
		return c - 'A' + 10;
	/* RFC 2045 6.7 (1): robust decoders take these. */
	return c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
}

static size_t give(char *to, const char *from, size_t len)
{
	memcpy(to, from, len);
	return len;
}

size_t content_quoted(struct content_decoder *decoder, struct slice piece, bool is_end, char *to)
{
	size_t len = 0, i = 0;

	/* Blanks at the end of a line were added on the way (6.7 (3)). */
	while (is_end && piece.len > 0 && (piece.at[piece.len - 1] == ' ' || piece.at[piece.len - 1] == '\t'))
		piece.len--;
	while (i < piece.len) {
		const char *at = piece.at + i, *mark;

		if (decoder->held == 0) {
			mark = memchr(at, '=', piece.len - i);
			if (mark == NULL) {
				len += give(to + len, at, piece.len - i);
				break;
			}
			len += give(to + len, at, (size_t)(mark - at));
			i = (size_t)(mark - piece.at) + 1;
			decoder->hold[0] = '=';
			decoder->held = 1;
			continue;
		}
		decoder->hold[decoder->held++] = *at;
		i++;
		if (decoder->held < 3)
			continue;
		decoder->held = 0;
		if (hex(decoder->hold[1]) >= 0 && hex(decoder->hold[2]) >= 0) {
			to[len++] = (char)(hex(decoder->hold[1]) << 4 | hex(decoder->hold[2]));
		} else {
			break_off(decoder, "'=' without two hexadecimal digits");
			len += give(to + len, decoder->hold, 3);
		}
	}
	if (!is_end)
		return len;
	if (decoder->held == 2) {
		break_off(decoder, "'=' without two hexadecimal digits");
		len += give(to + len, decoder->hold, 2);
	}
	if (decoder->held != 1)
		len += give(to + len, "\r\n", 2);
	decoder->held = 0;
	return len;
}

/* ---- bytes */

struct content_bytes content_bytes_look(struct slice bytes)
{
	const uint64_t ones = 0x0101010101010101u, highs = 0x8080808080808080u;
	uint64_t high = 0, nul = 0, cr = 0, word, other;

	while (bytes.len > 0) {
		size_t len = bytes.len < sizeof word ? bytes.len : sizeof word;

		word = ones * ' ';
		memcpy(&word, bytes.at, len);
		high |= word;
		/* A byte of 0 borrows from above itself (Mycroft). */
		nul |= (word - ones) & ~word;
		other = word ^ (ones * '\r');
		cr |= (other - ones) & ~other;
		bytes = (struct slice){ bytes.at + len, bytes.len - len };
	}
	return (struct content_bytes){ (nul & highs) != 0, (cr & highs) != 0, (high & highs) != 0 };
}

/* ---- charsets */

void content_utf8_add(struct content_utf8 *utf8, struct slice bytes)
{
	for (size_t i = 0; i < bytes.len && !utf8->is_broken; i++) {
		unsigned char c = (unsigned char)bytes.at[i];

		if (utf8->missing > 0) {
			utf8->number = utf8->number << 6 | (c & 0x3f);
			utf8->is_broken = (c & 0xc0) != 0x80;
			if (--utf8->missing == 0)
				utf8->is_broken |= utf8->number < utf8->least || utf8->number > 0x10ffff ||
						   (utf8->number >= 0xd800 && utf8->number <= 0xdfff);
		} else if (c >= 0x80) {
			/* RFC 3629 3 and 4 */
			utf8->missing = c >= 0xf0 ? 3 : c >= 0xe0 ? 2 : 1;
			utf8->least = c >= 0xf0 ? 0x10000 : c >= 0xe0 ? 0x800 : 0x80;
			utf8->number = c & (0x3f >> utf8->missing);
			utf8->is_broken = c < 0xc2 || c > 0xf4;
		}
	}
}

bool content_utf8_is_good(const struct content_utf8 *utf8)
{
	return !utf8->is_broken && utf8->missing == 0;
}

/* ---- what a reader sees */

static bool is_tag(const struct content_letters *letters, const char *name)
{
	return slice_is_nocase((struct slice){ letters->tag, letters->tag_len }, name);
}

static void end_tag(struct content_letters *letters)
{
	static const char *const hidden[] = { "style", "script", "title" };

	letters->is_in_tag = false;
	letters->has_image |= is_tag(letters, "img");
	for (size_t i = 0; i < sizeof hidden / sizeof *hidden; i++) {
		if (is_tag(letters, hidden[i]))
			letters->is_hidden = true;
		else if (letters->tag_len > 0 && letters->tag[0] == '/' &&
			 slice_is_nocase((struct slice){ letters->tag + 1, letters->tag_len - 1 }, hidden[i]))
			letters->is_hidden = false;
	}
}

/* True: a letter that is seen. */
static bool read_html(struct content_letters *letters, char c)
{
	if (letters->is_in_tag && c == '>') {
		end_tag(letters);
	} else if (letters->is_in_tag) {
		bool is_name = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') ||
			       (c == '/' && letters->tag_len == 0);

		if (!is_name && letters->tag_len > 0)
			letters->has_name = true;
		if (is_name && !letters->has_name && letters->tag_len < sizeof letters->tag)
			letters->tag[letters->tag_len++] = c;
	} else if (c == '<') {
		letters->is_in_tag = true;
		letters->has_name = false;
		letters->tag_len = 0;
		letters->is_in_entity = false;
	} else if (c == '&') {
		letters->is_in_entity = true;
	} else if (letters->is_in_entity) {
		/* "&nbsp;" is none. */
		letters->is_in_entity = c != ';' && c != ' ' && c != '\r';
	} else {
		return !letters->is_hidden;
	}
	return false;
}

void content_letters_add(struct content_letters *letters, struct slice bytes, unsigned enough)
{
	for (size_t i = 0; i < bytes.len && letters->count < enough; i++) {
		unsigned char c = (unsigned char)bytes.at[i];

		if (letters->is_html && !read_html(letters, (char)c))
			continue;
		letters->count += c > ' ' && c != 0x7f && (c & 0xc0) != 0x80;
	}
}

/* ---- files */

/* In alphabetical order. What Gmail blocks ("File types blocked in Gmail"). */
static const char *const programs[] = {
	"ade", "adp", "apk", "appx", "appxbundle", "bat", "cab", "chm", "cmd", "com", "cpl", "diagcab",
	"diagcfg", "diagpkg", "dll", "dmg", "ex", "ex_", "exe", "hta", "img", "ins", "iso", "isp", "jar",
	"jnlp", "js", "jse", "lib", "lnk", "mde", "mjs", "msc", "msi", "msix", "msixbundle", "msp", "mst",
	"nsh", "pif", "ps1", "scr", "sct", "shb", "sys", "vb", "vbe", "vbs", "vhd", "vxd", "wsc", "wsf",
	"wsh", "xll", NULL,
};
static const char *const archives[] = {
	"7z", "ace", "arj", "bz2", "gz", "lz", "lzh", "rar", "tar", "tbz2", "tgz", "txz", "xz", "zip",
	"zipx", "zst", NULL,
};
static const char *const macros[] = {
	"docm", "dotm", "potm", "ppam", "ppsm", "pptm", "sldm", "xlam", "xlsb", "xlsm", "xltm", NULL,
};
/* What programs like to be taken for. */
static const char *const documents[] = {
	"csv", "doc", "docx", "gif", "htm", "html", "jpeg", "jpg", "mp3", "mp4", "odt", "pdf", "png",
	"ppt", "pptx", "rtf", "txt", "xls", "xlsx", "zip", NULL,
};

static bool is_one_of(struct slice word, const char *const *list)
{
	for (; *list != NULL; list++) {
		if (slice_is_nocase(word, *list))
			return true;
	}
	return false;
}

/* Cut the last extension off; none: an empty one. */
static struct slice take_extension(struct slice *name)
{
	const char *dot;
	struct slice extension;

	/* Windows leaves out dots and blanks at the end. */
	while (name->len > 0 && (name->at[name->len - 1] == '.' || name->at[name->len - 1] == ' '))
		name->len--;
	dot = name->len > 0 ? memrchr(name->at, '.', name->len) : NULL;
	if (dot == NULL)
		return (struct slice){ name->at, 0 };
	extension = (struct slice){ dot + 1, (size_t)(name->at + name->len - dot - 1) };
	name->len = (size_t)(dot - name->at);
	return extension;
}

enum content_name content_name_look(struct slice name)
{
	struct slice extension = take_extension(&name);

	if (is_one_of(extension, programs))
		return CONTENT_NAME_PROGRAM;
	if (is_one_of(extension, archives))
		return CONTENT_NAME_ARCHIVE;
	return is_one_of(extension, macros) ? CONTENT_NAME_MACROS : CONTENT_NAME_HARMLESS;
}

bool content_name_deceives(struct slice name)
{
	/* U+202E turns what follows around: "gpj.exe" is shown as "exe.jpg". */
	if (name.len > 0 && memmem(name.at, name.len, "\xe2\x80\xae", 3) != NULL)
		return true;
	take_extension(&name);
	return is_one_of(take_extension(&name), documents);
}

bool content_is_program(struct slice magic)
{
	return slice_starts(magic, "MZ") || slice_starts(magic, "\x7f" "ELF");
}

bool content_is_zip(struct slice magic)
{
	return slice_starts(magic, "PK\x03\x04");
}

/* Could that be a local header? Packed bytes may look like a signature. */
static bool is_header(const unsigned char *head)
{
	size_t name = (size_t)(head[26] | head[27] << 8);

	return head[4] <= 63 && head[9] == 0 && (head[8] <= 20 || (head[8] >= 93 && head[8] <= 99)) &&
	       name > 0 && name <= 4096;
}

static bool is_printable(struct slice name)
{
	for (size_t i = 0; i < name.len; i++) {
		if ((unsigned char)name.at[i] < ' ')
			return false;
	}
	return true;
}

bool content_zip_next(struct content_zip *zip, struct slice *bytes, struct slice *name,
		      bool *is_encrypted)
{
	static const unsigned char signature[] = { 'P', 'K', 3, 4 };

	while (bytes->len > 0) {
		const char *mark = zip->have > 0 ? bytes->at : memchr(bytes->at, 'P', bytes->len);
		unsigned char c;

		if (mark == NULL)
			break;
		*bytes = (struct slice){ mark + 1, bytes->len - (size_t)(mark + 1 - bytes->at) };
		c = (unsigned char)*mark;
		if (zip->have < 4 && c != signature[zip->have]) {
			/* The signature begins anew only with its first byte. */
			zip->have = c == 'P';
			zip->head[0] = c;
			continue;
		}
		zip->head[zip->have++] = c;
		if (zip->have == 30) {
			zip->want = (size_t)(zip->head[26] | zip->head[27] << 8);
			zip->want = 30 + (zip->want > 255 ? 255 : zip->want);
			if (!is_header(zip->head))
				zip->have = zip->want = 0;
		} else if (zip->have > 30 && zip->have == zip->want) {
			*name = (struct slice){ (const char *)zip->head + 30, zip->want - 30 };
			*is_encrypted = (zip->head[6] & 1) != 0;
			zip->have = zip->want = 0;
			if (is_printable(*name))
				return true;
		}
	}
	*bytes = (struct slice){ NULL, 0 };
	return false;
}
