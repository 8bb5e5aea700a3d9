/* SPDX-License-Identifier: GPL-3.0-or-later */
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <unistd.h>

#include "net/command.h"
#include "queue_look.h"

/* Reading a queue from a listing: of the mail server's own program, or a saved one. */

void queue_look_count(void *context, struct queue_message *message)
{
	struct queue_look *look = context;

	if (!queue_filter_passes(&look->settings->filter, message))
		return;
	queue_tally_count(&look->tally, message->place, message->arrived);
	queue_tally_weigh(&look->tally, message);
	if (!look->looks)
		return;
	queue_message_classify(message, &look->classes);
	queue_tally_look(&look->tally, message);
}

void queue_look_name(struct queue_look *look, const char *path)
{
	if (look->named_count < QUEUE_NAMED)
		look->named[look->named_count++] = strdup(path);
}

uint64_t queue_look_counted(const struct queue_look *look)
{
	return queue_tally_total(&look->tally).messages + look->tally.places[QUEUE_CORRUPT].messages;
}

void queue_look_release(struct queue_look *look)
{
	queue_tally_release(&look->tally);
	text_release(&look->why_not);
	for (size_t i = 0; i < look->named_count; i++)
		free(look->named[i]);
}

/* ---- what went wrong ---- */

static void add_foreign_line(struct text *text, const char *words)
{
	size_t len = strcspn(words, "\n");

	text_add_foreign(text, (struct slice){ words, len });
}

struct run {
	struct queue_listing listing;
	const struct queue_mta *mta;
	const char *program;
	uint64_t bytes;
};

static void feed(void *context, struct slice bytes)
{
	struct run *run = context;

	run->bytes += bytes.len;
	queue_listing_feed(&run->listing, bytes);
}

static enum queue_failure meaning_of(const struct queue_mta *mta, const char *words)
{
	const struct queue_complaint *complaint = mta->complaints;

	for (; complaint != NULL && complaint->words != NULL; complaint++) {
		if (strcasestr(words, complaint->words) != NULL)
			return complaint->means;
	}
	return QUEUE_FAILED;
}

static enum queue_failure meaning_of_line(const struct queue_mta *mta, struct slice line)
{
	char words[COMMAND_COMPLAINT];

	return slice_copy(line, words, sizeof words) ? meaning_of(mta, words) : QUEUE_FAILED;
}

/* Of what a program complained of, the line that tells most: the last one with a meaning,
 * else the last one. Nothing: all of it is harmless. */
static struct slice telling_line(const struct queue_mta *mta, const char *words)
{
	struct slice rest = slice_of(words), line, last = { "", 0 }, meant = { "", 0 };

	while (slice_split(&rest, '\n', &line)) {
		enum queue_failure meaning = meaning_of_line(mta, line);

		if (line.len > 0 && meaning != QUEUE_HARMLESS)
			last = line;
		if (meaning != QUEUE_HARMLESS && meaning != QUEUE_FAILED)
			meant = line;
	}
	return meant.len > 0 ? meant : last;
}

static void add_forbidden(struct frame *frame, const struct queue_mta *mta, const char *subject,
			  struct slice words, const char *why)
{
	struct text text = { 0 }, fix = { 0 };
	struct finding *finding;

	text_add_foreign(&text, words);
	if (why != NULL) {
		text_add(&text, "; ");
		add_foreign_line(&text, why);
	}
	finding = result_add(&frame->result, STATE_UNKNOWN, "no_permission", "queue", subject, &text);
	if (mta->recipe != NULL) {
		text_add(&fix, "%s", mta->recipe);
		result_fix(&frame->result, finding, &fix);
	}
}

static void add_down(struct frame *frame, const char *subject, struct slice words)
{
	struct text text = { 0 };

	text_add_foreign(&text, words);
	result_add(&frame->result, STATE_CRITICAL, "mail_system_down", "queue", subject, &text);
}

