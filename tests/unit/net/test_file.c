/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "net/file.h"

#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "unit.h"

static const char template[] = "/tmp/mailpath-unit-XXXXXX";
static char path[sizeof template];

static void make_file(void)
{
	int fd;

	memcpy(path, template, sizeof path);
	fd = mkstemp(path);
	ck_assert_int_ge(fd, 0);
	close(fd);
}

static void drop_file(void)
{
	unlink(path);
}

START_TEST(appears_whole_and_can_be_read)
{
	struct deadline deadline = deadline_from(now_us(), 5000);
	struct text content = { 0 };
	struct fault fault;
	struct stat about;

	ck_assert(file_replace(path, slice_of("one\ntwo\n"), &fault));
	ck_assert(file_read(path, 100, &deadline, &content, &fault));
	ck_assert_str_eq(text_str(&content), "one\ntwo\n");
	ck_assert_int_eq(stat(path, &about), 0);
	ck_assert_uint_eq(about.st_mode & 0777, 0644);	/* a collector of another user reads it */
	text_release(&content);
}
END_TEST

START_TEST(leaves_alone_what_is_no_file)
{
	struct fault fault;
	struct stat about;

	ck_assert(!file_replace("/dev/null", slice_of("x"), &fault));
	ck_assert_int_eq(stat("/dev/null", &about), 0);
	ck_assert(S_ISCHR(about.st_mode));
	unlink(path);
	ck_assert_int_eq(symlink("/dev/null", path), 0);
	ck_assert(!file_replace(path, slice_of("x"), &fault));
	ck_assert(!file_replace("/tmp", slice_of("x"), &fault));
}
END_TEST

START_TEST(reads_no_byte_order_mark)
{
	struct deadline deadline = deadline_from(now_us(), 5000);
	struct text content = { 0 };
	struct fault fault;

	ck_assert(file_replace(path, slice_of("\xef\xbb\xbf[x]\n"), &fault));
	ck_assert(file_read(path, 100, &deadline, &content, &fault));
	ck_assert_str_eq(text_str(&content), "[x]\n");
	text_release(&content);
}
END_TEST

START_TEST(reads_no_more_than_the_limit)
{
	struct deadline deadline = deadline_from(now_us(), 5000);
	struct text content = { 0 };
	struct fault fault;

	ck_assert(file_replace(path, slice_of("12345"), &fault));
	ck_assert(file_read(path, 5, &deadline, &content, &fault));
	text_release(&content);
	ck_assert(!file_read(path, 4, &deadline, &content, &fault));
	text_release(&content);
}
END_TEST

START_TEST(a_missing_file_is_named)
{
	struct deadline deadline = deadline_from(now_us(), 5000);
	struct text content = { 0 };
	struct fault fault;

	ck_assert(!file_read("/nowhere/at/all", 10, &deadline, &content, &fault));
	ck_assert_int_eq(fault.kind, FAULT_LOCAL);
	ck_assert_ptr_nonnull(strstr(fault.text, "/nowhere/at/all"));
	ck_assert(!file_replace("/nowhere/at/all", slice_of(""), &fault));
	ck_assert_ptr_nonnull(strstr(fault.text, "/nowhere/at/all"));
}
END_TEST

/* Whoever writes into the pipe may never end. */
START_TEST(a_pipe_is_read_until_the_deadline_only)
{
	struct deadline deadline = deadline_from(now_us(), 100);
	struct text content = { 0 };
	struct fault fault;
	int writer;

	unlink(path);
	ck_assert_int_eq(mkfifo(path, 0600), 0);
	writer = open(path, O_RDWR);
	ck_assert_int_eq(write(writer, "x", 1), 1);
	ck_assert(!file_read(path, 10, &deadline, &content, &fault));
	ck_assert_int_eq(fault.kind, FAULT_TIMEOUT);
	ck_assert(deadline_passed(&deadline));
	text_release(&content);
	close(writer);
}
END_TEST

START_TEST(knows_a_file_that_everybody_reads)
{
	chmod(path, 0640);
	ck_assert(!file_is_exposed(path));
	chmod(path, 0644);
	ck_assert(file_is_exposed(path));
}
END_TEST

Suite *suite_file(void);
Suite *suite_file(void)
{
	Suite *suite = suite_create("file");
	TCase *tcase = tcase_create("file");

	tcase_add_checked_fixture(tcase, make_file, drop_file);
	tcase_add_test(tcase, appears_whole_and_can_be_read);
	tcase_add_test(tcase, leaves_alone_what_is_no_file);
	tcase_add_test(tcase, reads_no_byte_order_mark);
	tcase_add_test(tcase, reads_no_more_than_the_limit);
	tcase_add_test(tcase, a_missing_file_is_named);
	tcase_add_test(tcase, a_pipe_is_read_until_the_deadline_only);
	tcase_add_test(tcase, knows_a_file_that_everybody_reads);
	suite_add_tcase(suite, tcase);
	return suite;
}
