/* SPDX-License-Identifier: GPL-3.0-or-later */
#include <stdio.h>
#include <string.h>
#include <time.h>

#include "content_look.h"
#include "net/connection.h"
#include "net/hosts.h"
#include "net/http.h"
#include "net/tcp.h"

/* Asking a content filter. */

enum { CONNECT_MS = 10000, PEERS = 8, TRACE_MAX = 4096, HEADERS = 5 + CONTENT_RECIPIENTS_MAX };

static const char stage[] = "filter";

/* The words that --filter begins with. */
struct content_protocol {
	const char *scheme, *url;	/* url: what it is for libcurl */
	uint16_t port;
	bool has_path;
	bool (*ask)(struct content_look *look, const struct deadline *deadline, struct fault *fault);
};

/* ---- rspamd */

static struct filter_envelope envelope_of(const struct content_settings *settings)
{
	const struct words *to = settings->rcpt.count > 0 ? &settings->rcpt : &settings->to;

	return (struct filter_envelope){
		.ip = settings->ip, .helo = settings->helo,
		.from = settings->mail_from != NULL ? settings->mail_from : settings->from,
		.to = to->at, .to_count = to->count,
	};
}

/* What it answered, for -vv. */
static void add_trace(struct content_look *look, struct slice reply)
{
	text_add(&look->trace, "%s answered %zu bytes: ", look->filter.label, reply.len);
	text_add_foreign_most(&look->trace, reply, TRACE_MAX);
	text_add_char(&look->trace, '\n');
}

/* A list of lines, and what they point into. */
struct headers {
	struct text text[HEADERS];
	const char *at[HEADERS];
	size_t count;
};

static void add_header(struct headers *headers, const char *name, const char *value)
{
	struct text *text = &headers->text[headers->count];

	if (value == NULL || headers->count == HEADERS)
		return;
	/* Without a value, libcurl would take the header out. */
	text_add(text, "%s: %s", name, value[0] != '\0' ? value : "<>");
	headers->at[headers->count++] = text_str(text);
}

static bool ask_rspamd(struct content_look *look, const struct deadline *deadline, struct fault *fault)
{
	const struct content_filter *filter = &look->filter;
	struct filter_envelope envelope = envelope_of(look->settings);
	struct headers headers = { .count = 0 };
	struct text url = { 0 }, reply = { 0 };
	char host[ENDPOINT_TEXT];
	long status = 0;
	bool good;

	add_header(&headers, "IP", envelope.ip);
	add_header(&headers, "Helo", envelope.helo);
	add_header(&headers, "Hostname", envelope.helo);
	add_header(&headers, "From", envelope.from);
	for (size_t i = 0; i < envelope.to_count; i++)
		add_header(&headers, "Rcpt", envelope.to[i]);
	endpoint_print(&filter->peers[0], host);
	if (filter->host[0] != '\0')
		text_add(&url, "%s://%s:%u%s", filter->protocol->url, filter->host, filter->port, filter->path);
	else
		text_add(&url, "%s://%s%s", filter->protocol->url, host, filter->path);
	struct http_request request = {
		.url = text_str(&url), .headers = headers.at, .header_count = headers.count,
		.body = text_slice(&look->message), .host = filter->host[0] != '\0' ? filter->host : NULL,
		.port = filter->port, .peers = filter->peers, .peer_count = filter->peer_count,
		.connect_ms = CONNECT_MS, .limit = FILTER_REPLY_MAX,
	};
	good = http_post(&request, deadline, &status, &reply, fault);
	if (good && status != 200)
		good = fault_set(fault, FAULT_PROTOCOL, "it answered with HTTP status %ld", status);
	add_trace(look, text_slice(&reply));
	good = good && filter_rspamd_parse(text_slice(&reply), &look->verdict, fault);
	for (size_t i = 0; i < headers.count; i++)
		text_release(&headers.text[i]);
	text_release(&url);
	text_release(&reply);
	return good;
}

/* ---- spamd */

static bool read_reply(struct stream *stream, struct text *reply, struct fault *fault)
{
	char bytes[4096];
	size_t got;

	for (;;) {
		switch (stream->read(stream, bytes, sizeof bytes, &got, fault)) {
		case STREAM_FINE:
			break;
		case STREAM_CLOSED:
			return true;
		case STREAM_LATE:
			return fault_set(fault, FAULT_TIMEOUT, "still waiting for its reply");
		case STREAM_BROKEN:
		case STREAM_UNTRUSTED:
		case STREAM_EARLY:
			return false;
		}
		if (reply->len + got > FILTER_REPLY_MAX)
			return fault_set(fault, FAULT_PROTOCOL, "the reply is too long");
		text_add_slice(reply, (struct slice){ bytes, got });
	}
}

