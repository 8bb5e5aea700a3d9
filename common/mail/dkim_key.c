/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "mail/dkim_key.h"

#include <openssl/bn.h>
#include <openssl/core_names.h>
#include <openssl/crypto.h>
#include <openssl/err.h>
#include <openssl/evp.h>
#include <openssl/pem.h>
#include <openssl/sha.h>
#include <openssl/x509.h>
#include <stdlib.h>
#include <string.h>

#include "base/base64.h"
#include "mail/tag_list.h"

/* ---- words ---- */

static const struct {
	const char *word;
	enum dkim_weight weight;
	const char *words;
} lints[DKIM_LINTS] = {
	[DKIM_LINT_SYNTAX] = { "syntax", DKIM_USELESS, "this is no tag=value" },
	[DKIM_LINT_EMPTY_PIECE] = { "empty_piece", DKIM_RISKY, "two semicolons with nothing between them" },
	[DKIM_LINT_TAG_TWICE] = { "tag_twice", DKIM_USELESS, "a tag that was there before: receivers discard the record "
				  "(RFC 6376 3.2)" },
	[DKIM_LINT_KEY_TWICE] = { "key_twice", DKIM_USELESS, "a second key (p): a record has one, and receivers discard it" },
	[DKIM_LINT_VERSION_WRONG] = { "version_wrong", DKIM_USELESS, "the version (v) is not DKIM1: receivers discard the "
				      "record" },
	[DKIM_LINT_VERSION_LATE] = { "version_late", DKIM_RISKY, "the version (v) must be the first tag" },
	[DKIM_LINT_NO_VERSION] = { "no_version", DKIM_NOTED, "there is no version; v=DKIM1 should be the first tag" },
	[DKIM_LINT_NO_KEY] = { "no_key", DKIM_USELESS, "there is no key (p) in it" },
	[DKIM_LINT_TYPE_UNKNOWN] = { "type_unknown", DKIM_USELESS, "the type of key (k) is none that receivers know: rsa or "
				     "ed25519" },
	[DKIM_LINT_TYPE_CASE] = { "type_case", DKIM_RISKY, "the type of key (k) has to be written in lower case" },
	[DKIM_LINT_TYPE_MISSING] = { "type_missing", DKIM_USELESS, "a key of 32 octets is one of Ed25519, and needs k=ed25519" },
	[DKIM_LINT_HASHES] = { "hashes", DKIM_USELESS, "h does not allow sha256, and nothing else may be used "
			       "(RFC 8301)" },
	[DKIM_LINT_SHA1] = { "sha1", DKIM_NOTED, "h allows sha1, which must not be used any more (RFC 8301)" },
	[DKIM_LINT_SERVICES] = { "services", DKIM_USELESS, "s does not allow email" },
	[DKIM_LINT_GRANULARITY] = { "granularity", DKIM_NOTED, "g is historic: receivers ignore it" },
	[DKIM_LINT_TESTING] = { "testing", DKIM_RISKY, "the domain is testing (t=y): a good signature counts no more than "
				"none" },
	[DKIM_LINT_STRICT] = { "strict", DKIM_NOTED, "it is good for the domain itself only, and none below it (t=s)" },
	[DKIM_LINT_OTHER_TAG] = { "other_tag", DKIM_NOTED, "nobody knows this tag; it is ignored" },
	[DKIM_LINT_ESCAPED] = { "escaped", DKIM_USELESS, "a quote or backslash: it was escaped once too often when it was "
				"entered" },
	[DKIM_LINT_QUOTED] = { "quoted", DKIM_RISKY, "a quote or backslash, which does not belong there" },
	[DKIM_LINT_SPACE] = { "space", DKIM_NOTED, "white space inside the key, which receivers have to skip" },
	[DKIM_LINT_BASE64] = { "base64", DKIM_USELESS, "a character in the key that base64 does not have" },
	[DKIM_LINT_PADDING] = { "padding", DKIM_RISKY, "the key's base64 has a wrong number of = at its end" },
	[DKIM_LINT_PEM] = { "pem", DKIM_USELESS, "the lines before and behind a key in a PEM file do not belong into "
			    "the record" },
	[DKIM_LINT_CUT] = { "cut", DKIM_USELESS, "the key was cut off there: a string of a TXT record holds 255 "
			    "characters, longer ones are published as several" },
	[DKIM_LINT_BEHIND] = { "behind", DKIM_RISKY, "there is something behind the end of the key" },
	[DKIM_LINT_OVERLONG] = { "overlong", DKIM_USELESS, "it is too long for a key" },
	[DKIM_LINT_NO_SUCH_KEY] = { "no_such_key", DKIM_USELESS, "what base64 stands for here is no public key of this type" },
	[DKIM_LINT_PRIVATE] = { "private", DKIM_USELESS, "this is the private key: whoever reads it can sign; make a new "
				"one" },
	[DKIM_LINT_BARE] = { "bare", DKIM_RISKY, "an RSA key without the SubjectPublicKeyInfo around it, which many "
			     "receivers cannot read" },
	[DKIM_LINT_WRAPPED] = { "wrapped", DKIM_USELESS, "an Ed25519 key as PEM files have it: only its last 32 octets "
				"are published (RFC 8463)" },
	[DKIM_LINT_LENGTH] = { "length", DKIM_USELESS, "an Ed25519 key has 32 octets, which are 44 characters of base64" },
	[DKIM_LINT_UNSOUND] = { "unsound", DKIM_USELESS, "an RSA key with a modulus or exponent that RSA cannot have" },
	[DKIM_LINT_EXPONENT] = { "exponent", DKIM_RISKY, "an RSA exponent of more than 31 bits, which some receivers cannot "
				 "use" },
	[DKIM_LINT_LARGE] = { "large", DKIM_RISKY, "receivers need not verify keys of more than 4096 bits (RFC 8301)" },
};

