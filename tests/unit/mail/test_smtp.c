/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "mail/smtp.h"

#include <gsasl.h>
#include <stdio.h>

#include "base/base64.h"
#include "fakes/script.h"
#include "unit.h"

/* Sections are those of RFC 5321, where no other is named. */

#define BANNER "S: 220 mx.example ESMTP"
#define HELLO BANNER, "C: EHLO probe.example"
#define PLAIN_HELLO HELLO, "S: 250 mx.example"
#define PIPELINED_HELLO HELLO, "S: 250-mx.example", "S: 250 PIPELINING"
#define BYE "C: QUIT", "S: 221 bye"
#define MAIL "C: MAIL FROM:<a@probe.example>"
#define RCPT1 "C: RCPT TO:<b@mx.example>"
#define RCPT2 "C: RCPT TO:<c@mx.example>"
#define MESSAGE "C: Subject: x", "C: ", "C: .."

static char wire[] = "Subject: x\r\n\r\n..\r\n.\r\n", wire_8bit[] = "Subject: x\r\n\r\n\xc3\xa4\r\n.\r\n",
	    wire_7bit[] = "Subject: x\r\n\r\n=C3=A4\r\n.\r\n";
static const struct message message = { .wire = { .at = wire, .len = sizeof wire - 1 }, .size = 17 };
static const struct message message_8bit = {
	.wire = { .at = wire_8bit, .len = sizeof wire_8bit - 1 }, .size = 18, .is_8bit = true,
};
static const struct message message_7bit = {
	.wire = { .at = wire_7bit, .len = sizeof wire_7bit - 1 }, .size = 22,
};

/* A dialogue, what is planned, and how it ends. */
struct row {
	const char *lines[32];
	struct smtp_plan plan;
	enum smtp_end end;
	enum smtp_stage at;
	unsigned code;		/* of the last reply of that stage; 0: any */
	const char *fault;	/* a part of its text, or NULL */
};

/* What the rows leave open. */
static struct smtp_plan complete(struct smtp_plan plan)
{
	static const char *const to[] = { "b@mx.example", "c@mx.example" };

	plan.helo = "probe.example";
	if (plan.from == NULL)
		plan.from = "a@probe.example";
	plan.to = to;
	if (plan.credentials.user == NULL && plan.logs_in && plan.mechanism != SASL_EXTERNAL)
		plan.credentials = (struct sasl_credentials){ "user", plan.has_token ? "t0ken" : "hush",
							      "mx.example", 587 };
	if (plan.message != NULL && plan.message_7bit == NULL)
		plan.message_7bit = plan.message;
	return plan;
}

static void play(struct script *script, const struct smtp_plan *plan, struct smtp_walk *walk)
{
	const struct smtp_plan whole = complete(*plan);

	*walk = (struct smtp_walk){ .end = SMTP_COMPLETE };
	ck_assert(smtp_walk(&whole, &script->stream, walk));
}

/* Nothing was said in the stage where it ended. */
static bool may_be_unreached(const struct row *row)
{
	return row->end == SMTP_COMPLETE || row->end == SMTP_TLS_MISSING || row->end == SMTP_AUTH_MISSING ||
	       row->end == SMTP_AUTH_CLEAR || row->end == SMTP_AUTH_UNPREPARED;
}

/* However the bytes are cut. */
static const size_t pieces[] = { 0, 1, 2, 7 };

static void check_row(const struct row *row)
{
	for (size_t i = 0; i < COUNT(pieces); i++) {
		struct script script;
		struct smtp_walk walk;
		const char *failure;

		script_open(&script, row->lines);
		script.piece = pieces[i];
		play(&script, &row->plan, &walk);
		failure = script_failure(&script);
		ck_assert_msg(failure == NULL, "in pieces of %zu: %s", pieces[i], failure);
		ck_assert_msg(walk.end == row->end && walk.at == row->at,
			      "in pieces of %zu: end %d at %s: %s", pieces[i], walk.end,
			      smtp_stage_word(walk.at), walk.fault.text);
		if (row->code != 0)
			ck_assert_uint_eq(walk.steps[row->at].reply.code, row->code);
		ck_assert_msg(row->fault == NULL || strstr(walk.fault.text, row->fault) != NULL, "%s",
			      walk.fault.text);
		ck_assert(row->end != SMTP_COMPLETE || walk.fault.text[0] == '\0');
		ck_assert(walk.steps[row->at].was_reached || may_be_unreached(row));
		ck_assert_uint_eq(walk.trace.len, 0);
		ck_assert_int_eq(walk.was_sent, row->plan.message != NULL && row->end == SMTP_COMPLETE);
		ck_assert_int_eq(script.stream.hurry_us == 0, walk.steps[SMTP_QUIT].was_reached == false);
		smtp_walk_release(&walk);
		script_release(&script);
	}
}

/* ---- banner ---- */

static const struct row banners[] = {
	{ { BANNER, BYE }, { .last = SMTP_BANNER }, SMTP_COMPLETE, SMTP_BANNER, 220, NULL },
	{ { "S: 220-mx.example", "S: 220 ESMTP", BYE },				/* 4.2 */
	  { .last = SMTP_BANNER }, SMTP_COMPLETE, SMTP_BANNER, 220, NULL },
	{ { "RAW 220 mx.example\n", BYE }, { .last = SMTP_BANNER },		/* a bare LF */
	  SMTP_COMPLETE, SMTP_BANNER, 220, NULL },
	{ { "S: 220", BYE }, { .last = SMTP_BANNER }, SMTP_COMPLETE, SMTP_BANNER, 220, NULL },	/* 4.2.1 */
	{ { "S: 554 5.7.1 not you", BYE }, { .last = SMTP_DATA },		/* 3.1: QUIT is waited for */
	  SMTP_REFUSED, SMTP_BANNER, 554, NULL },
	{ { "S: 450 later", BYE }, { .last = SMTP_EHLO }, SMTP_REFUSED, SMTP_BANNER, 450, NULL },
	{ { "S: 421 too busy", "CLOSE" }, { .last = SMTP_EHLO },		/* 3.8: nobody is there */
	  SMTP_REFUSED, SMTP_BANNER, 421, NULL },
	{ { "S: 250 hello" }, { .last = SMTP_EHLO }, SMTP_NONSENSE, SMTP_BANNER, 250,	/* 4.3.2 */
	  "does not belong here: 250 hello" },
	{ { "S: 354 go" }, { .last = SMTP_EHLO }, SMTP_NONSENSE, SMTP_BANNER, 354, "354 go" },
	{ { "S: SSH-2.0-OpenSSH" }, { .last = SMTP_EHLO }, SMTP_NONSENSE, SMTP_BANNER, 0,
	  "\"SSH-2.0-OpenSSH\"" },
	{ { "RAW +OK POP3\r\n" }, { .last = SMTP_EHLO }, SMTP_NONSENSE, SMTP_BANNER, 0, "+OK POP3" },
	{ { "S: " }, { .last = SMTP_EHLO }, SMTP_NONSENSE, SMTP_BANNER, 0, "no reply" },
	{ { "S: 220-a", "S: 554 b" }, { .last = SMTP_EHLO },			/* 4.2.1: one code */
	  SMTP_NONSENSE, SMTP_BANNER, 0, "from 220 to 554" },
	{ { "CLOSE" }, { .last = SMTP_EHLO }, SMTP_CLOSED, SMTP_BANNER, 0, "closed" },
	{ { "RAW 220 mx", "CLOSE" }, { .last = SMTP_EHLO }, SMTP_CLOSED, SMTP_BANNER, 0, "closed" },
	{ { "RESET" }, { .last = SMTP_EHLO }, SMTP_BROKEN, SMTP_BANNER, 0, "reset" },
	{ { "SILENCE" }, { .last = SMTP_EHLO }, SMTP_LATE, SMTP_BANNER, 0, "in time" },
	{ { "S: 220-mx", "SILENCE" }, { .last = SMTP_EHLO }, SMTP_LATE, SMTP_BANNER, 0, "in time" },
};

START_TEST(hears_the_banner)
{
	check_row(&banners[_i]);
}
END_TEST

/* ---- EHLO ---- */

static const struct row hellos[] = {
	{ { PLAIN_HELLO, BYE }, { .last = SMTP_EHLO }, SMTP_COMPLETE, SMTP_EHLO, 250, NULL },
	/* 4.1.4, 3.2: who does not know EHLO is asked in the old way */
	{ { HELLO, "S: 500 what?", "C: HELO probe.example", "S: 250 mx.example", BYE },
	  { .last = SMTP_EHLO }, SMTP_COMPLETE, SMTP_EHLO, 250, NULL },
	{ { HELLO, "S: 502 not here", "C: HELO probe.example", "S: 250 mx.example", BYE },
	  { .last = SMTP_EHLO }, SMTP_COMPLETE, SMTP_EHLO, 250, NULL },
	{ { HELLO, "S: 504 no", "C: HELO probe.example", "S: 550 no", BYE },
	  { .last = SMTP_EHLO }, SMTP_REFUSED, SMTP_EHLO, 550, NULL },
	{ { HELLO, "S: 500 what?", "C: HELO probe.example", "CLOSE" },
	  { .last = SMTP_EHLO }, SMTP_CLOSED, SMTP_EHLO, 0, NULL },
	{ { HELLO, "S: 501 no such name", BYE }, { .last = SMTP_EHLO },	/* 4.1.4: not by HELO either */
	  SMTP_REFUSED, SMTP_EHLO, 501, NULL },
	{ { HELLO, "S: 503 not yet", BYE }, { .last = SMTP_EHLO }, SMTP_REFUSED, SMTP_EHLO, 503, NULL },
	{ { HELLO, "S: 550 no", BYE }, { .last = SMTP_MAIL }, SMTP_REFUSED, SMTP_EHLO, 550, NULL },
	{ { HELLO, "S: 421 closing", "CLOSE" }, { .last = SMTP_MAIL }, SMTP_REFUSED, SMTP_EHLO, 421, NULL },
	{ { HELLO, "S: 354 go" }, { .last = SMTP_MAIL }, SMTP_NONSENSE, SMTP_EHLO, 354, "354 go" },
	{ { HELLO, "S: 250-mx.example", "S: SIZE" }, { .last = SMTP_MAIL }, SMTP_NONSENSE, SMTP_EHLO, 0,
	  "\"SIZE\"" },
	{ { HELLO, "CLOSE" }, { .last = SMTP_EHLO }, SMTP_CLOSED, SMTP_EHLO, 0, NULL },
	{ { HELLO, "RESET" }, { .last = SMTP_EHLO }, SMTP_BROKEN, SMTP_EHLO, 0, NULL },
	{ { HELLO, "SILENCE" }, { .last = SMTP_EHLO }, SMTP_LATE, SMTP_EHLO, 0, NULL },
	{ { HELLO, "S: 250-mx.example", "SILENCE" }, { .last = SMTP_EHLO }, SMTP_LATE, SMTP_EHLO, 0, NULL },
	/* RFC 2033 4.1: LHLO, and there is no older way */
	{ { BANNER, "C: LHLO probe.example", "S: 250 mx.example", BYE },
	  { .last = SMTP_EHLO, .is_lmtp = true }, SMTP_COMPLETE, SMTP_EHLO, 250, NULL },
	{ { BANNER, "C: LHLO probe.example", "S: 500 what?", BYE },
	  { .last = SMTP_EHLO, .is_lmtp = true }, SMTP_REFUSED, SMTP_EHLO, 500, NULL },
};

START_TEST(says_hello)
{
	check_row(&hellos[_i]);
}
END_TEST

