/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "mail/queue_mta.h"

const struct queue_mta queue_sendmail = {
	.name = "sendmail",
	.title = "Sendmail",
};
