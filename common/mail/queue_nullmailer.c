/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "mail/queue_mta.h"

const struct queue_mta queue_nullmailer = {
	.name = "nullmailer",
	.title = "nullmailer",
};