/* What a keyword line says. */
static const struct {
	const char *line;
	struct smtp_offer offer;
} keywords[] = {
	{ "STARTTLS", { .has_starttls = true } },
	{ "starttls", { .has_starttls = true } },			/* 2.4: in any case */
	{ "PIPELINING", { .has_pipelining = true } },
	{ "8BITMIME", { .has_8bitmime = true } },
	{ "SMTPUTF8", { .has_utf8 = true } },
	{ "SIZE", { .has_size = true } },				/* RFC 1870 4 */
	{ "SIZE 0", { .has_size = true } },
	{ "SIZE 52428800", { .has_size = true, .size = 52428800 } },
	{ "SIZE 18446744073709551615", { .has_size = true, .size = UINT64_MAX } },
	{ "SIZE 18446744073709551616", { .has_size = true, .size = UINT64_MAX } },
	{ "SIZE 10M", { .size_is_nonsense = true } },
	{ "SIZE -1", { .size_is_nonsense = true } },
	{ "SIZE :", { .size_is_nonsense = true } },
	{ "AUTH", { .has_auth = true } },
	{ "AUTH PLAIN login NTLM CRAM-MD5",				/* RFC 4954 3 */
	  { .has_auth = true, .mechanisms = 1 << SASL_PLAIN | 1 << SASL_LOGIN | 1 << SASL_CRAM_MD5 } },
	{ "AUTH=LOGIN PLAIN", { .has_auth = true, .mechanisms = 1 << SASL_PLAIN | 1 << SASL_LOGIN } },
	{ "AUTH=", { .has_auth = false } },
	{ "AUTHX PLAIN", { .has_auth = false } },
	{ "XXXXXXXA", { .is_masked = true } },
	{ "XXXXXXXX", { .is_masked = true } },
	{ "XXXA", { .is_masked = true } },
	{ "XXXX", { .is_masked = true } },
	{ "XXX", { .is_masked = false } },
	{ "XXAX", { .is_masked = false } },
	{ "XXXAA", { .is_masked = false } },
	{ "XCLIENT NAME", { .is_masked = false } },
	{ "VRFY", { .is_masked = false } },
};

START_TEST(takes_a_keyword)
{
	const struct smtp_offer *wanted = &keywords[_i].offer, *offer;
	const char *lines[] = { HELLO, "S: 250-STARTTLS", NULL, BYE, NULL };
	struct script script;
	struct smtp_walk walk;
	char line[80];

	snprintf(line, sizeof line, "S: 250 %s", keywords[_i].line);
	lines[3] = line;
	script_open(&script, lines);
	play(&script, &(struct smtp_plan){ .last = SMTP_EHLO }, &walk);
	ck_assert_msg(script_failure(&script) == NULL, "%s", script.failure);
	offer = smtp_offer(&walk);
	ck_assert_ptr_eq(offer, &walk.clear);
	ck_assert(offer->is_known && !offer->is_helo);
	ck_assert_int_eq(offer->has_starttls, wanted->has_starttls);
	ck_assert_int_eq(offer->has_pipelining, wanted->has_pipelining);
	ck_assert_int_eq(offer->has_8bitmime, wanted->has_8bitmime);
	ck_assert_int_eq(offer->has_utf8, wanted->has_utf8);
	ck_assert_int_eq(offer->has_size, wanted->has_size);
	ck_assert_uint_eq(offer->size, wanted->size);
	ck_assert_int_eq(offer->size_is_nonsense, wanted->size_is_nonsense);
	ck_assert_int_eq(offer->has_auth, wanted->has_auth);
	ck_assert_uint_eq(offer->mechanisms, wanted->mechanisms);
	ck_assert_int_eq(offer->is_masked, wanted->is_masked);
	ck_assert_uint_eq(offer->len, strlen(keywords[_i].line) + 1);
	smtp_walk_release(&walk);
	script_release(&script);
}
END_TEST

/* Each keyword once, and the last of them counts too. */
START_TEST(finds_keywords)
{
	static const char *const lines[] = { HELLO, "S: 250-mx.example", "S: 250-SIZE  10 ", "S: 250-Dsn",
					     "S: 250-", "S: 250 LIMITS RCPTMAX=10 X", BYE, NULL };
	struct slice parameters = { NULL, 0 };
	struct script script;
	struct smtp_walk walk;

	script_open(&script, lines);
	play(&script, &(struct smtp_plan){ .last = SMTP_EHLO }, &walk);
	ck_assert_uint_eq(walk.clear.size, 10);
	ck_assert(smtp_offers(&walk.clear, slice_of("DSN"), &parameters));
	ck_assert_uint_eq(parameters.len, 0);
	ck_assert(smtp_offers(&walk.clear, slice_of("limits"), &parameters));
	ck_assert(slice_is(parameters, "RCPTMAX=10 X"));
	ck_assert(!smtp_offers(&walk.clear, slice_of("RCPTMAX=10"), &parameters));
	ck_assert(!smtp_offers(&walk.clear, slice_of("mx.example"), &parameters));
	ck_assert(!smtp_offers(&walk.clear, slice_of("LIMIT"), &parameters));
	smtp_walk_release(&walk);
	script_release(&script);
}
END_TEST

/* HELO offers nothing, even where it is answered as EHLO would be. */
START_TEST(helo_offers_nothing)
{
	static const char *const lines[] = { HELLO, "S: 502 no", "C: HELO probe.example",
					     "S: 250-mx.example", "S: 250 STARTTLS", BYE, NULL };
	struct script script;
	struct smtp_walk walk;

	script_open(&script, lines);
	play(&script, &(struct smtp_plan){ .last = SMTP_EHLO }, &walk);
	ck_assert(walk.clear.is_known && walk.clear.is_helo && !walk.clear.has_starttls);
	ck_assert_uint_eq(walk.clear.len, 0);
	smtp_walk_release(&walk);
	script_release(&script);
}
END_TEST

/* Half a reply says nothing about what is not offered. */
static const struct {
	const char *lines[8];
	bool is_known;
} halves[] = {
	{ { HELLO, "S: 250-mx.example", "S: 250 SIZE", "SILENCE" }, true },
	{ { HELLO, "S: 250-mx.example", "S: 250-SIZE", "SILENCE" }, false },
	{ { HELLO, "S: 250-mx.example", "S: 250-SIZE", "CLOSE" }, false },
	{ { HELLO, "S: 250-mx.example", "S: 250-SIZE", "S: 550 no" }, false },
	{ { HELLO, "S: 250-mx.example", "S: 250-SIZE", "S: what" }, false },
	{ { HELLO, "S: 550 no", "CLOSE" }, false },
};

START_TEST(half_an_offer_is_not_known)
{
	struct script script;
	struct smtp_walk walk;

	script_open(&script, halves[_i].lines);
	play(&script, &(struct smtp_plan){ .last = SMTP_EHLO }, &walk);
	ck_assert_int_eq(walk.clear.is_known, halves[_i].is_known);
	smtp_walk_release(&walk);
	script_release(&script);
}
END_TEST

/* ---- STARTTLS (RFC 3207) ---- */

#define TLS_HELLO HELLO, "S: 250-mx.example", "S: 250 STARTTLS"
#define SECURED TLS_HELLO, "C: STARTTLS", "S: 220 go", "TLS", "C: EHLO probe.example"
#define OPPORTUNISTIC { .last = SMTP_AUTH, .tls = SMTP_TLS_OPPORTUNISTIC }
#define REQUIRED { .last = SMTP_AUTH, .tls = SMTP_TLS_STARTTLS }
#define IMPLICIT { .last = SMTP_AUTH, .tls = SMTP_TLS_IMPLICIT }

static const struct row handshakes[] = {
	{ { SECURED, "S: 250 mx.example", BYE }, REQUIRED, SMTP_COMPLETE, SMTP_STARTTLS, 0, NULL },	/* 4.2 */
	{ { SECURED, "S: 250 mx.example", BYE }, OPPORTUNISTIC, SMTP_COMPLETE, SMTP_STARTTLS, 0, NULL },
	{ { TLS_HELLO, BYE }, { .last = SMTP_AUTH, .tls = SMTP_TLS_NONE }, SMTP_COMPLETE, SMTP_EHLO, 0, NULL },
	{ { TLS_HELLO, BYE }, { .last = SMTP_EHLO, .tls = SMTP_TLS_STARTTLS }, SMTP_COMPLETE, SMTP_EHLO, 0,
	  NULL },
	/* 4.1: not offered, and not asked for then */
	{ { PLAIN_HELLO, BYE }, REQUIRED, SMTP_TLS_MISSING, SMTP_STARTTLS, 0, NULL },
	{ { PLAIN_HELLO, BYE }, OPPORTUNISTIC, SMTP_COMPLETE, SMTP_EHLO, 0, NULL },
	{ { HELLO, "S: 500 what?", "C: HELO probe.example", "S: 250 mx.example", BYE },
	  REQUIRED, SMTP_TLS_MISSING, SMTP_STARTTLS, 0, NULL },
	{ { TLS_HELLO, "C: STARTTLS", "S: 454 not now", BYE }, REQUIRED, SMTP_REFUSED, SMTP_STARTTLS, 454,
	  NULL },
	{ { TLS_HELLO, "C: STARTTLS", "S: 501 no", BYE }, OPPORTUNISTIC, SMTP_REFUSED, SMTP_STARTTLS, 501,
	  NULL },
	{ { TLS_HELLO, "C: STARTTLS", "S: 421 bye", "CLOSE" }, REQUIRED, SMTP_REFUSED, SMTP_STARTTLS, 421,
	  NULL },
	{ { TLS_HELLO, "C: STARTTLS", "S: 250 go" }, REQUIRED, SMTP_NONSENSE, SMTP_STARTTLS, 250, "250 go" },
	{ { TLS_HELLO, "C: STARTTLS", "CLOSE" }, REQUIRED, SMTP_CLOSED, SMTP_STARTTLS, 0, NULL },
	{ { TLS_HELLO, "C: STARTTLS", "SILENCE" }, REQUIRED, SMTP_LATE, SMTP_STARTTLS, 0, NULL },
	/* CVE-2011-0411 */
	{ { TLS_HELLO, "C: STARTTLS", "S: 220 go", "S: 250 injected" }, REQUIRED, SMTP_TLS_INJECTED,
	  SMTP_STARTTLS, 220, NULL },
	{ { TLS_HELLO, "C: STARTTLS", "RAW 220 go\r\n ", }, OPPORTUNISTIC, SMTP_TLS_INJECTED, SMTP_STARTTLS,
	  220, NULL },
	{ { TLS_HELLO, "C: STARTTLS", "S: 220 go", "CLOSE" }, REQUIRED, SMTP_TLS_FAILED, SMTP_STARTTLS, 0,
	  "closed" },
	{ { TLS_HELLO, "C: STARTTLS", "S: 220 go", "SILENCE" }, REQUIRED, SMTP_LATE, SMTP_STARTTLS, 0, NULL },
	{ { TLS_HELLO, "C: STARTTLS", "S: 220 go", "TLS LATE" }, REQUIRED, SMTP_LATE, SMTP_STARTTLS, 0, NULL },
	{ { TLS_HELLO, "C: STARTTLS", "S: 220 go", "TLS CLOSED" }, REQUIRED, SMTP_TLS_FAILED, SMTP_STARTTLS,
	  0, NULL },
	{ { TLS_HELLO, "C: STARTTLS", "S: 220 go", "TLS BROKEN" }, OPPORTUNISTIC, SMTP_TLS_FAILED,
	  SMTP_STARTTLS, 0, NULL },
	{ { TLS_HELLO, "C: STARTTLS", "S: 220 go", "TLS UNTRUSTED", BYE }, REQUIRED, SMTP_TLS_UNTRUSTED,
	  SMTP_STARTTLS, 220, NULL },
	/* the second EHLO */
	{ { SECURED, "S: 550 no", BYE }, REQUIRED, SMTP_REFUSED, SMTP_EHLO, 550, NULL },
	{ { SECURED, "S: 502 no", "C: HELO probe.example", "S: 250 mx.example", BYE },
	  REQUIRED, SMTP_COMPLETE, SMTP_STARTTLS, 0, NULL },
	{ { SECURED, "S: 421 no", "CLOSE" }, REQUIRED, SMTP_REFUSED, SMTP_EHLO, 421, NULL },
	{ { SECURED, "CLOSE" }, REQUIRED, SMTP_CLOSED, SMTP_EHLO, 0, NULL },
	{ { SECURED, "SILENCE" }, REQUIRED, SMTP_LATE, SMTP_EHLO, 0, NULL },
	{ { SECURED, "S: 250-mx.example", "S: 250 STARTTLS", BYE }, REQUIRED, SMTP_COMPLETE, SMTP_STARTTLS, 0,
	  NULL },
	/* RFC 8314 3: TLS first */
	{ { "TLS", PLAIN_HELLO, BYE }, IMPLICIT, SMTP_COMPLETE, SMTP_STARTTLS, 0, NULL },
	{ { "TLS", TLS_HELLO, BYE }, IMPLICIT, SMTP_COMPLETE, SMTP_STARTTLS, 0, NULL },
	{ { BANNER }, IMPLICIT, SMTP_TLS_FAILED, SMTP_STARTTLS, 0, "speaks first" },
	{ { "CLOSE" }, IMPLICIT, SMTP_TLS_FAILED, SMTP_STARTTLS, 0, NULL },
	{ { "TLS BROKEN" }, IMPLICIT, SMTP_TLS_FAILED, SMTP_STARTTLS, 0, NULL },
	{ { "SILENCE" }, IMPLICIT, SMTP_LATE, SMTP_STARTTLS, 0, NULL },
	{ { "TLS", "CLOSE" }, IMPLICIT, SMTP_CLOSED, SMTP_BANNER, 0, NULL },
	{ { "TLS UNTRUSTED", BYE }, IMPLICIT, SMTP_TLS_UNTRUSTED, SMTP_STARTTLS, 0, NULL },
};

