/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "net/tls.h"

#include <fcntl.h>
#include <openssl/pem.h>
#include <openssl/ssl.h>
#include <openssl/x509v3.h>
#include <pthread.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "net/connection.h"
#include "unit.h"

/* ---- a server, in a thread of its own ---- */

enum deed { SHAKES_HANDS, TALKS_CLEAR, CLOSES, IS_SILENT };

struct server {
	int fd;
	enum deed deed;
	int max_version;	/* 0: any */
	X509 *certificate;
	EVP_PKEY *key;
	const char *says;	/* in TLS, then it waits until the client closes, or */
	bool leaves;		/* closes with a close_notify, or */
	bool hangs_up;		/* without */
	char sni[64];
	pthread_t thread;
};

static void talk(struct server *server, SSL *ssl)
{
	const char *sni;
	char said[64];

	if (SSL_accept(ssl) != 1)
		return;
	sni = SSL_get_servername(ssl, TLSEXT_NAMETYPE_host_name);
	snprintf(server->sni, sizeof server->sni, "%s", sni != NULL ? sni : "");
	if (server->says != NULL)
		SSL_write(ssl, server->says, (int)strlen(server->says));
	if (server->leaves)
		SSL_shutdown(ssl);
	while (!server->leaves && !server->hangs_up && SSL_read(ssl, said, sizeof said) > 0)
		;
}

static void *serve(void *argument)
{
	struct server *server = argument;
	SSL_CTX *context;
	char said[1024];
	SSL *ssl;

	if (server->deed == SHAKES_HANDS) {
		context = SSL_CTX_new(TLS_server_method());
		SSL_CTX_set_max_proto_version(context, server->max_version);
		SSL_CTX_use_certificate(context, server->certificate);
		SSL_CTX_use_PrivateKey(context, server->key);
		ssl = SSL_new(context);
		SSL_set_fd(ssl, server->fd);
		talk(server, ssl);
		SSL_free(ssl);
		SSL_CTX_free(context);
	} else if (recv(server->fd, said, sizeof said, 0) > 0) {	/* the client's first word */
		if (server->deed == TALKS_CLEAR)
			send(server->fd, "220 mx.example\r\n", 16, MSG_NOSIGNAL);
		while (server->deed != CLOSES && recv(server->fd, said, sizeof said, 0) > 0)
			;
	}
	close(server->fd);
	return NULL;
}

/* The client's end. */
static int server_start(struct server *server)
{
	int fds[2];

	signal(SIGPIPE, SIG_IGN);
	ck_assert_int_eq(socketpair(AF_UNIX, SOCK_STREAM, 0, fds), 0);
	fcntl(fds[0], F_SETFL, O_NONBLOCK);
	server->fd = fds[1];
	ck_assert_int_eq(pthread_create(&server->thread, NULL, serve, server), 0);
	return fds[0];
}

/* ---- its certificate ---- */

static X509 *certify(EVP_PKEY *key, const char *names, long from_s, long to_s)
{
	X509 *certificate = X509_new();
	X509_NAME *subject = X509_get_subject_name(certificate);
	X509_EXTENSION *extension = X509V3_EXT_conf_nid(NULL, NULL, NID_subject_alt_name, names);

	X509_set_version(certificate, X509_VERSION_3);
	ASN1_INTEGER_set(X509_get_serialNumber(certificate), 7);
	X509_gmtime_adj(X509_getm_notBefore(certificate), from_s);
	X509_gmtime_adj(X509_getm_notAfter(certificate), to_s);
	X509_NAME_add_entry_by_txt(subject, "CN", MBSTRING_ASC, (const unsigned char *)"a test", -1, -1, 0);
	X509_set_issuer_name(certificate, subject);
	X509_set_pubkey(certificate, key);
	ck_assert_ptr_nonnull(extension);
	X509_add_ext(certificate, extension, -1);
	X509_EXTENSION_free(extension);
	ck_assert_int_gt(X509_sign(certificate, key, EVP_sha256()), 0);
	return certificate;
}

static EVP_PKEY *key, *other_key;
static char trusted_file[] = "/tmp/mailpath-tls-XXXXXX";
static uint8_t digest[32];	/* of the public key */
static char pin[65];

static void trust(X509 *certificate)
{
	FILE *file = fopen(trusted_file, "w");

	ck_assert_ptr_nonnull(file);
	PEM_write_X509(file, certificate);
	fclose(file);
}