static bool converse(struct content_look *look, struct stream *stream, struct fault *fault)
{
	struct filter_envelope envelope = envelope_of(look->settings);
	struct text request = { 0 }, reply = { 0 };
	enum stream_status status;
	char date[64];
	struct tm tm;
	bool good;

	gmtime_r(&look->settings->at, &tm);
	strftime(date, sizeof date, "%a, %d %b %Y %H:%M:%S +0000", &tm);
	filter_spamd_request(&envelope, date, look->message.len, &request);
	status = stream->write(stream, text_slice(&request), fault);
	if (status == STREAM_FINE)
		status = stream->write(stream, text_slice(&look->message), fault);
	/* Whoever does not want all of it may say so before it breaks off. */
	good = status == STREAM_LATE ? fault_set(fault, FAULT_TIMEOUT, "it does not take the message")
				     : read_reply(stream, &reply, fault);
	add_trace(look, text_slice(&reply));
	good = good && filter_spamd_parse(text_slice(&reply), &look->verdict, fault);
	text_release(&request);
	text_release(&reply);
	return good;
}

static bool ask_spamd(struct content_look *look, const struct deadline *deadline, struct fault *fault)
{
	static const struct tcp_settings settings = { .timeout_ms = CONNECT_MS };
	const struct content_filter *filter = &look->filter;
	struct connection connection = { .deadline = deadline };
	struct tcp tcp;
	bool good;

	switch (tcp_connect(filter->peers, filter->peer_count, &settings, deadline, &tcp, fault)) {
	case TCP_OPEN:
		break;
	case TCP_LATE:
		return fault_set(fault, FAULT_TIMEOUT, "still connecting");
	case TCP_TIMEOUT:
	case TCP_REFUSED:
	case TCP_UNREACHABLE:
	case TCP_RESET:
	case TCP_LOCAL:
		fault->kind = FAULT_NETWORK;
		return false;
	}
	connection.fd = tcp.fd;
	connection_open(&connection);
	good = converse(look, &connection.stream, fault);
	connection_close(&connection);
	return good;
}

/* ---- the word */

static const struct content_protocol protocols[] = {
	{ "rspamd://", "http", 11333, false, ask_rspamd },
	{ "http://", "http", 80, true, ask_rspamd },
	{ "https://", "https", 443, true, ask_rspamd },
	{ "spamd://", NULL, 783, false, ask_spamd },
};

static bool parse_authority(struct slice word, uint16_t port, struct content_filter *filter,
			    struct fault *fault)
{
	const char *colon = word.len > 0 ? memrchr(word.at, ':', word.len) : NULL;
	struct slice name = word;
	uint64_t number = port;

	if (endpoint_parse(word, port, &filter->peers[0])) {
		filter->peer_count = 1;
		filter->port = filter->peers[0].port;
		endpoint_print(&filter->peers[0], filter->label);
		return true;
	}
	if (colon != NULL) {
		name.len = (size_t)(colon - word.at);
		if (!slice_number((struct slice){ colon + 1, word.len - name.len - 1 }, 65535, &number) || number == 0)
			return fault_set(fault, FAULT_USAGE, "its port is no number from 1 to 65535");
	}
	if (!domain_parse(name, &filter->name, fault))
		return false;
	filter->port = (uint16_t)number;
	snprintf(filter->host, sizeof filter->host, "%s", filter->name.text);
	snprintf(filter->label, sizeof filter->label, "%s:%u", filter->host, filter->port);
	return true;
}

