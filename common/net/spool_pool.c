/* SPDX-License-Identifier: GPL-3.0-or-later */
#include <fcntl.h>
#include <pthread.h>
#include <sched.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "net/spool.h"

/* Files go to the workers in batches, so that handing them over costs little. */

enum { BATCH = 128, BATCH_BYTES = 8192, BATCHES = 8, WORKERS_MAX = 16, THREADS_FROM = 512 };

struct batch {
	int dir;			/* of all its files; its own */
	const char *folder;
	char below[SPOOL_BELOW];
	size_t count, used;
	struct {
		uint16_t name;		/* in `bytes` */
		uint64_t inode;
		uintptr_t tag;
	} files[BATCH];
	char bytes[BATCH_BYTES];
};

struct spool_pool {
	void (*work)(void *context, size_t worker, const struct spool_entry *entry, uintptr_t tag);
	void *context;
	pthread_t threads[WORKERS_MAX];
	size_t workers;			/* threads to start; 1: none */
	size_t started;			/* threads; 0: the caller works */
	pthread_mutex_t lock;
	pthread_cond_t is_filled, is_free;
	bool is_over;
	struct batch batches[BATCHES];	/* a ring of those that wait */
	size_t first, filled;
	struct batch next;		/* the caller's, being filled */
	size_t added;			/* files so far */
	bool failed;			/* there was no descriptor for a batch */
};

struct worker {
	struct spool_pool *pool;
	size_t number;
};

size_t spool_workers(size_t most)
{
	cpu_set_t cores;
	size_t count = 1;

	if (sched_getaffinity(0, sizeof cores, &cores) == 0)
		count = (size_t)CPU_COUNT(&cores);
	if (count > most)
		count = most;
	return count < 1 ? 1 : count > WORKERS_MAX ? WORKERS_MAX : count;
}

static void work_on(struct spool_pool *pool, size_t worker, const struct batch *batch)
{
	for (size_t i = 0; i < batch->count; i++) {
		const struct spool_entry entry = {
			batch->dir, batch->folder, batch->below, batch->bytes + batch->files[i].name,
			batch->files[i].inode, true,
		};

		pool->work(pool->context, worker, &entry, batch->files[i].tag);
	}
	close(batch->dir);
}

static void *run(void *argument)
{
	struct worker worker = *(struct worker *)argument;
	struct spool_pool *pool = worker.pool;
	struct batch own;

	free(argument);
	for (;;) {
		bool has_one;

		pthread_mutex_lock(&pool->lock);
		while (pool->filled == 0 && !pool->is_over)
			pthread_cond_wait(&pool->is_filled, &pool->lock);
		has_one = pool->filled > 0;
		if (has_one) {
			own = pool->batches[pool->first];
			pool->first = (pool->first + 1) % BATCHES;
			pool->filled--;
			pthread_cond_signal(&pool->is_free);
		}
		pthread_mutex_unlock(&pool->lock);
		if (!has_one)
			return NULL;
		work_on(pool, worker.number, &own);
	}
}

struct spool_pool *spool_pool_open(size_t workers,
				   void (*work)(void *context, size_t worker,
						const struct spool_entry *entry, uintptr_t tag),
				   void *context)
{
	struct spool_pool *pool = calloc(1, sizeof *pool);

	if (pool == NULL)
		return NULL;
	pool->work = work;
	pool->context = context;
	pthread_mutex_init(&pool->lock, NULL);
	pthread_cond_init(&pool->is_filled, NULL);
	pthread_cond_init(&pool->is_free, NULL);
	pool->workers = workers < WORKERS_MAX ? workers : WORKERS_MAX;
	return pool;
}

/* Few files are done sooner than a thread has started. */
static void start(struct spool_pool *pool)
{
	for (size_t i = 0; i < pool->workers && pool->workers > 1; i++) {
		struct worker *worker = malloc(sizeof *worker);

		if (worker == NULL)
			break;
		*worker = (struct worker){ pool, i };
		if (pthread_create(&pool->threads[pool->started], NULL, run, worker) != 0) {
			free(worker);
			break;
		}
		pool->started++;
	}
}

static void hand_over(struct spool_pool *pool)
{
	struct batch *next = &pool->next;

	if (next->count == 0)
		return;
	if (pool->started == 0) {
		work_on(pool, 0, next);
	} else {
		pthread_mutex_lock(&pool->lock);
		while (pool->filled == BATCHES)
			pthread_cond_wait(&pool->is_free, &pool->lock);
		pool->batches[(pool->first + pool->filled++) % BATCHES] = *next;
		pthread_cond_signal(&pool->is_filled);
		pthread_mutex_unlock(&pool->lock);
	}
	next->count = next->used = 0;
}

void spool_pool_add(struct spool_pool *pool, const struct spool_entry *entry, uintptr_t tag)
{
	struct batch *next = &pool->next;
	size_t size = strlen(entry->name) + 1;

	/* Not by the number of `dir`: that is used again. */
	if (next->count > 0 && (next->count == BATCH || next->used + size > BATCH_BYTES ||
				next->folder != entry->folder || strcmp(next->below, entry->below) != 0))
		hand_over(pool);
	if (pool->added++ == THREADS_FROM)
		start(pool);
	if (next->count == 0) {
		/* The walk closes its own when it goes on. */
		next->dir = fcntl(entry->dir, F_DUPFD_CLOEXEC, 0);
		if (next->dir < 0) {
			pool->failed = true;
			return;
		}
		next->folder = entry->folder;
		memcpy(next->below, entry->below, strlen(entry->below) + 1);
	}
	memcpy(next->bytes + next->used, entry->name, size);
	next->files[next->count].name = (uint16_t)next->used;
	next->files[next->count].inode = entry->inode;
	next->files[next->count++].tag = tag;
	next->used += size;
}

bool spool_pool_close(struct spool_pool *pool)
{
	bool good;

	hand_over(pool);
	pthread_mutex_lock(&pool->lock);
	pool->is_over = true;
	pthread_cond_broadcast(&pool->is_filled);
	pthread_mutex_unlock(&pool->lock);
	for (size_t i = 0; i < pool->started; i++)
		pthread_join(pool->threads[i], NULL);
	pthread_cond_destroy(&pool->is_filled);
	pthread_cond_destroy(&pool->is_free);
	pthread_mutex_destroy(&pool->lock);
	good = !pool->failed;
	free(pool);
	return good;
}
