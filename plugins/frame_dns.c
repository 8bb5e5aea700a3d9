/* SPDX-License-Identifier: GPL-3.0-or-later */
#include <stdio.h>

#include "frame.h"

/* The DNS of a plugin's run: only those that ask it are linked with this. */

enum { TRACE_MAX = 1 << 20 };

/* ---- the resolvers ---- */

static bool read_resolvers(struct frame *frame, struct fault *fault)
{
	const struct frame_settings *settings = &frame->settings;
	struct dns_settings *dns = &frame->dns_settings;
	uint16_t port = settings->port > 0 ? settings->port : DNS_PORT;

	if (settings->resolvers.count > DNS_SERVERS_MAX)
		return fault_set(fault, FAULT_USAGE, "--resolver: more than %d", DNS_SERVERS_MAX);
	for (size_t i = 0; i < settings->resolvers.count; i++) {
		const char *word = settings->resolvers.at[i];

		if (!endpoint_parse(slice_of(word), port, &dns->servers[i]))
			return fault_set(fault, FAULT_USAGE,
					 "--resolver: %s is no ADDRESS, ADDRESS:PORT or [ADDRESS]:PORT",
					 word);
	}
	dns->server_count = settings->resolvers.count;
	return true;
}

static void use_system_resolvers(struct frame *frame)
{
	struct dns_settings *dns = &frame->dns_settings;

	dns_settings_from_system(dns);
	if (dns->server_count == 0)
		endpoint_parse(slice_of("127.0.0.1"), DNS_PORT, &dns->servers[dns->server_count++]);
	for (size_t i = 0; i < dns->server_count && frame->settings.port > 0; i++)
		dns->servers[i].port = frame->settings.port;
}

static bool prepare(struct frame *frame, struct fault *fault)
{
	const struct frame_settings *settings = &frame->settings;
	struct dns_settings *dns = &frame->dns_settings;

	*dns = dns_defaults;
	if (settings->resolvers.count == 0)
		use_system_resolvers(frame);
	else if (!read_resolvers(frame, fault))
		return false;
	if (settings->dns_timeout_ms > 0)
		dns->timeout_ms = settings->dns_timeout_ms;
	if (settings->dns_tries > 0)
		dns->tries = settings->dns_tries;
	return true;
}

/* ---- asking ---- */

static void add_timeout(struct frame *frame, const char *stage,
			const struct dns_question *questions, size_t count)
{
	const struct dns_question *first = NULL;
	struct text text = { 0 };
	char server[ENDPOINT_TEXT] = "dns";
	size_t unfinished = 0;

	for (size_t i = 0; i < count; i++) {
		if (questions[i].status != DNS_UNFINISHED)
			continue;
		unfinished++;
		if (first == NULL || (first->tries == 0 && questions[i].tries > 0))
			first = &questions[i];
	}
	if (first == NULL || frame->was_cut_off)
		return;
	frame->was_cut_off = true;
	if (first->tries > 0)
		endpoint_print(&first->answered_by, server);
	text_add(&text, "timeout after %g s in stage %s, waiting for %s to answer %s %s",
		 (double)frame->settings.monitor.timeout.ms / 1000, stage, server,
		 dns_type_word(first->type), first->name.text);
	if (unfinished > 1)
		text_add(&text, " (and %zu more)", unfinished - 1);
	result_add(&frame->result, frame->settings.monitor.timeout.state, "timeout", stage, server,
		   &text);
}

/* Whatever the other side says, it does not say our secrets. */
static void mask_records(struct frame *frame, struct dns_question *question)
{
	for (size_t i = 0; i < dns_count(question); i++) {
		struct slice *data = &question->records->at[i].data;

		data->len = result_mask_bytes(&frame->result, (char *)data->at, data->len);
	}
}

