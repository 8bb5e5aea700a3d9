/* SPDX-License-Identifier: GPL-3.0-or-later */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "smtp_servers.h"

/* --egress: may this machine reach port 25 at all? */

static const char *const usual_targets[] = {
	"gmail-smtp-in.l.google.com", "outlook-com.olc.protection.outlook.com", "mx00.gmx.net",
};

/* HOST[:PORT] as a host and a port. */
static bool split_target(const char *word, uint16_t default_port, char host[DOMAIN_MAX + 1],
			 uint16_t *port)
{
	const char *colon = strrchr(word, ':');
	struct endpoint endpoint;
	uint64_t number;
	int len;

	*port = default_port;
	if (endpoint_parse(slice_of(word), default_port, &endpoint)) {
		ip_print(&endpoint.ip, host);
		*port = endpoint.port;
		return true;
	}
	len = colon != NULL ? (int)(colon - word) : (int)strlen(word);
	if (colon != NULL) {
		if (!slice_number(slice_of(colon + 1), UINT16_MAX, &number) || number == 0)
			return false;
		*port = (uint16_t)number;
	}
	return len > 0 && snprintf(host, DOMAIN_MAX + 1, "%.*s", len, word) <= DOMAIN_MAX;
}

static bool check_words(const struct words *words, const char *option, bool needs_port,
			struct fault *fault)
{
	for (size_t i = 0; i < words->count; i++) {
		char host[DOMAIN_MAX + 1];
		struct domain domain;
		uint16_t port;
		struct ip ip;

		if (!split_target(words->at[i], needs_port ? 0 : 25, host, &port) || port == 0)
			return fault_set(fault, FAULT_USAGE, "%s: %s is not HOST%s", option, words->at[i],
					 needs_port ? ":PORT" : "[:PORT]");
		if (!ip_parse(slice_of(host), &ip) && !domain_parse(slice_of(host), &domain, fault))
			return fault_prefix(fault, "%s: %s: ", option, words->at[i]);
	}
	return true;
}

bool egress_check(const struct smtp_settings *settings, struct fault *fault)
{
	if (settings->egress_targets.count == 1)
		return fault_set(fault, FAULT_USAGE, "--egress-target: one proves nothing: give at least two");
	return check_words(&settings->egress_targets, "--egress-target", false, fault) &&
	       check_words(&settings->egress_controls, "--egress-control", true, fault);
}

/* ---- judging ---- */

static const char *parent(const char *name)
{
	const char *dot = strchr(name, '.');

	return dot != NULL ? dot + 1 : "";
}

/* The last two labels. */
static const char *tail(const char *name)
{
	const char *at = name;

	while (*parent(parent(at)) != '\0')
		at = parent(at);
	return at;
}

/* Does somebody else answer? Only a name that shares neither the target's parent nor
 * its last two labels says so. */
static bool is_foreign(const struct server *server)
{
	struct slice rest = smtp_reply_text(&server->walk.banner), word;
	struct domain said;
	struct fault unused;

	if (server->host.text[0] == '\0' || !slice_word(&rest, &word) || !domain_parse(word, &said, &unused) ||
	    strchr(said.text, '.') == NULL)
		return false;
	return !domain_within(&said, parent(server->host.text)) &&
	       strcmp(tail(said.text), tail(server->host.text)) != 0;
}

/* "open", "timeout", ...: a target is open when a mail server answers, if only to
 * refuse; a control when it connects. */
static const char *outcome_of(const struct server *server)
{
	if (server->outcome != TCP_OPEN || server->is_control)
		return tcp_outcome_word(server->outcome);
	switch (server->walk.end) {
	case SMTP_CLOSED:
	case SMTP_BROKEN:
		return tcp_outcome_word(TCP_RESET);
	case SMTP_LATE:
		return tcp_outcome_word(TCP_LATE);
	case SMTP_NONSENSE:
		return "somebody else";
	case SMTP_COMPLETE:
	case SMTP_REFUSED:
	case SMTP_TLS_MISSING:	/* and what follows does not come before EHLO */
	case SMTP_TLS_INJECTED:
	case SMTP_TLS_FAILED:
	case SMTP_TLS_UNTRUSTED:
	case SMTP_AUTH_MISSING:
	case SMTP_AUTH_CLEAR:
	case SMTP_AUTH_NO_PROOF:
	case SMTP_AUTH_TAKEN:
	case SMTP_AUTH_UNPREPARED:
	case SMTP_UTF8_MISSING:
		break;
	}
	return is_foreign(server) ? "somebody else" : tcp_outcome_word(TCP_OPEN);
}

static bool is(const struct server *server, const char *outcome)
{
	return strcmp(outcome_of(server), outcome) == 0;
}

static bool is_open(const struct server *server)
{
	return is(server, tcp_outcome_word(TCP_OPEN));
}