static void make_keys(void)
{
	unsigned char *der = NULL;
	int len;

	key = EVP_EC_gen("P-256");
	other_key = EVP_EC_gen("P-256");
	len = i2d_PUBKEY(key, &der);
	ck_assert_int_eq(EVP_Digest(der, (size_t)len, digest, NULL, EVP_sha256(), NULL), 1);
	OPENSSL_free(der);
	for (size_t i = 0; i < sizeof digest; i++)
		snprintf(pin + 2 * i, 3, "%02X", digest[i]);
	close(mkstemp(trusted_file));
}

static void free_keys(void)
{
	EVP_PKEY_free(key);
	EVP_PKEY_free(other_key);
	unlink(trusted_file);
}

/* ---- handshakes ---- */

#define DAY 86400L
#define WRONG_PIN "0000000000000000000000000000000000000000000000000000000000000000"

static const struct row {
	const char *names;	/* the certificate's */
	long from_s, to_s;
	const char *name;	/* that it must have */
	int min_version, max_version;	/* the client's, the server's */
	bool verifies, is_stranger;
	const char *pins[2];	/* "": the right one */
	enum stream_status status;
	unsigned problems;
	int64_t days_left;
} rows[] = {
	{ "DNS:mx.example", -DAY, 30 * DAY + 60, "mx.example", 12, 0, true, false, { NULL }, STREAM_FINE, 0, 30 },
	{ "DNS:mx.example", -DAY, 60, "MX.example", 13, 0, true, false, { NULL }, STREAM_FINE, 0, 0 },
	{ "DNS:a.example,DNS:mx.example", -DAY, DAY + 60, "mx.example", 12, TLS1_2_VERSION, true, false,
	  { NULL }, STREAM_FINE, 0, 1 },
	{ "DNS:*.mail.example", -DAY, DAY + 60, "mx.mail.example", 12, 0, true, false, { NULL }, STREAM_FINE, 0, 1 },
	{ "IP:192.0.2.1", -DAY, DAY + 60, "192.0.2.1", 12, 0, true, false, { NULL }, STREAM_FINE, 0, 1 },
	{ "IP:2001:db8::1", -DAY, DAY + 60, "2001:db8::1", 12, 0, true, false, { NULL }, STREAM_FINE, 0, 1 },
	/* RFC 9525 6.3: a wildcard is a whole label, and the leftmost; 6.2: no address in DNS */
	{ "DNS:m*.mail.example", -DAY, DAY + 60, "mx.mail.example", 12, 0, true, false, { NULL },
	  STREAM_UNTRUSTED, TLS_WRONG_NAME, 1 },
	{ "DNS:*.mail.example", -DAY, DAY + 60, "a.mx.mail.example", 12, 0, true, false, { NULL }, STREAM_UNTRUSTED,
	  TLS_WRONG_NAME, 1 },
	{ "DNS:192.0.2.1", -DAY, DAY + 60, "192.0.2.1", 12, 0, true, false, { NULL }, STREAM_UNTRUSTED,
	  TLS_WRONG_NAME, 1 },
	{ "DNS:mx.example", -DAY, DAY + 60, "other.example", 12, 0, true, false, { NULL }, STREAM_UNTRUSTED,
	  TLS_WRONG_NAME, 1 },
	{ "DNS:mx.example", -9 * DAY, -2 * DAY + 60, "mx.example", 12, 0, true, false, { NULL },
	  STREAM_UNTRUSTED, TLS_EXPIRED, -2 },
	{ "DNS:mx.example", -DAY, -60, "mx.example", 12, 0, true, false, { NULL }, STREAM_UNTRUSTED,
	  TLS_EXPIRED, -1 },
	{ "DNS:mx.example", DAY, 9 * DAY + 60, "mx.example", 12, 0, true, false, { NULL }, STREAM_UNTRUSTED,
	  TLS_NOT_YET_VALID, 9 },
	{ "DNS:mx.example", -DAY, DAY + 60, "mx.example", 12, 0, true, true, { NULL }, STREAM_UNTRUSTED,
	  TLS_UNTRUSTED, 1 },
	/* all that is wrong is told */
	{ "DNS:mx.example", -9 * DAY, -DAY + 60, "other.example", 12, 0, true, true, { WRONG_PIN },
	  STREAM_UNTRUSTED, TLS_EXPIRED | TLS_WRONG_NAME | TLS_UNTRUSTED | TLS_PIN_MISMATCH, -1 },
	/* nobody verifies, but the time is told, and pins count */
	{ "DNS:mx.example", -9 * DAY, -DAY + 60, "other.example", 12, 0, false, true, { NULL }, STREAM_FINE, 0,
	  -1 },
	{ "DNS:mx.example", -DAY, DAY + 60, "other.example", 12, 0, false, true, { "" }, STREAM_FINE, 0, 1 },
	{ "DNS:mx.example", -DAY, DAY + 60, "mx.example", 12, 0, true, false, { WRONG_PIN, "" }, STREAM_FINE, 0,
	  1 },
	{ "DNS:mx.example", -DAY, DAY + 60, "mx.example", 12, 0, false, false, { WRONG_PIN },
	  STREAM_UNTRUSTED, TLS_PIN_MISMATCH, 1 },
	/* too old */
	{ "DNS:mx.example", -DAY, DAY + 60, "mx.example", 13, TLS1_2_VERSION, true, false, { NULL },
	  STREAM_BROKEN, 0, 0 },
	{ "DNS:mx.example", -DAY, DAY + 60, "mx.example", 12, TLS1_1_VERSION, true, false, { NULL },
	  STREAM_BROKEN, 0, 0 },
};

