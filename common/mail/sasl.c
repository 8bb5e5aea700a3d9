/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "mail/sasl.h"

#include <gsasl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/base64.h"

enum {
	/* A line of the exchange, without CRLF (RFC 4954 section 4). */
	CHALLENGE_MAX = 12288,
	/* A second of computing, perhaps; servers take 4096 to 16384. */
	ITERATIONS_MAX = 100000,
};

struct sasl {
	const struct mechanism *mechanism;
	unsigned step;		/* the challenges that were answered */
	bool is_proved;		/* the server's signature was right (RFC 5802 section 3) */
	char *user, *secret;	/* LOGIN's answers */
	char *bearer;		/* the first message of XOAUTH2 and OAUTHBEARER */
	Gsasl *library;
	Gsasl_session *session;
};

typedef enum sasl_outcome step_function(struct sasl *sasl, struct slice challenge,
					struct text *response, struct fault *fault);
static step_function step_login, step_library, step_scram, step_xoauth2, step_oauthbearer;

/* What a mechanism needs to be opened, beside credentials. */
enum preparation { BY_HAND, BY_LIBRARY, BY_BEARER };

static const struct mechanism {
	const char *word;
	unsigned challenges;	/* that the client answers, the empty first one included */
	bool starts;
	bool tells_secret;
	enum preparation preparation;
	step_function *step;
} mechanisms[] = {
	[SASL_PLAIN]	     = { "PLAIN", 1, true, true, BY_LIBRARY, step_library },
	[SASL_LOGIN]	     = { "LOGIN", 2, false, true, BY_HAND, step_login },
	[SASL_CRAM_MD5]	     = { "CRAM-MD5", 1, false, false, BY_LIBRARY, step_library },
	[SASL_SCRAM_SHA_256] = { "SCRAM-SHA-256", 3, true, false, BY_LIBRARY, step_scram },
	[SASL_XOAUTH2]	     = { "XOAUTH2", 2, true, true, BY_BEARER, step_xoauth2 },
	[SASL_OAUTHBEARER]   = { "OAUTHBEARER", 2, true, true, BY_BEARER, step_oauthbearer },
	[SASL_EXTERNAL]	     = { "EXTERNAL", 1, true, false, BY_LIBRARY, step_library },
};

const char *sasl_word(enum sasl_mechanism mechanism)
{
	return mechanisms[mechanism].word;
}

bool sasl_parse(struct slice word, enum sasl_mechanism *mechanism)
{
	for (int i = 0; i < SASL_MECHANISMS; i++) {
		if (slice_is_nocase(word, mechanisms[i].word)) {
			*mechanism = (enum sasl_mechanism)i;
			return true;
		}
	}
	return false;
}

bool sasl_tells_secret(enum sasl_mechanism mechanism)
{
	return mechanisms[mechanism].tells_secret;
}

/* ---- opening and closing ---- */

static void wipe(char *secret)
{
	if (secret != NULL)
		explicit_bzero(secret, strlen(secret));
	free(secret);
}

/* The name in a GS2 header (RFC 5801 section 4: a saslname). */
static void print_saslname(const char *user, char *to)
{
	for (; *user != '\0'; user++) {
		if (*user == ',' || *user == '=') {
			memcpy(to, *user == ',' ? "=2C" : "=3D", 3);
			to += 3;
		} else {
			*to++ = *user;
		}
	}
	*to = '\0';
}

/* In one block of its final size, so that no piece of a token stays behind in
 * one that was outgrown. NULL: no memory. */
static char *print_bearer(const struct mechanism *mechanism,
			  const struct sasl_credentials *credentials)
{
	const char *host = credentials->host != NULL ? credentials->host : "";
	size_t size = 3 * strlen(credentials->user) + strlen(credentials->secret) + strlen(host) + 64;
	char *name = malloc(size), *bearer = malloc(size);
	int len = -1;

	if (name != NULL && bearer != NULL && mechanism->step == step_xoauth2) {
		len = snprintf(bearer, size, "user=%s\001auth=Bearer %s\001\001", credentials->user,
			       credentials->secret);
	} else if (name != NULL && bearer != NULL) {
		print_saslname(credentials->user, name);
		/* RFC 7628 section 3.1 */
		len = snprintf(bearer, size, "n,%s%s,\001host=%s\001port=%u\001auth=Bearer %s\001\001",
			       *name != '\0' ? "a=" : "", name, host, credentials->port,
			       credentials->secret);
	}
	free(name);
	if (len < 0 || (size_t)len >= size) {
		free(bearer);
		return NULL;
	}
	return bearer;
}

