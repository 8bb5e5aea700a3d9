/* SPDX-License-Identifier: GPL-3.0-or-later */
#include <string.h>
#include <time.h>

#include "mail/reasons.h"
#include "net/process.h"
#include "queue_look.h"

/* check_mailqueue: how much mail waits in the local mail server, since when, and why? */

#define FIELD(name) offsetof(struct queue_settings, name)

static const struct option_row options[] = {
	{ .help = "Which queue" },
	{ 'M', "mta", "NAME", option_word, FIELD(mta),
	  "auto, postfix, exim, sendmail, opensmtpd, nullmailer or dma (auto)", NULL },
	{ 0, "mailserver", "NAME", option_word, FIELD(mta), "the same, as check_mailq calls it", NULL },
	{ 0, "method", "NAME", option_word, FIELD(method_word),
	  "auto, spool (its files) or command (its own listing) (auto)", NULL },
	{ 0, "queue-dir", "DIR", option_word, FIELD(queue_dir),
	  "the spool (default: as the mail server's configuration says)", NULL },
	{ 'd', "config-dir", "DIR", option_word, FIELD(config_dir),
	  "the folder of Postfix' configuration (/etc/postfix)", NULL },
	{ 0, "configdir", "DIR", option_word, FIELD(config_dir), "the same, as check_mailq calls it",
	  NULL },
	{ 0, "instance", "NAME", option_word, FIELD(instance),
	  "a Postfix instance, or all of them together: all", NULL },
	{ 0, "input", "FILE", option_word, FIELD(input),
	  "a saved listing instead (postqueue -j, mailq, ...); - is standard input", NULL },
	{ .help = "What to count" },
	{ 0, "sender", "ADDRESS", option_text, FIELD(filter.sender),
	  "only messages of this sender or domain; <> is the null sender", NULL },
	{ 0, "recipient-domain", "DOMAIN", option_word, FIELD(filter.recipient_domain),
	  "only messages to somebody there", NULL },
	{ 0, "bytes", NULL, option_flag, FIELD(wants_bytes), "measure how large they are", NULL },
	{ 0, "reasons", NULL, option_flag, FIELD(wants_reasons),
	  "find out why they wait, from whom and where to", NULL },
	{ 0, "top", "N", option_count, FIELD(top),
	  "list the N first of recipient domains and senders; implies --reasons", NULL },
	{ 0, "sample", "N", option_count, FIELD(sample),
	  "look into so many messages, chosen evenly, if there are more (20000)", NULL },
	{ 'H', "hostname", NULL, NULL, 0, NULL,
	  "nothing: it looks at this machine; run it there (an agent, NRPE, ssh)" },
	{ 'p', "port", NULL, NULL, 0, NULL, "nothing: it asks no server" },
	{ 'W', "Warning", "N", NULL, 0, NULL, "-w domain_max=N" },
	{ 'C', "Critical", "N", NULL, 0, NULL, "-c domain_max=N" },
	{ 's', "sudo", NULL, NULL, 0, NULL,
	  "nothing: a line in sudoers for check_mailqueue itself (see its manual)" },
	{ 0 },
};

static const struct metric_row metrics[] = {
	{ "total", "Messages that wait.", UNIT_NONE, NULL, NULL },
	{ "incoming", "Messages that the mail server has just taken.", UNIT_NONE, NULL, NULL },
	{ "active", "Messages that are being delivered.", UNIT_NONE, NULL, NULL },
	{ "deferred", "Messages that wait for another try.", UNIT_NONE, NULL, NULL },
	{ "hold", "Messages that somebody holds back.", UNIT_NONE, NULL, NULL },
	{ "maildrop", "Messages of local programs that are not yet taken.", UNIT_NONE, NULL, NULL },
	{ "corrupt", "Files that are no whole message.", UNIT_NONE, "0", NULL },
	{ "frozen", "Messages that Exim no longer tries.", UNIT_NONE, NULL, NULL },
	{ "oldest", "Age of the oldest message.", UNIT_SECONDS, NULL, NULL },
	{ "incoming_oldest", "Age of the oldest incoming message.", UNIT_SECONDS, "1h", NULL },
	{ "active_oldest", "Age of the oldest active message.", UNIT_SECONDS, "1h", NULL },
	{ "deferred_oldest", "Age of the oldest deferred message.", UNIT_SECONDS, NULL, NULL },
	{ "hold_oldest", "Age of the oldest message on hold.", UNIT_SECONDS, NULL, NULL },
	{ "maildrop_oldest", "Age of the oldest message in maildrop.", UNIT_SECONDS, NULL, "1h" },
	{ "frozen_oldest", "Age of the oldest frozen message.", UNIT_SECONDS, NULL, NULL },
	{ "bytes", "Size of all messages.", UNIT_BYTES, NULL, NULL },
	{ "bounces", "Messages from the null sender.", UNIT_NONE, NULL, NULL },
	{ "self_inflicted", "Messages that wait through a fault of ours.", UNIT_NONE, NULL, NULL },
	{ "domain_max", "Messages to the recipient domain that has most.", UNIT_NONE, NULL, NULL },
	{ "sender_max", "Messages of the sender that has most.", UNIT_NONE, NULL, NULL },
	{ "spool_free", "Free space where the queue is.", UNIT_BYTES, NULL, NULL },
	{ "time", "Seconds that the whole run took.", UNIT_SECONDS, NULL, NULL },
	{ "reason", "Messages that wait for this reason.", UNIT_NONE, NULL, NULL, .has_subjects = true,
	  .counts_reasons = true },
	{ 0 },
};

