/* SPDX-License-Identifier: GPL-3.0-or-later */
#include <fcntl.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "net/process.h"
#include "queue_look.h"

/* Reading a queue from its files: names first, and no file opened that needs not be. */

enum { WORKERS = 8 };

/* What a worker has for itself. */
struct worker {
	struct queue_tally counts;
	struct queue_message message;
	struct reply_memo classes;
	char block[QUEUE_BLOCK], log[QUEUE_LOG];
	bool was_forbidden, was_exhausted;
};

struct walk {
	struct queue_look *look;
	const struct queue_spool *spool;
	const struct deadline *deadline;
	int root;
	const struct queue_folder *folder;	/* that is being walked */
	uint64_t total, seen, chosen;		/* messages: all, so far, and of them looked into */
	uint64_t sample;			/* so many shall be; all, if there are no more */
	uint64_t random;
	struct spool_pool *pool;
	pthread_mutex_t lock;			/* of the look's tally and names */
	struct worker *workers;
};

/* What a worker is to do with a file: the number of its folder, and */
enum { TASK_LOOK = 0x100 };

/* xorshift64*: good enough to choose. */
static uint64_t next_random(struct walk *walk)
{
	walk->random ^= walk->random >> 12;
	walk->random ^= walk->random << 25;
	walk->random ^= walk->random >> 27;
	return walk->random * 2685821657736338717u;
}

/* Each message with the same probability, and `sample` of them in all. */
static bool choose(struct walk *walk)
{
	uint64_t left = walk->total > walk->seen ? walk->total - walk->seen : 1;
	uint64_t wanted = walk->sample > walk->chosen ? walk->sample - walk->chosen : 0;

	walk->seen++;
	if (!walk->look->looks || (double)(next_random(walk) >> 11) * 0x1p-53 * (double)left >= (double)wanted)
		return false;
	walk->chosen++;
	return true;
}

static struct queue_file file_of(const struct queue_folder *folder, const struct spool_entry *entry)
{
	return (struct queue_file){
		folder, slice_of(entry->below), slice_of(entry->name), entry->inode,
	};
}

static void name_corrupt(struct walk *walk, const struct queue_file *file)
{
	struct text path = { 0 };

	text_add(&path, "%s%s%.*s/", file->folder->path, file->below.len > 0 ? "/" : "",
		 (int)file->below.len, file->below.at);
	text_add_slice(&path, file->name);
	pthread_mutex_lock(&walk->lock);
	queue_look_name(walk->look, text_str(&path));
	pthread_mutex_unlock(&walk->lock);
	text_release(&path);
}

static void count_corrupt(struct walk *walk, struct queue_tally *counts,
			  const struct queue_file *file)
{
	queue_tally_count(counts, QUEUE_CORRUPT, QUEUE_UNKNOWN);
	name_corrupt(walk, file);
}

/* ---- one file, by a worker ---- */

/* The size and the time of the message itself, where they are those of another file. */
static void stat_body(const struct walk *walk, const struct queue_file *file,
		      struct queue_stat *about)
{
	struct spool_about body;
	char path[QUEUE_PATH];

	about->body_size = about->body_time = QUEUE_UNKNOWN;
	if (walk->spool->body_path == NULL || !walk->spool->body_path(file, path) ||
	    spool_stat(walk->root, path, &body) != SPOOL_READ)
		return;
	about->body_size = body.size;
	about->body_time = body.changed;
}

static void read_log(const struct walk *walk, const struct queue_file *file, struct worker *worker)
{
	const struct queue_spool *spool = walk->spool;
	char path[QUEUE_PATH];
	size_t len;

	if (spool->log_path != NULL && spool->log_path(file, path) &&
	    spool_read(walk->root, path, spool->log_is_read_from_end, worker->log,
		       sizeof worker->log, &len, NULL) == SPOOL_READ)
		spool->log((struct slice){ worker->log, len }, &worker->message);
}

enum reading { READING_GOOD, READING_NONE, READING_CORRUPT };

