/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "net/deadline.h"

#include <time.h>

int64_t now_us(void)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	return (int64_t)now.tv_sec * 1000000 + now.tv_nsec / 1000;
}

struct deadline deadline_from(int64_t begun_us, int64_t ms)
{
	return (struct deadline){ begun_us + ms * 1000 };
}

bool deadline_passed(const struct deadline *deadline)
{
	return now_us() >= deadline->at_us;
}

int deadline_poll_ms(const struct deadline *deadline, int64_t until_us)
{
	enum { LONGEST_MS = 60000 };
	int64_t end = until_us < deadline->at_us ? until_us : deadline->at_us;
	int64_t left_ms = (end - now_us() + 999) / 1000;

	if (left_ms <= 0)
		return 0;
	return left_ms < LONGEST_MS ? (int)left_ms : LONGEST_MS;
}
