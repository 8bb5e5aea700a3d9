/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "queue_sample.h"

#define CLOSED "connect to 127.0.0.1[127.0.0.1]:1: Connection refused"
#define RCPT(words) \
	"host 127.0.0.1[127.0.0.1] said: " words " (in reply to RCPT TO command)"

/* ---- listings */

/* But for the first one, which a table has in another place. */
#define SMALL \
	"active 1795544681 810 <src@signed.test> <user@slow.test>\n" \
	"active 1795544681 810 <src@signed.test> <user@slow.test>\n" \
	"deferred 1795544680 3314 <src@signed.test> <user@closed.test> " CLOSED "\n" \
	"deferred 1795544680 3314 <src@signed.test> <user@closed.test> " CLOSED "\n" \
	"deferred 1795544680 844 <src@signed.test> <user@receiver-out-of-space.test> " \
		RCPT("452 4.3.1 Insufficient system storage") "\n" \
	"deferred 1795544679 826 <src@signed.test> <user@mailbox-full.test> " \
		RCPT("452 4.2.2 The email account that you tried to reach is over quota") "\n" \
	"deferred 1795544679 846 <src@signed.test> <user@sender-domain-rejected.test> " \
		RCPT("450 4.1.8 <src@signed.test>: Sender address rejected: Domain not found") "\n" \
	"deferred 1795544679 828 <src@signed.test> <user@helo-rejected.test> " \
		RCPT("450 4.7.1 <mx1.signed.test>: Helo command rejected: Host not found") "\n" \
	"deferred 1795544679 818 <src@signed.test> <user@spf-fail.test> " \
		RCPT("450 4.7.23 The SPF check of signed.test failed for 192.0.2.1") "\n" \
	"deferred 1795544679 824 <src@signed.test> <user@ptr-missing.test> " \
		RCPT("450 4.7.25 Client host rejected: cannot find your reverse hostname, [192.0.2.1]") "\n" \
	"deferred 1795544679 826 <src@signed.test> <user@rate-limited.test> " \
		RCPT("450 4.7.1 Error: too much mail from 192.0.2.1") "\n" \
	"deferred 1795544680 805 <> <bounced@closed.test> " CLOSED "\n" \
	"deferred 1795544679 822 <src@signed.test> <user@greylisted.test> " \
		RCPT("450 4.2.0 Greylisted, try again in 300 seconds") "\n" \
	"deferred 1795544680 848 <src@signed.test> <user@authentication-required.test> " \
		RCPT("450 4.7.26 This mail is unauthenticated: SPF or DKIM has to pass") "\n" \
	"deferred 1795544679 824 <src@signed.test> <user@blocklisted.test> " \
		RCPT("450 4.7.1 Service unavailable; Client host [192.0.2.1] blocked using zen.spamhaus.org") "\n" \
	"hold 1795544680 816 <other@signed.test> <user@closed.test> " CLOSED "\n"

START_TEST(lists_an_object_a_line)
{
	sample_lists(&queue_postfix, "postfix/empty.json.txt", "");
	sample_lists(&queue_postfix, "postfix/small.json.txt",
		     "maildrop 1795544681 104 <a@signed.test> <b@closed.test>\n" SMALL);
}
END_TEST

/* A table does not tell maildrop from deferred. */
START_TEST(lists_a_table)
{
	sample_lists(&queue_postfix, "postfix/empty.table.txt", "");
	sample_lists(&queue_postfix, "postfix/small.table.txt",
		     "deferred 1795544681 104 <a@signed.test> <b@closed.test>\n" SMALL);
}
END_TEST

/* In a long id is the time of arrival, whatever clock printed the table. */
START_TEST(lists_long_ids)
{
	static const char wanted[] =
		"deferred 1795544693 820 <src@signed.test> <user@closed.test> " CLOSED "\n"
		"deferred 1795544693 828 <src@signed.test> <user@greylisted.test> "
		RCPT("450 4.2.0 Greylisted, try again in 300 seconds") "\n";

	sample_lists(&queue_postfix, "postfix/long-ids.json.txt", wanted);
	sample_lists(&queue_postfix, "postfix/long-ids.table.txt", wanted);
	sample_lists_at(&queue_postfix, "postfix/long-ids.table.txt", 9 * 3600, wanted);
}
END_TEST

