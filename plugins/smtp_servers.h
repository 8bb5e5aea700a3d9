/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef MAILPATH_PLUGINS_SMTP_SERVERS_H
#define MAILPATH_PLUGINS_SMTP_SERVERS_H

#include "frame.h"
#include "mail/smtp.h"
#include "mail/tlsa.h"
#include "net/connection.h"
#include "net/tcp.h"

/* The mail servers of check_smtp_send: found, walked side by side, judged. */

enum smtp_policy { SMTP_POLICY_ALL, SMTP_POLICY_ANY, SMTP_POLICY_PRIMARY };

/* What check_smtp_send is told to do; words are borrowed. */
struct smtp_settings {
	const char *host, *exchangers;		/* -H, --mx */
	enum smtp_policy policy;
	uint16_t port;
	const char *source;
	struct tcp_settings tcp;

	const char *last_word;			/* --stop-after */
	const char *from;
	struct words to;
	bool has_from, sends;

	bool has_tls_word, is_dane;
	bool has_no_verify;
	const char *sni, *tls_name, *days;	/* -D */
	struct tls_settings tls;
	struct words pins;

	const char *password_file, *token_file, *password;
	char *secret;				/* owned */
	const char *mechanism;
	const char *expected_auth, *negative;
	bool forbids_clear_auth, is_negative;

	bool is_egress;
	struct words egress_targets, egress_controls;

	const char *expect, *required, *forbidden, *helo;
	uint64_t size;

	struct smtp_plan plan;
	struct message message, message_7bit;
	struct tls_context *context;
};

enum { SERVERS_MAX = 64, ADDRESSES_MAX = 8, TLSA_MAX = 8 };

/* What the DNS said of a server's TLSA records. */
enum server_dane {
	DANE_NOT_ASKED,
	DANE_SECURE,		/* there are some, and they are signed */
	DANE_NONE,
	DANE_INSECURE,		/* there are some, but not signed */
	DANE_UNDECIDED,		/* the resolver's word on signatures does not count */
	DANE_FAILED,		/* no usable answer */
};

struct server {
	char label[DOMAIN_MAX + ENDPOINT_TEXT + 4];	/* "mx.test[192.0.2.1]:25" */
	struct domain host;			/* "" for an address or a path */
	const char *path;			/* of a UNIX socket */
	bool is_name_secure;			/* the MX that names it is signed, or it was given */
	bool is_address_secure;			/* signed, or from here */
	uint16_t preference;			/* of the MX */
	bool is_lost;				/* it has no address: not walked */
	bool is_control;			/* of --egress: not port 25 is in question */
	struct endpoint peers[ADDRESSES_MAX];
	size_t peer_count;
	enum server_dane dane;
	size_t tlsa_found;			/* signed records, and */
	struct tlsa tlsa[TLSA_MAX];		/* those of them that can be used */
	size_t tlsa_count;
	struct domain tlsa_base;		/* whose they are: the host, or where its alias ends */

	enum tcp_outcome outcome;
	struct fault fault;
	struct tcp tcp;
	struct smtp_walk walk;
	struct tls_report tls;
	bool is_cut;				/* no memory for all of it */
	bool is_failed;				/* set when judged */
};

struct servers {
	struct server *at;
	size_t count;
	int64_t dns_us;
	bool asked_dns, has_too_many;
};

/* Find them; what cannot be found becomes findings. */
void servers_find(struct servers *servers, const struct smtp_settings *settings,
		  struct frame *frame);
/* Walk all of them at once. */
void servers_walk(struct servers *servers, const struct smtp_settings *settings,
		  struct frame *frame);
/* Did the servers that offer no STARTTLS publish TLSA records? */
void servers_seek_evidence(struct servers *servers, const struct smtp_settings *settings,
			   struct frame *frame);
void servers_judge(struct servers *servers, const struct smtp_settings *settings,
		   struct frame *frame);
/* --egress: connect to all targets and controls, and judge the way out. */
bool egress_check(const struct smtp_settings *settings, struct fault *fault);
void egress_probe(struct servers *servers, const struct smtp_settings *settings,
		  struct frame *frame);
/* The addresses of a host, each as a server; false: there are none, and a finding. */
bool servers_add_host(struct servers *servers, const char *word, uint16_t port, bool is_control,
		      struct frame *frame);
void servers_drop_families(struct servers *servers, struct frame *frame);
void servers_release(struct servers *servers);

#endif
