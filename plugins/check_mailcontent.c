/* SPDX-License-Identifier: GPL-3.0-or-later */
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "content_look.h"
#include "mail/log_stamp.h"
#include "mail/reasons.h"
#include "net/file.h"

/* check_mailcontent: what does the message itself do wrong, and what would a filter say? */

#define FIELD(name) offsetof(struct content_settings, name)

static bool read_from(const char *value, void *field, struct fault *fault)
{
	(void)fault;
	*(const char **)field = strcmp(value, "<>") == 0 ? "" : value;
	return true;
}

static const struct option_row options[] = {
	{ .help = "Which message" },
	{ 0, "message", "FILE", option_word, FIELD(message),
	  "a message as it is sent, or as Unix stores it; - is standard input", NULL },
	{ 'f', "from", "ADDRESS", read_from, FIELD(from),
	  "without a message: judge the one that check_smtp_send would send, from here", NULL },
	{ 0, "to", "ADDRESS", option_words, FIELD(to), "and to here; repeatable", NULL },
	{ 0, "subject", "TEXT", option_word, FIELD(probe.subject), "its subject", NULL },
	{ 0, "header", "NAME: VALUE", option_words, FIELD(probe.headers), "a line of its header; repeatable",
	  NULL },
	{ 0, "body-file", "FILE", option_word, FIELD(probe.body_file), "its text; - is standard input", NULL },
	{ 0, "attach", "FILE", option_words, FIELD(probe.attachments), "a file that goes along; repeatable",
	  NULL },
	{ 0, "pad", "SIZE", option_bytes, FIELD(probe.pad),
	  "fill it up to this size in all, at most 256M", NULL },
	{ .help = "What is expected of it" },
	{ 0, "size-limit", "BYTES", option_bytes, FIELD(size_limit), "it must not be larger, encoded", NULL },
	{ 0, "smtputf8", NULL, option_flag, FIELD(has_smtputf8),
	  "it goes by SMTPUTF8: its header may have UTF-8", NULL },
	{ 0, "require-dkim", NULL, option_flag, FIELD(requires_dkim),
	  "it must have a DKIM signature of the author's domain", NULL },
	{ 0, "bulk", NULL, option_flag, FIELD(is_bulk), "it is bulk mail: List-Unsubscribe, by one click", NULL },
	{ 0, "at", "TIME", option_word, FIELD(at_word),
	  "it is sent at 2026-11-24T16:00:00+01:00 (when it was received, or now)", NULL },
	{ .help = "A filter's opinion" },
	{ 0, "filter", "URL", option_word, FIELD(filter_word),
	  "ask rspamd://HOST[:PORT], http://HOST:PORT/checkv2 or spamd://HOST[:PORT]", NULL },
	{ 0, "ip", "ADDR", option_word, FIELD(ip), "tell it that this address hands the message over", NULL },
	{ 'F', "helo", "NAME", option_word, FIELD(helo), "and calls itself this", NULL },
	{ 0, "mail-from", "ADDRESS", read_from, FIELD(mail_from), "with this sender (the probe's)", NULL },
	{ 0, "rcpt", "ADDRESS", option_words, FIELD(rcpt), "and this recipient; repeatable (the probe's)", NULL },
	{ 'H', "hostname", NULL, NULL, 0, NULL,
	  "nothing: it looks at a message; to look at a server, check_smtp_send" },
	{ 'p', "port", NULL, NULL, 0, NULL, "the port in --filter" },
	{ 0 },
};

static const struct metric_row metrics[] = {
	{ "score", "The filter's score.", UNIT_NONE, NULL, NULL, .can_be_negative = true },
	{ "size", "Octets of the message as it is sent.", UNIT_BYTES, NULL, NULL },
	{ "parts", "Parts that are no multipart.", UNIT_NONE, NULL, NULL },
	{ "depth", "Parts within each other.", UNIT_NONE, NULL, NULL },
	{ "lines", "Lines.", UNIT_NONE, NULL, NULL },
	{ "longest_line", "Octets of the longest line.", UNIT_NONE, NULL, NULL },
	{ "header_size", "Octets of the header.", UNIT_BYTES, NULL, NULL },
	{ "attachments", "Attachments.", UNIT_NONE, NULL, NULL },
	{ "attachment_max", "Octets of the largest attachment, decoded.", UNIT_BYTES, NULL, NULL },
	{ "time", "Seconds that the whole run took.", UNIT_SECONDS, NULL, NULL },
	{ 0 },
};