static bool ends_a_line(struct slice cut)
{
	return cut.len == 0 || cut.at[cut.len - 1] == '\n';
}

static bool is_nothing(struct slice cut)
{
	return cut.len == 0;
}

START_TEST(objects_cut_in_a_line_are_not_whole)
{
	sample_cuts(&queue_postfix, "postfix/small.json.txt", ends_a_line);
}
END_TEST

/* Its last line says that it is the last. */
START_TEST(a_table_that_is_cut_is_never_whole)
{
	sample_cuts(&queue_postfix, "postfix/small.table.txt", is_nothing);
	sample_cuts(&queue_postfix, "postfix/long-ids.table.txt", is_nothing);
	sample_cuts(&queue_postfix, "postfix/empty.table.txt", is_nothing);
}
END_TEST

#define HEAD "-Queue ID-  --Size-- ----Arrival Time---- -Sender/Recipient-------\n"
#define ENTRY "E1517A9C483    2292 Tue Nov 24 01:59:43  src@signed.test\n    user@closed.test\n\n"

static const struct {
	const char *listing, *why;
} ill[] = {
	{ "postqueue: fatal: something\n", "1 of 1 lines" },
	{ HEAD ENTRY, "there were more lines" },
	{ HEAD ENTRY "-- 2 Kbytes in 2 Requests.\n", "tells of 2 messages, and lists 1" },
	{ HEAD ENTRY "-- 2 Kbytes in 1 Request.\n" ENTRY, "not understood" },
	{ HEAD ENTRY "-- 2 Kbytes in many Requests.\n", "not understood" },
	{ ENTRY "Mail queue is empty\n", "lists messages" },
	{ HEAD ENTRY HEAD "-- 2 Kbytes in 1 Request.\n", "not understood" },
	{ HEAD "    user@closed.test\n-- 0 Kbytes in 0 Requests.\n", "not understood" },
	{ HEAD "E151Z A9C483    2292 Tue Nov 24 01:59:43  a@b\n", "not understood" },
	{ HEAD "E1517A9C483    many Tue Nov 24 01:59:43  a@b\n", "not understood" },
	{ HEAD "E1517A9C483    2292 Tue Nov 32 01:59:43  a@b\n", "not understood" },
	{ "{\"queue_name\": \"deferred\"}\n", "1 of 1 lines" },
	{ "{\"queue_name\": \"elsewhere\", \"queue_id\": \"E1517A9C483\", \"recipients\": []}\n", "1 of 1 lines" },
	{ "{\"queue_name\": \"hold\", \"queue_id\": 1, \"recipients\": []}\n", "1 of 1 lines" },
	{ "{\"queue_name\": \"hold\", \"queue_id\": \"E1517A9C483\", \"recipients\": {}}\n", "1 of 1 lines" },
	{ "{\"queue_name\": \"hold\", \"queue_id\": \"E1517A9C483\", \"recipients\": []} x\n", "1 of 1 lines" },
};

START_TEST(what_is_no_listing_is_said)
{
	sample_fails(&queue_postfix, ill[_i].listing, ill[_i].why);
}
END_TEST

/* What an object does not tell is not known; and strange types are not taken. */
static const struct {
	const char *line, *message;
} objects[] = {
	{ "{\"queue_name\": \"hold\", \"queue_id\": \"1\", \"recipients\": []}", "hold - - -" },
	{ "{\"queue_name\": \"corrupt\", \"queue_id\": \"1\", \"recipients\": [], \"sender\": \"\"}",
	  "corrupt - - <>" },
	{ "{\"queue_name\": \"active\", \"queue_id\": \"1\", \"arrival_time\": -5, \"message_size\": \"7\", "
	  "\"sender\": 3, \"recipients\": [{}, 7, {\"address\": \"a@b\", \"delay_reason\": null}]}",
	  "active - - - <>, <>, <a@b>" },
	{ "  {\"queue_name\": \"incoming\", \"queue_id\": \"1\", \"recipients\": []}\r", "incoming - - -" },
};

