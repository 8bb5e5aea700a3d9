/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "net/listeners.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "unit.h"

static const char title[] = "  sl  local_address rem_address   st tx_queue rx_queue tr tm->when retrnsmt\n";

static void is(const struct ip *ip, const char *expected)
{
	char text[IP_TEXT];

	ip_print(ip, text);
	ck_assert_str_eq(text, expected);
}

START_TEST(the_kernels_table_is_read)
{
	/* Addresses stand there as they are in memory, 4 bytes at once. */
	uint32_t v4 = htonl(0x7f000001), mapped = htonl(0xffff), last = htonl(1);
	char table[1024];
	struct ip ips[4];

	snprintf(table, sizeof table, "%s"
		 "   0: %08X:0019 00000000:0000 0A 00000000:00000000 00:00000000 00000000     0\n"
		 "   1: %08X:0019 0200007F:D431 01 00000000:00000000 00:00000000 00000000     0\n"
		 "   2: 00000000:024B 00000000:0000 0A 00000000:00000000\n"
		 "   3: 000000000000000000000000%08X:0019 00000000000000000000000000000000:0000 0A 0\n"
		 "   4: 0000000000000000%08X%08X:0019 00000000000000000000000000000000:0000 0A 0\n",
		 title, v4, v4, last, mapped, v4);
	ck_assert_uint_eq(listeners_read(slice_of(table), 25, ips, 4), 3);
	is(&ips[0], "127.0.0.1");
	is(&ips[1], "::1");
	is(&ips[2], "127.0.0.1");
	ck_assert_uint_eq(listeners_read(slice_of(table), 25, ips, 1), 1);
	ck_assert_uint_eq(listeners_read(slice_of(table), 587, ips, 4), 1);
	is(&ips[0], "0.0.0.0");
	ck_assert_uint_eq(listeners_read(slice_of(table), 465, ips, 4), 0);
}
END_TEST

START_TEST(what_is_no_table_has_nobody)
{
	static const char *const lines[] = {
		"", "\n\n", "   0:", "   0: 0100007F", "   0: 0100007F:0019 x", "   0: 0100007:0019 0 0A",
		"   0: 0100007G:0019 0 0A", "   0: 0100007F:19 0 0A", "   0: 0100007F0100007F:0019 0 0A",
		"   0: 0100007F:001g 0 0A", "0:0:0:0:0 0A 0A 0A",
	};
	struct ip ips[4];

	for (size_t i = 0; i < COUNT(lines); i++)
		ck_assert_uint_eq(listeners_read(slice_of(lines[i]), 25, ips, 4), 0);
}
END_TEST

START_TEST(a_listener_of_our_own_is_found)
{
	struct sockaddr_in address = { .sin_family = AF_INET };
	socklen_t size = sizeof address;
	int fd = socket(AF_INET, SOCK_STREAM, 0);
	struct ip ips[4];

	address.sin_addr.s_addr = htonl(0x7f000005);
	ck_assert_int_eq(bind(fd, (struct sockaddr *)&address, sizeof address), 0);
	ck_assert_int_eq(getsockname(fd, (struct sockaddr *)&address, &size), 0);
	ck_assert_uint_eq(listeners_find(ntohs(address.sin_port), ips, 4), 0);
	ck_assert_int_eq(listen(fd, 1), 0);
	ck_assert_uint_eq(listeners_find(ntohs(address.sin_port), ips, 4), 1);
	is(&ips[0], "127.0.0.5");
	close(fd);
}
END_TEST

START_TEST(who_listens_on_all_addresses_listens_here)
{
	static const struct { const char *listener, *address; bool serves; } rows[] = {
		{ "127.0.0.1", "127.0.0.1", true }, { "127.0.0.1", "192.0.2.1", false },
		{ "0.0.0.0", "192.0.2.1", true }, { "::", "192.0.2.1", true },
		{ "::", "2001:db8::1", true }, { "0.0.0.0", "2001:db8::1", false }, { "::1", "127.0.0.1", false },
	};

	for (size_t i = 0; i < COUNT(rows); i++) {
		struct ip listener, address;

		ck_assert(ip_parse(slice_of(rows[i].listener), &listener) && ip_parse(slice_of(rows[i].address), &address));
		ck_assert(listeners_serves(&listener, &address) == rows[i].serves);
	}
}
END_TEST

START_TEST(our_addresses_are_known)
{
	struct ip ip;

	ck_assert(ip_parse(slice_of("127.0.0.9"), &ip));
	ck_assert(listeners_has_address(&ip));
	ck_assert(ip_parse(slice_of("192.0.2.1"), &ip));
	ck_assert(!listeners_has_address(&ip));
	ck_assert(ip_parse(slice_of("2001:db8::1"), &ip));
	ck_assert(!listeners_has_address(&ip));
}
END_TEST

Suite *suite_listeners(void);
Suite *suite_listeners(void)
{
	Suite *suite = suite_create("listeners");
	TCase *tcase = tcase_create("listeners");

	tcase_add_test(tcase, the_kernels_table_is_read);
	tcase_add_test(tcase, what_is_no_table_has_nobody);
	tcase_add_test(tcase, a_listener_of_our_own_is_found);
	tcase_add_test(tcase, who_listens_on_all_addresses_listens_here);
	tcase_add_test(tcase, our_addresses_are_known);
	suite_add_tcase(suite, tcase);
	return suite;
}
