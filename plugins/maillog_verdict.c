/* SPDX-License-Identifier: GPL-3.0-or-later */
#include <string.h>

#include "maillog_look.h"
#include "mail/queue.h"
#include "monitor/output.h"

/* What check_maillog says of what it saw. */

enum { TOP_LIST = 10, TOP_MAX = 1000 };

void maillog_print_age(struct text *text, int64_t seconds)
{
	if (seconds < 60)
		text_add(text, "%llds", (long long)seconds);
	else if (seconds < 3600)
		text_add(text, "%lldm", (long long)seconds / 60);
	else if (seconds < 48 * 3600)
		text_add(text, "%lldh", (long long)seconds / 3600);
	else
		text_add(text, "%lldd", (long long)seconds / 86400);
}

/* Of the log that is silent for longest; clocks differ. */
static bool silence_of(const struct maillog_look *look, int64_t *silence)
{
	*silence = 0;
	for (size_t i = 0; i < look->log_count; i++) {
		if (!look->logs[i].knows_newest)
			return false;
		if (look->now - look->logs[i].newest > *silence)
			*silence = look->now - look->logs[i].newest;
	}
	return look->log_count > 0;
}

static uint64_t deliveries(const struct log_tally *tally)
{
	return tally->kinds[LOG_SENT] + tally->kinds[LOG_DEFERRED] + tally->kinds[LOG_BOUNCED];
}

static double share(uint64_t part, uint64_t whole)
{
	return whole > 0 ? 100.0 * (double)part / (double)whole : 0;
}

/* ---- numbers */

static void measure(const struct maillog_look *look, struct result *result)
{
	const struct log_tally *tally = &look->tally;
	int64_t silence;

	for (enum log_kind kind = LOG_SENT; kind < LOG_KINDS; kind++)
		result_measure(result, log_kind_word(kind), (double)tally->kinds[kind]);
	result_measure(result, "self_inflicted", (double)tally->self_inflicted);
	/* Of nothing there is no share. */
	if (deliveries(tally) > 0) {
		result_measure(result, "deferred_share", share(tally->kinds[LOG_DEFERRED], deliveries(tally)));
		result_measure(result, "bounced_share", share(tally->kinds[LOG_BOUNCED], deliveries(tally)));
	}
	result_measure(result, "lines", (double)log_tally_known(tally));
	if (silence_of(look, &silence))
		result_measure(result, "silence", (double)silence);
}

/* ---- findings */

static void add_cause(const struct maillog_look *look, const struct log_cause *cause,
		      struct result *result)
{
	struct text text = { 0 }, headline = { 0 };
	struct finding *finding;

	text_add(&text, "%llu deferred or bounced: \"", (unsigned long long)cause->count);
	text_add_foreign(&text, slice_of(cause->example));
	text_add_char(&text, '"');
	text_add(&headline, "%llu of %llu deliveries: %s (", (unsigned long long)cause->count,
		 (unsigned long long)deliveries(&look->tally), cause->reason);
	text_add_foreign_most(&headline, slice_of(cause->example), 80);
	text_add_char(&headline, ')');
	finding = result_add(result, STATE_OK, cause->reason, "log", cause->reason, &text);
	result_headline(result, finding, &headline);
	result_measure_of(result, "reason", cause->reason, (double)cause->count);
	if (queue_is_self_inflicted(cause->reason))
		result_count(result, finding, "self_inflicted", (double)cause->count);
}

/* "7 relay_denied, 2 greylisted" */
static void add_refusals(const struct maillog_look *look, struct result *result)
{
	const struct log_causes *causes = &look->tally.refusals;
	struct text text = { 0 };

	if (look->tally.kinds[LOG_REJECTED] == 0)
		return;
	text_add(&text, "%llu: ", (unsigned long long)look->tally.kinds[LOG_REJECTED]);
	for (size_t i = 0; i < causes->count; i++) {
		result_measure_of(result, "refusal", causes->at[i].reason, (double)causes->at[i].count);
		if (i < 8)
			text_add(&text, "%llu %s, ", (unsigned long long)causes->at[i].count,
				 causes->at[i].reason);
	}
	text_add(&text, "such as \"");
	text_add_foreign(&text, slice_of(causes->count > 0 ? causes->at[0].example :
					 look->tally.examples[LOG_REJECTED]));
	text_add_char(&text, '"');
	result_add(result, STATE_OK, "log_refused", "log", "rejected", &text);
}

