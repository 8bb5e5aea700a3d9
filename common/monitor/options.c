/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "config.h"
#include "monitor/options.h"

#include <getopt.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "monitor/describe.h"
#include "monitor/ini.h"

/* ---- readers ---- */

bool option_flag(const char *value, void *field, struct fault *fault)
{
	(void)value, (void)fault;
	*(bool *)field = true;
	return true;
}

bool option_more(const char *value, void *field, struct fault *fault)
{
	(void)value, (void)fault;
	++*(unsigned *)field;
	return true;
}

bool option_word(const char *value, void *field, struct fault *fault)
{
	if (*value == '\0')
		return fault_set(fault, FAULT_USAGE, "an empty value");
	*(const char **)field = value;
	return true;
}

bool option_text(const char *value, void *field, struct fault *fault)
{
	(void)fault;
	*(const char **)field = value;
	return true;
}

bool option_words(const char *value, void *field, struct fault *fault)
{
	if (*value == '\0')
		return fault_set(fault, FAULT_USAGE, "an empty value");
	return words_add(field, value) || fault_set(fault, FAULT_LOCAL, "out of memory");
}

static bool read_number(const char *value, uint64_t max, uint64_t *number, struct fault *fault)
{
	if (!slice_number(slice_of(value), max, number) || *number == 0)
		return fault_set(fault, FAULT_USAGE, "%s is not a number from 1 to %llu", value,
				 (unsigned long long)max);
	return true;
}

bool option_count(const char *value, void *field, struct fault *fault)
{
	uint64_t number;

	if (!read_number(value, 1000000, &number, fault))
		return false;
	*(unsigned *)field = (unsigned)number;
	return true;
}

bool option_bytes(const char *value, void *field, struct fault *fault)
{
	double bytes;

	if (!quantity_parse(slice_of(value), UNIT_BYTES, &bytes) || bytes < 1)
		return fault_set(fault, FAULT_USAGE, "%s is no number of bytes, such as 25M", value);
	*(uint64_t *)field = (uint64_t)bytes;
	return true;
}

bool option_port(const char *value, void *field, struct fault *fault)
{
	uint64_t number;

	if (!read_number(value, UINT16_MAX, &number, fault))
		return false;
	*(uint16_t *)field = (uint16_t)number;
	return true;
}

static bool read_ms(struct slice value, int64_t *ms, struct fault *fault)
{
	double seconds;

	if (!quantity_parse(value, UNIT_SECONDS, &seconds) || seconds < 0.001 || seconds > 86400)
		return fault_set(fault, FAULT_USAGE, "%.*s is not a number of seconds up to a day",
				 (int)value.len, value.at);
	*ms = (int64_t)(seconds * 1000 + 0.5);
	return true;
}

bool option_seconds(const char *value, void *field, struct fault *fault)
{
	return read_ms(slice_of(value), field, fault);
}

bool option_timeout(const char *value, void *field, struct fault *fault)
{
	struct monitor_timeout *timeout = field;
	struct slice rest = slice_of(value), seconds;

	slice_split(&rest, ':', &seconds);
	if (!read_ms(seconds, &timeout->ms, fault))
		return false;
	if (rest.at != NULL && !state_parse(rest, &timeout->state))
		return fault_set(fault, FAULT_USAGE, "%s is not ok, warning, critical or unknown",
				 rest.at);
	return true;
}

bool option_format(const char *value, void *field, struct fault *fault)
{
	static const char *const names[] = {
		[FORMAT_TEXT] = "text", [FORMAT_JSON] = "json", [FORMAT_PROMETHEUS] = "prometheus",
		[FORMAT_HTML] = "html",
	};

	for (size_t i = 0; i < sizeof names / sizeof *names; i++) {
		if (strcmp(value, names[i]) == 0) {
			*(enum format *)field = (enum format)i;
			return true;
		}
	}
	return fault_set(fault, FAULT_USAGE, "%s is not text, json, prometheus or html", value);
}

/* ---- the rows that all plugins have ---- */

#define FIELD(name) offsetof(struct monitor_settings, name)

