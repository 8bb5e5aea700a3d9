/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "unit.h"

#include <unistd.h>

/* Without a fork for each test nothing ends one that hangs: this ends the program. */
enum { SECONDS_MAX = 300 };

/* libcheck's last line tells the number of checks; CK_TAP_LOG_FILE_NAME and the
 * like work as ever. */
int unit_run(Suite *(*const suites[])(void), size_t count)
{
	SRunner *runner = srunner_create(suites[0]());
	int failed;

	alarm(SECONDS_MAX);
	for (size_t i = 1; i < count; i++)
		srunner_add_suite(runner, suites[i]());
	srunner_run_all(runner, CK_ENV);
	failed = srunner_ntests_failed(runner);
	srunner_free(runner);
	return failed > 0;
}
