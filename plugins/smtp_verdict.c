/* SPDX-License-Identifier: GPL-3.0-or-later */
#include <stdio.h>
#include <string.h>

#include "mail/reply_class.h"
#include "monitor/output.h"
#include "smtp_servers.h"

/* From what the servers said to findings, metrics and data. */

struct verdict {
	struct servers *servers;
	const struct smtp_settings *settings;
	struct frame *frame;
	struct result *result;
};

/* ---- findings ---- */

static struct finding *add(struct verdict *v, struct server *server, enum state state,
			   const char *id, enum smtp_stage stage, struct text *text)
{
	struct text headline = { 0 };
	struct finding *finding;

	if (state != STATE_OK)
		server->is_failed = true;
	text_add(&headline, "%s: %s", server->label, text_str(text));
	finding = result_add(v->result, state, id, smtp_stage_word(stage), server->label, text);
	result_headline(v->result, finding, &headline);
	return finding;
}

static void add_words(struct verdict *v, struct server *server, enum state state, const char *id,
		      enum smtp_stage stage, const struct fault *fault)
{
	struct text text = { 0 };

	text_add(&text, "%s: ", smtp_stage_word(stage));
	text_add_foreign(&text, slice_of(fault->text));
	add(v, server, state, id, stage, &text);
}

/* What a refusal means if its words do not tell. */
static const char *reason_by_stage(enum smtp_stage stage, unsigned code)
{
	if (stage == SMTP_STARTTLS)
		return "tls_failed";
	return stage == SMTP_AUTH && code == 535 ? "auth_failed" : "unclassified";
}

static void add_refusal(struct verdict *v, struct server *server, enum smtp_stage stage,
			const char *whom, const struct smtp_reply *reply)
{
	bool is_temporary = reply->code / 100 == 4 && stage >= SMTP_MAIL;
	struct text text = { 0 }, words = { 0 }, plain = { 0 };
	struct reply_class class;
	const char *id;

	smtp_reply_print(&words, reply);
	text_add_marked(&plain, text_str(&words), TEXT_PLAIN);
	class = reply_classify(text_slice(&plain));
	id = strcmp(class.reason, "unclassified") == 0 ? reason_by_stage(stage, reply->code)
						       : class.reason;
	text_add(&text, "%s", smtp_stage_word(stage));
	if (whom != NULL) {
		text_add_char(&text, ' ');
		text_add_foreign(&text, slice_of(whom));
	}
	text_add(&text, ": ");
	if (class.list.len > 0) {
		text_add(&text, "listed by ");
		text_add_foreign(&text, class.list);
		text_add(&text, ": ");
	}
	text_add(&text, "%s", text_str(&words));
	add(v, server, is_temporary ? STATE_WARNING : STATE_CRITICAL, id, stage, &text);
	text_release(&words);
	text_release(&plain);
}

static void add_timeout(struct verdict *v, struct server *server, enum smtp_stage stage)
{
	const struct monitor_timeout *timeout = &v->frame->settings.monitor.timeout;
	struct text text = { 0 }, headline = { 0 };
	struct finding *finding;

	text_add(&text, "timeout after %g s in stage %s, waiting for %s", (double)timeout->ms / 1000,
		 smtp_stage_word(stage), server->label);
	text_add(&headline, "%s", text_str(&text));
	v->frame->was_cut_off = true;
	server->is_failed = true;	/* whatever state -t gives it */
	finding = add(v, server, timeout->state, "timeout", stage, &text);
	result_headline(v->result, finding, &headline);		/* it names the server already */
}

static void judge_connection(struct verdict *v, struct server *server)
{
	static const char *const ids[] = {
		[TCP_TIMEOUT] = "connect_timeout", [TCP_REFUSED] = "connect_refused",
		[TCP_UNREACHABLE] = "network_unreachable", [TCP_RESET] = "connection_lost",
		[TCP_LOCAL] = "local_problem",
	};

	if (server->outcome == TCP_LATE)
		add_timeout(v, server, SMTP_CONNECT);
	else
		add_words(v, server, server->outcome == TCP_LOCAL ? STATE_UNKNOWN : STATE_CRITICAL,
			  ids[server->outcome], SMTP_CONNECT, &server->fault);
}

