/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef MAILPATH_MAIL_DMARC_RECORD_H
#define MAILPATH_MAIL_DMARC_RECORD_H

#include "base/domain.h"
#include "base/text.h"

/* One DMARC policy record (RFC 9989 4.7), and one URI of those that it wants
 * reports sent to (RFC 9990). Everything borrows from the record's bytes. */

/* From weak to strong. */
enum dmarc_policy {
	DMARC_UNSET,	/* the tag is missing, or its value is none of these */
	DMARC_NONE,
	DMARC_QUARANTINE,
	DMARC_REJECT,
};

/* "none", "quarantine", "reject"; "" for UNSET. */
const char *dmarc_policy_word(enum dmarc_policy policy);
bool dmarc_policy_parse(struct slice word, enum dmarc_policy *policy);

/* One step weaker, as receivers take it while t=y (4.7). */
enum dmarc_policy dmarc_policy_soften(enum dmarc_policy policy);

/* What there is to say about a record. */
enum dmarc_note_kind {
	DMARC_NO_VERSION,	/* it does not begin with v=DMARC1: no DMARC record */
	DMARC_BLANK_FIRST,	/* or only behind a blank */
	DMARC_NO_TAG,		/* a piece that is no name=value */
	DMARC_TWICE,		/* a tag for the second time; the first one is taken */
	DMARC_BAD_VALUE,	/* the tag counts as missing */
	DMARC_NO_POLICY,	/* there is no p */
	DMARC_BAD_URI,
	DMARC_NO_SCHEME,	/* an address without "mailto:" */
	DMARC_OTHER_SCHEME,	/* a URI that is no mailto: hardly anybody serves it */
	DMARC_URI_SIZE,		/* "!10m", which RFC 9990 no longer knows */
	DMARC_REMOVED_TAG,	/* pct, rf, ri: RFC 9989 no longer knows them */
	DMARC_POLICY_LATE,	/* p is not the second tag, where RFC 7489 wants it */
	DMARC_UNKNOWN_TAG,	/* ignored, as it must be */
	DMARC_MANY_URIS,	/* more than the two that receivers serve for sure */
	DMARC_FO_ALONE,		/* fo without ruf is ignored */
};

enum dmarc_weight {
	DMARC_WRONG,	/* against the RFC: the record should be mended */
	DMARC_OLD,	/* once right, now without effect */
	DMARC_HINT,
};

struct dmarc_note {
	enum dmarc_note_kind kind;
	struct slice piece;	/* of the record; its place is where the fault is */
};

/* What the note means, and its weight. */
const char *dmarc_note_text(enum dmarc_note_kind kind);
enum dmarc_weight dmarc_note_weight(enum dmarc_note_kind kind);

enum {
	DMARC_NOTES = 16,
	DMARC_URIS_SERVED = 2,	/* RFC 9990: a receiver serves at least so many */
};

struct dmarc_record {
	struct slice text;
	enum dmarc_policy p, sp, np;
	enum dmarc_policy p_meant;	/* of a bad p: what it looks like */
	bool p_is_bad, sp_is_bad, np_is_bad;	/* not valid; for p, or not there */
	bool has_rua;			/* rua holds at least one valid URI */
	/* As written, in lower case; 0: not given, or not valid. */
	char psd, t, adkim, aspf;	/* y n u; y n; r s */
	uint8_t pct;			/* RFC 7489 6.3; 100 if not given */
	struct slice rua, ruf, fo;	/* empty: not given, or not valid */

	struct dmarc_note notes[DMARC_NOTES];
	size_t note_count;		/* of those that fit */
};

/* Is it a DMARC record at all? Others at the same name are ignored (4.10). */
bool dmarc_record_is(struct slice text);

/* Does it look as if it was meant to be one? */
bool dmarc_record_is_meant(struct slice text);

/* Read one; what cannot be read is noted and counts as missing. */
void dmarc_record_parse(struct slice text, struct dmarc_record *record);

/* Are there notes of such a weight? */
bool dmarc_record_has(const struct dmarc_record *record, enum dmarc_weight weight);

/* Write it as it should be published: only what is valid, known and not removed.
 * Without a p, what it looks like, else p=none. */
void dmarc_record_print(const struct dmarc_record *record, struct text *text);

struct dmarc_uri {
	enum dmarc_uri_kind {
		DMARC_URI_MAILTO,
		DMARC_URI_ADDRESS,	/* as if "mailto:" stood before it */
		DMARC_URI_OTHER,
		DMARC_URI_BAD,
	} kind;
	struct slice text;	/* without blanks around it and "!10m" behind it */
	bool has_size;
	struct domain host;	/* of MAILTO and ADDRESS: where the mail goes */
};

/* Take the next URI off a value of rua or ruf. Commas and exclamation marks
 * inside of one are written %2C and %21. */
bool dmarc_uri_next(struct slice *rest, struct dmarc_uri *uri);

#endif
