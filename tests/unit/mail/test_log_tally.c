/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "mail/log_tally.h"

#include <string.h>

#include "unit.h"

static void count(struct log_tally *tally, const char *text)
{
	static struct reply_memo memo;
	struct log_event event;
	struct log_line line;

	ck_assert(log_line_parse(slice_of(text), &line));
	log_event_parse(&line, &event);
	log_tally_count(tally, &line, &event, &memo);
}

START_TEST(counts_what_lines_say)
{
	struct log_tally tally = { 0 };

	for (int i = 0; i < 3; i++)
		count(&tally, "Nov 24 16:02:11 m postfix/smtp[1]: A1: to=<a@b>, relay=r, dsn=5.7.1, status=bounced "
			      "(host r said: 554 5.7.1 blocked using zen.spamhaus.org)");
	count(&tally, "Nov 24 16:02:11 m postfix/smtp[1]: A1: to=<a@b>, relay=r, status=deferred (connect to r: "
		      "Connection refused)");
	count(&tally, "Nov 24 16:02:11 m sendmail[1]: A1: to=<a@b>,<c@d>, dsn=2.0.0, stat=Sent");
	count(&tally, "Nov 24 16:02:11 m postfix/smtpd[1]: NOQUEUE: reject: RCPT from u[192.0.2.1]: 554 5.7.1 "
		      "<x>: Relay access denied; from=<>");
	count(&tally, "Nov 24 16:02:11 m postfix/local[1]: A1: to=<a@b>, relay=local, status=deferred (cannot "
		      "update mailbox: Permission denied)");
	count(&tally, "Nov 24 16:02:11 m cron[1]: x");
	count(&tally, "Nov 24 16:02:11 m postfix/smtpd[1]: warning: u[192.0.2.7]: SASL PLAIN authentication "
		      "failed: x");
	log_causes_sort(&tally.deliveries);
	ck_assert_uint_eq(tally.lines, 9);
	ck_assert_uint_eq(log_tally_known(&tally), 8);
	ck_assert_uint_eq(tally.kinds[LOG_BOUNCED], 3);
	ck_assert_uint_eq(tally.kinds[LOG_DEFERRED], 2);
	ck_assert_uint_eq(tally.kinds[LOG_SENT], 2);
	ck_assert_uint_eq(tally.kinds[LOG_REJECTED], 1);
	ck_assert_uint_eq(tally.kinds[LOG_PERMISSION], 1);
	ck_assert_uint_eq(tally.kinds[LOG_AUTH_FAILED], 1);
	ck_assert_uint_eq(tally.self_inflicted, 3);
	ck_assert_uint_eq(tally.deliveries.count, 3);
	ck_assert_str_eq(tally.deliveries.at[0].reason, "blocklisted");
	ck_assert_uint_eq(tally.deliveries.at[0].count, 3);
	ck_assert_str_eq(tally.deliveries.at[2].reason, "local_problem");
	/* What we refuse others is none of the reasons of our own mail. */
	ck_assert_uint_eq(tally.refusals.count, 1);
	ck_assert_str_eq(tally.refusals.at[0].reason, "relay_denied");
	log_tally_release(&tally);
	ck_assert_uint_eq(tally.lines, 0);
}
END_TEST

/* A memo that took two texts for one would make a wrong reason. */
START_TEST(remembers_what_texts_mean_but_not_whose_mailbox_it_is)
{
	struct reply_memo memo = { .at[0].hash = 0 };
	const char *full = reply_memo_reason(&memo, slice_of("452 4.2.2 <a@b.test>: Mailbox full [192.0.2.1]"));

	ck_assert_str_eq(full, "mailbox_full");
	ck_assert_ptr_eq(reply_memo_reason(&memo, slice_of("452 4.2.2 <cc@b.test>: Mailbox full [2001:db8::1]")),
			 full);
	ck_assert_str_eq(reply_memo_reason(&memo, slice_of("550 5.1.1 <a@b.test>: User unknown")),
			 "recipient_unknown");
	ck_assert_str_eq(reply_memo_reason(&memo, slice_of("550 [Greylisted] try again later <")), "greylisted");
	ck_assert_str_eq(reply_memo_reason(&memo, slice_of("[")), "unclassified");
}
END_TEST

Suite *suite_log_tally(void);

Suite *suite_log_tally(void)
{
	Suite *suite = suite_create("log_tally");
	TCase *tcase = tcase_create("tally");

	tcase_add_test(tcase, counts_what_lines_say);
	tcase_add_test(tcase, remembers_what_texts_mean_but_not_whose_mailbox_it_is);
	suite_add_tcase(suite, tcase);
	return suite;
}
