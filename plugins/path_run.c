/* SPDX-License-Identifier: GPL-3.0-or-later */
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "net/command.h"
#include "net/process.h"
#include "path.h"

/* Running the plugins: each begins as soon as what it needs is through. */

enum { OUTPUT_MAX = 16 << 20, MARGIN_MS = 500, MARGIN_PART = 20, PROGRAM_MAX = 4096 };

struct runner {
	struct path *path;
	enum path_run run;
	struct text output;
	pthread_t thread;
	bool has_thread;
};

/* What runs share while they run. */
struct runners {
	struct runner at[RUNS];
	pthread_mutex_t lock;
	pthread_cond_t is_done;
	bool done[RUNS];
	char *secret;			/* MAILPATH_PASSWORD, or NULL */
};

/* ---- the command lines ---- */

struct line {
	struct words words;		/* owned, each of them */
	bool failed;
};

static void put(struct line *line, const char *option, const char *value)
{
	const char *both[] = { option, value };

	for (size_t i = 0; i < 2; i++) {
		char *copy = both[i] != NULL ? strdup(both[i]) : NULL;

		if (both[i] == NULL)
			continue;
		line->failed = line->failed || copy == NULL || !words_add(&line->words, copy);
	}
}

static void put_all(struct line *line, const char *option, const struct words *values)
{
	for (size_t i = 0; i < values->count; i++)
		put(line, option, values->at[i]);
}

/* The mail server that is asked: the one that is named, or those of the domain. */
static void put_server(struct line *line, const struct path_settings *settings)
{
	if (settings->host != NULL)
		put(line, "--hostname", settings->host);
	else
		put(line, "--mx", settings->domain);
}

/* The addresses that mail is sent from. */
static void put_senders(struct line *line, const struct path_settings *settings)
{
	if (settings->addresses.count > 0)
		put_all(line, "--hostname", &settings->addresses);
	else
		put_server(line, settings);
}

/* How TLS begins is said: a --stage-option may name another port. */
static void put_smtp(struct line *line, const struct path_settings *settings, const char *port,
		     const char *tls)
{
	put_server(line, settings);
	put(line, "--port", port);
	put(line, "--tls", tls);
	if (settings->helo != NULL)
		put(line, "--helo", settings->helo);
	if (settings->ca_file != NULL)
		put(line, "--ca-file", settings->ca_file);
	if (settings->size != NULL)
		put(line, "--size", settings->size);
}

static bool has_secret(const struct path *path, const char *secret)
{
	return path->settings->password_file != NULL || secret != NULL;
}

static void put_login(struct line *line, const struct path *path, const char *secret)
{
	if (path->settings->user == NULL || !has_secret(path, secret))
		return;
	put(line, "--user", path->settings->user);
	/* Our own secret goes through a pipe. */
	put(line, "--password-file",
	    path->settings->password_file != NULL ? path->settings->password_file : "-");
}

/* Without --ip, the addresses that check_rdns found. */
static void put_ips(struct line *line, const struct path *path)
{
	const struct path_settings *settings = path->settings;
	json_t *data = json_object_get(path->reports[RUN_RDNS].root, "data"), *address;
	size_t i;

	if (settings->addresses.count > 0) {
		put_all(line, "--ip", &settings->addresses);
		return;
	}
	json_array_foreach(json_object_get(data, "addresses"), i, address)
		put(line, "--ip", json_string_value(json_object_get(address, "address")));
}

static void put_sender(struct line *line, const struct path *path)
{
	const struct path_settings *settings = path->settings;

	put(line, "--domain", settings->domain);
	put_all(line, "--selector", &settings->selectors);
	put_ips(line, path);
	if (settings->mail_from != NULL)
		put(line, "--mail-from", settings->mail_from);
	if (settings->helo != NULL)
		put(line, "--helo", settings->helo);
}

static void put_envelope(struct line *line, const struct path_settings *settings)
{
	struct text sender = { 0 };

	text_add(&sender, "postmaster@%s", settings->domain);
	put(line, "--from", settings->mail_from != NULL ? settings->mail_from : text_str(&sender));
	if (settings->to != NULL)
		put(line, "--to", settings->to);
	line->failed = line->failed || text_failed(&sender);
	text_release(&sender);
}

/* As the mail server would, but for the message. */
static void put_handover(struct line *line, const struct path_settings *settings)
{
	put(line, "--mx", strrchr(settings->to, '@') + 1);
	put_envelope(line, settings);
	if (settings->helo != NULL)
		put(line, "--helo", settings->helo);
	if (settings->size != NULL)
		put(line, "--size", settings->size);
}

