/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "net/dns_packet.h"

#include "fakes/exact.h"
#include "unit.h"

/* A packet in the making; names are written without compression. */
struct wire {
	uint8_t bytes[2048];
	size_t len;
};

static void put(struct wire *wire, const void *bytes, size_t len)
{
	memcpy(wire->bytes + wire->len, bytes, len);
	wire->len += len;
}

static void put16(struct wire *wire, unsigned value)
{
	uint8_t two[2] = { (uint8_t)(value >> 8), (uint8_t)value };

	put(wire, two, 2);
}

static void put_name(struct wire *wire, const char *name)
{
	struct slice rest = slice_of(name), label;

	while (*name != '\0' && slice_split(&rest, '.', &label)) {
		uint8_t len = (uint8_t)label.len;

		put(wire, &len, 1);
		put(wire, label.at, label.len);
	}
	put(wire, "", 1);
}

enum { QR = 0x8000, AA = 0x0400, TC = 0x0200, RD = 0x0100, RA = 0x0080, AD = 0x0020 };

static void begin(struct wire *wire, unsigned flags, unsigned answers, unsigned authorities,
		  const char *name, unsigned type)
{
	wire->len = 0;
	put16(wire, 0x1234);
	put16(wire, flags);
	put16(wire, 1);
	put16(wire, answers);
	put16(wire, authorities);
	put16(wire, 0);
	put_name(wire, name);
	put16(wire, type);
	put16(wire, 1);
}

static void put_head(struct wire *wire, const char *owner, unsigned type, unsigned ttl, size_t len)
{
	put_name(wire, owner);
	put16(wire, type);
	put16(wire, 1);
	put16(wire, 0);
	put16(wire, ttl);
	put16(wire, (unsigned)len);
}

static void put_a(struct wire *wire, const char *owner, uint8_t last, unsigned ttl)
{
	uint8_t address[4] = { 127, 0, 0, last };

	put_head(wire, owner, DNS_A, ttl, 4);
	put(wire, address, 4);
}

/* A record whose data is a name, behind `front` bytes. */
static void put_named(struct wire *wire, const char *owner, unsigned type, const void *front,
		      size_t front_len, const char *name)
{
	struct wire data = { .len = 0 };

	put(&data, front, front_len);
	put_name(&data, name);
	put_head(wire, owner, type, 60, data.len);
	put(wire, data.bytes, data.len);
}

static void put_soa(struct wire *wire, const char *owner)
{
	struct wire data = { .len = 0 };

	put_name(&data, "ns.example");
	put_name(&data, "root.example");
	for (int i = 0; i < 10; i++)
		put16(&data, 1);
	put_head(wire, owner, 6, 60, data.len);
	put(wire, data.bytes, data.len);
}

static struct dns_packet read_as(const struct wire *wire, const char *name, enum dns_type type)
{
	struct slice bytes = exact(wire->bytes, wire->len);
	struct domain domain;
	struct fault fault;
	struct dns_packet packet;

	ck_assert(domain_parse(slice_of(name), &domain, &fault));
	dns_packet_read((const uint8_t *)bytes.at, bytes.len, &domain, type, &packet);
	exact_free(bytes);
	return packet;
}

static void release(struct dns_packet *packet)
{
	struct dns_question holder = { .records = packet->records };

	dns_release(&holder, 1);
}

START_TEST(builds_a_question_that_others_can_read)
{
	uint8_t bytes[DNS_PACKET_QUESTION];
	struct domain name = { "a.example" };
	struct dns_question question = { .type = DNS_TXT };
	static const uint8_t plain[] = {
		0xbe, 0xef, 0x01, 0x20, 0, 1, 0, 0, 0, 0, 0, 0,	/* RD and AD */
		1, 'a', 7, 'e', 'x', 'a', 'm', 'p', 'l', 'e', 0, 0, 16, 0, 1,
	};
	size_t len = dns_packet_ask(bytes, 0xbeef, &name, &question, false);

	ck_assert_uint_eq(len, sizeof plain);
	ck_assert_mem_eq(bytes, plain, len);
	len = dns_packet_ask(bytes, 0xbeef, &name, &question, true);
	ck_assert_uint_eq(len, sizeof plain + 11);	/* an OPT record (RFC 6891 6.1.2) */
	ck_assert_uint_eq(bytes[11], 1);
	ck_assert_uint_eq(bytes[sizeof plain + 3] << 8 | bytes[sizeof plain + 4], DNS_PACKET_UDP);
	question.is_unchecked = true;
	len = dns_packet_ask(bytes, 0xbeef, &name, &question, false);
	ck_assert_uint_eq(len, sizeof plain);
	ck_assert_uint_eq(bytes[3], 0x30);		/* AD and CD (RFC 4035 3.1.6) */
}
END_TEST