START_TEST(reads_objects)
{
	struct text line = { 0 }, wanted = { 0 }, text = { 0 };
	struct fault fault = { 0 };

	text_add(&line, "%s\n", objects[_i].line);
	text_add(&wanted, "%s\n", objects[_i].message);
	ck_assert_msg(sample_list(&queue_postfix, text_slice(&line), &text, &fault), "%s", fault.text);
	ck_assert_str_eq(text_str(&text), text_str(&wanted));
	text_release(&line);
	text_release(&wanted);
	text_release(&text);
}
END_TEST

/* The place is in a mark; "#" is one that is forced to expire. */
static const struct {
	const char *id;
	enum queue_place place;
} marks[] = {
	{ "E1517A9C483", QUEUE_DEFERRED }, { "E1517A9C483*", QUEUE_ACTIVE }, { "E1517A9C483!", QUEUE_HOLD },
	{ "E1517A9C483#", QUEUE_DEFERRED }, { "E1517A9C483*#", QUEUE_ACTIVE },
	{ "4jYrnd4l7cz2V", QUEUE_DEFERRED }, { "4jYrnd4l7cz2V*", QUEUE_ACTIVE },
};

START_TEST(knows_marks)
{
	struct text listing = { 0 }, text = { 0 };
	struct fault fault = { 0 };

	text_add(&listing, "%s%s 2292 Tue Nov 24 01:59:43 MAILER-DAEMON\n\n-- 2 Kbytes in 1 Request.\n", HEAD,
		 marks[_i].id);
	ck_assert_msg(sample_list(&queue_postfix, text_slice(&listing), &text, &fault), "%s", fault.text);
	ck_assert(slice_starts(text_slice(&text), queue_place_word(marks[_i].place)));
	ck_assert_msg(strstr(text_str(&text), " <>") != NULL, "%s", text_str(&text));
	text_release(&listing);
	text_release(&text);
}
END_TEST

/* ---- files */

static const struct {
	const char *name;
	uint64_t inode;			/* of the file */
	enum queue_name is;
	bool is_born_then;
	int64_t arrived;
	const char *log;		/* in "hold", which is flat */
} names[] = {
	{ "ECD56A9C487", 0xA9C487, QUEUE_NAME_MESSAGE, true, QUEUE_UNKNOWN, "defer/E/ECD56A9C487" },
	/* A copy: it was not born when the message came. */
	{ "ECD56A9C487", 0xA9C488, QUEUE_NAME_MESSAGE, false, QUEUE_UNKNOWN, "defer/E/ECD56A9C487" },
	{ "062595B", 0x5B, QUEUE_NAME_MESSAGE, true, QUEUE_UNKNOWN, "defer/0/062595B" },
	/* The inode number of a long id does not matter. */
	{ "4jYrnd4l7cz2V", 1, QUEUE_NAME_MESSAGE, false, 1795544693, "defer/A/4jYrnd4l7cz2V" },
	{ "4jYQyL43KVz1crdH", 1, QUEUE_NAME_MESSAGE, false, 1795485658, "defer/8/4jYQyL43KVz1crdH" },
	{ "ECD56", 1, QUEUE_NAME_STRANGE, false, 0, NULL },
	{ "ecd56a9c487", 1, QUEUE_NAME_STRANGE, false, 0, NULL },
	{ "ECD56A9C487.tmp", 1, QUEUE_NAME_STRANGE, false, 0, NULL },
	{ "4jYrnd4l7cz", 1, QUEUE_NAME_STRANGE, false, 0, NULL },
	{ "4jYrn4l7cz2V", 1, QUEUE_NAME_STRANGE, false, 0, NULL },	/* five digits of seconds */
	{ "4jYrnd4laaz2V", 1, QUEUE_NAME_STRANGE, false, 0, NULL },	/* no vowels */
	{ "core", 1, QUEUE_NAME_STRANGE, false, 0, NULL },
	{ "", 1, QUEUE_NAME_STRANGE, false, 0, NULL },
	{ "ECD56FFFFFFFFFFFFFFFFFFFF", 1, QUEUE_NAME_STRANGE, false, 0, NULL },
	{ "zzzzzzzzzzzzzzzzzzzzzzzzzzzz2V", 1, QUEUE_NAME_STRANGE, false, 0, NULL },
};

