/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "mail/smtp.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum {
	TRACE_MAX = 64 << 10,
	CHALLENGES_MAX = 8,		/* no mechanism needs more */
	APPENDED_MAX = 16 << 10,	/* a message of this size goes into one write with QUIT */
	QUIT_US = 500000,		/* how long a goodbye is waited for */
};

struct session {
	const struct smtp_plan *plan;
	struct stream *stream;
	struct smtp_walk *walk;
	int64_t since_us;		/* when the current stage began */
	struct text out;		/* said, and not yet written */
	bool has_quit;			/* said along with what came before it */
	size_t awaited;			/* replies to what was said */
	bool is_out_of_step;		/* a goodbye has shown that there were more: to what? */
	size_t used, filled;		/* of `in` */
	char in[2 * SMTP_LINE_MAX];
};

/* ---- ends and times ---- */

/* Always false: the walk is over. */
static bool end(struct session *session, enum smtp_end how, enum smtp_stage at)
{
	session->walk->end = how;
	session->walk->at = at;
	return false;
}

static bool end_stream(struct session *session, enum stream_status status, enum smtp_stage at)
{
	return end(session, status == STREAM_LATE     ? SMTP_LATE
			    : status == STREAM_CLOSED ? SMTP_CLOSED
						      : SMTP_BROKEN, at);
}

static bool end_nonsense(struct session *session, enum smtp_stage at, const struct smtp_reply *reply)
{
	fault_set(&session->walk->fault, FAULT_PROTOCOL, "a reply that does not belong here: %u %.*s",
		  reply->code, (int)smtp_reply_text(reply).len, reply->text);
	return end(session, SMTP_NONSENSE, at);
}

/* What passed since the last call belongs to this stage. */
static void count_time(struct session *session, enum smtp_stage stage)
{
	int64_t now = session->stream->now_us(session->stream);
	struct smtp_step *step = &session->walk->steps[stage];

	step->was_reached = true;
	step->took_us += now - session->since_us;
	session->since_us = now;
}

/* ---- saying and hearing ---- */

static void trace(struct session *session, const char *who, struct slice line)
{
	struct text *text = &session->walk->trace;

	if (!session->plan->is_traced || text->len > TRACE_MAX)
		return;
	text_add(text, "%s", who);
	text_add_foreign_most(text, line, SMTP_LINE_MAX);
	text_add_char(text, '\n');
}

/* Say a line when the next reply is waited for. */
static void say_hidden(struct session *session, struct slice line, const char *shown)
{
	trace(session, "C: ", slice_of(shown));
	session->awaited++;
	text_add_slice(&session->out, line);
	text_add_slice(&session->out, slice_of("\r\n"));
}

static void say(struct session *session, const char *format, ...)
	__attribute__((format(printf, 2, 3)));

static void say(struct session *session, const char *format, ...)
{
	struct text line = { 0 };
	va_list arguments;

	va_start(arguments, format);
	text_add_list(&line, format, arguments);
	va_end(arguments);
	session->out.failed |= text_failed(&line);
	say_hidden(session, text_slice(&line), text_str(&line));
	text_release(&line);
}

static enum stream_status flush(struct session *session)
{
	enum stream_status status = STREAM_FINE;

	if (session->out.len > 0)
		status = session->stream->write(session->stream, text_slice(&session->out),
						&session->walk->fault);
	if (session->out.len > 0)
		explicit_bzero(session->out.at, session->out.len);
	session->out.len = 0;
	return status;
}

static enum stream_status fill(struct session *session)
{
	enum stream_status status;
	size_t got = 0;

	if (session->used > 0) {
		memmove(session->in, session->in + session->used, session->filled - session->used);
		session->filled -= session->used;
		session->used = 0;
	}
	/* There is room: a line without an end is BAD long before. */
	status = session->stream->read(session->stream, session->in + session->filled,
				       sizeof session->in - session->filled, &got,
				       &session->walk->fault);
	session->filled += got;
	return status;
}

/* What the peer has said that nobody asked for: what is there already, without
 * waiting. Its replies would be taken for those to the next commands. */
static struct slice early_words(struct session *session)
{
	struct fault kept = session->walk->fault;
	int64_t hurry_us = session->stream->hurry_us;

	session->stream->hurry_us = 1;
	fill(session);		/* a failure shows again when a reply is waited for */
	session->stream->hurry_us = hurry_us;
	session->walk->fault = kept;
	return (struct slice){ session->in + session->used, session->filled - session->used };
}