static void check_report(const struct row *row, const struct tls_report *report)
{
	bool is_old = row->max_version == TLS1_2_VERSION;

	ck_assert_int_eq(report->has_handshake, row->status != STREAM_BROKEN);
	ck_assert_uint_eq(report->problems, row->problems);
	if (!report->has_handshake)
		return;
	ck_assert(report->has_certificate);
	ck_assert_int_eq(report->was_verified, row->verifies);
	ck_assert_int_eq(report->days_left, row->days_left);
	ck_assert_int_eq(report->is_expired, row->days_left < 0);
	ck_assert_str_eq(report->version, is_old ? "TLSv1.2" : "TLSv1.3");
	ck_assert_str_eq(report->subject, "CN=a test");
	ck_assert_int_eq(strcasecmp(report->pin, pin), 0);
	ck_assert_int_eq(report->why[0] != '\0', (row->problems & TLS_UNTRUSTED) != 0);
}

START_TEST(judges_a_certificate)
{
	const struct row *row = &rows[_i];
	const char *pins[2] = { row->pins[0], row->pins[1] };
	struct tls_settings settings = { .ca_file = trusted_file, .min_version = row->min_version,
					 .verifies = row->verifies, .pins = pins };
	struct tls_target target = { .sni = row->name, .name = row->name };
	struct deadline deadline = deadline_from(now_us(), 5000);
	struct server server = { .key = key, .max_version = row->max_version };
	struct tls_context *context = tls_open(&settings);
	X509 *stranger = certify(other_key, "DNS:mx.example", -DAY, DAY);
	struct tls_report report = { .version = "" };
	struct tls *tls = NULL;
	struct fault fault = { .text = "" };
	int fd;

	server.certificate = certify(key, row->names, row->from_s, row->to_s);
	trust(row->is_stranger ? stranger : server.certificate);
	for (; settings.pin_count < 2 && pins[settings.pin_count] != NULL; settings.pin_count++) {
		if (pins[settings.pin_count][0] == '\0')
			pins[settings.pin_count] = pin;
	}
	fd = server_start(&server);
	ck_assert_msg(tls_start(context, fd, &target, &deadline, &tls, &report, &fault) == row->status, "%s",
		      fault.text);
	ck_assert_int_eq(fault.text[0] != '\0', row->status == STREAM_BROKEN);
	tls_end(tls);
	close(fd);
	pthread_join(server.thread, NULL);
	check_report(row, &report);
	/* RFC 6066 3: no address in SNI */
	if (report.has_handshake)
		ck_assert_str_eq(server.sni, strpbrk(row->name, "xe") != NULL ? row->name : "");
	tls_close(context);
	X509_free(server.certificate);
	X509_free(stranger);
}
END_TEST

/* RFC 6698, 7672: the record decides, and neither name nor chain. */
static const struct {
	struct tls_tlsa tlsa;
	bool is_wrong;
	enum stream_status status;
	unsigned problems;
	const char *matched;
} records[] = {
	{ { 3, 1, 1, digest, 32 }, false, STREAM_FINE, 0, "3 1 1" },
	{ { 3, 1, 1, digest, 32 }, true, STREAM_UNTRUSTED, TLS_TLSA_MISMATCH, "" },
	{ { 3, 1, 1, digest, 31 }, false, STREAM_FINE, 0, "" },		/* unusable */
};

