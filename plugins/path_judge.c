/* SPDX-License-Identifier: GPL-3.0-or-later */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "mail/reasons.h"
#include "monitor/output.h"
#include "net/listeners.h"
#include "path.h"

/* From what the plugins said to a verdict on each stage, and to causes. */

enum { TEXT_MAX = 1000, EVIDENCE_MAX = 200, FIRST_LINE_MAX = 168, WHAT_MAX = 60, CURE_MAX = 80, NEEDS = 2 };

/* The stages in the order in which mail needs them. */
static const struct {
	const char *word, *title;
	enum path_run runs[3];		/* RUNS ends them */
	enum path_stage needs[NEEDS];	/* their ground; STAGES: none */
	const char *how;		/* how to have it tested, where it is not */
} stages[STAGES] = {
	[STAGE_RESOLVER] = { "resolver", "resolver", { RUN_DNS, RUNS, RUNS }, { STAGES, STAGES }, NULL },
	[STAGE_DNS] = { "dns", "DNS of the domain", { RUN_DNS, RUN_RDNS, RUNS },
		{ STAGE_RESOLVER, STAGES }, NULL },
	[STAGE_LISTENER] = { "listener", "mail server", { RUN_SMTP, RUN_SUBMISSION, RUN_SUBMISSIONS },
		{ STAGES, STAGES }, NULL },
	[STAGE_EGRESS] = { "egress", "way out", { RUN_EGRESS, RUNS, RUNS }, { STAGES, STAGES },
		"ask for it with --egress (some large receivers), or name two mail servers of others with "
		"--egress-target" },
	[STAGE_RDNS] = { "rdns", "reverse DNS and HELO", { RUN_RDNS, RUNS, RUNS },
		{ STAGE_RESOLVER, STAGES }, NULL },
	[STAGE_TLS] = { "tls", "TLS", { RUN_SMTP, RUN_SUBMISSION, RUN_SUBMISSIONS },
		{ STAGE_LISTENER, STAGES }, "no server was reached that offers TLS" },
	[STAGE_AUTH] = { "auth", "login", { RUN_SMTP, RUN_SUBMISSION, RUN_SUBMISSIONS },
		{ STAGE_LISTENER, STAGES }, "no login is offered by what was reached (-H, --user)" },
	[STAGE_SENDER] = { "sender", "SPF, DKIM and DMARC", { RUN_SENDER, RUNS, RUNS },
		{ STAGE_RESOLVER, STAGE_DNS }, NULL },
	[STAGE_RECEIVERS] = { "receivers", "receivers", { RUN_RECEIVERS, RUN_HANDOVER, RUNS },
		{ STAGE_RESOLVER, STAGE_DNS }, NULL },
	[STAGE_BLOCKLISTS] = { "blocklists", "blocklists", { RUN_BLOCKLISTS, RUNS, RUNS },
		{ STAGE_RESOLVER, STAGES }, NULL },
	[STAGE_QUEUE] = { "queue", "queue", { RUN_QUEUE, RUNS, RUNS }, { STAGES, STAGES }, NULL },
	[STAGE_LOG] = { "log", "log", { RUN_LOG, RUNS, RUNS }, { STAGES, STAGES }, NULL },
	[STAGE_CONTENT] = { "content", "content of messages", { RUNS, RUNS, RUNS }, { STAGES, STAGES },
		"no plugin looks at messages yet" },
};

const char *path_stage_word(enum path_stage stage)
{
	return stages[stage].word;
}

enum path_stage path_stage_find(struct slice word)
{
	enum path_stage stage = 0;

	while (stage < STAGES && !slice_is(word, stages[stage].word))
		stage++;
	return stage;
}

size_t path_stage_runs(enum path_stage stage, enum path_run runs[RUNS])
{
	size_t count = 0;

	while (count < 3 && stages[stage].runs[count] != RUNS) {
		runs[count] = stages[stage].runs[count];
		count++;
	}
	return count;
}

static bool starts(const char *text, const char *prefix)
{
	return strncmp(text, prefix, strlen(prefix)) == 0;
}