/* "421", as far as it has come. */
static bool is_farewell(struct slice words)
{
	return memcmp(words.at, "421", words.len < 3 ? words.len : 3) == 0;
}

/* May we speak? A server may say 421 and close whenever it wants (RFC 5321 3.8): that
 * is then the reply, and nothing is said. */
static bool take_turn(struct session *session)
{
	struct slice early = early_words(session);

	if (early.len == 0)
		return true;
	if (is_farewell(early)) {
		explicit_bzero(session->out.at, session->out.len);
		session->out.len = 0;
		return true;
	}
	session->is_out_of_step = true;
	return fault_set(&session->walk->fault, FAULT_PROTOCOL, "it spoke before it was asked: \"%.*s\"",
			 (int)(early.len < 80 ? early.len : 80), early.at);
}

/* Is a reply the last one that was asked for? What else is here would be taken for the
 * reply to the next command. Behind a refusal there may be none; what follows STARTTLS
 * is judged there; and nothing follows QUIT. */
static bool is_in_step(struct session *session, enum smtp_stage stage, const struct smtp_reply *reply)
{
	struct slice rest = { session->in + session->used, session->filled - session->used };

	session->awaited--;
	if (session->awaited > 0 || rest.len == 0 || reply->code >= 400 || stage == SMTP_STARTTLS ||
	    stage == SMTP_QUIT || is_farewell(rest))
		return true;
	return fault_set(&session->walk->fault, FAULT_PROTOCOL, "one reply too many: \"%.*s\"",
			 (int)(rest.len < 80 ? rest.len : 80), rest.at);
}

typedef void line_taker(struct session *session, const struct smtp_line *line);

/* Hear one reply. False: the walk is over. What was said before is written, and
 * if that fails, the peer may still have told why. */
static bool hear(struct session *session, enum smtp_stage stage, struct smtp_reply *reply,
		 line_taker *take_line)
{
	struct fault *fault = &session->walk->fault, write_fault;
	enum stream_status written, status;
	enum smtp_parse parsed = SMTP_MORE;
	bool speaks = session->out.len > 0, is_unasked;

	*reply = (struct smtp_reply){ .code = 0 };
	if (speaks && !take_turn(session)) {
		count_time(session, stage);
		return end(session, SMTP_NONSENSE, stage);
	}
	is_unasked = speaks && session->out.len == 0;
	written = flush(session);
	if (written == STREAM_LATE) {
		count_time(session, stage);
		return end_stream(session, written, stage);
	}
	write_fault = *fault;
	while (parsed == SMTP_MORE) {
		struct slice bytes = { session->in + session->used, session->filled - session->used };
		struct smtp_line line;
		size_t used;

		parsed = smtp_line_parse(bytes, &line, &used, fault);
		if (parsed == SMTP_DONE) {
			/* Without its end. */
			trace(session, "S: ", slice_trim((struct slice){ bytes.at, used - 1 }));
			session->used += used;
			parsed = smtp_reply_add(reply, &line, fault);
			if (take_line != NULL && parsed != SMTP_BAD && line.code == 250)
				take_line(session, &line);
			continue;
		}
		if (parsed == SMTP_BAD)
			break;
		status = fill(session);
		if (status != STREAM_FINE) {
			count_time(session, stage);
			if (written != STREAM_FINE)
				*fault = write_fault;
			return end_stream(session, status, stage);
		}
	}
	count_time(session, stage);
	session->walk->steps[stage].reply = *reply;
	if (parsed == SMTP_BAD || !is_in_step(session, stage, reply))
		return end(session, SMTP_NONSENSE, stage);
	if (!is_unasked || reply->code == 421)
		return true;
	session->is_out_of_step = true;
	return end_nonsense(session, stage, reply);
}

/* Is the reply what this stage wants? False: the walk is over. */
static bool is_granted(struct session *session, enum smtp_stage stage,
		       const struct smtp_reply *reply, unsigned wanted)
{
	bool is_exact = wanted != 250;

	if (reply->code == wanted || (!is_exact && reply->code / 100 == 2))
		return true;
	if (reply->code / 100 == 4 || reply->code / 100 == 5)
		return end(session, SMTP_REFUSED, stage);
	return end_nonsense(session, stage, reply);
}

/* ---- banner ---- */

