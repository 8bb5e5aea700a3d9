/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef MAILPATH_NET_TCP_H
#define MAILPATH_NET_TCP_H

#include "base/fault.h"
#include "base/ip.h"
#include "net/deadline.h"

/* Connections, and why there is none. */

enum tcp_outcome {
	TCP_OPEN,
	TCP_TIMEOUT,		/* no answer within the connect timeout */
	TCP_REFUSED,
	TCP_UNREACHABLE,	/* a router or this machine knows no way */
	TCP_RESET,
	TCP_LATE,		/* the deadline of the run struck */
	TCP_LOCAL,		/* this machine could not: sockets, the source address, a path */
};

/* "timeout" */
const char *tcp_outcome_word(enum tcp_outcome outcome);

enum tcp_proxy { TCP_PROXY_NONE, TCP_PROXY_V1, TCP_PROXY_V2 };

struct tcp_settings {
	struct ip source;	/* version 0: any; of the other family: that one is not used */
	int64_t timeout_ms;	/* to connect */
	enum tcp_proxy proxy;	/* say first who talks to whom (haproxy's PROXY protocol) */
};

struct tcp {
	int fd;				/* the caller's, not blocking, without Nagle's delay */
	size_t peer;			/* which of the addresses it is */
	struct endpoint local;
	int64_t took_us;
};

/* Connect to the first of these that answers: each has a head start of 250 ms on
 * the next (RFC 8305 5). The fault says what happened to the last one, unless
 * OPEN. */
enum tcp_outcome tcp_connect(const struct endpoint *peers, size_t count,
			     const struct tcp_settings *settings, const struct deadline *deadline,
			     struct tcp *tcp, struct fault *fault);

/* Connect to a UNIX socket. */
enum tcp_outcome tcp_connect_path(const char *path, const struct tcp_settings *settings,
				  const struct deadline *deadline, struct tcp *tcp,
				  struct fault *fault);

/* Does this machine know a way there? No packet is sent. */
bool tcp_has_route(const struct ip *ip);

#endif
