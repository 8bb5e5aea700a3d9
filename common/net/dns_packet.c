/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "net/dns_packet.h"

#include <ldns/ldns.h>
#include <stdlib.h>
#include <string.h>

enum { CNAMES_MAX = 16 };	/* in one answer; longer chains are loops or mischief */
enum { TC_BIT = 0x02 };		/* in the third byte (RFC 1035 4.1.1) */

size_t dns_packet_ask(uint8_t to[DNS_PACKET_QUESTION], uint16_t id, const struct domain *name,
		      const struct dns_question *question, bool with_edns)
{
	ldns_rdf *owner = ldns_dname_new_frm_str(name->text);
	ldns_pkt *packet = NULL;
	uint8_t *wire = NULL;
	size_t len = 0;

	if (owner != NULL)
		packet = ldns_pkt_query_new(owner, (ldns_rr_type)question->type, LDNS_RR_CLASS_IN,
					    LDNS_RD);
	if (packet == NULL) {
		ldns_rdf_deep_free(owner);
		return 0;
	}
	ldns_pkt_set_id(packet, id);
	/* Ask for the AD bit without asking for signatures (RFC 6840 5.7). */
	ldns_pkt_set_ad(packet, true);
	ldns_pkt_set_cd(packet, question->is_unchecked);
	if (with_edns)
		ldns_pkt_set_edns_udp_size(packet, DNS_PACKET_UDP);
	if (ldns_pkt2wire(&wire, packet, &len) != LDNS_STATUS_OK || len > DNS_PACKET_QUESTION)
		len = 0;
	if (len > 0)
		memcpy(to, wire, len);
	LDNS_FREE(wire);
	ldns_pkt_free(packet);
	return len;
}

static bool asks(const ldns_pkt *packet, const ldns_rdf *name, enum dns_type type)
{
	const ldns_rr_list *questions = ldns_pkt_question(packet);
	const ldns_rr *question;

	if (!ldns_pkt_qr(packet) || ldns_pkt_get_opcode(packet) != LDNS_PACKET_QUERY ||
	    ldns_rr_list_rr_count(questions) != 1)
		return false;
	question = ldns_rr_list_rr(questions, 0);
	return ldns_rr_get_type(question) == (ldns_rr_type)type &&
	       ldns_rr_get_class(question) == LDNS_RR_CLASS_IN &&
	       ldns_dname_compare(ldns_rr_owner(question), name) == 0;
}

/* A name as base/dns.h has it. */
static void add_name(struct text *data, const ldns_rdf *rdf)
{
	char *name = ldns_rdf2str(rdf);
	size_t len = name != NULL ? strlen(name) : 0;

	if (len > 0 && name[len - 1] == '.')
		len--;
	for (size_t i = 0; i < len; i++)
		text_add_char(data, (char)(name[i] >= 'A' && name[i] <= 'Z' ? name[i] + 32 : name[i]));
	free(name);
}

/* The bytes of one record: a name as text, or the strings of a TXT record,
 * joined without anything between (RFC 7208 3.3, 6376 3.6.2.2). */
static void add_data(struct text *data, const ldns_rr *rr, enum dns_type type)
{
	if (type == DNS_TXT) {
		for (size_t i = 0; i < ldns_rr_rd_count(rr); i++) {
			const ldns_rdf *string = ldns_rr_rdf(rr, i);

			if (ldns_rdf_size(string) > 1)
				text_add_slice(data, (struct slice){
					(const char *)ldns_rdf_data(string) + 1,
					ldns_rdf_size(string) - 1 });
		}
		return;
	}
	if (type == DNS_TLSA) {
		for (size_t i = 0; i < ldns_rr_rd_count(rr); i++) {
			char *name = ldns_rdf2str(ldns_rr_rdf(rr, i));

			text_add(data, "%s%s", i > 0 ? " " : "", name != NULL ? name : "");
			free(name);
		}
		return;
	}
	add_name(data, ldns_rr_rdf(rr, type == DNS_MX ? 1 : 0));
	if (type == DNS_SOA) {
		text_add_char(data, ' ');
		add_name(data, ldns_rr_rdf(rr, 1));
	}
}