START_TEST(reads_addresses_and_the_lowest_ttl)
{
	struct wire wire;
	struct dns_packet packet;

	begin(&wire, QR | RA | AD, 2, 0, "a.example", DNS_A);
	put_a(&wire, "A.Example", 2, 300);
	put_a(&wire, "a.example", 4, 60);
	packet = read_as(&wire, "a.example", DNS_A);
	ck_assert_int_eq(packet.kind, DNS_PACKET_ANSWER);
	ck_assert_int_eq(packet.status, DNS_FOUND);
	ck_assert_uint_eq(packet.records->count, 2);
	ck_assert_uint_eq(packet.records->at[1].ip.bytes[3], 4);
	ck_assert_uint_eq(packet.ttl, 60);
	ck_assert(packet.authenticated);
	release(&packet);
}
END_TEST

/* RFC 7208 3.3: strings are joined without anything between. */
START_TEST(joins_the_strings_of_a_txt_record)
{
	struct wire wire;
	struct dns_packet packet;

	begin(&wire, QR | RA, 2, 0, "t.example", DNS_TXT);
	put_head(&wire, "t.example", DNS_TXT, 60, 9);
	put(&wire, "\3one\4two\0", 9);
	put_head(&wire, "t.example", DNS_TXT, 60, 1);
	put(&wire, "\0", 1);
	packet = read_as(&wire, "t.example", DNS_TXT);
	ck_assert_int_eq(packet.status, DNS_FOUND);
	ck_assert_uint_eq(packet.records->count, 2);
	ck_assert_uint_eq(packet.records->at[0].data.len, 7);
	ck_assert_mem_eq(packet.records->at[0].data.at, "onetwo\0", 7);
	ck_assert_uint_eq(packet.records->at[1].data.len, 0);
	release(&packet);
}
END_TEST

START_TEST(reads_mail_exchangers_in_lower_case)
{
	struct wire wire;
	struct dns_packet packet;

	begin(&wire, QR | RA, 2, 0, "example", DNS_MX);
	put_named(&wire, "example", DNS_MX, "\0\12", 2, "Mail.Example");
	put_named(&wire, "example", DNS_MX, "\1\0", 2, "");
	packet = read_as(&wire, "example", DNS_MX);
	ck_assert_int_eq(packet.status, DNS_FOUND);
	ck_assert_uint_eq(packet.records->at[0].preference, 10);
	ck_assert(slice_is(packet.records->at[0].data, "mail.example"));
	ck_assert_uint_eq(packet.records->at[1].preference, 256);
	ck_assert(slice_is(packet.records->at[1].data, ""));
	release(&packet);
}
END_TEST

START_TEST(reads_who_runs_a_zone)
{
	struct wire wire, names = { .len = 0 };
	struct dns_packet packet;

	put_name(&names, "NS1.Provider.example");
	put_name(&names, "hostmaster.provider.example");
	put(&names, "\0\0\0\1\0\0\0\2\0\0\0\3\0\0\0\4\0\0\0\5", 20);
	begin(&wire, QR | RA, 1, 0, "2.0.192.in-addr.arpa", DNS_SOA);
	put_head(&wire, "2.0.192.in-addr.arpa", DNS_SOA, 60, names.len);
	put(&wire, names.bytes, names.len);
	packet = read_as(&wire, "2.0.192.in-addr.arpa", DNS_SOA);
	ck_assert_int_eq(packet.status, DNS_FOUND);
	ck_assert(slice_is(packet.records->at[0].data,
			   "ns1.provider.example hostmaster.provider.example"));
	release(&packet);
}
END_TEST

