/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "net/command.h"

#include <string.h>

#include "base/text.h"
#include "unit.h"

static void keep(void *context, struct slice bytes)
{
	text_add_slice(context, bytes);
}

static bool run(const char *script, int64_t ms, struct text *output, struct command_end *end,
		struct fault *fault)
{
	const char *const arguments[] = { "/bin/sh", "-c", script, NULL };
	struct deadline deadline = deadline_from(now_us(), ms);

	return command_run(&(struct command){ arguments, "TZ=UTC0", { NULL, 0 } }, &deadline, keep,
			   output, end, fault);
}

static const struct {
	const char *script, *output, *complaint;
	bool was_killed;
	int code;
} ends[] = {
	{ "echo out; echo err >&2; exit 7", "out\n", "err\n", false, 7 },
	{ "kill -9 $$", "", "", true, 9 },
	{ "printf 'a\\000b' >&2", "", "a?b", false, 0 },
	/* Its world: no input, and no language or time of the user's. */
	{ "cat; echo $LC_ALL $TZ", "C UTC0\n", "", false, 0 },
	/* What it has closed is not waited for. */
	{ "exec >&-; echo late >&2; exit 3", "", "late\n", false, 3 },
};

START_TEST(tells_output_complaint_and_end)
{
	struct text output = { 0 };
	struct command_end end;
	struct fault fault;

	ck_assert(run(ends[_i].script, 10000, &output, &end, &fault));
	ck_assert_str_eq(text_str(&output), ends[_i].output);
	ck_assert_str_eq(end.complaint, ends[_i].complaint);
	ck_assert_int_eq(end.was_killed, ends[_i].was_killed);
	ck_assert_int_eq(end.code, ends[_i].code);
	text_release(&output);
}
END_TEST

START_TEST(a_long_complaint_is_cut)
{
	struct text output = { 0 };
	struct command_end end;
	struct fault fault;

	ck_assert(run("i=0; while [ $i -lt 3000 ]; do echo 12345678 >&2; i=$((i + 1)); done", 20000,
		      &output, &end, &fault));
	ck_assert_uint_eq(strlen(end.complaint), COMMAND_COMPLAINT - 1);
	text_release(&output);
}
END_TEST

static const char *const hanging[] = {
	"sleep 30", "exec >&- 2>&-; sleep 30", "sleep 30 & sleep 30", "while :; do echo y; done",
	"trap '' TERM INT; sleep 30",
};

START_TEST(ends_at_the_deadline)
{
	struct text output = { 0 };
	struct command_end end;
	struct fault fault;
	int64_t begun = now_us();

	ck_assert(!run(hanging[_i], 200, &output, &end, &fault));
	ck_assert_int_eq(fault.kind, FAULT_TIMEOUT);
	ck_assert_int_lt(now_us() - begun, 1000000);
	text_release(&output);
}
END_TEST

START_TEST(a_program_that_is_not_there_is_a_fault)
{
	const char *const arguments[] = { "/nonexistent/program", NULL };
	struct deadline deadline = deadline_from(now_us(), 5000);
	struct text output = { 0 };
	struct command_end end;
	struct fault fault;

	ck_assert(!command_run(&(struct command){ arguments, NULL, { NULL, 0 } }, &deadline, keep, &output,
			       &end, &fault));
	ck_assert_int_eq(fault.kind, FAULT_LOCAL);
	ck_assert_ptr_nonnull(strstr(fault.text, "/nonexistent/program"));
}
END_TEST

START_TEST(finds_the_first_that_is_there)
{
	const char *const paths[] = { "/nonexistent/sh", "/etc/passwd", "/bin/sh", "/bin/cat", NULL };

	ck_assert_str_eq(command_find(paths, 5), "/bin/sh");
	ck_assert_ptr_null(command_find(paths, 2));
}
END_TEST

Suite *suite_command(void);
Suite *suite_command(void)
{
	Suite *suite = suite_create("command");
	TCase *tcase = tcase_create("command");

	tcase_set_timeout(tcase, 30);
	ADD_TABLE(tcase, tells_output_complaint_and_end, ends);
	tcase_add_test(tcase, a_long_complaint_is_cut);
	ADD_TABLE(tcase, ends_at_the_deadline, hanging);
	tcase_add_test(tcase, a_program_that_is_not_there_is_a_fault);
	tcase_add_test(tcase, finds_the_first_that_is_there);
	suite_add_tcase(suite, tcase);
	return suite;
}