START_TEST(begins_tls)
{
	check_row(&handshakes[_i]);
}
END_TEST

/* RFC 3207 4.2: what was offered in clear is forgotten, and yet told. */
START_TEST(tls_has_an_offer_of_its_own)
{
	static const char *const lines[] = {
		HELLO, "S: 250-mx.example", "S: 250-STARTTLS", "S: 250 SIZE 1000", "C: STARTTLS", "S: 220 go",
		"TLS", "C: EHLO probe.example", "S: 250-mx.example", "S: 250 AUTH PLAIN", BYE, NULL
	};
	struct script script;
	struct smtp_walk walk;

	script_open(&script, lines);
	play(&script, &(struct smtp_plan)REQUIRED, &walk);
	ck_assert_msg(script_failure(&script) == NULL, "%s", script.failure);
	ck_assert(walk.has_tls && script.has_tls);
	ck_assert_ptr_eq(smtp_offer(&walk), &walk.safe);
	ck_assert(walk.clear.has_size && walk.clear.has_starttls && !walk.clear.has_auth);
	ck_assert(walk.safe.has_auth && !walk.safe.has_size && !walk.safe.has_starttls);
	smtp_walk_release(&walk);
	script_release(&script);
}
END_TEST

/* ---- AUTH (RFC 4954) ---- */

#define AUTH_HELLO(words) SECURED, "S: 250-mx.example", "S: 250 AUTH " words
#define CLEAR_AUTH_HELLO(words) HELLO, "S: 250-mx.example", "S: 250 AUTH " words
#define LOGIN .last = SMTP_AUTH, .logs_in = true, .tls = SMTP_TLS_OPPORTUNISTIC
#define ONLY(kind) { LOGIN, .wants_mechanism = true, .mechanism = kind }
#define TOKEN .has_token = true
#define BY_PLAIN "C: AUTH PLAIN AHVzZXIAaHVzaA=="
#define BY_LOGIN "C: AUTH LOGIN", "S: 334 VXNlcm5hbWU6", "C: dXNlcg==", "S: 334 UGFzc3dvcmQ6", "C: aHVzaA=="
/* RFC 2195 2 */
#define BY_CRAM "C: AUTH CRAM-MD5", \
	"S: 334 PDE4OTYuNjk3MTcwOTUyQHBvc3RvZmZpY2UucmVzdG9uLm1jaS5uZXQ+", \
	"C: dGltIGI5MTNhNjAyYzdlZGE3YTQ5NWI0ZTZlNzMzNGQzODkw"
#define TIM .credentials = { "tim", "tanstaaftanstaaf", "mx.example", 587 }
#define BY_XOAUTH2 "C: AUTH XOAUTH2 dXNlcj11c2VyAWF1dGg9QmVhcmVyIHQwa2VuAQE="
#define BY_OAUTHBEARER "C: AUTH OAUTHBEARER " \
	"bixhPXVzZXIsAWhvc3Q9bXguZXhhbXBsZQFwb3J0PTU4NwFhdXRoPUJlYXJlciB0MGtlbgEB"

static const struct row logins[] = {
	{ { AUTH_HELLO("PLAIN"), BY_PLAIN, "S: 235 hi", BYE }, { LOGIN }, SMTP_COMPLETE, SMTP_AUTH, 235, NULL },
	{ { AUTH_HELLO("PLAIN"), BY_PLAIN, "S: 535 no", BYE }, { LOGIN }, SMTP_REFUSED, SMTP_AUTH, 535, NULL },
	{ { AUTH_HELLO("PLAIN"), BY_PLAIN, "S: 454 later", BYE }, { LOGIN }, SMTP_REFUSED, SMTP_AUTH, 454,
	  NULL },
	{ { AUTH_HELLO("PLAIN"), BY_PLAIN, "S: 421 bye", "CLOSE" }, { LOGIN }, SMTP_REFUSED, SMTP_AUTH, 421,
	  NULL },
	{ { AUTH_HELLO("PLAIN"), BY_PLAIN, "S: 250 hi" }, { LOGIN }, SMTP_NONSENSE, SMTP_AUTH, 250, "250 hi" },
	{ { AUTH_HELLO("PLAIN"), BY_PLAIN, "CLOSE" }, { LOGIN }, SMTP_CLOSED, SMTP_AUTH, 0, NULL },
	{ { AUTH_HELLO("PLAIN"), BY_PLAIN, "SILENCE" }, { LOGIN }, SMTP_LATE, SMTP_AUTH, 0, NULL },
	/* a challenge too many: cancelled (4) */
	{ { AUTH_HELLO("PLAIN"), BY_PLAIN, "S: 334 ", "C: *", "S: 501 then not" }, { LOGIN }, SMTP_NONSENSE,
	  SMTP_AUTH, 501, "challenge too many" },
	{ { AUTH_HELLO("PLAIN"), BY_PLAIN, "S: 334 ", "C: *", "CLOSE" }, { LOGIN }, SMTP_NONSENSE,
	  SMTP_AUTH, 334, "challenge too many" },

	{ { AUTH_HELLO("LOGIN"), BY_LOGIN, "S: 235 hi", BYE }, { LOGIN }, SMTP_COMPLETE, SMTP_AUTH, 235, NULL },
	{ { AUTH_HELLO("LOGIN"), BY_LOGIN, "S: 535 no", BYE }, { LOGIN }, SMTP_REFUSED, SMTP_AUTH, 535, NULL },
	{ { AUTH_HELLO("LOGIN"), "C: AUTH LOGIN", "S: 504 no", BYE }, { LOGIN }, SMTP_REFUSED, SMTP_AUTH, 504,
	  NULL },
	{ { AUTH_HELLO("LOGIN"), "C: AUTH LOGIN", "S: 334 VXNlcm5hbWU6", "C: dXNlcg==", "S: 535 no", BYE },
	  { LOGIN }, SMTP_REFUSED, SMTP_AUTH, 535, NULL },
	{ { AUTH_HELLO("LOGIN"), "C: AUTH LOGIN", "S: 334 VXNlcm5hbWU6", "C: dXNlcg==", "CLOSE" },
	  { LOGIN }, SMTP_CLOSED, SMTP_AUTH, 0, NULL },
	{ { AUTH_HELLO("LOGIN"), BY_LOGIN, "S: 334 UGFzc3dvcmQ6", "C: *", "S: 501 then not" }, { LOGIN },
	  SMTP_NONSENSE, SMTP_AUTH, 501, "challenge too many" },
	{ { AUTH_HELLO("LOGIN"), "C: AUTH LOGIN", "S: 334 User Name?", "C: *", "S: 501 then not" }, { LOGIN },
	  SMTP_NONSENSE, SMTP_AUTH, 501, "not base64" },

	{ { AUTH_HELLO("CRAM-MD5"), BY_CRAM, "S: 235 hi", BYE }, { LOGIN, TIM }, SMTP_COMPLETE, SMTP_AUTH, 235,
	  NULL },
	{ { AUTH_HELLO("CRAM-MD5"), BY_CRAM, "S: 535 no", BYE }, { LOGIN, TIM }, SMTP_REFUSED, SMTP_AUTH, 535,
	  NULL },

	{ { AUTH_HELLO("XOAUTH2"), BY_XOAUTH2, "S: 235 hi", BYE }, { LOGIN, TOKEN }, SMTP_COMPLETE, SMTP_AUTH,
	  235, NULL },
	{ { AUTH_HELLO("XOAUTH2"), BY_XOAUTH2, "S: 334 eyJzdGF0dXMiOiI0MDEifQ==", "C: ", "S: 535 no", BYE },
	  { LOGIN, TOKEN }, SMTP_REFUSED, SMTP_AUTH, 535, NULL },
	/* RFC 7628 3.2.3 */
	{ { AUTH_HELLO("OAUTHBEARER"), BY_OAUTHBEARER, "S: 235 hi", BYE }, { LOGIN, TOKEN }, SMTP_COMPLETE,
	  SMTP_AUTH, 235, NULL },
	{ { AUTH_HELLO("OAUTHBEARER"), BY_OAUTHBEARER, "S: 334 eyJzdGF0dXMiOiI0MDEifQ==", "C: AQ==",
	    "S: 535 no", BYE }, { LOGIN, TOKEN }, SMTP_REFUSED, SMTP_AUTH, 535, NULL },

	/* 4: an empty initial response is "=" */
	{ { AUTH_HELLO("EXTERNAL"), "C: AUTH EXTERNAL =", "S: 235 hi", BYE }, ONLY(SASL_EXTERNAL),
	  SMTP_COMPLETE, SMTP_AUTH, 235, NULL },
	{ { AUTH_HELLO("EXTERNAL"), "C: AUTH EXTERNAL =", "S: 535 who?", BYE }, ONLY(SASL_EXTERNAL),
	  SMTP_REFUSED, SMTP_AUTH, 535, NULL },

	/* the best that is offered */
	{ { AUTH_HELLO("LOGIN CRAM-MD5 PLAIN"), BY_PLAIN, "S: 235 hi", BYE }, { LOGIN }, SMTP_COMPLETE,
	  SMTP_AUTH, 235, NULL },
	{ { AUTH_HELLO("CRAM-MD5 LOGIN"), BY_LOGIN, "S: 235 hi", BYE }, { LOGIN }, SMTP_COMPLETE, SMTP_AUTH,
	  235, NULL },
	{ { AUTH_HELLO("XOAUTH2 OAUTHBEARER PLAIN"), BY_OAUTHBEARER, "S: 235 hi", BYE }, { LOGIN, TOKEN },
	  SMTP_COMPLETE, SMTP_AUTH, 235, NULL },
	{ { AUTH_HELLO("PLAIN LOGIN"), BY_LOGIN, "S: 235 hi", BYE }, ONLY(SASL_LOGIN), SMTP_COMPLETE,
	  SMTP_AUTH, 235, NULL },
	/* not offered */
	{ { AUTH_HELLO("PLAIN LOGIN"), BYE }, ONLY(SASL_CRAM_MD5), SMTP_AUTH_MISSING, SMTP_AUTH, 0,
	  "CRAM-MD5 is not offered" },
	{ { AUTH_HELLO("XOAUTH2 OAUTHBEARER NTLM"), BYE }, { LOGIN }, SMTP_AUTH_MISSING, SMTP_AUTH, 0,
	  "no mechanism is offered" },
	{ { AUTH_HELLO("PLAIN LOGIN CRAM-MD5"), BYE }, { LOGIN, TOKEN }, SMTP_AUTH_MISSING, SMTP_AUTH, 0,
	  "no mechanism is offered" },
	{ { SECURED, "S: 250 mx.example", BYE }, { LOGIN }, SMTP_AUTH_MISSING, SMTP_AUTH, 0, NULL },
	{ { PLAIN_HELLO, BYE }, { LOGIN }, SMTP_AUTH_MISSING, SMTP_AUTH, 0, NULL },
	/* offered before TLS, and not in it: RFC 3207 4.2 */
	{ { HELLO, "S: 250-mx.example", "S: 250-AUTH PLAIN", "S: 250 STARTTLS", "C: STARTTLS", "S: 220 go",
	    "TLS", "C: EHLO probe.example", "S: 250 mx.example", BYE }, { LOGIN }, SMTP_AUTH_MISSING,
	  SMTP_AUTH, 0, NULL },
	/* 9: no secret in clear */
	{ { CLEAR_AUTH_HELLO("PLAIN LOGIN"), BYE }, { LOGIN }, SMTP_AUTH_CLEAR, SMTP_AUTH, 0,
	  "PLAIN would tell the secret" },
	{ { CLEAR_AUTH_HELLO("PLAIN LOGIN"), BYE }, ONLY(SASL_LOGIN), SMTP_AUTH_CLEAR, SMTP_AUTH, 0,
	  "LOGIN would tell the secret" },
	{ { CLEAR_AUTH_HELLO("XOAUTH2"), BYE }, { LOGIN, TOKEN }, SMTP_AUTH_CLEAR, SMTP_AUTH, 0, "XOAUTH2" },
	{ { CLEAR_AUTH_HELLO("OAUTHBEARER"), BYE }, { LOGIN, TOKEN }, SMTP_AUTH_CLEAR, SMTP_AUTH, 0,
	  "OAUTHBEARER" },
	{ { CLEAR_AUTH_HELLO("PLAIN CRAM-MD5"), BY_CRAM, "S: 235 hi", BYE }, { LOGIN, TIM }, SMTP_COMPLETE,
	  SMTP_AUTH, 235, NULL },
	{ { CLEAR_AUTH_HELLO("PLAIN"), BY_PLAIN, "S: 235 hi", BYE }, { LOGIN, .allows_clear_auth = true },
	  SMTP_COMPLETE, SMTP_AUTH, 235, NULL },
	{ { CLEAR_AUTH_HELLO("PLAIN") , BYE }, { .last = SMTP_AUTH }, SMTP_COMPLETE, SMTP_EHLO, 0, NULL },
	/* a wrong login, which must be refused */
	{ { AUTH_HELLO("PLAIN"), BY_PLAIN, "S: 535 no", BYE }, { LOGIN, .expects_refusal = true },
	  SMTP_COMPLETE, SMTP_AUTH, 535, NULL },
	{ { AUTH_HELLO("PLAIN"), BY_PLAIN, "S: 235 hi", BYE }, { LOGIN, .expects_refusal = true },
	  SMTP_AUTH_TAKEN, SMTP_AUTH, 235, NULL },
	{ { AUTH_HELLO("PLAIN"), BY_PLAIN, "S: 454 later", BYE }, { LOGIN, .expects_refusal = true },
	  SMTP_REFUSED, SMTP_AUTH, 454, NULL },
	{ { AUTH_HELLO("PLAIN"), BY_PLAIN, "S: 250 hi" }, { LOGIN, .expects_refusal = true },
	  SMTP_NONSENSE, SMTP_AUTH, 250, NULL },
	/* what cannot be prepared is not said */
	{ { AUTH_HELLO("CRAM-MD5"), BYE }, { LOGIN, .credentials = { "user", "\xff", "mx.example", 25 } },
	  SMTP_AUTH_UNPREPARED, SMTP_AUTH, 0, "password" },
};