static bool start_tls(struct session *session)
{
	struct stream *stream = session->stream;
	struct smtp_walk *walk = session->walk;
	enum stream_status status = stream->start_tls(stream, &walk->fault);

	count_time(session, SMTP_STARTTLS);
	switch (status) {
	case STREAM_FINE:
		walk->has_tls = true;
		return true;
	case STREAM_UNTRUSTED:
		walk->has_tls = true;
		return end(session, SMTP_TLS_UNTRUSTED, SMTP_STARTTLS);
	case STREAM_EARLY:
		if (session->plan->tls != SMTP_TLS_IMPLICIT)
			return end(session, SMTP_TLS_INJECTED, SMTP_STARTTLS);
		/* Nobody was asked to begin TLS. */
		fault_set(&walk->fault, FAULT_PROTOCOL, "the server speaks first, and in clear: this port is not "
			  "one for implicit TLS");
		break;
	case STREAM_LATE:
		return end(session, SMTP_LATE, SMTP_STARTTLS);
	case STREAM_CLOSED:
	case STREAM_BROKEN:
		break;
	}
	return end(session, SMTP_TLS_FAILED, SMTP_STARTTLS);
}

static bool hear_banner(struct session *session)
{
	struct smtp_reply *banner = &session->walk->banner;

	if (session->plan->tls == SMTP_TLS_IMPLICIT && !start_tls(session))
		return false;
	session->awaited = 1;
	return hear(session, SMTP_BANNER, banner, NULL) &&
	       is_granted(session, SMTP_BANNER, banner, 220);
}

/* ---- EHLO ---- */

/* "XXXXXXXA": what some firewalls make of a keyword, most of all of STARTTLS. */
static bool is_masked(struct slice keyword)
{
	size_t crosses = 0;

	while (crosses < keyword.len && keyword.at[crosses] == 'X')
		crosses++;
	return keyword.len >= 4 && crosses + 1 >= keyword.len && crosses >= 3;
}

static void take_mechanisms(struct smtp_offer *offer, struct slice words)
{
	enum sasl_mechanism mechanism;
	struct slice word;

	offer->has_auth = true;
	while (slice_word(&words, &word)) {
		if (sasl_parse(word, &mechanism))
			offer->mechanisms |= 1u << mechanism;
	}
}

static void take_size(struct smtp_offer *offer, struct slice word)
{
	size_t digits = 0;

	while (digits < word.len && word.at[digits] >= '0' && word.at[digits] <= '9')
		digits++;
	if (digits < word.len) {
		offer->size_is_nonsense = true;
		return;
	}
	offer->has_size = true;
	if (!slice_number(word, UINT64_MAX, &offer->size))
		offer->size = word.len > 0 ? UINT64_MAX : 0;
}

static void take_keyword(struct smtp_offer *offer, struct slice line)
{
	struct slice keyword, rest = line;

	if (!slice_word(&rest, &keyword))
		return;
	rest = slice_trim(rest);
	if (offer->len + line.len + 1 <= sizeof offer->lines) {
		memcpy(offer->lines + offer->len, line.at, line.len);
		offer->len += line.len;
		offer->lines[offer->len++] = '\n';
	}
	offer->is_masked |= is_masked(keyword);
	if (slice_is_nocase(keyword, "STARTTLS"))
		offer->has_starttls = true;
	else if (slice_is_nocase(keyword, "PIPELINING"))
		offer->has_pipelining = true;
	else if (slice_is_nocase(keyword, "8BITMIME"))
		offer->has_8bitmime = true;
	else if (slice_is_nocase(keyword, "SMTPUTF8"))
		offer->has_utf8 = true;
	else if (slice_is_nocase(keyword, "SIZE"))
		take_size(offer, rest);
	else if (slice_is_nocase(keyword, "AUTH"))
		take_mechanisms(offer, rest);
	else if (keyword.len > 5 && slice_is_nocase((struct slice){ keyword.at, 5 }, "AUTH="))
		/* A form from before RFC 2554, which some still say beside the other. */
		take_mechanisms(offer, (struct slice){ keyword.at + 5,
						       line.len - (size_t)(keyword.at + 5 - line.at) });
}

static struct smtp_offer *current_offer(struct session *session)
{
	return session->walk->has_tls ? &session->walk->safe : &session->walk->clear;
}

static void take_offer(struct session *session, const struct smtp_line *line)
{
	/* The first line is the server's name and greeting. */
	if (session->walk->steps[SMTP_EHLO].reply.lines > 1)
		take_keyword(current_offer(session), line->text);
}

