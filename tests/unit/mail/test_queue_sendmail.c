/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "mail/queue_mta.h"

#include <string.h>

#include "fakes/exact.h"
#include "listed.h"

/* ---- mailq ---- */

/* Sendmail 8.17's own listings. */
static const struct {
	const char *file;
	enum queue_place place;
	int64_t utc_offset;
	uint64_t messages, corrupt;
	bool hides_details;
	const char *lines[6];
} files[] = {
	{ "empty.txt", QUEUE_DEFERRED, 0, 0, 0, false, { NULL } },
	{ "listing.txt", QUEUE_DEFERRED, 0, 17, 0, false, {
		"deferred 1795544851 5 <> bounced@closed.test(Deferred: Connection refused by [127.0.0.1])\n",
		"deferred 1795544848 5 <src@signed.test> queued@closed.test\n",
		/* MAILER-DAEMON is nobody */
		"deferred 1795544851 1312 <> src@signed.test(Deferred: Connection refused by [127.0.0.1])\n",
		"deferred 1795544848 7100 <src@signed.test> large@closed.test(",
		/* 7BIT in front of the reason */
		"<src@signed.test> eight@closed.test(Deferred: Connection refused by [127.0.0.1])\n",
		/* cut at 60 characters */
		" ptr@refused.test(Deferred: 450 4.7.25 Client host rejected: cannot find your )\n" } },
	{ "verbose.txt", QUEUE_DEFERRED, 0, 17, 0, false, {
		" ptr@refused.test(Deferred: 450 4.7.25 Client host rejected: cannot find your hostname, "
		"[192.0.2.1])\n",
		" two@closed.test(Deferred: Connection refused by [127.0.0.1]) "
		"three@closed.test(Deferred: Connection refused by [127.0.0.1])\n",
		"deferred 1795544851 5 <src@signed.test> "
		"grey@refused.test(Deferred: 450 4.2.0 Greylisted, please come back later) "
		"full@refused.test(Deferred: 452 4.2.2 Mailbox full) shut@closed.test\n",
		"<src@signed.test> eight@closed.test(Deferred: Connection refused by [127.0.0.1])\n" } },
	/* Times are local, ids are not. */
	{ "tokyo.txt", QUEUE_DEFERRED, 9 * 3600, 17, 0, false, {
		"deferred 1795544848 5 <src@signed.test> queued@closed.test\n" } },
	{ "young.txt", QUEUE_DEFERRED, 0, 17, 0, false, {
		"deferred 1795544848 5 <src@signed.test> queued@closed.test\n" } },
	{ "load.txt", QUEUE_DEFERRED, 0, 17, 0, false, {
		"deferred 1795544848 5 <src@signed.test> queued@closed.test\n" } },
	{ "quarantined.txt", QUEUE_DEFERRED, 0, 1, 0, false, {
		"hold 1795544851 5 <odd@signed.test> quarantined@closed.test\n" } },
	{ "lost.txt", QUEUE_DEFERRED, 0, 1, 1, false, {
		"corrupt 1795544852 5 <src@signed.test> lost@closed.test\n" } },
	{ "client.txt", QUEUE_MAILDROP, 0, 1, 0, false, {
		"maildrop 1795544852 5 <src@signed.test> submitted@closed.test\n" } },
	{ "groups.txt", QUEUE_DEFERRED, 0, 4, 0, false, {
		"deferred 1795544860 5 <src@signed.test> g3@closed.test\n" } },
	{ "forbidden.txt", QUEUE_DEFERRED, 0, 17, 0, true, { "deferred 1795544848 -1 <?\n" } },
	{ "odd.txt", QUEUE_DEFERRED, 0, 18, 1, false, {
		/* "(no control file)": no time in it, or nothing at all, or no id */
		"deferred 1795544850 5 <src@signed.test> full@refused.test(Deferred: 452 4.2.2 Mailbox full)\n",
		"deferred 1795544851 -1 <?\n",
		"corrupt -1 -1 <?\n",
		/* no sender */
		"deferred 1795544850 -1 <? tls@refused.test\n",
		/* no body: a complaint stands between */
		"deferred 1795544851 -1 <src@signed.test> helo@refused.test(" } },
	{ "odd-verbose.txt", QUEUE_DEFERRED, 0, 18, 1, false, {
		"deferred 1795544851 -1 <src@signed.test> helo@refused.test(" } },
};