const struct option_row monitor_options[] = {
	{ .help = "Verdict" },
	{ 'w', "warning", "[METRIC=]RANGE", option_words, FIELD(warning),
	  "warn when the metric (default: the first one) is out of the range; repeatable", NULL },
	{ 'c', "critical", "[METRIC=]RANGE", option_words, FIELD(critical),
	  "the same for critical", NULL },
	{ 0, "state-for", "REASON=STATE", option_words, FIELD(state_for),
	  "what a finding with this reason means here: ok, warning, critical or unknown; repeatable",
	  NULL },
	{ 0, "ignore", "REASON[:SUBJECT]", option_words, FIELD(ignore),
	  "show such a finding, but do not let it count; repeatable", NULL },
	{ 't', "timeout", "SECONDS[:STATE]", option_timeout, FIELD(timeout),
	  "end the whole run after so long (30), as STATE (unknown)", NULL },
	{ 0, "exit-ok", NULL, option_flag, FIELD(exits_ok), "exit with 0 whatever was found", NULL },
	{ .help = "Output" },
	{ 0, "output", "text|json|prometheus|html", option_format, FIELD(format),
	  "the format (text)", NULL },
	{ 0, "output-file", "FILE", option_word, FIELD(output_file),
	  "write the output to FILE, by rename, instead of standard output", NULL },
	{ 0, "redact", NULL, option_flag, FIELD(redacts),
	  "put placeholders in the place of addresses, names and paths", NULL },
	{ 'v', "verbose", NULL, option_more, FIELD(verbosity),
	  "every finding; twice: what was asked and answered, too; three times: everything", NULL },
	{ 0, "list-reasons", NULL, option_flag, FIELD(lists_reasons),
	  "print all reasons with their cures", NULL },
	{ .help = "Other" },
	{ 0, "extra-opts", "[=SECTION][@FILE]", NULL, 0,
	  "read options from an ini file, as with the Monitoring Plugins",
	  NULL },
	{ 'h', "help", NULL, NULL, 0, "print this", NULL },
	{ 'V', "version", NULL, NULL, 0, "print the version", NULL },
	{ 0, "describe", NULL, NULL, 0, NULL, NULL },	/* hidden: for contrib/generate */
	/* Of check_smtp, and not taken over by any plugin of ours. */
	{ 'C', "command", "COMMAND", NULL, 0, NULL, "--stop-after of check_smtp_send" },
	{ 'R', "response", "TEXT", NULL, 0, NULL, "--expect of check_smtp_send" },
	{ 'P', "authpass", "PASSWORD", NULL, 0, NULL,
	  "--password-file of check_smtp_send: a password does not belong on a command line" },
	{ 0 },
};

/* ---- --help and --version ---- */

/* "[=VALUE]": the value may be left out. */
static bool is_optional(const struct option_row *row)
{
	return row->argument != NULL && strncmp(row->argument, "[=", 2) == 0;
}

static void print_row(struct text *page, const struct option_row *row)
{
	enum { COLUMN = 34 };
	size_t from = page->len;

	if (row->letter != 0)
		text_add(page, "  -%c, --%s", row->letter, row->name);
	else
		text_add(page, "      --%s", row->name);
	if (row->argument != NULL)
		text_add(page, "%s%s", is_optional(row) ? "" : " ", row->argument);
	if (page->len - from >= COLUMN) {
		text_add_char(page, '\n');
		from = page->len;
	}
	text_add(page, "%*s%s\n", (int)(COLUMN - (page->len - from)), "", row->help);
}

static void print_help(struct text *page, const struct plugin *plugin,
		       const struct option_table *tables)
{
	text_add(page, "%s %s - %s\n\nUsage: %s %s\n", plugin->name, PACKAGE_VERSION,
		 plugin->purpose, plugin->name, plugin->usage);
	for (; tables->rows != NULL; tables++) {
		for (const struct option_row *row = tables->rows; row->name || row->help; row++) {
			if (row->name == NULL)
				text_add(page, "\n%s\n", row->help);
			else if (row->gone == NULL && row->help != NULL)
				print_row(page, row);
		}
	}
	text_add(page, "\nMetrics:");
	for (const struct metric_row *metric = plugin->metrics; metric->label != NULL; metric++)
		text_add(page, " %s", metric->label);
	text_add(page, "\nManual: man %s\n", plugin->name);
}

/* ---- --extra-opts ---- */

void option_values_release(struct option_values *values)
{
	for (size_t i = 0; i < values->words.count; i++) {
		char *word = (char *)values->words.at[i];

		explicit_bzero(word, strlen(word));	/* it may be a secret */
		free(word);
	}
	words_release(&values->words);
}

static const struct option_row *row_named(const struct option_table *tables, struct slice name,
					  void **settings)
{
	for (; tables->rows != NULL; tables++) {
		for (const struct option_row *row = tables->rows; row->name || row->help; row++) {
			if (row->name != NULL && (slice_is(name, row->name) ||
						  (name.len == 1 && name.at[0] == row->letter))) {
				*settings = tables->settings;
				return row;
			}
		}
	}
	return NULL;
}

