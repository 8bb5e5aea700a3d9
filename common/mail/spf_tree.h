/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef MAILPATH_MAIL_SPF_TREE_H
#define MAILPATH_MAIL_SPF_TREE_H

#include "mail/spf_check.h"

/* All of a domain's SPF record, whoever sends: what it includes, what that costs,
 * which look-ups are for nothing, how many addresses may send, and what is odd. It
 * goes on where a receiver would give up, so that the whole can be mended at once.
 *
 * What it asks depends on nothing but names, so in rounds (base/dns_rounds.h) the
 * waits are as many as the tree is deep. */

enum {
	SPF_TREE_QUESTIONS = 200,	/* each name once */
	SPF_TREE_LEVELS = 20,
};

enum spf_node_state {
	SPF_NODE_UNKNOWN,	/* not asked, or not answered yet */
	SPF_NODE_GOOD,
	SPF_NODE_NONE,		/* there is no SPF record: certainly */
	SPF_NODE_MULTIPLE,
	SPF_NODE_BAD,		/* against the grammar: `why` */
	SPF_NODE_FAILED,	/* no usable answer: `why` */
	SPF_NODE_VARIES,	/* its name depends on who sends */
	SPF_NODE_LOOP,		/* it is above itself */
	SPF_NODE_CUT,		/* too deep, or too much asked */
	SPF_NODE_IMPOSSIBLE,	/* its name cannot be */
};

const char *spf_node_state_word(enum spf_node_state state);

/* A record: the domain's own, which is the first, or one that is included or
 * redirected to. */
struct spf_node {
	size_t parent;		/* its own number: the root */
	unsigned level;
	enum spf_kind how;	/* SPF_INCLUDE or SPF_REDIRECT */
	enum spf_result result;	/* of the include */
	struct domain name;
	enum spf_node_state state;
	struct text record, why, term;	/* term: what led here */
	struct dns_question unanswered;	/* of FAILED; without records */
	struct text others;	/* texts that look like a record and are none, one a line */
	bool repeats;		/* the same name was included before */
	bool is_secure;		/* its answer was authenticated */
	unsigned own_lookups;	/* terms of this record that ask the DNS */
	unsigned lookups;	/* and of all below it */
	unsigned voids;
};

/* A look-up for which the DNS has nothing. */
struct spf_void {
	size_t node;
	enum dns_type type;
	struct domain name;
};

/* Something that is odd: which the caller's words are for. */
enum spf_lint {
	SPF_LINT_ALL_PASSES,	/* "+all", or a network of everything */
	SPF_LINT_WIDE,		/* a network larger than a /8, or an IPv6 /16 */
	SPF_LINT_ALL_NEUTRAL,	/* "?all" */
	SPF_LINT_NO_END,	/* neither all nor redirect; of these two, only in the record
				 * with which the domain's own one ends */
	SPF_LINT_PTR,		/* should not be used (5.5) */
	SPF_LINT_MX_TOO_MANY,	/* more than ten hosts (4.6.4) */
	SPF_LINT_UNREACHED,	/* a term behind all, or a redirect beside it */
	SPF_LINT_REPEATED,	/* the same term twice */
	SPF_LINT_UPPER_MACRO,	/* what it expands to is escaped as in a URL */
	SPF_LINT_LONG,		/* more than 450 bytes (3.4) */
	SPF_LINT_OTHER_MODIFIER,	/* nobody knows what it means */
};

struct spf_note {
	enum spf_lint lint;
	size_t node;
	struct text term;	/* what it is about */
	size_t at;		/* its first byte in the record, from 1; 0: the whole */
};

struct spf_tree {
	struct spf_node *nodes;
	size_t node_count;
	struct spf_void *voids;
	size_t void_count;	/* may be more than void_terms: both families, many hosts */
	unsigned void_terms;
	struct spf_note *notes;
	size_t note_count;
	double addresses;	/* that pass, of both families; each once */
	bool varies;		/* some terms depend on who sends */
	bool was_cut;		/* one of the limits above struck */
	bool is_incomplete;	/* some answers are missing: the numbers are too low */
	unsigned questions;
	bool failed;		/* no memory */
};

/* Look at the record of `domain`. Where senders are given, what their evaluation
 * (spf_check.h) will need is asked, too, so that it finds its answers. */
void spf_tree_find(const struct domain *domain, const struct spf_query *queries,
		   size_t query_count, struct resolver *resolver, struct spf_tree *tree);
void spf_tree_release(struct spf_tree *tree);

/* Is this record an error for every receiver who comes to it (5.2, 6.1)? */
bool spf_node_is_error(const struct spf_node *node);

/* The record to publish instead of the domain's own, and of what looks like one
 * (spf_mend.h): without the terms that lead to an error or allow everybody, and with
 * these addresses allowed; the domain's mail servers, where nobody would be. */
void spf_tree_mend(const struct spf_tree *tree, const struct ip *add, size_t count,
		   const char *end, struct text *record);

#endif