START_TEST(logs_in)
{
	const struct row *row = &logins[_i];
	struct script script;
	struct smtp_walk walk;

	check_row(row);
	script_open(&script, row->lines);
	play(&script, &row->plan, &walk);
	ck_assert_int_eq(walk.has_logged_in, walk.end == SMTP_COMPLETE && row->plan.logs_in &&
					     !row->plan.expects_refusal);
	ck_assert_int_eq(walk.was_refused_login, row->code == 535 && row->plan.expects_refusal);
	smtp_walk_release(&walk);
	script_release(&script);
}
END_TEST

/* ---- SCRAM: libgsasl plays the server ---- */

struct scram {
	Gsasl *library;
	Gsasl_session *session;
	enum { HONEST, WRONG_SIGNATURE, NO_SIGNATURE } kind;
	int steps;
};

static void answer_scram(struct script *script, struct slice said, struct text *answer)
{
	struct scram *scram = script->data;
	struct text decoded = { 0 };
	char *output = NULL;
	size_t len = 0;

	ck_assert(base64_decode(said, &decoded));
	gsasl_step(scram->session, text_str(&decoded), decoded.len, &output, &len);
	if (++scram->steps == 2 && scram->kind == WRONG_SIGNATURE)
		output[3] = output[3] == 'A' ? 'B' : 'A';
	base64_add(answer, (struct slice){ output, len });
	gsasl_free(output);
	text_release(&decoded);
}

#define BY_SCRAM "C: AUTH SCRAM-SHA-256 ?", "S: 334 ?", "C: ?"

static const struct {
	int kind;
	const char *password;
	struct row row;
} scrams[] = {
	{ HONEST, "hush",
	  { { AUTH_HELLO("PLAIN SCRAM-SHA-256"), BY_SCRAM, "S: 334 ?", "C: ", "S: 235 hi", BYE },
	    { LOGIN }, SMTP_COMPLETE, SMTP_AUTH, 235, NULL } },
	/* no secret is told, so it may be said in clear */
	{ HONEST, "hush",
	  { { CLEAR_AUTH_HELLO("PLAIN SCRAM-SHA-256"), BY_SCRAM, "S: 334 ?", "C: ", "S: 235 hi", BYE },
	    { LOGIN }, SMTP_COMPLETE, SMTP_AUTH, 235, NULL } },
	{ HONEST, "other",
	  { { AUTH_HELLO("SCRAM-SHA-256"), BY_SCRAM, "S: 535 no", BYE }, { LOGIN }, SMTP_REFUSED, SMTP_AUTH,
	    535, NULL } },
	/* RFC 5802 3: the server must prove itself */
	{ WRONG_SIGNATURE, "hush",
	  { { AUTH_HELLO("SCRAM-SHA-256"), BY_SCRAM, "S: 334 ?", "C: *", "S: 501 then not" }, { LOGIN },
	    SMTP_NONSENSE, SMTP_AUTH, 501, "signature is wrong" } },
	{ NO_SIGNATURE, "hush",
	  { { AUTH_HELLO("SCRAM-SHA-256"), BY_SCRAM, "S: 235 hi", BYE }, { LOGIN }, SMTP_AUTH_NO_PROOF,
	    SMTP_AUTH, 235, NULL } },
};

START_TEST(scram_proves_both_sides)
{
	const struct row *row = &scrams[_i].row;
	struct scram scram = { .kind = scrams[_i].kind };
	struct script script;
	struct smtp_walk walk;

	ck_assert_int_eq(gsasl_init(&scram.library), GSASL_OK);
	ck_assert_int_eq(gsasl_server_start(scram.library, "SCRAM-SHA-256", &scram.session), GSASL_OK);
	gsasl_property_set(scram.session, GSASL_PASSWORD, scrams[_i].password);
	gsasl_property_set(scram.session, GSASL_SCRAM_SALT, "W22ZaJ0SNY7soEsUEjb6gQ==");
	gsasl_property_set(scram.session, GSASL_SCRAM_ITER, "4096");
	script_open(&script, row->lines);
	script.answer = answer_scram;
	script.data = &scram;
	play(&script, &row->plan, &walk);
	ck_assert_msg(script_failure(&script) == NULL, "%s", script.failure);
	ck_assert_msg(walk.end == row->end && walk.at == row->at, "end %d: %s", walk.end, walk.fault.text);
	ck_assert_int_eq(walk.mechanism, SASL_SCRAM_SHA_256);
	ck_assert_int_eq(walk.has_logged_in, row->end == SMTP_COMPLETE);
	ck_assert_uint_eq(walk.steps[SMTP_AUTH].reply.code, row->code);
	ck_assert_msg(row->fault == NULL || strstr(walk.fault.text, row->fault) != NULL, "%s", walk.fault.text);
	smtp_walk_release(&walk);
	script_release(&script);
	gsasl_finish(scram.session);
	gsasl_done(scram.library);
}
END_TEST

/* What is shown of a login: all but the secrets. */
START_TEST(the_trace_keeps_secrets)
{
	static const char *const lines[] = { CLEAR_AUTH_HELLO("LOGIN"), BY_LOGIN, "S: 235 hi",
					     MAIL, "S: 250 ok", "C: RSET", "S: 250 ok", BYE, NULL };
	static const char *const plain[] = { CLEAR_AUTH_HELLO("PLAIN"), BY_PLAIN, "S: 235 hi", BYE, NULL };
	struct smtp_plan plan = { LOGIN, .allows_clear_auth = true, .is_traced = true };
	struct script script;
	struct smtp_walk walk;
	struct text shown = { 0 };

	plan.last = SMTP_MAIL;
	script_open(&script, lines);
	play(&script, &plan, &walk);
	ck_assert_msg(script_failure(&script) == NULL, "%s", script.failure);
	text_add_marked(&shown, text_str(&walk.trace), TEXT_PLAIN);
	ck_assert_str_eq(text_str(&shown),
			 "S: 220 mx.example ESMTP\nC: EHLO probe.example\nS: 250-mx.example\n"
			 "S: 250 AUTH LOGIN\nC: AUTH LOGIN\nS: 334 VXNlcm5hbWU6\nC: ****\n"
			 "S: 334 UGFzc3dvcmQ6\nC: ****\nS: 235 hi\nC: MAIL FROM:<a@probe.example>\n"
			 "S: 250 ok\nC: RSET\nS: 250 ok\nC: QUIT\nS: 221 bye\n");
	smtp_walk_release(&walk);
	script_release(&script);

	plan.last = SMTP_AUTH;
	script_open(&script, plain);
	play(&script, &plan, &walk);
	ck_assert_ptr_nonnull(strstr(text_str(&walk.trace), "AUTH PLAIN ****"));
	ck_assert_ptr_null(strstr(text_str(&walk.trace), "AHVzZXIAaHVzaA"));
	smtp_walk_release(&walk);
	script_release(&script);
	text_release(&shown);
}
END_TEST

/* ---- MAIL, RCPT, DATA ---- */

#define TO(n) .last = SMTP_RCPT, .to_count = n
#define SEND(n) .last = SMTP_DATA, .to_count = n, .message = &message
#define RESET_BYE "C: RSET", "S: 250 ok", BYE
#define RESET_BYE_AT_ONCE "C: RSET", "C: QUIT", "S: 250 ok", "S: 221 bye"