static void add_kind(const struct maillog_look *look, enum log_kind kind, const char *reason,
		     struct result *result)
{
	struct text text = { 0 };

	if (look->tally.kinds[kind] == 0)
		return;
	text_add(&text, "%llu, such as \"", (unsigned long long)look->tally.kinds[kind]);
	text_add_foreign(&text, slice_of(look->tally.examples[kind]));
	text_add_char(&text, '"');
	result_add(result, STATE_OK, reason, "log", log_kind_word(kind), &text);
}

static void add_top(const struct maillog_look *look, struct result *result)
{
	const struct frequent_name *names[TOP_MAX];
	size_t most = look->settings->top < TOP_MAX ? look->settings->top : TOP_MAX;
	size_t count = frequent_list(&look->tally.clients, names, most);
	struct text text = { 0 };

	for (size_t i = 0; i < count; i++)
		text_add(&text, "%s%s %llu", i > 0 ? ", " : "", names[i]->name,
			 (unsigned long long)names[i]->count);
	if (count > 0)
		result_add(result, STATE_OK, "log_top", "log", "auth_failed", &text);
	text_release(&text);
}

/* "Postfix", "Postfix and Exim", "no mail server" */
static void print_servers(const struct log_tally *tally, struct text *text)
{
	size_t count = 0;

	for (size_t i = 0; i < LOG_MTAS && log_mtas[i] != NULL; i++) {
		if (tally->mta_lines[i] > 0)
			text_add(text, "%s%s", count++ > 0 ? " and " : "", log_mtas[i]->title);
	}
	if (count == 0)
		text_add(text, "no mail server");
}

/* "Postfix in 15m: 12 sent, 3 deferred, 1 bounced, 4 rejected" */
static void print_counts(const struct maillog_look *look, struct text *text)
{
	const struct log_tally *tally = &look->tally;
	int64_t silence;

	print_servers(tally, text);
	text_add(text, " in ");
	maillog_print_age(text, look->settings->since);
	if (log_tally_known(tally) == 0)
		text_add(text, ": no line, and %llu of other programs", (unsigned long long)tally->lines);
	else
		text_add(text, ": %llu sent, %llu deferred, %llu bounced, %llu rejected",
			 (unsigned long long)tally->kinds[LOG_SENT],
			 (unsigned long long)tally->kinds[LOG_DEFERRED],
			 (unsigned long long)tally->kinds[LOG_BOUNCED],
			 (unsigned long long)tally->kinds[LOG_REJECTED]);
	if (log_tally_known(tally) == 0 && silence_of(look, &silence)) {
		text_add(text, "; the newest line is ");
		maillog_print_age(text, silence);
		text_add(text, " old");
	}
}

static void add_counted(const struct maillog_look *look, struct result *result)
{
	struct text text = { 0 };
	size_t files = 0;

	for (size_t i = 0; i < look->log_count; i++)
		files += look->logs[i].files_read;
	print_counts(look, &text);
	text_add(&text, "; %llu lines, %llu bytes read of %zu file%s", (unsigned long long)look->tally.lines,
		 (unsigned long long)look->bytes_read, files, files == 1 ? "" : "s");
	result_add(result, STATE_OK, "log_counted", "log", "window", &text);
}

