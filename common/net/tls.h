/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef MAILPATH_NET_TLS_H
#define MAILPATH_NET_TLS_H

#include "base/fault.h"
#include "base/slice.h"
#include "base/stream.h"
#include "net/deadline.h"

/* TLS by OpenSSL: handshakes, and all that certificates tell (RFC 8446, 9525,
 * 7672). */

/* A TLSA record (RFC 6698 2.1). */
struct tls_tlsa {
	uint8_t usage, selector, matching;
	const uint8_t *data;
	size_t len;
};

struct tls_settings {
	const char *ca_file, *ca_dir;		/* NULL: the system's */
	const char *cert_file, *key_file;	/* of the client, or NULL; the key may stand in
						 * the first one */
	const char *ciphers;			/* OpenSSL's words, or NULL */
	int min_version;			/* 10 to 13: TLS 1.0 to 1.3 */
	bool verifies;				/* chain and name */
	const char *const *pins;		/* SHA-256 of the public key, hexadecimal or base64 */
	size_t pin_count;
};

/* What all connections of a run share. Opened at the first handshake, unless
 * tls_check() was called before; may be used by several threads at once. */
struct tls_context;

struct tls_context *tls_open(const struct tls_settings *settings);	/* NULL: out of memory */
/* Can the files and words of the settings be used? */
bool tls_check(struct tls_context *context, struct fault *fault);
void tls_close(struct tls_context *context);

/* What is wrong with a certificate. */
enum tls_problem {
	TLS_EXPIRED = 1,
	TLS_NOT_YET_VALID = 2,
	TLS_WRONG_NAME = 4,
	TLS_UNTRUSTED = 8,	/* the chain ends nowhere, or is broken */
	TLS_PIN_MISMATCH = 16,
	TLS_TLSA_MISMATCH = 32,
};

struct tls_report {
	bool has_handshake;
	char version[16], cipher[64];
	bool has_certificate;
	unsigned problems;		/* enum tls_problem, together; 0 if nobody verified */
	bool was_verified;
	bool is_expired;		/* even if nobody verified */
	int64_t days_left;		/* of the chain's certificate that expires first */
	char expires[32];		/* "2026-12-24 12:00 UTC" */
	bool leaf_expires_first;
	char subject[256], issuer[256], names[256];
	char expiring[256];		/* the subject of the one that expires first */
	char why[256];			/* OpenSSL's words for TLS_UNTRUSTED */
	char pin[65];			/* SHA-256 of the public key */
	bool tlsa_unusable;		/* OpenSSL took none of the TLSA records */
	char tlsa[16];			/* "3 1 1": the record that matched */
};

/* For one connection. */
struct tls_target {
	const char *sni;	/* or NULL */
	const char *name;	/* that the certificate must have: a name or an address */
	const char *other_name;	/* or this one, with TLSA records; or NULL */
	const struct tls_tlsa *tlsa;	/* with these, DANE decides */
	size_t tlsa_count;
};

struct tls;	/* a connection with TLS */

/* The handshake; the report is filled as far as it came. */
enum stream_status tls_start(struct tls_context *context, int fd, const struct tls_target *target,
			     const struct deadline *deadline, struct tls **tls,
			     struct tls_report *report, struct fault *fault);
enum stream_status tls_read(struct tls *tls, char *to, size_t size, size_t *got,
			    const struct deadline *deadline, struct fault *fault);
enum stream_status tls_write(struct tls *tls, struct slice bytes, const struct deadline *deadline,
			     struct fault *fault);
void tls_end(struct tls *tls);

/* SHA-256 of a public key as --pin-sha256 takes it: 64 hexadecimal digits, with or
 * without colons, or base64. */
bool tls_pin_parse(const char *word, uint8_t pin[32]);

#endif