static const struct row plain_mails[] = {
	/* 4.1.1.5: nothing is delivered: RSET, then QUIT */
	{ { PLAIN_HELLO, MAIL, "S: 250 ok", RESET_BYE }, { .last = SMTP_MAIL }, SMTP_COMPLETE, SMTP_MAIL, 250,
	  NULL },
	{ { PLAIN_HELLO, MAIL, "S: 251 ok", RESET_BYE }, { .last = SMTP_MAIL, .to_count = 1 }, SMTP_COMPLETE,
	  SMTP_MAIL, 251, NULL },
	{ { PLAIN_HELLO, "C: MAIL FROM:<>", "S: 250 ok", RESET_BYE }, { .last = SMTP_MAIL, .from = "" },
	  SMTP_COMPLETE, SMTP_MAIL, 250, NULL },
	{ { PLAIN_HELLO, MAIL, "S: 450 later", BYE }, { TO(1) }, SMTP_REFUSED, SMTP_MAIL, 450, NULL },
	{ { PLAIN_HELLO, MAIL, "S: 550 no", BYE }, { SEND(2) }, SMTP_REFUSED, SMTP_MAIL, 550, NULL },
	{ { PLAIN_HELLO, MAIL, "S: 421 bye", "CLOSE" }, { SEND(2) }, SMTP_REFUSED, SMTP_MAIL, 421, NULL },
	{ { PLAIN_HELLO, MAIL, "S: 354 go" }, { SEND(2) }, SMTP_NONSENSE, SMTP_MAIL, 354, "354 go" },
	{ { PLAIN_HELLO, MAIL, "CLOSE" }, { SEND(2) }, SMTP_CLOSED, SMTP_MAIL, 0, NULL },
	{ { PLAIN_HELLO, MAIL, "SILENCE" }, { SEND(2) }, SMTP_LATE, SMTP_MAIL, 0, NULL },
	{ { PLAIN_HELLO, MAIL, "S: 250 ok", RCPT1, "S: 250 ok", RESET_BYE }, { TO(1) }, SMTP_COMPLETE,
	  SMTP_RCPT, 250, NULL },
	{ { PLAIN_HELLO, MAIL, "S: 250 ok", RCPT1, "S: 251 ok", RESET_BYE }, { TO(1) }, SMTP_COMPLETE,
	  SMTP_RCPT, 251, NULL },
	{ { PLAIN_HELLO, MAIL, "S: 250 ok", RCPT1, "S: 550 no", RCPT2, "S: 250 ok", RESET_BYE }, { TO(2) },
	  SMTP_COMPLETE, SMTP_RCPT, 250, NULL },
	{ { PLAIN_HELLO, MAIL, "S: 250 ok", RCPT1, "S: 550 no", RCPT2, "S: 450 later", RESET_BYE },
	  { SEND(2) }, SMTP_REFUSED, SMTP_RCPT, 450, NULL },
	{ { PLAIN_HELLO, MAIL, "S: 250 ok", RCPT1, "S: 354 go" }, { SEND(2) }, SMTP_NONSENSE, SMTP_RCPT, 354,
	  "354 go" },
	{ { PLAIN_HELLO, MAIL, "S: 250 ok", RCPT1, "S: 250 ok", RCPT2, "CLOSE" }, { SEND(2) }, SMTP_CLOSED,
	  SMTP_RCPT, 250, NULL },
	{ { PLAIN_HELLO, MAIL, "S: 250 ok", RCPT1, "SILENCE" }, { SEND(2) }, SMTP_LATE, SMTP_RCPT, 0, NULL },
	{ { PLAIN_HELLO, MAIL, "S: 250 ok", RCPT1, "S: 250 ok", RCPT2, "S: 421 bye", "SILENCE" }, { SEND(2) },
	  SMTP_REFUSED, SMTP_RCPT, 421, NULL },
	{ { PLAIN_HELLO, MAIL, "S: 250 ok", RCPT1, "S: 421 bye", "CLOSE" }, { SEND(2) }, SMTP_REFUSED,
	  SMTP_RCPT, 421, NULL },
	/* a plan without a message or a recipient stops there */
	{ { PLAIN_HELLO, MAIL, "S: 250 ok", RCPT1, "S: 250 ok", RESET_BYE },
	  { .last = SMTP_DATA, .to_count = 1 }, SMTP_COMPLETE, SMTP_RCPT, 0, NULL },
	{ { PLAIN_HELLO, MAIL, "S: 250 ok", RESET_BYE }, { .last = SMTP_RCPT }, SMTP_COMPLETE, SMTP_MAIL, 0,
	  NULL },

	{ { PLAIN_HELLO, MAIL, "S: 250 ok", RCPT1, "S: 250 ok", "C: DATA", "S: 354 go", MESSAGE, "C: .",
	    "S: 250 queued", BYE }, { SEND(1) }, SMTP_COMPLETE, SMTP_DATA, 250, NULL },
	{ { PLAIN_HELLO, MAIL, "S: 250 ok", RCPT1, "S: 550 no", RCPT2, "S: 250 ok", "C: DATA", "S: 354 go",
	    MESSAGE, "C: .", "S: 250 queued", BYE }, { SEND(2) }, SMTP_COMPLETE, SMTP_DATA, 250, NULL },
	{ { PLAIN_HELLO, MAIL, "S: 250 ok", RCPT1, "S: 250 ok", "C: DATA", "S: 451 later", BYE }, { SEND(1) },
	  SMTP_REFUSED, SMTP_DATA, 451, NULL },
	{ { PLAIN_HELLO, MAIL, "S: 250 ok", RCPT1, "S: 250 ok", "C: DATA", "S: 421 bye", "CLOSE" },
	  { SEND(1) }, SMTP_REFUSED, SMTP_DATA, 421, NULL },
	{ { PLAIN_HELLO, MAIL, "S: 250 ok", RCPT1, "S: 250 ok", "C: DATA", "S: 250 go" }, { SEND(1) },
	  SMTP_NONSENSE, SMTP_DATA, 250, "250 go" },				/* 4.3.2 */
	{ { PLAIN_HELLO, MAIL, "S: 250 ok", RCPT1, "S: 250 ok", "C: DATA", "CLOSE" }, { SEND(1) },
	  SMTP_CLOSED, SMTP_DATA, 0, NULL },
	{ { PLAIN_HELLO, MAIL, "S: 250 ok", RCPT1, "S: 250 ok", "C: DATA", "SILENCE" }, { SEND(1) },
	  SMTP_LATE, SMTP_DATA, 0, NULL },
	{ { PLAIN_HELLO, MAIL, "S: 250 ok", RCPT1, "S: 250 ok", "C: DATA", "S: 354 go", MESSAGE, "C: .",
	    "S: 554 spam", BYE }, { SEND(1) }, SMTP_REFUSED, SMTP_DATA, 554, NULL },
	{ { PLAIN_HELLO, MAIL, "S: 250 ok", RCPT1, "S: 250 ok", "C: DATA", "S: 354 go", MESSAGE, "C: .",
	    "S: 421 bye", "CLOSE" }, { SEND(1) }, SMTP_REFUSED, SMTP_DATA, 421, NULL },
	{ { PLAIN_HELLO, MAIL, "S: 250 ok", RCPT1, "S: 250 ok", "C: DATA", "S: 354 go", MESSAGE, "C: .",
	    "S: 354 go" }, { SEND(1) }, SMTP_NONSENSE, SMTP_DATA, 354, "354 go" },
	{ { PLAIN_HELLO, MAIL, "S: 250 ok", RCPT1, "S: 250 ok", "C: DATA", "S: 354 go", MESSAGE, "C: .",
	    "CLOSE" }, { SEND(1) }, SMTP_CLOSED, SMTP_DATA, 0, NULL },
	{ { PLAIN_HELLO, MAIL, "S: 250 ok", RCPT1, "S: 250 ok", "C: DATA", "S: 354 go", MESSAGE, "C: .",
	    "RESET" }, { SEND(1) }, SMTP_BROKEN, SMTP_DATA, 0, NULL },
	{ { PLAIN_HELLO, MAIL, "S: 250 ok", RCPT1, "S: 250 ok", "C: DATA", "S: 354 go", MESSAGE, "C: .",
	    "SILENCE" }, { SEND(1) }, SMTP_LATE, SMTP_DATA, 0, NULL },
	/* HELO: nothing is declared */
	{ { HELLO, "S: 500 what?", "C: HELO probe.example", "S: 250 mx", MAIL, "S: 250 ok", RESET_BYE },
	  { .last = SMTP_MAIL, .size = 1000 }, SMTP_COMPLETE, SMTP_MAIL, 250, NULL },
};

START_TEST(hands_over_in_turns)
{
	check_row(&plain_mails[_i]);
}
END_TEST

/* RFC 2920 3.1: all up to DATA in one write; and the message with QUIT. */
static const struct row pipelined_mails[] = {
	{ { PIPELINED_HELLO, MAIL, "S: 250 ok", RESET_BYE_AT_ONCE }, { .last = SMTP_MAIL, .to_count = 2 },
	  SMTP_COMPLETE, SMTP_MAIL, 250, NULL },
	{ { PIPELINED_HELLO, MAIL, RCPT1, RCPT2, "S: 250 ok", "S: 250 b", "S: 550 c", RESET_BYE_AT_ONCE },
	  { TO(2) }, SMTP_COMPLETE, SMTP_RCPT, 550, NULL },
	{ { PIPELINED_HELLO, MAIL, RCPT1, "S: 250 ok", "WAIT 20", "S: 550 b", RESET_BYE_AT_ONCE },
	  { TO(1) }, SMTP_REFUSED, SMTP_RCPT, 550, NULL },
	{ { PIPELINED_HELLO, MAIL, RCPT1, RCPT2, "C: DATA", "S: 250 ok", "S: 250 b", "S: 250 c", "S: 354 go",
	    MESSAGE, "C: .", "C: QUIT", "S: 250 queued", "S: 221 bye" }, { SEND(2) }, SMTP_COMPLETE,
	  SMTP_DATA, 250, NULL },
	{ { PIPELINED_HELLO, MAIL, RCPT1, RCPT2, "C: DATA", "S: 250 ok", "WAIT 3", "S: 450 b", "WAIT 3",
	    "S: 250 c", "WAIT 3", "S: 354 go", MESSAGE, "C: .", "C: QUIT", "S: 250 queued", "WAIT 9",
	    "S: 221 bye" }, { SEND(2) }, SMTP_COMPLETE, SMTP_DATA, 250, NULL },
	{ { PIPELINED_HELLO, MAIL, RCPT1, "C: DATA", "S: 250 ok", "S: 250 b", "S: 354 go", MESSAGE, "C: .",
	    "C: QUIT", "S: 554 spam", "S: 221 bye" }, { SEND(1) }, SMTP_REFUSED, SMTP_DATA, 554, NULL },
	/* MAIL is refused: that is the cause, and all replies are heard */
	{ { PIPELINED_HELLO, MAIL, RCPT1, RCPT2, "C: DATA", "S: 550 no", "S: 503 b", "S: 503 c", "S: 503 no",
	    BYE }, { SEND(2) }, SMTP_REFUSED, SMTP_MAIL, 550, NULL },
	{ { PIPELINED_HELLO, MAIL, RCPT1, RCPT2, "S: 450 no", "S: 503 b", "S: 503 c", BYE }, { TO(2) },
	  SMTP_REFUSED, SMTP_MAIL, 450, NULL },
	{ { PIPELINED_HELLO, MAIL, "S: 450 no", BYE }, { .last = SMTP_MAIL, .to_count = 2 }, SMTP_REFUSED,
	  SMTP_MAIL, 450, NULL },
	{ { PIPELINED_HELLO, MAIL, RCPT1, "C: DATA", "S: 550 no", "S: 250 b", "S: 354 go", "C: .",
	    "S: 554 no mail", BYE }, { SEND(1) }, SMTP_REFUSED, SMTP_MAIL, 550, NULL },
	{ { PIPELINED_HELLO, MAIL, RCPT1, RCPT2, "C: DATA", "S: 421 bye", "CLOSE" }, { SEND(2) },
	  SMTP_REFUSED, SMTP_MAIL, 421, NULL },
	{ { PIPELINED_HELLO, MAIL, RCPT1, "C: DATA", "S: 550 no", "CLOSE" }, { SEND(1) }, SMTP_REFUSED,
	  SMTP_MAIL, 550, NULL },
	{ { PIPELINED_HELLO, MAIL, RCPT1, "S: 354 go", "S: 250 b" }, { TO(1) }, SMTP_NONSENSE, SMTP_MAIL, 354,
	  "354 go" },
	/* all recipients are refused: DATA must be too; a 354 gets nothing, and then RCPT's
	 * replies count */
	{ { PIPELINED_HELLO, MAIL, RCPT1, RCPT2, "C: DATA", "S: 250 ok", "S: 550 b", "S: 551 c", "S: 503 no",
	    BYE }, { SEND(2) }, SMTP_REFUSED, SMTP_RCPT, 551, NULL },
	{ { PIPELINED_HELLO, MAIL, RCPT1, RCPT2, "C: DATA", "S: 250 ok", "S: 550 b", "S: 551 c", "S: 354 go",
	    "C: .", "S: 554 nobody", BYE }, { SEND(2) }, SMTP_REFUSED, SMTP_RCPT, 551, NULL },
	{ { PIPELINED_HELLO, MAIL, RCPT1, "C: DATA", "S: 250 ok", "S: 550 b", "S: 354 go", "C: .",
	    "S: 250 queued for nobody", BYE }, { SEND(1) }, SMTP_REFUSED, SMTP_RCPT, 550, NULL },
	{ { PIPELINED_HELLO, MAIL, RCPT1, "C: DATA", "S: 250 ok", "S: 550 b", "CLOSE" }, { SEND(1) },
	  SMTP_REFUSED, SMTP_RCPT, 550, NULL },
	{ { PIPELINED_HELLO, MAIL, RCPT1, RCPT2, "C: DATA", "S: 250 ok", "S: 421 bye", "CLOSE" }, { SEND(2) },
	  SMTP_REFUSED, SMTP_RCPT, 421, NULL },
	{ { PIPELINED_HELLO, MAIL, RCPT1, "C: DATA", "S: 250 ok", "S: 250 b", "S: 421 bye", "CLOSE" },
	  { SEND(1) }, SMTP_REFUSED, SMTP_DATA, 421, NULL },
	{ { PIPELINED_HELLO, MAIL, RCPT1, RCPT2, "C: DATA", "S: 250 ok", "S: 250 b", "CLOSE" }, { SEND(2) },
	  SMTP_CLOSED, SMTP_RCPT, 250, NULL },
	{ { PIPELINED_HELLO, MAIL, RCPT1, "C: DATA", "S: 250 ok", "S: 250 b", "SILENCE" }, { SEND(1) },
	  SMTP_LATE, SMTP_DATA, 0, NULL },
	{ { PIPELINED_HELLO, MAIL, RCPT1, "C: DATA", "S: 250 ok", "S: 250 b", "S: 354 go", MESSAGE, "C: .",
	    "C: QUIT", "SILENCE" }, { SEND(1) }, SMTP_LATE, SMTP_DATA, 0, NULL },
};

