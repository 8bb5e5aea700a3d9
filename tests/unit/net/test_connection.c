/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "net/connection.h"

#include <fcntl.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "unit.h"

static struct deadline deadline;
static struct connection connection;
static struct stream *stream;
static struct fault fault;
static int peer;

static void open_pair(void)
{
	int fds[2];

	ck_assert_int_eq(socketpair(AF_UNIX, SOCK_STREAM, 0, fds), 0);
	fcntl(fds[0], F_SETFL, O_NONBLOCK);
	peer = fds[1];
	deadline = deadline_from(now_us(), 5000);
	connection.fd = fds[0];
	connection.deadline = &deadline;
	connection_open(&connection);
	stream = &connection.stream;
	fault.text[0] = '\0';
}

static void close_pair(void)
{
	connection_close(&connection);
	connection_close(&connection);	/* harmless */
	close(peer);
}

START_TEST(reads_what_is_there)
{
	char to[8];
	size_t got = 0;

	ck_assert_int_eq(send(peer, "220 mx.example\r\n", 16, 0), 16);
	ck_assert_int_eq(stream->read(stream, to, sizeof to, &got, &fault), STREAM_FINE);
	ck_assert_uint_eq(got, 8);
	ck_assert_mem_eq(to, "220 mx.e", 8);
	/* without waiting, too */
	stream->hurry_us = 1;
	ck_assert_int_eq(stream->read(stream, to, sizeof to, &got, &fault), STREAM_FINE);
	ck_assert_mem_eq(to, "xample\r\n", 8);
	ck_assert_str_eq(fault.text, "");
	ck_assert_int_eq(stream->read(stream, to, sizeof to, &got, &fault), STREAM_LATE);
}
END_TEST

/* What is waited for ends with the deadline, or sooner in a hurry. */
START_TEST(waits_no_longer_than_it_may)
{
	int64_t begun_us = now_us();
	size_t got;
	char to[8];

	stream->hurry_us = begun_us + 20000;
	ck_assert_int_eq(stream->read(stream, to, sizeof to, &got, &fault), STREAM_LATE);
	ck_assert_int_ge(now_us() - begun_us, 20000);
	stream->hurry_us = 0;
	deadline = deadline_from(begun_us, 40);
	ck_assert_int_eq(stream->read(stream, to, sizeof to, &got, &fault), STREAM_LATE);
	ck_assert_int_ge(now_us() - begun_us, 40000);
	ck_assert_int_lt(now_us() - begun_us, 1000000);
	ck_assert_int_eq(fault.kind, FAULT_TIMEOUT);
}
END_TEST

/* Someone who never pauses does not outlast the deadline. */
START_TEST(reads_nothing_past_the_deadline)
{
	size_t got;
	char to[8];

	ck_assert_int_eq(send(peer, "220 x\r\n", 7, 0), 7);
	deadline = deadline_from(now_us(), -1);
	ck_assert_int_eq(stream->read(stream, to, sizeof to, &got, &fault), STREAM_LATE);
}
END_TEST

START_TEST(tells_how_it_ended)
{
	size_t got;
	char to[8];

	ck_assert_int_eq(send(peer, "bye", 3, 0), 3);
	close(peer);
	peer = -1;
	ck_assert_int_eq(stream->read(stream, to, sizeof to, &got, &fault), STREAM_FINE);
	ck_assert_int_eq(stream->read(stream, to, sizeof to, &got, &fault), STREAM_CLOSED);
	ck_assert_int_eq(fault.kind, FAULT_NETWORK);
	ck_assert_int_eq(stream->write(stream, slice_of("QUIT\r\n"), &fault), STREAM_CLOSED);
}
END_TEST

/* All of it, or not in time; SIGPIPE is nobody's business. */
START_TEST(writes_all)
{
	static char much[1 << 20];
	char said[8];

	ck_assert_int_eq(stream->write(stream, slice_of("QUIT\r\n"), &fault), STREAM_FINE);
	ck_assert_int_eq(recv(peer, said, sizeof said, 0), 6);
	ck_assert_mem_eq(said, "QUIT\r\n", 6);
	deadline = deadline_from(now_us(), 20);
	ck_assert_int_eq(stream->write(stream, (struct slice){ much, sizeof much }, &fault), STREAM_LATE);
}
END_TEST

START_TEST(its_clock_goes_on)
{
	int64_t before_us = now_us(), told_us = stream->now_us(stream);

	ck_assert_int_ge(told_us, before_us);
	ck_assert_int_le(told_us, now_us());
}
END_TEST

Suite *suite_connection(void);
Suite *suite_connection(void)
{
	Suite *suite = suite_create("connection");
	TCase *tcase = tcase_create("connection");

	tcase_add_checked_fixture(tcase, open_pair, close_pair);
	tcase_add_test(tcase, reads_what_is_there);
	tcase_add_test(tcase, waits_no_longer_than_it_may);
	tcase_add_test(tcase, reads_nothing_past_the_deadline);
	tcase_add_test(tcase, tells_how_it_ended);
	tcase_add_test(tcase, writes_all);
	tcase_add_test(tcase, its_clock_goes_on);
	suite_add_tcase(suite, tcase);
	return suite;
}
