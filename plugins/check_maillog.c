/* SPDX-License-Identifier: GPL-3.0-or-later */
#include <string.h>
#include <time.h>

#include "mail/reasons.h"
#include "maillog_look.h"
#include "net/process.h"

/* check_maillog: what does the mail server's log say about the last minutes? */

#define FIELD(name) offsetof(struct maillog_settings, name)

static const struct option_row options[] = {
	{ .help = "Which log" },
	{ 0, "log", "FILE", option_words, FIELD(logs),
	  "a log, with what was rotated away of it; repeatable; - is standard input (default: where "
	  "mail servers write it)", NULL },
	{ 0, "zone", "OFFSET", option_word, FIELD(zone_word),
	  "the zone of time stamps without one, such as +02:00 (default: this machine's)", NULL },
	{ .help = "Which part of it" },
	{ 0, "since", "DURATION", option_word, FIELD(since_word),
	  "look at the last DURATION: 90s, 15m, 6h, 2d (15m)", NULL },
	{ 0, "until", "TIME", option_word, FIELD(until_word),
	  "and not later than 2026-11-24T16:00:00+01:00, in place of now", NULL },
	{ 0, "silence", "DURATION", option_word, FIELD(silence_word),
	  "UNKNOWN if the newest line, of whatever program, is older (1d)", NULL },
	{ 0, "top", "N", option_count, FIELD(top),
	  "list the N addresses with most failed logins", NULL },
	{ 'H', "hostname", NULL, NULL, 0, NULL,
	  "nothing: it looks at this machine; run it there (an agent, NRPE, ssh)" },
	{ 'p', "port", NULL, NULL, 0, NULL, "nothing: it asks no server" },
	{ 'F', "filename", "FILE", NULL, 0, NULL, "--log FILE" },
	{ 0 },
};

static const struct metric_row metrics[] = {
	{ "deferred", "Deliveries that are to be tried again.", UNIT_NONE, NULL, NULL },
	{ "sent", "Deliveries that succeeded.", UNIT_NONE, NULL, NULL },
	{ "bounced", "Deliveries that were given up.", UNIT_NONE, NULL, NULL },
	{ "rejected", "Mail and connections that this server refused.", UNIT_NONE, NULL, NULL },
	{ "auth_failed", "Logins that failed.", UNIT_NONE, NULL, NULL },
	{ "permission", "Lines about a permission that the mail server lacks.", UNIT_NONE, "0", NULL },
	{ "tls_failed", "Handshakes of TLS that failed.", UNIT_NONE, NULL, NULL },
	{ "self_inflicted", "Deliveries deferred or bounced through a fault of ours.", UNIT_NONE, NULL,
	  NULL },
	{ "deferred_share", "Deferred of all deliveries.", UNIT_PERCENT, NULL, NULL },
	{ "bounced_share", "Bounced of all deliveries.", UNIT_PERCENT, NULL, NULL },
	{ "lines", "Lines of mail servers.", UNIT_NONE, NULL, NULL },
	{ "silence", "Age of the newest line.", UNIT_SECONDS, NULL, NULL },
	{ "time", "Seconds that the whole run took.", UNIT_SECONDS, NULL, NULL },
	{ "reason", "Deliveries deferred or bounced for this reason.", UNIT_NONE, NULL, NULL,
	  .has_subjects = true, .counts_reasons = true },
	{ "refusal", "Mail that this server refused for this reason.", UNIT_NONE, NULL, NULL,
	  .has_subjects = true },
	{ 0 },
};

enum { DURATION_MAX = 366 * 86400 };

static bool read_duration(const char *word, int64_t *seconds, const char *option,
			  struct fault *fault)
{
	double value;

	if (word == NULL)
		return true;
	if (!quantity_parse(slice_of(word), UNIT_SECONDS, &value) || value < 1 || value > DURATION_MAX)
		return fault_set(fault, FAULT_USAGE, "%s: %s is no duration from 1s to 366d", option, word);
	*seconds = (int64_t)value;
	return true;
}

static bool read_until(struct maillog_settings *settings, struct fault *fault)
{
	struct slice word = slice_of(settings->until_word != NULL ? settings->until_word : "");
	size_t used;

	if (settings->until_word == NULL)
		return true;
	if (!log_stamp_parse(word, &settings->until, &used) || used != word.len || !settings->until.has_year)
		return fault_set(fault, FAULT_USAGE, "--until: %s is no time such as "
				 "2026-11-24T16:00:00+01:00", settings->until_word);
	settings->has_until = true;
	return true;
}

