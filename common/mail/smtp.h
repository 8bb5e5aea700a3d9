/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef MAILPATH_MAIL_SMTP_H
#define MAILPATH_MAIL_SMTP_H

#include "base/stream.h"
#include "base/text.h"
#include "mail/message.h"
#include "mail/sasl.h"
#include "mail/smtp_reply.h"

/* The client's side of SMTP and LMTP (RFC 5321, 2033, 2920, 3207, 4954): walk a
 * server through the conversation, and say how far it came and what it said. */

enum smtp_stage {
	SMTP_DNS, SMTP_CONNECT,		/* before there is a stream: not ours */
	SMTP_BANNER,
	SMTP_EHLO,			/* both, if there is TLS in between */
	SMTP_STARTTLS,			/* with the handshake; implicit TLS too */
	SMTP_AUTH,
	SMTP_MAIL, SMTP_RCPT,
	SMTP_DATA,			/* with the message, and the reply to its dot */
	SMTP_QUIT,
	SMTP_STAGES,
};

/* "ehlo" */
const char *smtp_stage_word(enum smtp_stage stage);
bool smtp_stage_parse(const char *word, enum smtp_stage *stage);

enum smtp_tls { SMTP_TLS_NONE, SMTP_TLS_OPPORTUNISTIC, SMTP_TLS_STARTTLS, SMTP_TLS_IMPLICIT };

/* What is to be done. Everything is borrowed. */
struct smtp_plan {
	const char *helo;		/* how we call ourselves */
	bool is_lmtp;
	enum smtp_tls tls;
	enum smtp_stage last;		/* the last stage before QUIT */

	bool logs_in;
	bool wants_mechanism;		/* `mechanism`; else the best that is offered */
	enum sasl_mechanism mechanism;
	bool has_token;			/* the secret is a token, no password */
	bool allows_clear_auth;		/* tell secrets without TLS, too */
	bool expects_refusal;		/* the secret is wrong, and must not be taken */
	struct sasl_credentials credentials;

	const char *from;		/* "" for <> */
	const char *const *to;
	size_t to_count;
	bool needs_utf8;		/* an address needs SMTPUTF8 (RFC 6531) */
	uint64_t size;			/* to declare, or 0 */
	const struct message *message;		/* to be sent with 8BITMIME, and */
	const struct message *message_7bit;	/* without; NULL: nothing is sent */
	bool is_traced;
};

/* What EHLO offers. */
struct smtp_offer {
	bool is_known;			/* there was a good reply */
	bool is_helo;			/* but only to HELO: nothing is offered */
	bool has_starttls, has_pipelining, has_8bitmime, has_utf8, has_size;
	bool has_auth;
	bool is_masked;			/* a keyword was made unreadable on the way: XXXXXXXA */
	bool size_is_nonsense;		/* the word behind SIZE is no number */
	uint64_t size;			/* 0: no limit (RFC 1870) */
	unsigned mechanisms;		/* 1 << enum sasl_mechanism */
	size_t len;
	char lines[2048];		/* all keyword lines, each with '\n' behind it */
};

/* Find a keyword, in any case; `parameters` is what follows it. */
bool smtp_offers(const struct smtp_offer *offer, struct slice keyword, struct slice *parameters);

/* How the walk ended. */
enum smtp_end {
	SMTP_COMPLETE,		/* all stages that were planned */
	SMTP_REFUSED,		/* by the reply of stage `at` */
	SMTP_NONSENSE,		/* what came was no SMTP; all of these have a fault */
	SMTP_CLOSED,		/* the peer closed the connection */
	SMTP_BROKEN,		/* it was lost */
	SMTP_LATE,		/* the deadline struck */
	SMTP_TLS_MISSING,	/* STARTTLS is needed and not offered */
	SMTP_TLS_INJECTED,	/* clear text behind STARTTLS's reply (CVE-2011-0411) */
	SMTP_TLS_FAILED,	/* the handshake */
	SMTP_TLS_UNTRUSTED,	/* the certificate */
	SMTP_AUTH_MISSING,	/* no AUTH, or not the mechanism */
	SMTP_AUTH_CLEAR,	/* a secret would have to be told in clear */
	SMTP_AUTH_NO_PROOF,	/* the login was taken, but the server has not proved to know
				 * the password (SCRAM) */
	SMTP_AUTH_TAKEN,	/* a wrong login was accepted */
	SMTP_AUTH_UNPREPARED,	/* our own login cannot be used */
	SMTP_UTF8_MISSING,	/* SMTPUTF8 is needed and not offered */
};

struct smtp_step {
	bool was_reached;
	int64_t took_us;
	struct smtp_reply reply;	/* the last one of this stage */
};

struct smtp_recipient {
	struct smtp_reply reply;	/* to RCPT */
	struct smtp_reply delivered;	/* LMTP: to the message */
};

/* What came of it. */
struct smtp_walk {
	struct smtp_step steps[SMTP_STAGES];
	enum smtp_end end;
	enum smtp_stage at;		/* where it ended; QUIT: all was granted, and then it
					 * showed that the replies were to something else */
	struct fault fault;
	struct smtp_reply banner;
	struct smtp_offer clear, safe;	/* what EHLO offered in clear, and in TLS */
	bool has_tls;
	bool has_logged_in;
	bool was_refused_login;		/* as `expects_refusal` wants it */
	enum sasl_mechanism mechanism;	/* that was used */
	bool was_pipelined;
	bool was_sent;			/* the message was taken */
	struct smtp_recipient *recipients;	/* as many as in the plan, or NULL: none came so far */
	struct text trace;		/* with foreign marks */
};

/* Walk. False: out of memory. */
bool smtp_walk(const struct smtp_plan *plan, struct stream *stream, struct smtp_walk *walk);

/* The offer that counts: in TLS, if there is TLS. */
const struct smtp_offer *smtp_offer(const struct smtp_walk *walk);

void smtp_walk_release(struct smtp_walk *walk);

#endif