const char *dkim_lint_word(enum dkim_lint lint)
{
	return lints[lint].word;
}

enum dkim_weight dkim_lint_weight(enum dkim_lint lint)
{
	return lints[lint].weight;
}

const char *dkim_lint_words(enum dkim_lint lint)
{
	return lints[lint].words;
}

const char *dkim_type_word(enum dkim_type type)
{
	switch (type) {
	case DKIM_RSA: return "rsa";
	case DKIM_ED25519: return "ed25519";
	}
	return "?";
}

/* ---- the tags ---- */

enum tag_kind { TAG_V, TAG_G, TAG_H, TAG_K, TAG_N, TAG_P, TAG_S, TAG_T, TAG_KINDS };

struct reading {
	struct slice record;
	struct dkim_key *key;
	struct slice names[DKIM_TAGS];	/* as they come */
	size_t tag_count;
	struct slice values[TAG_KINDS];
};

static void note(struct dkim_key *key, enum dkim_lint lint, size_t at)
{
	bool is_useless = lints[lint].weight == DKIM_USELESS;

	if (is_useless)
		key->verdict = DKIM_KEY_BAD;
	/* Where there is no room, the worst has it. */
	if (is_useless && key->note_count == DKIM_NOTES)
		key->note_count--;
	if (key->note_count < DKIM_NOTES)
		key->notes[key->note_count++] = (struct dkim_note){ lint, at };
}

static void note_at(struct reading *r, enum dkim_lint lint, struct slice place)
{
	note(r->key, lint, (size_t)(place.at - r->record.at) + 1);
}

/* RFC 6376 3.2: names and values are compared with their case. */
static size_t kind_of(struct slice name)
{
	static const char letters[] = "vghknpst";
	const char *found = name.len == 1 ? strchr(letters, *name.at) : NULL;

	return found != NULL && *found != '\0' ? (size_t)(found - letters) : TAG_KINDS;
}

static bool was_there(const struct reading *r, struct slice name)
{
	for (size_t i = 0; i < r->tag_count && i < DKIM_TAGS; i++) {
		if (r->names[i].len == name.len && memcmp(r->names[i].at, name.at, name.len) == 0)
			return true;
	}
	return false;
}

static void take_tag(struct reading *r, const struct tag *tag)
{
	size_t kind = kind_of(tag->name);

	if (was_there(r, tag->name)) {
		note_at(r, kind == TAG_P ? DKIM_LINT_KEY_TWICE : DKIM_LINT_TAG_TWICE, tag->name);
		return;
	}
	if (kind == TAG_V && r->tag_count > 0)
		note_at(r, DKIM_LINT_VERSION_LATE, tag->name);
	if (kind == TAG_KINDS)
		note_at(r, DKIM_LINT_OTHER_TAG, tag->name);
	else
		r->values[kind] = tag->value;
	if (r->tag_count < DKIM_TAGS)
		r->names[r->tag_count] = tag->name;
	r->tag_count++;
}