static const struct queue_folder *folder_of(enum queue_place place)
{
	const struct queue_folder *folder = queue_postfix.spool.folders;

	while (folder->place != place)
		folder++;
	return folder;
}

START_TEST(knows_names)
{
	struct slice name = exact_text(names[_i].name);
	struct queue_file file = { folder_of(QUEUE_HOLD), { "", 0 }, name, names[_i].inode };
	struct queue_told told = { .arrived = QUEUE_UNKNOWN };
	char path[QUEUE_PATH];

	ck_assert_int_eq(queue_postfix.spool.name(&file, &told), names[_i].is);
	if (names[_i].is == QUEUE_NAME_MESSAGE) {
		ck_assert_int_eq(told.place, QUEUE_HOLD);
		ck_assert_int_eq(told.is_born_then, names[_i].is_born_then);
		ck_assert_int_eq(told.arrived, names[_i].arrived);
		ck_assert(queue_postfix.spool.log_path(&file, path));
		ck_assert_str_eq(path, names[_i].log);
		/* Where deferred messages lie in folders, their logs lie in the same. */
		file = (struct queue_file){ folder_of(QUEUE_DEFERRED), slice_of("7/3"), name, 1 };
		ck_assert(queue_postfix.spool.log_path(&file, path));
		ck_assert_str_eq(path + strlen("defer/7/3/"), names[_i].name);
	}
	exact_free(name);
}
END_TEST

static const struct {
	const char *file, *message;
} files[] = {
	{ "active", "1795544681 810 <src@signed.test> <user@slow.test>" },
	{ "bounce", "1795544680 805 <> <bounced@closed.test>" },
	{ "deferred", "1795544680 844 <src@signed.test> <user@receiver-out-of-space.test>" },
	{ "hold", "1795544680 816 <other@signed.test> <user@closed.test>" },
	{ "maildrop", "1795544681 104 <a@signed.test> <b@closed.test>" },
};

START_TEST(reads_records)
{
	const struct queue_stat about = { 104, 0100700, QUEUE_UNKNOWN, QUEUE_UNKNOWN };
	struct text name = { 0 }, wanted = { 0 };

	text_add(&name, "postfix/spool/%s", files[_i].file);
	text_add(&wanted, "deferred %s", files[_i].message);
	sample_file_reads(&queue_postfix, text_str(&name), &about, text_str(&wanted));
	text_release(&name);
	text_release(&wanted);
}
END_TEST

/* A block may end anywhere: then it tells less, and nothing wrong. */
START_TEST(reads_records_that_are_cut)
{
	const struct queue_stat about = { 1550, 0100700, QUEUE_UNKNOWN, QUEUE_UNKNOWN };
	struct slice whole = sample("postfix/spool/deferred");
	struct queue_message message = { 0 };
	size_t with_recipient = 0;

	for (size_t len = 0; len <= whole.len; len++) {
		struct slice cut = exact(whole.at, len);
		enum queue_envelope verdict;

		queue_message_clear(&message, QUEUE_DEFERRED);
		verdict = queue_postfix.spool.envelope(cut, &about, &message);
		ck_assert(verdict != QUEUE_ENVELOPE_UNFINISHED);
		if (verdict == QUEUE_ENVELOPE_READ) {
			ck_assert_int_eq(message.size, 844);
			ck_assert(message.arrived == QUEUE_UNKNOWN || message.arrived == 1795544680);
			with_recipient += message.recipient_count == 1;
		}
		exact_free(cut);
	}
	ck_assert_uint_gt(with_recipient, 800);
	queue_message_release(&message);
	exact_free(whole);
}
END_TEST