static bool say_hello(struct session *session)
{
	const struct smtp_plan *plan = session->plan;
	struct smtp_offer *offer = current_offer(session);
	struct smtp_reply *reply = &session->walk->steps[SMTP_EHLO].reply;

	say(session, "%s %s", plan->is_lmtp ? "LHLO" : "EHLO", plan->helo);
	if (!hear(session, SMTP_EHLO, reply, take_offer))
		return false;
	if (!plan->is_lmtp && (reply->code == 500 || reply->code == 502 || reply->code == 504)) {
		offer->is_helo = true;
		say(session, "HELO %s", plan->helo);
		if (!hear(session, SMTP_EHLO, reply, NULL))
			return false;
	}
	offer->is_known = reply->code == 250;
	/* Nothing else says yes to it (RFC 5321 4.3.2): a second 220 is a second banner. */
	if (reply->code / 100 == 2 && reply->code != 250)
		return end_nonsense(session, SMTP_EHLO, reply);
	return is_granted(session, SMTP_EHLO, reply, 250);
}

bool smtp_offers(const struct smtp_offer *offer, struct slice keyword, struct slice *parameters)
{
	struct slice rest = { offer->lines, offer->len }, line, word;

	while (slice_split(&rest, '\n', &line)) {
		if (slice_word(&line, &word) && slice_same_nocase(word, keyword)) {
			*parameters = slice_trim(line);
			return true;
		}
	}
	return false;
}

const struct smtp_offer *smtp_offer(const struct smtp_walk *walk)
{
	return walk->safe.is_known ? &walk->safe : &walk->clear;
}

/* ---- STARTTLS ---- */

static bool secure(struct session *session)
{
	struct smtp_reply *reply = &session->walk->steps[SMTP_STARTTLS].reply;
	enum smtp_tls tls = session->plan->tls;

	if (tls == SMTP_TLS_NONE || tls == SMTP_TLS_IMPLICIT)
		return true;
	if (!session->walk->clear.has_starttls) {
		if (tls == SMTP_TLS_OPPORTUNISTIC)
			return true;
		return end(session, SMTP_TLS_MISSING, SMTP_STARTTLS);
	}
	say(session, "STARTTLS");
	if (!hear(session, SMTP_STARTTLS, reply, NULL) ||
	    !is_granted(session, SMTP_STARTTLS, reply, 220))
		return false;
	/* Bytes that came in clear behind the reply would be read as if they had
	 * come in TLS: the STARTTLS injection (CVE-2011-0411). */
	if (session->filled > session->used) {
		struct slice injected = { session->in + session->used, session->filled - session->used };

		fault_set(&session->walk->fault, FAULT_PROTOCOL, "\"%.*s\"",
			  (int)(injected.len < 80 ? injected.len : 80), injected.at);
		return end(session, SMTP_TLS_INJECTED, SMTP_STARTTLS);
	}
	return start_tls(session) && say_hello(session);
}

/* ---- AUTH ---- */

/* The best first: what proves both sides, then what takes the fewest turns. */
static const enum sasl_mechanism by_password[] = { SASL_SCRAM_SHA_256, SASL_PLAIN, SASL_LOGIN,
						   SASL_CRAM_MD5 };
static const enum sasl_mechanism by_token[] = { SASL_OAUTHBEARER, SASL_XOAUTH2 };

static bool is_usable(const struct session *session, enum sasl_mechanism mechanism)
{
	return session->walk->has_tls || session->plan->allows_clear_auth ||
	       !sasl_tells_secret(mechanism);
}

static bool choose_mechanism(struct session *session)
{
	const struct smtp_plan *plan = session->plan;
	const struct smtp_offer *offer = smtp_offer(session->walk);
	const enum sasl_mechanism *best = plan->has_token ? by_token : by_password;
	size_t count = plan->has_token ? 2 : 4;
	struct fault *fault = &session->walk->fault;

	if (plan->wants_mechanism) {
		best = &plan->mechanism;
		count = 1;
	}
	for (size_t i = 0; i < count; i++) {
		session->walk->mechanism = best[i];
		if ((offer->mechanisms & 1u << best[i]) != 0 && is_usable(session, best[i]))
			return true;
	}
	for (size_t i = 0; i < count; i++) {
		if ((offer->mechanisms & 1u << best[i]) == 0)
			continue;
		fault_set(fault, FAULT_USAGE, "%s would tell the secret in clear", sasl_word(best[i]));
		return end(session, SMTP_AUTH_CLEAR, SMTP_AUTH);
	}
	if (!offer->has_auth)
		fault_set(fault, FAULT_PROTOCOL, "no login is offered%s",
			  session->walk->has_tls ? "" : " (without TLS)");
	else if (plan->wants_mechanism)
		fault_set(fault, FAULT_PROTOCOL, "%s is not offered", sasl_word(plan->mechanism));
	else
		fault_set(fault, FAULT_PROTOCOL, "no mechanism is offered that fits the login");
	return end(session, SMTP_AUTH_MISSING, SMTP_AUTH);
}

