/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "monitor/html.h"

#include <math.h>
#include <string.h>

#include "monitor/range.h"

enum { VALUE_MAX = 4000, KEY_MAX = 200, URL_MAX = 2000, DEPTH_MAX = 24 };

static const char *entity_of(char c)
{
	switch (c) {
	case '&':
		return "&amp;";
	case '<':
		return "&lt;";
	case '>':
		return "&gt;";
	case '"':
		return "&quot;";
	case '\'':
		return "&#39;";
	default:
		return NULL;
	}
}

/* Without the marks of foreign text: here, all of it is. */
static void add_unmarked(struct text *to, struct slice text)
{
	for (size_t i = 0; i < text.len; i++) {
		if (text.at[i] != TEXT_FOREIGN_BEGIN && text.at[i] != TEXT_FOREIGN_END)
			text_add_char(to, text.at[i]);
	}
}

void html_add_text(struct text *out, struct slice text, size_t most)
{
	struct text plain = { 0 }, harmless = { 0 };

	/* What is cut away anyway is not copied. */
	add_unmarked(&plain, (struct slice){ text.at, text.len < 2 * most ? text.len : 2 * most });
	text_add_foreign_most(&harmless, text_slice(&plain), most);
	out->failed = out->failed || text_failed(&plain) || text_failed(&harmless);
	for (const char *c = text_str(&harmless); *c != '\0'; c++) {
		const char *entity = entity_of(*c);

		if (entity != NULL)
			text_add(out, "%s", entity);
		else if (*c != TEXT_FOREIGN_BEGIN && *c != TEXT_FOREIGN_END)
			text_add_char(out, *c);
	}
	text_release(&plain);
	text_release(&harmless);
}

static struct slice slice_of_json(const json_t *string)
{
	return (struct slice){ json_string_value(string), json_string_length(string) };
}

void html_add_member(struct text *out, const json_t *object, const char *key, size_t most)
{
	const json_t *member = json_object_get(object, key);

	if (json_is_string(member))
		html_add_text(out, slice_of_json(member), most);
}

void html_add_link(struct text *out, const char *url)
{
	struct slice link = slice_of(url);

	if (!slice_starts(link, "https://") && !slice_starts(link, "http://"))
		return;
	text_add(out, "<a rel=\"noreferrer noopener\" href=\"");
	html_add_text(out, link, URL_MAX);
	text_add(out, "\">");
	html_add_text(out, link, URL_MAX);
	text_add(out, "</a>");
}

/* ---- any value ---- */

static void add_real(struct text *out, double value)
{
	if (isfinite(value))
		quantity_print(out, value);
}

static void add_scalar(struct text *out, const json_t *value)
{
	switch (json_typeof(value)) {
	case JSON_STRING:
		if (json_string_length(value) == 0)
			text_add(out, "<span class=\"none\">empty</span>");
		html_add_text(out, slice_of_json(value), VALUE_MAX);
		return;
	case JSON_INTEGER:
		text_add(out, "%" JSON_INTEGER_FORMAT, json_integer_value(value));
		return;
	case JSON_REAL:
		add_real(out, json_real_value(value));
		return;
	case JSON_TRUE:
		text_add(out, "yes");
		return;
	case JSON_FALSE:
		text_add(out, "no");
		return;
	case JSON_NULL:
	case JSON_ARRAY:
	case JSON_OBJECT:
		text_add(out, "<span class=\"none\">none</span>");
		return;
	}
}

static void add_value(struct text *out, const json_t *value, size_t *room, unsigned depth);

static void add_left_out(struct text *out, const char *element, size_t count)
{
	text_add(out, "<%s class=\"none\">%zu more %s left out</%s>", element, count,
		 count == 1 ? "is" : "are", element);
}

static void add_array(struct text *out, const json_t *array, size_t *room, unsigned depth)
{
	size_t i, count = json_array_size(array);
	json_t *item;

	text_add(out, "<ul>");
	json_array_foreach(array, i, item) {
		if (*room == 0) {
			add_left_out(out, "li", count - i);
			break;
		}
		text_add(out, "<li>");
		add_value(out, item, room, depth);
		text_add(out, "</li>");
	}
	text_add(out, "</ul>");
}

static void add_object(struct text *out, json_t *object, size_t *room, unsigned depth)
{
	size_t left = json_object_size(object);
	const char *key;
	json_t *member;

	text_add(out, "<dl>");
	json_object_foreach(object, key, member) {
		if (*room == 0)
			break;
		left--;
		text_add(out, "<div><dt>");
		html_add_text(out, slice_of(key), KEY_MAX);
		text_add(out, "</dt><dd>");
		add_value(out, member, room, depth);
		text_add(out, "</dd></div>");
	}
	if (left > 0) {
		text_add(out, "<div><dt>and</dt>");
		add_left_out(out, "dd", left);
		text_add(out, "</div>");
	}
	text_add(out, "</dl>");
}

static void add_value(struct text *out, const json_t *value, size_t *room, unsigned depth)
{
	if (*room > 0)
		--*room;
	if (depth == DEPTH_MAX)
		text_add(out, "<span class=\"none\">deeper than is shown</span>");
	else if (json_object_size(value) > 0)
		add_object(out, (json_t *)value, room, depth + 1);
	else if (json_array_size(value) > 0)
		add_array(out, value, room, depth + 1);
	else
		add_scalar(out, value);
}

void html_add_json(struct text *out, const json_t *value, size_t *room)
{
	add_value(out, value, room, 0);
}

/* ---- numbers ---- */

enum { BAR_WIDTH = 1000, BAR_HEIGHT = 10 };

struct scale {
	double low, high;
};

