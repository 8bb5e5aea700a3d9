/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "net/log_file.h"

#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>
#include <zlib.h>

#include "unit.h"

/* A line here is "NUMBER text": its time is the number; others tell none. */

static char folder[64], path[128];

static void make_folder(void)
{
	strcpy(folder, "/tmp/mailpath-unit-XXXXXX");
	ck_assert_ptr_nonnull(mkdtemp(folder));
	snprintf(path, sizeof path, "%s/log", folder);
}

static void drop_folder(void)
{
	char command[128];

	snprintf(command, sizeof command, "rm -rf %s", folder);
	ck_assert_int_eq(system(command), 0);
}

struct seen {
	size_t lines;
	int64_t first, last, wanted, since;
	size_t longest;
	struct deadline deadline;
};

static bool time_of(void *context, struct slice line, int64_t *time)
{
	struct slice word, rest = line;
	uint64_t number;

	(void)context;
	if (!slice_word(&rest, &word) || !slice_number(word, 1000000000, &number))
		return false;
	*time = (int64_t)number;
	return true;
}

static bool see(void *context, struct slice line, int64_t at)
{
	struct seen *seen = context;
	int64_t time;

	(void)at;
	seen->lines++;
	if (line.len > seen->longest)
		seen->longest = line.len;
	if (time_of(NULL, line, &time)) {
		if (seen->first < 0)
			seen->first = time;
		seen->last = time;
		seen->wanted += time >= seen->since;
	}
	return true;
}

static struct log_wants wants(struct seen *seen, int64_t since)
{
	*seen = (struct seen){ .first = -1, .since = since, .deadline = deadline_from(now_us(), 60000) };
	return (struct log_wants){ time_of, see, seen, &seen->deadline };
}

/* Lines of times 0, step, 2 * step ..., of a length that varies. */
static void write_log(const char *name, int64_t count, int64_t step, const char *mode)
{
	FILE *file = fopen(name, mode);

	ck_assert_ptr_nonnull(file);
	for (int64_t i = 0; i < count; i++)
		fprintf(file, "%lld %.*s\n", (long long)(i * step), (int)(i * 37 % 200),
			"xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx"
			"xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx"
			"xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx");
	fclose(file);
}

static const int64_t sinces[] = { 0, 1, 2, 999, 100000, 250001, 399990, 399998, 399999, 500000 };

START_TEST(finds_all_lines_since_a_time_and_reads_little_more)
{
	struct log_chain chain = { 0 };
	struct log_wants how;
	struct fault fault;
	struct seen seen;
	int64_t from, since = sinces[_i];
	int64_t all = since >= 400000 ? 0 : (399998 - since + 2) / 2;

	write_log(path, 200000, 2, "w");		/* about 20 MB */
	ck_assert(log_chain_open(path, &chain, &fault));
	how = wants(&seen, since);
	ck_assert(log_source_find(&chain.at[0], &how, since, &from, &fault));
	ck_assert_uint_lt(chain.at[0].bytes_read, 4000000);	/* some 30 blocks */
	ck_assert(log_source_read(&chain.at[0], &how, from, &fault));
	ck_assert_int_eq(seen.wanted, all);
	ck_assert_int_lt((int64_t)seen.lines - all, 2000);	/* 65536 bytes at most */
	log_chain_close(&chain);
}
END_TEST

START_TEST(is_not_led_astray_by_lines_without_a_time)
{
	struct log_chain chain = { 0 };
	struct log_wants how;
	struct fault fault;
	struct seen seen;
	int64_t from;
	FILE *file;

	write_log(path, 20000, 1, "w");
	file = fopen(path, "a");
	for (int i = 0; i < 300000; i++)		/* a line of 3 MB, of bytes that are none */
		fwrite("no time \0\xff", 1, 10, file);
	fputc('\n', file);
	for (int i = 0; i < 50000; i++)
		fprintf(file, "no time here\n20000 x%d\n", i);
	fclose(file);
	ck_assert(log_chain_open(path, &chain, &fault));
	how = wants(&seen, 19000);
	ck_assert(log_source_find(&chain.at[0], &how, 19000, &from, &fault));
	ck_assert(log_source_read(&chain.at[0], &how, from, &fault));
	ck_assert_int_eq(seen.wanted, 51000);
	ck_assert_uint_eq(seen.longest, LOG_LINE_MAX);
	ck_assert(log_source_last(&chain.at[0], &how, &from));
	ck_assert_int_eq(from, 20000);
	ck_assert(log_source_first(&chain.at[0], &how, &from));
	ck_assert_int_eq(from, 0);
	log_chain_close(&chain);
}
END_TEST