static void take_tags(struct reading *r)
{
	struct slice rest = r->record;
	struct tag tag;

	for (;;) {
		switch (tag_next(&rest, &tag)) {
		case TAG_END:
			return;
		case TAG_FOUND:
			take_tag(r, &tag);
			break;
		case TAG_BAD:
			note_at(r, tag.name.len > 0 ? DKIM_LINT_SYNTAX : DKIM_LINT_EMPTY_PIECE, tag.name);
			break;
		}
	}
}

static bool is_space(char c)
{
	return c == ' ' || c == '\t' || c == '\r' || c == '\n';
}

/* Is `word` one of a list with colons (3.6.1: white space may be around them)? */
static bool lists(struct slice list, const char *word)
{
	struct slice piece;

	while (slice_split(&list, ':', &piece)) {
		while (piece.len > 0 && is_space(*piece.at))
			piece = (struct slice){ piece.at + 1, piece.len - 1 };
		while (piece.len > 0 && is_space(piece.at[piece.len - 1]))
			piece.len--;
		if (slice_is(piece, word))
			return true;
	}
	return false;
}

static void read_version(struct reading *r)
{
	struct slice value = r->values[TAG_V];

	if (value.at == NULL)
		note(r->key, DKIM_LINT_NO_VERSION, 0);
	else if (!slice_is(value, "DKIM1"))
		note_at(r, DKIM_LINT_VERSION_WRONG, value);
}

static void read_type(struct reading *r)
{
	struct slice value = r->values[TAG_K];
	struct dkim_key *key = r->key;

	key->has_type = true;
	if (value.at == NULL || slice_is_nocase(value, "rsa"))
		key->type = DKIM_RSA;
	else if (slice_is_nocase(value, "ed25519"))
		key->type = DKIM_ED25519;
	else
		key->has_type = false;
	if (!key->has_type)
		note_at(r, DKIM_LINT_TYPE_UNKNOWN, value);
	else if (value.at != NULL && !slice_is(value, dkim_type_word(key->type)))
		note_at(r, DKIM_LINT_TYPE_CASE, value);
}

static void read_limits(struct reading *r)
{
	struct dkim_key *key = r->key;

	key->hashes = r->values[TAG_H];
	key->services = r->values[TAG_S];
	key->flags = r->values[TAG_T];
	key->remark = r->values[TAG_N];
	key->is_testing = key->flags.at != NULL && lists(key->flags, "y");
}

static void judge_limits(struct reading *r)
{
	const struct dkim_key *key = r->key;

	if (key->hashes.at != NULL && !lists(key->hashes, "sha256"))
		note_at(r, DKIM_LINT_HASHES, key->hashes);
	else if (key->hashes.at != NULL && lists(key->hashes, "sha1"))
		note_at(r, DKIM_LINT_SHA1, key->hashes);
	if (key->services.at != NULL && !lists(key->services, "email") && !lists(key->services, "*"))
		note_at(r, DKIM_LINT_SERVICES, key->services);
	if (r->values[TAG_G].at != NULL)
		note_at(r, DKIM_LINT_GRANULARITY, r->values[TAG_G]);
	if (key->is_testing)
		note_at(r, DKIM_LINT_TESTING, key->flags);
	if (key->flags.at != NULL && lists(key->flags, "s"))
		note_at(r, DKIM_LINT_STRICT, key->flags);
}

/* ---- base64, as far as it goes ---- */

