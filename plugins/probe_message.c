/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "probe_message.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>
#include <time.h>

#include "net/file.h"
#include "net/process.h"

enum { CONTENT_MAX = 64 << 20, PAD_MAX = 256 << 20 };

void probe_message_name(struct probe_message *probe)
{
	uint64_t random[2] = { 0, 0 };

	process_random(random, sizeof random);
	snprintf(probe->id, sizeof probe->id, "%016" PRIx64 "%016" PRIx64, random[0], random[1]);
}

bool probe_message_is_told(const struct probe_message *probe)
{
	return probe->subject != NULL || probe->headers.count > 0 || probe->body_file != NULL ||
	       probe->attachments.count > 0 || probe->pad > 0;
}

static const char *file_name(const char *path)
{
	const char *slash = strrchr(path, '/');

	return slash != NULL ? slash + 1 : path;
}

bool probe_message_read(struct probe_message *probe, const struct deadline *deadline, struct fault *fault)
{
	for (size_t i = 0; i < probe->headers.count; i++) {
		if (!message_header_check(probe->headers.at[i], fault))
			return fault_prefix(fault, "--header: ");
	}
	if (probe->body_file != NULL && !file_read(probe->body_file, CONTENT_MAX, deadline, &probe->body, fault))
		return fault_prefix(fault, "--body-file: ");
	if (probe->pad > PAD_MAX)
		return fault_set(fault, FAULT_USAGE, "--pad: more than %dM", PAD_MAX >> 20);
	if (probe->attachments.count > PROBE_ATTACHMENTS_MAX)
		return fault_set(fault, FAULT_USAGE, "--attach: more than %d", PROBE_ATTACHMENTS_MAX);
	for (size_t i = 0; i < probe->attachments.count; i++) {
		const char *path = probe->attachments.at[i];

		if (!file_read(path, CONTENT_MAX, deadline, &probe->contents[i], fault))
			return fault_prefix(fault, "--attach: ");
		probe->files[i] = (struct message_attachment){ file_name(path), text_slice(&probe->contents[i]) };
	}
	if (!process_host_name(probe->host_name, sizeof probe->host_name) ||
	    strchr(probe->host_name, '.') == NULL)
		snprintf(probe->host_name, sizeof probe->host_name, "localhost.localdomain");
	return true;
}

bool probe_message_build(const struct probe_message *probe, const char *from, const struct words *to,
			 bool has_8bit, struct message *message, struct fault *fault)
{
	struct timespec now;
	struct message_draft draft = {
		.from = from, .to = to->at, .to_count = to->count, .subject = probe->subject,
		.headers = probe->headers.at, .header_count = probe->headers.count,
		.body = probe->body_file != NULL ? text_slice(&probe->body) : (struct slice){ NULL, 0 },
		.attachments = probe->files, .attachment_count = probe->attachments.count,
		.pad_to = probe->pad, .host = probe->host_name, .id = probe->id, .has_8bit = has_8bit,
	};

	clock_gettime(CLOCK_REALTIME, &now);
	draft.now = now.tv_sec;
	return message_build(&draft, message, fault);
}

void probe_message_release(struct probe_message *probe)
{
	text_release(&probe->body);
	for (size_t i = 0; i < PROBE_ATTACHMENTS_MAX; i++)
		text_release(&probe->contents[i]);
	words_release(&probe->headers);
	words_release(&probe->attachments);
}