/* Open the file and read what it says of the message. */
static enum reading read_message(struct walk *walk, const struct spool_entry *entry,
				 const struct queue_file *file, const struct queue_told *told,
				 struct worker *worker)
{
	struct queue_message *message = &worker->message;
	struct spool_about about;
	struct queue_stat stat;
	size_t len;

	switch (spool_read(entry->dir, entry->name, false, worker->block, sizeof worker->block, &len,
			   &about)) {
	case SPOOL_READ:
		break;
	case SPOOL_VANISHED:
		return READING_NONE;
	case SPOOL_FORBIDDEN:
		worker->was_forbidden = true;
		return READING_NONE;
	case SPOOL_EXHAUSTED:
		worker->was_exhausted = true;
		return READING_NONE;
	case SPOOL_NO_FILE:
	case SPOOL_UNREADABLE:
		return READING_CORRUPT;
	}
	stat = (struct queue_stat){ about.size, about.mode, QUEUE_UNKNOWN, QUEUE_UNKNOWN };
	if (walk->look->weighs_bytes || told->is_body_time)
		stat_body(walk, file, &stat);
	queue_message_clear(message, told->place);
	switch (walk->spool->envelope((struct slice){ worker->block, len }, &stat, message)) {
	case QUEUE_ENVELOPE_READ:
		break;
	case QUEUE_ENVELOPE_UNFINISHED:
		return READING_NONE;
	case QUEUE_ENVELOPE_CORRUPT:
		return READING_CORRUPT;
	}
	if (told->arrived != QUEUE_UNKNOWN)
		message->arrived = told->arrived;
	else if (told->is_body_time && stat.body_time != QUEUE_UNKNOWN)
		message->arrived = stat.body_time;
	return READING_GOOD;
}

/* Its age without opening it, if that can be. */
static bool find_age(const struct walk *walk, const struct spool_entry *entry,
		     const struct queue_file *file, struct queue_told *told)
{
	struct queue_stat body;

	if (told->arrived != QUEUE_UNKNOWN)
		return true;
	if (told->is_born_then)
		return spool_born(entry->dir, entry->name, &told->arrived);
	if (!told->is_body_time)
		return false;
	stat_body(walk, file, &body);
	told->arrived = body.body_time;
	return told->arrived != QUEUE_UNKNOWN;
}

/* Without opening: is it there, and whole? */
static bool is_whole(const struct spool_entry *entry)
{
	struct spool_about about;

	return spool_stat(entry->dir, entry->name, &about) == SPOOL_READ && (about.mode & 0100) != 0;
}

static void look_into(struct walk *walk, const struct queue_file *file, struct worker *worker,
		      bool is_chosen)
{
	struct queue_look *look = walk->look;

	if (!is_chosen)
		return;
	read_log(walk, file, worker);
	queue_message_classify(&worker->message, &worker->classes);
	pthread_mutex_lock(&walk->lock);
	queue_tally_look(&look->tally, &worker->message);
	look->failed = look->failed || worker->message.failed;
	pthread_mutex_unlock(&walk->lock);
}

static void work(void *context, size_t number, const struct spool_entry *entry, uintptr_t task)
{
	struct walk *walk = context;
	struct queue_look *look = walk->look;
	struct worker *worker = &walk->workers[number];
	struct queue_file file = file_of(&walk->spool->folders[task & 0xff], entry);
	struct queue_told told = { .arrived = QUEUE_UNKNOWN };
	bool is_chosen = (task & TASK_LOOK) != 0;

	if (deadline_passed(walk->deadline))
		return;
	walk->spool->name(&file, &told);
	if (!is_chosen && !look->weighs && !look->filters && find_age(walk, entry, &file, &told)) {
		if (!file.folder->is_checked || is_whole(entry))
			queue_tally_count(&worker->counts, told.place, told.arrived);
		return;
	}
	switch (read_message(walk, entry, &file, &told, worker)) {
	case READING_GOOD:
		if (look->filters && !queue_filter_passes(&look->settings->filter, &worker->message))
			return;
		/* A birth time is as good as what the file says, and is what others took. */
		queue_tally_count(&worker->counts, told.place, worker->message.arrived);
		queue_tally_weigh(&worker->counts, &worker->message);
		look_into(walk, &file, worker, is_chosen);
		break;
	case READING_NONE:
		break;
	case READING_CORRUPT:
		count_corrupt(walk, &worker->counts, &file);
		break;
	}
}

