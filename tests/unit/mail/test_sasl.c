/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "mail/sasl.h"

#include <gsasl.h>

#include "base/base64.h"
#include "fakes/exact.h"
#include "unit.h"

static const struct sasl_credentials someone = { "user", "pencil", "mx.example", 587 };

static struct sasl *opened(enum sasl_mechanism mechanism, const struct sasl_credentials *credentials)
{
	struct sasl *sasl = NULL;
	struct fault fault = { .text = "" };

	ck_assert_msg(sasl_open(mechanism, credentials, &sasl, &fault), "%s", fault.text);
	return sasl;
}

/* Answer a challenge that is given in clear; the response comes in clear too. */
static enum sasl_outcome answer(struct sasl *sasl, struct slice challenge, struct text *said,
				struct fault *fault)
{
	struct text encoded = { 0 }, response = { 0 };
	enum sasl_outcome outcome;
	struct slice line;

	text_release(said);
	base64_add(&encoded, challenge);
	line = exact(encoded.at, encoded.len);
	outcome = sasl_step(sasl, line, &response, fault);
	ck_assert(outcome == SASL_SAY || response.len == 0);
	ck_assert(base64_decode(text_slice(&response), said));
	exact_free(line);
	text_release(&encoded);
	text_release(&response);
	return outcome;
}

/* ---- what each says, to the octet ---- */

#define S(literal) { literal, sizeof literal - 1 }

static const struct {
	enum sasl_mechanism mechanism;
	struct sasl_credentials credentials;
	struct { struct slice challenge, response; } steps[3];
	int count;
} dialogues[] = {
	/* RFC 4616 section 4, without an authorization identity */
	{ SASL_PLAIN, { "tim", "tanstaaftanstaaf", NULL, 0 },
	  { { S(""), S("\0tim\0tanstaaftanstaaf") } }, 1 },
	{ SASL_PLAIN, { "t\xc3\xafm", "p\xc3\xa4ss w\xc3\xb6rd", NULL, 0 },
	  { { S(""), S("\0t\xc3\xafm\0p\xc3\xa4ss w\xc3\xb6rd") } }, 1 },
	{ SASL_LOGIN, { "tim", "tanstaaf", NULL, 0 },
	  { { S("Username:"), S("tim") }, { S("Password:"), S("tanstaaf") } }, 2 },
	/* another server's words, and none at all */
	{ SASL_LOGIN, { "tim", "tanstaaf", NULL, 0 },
	  { { S("User Name\0"), S("tim") }, { S(""), S("tanstaaf") } }, 2 },
	/* RFC 2195 section 2 */
	{ SASL_CRAM_MD5, { "tim", "tanstaaftanstaaf", NULL, 0 },
	  { { S("<1896.697170952@postoffice.reston.mci.net>"),
	      S("tim b913a602c7eda7a495b4e6e7334d3890") } }, 1 },
	{ SASL_XOAUTH2, { "someuser@example.com", "ya29.vF9dft4qmTc2Nvb3RlckBhdHRhdmlzdGEuY29tCg", NULL, 0 },
	  { { S(""), S("user=someuser@example.com\001"
		       "auth=Bearer ya29.vF9dft4qmTc2Nvb3RlckBhdHRhdmlzdGEuY29tCg\001\001") },
	    { S("{\"status\":\"401\"}"), S("") } }, 2 },
	/* RFC 7628 sections 4.1 and 4.3 */
	{ SASL_OAUTHBEARER,
	  { "user@example.com", "vF9dft4qmTc2Nvb3RlckBhbHRhdmlzdGEuY29tCg==", "server.example.com", 143 },
	  { { S(""), S("n,a=user@example.com,\001host=server.example.com\001port=143\001"
		       "auth=Bearer vF9dft4qmTc2Nvb3RlckBhbHRhdmlzdGEuY29tCg==\001\001") },
	    { S("{\"status\":\"invalid_token\"}"), S("\001") } }, 2 },
	{ SASL_OAUTHBEARER, { "=a,b=", "t", "h.example", 25 },	/* RFC 5801 section 4 */
	  { { S(""), S("n,a==3Da=2Cb=3D,\001host=h.example\001port=25\001auth=Bearer t\001\001") } }, 1 },
	{ SASL_OAUTHBEARER, { "", "t", "h.example", 25 },
	  { { S(""), S("n,,\001host=h.example\001port=25\001auth=Bearer t\001\001") } }, 1 },
	{ SASL_EXTERNAL, { "fred@example.com", NULL, NULL, 0 },	/* RFC 4422 appendix A */
	  { { S(""), S("fred@example.com") } }, 1 },
	{ SASL_EXTERNAL, { NULL, NULL, NULL, 0 }, { { S(""), S("") } }, 1 },
};

