/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "net/tls.h"

#include <dirent.h>
#include <errno.h>
#include <openssl/err.h>
#include <openssl/ssl.h>
#include <openssl/x509v3.h>
#include <poll.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <sys/socket.h>
#include <time.h>

#include "base/base64.h"
#include "base/ip.h"

struct tls_context {
	const struct tls_settings *settings;
	pthread_mutex_t lock;
	bool was_tried, is_ready;
	SSL_CTX *ssl;
	struct fault fault;	/* why it is not ready */
};

struct tls {
	SSL *ssl;
	int fd;
};

/* ---- OpenSSL's words ---- */

/* The oldest error tells the cause. */
static const char *openssl_words(void)
{
	unsigned long error = ERR_get_error();
	const char *words = error == 0		      ? NULL
			    : ERR_SYSTEM_ERROR(error) ? strerror(ERR_GET_REASON(error))
						      : ERR_reason_error_string(error);

	ERR_clear_error();
	return words != NULL ? words : "unknown error";
}

/* ---- the context ---- */

struct tls_context *tls_open(const struct tls_settings *settings)
{
	struct tls_context *context = calloc(1, sizeof *context);

	if (context == NULL)
		return NULL;
	context->settings = settings;
	pthread_mutex_init(&context->lock, NULL);
	return context;
}

void tls_close(struct tls_context *context)
{
	if (context == NULL)
		return;
	SSL_CTX_free(context->ssl);
	pthread_mutex_destroy(&context->lock);
	free(context);
}

/* Is there a file "1a2b3c4d.0"? */
static bool is_hashed(const char *folder)
{
	DIR *dir = folder != NULL ? opendir(folder) : NULL;
	struct dirent *entry;
	bool found = false;

	while (dir != NULL && !found && (entry = readdir(dir)) != NULL) {
		size_t len = strlen(entry->d_name);

		found = len == 10 && strspn(entry->d_name, "0123456789abcdef") == 8 &&
			entry->d_name[8] == '.';
	}
	if (dir != NULL)
		closedir(dir);
	return found;
}

static bool load_authorities(struct tls_context *context, struct fault *fault)
{
	const struct tls_settings *settings = context->settings;
	const char *folder = getenv(X509_get_default_cert_dir_env());

	if (settings->ca_dir != NULL &&
	    (!is_hashed(settings->ca_dir) ||
	     SSL_CTX_load_verify_dir(context->ssl, settings->ca_dir) != 1))
		return fault_set(fault, FAULT_USAGE, "--ca-dir: %s holds no certificates by their "
				 "hash (see openssl rehash)", settings->ca_dir);
	if (settings->ca_file != NULL &&
	    SSL_CTX_load_verify_file(context->ssl, settings->ca_file) != 1)
		return fault_set(fault, FAULT_USAGE, "--ca-file: %s: %s", settings->ca_file,
				 openssl_words());
	if (settings->ca_dir != NULL || settings->ca_file != NULL)
		return true;
	/* A folder costs nothing until a certificate is looked up; reading a bundle
	 * takes 25 ms of CPU. */
	if (folder == NULL)
		folder = X509_get_default_cert_dir();
	if (is_hashed(folder))
		SSL_CTX_load_verify_dir(context->ssl, folder);
	else
		SSL_CTX_set_default_verify_paths(context->ssl);
	ERR_clear_error();	/* then nothing is trusted, and that is said */
	return true;
}

static bool load_own(struct tls_context *context, struct fault *fault)
{
	const struct tls_settings *settings = context->settings;
	const char *key = settings->key_file != NULL ? settings->key_file : settings->cert_file;

	if (settings->cert_file == NULL)
		return true;
	if (SSL_CTX_use_certificate_chain_file(context->ssl, settings->cert_file) != 1)
		return fault_set(fault, FAULT_USAGE, "--cert: %s: %s", settings->cert_file,
				 openssl_words());
	if (SSL_CTX_use_PrivateKey_file(context->ssl, key, SSL_FILETYPE_PEM) != 1)
		return fault_set(fault, FAULT_USAGE, "--key: %s: %s", key, openssl_words());
	return true;
}

