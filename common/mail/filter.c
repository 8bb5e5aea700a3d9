/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "mail/filter.h"

#include <jansson.h>
#include <string.h>

#include "base/ip.h"
#include "base/quantity.h"

static void keep(char *to, size_t size, struct slice s)
{
	size_t len = s.len < size ? s.len : size - 1;

	for (size_t i = 0; i < len; i++)
		to[i] = s.at[i] != '\0' ? s.at[i] : '?';
	to[len] = '\0';
}

/* In their order; what there is no room for costs least. */
static struct filter_symbol *add_symbol(struct filter_verdict *verdict, struct slice name, double score)
{
	size_t at = verdict->symbol_count;

	while (at > 0 && verdict->symbols[at - 1].score < score)
		at--;
	if (verdict->symbol_count == FILTER_SYMBOLS)
		verdict->symbols_left_out++;
	if (at == FILTER_SYMBOLS)
		return NULL;
	verdict->symbol_count += verdict->symbol_count < FILTER_SYMBOLS;
	memmove(verdict->symbols + at + 1, verdict->symbols + at,
		(verdict->symbol_count - at - 1) * sizeof *verdict->symbols);
	verdict->symbols[at] = (struct filter_symbol){ .score = score };
	keep(verdict->symbols[at].name, sizeof verdict->symbols[at].name, name);
	return &verdict->symbols[at];
}

/* ---- rspamd */

static const struct {
	const char *action;
	enum filter_outcome outcome;
} actions[] = {
	{ "no action", FILTER_CLEAN },
	{ "accept", FILTER_CLEAN },
	{ "greylist", FILTER_SUSPICIOUS },
	{ "add header", FILTER_SUSPICIOUS },
	{ "rewrite subject", FILTER_SUSPICIOUS },
	{ "soft reject", FILTER_SUSPICIOUS },
	{ "quarantine", FILTER_SPAM },
	{ "discard", FILTER_SPAM },
	{ "reject", FILTER_SPAM },
};

static bool read_action(const char *word, struct filter_verdict *verdict)
{
	for (size_t i = 0; word != NULL && i < sizeof actions / sizeof *actions; i++) {
		if (strcmp(word, actions[i].action) != 0)
			continue;
		verdict->outcome = actions[i].outcome;
		keep(verdict->action, sizeof verdict->action, slice_of(word));
		return true;
	}
	return false;
}

static struct slice word_of(const json_t *json)
{
	const char *word = json_string_value(json);

	return (struct slice){ word, word != NULL ? json_string_length(json) : 0 };
}

static bool read_rspamd(json_t *reply, struct filter_verdict *verdict, struct fault *fault)
{
	json_t *score = json_object_get(reply, "score"), *limit = json_object_get(reply, "required_score");
	json_t *action = json_object_get(reply, "action"), *symbols = json_object_get(reply, "symbols");

	if (!json_is_number(score) || !json_is_number(limit) || !json_is_object(symbols))
		return fault_set(fault, FAULT_PROTOCOL, "JSON without score, required_score and symbols");
	if (!read_action(json_string_value(action), verdict))
		return fault_set(fault, FAULT_PROTOCOL, "the action \"%.40s\" is not known here",
				 json_is_string(action) ? json_string_value(action) : "");
	/* What is refused at first sight (GTUBE) is not looked at further, and that is said so. */
	if (json_is_true(json_object_get(reply, "is_skipped")) && verdict->outcome == FILTER_CLEAN)
		return fault_set(fault, FAULT_PROTOCOL, "it did not look at the message (is_skipped)");
	verdict->score = json_number_value(score);
	verdict->limit = json_number_value(limit);
	for (void *at = json_object_iter(symbols); at != NULL; at = json_object_iter_next(symbols, at)) {
		json_t *json = json_object_iter_value(at);
		struct filter_symbol *symbol = add_symbol(verdict, slice_of(json_object_iter_key(at)),
							  json_number_value(json_object_get(json, "score")));

		if (symbol != NULL)
			keep(symbol->text, sizeof symbol->text, word_of(json_object_get(json, "description")));
	}
	return true;
}

bool filter_rspamd_parse(struct slice json, struct filter_verdict *verdict, struct fault *fault)
{
	json_error_t error;
	json_t *reply = json.len > 0 ? json_loadb(json.at, json.len, 0, &error) : NULL;
	bool good;

	*verdict = (struct filter_verdict){ .score = 0 };
	if (reply == NULL)
		return fault_set(fault, FAULT_PROTOCOL, "no JSON came: \"%.*s\"",
				 (int)(json.len < 60 ? json.len : 60), json.len > 0 ? json.at : "");
	good = read_rspamd(reply, verdict, fault);
	json_delete(reply);
	return good;
}

/* ---- spamd */

/* It looks for who hands the message over in the topmost Received (Mail::SpamAssassin::
 * Message::Metadata::Received), and for the envelope's sender in Return-Path. */