START_TEST(says_what_the_rfc_shows)
{
	struct sasl *sasl = opened(dialogues[_i].mechanism, &dialogues[_i].credentials);
	struct fault fault = { .text = "" };
	struct text said = { 0 };

	ck_assert_int_eq(sasl_starts(sasl), dialogues[_i].steps[0].challenge.len == 0);
	for (int i = 0; i < dialogues[_i].count; i++) {
		struct slice wanted = dialogues[_i].steps[i].response;

		ck_assert_msg(answer(sasl, dialogues[_i].steps[i].challenge, &said, &fault) == SASL_SAY,
			      "%s", fault.text);
		ck_assert_uint_eq(said.len, wanted.len);
		ck_assert(wanted.len == 0 || memcmp(said.at, wanted.at, wanted.len) == 0);
		ck_assert(sasl_is_complete(sasl));
	}
	text_release(&said);
	sasl_close(sasl);
}
END_TEST

/* The response is appended as base64, and an empty one is nothing. */
START_TEST(says_it_in_base64)
{
	struct sasl *sasl = opened(SASL_PLAIN, &(struct sasl_credentials){ "tim", "tanstaaftanstaaf" });
	struct text line = { 0 };
	struct fault fault;

	text_add(&line, "AUTH PLAIN ");
	ck_assert_int_eq(sasl_step(sasl, slice_of(""), &line, &fault), SASL_SAY);
	ck_assert_str_eq(text_str(&line), "AUTH PLAIN AHRpbQB0YW5zdGFhZnRhbnN0YWFm");
	text_release(&line);
	sasl_close(sasl);

	sasl = opened(SASL_EXTERNAL, &(struct sasl_credentials){ NULL, NULL });
	ck_assert_int_eq(sasl_step(sasl, slice_of(""), &line, &fault), SASL_SAY);
	ck_assert_str_eq(text_str(&line), "");
	sasl_close(sasl);
}
END_TEST

/* ---- SCRAM: libgsasl plays the server ---- */

struct server {
	Gsasl *library;
	Gsasl_session *session;
};

static void server_open(struct server *server, const char *password, const char *iterations)
{
	ck_assert_int_eq(gsasl_init(&server->library), GSASL_OK);
	ck_assert_int_eq(gsasl_server_start(server->library, "SCRAM-SHA-256", &server->session), GSASL_OK);
	gsasl_property_set(server->session, GSASL_PASSWORD, password);
	gsasl_property_set(server->session, GSASL_SCRAM_SALT, "W22ZaJ0SNY7soEsUEjb6gQ==");
	gsasl_property_set(server->session, GSASL_SCRAM_ITER, iterations);
}

static void server_close(struct server *server)
{
	gsasl_finish(server->session);
	gsasl_done(server->library);
}

static int server_step(struct server *server, const struct text *said, struct text *challenge)
{
	char *output = NULL;
	size_t len = 0;
	int code = gsasl_step(server->session, text_str(said), said->len, &output, &len);

	text_release(challenge);
	text_add_slice(challenge, (struct slice){ output, len });
	gsasl_free(output);
	return code;
}

static const struct {
	const char *user, *client, *server, *iterations;	/* passwords */
	const char *begins;
} scrams[] = {
	{ "user", "pencil", "pencil", "4096", "n,,n=user,r=" },		/* RFC 7677 section 3 */
	{ "user", "pencil", "pencil", "100000", "n,,n=user,r=" },	/* what is still borne */
	{ "u=s,er", "a,b=c", "a,b=c", "1", "n,,n=u=3Ds=2Cer,r=" },	/* RFC 5802 5.1 */
	/* prepared: a soft hyphen is nothing, IX is "IX" (RFC 4013 section 3) */
	{ "I\xc2\xadX", "\xe2\x85\xa8", "IX", "4096", "n,,n=IX,r=" },
};