/* ---- certificates ---- */

static void print_certificate(const struct tls_report *tls, struct text *text)
{
	text_add(text, "the certificate of ");
	text_add_foreign(text, slice_of(tls->subject));
}

static void judge_certificate(struct verdict *v, struct server *server)
{
	const struct tls_report *tls = &server->tls;
	struct text text = { 0 };

	if ((tls->problems & TLS_TLSA_MISMATCH) != 0) {
		print_certificate(tls, &text);
		text_add(&text, " matches none of the %zu TLSA records", server->tlsa_count);
		add(v, server, STATE_CRITICAL, "tlsa_mismatch", SMTP_STARTTLS, &text);
		return;
	}
	if ((tls->problems & TLS_NOT_YET_VALID) != 0) {
		print_certificate(tls, &text);
		text_add(&text, " is not valid yet");
		add(v, server, STATE_CRITICAL, "cert_not_yet_valid", SMTP_STARTTLS, &text);
	}
	if ((tls->problems & TLS_WRONG_NAME) != 0) {
		text_add(&text, "the certificate is for ");
		text_add_foreign(&text, slice_of(tls->names[0] != '\0' ? tls->names : tls->subject));
		if (v->settings->tls_name != NULL || server->host.text[0] != '\0')
			text_add(&text, ", and not for %s", v->settings->tls_name != NULL ? v->settings->tls_name
				 : server->tlsa_count > 0 ? server->tlsa_base.text : server->host.text);
		add(v, server, STATE_CRITICAL, "cert_name_mismatch", SMTP_STARTTLS, &text);
	}
	if ((tls->problems & TLS_UNTRUSTED) != 0) {
		print_certificate(tls, &text);
		text_add(&text, ", issued by ");
		text_add_foreign(&text, slice_of(tls->issuer));
		text_add(&text, ", is not trusted: %s", tls->why);
		add(v, server, STATE_CRITICAL, "cert_untrusted", SMTP_STARTTLS, &text);
	}
	if ((tls->problems & TLS_PIN_MISMATCH) != 0) {
		text_add(&text, "its public key is sha256 %s, which is none of the pins", tls->pin);
		add(v, server, STATE_CRITICAL, "cert_pin_mismatch", SMTP_STARTTLS, &text);
	}
}

/* Their state comes from the thresholds of cert_days. */
static void judge_expiry(struct verdict *v, struct server *server)
{
	const struct tls_report *tls = &server->tls;
	struct text text = { 0 };

	if (!tls->has_certificate ||
	    (!tls->is_expired && !result_alerts(v->result, "cert_days", (double)tls->days_left)))
		return;
	text_add(&text, "the certificate of ");
	text_add_foreign(&text, slice_of(tls->expiring));
	text_add(&text, tls->leaf_expires_first ? "" : " in its chain");
	text_add(&text, tls->is_expired ? " expired on %s" : " expires on %s", tls->expires);
	if (!tls->is_expired)
		text_add(&text, ", in %lld days", (long long)tls->days_left);
	add(v, server, STATE_OK, tls->is_expired ? "cert_expired" : "cert_expires_soon", SMTP_STARTTLS,
	    &text);
	server->is_failed |= result_alerts(v->result, "cert_days", (double)tls->days_left);
}

