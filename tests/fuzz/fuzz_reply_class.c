/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "mail/reply_class.h"

#include "fuzz.h"

static const char *const reasons[] = {
	"blocklisted", "greylisted", "rate_limited", "ptr_missing", "helo_rejected",
	"sender_domain_rejected", "spf_fail", "dkim_fail", "dmarc_reject",
	"authentication_required", "relay_denied", "recipient_unknown", "mailbox_full",
	"message_too_big", "content_rejected", "tls_required", "tls_failed", "auth_required",
	"auth_failed", "auth_mechanism_unavailable", "receiver_misconfigured",
	"receiver_out_of_space", "service_unavailable", "connect_timeout", "connect_refused",
	"network_unreachable", "connection_lost", "dns_temporary", "dns_no_host", "protocol_error",
	"local_problem", "unclassified",
};

/* A reply, or what is taken for one. */
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct slice text = { (const char *)data, size };
	struct reply_class class = reply_classify(text);
	static struct reply_index index;
	size_t known = 0;

	while (known < sizeof reasons / sizeof *reasons && strcmp(reasons[known], class.reason) != 0)
		known++;
	MUST(known < sizeof reasons / sizeof *reasons);
	MUST(strcmp(reply_reason(text, &index), class.reason) == 0);
	MUST(fuzz_is_inside(class.list, text) && fuzz_is_inside(class.url, text));
	if (class.url.len > 0) {
		MUST(class.url.len > 7 && (class.url.at[0] | 0x20) == 'h');
		MUST(memchr(class.url.at, ' ', class.url.len) == NULL);
		MUST(memchr(class.url.at, '\n', class.url.len) == NULL);
	}
	MUST(class.list.len == 0 || strcmp(class.reason, "unclassified") != 0);
	return 0;
}
