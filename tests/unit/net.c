/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "unit.h"

Suite *suite_command(void);
Suite *suite_connection(void);
Suite *suite_daemon(void);
Suite *suite_deadline(void);
Suite *suite_dns_memory(void);
Suite *suite_dns_packet(void);
Suite *suite_file(void);
Suite *suite_hosts(void);
Suite *suite_listeners(void);
Suite *suite_log_file(void);
Suite *suite_spool(void);
Suite *suite_tcp(void);
Suite *suite_tls(void);

int main(void)
{
	static Suite *(*const suites[])(void) = {
		suite_command, suite_connection, suite_daemon, suite_deadline, suite_dns_memory,
		suite_dns_packet, suite_file, suite_hosts, suite_listeners, suite_log_file, suite_spool,
		suite_tcp, suite_tls,
	};

	return unit_run(suites, COUNT(suites));
}