static void judge_dane(struct verdict *v, struct server *server)
{
	struct text text = { 0 };

	switch (server->dane) {
	case DANE_NONE:
		text_add(&text, "there are no TLSA records for port %u", v->settings->port);
		add(v, server, STATE_CRITICAL, "tlsa_missing", SMTP_DNS, &text);
		break;
	case DANE_INSECURE:
		text_add(&text, "the TLSA records, or the way to them, are not signed: nobody uses them");
		add(v, server, STATE_CRITICAL, "tlsa_insecure", SMTP_DNS, &text);
		break;
	case DANE_UNDECIDED:
		text_add(&text, "the resolver is not trusted to validate (it is neither on loopback nor "
			 "has resolv.conf \"options trust-ad\")");
		add(v, server, STATE_UNKNOWN, "tlsa_undecided", SMTP_DNS, &text);
		break;
	case DANE_FAILED:
		text_add(&text, "asking for its TLSA records gave no usable answer");
		add(v, server, STATE_UNKNOWN, "dns_temporary", SMTP_DNS, &text);
		break;
	case DANE_SECURE:
		if (server->tlsa_count > 0 && !server->tls.tlsa_unusable)
			break;
		text_add(&text, "none of the %zu TLSA records can be used by mail servers: usage 2 or 3 it "
			 "must be", server->tlsa_found);
		add(v, server, STATE_WARNING, "tlsa_unusable", SMTP_STARTTLS, &text);
		break;
	case DANE_NOT_ASKED:
		break;
	}
}

/* ---- the conversation ---- */

static void add_stripped(struct verdict *v, struct server *server)
{
	const struct smtp_walk *walk = &server->walk;
	bool is_needed = v->settings->plan.tls == SMTP_TLS_STARTTLS || v->settings->pins.count > 0;
	struct text text = { 0 };

	if (walk->clear.is_masked)
		text_add(&text, "a keyword of EHLO was overwritten (XXXXXXXA): something on the way keeps "
			 "mail from being encrypted");
	else if (server->dane == DANE_SECURE && server->tlsa_found > 0)
		text_add(&text, "STARTTLS is not offered, though its signed TLSA records promise TLS");
	if (text.len > 0) {
		add(v, server, STATE_CRITICAL, "starttls_stripped", SMTP_STARTTLS, &text);
		return;
	}
	text_add(&text, "STARTTLS is not offered");
	add(v, server, is_needed ? STATE_CRITICAL : STATE_OK, "starttls_missing", SMTP_STARTTLS, &text);
}

static void judge_recipients(struct verdict *v, struct server *server)
{
	const struct smtp_walk *walk = &server->walk;

	for (size_t i = 0; walk->recipients != NULL && i < v->settings->to.count; i++) {
		const struct smtp_recipient *recipient = &walk->recipients[i];

		if (recipient->reply.code >= 400)
			add_refusal(v, server, SMTP_RCPT, v->settings->to.at[i], &recipient->reply);
		if (recipient->delivered.code >= 400)
			add_refusal(v, server, SMTP_DATA, v->settings->to.at[i], &recipient->delivered);
	}
}

