/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "base/ip.h"

#include "fakes/exact.h"
#include "unit.h"

static const struct {
	const char *text;
	const char *printed;	/* NULL: no address */
} addresses[] = {
	{ "192.0.2.1", "192.0.2.1" },
	{ "2001:DB8:0:0::1", "2001:db8::1" },
	{ "::ffff:127.0.0.2", "::ffff:127.0.0.2" },
	{ "192.0.2", NULL },
	{ "192.0.2.256", NULL },
	{ "192.0.2.1.", NULL },
	{ " 192.0.2.1", NULL },
	{ "2001:db8::1::", NULL },
	{ "fe80::1%eth0", NULL },
	{ "", NULL },
	{ "mail.example", NULL },
	{ "1111:2222:3333:4444:5555:6666:7777:8888:9999:0000:1111", NULL },
};

START_TEST(reads_addresses_strictly)
{
	struct slice s = exact_text(addresses[_i].text);
	struct ip ip;
	char text[IP_TEXT];

	ck_assert_int_eq(ip_parse(s, &ip), addresses[_i].printed != NULL);
	if (addresses[_i].printed != NULL) {
		ip_print(&ip, text);
		ck_assert_str_eq(text, addresses[_i].printed);
	}
	exact_free(s);
}
END_TEST

static const struct {
	const char *text;
	bool is_public;
} scopes[] = {
	{ "10.0.0.1", false },	    { "172.16.0.1", false },	{ "172.31.255.255", false },
	{ "172.32.0.1", true },	    { "192.168.7.7", false },	{ "100.64.0.1", false },
	{ "100.127.255.255", false }, { "100.128.0.1", true },	{ "169.254.1.1", false },
	{ "0.0.0.0", false },	    { "224.0.0.1", false },	{ "239.255.255.255", false },
	{ "240.0.0.1", false },	    { "255.255.255.255", false }, { "fec0::1", false },
	{ "192.0.2.1", true },	    { "127.0.0.2", true },	{ "8.8.8.8", true },
	{ "fc00::1", false },	    { "fdff::1", false },	{ "fe80::1", false },
	{ "febf::1", false },	    { "ff02::1", false },	{ "::", false },
	{ "::1", true },	    { "2001:db8::1", true },	{ "::ffff:127.0.0.2", true },
};

START_TEST(knows_addresses_that_nobody_sees)
{
	struct ip ip;

	ck_assert(ip_parse(slice_of(scopes[_i].text), &ip));
	ck_assert_int_eq(ip_not_public(&ip) == NULL, scopes[_i].is_public);
}
END_TEST

START_TEST(unmaps_what_was_ipv4_before)
{
	struct ip ip;
	char text[IP_TEXT];

	ck_assert(ip_parse(slice_of("::ffff:192.0.2.1"), &ip));
	ip_unmap(&ip);
	ip_print(&ip, text);
	ck_assert_str_eq(text, "192.0.2.1");
	ck_assert(ip_parse(slice_of("::ffff:127.0.0.2"), &ip));
	ip_unmap(&ip);
	ck_assert_uint_eq(ip.version, 4);
	ck_assert(ip_parse(slice_of("2001:db8::1"), &ip));
	ip_unmap(&ip);
	ck_assert_uint_eq(ip.version, 6);
}
END_TEST

static const struct {
	const char *text;
	bool good;
	uint64_t size;
	const char *first, *last;
} networks[] = {
	{ "192.0.2.5", true, 1, "192.0.2.5", "192.0.2.5" },
	{ "192.0.2.5/24", true, 256, "192.0.2.0", "192.0.2.255" },
	{ "192.0.2.9/30", true, 4, "192.0.2.8", "192.0.2.11" },
	{ "198.51.100.7/32", true, 1, "198.51.100.7", "198.51.100.7" },
	{ "192.0.0.0/16", true, 65536, "192.0.0.0", "192.0.255.255" },
	{ "0.0.0.0/0", true, 65537, NULL, NULL },	/* more than the limit */
	{ "2001:db8::ff/120", true, 256, "2001:db8::", "2001:db8::ff" },
	{ "2001:db8::/32", true, 65537, NULL, NULL },
	{ "192.0.2.0/33", false, 0, NULL, NULL },
	{ "192.0.2.0/", false, 0, NULL, NULL },
	{ "192.0.2.0/24/24", false, 0, NULL, NULL },
	{ "192.0.2.0/x", false, 0, NULL, NULL },
	{ "2001:db8::/129", false, 0, NULL, NULL },
	{ "/24", false, 0, NULL, NULL },
};

START_TEST(reads_networks_and_counts_their_addresses)
{
	struct slice s = exact_text(networks[_i].text);
	struct network network;
	struct ip ip;
	char text[IP_TEXT];

	ck_assert_int_eq(network_parse(s, &network), networks[_i].good);
	exact_free(s);
	if (!networks[_i].good)
		return;
	ck_assert_uint_eq(network_size(&network, 65536), networks[_i].size);
	if (networks[_i].first == NULL)
		return;
	ip = network_address(&network, 0);
	ip_print(&ip, text);
	ck_assert_str_eq(text, networks[_i].first);
	ip = network_address(&network, networks[_i].size - 1);
	ip_print(&ip, text);
	ck_assert_str_eq(text, networks[_i].last);
}
END_TEST

static const struct {
	const char *text;
	const char *printed;	/* NULL: no endpoint */
} endpoints[] = {
	{ "192.0.2.53", "192.0.2.53:53" },
	{ "192.0.2.53:5353", "192.0.2.53:5353" },
	{ "2001:db8::53", "[2001:db8::53]:53" },
	{ "[2001:db8::53]", "[2001:db8::53]:53" },
	{ "[2001:db8::53]:5353", "[2001:db8::53]:5353" },
	{ "192.0.2.53:", NULL },
	{ "192.0.2.53:0", NULL },
	{ "192.0.2.53:65536", NULL },
	{ "192.0.2.53:53:53", NULL },
	{ "[192.0.2.53]:53", NULL },
	{ "[2001:db8::53", NULL },
	{ "[2001:db8::53]x", NULL },
	{ "[2001:db8::53]:", NULL },
	{ "[]:53", NULL },
	{ "dns.example", NULL },
	{ "", NULL },
};

START_TEST(reads_a_server_with_its_port)
{
	struct slice s = exact_text(endpoints[_i].text);
	struct endpoint endpoint;
	char text[ENDPOINT_TEXT];

	ck_assert_int_eq(endpoint_parse(s, 53, &endpoint), endpoints[_i].printed != NULL);
	if (endpoints[_i].printed != NULL) {
		endpoint_print(&endpoint, text);
		ck_assert_str_eq(text, endpoints[_i].printed);
	}
	exact_free(s);
}
END_TEST

Suite *suite_ip(void);
Suite *suite_ip(void)
{
	Suite *suite = suite_create("ip");
	TCase *tcase = tcase_create("ip");

	ADD_TABLE(tcase, reads_addresses_strictly, addresses);
	ADD_TABLE(tcase, knows_addresses_that_nobody_sees, scopes);
	tcase_add_test(tcase, unmaps_what_was_ipv4_before);
	ADD_TABLE(tcase, reads_networks_and_counts_their_addresses, networks);
	ADD_TABLE(tcase, reads_a_server_with_its_port, endpoints);
	suite_add_tcase(suite, tcase);
	return suite;
}