static int no_passphrase(char *to, int size, int for_writing, void *unused)
{
	(void)to, (void)size, (void)for_writing, (void)unused;
	return -1;
}

static bool set_up(struct tls_context *context, struct fault *fault)
{
	static const int versions[] = { TLS1_VERSION, TLS1_1_VERSION, TLS1_2_VERSION, TLS1_3_VERSION };
	const struct tls_settings *settings = context->settings;

	OPENSSL_init_ssl(OPENSSL_INIT_NO_LOAD_CONFIG, NULL);
	context->ssl = SSL_CTX_new(TLS_client_method());
	if (context->ssl == NULL)
		return fault_set(fault, FAULT_LOCAL, "OpenSSL: %s", openssl_words());
	SSL_CTX_set_default_passwd_cb(context->ssl, no_passphrase);
	SSL_CTX_set_mode(context->ssl, SSL_MODE_AUTO_RETRY | SSL_MODE_ENABLE_PARTIAL_WRITE |
			 SSL_MODE_ACCEPT_MOVING_WRITE_BUFFER | SSL_MODE_RELEASE_BUFFERS);
	SSL_CTX_dane_enable(context->ssl);
	SSL_CTX_set_min_proto_version(context->ssl, versions[settings->min_version - 10]);
	/* The old versions need signatures that the library's usual level forbids. */
	if (settings->min_version < 12)
		SSL_CTX_set_security_level(context->ssl, 0);
	else if (SSL_CTX_get_security_level(context->ssl) > 1)
		SSL_CTX_set_security_level(context->ssl, 1);	/* as mail servers do: judging is ours */
	if (settings->ciphers != NULL && SSL_CTX_set_cipher_list(context->ssl, settings->ciphers) != 1 &&
	    SSL_CTX_set_ciphersuites(context->ssl, settings->ciphers) != 1)
		return fault_set(fault, FAULT_USAGE, "--tls-ciphers: %s: %s", settings->ciphers,
				 openssl_words());
	if ((settings->verifies || settings->ca_file != NULL || settings->ca_dir != NULL) &&
	    !load_authorities(context, fault))
		return false;
	return load_own(context, fault);
}

bool tls_check(struct tls_context *context, struct fault *fault)
{
	pthread_mutex_lock(&context->lock);
	if (!context->was_tried)
		context->is_ready = set_up(context, &context->fault);
	context->was_tried = true;
	pthread_mutex_unlock(&context->lock);
	if (!context->is_ready)
		*fault = context->fault;
	return context->is_ready;
}

/* ---- what certificates say ---- */

static unsigned problem_of(int error)
{
	switch (error) {
	case X509_V_OK:
		return 0;
	case X509_V_ERR_CERT_HAS_EXPIRED:
		return TLS_EXPIRED;
	case X509_V_ERR_CERT_NOT_YET_VALID:
		return TLS_NOT_YET_VALID;
	case X509_V_ERR_HOSTNAME_MISMATCH:
	case X509_V_ERR_IP_ADDRESS_MISMATCH:
		return TLS_WRONG_NAME;
	case X509_V_ERR_DANE_NO_MATCH:
		return TLS_TLSA_MISMATCH;
	}
	return TLS_UNTRUSTED;
}

/* Note what is wrong and go on: all of it is to be told. */
static int note_problem(int is_good, X509_STORE_CTX *store)
{
	SSL *ssl = X509_STORE_CTX_get_ex_data(store, SSL_get_ex_data_X509_STORE_CTX_idx());
	struct tls_report *report = SSL_get_app_data(ssl);
	int error = X509_STORE_CTX_get_error(store);

	if (is_good)
		return 1;
	report->problems |= problem_of(error);
	if (problem_of(error) == TLS_UNTRUSTED && report->why[0] == '\0')
		snprintf(report->why, sizeof report->why, "%s", X509_verify_cert_error_string(error));
	return 1;
}

static void print_name(const X509_NAME *name, char *to, size_t size)
{
	BIO *bio = BIO_new(BIO_s_mem());
	char *text;
	long len;

	to[0] = '\0';
	if (bio == NULL)
		return;
	if (X509_NAME_print_ex(bio, name, 0, XN_FLAG_RFC2253 & ~ASN1_STRFLGS_ESC_MSB) >= 0) {
		len = BIO_get_mem_data(bio, &text);
		if (len > 0)
			snprintf(to, size, "%.*s", (int)len, text);
	}
	BIO_free(bio);
}

