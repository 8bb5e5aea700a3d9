/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "net/spool.h"

#include <fcntl.h>
#include <pthread.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/text.h"
#include "unit.h"

static const char template[] = "/tmp/mailpath-unit-XXXXXX";
static char folder[sizeof template];
static int root;
static struct text seen;

static void make_folder(void)
{
	struct fault fault;

	memcpy(folder, template, sizeof folder);
	ck_assert_ptr_nonnull(mkdtemp(folder));
	ck_assert(spool_open(folder, &root, &fault));
	seen = (struct text){ 0 };
}

/* Only what these tests make: a, b, and files and folders below them. */
static void drop_folder(void)
{
	char command[sizeof folder + 16];

	close(root);
	text_release(&seen);
	snprintf(command, sizeof command, "rm -rf %s", folder);
	ck_assert_int_eq(system(command), 0);
}

static void make_file(const char *path, const char *content)
{
	int fd = openat(root, path, O_WRONLY | O_CREAT | O_TRUNC, 0600);

	ck_assert_int_ge(fd, 0);
	ck_assert_int_eq(write(fd, content, strlen(content)), (ssize_t)strlen(content));
	close(fd);
}

static void make_dir(const char *path)
{
	ck_assert_int_eq(mkdirat(root, path, 0700), 0);
}

static void note(void *context, const struct spool_entry *entry)
{
	(void)context;
	text_add(&seen, "%s/%s/%s%s ", entry->folder, entry->below, entry->name,
		 entry->is_file ? "" : "!");
}

static enum spool_outcome walk(const char *path, unsigned depth, int64_t ms, struct fault *fault)
{
	struct deadline deadline = deadline_from(now_us(), ms);

	text_truncate(&seen, 0);
	return spool_walk(root, path, depth, &deadline, note, NULL, fault);
}

START_TEST(walks_as_deep_as_it_is_told)
{
	struct fault fault;

	make_dir("a");
	make_dir("a/1");
	make_dir("a/1/2");
	make_file("a/1/2/deep", "");
	ck_assert_int_eq(walk("a", 2, 5000, &fault), SPOOL_DONE);
	ck_assert_str_eq(text_str(&seen), "a/1/2/deep ");
	ck_assert_int_eq(walk("a", 1, 5000, &fault), SPOOL_DONE);
	ck_assert_str_eq(text_str(&seen), "");
	make_file("a/flat", "");
	make_file("a/.hidden", "");
	make_dir("a/lost+found");
	make_file("a/lost+found/x", "");
	ck_assert_int_eq(walk("a", 1, 5000, &fault), SPOOL_DONE);
	ck_assert_str_eq(text_str(&seen), "a//flat ");
}
END_TEST

START_TEST(says_what_is_no_file)
{
	struct fault fault;

	make_dir("a");
	ck_assert_int_eq(symlinkat("/etc", root, "a/link"), 0);
	ck_assert_int_eq(walk("a", 4, 5000, &fault), SPOOL_DONE);
	ck_assert_str_eq(text_str(&seen), "a//link! ");
	ck_assert_int_eq(symlinkat("a", root, "b"), 0);
	ck_assert_int_eq(walk("b", 4, 5000, &fault), SPOOL_FAILED);
	ck_assert_int_eq(walk("c", 4, 5000, &fault), SPOOL_MISSING);
	ck_assert_int_eq(walk("a", 4, 0, &fault), SPOOL_FAILED);
	ck_assert_int_eq(fault.kind, FAULT_TIMEOUT);
}
END_TEST

