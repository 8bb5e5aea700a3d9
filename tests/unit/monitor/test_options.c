/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "monitor/options.h"

#include <jansson.h>
#include <string.h>

#include "sample.h"
#include "unit.h"

struct settings {
	const char *word;
	struct words words;
	bool flag;
	unsigned count;
	uint16_t port;
	int64_t wait_ms;
};

#define FIELD(name) offsetof(struct settings, name)

static const struct option_row rows[] = {
	{ .help = "Headline" },
	{ 'H', "hostname", "HOST", option_words, FIELD(words), "a host", NULL },
	{ 0, "word", "WORD", option_word, FIELD(word), "a word", NULL },
	{ 'f', "flag", NULL, option_flag, FIELD(flag), "a flag", NULL },
	{ 0, "count", "N", option_count, FIELD(count), "a number", NULL },
	{ 'p', "port", "PORT", option_port, FIELD(port), "a port", NULL },
	{ 0, "wait", "SECONDS", option_seconds, FIELD(wait_ms), "a time", NULL },
	{ 'n', "nocommand", NULL, NULL, 0, NULL, "--word" },
	{ 0 },
};

/* The only files there are. */
static bool read_file(void *context, const char *path, struct text *content, struct fault *fault)
{
	(void)context;
	if (strcmp(path, "/etc/monitoring-plugins.ini") == 0)
		text_add(content, "[check_sample]\nhostname=from.default\n");
	else if (strcmp(path, "/mine") == 0)
		text_add(content, "[check_sample]\nH=from.mine\nflag=\nword=ini\n[other]\ncount=7\n");
	else if (strcmp(path, "/bad") == 0)
		text_add(content, "[check_sample]\n\nsecret-thing=hidden\n");
	else if (strcmp(path, "/flag") == 0)
		text_add(content, "[check_sample]\nflag=yes\n");
	else if (strcmp(path, "/empty") == 0)
		text_add(content, "[check_sample]\nword=\nflag=\n");
	else
		return fault_set(fault, FAULT_LOCAL, "%s: No such file", path);
	return true;
}

static const char *no_variable(const char *name)
{
	(void)name;
	return NULL;
}

static const struct option_world world = { read_file, NULL, no_variable };

struct run {
	char *line;			/* values point into it */
	struct settings settings;
	struct monitor_settings monitor;
	struct option_values values;
	struct text page;
	struct fault fault;
	enum option_outcome outcome;
};

/* Read a command line that is written with '~' between its words. */
static void read_line(struct run *run, const char *line)
{
	const struct option_table tables[] = {
		{ rows, &run->settings }, { monitor_options, &run->monitor }, { NULL, NULL },
	};
	char *copy = strdup(line), *argv[20] = { (char *)"check_sample" }, *rest = copy, *word;
	int argc = 1;

	*run = (struct run){ .line = copy, .monitor.timeout = { 30000, STATE_UNKNOWN } };
	while (*line != '\0' && (word = strsep(&rest, "~")) != NULL)
		argv[argc++] = word;
	run->outcome = options_read(&sample_plugin, tables, argc, argv, &world, &run->values,
				    &run->page, &run->fault);
}

static void release(struct run *run)
{
	words_release(&run->settings.words);
	monitor_settings_release(&run->monitor);
	option_values_release(&run->values);
	text_release(&run->page);
	free(run->line);
}