static void judge_target(const struct server *server, struct frame *frame)
{
	const struct monitor_timeout *timeout = &frame->settings.monitor.timeout;
	struct text text = { 0 };

	if (is(server, tcp_outcome_word(TCP_LATE))) {
		text_add(&text, "timeout after %g s in stage %s, waiting for %s", (double)timeout->ms / 1000,
			 server->outcome == TCP_OPEN ? "banner" : "connect", server->label);
		result_add(&frame->result, timeout->state, "timeout", "connect", server->label, &text);
		return;
	}
	if (is(server, "somebody else")) {
		text_add(&text, "somebody else answers: ");
		if (server->walk.banner.code != 0)
			smtp_reply_print(&text, &server->walk.banner);
		else
			text_add_foreign(&text, slice_of(server->walk.fault.text));
		result_add(&frame->result, STATE_WARNING, "egress_intercepted", "banner", server->label, &text);
		return;
	}
	text_add(&text, "%s%s", server->is_control ? "control: " : "", outcome_of(server));
	result_add(&frame->result, STATE_OK, is_open(server) ? "egress_open" : "egress_closed", "connect",
		   server->label, &text);
}

struct family {
	unsigned version;
	size_t targets, opened, late, foreign, controls, controls_opened;
	struct text outcomes;	/* "192.0.2.1:25 timeout, ..." */
};

static void count_family(struct family *family, const struct servers *servers)
{
	size_t all_controls = 0, all_opened = 0;

	for (size_t i = 0; i < servers->count; i++) {
		const struct server *server = &servers->at[i];
		bool is_ours = server->peers[0].ip.version == family->version;

		if (server->is_control) {
			all_controls++;
			all_opened += is_open(server);
			family->controls += is_ours;
			family->controls_opened += is_ours && is_open(server);
		} else if (is_ours) {
			family->targets++;
			family->opened += is_open(server);
			family->late += is(server, tcp_outcome_word(TCP_LATE));
			family->foreign += is(server, "somebody else");
			text_add(&family->outcomes, "%s%s %s", family->outcomes.len > 0 ? ", " : "",
				 server->label, outcome_of(server));
		}
	}
	/* A control of the other family is better than none. */
	if (family->controls == 0) {
		family->controls = all_controls;
		family->controls_opened = all_opened;
	}
}

static void judge_family(unsigned version, const struct servers *servers, struct frame *frame)
{
	struct family family = { .version = version };
	char subject[8];
	struct text text = { 0 };
	bool is_blocked;

	count_family(&family, servers);
	is_blocked = family.controls_opened > 0;
	snprintf(subject, sizeof subject, "IPv%u", version);
	/* A target that may still open, or where somebody answers, decides nothing here. */
	if (family.targets > 0 && family.opened + family.late + family.foreign == 0) {
		text_add(&text, "no target opens (%s), ", text_str(&family.outcomes));
		if (is_blocked)
			text_add(&text, "while %zu of %zu controls do", family.controls_opened, family.controls);
		else
			text_add(&text, family.controls > 0 ? "but no control does either"
							     : "and there is no --egress-control to compare with");
		result_add(&frame->result, is_blocked ? STATE_CRITICAL : STATE_UNKNOWN,
			   is_blocked ? "egress_25_blocked" : "egress_undecided", "connect", subject, &text);
	}
	text_release(&family.outcomes);
}

static void add_words(struct servers *servers, const char *const *words, size_t count,
		      bool is_control, struct frame *frame)
{
	for (size_t i = 0; i < count; i++) {
		char host[DOMAIN_MAX + 1];
		uint16_t port;

		if (split_target(words[i], 25, host, &port))
			servers_add_host(servers, host, port, is_control, frame);
	}
}

void egress_probe(struct servers *servers, const struct smtp_settings *settings,
		  struct frame *frame)
{
	const struct words *targets = &settings->egress_targets;
	struct text *good = &frame->result.good;
	size_t opened = 0, count = 0;

	text_add(&frame->result.target, "egress");
	servers->at = calloc(SERVERS_MAX, sizeof *servers->at);
	if (servers->at == NULL) {
		frame->result.failed = true;
		return;
	}
	if (targets->count > 0)
		add_words(servers, targets->at, targets->count, false, frame);
	else
		add_words(servers, usual_targets, sizeof usual_targets / sizeof *usual_targets, false, frame);
	add_words(servers, settings->egress_controls.at, settings->egress_controls.count, true, frame);
	servers_drop_families(servers, frame);
	servers_walk(servers, settings, frame);
	for (size_t i = 0; i < servers->count; i++) {
		judge_target(&servers->at[i], frame);
		count += !servers->at[i].is_control;
		opened += !servers->at[i].is_control && is_open(&servers->at[i]);
	}
	judge_family(4, servers, frame);
	judge_family(6, servers, frame);
	result_measure(&frame->result, "servers", (double)count);
	result_measure_most(&frame->result, "servers_failed", (double)(count - opened), (double)count);
	text_add(good, "port 25 is open from here: %zu of %zu targets answer", opened, count);
}
