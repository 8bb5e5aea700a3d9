/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "queue_sample.h"

static const struct slice nothing = { "", 0 };

static void describes_as(const struct queue_message *message, const char *wanted)
{
	struct text text = { 0 };

	sample_describe(message, &text);
	ck_assert_str_eq(text_str(&text), wanted);
	text_release(&text);
}

static void to(struct queue_message *message, const char *address, const char *reason)
{
	struct slice copy = exact_text(address), why = exact_text(reason);

	queue_message_to(message, copy, why);
	exact_free(copy);
	exact_free(why);
}

static void because(struct queue_message *message, const char *address, const char *reason)
{
	struct slice copy = exact_text(address), why = exact_text(reason);

	queue_message_because(message, copy, why);
	exact_free(copy);
	exact_free(why);
}

START_TEST(a_message_owns_its_words)
{
	struct queue_message message = { 0 };

	queue_message_clear(&message, QUEUE_ACTIVE);
	describes_as(&message, "active - - -");
	queue_message_from(&message, slice_of("<s@client.test>"));
	to(&message, "<r@closed.test>", "");
	to(&message, "t@closed.test", "it is closed");
	message.arrived = 7;
	message.size = 0;
	describes_as(&message, "active 7 0 <s@client.test> <r@closed.test>, <t@closed.test> it is closed");
	queue_message_clear(&message, QUEUE_HOLD);
	describes_as(&message, "hold - - -");
	queue_message_release(&message);
	describes_as(&message, "incoming 0 0 -");
	queue_message_release(&message);
}
END_TEST

static const struct {
	const char *said, *sender;
} senders[] = {
	{ "", "" }, { "<>", "" }, { "MAILER-DAEMON", "" }, { "mailer-daemon", "" },
	{ "<MAILER-DAEMON>", "" }, { "MAILER-DAEMON@client.test", "MAILER-DAEMON@client.test" },
	{ "<", "<" }, { "<s@client.test", "<s@client.test" }, { "<<s@client.test>>", "<s@client.test>" },
};

START_TEST(knows_the_null_sender)
{
	struct queue_message message = { 0 };

	queue_message_from(&message, slice_of(senders[_i].said));
	ck_assert(message.has_sender);
	ck_assert(slice_is(queue_message_sender(&message), senders[_i].sender));
	queue_message_release(&message);
}
END_TEST

START_TEST(a_reason_belongs_to_a_recipient_or_to_all)
{
	struct queue_message message = { 0 };

	queue_message_clear(&message, QUEUE_DEFERRED);
	to(&message, "a@closed.test", "");
	to(&message, "b@closed.test", "");
	because(&message, "<A@Closed.test>", "one");
	describes_as(&message, "deferred - - - <a@closed.test> one, <b@closed.test>");
	because(&message, "a@closed.test", "two");
	describes_as(&message, "deferred - - - <a@closed.test> two, <b@closed.test>");
	because(&message, "", "all");
	describes_as(&message, "deferred - - - <a@closed.test> all, <b@closed.test> all");
	/* Nobody has such a recipient: the reason counts nevertheless. */
	because(&message, "c@closed.test", "other");
	describes_as(&message, "deferred - - - <a@closed.test> all, <b@closed.test> all, <> other");
	queue_message_clear(&message, QUEUE_DEFERRED);
	because(&message, "", "all");
	describes_as(&message, "deferred - - - <> all");
	queue_message_release(&message);
}
END_TEST

static const struct {
	const char *address, *domain;
} domains[] = {
	{ "a@b.test", "b.test" }, { "\"a@b\"@c.test", "c.test" }, { "a@", "" }, { "a", "" }, { "", "" },
	{ "@b.test", "b.test" },
};

START_TEST(finds_the_domain)
{
	struct slice address = exact_text(domains[_i].address);

	ck_assert(slice_is(queue_domain_of(address), domains[_i].domain));
	exact_free(address);
}
END_TEST

static const struct {
	const char *sender, *recipient_domain;
	bool passes, bounce_passes;
} filters[] = {
	{ NULL, NULL, true, true },
	{ "s@client.test", NULL, true, false }, { "S@CLIENT.test", NULL, true, false },
	{ "client.test", NULL, true, false }, { "@client.test", NULL, true, false },
	{ "x@client.test", NULL, false, false }, { "ient.test", NULL, false, false },
	{ "<>", NULL, false, true }, { "", NULL, false, true },
	{ NULL, "closed.test", true, true }, { NULL, "@Closed.Test", true, true },
	{ NULL, "second.test", true, false }, { NULL, "losed.test", false, false },
	{ "client.test", "second.test", true, false }, { "<>", "second.test", false, false },
};

