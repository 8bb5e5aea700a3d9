/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "frame.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "monitor/output.h"
#include "net/file.h"
#include "net/process.h"

enum { FILE_MAX = 16 << 20, TRACE_MAX = 1 << 20 };

#define FIELD(name) offsetof(struct frame_settings, name)

static const struct option_row frame_options[] = {
	{ .help = "DNS" },
	{ 0, "resolver", "ADDR[:PORT]", option_words, FIELD(resolvers),
	  "ask this DNS server (default: as /etc/resolv.conf says); repeatable", NULL },
	{ 0, "dns-timeout", "SECONDS", option_seconds, FIELD(dns_timeout_ms),
	  "per try (2, or what resolv.conf says)", NULL },
	{ 0, "dns-tries", "N", option_count, FIELD(dns_tries),
	  "tries (3, or what resolv.conf says)", NULL },
	{ '4', "ipv4", NULL, option_flag, FIELD(only_v4), "of a name, only the IPv4 addresses", NULL },
	{ '6', "ipv6", NULL, option_flag, FIELD(only_v6), "of a name, only the IPv6 addresses", NULL },
	{ 0 },
};

static const struct option_row no_options[] = { { 0 } };

/* ---- printing: only here ---- */

static int print(const struct text *out, int code)
{
	if (text_failed(out) || fwrite(text_str(out), 1, out->len, stdout) != out->len ||
	    fflush(stdout) != 0)
		return STATE_UNKNOWN;
	return code;
}

static int print_wrong_usage(const struct frame *frame, const struct fault *fault)
{
	struct text out = { 0 };
	int code;

	output_wrong_usage(&frame->result, fault, &out);
	code = print(&out, STATE_UNKNOWN);
	text_release(&out);
	return code;
}

static int print_result(const struct frame *frame)
{
	const struct monitor_settings *settings = &frame->settings.monitor;
	struct text out = { 0 }, trace = { 0 };
	struct fault fault;
	int code = output_exit_code(&frame->result);

	output_render(&frame->result, &out);
	if (settings->verbosity > 1 && settings->format != FORMAT_TEXT) {
		output_trace(&frame->result, &trace);
		fputs(text_str(&trace), stderr);
		text_release(&trace);
	}
	if (text_failed(&out))
		code = STATE_UNKNOWN;
	else if (settings->output_file == NULL)
		code = print(&out, code);
	else if (!file_replace(settings->output_file, text_slice(&out), &fault) &&
		 !fault_prefix(&fault, "--output-file: "))
		code = print_wrong_usage(frame, &fault);
	text_release(&out);
	return code;
}

/* ---- options ---- */

/* A configuration is a file, and there; nobody waits for one. */
static bool read_ini(void *context, const char *path, struct text *content, struct fault *fault)
{
	struct deadline soon = deadline_from(now_us(), 100);

	(void)context;
	if (strcmp(path, "-") == 0)
		return fault_set(fault, FAULT_USAGE, "-: standard input is no ini file");
	return file_read(path, FILE_MAX, &soon, content, fault);
}

static const char *variable(const char *name)
{
	return secure_getenv(name);
}

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

static bool choose_resolver(struct frame *frame, struct fault *fault)
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

/* ---- the DNS ---- */

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
		[FORMAT_TEXT] = 10, [FORMAT_JSON] = 80, [FORMAT_PROMETHEUS] = 20,
	};
	struct deadline earlier = frame->deadline;

	earlier.at_us -= (int64_t)findings * each_us[frame->settings.monitor.format];
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

void frame_judge_secret_file(struct frame *frame, const char *path)
{
	struct text text = { 0 };

	if (!file_is_exposed(path))
		return;
	text_add(&text, "everybody on this machine may read it");
	result_add(&frame->result, STATE_WARNING, "secret_exposed", "options", path, &text);
}

/* ---- the run ---- */

static void probe(const struct frame_plugin *plugin, struct frame *frame, void *settings)
{
	struct fault out_of_memory;

	if (!dns_open(&frame->dns_settings, &frame->deadline, &frame->dns, &out_of_memory)) {
		frame->result.failed = true;
		return;
	}
	plugin->probe(frame, settings);
	dns_close(frame->dns);
}

static int run(const struct frame_plugin *plugin, struct frame *frame, void *settings,
	       int64_t begun_us)
{
	struct monitor_settings *monitor = &frame->settings.monitor;
	struct text page = { 0 };
	struct fault fault;
	bool good;
	int code;

	if (monitor->lists_reasons)
		output_reasons(plugin->plugin.reasons, &page);
	if (monitor->lists_reasons || (plugin->list != NULL && plugin->list(settings, &page))) {
		code = print(&page, STATE_UNKNOWN);
		text_release(&page);
		return code;
	}
	frame->deadline = deadline_from(begun_us, monitor->timeout.ms);
	good = monitor_settings_check(monitor, &plugin->plugin, &fault) &&
	       choose_resolver(frame, &fault) && plugin->prepare(frame, settings, &fault);
	if (!good && fault.kind != FAULT_TIMEOUT)
		return print_wrong_usage(frame, &fault);
	if (good)
		probe(plugin, frame, settings);
	else if (!fault_prefix(&fault, "timeout after %g s in stage options: ",
			       (double)monitor->timeout.ms / 1000))
		result_add_fault(&frame->result, monitor->timeout.state, "timeout", "options",
				 "options", &fault);
	frame->result.duration = (double)(now_us() - begun_us) / 1e6;
	result_measure(&frame->result, "time", frame->result.duration);
	result_judge(&frame->result);
	return print_result(frame);
}

int frame_run(const struct frame_plugin *plugin, void *settings, int argc, char **argv)
{
	int64_t begun_us = now_us();
	struct frame frame = {
		.settings.monitor.timeout = { 30000, STATE_UNKNOWN },
	};
	const struct option_world world = { read_ini, NULL, variable };
	const struct option_table tables[] = {
		{ plugin->plugin.options, settings },
		{ plugin->frame_options != NULL ? plugin->frame_options : no_options, &frame.settings },
		{ frame_options, &frame.settings },
		{ monitor_options, &frame.settings.monitor },
		{ NULL, NULL },
	};
	struct option_values values = { 0 };
	struct text page = { 0 };
	struct fault fault;
	int code = STATE_UNKNOWN;

	process_harden();
	result_open(&frame.result, &plugin->plugin, &frame.settings.monitor);
	switch (options_read(&plugin->plugin, tables, argc, argv, &world, &values, &page, &fault)) {
	case OPTIONS_PAGE:
		code = print(&page, STATE_UNKNOWN);
		break;
	case OPTIONS_WRONG:
		code = print_wrong_usage(&frame, &fault);
		break;
	case OPTIONS_READ:
		code = run(plugin, &frame, settings, begun_us);
		break;
	}
	plugin->release(settings);
	result_release(&frame.result);
	monitor_settings_release(&frame.settings.monitor);
	words_release(&frame.settings.resolvers);
	option_values_release(&values);
	text_release(&page);
	return code;
}