static bool read_method(struct queue_settings *settings, struct fault *fault)
{
	static const char *const words[] = { "auto", "spool", "command" };
	const char *word = settings->method_word;

	for (size_t i = 0; word != NULL && i < 3; i++) {
		if (strcmp(word, words[i]) != 0)
			continue;
		settings->method = (enum queue_method)i;
		return true;
	}
	return word == NULL ||
	       fault_set(fault, FAULT_USAGE, "--method: %s is none of auto, spool, command", word);
}

static bool prepare(struct frame *frame, void *own, struct fault *fault)
{
	struct queue_settings *settings = own;
	const char *mta = settings->mta;

	(void)frame;
	if (mta != NULL && strcmp(mta, "auto") != 0 && queue_mta_find(mta) == NULL)
		return fault_set(fault, FAULT_USAGE, "--mta: %s is none of auto, postfix, exim, sendmail, "
				 "opensmtpd, nullmailer, dma", mta);
	if ((settings->instance != NULL || settings->config_dir != NULL) && mta != NULL &&
	    strcmp(mta, "auto") != 0 && strcmp(mta, "postfix") != 0)
		return fault_set(fault, FAULT_USAGE, "--instance and --config-dir are for Postfix, not %s",
				 mta);
	if (settings->input != NULL && (settings->queue_dir != NULL || settings->config_dir != NULL ||
					settings->instance != NULL || settings->method_word != NULL))
		return fault_set(fault, FAULT_USAGE, "--input is a listing: there is no --queue-dir, "
				 "--config-dir, --instance or --method then");
	if (settings->instance != NULL && settings->queue_dir != NULL)
		return fault_set(fault, FAULT_USAGE, "--instance and --queue-dir both say which queue; "
				 "give one");
	return read_method(settings, fault);
}

/* Only what is asked for is looked for: options and thresholds say. */
static void plan(struct queue_look *look, const struct queue_settings *settings,
		 const struct result *result)
{
	static const char *const deep[] = {
		"bounces", "self_inflicted", "domain_max", "sender_max", "reason", NULL,
	};

	look->looks = settings->wants_reasons || settings->top > 0;
	for (size_t i = 0; deep[i] != NULL; i++)
		look->looks = look->looks || result_has_threshold(result, deep[i]);
	look->weighs_bytes = settings->wants_bytes || result_has_threshold(result, "bytes");
	look->weighs = look->weighs_bytes || result_has_threshold(result, "frozen") ||
		       result_has_threshold(result, "frozen_oldest");
	look->filters = settings->filter.sender != NULL || settings->filter.recipient_domain != NULL;
}

static void note_life(struct queue_look *look, const struct queue_mta *mta, enum daemon_life life,
		      const char *subject, struct frame *frame)
{
	struct text text = { 0 };

	switch (life) {
	case DAEMON_ALIVE:
		return;
	case DAEMON_DEAD:
		text_add(&text, "it is not running");
		result_add(&frame->result, STATE_CRITICAL, "mail_system_down", "queue", subject, &text);
		return;
	case DAEMON_UNKNOWN:
		if (mta->has_no_daemon)
			return;
		text_add(&text, "nothing here tells whether it is running");
		result_add(&frame->result, STATE_OK, "daemon_not_checked", "queue", subject, &text);
		look->life_unknown = true;
		return;
	}
}

static void add_unread(struct frame *frame, const struct queue_mta *mta, const char *subject,
		       const struct fault *fault)
{
	struct finding *finding;
	struct text fix = { 0 };
	const char *id = "not_understood";

	switch (fault->kind) {
	case FAULT_PERMISSION:
		id = "no_permission";
		break;
	case FAULT_USAGE:
		id = "mta_missing";
		break;
	case FAULT_TIMEOUT:
		id = "timeout";
		break;
	case FAULT_LOCAL:
	case FAULT_NETWORK:
	case FAULT_PROTOCOL:
		break;
	}
	frame->was_cut_off = frame->was_cut_off || fault->kind == FAULT_TIMEOUT;
	finding = result_add_fault(&frame->result, fault->kind == FAULT_TIMEOUT ?
				   frame->settings.monitor.timeout.state : STATE_UNKNOWN, id, "queue",
				   subject, fault);
	if (fault->kind == FAULT_PERMISSION && mta->recipe != NULL) {
		text_add(&fix, "%s", mta->recipe);
		result_fix(&frame->result, finding, &fix);
	}
}

