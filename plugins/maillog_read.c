/* SPDX-License-Identifier: GPL-3.0-or-later */
#include <stdlib.h>
#include <string.h>

#include "maillog_look.h"
#include "net/process.h"

/* Reading the window: of each log, its files from the youngest back to the one in which
 * the window begins. */

enum { LOOK_BACK = 1 << 20, WRITTEN_SLACK = 60, LATE_LINES = 7200 };

/* What the lines of one file are read with. */
struct reading {
	struct maillog_look *look;
	struct maillog_log *log;
	struct log_source *source;
	struct log_set_back *back;
	int64_t before;			/* the time of the line before this one */
	bool has_before, is_inside, found_back;
	int64_t first;			/* of the file, as far as it was read */
	bool has_first;
	bool found_mta;			/* when looking back */
};

static int64_t time_in(const struct reading *r, const struct log_stamp *stamp)
{
	int64_t latest = r->source->is_input ? r->look->now : r->source->written;

	return log_stamp_time(stamp, &r->look->clock, latest);
}

static bool time_of(void *context, struct slice line, int64_t *time)
{
	struct reading *r = context;
	struct log_stamp stamp;
	size_t used;

	if (!log_stamp_parse(line, &stamp, &used))
		return false;
	*time = time_in(r, &stamp);
	return true;
}

static int64_t follow_clock(struct reading *r, const struct log_stamp *stamp, int64_t at)
{
	int64_t time = time_in(r, stamp);

	/* A stamp with its zone is right whatever the clock on the wall did. */
	if (r->has_before && !stamp->has_zone &&
	    log_set_back_note(r->back, at, r->before, time, &r->look->clock))
		r->found_back = true;
	r->has_before = !stamp->has_zone;
	r->before = time;
	return log_set_back_time(r->back, at, time);
}

static bool count_line(void *context, struct slice bytes, int64_t at)
{
	struct reading *r = context;
	struct maillog_look *look = r->look;
	struct log_event event;
	struct log_stamp stamp;
	struct log_line line;
	int64_t time;
	size_t used;

	if (!log_stamp_parse(bytes, &stamp, &used)) {
		look->tally.without_time += r->is_inside;
		return true;
	}
	time = follow_clock(r, &stamp, at);
	if (!r->has_first)
		r->first = time;
	r->has_first = true;
	if (!r->log->knows_newest || time > r->log->newest)
		r->log->newest = time;
	r->log->knows_newest = true;
	r->is_inside = time >= look->since && time <= look->now;
	if (!r->is_inside)
		return time <= look->now + LATE_LINES;
	log_line_parse(bytes, &line);
	log_event_parse(&line, &event);
	log_tally_count(&look->tally, &line, &event, &look->memo);
	return true;
}

static bool look_for_mta(void *context, struct slice bytes, int64_t at)
{
	struct reading *r = context;
	struct log_event event;
	struct log_line line;

	(void)at;
	if (log_line_parse(bytes, &line)) {
		log_event_parse(&line, &event);
		r->found_mta = event.mta != NULL;
	}
	return !r->found_mta;
}

/* ---- what goes wrong */

static void add_fault(struct frame *frame, const char *path, const struct fault *fault, bool is_rotated)
{
	const char *id = "log_unreadable";
	struct finding *finding;
	struct text fix = { 0 };

	if (fault->kind == FAULT_PERMISSION)
		id = "no_permission";
	else if (fault->kind == FAULT_TIMEOUT)
		id = "timeout";
	else if (fault->kind == FAULT_USAGE && !is_rotated)
		id = "log_missing";
	finding = result_add_fault(&frame->result, fault->kind == FAULT_TIMEOUT ?
				   frame->settings.monitor.timeout.state : STATE_UNKNOWN, id, "log", path,
				   fault);
	if (fault->kind == FAULT_TIMEOUT)
		frame->was_cut_off = true;
	if (fault->kind == FAULT_PERMISSION) {
		text_add(&fix, "put the monitoring user into the group that may read the log (Debian: adduser "
			 "nagios adm); see \"Privileges\" in check_maillog(1)");
		result_fix(&frame->result, finding, &fix);
	}
}

/* ---- reading */

