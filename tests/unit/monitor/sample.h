/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef MAILPATH_TESTS_SAMPLE_H
#define MAILPATH_TESTS_SAMPLE_H

#include "monitor/plugin.h"

/* A plugin that does not exist, for the tests of the monitor room. */

static const struct reason sample_reasons[] = {
	{ "threshold", "a number is out of its range", "you", "look", NULL, NULL },
	{ "listed_there", "it is listed", "you", "be good", "https://read.example/", "listed" },
	{ "key_weak", "a key is weak", "you", "make a new one", NULL, "bits" },
	{ "broken", "it is broken", "you", "mend it", NULL, NULL },
	{ "fine", "all is well", "nobody", NULL, NULL, NULL },
	{ NULL, NULL, NULL, NULL, NULL, NULL },
};

static const struct metric_row sample_metrics[] = {
	{ "listed", "Lists.", UNIT_NONE, NULL, "0" },
	{ "score", "Score.", UNIT_NONE, NULL, NULL, .can_be_negative = true },
	{ "bits", "Bits of a key.", UNIT_NONE, "2048:", "1024:", .has_subjects = true },
	{ "age", "Age.", UNIT_SECONDS, "3600", NULL },
	{ "size", "Size.", UNIT_BYTES, NULL, NULL },
	{ "reason", "For this reason.", UNIT_NONE, NULL, NULL, .has_subjects = true,
	  .counts_reasons = true },
	{ NULL, NULL, UNIT_NONE, NULL, NULL },
};

static const struct plugin sample_plugin = {
	.name = "check_sample",
	.service = "SAMPLE",
	.purpose = "is it a sample?",
	.usage = "-H HOST",
	.metrics = sample_metrics,
	.reasons = sample_reasons,
};

#endif