START_TEST(hands_over_at_once)
{
	check_row(&pipelined_mails[_i]);
}
END_TEST

/* What MAIL declares. */
static const struct {
	const char *keyword[3], *mail;
	struct smtp_plan plan;
	enum smtp_end end;
} declarations[] = {
	{ { "SIZE" }, "C: MAIL FROM:<a@probe.example> SIZE=1000", { .size = 1000 }, SMTP_COMPLETE }, /* RFC 1870 6 */
	{ { "SIZE 999" }, "C: MAIL FROM:<a@probe.example> SIZE=1000", { .size = 1000 }, SMTP_COMPLETE },
	{ { "SIZE 1x" }, MAIL, { .size = 1000 }, SMTP_COMPLETE },
	{ { "SIZE" }, MAIL, { .size = 0 }, SMTP_COMPLETE },
	{ { "HELP" }, MAIL, { .size = 1000 }, SMTP_COMPLETE },
	{ { "SIZE" }, "C: MAIL FROM:<a@probe.example> SIZE=17", { .size = 1000, .message = &message },
	  SMTP_COMPLETE },
	{ { "8BITMIME" }, MAIL, { .message = &message }, SMTP_COMPLETE },
	{ { "8BITMIME" }, "C: MAIL FROM:<a@probe.example> BODY=8BITMIME",	/* RFC 6152 3 */
	  { .message = &message_8bit, .message_7bit = &message_7bit }, SMTP_COMPLETE },
	{ { "8BITMIME", "SIZE 7" }, "C: MAIL FROM:<a@probe.example> SIZE=18 BODY=8BITMIME",
	  { .message = &message_8bit, .message_7bit = &message_7bit }, SMTP_COMPLETE },
	{ { "SIZE 7" }, "C: MAIL FROM:<a@probe.example> SIZE=22",
	  { .message = &message_8bit, .message_7bit = &message_7bit }, SMTP_COMPLETE },
	{ { "SMTPUTF8" }, "C: MAIL FROM:<a@probe.example> SMTPUTF8", { .needs_utf8 = true },	/* RFC 6531 3.4 */
	  SMTP_COMPLETE },
	{ { "SMTPUTF8" }, MAIL, { .needs_utf8 = false }, SMTP_COMPLETE },
	{ { "8BITMIME" }, NULL, { .needs_utf8 = true }, SMTP_UTF8_MISSING },
};

START_TEST(declares_what_comes)
{
	char offers[2][80];
	const char *lines[] = { HELLO, "S: 250-mx.example", NULL, NULL, declarations[_i].mail, "S: 250 ok",
				RESET_BYE, NULL };
	struct smtp_plan plan = declarations[_i].plan;
	struct script script;
	struct smtp_walk walk;

	for (int i = 0; i < 2; i++) {
		const char *keyword = declarations[_i].keyword[i];

		snprintf(offers[i], sizeof offers[i], "S: 250%c%s", i == 1 ? ' ' : '-',
			 keyword != NULL ? keyword : "HELP");
		lines[3 + i] = offers[i];
	}
	if (declarations[_i].mail == NULL) {
		lines[5] = "C: QUIT";
		lines[6] = "S: 221 bye";
		lines[7] = NULL;
	}
	plan.last = SMTP_MAIL;
	script_open(&script, lines);
	play(&script, &plan, &walk);
	ck_assert_msg(script_failure(&script) == NULL, "%s", script.failure);
	ck_assert_int_eq(walk.end, declarations[_i].end);
	ck_assert_int_eq(walk.at, SMTP_MAIL);
	smtp_walk_release(&walk);
	script_release(&script);
}
END_TEST

/* The body that fits what is offered. */
static const struct row bodies[] = {
	{ { HELLO, "S: 250-mx.example", "S: 250 8BITMIME", "C: MAIL FROM:<a@probe.example> BODY=8BITMIME",
	    "S: 250 ok", RCPT1, "S: 250 ok", "C: DATA", "S: 354 go", "C: Subject: x", "C: ", "C: \xc3\xa4", "C: .",
	    "S: 250 queued", BYE },
	  { .last = SMTP_DATA, .to_count = 1, .message = &message_8bit, .message_7bit = &message_7bit },
	  SMTP_COMPLETE, SMTP_DATA, 250, NULL },
	{ { PLAIN_HELLO, MAIL, "S: 250 ok", RCPT1, "S: 250 ok", "C: DATA", "S: 354 go", "C: Subject: x", "C: ",
	    "C: =C3=A4", "C: .", "S: 250 queued", BYE },
	  { .last = SMTP_DATA, .to_count = 1, .message = &message_8bit, .message_7bit = &message_7bit },
	  SMTP_COMPLETE, SMTP_DATA, 250, NULL },
};

START_TEST(sends_the_body_that_can_pass)
{
	check_row(&bodies[_i]);
}
END_TEST

/* A large message is a write of its own; what the server says to it may come at once. */
static const struct {
	const char *lines[20];
	enum smtp_end end;
} larges[] = {
	{ { PIPELINED_HELLO, MAIL, RCPT1, "C: DATA", "S: 250 ok", "S: 250 b", "S: 354 go", "BIG", "C: .", "--",
	    "C: QUIT", "S: 250 queued", "S: 221 bye" }, SMTP_COMPLETE },
	{ { PIPELINED_HELLO, MAIL, RCPT1, "C: DATA", "S: 250 ok", "S: 250 b", "S: 354 go", "BIG", "C: .", "--",
	    "C: QUIT", "S: 552 too big", "S: 221 bye" }, SMTP_REFUSED },
	{ { PLAIN_HELLO, MAIL, "S: 250 ok", RCPT1, "S: 250 b", "C: DATA", "S: 354 go", "BIG", "C: .",
	    "S: 250 queued", BYE }, SMTP_COMPLETE },
	/* the write breaks, and the server tells why */
	{ { PLAIN_HELLO, MAIL, "S: 250 ok", RCPT1, "S: 250 b", "C: DATA", "S: 354 go", "DEAF",
	    "S: 552 too big", "CLOSE" }, SMTP_REFUSED },
	{ { PIPELINED_HELLO, MAIL, RCPT1, "C: DATA", "S: 250 ok", "S: 250 b", "S: 354 go", "STUCK" }, SMTP_LATE },
};

START_TEST(sends_a_large_message)
{
	enum { LARGE = 20000 };
	static char large[LARGE + 8], line[LARGE + 8];
	const char *lines[COUNT(larges[0].lines) + 1];
	struct message much = { .size = LARGE + 2 };
	struct script script;
	struct smtp_walk walk;
	size_t count = 0;

	snprintf(large, sizeof large, "%0*d\r\n.\r\n", LARGE, 7);
	snprintf(line, sizeof line, "C: %0*d", LARGE, 7);
	for (; larges[_i].lines[count] != NULL; count++)
		lines[count] = strcmp(larges[_i].lines[count], "BIG") == 0 ? line : larges[_i].lines[count];
	lines[count] = NULL;
	much.wire = (struct text){ .at = large, .len = LARGE + 5 };
	for (size_t piece = 0; piece < 3; piece++) {
		script_open(&script, lines);
		script.piece = piece;
		play(&script, &(struct smtp_plan){ .last = SMTP_DATA, .to_count = 1, .message = &much }, &walk);
		ck_assert_msg(script_failure(&script) == NULL, "%s", script.failure);
		ck_assert_msg(walk.end == larges[_i].end && walk.at == SMTP_DATA, "end %d: %s", walk.end,
			      walk.fault.text);
		ck_assert_int_eq(walk.was_sent, walk.end == SMTP_COMPLETE);
		smtp_walk_release(&walk);
		script_release(&script);
	}
}
END_TEST

/* ---- LMTP (RFC 2033 4.2): after the dot a reply for each recipient that was taken ---- */

static const struct {
	const char *lines[20];
	enum smtp_end end;
	unsigned code, taken[2], delivered[2];
} deliveries[] = {
	{ { RCPT1, "S: 250 b", RCPT2, "S: 250 c", "C: DATA", "S: 354 go", MESSAGE, "C: .", "S: 250 b",
	    "S: 251 c", BYE }, SMTP_COMPLETE, 251, { 250, 250 }, { 250, 251 } },
	{ { RCPT1, "S: 550 b", RCPT2, "S: 250 c", "C: DATA", "S: 354 go", MESSAGE, "C: .", "S: 250 c", BYE },
	  SMTP_COMPLETE, 250, { 550, 250 }, { 0, 250 } },
	{ { RCPT1, "S: 250 b", RCPT2, "S: 250 c", "C: DATA", "S: 354 go", MESSAGE, "C: .", "S: 552 full",
	    "S: 250 c", BYE }, SMTP_REFUSED, 552, { 250, 250 }, { 552, 250 } },
	{ { RCPT1, "S: 250 b", RCPT2, "S: 250 c", "C: DATA", "S: 354 go", MESSAGE, "C: .", "S: 250 b",
	    "S: 452 full", BYE }, SMTP_REFUSED, 452, { 250, 250 }, { 250, 452 } },
	{ { RCPT1, "S: 250 b", RCPT2, "S: 250 c", "C: DATA", "S: 354 go", MESSAGE, "C: .", "S: 421 bye",
	    "CLOSE" }, SMTP_REFUSED, 421, { 250, 250 }, { 421, 0 } },
	{ { RCPT1, "S: 250 b", RCPT2, "S: 250 c", "C: DATA", "S: 354 go", MESSAGE, "C: .", "S: 250 b",
	    "CLOSE" }, SMTP_CLOSED, 0, { 250, 250 }, { 250, 0 } },
	{ { RCPT1, "S: 250 b", RCPT2, "S: 250 c", "C: DATA", "S: 354 go", MESSAGE, "C: .", "SILENCE" },
	  SMTP_LATE, 0, { 250, 250 }, { 0, 0 } },
};

START_TEST(lmtp_answers_for_each)
{
	const char *lines[32] = { BANNER, "C: LHLO probe.example", "S: 250 mx.example", MAIL, "S: 250 ok" };
	struct smtp_plan plan = { SEND(2), .is_lmtp = true };
	struct script script;
	struct smtp_walk walk;

	memcpy(lines + 5, deliveries[_i].lines, sizeof deliveries[_i].lines);
	script_open(&script, lines);
	script.piece = 3;
	play(&script, &plan, &walk);
	ck_assert_msg(script_failure(&script) == NULL, "%s", script.failure);
	ck_assert_int_eq(walk.end, deliveries[_i].end);
	ck_assert_int_eq(walk.at, SMTP_DATA);
	ck_assert_int_eq(walk.was_sent, walk.end == SMTP_COMPLETE);
	if (deliveries[_i].code != 0)
		ck_assert_uint_eq(walk.steps[SMTP_DATA].reply.code, deliveries[_i].code);
	for (int i = 0; i < 2; i++) {
		ck_assert_uint_eq(walk.recipients[i].reply.code, deliveries[_i].taken[i]);
		ck_assert_uint_eq(walk.recipients[i].delivered.code, deliveries[_i].delivered[i]);
	}
	smtp_walk_release(&walk);
	script_release(&script);
}
END_TEST

/* ---- what may come at any time ---- */