bool path_stage_takes(enum path_stage stage, enum path_run run, const char *reason,
		      const char *of_plugin)
{
	bool is_smtp = run == RUN_SMTP || run == RUN_SUBMISSION || run == RUN_SUBMISSIONS;

	/* check_rdns looks at the sender's domain, too. */
	if (run == RUN_RDNS)
		return (stage == STAGE_DNS) == (strcmp(of_plugin, "sender") == 0);
	/* Who waits for an answer in vain cannot say that the resolver answers. */
	if (run == RUN_DNS)
		return (stage == STAGE_RESOLVER) ==
		       (starts(reason, "resolver_") || strcmp(reason, "timeout") == 0);
	if (!is_smtp)
		return true;
	if (strcmp(of_plugin, "starttls") == 0)
		return stage == STAGE_TLS;
	if (strcmp(of_plugin, "auth") == 0 || strcmp(reason, "clear_auth_offered") == 0)
		return stage == STAGE_AUTH;
	return stage == STAGE_LISTENER;
}

/* ---- findings, gathered by stage ---- */

struct item {
	enum path_stage stage;
	enum path_run run;
	enum state state;
	const char *reason, *subject, *text, *fix, *url;	/* of the report */
	const struct item *cause;				/* this is evidence of that one */
	bool is_repeated;					/* an earlier stage said the same */
};

struct verdict {
	struct path *path;
	struct result *result;
	struct item *items;
	size_t count, room;
	char *missing[STAGES];		/* not tested, and why; owned */
	char *elsewhere[RUNS];		/* where somebody listens instead, by run; owned */
	enum state states[STAGES];
	struct text evidence[STAGES];	/* what a good stage rests on */
};

static const char *member(json_t *object, const char *key)
{
	const char *value = json_string_value(json_object_get(object, key));

	return value != NULL ? value : "";
}

/* What a plugin said. It holds foreign words, whose marks are gone; the plugins' own "->"
 * is no harm. */
static void add_told(struct text *text, const char *told, size_t most)
{
	static const char arrow[] = " -> ";
	struct slice rest = slice_of(told);
	const char *end;

	if (rest.len > most)
		rest.len = most;
	while ((end = memmem(rest.at, rest.len, arrow, sizeof arrow - 1)) != NULL) {
		text_add_foreign_most(text, (struct slice){ rest.at, (size_t)(end - rest.at) }, most);
		text_add(text, "%s", arrow);
		rest.len -= (size_t)(end - rest.at) + sizeof arrow - 1;
		rest.at = end + sizeof arrow - 1;
	}
	text_add_foreign_most(text, rest, most);
	if (strlen(told) > most)
		text_add(text, "...");
}

static enum state state_of(json_t *object)
{
	static const char *const words[] = { "OK", "WARNING", "CRITICAL" };
	const char *word = member(object, "state");

	for (size_t i = 0; i < 3; i++) {
		if (strcmp(word, words[i]) == 0)
			return (enum state)i;
	}
	return STATE_UNKNOWN;
}

/* The catalogue's row; of a reason that it does not have, that of not_understood. */
static const struct reason *reason_of(const char *id)
{
	const struct reason *row = mail_reasons;

	while (row->id != NULL && strcmp(row->id, id) != 0)
		row++;
	return row->id != NULL ? row : reason_of("not_understood");
}

/* On the ports for users, nobody has to listen. */
static bool is_harmless(enum path_run run, const char *reason)
{
	return (run == RUN_SUBMISSION || run == RUN_SUBMISSIONS) &&
	       (strcmp(reason, "connect_refused") == 0);
}