static void add_failed(struct frame *frame, const char *subject, const char *program,
		       const struct command_end *end, struct slice words)
{
	struct text text = { 0 };

	text_add(&text, "%s ", program);
	if (end->was_killed)
		text_add(&text, "ended by signal %d", end->code);
	else
		text_add(&text, "ended with exit code %d", end->code);
	text_add(&text, ": ");
	if (words.len > 0)
		text_add_foreign(&text, words);
	else
		text_add(&text, "without a word");
	result_add(&frame->result, STATE_UNKNOWN, "command_failed", "queue", subject, &text);
}

static void add_timeout(struct frame *frame, const char *subject, const char *what)
{
	struct text text = { 0 };

	text_add(&text, "timeout after %g s in stage queue, waiting for ",
		 (double)frame->settings.monitor.timeout.ms / 1000);
	text_add_foreign(&text, slice_of(what));
	result_add(&frame->result, frame->settings.monitor.timeout.state, "timeout", "queue", subject,
		   &text);
	frame->was_cut_off = true;
}

/* ---- a command ---- */

/* Judge how a command ended, and its listing. True: what it lists counts. */
static bool judge_end(struct run *run, const struct command_end *end, const char *subject,
		      const char *why, struct queue_look *look, struct frame *frame)
{
	struct fault fault = { 0 };
	bool is_whole = queue_listing_close(&run->listing, &fault);
	struct slice words = telling_line(run->mta, end->complaint[0] != '\0' ? end->complaint :
							     run->listing.bad_line);
	enum queue_failure meaning = meaning_of_line(run->mta, words);
	bool has_failed = end->was_killed || end->code != 0;

	look->hides_details = look->hides_details || run->listing.hides_details;
	look->hides_reasons = look->hides_reasons || !run->mta->listing_tells_reasons;
	if (run->listing.says_down && meaning != QUEUE_DOWN) {
		words = slice_of("its program reads the queue for itself: the daemon does not answer");
		meaning = QUEUE_DOWN;
	}
	if (meaning == QUEUE_DOWN) {
		look->says_down = true;
		add_down(frame, subject, words);
		return !has_failed && is_whole;
	}
	if (meaning == QUEUE_FORBIDDEN && (has_failed || run->listing.messages == 0)) {
		add_forbidden(frame, run->mta, subject, words, why);
		return false;
	}
	if (has_failed || (run->bytes == 0 && words.len > 0)) {
		add_failed(frame, subject, run->program, end, words);
		return false;
	}
	if (!is_whole)
		result_add_fault(&frame->result, STATE_UNKNOWN,
				 fault.kind == FAULT_LOCAL ? "local_problem" : "not_understood", "queue",
				 subject, &fault);
	return is_whole || run->listing.messages > 0;
}

enum { ARGUMENTS = QUEUE_ARGUMENTS + 4 };

static void fill_arguments(const struct queue_command *command, const char *program,
			   const char *config_dir, const char *arguments[ARGUMENTS])
{
	size_t count = 0;

	arguments[count++] = program;
	if (config_dir != NULL && command->config_option != NULL) {
		arguments[count++] = command->config_option;
		arguments[count++] = config_dir;
	}
	for (size_t i = 0; i < QUEUE_ARGUMENTS && command->arguments[i] != NULL; i++)
		arguments[count++] = command->arguments[i];
	arguments[count] = NULL;
}

static void trace(struct frame *frame, const char *const *arguments, const struct run *run,
		  const struct command_end *end)
{
	struct text *text = &frame->result.trace;

	if (frame->settings.monitor.verbosity < 2)
		return;
	for (size_t i = 0; arguments[i] != NULL; i++)
		text_add(text, "%s%s", i > 0 ? " " : "", arguments[i]);
	text_add(text, ": exit code %d, %llu bytes, %llu messages\n", end->code,
		 (unsigned long long)run->bytes, (unsigned long long)run->listing.messages);
}