static void judge_end(struct verdict *v, struct server *server)
{
	const struct smtp_walk *walk = &server->walk;
	const struct smtp_reply *reply = &walk->steps[walk->at].reply;
	bool is_lmtp = v->settings->plan.is_lmtp;
	struct text text = { 0 };

	switch (walk->end) {
	case SMTP_COMPLETE:
		break;
	case SMTP_REFUSED:
		/* judge_recipients() has told what was said to each. */
		if (walk->at != SMTP_RCPT && !(is_lmtp && walk->at == SMTP_DATA && server->is_failed))
			add_refusal(v, server, walk->at, NULL, reply);
		break;
	case SMTP_AUTH_NO_PROOF:
		text_add(&text, "auth: the login was taken, but the server has not proved to know the "
			 "password");
		add(v, server, STATE_CRITICAL, "protocol_error", walk->at, &text);
		break;
	case SMTP_NONSENSE:
		add_words(v, server, STATE_CRITICAL, "protocol_error", walk->at, &walk->fault);
		break;
	case SMTP_CLOSED:
	case SMTP_BROKEN:
		/* Who was told 421 knows why the connection is closed. */
		if (reply->code == 421 && server->is_failed)
			break;
		add_words(v, server, STATE_CRITICAL,
			  walk->fault.kind == FAULT_PROTOCOL ? "tls_failed" : "connection_lost", walk->at,
			  &walk->fault);
		break;
	case SMTP_LATE:
		add_timeout(v, server, walk->at);
		break;
	case SMTP_TLS_MISSING:
		break;		/* add_stripped() says it */
	case SMTP_TLS_INJECTED:
		text_add(&text, "starttls: clear text came behind the server's word to begin TLS: ");
		text_add_foreign(&text, slice_of(walk->fault.text));
		add(v, server, STATE_CRITICAL, "starttls_injection", SMTP_STARTTLS, &text);
		break;
	case SMTP_TLS_FAILED:
		add_words(v, server, walk->fault.kind == FAULT_LOCAL ? STATE_UNKNOWN : STATE_CRITICAL,
			  walk->fault.kind == FAULT_LOCAL ? "local_problem" : "tls_failed",
			  SMTP_STARTTLS, &walk->fault);
		break;
	case SMTP_TLS_UNTRUSTED:
		break;		/* judge_certificate() */
	case SMTP_AUTH_MISSING:
	case SMTP_AUTH_CLEAR:
		add_words(v, server, STATE_CRITICAL, "auth_mechanism_unavailable", SMTP_AUTH, &walk->fault);
		break;
	case SMTP_AUTH_TAKEN:
		text_add(&text, "auth: a login with a wrong password was accepted");
		add(v, server, STATE_CRITICAL, "auth_accepts_anything", SMTP_AUTH, &text);
		break;
	case SMTP_AUTH_UNPREPARED:
		add_words(v, server, STATE_UNKNOWN, "local_problem", SMTP_AUTH, &walk->fault);
		break;
	case SMTP_UTF8_MISSING:
		text_add(&text, "SMTPUTF8 is not offered, and an address needs it");
		add(v, server, STATE_CRITICAL, "extension_missing", SMTP_MAIL, &text);
		break;
	}
}

/* ---- expectations ---- */

static void judge_extensions(struct verdict *v, struct server *server, const char *list,
			     bool is_required)
{
	struct slice rest = slice_of(list), keyword, parameters;

	while (slice_split(&rest, ',', &keyword)) {
		struct text text = { 0 };

		keyword = slice_trim(keyword);
		if (keyword.len == 0 ||
		    smtp_offers(smtp_offer(&server->walk), keyword, &parameters) == is_required)
			continue;
		text_add(&text, "%.*s is %s", (int)keyword.len, keyword.at,
			 is_required ? "not offered" : "offered, and must not be");
		add(v, server, STATE_CRITICAL, is_required ? "extension_missing" : "extension_forbidden",
		    SMTP_EHLO, &text);
	}
}

static void judge_mechanisms(struct verdict *v, struct server *server)
{
	struct slice rest = slice_of(v->settings->expected_auth), wanted, offered, word, words;

	while (slice_split(&rest, ',', &wanted)) {
		bool found = false;

		wanted = slice_trim(wanted);
		if (wanted.len == 0)
			continue;
		if (smtp_offers(smtp_offer(&server->walk), slice_of("AUTH"), &offered)) {
			for (words = offered; !found && slice_word(&words, &word);)
				found = slice_same_nocase(word, wanted);
		}
		if (!found) {
			struct text text = { 0 };

			text_add(&text, "AUTH %.*s is not offered", (int)wanted.len, wanted.at);
			add(v, server, STATE_CRITICAL, "auth_mechanism_unavailable", SMTP_EHLO, &text);
		}
	}
}