static double place(const struct scale *scale, double value)
{
	double share = (value - scale->low) / (scale->high - scale->low);

	return BAR_WIDTH * (share < 0 ? 0 : share > 1 ? 1 : share);
}

static void add_quantity(struct text *out, double value, const char *unit)
{
	static const char *const larger[] = { "KiB", "MiB", "GiB", "TiB" };
	size_t step = 0;

	add_real(out, value);
	if (*unit == '\0')
		return;
	text_add(out, strcmp(unit, "%") == 0 ? "%s" : "\u00a0%s", unit);
	if (strcmp(unit, "B") != 0 || value < 1024)
		return;
	for (value /= 1024; value >= 1024 && step + 1 < sizeof larger / sizeof *larger; step++)
		value /= 1024;
	text_add(out, " (%.1f\u00a0%s)", value, larger[step]);
}

static bool range_of(const json_t *item, const char *key, struct range *range)
{
	const char *word = json_string_value(json_object_get(item, key));

	return word != NULL && range_parse(slice_of(word), UNIT_NONE, range);
}

/* "critical above 10" */
static void add_alert(struct text *out, const char *state, const struct range *range)
{
	bool has_low = isfinite(range->low) && (range->shows_low || range->low != 0);
	bool has_high = isfinite(range->high);

	text_add(out, "; %s", state);
	if (!has_low && !has_high) {
		text_add(out, range->inside ? " always" : " never");
	} else if (range->inside) {
		text_add(out, " from ");
		add_real(out, range->low);
		text_add(out, " to ");
		add_real(out, range->high);
	} else if (!has_high) {
		text_add(out, " below ");
		add_real(out, range->low);
	} else {
		text_add(out, has_low ? " outside " : " above ");
		if (has_low) {
			add_real(out, range->low);
			text_add(out, " to ");
		}
		add_real(out, range->high);
	}
}

static void widen(struct scale *scale, double value)
{
	if (!isfinite(value))
		return;
	if (value < scale->low)
		scale->low = value;
	if (value > scale->high)
		scale->high = value;
}

static void add_rect(struct text *out, const char *what, double from, double to)
{
	if (to > from)
		text_add(out, "<rect class=\"%s\" x=\"%.0f\" y=\"0\" width=\"%.0f\" height=\"%d\"/>",
			 what, from, to - from, BAR_HEIGHT);
}

/* Where it alerts. */
static void add_zone(struct text *out, const char *state, const struct scale *scale,
		     const struct range *range)
{
	double from = isfinite(range->low) ? place(scale, range->low) : 0;
	double to = isfinite(range->high) ? place(scale, range->high) : BAR_WIDTH;

	if (range->inside) {
		add_rect(out, state, from, to);
		return;
	}
	add_rect(out, state, 0, from);
	add_rect(out, state, to, BAR_WIDTH);
}

static void add_bar(struct text *out, const struct scale *scale, double value,
		    const struct range *warning, const struct range *critical, const char *words)
{
	text_add(out, "<svg role=\"img\" viewBox=\"0 0 %d %d\" preserveAspectRatio=\"none\"><title>",
		 BAR_WIDTH, BAR_HEIGHT);
	text_add(out, "%s</title>", words);
	add_rect(out, "track", 0, BAR_WIDTH);
	if (warning != NULL)
		add_zone(out, "warning", scale, warning);
	if (critical != NULL)
		add_zone(out, "critical", scale, critical);
	text_add(out, "<rect class=\"value\" x=\"0\" y=\"3\" width=\"%.0f\" height=\"4\"/>"
		      "<rect class=\"value\" x=\"%.0f\" y=\"0\" width=\"6\" height=\"%d\"/></svg>",
		 place(scale, value), place(scale, value) * (BAR_WIDTH - 6) / BAR_WIDTH, BAR_HEIGHT);
}

void html_add_number(struct text *out, const json_t *item)
{
	double value = json_number_value(json_object_get(item, "value"));
	const json_t *min = json_object_get(item, "min"), *max = json_object_get(item, "max");
	const char *unit = json_string_value(json_object_get(item, "unit"));
	struct scale scale = { .low = value, .high = value };
	struct range warning, critical;
	bool warns = range_of(item, "warn", &warning), alarms = range_of(item, "crit", &critical);
	struct text words = { 0 };

	/* Our own units are no more than a letter. */
	if (unit == NULL || strlen(unit) > 1 || entity_of(unit[0]) != NULL)
		unit = "";
	text_add(out, "<div><dt>");
	html_add_member(out, item, "label", KEY_MAX);
	text_add(out, "</dt><dd><span class=\"number\">");
	add_quantity(out, value, unit);
	text_add(out, "</span>");
	if (warns || alarms || json_is_number(max)) {
		widen(&scale, json_is_number(min) ? json_number_value(min) : 0);
		if (warns)
			widen(&scale, warning.low), widen(&scale, warning.high);
		if (alarms)
			widen(&scale, critical.low), widen(&scale, critical.high);
		/* Without an end, there is to be something behind the last threshold. */
		scale.high += json_is_number(max) ? 0 : (scale.high - scale.low) / 3;
		if (json_is_number(max))
			widen(&scale, json_number_value(max));
		if (scale.high <= scale.low)
			scale.high = scale.low + 1;
		add_real(&words, scale.low);
		text_add(&words, " to ");
		add_real(&words, scale.high);
		if (warns)
			add_alert(&words, "warning", &warning);
		if (alarms)
			add_alert(&words, "critical", &critical);
		add_bar(out, &scale, value, warns ? &warning : NULL, alarms ? &critical : NULL,
			text_str(&words));
		text_add(out, "<span class=\"scale\">%s</span>", text_str(&words));
	}
	text_add(out, "</dd></div>");
	out->failed = out->failed || text_failed(&words);
	text_release(&words);
}