static void add_trace(const struct filter_envelope *envelope, const char *date, struct text *text)
{
	struct ip ip;

	if (envelope->from != NULL)
		text_add(text, "Return-Path: <%s>\r\n", envelope->from);
	if (envelope->ip == NULL || envelope->helo == NULL || !ip_parse(slice_of(envelope->ip), &ip))
		return;
	text_add(text, "Received: from %s (%s [%s%s])\r\n\tby localhost (Mailpath) with ESMTP id 1",
		 envelope->helo, envelope->helo, ip.version == 6 ? "IPv6:" : "", envelope->ip);
	if (envelope->to_count > 0)
		text_add(text, "\r\n\tfor <%s>", envelope->to[0]);
	text_add(text, ";\r\n\t%s\r\n", date);
}

void filter_spamd_request(const struct filter_envelope *envelope, const char *date, uint64_t size,
			  struct text *request)
{
	struct text trace = { 0 };

	add_trace(envelope, date, &trace);
	text_add(request, "REPORT SPAMC/1.5\r\nContent-length: %llu\r\n\r\n",
		 (unsigned long long)(size + trace.len));
	text_add_slice(request, text_slice(&trace));
	request->failed |= trace.failed;
	text_release(&trace);
}

static bool take_line(struct slice *rest, struct slice *line)
{
	if (!slice_split(rest, '\n', line))
		return false;
	*line = slice_trim(*line);
	return true;
}

static bool score_of(struct slice word, double *score)
{
	return quantity_parse(word, UNIT_NONE, score);
}

/* "Spam: True ; 1000.0 / 5.0" */
static bool read_spam_line(struct slice value, struct filter_verdict *verdict)
{
	struct slice word, score;
	bool is_spam;

	if (!slice_split(&value, ';', &word))
		return false;
	word = slice_trim(word);
	is_spam = slice_is_nocase(word, "True") || slice_is_nocase(word, "Yes");
	if (!is_spam && !slice_is_nocase(word, "False") && !slice_is_nocase(word, "No"))
		return false;
	verdict->outcome = is_spam ? FILTER_SPAM : FILTER_CLEAN;
	keep(verdict->action, sizeof verdict->action, slice_of(is_spam ? "spam" : "not spam"));
	return slice_split(&value, '/', &score) && score_of(slice_trim(score), &verdict->score) &&
	       value.at != NULL && score_of(slice_trim(value), &verdict->limit);
}

/* "1000 GTUBE                  BODY: Generic Test for Unsolicited Bulk Email" */
static void read_report(struct slice rest, struct filter_verdict *verdict)
{
	struct filter_symbol *last = NULL;
	struct slice line, whole, points, name;
	bool is_table = false;
	double score;

	while (slice_split(&rest, '\n', &whole)) {
		line = slice_trim(whole);
		if (slice_starts(line, "----")) {
			is_table = true;
			continue;
		}
		if (!is_table || line.len == 0)
			continue;
		/* A sentence that goes on is indented. */
		if (!slice_starts(whole, "          ") && slice_word(&line, &points) && score_of(points, &score) && slice_word(&line, &name)) {
			last = add_symbol(verdict, name, score);
			if (last != NULL)
				keep(last->text, sizeof last->text, slice_trim(line));
		} else if (last != NULL) {
			size_t len = strlen(last->text);

			if (len > 0 && len + 2 < sizeof last->text) {
				last->text[len++] = ' ';
				keep(last->text + len, sizeof last->text - len, slice_trim(whole));
			}
		}
	}
}

bool filter_spamd_parse(struct slice reply, struct filter_verdict *verdict, struct fault *fault)
{
	struct slice rest = reply, line, word, status;
	bool is_found = false;

	*verdict = (struct filter_verdict){ .score = 0 };
	if (!take_line(&rest, &line))
		return fault_set(fault, FAULT_PROTOCOL, "nothing came");
	status = line;
	if (!slice_starts(line, "SPAMD/") || !slice_word(&line, &word) || !slice_word(&line, &word) ||
	    !slice_is(word, "0"))
		return fault_set(fault, FAULT_PROTOCOL, "spamd's word for success (\"SPAMD/1.1 0 EX_OK\") is not what "
				 "came: \"%.*s\"", (int)(status.len < 80 ? status.len : 80),
				 status.len > 0 ? status.at : "");
	while (take_line(&rest, &line) && line.len > 0) {
		slice_split(&line, ':', &word);
		if (slice_is_nocase(word, "Spam") && line.at != NULL)
			is_found = read_spam_line(line, verdict);
	}
	if (!is_found)
		return fault_set(fault, FAULT_PROTOCOL, "spamd's reply has no \"Spam: True|False ; SCORE / LIMIT\"");
	read_report(rest.at != NULL ? rest : (struct slice){ "", 0 }, verdict);
	return true;
}
