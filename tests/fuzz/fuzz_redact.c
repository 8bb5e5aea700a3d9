/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "monitor/redact.h"

#include "fuzz.h"

static bool is_public(struct slice name)
{
	return slice_is_nocase(name, "zen.test");
}

/* In a text that was redacted, there is nothing more to redact: so nothing that looks like
 * an address or a name was left. */
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct redact redact = { .is_public = is_public }, fresh = { .is_public = is_public };
	struct text marked = { 0 }, first = { 0 }, once = { 0 }, twice = { 0 };
	struct slice text;

	/* What comes from outside is made printable before it is part of a result. */
	text_add_foreign_most(&marked, (struct slice){ (const char *)data, size }, 4000);
	text = text_slice(&marked);
	redact_text(&redact, text, &first);
	redact_text(&redact, text, &once);
	redact_text(&fresh, text_slice(&once), &twice);
	MUST(!redact.failed && !fresh.failed);
	MUST(fresh.counts[REDACT_ADDRESS] == 0 && fresh.counts[REDACT_USER] == 0 &&
	     fresh.counts[REDACT_NAME] == 0);
	text_release(&marked);
	text_release(&first);
	text_release(&once);
	text_release(&twice);
	redact_release(&redact);
	redact_release(&fresh);
	return 0;
}
