/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "unit.h"

Suite *suite_dkim_find(void);
Suite *suite_dkim_key(void);
Suite *suite_dnsbl(void);
Suite *suite_dnsbl_zones(void);
Suite *suite_message(void);
Suite *suite_mime(void);
Suite *suite_reasons(void);
Suite *suite_reply_class(void);
Suite *suite_sasl(void);
Suite *suite_smtp_reply(void);
Suite *suite_tag_list(void);
Suite *suite_tlsa(void);

int main(void)
{
	static Suite *(*const suites[])(void) = {
		suite_dkim_find, suite_dkim_key, suite_dnsbl, suite_dnsbl_zones, suite_message, suite_mime, suite_reasons, suite_reply_class,
		suite_sasl, suite_smtp_reply, suite_tag_list, suite_tlsa,
	};

	return unit_run(suites, COUNT(suites));
}