/* Answer a challenge, or make the initial response. */
static bool step(struct session *session, struct sasl *sasl, struct slice challenge,
		 struct text *response)
{
	struct fault *fault = &session->walk->fault;
	struct smtp_reply ignored;
	struct fault why;

	switch (sasl_step(sasl, challenge, response, fault)) {
	case SASL_SAY:
		return true;
	case SASL_BAD:
		why = *fault;
		say(session, "*");	/* RFC 4954 4: cancel */
		hear(session, SMTP_AUTH, &ignored, NULL);
		*fault = why;
		return end(session, SMTP_NONSENSE, SMTP_AUTH);
	case SASL_FAILED:
		break;
	}
	return end(session, SMTP_AUTH_UNPREPARED, SMTP_AUTH);
}

static void say_response(struct session *session, const char *in_front, const char *shown,
			 const struct text *response)
{
	struct text line = { 0 };

	text_add(&line, "%s%s", in_front, text_str(response));
	session->out.failed |= text_failed(&line) || text_failed(response);
	say_hidden(session, text_slice(&line), shown);
	if (line.len > 0)
		explicit_bzero(line.at, line.len);
	text_release(&line);
}

static bool exchange(struct session *session, struct sasl *sasl, struct smtp_reply *reply)
{
	const char *word = sasl_word(session->walk->mechanism);
	struct text response = { 0 };
	char front[32], shown[40];
	bool good = true;

	snprintf(front, sizeof front, "AUTH %s", word);
	if (!sasl_starts(sasl)) {
		say(session, "%s", front);
	} else if (step(session, sasl, slice_of(""), &response)) {
		snprintf(front, sizeof front, "AUTH %s ", word);
		snprintf(shown, sizeof shown, "AUTH %s ****", word);
		if (response.len == 0)
			text_add(&response, "=");
		say_response(session, front, shown, &response);
	} else {
		good = false;
	}
	good = good && hear(session, SMTP_AUTH, reply, NULL);
	for (int i = 0; good && reply->code == 334; i++) {
		if (response.len > 0)
			explicit_bzero(response.at, response.len);
		response.len = 0;
		if (i == CHALLENGES_MAX) {
			good = end_nonsense(session, SMTP_AUTH, reply);
			break;
		}
		good = step(session, sasl, slice_trim(smtp_reply_text(reply)), &response);
		if (good) {
			say_response(session, "", "****", &response);
			good = hear(session, SMTP_AUTH, reply, NULL);
		}
	}
	if (response.len > 0)
		explicit_bzero(response.at, response.len);
	text_release(&response);
	return good;
}

static bool judge_login(struct session *session, const struct sasl *sasl,
			const struct smtp_reply *reply)
{
	struct smtp_walk *walk = session->walk;

	if (session->plan->expects_refusal && reply->code == 235) {
		return end(session, SMTP_AUTH_TAKEN, SMTP_AUTH);
	} else if (session->plan->expects_refusal && reply->code / 100 == 5) {
		walk->was_refused_login = true;
		return end(session, SMTP_COMPLETE, SMTP_AUTH);
	}
	if (!is_granted(session, SMTP_AUTH, reply, 235))
		return false;
	if (!sasl_is_complete(sasl))
		return end(session, SMTP_AUTH_NO_PROOF, SMTP_AUTH);
	walk->has_logged_in = true;
	return true;
}

static bool log_in(struct session *session)
{
	struct smtp_reply *reply = &session->walk->steps[SMTP_AUTH].reply;
	struct sasl *sasl;
	bool good;

	if (!session->plan->logs_in)
		return true;
	if (!choose_mechanism(session))
		return false;
	if (!sasl_open(session->walk->mechanism, &session->plan->credentials, &sasl,
		       &session->walk->fault))
		return end(session, SMTP_AUTH_UNPREPARED, SMTP_AUTH);
	good = exchange(session, sasl, reply) && judge_login(session, sasl, reply);
	sasl_close(sasl);
	return good;
}

