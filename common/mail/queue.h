/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef MAILPATH_MAIL_QUEUE_H
#define MAILPATH_MAIL_QUEUE_H

#include "base/frequent.h"
#include "base/text.h"
#include "mail/reply_memo.h"

/* The queue of a mail server: what is known of one message, and what all of them
 * come to. How each mail server keeps and lists its queue is in queue_mta.h. */

/* Where a message waits, in Postfix's words; what other servers mean by them is in
 * their rows. */
enum queue_place {
	QUEUE_INCOMING,
	QUEUE_ACTIVE,
	QUEUE_DEFERRED,
	QUEUE_HOLD,
	QUEUE_MAILDROP,
	QUEUE_CORRUPT,		/* given up on: counts in no total */
	QUEUE_PLACES,
};

const char *queue_place_word(enum queue_place place);

/* A time or a size that nothing tells. */
enum { QUEUE_UNKNOWN = -1 };

struct queue_recipient {
	uint32_t address, address_len;	/* in the message's words; nothing: it is not told */
	uint32_t reason, reason_len;	/* why it waits, in somebody's words; or nothing */
	const char *class;		/* of queue_message_classify(): an id of the catalogue,
					 * or NULL without a reason */
};

/* One message, as a parser fills it. What it says is copied: the struct owns its
 * words, and is used again for the next one. A zeroed struct is an empty message. */
struct queue_message {
	enum queue_place place;
	bool is_frozen;			/* Exim no longer tries it */
	bool knows_frozen;		/* what tells of it says whether it is */
	int64_t arrived;		/* seconds since 1970, or QUEUE_UNKNOWN */
	int64_t size;			/* bytes, as the server itself would say; or QUEUE_UNKNOWN */
	bool has_sender;
	struct text words;
	uint32_t sender, sender_len;	/* nothing: a bounce */
	struct queue_recipient *recipients;
	size_t recipient_count;
	bool failed;			/* there was no memory for something */
};

/* Empty again, of unknown age and size. */
void queue_message_clear(struct queue_message *message, enum queue_place place);
void queue_message_release(struct queue_message *message);

/* With or without its <>. Nothing, and MAILER-DAEMON, are the null sender. */
void queue_message_from(struct queue_message *message, struct slice sender);
/* A recipient, and why it waits, or nothing. */
void queue_message_to(struct queue_message *message, struct slice address, struct slice reason);
/* Why this recipient waits (all, where the address is nothing). One that is not
 * there is added without an address, so that its reason counts. */
void queue_message_because(struct queue_message *message, struct slice address,
			   struct slice reason);

/* The same of one recipient, by its number. */
void queue_message_because_of(struct queue_message *message, size_t number, struct slice reason);

struct slice queue_message_sender(const struct queue_message *message);
struct slice queue_message_recipient(const struct queue_message *message, size_t number);
struct slice queue_message_reason(const struct queue_message *message, size_t number);

/* What is behind the last '@', or nothing. */
struct slice queue_domain_of(struct slice address);

/* What only counts if it is so. */
struct queue_filter {
	const char *sender;		/* an address, a domain, "<>" for bounces; NULL: all */
	const char *recipient_domain;	/* NULL: all */
};
bool queue_filter_passes(const struct queue_filter *filter, const struct queue_message *message);

/* ---- all of them ---- */

struct queue_count {
	uint64_t messages;
	uint64_t bytes;
	uint64_t sized;			/* messages whose size is in `bytes` */
	int64_t oldest;			/* when the oldest one arrived, or QUEUE_UNKNOWN */
	uint64_t aged;			/* messages whose arrival is known */
};

enum { QUEUE_CAUSES = 64, QUEUE_EXAMPLE = 200 };

/* The messages that wait for one reason of the catalogue. */
struct queue_cause {
	const char *reason;		/* an id of the catalogue */
	uint64_t messages;
	uint64_t last;			/* the message that counted last */
	char example[QUEUE_EXAMPLE];	/* a text of it, foreign, cut */
};

struct queue_tally {
	struct queue_count places[QUEUE_PLACES];
	struct queue_count frozen;	/* of them */
	uint64_t known_frozen;		/* messages of which it is known whether they are */
	uint64_t looked_into;		/* messages whose envelope and reasons count below */
	uint64_t bounces, self_inflicted;
	struct queue_cause causes[QUEUE_CAUSES];
	size_t cause_count;
	struct frequent domains, senders;	/* messages for each */
};

void queue_tally_open(struct queue_tally *tally);
void queue_tally_release(struct queue_tally *tally);

/* One message more in a place; arrived: or QUEUE_UNKNOWN. */
void queue_tally_count(struct queue_tally *tally, enum queue_place place, int64_t arrived);
/* What is known of its size, and whether it is frozen. */
void queue_tally_weigh(struct queue_tally *tally, const struct queue_message *message);

/* Add the counts of another one, but not what was looked into. */
void queue_tally_add(struct queue_tally *to, const struct queue_tally *from);

/* What the reasons mean. */
void queue_message_classify(struct queue_message *message, struct reply_memo *memo);

/* Sender, recipients and reasons of one classified message: it counts once for each
 * domain and each reason. */
void queue_tally_look(struct queue_tally *tally, const struct queue_message *message);

/* Is it our own fault that a receiver does so? */
bool queue_is_self_inflicted(const char *reason);

/* Of all places but corrupt. */
struct queue_count queue_tally_total(const struct queue_tally *tally);

#endif