/* The item as a word of a command line. */
static bool add_item(const struct option_table *tables, const struct ini_item *item,
		     struct option_values *values, struct words *words, struct fault *fault)
{
	void *settings;
	const struct option_row *row = row_named(tables, item->name, &settings);
	struct text word = { 0 };
	bool is_only_here;
	char *taken;

	if (row == NULL || strcmp(row->name, "extra-opts") == 0)
		return fault_set(fault, FAULT_USAGE, "%.*s is no option", (int)item->name.len,
				 item->name.at);
	if (row->argument == NULL && item->value.len > 0)
		return fault_set(fault, FAULT_USAGE, "%s takes no value", row->name);
	is_only_here = row->gone != NULL && row->read != NULL;
	if (!is_only_here)
		text_add(&word, "--%s", row->name);
	if (!is_only_here && row->argument != NULL && (item->value.len > 0 || !is_optional(row)))
		text_add_char(&word, '=');
	text_add_slice(&word, item->value);
	if (word.len == 0)
		return fault_set(fault, FAULT_USAGE, "%s: an empty value", row->name);
	taken = text_take(&word);
	if (taken == NULL || !words_add(&values->words, taken)) {
		free(taken);
		return fault_set(fault, FAULT_LOCAL, "out of memory");
	}
	if (is_only_here)
		return row->read(taken, (char *)settings + row->field, fault);
	return words_add(words, taken) || fault_set(fault, FAULT_LOCAL, "out of memory");
}

static bool add_section(const struct option_table *tables, const char *path, struct slice bytes,
			const char *section, struct option_values *values, struct words *words,
			struct fault *fault)
{
	struct ini_reader reader = ini_open(bytes, section);
	struct ini_item item;
	enum ini_parse got;

	while ((got = ini_next(&reader, &item, fault)) == INI_ITEM) {
		if (!add_item(tables, &item, values, words, fault))
			return fault_prefix(fault, "%s line %u: ", path, reader.line);
	}
	if (got == INI_BAD)
		return fault_prefix(fault, "%s ", path);
	if (!reader.was_found)
		return fault_set(fault, FAULT_USAGE, "%s has no section [%s]", path, section);
	return true;
}

/* Read the first of `names` that is there. A file that is there and may not be
 * read ends the search: what stands in it was meant. */
static bool read_first(const struct option_world *world, struct slice folder,
		       const char *const *names, size_t count, struct text *path,
		       struct text *content, struct fault *fault)
{
	for (size_t i = 0; i < count; i++) {
		text_release(path);
		text_add_slice(path, folder);
		text_add(path, "/%s", names[i]);
		if (world->read_file(world->context, text_str(path), content, fault))
			return true;
		text_release(content);
		if (fault->kind == FAULT_PERMISSION)
			return false;
	}
	return fault_set(fault, FAULT_USAGE, "no ini file where the Monitoring Plugins have theirs");
}

/* The file that the Monitoring Plugins would read. */
static bool read_default_file(const struct option_world *world, struct text *path,
			      struct text *content, struct fault *fault)
{
	static const char *const names[] = {
		"monitoring-plugins.ini", "plugins.ini", "nagios-plugins.ini",
	};
	static const char *const places[] = {
		"usr/local/etc/monitoring-plugins/monitoring-plugins.ini",
		"usr/local/etc/monitoring-plugins.ini",
		"etc/monitoring-plugins/monitoring-plugins.ini",
		"etc/monitoring-plugins.ini",
		"usr/local/etc/nagios/plugins.ini",
		"usr/local/etc/nagios-plugins.ini",
		"etc/nagios/plugins.ini",
		"etc/nagios-plugins.ini",
	};
	const char *file = world->variable("MP_CONFIG_FILE");
	const char *folders = world->variable("NAGIOS_CONFIG_PATH");
	struct slice rest = { NULL, 0 }, folder;

	if (file != NULL) {
		text_add(path, "%s", file);
		return world->read_file(world->context, file, content, fault);
	}
	if (folders != NULL)
		rest = slice_of(folders);
	while (slice_split(&rest, ':', &folder)) {
		if (read_first(world, folder, names, sizeof names / sizeof *names, path, content,
			       fault))
			return true;
		if (fault->kind == FAULT_PERMISSION)
			return false;
	}
	return read_first(world, slice_of(""), places, sizeof places / sizeof *places, path, content,
			  fault);
}

/* [SECTION][@FILE] */
static bool add_extra(const struct plugin *plugin, const struct option_table *tables,
		      const char *what, const struct option_world *world,
		      struct option_values *values, struct words *words, struct fault *fault)
{
	size_t len = strcspn(what, "@");
	struct text section = { 0 }, path = { 0 }, content = { 0 };
	bool good;