void frame_reserve(struct frame *frame, size_t findings)
{
	/* Measured generously, on a slow machine. */
	static const int64_t each_us[] = {
		[FORMAT_TEXT] = 10, [FORMAT_JSON] = 80, [FORMAT_PROMETHEUS] = 20, [FORMAT_HTML] = 80,
	};
	static const int64_t redacted_us = 60;
	struct deadline earlier = frame->deadline;

	earlier.at_us -= (int64_t)findings * (each_us[frame->settings.monitor.format] +
					      (frame->settings.monitor.redacts ? redacted_us : 0));
	dns_end_at(frame->dns, &earlier);
}

void frame_ask(struct frame *frame, const char *stage, struct dns_question *questions,
	       size_t count)
{
	struct resolver *resolver = dns_resolver(frame->dns);
	struct text *trace = &frame->result.trace;

	resolver->ask(resolver, questions, count);
	for (size_t i = 0; i < count; i++) {
		size_t from = trace->len;

		frame->asked[questions[i].status]++;
		if (questions[i].status == DNS_TIMEOUT)
			frame->silence = questions[i].detail;
		mask_records(frame, &questions[i]);
		if (frame->settings.monitor.verbosity > 1 && from < TRACE_MAX) {
			dns_print(trace, &questions[i]);
			text_add_char(trace, '\n');
			result_mask(&frame->result, trace, from);
		}
	}
	add_timeout(frame, stage, questions, count);
}

/* The resolvers, joined by ','. */
static void print_servers(const struct frame *frame, struct text *text)
{
	char server[ENDPOINT_TEXT];

	for (size_t i = 0; i < frame->dns_settings.server_count; i++) {
		endpoint_print(&frame->dns_settings.servers[i], server);
		text_add(text, "%s%s", i > 0 ? "," : "", server);
	}
}

static void judge_rewriting(struct frame *frame, const char *servers)
{
	struct dns_question question = { .type = DNS_A };
	struct text text = { 0 };
	char address[IP_TEXT];

	/* RFC 6761 6.4: names in "invalid" do not exist. */
	snprintf(question.name.text, sizeof question.name.text, "mailpath-%016llx.invalid",
		 (unsigned long long)dns_nonce());
	frame_ask(frame, "resolver", &question, 1);
	if (question.status == DNS_FOUND) {
		ip_print(&question.records->at[0].ip, address);
		text_add(&text, "answered %s for a name below .invalid, which never exists", address);
		result_add(&frame->result, STATE_UNKNOWN, "resolver_rewrites", "resolver", servers,
			   &text);
	}
	dns_release(&question, 1);
}

void frame_judge_resolver(struct frame *frame, bool is_suspect)
{
	struct text servers = { 0 }, text = { 0 };
	size_t total = 0;

	for (size_t i = 0; i <= DNS_GARBLED; i++)
		total += frame->asked[i];
	print_servers(frame, &servers);
	if (total > 0 && frame->asked[DNS_TIMEOUT] == total) {
		text_add(&text, "no answer to any of %zu questions", total);
		if (frame->silence != NULL)
			text_add(&text, ": %s", frame->silence);
		result_add(&frame->result, STATE_UNKNOWN, "resolver_silent", "resolver",
			   text_str(&servers), &text);
	} else if (total > 0 && frame->asked[DNS_REFUSED] == total) {
		text_add(&text, "refused each of %zu questions", total);
		result_add(&frame->result, STATE_UNKNOWN, "resolver_refuses", "resolver",
			   text_str(&servers), &text);
	} else if (is_suspect) {
		judge_rewriting(frame, text_str(&servers));
	}
	text_release(&servers);
}

static bool open_dns(struct frame *frame)
{
	struct fault out_of_memory;

	return dns_open(&frame->dns_settings, &frame->deadline, &frame->dns, &out_of_memory);
}

static void close_dns(struct frame *frame)
{
	dns_close(frame->dns);
}

const struct frame_dns frame_dns = { prepare, open_dns, close_dns };
