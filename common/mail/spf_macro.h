/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef MAILPATH_MAIL_SPF_MACRO_H
#define MAILPATH_MAIL_SPF_MACRO_H

#include "base/fault.h"
#include "base/ip.h"
#include "base/text.h"

/* The macros of SPF (RFC 7208 7). */

enum spf_macro_place {
	SPF_MACRO_DOMAIN,	/* a domain-spec: it ends in a top label or a macro */
	SPF_MACRO_STRING,	/* an unknown modifier's value */
	SPF_MACRO_EXPLANATION,	/* the text that exp= leads to: spaces, and c r t too */
};

/* Is it written as that place wants it? The fault says what is wrong. */
bool spf_macro_check(struct slice spec, enum spf_macro_place place, struct fault *fault);

/* Does it hold a macro with one of these letters, in either case? */
bool spf_macro_uses(struct slice spec, const char *letters);

/* All letters whose macros depend on who sends, and from where. */
#define SPF_MACRO_SENDER "slopivhcrt"

/* What macros stand for. Borrowed. */
struct spf_macro_values {
	struct slice local, sender_domain;	/* l, o; s is both */
	struct slice domain;			/* d */
	struct slice helo;			/* h */
	struct slice validated;			/* p; empty: "unknown" */
	struct slice receiver;			/* r; empty: "unknown" */
	struct ip ip;				/* i, c, v */
	int64_t now;				/* t, in seconds */
};

/* Expand what spf_macro_check() found good. */
void spf_macro_expand(struct slice spec, const struct spf_macro_values *values, struct text *text);

#endif