static void judge_window(struct maillog_look *look, struct result *result)
{
	log_causes_sort(&look->tally.deliveries);
	log_causes_sort(&look->tally.refusals);
	measure(look, result);
	for (size_t i = 0; i < look->tally.deliveries.count; i++)
		add_cause(look, &look->tally.deliveries.at[i], result);
	add_refusals(look, result);
	add_kind(look, LOG_AUTH_FAILED, "log_auth_failed", result);
	add_kind(look, LOG_PERMISSION, "log_permission", result);
	add_kind(look, LOG_TLS_FAILED, "log_tls_failed", result);
	if (look->settings->top > 0)
		add_top(look, result);
	add_counted(look, result);
	print_counts(look, &result->good);
	print_counts(look, &result->context);
}

/* ---- data */

static json_t *causes_json(const struct log_causes *causes, bool with_fault)
{
	json_t *list = json_array();

	for (size_t i = 0; i < causes->count; i++) {
		json_t *cause = json_pack("{ss sI so}", "reason", causes->at[i].reason, "count",
			(json_int_t)causes->at[i].count, "example",
			output_foreign_json(slice_of(causes->at[i].example), LOG_EXAMPLE));

		if (with_fault)
			json_object_set_new(cause, "self_inflicted",
					    json_boolean(queue_is_self_inflicted(causes->at[i].reason)));
		json_array_append_new(list, cause);
	}
	return list;
}

static json_t *clients_json(const struct maillog_look *look)
{
	const struct frequent_name *names[TOP_MAX];
	size_t most = look->settings->top > 0 ? look->settings->top : TOP_LIST;
	size_t count = frequent_list(&look->tally.clients, names, most < TOP_MAX ? most : TOP_MAX);
	json_t *list = json_array();

	for (size_t i = 0; i < count; i++)
		json_array_append_new(list, json_pack("{ss sI}", "address", names[i]->name, "count",
						      (json_int_t)names[i]->count));
	return list;
}

static json_t *logs_json(const struct maillog_look *look)
{
	json_t *logs = json_array();

	for (size_t i = 0; i < look->log_count; i++) {
		const struct maillog_log *log = &look->logs[i];
		json_t *json = json_pack("{so sI}", "log", output_foreign_json(slice_of(log->path), 4096),
					 "files_read", (json_int_t)log->files_read);

		if (log->knows_newest)
			json_object_set_new(json, "newest", json_integer((json_int_t)log->newest));
		json_array_append_new(logs, json);
	}
	return logs;
}

static void fill_data(const struct maillog_look *look, struct result *result)
{
	const struct log_tally *tally = &look->tally;
	json_t *data = json_pack("{s{sI sI} so}", "window", "from", (json_int_t)look->since, "to",
				 (json_int_t)look->now, "logs", logs_json(look));
	json_t *servers = json_object(), *counts = json_object();

	for (size_t i = 0; i < LOG_MTAS && log_mtas[i] != NULL; i++) {
		if (tally->mta_lines[i] > 0)
			json_object_set_new(servers, log_mtas[i]->name, json_integer((json_int_t)tally->mta_lines[i]));
	}
	for (enum log_kind kind = LOG_SENT; kind < LOG_KINDS; kind++)
		json_object_set_new(counts, log_kind_word(kind), json_integer((json_int_t)tally->kinds[kind]));
	result->data = data;
	json_object_set_new(data, "lines_of", servers);
	json_object_set_new(data, "lines", json_integer((json_int_t)tally->lines));
	json_object_set_new(data, "lines_without_time", json_integer((json_int_t)tally->without_time));
	json_object_set_new(data, "bytes_read", json_integer((json_int_t)look->bytes_read));
	json_object_set_new(data, "was_read", json_boolean(look->was_read));
	json_object_set_new(data, "counts", counts);
	json_object_set_new(data, "reasons", causes_json(&tally->deliveries, true));
	json_object_set_new(data, "refusals", causes_json(&tally->refusals, false));
	json_object_set_new(data, "failed_logins", clients_json(look));
}

void maillog_judge(struct maillog_look *look, struct frame *frame)
{
	frame->result.failed = frame->result.failed || look->tally.clients.failed;
	/* Half a window is not the window. */
	if (look->was_read)
		judge_window(look, &frame->result);
	fill_data(look, &frame->result);
}