static bool fill(struct dns_record *record, const ldns_rr *rr, enum dns_type type,
		 struct text *data)
{
	const ldns_rdf *first = ldns_rr_rdf(rr, 0);
	size_t size = type == DNS_A ? 4 : 16;

	record->data.len = data->len;	/* where it begins, until all are there */
	if (first == NULL)
		return type == DNS_TXT;
	if (type == DNS_A || type == DNS_AAAA) {
		if (ldns_rdf_size(first) != size)
			return false;
		record->ip.version = type == DNS_A ? 4 : 6;
		memcpy(record->ip.bytes, ldns_rdf_data(first), size);
		return true;
	}
	if (type == DNS_SOA && ldns_rr_rd_count(rr) < 2)
		return false;
	if (type == DNS_MX) {
		if (ldns_rr_rd_count(rr) != 2)
			return false;
		record->preference = ldns_rdf2native_int16(first);
	}
	add_data(data, rr, type);
	return true;
}

static bool is_of(const ldns_rr *rr, const ldns_rdf *owner, enum dns_type type)
{
	return ldns_rr_get_type(rr) == (ldns_rr_type)type &&
	       ldns_rr_get_class(rr) == LDNS_RR_CLASS_IN &&
	       ldns_dname_compare(ldns_rr_owner(rr), owner) == 0;
}

/* Put the bytes of all records behind them, in the same block. */
static struct dns_records *with_data(struct dns_records *records, const struct text *data)
{
	size_t head = sizeof *records + records->count * sizeof *records->at;
	struct dns_records *whole = realloc(records, head + data->len + 1);
	size_t end = data->len;
	char *bytes;

	if (whole == NULL) {
		free(records);
		return NULL;
	}
	bytes = (char *)whole + head;
	memcpy(bytes, text_str(data), data->len);
	for (size_t i = whole->count; i-- > 0;) {
		size_t begin = whole->at[i].data.len;

		if (whole->at[i].ip.version != 0)
			continue;
		whole->at[i].data = (struct slice){ bytes + begin, end - begin };
		end = begin;
	}
	return whole;
}

/* The records of that type and owner; false: one of them makes no sense. */
static bool collect(const ldns_rr_list *answer, const ldns_rdf *owner, enum dns_type type,
		    struct dns_packet *packet)
{
	size_t most = ldns_rr_list_rr_count(answer);
	struct dns_records *records = calloc(1, sizeof *records + most * sizeof *records->at);
	struct text data = { 0 };
	bool good = records != NULL;

	for (size_t i = 0; good && i < most; i++) {
		const ldns_rr *rr = ldns_rr_list_rr(answer, i);

		if (!is_of(rr, owner, type))
			continue;
		good = fill(&records->at[records->count], rr, type, &data);
		if (records->count++ == 0 || ldns_rr_ttl(rr) < packet->ttl)
			packet->ttl = ldns_rr_ttl(rr);
	}
	good = good && !text_failed(&data);
	if (good && records->count > 0) {
		records->users = 1;
		packet->records = with_data(records, &data);
		good = packet->records != NULL;
	} else {
		free(records);
	}
	text_release(&data);
	return good;
}

/* Where the aliases in the answer lead; NULL: in a circle, or nowhere. */
static const ldns_rdf *follow(const ldns_rr_list *answer, const ldns_rdf *name, enum dns_type type)
{
	for (unsigned hops = 0; type != DNS_CNAME && hops <= CNAMES_MAX; hops++) {
		const ldns_rdf *target = NULL;

		for (size_t i = 0; i < ldns_rr_list_rr_count(answer); i++) {
			const ldns_rr *rr = ldns_rr_list_rr(answer, i);

			if (!is_of(rr, name, DNS_CNAME))
				continue;
			target = ldns_rr_rdf(rr, 0);
			if (target == NULL)
				return NULL;
		}
		if (target == NULL)
			return name;
		name = target;
	}
	return type == DNS_CNAME ? name : NULL;
}

