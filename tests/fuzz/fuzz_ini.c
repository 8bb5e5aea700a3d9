/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "monitor/ini.h"

#include "fuzz.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct slice bytes = { (const char *)data, size };
	struct ini_reader reader = ini_open(bytes, "s");
	struct ini_item item;
	struct fault fault;
	size_t items = 0;

	while (ini_next(&reader, &item, &fault) == INI_ITEM) {
		MUST(item.name.len > 0 && fuzz_is_inside(item.name, bytes));
		MUST(fuzz_is_inside(item.value, bytes));
		MUST(item.name.len + item.value.len < size);
		MUST(item.value.len == 0 || memchr(item.value.at, '\n', item.value.len) == NULL);
		MUST(reader.was_found && ++items <= size);
	}
	return 0;
}
