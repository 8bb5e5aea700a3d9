/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "mail/dkim_key.h"

#include "fuzz.h"

static void check_record(struct slice record)
{
	struct dkim_key key;
	bool is_useless = false;

	dkim_key_parse(record, &key);
	MUST(!key.failed && key.note_count <= DKIM_NOTES);
	for (size_t i = 0; i < key.note_count; i++) {
		MUST(key.notes[i].lint < DKIM_LINTS && key.notes[i].at <= record.len + 1);
		is_useless |= dkim_lint_weight(key.notes[i].lint) == DKIM_USELESS;
	}
	MUST(is_useless == (key.verdict == DKIM_KEY_BAD));
	MUST(key.verdict != DKIM_KEY_GOOD || (key.bits > 0 && key.has_type));
	MUST(key.verdict != DKIM_KEY_REVOKED || key.bits == 0);
	MUST(key.bits <= 8 * DKIM_CHARACTERS);
	MUST(key.bits == 0 || key.type != DKIM_ED25519 || key.bits == 256);
	MUST(fuzz_is_inside(key.hashes, record) && fuzz_is_inside(key.services, record) &&
	     fuzz_is_inside(key.flags, record) && fuzz_is_inside(key.remark, record));
}

/* What is mended is good, and has nothing to mend any more. */
static void check_mending(struct slice record)
{
	struct text mended = { 0 }, again = { 0 };
	struct dkim_key key;

	if (dkim_key_mend(record, &mended)) {
		dkim_key_parse(text_slice(&mended), &key);
		MUST(key.verdict == DKIM_KEY_GOOD);
		for (size_t i = 0; i < key.note_count; i++)
			MUST(dkim_lint_weight(key.notes[i].lint) == DKIM_NOTED);
		MUST(dkim_key_mend(text_slice(&mended), &again));
		MUST(strcmp(text_str(&mended), text_str(&again)) == 0);
	} else {
		MUST(mended.len == 0);
	}
	text_release(&mended);
	text_release(&again);
}

/* What we tell to publish is good, and is the key of the file. */
static void check_file(struct slice pem)
{
	struct dkim_own_key own;
	struct dkim_key key;
	struct fault fault = { 0 };

	if (!dkim_own_key_parse(pem, &own, &fault)) {
		MUST(fault.text[0] != '\0');
		return;
	}
	dkim_key_parse(text_slice(&own.record), &key);
	if (key.verdict == DKIM_KEY_GOOD)
		MUST(key.bits == own.bits && memcmp(key.digest, own.digest, DKIM_DIGEST) == 0);
	dkim_own_key_release(&own);
}

/* A record, or what has a line of PEM in it, a key file. */
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct slice input = { (const char *)data, size };

	check_record(input);
	check_mending(input);
	if (memmem(data, size, "-----BEGIN", 10) != NULL)
		check_file(input);
	return 0;
}
