/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "mail/dnsbl.h"

#include "fuzz.h"

/* A line of a zones file, and behind its end the key file. */
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct slice whole = { (const char *)data, size }, keys = whole, line;
	struct dnsbl_test tests[DNSBL_TESTS];
	struct dnsbl_zone zone;
	struct fault fault;
	struct text url = { 0 };
	size_t count;

	if (!slice_split(&keys, '\n', &line) ||
	    !dnsbl_zone_parse(line, keys.at != NULL ? keys : (struct slice){ "", 0 }, &zone, &fault))
		return 0;
	MUST(strlen(zone.name.text) > 0 && zone.mask <= 255 && zone.judges < 8);
	MUST(zone.type != DNSBL_ALLOW || zone.weight <= 0);
	MUST(zone.point_count <= DNSBL_POINTS);
	MUST(zone.url.len == 0 || slice_starts(zone.url, "http"));
	count = dnsbl_tests(&zone, zone.judges, 7, tests);
	MUST(count <= DNSBL_TESTS);
	for (size_t i = 0; i < count; i++)
		MUST(domain_within(&tests[i].name, zone.name.text));
	dnsbl_url(&zone, "2001:db8::1", &url);
	MUST(strpbrk(text_str(&url), " \"<>\n") == NULL);
	text_release(&url);
	/* What we call healthy is inside 127/8, and no refusal. */
	for (unsigned last = 0; last < 256; last++) {
		struct dns_records *records = calloc(1, sizeof *records + sizeof *records->at);
		struct dns_question answer = { .status = DNS_FOUND, .records = records };
		struct dnsbl_listing listing;

		records->users = records->count = 1;
		records->at[0].ip = (struct ip){ 4, { (uint8_t)(last < 250 ? 127 : last), 255, 255,
						      (uint8_t)last } };
		MUST(dnsbl_read(&zone, &answer, &listing) != DNSBL_OK && listing.count == 0);
		dns_release(&answer, 1);
	}
	return 0;
}