/* The lines at the end of a file that is being written. */
START_TEST(finds_the_last_time)
{
	static const struct {
		const char *content;
		int64_t last;		/* -1: there is none */
	} files[] = {
		{ "", -1 }, { "\n", -1 }, { "7 a", 7 }, { "7 a\n", 7 }, { "7 a\n8 b", 8 },
		{ "7 a\nno\nno\n", 7 }, { "no\n", -1 },
	};
	struct log_chain chain;
	struct log_wants how;
	struct fault fault;
	struct seen seen;
	int64_t last;
	FILE *file;

	for (size_t i = 0; i < COUNT(files); i++) {
		file = fopen(path, "w");
		fputs(files[i].content, file);
		fclose(file);
		chain = (struct log_chain){ 0 };
		how = wants(&seen, 0);
		ck_assert(log_chain_open(path, &chain, &fault));
		ck_assert_int_eq(log_source_last(&chain.at[0], &how, &last), files[i].last >= 0);
		if (files[i].last >= 0)
			ck_assert_int_eq(last, files[i].last);
		log_chain_close(&chain);
	}
}
END_TEST

/* ---- rotated files */

static void touch(const char *name, int64_t time, const char *content)
{
	char full[256];
	struct timespec times[2] = { { .tv_sec = time }, { .tv_sec = time } };
	FILE *file;

	snprintf(full, sizeof full, "%s/%s", folder, name);
	file = fopen(full, "w");
	fputs(content, file);
	fclose(file);
	ck_assert_int_eq(utimensat(AT_FDCWD, full, times, 0), 0);
}

START_TEST(follows_what_was_rotated_away)
{
	static const char *const order[] = {
		"log", "log.1", "log.2.gz", "log-20261120.xz", "log.10.bz2",
	};
	struct log_chain chain = { 0 };
	struct fault fault;
	char name[256];

	touch("log", 9000, "9 x\n");
	touch("log.1", 8000, "8 x\n");
	touch("log.1.gz", 8500, "half");	/* just being compressed */
	touch("log.2.gz", 7000, "");
	touch("log-20261120.xz", 6000, "");
	touch("log.10.bz2", 5000, "");
	touch("log.old", 9999, "");		/* somebody's copy */
	touch("logfile", 9999, "");
	touch("log.err", 9999, "");
	touch("log.1x", 9999, "");
	ck_assert(log_chain_open(path, &chain, &fault));
	ck_assert_uint_eq(chain.count, COUNT(order));
	for (size_t i = 0; i < COUNT(order); i++) {
		snprintf(name, sizeof name, "%s/%s", folder, order[i]);
		ck_assert_str_eq(chain.at[i].path, name);
	}
	log_chain_close(&chain);
}
END_TEST

START_TEST(knows_a_file_again_that_was_rotated_meanwhile)
{
	struct log_chain chain = { 0 };
	struct fault fault;
	bool is_again;
	char name[256];

	touch("log", 9000, "9 x\n");
	snprintf(name, sizeof name, "%s/log.1", folder);
	ck_assert_int_eq(link(path, name), 0);
	ck_assert(log_chain_open(path, &chain, &fault));
	ck_assert_uint_eq(chain.count, 2);
	ck_assert(log_source_open(&chain, 1, &is_again, &fault));
	ck_assert(is_again);
	log_chain_close(&chain);
	/* Rotated, and not begun again. */
	ck_assert_int_eq(unlink(path), 0);
	ck_assert(log_chain_open(path, &chain, &fault));
	ck_assert(chain.is_missing);
	ck_assert_uint_eq(chain.count, 1);
	log_chain_close(&chain);
	ck_assert_int_eq(unlink(name), 0);
	ck_assert(!log_chain_open(path, &chain, &fault));
	ck_assert_int_eq(fault.kind, FAULT_USAGE);
	log_chain_close(&chain);
	ck_assert(!log_chain_open(folder, &chain, &fault));
	ck_assert_int_eq(fault.kind, FAULT_LOCAL);
	log_chain_close(&chain);
}
END_TEST