static struct log_wants wants_of(struct reading *r, const struct frame *frame,
				 bool (*line)(void *, struct slice, int64_t))
{
	return (struct log_wants){ time_of, line, r, &frame->deadline };
}

/* The lines of one file that are in the window. `before_window`: it goes back to before
 * the window, so no older file is needed. */
static bool read_source(struct reading *r, struct frame *frame, int64_t following,
			bool has_following, bool *before_window, struct fault *fault)
{
	struct log_wants wants = wants_of(r, frame, count_line);
	struct maillog_look *look = r->look;
	int64_t from = 0, first;

	if (log_source_last(r->source, &wants, &first)) {
		if (!r->log->knows_newest || first > r->log->newest)
			r->log->newest = first;
		r->log->knows_newest = true;
	}
	if (!log_source_find(r->source, &wants, look->since, &from, fault) ||
	    !log_source_read(r->source, &wants, from, fault))
		return false;
	/* The clock may have been set back when it was rotated. */
	if (has_following && r->has_before &&
	    log_set_back_note(r->back, INT64_MAX, r->before, following, &look->clock))
		r->found_back = true;
	if (log_source_first(r->source, &wants, &first)) {
		r->first = first;
		r->has_first = true;
	}
	*before_window = r->has_first && r->first < look->since;
	return true;
}

static bool read_log(struct maillog_look *look, struct maillog_log *log, struct frame *frame,
		     bool *found_back)
{
	bool before_window = false, has_following = false, is_again;
	int64_t following = 0;
	struct fault fault;

	log->files_read = 0;
	for (size_t i = 0; i < log->chain.count && !before_window; i++) {
		struct log_source *source = &log->chain.at[i];
		struct reading r = { .look = look, .log = log, .source = source, .back = &log->backs[i] };

		/* Nothing that is wanted can be in what was last written before that. An empty
		 * log leaves the question how old its newest line is. */
		if (i > 0 && source->written < look->since - WRITTEN_SLACK && log->knows_newest)
			break;
		if (!log_source_open(&log->chain, i, &is_again, &fault)) {
			if (fault.kind == FAULT_USAGE)
				continue;	/* rotated on meanwhile */
			add_fault(frame, source->path, &fault, i > 0);
			return false;
		}
		if (is_again)
			continue;
		if (!read_source(&r, frame, following, has_following, &before_window, &fault)) {
			add_fault(frame, source->path, &fault, i > 0);
			return false;
		}
		log->files_read++;
		*found_back = *found_back || r.found_back;
		if (r.has_first) {
			following = r.first;
			has_following = true;
		}
	}
	return true;
}

/* Nothing of a mail server in the window: is this a mail server's log at all? */
static bool knows_mta_before(struct maillog_look *look, struct maillog_log *log, struct frame *frame)
{
	struct fault unused;

	for (size_t i = 0; i < log->chain.count && i < 4; i++) {
		struct log_source *source = &log->chain.at[i];
		struct reading r = { .look = look, .log = log, .source = source };
		struct log_wants wants = wants_of(&r, frame, look_for_mta);
		bool is_again;

		if (source->is_input || !log_source_open(&log->chain, i, &is_again, &unused))
			continue;
		log_source_read(source, &wants, source->size > LOOK_BACK ? source->size - LOOK_BACK : 0,
				&unused);
		if (r.found_mta)
			return true;
	}
	return false;
}

/* ---- is it a live log? */

static void add_silent(struct frame *frame, const struct maillog_log *log, int64_t age)
{
	struct text text = { 0 };

	if (log->knows_newest) {
		text_add(&text, "its newest line is ");
		maillog_print_age(&text, age);
		text_add(&text, " old");
	} else {
		text_add(&text, "there is no line in it");
	}
	result_add(&frame->result, STATE_UNKNOWN, "log_silent", "log", log->path, &text);
}

static void add_clock(struct frame *frame, const struct maillog_log *log, int64_t ahead)
{
	struct text text = { 0 };

	text_add(&text, "its newest line says that it was written ");
	maillog_print_age(&text, ahead < 0 ? -ahead : ahead);
	text_add(&text, "%s", ahead > 0 ? " from now" : " before the file was");
	result_add(&frame->result, STATE_UNKNOWN, "log_clock_differs", "log", log->path, &text);
}