static bool is_base64(char c)
{
	return (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '+' ||
	       c == '/';
}

/* The characters without white space and without the = at the end; false: something
 * else is between them. */
static bool collect_characters(struct reading *r, struct text *characters, size_t *padding)
{
	struct slice p = r->values[TAG_P];
	bool has_space = false;

	*padding = 0;
	for (size_t i = 0; i < p.len; i++) {
		struct slice place = { p.at + i, 1 };

		if (is_space(p.at[i])) {
			if (!has_space)
				note_at(r, DKIM_LINT_SPACE, place);
			has_space = true;
		} else if (p.at[i] == '=') {
			++*padding;
		} else if (*padding > 0 || !is_base64(p.at[i])) {
			note_at(r, DKIM_LINT_BASE64, place);
			return false;
		} else {
			text_add_char(characters, p.at[i]);
		}
	}
	return true;
}

/* What they stand for, with what is left of a group that was cut. */
static void decode_all(struct text *characters, struct text *octets)
{
	size_t rest = characters->len % 4, whole = characters->len - rest;

	base64_decode((struct slice){ text_str(characters), whole }, octets);
	if (rest < 2)
		return;
	while (characters->len % 4 != 0)
		text_add_char(characters, 'A');
	base64_decode((struct slice){ text_str(characters) + whole, 4 }, octets);
	if (!text_failed(octets))
		octets->len -= 4 - rest;
}

/* False, and there is a note: it is no base64. */
static bool decode_key(struct reading *r, struct text *octets, bool *is_padded)
{
	struct slice p = r->values[TAG_P];
	struct text characters = { 0 };
	size_t padding = 0;
	bool good = false;

	if (slice_starts(p, "-----")) {
		note_at(r, DKIM_LINT_PEM, p);
	} else if (p.len > DKIM_CHARACTERS) {
		note_at(r, DKIM_LINT_OVERLONG, p);
	} else if (collect_characters(r, &characters, &padding)) {
		*is_padded = padding == (4 - characters.len % 4) % 4;
		decode_all(&characters, octets);
		good = true;
	}
	r->key->failed |= text_failed(&characters) || text_failed(octets);
	text_release(&characters);
	return good && !r->key->failed;
}

/* ---- the key ---- */

/* How many octets a DER SEQUENCE says that it has, header and all (X.690 8.1.3);
 * 0: it is none. `header` as far as it is there. */
static size_t der_size(struct slice der, size_t *header)
{
	const unsigned char *at = (const unsigned char *)der.at;
	size_t count, size = 0;

	*header = 2;
	if (der.len == 0 || at[0] != 0x30)
		return 0;
	if (der.len == 1)
		return 2;
	if (at[1] < 0x80)
		return 2u + at[1];
	count = at[1] & 0x7fu;
	if (count == 0 || count > 3)
		return 0;
	*header = 2 + count;
	if (der.len < *header)
		return *header;
	for (size_t i = 0; i < count; i++)
		size = size << 8 | at[2 + i];
	return *header + size;
}

/* Private keys begin with their version (RFC 5208 5, RFC 8017 A.1.2), public ones
 * with a sequence or a large number. */
static bool is_private(struct slice der, size_t header)
{
	return der.len > header + 3 && memcmp(der.at + header, "\x02\x01\x00", 3) == 0;
}

/* What this machine's openssl.cnf has against a key says nothing about the receivers;
 * and a file is not to be read here. */
static void begin(void)
{
	OPENSSL_init_crypto(OPENSSL_INIT_NO_LOAD_CONFIG, NULL);
}

static EVP_PKEY *read_rsa(struct slice der, bool *is_bare)
{
	const unsigned char *at = (const unsigned char *)der.at;
	EVP_PKEY *pkey = d2i_PUBKEY(NULL, &at, (long)der.len);

	*is_bare = false;
	if (pkey != NULL)
		return pkey;
	at = (const unsigned char *)der.at;
	pkey = d2i_PublicKey(EVP_PKEY_RSA, NULL, &at, (long)der.len);
	*is_bare = pkey != NULL;
	return pkey;
}

/* The same key has the same digest, however it was written: that of its two numbers,
 * each behind its length. */
static bool digest_rsa(const EVP_PKEY *pkey, uint8_t digest[DKIM_DIGEST])
{
	BIGNUM *modulus = NULL, *exponent = NULL;
	unsigned char *octets = NULL;
	size_t len, more;

	if (EVP_PKEY_get_bn_param(pkey, OSSL_PKEY_PARAM_RSA_N, &modulus) &&
	    EVP_PKEY_get_bn_param(pkey, OSSL_PKEY_PARAM_RSA_E, &exponent)) {
		len = (size_t)BN_bn2mpi(modulus, NULL);
		more = (size_t)BN_bn2mpi(exponent, NULL);
		octets = malloc(len + more);
		if (octets != NULL) {
			BN_bn2mpi(modulus, octets);
			BN_bn2mpi(exponent, octets + len);
			SHA256(octets, len + more, digest);
		}
	}
	BN_free(modulus);
	BN_free(exponent);
	free(octets);
	return octets != NULL;
}

/* In base64, as p has it. */
static bool write_rsa(const EVP_PKEY *pkey, struct text *words)
{
	unsigned char *der = NULL;
	int len = i2d_PUBKEY(pkey, &der);

	if (len <= 0)
		return false;
	base64_add(words, (struct slice){ (const char *)der, (size_t)len });
	OPENSSL_free(der);
	return true;
}

/* Nothing can be signed by 1, nor by an even number; and the product of two primes is
 * odd. */
static void judge_numbers(struct reading *r, const EVP_PKEY *pkey)
{
	BIGNUM *modulus = NULL, *exponent = NULL;

	if (!EVP_PKEY_get_bn_param(pkey, OSSL_PKEY_PARAM_RSA_N, &modulus) ||
	    !EVP_PKEY_get_bn_param(pkey, OSSL_PKEY_PARAM_RSA_E, &exponent))
		r->key->failed = true;
	else if (!BN_is_odd(modulus) || !BN_is_odd(exponent) || BN_is_one(exponent))
		note_at(r, DKIM_LINT_UNSOUND, r->values[TAG_P]);
	else if (BN_num_bits(exponent) > 31)
		note_at(r, DKIM_LINT_EXPONENT, r->values[TAG_P]);
	BN_free(modulus);
	BN_free(exponent);
}

static void judge_rsa(struct reading *r, struct slice der)
{
	struct slice p = r->values[TAG_P];
	struct dkim_key *key = r->key;
	bool is_bare;
	EVP_PKEY *pkey = read_rsa(der, &is_bare);

	if (pkey == NULL && ERR_GET_REASON(ERR_peek_last_error()) == ERR_R_MALLOC_FAILURE) {
		key->failed = true;
	} else if (pkey == NULL || EVP_PKEY_get_base_id(pkey) != EVP_PKEY_RSA) {
		note_at(r, DKIM_LINT_NO_SUCH_KEY, p);
	} else {
		key->bits = (unsigned)EVP_PKEY_get_bits(pkey);
		key->failed |= !digest_rsa(pkey, key->digest);
		judge_numbers(r, pkey);
		if (is_bare)
			note_at(r, DKIM_LINT_BARE, p);
		if (key->bits > DKIM_BITS_MAX)
			note_at(r, DKIM_LINT_LARGE, p);
	}
	EVP_PKEY_free(pkey);
	ERR_clear_error();
}

static void read_rsa_key(struct reading *r, struct slice der)
{
	struct slice p = r->values[TAG_P];
	size_t header, size = der_size(der, &header);

	if (der.len == DKIM_ED25519_OCTETS && r->values[TAG_K].at == NULL) {
		note_at(r, DKIM_LINT_TYPE_MISSING, p);
	} else if (size > der.len) {
		note_at(r, DKIM_LINT_CUT, (struct slice){ p.at + p.len, 0 });
	} else if (is_private(der, header)) {
		note_at(r, DKIM_LINT_PRIVATE, p);
	} else {
		if (size > 0 && size < der.len) {
			note_at(r, DKIM_LINT_BEHIND, p);
			der.len = size;
		}
		judge_rsa(r, der);
	}
}

/* An Ed25519 key as SubjectPublicKeyInfo (RFC 8410 4): this, and the 32 octets. */
static const char wrapping[] = "\x30\x2a\x30\x05\x06\x03\x2b\x65\x70\x03\x21\x00";
enum { WRAPPING = sizeof wrapping - 1 };

static bool is_wrapped(struct slice octets)
{
	return octets.len == WRAPPING + DKIM_ED25519_OCTETS && memcmp(octets.at, wrapping, WRAPPING) == 0;
}

/* RFC 8463 4.2: 32 octets, and nothing around them. */
static void read_ed25519_key(struct reading *r, struct slice octets)
{
	struct dkim_key *key = r->key;

	if (octets.len == DKIM_ED25519_OCTETS) {
		key->bits = 256;
		SHA256((const unsigned char *)octets.at, octets.len, key->digest);
	} else if (is_wrapped(octets)) {
		note_at(r, DKIM_LINT_WRAPPED, r->values[TAG_P]);
	} else {
		note_at(r, DKIM_LINT_LENGTH, r->values[TAG_P]);
	}
}

static void read_key(struct reading *r)
{
	struct slice p = r->values[TAG_P];
	struct text octets = { 0 };
	bool is_padded;

	if (p.at == NULL) {
		note(r->key, DKIM_LINT_NO_KEY, 0);
	} else if (p.len == 0) {
		if (r->key->verdict == DKIM_KEY_GOOD)
			r->key->verdict = DKIM_KEY_REVOKED;
	} else if (decode_key(r, &octets, &is_padded) && r->key->has_type) {
		if (r->key->type == DKIM_RSA)
			read_rsa_key(r, text_slice(&octets));
		else
			read_ed25519_key(r, text_slice(&octets));
		if (!is_padded && r->key->bits > 0)
			note_at(r, DKIM_LINT_PADDING, (struct slice){ p.at + p.len, 0 });
	}
	text_release(&octets);
}

/* ---- the whole ---- */

/* Who edits a zone by a web form gets quotes and backslashes into the text, and then
 * much is wrong for one cause. In n (for people to read) they may be. */
static void judge_escapes(struct reading *r)
{
	struct slice remark = r->values[TAG_N];
	struct dkim_key *key = r->key;

	for (size_t i = 0; i < r->record.len; i++) {
		const char *at = r->record.at + i;

		if ((*at != '"' && *at != '\\') ||
		    (remark.at != NULL && at >= remark.at && at < remark.at + remark.len))
			continue;
		if (key->verdict == DKIM_KEY_BAD)
			key->note_count = 0;
		note(key, key->verdict == DKIM_KEY_BAD ? DKIM_LINT_ESCAPED : DKIM_LINT_QUOTED, i + 1);
		return;
	}
}

void dkim_key_parse(struct slice record, struct dkim_key *key)
{
	struct reading r = { .record = record, .key = key };

	begin();
	*key = (struct dkim_key){ 0 };
	take_tags(&r);
	read_version(&r);
	read_type(&r);
	read_limits(&r);
	read_key(&r);
	if (key->verdict != DKIM_KEY_REVOKED)
		judge_limits(&r);
	judge_escapes(&r);
}

/* ---- mending ---- */

/* Quotes and backslashes belong nowhere but into what people read. */
static void strip_escapes(struct slice record, struct text *plain)
{
	for (size_t i = 0; i < record.len; i++) {
		if (record.at[i] != '"' && record.at[i] != '\\')
			text_add_char(plain, record.at[i]);
	}
}

static bool mend_key(struct slice octets, struct text *mended)
{
	bool is_bare, good;
	EVP_PKEY *pkey;

	if (is_wrapped(octets))
		octets = (struct slice){ octets.at + WRAPPING, DKIM_ED25519_OCTETS };
	if (octets.len == DKIM_ED25519_OCTETS) {
		text_add(mended, "k=ed25519; p=");
		base64_add(mended, octets);
		return true;
	}
	text_add(mended, "k=rsa; p=");
	pkey = read_rsa(octets, &is_bare);
	good = pkey != NULL && EVP_PKEY_get_base_id(pkey) == EVP_PKEY_RSA &&
	       write_rsa(pkey, mended);
	EVP_PKEY_free(pkey);
	ERR_clear_error();
	return good;
}

/* Is there nothing left to mend? */
static bool is_mended(struct slice record)
{
	struct dkim_key key;

	dkim_key_parse(record, &key);
	for (size_t i = 0; i < key.note_count; i++) {
		if (lints[key.notes[i].lint].weight != DKIM_NOTED)
			return false;
	}
	return key.verdict == DKIM_KEY_GOOD && !key.failed;
}

/* The record anew, as far as its key can be read. */
static bool write_anew(struct reading *r, struct text *anew)
{
	struct text octets = { 0 };
	bool is_padded, good;

	text_add(anew, "v=DKIM1; ");
	if (r->key->flags.at != NULL && lists(r->key->flags, "s"))
		text_add(anew, "t=s; ");
	good = r->values[TAG_P].at != NULL && decode_key(r, &octets, &is_padded) &&
	       mend_key(text_slice(&octets), anew);
	text_release(&octets);
	for (size_t i = 0; i < r->key->note_count; i++)
		good &= r->key->notes[i].lint != DKIM_LINT_KEY_TWICE;	/* which of them? */
	return good && !text_failed(anew);
}

bool dkim_key_mend(struct slice record, struct text *mended)
{
	struct text plain = { 0 }, anew = { 0 };
	struct dkim_key key = { 0 };
	struct reading r = { .key = &key };
	bool good;

	begin();
	strip_escapes(record, &plain);
	r.record = text_slice(&plain);
	take_tags(&r);
	read_limits(&r);
	good = write_anew(&r, &anew) && is_mended(text_slice(&anew));
	if (good)
		text_add_slice(mended, text_slice(&anew));
	text_release(&plain);
	text_release(&anew);
	return good;
}

/* ---- a signer's own key ---- */

/* A block of a PEM file as a key; NULL: it is none. */
static EVP_PKEY *read_block(const char *label, const unsigned char *der, long len, bool *is_private_key)
{
	*is_private_key = false;
	if (strcmp(label, PEM_STRING_PUBLIC) == 0)
		return d2i_PUBKEY(NULL, &der, len);
	if (strcmp(label, PEM_STRING_RSA_PUBLIC) == 0)
		return d2i_PublicKey(EVP_PKEY_RSA, NULL, &der, len);
	*is_private_key = true;
	if (strcmp(label, PEM_STRING_PKCS8INF) == 0)
		return d2i_AutoPrivateKey(NULL, &der, len);
	if (strcmp(label, PEM_STRING_RSA) == 0)
		return d2i_PrivateKey(EVP_PKEY_RSA, NULL, &der, len);
	return NULL;
}

static bool is_encrypted(const char *label, const char *header)
{
	return strcmp(label, PEM_STRING_PKCS8) == 0 || strstr(header, "ENCRYPTED") != NULL;
}

static EVP_PKEY *find_key(BIO *bio, bool *is_private_key, struct fault *fault)
{
	char *label, *header;
	unsigned char *der;
	EVP_PKEY *pkey = NULL;
	bool encrypted = false;
	long len;

	while (pkey == NULL && !encrypted && PEM_read_bio(bio, &label, &header, &der, &len) == 1) {
		encrypted = is_encrypted(label, header);
		if (!encrypted)
			pkey = read_block(label, der, len, is_private_key);
		OPENSSL_free(label);
		OPENSSL_free(header);
		OPENSSL_clear_free(der, (size_t)len);
	}
	ERR_clear_error();
	if (encrypted)
		fault_set(fault, FAULT_USAGE, "its key is encrypted: give the public one (openssl pkey -in FILE "
			  "-pubout)");
	else if (pkey == NULL)
		fault_set(fault, FAULT_USAGE, "there is no key in PEM form in it");
	return pkey;
}

static bool take_ed25519(const EVP_PKEY *pkey, struct dkim_own_key *own)
{
	unsigned char octets[DKIM_ED25519_OCTETS];
	size_t len = sizeof octets;

	if (EVP_PKEY_get_raw_public_key(pkey, octets, &len) != 1)
		return false;
	SHA256(octets, len, own->digest);
	base64_add(&own->record, (struct slice){ (const char *)octets, len });
	return true;
}

static bool take_key(const EVP_PKEY *pkey, struct dkim_own_key *own, struct fault *fault)
{
	int type = EVP_PKEY_get_base_id(pkey);
	bool good;

	if (type != EVP_PKEY_RSA && type != EVP_PKEY_ED25519)
		return fault_set(fault, FAULT_USAGE, "its key is neither RSA nor Ed25519");
	own->type = type == EVP_PKEY_RSA ? DKIM_RSA : DKIM_ED25519;
	own->bits = type == EVP_PKEY_RSA ? (unsigned)EVP_PKEY_get_bits(pkey) : 256;
	text_add(&own->record, "v=DKIM1; k=%s; p=", dkim_type_word(own->type));
	good = type == EVP_PKEY_RSA ? digest_rsa(pkey, own->digest) && write_rsa(pkey, &own->record)
				    : take_ed25519(pkey, own);
	ERR_clear_error();
	return (good && !text_failed(&own->record)) || fault_set(fault, FAULT_LOCAL, "no memory");
}

bool dkim_own_key_parse(struct slice pem, struct dkim_own_key *own, struct fault *fault)
{
	EVP_PKEY *pkey;
	bool good;
	BIO *bio;

	*own = (struct dkim_own_key){ 0 };
	begin();
	bio = BIO_new_mem_buf(pem.at, (int)pem.len);
	if (bio == NULL)
		return fault_set(fault, FAULT_LOCAL, "no memory");
	pkey = find_key(bio, &own->is_private, fault);
	good = pkey != NULL && take_key(pkey, own, fault);
	EVP_PKEY_free(pkey);
	BIO_free(bio);
	if (!good)
		dkim_own_key_release(own);
	return good;
}

void dkim_own_key_release(struct dkim_own_key *own)
{
	text_release(&own->record);
}
