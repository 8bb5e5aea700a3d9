/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "net/connection.h"

#include <errno.h>
#include <poll.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

/* The stream is the first member. */
static struct connection *of(struct stream *stream)
{
	return (struct connection *)stream;
}

static struct deadline until(const struct connection *connection)
{
	struct deadline deadline = *connection->deadline;
	int64_t hurry_us = connection->stream.hurry_us;

	if (hurry_us != 0 && hurry_us < deadline.at_us)
		deadline.at_us = hurry_us;
	return deadline;
}

/* The socket said it would block: wait. Or it failed, and why. */
static enum stream_status wait_or_fail(const struct connection *connection, short events,
				       struct fault *fault)
{
	struct deadline deadline = until(connection);
	struct pollfd poller = { .fd = connection->fd, .events = events };
	int error = errno;
	char text[128];

	if (error == EAGAIN || error == EINTR) {
		if (poll(&poller, 1, deadline_poll_ms(&deadline, INT64_MAX)) > 0 ||
		    !deadline_passed(&deadline))
			return STREAM_FINE;
		fault_set(fault, FAULT_TIMEOUT, "no answer in time");
		return STREAM_LATE;
	}
	fault_set(fault, FAULT_NETWORK, "%s", strerror_r(error, text, sizeof text));
	return error == EPIPE ? STREAM_CLOSED : STREAM_BROKEN;
}

static enum stream_status read_clear(const struct connection *connection, char *to, size_t size,
				     size_t *got, struct fault *fault)
{
	enum stream_status status = STREAM_FINE;

	while (status == STREAM_FINE) {
		ssize_t count = recv(connection->fd, to, size, 0);

		if (count > 0) {
			*got = (size_t)count;
			return STREAM_FINE;
		}
		if (count == 0) {
			fault_set(fault, FAULT_NETWORK, "the server closed the connection");
			return STREAM_CLOSED;
		}
		status = wait_or_fail(connection, POLLIN, fault);
	}
	return status;
}

static enum stream_status read_some(struct stream *stream, char *to, size_t size, size_t *got,
				    struct fault *fault)
{
	struct connection *connection = of(stream);
	struct deadline deadline = until(connection);
	enum stream_status status = connection->tls != NULL
		? tls_read(connection->tls, to, size, got, &deadline, fault)
		: read_clear(connection, to, size, got, fault);

	/* Someone who never pauses does not outlast the deadline. */
	if (status != STREAM_FINE || !deadline_passed(connection->deadline))
		return status;
	fault_set(fault, FAULT_TIMEOUT, "no end in time");
	return STREAM_LATE;
}

static enum stream_status write_all(struct stream *stream, struct slice bytes, struct fault *fault)
{
	struct connection *connection = of(stream);
	struct deadline deadline = until(connection);
	enum stream_status status = STREAM_FINE;

	if (connection->tls != NULL)
		return tls_write(connection->tls, bytes, &deadline, fault);
	while (bytes.len > 0 && status == STREAM_FINE) {
		ssize_t count = send(connection->fd, bytes.at, bytes.len, MSG_NOSIGNAL);

		if (count > 0) {
			bytes.at += count;
			bytes.len -= (size_t)count;
		} else {
			status = wait_or_fail(connection, POLLOUT, fault);
		}
	}
	return status;
}

static enum stream_status start_tls(struct stream *stream, struct fault *fault)
{
	struct connection *connection = of(stream);

	return tls_start(connection->context, connection->fd, &connection->target,
			 connection->deadline, &connection->tls, &connection->report, fault);
}

static int64_t read_clock(struct stream *stream)
{
	(void)stream;
	return now_us();
}

void connection_open(struct connection *connection)
{
	connection->stream = (struct stream){ read_some, write_all, start_tls, read_clock, 0 };
	connection->tls = NULL;
	memset(&connection->report, 0, sizeof connection->report);
}

void connection_close(struct connection *connection)
{
	tls_end(connection->tls);
	connection->tls = NULL;
	if (connection->fd >= 0)
		close(connection->fd);
	connection->fd = -1;
}