/* A ^A in one of them would begin another field of the message. */
static bool is_bearable(const char *value)
{
	for (; value != NULL && *value != '\0'; value++) {
		if ((unsigned char)*value < ' ' || *value == '\x7f')
			return false;
	}
	return true;
}

static bool open_bearer(struct sasl *sasl, const struct sasl_credentials *credentials,
			struct fault *fault)
{
	if (!is_bearable(credentials->user) || !is_bearable(credentials->secret) ||
	    !is_bearable(credentials->host))
		return fault_set(fault, FAULT_USAGE,
				 "a control character in the user, the token or the host");
	sasl->bearer = print_bearer(sasl->mechanism, credentials);
	return sasl->bearer != NULL || fault_set(fault, FAULT_LOCAL, "out of memory");
}

static bool open_by_hand(struct sasl *sasl, const struct sasl_credentials *credentials,
			 struct fault *fault)
{
	sasl->user = strdup(credentials->user);
	sasl->secret = strdup(credentials->secret);
	return (sasl->user != NULL && sasl->secret != NULL) ||
	       fault_set(fault, FAULT_LOCAL, "out of memory");
}

static bool is_preparable(const char *value, Gsasl_saslprep_flags flags)
{
	char *prepared = NULL;
	int code = gsasl_saslprep(value, flags, &prepared, NULL);

	if (prepared != NULL)
		explicit_bzero(prepared, strlen(prepared));
	gsasl_free(prepared);
	return code == GSASL_OK;
}

/* CRAM-MD5 and SCRAM compute with what SASLprep makes of both (RFC 4013). The
 * library prepares them itself, but late, and loses memory where it cannot. In
 * SCRAM the password is a "stored string" (RFC 5802 section 2.2). */
static bool check_preparation(const struct sasl *sasl, const struct sasl_credentials *credentials,
			      struct fault *fault)
{
	bool is_scram = sasl->mechanism == &mechanisms[SASL_SCRAM_SHA_256];

	if (!is_scram && sasl->mechanism != &mechanisms[SASL_CRAM_MD5])
		return true;
	if (!is_preparable(credentials->user, GSASL_ALLOW_UNASSIGNED))
		return fault_set(fault, FAULT_USAGE, "the user has characters that SASL does not"
				 " allow (RFC 4013), or is not UTF-8");
	if (!is_preparable(credentials->secret, is_scram ? 0 : GSASL_ALLOW_UNASSIGNED))
		return fault_set(fault, FAULT_USAGE, "the password has characters that SASL does not"
				 " allow (RFC 4013), or is not UTF-8");
	return true;
}

/* What the library gets stays in the session: nothing is asked for later. */
static bool open_library(struct sasl *sasl, const struct sasl_credentials *credentials,
			 struct fault *fault)
{
	bool is_external = sasl->mechanism == &mechanisms[SASL_EXTERNAL];
	int code;

	if (!check_preparation(sasl, credentials, fault))
		return false;
	code = gsasl_init(&sasl->library);
	if (code == GSASL_OK)
		code = gsasl_client_start(sasl->library, sasl->mechanism->word, &sasl->session);
	if (code == GSASL_OK && credentials->user != NULL)
		code = gsasl_property_set(sasl->session, is_external ? GSASL_AUTHZID : GSASL_AUTHID,
					  credentials->user);
	if (code == GSASL_OK && !is_external)
		code = gsasl_property_set(sasl->session, GSASL_PASSWORD, credentials->secret);
	return code == GSASL_OK ||
	       fault_set(fault, FAULT_LOCAL, "libgsasl: %s: %s", sasl->mechanism->word,
			 gsasl_strerror(code));
}

bool sasl_open(enum sasl_mechanism mechanism, const struct sasl_credentials *credentials,
	       struct sasl **sasl, struct fault *fault)
{
	const char *word = mechanisms[mechanism].word;
	struct sasl *opened;
	bool is_open = false;

	if (mechanism != SASL_EXTERNAL && (credentials->user == NULL || credentials->secret == NULL))
		return fault_set(fault, FAULT_USAGE, "%s wants a user and a secret", word);
	opened = calloc(1, sizeof *opened);
	if (opened == NULL)
		return fault_set(fault, FAULT_LOCAL, "out of memory");
	opened->mechanism = &mechanisms[mechanism];
	switch (opened->mechanism->preparation) {
	case BY_HAND: is_open = open_by_hand(opened, credentials, fault); break;
	case BY_LIBRARY: is_open = open_library(opened, credentials, fault); break;
	case BY_BEARER: is_open = open_bearer(opened, credentials, fault); break;
	}
	if (!is_open) {
		sasl_close(opened);
		return false;
	}
	*sasl = opened;
	return true;
}