START_TEST(dane_decides)
{
	struct tls_settings settings = { .min_version = 12 };
	struct tls_target target = { .sni = "mx.example", .name = "mx.example", .tlsa = &records[_i].tlsa,
				     .tlsa_count = 1 };
	struct deadline deadline = deadline_from(now_us(), 5000);
	struct server server = { .key = records[_i].is_wrong ? other_key : key };
	struct tls_context *context = tls_open(&settings);
	struct tls_report report = { .version = "" };
	struct tls *tls = NULL;
	struct fault fault = { .text = "" };
	int fd;

	server.certificate = certify(server.key, "DNS:other.example", -9 * DAY, -DAY);
	fd = server_start(&server);
	ck_assert_msg(tls_start(context, fd, &target, &deadline, &tls, &report, &fault) == records[_i].status,
		      "%s", fault.text);
	ck_assert_uint_eq(report.problems & TLS_TLSA_MISMATCH, records[_i].problems);
	ck_assert_str_eq(report.tlsa, records[_i].matched);
	ck_assert_int_eq(report.tlsa_unusable, records[_i].tlsa.len < 32);
	tls_end(tls);
	close(fd);
	pthread_join(server.thread, NULL);
	tls_close(context);
	X509_free(server.certificate);
}
END_TEST

static const struct {
	enum deed deed;
	bool is_early;
	int64_t deadline_ms;
	enum stream_status status;
	enum fault_kind kind;
} failures[] = {
	{ TALKS_CLEAR, false, 5000, STREAM_BROKEN, FAULT_PROTOCOL },
	{ TALKS_CLEAR, true, 5000, STREAM_EARLY, FAULT_PROTOCOL },
	{ CLOSES, false, 5000, STREAM_CLOSED, FAULT_NETWORK },
	{ IS_SILENT, false, 30, STREAM_LATE, FAULT_TIMEOUT },
};

START_TEST(tells_why_there_is_no_handshake)
{
	struct tls_settings settings = { .min_version = 12 };
	struct tls_target target = { .name = "mx.example" };
	struct deadline deadline = deadline_from(now_us(), failures[_i].deadline_ms);
	struct server server = { .deed = failures[_i].deed };
	struct tls_context *context = tls_open(&settings);
	struct tls_report report = { .version = "" };
	struct tls *tls = NULL;
	struct fault fault = { .text = "" };
	int fd = server_start(&server);

	if (failures[_i].is_early)
		ck_assert_int_eq(send(server.fd, "250", 3, MSG_NOSIGNAL), 3);
	ck_assert_int_eq(tls_start(context, fd, &target, &deadline, &tls, &report, &fault), failures[_i].status);
	ck_assert_int_eq(fault.kind, failures[_i].kind);
	ck_assert_str_ne(fault.text, "");
	ck_assert(!report.has_handshake && !report.has_certificate);
	tls_end(tls);
	close(fd);
	pthread_join(server.thread, NULL);
	tls_close(context);
}
END_TEST

/* ---- what is said in TLS ---- */

static const struct {
	bool leaves, hangs_up, is_over;
	enum stream_status status;	/* behind the words */
} talks[] = {
	{ true, false, false, STREAM_CLOSED },
	{ false, true, false, STREAM_CLOSED },
	{ false, false, false, STREAM_LATE },
	/* someone who never pauses does not outlast the deadline */
	{ false, false, true, STREAM_LATE },
};

