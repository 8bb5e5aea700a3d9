/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "mail/rdns.h"

#include "base/dns_rounds.h"
#include "fuzz.h"
#include "mail/rdns_generic.h"

/* The first line is a name that an address may have. The rest is a zone, a record a line:
 * the type ('p', 'c', 's', else an address), the length of the name modulo 10 or '*' for
 * any, '!' for a failure or any other byte, and the data; an address is ours if the data
 * is "=". */

enum { RECORDS_MAX = 40 };

struct world {
	struct resolver resolver;	/* first */
	struct slice zone;
	struct ip ip;
};

static bool is_type(char c, enum dns_type type)
{
	switch (c) {
	case 'p': return type == DNS_PTR;
	case 'c': return type == DNS_CNAME;
	case 's': return type == DNS_SOA;
	default: return type == DNS_A || type == DNS_AAAA;
	}
}

static void add(const struct world *world, struct dns_question *question, struct slice data)
{
	struct dns_records *records = question->records;
	struct dns_record record = { .data = data };

	if (records == NULL) {
		question->records = records = calloc(1, sizeof *records + RECORDS_MAX * sizeof record);
		records->users = 1;
	}
	if (question->type == DNS_A || question->type == DNS_AAAA) {
		record.ip = world->ip;
		record.ip.bytes[0] ^= !slice_is(data, "=");
	}
	if (records->count < RECORDS_MAX)
		records->at[records->count++] = record;
}

static void answer(struct world *world, struct dns_question *question)
{
	char length = (char)('0' + strlen(question->name.text) % 10);
	struct slice rest = world->zone, line;

	question->records = NULL;
	question->detail = NULL;
	question->is_bogus = false;
	question->status = DNS_NXDOMAIN;
	while (slice_split(&rest, '\n', &line)) {
		if (line.len < 3 || !is_type(line.at[0], question->type) ||
		    (line.at[1] != length && line.at[1] != '*'))
			continue;
		if (line.at[2] == '!' && !question->is_unchecked) {
			dns_release(question, 1);
			question->status = DNS_SERVFAIL;
			return;
		}
		question->status = DNS_FOUND;
		add(world, question, (struct slice){ line.at + 3, line.len - 3 });
	}
}

static void ask(struct resolver *self, struct dns_question *questions, size_t count)
{
	for (size_t i = 0; i < count; i++)
		answer((struct world *)self, &questions[i]);
}

static void check(const struct world *world, const struct rdns_found *found)
{
	size_t confirmed = 0;
	struct text contact = { 0 };

	MUST(found->name_count <= RDNS_NAMES_MAX && found->alias_count <= RDNS_ALIASES_MAX);
	MUST(found->name_count <= found->pointer_count);
	for (size_t i = 0; i < found->name_count; i++) {
		const struct rdns_name *name = &found->names[i];

		MUST(fuzz_is_inside(name->name, world->zone));
		MUST((name->kind == RDNS_NAME_NO_HOST) == (name->host.text[0] == '\0'));
		confirmed += name->kind == RDNS_NAME_CONFIRMED;
	}
	MUST((found->iprev == RDNS_PASS) == (confirmed > 0));
	MUST((found->iprev == RDNS_TEMPERROR) == (found->missing != NULL));
	MUST(found->iprev != RDNS_FAIL || found->name_count > 0);
	MUST(found->iprev != RDNS_PERMERROR || found->pointer_count == 0);
	MUST((found->why == RDNS_LAME) == (found->lame.text[0] != '\0'));
	MUST(strcmp(rdns_why_word(found), "?") != 0 && strcmp(rdns_why_word(found), "found") != 0);
	MUST(fuzz_is_inside(found->owner.server, world->zone));
	MUST(fuzz_is_inside(found->owner.contact, world->zone));
	MUST(domain_within(rdns_end(found), found->owner.zone.text));
	rdns_print_contact(found->owner.contact, &contact);
	text_release(&contact);
}

/* In rounds comes out what comes out at once. */
static void check_rounds(struct world *world, const struct rdns_found *found)
{
	struct rdns_found again = { 0 };
	struct dns_rounds rounds;

	dns_rounds_open(&rounds, &world->resolver);
	do {
		rdns_release(&again);
		rdns_find(&world->ip, &rounds.resolver, &again);
	} while (dns_rounds_ask(&rounds));
	MUST(again.iprev == found->iprev && again.why == found->why);
	MUST(again.alias_count == found->alias_count && again.name_count == found->name_count);
	MUST(domain_same(&again.owner.zone, &found->owner.zone));
	rdns_release(&again);
	dns_rounds_release(&rounds);
}

static void check_generic(struct slice line, const struct ip *ip)
{
	struct domain name, sign;
	struct fault fault;
	enum rdns_generic generic;

	if (!domain_parse(line, &name, &fault))
		return;
	generic = rdns_generic(&name, ip, &sign);
	MUST((generic == RDNS_OWN_NAME) == (sign.text[0] == '\0'));
	MUST(generic != RDNS_OF_PROVIDER || domain_within(&name, sign.text));
	MUST(generic != RDNS_HAS_WORD || strstr(name.text, sign.text) != NULL);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct world world = { .resolver.ask = ask, .ip = { 4, { 192, 0, 2, 25 } } };
	struct slice rest = { (const char *)data, size }, line;
	struct rdns_found found;

	if (size % 2 > 0)
		world.ip = (struct ip){ 6, { 0x20, 1, 0xd, 0xb8, [15] = 0x25 } };
	if (!slice_split(&rest, '\n', &line))
		return 0;
	check_generic(line, &world.ip);
	world.zone = rest.at != NULL ? rest : (struct slice){ "", 0 };
	rdns_find(&world.ip, &world.resolver, &found);
	check(&world, &found);
	if (size < 600)
		check_rounds(&world, &found);
	rdns_release(&found);
	return 0;
}
