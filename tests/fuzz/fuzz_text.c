/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "base/text.h"

#include "fuzz.h"

/* Whatever a peer sends: what is printed is short, printable and valid UTF-8. */
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct text marked = { 0 }, shell = { 0 }, again = { 0 };
	const unsigned char *at;

	text_add_foreign(&marked, (struct slice){ (const char *)data, size });
	text_add_marked(&shell, text_str(&marked), TEXT_SHELL);
	MUST(shell.len <= TEXT_FOREIGN_MAX);
	for (at = (const unsigned char *)text_str(&shell); *at != '\0'; at++)
		MUST(*at >= 0x20 && *at != 0x7f && strchr("|\\<>`$", *at) == NULL);
	/* What is harmless already stays as it is: so it was valid UTF-8. */
	text_add_foreign(&marked, text_slice(&shell));
	text_release(&marked);
	text_add_foreign(&marked, text_slice(&shell));
	text_add_marked(&again, text_str(&marked), TEXT_SHELL);
	MUST(strcmp(text_str(&again), text_str(&shell)) == 0);
	text_release(&marked);
	text_release(&shell);
	text_release(&again);
	return 0;
}