/* ---- MAIL, RCPT, DATA ---- */

static const struct message *message_to_send(const struct session *session)
{
	return smtp_offer(session->walk)->has_8bitmime ? session->plan->message
						       : session->plan->message_7bit;
}

static void say_mail(struct session *session)
{
	const struct smtp_plan *plan = session->plan;
	const struct smtp_offer *offer = smtp_offer(session->walk);
	const struct message *message = message_to_send(session);
	uint64_t size = message != NULL ? message->size : plan->size;
	struct text line = { 0 };

	text_add(&line, "MAIL FROM:<%s>", plan->from);
	if (offer->has_size && size > 0)
		text_add(&line, " SIZE=%llu", (unsigned long long)size);
	if (message != NULL && message->is_8bit)
		text_add(&line, " BODY=8BITMIME");
	if (plan->needs_utf8)
		text_add(&line, " SMTPUTF8");
	session->out.failed |= text_failed(&line);
	say_hidden(session, text_slice(&line), text_str(&line));
	text_release(&line);
}

/* Nothing is said yet to a message that has not begun, unless it is refused. */
static bool may_begin(struct session *session)
{
	struct slice early = early_words(session);

	return (early.len > 0 && *early.at >= '4') || take_turn(session);
}

/* The message, and in the same breath QUIT where the server takes it. False: the walk
 * is over. */
static bool say_message(struct session *session, const struct message *message, size_t taken)
{
	struct smtp_walk *walk = session->walk;
	bool is_large = message->wire.len > APPENDED_MAX;
	char shown[64];

	snprintf(shown, sizeof shown, "(a message of %llu octets)", (unsigned long long)message->size);
	trace(session, "C: ", slice_of(shown));
	if (!is_large) {
		text_add_slice(&session->out, text_slice(&message->wire));
	} else if (!may_begin(session)) {
		count_time(session, SMTP_DATA);
		return end(session, SMTP_NONSENSE, SMTP_DATA);
	} else if (session->stream->write(session->stream, text_slice(&message->wire), &walk->fault) !=
		   STREAM_FINE) {
		return true;		/* reading tells why */
	}
	session->awaited += session->plan->is_lmtp ? taken : 1;
	if (!walk->was_pipelined)
		return true;
	say(session, "QUIT");
	session->has_quit = true;
	/* Behind a large message it is written at once: the reply to the message may be
	 * here already, and would look as if nobody had asked for it. */
	if (is_large)
		flush(session);
	return true;
}

/* LMTP answers for each recipient that was taken (RFC 2033 4.2). */
static bool hear_deliveries(struct session *session)
{
	struct smtp_walk *walk = session->walk;
	struct smtp_reply *worst = &walk->steps[SMTP_DATA].reply;
	struct smtp_reply kept = { .code = 0 };

	for (size_t i = 0; i < session->plan->to_count; i++) {
		struct smtp_recipient *recipient = &walk->recipients[i];

		if (recipient->reply.code / 100 != 2)
			continue;
		if (!hear(session, SMTP_DATA, &recipient->delivered, NULL))
			return false;
		if (kept.code == 0 || recipient->delivered.code > kept.code)
			kept = recipient->delivered;
		if (recipient->delivered.code == 421)
			break;		/* it closes, and answers nothing more */
	}
	*worst = kept;
	return true;
}

static bool send_message(struct session *session, size_t taken)
{
	struct smtp_walk *walk = session->walk;
	struct smtp_reply *reply = &walk->steps[SMTP_DATA].reply;

	if (!say_message(session, message_to_send(session), taken))
		return false;
	if (!(session->plan->is_lmtp ? hear_deliveries(session)
				     : hear(session, SMTP_DATA, reply, NULL)))
		return false;
	walk->was_sent = reply->code / 100 == 2;
	return is_granted(session, SMTP_DATA, reply, 250);
}