/* QUIT is politeness: nothing depends on its reply. */
static const struct row goodbyes[] = {
	{ { PLAIN_HELLO, "C: QUIT", "S: 500 what?", "CLOSE" }, { .last = SMTP_EHLO }, SMTP_COMPLETE, SMTP_EHLO,
	  250, NULL },
	{ { PLAIN_HELLO, "C: QUIT", "S: 421 bye", "CLOSE" }, { .last = SMTP_EHLO }, SMTP_COMPLETE, SMTP_EHLO,
	  250, NULL },
	{ { PLAIN_HELLO, "C: QUIT", "S: bye" }, { .last = SMTP_EHLO }, SMTP_COMPLETE, SMTP_EHLO, 250, NULL },
	{ { PLAIN_HELLO, "C: QUIT", "CLOSE" }, { .last = SMTP_EHLO }, SMTP_COMPLETE, SMTP_EHLO, 250, NULL },
	{ { PLAIN_HELLO, "C: QUIT", "RESET" }, { .last = SMTP_EHLO }, SMTP_COMPLETE, SMTP_EHLO, 250, NULL },
	{ { PLAIN_HELLO, "C: QUIT", "SILENCE" }, { .last = SMTP_EHLO }, SMTP_COMPLETE, SMTP_EHLO, 250, NULL },
	{ { PLAIN_HELLO, "CLOSE" }, { .last = SMTP_EHLO }, SMTP_COMPLETE, SMTP_EHLO, 250, NULL },
	{ { PLAIN_HELLO, "RESET" }, { .last = SMTP_EHLO }, SMTP_COMPLETE, SMTP_EHLO, 250, NULL },
	{ { PLAIN_HELLO, "STUCK" }, { .last = SMTP_EHLO }, SMTP_COMPLETE, SMTP_EHLO, 250, NULL },
	{ { PLAIN_HELLO, MAIL, "S: 250 ok", "C: RSET", "S: 500 what?", BYE }, { .last = SMTP_MAIL },
	  SMTP_COMPLETE, SMTP_MAIL, 250, NULL },
	{ { PLAIN_HELLO, MAIL, "S: 250 ok", "C: RSET", "CLOSE" }, { .last = SMTP_MAIL }, SMTP_COMPLETE,
	  SMTP_MAIL, 250, NULL },
	{ { PIPELINED_HELLO, MAIL, RCPT1, "C: DATA", "S: 250 ok", "S: 250 b", "S: 354 go", MESSAGE, "C: .",
	    "C: QUIT", "S: 250 queued", "S: 500 what?", "CLOSE" }, { SEND(1) }, SMTP_COMPLETE, SMTP_DATA, 250,
	  NULL },
	{ { PIPELINED_HELLO, MAIL, RCPT1, "C: DATA", "S: 250 ok", "S: 250 b", "S: 354 go", MESSAGE, "C: .",
	    "C: QUIT", "S: 250 queued", "CLOSE" }, { SEND(1) }, SMTP_COMPLETE, SMTP_DATA, 250, NULL },
};

START_TEST(a_bad_goodbye_is_harmless)
{
	check_row(&goodbyes[_i]);
}
END_TEST

/* 3.8, 4.2.5: 421 may come unasked, when the client is about to speak; what it was about
 * to say is not said. Any other word unasked is none: its replies could not be told
 * apart from those to the next commands. */
static const struct row unasked[] = {
	{ { BANNER, "S: 421 going down", "CLOSE" }, { SEND(1) }, SMTP_REFUSED, SMTP_EHLO, 421, NULL },
	{ { PLAIN_HELLO, "S: 421 going down", "CLOSE" }, { SEND(1) }, SMTP_REFUSED, SMTP_MAIL, 421, NULL },
	{ { PIPELINED_HELLO, "S: 421-going", "S: 421 down", "CLOSE" }, { SEND(2) }, SMTP_REFUSED, SMTP_MAIL,
	  421, NULL },
	{ { PLAIN_HELLO, MAIL, "S: 250 ok", "S: 421 going down", "CLOSE" }, { .last = SMTP_MAIL },
	  SMTP_COMPLETE, SMTP_MAIL, 250, NULL },
	{ { BANNER, "--", "S: 250 hello", "CLOSE" }, { SEND(1) }, SMTP_NONSENSE, SMTP_EHLO, 0, "spoke before" },
	{ { PLAIN_HELLO, "--", "S: 550 no", "CLOSE" }, { SEND(1) }, SMTP_NONSENSE, SMTP_MAIL, 0, "spoke before" },
	{ { PLAIN_HELLO, "--", "RAW \r\n", "CLOSE" }, { SEND(1) }, SMTP_NONSENSE, SMTP_MAIL, 0, "spoke before" },
	/* it begins as 421 would */
	{ { PLAIN_HELLO, "--", "S: 450 no", "CLOSE" }, { SEND(1) }, SMTP_NONSENSE, SMTP_MAIL, 0, "" },
	{ { PLAIN_HELLO, "--", "S: 42", "CLOSE" }, { SEND(1) }, SMTP_NONSENSE, SMTP_MAIL, 0, "" },
	/* the write fails, but why was told */
	{ { PLAIN_HELLO, "DEAF", "WAIT 30", "S: 421 going down", "CLOSE" }, { SEND(1) }, SMTP_REFUSED,
	  SMTP_MAIL, 421, NULL },
	{ { BANNER, "DEAF", "CLOSE" }, { SEND(1) }, SMTP_CLOSED, SMTP_EHLO, 0, "Broken pipe" },
	{ { BANNER, "RESET" }, { SEND(1) }, SMTP_BROKEN, SMTP_EHLO, 0, "Broken pipe" },
	{ { BANNER, "CLOSE" }, { SEND(1) }, SMTP_CLOSED, SMTP_EHLO, 0, "closed" },
	{ { BANNER, "STUCK" }, { SEND(1) }, SMTP_LATE, SMTP_EHLO, 0, NULL },
};

START_TEST(hears_a_goodbye_unasked)
{
	check_row(&unasked[_i]);
}
END_TEST

/* More replies than commands: each would be taken for that to the next command. */
static const struct row out_of_step[] = {
	{ { BANNER, "C: EHLO probe.example", "S: 250 mx.example", "S: 250 again" }, { .last = SMTP_AUTH },
	  SMTP_NONSENSE, SMTP_EHLO, 250, "too many: \"250 again" },
	{ { "S: 220 mx.example", "S: 220 mx.example" }, { .last = SMTP_EHLO }, SMTP_NONSENSE, SMTP_BANNER, 220,
	  "too many: \"220 mx" },
	{ { PLAIN_HELLO, MAIL, "S: 250 ok", RCPT1, "S: 250 ok", "C: DATA", "S: 354 go", "S: 250 queued" },
	  { SEND(1) }, SMTP_NONSENSE, SMTP_DATA, 354, "too many: \"250 queued" },
	{ { PIPELINED_HELLO, MAIL, RCPT1, "S: 250 ok", "S: 250 b", "S: 250 c" }, { TO(1) }, SMTP_NONSENSE,
	  SMTP_RCPT, 250, "too many: \"250 c" },
	{ { CLEAR_AUTH_HELLO("LOGIN"), "C: AUTH LOGIN", "S: 334 VXNlcm5hbWU6", "S: 334 UGFzc3dvcmQ6" },
	  { LOGIN, .allows_clear_auth = true }, SMTP_NONSENSE, SMTP_AUTH, 334, "too many: \"334 UG" },
	/* a 421 is none of them (3.8) */
	{ { PLAIN_HELLO, "S: 421 bye", "CLOSE" }, { .last = SMTP_EHLO }, SMTP_COMPLETE, SMTP_EHLO, 250, NULL },
	/* behind a refusal nothing more is asked */
	{ { "S: 554 not you", "S: 221 bye", "CLOSE" }, { .last = SMTP_EHLO }, SMTP_REFUSED, SMTP_BANNER, 554,
	  NULL },
	{ { PLAIN_HELLO, "C: QUIT", "S: 221 bye", "S: 221 really" }, { .last = SMTP_EHLO }, SMTP_COMPLETE,
	  SMTP_EHLO, 250, NULL },
};

START_TEST(one_reply_too_many_is_nonsense)
{
	const struct row *row = &out_of_step[_i];
	struct script script;
	struct smtp_walk walk;

	script_open(&script, row->lines);
	play(&script, &row->plan, &walk);
	ck_assert_msg(script_failure(&script) == NULL, "%s", script.failure);
	ck_assert_msg(walk.end == row->end && walk.at == row->at, "end %d at %s: %s", walk.end,
		      smtp_stage_word(walk.at), walk.fault.text);
	ck_assert_uint_eq(walk.steps[row->at].reply.code, row->code);
	ck_assert_msg(row->fault == NULL || strstr(walk.fault.text, row->fault) != NULL, "%s", walk.fault.text);
	smtp_walk_release(&walk);
	script_release(&script);
}
END_TEST

/* The same, but always too late to be seen before the client speaks again: QUIT shows
 * it, whose reply is not the last one. */
static const struct row shifted[] = {
	{ { PLAIN_HELLO, "C: QUIT", "S: 250 again", "S: 221 bye" }, { .last = SMTP_EHLO }, SMTP_NONSENSE,
	  SMTP_QUIT, 221, "250 again, where QUIT's was due, and then 221" },
	{ { BANNER, "C: EHLO probe.example", "S: 250 mx.example", MAIL, "WAIT 9", "S: 250 again", "C: RSET",
	    "WAIT 9", "S: 250 mail", "C: QUIT", "WAIT 9", "S: 250 reset", "WAIT 9", "S: 221 bye" },
	  { .last = SMTP_MAIL }, SMTP_NONSENSE, SMTP_QUIT, 221, "250 reset, where QUIT's was due, and then 221" },
	/* the refusal of the message seems to be that of QUIT */
	{ { PIPELINED_HELLO, MAIL, RCPT1, "C: DATA", "S: 250 ok", "S: 250 b", "S: 354 go", MESSAGE, "C: .",
	    "C: QUIT", "WAIT 9", "S: 250 again", "S: 554 spam", "S: 221 bye" }, { SEND(1) }, SMTP_NONSENSE,
	  SMTP_QUIT, 221, "554 spam, where QUIT's was due, and then 221" },
	{ { PIPELINED_HELLO, MAIL, RCPT1, "C: DATA", "S: 250 ok", "S: 250 b", "S: 354 go", MESSAGE, "C: .",
	    "C: QUIT", "WAIT 9", "S: 250 again", "WAIT 200", "S: 554 spam", "WAIT 200", "S: 221 bye" },
	  { SEND(1) }, SMTP_NONSENSE, SMTP_QUIT, 221, "554 spam, where QUIT's was due, and then 221" },
	/* a wrong login that seems to be refused */
	{ { CLEAR_AUTH_HELLO("PLAIN"), BY_PLAIN, "S: 535 no", "C: QUIT", "S: 235 hi", "S: 221 bye" },
	  { LOGIN, .allows_clear_auth = true, .expects_refusal = true }, SMTP_NONSENSE, SMTP_QUIT, 221,
	  "235 hi, where QUIT's was due" },
	/* before QUIT it is seen at once */
	{ { PLAIN_HELLO, MAIL, "S: 250 ok", "C: RSET", "S: 250 ok", "--", "S: 250 again" }, { .last = SMTP_MAIL },
	  SMTP_NONSENSE, SMTP_QUIT, 0, "spoke before it was asked" },
	{ { PLAIN_HELLO, "--", "S: 450 again" }, { .last = SMTP_EHLO }, SMTP_NONSENSE, SMTP_QUIT, 0, "" },
	/* what was refused stays refused */
	{ { PLAIN_HELLO, MAIL, "S: 550 no", "C: QUIT", "S: 250 mail", "S: 221 bye" }, { .last = SMTP_MAIL },
	  SMTP_REFUSED, SMTP_MAIL, 550, NULL },
	/* it only says it in another way, or not in time */
	{ { PLAIN_HELLO, "C: QUIT", "S: 250 bye", "CLOSE" }, { .last = SMTP_EHLO }, SMTP_COMPLETE, SMTP_EHLO,
	  250, NULL },
	{ { PLAIN_HELLO, "C: QUIT", "S: 250 bye", "S: 421 closing", "CLOSE" }, { .last = SMTP_EHLO },
	  SMTP_COMPLETE, SMTP_EHLO, 250, NULL },
	{ { PLAIN_HELLO, "C: QUIT", "S: 250 bye", "SILENCE" }, { .last = SMTP_EHLO }, SMTP_COMPLETE, SMTP_EHLO,
	  250, NULL },
};

START_TEST(quit_shows_that_replies_are_shifted)
{
	check_row(&shifted[_i]);
}
END_TEST

/* ---- limits ---- */

