/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "unit.h"

Suite *suite_html(void);
Suite *suite_ini(void);
Suite *suite_options(void);
Suite *suite_output(void);
Suite *suite_range(void);
Suite *suite_redact(void);
Suite *suite_result(void);
Suite *suite_settings(void);

int main(void)
{
	static Suite *(*const suites[])(void) = {
		suite_html, suite_ini, suite_options, suite_output, suite_range, suite_redact, suite_result,
		suite_settings,
	};

	return unit_run(suites, COUNT(suites));
}