/* The DNS names and addresses of a certificate, joined by ", ". */
static void print_names(const X509 *certificate, char *to, size_t size)
{
	GENERAL_NAMES *names = X509_get_ext_d2i(certificate, NID_subject_alt_name, NULL, NULL);
	size_t used = 0;

	to[0] = '\0';
	for (int i = 0; i < sk_GENERAL_NAME_num(names) && used < size; i++) {
		const GENERAL_NAME *name = sk_GENERAL_NAME_value(names, i);

		if (name->type != GEN_DNS)
			continue;
		used += (size_t)snprintf(to + used, size - used, "%s%.*s", used > 0 ? ", " : "",
					 ASN1_STRING_length(name->d.dNSName),
					 ASN1_STRING_get0_data(name->d.dNSName));
	}
	GENERAL_NAMES_free(names);
}

static bool key_digest(const X509 *certificate, uint8_t digest[32])
{
	unsigned char *der = NULL;
	int len = i2d_X509_PUBKEY(X509_get_X509_PUBKEY(certificate), &der);
	bool good = len > 0 && EVP_Digest(der, (size_t)len, digest, NULL, EVP_sha256(), NULL) == 1;

	OPENSSL_free(der);
	return good;
}

/* Days until then, rounded down: -1 is "less than a day ago". */
static int64_t days_until(const ASN1_TIME *time)
{
	int days = 0, seconds = 0;

	if (ASN1_TIME_diff(&days, &seconds, NULL, time) != 1)
		return 0;
	return days < 0 || seconds < 0 ? (int64_t)days - 1 : days;
}

static void take_expiry(struct tls_report *report, const X509 *certificate, bool is_leaf)
{
	const ASN1_TIME *end = X509_get0_notAfter(certificate);
	int64_t days = days_until(end);
	struct tm when;

	if (!is_leaf && days >= report->days_left)
		return;
	report->days_left = days;
	report->leaf_expires_first = is_leaf;
	report->is_expired = days < 0;
	print_name(X509_get_subject_name(certificate), report->expiring, sizeof report->expiring);
	if (ASN1_TIME_to_tm(end, &when) == 1)
		strftime(report->expires, sizeof report->expires, "%Y-%m-%d %H:%M UTC", &when);
}

static void take_certificate(const struct tls_context *context, SSL *ssl, struct tls_report *report)
{
	X509 *leaf = SSL_get0_peer_certificate(ssl);
	STACK_OF(X509) *chain = SSL_get0_verified_chain(ssl);
	uint8_t digest[32] = { 0 }, pin[32];
	bool matches = false;

	if (leaf == NULL)
		return;
	report->has_certificate = true;
	print_name(X509_get_subject_name(leaf), report->subject, sizeof report->subject);
	print_name(X509_get_issuer_name(leaf), report->issuer, sizeof report->issuer);
	print_names(leaf, report->names, sizeof report->names);
	take_expiry(report, leaf, true);
	if (!context->settings->verifies || chain == NULL)
		chain = SSL_get_peer_cert_chain(ssl);
	for (int i = 1; i < sk_X509_num(chain); i++)
		take_expiry(report, sk_X509_value(chain, i), false);
	if (key_digest(leaf, digest)) {
		for (size_t i = 0; i < sizeof digest; i++)
			snprintf(report->pin + 2 * i, 3, "%02x", digest[i]);
	}
	for (size_t i = 0; i < context->settings->pin_count; i++)
		matches |= tls_pin_parse(context->settings->pins[i], pin) &&
			   memcmp(pin, digest, sizeof digest) == 0;
	if (context->settings->pin_count > 0 && !matches)
		report->problems |= TLS_PIN_MISMATCH;
}

