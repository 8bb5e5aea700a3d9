/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef MAILPATH_MONITOR_HTML_H
#define MAILPATH_MONITOR_HTML_H

#include <jansson.h>

#include "base/text.h"

/* Pieces of a page, each from values that may be anybody's. */

/* Text, cut to `most` bytes before it is escaped: what text_add_foreign() replaces is
 * replaced, marks are left out, and & < > " ' are entities, so that it is text between
 * elements and in quoted attributes alike. */
void html_add_text(struct text *out, struct slice text, size_t most);

/* The same for a member of an object; nothing where it is no string. */
void html_add_member(struct text *out, const json_t *object, const char *key, size_t most);

/* A link, where `url` is http or https; nothing where it is not. It opens without telling
 * where it was found. */
void html_add_link(struct text *out, const char *url);

/* Any value as nested lists. `room` is how many values may still be shown; what is left
 * out is said. */
void html_add_json(struct text *out, const json_t *value, size_t *room);

/* One item of perfdata (of the JSON output): label, value, and, where it has a threshold or
 * a maximum, a bar, with the same in words. */
void html_add_number(struct text *out, const json_t *item);

/* The style of the page. */
extern const char html_style[];

#endif