START_TEST(reads_each_kind_of_value)
{
	struct run run;

	read_line(&run, "-H~a~--hostname=b~-f~--count~12~-p587~--wait~1.5~-w~2~-c~listed=7~"
			"-t~9:critical~-vv~--output=json~--exit-ok");
	ck_assert_int_eq(run.outcome, OPTIONS_READ);
	ck_assert_uint_eq(run.settings.words.count, 2);
	ck_assert_str_eq(run.settings.words.at[1], "b");
	ck_assert(run.settings.flag);
	ck_assert_uint_eq(run.settings.count, 12);
	ck_assert_uint_eq(run.settings.port, 587);
	ck_assert_int_eq(run.settings.wait_ms, 1500);
	ck_assert_str_eq(run.monitor.warning.at[0], "2");
	ck_assert_str_eq(run.monitor.critical.at[0], "listed=7");
	ck_assert_int_eq(run.monitor.timeout.ms, 9000);
	ck_assert_int_eq(run.monitor.timeout.state, STATE_CRITICAL);
	ck_assert_uint_eq(run.monitor.verbosity, 2);
	ck_assert_int_eq(run.monitor.format, FORMAT_JSON);
	ck_assert(run.monitor.exits_ok);
	release(&run);
}
END_TEST

static const struct {
	const char *line, *fault;
} wrongs[] = {
	{ "--nothing", "--nothing is no option" },
	{ "-x", "-x is no option" },
	{ "-fx", "-x is no option" },
	{ "-H", "-H, --hostname: it needs a value" },
	{ "--word", "--word: it needs a value" },
	{ "--flag=1", "-f, --flag: it takes no value" },
	{ "--wa~1", "--wa may mean --wait --warning" },
	{ "--ver", "--ver may mean --verbose --version" },
	{ "--h~x", "--h may mean --hostname --help" },
	{ "-H~--flag", "-H, --hostname: it needs a value, and --flag is an option" },
	{ "lonely", "lonely: an argument without an option" },
	{ "--~lonely", "lonely: an argument without an option" },
	{ "-H~", "-H, --hostname: an empty value" },
	{ "--count~0", "--count: 0 is not a number" },
	{ "--count~-3", "--count: -3 is not a number" },
	{ "--count~3x", "--count: 3x is not a number" },
	{ "-p~65536", "-p, --port: 65536 is not a number from 1 to 65535" },
	{ "--wait~0", "--wait: 0 is not a number of seconds" },
	{ "--wait~99999", "--wait: 99999 is not a number of seconds" },
	{ "-t~abc", "-t, --timeout: abc is not a number of seconds" },
	{ "-t~5:bad", "-t, --timeout: bad is not ok, warning" },
	{ "--output~xml", "--output: xml is not text, json, prometheus or html" },
	{ "-H~a\nb", "-H, --hostname: a line break in its value" },
	{ "-H~a\rb", "-H, --hostname: a line break in its value" },
	{ "-n", "-n, --nocommand: it is not taken over; use --word" },
	{ "-C~x", "-C, --command: it is not taken over; use --stop-after" },
	{ "-R~x", "-R, --response: it is not taken over; use --expect" },
	{ "-P~secret", "-P, --authpass: it is not taken over; use --password-file" },
	{ "--extra~x", "--extra-opts: it must be spelled out, and takes an =" },
	{ "--extra-opts=@/gone", "--extra-opts: /gone: No such file" },
	{ "--extra-opts=none@/mine", "--extra-opts: /mine has no section [none]" },
	{ "--extra-opts=@/bad", "--extra-opts: /bad line 3: secret-thing is no option" },
	{ "--extra-opts=@/flag", "--extra-opts: /flag line 2: flag takes no value" },
	{ "--extra-opts=@/empty", "--word: an empty value" },
};

START_TEST(says_what_is_wrong_and_where)
{
	struct run run;

	read_line(&run, wrongs[_i].line);
	ck_assert_int_eq(run.outcome, OPTIONS_WRONG);
	ck_assert_msg(strncmp(run.fault.text, wrongs[_i].fault, strlen(wrongs[_i].fault)) == 0 ||
		      strstr(run.fault.text, wrongs[_i].fault) != NULL, "%s", run.fault.text);
	ck_assert_ptr_null(strstr(run.fault.text, "secret "));
	release(&run);
}
END_TEST