START_TEST(filters_by_sender_and_recipient)
{
	const struct queue_filter filter = { filters[_i].sender, filters[_i].recipient_domain };
	struct queue_message message = { 0 };

	queue_message_clear(&message, QUEUE_DEFERRED);
	/* What does not say from whom it is passes no filter for that. */
	to(&message, "r@closed.test", "");
	ck_assert_int_eq(queue_filter_passes(&filter, &message),
			 filter.sender == NULL && filters[_i].bounce_passes);
	queue_message_from(&message, nothing);
	ck_assert_int_eq(queue_filter_passes(&filter, &message), filters[_i].bounce_passes);
	queue_message_clear(&message, QUEUE_DEFERRED);
	queue_message_from(&message, slice_of("s@client.test"));
	to(&message, "r@closed.test", "");
	to(&message, "r@second.test", "");
	ck_assert_int_eq(queue_filter_passes(&filter, &message), filters[_i].passes);
	queue_message_release(&message);
}
END_TEST

/* ---- all of them */

static const char blocked[] = "host mx.closed.test[192.0.2.1] said: 554 5.7.1 Service unavailable; Client host "
			      "[192.0.2.2] blocked using zen.spamhaus.org (in reply to RCPT TO command)";
static const char refused[] = "connect to mx.closed.test[192.0.2.1]:25: Connection refused";

static const struct queue_cause *cause_of(const struct queue_tally *tally, const char *reason)
{
	for (size_t i = 0; i < tally->cause_count; i++) {
		if (strcmp(tally->causes[i].reason, reason) == 0)
			return &tally->causes[i];
	}
	ck_abort_msg("no %s", reason);
}

static uint64_t count_of(const struct frequent *frequent, const char *name)
{
	const struct frequent_name *list[10];
	size_t count = frequent_list(frequent, list, COUNT(list));

	for (size_t i = 0; i < count; i++) {
		if (strcmp(list[i]->name, name) == 0)
			return list[i]->count;
	}
	return 0;
}

START_TEST(a_message_counts_once_for_each_reason_and_domain)
{
	static struct reply_memo classes;
	struct queue_message message = { 0 };
	struct queue_tally tally;

	queue_tally_open(&tally);
	queue_message_clear(&message, QUEUE_DEFERRED);
	queue_message_from(&message, slice_of("s@client.test"));
	to(&message, "a@closed.test", blocked);
	to(&message, "b@closed.test", refused);
	to(&message, "c@second.test", blocked);
	to(&message, "d@CLOSED.test", refused);
	to(&message, "no domain", "");
	queue_message_classify(&message, &classes);
	ck_assert_str_eq(message.recipients[0].class, "blocklisted");
	ck_assert_ptr_null(message.recipients[4].class);
	queue_tally_look(&tally, &message);
	queue_message_clear(&message, QUEUE_DEFERRED);
	queue_message_from(&message, nothing);
	to(&message, "a@closed.test", refused);
	queue_message_classify(&message, &classes);
	queue_tally_look(&tally, &message);
	ck_assert_uint_eq(tally.looked_into, 2);
	ck_assert_uint_eq(tally.bounces, 1);
	ck_assert_uint_eq(tally.self_inflicted, 1);
	ck_assert_uint_eq(tally.cause_count, 2);
	ck_assert_uint_eq(cause_of(&tally, "blocklisted")->messages, 1);
	ck_assert_uint_eq(cause_of(&tally, "connect_refused")->messages, 2);
	ck_assert_str_eq(cause_of(&tally, "connect_refused")->example, refused);
	ck_assert_uint_eq(count_of(&tally.domains, "closed.test"), 2);
	ck_assert_uint_eq(count_of(&tally.domains, "second.test"), 1);
	ck_assert_uint_eq(count_of(&tally.senders, "s@client.test"), 1);
	ck_assert_uint_eq(tally.senders.used, 1);
	queue_message_release(&message);
	queue_tally_release(&tally);
	queue_tally_release(&tally);
}
END_TEST

/* An example is cut between two characters, which shows, and ends where a NUL is. */
static const struct {
	const char *head;
	size_t head_len;
	const char *filling;
	size_t len;
} examples[] = {
	{ "short", 5, "", 5 },
	{ "", 0, "x", QUEUE_EXAMPLE - 1 },
	{ "", 0, "\u00e9", QUEUE_EXAMPLE - 1 },		/* two bytes each, and "..." */
	{ "x", 1, "\u00e9", QUEUE_EXAMPLE - 2 },
	{ "", 0, "\xff", QUEUE_EXAMPLE - 1 },
	{ "ab\0cd", 5, "", 2 },
};

START_TEST(keeps_an_example)
{
	static struct reply_memo classes;
	struct queue_message message = { 0 };
	struct queue_tally tally;
	struct text reason = { 0 };

	text_add_slice(&reason, (struct slice){ examples[_i].head, examples[_i].head_len });
	for (size_t i = 0; i < QUEUE_EXAMPLE; i++)
		text_add(&reason, "%s", examples[_i].filling);
	queue_tally_open(&tally);
	queue_message_clear(&message, QUEUE_DEFERRED);
	queue_message_to(&message, slice_of("a@closed.test"), text_slice(&reason));
	queue_message_classify(&message, &classes);
	queue_tally_look(&tally, &message);
	ck_assert_uint_eq(tally.cause_count, 1);
	ck_assert_uint_eq(strlen(tally.causes[0].example), examples[_i].len);
	ck_assert_int_eq(strstr(tally.causes[0].example, "...") != NULL, examples[_i].filling[0] != '\0');
	text_release(&reason);
	queue_message_release(&message);
	queue_tally_release(&tally);
}
END_TEST

