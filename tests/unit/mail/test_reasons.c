/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "mail/reasons.h"

#include <string.h>

#include "unit.h"

START_TEST(each_row_is_whole_and_its_id_is_its_own)
{
	for (const struct reason *reason = mail_reasons; reason->id != NULL; reason++) {
		ck_assert_uint_eq(strspn(reason->id, "abcdefghijklmnopqrstuvwxyz0123456789_"),
				  strlen(reason->id));
		ck_assert_ptr_nonnull(reason->sentence);
		ck_assert_ptr_nonnull(reason->who);
		/* Either there is a cure, or nobody has to do anything. */
		ck_assert_msg((reason->fix == NULL) == (strcmp(reason->who, "nobody") == 0), "%s",
			      reason->id);
		ck_assert(reason->read == NULL || strncmp(reason->read, "https://", 8) == 0);
		for (const struct reason *other = reason + 1; other->id != NULL; other++)
			ck_assert_str_ne(reason->id, other->id);
	}
}
END_TEST

Suite *suite_reasons(void);
Suite *suite_reasons(void)
{
	Suite *suite = suite_create("reasons");
	TCase *tcase = tcase_create("reasons");

	tcase_add_test(tcase, each_row_is_whole_and_its_id_is_its_own);
	suite_add_tcase(suite, tcase);
	return suite;
}
