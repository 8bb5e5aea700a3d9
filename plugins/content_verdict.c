/* SPDX-License-Identifier: GPL-3.0-or-later */
#include <stdlib.h>
#include <string.h>

#include "content_look.h"
#include "monitor/output.h"

/* What check_mailcontent says of what it saw. */

enum {
	HEADER_LARGE = 32 << 10,	/* Sendmail's MaxHeadersLength */
	HEADER_HUGE = 1 << 20,		/* Exim's header_maxsize */
	FIELDS_MANY = 1000,
	DEPTH_MANY = 20,
	PAST = 4 * 86400, FUTURE = 3 * 3600,	/* from where on SpamAssassin counts it */
	SYMBOLS_SAID = 10, SYMBOLS_IN_SUMMARY = 3,
};

/* CRITICAL: large receivers refuse it, or what they get is not what was sent. WARNING: it
 * costs score, or some receivers cannot read it. */
static const struct row {
	const char *reason;
	enum state state;
	const char *words;
	bool is_of_header;		/* the subject is the field, or "header" */
	bool shows_about;
} rows[CONTENT_FAULTS] = {
	[CONTENT_LINE_LONG] = { "content_line_too_long", STATE_CRITICAL, "it is longer than 998 octets", false, false },
	[CONTENT_LINE_WIDE] = { "content_line_wide", STATE_OK, "it is longer than 78 octets", false, false },
	[CONTENT_BARE_LF] = { "content_bare_lf", STATE_CRITICAL, "it ends with LF alone, others with CRLF", false, false },
	[CONTENT_BARE_CR] = { "content_bare_cr", STATE_CRITICAL, "it has a CR that ends no line", false, false },
	[CONTENT_NUL] = { "content_nul", STATE_CRITICAL, "it has a NUL", false, false },
	[CONTENT_FIELD_MISSING] = { "content_header_missing", STATE_WARNING, "the message has no such field", true, false },
	[CONTENT_FIELD_INVALID] = { "content_header_invalid", STATE_WARNING, "it cannot be read", true, false },
	[CONTENT_FIELD_TWICE] = { "content_header_twice", STATE_CRITICAL, "it stands there again", true, false },
	[CONTENT_FIELD_FOREIGN] = { "content_header_8bit", STATE_WARNING, "bytes above 127 that are no UTF-8 in",
				    true, true },
	[CONTENT_FIELD_UTF8] = { "content_header_8bit", STATE_WARNING, "UTF-8, which only SMTPUTF8 allows, in",
				 true, true },
	[CONTENT_FIELD_MALFORMED] = { "content_header_malformed", STATE_CRITICAL, "it is no \"Name: value\"", true, true },
	[CONTENT_FROM_SEVERAL] = { "content_from_several", STATE_WARNING, "it has several addresses", true, false },
	[CONTENT_SIGNATURE_INVALID] = { "content_dkim_invalid", STATE_WARNING, "no receiver can use it", true, false },
	[CONTENT_TOO_DEEP] = { "content_nesting", STATE_CRITICAL, "it is the 101st part within the other", false, false },
	[CONTENT_BOUNDARY_MISSING] = { "content_multipart_broken", STATE_WARNING, "a multipart without a boundary", false, false },
	[CONTENT_NOT_OPENED] = { "content_multipart_broken", STATE_WARNING, "none of its parts follows: no line is its boundary",
				 false, true },
	[CONTENT_NOT_CLOSED] = { "content_multipart_broken", STATE_WARNING, "it is not closed by its boundary and \"--\"",
				 false, true },
	[CONTENT_NO_PARTS] = { "content_multipart_broken", STATE_WARNING, "a multipart without parts, of the boundary", false,
			       true },
	[CONTENT_ENCODING_UNKNOWN] = { "content_encoding_invalid", STATE_WARNING, "there is no encoding", false, true },
	[CONTENT_ENCODING_FORBIDDEN] = { "content_encoding_invalid", STATE_WARNING,
					 "a multipart that says to be encoded, which only its parts can be", false, false },
	[CONTENT_ENCODING_BROKEN] = { "content_encoding_broken", STATE_WARNING, "it cannot be decoded as", false, true },
	[CONTENT_UNDECLARED_8BIT] = { "content_8bit_undeclared", STATE_WARNING, "it has bytes above 127, and is declared 7bit",
				      false, false },
	[CONTENT_NOT_ASCII] = { "content_charset_wrong", STATE_WARNING, "it has letters that us-ascii, its charset, does not have",
				false, false },
	[CONTENT_NOT_UTF8] = { "content_charset_wrong", STATE_WARNING, "it has bytes that are no UTF-8, its charset", false, false },
	[CONTENT_HTML_ALONE] = { "content_html_alone", STATE_WARNING, "HTML", false, false },
	[CONTENT_IMAGE_ALONE] = { "content_image_alone", STATE_WARNING, "an image, and next to no text beside it", false, false },
	[CONTENT_PROGRAM_NAME] = { "content_executable", STATE_CRITICAL, "a program by its name,", false, true },
	[CONTENT_PROGRAM_BYTES] = { "content_executable", STATE_CRITICAL, "a program by its first bytes,", false, true },
	[CONTENT_PROGRAM_PACKED] = { "content_executable", STATE_CRITICAL, "a zip with a program in it,", false, true },
	[CONTENT_ARCHIVE_PACKED] = { "content_archive_nested", STATE_WARNING, "a zip with an archive in it,", false, true },
	[CONTENT_ARCHIVE_ENCRYPTED] = { "content_archive_encrypted", STATE_WARNING, "an encrypted zip,", false, true },
	[CONTENT_MACROS] = { "content_macros", STATE_WARNING, "a file of Office with macros,", false, true },
};

