/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "mail/filter.h"

#include "fuzz.h"

static void check(const struct filter_verdict *verdict)
{
	MUST(verdict->symbol_count <= FILTER_SYMBOLS);
	for (size_t i = 1; i < verdict->symbol_count; i++)
		MUST(!(verdict->symbols[i - 1].score < verdict->symbols[i].score));
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct slice reply = { (const char *)data, size };
	struct filter_verdict verdict;
	struct fault fault;

	if (filter_rspamd_parse(reply, &verdict, &fault))
		check(&verdict);
	if (filter_spamd_parse(reply, &verdict, &fault))
		check(&verdict);
	return 0;
}
