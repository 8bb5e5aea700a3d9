/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef MAILPATH_MAIL_PUBLIC_NAME_H
#define MAILPATH_MAIL_PUBLIC_NAME_H

#include "base/slice.h"

/* Is this the name of a blocklist of the table, of a page that the tables of lists and
 * reasons lead to, or of another that receivers send everybody to? It tells nothing about
 * who met it. Only the name itself: what stands below a list's zone may be an address. */
bool public_name_is_known(struct slice name);

#endif
