/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "monitor/redact.h"

#include "fuzz.h"

static bool is_public(struct slice name)
{
	return slice_is_nocase(name, "zen.test");
}

/* Whatever stands before and behind it, what is a word of its own is replaced. */
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static const char *const secrets[] = {
		" 192.0.2.25 ", " 2001:db8::25 ", " mail.ill.example ", " me@ill.example ", " /home/me/x ",
	};
	struct slice front = { (const char *)data, size / 2 };
	struct slice back = { (const char *)data + front.len, size - front.len };

	for (size_t i = 0; i < sizeof secrets / sizeof *secrets; i++) {
		struct redact redact = { .is_public = is_public };
		struct text marked = { 0 }, first = { 0 }, out = { 0 };

		/* What comes from outside is made printable before it is part of a result. */
		text_add_foreign_most(&marked, front, 4000);
		text_add(&marked, "%s", secrets[i]);
		text_add_foreign_most(&marked, back, 4000);
		redact_text(&redact, text_slice(&marked), &first);
		redact_text(&redact, text_slice(&marked), &out);
		MUST(!redact.failed && strstr(text_str(&out), secrets[i]) == NULL);
		text_release(&marked);
		text_release(&first);
		text_release(&out);
		redact_release(&redact);
	}
	return 0;
}
