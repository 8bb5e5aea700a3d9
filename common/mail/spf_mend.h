/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef MAILPATH_MAIL_SPF_MEND_H
#define MAILPATH_MAIL_SPF_MEND_H

#include "base/ip.h"
#include "base/text.h"
#include "mail/spf_record.h"

/* Records to publish instead of such as are wrong. What is proposed passes
 * spf_record_check(), and allows what the old ones were meant to allow. */

/* From records, one a line, misspelt ones too, make one: what is misspelt is
 * corrected or left out, what is said twice, is not reached, or is ptr goes, what
 * `add` names (NULL: nothing) is allowed, and the first "all" of them ends it; where
 * there is none, `end`. */
void spf_mend(struct slice records, const struct ip *add, const char *end, struct text *record);

#endif