START_TEST(scram_believes_who_knows_the_password)
{
	struct sasl *sasl = opened(SASL_SCRAM_SHA_256, &(struct sasl_credentials){
		scrams[_i].user, scrams[_i].client, "mx.example", 587 });
	struct text said = { 0 }, challenge = { 0 };
	struct fault fault = { .text = "" };
	struct server server;

	server_open(&server, scrams[_i].server, scrams[_i].iterations);
	ck_assert(sasl_starts(sasl));
	ck_assert_int_eq(answer(sasl, slice_of(""), &said, &fault), SASL_SAY);
	ck_assert(slice_starts(text_slice(&said), scrams[_i].begins));
	ck_assert_int_eq(server_step(&server, &said, &challenge), GSASL_NEEDS_MORE);
	ck_assert_msg(answer(sasl, text_slice(&challenge), &said, &fault) == SASL_SAY, "%s", fault.text);
	ck_assert(!sasl_is_complete(sasl));
	ck_assert_int_eq(server_step(&server, &said, &challenge), GSASL_OK);
	ck_assert(!sasl_is_complete(sasl));
	ck_assert_msg(answer(sasl, text_slice(&challenge), &said, &fault) == SASL_SAY, "%s", fault.text);
	ck_assert_uint_eq(said.len, 0);
	ck_assert(sasl_is_complete(sasl));
	ck_assert_int_eq(answer(sasl, slice_of(""), &said, &fault), SASL_BAD);
	text_release(&said);
	text_release(&challenge);
	server_close(&server);
	sasl_close(sasl);
}
END_TEST

/* Up to the server's final message. */
static struct sasl *scram_until_final(struct text *final)
{
	struct sasl *sasl = opened(SASL_SCRAM_SHA_256, &someone);
	struct text said = { 0 };
	struct server server;
	struct fault fault;

	server_open(&server, someone.secret, "4096");
	ck_assert_int_eq(answer(sasl, slice_of(""), &said, &fault), SASL_SAY);
	ck_assert_int_eq(server_step(&server, &said, final), GSASL_NEEDS_MORE);
	ck_assert_int_eq(answer(sasl, text_slice(final), &said, &fault), SASL_SAY);
	ck_assert_int_eq(server_step(&server, &said, final), GSASL_OK);
	text_release(&said);
	server_close(&server);
	return sasl;
}

static const struct {
	const char *final;	/* NULL: the right one, with one letter changed */
	enum sasl_outcome outcome;
} finals[] = {
	{ NULL, SASL_BAD },
	{ "v=rmF9pqV8S7suAoZWja4dJRkFsKQ=", SASL_BAD },		/* of another exchange */
	{ "v=", SASL_BAD },
	{ "v", SASL_BAD },
	{ "", SASL_BAD },
	{ "nonsense", SASL_BAD },
	{ "e=invalid-proof", SASL_SAY },	/* RFC 5802 7: and it refuses */
};

START_TEST(scram_believes_nobody_else)
{
	struct text final = { 0 }, said = { 0 };
	struct sasl *sasl = scram_until_final(&final);
	struct fault fault = { .text = "" };

	if (finals[_i].final != NULL) {
		text_release(&final);
		text_add(&final, "%s", finals[_i].final);
	} else {
		final.at[10] = final.at[10] == 'A' ? 'B' : 'A';
	}
	ck_assert_int_eq(answer(sasl, text_slice(&final), &said, &fault), finals[_i].outcome);
	if (finals[_i].outcome == SASL_BAD)
		ck_assert_ptr_nonnull(strstr(fault.text, "signature"));
	ck_assert(!sasl_is_complete(sasl));
	/* The right one comes too late. */
	ck_assert_int_eq(answer(sasl, text_slice(&final), &said, &fault), SASL_BAD);
	ck_assert(!sasl_is_complete(sasl));
	text_release(&said);
	text_release(&final);
	sasl_close(sasl);
}
END_TEST

