/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef MAILPATH_PLUGINS_SENDER_DOMAIN_H
#define MAILPATH_PLUGINS_SENDER_DOMAIN_H

#include "frame.h"
#include "mail/dmarc_record.h"
#include "mail/dkim_key.h"

/* What check_spf_dmarc looks at, and how its parts share their waits. */

struct sender_settings {
	struct words domains, only, ips, selectors;
	const char *mail_from, *helo, *expect_spf;	/* NULL: not given */
	const char *min_policy, *spf_domain, *dkim_domain, *key_file, *profile;
	bool only_spf, is_parked, guesses_selectors;

	/* Of these, by prepare() */
	struct slice sender;		/* of --mail-from, without <> */
	struct ip *addresses;		/* of --ip, as many; owned */
	unsigned expected_spf;		/* a bit for each enum spf_result of --expect-spf */
	enum dmarc_policy least_policy;	/* of --min-policy */
	struct domain spf_name, dkim_name;	/* of --spf-domain and --dkim-domain */
	int64_t now;			/* in seconds */
	struct domain *names;		/* of --domain; owned */
	size_t name_count;
	struct domain *dkim_selectors;	/* of --selector, each once; owned */
	size_t dkim_selector_count;
	struct dkim_own_key own_key;	/* of --key-file */
	bool has_own_key;
	uint64_t dkim_nonce;		/* for the name of a selector that nobody made */
	unsigned parts;			/* a bit for each row of sender_parts */
	unsigned named_parts;		/* and of those, what --only names */
};

/* One domain, and what each part found out about it. */
struct sender {
	const struct sender_settings *settings;
	struct domain domain;		/* "": the identity of the mail has none */
	bool is_alone;			/* there is no other domain in this run */
	bool is_named;			/* --only names the part that is being judged */
	json_t *data;			/* of this domain; borrowed; NULL: nobody asks for it */
	void *found[10];			/* by part */
	unsigned known_parts;		/* a bit for each that had all its answers */
};

/* A part is looked at in rounds (base/dns_rounds.h): study() is run again and
 * again, from nothing, until all its questions have answers; what it returns is
 * given to judge() once, or released. */
struct sender_part {
	const char *name;	/* the word of --only, and the stage of its findings */
	/* NULL: no memory. */
	void *(*study)(const struct sender *sender, struct resolver *resolver);
	/* Findings, numbers, where there is one a member of sender->data, and a few words
	 * behind frame->result.good, for the first line when all is well. */
	void (*judge)(const struct sender *sender, struct frame *frame, const void *found);
	void (*release)(void *found);
};

extern const struct sender_part sender_spf, sender_dmarc, sender_dkim, sender_mx, sender_mta_sts,
	sender_tls_rpt, sender_dane, sender_bimi, sender_parked, sender_bulk;

/* Read the options of DMARC; false: wrong usage. */
bool sender_dmarc_prepare(struct sender_settings *settings, struct fault *fault);

/* Read --selector and --key-file, behind the domains. */
bool sender_dkim_prepare(struct frame *frame, struct sender_settings *settings, struct fault *fault);
void sender_dkim_release(struct sender_settings *settings);

/* ---- for the parts ---- */

/* The subject of findings and numbers about the domain, or a name below it. */
void sender_subject(const struct sender *sender, const char *detail, struct text *subject);

/* A finding about the domain; with `detail`, its subject is the name below the
 * domain that it is about ("s1._domainkey"), or with `is_alone` false that name
 * and the domain. */
struct finding *sender_add(const struct sender *sender, struct frame *frame, enum state state,
			   const char *reason, const char *stage, const char *detail,
			   struct text *text);

/* A number: its subject is `detail`, if any, and the domain, if there are several. */
void sender_measure(const struct sender *sender, struct frame *frame, const char *label,
		    const char *detail, double value);

/* What to say behind an SPF record that ends in "~all": Nagios takes tildes out of what
 * it notifies of, and "all" would be everybody. "" where there is none. */
const char *sender_tilde_words(const struct text *record);

/* Foreign bytes, made printable, for the data. */
json_t *sender_json(struct slice bytes);

/* Something that may be there and is not: OK `not_published`, or WARNING where
 * --only names the part. */
struct finding *sender_add_absent(const struct sender *sender, struct frame *frame,
				  const struct sender_part *part, const char *what);

/* Is there such a finding already? */
bool sender_has_said(const struct frame *frame, const char *reason, const char *subject);

/* Did the question get no answer? Then that is a finding, once for each name:
 * `dnssec_bogus`, CRITICAL, where DNSSEC rejects what there is, otherwise
 * `dns_temporary`, UNKNOWN. Nothing if it is unfinished: that is a "timeout". */
bool sender_add_unanswered(struct frame *frame, const char *stage,
			   const struct dns_question *question);

#endif