struct verdict {
	const struct content_look *look;
	const struct content *content;
	struct result *result;
};

static struct finding *add(struct verdict *v, enum state state, const char *reason, const char *subject,
			   struct text *text)
{
	return result_add(v->result, state, reason, "content", subject, text);
}

static void add_quoted(struct text *text, const char *foreign)
{
	text_add(text, " \"");
	text_add_foreign_most(text, slice_of(foreign), 80);
	text_add_char(text, '"');
}

/* ---- what the message is read for */

static enum state state_of(const struct verdict *v, const struct content_note *note)
{
	bool is_lack = note->fault == CONTENT_FIELD_MISSING || note->fault == CONTENT_FIELD_INVALID;

	/* Without an author, no receiver of size takes it. */
	if (is_lack && strcmp(note->about, "From") == 0)
		return STATE_CRITICAL;
	if (note->fault == CONTENT_FIELD_UTF8 && v->look->settings->has_smtputf8)
		return STATE_OK;
	return rows[note->fault].state;
}

static void add_note(struct verdict *v, const struct content_note *note)
{
	const struct row *row = &rows[note->fault];
	uint64_t count = note->fault == CONTENT_LINE_WIDE || note->fault == CONTENT_BARE_LF
			 ? v->content->totals[note->fault] : note->count;
	struct text text = { 0 };
	char subject[CONTENT_PATH_MAX + 8];

	if (row->is_of_header && row->shows_about)
		text_add(&text, "header");
	else if (row->is_of_header)
		text_add(&text, "%s", note->about);
	else
		text_add(&text, note->part[0] != '\0' ? "part-%s" : "message%s", note->part);
	slice_copy(text_slice(&text), subject, sizeof subject);
	text_truncate(&text, 0);
	if (note->line > 0)
		text_add(&text, "line %llu: ", (unsigned long long)note->line);
	text_add(&text, "%s", row->words);
	if (row->shows_about && note->about[0] != '\0')
		add_quoted(&text, note->about);
	if (note->why != NULL)
		text_add(&text, ": %s", note->why);
	if (note->fault == CONTENT_LINE_LONG)
		text_add(&text, "; the longest has %llu", (unsigned long long)v->content->longest);
	if (count > 1)
		text_add(&text, " (%llu times)", (unsigned long long)count);
	add(v, state_of(v, note), row->reason, subject, &text);
}

static void judge_notes(struct verdict *v)
{
	for (size_t i = 0; i < v->content->note_count; i++)
		add_note(v, &v->content->notes[i]);
}

