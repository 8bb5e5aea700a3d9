/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "mail/queue_mta.h"

#include <string.h>

#include "fakes/exact.h"
#include "listed.h"
#include "mail/reply_class.h"

/* ---- exim -bp ---- */

/* Exim 4.96's own listings, but for 4.97's ids, which it cannot make. */
static const struct {
	const char *file;
	uint64_t messages, corrupt, frozen;
	const char *lines[8];
} files[] = {
	{ "exim/empty.txt", 0, 0, 0, { NULL } },
	{ "exim/listing.txt", 17, 0, 1, {
		"deferred 1795544807 301 <src@signed.test> queued@closed.test\n",
		/* "D delivered@signed.test" has it. */
		"deferred 1795544808 277 <src@signed.test> mixed@closed.test\n",
		"deferred 1795544808 3276 <src@signed.test> late@later.test\n",
		"deferred 1795544813 254 <> bounced@closed.test\n",
		"deferred 1795544813 253* <> frozen@closed.test\n" } },
	{ "exim/undelivered.txt", 17, 0, 1, {
		"deferred 1795544808 277 <src@signed.test> mixed@closed.test\n" } },
	{ "exim/odd.txt", 25, 5, 1, {
		/* an empty file, and one that is cut */
		"corrupt 1795544809 -1 <?\n",
		"corrupt 1795544810 1228 <src@signed.test> ptr@refused.test\n",
		/* one that it may not read */
		"deferred 1795544811 -1 <?\n",
		/* no body */
		"deferred 1795544809 -1 <src@signed.test> many@refused.test\n",
		"deferred 1795544814 292 <> one@closed.test\n",
		"deferred 1795544814 336 <\"x> *** frozen ***\"@signed.test> \"a b > c\"@closed.test\n",
		"deferred 1795544814 1572864 <src@signed.test> huge@closed.test\n" } },
	{ "exim/constructed-4.97.txt", 4, 0, 2, {
		"deferred 1735901624 322 <src@signed.test> queued@closed.test\n",
		"deferred 1735901626 1258291* <> frozen@closed.test\n",
		"deferred 1735901628 318* <src@signed.test> kept@closed.test\n",
		"deferred 1735901629 -1 <?\n" } },
};

START_TEST(reads_listings)
{
	static const size_t steps[] = { 1 << 20, 1, 7 };
	struct text text = { 0 };
	struct slice bytes;

	listed_file(files[_i].file, &text);
	bytes = exact(text_str(&text), text.len);
	for (size_t i = 0; i < COUNT(steps); i++) {
		struct listed listed;

		listed_read(&listed, &queue_exim, QUEUE_DEFERRED, 0, bytes, steps[i]);
		ck_assert_msg(listed.is_whole, "%s", listed.fault.text);
		ck_assert_uint_eq(listed.messages, files[_i].messages);
		ck_assert_uint_eq(listed.tally.places[QUEUE_CORRUPT].messages, files[_i].corrupt);
		ck_assert_uint_eq(listed.tally.frozen.messages, files[_i].frozen);
		for (size_t n = 0; n < COUNT(files[_i].lines) && files[_i].lines[n] != NULL; n++)
			ck_assert_msg(strstr(text_str(&listed.lines), files[_i].lines[n]) != NULL,
				      "no %sin %s", files[_i].lines[n], text_str(&listed.lines));
		listed_release(&listed);
	}
	exact_free(bytes);
	text_release(&text);
}
END_TEST

/* A listing that is cut anywhere but behind a message is never a whole one. */
START_TEST(sees_that_a_listing_is_cut)
{
	struct text text = { 0 };
	struct listed listed;

	listed_file("exim/listing.txt", &text);
	for (size_t len = 1; len < text.len; len++) {
		bool is_end = len >= 2 && memcmp(text.at + len - 2, "\n\n", 2) == 0;

		listed_read(&listed, &queue_exim, QUEUE_DEFERRED, 0, (struct slice){ text.at, len }, len);
		ck_assert_msg(listed.is_whole == is_end, "cut at %zu: %s", len, listed.fault.text);
		listed_release(&listed);
	}
	text_release(&text);
}
END_TEST

