/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "mail/sasl.h"

#include "base/base64.h"
#include "fuzz.h"

/* Each line is a challenge: as it is in one exchange, made base64 in another. A
 * line that begins with '@' goes on from SCRAM's nonce. */
static void converse(enum sasl_mechanism mechanism, struct slice lines, bool is_encoded)
{
	const struct sasl_credentials credentials = { "user", "pencil", "mx.example", 587 };
	struct text nonce = { 0 };
	struct sasl *sasl;
	struct slice line;
	struct fault fault;

	MUST(sasl_open(mechanism, &credentials, &sasl, &fault));
	for (int i = 0; i < 6 && (i == 0 || lines.at != NULL); i++) {
		struct text challenge = { 0 }, clear = { 0 }, response = { 0 };
		enum sasl_outcome outcome;

		if (i > 0 || !sasl_starts(sasl)) {
			if (!slice_split(&lines, '\n', &line))
				break;
			if (line.len > 0 && *line.at == '@' && nonce.len > 0) {
				text_add(&clear, "r=%s", text_str(&nonce));
				line = (struct slice){ line.at + 1, line.len - 1 };
			}
			text_add_slice(&clear, line);
			if (is_encoded)
				base64_add(&challenge, text_slice(&clear));
			else
				text_add_slice(&challenge, text_slice(&clear));
		}
		fault.text[0] = '\0';
		outcome = sasl_step(sasl, text_slice(&challenge), &response, &fault);
		MUST(outcome == SASL_SAY || outcome == SASL_BAD);
		MUST((outcome == SASL_SAY) == (fault.text[0] == '\0'));
		MUST(outcome == SASL_SAY || response.len == 0);
		MUST(strstr(fault.text, "pencil") == NULL);
		/* Nobody can prove anything who does not know the password. */
		MUST(sasl_is_complete(sasl) == (mechanism != SASL_SCRAM_SHA_256));
		text_release(&clear);
		MUST(base64_decode(text_slice(&response), &clear));
		if (i == 0 && mechanism == SASL_SCRAM_SHA_256)
			text_add(&nonce, "%s", clear.at + strlen("n,,n=user,r="));
		text_release(&clear);
		text_release(&challenge);
		text_release(&response);
		if (outcome == SASL_BAD) {
			MUST(sasl_step(sasl, (struct slice){ "", 0 }, &response, &fault) == SASL_BAD);
			break;
		}
	}
	text_release(&nonce);
	sasl_close(sasl);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct slice lines = { (const char *)data, size };

	for (int mechanism = 0; mechanism < SASL_MECHANISMS; mechanism++) {
		converse((enum sasl_mechanism)mechanism, lines, true);
		converse((enum sasl_mechanism)mechanism, lines, false);
	}
	return 0;
}
