/* SPDX-License-Identifier: GPL-3.0-or-later */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/base64.h"
#include "mail/address.h"
#include "mail/reasons.h"
#include "net/file.h"
#include "net/process.h"
#include "probe_message.h"
#include "smtp_servers.h"

/* check_smtp_send: hand a message to a mail server as a client would, and time and
 * explain every stage. */

enum { SECRET_MAX = 64 << 10, RECIPIENTS_MAX = 100 };

struct settings {
	struct smtp_settings smtp;
	struct servers servers;
	struct probe_message probe;
	struct address from, to[RECIPIENTS_MAX];
	struct domain helo, sni, tls_name;
	char warning[48], critical[48];
};

#define FIELD(name) offsetof(struct settings, smtp.name)
#define PROBE(name) offsetof(struct settings, probe.name)

/* ---- readers of our own ---- */

static bool read_tls(const char *value, void *field, struct fault *fault)
{
	static const struct {
		const char *word;
		enum smtp_tls tls;
		bool is_dane;
	} words[] = {
		{ "none", SMTP_TLS_NONE, false }, { "opportunistic", SMTP_TLS_OPPORTUNISTIC, false },
		{ "starttls", SMTP_TLS_STARTTLS, false }, { "implicit", SMTP_TLS_IMPLICIT, false },
		{ "dane", SMTP_TLS_STARTTLS, true },
	};
	struct smtp_settings *settings = field;

	for (size_t i = 0; i < sizeof words / sizeof *words; i++) {
		if (strcmp(value, words[i].word) == 0) {
			settings->plan.tls = words[i].tls;
			settings->is_dane = words[i].is_dane;
			settings->has_tls_word = true;
			return true;
		}
	}
	return fault_set(fault, FAULT_USAGE, "%s is not none, opportunistic, starttls, implicit or dane",
			 value);
}

static bool read_starttls(const char *value, void *field, struct fault *fault)
{
	(void)value;
	return read_tls("starttls", field, fault);
}

static bool read_implicit(const char *value, void *field, struct fault *fault)
{
	(void)value;
	return read_tls("implicit", field, fault);
}

static bool read_policy(const char *value, void *field, struct fault *fault)
{
	static const char *const words[] = { "all", "any", "primary" };

	for (size_t i = 0; i < 3; i++) {
		if (strcmp(value, words[i]) == 0) {
			*(enum smtp_policy *)field = (enum smtp_policy)i;
			return true;
		}
	}
	return fault_set(fault, FAULT_USAGE, "%s is not all, any or primary", value);
}

static bool read_proxy(const char *value, void *field, struct fault *fault)
{
	if (strcmp(value, "v1") != 0 && strcmp(value, "v2") != 0)
		return fault_set(fault, FAULT_USAGE, "%s is not v1 or v2", value);
	*(enum tcp_proxy *)field = value[1] == '1' ? TCP_PROXY_V1 : TCP_PROXY_V2;
	return true;
}

static bool read_proxy_v1(const char *value, void *field, struct fault *fault)
{
	(void)value;
	return read_proxy("v1", field, fault);
}

static bool read_version(const char *value, void *field, struct fault *fault)
{
	if (strlen(value) != 3 || memcmp(value, "1.", 2) != 0 || value[2] < '0' || value[2] > '3')
		return fault_set(fault, FAULT_USAGE, "%s is not 1.0, 1.1, 1.2 or 1.3", value);
	*(int *)field = 10 + value[2] - '0';
	return true;
}

/* An envelope's sender: it may be empty. */
static bool read_from(const char *value, void *field, struct fault *fault)
{
	struct smtp_settings *settings = field;

	(void)fault;
	settings->from = strcmp(value, "<>") == 0 ? "" : value;
	settings->has_from = true;
	return true;
}