	text_add(&section, "%.*s", (int)len, what);
	if (section.len == 0)
		text_add(&section, "%s", plugin->name);
	if (what[len] == '@') {
		text_add(&path, "%s", what + len + 1);
		good = world->read_file(world->context, text_str(&path), &content, fault);
	} else {
		good = read_default_file(world, &path, &content, fault);
	}
	good = good && add_section(tables, text_str(&path), text_slice(&content), text_str(&section),
				   values, words, fault);
	if (content.at != NULL)
		explicit_bzero(content.at, content.size);
	text_release(&content);
	text_release(&section);
	text_release(&path);
	return good || fault_prefix(fault, "--extra-opts: ");
}

/* Is it --extra-opts? Then `what` is what stands behind its '=', or "". */
static bool is_extra(const char *word, const char **what)
{
	static const char name[] = "--extra-opts";
	size_t len = sizeof name - 1;

	if (strncmp(word, name, len) != 0 || (word[len] != '\0' && word[len] != '='))
		return false;
	*what = word[len] == '=' ? word + len + 1 : "";
	return true;
}

/* The words of the command line, with those of ini files in front: who speaks
 * last is right. */
static bool expand(const struct plugin *plugin, const struct option_table *tables, int argc,
		   char **argv, const struct option_world *world, struct option_values *values,
		   struct words *words, struct fault *fault)
{
	const char *what;

	fault_set(fault, FAULT_LOCAL, "out of memory");
	if (!words_add(words, plugin->name))
		return false;
	for (int i = 1; i < argc && strcmp(argv[i], "--") != 0; i++) {
		if (!is_extra(argv[i], &what))
			continue;
		/* No option of ours begins without a '-'. */
		if (strchr(argv[i], '=') == NULL && i + 1 < argc && argv[i + 1][0] != '-')
			return fault_set(fault, FAULT_USAGE, "--extra-opts: its value stands behind an =: "
					 "--extra-opts=%s", argv[i + 1]);
		if (!add_extra(plugin, tables, what, world, values, words, fault))
			return false;
	}
	for (int i = 1; i < argc; i++) {
		if (!is_extra(argv[i], &what) && !words_add(words, argv[i]))
			return false;
	}
	return true;
}

/* ---- the command line ---- */

/* Rows and settings as getopt_long() wants them. */
struct getopt_view {
	struct option *longs;
	char letters[3 * 64 + 2];
	const struct option_row **rows;
	void **settings;
	size_t count;
};

enum {
	LETTERS_MAX = 64,
	FIRST_LONG = 256,	/* what getopt_long() gives for the first long name */
};

static int takes_value(const struct option_row *row)
{
	if (row->argument == NULL)
		return no_argument;
	return is_optional(row) ? optional_argument : required_argument;
}

static bool view_open(struct getopt_view *view, const struct option_table *tables)
{
	size_t letters = 0, at = 1, most = 1;

	for (const struct option_table *table = tables; table->rows != NULL; table++) {
		for (const struct option_row *row = table->rows; row->name || row->help; row++)
			most++;
	}
	view->longs = calloc(most, sizeof *view->longs);
	view->rows = calloc(most, sizeof *view->rows);
	view->settings = calloc(most, sizeof *view->settings);
	if (view->longs == NULL || view->rows == NULL || view->settings == NULL)
		return false;
	view->letters[0] = ':';
	for (; tables->rows != NULL; tables++) {
		for (const struct option_row *row = tables->rows; row->name || row->help; row++) {
			if (row->name == NULL)
				continue;
			view->rows[view->count] = row;
			view->settings[view->count] = tables->settings;
			view->longs[view->count] = (struct option){
				row->name, takes_value(row), NULL, FIRST_LONG + (int)view->count };
			view->count++;
			if (row->letter == 0 || letters++ == LETTERS_MAX)
				continue;
			view->letters[at++] = row->letter;
			if (row->argument != NULL)
				view->letters[at++] = ':';
		}
	}
	view->letters[at] = '\0';
	return true;
}

static void view_close(struct getopt_view *view)
{
	free(view->longs);
	free(view->rows);
	free(view->settings);
}

static bool wrong(const struct option_row *row, struct fault *fault)
{
	if (row->letter != 0)
		return fault_prefix(fault, "-%c, --%s: ", row->letter, row->name);
	return fault_prefix(fault, "--%s: ", row->name);
}

/* The row of what getopt_long() gave; NULL: there is none. */
static const struct option_row *row_of(const struct getopt_view *view, int got, size_t *index)
{
	for (*index = 0; *index < view->count; ++*index) {
		if (got == FIRST_LONG + (int)*index || (got != 0 && view->rows[*index]->letter == got))
			return view->rows[*index];
	}
	return NULL;
}

