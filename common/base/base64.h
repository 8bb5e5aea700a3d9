/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef MAILPATH_BASE_BASE64_H
#define MAILPATH_BASE_BASE64_H

#include "base/text.h"

/* Append the bytes in base64 with padding and without line breaks (RFC 4648 4). */
void base64_add(struct text *text, struct slice bytes);

/* Append what the base64 stands for. False, and nothing is appended: it is none
 * (a foreign character, a wrong length, padding that is no padding). */
bool base64_decode(struct slice encoded, struct text *bytes);

#endif
