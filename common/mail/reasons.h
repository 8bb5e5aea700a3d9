/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef MAILPATH_MAIL_REASONS_H
#define MAILPATH_MAIL_REASONS_H

#include "base/reason.h"

/* The catalogue that all plugins share: what can be wrong with mail, who can
 * mend it, and how. --list-reasons, the manuals and the schema come from it. A
 * row with a NULL id ends it. */
extern const struct reason mail_reasons[];

#endif