static const char *const not_understood[] = {
	"exim: permission denied\n",
	"          recipient@of.none\n\n",
	" 0m   322 1xVgKu-00000Y-1y <a@b>\n  what is that?\n\n",
	" 0m   322 1xVgKu-00000Y <a@b>\n          c@d\n\n",
	"-Queue ID-  --Size-- ----Arrival Time---- -Sender/Recipient-------\n",
	/* What somebody else's program writes in front. */
	"2026-11-24 18:13:43 non-existent configuration file(s): /etc/exim4/other\n",
};

START_TEST(takes_nothing_else_for_a_listing)
{
	struct listed listed;

	listed_read(&listed, &queue_exim, QUEUE_DEFERRED, 0, slice_of(not_understood[_i]), 100);
	ck_assert(!listed.is_whole);
	ck_assert_uint_gt(listed.bad_lines, 0);
	listed_release(&listed);
}
END_TEST

/* A queue of very many is read in the same memory. */
START_TEST(reads_a_huge_listing)
{
	struct text text = { 0 };
	struct listed listed;

	for (unsigned i = 0; i < 20000; i++)
		text_add(&text, "12h  1.0K 1xVg%c%c-00000Y-1y <src@signed.test>\n          user%u@closed.test\n\n",
			 'a' + i % 26, 'a' + i / 26 % 26, i);
	listed_read(&listed, &queue_exim, QUEUE_DEFERRED, 0, text_slice(&text), 4096);
	ck_assert_msg(listed.is_whole, "%s", listed.fault.text);
	ck_assert_uint_eq(listed.messages, 20000);
	ck_assert_uint_eq(listed.tally.places[QUEUE_DEFERRED].bytes, 20000 * 1024);
	listed_release(&listed);
	text_release(&text);
}
END_TEST

static const struct {
	const char *line;
	bool is_ours;
} first_lines[] = {
	{ " 0m   322 1xVgKu-00000Y-1y <src@signed.test>", true },
	{ "400d  3.2K 1xVgKu-00000Y-1y <>", true },
	{ " 0m       1xVgKu-00000Y-1y <>", true },
	{ "      1xVgKu-00000Y-1y", true },
	{ " 3h   322 1tTfJI-00000001aBc-1y3k <src@signed.test>", true },
	{ "-Queue ID-  --Size-- ----Arrival Time---- -Sender/Recipient-------", false },
	{ "\t\t/var/spool/mqueue (4 requests)", false },
	{ "", false },
};

START_TEST(recognises_its_first_line)
{
	ck_assert_int_eq(queue_exim.recognises(slice_of(first_lines[_i].line)), first_lines[_i].is_ours);
}
END_TEST

/* ---- names ---- */

static const struct {
	const char *below, *name;
	enum queue_name is;
	int64_t arrived;
	const char *body, *log;
} names[] = {
	{ "", "1xVgKu-00000h-2W-H", QUEUE_NAME_MESSAGE, 1795487568, "input/1xVgKu-00000h-2W-D",
	  "msglog/1xVgKu-00000h-2W" },
	{ "x", "1xVgKx-00001h-0k-H", QUEUE_NAME_MESSAGE, 1795487571, "input/x/1xVgKx-00001h-0k-D",
	  "msglog/x/1xVgKx-00001h-0k" },
	{ "I", "1tTfJI-00000001aBc-1y3k-H", QUEUE_NAME_MESSAGE, 1735901624,
	  "input/I/1tTfJI-00000001aBc-1y3k-D", "msglog/I/1tTfJI-00000001aBc-1y3k" },
	{ "", "1xVgKu-00000h-2W-D", QUEUE_NAME_PART, 0, NULL, NULL },
	{ "", "1xVgKu-00000h-2W-J", QUEUE_NAME_PART, 0, NULL, NULL },
	{ "", "1xVgKu-00000h-2W-K", QUEUE_NAME_PART, 0, NULL, NULL },
	{ "", "hdr.1xVgKu-00000h-2W", QUEUE_NAME_PART, 0, NULL, NULL },
	{ "", "1xVgKu-00000h-2W-X", QUEUE_NAME_STRANGE, 0, NULL, NULL },
	{ "", "1xVgKu-00000h-2W", QUEUE_NAME_STRANGE, 0, NULL, NULL },
	{ "", "1xVgKu_00000h-2W-H", QUEUE_NAME_STRANGE, 0, NULL, NULL },
	{ "", "1xVgKu-00000001aBc-1y3-H", QUEUE_NAME_STRANGE, 0, NULL, NULL },
	{ "", "-H", QUEUE_NAME_STRANGE, 0, NULL, NULL },
	{ "", "core", QUEUE_NAME_STRANGE, 0, NULL, NULL },
};

