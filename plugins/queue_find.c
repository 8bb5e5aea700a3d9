/* SPDX-License-Identifier: GPL-3.0-or-later */
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/grow.h"
#include "net/command.h"
#include "net/file.h"
#include "queue_look.h"

/* Which mail server is here, and where its queues are: from its configuration. */

enum { CONFIG_MAX = 4 << 20 };

static bool is_there(const char *path)
{
	return access(path, F_OK) == 0;
}

static const char *first_there(const char *const *paths)
{
	for (size_t i = 0; i < QUEUE_WAYS && paths[i] != NULL; i++) {
		if (is_there(paths[i]))
			return paths[i];
	}
	return NULL;
}

/* Configured, and installed: packages leave their configuration behind. */
static bool is_used_here(const struct queue_mta *mta)
{
	return first_there(mta->configs) != NULL &&
	       (command_find(mta->commands[0].programs, QUEUE_WAYS) != NULL ||
		first_there(mta->spools) != NULL);
}

/* Does a spool look like one of its? */
static bool fits(const struct queue_mta *mta, const char *spool)
{
	const struct queue_folder *folders = mta->spool.folders;
	struct text path = { 0 };
	size_t there = 0, count = 0;

	for (; count < QUEUE_FOLDERS && folders[count].path != NULL; count++) {
		text_truncate(&path, 0);
		text_add(&path, "%s/%s", spool, folders[count].path);
		there += strcmp(folders[count].path, ".") != 0 && is_there(text_str(&path));
	}
	text_release(&path);
	return there > 0 && there * 2 >= count;
}

static const struct queue_mta *choose(const struct queue_settings *settings)
{
	const char *word = settings->mta;

	if (word != NULL && strcmp(word, "auto") != 0)
		return queue_mta_find(word);
	if (settings->queue_dir != NULL) {
		for (size_t i = 0; queue_mtas[i] != NULL; i++) {
			if (fits(queue_mtas[i], settings->queue_dir))
				return queue_mtas[i];
		}
	}
	if (settings->config_dir != NULL || settings->instance != NULL)
		return &queue_postfix;
	for (size_t i = 0; queue_mtas[i] != NULL; i++) {
		if (is_used_here(queue_mtas[i]))
			return queue_mtas[i];
	}
	return NULL;
}

void queue_find_missing(const struct queue_settings *settings, struct frame *frame)
{
	struct text text = { 0 };

	if (settings->queue_dir != NULL)
		text_add(&text, "this is no spool of a mail server that is known here");
	else
		text_add(&text, "found no configuration of");
	for (size_t i = 0; queue_mtas[i] != NULL && settings->queue_dir == NULL; i++)
		text_add(&text, "%s %s", i > 0 ? "," : "", queue_mtas[i]->title);
	result_add(&frame->result, STATE_UNKNOWN, "mta_missing", "queue",
		   settings->queue_dir != NULL ? settings->queue_dir : "machine", &text);
}

void queue_find_several(const struct queue_instances *instances,
			const struct queue_settings *settings, struct frame *frame)
{
	struct text text = { 0 };
	size_t others = 0;

	if ((settings->mta != NULL && strcmp(settings->mta, "auto") != 0) ||
	    settings->queue_dir != NULL || settings->config_dir != NULL)
		return;
	for (size_t i = 0; queue_mtas[i] != NULL; i++) {
		if (queue_mtas[i] != instances->mta && is_used_here(queue_mtas[i]))
			text_add(&text, "%s%s", others++ > 0 ? ", " : "there is also ", queue_mtas[i]->title);
	}
	if (others > 0)
		result_add(&frame->result, STATE_OK, "mta_several", "queue", instances->mta->name, &text);
	else
		text_release(&text);
}

/* ---- configurations ---- */

/* A value in a configuration file; false: none, or it cannot be read. */
static bool read_setting(const char *path, const char *name, struct text *value)
{
	struct deadline soon = deadline_from(now_us(), 1000);
	struct text config = { 0 };
	struct fault fault;
	bool good = file_read(path, CONFIG_MAX, &soon, &config, &fault) &&
		    queue_setting(text_slice(&config), name, value);

	text_release(&config);
	return good;
}

