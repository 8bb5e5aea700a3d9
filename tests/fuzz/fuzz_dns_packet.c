/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "net/dns_packet.h"

#include "fuzz.h"

/* The first byte chooses what was asked, the rest is what came. */
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static const enum dns_type types[] = { DNS_A, DNS_AAAA, DNS_TXT, DNS_MX,
					       DNS_PTR, DNS_CNAME, DNS_NS, DNS_SOA };
	const struct domain name = { "a.example" };
	struct dns_question holder = { .records = NULL };
	struct dns_packet packet;
	enum dns_type type;

	if (size == 0)
		return 0;
	type = types[data[0] % (sizeof types / sizeof *types)];
	dns_packet_read(data + 1, size - 1, &name, type, &packet);
	MUST((packet.records != NULL) ==
	     (packet.kind == DNS_PACKET_ANSWER && packet.status == DNS_FOUND));
	MUST(packet.kind != DNS_PACKET_ANSWER || packet.status != DNS_UNFINISHED);
	MUST(!packet.is_bogus || (packet.status == DNS_SERVFAIL && packet.detail != NULL));
	MUST(packet.kind != DNS_PACKET_ALIAS || strlen(packet.alias.text) > 0);
	for (size_t i = 0; packet.records != NULL && i < packet.records->count; i++) {
		const struct dns_record *record = &packet.records->at[i];
		size_t zeros = 0;

		MUST((record->ip.version == 0) == (type != DNS_A && type != DNS_AAAA));
		/* Every byte can be read. */
		for (size_t b = 0; record->ip.version == 0 && b < record->data.len; b++)
			zeros += record->data.at[b] == '\0';
		MUST(zeros <= size);
	}
	holder.records = packet.records;
	dns_release(&holder, 1);
	return 0;
}