static void judge_sizes(struct verdict *v)
{
	const struct content *content = v->content;
	uint64_t limit = v->look->settings->size_limit;
	struct text text = { 0 };

	if (limit > 0 && content->size > limit) {
		text_add(&text, "%llu octets as it is sent, and %llu are allowed", (unsigned long long)content->size,
			 (unsigned long long)limit);
		add(v, STATE_CRITICAL, "message_too_big", "message", &text);
	}
	if (content->header_size > HEADER_LARGE || content->fields > FIELDS_MANY) {
		text_add(&text, "%llu octets in %u fields; %s", (unsigned long long)content->header_size, content->fields,
			 content->header_size > HEADER_HUGE ? "most servers refuse that" : "some servers refuse that");
		add(v, content->header_size > HEADER_HUGE ? STATE_CRITICAL : STATE_WARNING, "content_header_too_large",
		    "header", &text);
	}
	if (content->depth > DEPTH_MANY && content->totals[CONTENT_TOO_DEEP] == 0) {
		text_add(&text, "%u parts within each other", content->depth);
		add(v, STATE_WARNING, "content_nesting", "message", &text);
	}
}

/* "5 days", "3 hours" */
static void add_duration(struct text *text, int64_t seconds)
{
	bool has_days = seconds >= 2 * 86400;

	text_add(text, has_days ? "%lld days" : "%lld hours", (long long)(seconds / (has_days ? 86400 : 3600)));
}

/* Against the time when it was received, where it tells: a stored one grows old. */
static void judge_date(struct verdict *v)
{
	const struct content *content = v->content;
	const struct content_settings *settings = v->look->settings;
	bool by_received = content->has_received && !settings->has_at;
	int64_t sent = by_received ? content->received : settings->at, age = sent - content->date;
	struct text text = { 0 };

	if (!content->has_date || (age <= PAST && age >= -FUTURE))
		return;
	text_add(&text, "line %llu: ", (unsigned long long)content->date_line);
	add_duration(&text, age > 0 ? age : -age);
	text_add(&text, " %s %s", age > 0 ? "before" : "after",
		 by_received ? "it was received" : settings->has_at ? "--at" : "now");
	add(v, STATE_WARNING, "content_date_off", "Date", &text);
}

static void judge_signatures(struct verdict *v)
{
	const struct content *content = v->content;
	bool is_required = v->look->settings->requires_dkim, is_aligned = false;
	enum state state = is_required ? STATE_CRITICAL : STATE_OK;
	struct text text = { 0 };

	for (size_t i = 0; i < content->signature_count; i++) {
		const struct content_signature *signature = &content->signatures[i];
		bool counts = content_is_aligned(content, signature);

		is_aligned |= counts;
		text_add(&text, "line %llu: d=%s, selector", (unsigned long long)signature->line, signature->domain.text);
		add_quoted(&text, signature->selector);
		text_add(&text, counts ? ", the author's domain" : ", not the author's domain");
		add(v, STATE_OK, "content_dkim_signed", "DKIM-Signature", &text);
	}
	if (content->signature_count == 0) {
		text_add(&text, "the message is not signed%s", is_required ? "" : " (yet: servers sign when they send)");
		add(v, state, "content_dkim_missing", "DKIM-Signature", &text);
	} else if (!is_aligned && content->from.text[0] != '\0') {
		text_add(&text, "no signature is of %s, the author's domain, so none counts for DMARC", content->from.text);
		add(v, state, "content_dkim_unaligned", "DKIM-Signature", &text);
	}
}

static void judge_bulk(struct verdict *v)
{
	const struct content *content = v->content;
	bool is_covered = content->signature_count == 0;
	struct text text = { 0 };

	if (!v->look->settings->is_bulk)
		return;
	for (size_t i = 0; i < content->signature_count; i++)
		is_covered |= content->signatures[i].covers_unsubscribe;
	if (!content->has_unsubscribe) {
		text_add(&text, "the message has no such field");
		add(v, STATE_WARNING, "content_unsubscribe_missing", "List-Unsubscribe", &text);
		return;
	}
	if (content->has_unsubscribe_https && content->has_unsubscribe_post && is_covered)
		return;
	text_add(&text, "line %llu: %s", (unsigned long long)content->unsubscribe_line,
		 !content->has_unsubscribe_https ? "it has no https address"
		 : !content->has_unsubscribe_post ? "there is no \"List-Unsubscribe-Post: List-Unsubscribe=One-Click\""
						  : "no DKIM signature covers it and List-Unsubscribe-Post (h=)");
	add(v, STATE_WARNING, "content_unsubscribe_no_click", "List-Unsubscribe", &text);
}

