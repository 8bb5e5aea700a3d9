/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "unit.h"

Suite *suite_dnsbl(void);
Suite *suite_dnsbl_zones(void);
Suite *suite_reasons(void);
Suite *suite_reply_class(void);

int main(void)
{
	static Suite *(*const suites[])(void) = { suite_dnsbl, suite_dnsbl_zones, suite_reasons,
						suite_reply_class };

	return unit_run(suites, COUNT(suites));
}