/* %s is our nonce */
static const struct {
	const char *first;
	bool is_taken;
	const char *fault;
} firsts[] = {
	{ "r=%s3rfc,s=QSXCR+Q6sek8bf92,i=4096", true, NULL },
	{ "r=%s3rfc,s=QSXCR+Q6sek8bf92,i=100000", true, NULL },
	{ "r=%s3rfc,s=QSXCR+Q6sek8bf92,i=100001", false, "100001 SCRAM iterations" },
	{ "r=%s3rfc,s=QSXCR+Q6sek8bf92,i=4294967296", false, "SCRAM iterations, more than 100000" },
	{ "r=%s3rfc,s=QSXCR+Q6sek8bf92,i=99999999999999999999999999999", false, "SCRAM iterations" },
	{ "r=%s3rfc,s=QSXCR+Q6sek8bf92,i=0", false, "no number" },
	{ "r=%s3rfc,s=QSXCR+Q6sek8bf92,i=", false, "no number" },
	{ "r=%s3rfc,s=QSXCR+Q6sek8bf92,i=-1", false, "no number" },
	{ "r=%s3rfc,s=QSXCR+Q6sek8bf92,i=4096x", false, "no number" },
	{ "r=%s3rfc,s=QSXCR+Q6sek8bf92,i= 4096", false, "no number" },
	/* in another order, the count could hide behind another */
	{ "i=4096,r=%s3rfc,s=QSXCR+Q6sek8bf92,i=999999", false, "is none" },
	{ "r=%s3rfc,i=999999,s=QSXCR+Q6sek8bf92,i=4096", false, "is none" },
	{ "m=ext,r=%s3rfc,s=QSXCR+Q6sek8bf92,i=4096", false, "is none" },	/* RFC 5802 5.1 */
	{ "r=%s3rfc,s=QSXCR+Q6sek8bf92", false, "is none" },
	{ "r=%s3rfc", false, "is none" },
	{ "r=another,s=QSXCR+Q6sek8bf92,i=4096%.0s", false, "challenge" },	/* not our nonce */
	{ "r=%s3rfc,s=!!!!,i=4096", false, "challenge" },	/* salt in base64 */
	{ "e=other-error%.0s", false, "is none" },
	{ "%.0s", false, "is none" },
};

START_TEST(scram_looks_before_it_computes)
{
	struct sasl *sasl = opened(SASL_SCRAM_SHA_256, &someone);
	struct text said = { 0 }, first = { 0 };
	struct fault fault = { .text = "" };

	ck_assert_int_eq(answer(sasl, slice_of(""), &said, &fault), SASL_SAY);
#pragma GCC diagnostic push
#pragma GCC diagnostic ignored "-Wformat-nonliteral"
	text_add(&first, firsts[_i].first, said.at + strlen("n,,n=user,r="));
#pragma GCC diagnostic pop
	ck_assert_int_eq(answer(sasl, text_slice(&first), &said, &fault),
			 firsts[_i].is_taken ? SASL_SAY : SASL_BAD);
	if (!firsts[_i].is_taken)
		ck_assert_msg(strstr(fault.text, firsts[_i].fault) != NULL, "%s", fault.text);
	text_release(&said);
	text_release(&first);
	sasl_close(sasl);
}
END_TEST

START_TEST(scram_takes_no_nul)
{
	struct sasl *sasl = opened(SASL_SCRAM_SHA_256, &someone);
	struct text said = { 0 }, first = { 0 };
	struct fault fault = { .text = "" };

	ck_assert_int_eq(answer(sasl, slice_of(""), &said, &fault), SASL_SAY);
	text_add(&first, "r=%s3rfc,s=QSXCR+Q6sek8bf92,i=4096", said.at + strlen("n,,n=user,r="));
	text_add_slice(&first, (struct slice){ "\0,i=4096", 8 });
	ck_assert_int_eq(answer(sasl, text_slice(&first), &said, &fault), SASL_BAD);
	text_release(&said);
	text_release(&first);
	sasl_close(sasl);
}
END_TEST

/* ---- what cannot be ---- */

static const char *const nonsense[] = {
	"V", "VXNl cm5hbWU6", "VXNlcm5hbWU6=", "=", "Username:", "\xff\xff\xff\xff",
};