/* A message of the mail server's, or the one that check_smtp_send would send. */
static void put_content(struct line *line, const struct path_settings *settings)
{
	if (settings->message != NULL)
		put(line, "--message", settings->message);
	else
		put_envelope(line, settings);
	if (settings->filter == NULL)
		return;
	put(line, "--filter", settings->filter);
	/* Who hands a message over has both. */
	if (settings->addresses.count > 0 && settings->helo != NULL) {
		put(line, "--ip", settings->addresses.at[0]);
		put(line, "--helo", settings->helo);
	}
	if (settings->message != NULL && settings->mail_from != NULL)
		put(line, "--mail-from", settings->mail_from);
	if (settings->message != NULL && settings->to != NULL)
		put(line, "--rcpt", settings->to);
}

static bool asks_of_domains(const struct words *profiles)
{
	for (size_t i = 0; i < profiles->count; i++) {
		struct slice rest = slice_of(profiles->at[i]), name;

		while (slice_split(&rest, ',', &name)) {
			if (slice_is(name, "domain"))
				return true;
		}
	}
	return false;
}

static void put_dns(struct line *line, const struct path *path)
{
	const struct words *resolvers = &path->frame->settings.resolvers;
	char number[32];

	put_all(line, "--resolver", resolvers);
	if (path->frame->settings.dns_timeout_ms > 0) {
		snprintf(number, sizeof number, "%gs",
			 (double)path->frame->settings.dns_timeout_ms / 1000);
		put(line, "--dns-timeout", number);
	}
	if (path->frame->settings.dns_tries > 0) {
		snprintf(number, sizeof number, "%u", path->frame->settings.dns_tries);
		put(line, "--dns-tries", number);
	}
	put(line, path->frame->settings.only_v4 ? "--ipv4" : NULL, NULL);
	put(line, path->frame->settings.only_v6 ? "--ipv6" : NULL, NULL);
}

static const struct {
	const char *plugin;
	const char *name;		/* of --stage-option */
	enum path_run needs;		/* this one tells the addresses; RUNS: none */
} runs[RUNS] = {
	[RUN_DNS] = { "check_spf_dmarc", "dns", RUNS },
	[RUN_SMTP] = { "check_smtp_send", "listener", RUNS },
	[RUN_SUBMISSION] = { "check_smtp_send", "submission", RUNS },
	[RUN_SUBMISSIONS] = { "check_smtp_send", "submissions", RUNS },
	[RUN_EGRESS] = { "check_smtp_send", "egress", RUNS },
	[RUN_RDNS] = { "check_rdns", "rdns", RUNS },
	[RUN_SENDER] = { "check_spf_dmarc", "sender", RUN_RDNS },
	[RUN_RECEIVERS] = { "check_spf_dmarc", "receivers", RUN_RDNS },
	[RUN_HANDOVER] = { "check_smtp_send", "handover", RUNS },
	[RUN_BLOCKLISTS] = { "check_dnsbl", "blocklists", RUNS },
	[RUN_QUEUE] = { "check_mailqueue", "queue", RUNS },
	[RUN_LOG] = { "check_maillog", "log", RUNS },
	[RUN_CONTENT] = { "check_mailcontent", "content", RUNS },
};

/* Whom a run waits for; RUNS: nobody. */
static enum path_run ground_of(const struct path *path, enum path_run run)
{
	enum path_run ground = runs[run].needs;

	return path->settings->addresses.count == 0 && ground != RUNS && path->reports[ground].was_asked ?
	       ground : RUNS;
}

static void put_own(struct line *line, const struct path *path, enum path_run run,
		    const char *secret)
{
	const struct path_settings *settings = path->settings;

	switch (run) {
	case RUN_DNS:
		put(line, "--domain", settings->domain);
		put(line, "--only", "mx");
		break;
	case RUN_SMTP:
		put_smtp(line, settings, "25", "opportunistic");
		break;
	case RUN_SUBMISSION:
		put_smtp(line, settings, "587", "starttls");
		put_login(line, path, secret);
		break;
	case RUN_SUBMISSIONS:
		put_smtp(line, settings, "465", "implicit");
		put_login(line, path, secret);
		break;
	case RUN_EGRESS:
		put(line, "--egress", NULL);
		put_all(line, "--egress-target", &settings->targets);
		put_all(line, "--egress-control", &settings->controls);
		break;
	case RUN_RDNS:
		put_senders(line, settings);
		put(line, "--sender-domain", settings->domain);
		if (settings->helo != NULL)
			put(line, "--helo", settings->helo);
		break;
	case RUN_SENDER:
		put_sender(line, path);
		break;
	case RUN_RECEIVERS:
		put_sender(line, path);
		put(line, "--profile", "bulk");
		break;
	case RUN_HANDOVER:
		put_handover(line, settings);
		break;
	case RUN_BLOCKLISTS:
		put_senders(line, settings);
		/* Lists of domains do not come without being asked for. */
		if (asks_of_domains(&settings->profiles))
			put(line, "--domain", settings->domain);
		put_all(line, "--zone", &settings->zones);
		put_all(line, "--profile", &settings->profiles);
		break;
	case RUN_QUEUE:
		put(line, "--reasons", NULL);
		put(line, "--warning", "self_inflicted=0");
		break;
	case RUN_LOG:
		put(line, "--warning", "self_inflicted=0");
		break;
	case RUN_CONTENT:
		put_content(line, settings);
		break;
	case RUNS:
		break;
	}
}

