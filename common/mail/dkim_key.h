/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef MAILPATH_MAIL_DKIM_KEY_H
#define MAILPATH_MAIL_DKIM_KEY_H

#include "base/fault.h"
#include "base/text.h"

/* Key records of DKIM (RFC 6376 3.6.1, 8301, 8463): what they say, whether a
 * receiver can use them, and what is odd in them. */

enum {
	DKIM_NOTES = 16,	/* of one record; more are not kept */
	DKIM_TAGS = 32,		/* of one record that are compared with each other */
	DKIM_CHARACTERS = 8192,	/* of base64: RSA of 16384 bits needs a third of that */
	DKIM_BITS_MAX = 4096,	/* RFC 8301 3.2: what all receivers have to verify */
	DKIM_ED25519_OCTETS = 32,
	DKIM_DIGEST = 32,
};

enum dkim_type { DKIM_RSA, DKIM_ED25519 };

enum dkim_verdict {
	DKIM_KEY_GOOD,
	DKIM_KEY_REVOKED,	/* "p=": it was taken back */
	DKIM_KEY_BAD,		/* no receiver can use it: at least one note is DKIM_USELESS */
};

/* What a record can have about it. */
enum dkim_lint {
	DKIM_LINT_SYNTAX,	/* a piece that is no tag=value */
	DKIM_LINT_EMPTY_PIECE,	/* ";;" */
	DKIM_LINT_TAG_TWICE,
	DKIM_LINT_KEY_TWICE,
	DKIM_LINT_VERSION_WRONG,
	DKIM_LINT_VERSION_LATE,
	DKIM_LINT_NO_VERSION,
	DKIM_LINT_NO_KEY,	/* no p */
	DKIM_LINT_TYPE_UNKNOWN,
	DKIM_LINT_TYPE_CASE,	/* "RSA" */
	DKIM_LINT_TYPE_MISSING,	/* 32 octets without k=ed25519 */
	DKIM_LINT_HASHES,	/* h without sha256 */
	DKIM_LINT_SHA1,
	DKIM_LINT_SERVICES,	/* s without email */
	DKIM_LINT_GRANULARITY,
	DKIM_LINT_TESTING,
	DKIM_LINT_STRICT,
	DKIM_LINT_OTHER_TAG,
	DKIM_LINT_ESCAPED,	/* a quote or backslash that makes it useless */
	DKIM_LINT_QUOTED,	/* one that happens not to */
	DKIM_LINT_SPACE,
	DKIM_LINT_BASE64,
	DKIM_LINT_PADDING,
	DKIM_LINT_PEM,
	DKIM_LINT_CUT,
	DKIM_LINT_BEHIND,	/* octets behind the key */
	DKIM_LINT_OVERLONG,	/* more than DKIM_CHARACTERS */
	DKIM_LINT_NO_SUCH_KEY,	/* octets that are no key of this type */
	DKIM_LINT_PRIVATE,
	DKIM_LINT_BARE,		/* RSAPublicKey, without SubjectPublicKeyInfo around it */
	DKIM_LINT_WRAPPED,	/* Ed25519 with SubjectPublicKeyInfo around it */
	DKIM_LINT_LENGTH,	/* Ed25519 of another length than 32 */
	DKIM_LINT_UNSOUND,	/* numbers that RSA cannot have */
	DKIM_LINT_EXPONENT,
	DKIM_LINT_LARGE,	/* more than DKIM_BITS_MAX */
	DKIM_LINTS
};

enum dkim_weight {
	DKIM_NOTED,	/* good to know */
	DKIM_RISKY,	/* some receivers will not use the key */
	DKIM_USELESS,	/* none will */
};

struct dkim_note {
	enum dkim_lint lint;
	size_t at;		/* its first byte in the record, from 1; 0: the whole */
};

/* The slices point into the record; one whose `at` is NULL is not there. */
struct dkim_key {
	enum dkim_verdict verdict;
	bool has_type;		/* it is one of these two */
	enum dkim_type type;
	unsigned bits;		/* Ed25519: 256; 0: it could not be read */
	uint8_t digest[DKIM_DIGEST];	/* of the key, if there are bits: dkim_own_key's */
	struct slice hashes, services, flags, remark;
	bool is_testing;	/* t=y */
	struct dkim_note notes[DKIM_NOTES];
	size_t note_count;
	bool failed;		/* no memory: the verdict is none */
};

void dkim_key_parse(struct slice record, struct dkim_key *key);

/* "rsa", "ed25519": as k has it. */
const char *dkim_type_word(enum dkim_type type);

/* A note in one word ("cut"), what follows from it for receivers, and the words for an
 * operator, which go behind its place ("at byte 255: the key was cut off there: ..."). */
const char *dkim_lint_word(enum dkim_lint lint);
enum dkim_weight dkim_lint_weight(enum dkim_lint lint);
const char *dkim_lint_words(enum dkim_lint lint);

/* The record to publish in the place of one that is wrong: the same key, written so that
 * all receivers can use it. False: that cannot be mended. */
bool dkim_key_mend(struct slice record, struct text *mended);

/* A signer's own key. */
struct dkim_own_key {
	enum dkim_type type;
	unsigned bits;
	bool is_private;		/* it was read from a private key; what is here is public */
	uint8_t digest[DKIM_DIGEST];	/* equal to a published one's: the same key */
	struct text record;		/* what is to be published */
};

/* Read the first key of a PEM file, private or public, RSA or Ed25519. Nothing of a
 * private key stays in memory, and no passphrase is asked for. */
bool dkim_own_key_parse(struct slice pem, struct dkim_own_key *own, struct fault *fault);
void dkim_own_key_release(struct dkim_own_key *own);

#endif