/* The names that a word such as "--ti=5" may be short for. */
static bool ambiguous(const struct getopt_view *view, const char *word, struct fault *fault)
{
	size_t len = strcspn(word, "="), matches = 0;
	char names[128] = "";

	for (size_t i = 0; len > 2 && i < view->count; i++) {
		size_t used = strlen(names);

		if (strncmp(view->rows[i]->name, word + 2, len - 2) != 0)
			continue;
		matches++;
		snprintf(names + used, sizeof names - used, " --%s", view->rows[i]->name);
	}
	if (matches < 2)
		return fault_set(fault, FAULT_USAGE, "%s is no option (see --help)", word);
	return fault_set(fault, FAULT_USAGE, "%s may mean%s", word, names);
}

/* getopt_long() stopped at something that is no option, or lacks its value. */
static bool unknown(const struct getopt_view *view, int got, const char *word, struct fault *fault)
{
	size_t unused;
	const struct option_row *row = row_of(view, optopt, &unused);

	if (row != NULL) {
		fault_set(fault, FAULT_USAGE, got == ':' ? "it needs a value" : "it takes no value");
		return wrong(row, fault);
	}
	if (optopt != 0)
		return fault_set(fault, FAULT_USAGE, "-%c is no option (see --help)", optopt);
	return ambiguous(view, word, fault);
}

/* "-H --port 25": the value is missing. */
static bool is_option(const struct option_table *tables, const char *value)
{
	void *unused;

	return strncmp(value, "--", 2) == 0 && row_named(tables, slice_of(value + 2), &unused) != NULL;
}

static enum option_outcome read_words(const struct plugin *plugin, const struct getopt_view *view,
				      const struct option_table *tables, int argc, char **argv,
				      struct text *page, struct fault *fault)
{
	size_t index;
	int got;

	optind = 0;	/* glibc: begin anew */
	opterr = 0;
	while ((got = getopt_long(argc, argv, view->letters, view->longs, NULL)) != -1) {
		const struct option_row *row = row_of(view, got, &index);

		if (row == NULL) {
			unknown(view, got, argv[optind - 1], fault);
			return OPTIONS_WRONG;
		}
		if (row->letter == 'h') {
			print_help(page, plugin, tables);
			return OPTIONS_PAGE;
		}
		if (strcmp(row->name, "describe") == 0) {
			describe_plugin(plugin, tables, page);
			return OPTIONS_PAGE;
		}
		if (row->letter == 'V') {
			text_add(page, "%s (%s) %s\n", plugin->name, PACKAGE_NAME, PACKAGE_VERSION);
			return OPTIONS_PAGE;
		}
		if (row->gone != NULL) {
			fault_set(fault, FAULT_USAGE, "it is not taken over; use %s", row->gone);
			wrong(row, fault);
			return OPTIONS_WRONG;
		}
		if (row->read == NULL)
			fault_set(fault, FAULT_USAGE,
				  "it must be spelled out, and takes an = before its value");
		else if (optarg != NULL && is_option(tables, optarg))
			fault_set(fault, FAULT_USAGE, "it needs a value, and %s is an option", optarg);
		else if (optarg != NULL && strpbrk(optarg, "\r\n") != NULL)
			fault_set(fault, FAULT_USAGE, "a line break in its value");
		else if (row->read(optarg, (char *)view->settings[index] + row->field, fault))
			continue;
		wrong(row, fault);
		return OPTIONS_WRONG;
	}
	if (optind < argc) {
		fault_set(fault, FAULT_USAGE, "%s: an argument without an option (see --help)",
			  argv[optind]);
		return OPTIONS_WRONG;
	}
	return OPTIONS_READ;
}

enum option_outcome options_read(const struct plugin *plugin, const struct option_table *tables,
				 int argc, char **argv, const struct option_world *world,
				 struct option_values *values, struct text *page,
				 struct fault *fault)
{
	enum option_outcome outcome = OPTIONS_WRONG;
	struct getopt_view view = { 0 };
	struct words words = { 0 };

	if (!view_open(&view, tables))
		fault_set(fault, FAULT_LOCAL, "out of memory");
	else if (expand(plugin, tables, argc, argv, world, values, &words, fault) &&
		 (words_add(&words, NULL) || fault_set(fault, FAULT_LOCAL, "out of memory")))
		outcome = read_words(plugin, &view, tables, (int)words.count - 1,
				     (char **)words.at, page, fault);
	words_release(&words);
	view_close(&view);
	return outcome;
}
