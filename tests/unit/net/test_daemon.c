/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "net/daemon.h"

#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/file.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include "unit.h"

static const char template[] = "/tmp/mailpath-unit-XXXXXX";
static char folder[sizeof template];
static int root;

static void make_folder(void)
{
	memcpy(folder, template, sizeof folder);
	ck_assert_ptr_nonnull(mkdtemp(folder));
	root = open(folder, O_PATH | O_DIRECTORY);
	ck_assert_int_ge(root, 0);
}

static void drop_folder(void)
{
	unlinkat(root, "it", 0);
	close(root);
	rmdir(folder);
}

static int make(const char *content)
{
	int fd = openat(root, "it", O_RDWR | O_CREAT | O_TRUNC, 0600);

	ck_assert_int_ge(fd, 0);
	ck_assert_int_eq(write(fd, content, strlen(content)), (ssize_t)strlen(content));
	return fd;
}

START_TEST(a_lock_tells)
{
	int fd;

	ck_assert_int_eq(daemon_by_lock(root, "it"), DAEMON_UNKNOWN);
	fd = make("");
	ck_assert_int_eq(daemon_by_lock(root, "it"), DAEMON_DEAD);
	ck_assert_int_eq(flock(fd, LOCK_EX), 0);
	ck_assert_int_eq(daemon_by_lock(root, "it"), DAEMON_ALIVE);
	/* Looking took no lock from anybody. */
	ck_assert_int_eq(flock(fd, LOCK_UN), 0);
	ck_assert_int_eq(flock(fd, LOCK_EX | LOCK_NB), 0);
	close(fd);
	/* No link is followed. */
	unlinkat(root, "it", 0);
	ck_assert_int_eq(symlinkat("/etc/passwd", root, "it"), 0);
	ck_assert_int_eq(daemon_by_lock(root, "it"), DAEMON_UNKNOWN);
}
END_TEST

START_TEST(a_number_tells_if_it_is_that_program)
{
	char own[32], comm[64] = "";
	FILE *file = fopen("/proc/self/comm", "re");

	ck_assert_ptr_nonnull(file);
	ck_assert_ptr_nonnull(fgets(comm, sizeof comm, file));
	fclose(file);
	comm[strcspn(comm, "\n")] = '\0';
	snprintf(own, sizeof own, "%10ld\n", (long)getpid());
	ck_assert_int_eq(daemon_by_pid(root, "it", comm), DAEMON_UNKNOWN);
	close(make(own));
	ck_assert_int_eq(daemon_by_pid(root, "it", comm), DAEMON_ALIVE);
	/* Somebody else has that number now. */
	ck_assert_int_eq(daemon_by_pid(root, "it", "exim"), DAEMON_DEAD);
	close(make("999999999\n"));
	ck_assert_int_eq(daemon_by_pid(root, "it", comm), DAEMON_DEAD);
}
END_TEST

static const char *const no_numbers[] = { "", "\n", "x\n", "-1\n", "0\n", "1\n" };

START_TEST(what_is_no_number_tells_nothing)
{
	close(make(no_numbers[_i]));
	ck_assert_int_eq(daemon_by_pid(root, "it", "sh"), DAEMON_UNKNOWN);
}
END_TEST

START_TEST(a_socket_tells)
{
	struct sockaddr_un address = { .sun_family = AF_UNIX };
	int fd = socket(AF_UNIX, SOCK_STREAM, 0);

	snprintf(address.sun_path, sizeof address.sun_path, "%s/it", folder);
	ck_assert_int_eq(daemon_by_socket(address.sun_path), DAEMON_UNKNOWN);
	ck_assert_int_eq(bind(fd, (struct sockaddr *)&address, sizeof address), 0);
	ck_assert_int_eq(daemon_by_socket(address.sun_path), DAEMON_DEAD);
	ck_assert_int_eq(listen(fd, 1), 0);
	ck_assert_int_eq(daemon_by_socket(address.sun_path), DAEMON_ALIVE);
	close(fd);
	ck_assert_int_eq(daemon_by_socket(address.sun_path), DAEMON_DEAD);
}
END_TEST

START_TEST(a_fifo_tells)
{
	int fd;

	close(make(""));
	ck_assert_int_eq(daemon_by_fifo(root, "it"), DAEMON_UNKNOWN);	/* a file */
	unlinkat(root, "it", 0);
	ck_assert_int_eq(mkfifoat(root, "it", 0600), 0);
	ck_assert_int_eq(daemon_by_fifo(root, "it"), DAEMON_DEAD);
	fd = openat(root, "it", O_RDONLY | O_NONBLOCK);
	ck_assert_int_ge(fd, 0);
	ck_assert_int_eq(daemon_by_fifo(root, "it"), DAEMON_ALIVE);
	close(fd);
}
END_TEST

Suite *suite_daemon(void);
Suite *suite_daemon(void)
{
	Suite *suite = suite_create("daemon");
	TCase *tcase = tcase_create("daemon");

	tcase_add_checked_fixture(tcase, make_folder, drop_folder);
	tcase_add_test(tcase, a_lock_tells);
	tcase_add_test(tcase, a_number_tells_if_it_is_that_program);
	ADD_TABLE(tcase, what_is_no_number_tells_nothing, no_numbers);
	tcase_add_test(tcase, a_socket_tells);
	tcase_add_test(tcase, a_fifo_tells);
	suite_add_tcase(suite, tcase);
	return suite;
}
