/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "net/hosts.h"

#include "fakes/exact.h"
#include "unit.h"

static const struct {
	const char *file, *name;
	size_t count;
	const char *first;
} files[] = {
	{ "192.0.2.1 mx.test\n", "mx.test", 1, "192.0.2.1" },
	{ "192.0.2.1\tother.test  MX.test mx\n", "mx.test", 1, "192.0.2.1" },
	{ "192.0.2.1 mx.test\n2001:db8::1 mx.test\n192.0.2.1 mx.test\n", "mx.test", 2, "192.0.2.1" },
	{ "# 192.0.2.9 mx.test\n192.0.2.2 a # mx.test\n", "mx.test", 0, NULL },
	{ "192.0.2.3 mx.test", "mx.test", 1, "192.0.2.3" },
	{ "mx.test 192.0.2.1\n\n \n", "mx.test", 0, NULL },
	{ "", "mx.test", 0, NULL },
};

START_TEST(finds_the_addresses_of_a_name)
{
	struct slice bytes = exact_text(files[_i].file);
	struct domain name;
	struct fault fault;
	struct ip ips[4], expected;

	ck_assert(domain_parse(slice_of(files[_i].name), &name, &fault));
	ck_assert_uint_eq(hosts_read(bytes, &name, ips, 4), files[_i].count);
	if (files[_i].first != NULL) {
		ck_assert(ip_parse(slice_of(files[_i].first), &expected));
		ck_assert(ip_same(&ips[0], &expected));
	}
	exact_free(bytes);
}
END_TEST

Suite *suite_hosts(void);
Suite *suite_hosts(void)
{
	Suite *suite = suite_create("hosts");
	TCase *tcase = tcase_create("hosts");

	ADD_TABLE(tcase, finds_the_addresses_of_a_name, files);
	suite_add_tcase(suite, tcase);
	return suite;
}