static bool read_negative(const char *value, void *field, struct fault *fault)
{
	struct smtp_settings *settings = field;

	if (value != NULL && strcmp(value, "user") != 0)
		return fault_set(fault, FAULT_USAGE, "%s is not user", value);
	settings->is_negative = true;
	settings->negative = value;
	return true;
}

static const struct option_row options[] = {
	{ .help = "Where" },
	{ 'H', "hostname", "HOST", option_word, FIELD(host),
	  "a name, an address, or the /path of a UNIX socket", NULL },
	{ 0, "mx", "DOMAIN", option_word, FIELD(exchangers),
	  "every address of every mail server of the domain", NULL },
	{ 0, "policy", "all|any|primary", read_policy, FIELD(policy),
	  "which of them have to work (all)", NULL },
	{ 'p', "port", "PORT", option_port, FIELD(port), "the port (25; 465 means implicit TLS)", NULL },
	{ 0, "source", "ADDR", option_word, FIELD(source), "connect from this address", NULL },
	{ 0, "proxy", "v1|v2", read_proxy, FIELD(tcp.proxy), "speak haproxy's PROXY protocol first", NULL },
	{ 'r', "proxy-v1", NULL, read_proxy_v1, FIELD(tcp.proxy), "--proxy v1, as check_smtp has it", NULL },
	{ 'L', "lmtp", NULL, option_flag, FIELD(plan.is_lmtp), "speak LMTP", NULL },
	{ 0, "connect-timeout", "SECONDS", option_seconds, FIELD(tcp.timeout_ms),
	  "to connect (10)", NULL },
	{ .help = "The way out" },
	{ 0, "egress", NULL, option_flag, FIELD(is_egress),
	  "may this machine reach port 25 of others at all?", NULL },
	{ 0, "egress-target", "HOST[:PORT]", option_words, FIELD(egress_targets),
	  "try these (some large receivers); repeatable, at least two", NULL },
	{ 0, "egress-control", "HOST:PORT", option_words, FIELD(egress_controls),
	  "what opens if only port 25 is blocked; repeatable", NULL },
	{ .help = "How far" },
	{ 0, "stop-after", "STAGE", option_word, FIELD(last_word),
	  "connect, banner, ehlo, starttls, auth, mail, rcpt or data", NULL },
	{ 'f', "from", "ADDRESS", read_from, offsetof(struct settings, smtp),
	  "the sender: go on to MAIL; <> is the empty one", NULL },
	{ 0, "to", "ADDRESS", option_words, FIELD(to), "a recipient: go on to RCPT; repeatable", NULL },
	{ 0, "send", NULL, option_flag, FIELD(sends), "really deliver a message", NULL },
	{ 0, "subject", "TEXT", option_word, PROBE(subject), "its subject", NULL },
	{ 0, "header", "NAME: VALUE", option_words, PROBE(headers), "a line of its header; repeatable", NULL },
	{ 0, "body-file", "FILE", option_word, PROBE(body_file), "its text; - is standard input", NULL },
	{ 0, "attach", "FILE", option_words, PROBE(attachments), "a file that goes along; repeatable", NULL },
	{ 0, "pad", "SIZE", option_bytes, PROBE(pad), "fill the message up to this size in all, at most 256M", NULL },
	{ .help = "TLS" },
	{ 0, "tls", "none|opportunistic|starttls|implicit|dane", read_tls, offsetof(struct settings, smtp),
	  "how (opportunistic; starttls on 587, implicit on 465)", NULL },
	{ 'S', "starttls", NULL, read_starttls, offsetof(struct settings, smtp), "--tls starttls", NULL },
	{ 's', "ssl", NULL, read_implicit, offsetof(struct settings, smtp), "--tls implicit", NULL },
	{ 0, "sni", "NAME", option_word, FIELD(sni), "the name to ask for (the host's)", NULL },
	{ 0, "tls-name", "NAME", option_word, FIELD(tls_name),
	  "the name that the certificate must have (the host's)", NULL },
	{ 0, "ca-file", "FILE", option_word, FIELD(tls.ca_file), "trust these authorities", NULL },
	{ 0, "ca-dir", "DIR", option_word, FIELD(tls.ca_dir), "trust these, each under its hash", NULL },
	{ 0, "cert", "FILE", option_word, FIELD(tls.cert_file), "our own certificate, with its chain", NULL },
	{ 0, "key", "FILE", option_word, FIELD(tls.key_file), "and its key, if it stands elsewhere", NULL },
	{ 0, "tls-min", "VERSION", read_version, FIELD(tls.min_version), "the oldest version (1.2)", NULL },
	{ 0, "tls-ciphers", "LIST", option_word, FIELD(tls.ciphers), "in OpenSSL's words", NULL },
	{ 0, "pin-sha256", "HASH", option_words, FIELD(pins),
	  "the SHA-256 of the server's public key; repeatable", NULL },
	{ 0, "no-verify", NULL, option_flag, FIELD(has_no_verify), "do not judge the certificate", NULL },
	{ 'D', "certificate", "DAYS[,DAYS]", option_word, FIELD(days),
	  "warn, and be critical, when it has fewer days left", NULL },
	{ .help = "Login" },
	{ 'U', "user", "NAME", option_word, FIELD(plan.credentials.user), "the account", NULL },
	{ 0, "password-file", "FILE", option_word, FIELD(password_file),
	  "its password (or MAILPATH_PASSWORD, or password= in an ini file)", NULL },
	{ 0, "token-file", "FILE", option_word, FIELD(token_file), "its OAuth token", NULL },
	{ 'A', "auth", "MECHANISM", option_word, FIELD(mechanism),
	  "plain, login, cram-md5, scram-sha-256, xoauth2, oauthbearer or external", NULL },
	{ 0, "allow-clear-auth", NULL, option_flag, FIELD(plan.allows_clear_auth),
	  "tell secrets without TLS, too", NULL },
	{ 0, "expect-auth", "LIST", option_word, FIELD(expected_auth), "these must be offered", NULL },
	{ 0, "forbid-clear-auth", NULL, option_flag, FIELD(forbids_clear_auth),
	  "none that tells the secret may be offered before TLS", NULL },
	{ 0, "auth-negative", "[=user]", read_negative, offsetof(struct settings, smtp),
	  "a wrong login must be refused: an invented user's, or --user with a wrong password", NULL },
	{ 0, "password", "PASSWORD", option_word, FIELD(password), NULL,
	  "--password-file: a password does not belong on a command line" },
	{ .help = "Expectations" },
	{ 'e', "expect", "TEXT", option_word, FIELD(expect), "the banner must hold this", NULL },
	{ 0, "require-ext", "LIST", option_word, FIELD(required), "EHLO must offer these", NULL },
	{ 0, "forbid-ext", "LIST", option_word, FIELD(forbidden), "EHLO must not offer these", NULL },
	{ 0, "size", "BYTES", option_bytes, FIELD(size), "a message this large must pass", NULL },
	{ 'F', "helo", "NAME", option_word, FIELD(helo), "call ourselves this", NULL },
	{ 0, "fqdn", "NAME", option_word, FIELD(helo), "the same, as check_smtp calls it", NULL },
	{ 0 },
};