/* "queue:--mta=exim": the option, if it is for this run, or NULL. */
static const char *option_for(enum path_run run, const char *word)
{
	struct slice rest = slice_of(word), name;

	return slice_split(&rest, ':', &name) && slice_is(name, runs[run].name) && rest.len > 0 &&
	       rest.at[0] == '-' ? rest.at : NULL;
}

bool path_option_is_known(const char *word)
{
	for (enum path_run run = 0; run < RUNS; run++) {
		if (option_for(run, word) != NULL)
			return true;
	}
	return false;
}

bool path_has_option(const struct path *path, enum path_run run)
{
	for (size_t i = 0; i < path->settings->extra.count; i++) {
		if (option_for(run, path->settings->extra.at[i]) != NULL)
			return true;
	}
	return false;
}

static void put_extra(struct line *line, const struct path *path, enum path_run run)
{
	for (size_t i = 0; i < path->settings->extra.count; i++)
		put(line, option_for(run, path->settings->extra.at[i]), NULL);
}

/* Each gets what is left, but for the time that who waits for it needs; and it has to
 * start and to print, beside all the others. */
static void put_timeout(struct line *line, const struct path *path, enum path_run run)
{
	int64_t left_ms = (path->frame->deadline.at_us - now_us()) / 1000;
	char number[32];

	left_ms -= MARGIN_MS + left_ms / MARGIN_PART;
	for (enum path_run i = 0; i < RUNS; i++) {
		if (ground_of(path, i) == run && path->reports[i].was_asked) {
			left_ms /= 2;
			break;
		}
	}
	snprintf(number, sizeof number, "%lldms", (long long)(left_ms > 100 ? left_ms : 100));
	put(line, "--timeout", number);
}

static void print_program(enum path_run run, char program[PROGRAM_MAX])
{
	snprintf(program, PROGRAM_MAX, "%s/%s", PLUGINDIR, runs[run].plugin);
}

static void make_line(struct line *line, const struct path *path, enum path_run run,
		      const char *secret)
{
	char program[PROGRAM_MAX];

	print_program(run, program);
	put(line, program, NULL);
	put_own(line, path, run, secret);
	if (run != RUN_QUEUE && run != RUN_LOG)
		put_dns(line, path);
	put_extra(line, path, run);
	put(line, "--output", "json");
	put_timeout(line, path, run);
}

static void release_line(struct line *line)
{
	for (size_t i = 0; i < line->words.count; i++)
		free((char *)line->words.at[i]);
	words_release(&line->words);
}

/* ---- running ---- */

static void keep_output(void *context, struct slice bytes)
{
	struct runner *runner = context;

	if (runner->output.len + bytes.len <= OUTPUT_MAX)
		text_add_slice(&runner->output, bytes);
	else
		runner->output.failed = true;
}

static void complain(struct path_report *report, const char *words)
{
	size_t len = strcspn(words, "\n");

	report->complaint = strndup(words, len);
}

/* What came, or why nothing did. */
static void read_report(struct runner *runner, struct path_report *report,
			const struct command_end *end)
{
	json_error_t error;

	report->root = text_failed(&runner->output) ? NULL :
		       json_loadb(text_str(&runner->output), runner->output.len, JSON_ALLOW_NUL, &error);
	if (json_is_object(report->root) && json_is_array(json_object_get(report->root, "findings")))
		return;
	json_decref(report->root);
	report->root = NULL;
	/* Wrong usage is a line of text. */
	if (runner->output.len > 0)
		complain(report, text_str(&runner->output));
	else if (end->complaint[0] != '\0')
		complain(report, end->complaint);
	else
		complain(report, "it said nothing");
}