bool sasl_starts(const struct sasl *sasl)
{
	return sasl->mechanism->starts;
}

bool sasl_is_complete(const struct sasl *sasl)
{
	return sasl->mechanism != &mechanisms[SASL_SCRAM_SHA_256] || sasl->is_proved;
}

/* gsasl_finish() frees what it was given and what it made of it, but does not
 * wipe it. */
static void wipe_session(Gsasl_session *session)
{
	static const Gsasl_property secrets[] = {
		GSASL_PASSWORD, GSASL_SCRAM_SALTED_PASSWORD, GSASL_SCRAM_SERVERKEY,
		GSASL_SCRAM_STOREDKEY,
	};

	for (size_t i = 0; i < sizeof secrets / sizeof *secrets; i++) {
		char *secret = (char *)gsasl_property_fast(session, secrets[i]);

		if (secret != NULL)
			explicit_bzero(secret, strlen(secret));
	}
}

void sasl_close(struct sasl *sasl)
{
	if (sasl == NULL)
		return;
	if (sasl->session != NULL) {
		wipe_session(sasl->session);
		gsasl_finish(sasl->session);
	}
	if (sasl->library != NULL)
		gsasl_done(sasl->library);
	wipe(sasl->user);
	wipe(sasl->secret);
	wipe(sasl->bearer);
	free(sasl);
}

/* ---- the exchange ---- */

static enum sasl_outcome say(struct text *response, struct slice bytes)
{
	base64_add(response, bytes);
	return SASL_SAY;
}

/* No enum of the fault's kinds says "the peer is wrong": the outcome does. */
static enum sasl_outcome bad(struct fault *fault, const char *why)
{
	fault_set(fault, FAULT_LOCAL, "%s", why);
	return SASL_BAD;
}

/* The library's code, as whose fault it is. */
static enum sasl_outcome blame(int code, struct fault *fault)
{
	switch (code) {
	case GSASL_SASLPREP_ERROR:
		fault_set(fault, FAULT_USAGE,
			  "the user or the password has characters that SASL does not allow"
			  " (RFC 4013)");
		return SASL_FAILED;
	case GSASL_MECHANISM_PARSE_ERROR:
	case GSASL_AUTHENTICATION_ERROR:
	case GSASL_INTEGRITY_ERROR:
	case GSASL_BASE64_ERROR:
	case GSASL_MECHANISM_CALLED_TOO_MANY_TIMES:
		fault_set(fault, FAULT_LOCAL, "the server's challenge: %s", gsasl_strerror(code));
		return SASL_BAD;
	default:
		fault_set(fault, FAULT_LOCAL, "libgsasl: %s", gsasl_strerror(code));
		return SASL_FAILED;
	}
}

static enum sasl_outcome step_library(struct sasl *sasl, struct slice challenge,
				      struct text *response, struct fault *fault)
{
	char *output = NULL;
	size_t len = 0;
	int code;

	/* An empty one is what RFC 2195 has no use for, and the library takes for
	 * the beginning. */
	if (challenge.len == 0 && !sasl->mechanism->starts)
		return bad(fault, "the server's challenge is empty");
	code = gsasl_step(sasl->session, challenge.at, challenge.len, &output, &len);
	if (code != GSASL_OK && code != GSASL_NEEDS_MORE)
		return blame(code, fault);
	base64_add(response, (struct slice){ output, len });
	if (output != NULL)
		explicit_bzero(output, len);
	gsasl_free(output);
	return SASL_SAY;
}

/* The prompts are worded as each server likes, so the order counts. */
static enum sasl_outcome step_login(struct sasl *sasl, struct slice challenge,
				    struct text *response, struct fault *fault)
{
	(void)challenge;
	(void)fault;
	return say(response, slice_of(sasl->step == 0 ? sasl->user : sasl->secret));
}

/* Google and Microsoft tell in JSON what is wrong; then comes an empty line. */
static enum sasl_outcome step_xoauth2(struct sasl *sasl, struct slice challenge,
				      struct text *response, struct fault *fault)
{
	(void)challenge;
	(void)fault;
	return say(response, slice_of(sasl->step == 0 ? sasl->bearer : ""));
}