static const struct metric_row metrics[] = {
	{ "time", "Seconds that the whole run took.", UNIT_SECONDS, NULL, NULL },
	{ "time_dns", "Seconds that look-ups took.", UNIT_SECONDS, NULL, NULL },
	{ "time_connect", "Seconds to connect, of the slowest server.", UNIT_SECONDS, NULL, NULL },
	{ "time_banner", "Seconds until the banner.", UNIT_SECONDS, NULL, NULL },
	{ "time_ehlo", "Seconds of EHLO, both if there is TLS.", UNIT_SECONDS, NULL, NULL },
	{ "time_starttls", "Seconds of STARTTLS and the handshake.", UNIT_SECONDS, NULL, NULL },
	{ "time_auth", "Seconds of the login.", UNIT_SECONDS, NULL, NULL },
	{ "time_mail", "Seconds of MAIL.", UNIT_SECONDS, NULL, NULL },
	{ "time_rcpt", "Seconds of all RCPT.", UNIT_SECONDS, NULL, NULL },
	{ "time_data", "Seconds of DATA, the message and its reply.", UNIT_SECONDS, NULL, NULL },
	{ "cert_days", "Days until the first certificate of a chain expires.", UNIT_NONE, "14:", "3:",
	  .can_be_negative = true },
	{ "size_limit", "Octets that the smallest SIZE allows.", UNIT_BYTES, NULL, NULL },
	{ "servers", "Servers that were walked.", UNIT_NONE, NULL, NULL },
	{ "servers_failed", "Servers of them with something wrong, whatever --policy says.", UNIT_NONE, NULL, NULL },
	{ "rcpt_accepted", "Recipients that were taken.", UNIT_NONE, NULL, NULL },
	{ "rcpt_rejected", "Recipients that were refused.", UNIT_NONE, NULL, NULL },
	{ 0 },
};