static bool run_command(struct queue_look *look, const struct queue_mta *mta,
			const struct queue_command *command, const char *program,
			const struct queue_instance *instance, const char *why, struct frame *frame)
{
	const char *arguments[ARGUMENTS];
	struct run run = { .mta = mta, .program = program };
	struct command_end end;
	const char *subject = queue_subject(mta, instance);
	struct fault fault;
	bool counts = false;

	fill_arguments(command, program, instance->config_dir, arguments);
	queue_listing_open(&run.listing, mta, &(struct queue_clock){ look->clock.now, 0 },
			   command->place, queue_look_count, look);
	/* Listings in local time would be those of another clock. */
	if (command_run(&(struct command){ arguments, "TZ=UTC0", { NULL, 0 } }, &frame->deadline, feed,
			&run, &end, &fault)) {
		trace(frame, arguments, &run, &end);
		counts = judge_end(&run, &end, subject, why, look, frame);
	} else if (fault.kind == FAULT_TIMEOUT) {
		add_timeout(frame, subject, program);
	} else {
		result_add_fault(&frame->result, STATE_UNKNOWN,
				 fault.kind == FAULT_PERMISSION ? "no_permission" : "command_failed",
				 "queue", subject, &fault);
	}
	queue_listing_release(&run.listing);
	return counts;
}

static void add_missing(struct frame *frame, const struct queue_mta *mta, const char *why)
{
	struct text text = { 0 };

	text_add(&text, "no program of %s to list its queue is here", mta->title);
	if (why != NULL) {
		text_add(&text, ", and ");
		add_foreign_line(&text, why);
	}
	result_add(&frame->result, STATE_UNKNOWN, "mta_missing", "queue", mta->name, &text);
}

bool queue_command_read(struct queue_look *look, const struct queue_mta *mta,
			const struct queue_instance *instance, const char *why, struct frame *frame)
{
	bool counts = true;
	size_t ran = 0;

	for (size_t i = 0; i < QUEUE_COMMANDS && mta->commands[i].programs[0] != NULL; i++) {
		const struct queue_command *command = &mta->commands[i];
		const char *program = command_find(command->programs, QUEUE_WAYS);

		if (command->needs != NULL && access(command->needs, F_OK) != 0)
			continue;
		if (program == NULL) {
			add_missing(frame, mta, why);
			return false;
		}
		ran++;
		counts = run_command(look, mta, command, program, instance, why, frame) && counts;
	}
	if (ran == 0) {
		add_missing(frame, mta, why);
		return false;
	}
	look->by_command = true;
	if (why != NULL && look->why_not.len == 0)
		text_add(&look->why_not, "%s", why);
	look->was_read = look->was_read || counts;
	return counts;
}

/* ---- what is paused ---- */

enum { STATUS_MAX = 4096 };

static void keep_output(void *context, struct slice bytes)
{
	struct text *output = context;

	if (output->len + bytes.len <= STATUS_MAX)
		text_add_slice(output, bytes);
}

static void ask_status(const struct queue_mta *mta, struct queue_instance *instance, struct frame *frame)
{
	const char *program = command_find(mta->status.programs, QUEUE_WAYS), *arguments[ARGUMENTS];
	struct text output = { 0 }, what = { 0 };
	struct command_end end;
	struct fault fault;

	if (program == NULL)
		return;
	fill_arguments(&mta->status, program, instance->config_dir, arguments);
	if (!command_run(&(struct command){ arguments, "TZ=UTC0", { NULL, 0 } }, &frame->deadline,
			 keep_output, &output, &end, &fault)) {
		if (fault.kind == FAULT_TIMEOUT)
			add_timeout(frame, queue_subject(mta, instance), program);
	} else if (end.was_killed || end.code != 0) {
		if (meaning_of(mta, end.complaint) == QUEUE_DOWN)
			instance->life = DAEMON_DEAD;
	} else {
		instance->life = DAEMON_ALIVE;
		if (mta->paused(text_slice(&output), &what)) {
			text_add(&what, ": paused, by its own word");
			result_add(&frame->result, STATE_WARNING, "transport_paused", "queue",
				   queue_subject(mta, instance), &what);
		}
	}
	text_release(&output);
}