/* The classes of texts that share a slot do not mix. */
START_TEST(texts_keep_their_own_class)
{
	static struct reply_memo classes;
	struct queue_message message = { 0 };

	for (unsigned round = 0; round < 2; round++) {
		for (unsigned i = 0; i < 5000; i++) {
			struct text text = { 0 };

			text_add(&text, "%s %u", i % 2 == 0 ? blocked : refused, i);
			queue_message_clear(&message, QUEUE_DEFERRED);
			queue_message_to(&message, slice_of("a@closed.test"), text_slice(&text));
			queue_message_classify(&message, &classes);
			ck_assert_str_eq(message.recipients[0].class, i % 2 == 0 ? "blocklisted" : "connect_refused");
			text_release(&text);
		}
	}
	queue_message_release(&message);
}
END_TEST

static const struct {
	const char *reason;
	bool is_own_fault;
} faults[] = {
	{ "blocklisted", true }, { "ptr_missing", true }, { "helo_rejected", true }, { "spf_fail", true },
	{ "dkim_fail", true }, { "dmarc_reject", true }, { "authentication_required", true },
	{ "auth_failed", true }, { "greylisted", false }, { "connect_refused", false },
	{ "mailbox_full", false }, { "unclassified", false }, { "no such reason", false },
};

START_TEST(knows_whose_fault_it_is)
{
	ck_assert_int_eq(queue_is_self_inflicted(faults[_i].reason), faults[_i].is_own_fault);
}
END_TEST

START_TEST(counts_ages_and_sizes)
{
	struct queue_message message = { 0 };
	struct queue_tally tally, other;
	struct queue_count total;

	queue_tally_open(&tally);
	queue_tally_open(&other);
	total = queue_tally_total(&tally);
	ck_assert_uint_eq(total.messages, 0);
	ck_assert_int_eq(total.oldest, QUEUE_UNKNOWN);
	queue_tally_count(&tally, QUEUE_DEFERRED, 500);
	queue_tally_count(&tally, QUEUE_DEFERRED, 300);
	queue_tally_count(&tally, QUEUE_DEFERRED, QUEUE_UNKNOWN);
	queue_tally_count(&other, QUEUE_ACTIVE, 200);
	queue_tally_count(&other, QUEUE_CORRUPT, 100);
	queue_message_clear(&message, QUEUE_ACTIVE);
	message.size = 1000;
	message.is_frozen = message.knows_frozen = true;
	message.arrived = 200;
	queue_tally_weigh(&other, &message);
	queue_message_clear(&message, QUEUE_CORRUPT);
	message.size = 7;
	queue_tally_weigh(&other, &message);
	queue_message_clear(&message, QUEUE_DEFERRED);
	queue_tally_weigh(&tally, &message);
	queue_tally_add(&tally, &other);
	total = queue_tally_total(&tally);
	ck_assert_uint_eq(total.messages, 4);		/* what is corrupt does not count */
	ck_assert_uint_eq(total.aged, 3);
	ck_assert_int_eq(total.oldest, 200);
	ck_assert_uint_eq(total.bytes, 1000);
	ck_assert_uint_eq(total.sized, 1);
	ck_assert_int_eq(tally.places[QUEUE_DEFERRED].oldest, 300);
	ck_assert_uint_eq(tally.places[QUEUE_CORRUPT].messages, 1);
	ck_assert_uint_eq(tally.frozen.messages, 1);
	ck_assert_int_eq(tally.frozen.oldest, 200);
	ck_assert_uint_eq(tally.known_frozen, 1);
	queue_message_release(&message);
	queue_tally_release(&tally);
	queue_tally_release(&other);
}
END_TEST

START_TEST(places_have_words)
{
	ck_assert_str_eq(queue_place_word(QUEUE_INCOMING), "incoming");
	ck_assert_str_eq(queue_place_word(QUEUE_CORRUPT), "corrupt");
	for (int place = 0; place < QUEUE_PLACES; place++)
		ck_assert_ptr_nonnull(queue_place_word((enum queue_place)place));
}
END_TEST

Suite *suite_queue(void);
Suite *suite_queue(void)
{
	Suite *suite = suite_create("queue");
	TCase *tcase = tcase_create("queue");

	tcase_add_test(tcase, a_message_owns_its_words);
	ADD_TABLE(tcase, knows_the_null_sender, senders);
	tcase_add_test(tcase, a_reason_belongs_to_a_recipient_or_to_all);
	ADD_TABLE(tcase, finds_the_domain, domains);
	ADD_TABLE(tcase, filters_by_sender_and_recipient, filters);
	tcase_add_test(tcase, a_message_counts_once_for_each_reason_and_domain);
	ADD_TABLE(tcase, keeps_an_example, examples);
	tcase_add_test(tcase, texts_keep_their_own_class);
	ADD_TABLE(tcase, knows_whose_fault_it_is, faults);
	tcase_add_test(tcase, counts_ages_and_sizes);
	tcase_add_test(tcase, places_have_words);
	suite_add_tcase(suite, tcase);
	return suite;
}
