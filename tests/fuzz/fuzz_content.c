/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "../fakes/content_print.h"

#include "fuzz.h"

static struct content *read_steps(struct slice message, size_t step)
{
	struct content *content = calloc(1, sizeof *content);

	MUST(content != NULL);
	content_read(content, message, step);
	MUST(content->note_count <= CONTENT_NOTES && content->file_count <= CONTENT_FILES);
	MUST(content->level_count == 0 && content->depth <= CONTENT_DEPTH_MAX);
	MUST(content->bytes == message.len && content->lines <= message.len);
	MUST(content->crlf_lines + content->lf_lines <= content->lines);
	/* Each line ends with CRLF, whether it did or not. */
	MUST(content->size == message.len + content->lf_lines +
			      2 * (content->lines - content->lf_lines - content->crlf_lines));
	for (size_t i = 0; i < content->note_count; i++) {
		MUST(content->notes[i].line <= content->lines);
		MUST(memchr(content->notes[i].about, '\0', CONTENT_ABOUT_MAX) != NULL);
		MUST(memchr(content->notes[i].part, '\0', CONTENT_PATH_MAX) != NULL);
	}
	return content;
}

/* However a message is cut into blocks, the same is found in it. */
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct slice message = { (const char *)data, size };
	struct content *whole = read_steps(message, size + 1), *pieces = read_steps(message, 1 + size % 7);
	struct text a = { 0 }, b = { 0 };

	content_print(whole, &a);
	content_print(pieces, &b);
	MUST(strcmp(text_str(&a), text_str(&b)) == 0);
	text_release(&a);
	text_release(&b);
	free(whole);
	free(pieces);
	return 0;
}
