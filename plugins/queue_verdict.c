/* SPDX-License-Identifier: GPL-3.0-or-later */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "monitor/output.h"
#include "queue_look.h"

/* What check_mailqueue says of what it saw. */

enum { TOP_LIST = 10, TOP_MAX = 1000 };

struct verdict {
	const struct queue_look *look;
	const struct queue_instances *instances;
	struct frame *frame;
	struct result *result;
	struct queue_count total;
	double scale;			/* from those looked into to all */
};

/* "45s", "12m", "3h", "5d" */
static void print_age(struct text *text, int64_t seconds)
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

static int64_t age_of(const struct verdict *v, const struct queue_count *count)
{
	int64_t age = v->look->clock.now - count->oldest;

	return age > 0 ? age : 0;	/* clocks differ */
}

static double estimate(const struct verdict *v, uint64_t messages)
{
	return (double)(uint64_t)((double)messages * v->scale + 0.5);
}

/* ---- numbers ---- */

/* A listing does not have all places, and says nothing of those. */
static bool has_place(const struct verdict *v, enum queue_place place)
{
	const struct queue_mta *mta = v->instances->mta;

	if (mta == NULL)
		return false;
	if (place == QUEUE_CORRUPT)
		return v->look->knows_corrupt;
	for (size_t i = 0; i < QUEUE_FOLDERS && mta->spool.folders[i].path != NULL; i++) {
		if (mta->spool.folders[i].place == place)
			return true;
	}
	return v->look->tally.places[place].messages > 0;
}

static void measure_age(const struct verdict *v, const char *label, const struct queue_count *count)
{
	/* Nothing waits: nothing is old. Some of unknown age: the oldest is not known. */
	if (count->messages == 0)
		result_measure(v->result, label, 0);
	else if (count->aged == count->messages)
		result_measure(v->result, label, (double)age_of(v, count));
}

static void measure_places(const struct verdict *v)
{
	const struct queue_tally *tally = &v->look->tally;
	char label[32];

	result_measure(v->result, "total", (double)v->total.messages);
	measure_age(v, "oldest", &v->total);
	for (enum queue_place place = 0; place < QUEUE_PLACES; place++) {
		if (!has_place(v, place))
			continue;
		result_measure(v->result, queue_place_word(place), (double)tally->places[place].messages);
		snprintf(label, sizeof label, "%s_oldest", queue_place_word(place));
		if (place != QUEUE_CORRUPT)
			measure_age(v, label, &tally->places[place]);
	}
	/* A server that knows no frozen messages has none to count. */
	if (tally->known_frozen > 0 && tally->known_frozen == v->total.messages) {
		result_measure(v->result, "frozen", (double)tally->frozen.messages);
		measure_age(v, "frozen_oldest", &tally->frozen);
	}
	if (v->look->weighs_bytes && v->total.sized == v->total.messages)
		result_measure(v->result, "bytes", (double)v->total.bytes);
	if (v->look->knows_space)
		result_measure_most(v->result, "spool_free", (double)v->look->space.free,
				    (double)v->look->space.size);
}

static uint64_t most_of(const struct frequent *frequent)
{
	const struct frequent_name *first;

	return frequent_list(frequent, &first, 1) > 0 ? first->count : 0;
}

/* ---- reasons ---- */

static int by_number(const void *a, const void *b)
{
	const struct queue_cause *x = *(const struct queue_cause *const *)a;
	const struct queue_cause *y = *(const struct queue_cause *const *)b;

	if (x->messages != y->messages)
		return x->messages < y->messages ? 1 : -1;
	return strcmp(x->reason, y->reason);
}

static size_t sort_causes(const struct queue_tally *tally,
			  const struct queue_cause *sorted[QUEUE_CAUSES])
{
	for (size_t i = 0; i < tally->cause_count; i++)
		sorted[i] = &tally->causes[i];
	qsort(sorted, tally->cause_count, sizeof *sorted, by_number);
	return tally->cause_count;
}