static void tell_files(struct verdict *v)
{
	const struct content *content = v->content;

	for (size_t i = 0; i < content->file_count; i++) {
		const struct content_file *file = &content->files[i];
		char subject[CONTENT_PATH_MAX + 8];
		struct text text = { 0 };

		text_add(&text, "part-%s", file->part);
		slice_copy(text_slice(&text), subject, sizeof subject);
		text_truncate(&text, 0);
		text_add(&text, "%llu bytes:", (unsigned long long)file->size);
		add_quoted(&text, file->name);
		text_add(&text, " of type");
		add_quoted(&text, file->type);
		add(v, STATE_OK, "content_file", subject, &text);
	}
}

/* ---- what a filter says */

static const struct {
	const char *reason;
	enum state state;
} outcomes[] = {
	[FILTER_CLEAN] = { "content_not_spam", STATE_OK },
	[FILTER_SUSPICIOUS] = { "content_suspicious", STATE_WARNING },
	[FILTER_SPAM] = { "content_spam", STATE_CRITICAL },
};

static void add_score(struct text *text, double score)
{
	/* Three decimals are what the filters have. */
	quantity_print(text, (double)(int64_t)(score * 1000 + (score < 0 ? -0.5 : 0.5)) / 1000);
}

static bool is_score(double score)
{
	return score > -1e9 && score < 1e9;
}

static void add_opinion(const struct filter_verdict *verdict, struct text *text)
{
	text_add_foreign(text, slice_of(verdict->action));
	text_add(text, ", score ");
	add_score(text, verdict->score);
	text_add(text, " of ");
	add_score(text, verdict->limit);
}

/* Is it one of those that cost most? What is refused at first sight has one without a
 * score. */
static bool is_told(const struct filter_verdict *verdict, size_t i)
{
	double score = verdict->symbols[i].score;

	return is_score(score) && (score > 0 || (i == 0 && verdict->outcome != FILTER_CLEAN));
}

static void tell_symbol(struct verdict *v, const struct filter_symbol *symbol)
{
	struct text text = { 0 }, subject = { 0 };
	struct finding *finding;

	for (const char *c = symbol->name; *c != '\0'; c++) {
		bool is_word = (*c >= 'A' && *c <= 'Z') || (*c >= 'a' && *c <= 'z') || (*c >= '0' && *c <= '9');

		text_add_char(&subject, is_word || *c == '-' || *c == '.' ? *c : '_');
	}
	text_add(&text, symbol->score > 0 ? "+" : "");
	add_score(&text, symbol->score);
	text_add(&text, ": ");
	text_add_foreign(&text, slice_of(symbol->text[0] != '\0' ? symbol->text : "the filter has no sentence for it"));
	finding = result_add(v->result, STATE_OK, "content_symbol", "filter", text_str(&subject), &text);
	finding->is_shown = v->look->verdict.outcome != FILTER_CLEAN;
	text_release(&subject);
}

static void judge_filter(struct verdict *v)
{
	const struct content_look *look = v->look;
	const struct filter_verdict *verdict = &look->verdict;
	struct text text = { 0 };

	if (!look->was_asked)
		return;
	if (is_score(verdict->score))
		result_measure(v->result, "score", verdict->score);
	add_opinion(verdict, &text);
	for (size_t i = 0; i < SYMBOLS_IN_SUMMARY && i < verdict->symbol_count && is_told(verdict, i); i++) {
		text_add(&text, i > 0 ? ", " : "; ");
		text_add_foreign(&text, slice_of(verdict->symbols[i].name));
		text_add(&text, verdict->symbols[i].score > 0 ? " +" : " ");
		add_score(&text, verdict->symbols[i].score);
	}
	result_add(v->result, outcomes[verdict->outcome].state, outcomes[verdict->outcome].reason, "filter",
		   look->filter.label, &text);
	for (size_t i = 0; i < SYMBOLS_SAID && i < verdict->symbol_count && is_told(verdict, i); i++)
		tell_symbol(v, &verdict->symbols[i]);
}

/* ---- the whole */

