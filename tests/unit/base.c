/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "unit.h"

Suite *suite_base64(void);
Suite *suite_dns(void);
Suite *suite_dns_rounds(void);
Suite *suite_domain(void);
Suite *suite_frequent(void);
Suite *suite_ip(void);
Suite *suite_quantity(void);
Suite *suite_slice(void);
Suite *suite_text(void);

int main(void)
{
	static Suite *(*const suites[])(void) = {
		suite_base64, suite_dns, suite_dns_rounds, suite_domain, suite_frequent, suite_ip, suite_quantity,
		suite_slice, suite_text,
	};

	return unit_run(suites, COUNT(suites));
}
