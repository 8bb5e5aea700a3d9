/* SPDX-License-Identifier: GPL-3.0-or-later */
#include <stdlib.h>
#include <string.h>

#include "net/listeners.h"
#include "path_verdict.h"

/* The reports of the plugins, read stage by stage: what was found, and what a stage that is
 * well rests on. */

const char *path_member(json_t *object, const char *key)
{
	const char *value = json_string_value(json_object_get(object, key));

	return value != NULL ? value : "";
}

static enum state state_of(json_t *object)
{
	enum state state;

	return state_parse(slice_of(path_member(object, "state")), &state) ? state : STATE_UNKNOWN;
}

/* On the ports for users, nobody has to listen. */
static bool is_harmless(enum path_run run, const char *reason)
{
	return (run == RUN_SUBMISSION || run == RUN_SUBMISSIONS) &&
	       (strcmp(reason, "connect_refused") == 0);
}

static void add_item(struct path_verdict *v, const struct path_item *item)
{
	struct path_item *grown;

	if (v->count == v->room) {
		grown = realloc(v->items, (v->room = 2 * v->room + 32) * sizeof *grown);
		if (grown == NULL) {
			v->result->failed = true;
			v->room = v->count;
			return;
		}
		v->items = grown;
	}
	v->items[v->count++] = *item;
}

/* Where somebody listens at this port, if not on this address of this machine; NULL where
 * that does not explain a refusal: who listens here all the same is behind a firewall. */
static char *listens_elsewhere(const struct ip *ip, uint16_t port)
{
	enum { MOST = 8 };

	struct ip others[MOST];
	struct text text = { 0 };
	size_t count = listeners_find(port, others, MOST);

	for (size_t i = 0; i < count; i++) {
		char number[IP_TEXT];

		if (listeners_serves(&others[i], ip)) {
			text_release(&text);
			return NULL;
		}
		ip_print(&others[i], number);
		text_add(&text, "%s%s", i == 0 ? "nobody listens here, but somebody does on " : ", ", number);
	}
	return count > 0 ? text_take(&text) : NULL;
}

static void find_elsewhere(struct path_verdict *v, enum path_run run, struct path_item *item)
{
	json_t *data = json_object_get(v->path->reports[run].root, "data"), *server;
	struct ip ip;
	size_t i;

	if (run < RUN_SMTP || run > RUN_SUBMISSIONS)
		return;
	json_array_foreach(json_object_get(data, "servers"), i, server) {
		json_int_t port = json_integer_value(json_object_get(server, "port"));

		if (strcmp(path_member(server, "server"), item->subject) != 0 || port < 1 || port > UINT16_MAX ||
		    !ip_parse(slice_of(path_member(server, "address")), &ip) || !listeners_has_address(&ip))
			continue;
		if (v->elsewhere[run] == NULL)
			v->elsewhere[run] = listens_elsewhere(&ip, (uint16_t)port);
		if (v->elsewhere[run] != NULL) {
			item->reason = "listens_elsewhere";
			item->fix = "";
			item->text = v->elsewhere[run];
		}
	}
}

static void gather_run(struct path_verdict *v, enum path_stage stage, enum path_run run)
{
	const struct path_report *report = &v->path->reports[run];
	json_t *finding;
	size_t i;

	json_array_foreach(json_object_get(report->root, "findings"), i, finding) {
		struct path_item item = {
			stage, run, state_of(finding), path_member(finding, "reason"), path_member(finding, "subject"),
			path_member(finding, "text"), path_member(finding, "fix"), path_member(finding, "url"), NULL,
		};

		if (!path_stage_takes(stage, run, item.reason, path_member(finding, "stage")))
			continue;
		if (is_harmless(run, item.reason) && v->path->settings->user == NULL)
			item.state = STATE_OK;
		if (strcmp(item.reason, "connect_refused") == 0)
			find_elsewhere(v, run, &item);
		add_item(v, &item);
	}
}

/* ---- is a stage tested, and what does it rest on? ---- */

enum { WORD_MAX = 1000 };

static void add_word(struct text *text, const char *word)
{
	text_add(text, "%s", text->len > 0 ? "; " : "");
	text_add_foreign_most(text, slice_of(word), WORD_MAX);
}

static void add_tls(struct text *evidence, json_t *server)
{
	json_t *tls = json_object_get(server, "tls");
	struct text words = { 0 };

	if (!json_is_object(tls))
		return;
	text_add(&words, "%s %s%s", path_member(server, "server"), path_member(tls, "version"),
		 json_is_true(json_object_get(tls, "verified")) ? ", certificate verified" : "");
	add_word(evidence, text_str(&words));
	text_release(&words);
}

/* What EHLO says behind AUTH. */
static void add_auth(struct text *evidence, json_t *server)
{
	static const char *const lists[] = { "extensions_tls", "extensions_clear" };
	struct text words = { 0 };
	json_t *line;
	size_t i;

	for (size_t l = 0; l < 2; l++) {
		json_array_foreach(json_object_get(server, lists[l]), i, line) {
			const char *extension = json_string_value(line);

			if (extension != NULL && strncmp(extension, "AUTH ", 5) == 0)
				text_add(&words, "%s%s: %s%s", words.len > 0 ? "; " : "",
					 path_member(server, "server"), extension, l > 0 ? " in clear" : "");
		}
	}
	if (words.len > 0)
		add_word(evidence, text_str(&words));
	text_release(&words);
}