static void add_item(struct verdict *v, const struct item *item)
{
	struct item *grown;

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

/* Refused at an address of this machine: is the server there, and listens on another one? */
static void find_elsewhere(struct verdict *v, enum path_run run, struct item *item)
{
	enum { MOST = 8 };

	json_t *data = json_object_get(v->path->reports[run].root, "data"), *server;
	struct ip ip, others[MOST];
	size_t i;

	if (run < RUN_SMTP || run > RUN_SUBMISSIONS)
		return;
	json_array_foreach(json_object_get(data, "servers"), i, server) {
		json_int_t port = json_integer_value(json_object_get(server, "port"));
		struct text text = { 0 };
		size_t count;

		if (strcmp(member(server, "server"), item->subject) != 0 || port < 1 || port > UINT16_MAX ||
		    !ip_parse(slice_of(member(server, "address")), &ip) || !listeners_has_address(&ip))
			continue;
		count = listeners_find((uint16_t)port, others, MOST);
		for (size_t k = 0; k < count; k++) {
			char number[IP_TEXT];

			ip_print(&others[k], number);
			text_add(&text, "%s%s", k == 0 ? "nobody listens here, but somebody does on " : ", ", number);
		}
		if (count > 0 && v->elsewhere[run] == NULL && (v->elsewhere[run] = text_take(&text)) != NULL) {
			item->reason = "listens_elsewhere";
			item->fix = "";
			item->text = v->elsewhere[run];
		}
		text_release(&text);
	}
}

static void gather_run(struct verdict *v, enum path_stage stage, enum path_run run)
{
	const struct path_report *report = &v->path->reports[run];
	json_t *finding;
	size_t i;

	json_array_foreach(json_object_get(report->root, "findings"), i, finding) {
		struct item item = {
			stage, run, state_of(finding), member(finding, "reason"), member(finding, "subject"),
			member(finding, "text"), member(finding, "fix"), member(finding, "url"), NULL,
		};

		if (!path_stage_takes(stage, run, item.reason, member(finding, "stage")))
			continue;
		if (is_harmless(run, item.reason) && v->path->settings->user == NULL)
			item.state = STATE_OK;
		if (strcmp(item.reason, "connect_refused") == 0)
			find_elsewhere(v, run, &item);
		add_item(v, &item);
	}
}

/* ---- is a stage tested, and what does it rest on? ---- */

static void add_word(struct text *text, const char *word)
{
	text_add(text, "%s", text->len > 0 ? "; " : "");
	text_add_foreign_most(text, slice_of(word), TEXT_MAX);
}

static void add_tls(struct text *evidence, json_t *server)
{
	json_t *tls = json_object_get(server, "tls");
	struct text words = { 0 };

	if (!json_is_object(tls))
		return;
	text_add(&words, "%s %s%s", member(server, "server"), member(tls, "version"),
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

			if (extension != NULL && starts(extension, "AUTH "))
				text_add(&words, "%s%s: %s%s", words.len > 0 ? "; " : "",
					 member(server, "server"), extension, l > 0 ? " in clear" : "");
		}
	}
	if (words.len > 0)
		add_word(evidence, text_str(&words));
	text_release(&words);
}

static void find_evidence(struct verdict *v, enum path_stage stage, enum path_run run)
{
	const struct path_report *report = &v->path->reports[run];
	struct text *evidence = &v->evidence[stage];
	json_t *server;
	size_t i;

	if (report->root == NULL)
		return;
	if (stage == STAGE_RESOLVER)
		add_word(evidence, "it answers");
	else if (stage == STAGE_DNS && run == RUN_RDNS)
		return;
	else if (stage != STAGE_LISTENER && stage != STAGE_TLS && stage != STAGE_AUTH)
		add_word(evidence, member(report->root, "summary"));
	json_array_foreach(json_object_get(json_object_get(report->root, "data"), "servers"), i, server) {
		bool is_open = strcmp(member(server, "connection"), "open") == 0;

		if (stage == STAGE_LISTENER && is_open)
			add_word(evidence, member(server, "server"));
		else if (stage == STAGE_TLS)
			add_tls(evidence, server);
		else if (stage == STAGE_AUTH)
			add_auth(evidence, server);
	}
}

static void miss(struct verdict *v, enum path_stage stage, const char *what, const char *word)
{
	struct text why = { 0 };

	text_add(&why, "not tested: %s%s", what, word);
	v->missing[stage] = text_take(&why);
}

/* A run that gave no report: then its stage is UNKNOWN. */
static void add_unreported(struct verdict *v, enum path_stage stage, enum path_run run)
{
	const struct path_report *report = &v->path->reports[run];
	const struct item item = {
		stage, run, report->is_late ? v->path->frame->settings.monitor.timeout.state : STATE_UNKNOWN,
		report->is_late ? "timeout" : "plugin_failed", stages[stage].word,
		report->complaint != NULL ? report->complaint : "it said nothing", "", "", NULL,
	};

	add_item(v, &item);
}

/* What takes a stage's ground away: those that it cannot be judged without. */
static const char *ground_of(const struct verdict *v, enum path_stage stage)
{
	for (size_t i = 0; i < NEEDS && stages[stage].needs[i] != STAGES; i++) {
		enum path_stage ground = stages[stage].needs[i];

		if (!v->path->is_wanted[ground])
			continue;
		if (v->missing[ground] != NULL)
			return stages[ground].word;
		if (ground == STAGE_LISTENER ? v->states[ground] == STATE_CRITICAL &&
					       v->evidence[ground].len == 0
					     : v->states[ground] != STATE_OK &&
					       v->states[ground] != STATE_WARNING)
			return stages[ground].word;
	}
	return NULL;
}