/* ---- preparing ---- */

static bool check_where(struct smtp_settings *s, struct fault *fault)
{
	struct endpoint endpoint;
	struct domain domain;
	const char *name = s->host != NULL ? s->host : s->exchangers;

	if (s->is_egress != (s->egress_targets.count > 0 || s->egress_controls.count > 0) && !s->is_egress)
		return fault_set(fault, FAULT_USAGE, "--egress-target and --egress-control need --egress");
	if (s->is_egress && (name != NULL || s->has_from || s->to.count > 0 || s->sends || s->last_word != NULL))
		return fault_set(fault, FAULT_USAGE, "--egress connects and says nothing: it goes with none of "
				 "-H, --mx, --from, --to, --send and --stop-after");
	if (s->is_egress)
		return egress_check(s, fault);
	if (name == NULL)
		return fault_set(fault, FAULT_USAGE, "there is no server: give -H or --mx (see --help)");
	if (s->host != NULL && s->exchangers != NULL)
		return fault_set(fault, FAULT_USAGE, "--mx and -H exclude each other");
	if (s->policy != SMTP_POLICY_ALL && s->exchangers == NULL)
		return fault_set(fault, FAULT_USAGE, "--policy: it needs --mx");
	if (s->source != NULL && !ip_parse(slice_of(s->source), &s->tcp.source))
		return fault_set(fault, FAULT_USAGE, "--source: %s is no address", s->source);
	if (s->host != NULL && endpoint_parse(slice_of(s->host), 0, &endpoint) && endpoint.port != 0)
		return fault_set(fault, FAULT_USAGE, "--hostname: %s: its port stands in --port", s->host);
	if (s->host != NULL && (s->host[0] == '/' || endpoint_parse(slice_of(s->host), 25, &endpoint)))
		return !s->is_dane ||
		       fault_set(fault, FAULT_USAGE, "--tls dane: it needs a host's name, not %s", s->host);
	return domain_parse(slice_of(name), &domain, fault) ||
	       fault_prefix(fault, s->host != NULL ? "--hostname: %s: " : "--mx: %s: ", name);
}

/* From here on, the address is what is said to the server. */
static bool use_address(struct smtp_settings *s, const char *option, const char **word,
			struct address *address, struct fault *fault)
{
	if (!address_parse(slice_of(*word), address, fault))
		return fault_prefix(fault, "%s: %s: ", option, *word);
	*word = address->text;
	s->plan.needs_utf8 |= address->needs_utf8;
	return true;
}