/* Is there nothing, or something about this name? */
static bool is_about(const ldns_rr_list *answer, const ldns_rdf *name)
{
	size_t count = ldns_rr_list_rr_count(answer);

	for (size_t i = 0; i < count; i++) {
		if (ldns_dname_compare(ldns_rr_owner(ldns_rr_list_rr(answer, i)), name) == 0)
			return true;
	}
	return count == 0;
}

static bool authority_has(const ldns_pkt *packet, ldns_rr_type type)
{
	const ldns_rr_list *authority = ldns_pkt_authority(packet);

	for (size_t i = 0; i < ldns_rr_list_rr_count(authority); i++) {
		if (ldns_rr_get_type(ldns_rr_list_rr(authority, i)) == type)
			return true;
	}
	return false;
}

static void garbled(struct dns_packet *packet, const char *detail)
{
	packet->status = DNS_GARBLED;
	packet->detail = detail;
}

/* Extended errors (RFC 8914 4). The bogus ones: there is an answer, and every
 * resolver that validates rejects it. */
static const struct extended_error {
	unsigned code;
	bool is_bogus;
	const char *words;
} extended_errors[] = {
	{ 1, false, "unsupported DNSKEY algorithm" },
	{ 2, false, "unsupported DS digest" },
	{ 5, false, "DNSSEC indeterminate" },
	{ 6, true, "DNSSEC bogus" },
	{ 7, true, "a DNSSEC signature has expired" },
	{ 8, true, "a DNSSEC signature is not valid yet" },
	{ 9, true, "no DNSKEY can be trusted" },
	{ 10, true, "DNSSEC signatures are missing" },
	{ 11, true, "a DNSKEY is no zone key" },
	{ 12, true, "NSEC records are missing" },
	{ 13, false, "an error that the resolver remembers" },
	{ 14, false, "the resolver is not ready" },
	{ 15, false, "blocked" },
	{ 16, false, "censored" },
	{ 17, false, "filtered" },
	{ 18, false, "prohibited" },
	{ 20, false, "not authoritative" },
	{ 22, false, "no server of the name is reached" },
	{ 23, false, "a network error" },
	{ 24, false, "invalid data" },
};

static void take_extended_error(struct dns_packet *packet, unsigned code)
{
	for (size_t i = 0; i < sizeof extended_errors / sizeof *extended_errors; i++) {
		const struct extended_error *row = &extended_errors[i];

		/* Of several, that of DNSSEC tells most. */
		if (row->code != code || packet->is_bogus ||
		    (packet->detail != NULL && !row->is_bogus))
			continue;
		packet->detail = row->words;
		packet->is_bogus = row->is_bogus && packet->status == DNS_SERVFAIL;
	}
}

/* Options are code, length, data (RFC 6891 6.1.2); an extended error begins with
 * its code (RFC 8914 2). */
static void read_extended_errors(const ldns_pkt *answer, struct dns_packet *packet)
{
	enum { HEAD = 4, EXTENDED_ERROR = 15 };
	const ldns_rdf *options = ldns_pkt_edns_data(answer);
	const uint8_t *at = options != NULL ? ldns_rdf_data(options) : NULL;
	size_t left = options != NULL ? ldns_rdf_size(options) : 0;

	while (left >= HEAD) {
		unsigned option = (unsigned)at[0] << 8 | at[1];
		size_t len = (size_t)at[2] << 8 | at[3];

		if (len > left - HEAD)
			return;
		if (option == EXTENDED_ERROR && len >= 2)
			take_extended_error(packet, (unsigned)at[HEAD] << 8 | at[HEAD + 1]);
		at += HEAD + len;
		left -= HEAD + len;
	}
}

static bool alias_of(const ldns_rdf *end, struct domain *alias)
{
	char *text = ldns_rdf2str(end);
	struct fault fault;
	bool good = text != NULL && domain_parse_alias(slice_of(text), alias, &fault);

	free(text);
	return good;
}