/* Who watches a mail server from another machine sees neither its queue nor its log. */
static bool is_not_here(const struct verdict *v, enum path_run run)
{
	const struct path *path = v->path;
	json_t *finding;
	size_t i;

	if ((run != RUN_QUEUE && run != RUN_LOG) || path->settings->with.count > 0 || path_has_option(path, run))
		return false;
	json_array_foreach(json_object_get(path->reports[run].root, "findings"), i, finding) {
		const char *reason = member(finding, "reason");

		if (strcmp(reason, "mta_missing") == 0 || strcmp(reason, "log_missing") == 0)
			return true;
	}
	return false;
}

static void gather(struct verdict *v, enum path_stage stage)
{
	const char *ground = ground_of(v, stage);
	enum path_run of_stage[RUNS];
	size_t asked = 0, from = v->count, runs = path_stage_runs(stage, of_stage);

	if (ground != NULL) {
		miss(v, stage, "it needs ", ground);
		return;
	}
	for (size_t i = 0; i < runs; i++) {
		if (!v->path->reports[of_stage[i]].was_asked)
			continue;
		if (is_not_here(v, of_stage[i])) {
			miss(v, stage, "", "there is none on this machine: run this where the mail server is");
			return;
		}
		asked++;
		if (v->path->reports[of_stage[i]].root == NULL)
			add_unreported(v, stage, of_stage[i]);
		gather_run(v, stage, of_stage[i]);
		find_evidence(v, stage, of_stage[i]);
	}
	for (size_t i = from; i < v->count; i++) {
		if (state_rank(v->items[i].state) > state_rank(v->states[stage]))
			v->states[stage] = v->items[i].state;
	}
	if (asked == 0 && stages[stage].how == NULL)
		miss(v, stage, "", "its plugin is not installed");
	else if (asked == 0 || (v->states[stage] == STATE_OK && v->evidence[stage].len == 0))
		miss(v, stage, "", stages[stage].how != NULL ? stages[stage].how : "nothing told");
}

/* ---- one cause, seen from several sides ---- */

/* Who else may see a cause, and how that is said. */
static const struct {
	enum path_run run;
	const char *words;
} witnesses[] = {
	{ RUN_QUEUE, "the queue says so, too" },
	{ RUN_LOG, "the log says so, too" },
	{ RUN_HANDOVER, "a receiver says so, too" },
	{ RUN_RECEIVERS, "it breaks a rule of large receivers" },
	{ RUN_SENDER, "so" },
};

static const char *witness_of(enum path_run run)
{
	for (size_t i = 0; i < sizeof witnesses / sizeof *witnesses; i++) {
		if (witnesses[i].run == run)
			return witnesses[i].words;
	}
	return NULL;
}

/* What is seen, and the findings that explain it. */
static const struct {
	const char *seen;
	const char *subject;		/* begins so */
	enum path_stage stage;
	const char *causes[5];		/* beginnings of reasons */
} correlations[] = {
	{ "blocklisted", "", STAGE_BLOCKLISTS, { "dnsbl_listed" } },
	{ "ptr_missing", "", STAGE_RDNS, { "rdns_" } },
	{ "helo_rejected", "", STAGE_RDNS, { "helo_", "rdns_unexpected" } },
	{ "spf_fail", "", STAGE_SENDER, { "spf_" } },
	{ "dkim_fail", "", STAGE_SENDER, { "dkim_" } },
	{ "dmarc_reject", "", STAGE_SENDER, { "spf_", "dkim_", "dmarc_" } },
	{ "authentication_required", "", STAGE_SENDER, { "spf_", "dkim_", "dmarc_" } },
	{ "connect_timeout", "", STAGE_EGRESS, { "egress_" } },
	{ "connect_refused", "", STAGE_EGRESS, { "egress_" } },
	{ "network_unreachable", "", STAGE_EGRESS, { "egress_" } },
	{ "dns_temporary", "", STAGE_RESOLVER, { "resolver_" } },
	{ "dns_no_host", "", STAGE_DNS, { "dns_", "mx_" } },
	{ "sender_domain_rejected", "", STAGE_DNS, { "dns_", "mx_" } },
	{ "auth_failed", "", STAGE_AUTH, { "auth_" } },
	{ "tls_failed", "", STAGE_TLS, { "tls_", "cert_", "starttls_" } },
	{ "rule_failed", "spf", STAGE_SENDER, { "spf_" } },
	{ "rule_failed", "dkim", STAGE_SENDER, { "dkim_" } },
	{ "rule_failed", "dmarc", STAGE_SENDER, { "dmarc_" } },
	{ "rule_failed", "rdns", STAGE_RDNS, { "rdns_" } },
	{ "spf_permerror", "", STAGE_SENDER,
		{ "spf_multiple", "spf_syntax", "spf_include_broken", "spf_loop", "spf_too_many_" } },
};

