/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef MAILPATH_PLUGINS_FRAME_H
#define MAILPATH_PLUGINS_FRAME_H

#include "base/dns.h"
#include "monitor/options.h"
#include "monitor/result.h"
#include "net/deadline.h"
#include "net/dns.h"

/* What every plugin does around its probe; here the rooms meet. */

struct frame_settings {
	struct monitor_settings monitor;
	struct words resolvers;		/* --resolver */
	int64_t dns_timeout_ms;		/* 0: what the system says */
	unsigned dns_tries;		/* 0: the same */
	uint16_t port;			/* of DNS servers that name none; 0: 53 */
	bool only_v4, only_v6;		/* -4, -6; both: either */
};

/* One run of a plugin. */
struct frame {
	struct frame_settings settings;
	struct dns_settings dns_settings;
	struct deadline deadline;
	struct dns *dns;
	struct result result;
	size_t asked[DNS_GARBLED + 1];	/* questions by how they ended */
	const char *silence;		/* why the last one had no answer, or NULL; static */
	bool was_cut_off;		/* there is a finding "timeout" already */
};

/* What comes with asking the DNS. */
struct frame_dns {
	/* Choose the resolvers; faults are wrong usage. */
	bool (*prepare)(struct frame *frame, struct fault *fault);
	bool (*open)(struct frame *frame);	/* false: no memory */
	void (*close)(struct frame *frame);
};
extern const struct frame_dns frame_dns;

struct frame_plugin {
	struct plugin plugin;
	/* &frame_dns, or NULL: it asks no DNS, and needs none of its libraries. */
	const struct frame_dns *dns;
	/* Started as root, it becomes another user to read; what root is to write, it cannot. */
	bool becomes_another;
	/* More names for what the frame reads: rows over struct frame_settings, or
	 * NULL. */
	const struct option_row *frame_options;
	/* --list-*: write the page and say true. May be NULL. */
	bool (*list)(void *settings, struct text *page);
	/* Read what the options name, without the network. A false ends the run
	 * as wrong usage. */
	bool (*prepare)(struct frame *frame, void *settings, struct fault *fault);
	/* Find out, and fill frame->result. */
	void (*probe)(struct frame *frame, void *settings);
	/* Give back what the others took. */
	void (*release)(void *settings);
};

/* The whole of main. */
int frame_run(const struct frame_plugin *plugin, void *settings, int argc, char **argv);

/* Ask the DNS, trace and count. If the deadline cuts it off, there is a finding
 * with this stage. */
void frame_ask(struct frame *frame, const char *stage, struct dns_question *questions,
	       size_t count);

/* To print so many findings takes its time: from here on, stop asking as much
 * earlier. */
void frame_reserve(struct frame *frame, size_t findings);

/* Findings about the resolver itself: silent, refusing; and, where `is_suspect`
 * and a name that cannot exist is answered, rewriting. */
void frame_judge_resolver(struct frame *frame, bool is_suspect);

/* A WARNING if everybody may read this file of secrets. */
void frame_judge_secret_file(struct frame *frame, const char *path);

#endif
