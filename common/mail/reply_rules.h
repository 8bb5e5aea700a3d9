/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef MAILPATH_MAIL_REPLY_RULES_H
#define MAILPATH_MAIL_REPLY_RULES_H

/* What reply_classify() knows. The first row that holds is the answer, so what is
 * said in words, and what only one receiver says, stands before the codes.
 *
 * Words are compared without case, accents and marks; addresses, hosts and URLs
 * between them do not count ("user <x@y> unknown" is "user unknown"). In a rule
 *
 *     full|exceeded   is either           block+     is a word that begins so
 *     is?             may be missing      *          is any word
 *     ...             is a few words      @qq.com    is a host or URL in there
 *     =5.7.1          is one of the codes (below)
 *     a & b           wants both, anywhere
 *     a ! b           wants a, and that b is not said
 *
 * Codes: "550", "5.7.1", "x.7.1" (4 or 5), "5.7.606-649", "550/5.7.1" (both),
 * "none" (the text has no basic code: the sending MTA's own words); one of them. */
struct reply_rule {
	const char *reason;	/* NULL ends the table */
	const char *codes;	/* or NULL: any */
	const char *words;	/* or NULL: any */
};

extern const struct reply_rule reply_rules[];

/* Domains in which blocklists are, words in front of a list's name, and the
 * names that lists are called by in a sentence; NULL ends each. */
extern const char *const reply_zones[];
extern const char *const reply_list_leads[];
extern const char *const reply_list_names[];

#endif