static void find_evidence(struct path_verdict *v, enum path_stage stage, enum path_run run)
{
	const struct path_report *report = &v->path->reports[run];
	struct text *evidence = &v->evidence[stage];
	json_t *server;
	size_t i;

	if (report->root == NULL)
		return;
	if (stage == STAGE_CONTENT && v->path->settings->message == NULL)
		add_word(evidence, "of the probe of check_smtp_send (yours: --message FILE)");
	if (stage == STAGE_RESOLVER)
		add_word(evidence, "it answers");
	else if (stage == STAGE_DNS && run == RUN_RDNS)
		return;
	else if (stage != STAGE_LISTENER && stage != STAGE_TLS && stage != STAGE_AUTH)
		add_word(evidence, path_member(report->root, "summary"));
	json_array_foreach(json_object_get(json_object_get(report->root, "data"), "servers"), i, server) {
		bool is_open = strcmp(path_member(server, "connection"), "open") == 0;

		if (stage == STAGE_LISTENER && is_open)
			add_word(evidence, path_member(server, "server"));
		else if (stage == STAGE_TLS)
			add_tls(evidence, server);
		else if (stage == STAGE_AUTH)
			add_auth(evidence, server);
	}
}

static void miss(struct path_verdict *v, enum path_stage stage, const char *what, const char *word)
{
	struct text why = { 0 };

	text_add(&why, "not tested: %s%s", what, word);
	v->missing[stage] = text_take(&why);
}

/* A run that gave no report: then its stage is UNKNOWN. */
static void add_unreported(struct path_verdict *v, enum path_stage stage, enum path_run run)
{
	const struct path_report *report = &v->path->reports[run];
	const struct path_item item = {
		stage, run, report->is_late ? v->path->frame->settings.monitor.timeout.state : STATE_UNKNOWN,
		report->is_late ? "timeout" : "plugin_failed", path_stage_row(stage)->word,
		report->complaint != NULL ? report->complaint : "it said nothing", "", "", NULL,
	};

	add_item(v, &item);
}

/* What takes a stage's ground away: those that it cannot be judged without. */
static const char *ground_of(const struct path_verdict *v, enum path_stage stage)
{
	for (size_t i = 0; i < PATH_NEEDS && path_stage_row(stage)->needs[i] != STAGES; i++) {
		enum path_stage ground = path_stage_row(stage)->needs[i];

		if (!v->path->is_wanted[ground])
			continue;
		if (v->missing[ground] != NULL)
			return path_stage_row(ground)->word;
		if (ground == STAGE_LISTENER ? v->states[ground] == STATE_CRITICAL &&
					       v->evidence[ground].len == 0
					     : v->states[ground] != STATE_OK &&
					       v->states[ground] != STATE_WARNING)
			return path_stage_row(ground)->word;
	}
	return NULL;
}

/* Who watches a mail server from another machine sees neither its queue nor its log. */
static bool is_not_here(const struct path_verdict *v, enum path_run run)
{
	const struct path *path = v->path;
	json_t *finding;
	size_t i;

	if ((run != RUN_QUEUE && run != RUN_LOG) || path->settings->with.count > 0 || path_has_option(path, run))
		return false;
	json_array_foreach(json_object_get(path->reports[run].root, "findings"), i, finding) {
		const char *reason = path_member(finding, "reason");

		if (strcmp(reason, "mta_missing") == 0 || strcmp(reason, "log_missing") == 0)
			return true;
	}
	return false;
}

void path_gather(struct path_verdict *v, enum path_stage stage)
{
	const char *ground = ground_of(v, stage);
	const enum path_run *runs = path_stage_row(stage)->runs;
	size_t asked = 0, from = v->count;

	if (ground != NULL) {
		miss(v, stage, "it needs ", ground);
		return;
	}
	for (size_t i = 0; i < PATH_RUNS && runs[i] != RUNS; i++) {
		if (!v->path->reports[runs[i]].was_asked)
			continue;
		if (is_not_here(v, runs[i])) {
			miss(v, stage, "", "there is none on this machine: run this where the mail server is");
			return;
		}
		asked++;
		if (v->path->reports[runs[i]].root == NULL)
			add_unreported(v, stage, runs[i]);
		gather_run(v, stage, runs[i]);
		find_evidence(v, stage, runs[i]);
	}
	for (size_t i = from; i < v->count; i++) {
		if (state_rank(v->items[i].state) > state_rank(v->states[stage]))
			v->states[stage] = v->items[i].state;
	}
	if (asked == 0 && path_stage_row(stage)->how == NULL)
		miss(v, stage, "", "its plugin is not installed");
	else if (asked == 0 || (v->states[stage] == STATE_OK && v->evidence[stage].len == 0))
		miss(v, stage, "", path_stage_row(stage)->how != NULL ? path_stage_row(stage)->how : "nothing told");
}

void path_verdict_release(struct path_verdict *v)
{
	for (enum path_stage stage = 0; stage < STAGES; stage++) {
		free(v->missing[stage]);
		text_release(&v->evidence[stage]);
	}
	for (enum path_run run = 0; run < RUNS; run++)
		free(v->elsewhere[run]);
	free(v->items);
}