/* Of those that may explain it, the one whose subject it names; else the first. */
static const struct item *cause_of(const struct verdict *v, const struct item *seen)
{
	const struct item *first = NULL;

	for (size_t c = 0; c < sizeof correlations / sizeof *correlations; c++) {
		if (strcmp(correlations[c].seen, seen->reason) != 0 ||
		    !starts(seen->subject, correlations[c].subject))
			continue;
		for (size_t i = 0; i < v->count; i++) {
			const struct item *item = &v->items[i];

			for (size_t k = 0; k < 5 && correlations[c].causes[k] != NULL; k++) {
				if (item->stage != correlations[c].stage || item->state == STATE_OK ||
				    item->cause != NULL || item == seen ||
				    !starts(item->reason, correlations[c].causes[k]))
					continue;
				if (item->subject[0] != '\0' && (strstr(seen->text, item->subject) != NULL ||
								 strstr(seen->subject, item->subject) != NULL))
					return item;
				if (first == NULL)
					first = item;
			}
		}
	}
	return first;
}

static bool was_said(const struct verdict *v, const struct item *item)
{
	for (const struct item *earlier = v->items; earlier < item; earlier++) {
		if (earlier->stage != item->stage && earlier->state == item->state &&
		    strcmp(earlier->reason, item->reason) == 0 && strcmp(earlier->subject, item->subject) == 0)
			return true;
	}
	return false;
}

static void correlate(struct verdict *v)
{
	for (size_t i = 0; i < v->count; i++) {
		struct item *item = &v->items[i];

		item->is_repeated = was_said(v, item);
		if (witness_of(item->run) != NULL && !item->is_repeated)
			item->cause = cause_of(v, item);
	}
}

/* Is this one said for itself? */
static bool stands(const struct item *item)
{
	return item->cause == NULL && !item->is_repeated && item->state != STATE_OK;
}

/* A cause is as bad as what it does. */
static enum state add_evidence(const struct verdict *v, const struct item *cause, struct text *text)
{
	enum state state = cause->state;

	for (size_t i = 0; i < v->count; i++) {
		const struct item *item = &v->items[i];

		if (item->cause != cause)
			continue;
		if (state_rank(item->state) > state_rank(state))
			state = item->state;
		text_add(text, "; %s: %s, ", witness_of(item->run), item->reason);
		add_told(text, item->text, EVIDENCE_MAX);
	}
	return state;
}

/* ---- what is said ---- */

static void add_finding(struct verdict *v, const struct item *item)
{
	const struct reason *reason = reason_of(item->reason);
	const char *cure = item->fix[0] != '\0' ? item->fix : reason->fix;
	struct text text = { 0 }, headline = { 0 }, fix = { 0 }, url = { 0 };
	struct finding *finding;
	enum state state;

	text_add(&headline, "%s: ", stages[item->stage].title);
	text_add_foreign_most(&headline, slice_of(item->subject), 60);
	text_add(&headline, ": ");
	add_told(&headline, item->text, WHAT_MAX);
	if (cure != NULL) {
		text_add(&headline, " - ");
		add_told(&headline, cure, CURE_MAX);
	}
	add_told(&text, item->text, TEXT_MAX);
	state = add_evidence(v, item, &text);
	finding = result_add(v->result, state, reason->id, stages[item->stage].word, item->subject, &text);
	result_headline(v->result, finding, &headline);
	if (item->fix[0] != '\0') {
		text_add_foreign_most(&fix, slice_of(item->fix), TEXT_MAX);
		result_fix(v->result, finding, &fix);
	}
	if (item->url[0] != '\0') {
		text_add_foreign_most(&url, slice_of(item->url), TEXT_MAX);
		result_url(v->result, finding, &url);
	}
}

