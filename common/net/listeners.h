/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef MAILPATH_NET_LISTENERS_H
#define MAILPATH_NET_LISTENERS_H

#include "base/ip.h"

/* On which addresses of this machine somebody listens at a TCP port, at most `most`: how
 * many. All addresses of a family are 0.0.0.0 and ::. */
size_t listeners_find(uint16_t port, struct ip *ips, size_t most);

/* The same, in the bytes of the kernel's table (/proc/net/tcp or tcp6, proc(5)). */
size_t listeners_read(struct slice bytes, uint16_t port, struct ip *ips, size_t most);

/* Is who listens there reached at this address, too? */
bool listeners_serves(const struct ip *listener, const struct ip *ip);

/* Is it an address of this machine? */
bool listeners_has_address(const struct ip *ip);

#endif