START_TEST(a_stream_goes_on_in_tls)
{
	struct tls_settings settings = { .min_version = 12 };
	struct deadline deadline = deadline_from(now_us(), 5000);
	struct server server = { .key = key, .says = "220 mx\r\n", .leaves = talks[_i].leaves,
				 .hangs_up = talks[_i].hangs_up };
	struct connection connection = { .deadline = &deadline, .context = tls_open(&settings),
					 .target = { .name = "mx.example" } };
	struct stream *stream = &connection.stream;
	struct fault fault = { .text = "" };
	char to[16];
	size_t got = 0;

	server.certificate = certify(key, "DNS:mx.example", -DAY, DAY);
	connection.fd = server_start(&server);
	connection_open(&connection);
	ck_assert_int_eq(stream->start_tls(stream, &fault), STREAM_FINE);
	ck_assert(connection.report.has_handshake && !connection.report.was_verified);
	ck_assert_int_eq(stream->read(stream, to, 3, &got, &fault), STREAM_FINE);
	ck_assert_uint_eq(got, 3);
	if (talks[_i].is_over) {
		deadline = deadline_from(now_us(), -1);
	} else {
		ck_assert_int_eq(stream->read(stream, to + 3, sizeof to - 3, &got, &fault), STREAM_FINE);
		ck_assert_uint_eq(got, 5);
		ck_assert_mem_eq(to, "220 mx\r\n", 8);
	}
	if (talks[_i].status == STREAM_LATE && !talks[_i].is_over) {
		ck_assert_int_eq(stream->write(stream, slice_of("EHLO x\r\n"), &fault), STREAM_FINE);
		stream->hurry_us = now_us() + 20000;
	}
	ck_assert_int_eq(stream->read(stream, to, sizeof to, &got, &fault), talks[_i].status);
	connection_close(&connection);
	pthread_join(server.thread, NULL);
	tls_close(connection.context);
	X509_free(server.certificate);
}
END_TEST

/* ---- settings ---- */

static const struct {
	struct tls_settings settings;
	const char *fault;
} settings_rows[] = {
	{ { .min_version = 12, .ca_file = "/nonexistent/ca.pem" }, "--ca-file: /nonexistent/ca.pem" },
	{ { .min_version = 12, .ca_dir = "/nonexistent" }, "--ca-dir: /nonexistent" },
	{ { .min_version = 12, .cert_file = "/nonexistent/c.pem" }, "--cert: /nonexistent/c.pem" },
	{ { .min_version = 12, .ciphers = "none such" }, "--tls-ciphers: none such" },
};

START_TEST(settings_are_checked)
{
	struct tls_context *context = tls_open(&settings_rows[_i].settings);
	struct tls_target target = { .name = "mx.example" };
	struct deadline deadline = deadline_from(now_us(), 5000);
	struct tls_report report = { .version = "" };
	struct tls *tls = NULL;
	struct fault fault = { .text = "" }, again = { .text = "" };

	ck_assert(!tls_check(context, &fault));
	ck_assert_int_eq(fault.kind, FAULT_USAGE);
	ck_assert_msg(strstr(fault.text, settings_rows[_i].fault) == fault.text, "%s", fault.text);
	/* and nothing is done with them */
	ck_assert_int_eq(tls_start(context, -1, &target, &deadline, &tls, &report, &again), STREAM_BROKEN);
	ck_assert_str_eq(again.text, fault.text);
	tls_close(context);
}
END_TEST

static const struct {
	const char *word;
	bool good;
} pins[] = {
	{ "000102030405060708090a0b0c0d0e0f101112131415161718191A1B1C1D1E1F", true },
	{ "00:01:02:03:04:05:06:07:08:09:0a:0b:0c:0d:0e:0f:10:11:12:13:14:15:16:17:18:19:1a:1b:1c:1d:1e:1f",
	  true },
	{ "AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8=", true },
	{ "sha256//AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8=", true },
	{ "000102030405060708090a0b0c0d0e0f101112131415161718191a1b1c1d1e1", false },
	{ "000102030405060708090a0b0c0d0e0f101112131415161718191a1b1c1d1e1f0", false },
	{ "AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHg==", false },
	{ "", false },
	{ "sha256//", false },
};

START_TEST(reads_a_pin)
{
	uint8_t bytes[32];

	ck_assert_int_eq(tls_pin_parse(pins[_i].word, bytes), pins[_i].good);
	for (int i = 0; pins[_i].good && i < 32; i++)
		ck_assert_int_eq(bytes[i], i);
}
END_TEST

Suite *suite_tls(void);
Suite *suite_tls(void)
{
	Suite *suite = suite_create("tls");
	TCase *tcase = tcase_create("tls"), *words = tcase_create("words");

	tcase_add_checked_fixture(tcase, make_keys, free_keys);
	ADD_TABLE(tcase, judges_a_certificate, rows);
	ADD_TABLE(tcase, dane_decides, records);
	ADD_TABLE(tcase, tells_why_there_is_no_handshake, failures);
	ADD_TABLE(tcase, a_stream_goes_on_in_tls, talks);
	suite_add_tcase(suite, tcase);
	ADD_TABLE(words, settings_are_checked, settings_rows);
	ADD_TABLE(words, reads_a_pin, pins);
	suite_add_tcase(suite, words);
	return suite;
}
