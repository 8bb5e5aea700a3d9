/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "mail/spf_record.h"

#include "fuzz.h"
#include "mail/spf_mend.h"

static void check_term(const struct spf_term *term, struct slice record)
{
	MUST(fuzz_is_inside(term->text, record) && term->text.len > 0);
	MUST(fuzz_is_inside(term->spec, term->text));
	MUST(term->kind <= SPF_OTHER);
	MUST(term->kind >= SPF_REDIRECT || (term->result >= SPF_NEUTRAL && term->result <= SPF_SOFTFAIL));
	MUST(term->prefix4 <= 32 && term->prefix6 <= 128);
	MUST(term->kind != SPF_IP4 || (term->network.first.version == 4 && term->network.prefix <= 32));
	MUST(term->kind != SPF_IP6 || (term->network.first.version == 6 && term->network.prefix <= 128));
	MUST(term->kind == SPF_INCLUDE || term->kind == SPF_EXISTS || term->kind == SPF_REDIRECT ||
	     term->kind == SPF_EXP ? term->spec.len > 0 : 1);
}

/* What is proposed is a record, and mending it changes nothing. */
static void check_mended(struct slice records, const struct ip *add)
{
	struct text once = { 0 }, twice = { 0 };
	struct fault fault;

	spf_mend(records, add, "~all", &once);
	MUST(spf_record_is(text_slice(&once)));
	MUST(spf_record_check(text_slice(&once), &fault));
	spf_mend(text_slice(&once), add, "~all", &twice);
	MUST(strcmp(text_str(&once), text_str(&twice)) == 0);
	text_release(&once);
	text_release(&twice);
}

/* A record, or several that are mended into one, a line each. */
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct slice record = { (const char *)data, size }, rest = record;
	struct ip add = { 6, { 0x20, 1, 0xd, 0xb8 } };
	struct spf_term term;
	struct fault fault;
	enum spf_parse outcome;
	bool good = true;

	while ((outcome = spf_term_next(&rest, &term, &fault)) != SPF_TERM_END) {
		good &= outcome == SPF_TERM_FOUND;
		MUST(fuzz_is_inside(term.text, record));
		if (outcome == SPF_TERM_FOUND)
			check_term(&term, record);
	}
	MUST(!spf_record_check(record, &fault) || good);
	for (int kind = SPF_ALL; kind <= SPF_OTHER; kind++)
		MUST(!spf_record_find(record, (enum spf_kind)kind, &term) || (int)term.kind == kind);
	check_mended(record, NULL);
	check_mended(record, &add);
	return 0;
}