/* By the reader of stamps: a zone is what stands behind one. */
static bool read_zone(struct maillog_settings *settings, struct fault *fault)
{
	struct text stamp = { 0 };
	struct log_stamp parsed = { .has_zone = false };
	size_t used = 0;
	bool good;

	if (settings->zone_word == NULL)
		return true;
	text_add(&stamp, "2000-01-01T00:00:00%s", settings->zone_word);
	good = log_stamp_parse(text_slice(&stamp), &parsed, &used) && used == stamp.len && parsed.has_zone;
	text_release(&stamp);
	if (!good)
		return fault_set(fault, FAULT_USAGE, "--zone: %s is no offset such as +02:00, -0500 or Z",
				 settings->zone_word);
	settings->has_zone = true;
	settings->zone = parsed.zone;
	return true;
}

static bool prepare(struct frame *frame, void *own, struct fault *fault)
{
	struct maillog_settings *settings = own;
	size_t inputs = 0;

	(void)frame;
	settings->since = 15 * 60;
	settings->silence = 86400;
	for (size_t i = 0; i < settings->logs.count; i++)
		inputs += strcmp(settings->logs.at[i], "-") == 0;
	if (inputs > 1)
		return fault_set(fault, FAULT_USAGE, "--log - is standard input, and there is one");
	return read_duration(settings->since_word, &settings->since, "--since", fault) &&
	       read_duration(settings->silence_word, &settings->silence, "--silence", fault) &&
	       read_until(settings, fault) && read_zone(settings, fault);
}

/* Where a mail server writes by default: the log that was written last. */
static bool find_logs(struct maillog_settings *settings, struct frame *frame)
{
	const char *paths[32], *path;
	struct text text = { 0 };
	size_t count = 0;

	if (settings->logs.count > 0)
		return true;
	for (size_t i = 0; log_mtas[i] != NULL; i++) {
		for (size_t n = 0; n < 4 && log_mtas[i]->files[n] != NULL && count < 32; n++)
			paths[count++] = log_mtas[i]->files[n];
	}
	path = log_newest(paths, count);
	if (path != NULL)
		return words_add(&settings->logs, path) || (frame->result.failed = true, false);
	text_add(&text, "there is none where mail servers write it (/var/log/mail.log, /var/log/maillog, "
		 "/var/log/exim4/mainlog, ...)");
	result_add(&frame->result, STATE_UNKNOWN, "log_missing", "log", "log", &text);
	return false;
}

static void set_clock(struct maillog_look *look)
{
	const struct maillog_settings *settings = look->settings;
	struct log_clock *clock = &look->clock;

	look->now = time(NULL);
	*clock = (struct log_clock){ .changed = INT64_MIN };
	if (settings->has_zone) {
		clock->offset = clock->offset_before = settings->zone;
		clock->is_foreign = true;
	}
	/* By the last change of the local time that lines in the window, or soon behind it,
	 * can know of. */
	for (int round = 0; round < 2; round++) {
		if (!settings->has_zone && !process_utc_offset_at(look->now + 86400, &clock->offset,
								  &clock->changed, &clock->offset_before))
			clock->changed = INT64_MIN;
		if (settings->has_until)
			look->now = log_stamp_time(&settings->until, clock, look->now);
	}
	look->since = look->now - settings->since;
}

static void probe(struct frame *frame, void *own)
{
	struct maillog_settings *settings = own;
	struct maillog_look look = { .settings = settings };

	set_clock(&look);
	if (find_logs(settings, frame)) {
		for (size_t i = 0; i < settings->logs.count; i++)
			text_add(&frame->result.target, "%s%s", i > 0 ? "," : "", settings->logs.at[i]);
		maillog_read(&look, frame);
	}
	maillog_judge(&look, frame);
	maillog_look_release(&look);
}

static void release(void *own)
{
	struct maillog_settings *settings = own;

	words_release(&settings->logs);
}

int main(int argc, char **argv)
{
	static const struct frame_plugin plugin = {
		.plugin = {
			.name = "check_maillog",
			.service = "MAILLOG",
			.purpose = "what does the mail server's log say about the last minutes?",
			.usage = "[--log FILE]... [--since DURATION] [-w RANGE] [-c RANGE] [options]",
			.options = options,
			.metrics = metrics,
			.reasons = mail_reasons,
		},
		.prepare = prepare,
		.probe = probe,
		.release = release,
	};
	struct maillog_settings settings = { 0 };

	return frame_run(&plugin, &settings, argc, argv);
}