/* NOERROR without the records that were asked for (RFC 2308 2.2). */
static void read_nothing(const ldns_pkt *answer, const ldns_rdf *name, const ldns_rdf *end,
			 struct dns_packet *packet)
{
	packet->status = DNS_NODATA;
	if (!is_about(ldns_pkt_answer(answer), name)) {
		garbled(packet, "the answer is about another name");
		return;
	}
	if (authority_has(answer, LDNS_RR_TYPE_SOA))
		return;
	if (end != name) {
		if (alias_of(end, &packet->alias))
			packet->kind = DNS_PACKET_ALIAS;
		else
			garbled(packet, "an alias of something that is no host name");
	} else if (!ldns_pkt_aa(answer) && authority_has(answer, LDNS_RR_TYPE_NS)) {
		packet->status = DNS_REFUSED;
		packet->detail = "it only refers to other servers: no recursion for us";
	}
}

static void read_records(const ldns_pkt *answer, const ldns_rdf *name, enum dns_type type,
			 struct dns_packet *packet)
{
	const ldns_rdf *end = follow(ldns_pkt_answer(answer), name, type);

	if (end == NULL)
		garbled(packet, "aliases lead in a circle or nowhere");
	else if (!collect(ldns_pkt_answer(answer), end, type, packet))
		garbled(packet, "a record in the answer is malformed");
	else if (packet->records != NULL)
		packet->status = DNS_FOUND;
	else
		read_nothing(answer, name, end, packet);
}

static void read_answer(const ldns_pkt *answer, const ldns_rdf *name, enum dns_type type,
			struct dns_packet *packet)
{
	packet->kind = DNS_PACKET_ANSWER;
	packet->authenticated = ldns_pkt_ad(answer);
	if (ldns_pkt_tc(answer)) {
		packet->kind = DNS_PACKET_TRUNCATED;
		return;
	}
	/* The upper bits of the code; BADVERS has only such (RFC 6891 6.1.3). */
	if (ldns_pkt_edns_extended_rcode(answer) != 0) {
		packet->kind = DNS_PACKET_NO_EDNS;
		return;
	}
	switch ((int)ldns_pkt_get_rcode(answer)) {
	case LDNS_RCODE_NOERROR:
		read_records(answer, name, type, packet);
		break;
	case LDNS_RCODE_NXDOMAIN:
		packet->status = DNS_NXDOMAIN;
		break;
	case LDNS_RCODE_SERVFAIL:
		packet->status = DNS_SERVFAIL;
		read_extended_errors(answer, packet);
		break;
	case LDNS_RCODE_REFUSED:
		packet->status = DNS_REFUSED;
		read_extended_errors(answer, packet);
		break;
	case LDNS_RCODE_FORMERR:
	case LDNS_RCODE_NOTIMPL:
		packet->kind = DNS_PACKET_NO_EDNS;
		break;
	default:
		garbled(packet, "an error code that makes no sense here");
	}
}

void dns_packet_read(const uint8_t *bytes, size_t len, const struct domain *name,
		     enum dns_type type, struct dns_packet *packet)
{
	ldns_rdf *owner = ldns_dname_new_frm_str(name->text);
	ldns_pkt *answer = NULL;

	*packet = (struct dns_packet){ .kind = DNS_PACKET_FOREIGN };
	if (ldns_wire2pkt(&answer, bytes, len) != LDNS_STATUS_OK) {
		/* Some servers cut in the middle of a record. */
		packet->kind = len > 2 && (bytes[2] & TC_BIT) != 0 ? DNS_PACKET_TRUNCATED
								   : DNS_PACKET_ANSWER;
		garbled(packet, "a malformed packet");
	} else if (owner != NULL && asks(answer, owner, type)) {
		read_answer(answer, owner, type, packet);
	} else if (ldns_pkt_qr(answer) && ldns_rr_list_rr_count(ldns_pkt_question(answer)) == 0 &&
		   ldns_pkt_get_rcode(answer) == LDNS_RCODE_FORMERR) {
		/* Old servers answer EDNS with a bare header. */
		packet->kind = DNS_PACKET_NO_EDNS;
	}
	ldns_pkt_free(answer);
	ldns_rdf_deep_free(owner);
}