static void judge_expectations(struct verdict *v, struct server *server)
{
	const struct smtp_settings *settings = v->settings;
	const struct smtp_walk *walk = &server->walk;
	const struct smtp_offer *offer = smtp_offer(walk);
	struct text text = { 0 }, banner = { 0 };

	if (settings->expect != NULL && walk->banner.code != 0) {
		text_add(&banner, "%u ", walk->banner.code);
		text_add_slice(&banner, smtp_reply_text(&walk->banner));
		if (memmem(text_str(&banner), banner.len, settings->expect, strlen(settings->expect)) == NULL) {
			text_add(&text, "the banner does not say \"%s\": ", settings->expect);
			smtp_reply_print(&text, &walk->banner);
			add(v, server, STATE_CRITICAL, "expect_missed", SMTP_BANNER, &text);
		}
		text_release(&banner);
	}
	if (!offer->is_known)
		return;
	if (settings->required != NULL)
		judge_extensions(v, server, settings->required, true);
	if (settings->forbidden != NULL)
		judge_extensions(v, server, settings->forbidden, false);
	if (settings->expected_auth != NULL)
		judge_mechanisms(v, server);
	for (enum sasl_mechanism m = 0; settings->forbids_clear_auth && m < SASL_MECHANISMS; m++) {
		if (!walk->clear.is_known || !sasl_tells_secret(m) ||
		    (walk->clear.mechanisms & 1u << m) == 0)
			continue;
		text_add(&text, "AUTH %s is offered before TLS", sasl_word(m));
		add(v, server, STATE_CRITICAL, "clear_auth_offered", SMTP_EHLO, &text);
	}
	if (settings->size > 0 && offer->has_size && offer->size > 0 && settings->size > offer->size) {
		text_add(&text, "a message of %llu octets is too big: the limit is %llu",
			 (unsigned long long)settings->size, (unsigned long long)offer->size);
		add(v, server, STATE_CRITICAL, "message_too_big", SMTP_EHLO, &text);
	}
	if (offer->size_is_nonsense) {
		text_add(&text, "what it says of SIZE is no number");
		add(v, server, STATE_OK, "size_unknown", SMTP_EHLO, &text);
	}
}

static void add_good(struct verdict *v, struct server *server)
{
	const struct smtp_walk *walk = &server->walk;
	struct text text = { 0 };

	text_add(&text, "through %s", smtp_stage_word(walk->at));
	if (walk->was_sent)
		text_add(&text, ", the message was taken");
	if (walk->was_refused_login)
		text_add(&text, ", a wrong login was refused");
	if (server->tls.has_handshake)
		text_add(&text, ", %s %s, certificate %s", server->tls.version, server->tls.cipher,
			 server->tls.was_verified ? "verified" : "not verified");
	if (server->tls.tlsa[0] != '\0')
		text_add(&text, " by TLSA %s", server->tls.tlsa);
	add(v, server, STATE_OK, "smtp_walked", walk->at, &text);
}

static void judge_server(struct verdict *v, struct server *server)
{
	const struct smtp_walk *walk = &server->walk;

	if (server->is_lost)
		return;		/* it was said when it was looked up */
	if (v->settings->is_dane)
		judge_dane(v, server);
	if (server->outcome != TCP_OPEN) {
		judge_connection(v, server);
		return;
	}
	judge_certificate(v, server);
	judge_expiry(v, server);
	judge_recipients(v, server);
	judge_end(v, server);
	if (walk->clear.is_known && !walk->has_tls && !walk->clear.has_starttls &&
	    v->settings->plan.tls != SMTP_TLS_NONE && v->settings->plan.last >= SMTP_STARTTLS)
		add_stripped(v, server);
	judge_expectations(v, server);
	if (!server->is_failed)
		add_good(v, server);
}

/* ---- policy ---- */

static bool counts(const struct verdict *v, const struct server *server)
{
	for (size_t i = 0; i < v->servers->count; i++) {
		const struct server *other = &v->servers->at[i];

		if (v->settings->policy == SMTP_POLICY_ANY && !other->is_failed)
			return false;
		if (v->settings->policy == SMTP_POLICY_PRIMARY && other->preference < server->preference)
			return false;
	}
	return true;
}

