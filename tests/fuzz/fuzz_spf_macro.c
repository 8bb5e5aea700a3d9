/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "mail/spf_macro.h"

#include "fuzz.h"
#include "mail/spf_check.h"

static void check_expanded(struct slice spec, const struct spf_macro_values *values)
{
	struct domain target;
	struct text text = { 0 };
	struct slice rest, label;

	spf_macro_expand(spec, values, &text);
	MUST(!text_failed(&text));
	if (spf_target(spec, values, &target)) {
		MUST(strlen(target.text) <= DOMAIN_MAX && strchr(target.text, '.') != NULL);
		MUST(strlen(target.text) <= text.len);
		for (rest = slice_of(target.text); slice_split(&rest, '.', &label);)
			MUST(label.len > 0 && label.len <= LABEL_MAX);
	}
	text_release(&text);
}

/* A local part, a domain, and the rest is what is expanded. */
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct slice rest = { (const char *)data, size }, local = { 0 }, domain = { 0 };
	struct spf_macro_values values = { .ip = { 4, { 192, 0, 2, 1 } }, .now = 1700000000 };
	bool is_domain, is_string, is_explanation;
	struct fault fault;

	if (!slice_split(&rest, '\n', &local) || !slice_split(&rest, '\n', &domain) || rest.at == NULL)
		return 0;
	values.local = local;
	values.sender_domain = values.helo = values.domain = domain;
	is_domain = spf_macro_check(rest, SPF_MACRO_DOMAIN, &fault);
	is_string = spf_macro_check(rest, SPF_MACRO_STRING, &fault);
	is_explanation = spf_macro_check(rest, SPF_MACRO_EXPLANATION, &fault);
	MUST(!is_domain || is_string);
	MUST(!is_string || is_explanation);
	MUST(!is_domain || rest.len > 0);
	MUST(!is_string || !spf_macro_uses(rest, "crt"));
	check_expanded(rest, &values);	/* harmless even where it is against the grammar */
	values.ip = (struct ip){ 6, { 0x20, 1, 0xd, 0xb8 } };
	check_expanded(rest, &values);
	return 0;
}
