/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "mail/public_name.h"

#include <string.h>

#include "mail/dnsbl.h"
#include "mail/reasons.h"

/* Where the replies of large receivers and of lists lead, and where reports say they do. */
static const char *const others[] = {
	"gmail.com", "google.com", "support.google.com", "outlook.com", "sendersupport.olc.protection.outlook.com",
	"spamhaus.org", "www.spamhaus.org", "psbl.org", "spamcop.net", "abusix.com", "www.spfbl.net",
	"postgrey.schweikert.ch", "www.openspf.org", "www.rfc-editor.org", "datatracker.ietf.org", NULL,
};

static bool is_at(const char *text, struct slice name, const char *ends)
{
	size_t len = strcspn(text, ends);

	return len > 0 && slice_same_nocase((struct slice){ text, len }, name);
}

/* The host of the first URL in a text. */
static bool is_host_of(const char *text, struct slice name)
{
	const char *found = text != NULL ? strstr(text, "://") : NULL;

	return found != NULL && is_at(found + 3, name, "/?#: ");
}

bool public_name_is_known(struct slice name)
{
	for (const struct dnsbl_list *list = dnsbl_lists; list->spec != NULL; list++) {
		if (is_at(list->spec, name, "=&* ") || is_host_of(list->spec, name))
			return true;
	}
	for (const struct dnsbl_dead *dead = dnsbl_dead_lists; dead->zone != NULL; dead++) {
		if (is_at(dead->zone, name, ""))
			return true;
	}
	for (const struct reason *reason = mail_reasons; reason->id != NULL; reason++) {
		if (is_host_of(reason->read, name))
			return true;
	}
	for (const char *const *other = others; *other != NULL; other++) {
		if (is_at(*other, name, ""))
			return true;
	}
	return false;
}