/* ---- preparing */

static bool check_which(struct content_settings *settings, struct fault *fault)
{
	bool is_told = settings->from != NULL || settings->to.count > 0 || probe_message_is_told(&settings->probe);

	if (settings->message != NULL && is_told)
		return fault_set(fault, FAULT_USAGE, "--message: --from, --to, --subject, --header, --body-file, "
				 "--attach and --pad make another message");
	if (settings->message == NULL && settings->from == NULL)
		return fault_set(fault, FAULT_USAGE, "there is no message: give --message, or --from for that of "
				 "check_smtp_send (see --help)");
	return true;
}

static bool use_address(const char *option, const char **word, struct address *address, struct fault *fault)
{
	if (!address_parse(slice_of(*word), address, fault))
		return fault_prefix(fault, "%s: %s: ", option, *word);
	*word = address->text;
	return true;
}

static bool check_addresses(struct content_settings *settings, struct fault *fault)
{
	if (settings->from != NULL && settings->from[0] != '\0' &&
	    !use_address("--from", &settings->from, &settings->from_address, fault))
		return false;
	if (settings->to.count > CONTENT_RECIPIENTS_MAX)
		return fault_set(fault, FAULT_USAGE, "--to: more than %d", CONTENT_RECIPIENTS_MAX);
	for (size_t i = 0; i < settings->to.count; i++) {
		if (!use_address("--to", &settings->to.at[i], &settings->to_addresses[i], fault))
			return false;
	}
	return true;
}

/* These become lines of what is said to a filter. */
static bool check_word(const char *option, const char *word, struct fault *fault)
{
	for (const char *c = word != NULL ? word : ""; *c != '\0'; c++) {
		if ((unsigned char)*c <= ' ' || *c == '\x7f' || *c == '<' || *c == '>')
			return fault_set(fault, FAULT_USAGE, "%s: a blank, a control character or a bracket in it",
					 option);
	}
	return true;
}

static bool check_envelope(struct content_settings *settings, struct fault *fault)
{
	struct ip ip;

	if (settings->filter_word == NULL && (settings->ip != NULL || settings->helo != NULL ||
					      settings->mail_from != NULL || settings->rcpt.count > 0))
		return fault_set(fault, FAULT_USAGE, "--ip, --helo, --mail-from and --rcpt need --filter");
	if (settings->ip != NULL && !ip_parse(slice_of(settings->ip), &ip))
		return fault_set(fault, FAULT_USAGE, "--ip: %s is no address", settings->ip);
	/* spamd reads both in one line, and either alone would cost score. */
	if (settings->filter_word != NULL && (settings->ip != NULL) != (settings->helo != NULL))
		return fault_set(fault, FAULT_USAGE, "--ip and --helo go together: who hands a message over has both");
	for (size_t i = 0; i < settings->rcpt.count; i++) {
		if (!check_word("--rcpt", settings->rcpt.at[i], fault))
			return false;
	}
	return check_word("--helo", settings->helo, fault) &&
	       check_word("--mail-from", settings->mail_from, fault) &&
	       (settings->filter_word == NULL ||
		content_filter_parse(settings->filter_word, &settings->filter, fault));
}

static bool read_at(struct content_settings *settings, struct fault *fault)
{
	static const struct log_clock utc = { .changed = INT64_MIN };
	struct slice word = slice_of(settings->at_word != NULL ? settings->at_word : "");
	struct log_stamp stamp;
	size_t used;

	if (settings->at_word == NULL)
		return true;
	if (!log_stamp_parse(word, &stamp, &used) || used != word.len || !stamp.has_year || !stamp.has_zone)
		return fault_set(fault, FAULT_USAGE, "--at: %s is no time such as 2026-11-24T16:00:00+01:00",
				 settings->at_word);
	settings->has_at = true;
	settings->at = log_stamp_time(&stamp, &utc, 0);
	return true;
}

/* A threshold on what is not measured would never alert. */
static bool check_thresholds(const struct content_settings *settings, const char *option,
			     const struct words *words, struct fault *fault)
{
	for (size_t i = 0; settings->filter_word == NULL && i < words->count; i++) {
		struct threshold threshold;

		if (threshold_parse(words->at[i], metrics, &threshold, fault) && threshold.row == 0)
			return fault_set(fault, FAULT_USAGE, "%s: there is no score without --filter", option);
	}
	return true;
}