static void add_cause(const struct verdict *v, const struct queue_cause *cause)
{
	double messages = estimate(v, cause->messages);
	struct text text = { 0 }, headline = { 0 };
	struct finding *finding;

	text_add(&text, "%s%.0f message%s: \"", v->look->is_sampled ? "about " : "", messages,
		 messages == 1 ? "" : "s");
	text_add_foreign(&text, slice_of(cause->example));
	text_add_char(&text, '"');
	text_add(&headline, "%.0f of %llu messages: %s (", messages,
		 (unsigned long long)v->total.messages, cause->reason);
	text_add_foreign_most(&headline, slice_of(cause->example), 60);
	text_add_char(&headline, ')');
	finding = result_add(v->result, STATE_OK, cause->reason, "queue", cause->reason, &text);
	result_headline(v->result, finding, &headline);
	result_measure_of(v->result, "reason", cause->reason, messages);
	if (queue_is_self_inflicted(cause->reason))
		result_count(v->result, finding, "self_inflicted", messages);
}

/* What nobody tells is not 0. Where a threshold needs it, that is UNKNOWN. */
static bool is_told(const struct verdict *v, bool is_hidden, const char *const labels[], const char *what)
{
	struct text text = { 0 };
	bool is_needed = false;

	if (!is_hidden || v->total.messages == 0)
		return true;
	for (size_t i = 0; labels[i] != NULL; i++)
		is_needed = is_needed || result_has_threshold(v->result, labels[i]);
	text_add(&text, "what was read does not tell %s", what);
	result_add(v->result, is_needed ? STATE_UNKNOWN : STATE_OK, "queue_not_told", "queue",
		   v->instances->mta != NULL ? v->instances->mta->name : "queue", &text);
	return false;
}

static void judge_reasons(const struct verdict *v)
{
	static const char *const of_details[] = { "bounces", "domain_max", "sender_max", NULL };
	static const char *const of_reasons[] = { "self_inflicted", "reason", NULL };
	const struct queue_tally *tally = &v->look->tally;
	const struct queue_cause *sorted[QUEUE_CAUSES];
	size_t count = sort_causes(tally, sorted);

	if (is_told(v, v->look->hides_details, of_details, "from whom and where to messages are")) {
		result_measure(v->result, "bounces", estimate(v, tally->bounces));
		result_measure(v->result, "domain_max", estimate(v, most_of(&tally->domains)));
		result_measure(v->result, "sender_max", estimate(v, most_of(&tally->senders)));
	}
	if (!is_told(v, v->look->hides_reasons || v->look->hides_details, of_reasons,
		     "why messages wait"))
		return;
	result_measure(v->result, "self_inflicted", estimate(v, tally->self_inflicted));
	for (size_t i = 0; i < count; i++)
		add_cause(v, sorted[i]);
}

/* ---- findings ---- */

static void add_corrupt(const struct verdict *v)
{
	const struct queue_look *look = v->look;
	uint64_t count = look->tally.places[QUEUE_CORRUPT].messages;
	struct finding *finding;
	struct text text = { 0 };

	if (count == 0)
		return;
	text_add(&text, "%llu file%s:", (unsigned long long)count, count == 1 ? "" : "s");
	for (size_t i = 0; i < look->named_count && i < 5; i++) {
		text_add(&text, "%s ", i > 0 ? "," : "");
		text_add_foreign_most(&text, slice_of(look->named[i]), 80);
	}
	if (count > 5)
		text_add(&text, ", ...");
	finding = result_add(v->result, STATE_OK, "queue_corrupt", "queue", "corrupt", &text);
	result_count(v->result, finding, "corrupt", (double)count);
}

static void add_space(const struct verdict *v)
{
	const struct spool_space *space = &v->look->space;
	struct text text = { 0 };

	if (!v->look->knows_space)
		return;
	if (space->free == 0) {
		text_add(&text, "no byte of %llu is free for other users than root",
			 (unsigned long long)space->size);
		result_add(v->result, STATE_CRITICAL, "spool_no_space", "queue", "spool", &text);
	} else if (space->inodes > 0 && space->free_inodes == 0) {
		text_add(&text, "none of %llu inodes is free for other users than root",
			 (unsigned long long)space->inodes);
		result_add(v->result, STATE_CRITICAL, "spool_no_inodes", "queue", "spool", &text);
	}
}

static void add_sampled(const struct verdict *v)
{
	struct text text = { 0 };

	if (!v->look->is_sampled)
		return;
	text_add(&text, "reasons, senders and domains are estimated from %llu of %llu messages (--sample)",
		 (unsigned long long)v->look->tally.looked_into, (unsigned long long)v->total.messages);
	result_add(v->result, STATE_OK, "queue_estimated", "queue", "sample", &text);
}

