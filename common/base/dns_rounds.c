/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "base/dns_rounds.h"

#include <stdlib.h>

#include "base/grow.h"

static struct dns_question *find(struct dns_rounds *rounds, const struct dns_question *question)
{
	for (size_t i = 0; i < rounds->count; i++) {
		struct dns_question *seen = &rounds->questions[i];

		if (seen->type == question->type && seen->server == question->server &&
		    seen->is_unchecked == question->is_unchecked && domain_same(&seen->name, &question->name))
			return seen;
	}
	return NULL;
}

/* A new question, of which only the asking half is taken over. */
static void note(struct dns_rounds *rounds, const struct dns_question *question)
{
	struct dns_question *more = grow(rounds->questions, rounds->count, sizeof *more);

	if (more == NULL) {
		rounds->failed = true;
		return;
	}
	rounds->questions = more;
	more[rounds->count++] = (struct dns_question){
		.name = question->name,
		.type = question->type,
		.server = question->server,
		.is_unchecked = question->is_unchecked,
	};
}

static void ask(struct resolver *self, struct dns_question *questions, size_t count)
{
	struct dns_rounds *rounds = (struct dns_rounds *)self;

	for (size_t i = 0; i < count; i++) {
		const struct dns_question *seen = find(rounds, &questions[i]);

		if (seen == NULL)
			note(rounds, &questions[i]);
		if (seen == NULL || seen >= rounds->questions + rounds->known) {
			questions[i].status = DNS_UNFINISHED;
			questions[i].records = NULL;
			rounds->open++;
			continue;
		}
		questions[i] = *seen;
		if (seen->records != NULL)
			seen->records->users++;
	}
}

void dns_rounds_open(struct dns_rounds *rounds, struct resolver *below)
{
	*rounds = (struct dns_rounds){ .resolver.ask = ask, .below = below };
}

bool dns_rounds_ask(struct dns_rounds *rounds)
{
	size_t fresh = rounds->count - rounds->known;

	if (fresh == 0)
		return false;
	rounds->below->ask(rounds->below, &rounds->questions[rounds->known], fresh);
	rounds->known = rounds->count;
	rounds->rounds++;
	return true;
}

void dns_rounds_release(struct dns_rounds *rounds)
{
	dns_release(rounds->questions, rounds->count);
	free(rounds->questions);
	*rounds = (struct dns_rounds){ 0 };
}