static bool prepare(struct frame *frame, void *own, struct fault *fault)
{
	struct content_settings *settings = own;

	probe_message_name(&settings->probe);
	return check_which(settings, fault) && check_addresses(settings, fault) &&
	       check_envelope(settings, fault) && read_at(settings, fault) &&
	       check_thresholds(settings, "--warning", &frame->settings.monitor.warning, fault) &&
	       check_thresholds(settings, "--critical", &frame->settings.monitor.critical, fault) &&
	       (settings->message != NULL || probe_message_read(&settings->probe, &frame->deadline, fault));
}

/* ---- the message */

enum { FILTER_MESSAGE_MAX = 64 << 20 };

static bool take(void *context, struct slice bytes, struct fault *fault)
{
	struct content_look *look = context;

	content_feed(&look->content, bytes);
	if (look->settings->filter.protocol == NULL || look->is_too_long)
		return true;
	/* A filter gets the whole of it, and large ones it does not want. */
	look->is_too_long = look->message.len + bytes.len > FILTER_MESSAGE_MAX;
	if (look->is_too_long)
		text_release(&look->message);
	else
		text_add_slice(&look->message, bytes);
	return !text_failed(&look->message) || fault_set(fault, FAULT_LOCAL, "out of memory");
}

/* As it arrives: without the dots that SMTP adds, and the last line. */
static bool take_wire(struct content_look *look, struct slice wire, struct fault *fault)
{
	wire.len -= sizeof ".\r\n" - 1;
	while (wire.len > 0) {
		const char *end = memchr(wire.at, '\n', wire.len);
		size_t len = end != NULL ? (size_t)(end + 1 - wire.at) : wire.len, dot = wire.at[0] == '.';

		if (!take(look, (struct slice){ wire.at + dot, len - dot }, fault))
			return false;
		wire = (struct slice){ wire.at + len, wire.len - len };
	}
	return true;
}

static bool read_message(struct content_look *look, struct frame *frame, struct fault *fault)
{
	const struct content_settings *settings = look->settings;
	struct message message;
	bool good;

	if (settings->message != NULL)
		return file_feed(settings->message, &frame->deadline, take, look, fault);
	if (!probe_message_build(&settings->probe, settings->from, &settings->to, true, &message, fault))
		return false;
	good = take_wire(look, text_slice(&message.wire), fault);
	message_release(&message);
	return good;
}

static void add_failure(struct frame *frame, const char *subject, struct fault *fault)
{
	if (fault->kind != FAULT_TIMEOUT) {
		result_add_fault(&frame->result, STATE_UNKNOWN, "content_unreadable", "content", subject, fault);
		return;
	}
	fault_prefix(fault, "timeout after %g s in stage content: ",
		     (double)frame->settings.monitor.timeout.ms / 1000);
	result_add_fault(&frame->result, frame->settings.monitor.timeout.state, "timeout", "content", subject,
			 fault);
	frame->was_cut_off = true;
}

static void probe(struct frame *frame, void *own)
{
	struct content_settings *settings = own;
	struct content_look *look = calloc(1, sizeof *look);
	const char *subject = settings->message == NULL ? "probe" : settings->message;
	struct fault fault;

	if (look == NULL) {
		frame->result.failed = true;
		return;
	}
	if (!settings->has_at)
		settings->at = time(NULL);
	look->settings = settings;
	text_add(&frame->result.target, "%s", subject);
	look->was_read = read_message(look, frame, &fault);
	if (look->was_read) {
		content_finish(&look->content);
		content_filter_ask(look, frame);
	} else {
		add_failure(frame, strcmp(subject, "-") == 0 ? "input" : subject, &fault);
	}
	content_judge(look, frame);
	text_release(&look->message);
	text_release(&look->trace);
	free(look);
}

static void release(void *own)
{
	struct content_settings *settings = own;

	probe_message_release(&settings->probe);
	words_release(&settings->to);
	words_release(&settings->rcpt);
}

int main(int argc, char **argv)
{
	static const struct frame_plugin plugin = {
		.plugin = {
			.name = "check_mailcontent",
			.service = "CONTENT",
			.purpose = "what does the message itself do wrong, and what does a filter say of it?",
			.usage = "--message FILE [--filter URL] [options]",
			.options = options,
			.metrics = metrics,
			.reasons = mail_reasons,
		},
		.dns = &frame_dns,
		.prepare = prepare,
		.probe = probe,
		.release = release,
	};
	struct content_settings settings = { 0 };

	return frame_run(&plugin, &settings, argc, argv);
}