static void run_plugin(struct runner *runner, const char *secret)
{
	struct path *path = runner->path;
	struct path_report *report = &path->reports[runner->run];
	struct command command = { .variable = NULL };
	struct line line = { 0 };
	struct command_end end;
	struct fault fault;
	int64_t begun = now_us();

	make_line(&line, path, runner->run, secret);
	if (path->settings->user != NULL && path->settings->password_file == NULL && secret != NULL &&
	    (runner->run == RUN_SUBMISSION || runner->run == RUN_SUBMISSIONS))
		command.input = slice_of(secret);
	if (line.failed || !words_add(&line.words, NULL)) {
		complain(report, "out of memory");
	} else {
		line.words.count--;
		command.arguments = line.words.at;
		if (command_run(&command, &path->frame->deadline, keep_output, runner, &end, &fault)) {
			read_report(runner, report, &end);
		} else {
			report->is_late = fault.kind == FAULT_TIMEOUT;
			complain(report, fault.text);
		}
	}
	report->us = now_us() - begun;
	release_line(&line);
	text_release(&runner->output);
}

/* One line a run, for who watches. */
static void show_progress(const struct path *path, enum path_run run)
{
	const struct path_report *report = &path->reports[run];
	const char *state = json_string_value(json_object_get(report->root, "state"));

	if (isatty(STDERR_FILENO))
		fprintf(stderr, "%-12s %s (%.1f s)\n", runs[run].name, state != NULL ? state : "no answer",
			(double)report->us / 1e6);
}

static void *run_thread(void *argument)
{
	struct { struct runners *all; enum path_run run; } *task = argument;
	struct runners *all = task->all;
	enum path_run run = task->run, ground = ground_of(all->at[run].path, run);

	free(task);
	if (ground != RUNS) {
		pthread_mutex_lock(&all->lock);
		while (!all->done[ground])
			pthread_cond_wait(&all->is_done, &all->lock);
		pthread_mutex_unlock(&all->lock);
	}
	run_plugin(&all->at[run], all->secret);
	pthread_mutex_lock(&all->lock);
	all->done[run] = true;
	show_progress(all->at[run].path, run);
	pthread_cond_broadcast(&all->is_done);
	pthread_mutex_unlock(&all->lock);
	return NULL;
}

static bool start(struct runners *all, enum path_run run)
{
	struct { struct runners *all; enum path_run run; } *task = malloc(sizeof *task);

	if (task == NULL)
		return false;
	task->all = all;
	task->run = run;
	if (pthread_create(&all->at[run].thread, NULL, run_thread, task) == 0)
		return true;
	free(task);
	return false;
}

/* Is a run any stage's that is wanted, and are its options given? */
static bool is_needed(const struct path *path, enum path_run run)
{
	char program[PROGRAM_MAX];

	print_program(run, program);
	if (access(program, X_OK) != 0)
		return false;
	if (run == RUN_EGRESS && path->settings->targets.count == 0 && !path->settings->wants_egress)
		return false;
	if (run == RUN_HANDOVER && path->settings->to == NULL)
		return false;
	/* Who has a mail server of the domain in mind asks its port 25 only. */
	if ((run == RUN_SUBMISSION || run == RUN_SUBMISSIONS) && path->settings->host == NULL)
		return false;
	for (enum path_stage stage = 0; stage < STAGES; stage++) {
		for (size_t i = 0; path->is_wanted[stage] && i < PATH_RUNS; i++) {
			if (path_stage_row(stage)->runs[i] == run)
				return true;
		}
	}
	return false;
}

void path_run(struct path *path)
{
	struct runners all = {
		.lock = PTHREAD_MUTEX_INITIALIZER, .is_done = PTHREAD_COND_INITIALIZER,
		.secret = process_take_secret("MAILPATH_PASSWORD"),
	};

	for (enum path_run run = 0; run < RUNS; run++) {
		all.at[run] = (struct runner){ .path = path, .run = run };
		path->reports[run].was_asked = is_needed(path, run);
		all.done[run] = !path->reports[run].was_asked;
	}
	for (enum path_run run = 0; run < RUNS; run++) {
		if (!path->reports[run].was_asked)
			continue;
		all.at[run].has_thread = start(&all, run);
		if (!all.at[run].has_thread) {
			complain(&path->reports[run], "no thread could be started");
			pthread_mutex_lock(&all.lock);
			all.done[run] = true;
			pthread_cond_broadcast(&all.is_done);
			pthread_mutex_unlock(&all.lock);
		}
	}
	for (enum path_run run = 0; run < RUNS; run++) {
		if (all.at[run].has_thread)
			pthread_join(all.at[run].thread, NULL);
	}
	if (all.secret != NULL)
		explicit_bzero(all.secret, strlen(all.secret));
	free(all.secret);
}

void path_release(struct path *path)
{
	for (enum path_run run = 0; run < RUNS; run++) {
		json_decref(path->reports[run].root);
		free(path->reports[run].complaint);
	}
}