START_TEST(reads_the_ends_of_files_alone)
{
	struct spool_about about;
	char bytes[4];
	size_t len;

	make_file("a", "0123456789");
	ck_assert_int_eq(spool_read(root, "a", false, bytes, sizeof bytes, &len, &about), SPOOL_READ);
	ck_assert_mem_eq(bytes, "0123", 4);
	ck_assert_int_eq(about.size, 10);
	ck_assert_int_eq(spool_read(root, "a", true, bytes, sizeof bytes, &len, &about), SPOOL_READ);
	ck_assert_mem_eq(bytes, "6789", 4);
	ck_assert_uint_eq(len, 4);
	ck_assert_int_eq(spool_read(root, "x", false, bytes, sizeof bytes, &len, &about),
			 SPOOL_VANISHED);
	ck_assert_int_eq(symlinkat("a", root, "link"), 0);
	ck_assert_int_eq(mkfifoat(root, "fifo", 0600), 0);
	make_dir("dir");
	ck_assert_int_eq(spool_read(root, "link", false, bytes, sizeof bytes, &len, &about),
			 SPOOL_NO_FILE);
	ck_assert_int_eq(spool_read(root, "fifo", false, bytes, sizeof bytes, &len, &about),
			 SPOOL_NO_FILE);
	ck_assert_int_eq(spool_read(root, "dir", false, bytes, sizeof bytes, &len, &about),
			 SPOOL_NO_FILE);
	ck_assert_int_eq(spool_stat(root, "link", &about), SPOOL_NO_FILE);
}
END_TEST

/* Files of two folders, whose descriptors get the same number one after the other. */
struct work {
	pthread_mutex_t lock;
	unsigned found, lost;
};

static void work(void *context, size_t worker, const struct spool_entry *entry, uintptr_t tag)
{
	struct work *done = context;
	struct spool_about about;
	bool is_there = spool_stat(entry->dir, entry->name, &about) == SPOOL_READ;

	(void)worker;
	pthread_mutex_lock(&done->lock);
	/* Each file is as long as its tag says. */
	if (is_there && about.size == (int64_t)tag)
		done->found++;
	else
		done->lost++;
	pthread_mutex_unlock(&done->lock);
}

static struct spool_pool *pool;

static void hand_on(void *context, const struct spool_entry *entry)
{
	(void)context;
	spool_pool_add(pool, entry, entry->folder[0] == 'a' ? 1 : 2);
}

static const struct { size_t workers; unsigned files; } pools[] = {
	{ 1, 3 }, { 4, 3 }, { 4, 129 }, { 4, 1500 },
};

START_TEST(a_pool_works_on_each_file_in_its_own_folder)
{
	struct work done = { .lock = PTHREAD_MUTEX_INITIALIZER };
	struct deadline deadline = deadline_from(now_us(), 20000);
	struct fault fault;
	char name[32];

	make_dir("a");
	make_dir("b");
	for (unsigned i = 0; i < pools[_i].files; i++) {
		snprintf(name, sizeof name, "a/%u", i);
		make_file(name, "1");
		name[0] = 'b';
		make_file(name, "22");
	}
	pool = spool_pool_open(pools[_i].workers, work, &done);
	ck_assert_ptr_nonnull(pool);
	ck_assert_int_eq(spool_walk(root, "a", 1, &deadline, hand_on, NULL, &fault), SPOOL_DONE);
	ck_assert_int_eq(spool_walk(root, "b", 1, &deadline, hand_on, NULL, &fault), SPOOL_DONE);
	ck_assert(spool_pool_close(pool));
	ck_assert_uint_eq(done.found, 2 * pools[_i].files);
	ck_assert_uint_eq(done.lost, 0);
}
END_TEST

START_TEST(knows_the_space_and_what_is_not_there)
{
	struct spool_space space;
	struct fault fault;
	int none;

	ck_assert(spool_space(root, &space));
	ck_assert_uint_ge(space.size, space.free);
	ck_assert(!spool_open("/nonexistent", &none, &fault));
	ck_assert_int_eq(fault.kind, FAULT_LOCAL);
}
END_TEST

Suite *suite_spool(void);
Suite *suite_spool(void)
{
	Suite *suite = suite_create("spool");
	TCase *tcase = tcase_create("spool");

	tcase_set_timeout(tcase, 30);
	tcase_add_checked_fixture(tcase, make_folder, drop_folder);
	tcase_add_test(tcase, walks_as_deep_as_it_is_told);
	tcase_add_test(tcase, says_what_is_no_file);
	tcase_add_test(tcase, reads_the_ends_of_files_alone);
	ADD_TABLE(tcase, a_pool_works_on_each_file_in_its_own_folder, pools);
	tcase_add_test(tcase, knows_the_space_and_what_is_not_there);
	suite_add_tcase(suite, tcase);
	return suite;
}
