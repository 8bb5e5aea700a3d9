/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef MAILPATH_NET_PROCESS_H
#define MAILPATH_NET_PROCESS_H

/* The first thing in main: no core and no debugger sees our secrets, and
 * descriptors 0 to 2 are open, so that no socket becomes standard output.
 * SIGPIPE is ignored: writing fails instead. */
void process_harden(void);

#endif