START_TEST(reads_ini_files_before_the_command_line)
{
	struct run run;

	read_line(&run, "--word~mine~--extra-opts=@/mine~-H~last");
	ck_assert_int_eq(run.outcome, OPTIONS_READ);
	ck_assert_str_eq(run.settings.word, "mine");
	ck_assert(run.settings.flag);
	ck_assert_uint_eq(run.settings.words.count, 2);
	ck_assert_str_eq(run.settings.words.at[0], "from.mine");
	ck_assert_str_eq(run.settings.words.at[1], "last");
	ck_assert_uint_eq(run.settings.count, 0);
	release(&run);
	read_line(&run, "--extra-opts=other@/mine");
	ck_assert_uint_eq(run.settings.count, 7);
	release(&run);
	read_line(&run, "--extra-opts");
	ck_assert_int_eq(run.outcome, OPTIONS_READ);
	ck_assert_str_eq(run.settings.words.at[0], "from.default");
	release(&run);
}
END_TEST

START_TEST(prints_help_from_the_rows)
{
	struct run run;

	read_line(&run, "-h~--nothing");
	ck_assert_int_eq(run.outcome, OPTIONS_PAGE);
	ck_assert_ptr_nonnull(strstr(text_str(&run.page), "\nHeadline\n  -H, --hostname HOST "));
	ck_assert_ptr_nonnull(strstr(text_str(&run.page), "--extra-opts[=SECTION][@FILE]"));
	ck_assert_ptr_nonnull(strstr(text_str(&run.page), "Metrics: listed score"));
	ck_assert_ptr_null(strstr(text_str(&run.page), "nocommand"));
	release(&run);
	read_line(&run, "--version");
	ck_assert_int_eq(run.outcome, OPTIONS_PAGE);
	ck_assert_int_eq(strncmp(text_str(&run.page), "check_sample (", 14), 0);
	release(&run);
}
END_TEST

/* --describe is for programs: the rows as JSON, and nobody else hears of it. */
START_TEST(describes_the_rows)
{
	json_t *whole, *option;
	struct run run;

	read_line(&run, "--help");
	ck_assert_ptr_null(strstr(text_str(&run.page), "describe"));
	release(&run);
	read_line(&run, "--describe~--nothing");
	ck_assert_int_eq(run.outcome, OPTIONS_PAGE);
	whole = json_loads(text_str(&run.page), 0, NULL);
	ck_assert_ptr_nonnull(whole);
	ck_assert_str_eq(json_string_value(json_object_get(whole, "plugin")), "check_sample");
	option = json_array_get(json_object_get(whole, "options"), 0);
	ck_assert_str_eq(json_string_value(json_object_get(option, "letter")), "H");
	ck_assert_str_eq(json_string_value(json_object_get(option, "headline")), "Headline");
	ck_assert(json_is_true(json_object_get(option, "repeatable")));
	option = json_array_get(json_object_get(whole, "options"), 6);
	ck_assert_str_eq(json_string_value(json_object_get(option, "gone")), "--word");
	ck_assert_ptr_null(json_object_get(option, "help"));
	option = json_array_get(json_object_get(whole, "metrics"), 2);
	ck_assert_str_eq(json_string_value(json_object_get(option, "warning")), "2048:");
	ck_assert(json_is_true(json_object_get(option, "subjects")));
	ck_assert_uint_eq(json_array_size(json_object_get(whole, "reasons")), 5);
	ck_assert_ptr_null(strstr(text_str(&run.page), "\"describe\""));
	json_decref(whole);
	release(&run);
}
END_TEST

Suite *suite_options(void);
Suite *suite_options(void)
{
	Suite *suite = suite_create("options");
	TCase *tcase = tcase_create("options");

	tcase_add_test(tcase, reads_each_kind_of_value);
	ADD_TABLE(tcase, says_what_is_wrong_and_where, wrongs);
	tcase_add_test(tcase, reads_ini_files_before_the_command_line);
	tcase_add_test(tcase, prints_help_from_the_rows);
	tcase_add_test(tcase, describes_the_rows);
	suite_add_tcase(suite, tcase);
	return suite;
}