START_TEST(follows_aliases_inside_the_answer_in_any_order)
{
	struct wire wire;
	struct dns_packet packet;

	begin(&wire, QR | RA, 3, 0, "a.example", DNS_A);
	put_a(&wire, "c.example", 7, 60);
	put_named(&wire, "b.example", DNS_CNAME, "", 0, "c.example");
	put_named(&wire, "a.example", DNS_CNAME, "", 0, "b.example");
	packet = read_as(&wire, "a.example", DNS_A);
	ck_assert_int_eq(packet.status, DNS_FOUND);
	ck_assert_uint_eq(packet.records->count, 1);
	ck_assert_uint_eq(packet.records->at[0].ip.bytes[3], 7);
	release(&packet);
}
END_TEST

/* What is said of other names is not ours to believe, nor does it say "nothing". */
START_TEST(an_answer_about_another_name_is_garbled)
{
	struct wire wire;
	struct dns_packet packet;

	begin(&wire, QR | RA, 1, 0, "a.example", DNS_A);
	put_a(&wire, "evil.example", 2, 60);
	packet = read_as(&wire, "a.example", DNS_A);
	ck_assert_int_eq(packet.status, DNS_GARBLED);
	ck_assert_ptr_null(packet.records);
	begin(&wire, QR | RA, 2, 0, "a.example", DNS_A);
	put_a(&wire, "evil.example", 2, 60);
	put_a(&wire, "a.example", 3, 60);
	packet = read_as(&wire, "a.example", DNS_A);
	ck_assert_int_eq(packet.status, DNS_FOUND);
	ck_assert_uint_eq(packet.records->count, 1);
	release(&packet);
}
END_TEST

START_TEST(asks_on_where_an_alias_ends_short)
{
	struct wire wire;
	struct dns_packet packet;

	begin(&wire, QR | AA, 1, 0, "a.example", DNS_A);
	put_named(&wire, "a.example", DNS_CNAME, "", 0, "b.other");
	packet = read_as(&wire, "a.example", DNS_A);
	ck_assert_int_eq(packet.kind, DNS_PACKET_ALIAS);
	ck_assert_str_eq(packet.alias.text, "b.other");
	/* RFC 2317 4 */
	begin(&wire, QR | AA, 1, 0, "5.2.0.192.in-addr.arpa", DNS_PTR);
	put_named(&wire, "5.2.0.192.in-addr.arpa", DNS_CNAME, "", 0, "5.0/25.2.0.192.in-addr.arpa");
	packet = read_as(&wire, "5.2.0.192.in-addr.arpa", DNS_PTR);
	ck_assert_int_eq(packet.kind, DNS_PACKET_ALIAS);
	ck_assert_str_eq(packet.alias.text, "5.0/25.2.0.192.in-addr.arpa");
}
END_TEST

START_TEST(an_alias_whose_end_has_nothing_is_nodata)
{
	struct wire wire;
	struct dns_packet packet;

	begin(&wire, QR | RA, 1, 1, "a.example", DNS_A);
	put_named(&wire, "a.example", DNS_CNAME, "", 0, "b.other");
	put_soa(&wire, "other");
	packet = read_as(&wire, "a.example", DNS_A);
	ck_assert_int_eq(packet.kind, DNS_PACKET_ANSWER);
	ck_assert_int_eq(packet.status, DNS_NODATA);
}
END_TEST

START_TEST(aliases_in_a_circle_end)
{
	struct wire wire;
	struct dns_packet packet;

	begin(&wire, QR | RA, 2, 0, "a.example", DNS_A);
	put_named(&wire, "a.example", DNS_CNAME, "", 0, "b.example");
	put_named(&wire, "b.example", DNS_CNAME, "", 0, "a.example");
	packet = read_as(&wire, "a.example", DNS_A);
	ck_assert_int_eq(packet.status, DNS_GARBLED);
	ck_assert_str_eq(packet.detail, "aliases lead in a circle or nowhere");
}
END_TEST

/* A referral says nothing about the name. */
START_TEST(a_server_that_only_refers_to_others_refuses)
{
	struct wire wire;
	struct dns_packet packet;

	begin(&wire, QR, 0, 1, "a.example", DNS_A);
	put_named(&wire, "example", DNS_NS, "", 0, "ns.example");
	packet = read_as(&wire, "a.example", DNS_A);
	ck_assert_int_eq(packet.status, DNS_REFUSED);
	ck_assert_ptr_nonnull(packet.detail);
}
END_TEST

