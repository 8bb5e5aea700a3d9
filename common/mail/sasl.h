/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef MAILPATH_MAIL_SASL_H
#define MAILPATH_MAIL_SASL_H

#include "base/fault.h"
#include "base/text.h"

/* The client's side of SASL (RFC 4422, 4954): what to say, not how to say it. */

enum sasl_mechanism {
	SASL_PLAIN,		/* RFC 4616 */
	SASL_LOGIN,
	SASL_CRAM_MD5,		/* RFC 2195 */
	SASL_SCRAM_SHA_256,	/* RFC 5802, 7677 */
	SASL_XOAUTH2,		/* a vendor's format: Google, Microsoft */
	SASL_OAUTHBEARER,	/* RFC 7628 */
	SASL_EXTERNAL,		/* RFC 4422 appendix A: the client certificate tells */
	SASL_MECHANISMS,
};

/* "SCRAM-SHA-256" */
const char *sasl_word(enum sasl_mechanism mechanism);
bool sasl_parse(struct slice word, enum sasl_mechanism *mechanism);	/* in any case */

/* Does it hand the secret itself to the other side? Then it needs TLS. */
bool sasl_tells_secret(enum sasl_mechanism mechanism);

struct sasl_credentials {
	const char *user;	/* EXTERNAL: may be NULL */
	const char *secret;	/* password or token; EXTERNAL: NULL */
	const char *host;	/* the server, and */
	unsigned port;		/* its port: OAUTHBEARER says them */
};

enum sasl_outcome {
	SASL_SAY,	/* `response` is to be sent */
	SASL_BAD,	/* the challenge is nonsense, or a trap: a protocol error */
	SASL_FAILED,	/* on our side: memory, or a name that cannot be prepared */
};

struct sasl;

bool sasl_open(enum sasl_mechanism mechanism, const struct sasl_credentials *credentials,
	       struct sasl **sasl, struct fault *fault);

/* Does the client speak first? Then sasl_step() with an empty challenge gives the
 * initial response, which AUTH takes along. */
bool sasl_starts(const struct sasl *sasl);

/* Answer a challenge, both in base64 (an empty response is ""; who sends it as an
 * initial response writes "="). SCRAM's iteration count above 100,000 is SASL_BAD,
 * before it is computed; so is a server that does not prove itself: a signature
 * that is wrong. An error message of OAUTHBEARER or XOAUTH2 is answered by what
 * ends the exchange, and the server then refuses. */
enum sasl_outcome sasl_step(struct sasl *sasl, struct slice challenge, struct text *response,
			    struct fault *fault);

/* The server said 235: has it proved all that the mechanism asks of it? Only SCRAM
 * asks for something. */
bool sasl_is_complete(const struct sasl *sasl);

/* Wipes the secrets. */
void sasl_close(struct sasl *sasl);

#endif
