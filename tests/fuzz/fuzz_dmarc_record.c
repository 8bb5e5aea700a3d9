/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "mail/dmarc_record.h"

#include "fuzz.h"

static void check_uris(struct slice value)
{
	struct dmarc_uri uri;
	struct slice rest = value;
	struct fault fault;
	struct domain same;

	while (dmarc_uri_next(&rest, &uri)) {
		MUST(fuzz_is_inside(uri.text, value) && fuzz_is_inside(rest, value));
		MUST(memchr(uri.text.at, ',', uri.text.len) == NULL);
		if (uri.kind != DMARC_URI_MAILTO && uri.kind != DMARC_URI_ADDRESS)
			continue;
		MUST(domain_parse(slice_of(uri.host.text), &same, &fault));
		MUST(domain_same(&same, &uri.host));
	}
}

static bool same_text(struct slice a, struct slice b)
{
	return a.len == b.len && (a.len == 0 || memcmp(a.at, b.at, a.len) == 0);
}

/* What is printed is a record without faults, and says what was read. */
static void check_mended(const struct dmarc_record *record)
{
	struct text written = { 0 }, again = { 0 };
	struct dmarc_record mended;

	dmarc_record_print(record, &written);
	MUST(!text_failed(&written));
	dmarc_record_parse(text_slice(&written), &mended);
	MUST(dmarc_record_is(mended.text) && !mended.p_is_bad && !mended.sp_is_bad && !mended.np_is_bad);
	MUST(!dmarc_record_has(&mended, DMARC_WRONG) && !dmarc_record_has(&mended, DMARC_OLD));
	MUST(record->p_is_bad || mended.p == record->p);
	MUST(mended.sp == record->sp && mended.np == record->np && mended.psd == record->psd);
	MUST(mended.t == record->t && mended.adkim == record->adkim && mended.aspf == record->aspf);
	MUST(mended.fo.len == 0 || same_text(mended.fo, record->fo));
	dmarc_record_print(&mended, &again);
	MUST(record->ruf.len > 0 || strcmp(text_str(&written), text_str(&again)) == 0);
	text_release(&written);
	text_release(&again);
}

/* A TXT record. */
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct slice text = { (const char *)data, size };
	struct dmarc_record record;

	dmarc_record_is_meant(text);
	dmarc_record_parse(text, &record);
	MUST(record.note_count <= DMARC_NOTES && record.pct <= 100);
	MUST(record.p_is_bad == (record.p == DMARC_UNSET));
	MUST(fuzz_is_inside(record.rua, text) && fuzz_is_inside(record.ruf, text));
	MUST(fuzz_is_inside(record.fo, text));
	for (size_t i = 0; i < record.note_count; i++) {
		MUST(record.notes[i].piece.at >= text.at);
		MUST(record.notes[i].piece.at + record.notes[i].piece.len <= text.at + text.len);
		MUST(dmarc_note_text(record.notes[i].kind) != NULL);
	}
	MUST(dmarc_record_is(text) || dmarc_record_has(&record, DMARC_WRONG));
	check_uris(text);
	check_uris(record.rua);
	check_mended(&record);
	return 0;
}