/* A finding that a metric counts gets its state later. */
static bool is_bad(const struct finding *finding)
{
	return finding->state != STATE_OK || finding->reason->metric != NULL;
}

/* What --policy says does not matter is shown, and does not count. */
static void apply_policy(struct verdict *v)
{
	for (size_t i = 0; v->settings->policy != SMTP_POLICY_ALL && i < v->servers->count; i++) {
		const struct server *server = &v->servers->at[i];

		if (!server->is_failed || counts(v, server))
			continue;
		for (size_t f = 0; f < v->result->finding_count; f++) {
			struct finding *finding = &v->result->findings[f];

			if (strcmp(finding->subject, server->label) == 0 && is_bad(finding))
				result_ignore(v->result, finding, "--policy");
		}
	}
}

/* Is all that is wrong with it ignored? Not by --policy: servers that failed are
 * counted whatever it says, and thresholds on their number are the user's. */
static bool is_ignored(const struct verdict *v, const struct server *server)
{
	bool has_ignored = false;

	for (size_t i = 0; i < v->result->finding_count; i++) {
		const struct finding *finding = &v->result->findings[i];

		if (strcmp(finding->subject, server->label) != 0)
			continue;
		has_ignored |= finding->is_ignored;
		if (!finding->is_ignored && is_bad(finding))
			return false;
	}
	return has_ignored;
}

static void spare_ignored(struct verdict *v)
{
	for (size_t i = 0; i < v->servers->count; i++) {
		const struct server *server = &v->servers->at[i];

		if (server->is_failed && is_ignored(v, server))
			result_spare(v->result, "servers_failed", 1);
	}
}

/* ---- metrics ---- */

static void measure_times(struct verdict *v)
{
	static const char *const labels[] = {
		[SMTP_DNS] = "time_dns", [SMTP_CONNECT] = "time_connect", [SMTP_BANNER] = "time_banner",
		[SMTP_EHLO] = "time_ehlo", [SMTP_STARTTLS] = "time_starttls", [SMTP_AUTH] = "time_auth",
		[SMTP_MAIL] = "time_mail", [SMTP_RCPT] = "time_rcpt", [SMTP_DATA] = "time_data",
	};

	if (v->servers->asked_dns)
		result_measure(v->result, "time_dns", (double)v->servers->dns_us / 1e6);
	for (size_t stage = SMTP_CONNECT; stage <= SMTP_DATA; stage++) {
		int64_t slowest = -1;

		for (size_t i = 0; i < v->servers->count; i++) {
			const struct server *server = &v->servers->at[i];
			const struct smtp_step *step = &server->walk.steps[stage];
			int64_t took = step->was_reached ? step->took_us : -1;

			if (stage == SMTP_CONNECT && server->outcome == TCP_OPEN && !server->is_lost)
				took = server->tcp.took_us;
			if (took > slowest)
				slowest = took;
		}
		if (slowest >= 0)
			result_measure(v->result, labels[stage], (double)slowest / 1e6);
	}
}

/* The days of all certificates, or of those that --policy does not leave out; false:
 * there are none. */
static bool find_fewest_days(const struct verdict *v, bool only_needed, int64_t *fewest)
{
	bool has_one = false;

	for (size_t i = 0; i < v->servers->count; i++) {
		const struct server *server = &v->servers->at[i];

		if (!server->tls.has_certificate ||
		    (only_needed && server->is_failed && !counts(v, server)))
			continue;
		if (!has_one || server->tls.days_left < *fewest)
			*fewest = server->tls.days_left;
		has_one = true;
	}
	return has_one;
}

static void spare_days(struct verdict *v)
{
	int64_t fewest, needed;

	if (!find_fewest_days(v, false, &fewest))
		return;
	if (find_fewest_days(v, true, &needed))
		result_spare(v->result, "cert_days", (double)(fewest - needed));
}

