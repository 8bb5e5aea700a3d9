/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "net/deadline.h"

#include "unit.h"

START_TEST(waits_for_the_earlier_of_two_ends)
{
	struct deadline deadline = deadline_from(now_us(), 5000);
	int64_t now = now_us();

	ck_assert_int_le(deadline_poll_ms(&deadline, INT64_MAX), 5000);
	ck_assert_int_gt(deadline_poll_ms(&deadline, INT64_MAX), 4000);
	ck_assert_int_le(deadline_poll_ms(&deadline, now + 70000), 70);
	ck_assert_int_eq(deadline_poll_ms(&deadline, now - 1), 0);
	ck_assert(!deadline_passed(&deadline));
}
END_TEST

START_TEST(a_passed_deadline_waits_no_more)
{
	struct deadline deadline = deadline_from(now_us(), -1);

	ck_assert(deadline_passed(&deadline));
	ck_assert_int_eq(deadline_poll_ms(&deadline, INT64_MAX), 0);
}
END_TEST

/* Less than a millisecond is a millisecond: nobody spins. */
START_TEST(rounds_up)
{
	struct deadline deadline = deadline_from(now_us(), 1000000);

	ck_assert_int_ge(deadline_poll_ms(&deadline, now_us() + 900), 1);
}
END_TEST

Suite *suite_deadline(void);
Suite *suite_deadline(void)
{
	Suite *suite = suite_create("deadline");
	TCase *tcase = tcase_create("deadline");

	tcase_add_test(tcase, waits_for_the_earlier_of_two_ends);
	tcase_add_test(tcase, a_passed_deadline_waits_no_more);
	tcase_add_test(tcase, rounds_up);
	suite_add_tcase(suite, tcase);
	return suite;
}