/* RFC 7628 section 3.2.3 */
static enum sasl_outcome step_oauthbearer(struct sasl *sasl, struct slice challenge,
					  struct text *response, struct fault *fault)
{
	(void)challenge;
	(void)fault;
	return say(response, slice_of(sasl->step == 0 ? sasl->bearer : "\001"));
}

/* Is it "r=NONCE,s=SALT,i=COUNT" (RFC 5802 section 7) with a count that is no
 * trap? What may follow are extensions. */
static bool check_server_first(struct slice message, struct fault *fault)
{
	struct slice nonce, salt, count;
	uint64_t iterations;

	if (!slice_split(&message, ',', &nonce) || !slice_starts(nonce, "r=") ||
	    !slice_split(&message, ',', &salt) || !slice_starts(salt, "s=") ||
	    !slice_split(&message, ',', &count) || !slice_starts(count, "i="))
		return fault_set(fault, FAULT_LOCAL, "the server's first SCRAM message is none");
	count = (struct slice){ count.at + 2, count.len - 2 };
	for (size_t i = 0; i < count.len; i++) {
		if (count.at[i] < '0' || count.at[i] > '9')
			return fault_set(fault, FAULT_LOCAL, "SCRAM's iteration count is no number");
	}
	if (count.len == 0 || count.at[0] == '0')
		return fault_set(fault, FAULT_LOCAL, "SCRAM's iteration count is no number");
	if (!slice_number(count, ITERATIONS_MAX, &iterations))
		return fault_set(fault, FAULT_LOCAL, "the server asks for %.*s SCRAM iterations, more"
				 " than %d", count.len > 20 ? 20 : (int)count.len, count.at,
				 ITERATIONS_MAX);
	return true;
}

static enum sasl_outcome step_scram(struct sasl *sasl, struct slice challenge,
				    struct text *response, struct fault *fault)
{
	enum sasl_outcome outcome;

	/* The library reads strings. */
	if (challenge.len > 0 && memchr(challenge.at, '\0', challenge.len) != NULL)
		return bad(fault, "a NUL in the server's SCRAM message");
	if (sasl->step == 1 && !check_server_first(challenge, fault))
		return SASL_BAD;
	/* "e=": it takes no proof of ours, and its refusal comes next
	 * (RFC 5802 section 7, server-error). It has proved nothing. */
	if (sasl->step == 2 && slice_starts(challenge, "e="))
		return say(response, slice_of(""));
	outcome = step_library(sasl, challenge, response, fault);
	if (sasl->step == 2 && outcome == SASL_SAY)
		sasl->is_proved = true;
	if (sasl->step == 2 && outcome == SASL_BAD)
		fault_set(fault, FAULT_LOCAL, "the server does not know the password either: its"
			  " SCRAM signature is wrong");
	return outcome;
}

static enum sasl_outcome answer(struct sasl *sasl, struct slice challenge, struct text *response,
				struct fault *fault)
{
	if (sasl->step >= sasl->mechanism->challenges)
		return bad(fault, "the server sends a challenge too many");
	if (sasl->step == 0 && sasl->mechanism->starts && challenge.len > 0)
		return bad(fault, "the server sends a challenge where the client begins");
	return sasl->mechanism->step(sasl, challenge, response, fault);
}

static enum sasl_outcome decode_and_answer(struct sasl *sasl, struct slice challenge,
					   struct text *response, struct fault *fault)
{
	struct text decoded = { 0 };
	enum sasl_outcome outcome;

	if (challenge.len > CHALLENGE_MAX)
		return bad(fault, "the server's challenge is longer than 12288 (RFC 4954)");
	if (!base64_decode(challenge, &decoded))
		return bad(fault, "the server's challenge is not base64");
	outcome = answer(sasl, text_slice(&decoded), response, fault);
	if (text_failed(&decoded) || (outcome == SASL_SAY && text_failed(response))) {
		fault_set(fault, FAULT_LOCAL, "out of memory");
		outcome = SASL_FAILED;
	}
	text_release(&decoded);
	return outcome;
}

enum sasl_outcome sasl_step(struct sasl *sasl, struct slice challenge, struct text *response,
			    struct fault *fault)
{
	enum sasl_outcome outcome = decode_and_answer(sasl, challenge, response, fault);

	/* Behind an error there is no next step. */
	sasl->step = outcome == SASL_SAY ? sasl->step + 1 : sasl->mechanism->challenges;
	return outcome;
}