static const struct {
	unsigned flags;
	enum dns_packet_kind kind;
	enum dns_status status;
} headers[] = {
	{ QR | RA | 0, DNS_PACKET_ANSWER, DNS_NODATA },
	{ QR | RA | 3, DNS_PACKET_ANSWER, DNS_NXDOMAIN },
	{ QR | RA | 2, DNS_PACKET_ANSWER, DNS_SERVFAIL },
	{ QR | RA | 5, DNS_PACKET_ANSWER, DNS_REFUSED },
	{ QR | RA | 9, DNS_PACKET_ANSWER, DNS_GARBLED },	/* NOTAUTH */
	{ QR | RA | 1, DNS_PACKET_NO_EDNS, DNS_UNFINISHED },	/* FORMERR */
	{ QR | RA | 4, DNS_PACKET_NO_EDNS, DNS_UNFINISHED },	/* NOTIMP */
	{ QR | RA | TC, DNS_PACKET_TRUNCATED, DNS_UNFINISHED },
	{ RD, DNS_PACKET_FOREIGN, DNS_UNFINISHED },		/* a question */
	{ QR | 0x2800, DNS_PACKET_FOREIGN, DNS_UNFINISHED },	/* opcode UPDATE */
};

START_TEST(tells_the_outcomes_apart)
{
	struct wire wire;
	struct dns_packet packet;

	begin(&wire, headers[_i].flags, 0, 0, "a.example", DNS_A);
	packet = read_as(&wire, "a.example", DNS_A);
	ck_assert_int_eq(packet.kind, headers[_i].kind);
	ck_assert_int_eq(packet.status, headers[_i].status);
}
END_TEST

START_TEST(an_answer_to_another_question_is_none)
{
	struct wire wire;

	begin(&wire, QR | RA, 1, 0, "a.example", DNS_A);
	put_a(&wire, "a.example", 2, 60);
	ck_assert_int_eq(read_as(&wire, "b.example", DNS_A).kind, DNS_PACKET_FOREIGN);
	ck_assert_int_eq(read_as(&wire, "a.example", DNS_TXT).kind, DNS_PACKET_FOREIGN);
}
END_TEST

/* Whatever is cut off or promised too much is garbled, never "nothing". */
START_TEST(a_packet_cut_anywhere_is_garbled)
{
	struct wire whole;

	begin(&whole, QR | RA, 2, 0, "a.example", DNS_A);
	put_a(&whole, "a.example", 2, 60);
	put_a(&whole, "a.example", 4, 60);
	for (size_t len = 0; len < whole.len; len++) {
		struct wire cut = whole;
		struct dns_packet packet;

		cut.len = len;
		packet = read_as(&cut, "a.example", DNS_A);
		ck_assert_int_eq(packet.kind, DNS_PACKET_ANSWER);
		ck_assert_int_eq(packet.status, DNS_GARBLED);
	}
}
END_TEST

/* RFC 6891 6.1.3: with the upper bits in the OPT record, NXDOMAIN is something else. */
START_TEST(an_extended_code_is_no_nxdomain)
{
	static const uint8_t opt[] = { 0, 0, 41, 4, 208, 1, 0, 0, 0, 0, 0 };
	struct wire wire;

	begin(&wire, QR | RA | 3, 0, 0, "a.example", DNS_A);
	wire.bytes[11] = 1;
	put(&wire, opt, sizeof opt);
	ck_assert_int_eq(read_as(&wire, "a.example", DNS_A).kind, DNS_PACKET_NO_EDNS);
}
END_TEST

START_TEST(an_alias_of_nothing_is_garbled)
{
	struct wire wire;

	begin(&wire, QR | RA, 1, 0, "a.example", DNS_A);
	put_head(&wire, "a.example", DNS_CNAME, 60, 0);
	ck_assert_int_eq(read_as(&wire, "a.example", DNS_A).status, DNS_GARBLED);
}
END_TEST

START_TEST(an_address_of_the_wrong_length_is_garbled)
{
	struct wire wire;

	begin(&wire, QR | RA, 1, 0, "a.example", DNS_A);
	put_head(&wire, "a.example", DNS_A, 60, 3);
	put(&wire, "\177\0\0", 3);
	ck_assert_int_eq(read_as(&wire, "a.example", DNS_A).status, DNS_GARBLED);
}
END_TEST