START_TEST(refuses_what_is_not_base64)
{
	for (int mechanism = 0; mechanism < SASL_MECHANISMS; mechanism++) {
		struct sasl *sasl = opened((enum sasl_mechanism)mechanism, &someone);
		struct slice line = exact_text(nonsense[_i]);
		struct text response = { 0 };
		struct fault fault = { .text = "" };

		ck_assert_int_eq(sasl_step(sasl, line, &response, &fault), SASL_BAD);
		ck_assert_ptr_nonnull(strstr(fault.text, "base64"));
		ck_assert_uint_eq(response.len, 0);
		/* and goes on no more */
		ck_assert_int_eq(sasl_step(sasl, slice_of(""), &response, &fault), SASL_BAD);
		exact_free(line);
		sasl_close(sasl);
	}
}
END_TEST

/* 12288 characters are a line of the exchange (RFC 4954 4). */
START_TEST(refuses_what_is_too_long)
{
	static const struct { size_t len; enum sasl_outcome outcome; } lengths[] = {
		{ 12288, SASL_SAY }, { 12292, SASL_BAD },
	};

	for (size_t i = 0; i < COUNT(lengths); i++) {
		struct sasl *sasl = opened(SASL_LOGIN, &someone);
		char *line = malloc(lengths[i].len);
		struct text response = { 0 };
		struct fault fault;

		memset(line, 'A', lengths[i].len);
		ck_assert_int_eq(sasl_step(sasl, (struct slice){ line, lengths[i].len }, &response, &fault),
				 lengths[i].outcome);
		text_release(&response);
		free(line);
		sasl_close(sasl);
	}
}
END_TEST

static const struct {
	enum sasl_mechanism mechanism;
	const char *challenges[4];	/* the last of them is too much */
} too_many[] = {
	{ SASL_PLAIN, { "", "" } },
	{ SASL_PLAIN, { "what?" } },		/* the client begins */
	{ SASL_EXTERNAL, { "", "" } },
	{ SASL_SCRAM_SHA_256, { "what?" } },
	{ SASL_LOGIN, { "User", "Password", "OTP" } },
	{ SASL_CRAM_MD5, { "" } },
	{ SASL_CRAM_MD5, { "<1@mx.example>", "<2@mx.example>" } },
	{ SASL_XOAUTH2, { "", "{}", "{}" } },
	{ SASL_OAUTHBEARER, { "", "{}", "{}" } },
};

START_TEST(refuses_a_challenge_that_has_no_place)
{
	struct sasl *sasl = opened(too_many[_i].mechanism, &someone);
	struct text said = { 0 };
	struct fault fault = { .text = "" };

	for (int i = 0; too_many[_i].challenges[i] != NULL; i++) {
		bool is_last = too_many[_i].challenges[i + 1] == NULL;

		ck_assert_int_eq(answer(sasl, slice_of(too_many[_i].challenges[i]), &said, &fault),
				 is_last ? SASL_BAD : SASL_SAY);
	}
	ck_assert_ptr_nonnull(strstr(fault.text, "server"));
	text_release(&said);
	sasl_close(sasl);
}
END_TEST

static const struct {
	enum sasl_mechanism mechanism;
	struct sasl_credentials credentials;
	const char *fault;
} ours[] = {
	{ SASL_PLAIN, { NULL, "hush", NULL, 0 }, "a user and a secret" },
	{ SASL_LOGIN, { "user", NULL, NULL, 0 }, "a user and a secret" },
	{ SASL_OAUTHBEARER, { NULL, "hush", NULL, 0 }, "a user and a secret" },
	/* ^A would begin another field */
	{ SASL_XOAUTH2, { "user", "hush\001auth=Bearer other", NULL, 0 }, "control" },
	{ SASL_XOAUTH2, { "user\001", "hush", NULL, 0 }, "control" },
	{ SASL_OAUTHBEARER, { "user", "hush", "host\n", 25 }, "control" },
	/* RFC 4013: a control character, and what is not UTF-8 */
	{ SASL_SCRAM_SHA_256, { "user\x07", "hush", NULL, 0 }, "the user has" },
	{ SASL_SCRAM_SHA_256, { "user\xff", "hush", NULL, 0 }, "the user has" },
	{ SASL_SCRAM_SHA_256, { "user", "hush\xff", NULL, 0 }, "the password has" },
	{ SASL_SCRAM_SHA_256, { "user", "hush\x07", NULL, 0 }, "the password has" },
	{ SASL_CRAM_MD5, { "user", "hush\xff", NULL, 0 }, "the password has" },
	{ SASL_CRAM_MD5, { "us\xff" "er", "hush", NULL, 0 }, "the user has" },
};

