/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "mail/reasons.h"

#include <stddef.h>

static const char rfc5782[] = "https://www.rfc-editor.org/rfc/rfc5782";
static const char rfc6471[] = "https://www.rfc-editor.org/rfc/rfc6471";
static const char rfc6890[] = "https://www.rfc-editor.org/rfc/rfc6890";
static const char rfc7505[] = "https://www.rfc-editor.org/rfc/rfc7505";
static const char rfc8020[] = "https://www.rfc-editor.org/rfc/rfc8020";

const struct reason mail_reasons[] = {
	/* the run itself */
	{ "threshold", "a number is outside the range that was given for it",
	  "you", "look at what the number counts; if it is normal here, change -w or -c", NULL, NULL },
	{ "timeout", "the run was cut off by --timeout before it was through",
	  "you", "see what was waited for; if it is merely slow, raise --timeout", NULL, NULL },
	{ "secret_exposed", "a file with secrets can be read by everybody",
	  "you", "chmod o-r the file, and change the secret if others use this machine", NULL, NULL },

	/* the DNS, as seen from here */
	{ "resolver_silent", "no question of this run was answered by the resolver",
	  "you", "start the resolver, open port 53 (UDP and TCP) towards it, or name another one "
	  "with --resolver", NULL, NULL },
	{ "resolver_refuses", "the resolver refuses to answer us",
	  "you", "allow this machine in the resolver's access list, or name another one with "
	  "--resolver", NULL, NULL },
	{ "resolver_rewrites", "the resolver answers for names that do not exist",
	  "you or your provider", "use a resolver that does not rewrite NXDOMAIN: best one of your "
	  "own", rfc8020, NULL },
	{ "dns_no_host", "the DNS has no such host",
	  "you", "correct the name, or publish its address", NULL, NULL },
	{ "dns_temporary", "the DNS gave no usable answer",
	  "you", "try again; if it lasts, ask the name's own servers and the resolver's log why", NULL,
	  NULL },
	{ "null_mx", "the domain says that it takes no mail",
	  "the receiver", "a null MX is meant: name the host whose address you want to know about",
	  rfc7505, NULL },
	{ "address_not_public", "nobody outside sees this address",
	  "you", "name the address that your mail is sent from, as others see it", rfc6890, NULL },

	{ "too_many_targets", "there is more to look at than is allowed",
	  "you", "name fewer, or raise --max-targets", NULL, NULL },

	/* blocklists */
	{ "dnsbl_listed", "it is on a blocklist, and receivers refuse or mark its mail",
	  "you, then the list", "find out why and stop that first; then ask the list for removal",
	  rfc5782, "listed" },
	{ "dnsbl_info", "a list without judgement knows it",
	  "nobody", NULL, rfc5782, NULL },
	{ "dnsbl_allowed", "an allow list speaks well of it",
	  "nobody", NULL, rfc5782, NULL },
	{ "dnsbl_clean", "a list was asked and does not have it",
	  "nobody", NULL, rfc5782, NULL },
	{ "dnsbl_skipped", "a list or an address was left out: there was nothing that fits",
	  "nobody", NULL, NULL, NULL },
	{ "dnsbl_not_asked", "no list could say anything about this",
	  "you", "choose lists that work and are for this kind: with IPv6 for an IPv6 address; for a "
	  "domain itself --domain NAME, with --profile domain", NULL, NULL },
	{ "dnsbl_refused", "the list refuses to answer this resolver",
	  "you", "run a resolver of your own, or register it with the list", rfc6471, NULL },
	{ "dnsbl_dead", "the list is dead, or does not have the entry that every list must have",
	  "you", "take it out with --exclude; if it lives elsewhere, the resolver may be filtered or "
	  "use strict QNAME minimisation", rfc6471, NULL },
	{ "dnsbl_wildcard", "the list answers for everything, so its answers mean nothing",
	  "you", "take it out with --exclude: its domain has probably expired", rfc6471, NULL },
	{ "dnsbl_outside_127", "what answers is no list: the answer lies outside 127.0.0.0/8",
	  "you", "take it out with --exclude if its domain was sold; if all lists say this, the "
	  "resolver rewrites answers", rfc5782, NULL },
	{ "dnsbl_servfail", "the list's servers are broken, or a validating resolver rejects them",
	  "the list", "if it lasts, take it out with --exclude", NULL, NULL },
	{ "dnsbl_timeout", "the list does not answer",
	  "the list", "if it lasts, take it out with --exclude", NULL, NULL },
	{ "dnsbl_garbled", "what came was no answer to the question",
	  "you or your provider", "look for a middlebox or a broken resolver between here and the "
	  "list", NULL, NULL },
	{ "dnsbl_code_unknown", "the list answered a code that it has not published",
	  "the list", "read what the list says of this code; name the codes that count with "
	  "-z ZONE=CODES", NULL, NULL },
	{ "dnsbl_too_few_healthy", "too few lists work to say that all is well",
	  "you", "see why the others do not work, or lower --min-healthy", NULL, NULL },

	{ NULL, NULL, NULL, NULL, NULL, NULL },
};