static bool read_compressed(const char *name, struct seen *seen, struct fault *fault)
{
	struct log_chain chain = { 0 };
	struct log_wants how = wants(seen, 0);
	bool good = log_chain_open(name, &chain, fault) &&
		    log_source_read(&chain.at[0], &how, 0, fault);

	log_chain_close(&chain);
	return good;
}

/* In the folder. */
static void run(const char *words)
{
	char command[512];

	snprintf(command, sizeof command, "cd %s && %s", folder, words);
	ck_assert_int_eq(system(command), 0);
}

START_TEST(reads_gzip_and_xz)
{
	char name[256];
	struct fault fault;
	struct seen seen;

	write_log(path, 50000, 1, "w");
	run("gzip -k log");
	snprintf(name, sizeof name, "%s.gz", path);
	ck_assert(read_compressed(name, &seen, &fault));
	ck_assert_uint_eq(seen.lines, 50000);
	ck_assert_int_eq(seen.last, 49999);
	run("gzip -c log >>log.gz");		/* two, one behind the other */
	ck_assert(read_compressed(name, &seen, &fault));
	ck_assert_uint_eq(seen.lines, 100000);
	ck_assert_int_eq(truncate(name, 3000), 0);
	ck_assert(!read_compressed(name, &seen, &fault));
	ck_assert_int_eq(fault.kind, FAULT_PROTOCOL);
	ck_assert_uint_gt(seen.lines, 10);		/* what could be read was */
	ck_assert_int_eq(truncate(name, 0), 0);
	ck_assert(!read_compressed(name, &seen, &fault));
	run("xz -k log");
	snprintf(name, sizeof name, "%s.xz", path);
	ck_assert(read_compressed(name, &seen, &fault));
	ck_assert_uint_eq(seen.lines, 50000);
	ck_assert_int_eq(truncate(name, 3000), 0);
	ck_assert(!read_compressed(name, &seen, &fault));
	run("cp log log.xz");
	ck_assert(!read_compressed(name, &seen, &fault));	/* it is none */
}
END_TEST

START_TEST(keeps_to_the_deadline)
{
	struct log_chain chain = { 0 };
	struct log_wants how;
	struct fault fault;
	struct seen seen;
	int64_t from;

	write_log(path, 20000, 1, "w");
	ck_assert(log_chain_open(path, &chain, &fault));
	how = wants(&seen, 0);
	seen.deadline = deadline_from(now_us(), -1000);
	ck_assert(!log_source_find(&chain.at[0], &how, 0, &from, &fault));
	ck_assert_int_eq(fault.kind, FAULT_TIMEOUT);
	ck_assert(!log_source_read(&chain.at[0], &how, 0, &fault));
	ck_assert_int_eq(fault.kind, FAULT_TIMEOUT);
	log_chain_close(&chain);
}
END_TEST

Suite *suite_log_file(void);

Suite *suite_log_file(void)
{
	Suite *suite = suite_create("log_file");
	TCase *tcase = tcase_create("files");

	tcase_add_checked_fixture(tcase, make_folder, drop_folder);
	ADD_TABLE(tcase, finds_all_lines_since_a_time_and_reads_little_more, sinces);
	tcase_add_test(tcase, is_not_led_astray_by_lines_without_a_time);
	tcase_add_test(tcase, finds_the_last_time);
	tcase_add_test(tcase, follows_what_was_rotated_away);
	tcase_add_test(tcase, knows_a_file_again_that_was_rotated_meanwhile);
	tcase_add_test(tcase, reads_gzip_and_xz);
	tcase_add_test(tcase, keeps_to_the_deadline);
	suite_add_tcase(suite, tcase);
	return suite;
}
