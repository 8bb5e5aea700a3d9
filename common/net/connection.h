/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef MAILPATH_NET_CONNECTION_H
#define MAILPATH_NET_CONNECTION_H

#include "base/stream.h"
#include "net/deadline.h"
#include "net/tls.h"

/* A stream over a socket, in clear until start_tls(). */
struct connection {
	struct stream stream;
	int fd;					/* closed by connection_close() */
	const struct deadline *deadline;
	struct tls_context *context;		/* for start_tls */
	struct tls_target target;
	struct tls *tls;
	struct tls_report report;
};

/* Set up what is not set: fd, deadline, context and target are the caller's. */
void connection_open(struct connection *connection);
void connection_close(struct connection *connection);

#endif