static bool read_in_dir(const char *config_dir, const char *name, struct text *value)
{
	struct text path = { 0 };
	bool good;

	text_add(&path, "%s/main.cf", config_dir);
	good = read_setting(text_str(&path), name, value);
	text_release(&path);
	return good;
}

static struct queue_instance *add(struct queue_instances *instances)
{
	struct queue_instance *grown = grow(instances->at, instances->count, sizeof *grown);

	if (grown == NULL)
		return NULL;
	instances->at = grown;
	grown[instances->count] = (struct queue_instance){ 0 };
	return &grown[instances->count++];
}

static const char default_dir[] = "/etc/postfix";

/* A Postfix by its configuration; NULL is the default one. */
static bool add_postfix(struct queue_instances *instances, const char *config_dir)
{
	struct queue_instance *instance = add(instances);
	const char *dir = config_dir != NULL ? config_dir : default_dir;
	struct text value = { 0 };

	if (instance == NULL)
		return false;
	if (config_dir != NULL && strcmp(config_dir, default_dir) != 0)
		instance->config_dir = strdup(config_dir);
	if (read_in_dir(dir, "multi_instance_name", &value) && value.len > 0)
		instance->name = strdup(text_str(&value));
	text_truncate(&value, 0);
	/* A path that is put together from others is left to Postfix' own program. */
	if (!read_in_dir(dir, "queue_directory", &value))
		instance->spool = strdup(instances->mta->spools[0]);
	else if (value.at[0] == '/' && strchr(value.at, '$') == NULL)
		instance->spool = strdup(value.at);
	text_release(&value);
	return true;
}

/* "/etc/postfix-out, /etc/postfix-in" */
static bool add_postfixes(struct queue_instances *instances, const struct queue_settings *settings)
{
	const char *main_dir = settings->config_dir;
	struct text dirs = { 0 };
	struct slice rest, dir;

	if (!add_postfix(instances, main_dir))
		return false;
	if (settings->instance == NULL)
		return true;
	read_in_dir(main_dir != NULL ? main_dir : default_dir, "multi_instance_directories", &dirs);
	for (size_t i = 0; i < dirs.len; i++) {
		if (dirs.at[i] == ',' || dirs.at[i] == '\t')
			dirs.at[i] = ' ';
	}
	rest = text_slice(&dirs);
	while (slice_word(&rest, &dir)) {
		char path[QUEUE_PATH];

		if (slice_copy(dir, path, sizeof path) && !add_postfix(instances, path))
			break;
	}
	text_release(&dirs);
	return true;
}

static void drop(struct queue_instance *instance)
{
	free(instance->name);
	free(instance->config_dir);
	free(instance->spool);
}

static bool is_called(const struct queue_instance *instance, const char *name)
{
	const char *own = instance->name;

	if (own == NULL)	/* Postfix calls the default one "-" */
		return strcmp(name, "-") == 0 || strcmp(name, "postfix") == 0;
	/* "postfix-out", or "out" for short. */
	return strcmp(own, name) == 0 ||
	       (strncmp(own, "postfix-", 8) == 0 && strcmp(own + 8, name) == 0);
}

static bool keep_named(struct queue_instances *instances, const char *name, struct fault *fault)
{
	size_t kept = 0;

	if (strcmp(name, "all") == 0)
		return true;
	for (size_t i = 0; i < instances->count; i++) {
		if (is_called(&instances->at[i], name))
			instances->at[kept++] = instances->at[i];
		else
			drop(&instances->at[i]);
	}
	instances->count = kept;
	return kept > 0 || fault_set(fault, FAULT_USAGE, "--instance: no Postfix instance is called %s "
				     "(multi_instance_directories in main.cf)", name);
}