static bool hear_recipients(struct session *session, size_t *taken)
{
	const struct smtp_plan *plan = session->plan;
	struct smtp_walk *walk = session->walk;

	for (size_t i = 0; i < plan->to_count; i++) {
		struct smtp_reply *reply = &walk->recipients[i].reply;

		if (!walk->was_pipelined)
			say(session, "RCPT TO:<%s>", plan->to[i]);
		if (!hear(session, SMTP_RCPT, reply, NULL))
			return false;
		if (reply->code / 100 == 3)
			return end_nonsense(session, SMTP_RCPT, reply);
		if (reply->code == 421)		/* it closes, and answers nothing more */
			return end(session, SMTP_REFUSED, SMTP_RCPT);
		*taken += reply->code / 100 == 2;
	}
	return true;
}

static bool hand_data(struct session *session, size_t taken)
{
	struct smtp_reply *reply = &session->walk->steps[SMTP_DATA].reply;

	if (!session->walk->was_pipelined) {
		if (taken == 0)
			return true;
		say(session, "DATA");
	}
	if (!hear(session, SMTP_DATA, reply, NULL))
		return false;
	if (taken > 0)
		return is_granted(session, SMTP_DATA, reply, 354) && send_message(session, taken);
	if (reply->code != 354)
		return true;
	/* RFC 2920 3.1: who says 354 though it took nobody gets an empty message. */
	say(session, ".");
	return hear(session, SMTP_DATA, reply, NULL);
}

/* MAIL was refused, and that is the cause, whatever else is said to what was sent
 * along. */
static bool end_at_mail(struct session *session, const struct smtp_reply *reply, bool has_rcpt,
			bool has_data)
{
	struct smtp_walk *walk = session->walk;
	size_t ignored = 0;

	if (walk->was_pipelined && has_rcpt && reply->code != 421 &&
	    hear_recipients(session, &ignored) && has_data)
		hand_data(session, 0);
	for (size_t i = 0; i < session->plan->to_count; i++)
		walk->recipients[i].reply = (struct smtp_reply){ .code = 0 };
	for (size_t i = SMTP_RCPT; i < SMTP_STAGES; i++)
		walk->steps[i] = (struct smtp_step){ .was_reached = false };
	return is_granted(session, SMTP_MAIL, reply, 250);
}

static bool hand_over(struct session *session)
{
	const struct smtp_plan *plan = session->plan;
	const struct smtp_offer *offer = smtp_offer(session->walk);
	struct smtp_walk *walk = session->walk;
	bool has_rcpt = plan->last >= SMTP_RCPT && plan->to_count > 0;
	bool has_data = has_rcpt && plan->last >= SMTP_DATA && plan->message != NULL;
	struct smtp_reply reply;
	size_t taken = 0;

	if (plan->needs_utf8 && !offer->has_utf8)
		return end(session, SMTP_UTF8_MISSING, SMTP_MAIL);
	walk->recipients = calloc(plan->to_count + 1, sizeof *walk->recipients);
	if (walk->recipients == NULL) {
		session->out.failed = true;
		return false;
	}
	walk->was_pipelined = offer->has_pipelining;
	say_mail(session);
	for (size_t i = 0; walk->was_pipelined && has_rcpt && i < plan->to_count; i++)
		say(session, "RCPT TO:<%s>", plan->to[i]);
	if (walk->was_pipelined && has_data)
		say(session, "DATA");
	if (!hear(session, SMTP_MAIL, &reply, NULL))
		return false;
	if (reply.code / 100 != 2)
		return end_at_mail(session, &reply, has_rcpt, has_data);
	if (!has_rcpt)
		return true;
	if (!hear_recipients(session, &taken))
		return false;
	if (has_data && !hand_data(session, taken) && taken > 0)
		return false;
	return taken > 0 || end(session, SMTP_REFUSED, SMTP_RCPT);
}

/* ---- QUIT ---- */

/* The reply to QUIT is 221. If it is another, and then comes one more, the server has
 * answered something twice, and each reply since then was taken for that to the next
 * command. */
static void hear_goodbye(struct session *session)
{
	struct smtp_reply reply, next;

	if (!hear(session, SMTP_QUIT, &reply, NULL) || reply.code == 221 || reply.code == 421 ||
	    !hear(session, SMTP_QUIT, &next, NULL) || next.code == 421)
		return;
	session->is_out_of_step = true;
	fault_set(&session->walk->fault, FAULT_PROTOCOL,
		  "one reply too many: %u %.*s, where QUIT's was due, and then %u", reply.code,
		  (int)(reply.len < 80 ? reply.len : 80), reply.text, next.code);
}

