/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "mail/queue_mta.h"

#include <string.h>

#include "fakes/exact.h"
#include "unit.h"

START_TEST(finds_each_by_its_name)
{
	for (size_t i = 0; queue_mtas[i] != NULL; i++) {
		ck_assert_ptr_eq(queue_mta_find(queue_mtas[i]->name), queue_mtas[i]);
		ck_assert_ptr_nonnull(queue_mtas[i]->title);
	}
	ck_assert_ptr_null(queue_mta_find("qmail"));
	ck_assert_ptr_null(queue_mta_find(""));
	ck_assert_ptr_null(queue_mta_find("Postfix"));
}
END_TEST

/* What a row has to have. */
START_TEST(no_row_lacks_anything)
{
	for (size_t i = 0; queue_mtas[i] != NULL; i++) {
		const struct queue_mta *mta = queue_mtas[i];

		ck_assert_msg(mta->configs[0] != NULL && mta->spools[0] != NULL, "%s", mta->name);
		ck_assert_msg(mta->commands[0].programs[0] != NULL, "%s", mta->name);
		ck_assert_msg(mta->line != NULL && mta->recognises != NULL, "%s", mta->name);
		ck_assert_msg(mta->spool.folders[0].path != NULL, "%s", mta->name);
		ck_assert_msg(mta->spool.name != NULL && mta->spool.envelope != NULL, "%s", mta->name);
		ck_assert_msg((mta->spool.log_path == NULL) == (mta->spool.log == NULL), "%s", mta->name);
		ck_assert_msg(mta->has_no_daemon || mta->signs[0].path != NULL, "%s", mta->name);
		ck_assert_msg((mta->paused == NULL) == (mta->status.programs[0] == NULL), "%s", mta->name);
		ck_assert_msg(mta->recipe != NULL && mta->complaints != NULL, "%s", mta->name);
	}
}
END_TEST

/* The first lines of listings, and whose they are. */
static const struct {
	const char *line, *name;
} first_lines[] = {
	{ "-Queue ID-  --Size-- ----Arrival Time---- -Sender/Recipient-------", "postfix" },
	{ "----Queue ID----- --Size-- ---Arrival Time---- --Sender/Recipient------", "postfix" },
	{ "{\"queue_name\": \"deferred\", \"queue_id\": \"4jYrnd4l7cz2V\"}", "postfix" },
	{ "Mail queue is empty", "postfix" },		/* of dma, too: both mean the same */
	{ " 0m   322 1xVgKu-00000Y-1y <src@signed.test>", "exim" },
	{ "\t\t/var/spool/mqueue (4 requests)", "sendmail" },
	{ "1aa6e8b79c688b8c|inet4|mta||a@b|c@d|c@d|1|1|1|0|pending|13|", "opensmtpd" },
	{ "2026-11-24 02:33:15 289 bytes from <src@signed.test>", "nullmailer" },
	{ "ID\t: 1d.55ca7687c8f0", "dma" },
	{ "postqueue: fatal: Queue report unavailable - mail system is down", NULL },
	{ "", NULL }, { "x", NULL },
};

START_TEST(recognises_a_listing)
{
	struct slice line = exact_text(first_lines[_i].line);
	const char *name = NULL;

	for (size_t i = 0; queue_mtas[i] != NULL && name == NULL; i++) {
		if (queue_mtas[i]->recognises(line))
			name = queue_mtas[i]->name;
	}
	ck_assert_pstr_eq(name, first_lines[_i].name);
	exact_free(line);
}
END_TEST

/* postconf(5), and Exim's specification, chapter 14. */
static const struct {
	const char *config, *name, *value;
} settings[] = {
	{ "", "a", NULL },
	{ "a = b", "a", "b" },
	{ "a=b\n", "a", "b" },
	{ "  a =\tb c \r\n", "a", "b c" },
	{ "a = b\na = c\n", "a", "c" },			/* the last one counts */
	{ "a =\n", "a", "" },
	{ "a = b = c\n", "a", "b = c" },
	{ "# a = b\n", "a", NULL },
	{ "a = b # c\n", "a", "b # c" },		/* that is no comment */
	{ "a = b\n  c\n\td\ne = f\n", "a", "b c d" },
	{ "a = b\n  c = d\n", "a", "b c = d" },		/* a line that goes on */
	{ "a = b\n  c = d\n", "c", NULL },
	{ "a =\n  b,\n  c\n", "a", "b, c" },
	{ "a = b\n# between\n  c\n", "a", "b c" },
	{ "a = b\n\n  c\n", "a", "b c" },
	{ "a = b\n \n\n#\n  c\nd = e\n", "a", "b c" },
	{ "a = b\n\nc = d\n", "a", "b" },
	{ "a = b\n# end\nc = d\n", "c", "d" },
	{ "ab = c\n", "a", NULL },
	{ "A = c\n", "a", NULL },
	{ "xa = c\n", "a", NULL },
	{ "queue_only\n", "queue_only", "true" },
	{ "no_queue_only\n", "queue_only", "false" },
	{ "not_queue_only\n", "queue_only", "false" },
	{ "queue_only\nno_queue_only\n", "queue_only", "false" },
	{ "queue_only = false\nqueue_only\n", "queue_only", "true" },
	{ "queue_only_override\n", "queue_only", NULL },
	{ "no_\n", "a", NULL },
};

START_TEST(reads_settings)
{
	struct slice config = exact_text(settings[_i].config);
	struct text value = { 0 };
	bool was_found = queue_setting(config, settings[_i].name, &value);

	ck_assert_int_eq(was_found, settings[_i].value != NULL);
	ck_assert_str_eq(text_str(&value), was_found ? settings[_i].value : "");
	text_release(&value);
	exact_free(config);
}
END_TEST

Suite *suite_queue_mta(void);
Suite *suite_queue_mta(void)
{
	Suite *suite = suite_create("queue_mta");
	TCase *tcase = tcase_create("queue_mta");

	tcase_add_test(tcase, finds_each_by_its_name);
	tcase_add_test(tcase, no_row_lacks_anything);
	ADD_TABLE(tcase, recognises_a_listing, first_lines);
	ADD_TABLE(tcase, reads_settings, settings);
	suite_add_tcase(suite, tcase);
	return suite;
}
