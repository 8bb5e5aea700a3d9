/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "unit.h"

Suite *suite_address(void);
Suite *suite_content(void);
Suite *suite_content_decode(void);
Suite *suite_dane_find(void);
Suite *suite_dkim_find(void);
Suite *suite_dkim_key(void);
Suite *suite_dmarc_find(void);
Suite *suite_dmarc_record(void);
Suite *suite_dnsbl(void);
Suite *suite_dnsbl_zones(void);
Suite *suite_filter(void);
Suite *suite_log_line(void);
Suite *suite_log_stamp(void);
Suite *suite_log_tally(void);
Suite *suite_message(void);
Suite *suite_mime(void);
Suite *suite_mx_find(void);
Suite *suite_queue(void);
Suite *suite_queue_dma(void);
Suite *suite_queue_exim(void);
Suite *suite_queue_listing(void);
Suite *suite_queue_mta(void);
Suite *suite_queue_nullmailer(void);
Suite *suite_queue_opensmtpd(void);
Suite *suite_queue_postfix(void);
Suite *suite_queue_sendmail(void);
Suite *suite_rdns(void);
Suite *suite_rdns_generic(void);
Suite *suite_reasons(void);
Suite *suite_reply_class(void);
Suite *suite_sasl(void);
Suite *suite_smtp(void);
Suite *suite_smtp_reply(void);
Suite *suite_spf_check(void);
Suite *suite_spf_macro(void);
Suite *suite_spf_mend(void);
Suite *suite_spf_record(void);
Suite *suite_spf_tree(void);
Suite *suite_tag_list(void);
Suite *suite_tagged_record(void);
Suite *suite_tlsa(void);

int main(void)
{
	static Suite *(*const suites[])(void) = {
		suite_address, suite_content, suite_content_decode, suite_dane_find, suite_dkim_find, suite_dkim_key, suite_dmarc_find,
		suite_dmarc_record, suite_dnsbl, suite_dnsbl_zones, suite_filter, suite_log_line, suite_log_stamp,
		suite_log_tally, suite_message, suite_mime,
		suite_mx_find, suite_queue, suite_queue_dma, suite_queue_exim, suite_queue_listing,
		suite_queue_mta, suite_queue_nullmailer, suite_queue_opensmtpd, suite_queue_postfix,
		suite_queue_sendmail, suite_rdns,
		suite_rdns_generic, suite_reasons, suite_reply_class, suite_sasl, suite_smtp,
		suite_smtp_reply, suite_spf_check, suite_spf_macro, suite_spf_mend,
		suite_spf_record, suite_spf_tree, suite_tag_list, suite_tagged_record,
		suite_tlsa,
	};

	return unit_run(suites, COUNT(suites));
}
