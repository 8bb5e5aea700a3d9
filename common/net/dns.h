/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef MAILPATH_NET_DNS_H
#define MAILPATH_NET_DNS_H

#include "base/dns.h"
#include "base/fault.h"
#include "net/deadline.h"

enum {
	DNS_PORT = 53,
	DNS_SERVERS_MAX = 8,
};

struct dns_settings {
	struct endpoint servers[DNS_SERVERS_MAX];
	size_t server_count;
	int64_t timeout_ms;	/* per try: the waits grow, and this is their mean */
	unsigned tries;
	bool only_tcp;		/* resolv.conf's use-vc */
	bool trusts_ad;		/* the AD bit of these servers counts: trust-ad, or all
				 * of them are on loopback */
};

/* No servers yet; 2 s, 3 tries. */
extern const struct dns_settings dns_defaults;

/* What glibc reads from /etc/resolv.conf, over these defaults. */
void dns_settings_from_system(struct dns_settings *settings);

/* The one transport: UDP on sockets of fresh ports with random ids, TCP where an
 * answer is truncated, retries, other servers, CNAMEs. Only an answer whose
 * address, id and question match is believed.
 *
 * A server that left a question without an answer, while it answered no other
 * one since, is asked last for the rest of the run. A server that says SERVFAIL
 * or REFUSED is believed when no other server knows better. Each server gets at
 * least one try. */
struct dns;

bool dns_open(const struct dns_settings *settings, const struct deadline *deadline,
	      struct dns **dns, struct fault *fault);
struct resolver *dns_resolver(struct dns *dns);
/* Does the AD bit of its servers count? */
bool dns_trusts_ad(const struct dns *dns);
/* How many questions went out: equal ones count once. */
size_t dns_asked(const struct dns *dns);
/* From here on, this is the deadline. */
void dns_end_at(struct dns *dns, const struct deadline *deadline);
void dns_close(struct dns *dns);

/* A random number that nobody can guess: for names that must not exist. */
uint64_t dns_nonce(void);

#endif
