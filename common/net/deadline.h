/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef MAILPATH_NET_DEADLINE_H
#define MAILPATH_NET_DEADLINE_H

#include <stdbool.h>
#include <stdint.h>

/* When everything must be over, by a clock that nobody sets (microseconds). */
struct deadline {
	int64_t at_us;
};

int64_t now_us(void);
struct deadline deadline_from(int64_t begun_us, int64_t ms);
bool deadline_passed(const struct deadline *deadline);

/* How long poll() may wait for the earlier of `until_us` and the deadline:
 * milliseconds, rounded up, 0 when that has passed. */
int deadline_poll_ms(const struct deadline *deadline, int64_t until_us);

#endif