START_TEST(reads_names)
{
	struct slice name = exact_text(names[_i].name);
	const struct queue_file file = { &queue_exim.spool.folders[0], slice_of(names[_i].below), name, 1 };
	struct queue_told told = { .arrived = QUEUE_UNKNOWN };
	char path[QUEUE_PATH];

	ck_assert_int_eq(queue_exim.spool.name(&file, &told), names[_i].is);
	if (names[_i].is == QUEUE_NAME_MESSAGE) {
		ck_assert_int_eq(told.place, QUEUE_DEFERRED);
		ck_assert_int_eq(told.arrived, names[_i].arrived);
		ck_assert(queue_exim.spool.body_path(&file, path));
		ck_assert_str_eq(path, names[_i].body);
		ck_assert(queue_exim.spool.log_path(&file, path));
		ck_assert_str_eq(path, names[_i].log);
	}
	exact_free(name);
}
END_TEST

/* ---- ID-H and msglog ---- */

static enum queue_envelope read_envelope(struct slice text, int64_t body_size, struct text *lines,
					 struct queue_message *message)
{
	const struct queue_stat about = { (int64_t)text.len, 0100640, body_size, QUEUE_UNKNOWN };
	struct slice block = exact(text.at, text.len < QUEUE_BLOCK ? text.len : QUEUE_BLOCK);
	enum queue_envelope envelope;

	queue_message_clear(message, QUEUE_DEFERRED);
	envelope = queue_exim.spool.envelope(block, &about, message);
	listed_add_message(lines, message);
	exact_free(block);
	return envelope;
}

/* Real files, and what `exim -bp` said of them. */
static const struct {
	const char *name, *says, *reason, *class;
} spool_files[] = {
	{ "exim/spool/mixed", "deferred 1795544808 277 <src@signed.test> mixed@closed.test\n",
	  "Connection refused", "connect_refused" },
	{ "exim/spool/grey", "deferred 1795544809 300 <src@signed.test> grey@refused.test\n",
	  "450 4.2.0 Greylisted, please come back later", "greylisted" },
	{ "exim/spool/two", "deferred 1795544813 299 <src@signed.test> two@refused.test\n",
	  "450-4.2.1 first line\n450 4.2.1 second line", "unclassified" },
	{ "exim/spool/frozen", "deferred 1795544813 253* <> frozen@closed.test\n", "", NULL },
	{ "exim/spool/a-b", "deferred 1795544814 336 <\"x> *** frozen ***\"@signed.test> "
	  "\"a b > c\"@closed.test\n", "", NULL },
};

START_TEST(reads_files)
{
	struct text text = { 0 }, log = { 0 }, lines = { 0 };
	struct queue_message message = { 0 };
	char path[100];

	snprintf(path, sizeof path, "%s-H", spool_files[_i].name);
	listed_file(path, &text);
	snprintf(path, sizeof path, "%s.log", spool_files[_i].name);
	listed_file(path, &log);
	ck_assert_int_eq(read_envelope(text_slice(&text), 24, &lines, &message), QUEUE_ENVELOPE_READ);
	ck_assert_str_eq(text_str(&lines), spool_files[_i].says);
	ck_assert(message.knows_frozen);
	queue_exim.spool.log(text_slice(&log), &message);
	ck_assert(slice_is(queue_message_reason(&message, 0), spool_files[_i].reason));
	if (spool_files[_i].class != NULL)
		ck_assert_str_eq(reply_classify(queue_message_reason(&message, 0)).reason,
				 spool_files[_i].class);
	queue_message_release(&message);
	text_release(&text);
	text_release(&log);
	text_release(&lines);
}
END_TEST