static const struct {
	int lines, octets;	/* of the text of each line */
	enum smtp_end end;
	const char *fault;
} sizes[] = {
	{ SMTP_LINES_MAX, 10, SMTP_COMPLETE, "" },
	{ SMTP_LINES_MAX + 1, 10, SMTP_NONSENSE, "more than 100 lines" },
	{ 3, SMTP_LINE_MAX - 4, SMTP_COMPLETE, "" },
	{ 3, SMTP_LINE_MAX - 3, SMTP_NONSENSE, "a line that is too long" },
	{ 1, 3 * SMTP_LINE_MAX, SMTP_NONSENSE, "a line that is too long" },
	{ SMTP_LINES_MAX, SMTP_LINE_MAX - 4, SMTP_COMPLETE, "" },
};

START_TEST(a_reply_has_its_limits)
{
	static char line[3 * SMTP_LINE_MAX + 16], last[3 * SMTP_LINE_MAX + 16];
	const char *lines[SMTP_LINES_MAX + 8] = { HELLO };
	struct script script;
	struct smtp_walk walk;
	int count = 2;

	snprintf(line, sizeof line, "S: 250-%0*d", sizes[_i].octets, 1);
	snprintf(last, sizeof last, "S: 250 %0*d", sizes[_i].octets, 2);
	for (int i = 1; i < sizes[_i].lines; i++)
		lines[count++] = line;
	lines[count++] = last;
	if (sizes[_i].end == SMTP_COMPLETE) {
		lines[count++] = "C: QUIT";
		lines[count++] = "S: 221 bye";
	}
	script_open(&script, lines);
	script.piece = 1000;
	play(&script, &(struct smtp_plan){ .last = SMTP_EHLO, .is_traced = true }, &walk);
	ck_assert_int_eq(walk.end, sizes[_i].end);
	ck_assert_uint_lt(walk.trace.len, 70000);
	ck_assert_int_eq(walk.at, SMTP_EHLO);
	ck_assert_ptr_nonnull(strstr(walk.fault.text, sizes[_i].fault));
	if (walk.end == SMTP_COMPLETE)
		ck_assert_msg(script_failure(&script) == NULL, "%s", script.failure);
	ck_assert_uint_le(walk.clear.len, sizeof walk.clear.lines);
	smtp_walk_release(&walk);
	script_release(&script);
}
END_TEST

/* A server that always has another challenge. */
START_TEST(challenges_end)
{
	static const char *const lines[] = { CLEAR_AUTH_HELLO("XOAUTH2"), BY_XOAUTH2, "S: 334 ", "C: ", "S: 334 ",
					     "C: *", "S: 334 ", NULL };
	struct smtp_plan plan = { LOGIN, TOKEN, .allows_clear_auth = true };
	struct script script;
	struct smtp_walk walk;

	script_open(&script, lines);
	play(&script, &plan, &walk);
	ck_assert_msg(script_failure(&script) == NULL, "%s", script.failure);
	ck_assert_int_eq(walk.end, SMTP_NONSENSE);
	smtp_walk_release(&walk);
	script_release(&script);
}
END_TEST

/* A conversation that ends after any byte of the server is never complete, and none of
 * its replies is taken for whole. */
static const char *const whole_talk[] = {
	"S: 220-mx.example", "S: 220 ESMTP", "C: EHLO probe.example", "S: 250-mx.example", "S: 250-STARTTLS",
	"S: 250 AUTH PLAIN", "C: STARTTLS", "S: 220 go", "TLS", "C: EHLO probe.example", "S: 250-mx.example",
	"S: 250-AUTH LOGIN", "S: 250 PIPELINING", BY_LOGIN, "S: 235 hi", MAIL, RCPT1, RCPT2, "C: DATA",
	"S: 250 ok", "S: 550-no", "S: 550 such", "S: 250 ok", "S: 354 go", MESSAGE, "C: .", "C: QUIT",
	"S: 250 queued", "S: 221 bye", NULL
};

START_TEST(a_talk_cut_anywhere_is_not_complete)
{
	struct smtp_plan plan = { SEND(2), .logs_in = true, .tls = SMTP_TLS_STARTTLS };
	enum smtp_stage at = SMTP_BANNER;
	struct smtp_walk walk;
	struct script script;
	size_t total, cut;

	script_open(&script, whole_talk);
	play(&script, &plan, &walk);
	ck_assert_msg(script_failure(&script) == NULL, "%s", script.failure);
	ck_assert_int_eq(walk.end, SMTP_COMPLETE);
	ck_assert_uint_eq(walk.recipients[0].reply.code, 550);
	ck_assert_uint_eq(walk.recipients[1].reply.code, 250);
	ck_assert(walk.was_pipelined && walk.has_logged_in && walk.has_tls);
	total = script.total - strlen("221 bye\r\n");
	smtp_walk_release(&walk);
	script_release(&script);
	for (cut = 1; cut < total; cut++) {
		script_open(&script, whole_talk);
		script.most = cut;
		script.piece = cut % 5;
		play(&script, &plan, &walk);
		ck_assert_msg(script_failure(&script) == NULL, "%s", script.failure);
		ck_assert_msg(walk.end == SMTP_CLOSED || (walk.end == SMTP_TLS_FAILED && !walk.has_tls),
			      "cut at %zu: %d", cut, walk.end);
		/* Behind AUTH come the stages in their order; TLS brings EHLO a second time. */
		ck_assert(!walk.was_sent && (walk.at >= at || walk.has_tls));
		ck_assert_uint_eq(walk.steps[SMTP_QUIT].was_reached, false);
		at = walk.has_tls ? SMTP_BANNER : walk.at;
		smtp_walk_release(&walk);
		script_release(&script);
	}
}
END_TEST

/* ---- time ---- */

START_TEST(times_each_stage)
{
	static const char *const lines[] = {
		"WAIT 11", BANNER, "C: EHLO probe.example", "WAIT 20", "S: 250-mx.example", "WAIT 3",
		"S: 250 STARTTLS", "C: STARTTLS", "WAIT 1", "S: 220 go", "WAIT 30", "TLS",
		"C: EHLO probe.example", "WAIT 100", "S: 250-mx.example", "S: 250 AUTH LOGIN", "C: AUTH LOGIN",
		"WAIT 7", "S: 334 VXNlcm5hbWU6", "C: dXNlcg==", "WAIT 40", "S: 334 UGFzc3dvcmQ6", "C: aHVzaA==",
		"S: 235 hi", MAIL, "WAIT 57", "S: 250 ok", RCPT1, "WAIT 60", "S: 250 ok", RCPT2, "WAIT 5",
		"S: 550 no", "C: DATA", "WAIT 70", "S: 354 go", MESSAGE, "C: .", "WAIT 9", "S: 250 queued",
		"C: QUIT", "WAIT 12", "S: 221 bye", NULL
	};
	static const int64_t took_ms[SMTP_STAGES] = {
		[SMTP_BANNER] = 11, [SMTP_EHLO] = 123, [SMTP_STARTTLS] = 31, [SMTP_AUTH] = 47, [SMTP_MAIL] = 57,
		[SMTP_RCPT] = 65, [SMTP_DATA] = 79, [SMTP_QUIT] = 12,
	};
	struct smtp_plan plan = { SEND(2), .logs_in = true, .tls = SMTP_TLS_STARTTLS };
	struct smtp_walk walk;
	struct script script;

	script_open(&script, lines);
	play(&script, &plan, &walk);
	ck_assert_msg(script_failure(&script) == NULL, "%s", script.failure);
	for (int i = 0; i < SMTP_STAGES; i++) {
		ck_assert_int_eq(walk.steps[i].took_us, 1000 * took_ms[i]);
		ck_assert_int_eq(walk.steps[i].was_reached, took_ms[i] > 0);
	}
	smtp_walk_release(&walk);
	script_release(&script);
}
END_TEST

/* A refused MAIL takes the time of what was sent along, and no stage behind it was
 * reached. */
START_TEST(what_follows_a_refused_mail_is_not_reached)
{
	static const char *const lines[] = {
		PIPELINED_HELLO, MAIL, RCPT1, RCPT2, "C: DATA", "S: 550 no", "WAIT 5", "S: 503 b", "S: 503 c",
		"S: 503 no", BYE, NULL
	};
	struct smtp_walk walk;
	struct script script;

	script_open(&script, lines);
	play(&script, &(struct smtp_plan){ SEND(2) }, &walk);
	ck_assert_msg(script_failure(&script) == NULL, "%s", script.failure);
	for (int i = SMTP_RCPT; i <= SMTP_DATA; i++)
		ck_assert(!walk.steps[i].was_reached && walk.steps[i].reply.code == 0);
	ck_assert(walk.steps[SMTP_MAIL].was_reached);
	ck_assert_uint_eq(walk.recipients[0].reply.code, 0);
	ck_assert_uint_eq(walk.recipients[1].reply.code, 0);
	smtp_walk_release(&walk);
	script_release(&script);
}
END_TEST

/* A goodbye is waited for half a second; anything else until the deadline. */
static const struct {
	const char *lines[8];
	int64_t waited_us;
} silences[] = {
	{ { PLAIN_HELLO, "C: QUIT", "SILENCE" }, 500000 },
	{ { HELLO, "SILENCE" }, 30000000 },
	{ { HELLO, "WAIT 29999", "S: 250 mx.example", "C: QUIT", "SILENCE" }, 30000000 },
};

START_TEST(waits_as_long_as_it_may)
{
	struct smtp_walk walk;
	struct script script;
	int64_t begun_us;

	script_open(&script, silences[_i].lines);
	begun_us = script.now_us;
	play(&script, &(struct smtp_plan){ .last = SMTP_EHLO }, &walk);
	ck_assert_msg(script_failure(&script) == NULL, "%s", script.failure);
	ck_assert_int_eq(script.now_us - begun_us, silences[_i].waited_us);
	smtp_walk_release(&walk);
	script_release(&script);
}
END_TEST

START_TEST(stages_have_words)
{
	enum smtp_stage stage;

	for (int i = 0; i < SMTP_STAGES; i++) {
		ck_assert(smtp_stage_parse(smtp_stage_word((enum smtp_stage)i), &stage));
		ck_assert_int_eq((int)stage, i);
	}
	ck_assert(smtp_stage_parse("EHLO", &stage) && stage == SMTP_EHLO);
	ck_assert(!smtp_stage_parse("helo", &stage));
	ck_assert(!smtp_stage_parse("", &stage));
}
END_TEST

Suite *suite_smtp(void);
Suite *suite_smtp(void)
{
	Suite *suite = suite_create("smtp");
	TCase *tcase = tcase_create("smtp");

	ADD_TABLE(tcase, hears_the_banner, banners);
	ADD_TABLE(tcase, says_hello, hellos);
	ADD_TABLE(tcase, takes_a_keyword, keywords);
	tcase_add_test(tcase, finds_keywords);
	tcase_add_test(tcase, helo_offers_nothing);
	ADD_TABLE(tcase, half_an_offer_is_not_known, halves);
	ADD_TABLE(tcase, begins_tls, handshakes);
	tcase_add_test(tcase, tls_has_an_offer_of_its_own);
	ADD_TABLE(tcase, logs_in, logins);
	ADD_TABLE(tcase, scram_proves_both_sides, scrams);
	tcase_add_test(tcase, the_trace_keeps_secrets);
	ADD_TABLE(tcase, hands_over_in_turns, plain_mails);
	ADD_TABLE(tcase, hands_over_at_once, pipelined_mails);
	ADD_TABLE(tcase, declares_what_comes, declarations);
	ADD_TABLE(tcase, sends_the_body_that_can_pass, bodies);
	ADD_TABLE(tcase, sends_a_large_message, larges);
	ADD_TABLE(tcase, lmtp_answers_for_each, deliveries);
	ADD_TABLE(tcase, a_bad_goodbye_is_harmless, goodbyes);
	ADD_TABLE(tcase, hears_a_goodbye_unasked, unasked);
	ADD_TABLE(tcase, one_reply_too_many_is_nonsense, out_of_step);
	ADD_TABLE(tcase, quit_shows_that_replies_are_shifted, shifted);
	ADD_TABLE(tcase, a_reply_has_its_limits, sizes);
	tcase_add_test(tcase, challenges_end);
	tcase_add_test(tcase, a_talk_cut_anywhere_is_not_complete);
	tcase_add_test(tcase, times_each_stage);
	tcase_add_test(tcase, what_follows_a_refused_mail_is_not_reached);
	ADD_TABLE(tcase, waits_as_long_as_it_may, silences);
	tcase_add_test(tcase, stages_have_words);
	suite_add_tcase(suite, tcase);
	return suite;
}