START_TEST(knows_what_is_no_queue_file)
{
	const struct queue_stat whole = { 1550, 0100700, QUEUE_UNKNOWN, QUEUE_UNKNOWN };
	const struct queue_stat unfinished = { 1550, 0100600, QUEUE_UNKNOWN, QUEUE_UNKNOWN };

	sample_is(&queue_postfix, "", &unfinished, QUEUE_ENVELOPE_UNFINISHED);
	sample_is(&queue_postfix, "C\x01", &unfinished, QUEUE_ENVELOPE_UNFINISHED);
	sample_is(&queue_postfix, "", &whole, QUEUE_ENVELOPE_CORRUPT);
	sample_is(&queue_postfix, "junk, and more of it\n", &whole, QUEUE_ENVELOPE_CORRUPT);
	sample_is(&queue_postfix, "C\x7fshort", &whole, QUEUE_ENVELOPE_CORRUPT);
	sample_is(&queue_postfix, "C\xff\xff\xff\xff\xff\xff", &whole, QUEUE_ENVELOPE_CORRUPT);
}
END_TEST

START_TEST(reads_why_it_waits)
{
	struct slice log = sample("postfix/spool/defer");
	struct queue_message message = { 0 };
	struct text text = { 0 };

	queue_message_clear(&message, QUEUE_DEFERRED);
	queue_message_to(&message, slice_of("other@closed.test"), (struct slice){ "", 0 });
	queue_message_to(&message, slice_of("user@receiver-out-of-space.test"), (struct slice){ "", 0 });
	queue_postfix.spool.log(log, &message);
	sample_describe(&message, &text);
	ck_assert_str_eq(text_str(&text), "deferred - - - <other@closed.test>, <user@receiver-out-of-space.test> "
			 RCPT("452 4.3.1 Insufficient system storage"));
	/* A reason whose end is missing is none. */
	text_truncate(&text, 0);
	queue_message_clear(&message, QUEUE_DEFERRED);
	queue_postfix.spool.log(slice_of("recipient=a@b\nreason=connect to"), &message);
	sample_describe(&message, &text);
	ck_assert_str_eq(text_str(&text), "deferred - - -");
	text_release(&text);
	queue_message_release(&message);
	exact_free(log);
}
END_TEST

START_TEST(knows_its_complaints)
{
	ck_assert_int_eq(sample_means(&queue_postfix, "postfix/no-permission.txt"), QUEUE_FORBIDDEN);
	ck_assert_int_eq(sample_means(&queue_postfix, "postfix/down.txt"), QUEUE_DOWN);
	/* To root, it lists its files for itself, and warns. */
	ck_assert_int_eq(sample_means(&queue_postfix, "postfix/down-empty.txt"), QUEUE_DOWN);
}
END_TEST

Suite *suite_queue_postfix(void);
Suite *suite_queue_postfix(void)
{
	Suite *suite = suite_create("queue_postfix");
	TCase *tcase = tcase_create("queue_postfix");

	tcase_set_timeout(tcase, 60);
	tcase_add_test(tcase, lists_an_object_a_line);
	tcase_add_test(tcase, lists_a_table);
	tcase_add_test(tcase, lists_long_ids);
	tcase_add_test(tcase, objects_cut_in_a_line_are_not_whole);
	tcase_add_test(tcase, a_table_that_is_cut_is_never_whole);
	ADD_TABLE(tcase, what_is_no_listing_is_said, ill);
	ADD_TABLE(tcase, reads_objects, objects);
	ADD_TABLE(tcase, knows_marks, marks);
	ADD_TABLE(tcase, knows_names, names);
	ADD_TABLE(tcase, reads_records, files);
	tcase_add_test(tcase, reads_records_that_are_cut);
	tcase_add_test(tcase, knows_what_is_no_queue_file);
	tcase_add_test(tcase, reads_why_it_waits);
	tcase_add_test(tcase, knows_its_complaints);
	suite_add_tcase(suite, tcase);
	return suite;
}