/* A line of the checklist, for stages that have no finding of their own: they are well,
 * were not tested, or what they show is said with its cause. */
static void add_mark(struct verdict *v, enum path_stage stage)
{
	const char *id = "stage_passed", *words = text_str(&v->evidence[stage]);
	struct finding *finding;
	struct text text = { 0 };

	if (v->missing[stage] != NULL) {
		id = "stage_not_tested";
		words = v->missing[stage];
	} else if (v->states[stage] != STATE_OK) {
		id = "stage_explained";
	}
	text_add(&text, "%s", words);
	finding = result_add(v->result, STATE_OK, id, stages[stage].word, stages[stage].word, &text);
	finding->is_shown = true;
}

static bool has_own(const struct verdict *v, enum path_stage stage)
{
	for (size_t i = 0; i < v->count; i++) {
		if (v->items[i].stage == stage && stands(&v->items[i]))
			return true;
	}
	return false;
}

static void add_stage(struct verdict *v, enum path_stage stage)
{
	if (!has_own(v, stage))
		add_mark(v, stage);
	for (size_t i = 0; i < v->count; i++) {
		if (v->items[i].stage == stage && stands(&v->items[i]))
			add_finding(v, &v->items[i]);
	}
}

static json_t *stage_json(const struct verdict *v, enum path_stage stage)
{
	json_t *reports = json_array();
	enum path_run of_stage[RUNS];
	size_t runs = path_stage_runs(stage, of_stage);

	for (size_t i = 0; i < runs; i++) {
		if (v->path->reports[of_stage[i]].root != NULL)
			json_array_append(reports, v->path->reports[of_stage[i]].root);
	}
	return json_pack("{ss ss sb ss so}", "stage", stages[stage].word, "title", stages[stage].title,
			 "tested", v->missing[stage] == NULL, "state",
			 v->missing[stage] != NULL ? "not tested" : state_word(v->states[stage]), "reports",
			 reports);
}

static void fill_data(struct verdict *v)
{
	json_t *list = json_array();

	for (enum path_stage stage = 0; stage < STAGES; stage++) {
		if (v->path->is_wanted[stage])
			json_array_append_new(list, stage_json(v, stage));
	}
	v->result->data = json_pack("{so}", "stages", list);
}

static void count_stages(struct verdict *v)
{
	size_t counts[4] = { 0 }, untested = 0;

	for (enum path_stage stage = 0; stage < STAGES; stage++) {
		if (!v->path->is_wanted[stage])
			continue;
		if (v->missing[stage] != NULL)
			untested++;
		else if (has_own(v, stage) || v->states[stage] == STATE_OK)
			counts[v->states[stage]]++;
	}
	result_measure(v->result, "stages_ok", (double)counts[STATE_OK]);
	result_measure(v->result, "stages_warning", (double)counts[STATE_WARNING]);
	result_measure(v->result, "stages_critical", (double)counts[STATE_CRITICAL]);
	result_measure(v->result, "stages_unknown", (double)counts[STATE_UNKNOWN]);
	result_measure(v->result, "stages_not_tested", (double)untested);
	text_add(&v->result->good, "%s: nothing is wrong in %zu stages", v->path->settings->domain,
		 counts[STATE_OK]);
	if (untested > 0)
		text_add(&v->result->tail, "%zu not tested", untested);
}

void path_judge(struct path *path)
{
	struct verdict v = { .path = path, .result = &path->frame->result };

	v.result->keeps_order = true;
	v.result->headline_max = FIRST_LINE_MAX;
	for (enum path_stage stage = 0; stage < STAGES; stage++) {
		if (path->is_wanted[stage])
			gather(&v, stage);
	}
	correlate(&v);
	for (enum path_stage stage = 0; stage < STAGES; stage++) {
		if (path->is_wanted[stage])
			add_stage(&v, stage);
	}
	count_stages(&v);
	fill_data(&v);
	for (enum path_stage stage = 0; stage < STAGES; stage++) {
		free(v.missing[stage]);
		text_release(&v.evidence[stage]);
	}
	for (size_t i = 0; i < sizeof v.elsewhere / sizeof *v.elsewhere; i++)
		free(v.elsewhere[i]);
	free(v.items);
}