/* Behind the first block it is guessed how long the header is: Exim says 8.7K and 279. */
START_TEST(guesses_the_size_of_long_files)
{
	struct text text = { 0 }, lines = { 0 };
	struct queue_message message = { 0 };

	listed_file("exim/spool/headers-H", &text);
	ck_assert_int_eq(read_envelope(text_slice(&text), 24, &lines, &message), QUEUE_ENVELOPE_READ);
	ck_assert_int_ge(message.size, 8700);
	ck_assert_int_le(message.size, 9300);
	text_truncate(&text, 0);
	listed_file("exim/spool/r0000-H", &text);
	ck_assert_int_eq(read_envelope(text_slice(&text), 24, &lines, &message), QUEUE_ENVELOPE_READ);
	ck_assert_int_ge(message.size, 200);
	ck_assert_int_le(message.size, 500);
	/* The last one of the block is not whole. */
	ck_assert_uint_gt(message.recipient_count, 150);
	for (size_t i = 0; i < message.recipient_count; i++)
		ck_assert_uint_eq(queue_message_recipient(&message, i).len, strlen("r0000@closed.test"));
	queue_message_release(&message);
	text_release(&text);
	text_release(&lines);
}
END_TEST

#define HEAD "1xVgKu-00000h-2W-H\nroot 0 0\n<s@x>\n1795487568 0\n"
#define TAIL "\n\n010  Subject: t\n"

static const struct {
	const char *text;
	enum queue_envelope envelope;
	const char *says;
} envelopes[] = {
	{ HEAD "XX\n1\na@b" TAIL, QUEUE_ENVELOPE_READ, "deferred 1795487568 16 <s@x> a@b\n" },
	/* A header that is gone does not count. */
	{ HEAD "XX\n1\na@b\n\n005* X: y\n010  Subject: t\n", QUEUE_ENVELOPE_READ,
	  "deferred 1795487568 16 <s@x> a@b\n" },
	{ HEAD "-frozen 1795487600\n--helo_name x\nXX\n1\na@b" TAIL, QUEUE_ENVELOPE_READ,
	  "deferred 1795487568 16* <s@x> a@b\n" },
	/* A variable's value is no option. */
	{ HEAD "-aclm 0 11\n-frozen 17\n\n-aclc x 3\nXX\n\nXX\n1\na@b" TAIL, QUEUE_ENVELOPE_READ,
	  "deferred 1795487568 16 <s@x> a@b\n" },
	{ HEAD "YY m@x\nNY c@x\nNN d@x\nNN z@x\n5\nc@x\nd@x\nm@x\nw@x\nz@x" TAIL, QUEUE_ENVELOPE_READ,
	  "deferred 1795487568 16 <s@x> w@x\n" },
	/* What Exim keeps for itself. */
	{ HEAD "XX\n3\na@b e@x 3,2#1\nb@b rfc822;o@x 10,3  0,-1#3\n\"c d\"@b  0,12  0,-1#3" TAIL,
	  QUEUE_ENVELOPE_READ, "deferred 1795487568 16 <s@x> a@b b@b \"c d\"@b\n" },
	{ "", QUEUE_ENVELOPE_CORRUPT, NULL },
	{ "1xVgKu-00000h-2W-D\nbody\n", QUEUE_ENVELOPE_CORRUPT, NULL },
	{ HEAD, QUEUE_ENVELOPE_CORRUPT, NULL },
	{ HEAD "XX\n2\na@b" TAIL, QUEUE_ENVELOPE_CORRUPT, NULL },
	{ HEAD "XX\n1\na@b\nnot empty\n", QUEUE_ENVELOPE_CORRUPT, NULL },
	{ "1xVgKu-00000h-2W-H\nroot 0 0\n<s@x>\nnever\nXX\n1\na@b" TAIL, QUEUE_ENVELOPE_CORRUPT, NULL },
	{ "1xVgKu-00000h-2W-H\nroot 0 0\ns@x\n1795487568 0\nXX\n1\na@b" TAIL, QUEUE_ENVELOPE_CORRUPT,
	  NULL },
};

START_TEST(reads_envelopes)
{
	struct text lines = { 0 };
	struct queue_message message = { 0 };

	ck_assert_int_eq(read_envelope(slice_of(envelopes[_i].text), 19 + 5, &lines, &message),
			 envelopes[_i].envelope);
	if (envelopes[_i].says != NULL)
		ck_assert_str_eq(text_str(&lines), envelopes[_i].says);
	queue_message_release(&message);
	text_release(&lines);
}
END_TEST

#define AT "2026-11-24 18:13:48 "