static void measure_certificates(struct verdict *v)
{
	bool is_verified = false;
	int64_t fewest;

	for (size_t i = 0; i < v->servers->count; i++) {
		const struct tls_report *tls = &v->servers->at[i].tls;

		/* With DANE-EE nobody looks at the dates (RFC 7672 3.1.1). */
		is_verified |= tls->was_verified && tls->tlsa[0] != '3';
	}
	if (find_fewest_days(v, false, &fewest))
		result_measure(v->result, "cert_days", (double)fewest);
	if (!is_verified)
		result_without_presets(v->result, "cert_days");
}

static void measure(struct verdict *v)
{
	double accepted = 0, rejected = 0, failed = 0, count = (double)v->servers->count;
	uint64_t smallest = 0;
	bool has_recipients = false;

	for (size_t i = 0; i < v->servers->count; i++) {
		const struct server *server = &v->servers->at[i];
		const struct smtp_offer *offer = smtp_offer(&server->walk);

		failed += server->is_failed;
		if (offer->has_size && offer->size > 0 && (smallest == 0 || offer->size < smallest))
			smallest = offer->size;
		for (size_t r = 0; server->walk.recipients != NULL && r < v->settings->to.count; r++) {
			unsigned code = server->walk.recipients[r].reply.code;

			has_recipients |= code != 0;
			accepted += code / 100 == 2;
			rejected += code / 100 > 3;
		}
	}
	if (smallest > 0)
		result_measure(v->result, "size_limit", (double)smallest);
	result_measure(v->result, "servers", count);
	result_measure_most(v->result, "servers_failed", failed, count);
	if (has_recipients) {
		result_measure(v->result, "rcpt_accepted", accepted);
		result_measure(v->result, "rcpt_rejected", rejected);
	}
}

/* ---- data ---- */

static json_t *reply_json(const struct verdict *v, const struct smtp_reply *reply)
{
	struct slice status = smtp_reply_status(reply);
	char text[SMTP_TEXT_MAX];
	size_t len = smtp_reply_text(reply).len;

	memcpy(text, reply->text, len);
	for (size_t i = 0; i < len; i++) {
		if (text[i] == '\n')
			text[i] = ' ';
	}
	len = result_mask_bytes(v->result, text, len);
	return json_pack("{si ss# so}", "code", (int)reply->code, "status", status.at, (int)status.len,
			 "text", output_foreign_json((struct slice){ text, len }, SMTP_TEXT_MAX));
}

static json_t *lines_json(struct slice lines)
{
	json_t *array = json_array();
	struct slice line;

	while (slice_split(&lines, '\n', &line)) {
		if (line.len > 0)
			json_array_append_new(array, output_foreign_json(line, SMTP_TEXT_MAX));
	}
	return array;
}

static json_t *tls_json(const struct tls_report *tls)
{
	if (!tls->has_handshake)
		return json_null();
	return json_pack("{ss ss sb so so so ss sI ss ss}", "version", tls->version, "cipher", tls->cipher,
			 "verified", tls->was_verified && tls->problems == 0,
			 "subject", output_foreign_json(slice_of(tls->subject), SMTP_TEXT_MAX),
			 "issuer", output_foreign_json(slice_of(tls->issuer), SMTP_TEXT_MAX),
			 "names", output_foreign_json(slice_of(tls->names), SMTP_TEXT_MAX), "expires", tls->expires,
			 "days_left", (json_int_t)tls->days_left, "pin_sha256", tls->pin, "tlsa", tls->tlsa);
}