START_TEST(reads_listings)
{
	static const size_t steps[] = { 1 << 20, 1, 7 };
	struct text text = { 0 };
	struct slice bytes;
	char path[100];

	snprintf(path, sizeof path, "sendmail/%s", files[_i].file);
	listed_file(path, &text);
	bytes = exact(text_str(&text), text.len);
	for (size_t i = 0; i < COUNT(steps); i++) {
		struct listed listed;

		listed_read(&listed, &queue_sendmail, files[_i].place, files[_i].utc_offset, bytes, steps[i]);
		ck_assert_msg(listed.is_whole, "%s", listed.fault.text);
		ck_assert_uint_eq(listed.messages, files[_i].messages);
		ck_assert_uint_eq(listed.tally.places[QUEUE_CORRUPT].messages, files[_i].corrupt);
		ck_assert_int_eq(listed.hides_details, files[_i].hides_details);
		for (size_t n = 0; n < COUNT(files[_i].lines) && files[_i].lines[n] != NULL; n++)
			ck_assert_msg(strstr(text_str(&listed.lines), files[_i].lines[n]) != NULL,
				      "no %s in %s", files[_i].lines[n], text_str(&listed.lines));
		listed_release(&listed);
	}
	exact_free(bytes);
	text_release(&text);
}
END_TEST

/* The last line says how many there are: without it there were more. */
START_TEST(sees_that_a_listing_is_cut)
{
	struct text text = { 0 };
	struct listed listed;

	listed_file("sendmail/verbose.txt", &text);
	for (size_t len = 1; len < text.len; len++) {
		listed_read(&listed, &queue_sendmail, QUEUE_DEFERRED, 0, (struct slice){ text.at, len }, len);
		ck_assert_msg(!listed.is_whole, "cut at %zu", len);
		listed_release(&listed);
	}
	text_release(&text);
}
END_TEST

#define FOLDER "\t\t/var/spool/mqueue (1 request)\n-----Q-ID----- --Size-- -----Q-Time----- ------\n"
#define ENTRY "6AO2X8tS000065      100 Tue Nov 24 02:33 <a@b>\n"

static const char *const not_understood[] = {
	"Mail queue is empty\n",
	"can not chdir(/nowhere/): No such file or directory\n",
	FOLDER ENTRY "\t\tTotal requests: 2\n",
	FOLDER ENTRY "\t\tTotal requests: 1\nmore\n",
	FOLDER "6AO2X8tS000065      100 yesterday <a@b>\n\t\tTotal requests: 1\n",
	FOLDER "0DABAA9C496*    1488 Tue Nov 24 01:59:45  src@signed.test\n\t\tTotal requests: 1\n",
	"\t\t\t\t\t <of@nobody>\n\t\tTotal requests: 0\n",
};

START_TEST(takes_nothing_else_for_a_listing)
{
	struct listed listed;

	listed_read(&listed, &queue_sendmail, QUEUE_DEFERRED, 0, slice_of(not_understood[_i]), 100);
	ck_assert(!listed.is_whole);
	listed_release(&listed);
}
END_TEST

/* Flags, '+' for one that a warning was sent of, and what an id says. */
static const struct {
	const char *entry, *says;
} entries[] = {
	{ "6AO2X8tS000065*     100 Tue Nov 24 02:33 <a@b>\n", "deferred 1795487588 100 <a@b>\n" },
	{ "6AO2X8tS000065-     100 Tue Nov 24 02:33 <a@b>\n", "deferred 1795487588 100 <a@b>\n" },
	{ "6AO2X8tS000065X     100 Tue Nov 24 02:33 <a@b>\n", "deferred 1795487588 100 <a@b>\n" },
	{ "6AO2X8tS000065?     100 Tue Nov 24 02:33 <a@b>\n", "corrupt 1795487588 100 <a@b>\n" },
	{ "6AO2X8tS000065*     100      30228+Nov 24 02:33 <>\n", "deferred 1795487588 100 <>\n" },
	{ "6A42X8tS000065      100      30228 Nov  4 02:33 <>\n", "deferred 1793759588 100 <>\n" },
	{ "6AO2X8t12345        100 Tue Nov 24 02:33 <a@b>\n", "deferred 1795487588 100 <a@b>\n" },
	{ "x0100000123456      100 Fri Jan  1 00:00 <a@b>\n", "deferred 1546300800 100 <a@b>\n" },
	{ "6AO2X8tS000065 (completed)\n", "deferred 1795487588 -1 <?\n" },
	{ "6AO2X8tS000065      100 Tue Nov 24 02:33 <a@b>\n\t\t\t\t\t\t(---user---)\n\t\t\t\t\t\tc@d\n",
	  "deferred 1795487588 100 <a@b> c@d\n" },
};