static void judge_life(struct maillog_look *look, struct maillog_log *log, struct frame *frame)
{
	const struct log_source *youngest = &log->chain.at[0];
	int64_t age = log->knows_newest ? look->now - log->newest : INT64_MAX;
	int64_t late = youngest->is_input ? 0 : youngest->written - log->newest;
	struct text text = { 0 };
	bool is_empty = look->tally.lines == 0 && look->tally.without_time == 0;

	if (!log->knows_newest && !youngest->is_input && youngest->size > 0) {
		text_add(&text, "no line in it begins with a time");
		result_add(&frame->result, STATE_UNKNOWN, "not_understood", "log", log->path, &text);
		look->was_read = false;
		return;
	}
	if (!look->settings->has_until && log->knows_newest && age < -1800)
		add_clock(frame, log, -age);
	else if (age > look->settings->silence)
		add_silent(frame, log, age);
	else if (!look->settings->has_until && youngest->form == LOG_PLAIN && youngest->size > 0 &&
		 log->files_read > 0 && late > 1800 && late > look->settings->since)
		add_clock(frame, log, -late);
	else if (is_empty || log_tally_known(&look->tally) > 0 || knows_mta_before(look, log, frame))
		return;
	else {
		text_add(&text, "no line in it is of Postfix, Exim, Sendmail or OpenSMTPD");
		result_add(&frame->result, STATE_UNKNOWN, "not_understood", "log", log->path, &text);
	}
}

/* Started as root: what others wrote is read with the rights of the first log's owner.
 * The others are open by now; of what was rotated away, his is read. */
static bool become_owner(struct maillog_look *look, struct frame *frame)
{
	struct fault fault;

	for (size_t i = 0; i < look->log_count; i++) {
		struct maillog_log *log = &look->logs[i];

		if (!log->is_open || log->chain.at[0].is_input)
			continue;
		if (process_become_owner(log->chain.at[0].fd, &fault))
			return true;
		add_fault(frame, log->path, &fault, true);
		return false;
	}
	return true;
}

static bool open_logs(struct maillog_look *look, struct frame *frame)
{
	const struct words *words = &look->settings->logs;
	bool all = true;

	look->logs = calloc(words->count, sizeof *look->logs);
	if (look->logs == NULL) {
		frame->result.failed = true;
		return false;
	}
	for (size_t i = 0; i < words->count; i++) {
		struct maillog_log *log = &look->logs[look->log_count++];
		struct fault fault;

		log->path = words->at[i];
		log->is_open = log_chain_open(log->path, &log->chain, &fault);
		if (!log->is_open)
			add_fault(frame, log->path, &fault, false);
		log->backs = calloc(log->chain.count + 1, sizeof *log->backs);
		frame->result.failed = frame->result.failed || log->backs == NULL;
		log->is_open = log->is_open && log->backs != NULL;
		all = all && log->is_open;
	}
	return become_owner(look, frame) && all;
}

void maillog_read(struct maillog_look *look, struct frame *frame)
{
	bool found_back = true;

	look->was_read = open_logs(look, frame);
	/* Where the clock was set back is known when what is before it has been counted: so
	 * it is counted again. */
	for (int round = 0; look->was_read && found_back && round < 3; round++) {
		found_back = false;
		log_tally_release(&look->tally);
		for (size_t i = 0; i < look->log_count; i++)
			look->was_read = read_log(look, &look->logs[i], frame, &found_back) && look->was_read;
	}
	for (size_t i = 0; i < look->log_count; i++) {
		for (size_t n = 0; n < look->logs[i].chain.count; n++)
			look->bytes_read += look->logs[i].chain.at[n].bytes_read;
	}
	for (size_t i = 0; look->was_read && i < look->log_count; i++)
		judge_life(look, &look->logs[i], frame);
}

void maillog_look_release(struct maillog_look *look)
{
	for (size_t i = 0; i < look->log_count; i++) {
		log_chain_close(&look->logs[i].chain);
		free(look->logs[i].backs);
	}
	free(look->logs);
	log_tally_release(&look->tally);
}