static void print_places(const struct verdict *v, struct text *text)
{
	const struct queue_tally *tally = &v->look->tally;
	size_t count = 0;

	for (enum queue_place place = 0; place < QUEUE_PLACES; place++) {
		if (tally->places[place].messages > 0)
			text_add(text, "%s%llu %s", count++ > 0 ? ", " : "",
				 (unsigned long long)tally->places[place].messages,
				 queue_place_word(place));
	}
	if (tally->frozen.messages > 0)
		text_add(text, "%s%llu frozen", count > 0 ? ", " : "",
			 (unsigned long long)tally->frozen.messages);
}

/* "Postfix: 12 messages wait, the oldest for 3h (10 deferred, 2 active)" */
static void print_counts(const struct verdict *v, struct text *text)
{
	const struct queue_count *total = &v->total;

	text_add(text, "%s: ", v->instances->mta != NULL ? v->instances->mta->title : "mail server");
	if (total->messages == 0)
		text_add(text, "%s", v->look->filters ? "no such message waits" : "the queue is empty");
	else
		text_add(text, "%llu message%s", (unsigned long long)total->messages,
			 total->messages == 1 ? " waits" : "s wait");
	if (total->messages > 0 && total->aged == total->messages) {
		text_add(text, ", the oldest for ");
		print_age(text, age_of(v, total));
	}
	if (total->messages == 0)
		return;
	text_add(text, " (");
	print_places(v, text);
	text_add_char(text, ')');
}

static void add_counted(const struct verdict *v)
{
	struct text text = { 0 };

	print_counts(v, &text);
	text_add(&text, ", %s", v->look->by_spool ? "read from its files" :
		 v->look->by_command ? "by its own listing" : "by a saved listing");
	if (v->look->by_command && v->look->why_not.len > 0) {
		text_add(&text, ", as ");
		text_add_foreign(&text, text_slice(&v->look->why_not));
	}
	result_add(v->result, STATE_OK, "queue_counted", "queue",
		   v->instances->mta != NULL ? v->instances->mta->name : "queue", &text);
}

/* ---- data ---- */

static json_t *count_json(const struct verdict *v, const struct queue_count *count)
{
	json_t *json = json_pack("{sI}", "messages", (json_int_t)count->messages);

	if (count->messages > 0 && count->aged == count->messages)
		json_object_set_new(json, "oldest", json_integer(age_of(v, count)));
	if (v->look->weighs_bytes && count->sized == count->messages)
		json_object_set_new(json, "bytes", json_integer((json_int_t)count->bytes));
	return json;
}

static json_t *places_json(const struct verdict *v)
{
	json_t *places = json_object();

	for (enum queue_place place = 0; place < QUEUE_PLACES; place++) {
		if (has_place(v, place))
			json_object_set_new(places, queue_place_word(place),
					    count_json(v, &v->look->tally.places[place]));
	}
	if (v->look->tally.known_frozen > 0)
		json_object_set_new(places, "frozen", count_json(v, &v->look->tally.frozen));
	return places;
}

static json_t *causes_json(const struct verdict *v)
{
	const struct queue_cause *sorted[QUEUE_CAUSES];
	size_t count = sort_causes(&v->look->tally, sorted);
	json_t *causes = json_array();

	for (size_t i = 0; i < count; i++)
		json_array_append_new(causes, json_pack("{ss sI sb so}", "reason", sorted[i]->reason,
			"messages", (json_int_t)estimate(v, sorted[i]->messages), "self_inflicted",
			queue_is_self_inflicted(sorted[i]->reason), "example",
			output_foreign_json(slice_of(sorted[i]->example), QUEUE_EXAMPLE)));
	return causes;
}

static json_t *top_json(const struct verdict *v, const struct frequent *frequent, const char *what)
{
	const struct frequent_name *names[TOP_MAX];
	size_t most = v->look->settings->top > 0 ? v->look->settings->top : TOP_LIST;
	size_t count = frequent_list(frequent, names, most < TOP_MAX ? most : TOP_MAX);
	json_t *list = json_array();

	for (size_t i = 0; i < count; i++)
		json_array_append_new(list, json_pack("{so sI}", what,
			output_foreign_json(slice_of(names[i]->name), FREQUENT_NAME_MAX), "messages",
			(json_int_t)estimate(v, names[i]->count)));
	return list;
}