bool content_filter_parse(const char *word, struct content_filter *filter, struct fault *fault)
{
	struct slice rest = slice_of(word), authority;

	for (size_t i = 0; i < sizeof protocols / sizeof *protocols; i++) {
		const struct content_protocol *protocol = &protocols[i];
		size_t len = strlen(protocol->scheme), end;

		if (!slice_starts(rest, protocol->scheme))
			continue;
		end = strcspn(word + len, "/?#");
		authority = (struct slice){ word + len, end };
		filter->protocol = protocol;
		filter->path = word + len + end;
		if (authority.len > 0 && memchr(authority.at, '@', authority.len) != NULL)
			return fault_set(fault, FAULT_USAGE, "--filter: a login does not belong into a URL");
		if (filter->path[0] != '\0' && filter->path[1] != '\0' && !protocol->has_path)
			return fault_set(fault, FAULT_USAGE, "--filter: %s takes no path", protocol->scheme);
		for (const char *c = filter->path; *c != '\0'; c++) {
			if (*c <= ' ' || *c > '~')
				return fault_set(fault, FAULT_USAGE, "--filter: a blank or a foreign letter in its path");
		}
		if (filter->path[0] == '\0' || filter->path[1] == '\0')
			filter->path = "/checkv2";
		return parse_authority(authority, protocol->port, filter, fault) ||
		       fault_prefix(fault, "--filter: %.80s: ", word);
	}
	return fault_set(fault, FAULT_USAGE, "--filter: %.80s is not rspamd://HOST, http://HOST, https://HOST or "
			 "spamd://HOST", word);
}

/* ---- its address */

static bool is_wanted(const struct frame *frame, const struct ip *ip)
{
	const struct frame_settings *settings = &frame->settings;

	return settings->only_v4 == settings->only_v6 ||
	       (ip->version == 4 ? settings->only_v4 : settings->only_v6);
}

static void add_peer(struct content_filter *filter, const struct ip *ip, const struct frame *frame)
{
	if (filter->peer_count < PEERS && is_wanted(frame, ip))
		filter->peers[filter->peer_count++] = (struct endpoint){ *ip, filter->port, 0 };
}

/* /etc/hosts first, as any client would. If there are none: why. */
static const char *find_peers(struct content_filter *filter, struct frame *frame)
{
	struct dns_question questions[] = { { .name = filter->name, .type = DNS_AAAA },
					    { .name = filter->name, .type = DNS_A } };
	struct ip ips[PEERS];
	const char *why;
	size_t count = hosts_find(&filter->name, ips, PEERS);

	for (size_t i = 0; i < count; i++)
		add_peer(filter, &ips[i], frame);
	if (count > 0)
		return "no address of its name in /etc/hosts is of the wanted family";
	frame_ask(frame, stage, questions, 2);
	for (size_t q = 0; q < 2; q++) {
		for (size_t i = 0; i < dns_count(&questions[q]); i++)
			add_peer(filter, &questions[q].records->at[i].ip, frame);
	}
	why = dns_is_answered(&questions[0]) && dns_is_answered(&questions[1])
	      ? "its name has no address" : "the DNS gave no usable answer for its name";
	dns_release(questions, 2);
	return why;
}

/* ---- asking */

static void add_failure(const struct content_filter *filter, struct frame *frame, struct fault *fault)
{
	const char *reason = fault->kind == FAULT_PROTOCOL ? "filter_not_understood" : "filter_unreachable";

	if (fault->kind == FAULT_TIMEOUT && frame->was_cut_off)
		return;
	if (fault->kind != FAULT_TIMEOUT) {
		result_add_fault(&frame->result, STATE_UNKNOWN, reason, stage, filter->label, fault);
		return;
	}
	frame->was_cut_off = true;
	fault_prefix(fault, "timeout after %g s in stage filter, %s: ",
		     (double)frame->settings.monitor.timeout.ms / 1000, filter->label);
	result_add_fault(&frame->result, frame->settings.monitor.timeout.state, "timeout", stage, filter->label,
			 fault);
}

void content_filter_ask(struct content_look *look, struct frame *frame)
{
	struct content_filter *filter = &look->filter;
	const char *why = NULL;
	struct fault fault;

	*filter = look->settings->filter;
	/* What is no message has nothing to be asked about. */
	if (filter->protocol == NULL || look->content.fields == 0)
		return;
	if (filter->host[0] != '\0')
		why = find_peers(filter, frame);
	if (look->is_too_long)
		fault_set(&fault, FAULT_LOCAL, "the message is larger than 64 MiB, and no filter is asked about that");
	else if (filter->peer_count == 0)
		fault_set(&fault, deadline_passed(&frame->deadline) ? FAULT_TIMEOUT : FAULT_NETWORK,
			  "%s", why);
	else
		look->was_asked = filter->protocol->ask(look, &frame->deadline, &fault);
	if (frame->settings.monitor.verbosity > 1)
		text_add_slice(&frame->result.trace, text_slice(&look->trace));
	if (!look->was_asked)
		add_failure(filter, frame, &fault);
}