/* ---- names ---- */

/* Sort out what is no message. The name says the rest. */
static bool is_message(struct walk *walk, const struct spool_entry *entry,
		       const struct queue_file *file, struct queue_told *told)
{
	enum queue_name name = walk->spool->name(file, told);

	/* Links, FIFOs and the like are not followed, and not opened. */
	if (name == QUEUE_NAME_MESSAGE && !entry->is_file)
		name = QUEUE_NAME_STRANGE;
	if (name == QUEUE_NAME_STRANGE && walk->pool != NULL)
		count_corrupt(walk, &walk->look->tally, file);
	return name == QUEUE_NAME_MESSAGE;
}

static void count_name(void *context, const struct spool_entry *entry)
{
	struct walk *walk = context;
	struct queue_file file = file_of(walk->folder, entry);
	struct queue_told told = { .arrived = QUEUE_UNKNOWN };

	if (is_message(walk, entry, &file, &told) && told.place != QUEUE_CORRUPT)
		walk->total++;
}

static void take_name(void *context, const struct spool_entry *entry)
{
	struct walk *walk = context;
	struct queue_look *look = walk->look;
	struct queue_file file = file_of(walk->folder, entry);
	struct queue_told told = { .arrived = QUEUE_UNKNOWN };
	uintptr_t task = (uintptr_t)(walk->folder - walk->spool->folders);

	if (!is_message(walk, entry, &file, &told))
		return;
	if (told.place == QUEUE_CORRUPT) {
		count_corrupt(walk, &look->tally, &file);
		return;
	}
	if (choose(walk))
		task |= TASK_LOOK;
	if (task >= TASK_LOOK || look->weighs || look->filters || told.arrived == QUEUE_UNKNOWN ||
	    walk->folder->is_checked)
		spool_pool_add(walk->pool, entry, task);
	else
		queue_tally_count(&look->tally, told.place, told.arrived);
}

/* Walk all folders of a spool. False: the fault tells why not. */
static bool walk_all(struct walk *walk, void (*found)(void *context, const struct spool_entry *entry),
		     struct fault *fault)
{
	size_t there = 0;

	for (walk->folder = walk->spool->folders;
	     walk->folder < walk->spool->folders + QUEUE_FOLDERS && walk->folder->path != NULL;
	     walk->folder++) {
		switch (spool_walk(walk->root, walk->folder->path, walk->folder->depth, walk->deadline,
				   found, walk, fault)) {
		case SPOOL_DONE:
			there++;
			break;
		case SPOOL_MISSING:
			break;
		case SPOOL_FAILED:
			return false;
		}
	}
	return there > 0 || fault_set(fault, FAULT_USAGE, "it has none of the folders of such a queue");
}

static bool read_all(struct walk *walk, struct fault *fault)
{
	struct queue_look *look = walk->look;
	size_t workers = spool_workers(WORKERS);
	bool good, is_exhausted;

	/* Names cost little: knowing how many there are, each is chosen or not at once, and
	 * nothing has to be kept. */
	if (look->looks && !walk_all(walk, count_name, fault))
		return false;
	walk->sample = walk->look->settings->sample;
	if (walk->sample >= walk->total || look->filters)
		walk->sample = walk->total = UINT64_MAX;
	else
		look->is_sampled = true;
	walk->workers = calloc(workers, sizeof *walk->workers);
	if (walk->workers != NULL)
		walk->pool = spool_pool_open(workers, work, walk);
	if (walk->pool == NULL) {
		free(walk->workers);
		return fault_set(fault, FAULT_LOCAL, "out of memory");
	}
	for (size_t i = 0; i < workers; i++)
		queue_tally_open(&walk->workers[i].counts);
	good = walk_all(walk, take_name, fault);
	is_exhausted = !spool_pool_close(walk->pool);
	for (size_t i = 0; i < workers; i++) {
		struct worker *worker = &walk->workers[i];

		is_exhausted = is_exhausted || worker->was_exhausted;
		if (good && worker->was_forbidden)
			good = fault_set(fault, FAULT_PERMISSION, "there are files that may not be read");
		queue_tally_add(&look->tally, &worker->counts);
		queue_message_release(&worker->message);
	}
	free(walk->workers);
	if (good && is_exhausted)
		good = fault_set(fault, FAULT_LOCAL, "too few descriptors or too little memory to read "
				 "its files (ulimit)");
	if (good && deadline_passed(walk->deadline))
		good = fault_set(fault, FAULT_TIMEOUT, "its files were not read to their end");
	return good;
}

