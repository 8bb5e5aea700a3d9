/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "mail/dnssec.h"

static bool is_answered_unchecked(const struct dns_question *question, struct resolver *resolver)
{
	struct dns_question again = { .name = question->name, .type = question->type,
				      .server = question->server, .is_unchecked = true };
	bool is_answered;

	resolver->ask(resolver, &again, 1);
	is_answered = dns_is_answered(&again);
	dns_release(&again, 1);
	return is_answered;
}

void dnssec_recheck(struct dns_question *questions, size_t count, struct resolver *resolver)
{
	for (size_t i = 0; i < count; i++) {
		struct dns_question *question = &questions[i];

		if (question->status != DNS_SERVFAIL || question->is_bogus ||
		    question->is_unchecked || !is_answered_unchecked(question, resolver))
			continue;
		question->is_bogus = true;
		question->detail = "it is answered only where DNSSEC is not checked";
	}
}