bool tls_pin_parse(const char *word, uint8_t pin[32])
{
	static const char hexadecimal[] = "0123456789abcdef";
	struct text bytes = { 0 };
	size_t digits = 0;
	bool good;

	for (const char *c = word; *c != '\0'; c++) {
		const char *digit = strchr(hexadecimal, *c | 0x20);

		if (*c == ':')
			continue;
		if (digit == NULL || digits == 64)
			goto encoded;
		if (digits % 2 == 0)
			pin[digits / 2] = 0;
		pin[digits / 2] = (uint8_t)(pin[digits / 2] << 4 | (digit - hexadecimal));
		digits++;
	}
	if (digits == 64)
		return true;
encoded:
	good = base64_decode(slice_of(strncasecmp(word, "sha256//", 8) == 0 ? word + 8 : word), &bytes) &&
	       bytes.len == 32;
	if (good)
		memcpy(pin, bytes.at, 32);
	text_release(&bytes);
	return good;
}

/* ---- the handshake ---- */

static void add_tlsa(SSL *ssl, const struct tls_target *target, struct tls_report *report)
{
	size_t usable = 0;

	SSL_dane_enable(ssl, target->name);
	if (target->other_name != NULL)
		SSL_add1_host(ssl, target->other_name);
	/* DANE-EE: the key alone counts, no names (RFC 7672 3.1.1). */
	SSL_dane_set_flags(ssl, DANE_FLAG_NO_DANE_EE_NAMECHECKS);
	for (size_t i = 0; i < target->tlsa_count; i++) {
		const struct tls_tlsa *tlsa = &target->tlsa[i];

		usable += SSL_dane_tlsa_add(ssl, tlsa->usage, tlsa->selector, tlsa->matching,
					    tlsa->data, tlsa->len) > 0;
	}
	ERR_clear_error();
	report->tlsa_unusable = usable == 0;
}

static bool aim(const struct tls_context *context, SSL *ssl, const struct tls_target *target,
		struct tls_report *report)
{
	X509_VERIFY_PARAM *parameters = SSL_get0_param(ssl);
	struct ip ip;

	SSL_set_app_data(ssl, report);
	if (target->sni != NULL && !ip_parse(slice_of(target->sni), &ip))
		SSL_set_tlsext_host_name(ssl, target->sni);
	if (target->tlsa_count > 0)
		add_tlsa(ssl, target, report);
	report->was_verified = target->tlsa_count > 0 ? !report->tlsa_unusable
						      : context->settings->verifies;
	if (!report->was_verified)
		return true;
	SSL_set_verify(ssl, SSL_VERIFY_PEER, note_problem);
	if (target->name == NULL || target->tlsa_count > 0)
		return true;
	SSL_set_hostflags(ssl, X509_CHECK_FLAG_NO_PARTIAL_WILDCARDS);
	if (ip_parse(slice_of(target->name), &ip))
		return X509_VERIFY_PARAM_set1_ip(parameters, ip.bytes, ip.version == 4 ? 4 : 16) == 1;
	return SSL_set1_host(ssl, target->name) == 1;
}

/* Wait for what OpenSSL wants, or say why it failed. FINE: try again. */
static enum stream_status wait_or_fail(struct tls *tls, int result, const struct deadline *deadline,
				       struct fault *fault)
{
	int error = SSL_get_error(tls->ssl, result), saved = errno;
	struct pollfd poller = { .fd = tls->fd };
	char text[128];

	switch (error) {
	case SSL_ERROR_WANT_READ:
	case SSL_ERROR_WANT_WRITE:
		poller.events = error == SSL_ERROR_WANT_READ ? POLLIN : POLLOUT;
		if (poll(&poller, 1, deadline_poll_ms(deadline, INT64_MAX)) > 0 ||
		    !deadline_passed(deadline))
			return STREAM_FINE;
		fault_set(fault, FAULT_TIMEOUT, "no answer in time");
		return STREAM_LATE;
	case SSL_ERROR_ZERO_RETURN:
		fault_set(fault, FAULT_NETWORK, "the server closed the connection");
		return STREAM_CLOSED;
	case SSL_ERROR_SYSCALL:
		ERR_clear_error();
		if (saved == 0) {
			fault_set(fault, FAULT_NETWORK, "the server closed the connection");
			return STREAM_CLOSED;
		}
		fault_set(fault, FAULT_NETWORK, "%s", strerror_r(saved, text, sizeof text));
		return STREAM_BROKEN;
	}
	if (ERR_GET_REASON(ERR_peek_error()) == SSL_R_UNEXPECTED_EOF_WHILE_READING) {
		ERR_clear_error();
		fault_set(fault, FAULT_NETWORK, "the server closed the connection");
		return STREAM_CLOSED;
	}
	fault_set(fault, FAULT_PROTOCOL, "TLS: %s", openssl_words());
	return STREAM_BROKEN;
}