/* Options of an answer with this code, and what is made of them (RFC 8914). */
static const struct {
	unsigned rcode;
	const char *options;
	size_t len;
	bool is_bogus;
	const char *detail;
} extended[] = {
	{ 2, "", 0, false, NULL },
	{ 2, "\0\17\0\2\0\6", 6, true, "DNSSEC bogus" },
	{ 2, "\0\17\0\6\0\7text", 10, true, "a DNSSEC signature has expired" },	/* 2: text may follow */
	{ 2, "\0\17\0\2\0\26", 6, false, "no server of the name is reached" },
	/* 3: several; another option between */
	{ 2, "\0\17\0\2\0\26\0\12\0\1x\0\17\0\2\0\12", 17, true, "DNSSEC signatures are missing" },
	{ 2, "\0\17\0\2\0\7\0\17\0\2\0\26", 12, true, "a DNSSEC signature has expired" },
	{ 2, "\0\17\0\2\1\6", 6, false, NULL },		/* a code of private use */
	{ 2, "\0\17\0\1\6", 5, false, NULL },		/* too short */
	{ 2, "\0\17\0\2\6", 5, false, NULL },		/* cut */
	{ 2, "\0\17\0", 3, false, NULL },
	{ 2, "\0\12\377\377\0\17\0\2\0\6", 10, false, NULL },	/* longer than all there is */
	{ 5, "\0\17\0\2\0\22", 6, false, "prohibited" },
	{ 5, "\0\17\0\2\0\6", 6, false, "DNSSEC bogus" },	/* who refuses did not look */
	{ 3, "\0\17\0\2\0\6", 6, false, NULL },
};

START_TEST(tells_bogus_from_broken)
{
	struct wire wire;
	struct dns_packet packet;

	begin(&wire, QR | RA | extended[_i].rcode, 0, 0, "a.example", DNS_A);
	wire.bytes[11] = 1;
	put(&wire, "\0\0\51\4\320\0\0\0\0", 9);	/* OPT, 1232 octets */
	put16(&wire, (unsigned)extended[_i].len);
	put(&wire, extended[_i].options, extended[_i].len);
	packet = read_as(&wire, "a.example", DNS_A);
	ck_assert_int_eq(packet.kind, DNS_PACKET_ANSWER);
	ck_assert_int_eq(packet.is_bogus, extended[_i].is_bogus);
	ck_assert_pstr_eq(packet.detail, extended[_i].detail);
}
END_TEST

START_TEST(a_name_that_points_at_itself_is_garbled)
{
	struct wire wire;

	begin(&wire, QR | RA, 1, 0, "a.example", DNS_A);
	put16(&wire, 0xc000 | (unsigned)wire.len);
	put16(&wire, DNS_A);
	ck_assert_int_eq(read_as(&wire, "a.example", DNS_A).status, DNS_GARBLED);
}
END_TEST

Suite *suite_dns_packet(void);
Suite *suite_dns_packet(void)
{
	Suite *suite = suite_create("dns_packet");
	TCase *tcase = tcase_create("dns_packet");

	tcase_add_test(tcase, builds_a_question_that_others_can_read);
	tcase_add_test(tcase, reads_addresses_and_the_lowest_ttl);
	tcase_add_test(tcase, joins_the_strings_of_a_txt_record);
	tcase_add_test(tcase, reads_mail_exchangers_in_lower_case);
	tcase_add_test(tcase, reads_who_runs_a_zone);
	tcase_add_test(tcase, follows_aliases_inside_the_answer_in_any_order);
	tcase_add_test(tcase, an_answer_about_another_name_is_garbled);
	tcase_add_test(tcase, asks_on_where_an_alias_ends_short);
	tcase_add_test(tcase, an_alias_whose_end_has_nothing_is_nodata);
	tcase_add_test(tcase, aliases_in_a_circle_end);
	tcase_add_test(tcase, a_server_that_only_refers_to_others_refuses);
	ADD_TABLE(tcase, tells_the_outcomes_apart, headers);
	tcase_add_test(tcase, an_answer_to_another_question_is_none);
	tcase_add_test(tcase, a_packet_cut_anywhere_is_garbled);
	tcase_add_test(tcase, an_extended_code_is_no_nxdomain);
	tcase_add_test(tcase, an_alias_of_nothing_is_garbled);
	tcase_add_test(tcase, an_address_of_the_wrong_length_is_garbled);
	ADD_TABLE(tcase, tells_bogus_from_broken, extended);
	tcase_add_test(tcase, a_name_that_points_at_itself_is_garbled);
	suite_add_tcase(suite, tcase);
	return suite;
}
