/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef MAILPATH_MAIL_ADDRESS_H
#define MAILPATH_MAIL_ADDRESS_H

#include "base/fault.h"
#include "base/slice.h"

enum { ADDRESS_MAX = 254 };	/* octets: RFC 5321 4.5.3.1.3, without the brackets */

/* A mail address as it is said to a server. */
struct address {
	char text[ADDRESS_MAX + 1];
	bool needs_utf8;	/* only by SMTPUTF8 (RFC 6531) */
};

/* Read what somebody typed. Where the part before the '@' is ASCII, a domain in
 * UTF-8 becomes its A-labels (RFC 5890 2.3.2.1), which every server takes; else the
 * domain stays as it is, and the address needs SMTPUTF8. The fault says what is
 * wrong without repeating the address. */
bool address_parse(struct slice word, struct address *address, struct fault *fault);

#endif
