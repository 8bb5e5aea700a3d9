/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef MAILPATH_MAIL_RDNS_GENERIC_H
#define MAILPATH_MAIL_RDNS_GENERIC_H

#include "base/domain.h"
#include "base/ip.h"

/* Does a name look like those that providers give to all of their addresses? Many
 * receivers refuse mail from such hosts, or mark it. */

enum rdns_generic {
	RDNS_OWN_NAME,
	RDNS_HAS_ADDRESS,	/* the address stands in it, or most of it */
	RDNS_HAS_WORD,		/* a word such as dyn, dsl or pool does */
	RDNS_OF_PROVIDER,	/* it stands below a name under which all are such */
};

/* `sign` is what shows it: "192-0-2-25", "dsl", "bc.googleusercontent.com". */
enum rdns_generic rdns_generic(const struct domain *name, const struct ip *ip, struct domain *sign);

#endif