static json_t *server_json(const struct verdict *v, const struct server *server)
{
	const struct smtp_walk *walk = &server->walk;
	json_t *stages = json_array(), *recipients = json_array();
	char address[IP_TEXT] = "";

	if (server->peer_count > 0)
		ip_print(&server->peers[0].ip, address);
	for (size_t i = 0; i < SMTP_STAGES; i++) {
		const struct smtp_step *step = &walk->steps[i];

		if (step->was_reached)
			json_array_append_new(stages, json_pack("{ss sf so}", "stage", smtp_stage_word(i), "time",
				(double)step->took_us / 1e6, "reply", step->reply.code != 0
				? reply_json(v, i == SMTP_BANNER ? &walk->banner : &step->reply) : json_null()));
	}
	for (size_t i = 0; walk->recipients != NULL && i < v->settings->to.count; i++)
		json_array_append_new(recipients, json_pack("{ss so so}", "to", v->settings->to.at[i], "reply",
			reply_json(v, &walk->recipients[i].reply), "delivered",
			walk->recipients[i].delivered.code != 0
			? reply_json(v, &walk->recipients[i].delivered) : json_null()));
	return json_pack("{ss ss ss si si ss sb ss sb so so so so so}", "server", server->label, "host",
			 server->path != NULL ? server->path : server->host.text, "address", address, "port",
			 (int)v->settings->port, "preference", (int)server->preference, "connection",
			 server->is_lost ? "no address" : tcp_outcome_word(server->outcome), "ok", !server->is_failed, "reached",
			 smtp_stage_word(server->is_lost ? SMTP_DNS
					 : server->outcome == TCP_OPEN ? walk->at : SMTP_CONNECT), "sent",
			 walk->was_sent, "tls", tls_json(&server->tls), "extensions_clear",
			 lines_json((struct slice){ walk->clear.lines, walk->clear.len }), "extensions_tls",
			 lines_json((struct slice){ walk->safe.lines, walk->safe.len }), "stages", stages,
			 "recipients", recipients);
}

static void add_data(struct verdict *v)
{
	json_t *servers = json_array();

	for (size_t i = 0; i < v->servers->count; i++)
		json_array_append_new(servers, server_json(v, &v->servers->at[i]));
	v->result->data = json_pack("{so}", "servers", servers);
}

static void add_trace(struct verdict *v)
{
	struct text *trace = &v->result->trace;

	for (size_t i = 0; i < v->servers->count; i++) {
		const struct server *server = &v->servers->at[i];
		size_t from = trace->len;

		if (server->walk.trace.len == 0)
			continue;
		text_add(trace, "%s\n%s", server->label, text_str(&server->walk.trace));
		result_mask(v->result, trace, from);
	}
}

static void summarise(struct verdict *v)
{
	bool takes_mail = v->settings->plan.last >= SMTP_MAIL;
	struct text *good = &v->result->good;
	const struct server *first = v->servers->at;
	size_t count = v->servers->count, failed = 0;

	for (size_t i = 0; i < count; i++)
		failed += v->servers->at[i].is_failed;
	if (count == 0)
		text_add(good, "no server was walked");
	else if (count > 1 && failed == 0)
		text_add(good, "all %zu servers of %s %s", count, text_str(&v->result->target),
			 takes_mail ? "take mail" : "answer");
	else if (count > 1)
		text_add(good, "%zu of %zu servers of %s %s", count - failed, count,
			 text_str(&v->result->target), takes_mail ? "take mail" : "answer");
	else if (failed > 0)
		text_add(good, "nothing that counts is wrong with %s", first->label);
	else
		text_add(good, "%s %s, through %s%s%s", first->label,
			 first->walk.was_sent ? "took the message" : takes_mail ? "takes mail" : "answers",
			 smtp_stage_word(first->walk.at), first->tls.has_handshake ? ", " : "",
			 first->tls.version);
}

void servers_judge(struct servers *servers, const struct smtp_settings *settings,
		   struct frame *frame)
{
	struct verdict v = { servers, settings, frame, &frame->result };

	measure_times(&v);
	measure_certificates(&v);
	for (size_t i = 0; i < servers->count; i++)
		judge_server(&v, &servers->at[i]);
	measure(&v);
	spare_ignored(&v);
	spare_days(&v);
	apply_policy(&v);
	summarise(&v);
	add_trace(&v);
	if (monitor_shows_data(&frame->settings.monitor))
		add_data(&v);
}