static bool check_addresses(struct settings *settings, struct fault *fault)
{
	struct smtp_settings *s = &settings->smtp;

	if (s->to.count > RECIPIENTS_MAX)
		return fault_set(fault, FAULT_USAGE, "--to: more than %d", RECIPIENTS_MAX);
	if (s->has_from && *s->from != '\0' && !use_address(s, "--from", &s->from, &settings->from, fault))
		return false;
	for (size_t i = 0; i < s->to.count; i++) {
		if (!use_address(s, "--to", &s->to.at[i], &settings->to[i], fault))
			return false;
	}
	return true;
}

/* A name in UTF-8 becomes its A-labels; any other word stays as it is. */
static bool use_name(const char *option, const char **word, struct domain *name, struct fault *fault)
{
	bool is_ascii = true;

	for (const char *c = *word != NULL ? *word : ""; *c != '\0'; c++)
		is_ascii &= (unsigned char)*c < 0x80;
	if (is_ascii)
		return true;
	if (!domain_parse(slice_of(*word), name, fault))
		return fault_prefix(fault, "%s: %s: ", option, *word);
	*word = name->text;
	return true;
}

static bool check_names(struct settings *settings, struct fault *fault)
{
	struct smtp_settings *s = &settings->smtp;

	if (s->helo != NULL && strpbrk(s->helo, " \t") != NULL)
		return fault_set(fault, FAULT_USAGE, "--helo: %s: a blank in a name", s->helo);
	return use_name("--helo", &s->helo, &settings->helo, fault) &&
	       use_name("--sni", &s->sni, &settings->sni, fault) &&
	       use_name("--tls-name", &s->tls_name, &settings->tls_name, fault);
}

static bool check_envelope(struct smtp_settings *s, const struct probe_message *probe, struct fault *fault)
{
	if (s->sends && s->to.count == 0)
		return fault_set(fault, FAULT_USAGE, "--send: there is no recipient: give --to");
	if (!s->sends && probe_message_is_told(probe))
		return fault_set(fault, FAULT_USAGE, "--subject, --header, --body-file, --attach and --pad "
				 "need --send");
	s->plan.from = s->has_from ? s->from : "";
	s->plan.to = s->to.at;
	s->plan.to_count = s->to.count;
	s->plan.size = s->size;
	s->plan.last = s->sends ? SMTP_DATA : s->to.count > 0 ? SMTP_RCPT : s->has_from ? SMTP_MAIL : SMTP_AUTH;
	if (s->is_egress)
		s->plan.last = SMTP_BANNER;
	if (s->last_word == NULL)
		return true;
	if (!smtp_stage_parse(s->last_word, &s->plan.last) || s->plan.last == SMTP_DNS ||
	    s->plan.last == SMTP_QUIT)
		return fault_set(fault, FAULT_USAGE, "--stop-after: %s is no stage to stop after", s->last_word);
	if (s->plan.last >= SMTP_RCPT && s->to.count == 0)
		return fault_set(fault, FAULT_USAGE, "--stop-after %s: it needs --to", s->last_word);
	if (s->plan.last == SMTP_DATA && !s->sends)
		return fault_set(fault, FAULT_USAGE, "--stop-after data: it needs --send");
	return true;
}