/* Where another server keeps its queue. */
static bool add_other(struct queue_instances *instances)
{
	static const struct { const char *mta, *setting; } settings[] = {
		{ "exim", "spool_directory" }, { NULL, NULL },
	};
	const struct queue_mta *mta = instances->mta;
	const char *config = first_there(mta->configs);
	struct queue_instance *instance = add(instances);
	struct text value = { 0 };

	if (instance == NULL)
		return false;
	for (size_t i = 0; settings[i].mta != NULL && config != NULL; i++) {
		if (strcmp(settings[i].mta, mta->name) == 0 &&
		    read_setting(config, settings[i].setting, &value) && value.len > 0 && value.at[0] == '/')
			instance->spool = strdup(value.at);
	}
	if (instance->spool == NULL && mta->spools[0] != NULL)
		instance->spool = strdup(first_there(mta->spools) != NULL ? first_there(mta->spools) :
					 mta->spools[0]);
	text_release(&value);
	if (mta->also == NULL || first_there(mta->also->spools) == NULL)
		return true;
	instance = add(instances);
	if (instance == NULL)
		return false;
	instance->mta = mta->also;
	instance->spool = strdup(first_there(mta->also->spools));
	return true;
}

bool queue_find(struct queue_instances *instances, const struct queue_settings *settings,
		struct fault *fault)
{
	struct queue_instance *instance;
	bool good;

	instances->mta = choose(settings);
	if (instances->mta == NULL)
		return true;
	if (settings->queue_dir != NULL) {
		instance = add(instances);
		if (instance == NULL)
			return fault_set(fault, FAULT_LOCAL, "out of memory");
		instance->spool = strdup(settings->queue_dir);
		instance->is_elsewhere = true;
		if (settings->config_dir != NULL)
			instance->config_dir = strdup(settings->config_dir);
		return true;
	}
	good = instances->mta == &queue_postfix ? add_postfixes(instances, settings) :
						  add_other(instances);
	if (!good)
		return fault_set(fault, FAULT_LOCAL, "out of memory");
	return settings->instance == NULL || keep_named(instances, settings->instance, fault);
}

void queue_instances_release(struct queue_instances *instances)
{
	for (size_t i = 0; i < instances->count; i++)
		drop(&instances->at[i]);
	free(instances->at);
}

const char *queue_subject(const struct queue_mta *mta, const struct queue_instance *instance)
{
	return instance->name != NULL ? instance->name : mta->name;
}

/* ---- pauses ---- */

/* Settings that keep mail in the queue. */
static const struct {
	const char *mta, *setting;
	const char *harmless;		/* this value does nothing; NULL: none does */
	const char *meaning;
} pauses[] = {
	{ "postfix", "defer_transports", "", "mail for these transports waits" },
	{ "exim", "queue_only", "false", "mail waits for the next run of the queue" },
};

static void judge_pause(size_t which, const char *config, const char *subject, struct frame *frame)
{
	struct text value = { 0 }, text = { 0 };

	if (read_setting(config, pauses[which].setting, &value) &&
	    strcmp(text_str(&value), pauses[which].harmless) != 0 &&
	    strcmp(text_str(&value), "no") != 0) {
		text_add(&text, "%s = ", pauses[which].setting);
		text_add_foreign(&text, text_slice(&value));
		text_add(&text, ": %s", pauses[which].meaning);
		result_add(&frame->result, STATE_WARNING, "transport_paused", "queue", subject, &text);
	}
	text_release(&value);
}

void queue_judge_pauses(const struct queue_instances *instances, struct frame *frame)
{
	for (size_t i = 0; i < instances->count; i++) {
		const struct queue_instance *instance = &instances->at[i];
		struct text config = { 0 };

		if (instance->config_dir != NULL)
			text_add(&config, "%s/main.cf", instance->config_dir);
		else if (!instance->is_elsewhere && first_there(instances->mta->configs) != NULL)
			text_add(&config, "%s", first_there(instances->mta->configs));
		for (size_t p = 0; p < sizeof pauses / sizeof *pauses && config.len > 0; p++) {
			if (strcmp(pauses[p].mta, instances->mta->name) == 0)
				judge_pause(p, text_str(&config), queue_subject(instances->mta, instance),
					    frame);
		}
		text_release(&config);
	}
}
