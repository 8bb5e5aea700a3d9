/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef MAILPATH_TESTS_UNIT_H
#define MAILPATH_TESTS_UNIT_H

#include <check.h>
#include <stdlib.h>

/* One program a room; it lists the suites of its files, which have the name of
 * what they test. */

#define COUNT(table) (sizeof(table) / sizeof *(table))

/* Run a test once for each row of a table; the row's number is _i. */
#define ADD_TABLE(tcase, test, table) tcase_add_loop_test(tcase, test, 0, (int)COUNT(table))

int unit_run(Suite *(*const suites[])(void), size_t count);

#endif