static bool check_tls(struct settings *settings, struct frame *frame, struct fault *fault)
{
	struct smtp_settings *s = &settings->smtp;
	struct monitor_settings *monitor = &frame->settings.monitor;
	struct slice rest = { NULL, 0 }, word;
	uint64_t days[2] = { 0, 0 };
	uint8_t pin[32];

	if (!s->has_tls_word)
		s->plan.tls = s->port == 465 ? SMTP_TLS_IMPLICIT
			    : s->port == 587 || s->days != NULL ? SMTP_TLS_STARTTLS : SMTP_TLS_OPPORTUNISTIC;
	if (s->plan.tls == SMTP_TLS_NONE && (s->days != NULL || s->pins.count > 0))
		return fault_set(fault, FAULT_USAGE, "--tls none shows no certificate: it goes with neither -D nor "
				 "--pin-sha256");
	s->tls.verifies = !s->has_no_verify && !s->is_dane && s->plan.tls >= SMTP_TLS_STARTTLS;
	for (size_t i = 0; i < s->pins.count; i++) {
		if (!tls_pin_parse(s->pins.at[i], pin))
			return fault_set(fault, FAULT_USAGE, "--pin-sha256: %s is no SHA-256 in hexadecimal or "
					 "base64", s->pins.at[i]);
	}
	s->tls.pins = s->pins.at;
	s->tls.pin_count = s->pins.count;
	if (s->days != NULL) {
		rest = slice_of(s->days);
		for (size_t i = 0; slice_split(&rest, ',', &word); i++) {
			if (i > 1 || !slice_number(word, 99999, &days[i]))
				return fault_set(fault, FAULT_USAGE, "-D, --certificate: %s is not DAYS or "
						 "DAYS,DAYS", s->days);
		}
		snprintf(settings->warning, sizeof settings->warning, "cert_days=%u:", (unsigned)days[0]);
		words_add(&monitor->warning, settings->warning);
		snprintf(settings->critical, sizeof settings->critical, "cert_days=%u:", (unsigned)days[1]);
		words_add(&monitor->critical, settings->critical);
	}
	s->context = tls_open(&s->tls);
	if (s->context == NULL)
		return fault_set(fault, FAULT_LOCAL, "out of memory");
	/* Files and words can be wrong: that is said before a packet is sent. */
	if (s->tls.ca_file != NULL || s->tls.ca_dir != NULL || s->tls.cert_file != NULL ||
	    s->tls.ciphers != NULL)
		return tls_check(s->context, fault);
	return s->tls.key_file == NULL || fault_set(fault, FAULT_USAGE, "--key: it needs --cert");
}

/* What a run measures from a stage on; a threshold on what it does not measure would
 * never alert. */
static bool is_measured(const struct smtp_settings *s, const char *label)
{
	static const struct { const char *label; enum smtp_stage stage; } from[] = {
		{ "time_banner", SMTP_BANNER }, { "time_ehlo", SMTP_EHLO }, { "size_limit", SMTP_EHLO },
		{ "time_starttls", SMTP_STARTTLS }, { "cert_days", SMTP_STARTTLS }, { "time_auth", SMTP_AUTH },
		{ "time_mail", SMTP_MAIL }, { "time_rcpt", SMTP_RCPT }, { "rcpt_accepted", SMTP_RCPT },
		{ "rcpt_rejected", SMTP_RCPT }, { "time_data", SMTP_DATA },
	};

	for (size_t i = 0; i < sizeof from / sizeof *from; i++) {
		if (strcmp(label, from[i].label) != 0)
			continue;
		if (from[i].stage == SMTP_STARTTLS && s->plan.tls == SMTP_TLS_IMPLICIT)
			return s->plan.last >= SMTP_BANNER;
		return s->plan.last >= from[i].stage && !s->is_egress &&
		       (from[i].stage != SMTP_STARTTLS || s->plan.tls != SMTP_TLS_NONE) &&
		       (from[i].stage != SMTP_AUTH || s->plan.logs_in);
	}
	return !s->is_egress || strcmp(label, "time_connect") != 0;
}

static bool check_thresholds(const struct smtp_settings *s, const char *option, const struct words *words,
			     struct fault *fault)
{
	for (size_t i = 0; i < words->count; i++) {
		struct threshold threshold;

		if (threshold_parse(words->at[i], metrics, &threshold, fault) &&
		    !is_measured(s, metrics[threshold.row].label))
			return fault_set(fault, FAULT_USAGE, "%s: %s is not measured in such a run", option,
					 metrics[threshold.row].label);
	}
	return true;
}

/* ---- secrets ---- */

static bool read_secret_file(struct smtp_settings *s, const char *path, struct frame *frame,
			     struct fault *fault)
{
	struct text content = { 0 };
	bool good = file_read(path, SECRET_MAX, &frame->deadline, &content, fault);

