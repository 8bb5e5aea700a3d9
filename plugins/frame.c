/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "frame.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "mail/public_name.h"
#include "monitor/output.h"
#include "monitor/redact.h"
#include "net/file.h"
#include "net/process.h"

enum { FILE_MAX = 16 << 20 };

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

void frame_judge_secret_file(struct frame *frame, const char *path)
{
	struct text text = { 0 };

	if (!file_is_exposed(path))
		return;
	text_add(&text, "everybody on this machine may read it");
	result_add(&frame->result, STATE_WARNING, "secret_exposed", "options", path, &text);
}

/* ---- the run ---- */

static void note_when_and_where(struct frame *frame)
{
	struct made *made = &frame->result.made;

	made->at = (int64_t)time(NULL);
	made->utc_offset = process_utc_offset();
	if (!process_host_name(made->host, sizeof made->host))
		made->host[0] = '\0';
}

static void probe(const struct frame_plugin *plugin, struct frame *frame, void *settings)
{
	if (plugin->dns != NULL && !plugin->dns->open(frame)) {
		frame->result.failed = true;
		return;
	}
	plugin->probe(frame, settings);
	if (plugin->dns != NULL)
		plugin->dns->close(frame);
}

/* Let a child find out and print, and write its output as who we are. False: this is the
 * child, or there is none: find out. */
static bool write_for_child(const struct frame_plugin *plugin, struct frame *frame, int *code)
{
	struct monitor_settings *monitor = &frame->settings.monitor;
	struct text output = { 0 };
	struct fault fault;

	if (!plugin->becomes_another || monitor->output_file == NULL || !process_is_root())
		return false;
	switch (process_split(&output, code, &fault)) {
	case PROCESS_CHILD:
		monitor->output_file = NULL;
		return false;
	case PROCESS_ALONE:
		break;
	case PROCESS_PARENT:
		if (text_failed(&output) || output.len == 0 || *code < 0)
			fault_set(&fault, FAULT_LOCAL, "the run did not come to its end");
		else if (file_replace(monitor->output_file, text_slice(&output), &fault)) {
			text_release(&output);
			return true;
		}
		break;
	}
	text_release(&output);
	fault_prefix(&fault, "--output-file: ");
	*code = print_wrong_usage(frame, &fault);
	return true;
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
	       (plugin->dns == NULL || plugin->dns->prepare(frame, &fault)) &&
	       plugin->prepare(frame, settings, &fault);
	if (!good && fault.kind != FAULT_TIMEOUT)
		return print_wrong_usage(frame, &fault);
	if (write_for_child(plugin, frame, &code))
		return code;
	if (good)
		probe(plugin, frame, settings);
	else if (!fault_prefix(&fault, "timeout after %g s in stage options: ",
			       (double)monitor->timeout.ms / 1000))
		result_add_fault(&frame->result, monitor->timeout.state, "timeout", "options",
				 "options", &fault);
	frame->result.duration = (double)(now_us() - begun_us) / 1e6;
	result_measure(&frame->result, "time", frame->result.duration);
	note_when_and_where(frame);
	result_judge(&frame->result);
	if (monitor->redacts)
		redact_result(&frame->result, public_name_is_known);
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