START_TEST(reads_entries)
{
	struct text text = { 0 };
	struct listed listed;

	text_add(&text, "%s%s\t\tTotal requests: 1\n", FOLDER, entries[_i].entry);
	listed_read(&listed, &queue_sendmail, QUEUE_DEFERRED, 0, text_slice(&text), 100);
	ck_assert_msg(listed.is_whole, "%s", listed.fault.text);
	ck_assert_str_eq(text_str(&listed.lines), entries[_i].says);
	listed_release(&listed);
	text_release(&text);
}
END_TEST

START_TEST(recognises_its_first_line)
{
	ck_assert(queue_sendmail.recognises(slice_of("\t\t/var/spool/mqueue (4 requests)")));
	ck_assert(queue_sendmail.recognises(slice_of("/var/spool/mqueue is empty")));
	ck_assert(!queue_sendmail.recognises(slice_of("Mail queue is empty")));
	ck_assert(!queue_sendmail.recognises(slice_of(" 0m   322 1xVgKu-00000Y-1y <>")));
	ck_assert(!queue_sendmail.recognises(slice_of("")));
}
END_TEST

/* ---- names ---- */

static const struct {
	const char *below, *name;
	enum queue_name is;
	enum queue_place place;
	const char *body;
} names[] = {
	{ "", "qf6AO2X8tS000065", QUEUE_NAME_MESSAGE, QUEUE_DEFERRED, "./df6AO2X8tS000065" },
	{ "q1", "qf6AO2X8tS000065", QUEUE_NAME_MESSAGE, QUEUE_DEFERRED, "./q1/df6AO2X8tS000065" },
	{ "qf", "qf6AO2X8tS000065", QUEUE_NAME_MESSAGE, QUEUE_DEFERRED, "./df/df6AO2X8tS000065" },
	{ "q2/qf", "hf6AO2X8tS000065", QUEUE_NAME_MESSAGE, QUEUE_HOLD, "./q2/df/df6AO2X8tS000065" },
	{ "", "Qf6AO2X8tS000065", QUEUE_NAME_MESSAGE, QUEUE_CORRUPT, "./df6AO2X8tS000065" },
	{ "", "df6AO2X8tS000065", QUEUE_NAME_PART, 0, NULL },
	{ "", "xf6AO2X8tS000065", QUEUE_NAME_PART, 0, NULL },
	{ "", "tf6AO2X8tS000065", QUEUE_NAME_PART, 0, NULL },
	{ "", "qfX", QUEUE_NAME_STRANGE, 0, NULL },
	{ "", "qf6yO2X8tS000065", QUEUE_NAME_STRANGE, 0, NULL },
	{ "", "core", QUEUE_NAME_STRANGE, 0, NULL },
	{ "", "", QUEUE_NAME_STRANGE, 0, NULL },
};

START_TEST(reads_names)
{
	struct slice name = exact_text(names[_i].name);
	const struct queue_file file = { &queue_sendmail.spool.folders[0], slice_of(names[_i].below),
					 name, 1 };
	struct queue_told told = { .arrived = QUEUE_UNKNOWN };
	char path[QUEUE_PATH];

	ck_assert_int_eq(queue_sendmail.spool.name(&file, &told), names[_i].is);
	if (names[_i].is == QUEUE_NAME_MESSAGE) {
		ck_assert_int_eq(told.place, names[_i].place);
		ck_assert_int_eq(told.arrived, 1795487588);
		ck_assert(queue_sendmail.spool.body_path(&file, path));
		ck_assert_str_eq(path, names[_i].body);
	}
	exact_free(name);
}
END_TEST

/* What waits in the queue of local programs is in maildrop. */
START_TEST(knows_the_queue_of_local_programs)
{
	const struct queue_mta *client = queue_sendmail.also;
	const struct queue_file file = { &client->spool.folders[0], { "", 0 },
					 slice_of("qf6AO2X8tS000065"), 1 };
	struct queue_told told = { .arrived = QUEUE_UNKNOWN };

	ck_assert_int_eq(client->spool.name(&file, &told), QUEUE_NAME_MESSAGE);
	ck_assert_int_eq(told.place, QUEUE_MAILDROP);
}
END_TEST

/* ---- qfID ---- */

static enum queue_envelope read_envelope(struct slice text, int64_t body_size, struct text *lines)
{
	const struct queue_stat about = { (int64_t)text.len, 0100600, body_size, QUEUE_UNKNOWN };
	struct slice block = exact(text.at, text.len < QUEUE_BLOCK ? text.len : QUEUE_BLOCK);
	struct queue_message message = { 0 };
	enum queue_envelope envelope;

