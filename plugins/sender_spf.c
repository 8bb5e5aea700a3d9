/* SPDX-License-Identifier: GPL-3.0-or-later */
#include <stdlib.h>

#include "sender_domain.h"

/* SPF. */

static void *study(const struct sender *sender, struct resolver *resolver)
{
	struct dns_question *question = calloc(1, sizeof *question);

	if (question != NULL) {
		question->name = sender->domain;
		question->type = DNS_TXT;
		resolver->ask(resolver, question, 1);
	}
	return question;
}

static void judge(const struct sender *sender, struct frame *frame, const void *found)
{
	struct text text = { 0 };

	dns_print(&text, found);
	sender_add(sender, frame, STATE_UNKNOWN, "dns_temporary", "spf", NULL, &text);
}

static void release(void *found)
{
	dns_release(found, 1);
	free(found);
}

const struct sender_part sender_spf = { "spf", "spf", study, judge, release };
