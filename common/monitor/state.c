/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "monitor/state.h"

static const struct {
	const char *word;
	int rank;
} states[] = {
	[STATE_OK] = { "OK", 0 },
	[STATE_UNKNOWN] = { "UNKNOWN", 1 },
	[STATE_WARNING] = { "WARNING", 2 },
	[STATE_CRITICAL] = { "CRITICAL", 3 },
};

const char *state_word(enum state state)
{
	return states[state].word;
}

bool state_parse(struct slice s, enum state *state)
{
	uint64_t number;

	if (slice_number(s, STATE_UNKNOWN, &number)) {
		*state = (enum state)number;
		return true;
	}
	for (int i = STATE_OK; i <= STATE_UNKNOWN; i++) {
		if (slice_is_nocase(s, states[i].word)) {
			*state = (enum state)i;
			return true;
		}
	}
	return false;
}

int state_rank(enum state state)
{
	return states[state].rank;
}