/* Politely, but nobody waits long for it, and nothing depends on it: unless it shows
 * that a success was none. */
static void leave(struct session *session)
{
	struct smtp_walk *walk = session->walk;
	struct smtp_walk before = *walk;
	struct smtp_reply reply;
	bool is_open = walk->steps[SMTP_MAIL].reply.code / 100 == 2 &&
		       walk->steps[SMTP_DATA].reply.code == 0;

	session->stream->hurry_us = session->stream->now_us(session->stream) + QUIT_US;
	if (is_open) {
		say(session, "RSET");
		if (walk->was_pipelined)
			say(session, "QUIT");
		session->has_quit = walk->was_pipelined;
	}
	if (!is_open || hear(session, SMTP_QUIT, &reply, NULL)) {
		if (!session->has_quit)
			say(session, "QUIT");
		hear_goodbye(session);
	}
	before.steps[SMTP_QUIT] = walk->steps[SMTP_QUIT];
	before.trace = walk->trace;
	if (session->is_out_of_step && before.end == SMTP_COMPLETE) {
		before.fault = walk->fault;
		before.end = SMTP_NONSENSE;
		before.at = SMTP_QUIT;
		before.was_sent = false;
	}
	*walk = before;
}

/* ---- the walk ---- */

/* A row stands for the stages from its own to that of the next row. */
static const struct {
	const char *word;
	bool (*walk)(struct session *session);
} stages[SMTP_STAGES] = {
	[SMTP_DNS] =      { "dns",      NULL },
	[SMTP_CONNECT] =  { "connect",  NULL },
	[SMTP_BANNER] =   { "banner",   hear_banner },
	[SMTP_EHLO] =     { "ehlo",     say_hello },
	[SMTP_STARTTLS] = { "starttls", secure },
	[SMTP_AUTH] =     { "auth",     log_in },
	[SMTP_MAIL] =     { "mail",     hand_over },
	[SMTP_RCPT] =     { "rcpt",     NULL },
	[SMTP_DATA] =     { "data",     NULL },
	[SMTP_QUIT] =     { "quit",     NULL },
};

const char *smtp_stage_word(enum smtp_stage stage)
{
	return stages[stage].word;
}

bool smtp_stage_parse(const char *word, enum smtp_stage *stage)
{
	for (size_t i = 0; i < SMTP_STAGES; i++) {
		if (slice_is_nocase(slice_of(word), stages[i].word)) {
			*stage = (enum smtp_stage)i;
			return true;
		}
	}
	return false;
}

/* Is there still somebody to say goodbye to? */
static bool can_leave(const struct smtp_walk *walk)
{
	switch (walk->end) {
	case SMTP_CLOSED:
	case SMTP_BROKEN:
	case SMTP_LATE:
	case SMTP_TLS_INJECTED:
	case SMTP_TLS_FAILED:
	case SMTP_NONSENSE:
		return false;
	case SMTP_REFUSED:
		return walk->steps[walk->at].reply.code != 421;
	case SMTP_COMPLETE:
	case SMTP_TLS_MISSING:
	case SMTP_TLS_UNTRUSTED:
	case SMTP_AUTH_MISSING:
	case SMTP_AUTH_CLEAR:
	case SMTP_AUTH_NO_PROOF:
	case SMTP_AUTH_TAKEN:
	case SMTP_AUTH_UNPREPARED:
	case SMTP_UTF8_MISSING:
		return true;
	}
	return false;
}

bool smtp_walk(const struct smtp_plan *plan, struct stream *stream, struct smtp_walk *walk)
{
	struct session session = { .plan = plan, .stream = stream, .walk = walk,
				   .since_us = stream->now_us(stream) };
	bool failed;

	walk->at = plan->last;
	for (size_t i = 0; i <= plan->last; i++) {
		if (stages[i].walk != NULL && !stages[i].walk(&session))
			break;
	}
	/* A stage that nothing was to be done in was not reached. */
	while (walk->end == SMTP_COMPLETE && walk->at > SMTP_BANNER && !walk->steps[walk->at].was_reached)
		walk->at--;
	if (can_leave(walk))
		leave(&session);
	failed = text_failed(&session.out) || text_failed(&walk->trace);
	text_release(&session.out);
	return !failed;
}

void smtp_walk_release(struct smtp_walk *walk)
{
	free(walk->recipients);
	text_release(&walk->trace);
	*walk = (struct smtp_walk){ 0 };
}
