/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef MAILPATH_BASE_STREAM_H
#define MAILPATH_BASE_STREAM_H

#include "base/fault.h"
#include "base/slice.h"

/* The seam: talk to a peer. net/tcp and net/tls implement it; tests do, with a
 * script (tests/fakes/script.h). */

enum stream_status {
	STREAM_FINE,
	STREAM_CLOSED,		/* the peer closed the connection */
	STREAM_BROKEN,		/* it was reset, or lost in another way; a TLS error too */
	STREAM_LATE,		/* the deadline struck, or `hurry_us` did */
	STREAM_UNTRUSTED,	/* start_tls: there is TLS, but the certificate is not good
				 * enough for what was asked for */
	STREAM_EARLY,		/* start_tls: the peer spoke before the handshake */
};

struct stream {
	/* Wait for bytes: at least one, at most `size`. The fault says what happened
	 * unless FINE. */
	enum stream_status (*read)(struct stream *self, char *to, size_t size, size_t *got,
				   struct fault *fault);
	/* All of it. */
	enum stream_status (*write)(struct stream *self, struct slice bytes, struct fault *fault);
	/* The TLS handshake. What was found out about the certificate is told
	 * elsewhere (net/tls.h). CLOSED, BROKEN: it failed. */
	enum stream_status (*start_tls)(struct stream *self, struct fault *fault);
	/* A clock that nobody sets, in microseconds. */
	int64_t (*now_us)(struct stream *self);
	/* Wait no longer than until then, and take what is there; 0: only the deadline
	 * counts. */
	int64_t hurry_us;
};

#endif