static void measure(const struct content *content, struct result *result)
{
	result_measure(result, "size", (double)content->size);
	result_measure(result, "parts", content->parts);
	result_measure(result, "depth", content->depth);
	result_measure(result, "lines", (double)content->lines);
	result_measure(result, "longest_line", (double)content->longest);
	result_measure(result, "header_size", (double)content->header_size);
	result_measure(result, "attachments", content->attachments);
	result_measure(result, "attachment_max", (double)content->attachment_max);
}

static void add_counted(struct verdict *v)
{
	const struct content *content = v->content;
	struct text text = { 0 };

	text_add(&text, "%llu octets, %llu lines, %u part%s, %u attachment%s", (unsigned long long)content->size,
		 (unsigned long long)content->lines, content->parts, content->parts == 1 ? "" : "s",
		 content->attachments, content->attachments == 1 ? "" : "s");
	text_add_slice(&v->result->good, text_slice(&text));
	text_add(&v->result->good, ": nothing is wrong with it");
	if (v->look->was_asked) {
		text_add(&v->result->good, "; %s: ", v->look->filter.label);
		add_opinion(&v->look->verdict, &v->result->good);
	}
	text_add_slice(&v->result->context, text_slice(&text));
	add(v, STATE_OK, "content_counted", "message", &text);
}

static json_t *foreign(const char *word)
{
	return output_foreign_json(slice_of(word), CONTENT_ABOUT_MAX);
}

static json_t *files_json(const struct content *content)
{
	json_t *files = json_array();

	for (size_t i = 0; i < content->file_count; i++)
		json_array_append_new(files, json_pack("{ss so so sI}", "part", content->files[i].part, "name",
			foreign(content->files[i].name), "type", foreign(content->files[i].type), "size",
			(json_int_t)content->files[i].size));
	return files;
}

static json_t *signatures_json(const struct content *content)
{
	json_t *signatures = json_array();

	for (size_t i = 0; i < content->signature_count; i++) {
		const struct content_signature *signature = &content->signatures[i];

		json_array_append_new(signatures, json_pack("{ss so sb sI}", "domain", signature->domain.text,
			"selector", foreign(signature->selector), "aligned", content_is_aligned(content, signature),
			"line", (json_int_t)signature->line));
	}
	return signatures;
}

static json_t *filter_json(const struct content_look *look)
{
	const struct filter_verdict *verdict = &look->verdict;
	json_t *symbols = json_array();

	for (size_t i = 0; i < verdict->symbol_count; i++)
		json_array_append_new(symbols, json_pack("{so sf so}", "name", foreign(verdict->symbols[i].name),
			"score", verdict->symbols[i].score, "text", foreign(verdict->symbols[i].text)));
	return json_pack("{ss so sf sf so si}", "filter", look->filter.label, "action", foreign(verdict->action),
			 "score", verdict->score, "limit", verdict->limit, "symbols", symbols, "symbols_left_out",
			 (int)verdict->symbols_left_out);
}

static void fill_data(const struct content_look *look, struct result *result)
{
	const struct content *content = &look->content;
	json_t *data = json_pack("{sI sI sI sI sI so so}", "bytes", (json_int_t)content->bytes, "size",
		(json_int_t)content->size, "lines", (json_int_t)content->lines, "parts", (json_int_t)content->parts,
		"header_size", (json_int_t)content->header_size, "files", files_json(content), "signatures",
		signatures_json(content));

	result->data = data;
	if (content->from.text[0] != '\0')
		json_object_set_new(data, "author_domain", json_string(content->from.text));
	if (content->has_date)
		json_object_set_new(data, "date", json_integer((json_int_t)content->date));
	if (look->was_asked)
		json_object_set_new(data, "filter", filter_json(look));
}

void content_judge(struct content_look *look, struct frame *frame)
{
	struct verdict v = { .look = look, .content = &look->content, .result = &frame->result };
	struct text text = { 0 };

	if (!look->was_read)
		return;
	if (look->content.fields == 0) {
		text_add(&text, look->content.bytes == 0 ? "it is empty" : "not one line of a header is in it");
		add(&v, STATE_UNKNOWN, "content_no_message", "message", &text);
		return;
	}
	measure(&look->content, v.result);
	judge_notes(&v);
	judge_sizes(&v);
	judge_date(&v);
	judge_signatures(&v);
	judge_bulk(&v);
	tell_files(&v);
	judge_filter(&v);
	add_counted(&v);
	fill_data(look, v.result);
}
