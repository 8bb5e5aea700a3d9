/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "mail/rdns_generic.h"

#include <stdio.h>
#include <string.h>

#include "unit.h"

/* ---- the names of tests/data/rdns_names.tsv */

enum { NAMES_MIN = 200 };

static bool judges_well(char *line)
{
	const char *address = strtok(line, "\t"), *label = strtok(NULL, "\t"), *name = strtok(NULL, "\t\n");
	struct domain domain, sign;
	enum rdns_generic generic;
	struct fault fault;
	struct ip ip;

	ck_assert(name != NULL && ip_parse(slice_of(address), &ip));
	ck_assert_msg(domain_parse(slice_of(name), &domain, &fault), "%s: %s", name, fault.text);
	generic = rdns_generic(&domain, &ip, &sign);
	if ((generic != RDNS_OWN_NAME) == (strcmp(label, "generic") == 0) &&
	    (generic != RDNS_OWN_NAME) == (sign.text[0] != '\0'))
		return true;
	fprintf(stderr, "%s of %s is %s, and was judged %d (%s)\n", name, address, label, generic, sign.text);
	return false;
}

START_TEST(tells_names_that_somebody_chose_from_those_of_providers)
{
	const char *srcdir = getenv("srcdir");
	char path[512], line[512];
	unsigned count = 0, wrong = 0;
	FILE *file;

	snprintf(path, sizeof path, "%s/tests/data/rdns_names.tsv", srcdir != NULL ? srcdir : ".");
	file = fopen(path, "r");
	ck_assert_ptr_nonnull(file);
	while (fgets(line, sizeof line, file) != NULL) {
		if (line[0] == '#')
			continue;
		count++;
		wrong += !judges_well(line);
	}
	fclose(file);
	ck_assert_uint_ge(count, NAMES_MIN);
	ck_assert_uint_eq(wrong, 0);
}
END_TEST

static const struct {
	const char *address, *name;
	enum rdns_generic generic;
	const char *sign;
} signs[] = {
	{ "192.0.2.25", "host-192-0-2-25.example.net", RDNS_HAS_ADDRESS, "192-0-2-25" },
	{ "192.0.2.25", "25.2.0.192.bc.googleusercontent.com", RDNS_HAS_ADDRESS, "25.2.0.192" },
	{ "192.0.2.25", "pc0000219.dip0.example.de", RDNS_HAS_ADDRESS, "c0000219" },
	{ "192.0.2.25", "ip-2-25.example.net", RDNS_HAS_ADDRESS, "2-25" },
	{ "192.0.2.25", "host25.example.net", RDNS_HAS_ADDRESS, "host25" },
	{ "192.0.2.25", "x7.vdsl.example.net", RDNS_HAS_WORD, "vdsl" },
	{ "192.0.2.25", "vmi1.contaboserver.net", RDNS_OF_PROVIDER, "contaboserver.net" },
	{ "192.0.2.25", "contaboserver.net", RDNS_OWN_NAME, "" },
	{ "2001:db8::25", "2001-db8--25.example.net", RDNS_HAS_ADDRESS, "2001-db8--25" },
	{ "192.0.2.25", "mail.example.org", RDNS_OWN_NAME, "" },
};

START_TEST(says_what_shows_it)
{
	struct domain domain, sign;
	struct fault fault;
	struct ip ip;

	ck_assert(ip_parse(slice_of(signs[_i].address), &ip));
	ck_assert(domain_parse(slice_of(signs[_i].name), &domain, &fault));
	ck_assert_int_eq(rdns_generic(&domain, &ip, &sign), signs[_i].generic);
	ck_assert_str_eq(sign.text, signs[_i].sign);
}
END_TEST

Suite *suite_rdns_generic(void);
Suite *suite_rdns_generic(void)
{
	Suite *suite = suite_create("rdns_generic");
	TCase *tcase = tcase_create("rdns_generic");

	tcase_add_test(tcase, tells_names_that_somebody_chose_from_those_of_providers);
	ADD_TABLE(tcase, says_what_shows_it, signs);
	suite_add_tcase(suite, tcase);
	return suite;
}
