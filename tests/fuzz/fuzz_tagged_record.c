/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "mail/tagged_record.h"

#include "fuzz.h"

/* The first byte chooses the kind, the rest is the TXT record. */
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static const struct tagged_kind *const kinds[] = { &tagged_mta_sts, &tagged_tls_rpt,
							   &tagged_bimi };
	const struct tagged_kind *kind;
	struct tagged_record record;
	struct slice text;
	const char *why = NULL;

	if (size == 0)
		return 0;
	kind = kinds[data[0] % 3];
	text = (struct slice){ (const char *)data + 1, size - 1 };
	tagged_parse(kind, text, &record);
	MUST(!tagged_is(kind, text) || !tagged_is_misspelt(kind, text));
	MUST(tagged_is(kind, text) || !record.is_valid);
	MUST(record.is_valid == (record.why == NULL));
	MUST(record.at <= text.len);
	for (size_t i = 0; i < TAGGED_TAGS; i++) {
		const struct tagged_tag *tag = &kind->tags[i];
		const char *at, *reason;

		MUST(fuzz_is_inside(record.values[i], text));
		if (tag->name == NULL)
			break;
		/* A record is as good as what it says, and says all that it must. */
		MUST(!record.is_valid || !tag->is_required || record.values[i].at != NULL);
		MUST(!record.is_valid || record.values[i].at == NULL ||
		     tag->check(record.values[i], &at, &reason));
	}
	MUST(tagged_is_report_address(text, &why) || why != NULL);
	return 0;
}
