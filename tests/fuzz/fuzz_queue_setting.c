/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "fuzz.h"
#include "mail/queue_mta.h"

/* A configuration file: a value is made of its bytes and of blanks, and nothing that a
 * comment says is taken for one. */
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct slice config = { (const char *)data, size };
	struct text value = { 0 };

	if (queue_setting(config, "queue_directory", &value)) {
		MUST(memmem(data, size, "queue_directory", 15) != NULL);
		MUST(value.len <= size || value.len == 4);
		MUST(value.len == 0 || memchr(value.at, '\n', value.len) == NULL);
	} else {
		MUST(value.len == 0);
	}
	text_truncate(&value, 0);
	if (queue_setting(config, "queue_only", &value) && memchr(data, '=', size) == NULL)
		MUST(strcmp(text_str(&value), "true") == 0 || strcmp(text_str(&value), "false") == 0);
	text_release(&value);
	return 0;
}