	if (good) {
		size_t len = strcspn(text_str(&content), "\r\n");

		s->secret = strndup(text_str(&content), len);
		good = s->secret != NULL && len > 0;
		if (!good)
			fault_set(fault, FAULT_USAGE, "%s: there is nothing in its first line", path);
		frame_judge_secret_file(frame, path);
	}
	if (content.at != NULL)
		explicit_bzero(content.at, content.size);
	text_release(&content);
	return good;
}

/* Whatever the other side echoes, it is not our secret. */
static void hide_secret(struct smtp_settings *s, struct frame *frame)
{
	struct text joined = { 0 }, encoded = { 0 };
	const char *user = s->plan.credentials.user;

	result_hide(&frame->result, s->secret);
	base64_add(&encoded, slice_of(s->secret));
	result_hide(&frame->result, text_str(&encoded));
	text_add_char(&joined, '\0');
	text_add(&joined, "%s", user != NULL ? user : "");
	text_add_char(&joined, '\0');
	text_add(&joined, "%s", s->secret);
	encoded.len = 0;
	base64_add(&encoded, text_slice(&joined));
	result_hide(&frame->result, text_str(&encoded));
	explicit_bzero(joined.at, joined.size);
	explicit_bzero(encoded.at, encoded.size);
	text_release(&joined);
	text_release(&encoded);
}

static bool read_secret(struct smtp_settings *s, struct frame *frame, struct fault *fault)
{
	if (s->token_file != NULL) {
		s->plan.has_token = true;
		return read_secret_file(s, s->token_file, frame, fault) || fault_prefix(fault, "--token-file: ");
	}
	if (s->password_file != NULL)
		return read_secret_file(s, s->password_file, frame, fault) ||
		       fault_prefix(fault, "--password-file: ");
	s->secret = s->password != NULL ? strdup(s->password) : process_take_secret("MAILPATH_PASSWORD");
	return s->secret != NULL ||
	       fault_set(fault, FAULT_USAGE, "--user: its password is missing: give --password-file, "
			 "--token-file, MAILPATH_PASSWORD or password= in an ini file");
}

static bool check_login(struct settings *settings, struct frame *frame, struct fault *fault)
{
	struct smtp_settings *s = &settings->smtp;
	struct smtp_plan *plan = &s->plan;

	if (s->mechanism != NULL && !sasl_parse(slice_of(s->mechanism), &plan->mechanism))
		return fault_set(fault, FAULT_USAGE, "--auth: %s is no mechanism that is known here",
				 s->mechanism);
	plan->wants_mechanism = s->mechanism != NULL;
	if (s->is_negative) {
		plan->expects_refusal = true;
		if (s->negative == NULL)
			plan->credentials.user = settings->probe.id;
		else if (plan->credentials.user == NULL)
			return fault_set(fault, FAULT_USAGE, "--auth-negative=user: it needs --user");
		s->secret = strdup(settings->probe.id);
	} else if (plan->wants_mechanism && plan->mechanism == SASL_EXTERNAL) {
		if (s->tls.cert_file == NULL)
			return fault_set(fault, FAULT_USAGE, "--auth external: it needs --cert");
	} else if (plan->credentials.user != NULL) {
		if (!read_secret(s, frame, fault))
			return false;
	} else if (plan->wants_mechanism || s->password_file != NULL || s->token_file != NULL) {
		return fault_set(fault, FAULT_USAGE, "--auth, --password-file and --token-file need --user");
	} else {
		return true;
	}
	plan->logs_in = plan->last >= SMTP_AUTH;
	if (s->is_negative && plan->last > SMTP_AUTH)
		return fault_set(fault, FAULT_USAGE, "--auth-negative: nothing can be sent behind a login that is "
				 "to fail: leave out --from and --to");
	if (plan->tls == SMTP_TLS_NONE && plan->wants_mechanism && sasl_tells_secret(plan->mechanism) &&
	    !plan->allows_clear_auth)
		return fault_set(fault, FAULT_USAGE, "--auth %s with --tls none would tell the secret in clear: "
				 "add --allow-clear-auth if that is meant", s->mechanism);
	plan->credentials.secret = s->secret;
	if (s->secret != NULL && !s->is_negative)
		hide_secret(s, frame);
	return true;
}

