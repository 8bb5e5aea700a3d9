/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "log.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	log_fuzz(&log_sendmail, data, size);
	return 0;
}
