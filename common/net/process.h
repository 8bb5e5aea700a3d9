/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef MAILPATH_NET_PROCESS_H
#define MAILPATH_NET_PROCESS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/fault.h"
#include "base/text.h"

/* The first thing in main: no core and no debugger sees our secrets, and
 * descriptors 0 to 2 are open, so that no socket becomes standard output.
 * SIGPIPE is ignored: writing fails instead. */
void process_harden(void);

/* The name of this host, as far as it fits. */
bool process_host_name(char *name, size_t size);

/* A secret from the environment, which is overwritten there; NULL: there is none.
 * The caller wipes and frees it. */
char *process_take_secret(const char *variable);

/* Started as root: become the owner of an open folder or file (O_PATH will do), its group
 * alone, before reading what others wrote there. What is root's own is read as root, but without root's
 * power over the files of others. Anybody else, and who has become
 * one before, stays who he is. False: it could not
 * be done, and the fault says why. */
bool process_become_owner(int fd, struct fault *fault);

enum process_part { PROCESS_CHILD, PROCESS_PARENT, PROCESS_ALONE };

/* Go on as two: the child, whose standard output is a pipe; and the parent, once the child
 * has ended, with all that it printed and its exit code (-1: it was killed). ALONE: there
 * is no second process, and the fault says why. Not where threads run. */
enum process_part process_split(struct text *output, int *code, struct fault *fault);

bool process_is_root(void);

/* How far the local time is ahead of UTC, seconds. */
long process_utc_offset(void);

/* When the local time began to be `offset` ahead of UTC, and how far it was before that
 * (summer time); false: it did not change in the year before `time`. */
bool process_utc_offset_at(int64_t time, long *offset, int64_t *changed, long *before);

bool process_random(void *to, size_t size);

#endif
