/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef MAILPATH_PLUGINS_DNSBL_LISTS_H
#define MAILPATH_PLUGINS_DNSBL_LISTS_H

#include "frame.h"
#include "mail/dnsbl.h"
#include "targets.h"

/* The lists of one run of check_dnsbl: which, how they are, what they say. */

struct list {
	struct dnsbl_zone zone;
	unsigned lane;			/* of its questions: the same zone, the same lane */
	bool is_of_profile;		/* the user has not named it */
	unsigned judges;		/* what of the targets it can judge; 0: it is skipped */
	bool is_over;			/* ask it no more */
	bool lacks_v6;			/* it has no IPv6 test entry, but the others */
	enum dnsbl_health health;	/* by its tests */
	enum dnsbl_health failure;	/* of an answer about a target, else DNSBL_OK */
	struct dnsbl_listing odd;	/* what explains the one or the other */
	const char *detail;
	struct endpoint via;		/* the resolver that it was asked through */
	size_t reached;			/* targets before this one were asked about */
	size_t asked, listed, failed, unfinished, filtered, unknown;
};

/* A target on a list, or one that a list could not judge. */
struct pair {
	uint32_t target, list;
	enum dnsbl_health health;	/* DNSBL_OK: listed, or an unknown code;
					 * DNSBL_SKIPPED: the name would be too long */
	struct dnsbl_listing listing;
	char *reason;			/* the list's TXT, with foreign marks; or NULL */
};

struct lists {
	struct list *at;
	size_t count;
	struct pair *pairs;
	size_t pair_count;
	struct text keys;		/* the content of --key-file */
	struct text *files;		/* of --zones-file */
	size_t file_count;
	uint32_t *answered;		/* per target: lists that said yes or no */
	uint64_t nonce;
	bool tests_health;
};

/* Collect the lists. What the user names replaces the same zone of a profile; a
 * zone that is named several times with different codes is several lists, as in
 * postscreen's configuration. */
bool lists_read_keys(struct lists *lists, const char *path, struct frame *frame,
		     struct fault *fault);
bool lists_add_profile(struct lists *lists, const char *names, struct frame *frame,
		       struct fault *fault);
bool lists_add_file(struct lists *lists, const char *path, struct frame *frame,
		    struct fault *fault);
bool lists_add_zone(struct lists *lists, const char *spec, struct frame *frame,
		    struct fault *fault);
bool lists_exclude(struct lists *lists, const char *name, struct fault *fault);
bool lists_judge_domains(const struct lists *lists);

/* Ask all lists about all targets. */
void lists_ask(struct lists *lists, const struct targets *targets, struct frame *frame);

/* What a target asks of a list: DNSBL_IP4, DNSBL_IP6 or DNSBL_DOMAIN. */
unsigned target_kind(const struct target *target);

/* How the list is, all in all. */
enum dnsbl_health list_health(const struct list *list);

/* Findings, metrics and data. With `min_healthy`, sick lists count only when
 * fewer than so many are healthy. */
void lists_judge(const struct lists *lists, const struct targets *targets, unsigned min_healthy,
		 struct frame *frame);

void lists_release(struct lists *lists);

#endif
