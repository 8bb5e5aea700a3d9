/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "fakes/zone.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { ALIASES_MAX = 8, RECORDS_MAX = 64 };

/* One more record, with its text behind all records. */
static void add(struct dns_question *question, const char *data)
{
	struct dns_records *records = question->records;
	struct dns_record *record;
	size_t room = sizeof *records + RECORDS_MAX * (sizeof *record + 1024);
	size_t used = 0;
	char *text;

	if (records == NULL) {
		question->records = records = calloc(1, room);
		records->users = 1;
	}
	for (size_t i = 0; i < records->count; i++)
		used += records->at[i].data.len;
	if (records->count == RECORDS_MAX || used + strlen(data) > RECORDS_MAX * 1024)
		abort();
	text = (char *)&records->at[RECORDS_MAX] + used;
	record = &records->at[records->count++];
	if (question->type == DNS_A || question->type == DNS_AAAA) {
		if (!ip_parse(slice_of(data), &record->ip))
			abort();
		return;
	}
	if (question->type == DNS_MX) {
		record->preference = (uint16_t)atoi(data);
		data = strchr(data, ' ') + 1;
		if (strcmp(data, ".") == 0)
			data = "";
	}
	memcpy(text, data, strlen(data));
	record->data = (struct slice){ text, strlen(data) };
}

static bool is_below(const char *name, const char *parent)
{
	size_t a = strlen(name), b = strlen(parent);

	return a > b && name[a - b - 1] == '.' && strcmp(name + a - b, parent) == 0;
}

/* Are there rows of this very name, or of its wildcard? */
static const char *owner_of(const struct zone *zone, const char *name)
{
	const char *wildcard = NULL;

	for (const struct zone_row *row = zone->rows; row->name != NULL; row++) {
		if (strcmp(row->name, name) == 0 || is_below(row->name, name))
			return name;
		if (row->name[0] == '*' && is_below(name, row->name + 2))
			wildcard = row->name;
	}
	return wildcard;
}

static void answer(struct zone *zone, struct dns_question *question, const char *name,
		   unsigned aliases)
{
	const char *owner = owner_of(zone, name);

	question->status = owner != NULL ? DNS_NODATA : DNS_NXDOMAIN;
	for (const struct zone_row *row = zone->rows; owner != NULL && row->name != NULL; row++) {
		if (strcmp(row->name, owner) != 0)
			continue;
		if (row->type == DNS_CNAME && question->type != DNS_CNAME) {
			if (aliases == ALIASES_MAX)
				question->status = DNS_SERVFAIL;
			else
				answer(zone, question, row->data, aliases + 1);
			return;
		}
		if (row->type != question->type || strcmp(row->data, ZONE_NODATA) == 0)
			continue;
		if (strcmp(row->data, ZONE_SERVFAIL) == 0)
			question->status = DNS_SERVFAIL;
		else if (strcmp(row->data, ZONE_TIMEOUT) == 0)
			question->status = DNS_TIMEOUT;
		else if (strcmp(row->data, ZONE_BOGUS) == 0)
			question->status = question->is_unchecked ? DNS_NODATA : DNS_SERVFAIL;
		else {
			question->status = DNS_FOUND;
			add(question, row->data);
		}
	}
}

static void ask(struct resolver *self, struct dns_question *questions, size_t count)
{
	struct zone *zone = (struct zone *)self;
	size_t used = strlen(zone->log);

	for (size_t i = 0; i < count; i++) {
		questions[i].records = NULL;
		questions[i].detail = NULL;
		questions[i].is_bogus = false;
		questions[i].tries = 0;
		questions[i].took_us = 0;
		questions[i].ttl = 300;
		questions[i].authenticated = zone->is_secure;
		answer(zone, &questions[i], questions[i].name.text, 0);
		if (used < sizeof zone->log)
			used += (size_t)snprintf(zone->log + used, sizeof zone->log - used, "%s %s\n",
						 dns_type_word(questions[i].type),
						 questions[i].name.text);
	}
	zone->asked += count;
	zone->batches++;
}

void zone_open(struct zone *zone, const struct zone_row *rows)
{
	memset(zone, 0, sizeof *zone);
	zone->resolver.ask = ask;
	zone->rows = rows;
}