/* ---- the spool ---- */

static enum daemon_life find_life(const struct queue_mta *mta, const struct queue_instance *instance,
				  int root)
{
	enum daemon_life life = DAEMON_UNKNOWN;

	for (size_t i = 0; i < QUEUE_WAYS && life == DAEMON_UNKNOWN; i++) {
		const struct queue_sign *sign = &mta->signs[i];
		bool is_absolute = sign->path != NULL && sign->path[0] == '/';

		/* The server of a spool elsewhere is not this machine's. */
		if (is_absolute && instance->is_elsewhere)
			continue;
		switch (sign->kind) {
		case QUEUE_LIFE_END:
			return life;
		case QUEUE_LIFE_LOCK:
			life = daemon_by_lock(root, sign->path);
			break;
		case QUEUE_LIFE_PID:
			life = daemon_by_pid(root, sign->path, sign->command);
			break;
		case QUEUE_LIFE_SOCKET:
			life = daemon_by_socket(sign->path);
			break;
		case QUEUE_LIFE_FIFO:
			life = daemon_by_fifo(root, sign->path);
			break;
		}
	}
	return life;
}

void queue_spool_lives(struct queue_instances *instances)
{
	for (size_t i = 0; i < instances->count; i++) {
		struct queue_instance *instance = &instances->at[i];
		const struct queue_mta *mta = instance->mta != NULL ? instance->mta : instances->mta;
		struct fault fault;
		int root;

		instance->life = DAEMON_UNKNOWN;
		if (instance->spool == NULL || !spool_open(instance->spool, &root, &fault))
			continue;
		instance->life = find_life(mta, instance, root);
		close(root);
	}
}

static void note_space(struct queue_look *look, int root)
{
	struct spool_space space;

	if (!spool_space(root, &space) || (look->knows_space && look->space.free <= space.free))
		return;
	look->space = space;
	look->knows_space = true;
}

/* Who owns the first of the queue's folders reads them. */
static bool become_owner(const struct queue_spool *spool, int root, struct fault *fault)
{
	for (size_t i = 0; i < QUEUE_FOLDERS && spool->folders[i].path != NULL; i++) {
		int dir = openat(root, spool->folders[i].path, O_PATH | O_DIRECTORY | O_CLOEXEC);
		bool good;

		if (dir < 0)
			continue;
		good = process_become_owner(dir, fault);
		close(dir);
		return good;
	}
	return true;
}

bool queue_spool_read(struct queue_look *look, const struct queue_mta *mta,
		      const struct queue_instance *instance, const struct deadline *deadline,
		      struct fault *fault)
{
	struct walk walk = {
		.look = look, .spool = &mta->spool, .deadline = deadline,
		.lock = PTHREAD_MUTEX_INITIALIZER,
	};
	bool good;

	if (!process_random(&walk.random, sizeof walk.random))
		return fault_set(fault, FAULT_LOCAL, "no random numbers");
	walk.random |= 1;
	if (!spool_open(instance->spool, &walk.root, fault)) {
		if (fault->kind == FAULT_LOCAL)
			fault->kind = FAULT_USAGE;
		return false;
	}
	note_space(look, walk.root);
	good = become_owner(&mta->spool, walk.root, fault) && read_all(&walk, fault);
	close(walk.root);
	if (!good)
		return fault_prefix(fault, "%s: ", instance->spool);
	look->hides_reasons = look->hides_reasons || !mta->spool.tells_reasons;
	look->knows_corrupt = look->was_read = look->by_spool = true;
	return true;
}