/* By its program, which may list a queue that nobody works on. */
static bool read_command(struct queue_look *look, const struct queue_mta *mta,
			 const struct queue_instance *instance, const char *why, struct frame *frame)
{
	bool good = queue_command_read(look, mta, instance, why, frame);

	if (good && instance->life == DAEMON_DEAD && !look->says_down)
		note_life(look, mta, DAEMON_DEAD, queue_subject(mta, instance), frame);
	return good;
}

/* From its files if they may be read, else by its program. */
static bool read_instance(struct queue_look *look, const struct queue_instances *instances,
			  const struct queue_instance *instance, const struct queue_settings *settings,
			  struct frame *frame)
{
	const struct queue_mta *mta = instance->mta != NULL ? instance->mta : instances->mta;
	const char *subject = queue_subject(mta, instance);
	struct fault fault = { 0 };
	uint64_t before = queue_look_counted(look);
	bool good = false, tries_spool = settings->method != QUEUE_METHOD_COMMAND;
	bool may_ask = settings->method != QUEUE_METHOD_SPOOL && settings->queue_dir == NULL;

	/* The command has listed this one along with the other. */
	if (instance->mta != NULL && look->by_command)
		return true;
	if (tries_spool && instance->spool != NULL) {
		good = queue_spool_read(look, mta, instance, &frame->deadline, &fault);
		if (good)
			note_life(look, mta, instance->life, subject, frame);
	} else if (tries_spool) {
		fault_set(&fault, FAULT_PERMISSION, "where its spool is, only its program knows");
	}
	/* What was counted before it failed does not count; and of several instances it
	 * cannot be told from what does. */
	if (!good && instances->count == 1) {
		queue_tally_release(&look->tally);
		queue_tally_open(&look->tally);
	} else if (!good) {
		may_ask = may_ask && queue_look_counted(look) == before;
	}
	if (!good && fault.kind != FAULT_TIMEOUT && (may_ask || !tries_spool))
		return read_command(look, mta, instance, tries_spool ? fault.text : NULL, frame);
	if (!good)
		add_unread(frame, mta, subject, &fault);
	return good;
}

static void read_queues(struct queue_look *look, struct queue_instances *instances,
			const struct queue_settings *settings, struct frame *frame)
{
	bool all = true;
	struct fault fault;

	if (!queue_find(instances, settings, &fault)) {
		result_add_fault(&frame->result, STATE_UNKNOWN, "mta_missing", "queue", "options", &fault);
		return;
	}
	if (instances->mta == NULL) {
		queue_find_missing(settings, frame);
		return;
	}
	text_add(&frame->result.target, "%s", instances->mta->name);
	queue_find_several(instances, settings, frame);
	queue_judge_pauses(instances, frame);
	queue_spool_lives(instances);
	queue_command_status(instances, frame);
	for (size_t i = 0; i < instances->count; i++)
		all = read_instance(look, instances, &instances->at[i], settings, frame) && all;
	/* Half a queue is not the queue. */
	look->was_read = look->was_read && all;
}

static void probe(struct frame *frame, void *own)
{
	struct queue_settings *settings = own;
	struct queue_look look = { .settings = settings };
	struct queue_instances instances = { 0 };

	look.clock = (struct queue_clock){ time(NULL), process_utc_offset() };
	queue_tally_open(&look.tally);
	if (settings->sample == 0)
		settings->sample = 20000;
	plan(&look, settings, &frame->result);
	if (settings->input != NULL) {
		if (settings->mta != NULL && strcmp(settings->mta, "auto") != 0)
			look.mta = queue_mta_find(settings->mta);
		queue_input_read(&look, settings->input, frame);
		instances.mta = look.mta;
		text_add(&frame->result.target, "%s", look.mta != NULL ? look.mta->name : "input");
	} else {
		read_queues(&look, &instances, settings, frame);
	}
	queue_judge(&look, &instances, frame);
	queue_instances_release(&instances);
	queue_look_release(&look);
}

static void release(void *own)
{
	(void)own;
}

int main(int argc, char **argv)
{
	static const struct frame_plugin plugin = {
		.plugin = {
			.name = "check_mailqueue",
			.service = "MAILQUEUE",
			.purpose = "how much mail waits in the local mail server, since when, and why?",
			.usage = "[-M MTA] [-w RANGE] [-c RANGE] [--reasons] [options]",
			.options = options,
			.metrics = metrics,
			.reasons = mail_reasons,
		},
		.prepare = prepare,
		.probe = probe,
		.release = release,
	};
	struct queue_settings settings = { 0 };

	return frame_run(&plugin, &settings, argc, argv);
}