	queue_message_clear(&message, QUEUE_DEFERRED);
	envelope = queue_sendmail.spool.envelope(block, &about, &message);
	listed_add_message(lines, &message);
	queue_message_release(&message);
	exact_free(block);
	return envelope;
}

/* Real files say what `mailq -v` says of them. */
static const struct {
	const char *file, *says;
} spool_files[] = {
	{ "sendmail/spool/new", "deferred 1795544848 5 <src@signed.test> queued@closed.test\n" },
	{ "sendmail/spool/closed", "deferred 1795544848 5 <src@signed.test> two@closed.test(Deferred: Connection "
	  "refused by [127.0.0.1]) three@closed.test(Deferred: Connection refused by [127.0.0.1])\n" },
	{ "sendmail/spool/refused", "deferred 1795544849 5 <src@signed.test> "
	  "grey@refused.test(Deferred: 450 4.2.0 Greylisted, please come back later)\n" },
	{ "sendmail/spool/three", "deferred 1795544851 5 <src@signed.test> "
	  "grey@refused.test(Deferred: 450 4.2.0 Greylisted, please come back later) "
	  "full@refused.test(Deferred: 452 4.2.2 Mailbox full) shut@closed.test\n" },
	{ "sendmail/spool/bounce", "deferred 1795544851 5 <> bounced@closed.test(Deferred: Connection "
	  "refused by [127.0.0.1])\n" },
	{ "sendmail/spool/quarantined", "deferred 1795544851 5 <odd@signed.test> quarantined@closed.test\n" },
};

START_TEST(reads_files)
{
	struct text text = { 0 }, lines = { 0 };

	listed_file(spool_files[_i].file, &text);
	ck_assert_int_eq(read_envelope(text_slice(&text), 5, &lines), QUEUE_ENVELOPE_READ);
	ck_assert_str_eq(text_str(&lines), spool_files[_i].says);
	text_release(&text);
	text_release(&lines);
}
END_TEST

static const struct {
	const char *text;
	enum queue_envelope envelope;
	const char *says;
} envelopes[] = {
	{ "V8\nT1795487588\nS<a@b>\nRPFD:<c@d>\n.\n", QUEUE_ENVELOPE_READ,
	  "deferred 1795487588 5 <a@b> c@d\n" },
	{ "V0\nT1795487588\nSa\nRc@d\n.\n", QUEUE_ENVELOPE_READ, "deferred 1795487588 5 <a> c@d\n" },
	/* The last recipient is cut. */
	{ "V8\nT1795487588\nS<a@b>\nRPFD:<c@d>\nRPFD:<e@", QUEUE_ENVELOPE_READ,
	  "deferred 1795487588 5 <a@b> c@d\n" },
	/* A header is no record. */
	{ "V8\nT1795487588\nS<a@b>\nRP:c@d\nH??Received: x\n\tby y\n.\n", QUEUE_ENVELOPE_READ,
	  "deferred 1795487588 5 <a@b> c@d\n" },
	{ "", QUEUE_ENVELOPE_UNFINISHED, NULL },
	{ "garbage\n", QUEUE_ENVELOPE_CORRUPT, NULL },
	{ "V8\n", QUEUE_ENVELOPE_CORRUPT, NULL },
	{ "V8\nS<a@b>\nRPFD:<c@d>\n.\n", QUEUE_ENVELOPE_CORRUPT, NULL },
};

START_TEST(reads_envelopes)
{
	struct text lines = { 0 };

	ck_assert_int_eq(read_envelope(slice_of(envelopes[_i].text), 5, &lines), envelopes[_i].envelope);
	if (envelopes[_i].says != NULL)
		ck_assert_str_eq(text_str(&lines), envelopes[_i].says);
	text_release(&lines);
}
END_TEST

Suite *suite_queue_sendmail(void);
Suite *suite_queue_sendmail(void)
{
	Suite *suite = suite_create("queue_sendmail");
	TCase *tcase = tcase_create("queue_sendmail");

	ADD_TABLE(tcase, reads_listings, files);
	tcase_add_test(tcase, sees_that_a_listing_is_cut);
	ADD_TABLE(tcase, takes_nothing_else_for_a_listing, not_understood);
	ADD_TABLE(tcase, reads_entries, entries);
	tcase_add_test(tcase, recognises_its_first_line);
	ADD_TABLE(tcase, reads_names, names);
	tcase_add_test(tcase, knows_the_queue_of_local_programs);
	ADD_TABLE(tcase, reads_files, spool_files);
	ADD_TABLE(tcase, reads_envelopes, envelopes);
	tcase_set_timeout(tcase, 60);
	suite_add_tcase(suite, tcase);
	return suite;
}
