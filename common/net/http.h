/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef MAILPATH_NET_HTTP_H
#define MAILPATH_NET_HTTP_H

#include "base/fault.h"
#include "base/ip.h"
#include "base/text.h"
#include "net/deadline.h"

/* One request by libcurl, which only the programs that use this are linked with. */

struct http_request {
	const char *url;		/* http or https */
	const char *const *headers;	/* "Name: value" */
	size_t header_count;
	struct slice body;
	/* The addresses of the URL's host, where it is a name: `host` and `port` are those of
	 * the URL. libcurl asks no DNS. */
	const char *host;
	uint16_t port;
	const struct endpoint *peers;
	size_t peer_count;
	int64_t connect_ms;
	size_t limit;			/* of the reply; a longer one is a fault */
};

/* POST; no redirection is followed, no proxy of the environment is used. True: the server
 * answered, with `status`. */
bool http_post(const struct http_request *request, const struct deadline *deadline, long *status,
	       struct text *reply, struct fault *fault);

#endif
