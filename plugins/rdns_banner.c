/* SPDX-License-Identifier: GPL-3.0-or-later */
#include <pthread.h>
#include <stdlib.h>
#include <string.h>

#include "net/connection.h"
#include "rdns_hosts.h"

/* What the mail server on an address says first. */

enum { CONNECT_MS = 10000, TOGETHER = 64, STACK = 256 << 10 };

static void take_failure(struct rdns_banner *banner, enum stream_status status)
{
	banner->is_late = status == STREAM_LATE;
}

/* A whole reply, of one line or several. */
static void hear(struct stream *stream, struct rdns_banner *banner)
{
	char bytes[SMTP_LINE_MAX + 3];	/* one more than the longest line and its end */
	size_t len = 0, used, got;
	enum smtp_parse whole = SMTP_MORE;

	while (whole == SMTP_MORE) {
		struct smtp_line line;
		enum smtp_parse parsed = smtp_line_parse((struct slice){ bytes, len }, &line, &used,
							 &banner->fault);
		enum stream_status status;

		if (parsed == SMTP_BAD) {
			whole = SMTP_BAD;
		} else if (parsed == SMTP_DONE) {
			whole = smtp_reply_add(&banner->reply, &line, &banner->fault);
			memmove(bytes, bytes + used, len - used);
			len -= used;
		} else {
			status = stream->read(stream, bytes + len, sizeof bytes - len, &got, &banner->fault);
			if (status != STREAM_FINE) {
				take_failure(banner, status);
				return;
			}
			len += got;
		}
	}
	banner->is_heard = whole == SMTP_DONE;
	banner->is_nonsense = whole == SMTP_BAD;
}

/* One address: for a thread. */
struct errand {
	struct rdns_host *host;
	uint16_t port;
	const struct deadline *deadline;
	pthread_t thread;
	bool has_thread;
};

static void *run_errand(void *argument)
{
	static const struct tcp_settings settings = { .timeout_ms = CONNECT_MS };
	struct errand *errand = argument;
	struct rdns_banner *banner = &errand->host->banner;
	struct endpoint peer = { errand->host->ip, errand->port, 0 };
	struct connection connection = { .deadline = errand->deadline };
	struct fault unused;
	struct tcp tcp;

	banner->outcome = tcp_connect(&peer, 1, &settings, errand->deadline, &tcp, &banner->fault);
	if (banner->outcome != TCP_OPEN)
		return NULL;
	connection.fd = tcp.fd;
	connection_open(&connection);
	hear(&connection.stream, banner);
	if (banner->is_heard)
		connection.stream.write(&connection.stream, slice_of("QUIT\r\n"), &unused);
	connection_close(&connection);
	return NULL;
}

static void run_together(struct errand *errands, size_t count)
{
	pthread_attr_t attributes;

	pthread_attr_init(&attributes);
	pthread_attr_setstacksize(&attributes, STACK);
	for (size_t i = 0; i < count; i++) {
		/* One needs no thread; and without threads, it is one after the other. */
		errands[i].has_thread = count > 1 && pthread_create(&errands[i].thread, &attributes,
								    run_errand, &errands[i]) == 0;
		if (!errands[i].has_thread)
			run_errand(&errands[i]);
	}
	for (size_t i = 0; i < count; i++) {
		if (errands[i].has_thread)
			pthread_join(errands[i].thread, NULL);
	}
	pthread_attr_destroy(&attributes);
}

void rdns_banners_read(struct rdns_hosts *hosts, const struct rdns_settings *settings,
		       struct frame *frame)
{
	struct errand errands[TOGETHER];

	for (size_t from = 0; from < hosts->count; from += TOGETHER) {
		size_t count = hosts->count - from < TOGETHER ? hosts->count - from : TOGETHER;

		for (size_t i = 0; i < count; i++)
			errands[i] = (struct errand){
				.host = &hosts->at[from + i],
				.port = settings->port > 0 ? settings->port : SMTP_PORT,
				.deadline = &frame->deadline,
			};
		run_together(errands, count);
	}
}