/* ---- the message ---- */

static bool build(const struct settings *settings, bool has_8bit, struct message *message,
		  struct fault *fault)
{
	const struct smtp_settings *s = &settings->smtp;

	return probe_message_build(&settings->probe, s->plan.from, &s->to, has_8bit, message, fault) ||
	       fault_prefix(fault, "--send: ");
}

static bool prepare_message(struct settings *settings, struct frame *frame, struct fault *fault)
{
	struct smtp_settings *s = &settings->smtp;

	if (!s->sends)
		return true;
	if (!probe_message_read(&settings->probe, &frame->deadline, fault) ||
	    !build(settings, true, &s->message, fault))
		return false;
	s->plan.message = s->plan.message_7bit = &s->message;
	s->plan.needs_utf8 |= s->message.is_utf8;
	if (!s->message.is_8bit)
		return true;
	s->plan.message_7bit = &s->message_7bit;
	return build(settings, false, &s->message_7bit, fault);
}

static bool prepare(struct frame *frame, void *own, struct fault *fault)
{
	struct settings *settings = own;
	struct smtp_settings *s = &settings->smtp;

	probe_message_name(&settings->probe);
	if (s->port == 0)
		s->port = 25;
	s->plan.is_traced = frame->settings.monitor.verbosity > 1;
	return check_where(s, fault) && check_addresses(settings, fault) && check_names(settings, fault) &&
	       check_envelope(s, &settings->probe, fault) && check_tls(settings, frame, fault) &&
	       check_login(settings, frame, fault) &&
	       check_thresholds(s, "--warning", &frame->settings.monitor.warning, fault) &&
	       check_thresholds(s, "--critical", &frame->settings.monitor.critical, fault) &&
	       prepare_message(settings, frame, fault);
}

static void probe(struct frame *frame, void *own)
{
	struct settings *settings = own;
	struct servers *servers = &settings->servers;

	if (settings->smtp.is_egress) {
		egress_probe(servers, &settings->smtp, frame);
		return;
	}
	servers_find(servers, &settings->smtp, frame);
	servers_walk(servers, &settings->smtp, frame);
	servers_seek_evidence(servers, &settings->smtp, frame);
	servers_judge(servers, &settings->smtp, frame);
}

static void release(void *own)
{
	struct settings *settings = own;
	struct smtp_settings *s = &settings->smtp;

	servers_release(&settings->servers);
	tls_close(s->context);
	message_release(&s->message);
	message_release(&s->message_7bit);
	probe_message_release(&settings->probe);
	if (s->secret != NULL)
		explicit_bzero(s->secret, strlen(s->secret));
	free(s->secret);
	words_release(&s->egress_targets);
	words_release(&s->egress_controls);
	words_release(&s->to);
	words_release(&s->pins);
}

int main(int argc, char **argv)
{
	static const struct frame_plugin plugin = {
		.plugin = {
			.name = "check_smtp_send",
			.service = "SMTP",
			.purpose = "can mail be handed over, and if not, why?",
			.usage = "-H HOST [--from ADDRESS --to ADDRESS [--send]] [options]",
			.options = options,
			.metrics = metrics,
			.reasons = mail_reasons,
		},
		.dns = &frame_dns,
		.prepare = prepare,
		.probe = probe,
		.release = release,
	};
	struct settings settings = { .smtp.tcp.timeout_ms = 10000, .smtp.tls.min_version = 12 };

	return frame_run(&plugin, &settings, argc, argv);
}