/* What is said of a@x, and of b@x. */
static const struct {
	const char *log, *a, *b;
} logs[] = {
	{ AT "a@x R=r T=t defer (110): Connection timed out\n", "Connection timed out", "" },
	{ AT "a@x R=r T=t defer (-1): first\n" AT "a@x R=r T=t defer (-1): last\n", "last", "" },
	{ AT "a@x R=r defer (-1): mine\n" AT "b@x R=r defer (-1): yours\n", "mine", "yours" },
	/* Retry times say less than what came before, but more than nothing. */
	{ AT "a@x R=r T=t defer (111): Connection refused\n"
	  AT "a@x R=r T=t defer (-54): retry time not reached for any host for 'x'\n",
	  "Connection refused", "" },
	{ AT "a@x R=r T=t defer (-54): retry time not reached for any host for 'x'\n",
	  "retry time not reached for any host for 'x'", "" },
	/* with log_selector = +all and a zone */
	{ "2026-11-24 18:13:48.245 +0000 [123] a@x <a@x> R=r T=t defer (-44) H=mx.x [2001:db8::1]:25 "
	  "I=[::1]:50500 DT=0.1s: SMTP error from remote mail server after RCPT TO:<a@x>: "
	  "450-4.2.1 one\\n450 4.2.1 two\n", "450-4.2.1 one\n450 4.2.1 two", "" },
	{ AT "a@x R=r T=t defer (-45) H=mx.x [192.0.2.1]: SMTP error from remote mail server after "
	  "initial connection: 421 4.7.0 busy: come back\n", "421 4.7.0 busy: come back", "" },
	{ AT "a@x R=r T=t defer (-18) H=mx.x [192.0.2.1]: Remote host closed connection in response to "
	  "initial connection\n", "H=mx.x [192.0.2.1]: Remote host closed connection in response to "
	  "initial connection", "" },
	/* an address that stands for another */
	{ AT "child@y <b@x> R=r defer (-1): over there\n", "", "over there" },
	{ AT "/dev/full <a@x> R=r T=t defer (28): No space left on device\n",
	  "No space left on device", "" },
	/* of one who has it */
	{ AT "gone@x R=r defer (-1): not me\n" AT "gone@x: t transport succeeded\n", "", "" },
	{ AT "Received from s@x H=(a) [192.0.2.1] P=smtp S=1\n" AT "*** Frozen (delivery error message)\n"
	  AT "H=mx [192.0.2.1] Connection refused\n", "", "" },
	/* cut in front and behind */
	{ "x R=r defer (-1): cut\n" AT "a@x R=r defer (-1): whole\n" AT "b@x R=r defer (-1): cu",
	  "whole", "" },
};

START_TEST(reads_the_last_reason_of_each)
{
	struct queue_message message = { 0 };
	struct slice log = exact_text(logs[_i].log);

	queue_message_clear(&message, QUEUE_DEFERRED);
	queue_message_to(&message, slice_of("a@x"), (struct slice){ "", 0 });
	queue_message_to(&message, slice_of("b@x"), (struct slice){ "", 0 });
	queue_exim.spool.log(log, &message);
	ck_assert_uint_eq(message.recipient_count, 2);
	ck_assert(slice_is(queue_message_reason(&message, 0), logs[_i].a));
	ck_assert(slice_is(queue_message_reason(&message, 1), logs[_i].b));
	exact_free(log);
	queue_message_release(&message);
}
END_TEST

Suite *suite_queue_exim(void);
Suite *suite_queue_exim(void)
{
	Suite *suite = suite_create("queue_exim");
	TCase *tcase = tcase_create("queue_exim");

	ADD_TABLE(tcase, reads_listings, files);
	tcase_add_test(tcase, sees_that_a_listing_is_cut);
	ADD_TABLE(tcase, takes_nothing_else_for_a_listing, not_understood);
	tcase_add_test(tcase, reads_a_huge_listing);
	ADD_TABLE(tcase, recognises_its_first_line, first_lines);
	ADD_TABLE(tcase, reads_names, names);
	ADD_TABLE(tcase, reads_files, spool_files);
	tcase_add_test(tcase, guesses_the_size_of_long_files);
	ADD_TABLE(tcase, reads_envelopes, envelopes);
	ADD_TABLE(tcase, reads_the_last_reason_of_each, logs);
	tcase_set_timeout(tcase, 60);
	suite_add_tcase(suite, tcase);
	return suite;
}
