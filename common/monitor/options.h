/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef MAILPATH_MONITOR_OPTIONS_H
#define MAILPATH_MONITOR_OPTIONS_H

#include "base/fault.h"
#include "base/text.h"
#include "monitor/plugin.h"
#include "monitor/settings.h"

/* Store an option's value in its field; a flag's value is NULL. The fault says
 * what is wrong with the value; who calls puts the option in front. */
typedef bool option_reader(const char *value, void *field, struct fault *fault);

/* An option stands once: reading, --help and the check of the manual come from
 * its row. */
struct option_row {
	char letter;		/* 0: there is none */
	const char *name;	/* NULL with `help`: a headline of --help;
				 * NULL without: the end of the table */
	const char *argument;	/* what --help calls its value; NULL: a flag; "[=VALUE]": it may
				 * be left out, and is NULL then */
	option_reader *read;
	size_t field;		/* offset in the settings */
	const char *help;	/* NULL, and not `gone`: it is hidden */
	const char *gone;	/* not to be given on a command line: what to use instead. With
				 * `read`, in an ini file it may */
};

option_reader option_flag;	/* bool */
option_reader option_more;	/* unsigned: once more */
option_reader option_word;	/* const char *: the last one given */
option_reader option_text;	/* const char *: the same, and it may be empty */
option_reader option_words;	/* struct words: all of them */
option_reader option_count;	/* unsigned: a number from 1 on */
option_reader option_bytes;	/* uint64_t: a size, with K M G */
option_reader option_port;	/* uint16_t */
option_reader option_seconds;	/* int64_t: milliseconds; from 1 ms to a day */
option_reader option_timeout;	/* struct monitor_timeout: SECONDS[:STATE] */
option_reader option_format;	/* enum format */

/* The rows of struct monitor_settings. */
extern const struct option_row monitor_options[];

/* A table and the settings that its offsets count from. */
struct option_table {
	const struct option_row *rows;
	void *settings;
};

/* What reading options takes from outside. */
struct option_world {
	/* The content of a file that --extra-opts names. */
	bool (*read_file)(void *context, const char *path, struct text *content,
			  struct fault *fault);
	void *context;
	/* A variable of the environment that may be trusted, or NULL. */
	const char *(*variable)(const char *name);
};

/* Values from ini files; they must live as long as the settings. */
struct option_values {
	struct words words;	/* each owned */
};

void option_values_release(struct option_values *values);

enum option_outcome {
	OPTIONS_READ,
	OPTIONS_PAGE,		/* --help, --version or --describe: `page` is all there is to say */
	OPTIONS_WRONG,		/* the fault tells which option, and why */
};

/* Read the command line and what --extra-opts adds; the command line has the
 * last word. The tables end with one whose rows are NULL. */
enum option_outcome options_read(const struct plugin *plugin, const struct option_table *tables,
				 int argc, char **argv, const struct option_world *world,
				 struct option_values *values, struct text *page,
				 struct fault *fault);

#endif