START_TEST(tells_what_is_wrong_here_but_not_the_secret)
{
	struct fault fault = { .kind = FAULT_TIMEOUT, .text = "" };
	struct sasl *sasl = NULL;

	ck_assert(!sasl_open(ours[_i].mechanism, &ours[_i].credentials, &sasl, &fault));
	ck_assert_ptr_null(sasl);
	ck_assert_int_eq(fault.kind, FAULT_USAGE);
	ck_assert_msg(strstr(fault.text, ours[_i].fault) != NULL, "%s", fault.text);
	ck_assert_ptr_null(strstr(fault.text, "hush"));
}
END_TEST

/* ---- words ---- */

static const struct {
	const char *word;
	enum sasl_mechanism mechanism;
	bool tells_secret;
} words[] = {
	{ "PLAIN", SASL_PLAIN, true },
	{ "LOGIN", SASL_LOGIN, true },
	{ "CRAM-MD5", SASL_CRAM_MD5, false },
	{ "SCRAM-SHA-256", SASL_SCRAM_SHA_256, false },
	{ "XOAUTH2", SASL_XOAUTH2, true },
	{ "OAUTHBEARER", SASL_OAUTHBEARER, true },
	{ "EXTERNAL", SASL_EXTERNAL, false },
};

START_TEST(has_a_word_for_each)
{
	enum sasl_mechanism mechanism = SASL_MECHANISMS;

	ck_assert_int_eq(COUNT(words), SASL_MECHANISMS);
	ck_assert(sasl_parse(slice_of(words[_i].word), &mechanism));
	ck_assert_int_eq(mechanism, words[_i].mechanism);
	ck_assert_str_eq(sasl_word(mechanism), words[_i].word);
	ck_assert_int_eq(sasl_tells_secret(mechanism), words[_i].tells_secret);
}
END_TEST

START_TEST(reads_words_in_any_case)
{
	enum sasl_mechanism mechanism = SASL_MECHANISMS;

	ck_assert(sasl_parse(slice_of("scram-Sha-256"), &mechanism));
	ck_assert_int_eq(mechanism, SASL_SCRAM_SHA_256);
	ck_assert(!sasl_parse(slice_of("SCRAM-SHA-256-PLUS"), &mechanism));
	ck_assert(!sasl_parse(slice_of("SCRAM-SHA-1"), &mechanism));
	ck_assert(!sasl_parse(slice_of(""), &mechanism));
	ck_assert_int_eq(mechanism, SASL_SCRAM_SHA_256);
	sasl_close(NULL);
}
END_TEST

Suite *suite_sasl(void);

Suite *suite_sasl(void)
{
	Suite *suite = suite_create("sasl");
	TCase *tcase = tcase_create("sasl");

	ADD_TABLE(tcase, says_what_the_rfc_shows, dialogues);
	tcase_add_test(tcase, says_it_in_base64);
	ADD_TABLE(tcase, scram_believes_who_knows_the_password, scrams);
	ADD_TABLE(tcase, scram_believes_nobody_else, finals);
	ADD_TABLE(tcase, scram_looks_before_it_computes, firsts);
	tcase_add_test(tcase, scram_takes_no_nul);
	ADD_TABLE(tcase, refuses_what_is_not_base64, nonsense);
	tcase_add_test(tcase, refuses_what_is_too_long);
	ADD_TABLE(tcase, refuses_a_challenge_that_has_no_place, too_many);
	ADD_TABLE(tcase, tells_what_is_wrong_here_but_not_the_secret, ours);
	ADD_TABLE(tcase, has_a_word_for_each, words);
	tcase_add_test(tcase, reads_words_in_any_case);
	suite_add_tcase(suite, tcase);
	return suite;
}
