/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef MAILPATH_PLUGINS_RDNS_HOSTS_H
#define MAILPATH_PLUGINS_RDNS_HOSTS_H

#include <regex.h>

#include "base/dns_rounds.h"
#include "frame.h"
#include "mail/mx_find.h"
#include "mail/rdns.h"
#include "mail/smtp_reply.h"
#include "net/tcp.h"
#include "targets.h"

/* What check_rdns looks at, and what it finds out of each address. */

/* What a mail server calls itself (RFC 5321 4.1.1.1). */
enum helo_kind {
	HELO_NONE,		/* it is not known, or nobody asks */
	HELO_NAME,
	HELO_LITERAL,		/* [192.0.2.25] */
	HELO_ADDRESS,		/* 192.0.2.25, which no RFC allows */
	HELO_SHORT,		/* one label */
	HELO_NO_NAME,
};

struct helo {
	enum helo_kind kind;
	struct slice word;	/* as it was said; borrowed */
	struct domain name;	/* NAME */
	struct ip ip;		/* LITERAL */
};

enum helo_match { HELO_MATCH_NONE, HELO_MATCH_ORG, HELO_MATCH_STRICT };

/* What --expect says: a name, or a pattern. */
struct expectation {
	const char *word;
	struct domain name;	/* "": it is a pattern */
	regex_t pattern;
};

struct rdns_settings {
	struct words hosts, exchangers, expects, patterns;
	const char *helo_word, *match_word, *generic_word, *sender_word;
	bool reads_banner, asks_servers;
	uint16_t port;		/* 0: 25 */

	/* Of these, by prepare() */
	struct targets targets;
	struct helo helo;
	enum helo_match match;
	enum state generic;			/* what a generic name means */
	struct expectation *expectations;	/* owned */
	size_t expectation_count;
	regex_t *generics;			/* of --generic-regex; owned */
	size_t generic_count;
	struct domain sender;			/* of --sender-domain; "": none */
};

enum { SMTP_PORT = 25 };

struct helo helo_parse(struct slice word);

/* A server of the reverse zone, and what it says. */
struct rdns_server {
	struct domain name;
	const struct endpoint *endpoint;	/* of the struct rdns_hosts */
	struct dns_question pointers;
};

enum { RDNS_SERVERS_MAX = 32 };

struct rdns_servers {
	struct dns_question names;	/* NS */
	const struct dns_question *missing;	/* a question without an answer: one of them is
						 * not known */
	struct dns_question lost;	/* what `missing` points to */
	struct rdns_server at[RDNS_SERVERS_MAX];
	size_t count, unreachable;	/* addresses of a family that is not here */
};

/* What the server on port 25 says first. */
struct rdns_banner {
	bool is_heard;			/* somebody spoke, and it is a reply */
	enum tcp_outcome outcome;	/* of the connection */
	bool is_nonsense, is_late;	/* why it was not heard, if OPEN */
	struct smtp_reply reply;
	struct fault fault;
};

struct rdns_host {
	struct ip ip;
	uint32_t source;		/* of the targets */
	const char *name;		/* that led to the address; NULL: none */
	struct rdns_found found;
	struct helo helo;
	struct dns_question helo_addresses;
	struct rdns_servers servers;
	struct rdns_banner banner;
	bool is_known;			/* all its answers are there */
};

struct rdns_hosts {
	struct rdns_host *at;
	size_t count;
	struct endpoint **endpoints;	/* questions point to them; each owned */
	size_t endpoint_count;
	struct mx_found sender;		/* of --sender-domain */
	bool is_sender_known;
	struct dns_rounds rounds;
};

/* Find out about all targets. */
void rdns_hosts_find(struct rdns_hosts *hosts, const struct rdns_settings *settings,
		     struct frame *frame);
void rdns_hosts_judge(const struct rdns_hosts *hosts, const struct rdns_settings *settings,
		      struct frame *frame);
void rdns_hosts_release(struct rdns_hosts *hosts);

/* Listen to port 25 of all of them, side by side. */
void rdns_banners_read(struct rdns_hosts *hosts, const struct rdns_settings *settings,
		       struct frame *frame);

#endif