void queue_command_status(struct queue_instances *instances, struct frame *frame)
{
	for (size_t i = 0; i < instances->count; i++) {
		struct queue_instance *instance = &instances->at[i];

		if (instances->mta->paused != NULL && instance->mta == NULL && !instance->is_elsewhere)
			ask_status(instances->mta, instance, frame);
	}
}

/* ---- a saved listing ---- */

static const struct queue_mta *recognise(struct slice bytes)
{
	struct slice line;

	while (slice_split(&bytes, '\n', &line)) {
		if (slice_trim(line).len == 0)
			continue;
		for (size_t i = 0; queue_mtas[i] != NULL; i++) {
			if (queue_mtas[i]->recognises(line))
				return queue_mtas[i];
		}
		return NULL;
	}
	return NULL;
}

static void add_not_understood(struct frame *frame, const char *subject, const char *words)
{
	struct text text = { 0 };

	text_add(&text, "%s", words);
	result_add(&frame->result, STATE_UNKNOWN, "not_understood", "queue", subject, &text);
}

/* Is there a line to recognise a listing by, or no more room to wait for one? */
static bool has_line(struct slice bytes, size_t room)
{
	struct slice line;

	while (memchr(bytes.at, '\n', bytes.len) != NULL && slice_split(&bytes, '\n', &line)) {
		if (slice_trim(line).len > 0)
			return true;
	}
	return room == 0;
}

/* Feed what comes; its first line, which may come in pieces, tells whose listing it is. */
static bool read_input(int fd, const char *subject, struct run *run, struct queue_look *look,
		       struct frame *frame)
{
	char bytes[65536];
	size_t kept = 0;

	for (;;) {
		struct pollfd ready = { .fd = fd, .events = POLLIN };
		ssize_t got;

		if (deadline_passed(&frame->deadline)) {
			add_timeout(frame, subject, subject);
			return false;
		}
		if (poll(&ready, 1, deadline_poll_ms(&frame->deadline, INT64_MAX)) <= 0)
			continue;
		got = read(fd, bytes + kept, sizeof bytes - kept);
		if (got < 0 && (errno == EINTR || errno == EAGAIN))
			continue;
		if (got < 0) {
			add_not_understood(frame, subject, strerror(errno));
			return false;
		}
		kept += (size_t)got;
		if (kept == 0)
			return true;
		if (got > 0 && run->bytes == 0 &&
		    !has_line((struct slice){ bytes, kept }, sizeof bytes - kept))
			continue;
		if (run->mta == NULL)
			run->mta = recognise((struct slice){ bytes, kept });
		if (run->mta == NULL) {
			add_not_understood(frame, subject, "this is no listing of a mail server that is "
					   "known here");
			return false;
		}
		if (run->bytes == 0)
			queue_listing_open(&run->listing, run->mta, &look->clock, QUEUE_DEFERRED,
					   queue_look_count, look);
		feed(run, (struct slice){ bytes, kept });
		kept = 0;
		if (got == 0)
			return true;
	}
}

void queue_input_read(struct queue_look *look, const char *path, struct frame *frame)
{
	bool is_input = strcmp(path, "-") == 0;
	int fd = is_input ? STDIN_FILENO : open(path, O_RDONLY | O_NONBLOCK | O_CLOEXEC);
	struct run run = { .mta = look->mta };
	struct command_end end = { 0 };
	struct fault fault;

	if (is_input)
		path = "input";
	if (fd < 0) {
		fault_set(&fault, errno == EACCES ? FAULT_PERMISSION : FAULT_LOCAL, "%s", strerror(errno));
		result_add_fault(&frame->result, STATE_UNKNOWN,
				 errno == EACCES ? "no_permission" : "not_understood", "queue", path,
				 &fault);
		return;
	}
	if (read_input(fd, path, &run, look, frame)) {
		if (run.bytes == 0)
			add_not_understood(frame, path, "it is empty: nothing in it says that the command "
					   "that made it succeeded");
		else
			look->was_read = judge_end(&run, &end, path, NULL, look, frame);
	}
	look->mta = run.mta;
	queue_listing_release(&run.listing);
	if (!is_input)
		close(fd);
}
