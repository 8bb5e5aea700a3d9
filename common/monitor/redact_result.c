/* SPDX-License-Identifier: GPL-3.0-or-later */
#include <stdlib.h>
#include <string.h>

#include "monitor/redact.h"
#include "monitor/result.h"

/* Members of data whose value names somebody, though it may be a word without a dot. */
static const char *const naming[] = {
	"user", "sender", "to", "helo", "host", "domain", "target", "mail_from", "mname", "rname",
};

/* All texts are gone through twice: to learn, and to replace. */
struct pass {
	struct redact *redact;
	bool is_learning;
};

static bool redact_to(const struct pass *pass, const char *text, struct text *out)
{
	redact_text(pass->redact, slice_of(text), out);
	if (text_failed(out))
		pass->redact->failed = true;
	return !pass->is_learning && !pass->redact->failed;
}

/* Where there is no memory, nothing is said rather than too much. */
static void pass_string(const struct pass *pass, char **text)
{
	struct text out = { 0 };
	char *taken;

	if (*text == NULL)
		return;
	if (redact_to(pass, *text, &out) && (taken = text_take(&out)) != NULL) {
		free(*text);
		*text = taken;
	} else if (!pass->is_learning) {
		(*text)[0] = '\0';
		pass->redact->failed = true;
	}
	text_release(&out);
}

static void pass_text(const struct pass *pass, struct text *text)
{
	struct text out = { 0 };

	if (text->len == 0)
		return;
	if (redact_to(pass, text_str(text), &out)) {
		text_release(text);
		*text = out;
		return;
	}
	if (!pass->is_learning)
		text_truncate(text, 0);
	text_release(&out);
}

/* A link that is not whole leads nowhere: then there is none. */
static void pass_url(const struct pass *pass, char **url)
{
	struct text out = { 0 };

	if (*url != NULL && !pass->is_learning &&
	    (!redact_to(pass, *url, &out) || strcmp(text_str(&out), *url) != 0)) {
		free(*url);
		*url = NULL;
	}
	text_release(&out);
}

static bool names_somebody(const char *key)
{
	for (size_t i = 0; i < sizeof naming / sizeof *naming; i++) {
		if (strcmp(naming[i], key) == 0)
			return true;
	}
	return false;
}

/* The string, redacted; NULL while learning, and where there is no memory. */
static json_t *redacted(const struct pass *pass, const char *key, const char *string)
{
	struct text out = { 0 };
	json_t *value = NULL;

	if (pass->is_learning && names_somebody(key))
		redact_learn(pass->redact, slice_of(string));
	if (redact_to(pass, string, &out))
		value = strcmp(key, "url") == 0 && strcmp(text_str(&out), string) != 0 ?
			json_null() : json_string(text_str(&out));
	text_release(&out);
	return value;
}

static void pass_json(const struct pass *pass, json_t *value);

/* A member's or an item's value: what is to stand in its place; the caller's. */
static json_t *passed(const struct pass *pass, const char *key, json_t *value)
{
	json_t *string;

	if (!json_is_string(value)) {
		pass_json(pass, value);
		return json_incref(value);
	}
	string = redacted(pass, key, json_string_value(value));
	return pass->is_learning ? json_incref(value) : string != NULL ? string : json_null();
}

/* In place: what stands in several places stays one thing. Names of members are ours. */
static void pass_json(const struct pass *pass, json_t *value)
{
	const char *key;
	json_t *member;
	size_t i;

	json_array_foreach(value, i, member)
		json_array_set_new(value, i, passed(pass, "", member));
	if (json_is_object(value))
		json_object_foreach(value, key, member)
			json_object_set_new(value, key, passed(pass, key, member));
}

static void pass_all(const struct pass *pass, struct result *result)
{
	pass_text(pass, &result->target);
	for (size_t i = 0; i < result->finding_count; i++) {
		struct finding *finding = &result->findings[i];

		pass_string(pass, &finding->subject);
		pass_string(pass, &finding->text);
		pass_string(pass, &finding->headline);
		pass_string(pass, &finding->fix);
		pass_url(pass, &finding->url);
	}
	for (size_t i = 0; i < result->metric_count; i++)
		pass_string(pass, &result->metrics[i].shown);
	pass_text(pass, &result->good);
	pass_text(pass, &result->context);
	pass_text(pass, &result->tail);
	if (result->data != NULL)
		pass_json(pass, result->data);
	pass_text(pass, &result->trace);
}

void redact_result(struct result *result, bool (*is_public)(struct slice name))
{
	struct redact redact = { .is_public = is_public };
	struct slice targets = text_slice(&result->target), target;

	for (size_t i = 0; i < result->metric_count; i++) {
		struct metric *metric = &result->metrics[i];

		if (metric->subject != NULL && (metric->shown = strdup(metric->subject)) == NULL)
			redact.failed = true;
	}
	pass_all(&(struct pass){ &redact, true }, result);
	while (slice_split(&targets, ',', &target))
		redact_learn(&redact, target);
	redact_learn(&redact, slice_of(result->made.host));
	pass_all(&(struct pass){ &redact, false }, result);
	result->made.host[0] = '\0';
	result->made.is_redacted = true;
	result->failed = result->failed || redact.failed;
	redact_release(&redact);
}
