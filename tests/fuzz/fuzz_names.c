/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "base/domain.h"
#include "base/ip.h"
#include "fuzz.h"

/* Names, addresses, networks and servers, as users and answers write them. */
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct slice s = { (const char *)data, size };
	char text[ENDPOINT_TEXT];
	struct endpoint endpoint, endpoint_again;
	struct network network;
	struct domain domain, again;
	struct fault fault;
	struct ip ip;

	if (domain_parse(s, &domain, &fault)) {
		MUST(strlen(domain.text) > 0 && strlen(domain.text) <= DOMAIN_MAX);
		MUST(domain_parse(slice_of(domain.text), &again, &fault));
		MUST(domain_same(&domain, &again));
	}
	if (ip_parse(s, &ip)) {
		struct ip ip_again;

		ip_print(&ip, text);
		MUST(ip_parse(slice_of(text), &ip_again) && ip_same(&ip, &ip_again));
	}
	if (network_parse(s, &network)) {
		uint64_t count = network_size(&network, 65536);

		MUST(count >= 1 && count <= 65537 && network.prefix <= ip_bits(&network.first));
		ip = network_address(&network, 0);
		MUST(ip_same(&ip, &network.first));
	}
	if (endpoint_parse(s, 53, &endpoint)) {
		endpoint_print(&endpoint, text);
		MUST(endpoint.port > 0 && endpoint_parse(slice_of(text), 1, &endpoint_again));
		MUST(endpoint_same(&endpoint, &endpoint_again));
	}
	return 0;
}