static json_t *instances_json(const struct verdict *v)
{
	json_t *instances = json_array();

	for (size_t i = 0; i < v->instances->count; i++) {
		const struct queue_instance *instance = &v->instances->at[i];

		json_array_append_new(instances, json_pack("{ss? ss?}", "name", instance->name, "spool",
							   instance->spool));
	}
	return instances;
}

static json_t *corrupt_json(const struct queue_look *look)
{
	json_t *names = json_array();

	for (size_t i = 0; i < look->named_count; i++)
		json_array_append_new(names, output_foreign_json(slice_of(look->named[i]), QUEUE_PATH));
	return names;
}

static void fill_data(const struct verdict *v)
{
	const struct queue_look *look = v->look;
	json_t *data = json_pack("{ss? ss? so}", "mta",
				 v->instances->mta != NULL ? v->instances->mta->name : NULL, "method",
				 look->by_spool ? "spool" : look->by_command ? "command" :
				 look->settings->input != NULL ? "input" : NULL,
				 "instances", instances_json(v));

	v->result->data = data;
	if (!look->was_read)
		return;
	json_object_set_new(data, "total", count_json(v, &v->total));
	json_object_set_new(data, "queues", places_json(v));
	if (look->knows_corrupt)
		json_object_set_new(data, "corrupt_files", corrupt_json(look));
	if (look->knows_space)
		json_object_set_new(data, "spool", json_pack("{sI sI sI sI}",
			"free", (json_int_t)look->space.free, "size", (json_int_t)look->space.size,
			"free_inodes", (json_int_t)look->space.free_inodes, "inodes",
			(json_int_t)look->space.inodes));
	if (!look->looks)
		return;
	json_object_set_new(data, "looked_into", json_integer((json_int_t)look->tally.looked_into));
	json_object_set_new(data, "bounces", json_integer((json_int_t)estimate(v, look->tally.bounces)));
	json_object_set_new(data, "reasons", causes_json(v));
	json_object_set_new(data, "top_domains", top_json(v, &look->tally.domains, "domain"));
	json_object_set_new(data, "top_senders", top_json(v, &look->tally.senders, "sender"));
}

static void add_top(const struct verdict *v, const struct frequent *frequent, const char *what)
{
	const struct frequent_name *names[TOP_MAX];
	size_t most = v->look->settings->top < TOP_MAX ? v->look->settings->top : TOP_MAX;
	size_t count = frequent_list(frequent, names, most);
	struct text text = { 0 };

	for (size_t i = 0; i < count; i++) {
		text_add(&text, "%s", i > 0 ? ", " : "");
		text_add_foreign_most(&text, slice_of(names[i]->name), 100);
		text_add(&text, " %.0f", estimate(v, names[i]->count));
	}
	if (count > 0)
		result_add(v->result, STATE_OK, "queue_top", "queue", what, &text);
	text_release(&text);
}

/* The lists that were asked for stand in the text, too. */
static void add_tops(const struct verdict *v)
{
	add_top(v, &v->look->tally.domains, "domains");
	add_top(v, &v->look->tally.senders, "senders");
}

void queue_judge(struct queue_look *look, const struct queue_instances *instances,
		 struct frame *frame)
{
	struct verdict v = {
		.look = look, .instances = instances, .frame = frame, .result = &frame->result,
		.total = queue_tally_total(&look->tally), .scale = 1,
	};

	frame->result.failed = frame->result.failed || look->failed || look->tally.domains.failed ||
			       look->tally.senders.failed;
	if (look->is_sampled && look->tally.looked_into > 0)
		v.scale = (double)v.total.messages / (double)look->tally.looked_into;
	if (look->was_read) {
		measure_places(&v);
		add_corrupt(&v);
		add_space(&v);
		if (look->looks)
			judge_reasons(&v);
		add_sampled(&v);
		if (look->looks && look->settings->top > 0)
			add_tops(&v);
		add_counted(&v);
		print_counts(&v, &frame->result.good);
		print_counts(&v, &frame->result.context);
	}
	fill_data(&v);
	if (look->life_unknown)
		text_add(&frame->result.tail, "daemon_not_checked");
	else if (look->is_sampled)
		text_add(&frame->result.tail, "estimated from %llu messages",
			 (unsigned long long)look->tally.looked_into);
}
