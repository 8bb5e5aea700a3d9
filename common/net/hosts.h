/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef MAILPATH_NET_HOSTS_H
#define MAILPATH_NET_HOSTS_H

#include "base/domain.h"
#include "base/ip.h"

/* The addresses that /etc/hosts has for a name, at most `most`: how many. */
size_t hosts_find(const struct domain *name, struct ip *ips, size_t most);

/* The same, in the bytes of such a file (hosts(5)). */
size_t hosts_read(struct slice bytes, const struct domain *name, struct ip *ips, size_t most);

#endif