static enum stream_status shake_hands(struct tls *tls, const struct deadline *deadline,
				      struct fault *fault)
{
	for (;;) {
		enum stream_status status;
		int result;

		errno = 0;
		ERR_clear_error();
		result = SSL_connect(tls->ssl);
		if (result == 1)
			return STREAM_FINE;
		status = wait_or_fail(tls, result, deadline, fault);
		if (status != STREAM_FINE)
			return status;
	}
}

static void take_dane(SSL *ssl, struct tls_report *report)
{
	uint8_t usage, selector, matching;

	if (SSL_get0_dane_authority(ssl, NULL, NULL) < 0)
		return;
	SSL_get0_dane_tlsa(ssl, &usage, &selector, &matching, NULL, NULL);
	snprintf(report->tlsa, sizeof report->tlsa, "%u %u %u", usage, selector, matching);
}

enum stream_status tls_start(struct tls_context *context, int fd, const struct tls_target *target,
			     const struct deadline *deadline, struct tls **tls,
			     struct tls_report *report, struct fault *fault)
{
	enum stream_status status = STREAM_BROKEN;
	char early;

	if (!tls_check(context, fault))
		return STREAM_BROKEN;
	*tls = calloc(1, sizeof **tls);
	if (*tls == NULL || ((*tls)->ssl = SSL_new(context->ssl)) == NULL ||
	    SSL_set_fd((*tls)->ssl, fd) != 1 || !aim(context, (*tls)->ssl, target, report)) {
		fault_set(fault, FAULT_LOCAL, "out of memory");
		return STREAM_BROKEN;
	}
	(*tls)->fd = fd;
	/* A TLS server waits for the client's first word. */
	if (recv(fd, &early, 1, MSG_PEEK | MSG_DONTWAIT) == 1) {
		fault_set(fault, FAULT_PROTOCOL, "bytes came before the handshake");
		return STREAM_EARLY;
	}
	status = shake_hands(*tls, deadline, fault);
	if (status != STREAM_FINE)
		return status;
	report->has_handshake = true;
	snprintf(report->version, sizeof report->version, "%s", SSL_get_version((*tls)->ssl));
	snprintf(report->cipher, sizeof report->cipher, "%s", SSL_get_cipher_name((*tls)->ssl));
	take_certificate(context, (*tls)->ssl, report);
	if (target->tlsa_count > 0)
		take_dane((*tls)->ssl, report);
	return report->problems != 0 ? STREAM_UNTRUSTED : STREAM_FINE;
}

enum stream_status tls_read(struct tls *tls, char *to, size_t size, size_t *got,
			    const struct deadline *deadline, struct fault *fault)
{
	for (;;) {
		enum stream_status status;
		int result;

		errno = 0;
		ERR_clear_error();
		result = SSL_read_ex(tls->ssl, to, size, got);
		if (result == 1)
			return STREAM_FINE;
		status = wait_or_fail(tls, result, deadline, fault);
		if (status != STREAM_FINE)
			return status;
	}
}

enum stream_status tls_write(struct tls *tls, struct slice bytes, const struct deadline *deadline,
			     struct fault *fault)
{
	while (bytes.len > 0) {
		enum stream_status status;
		size_t written = 0;
		int result;

		errno = 0;
		ERR_clear_error();
		result = SSL_write_ex(tls->ssl, bytes.at, bytes.len, &written);
		if (result == 1) {
			bytes.at += written;
			bytes.len -= written;
			continue;
		}
		status = wait_or_fail(tls, result, deadline, fault);
		if (status != STREAM_FINE)
			return status;
	}
	return STREAM_FINE;
}

void tls_end(struct tls *tls)
{
	if (tls == NULL)
		return;
	SSL_free(tls->ssl);
	free(tls);
}
