/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "queue.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	queue_fuzz(&queue_opensmtpd, data, size);
	return 0;
}
