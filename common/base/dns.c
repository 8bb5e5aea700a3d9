/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "base/dns.h"

#include <stdlib.h>

size_t dns_count(const struct dns_question *question)
{
	return question->records != NULL ? question->records->count : 0;
}

bool dns_is_answered(const struct dns_question *question)
{
	return question->status == DNS_FOUND || question->status == DNS_NODATA ||
	       question->status == DNS_NXDOMAIN;
}

const char *dns_status_word(enum dns_status status)
{
	switch (status) {
	case DNS_UNFINISHED: return "unfinished";
	case DNS_FOUND: return "found";
	case DNS_NODATA: return "nodata";
	case DNS_NXDOMAIN: return "nxdomain";
	case DNS_SERVFAIL: return "servfail";
	case DNS_REFUSED: return "refused";
	case DNS_TIMEOUT: return "timeout";
	case DNS_GARBLED: return "garbled";
	}
	return "?";
}

const char *dns_type_word(enum dns_type type)
{
	switch (type) {
	case DNS_A: return "A";
	case DNS_NS: return "NS";
	case DNS_CNAME: return "CNAME";
	case DNS_SOA: return "SOA";
	case DNS_PTR: return "PTR";
	case DNS_MX: return "MX";
	case DNS_TXT: return "TXT";
	case DNS_AAAA: return "AAAA";
	case DNS_TLSA: return "TLSA";
	}
	return "?";
}

static void print_record(struct text *text, const struct dns_question *question, size_t i)
{
	const struct dns_record *record = &question->records->at[i];
	char address[IP_TEXT];

	text_add(text, i > 0 ? ", " : ": ");
	if (record->ip.version != 0) {
		ip_print(&record->ip, address);
		text_add(text, "%s", address);
		return;
	}
	if (question->type == DNS_MX)
		text_add(text, "%u ", (unsigned)record->preference);
	text_add_foreign(text, record->data);
}

void dns_print(struct text *text, const struct dns_question *question)
{
	char server[ENDPOINT_TEXT];

	text_add(text, "%s %s", dns_type_word(question->type), question->name.text);
	if (question->tries > 0) {
		endpoint_print(&question->answered_by, server);
		text_add(text, " @%s", server);
	}
	text_add(text, " -> %s", dns_status_word(question->status));
	for (size_t i = 0; i < dns_count(question); i++)
		print_record(text, question, i);
	if (question->detail != NULL)
		text_add(text, " (%s)", question->detail);
	text_add(text, ", %.1f ms", question->took_us / 1000.0);
	if (question->records != NULL)
		text_add(text, ", ttl %u", (unsigned)question->ttl);
	if (question->tries > 1)
		text_add(text, ", %u tries", question->tries);
	if (question->authenticated)
		text_add(text, ", authenticated");
	if (question->is_unchecked)
		text_add(text, ", unchecked");
}

void dns_release(struct dns_question *questions, size_t count)
{
	for (size_t i = 0; i < count; i++) {
		struct dns_records *records = questions[i].records;

		questions[i].records = NULL;
		if (records != NULL && --records->users == 0)
			free(records);
	}
}
