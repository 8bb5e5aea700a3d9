/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "mail/log_stamp.h"

#include <string.h>

enum { DAY = 86400, HOUR = 3600, LEAP_YEAR = 2000 };

/* ---- days */

static bool is_leap(int64_t year)
{
	return year % 4 == 0 && (year % 100 != 0 || year % 400 == 0);
}

static unsigned days_in(int64_t year, unsigned month)
{
	static const unsigned char days[] = { 31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31 };

	return days[month - 1] + (month == 2 && is_leap(year));
}

/* From 1970-01-01 to the first of January. */
static int64_t days_before_year(int64_t year)
{
	int64_t last = year - 1;

	return 365 * (year - 1970) + (last / 4 - 492) - (last / 100 - 19) + (last / 400 - 4);
}

static int64_t days_before(int64_t year, unsigned month, unsigned day)
{
	int64_t days = days_before_year(year) + day - 1;

	for (unsigned m = 1; m < month; m++)
		days += days_in(year, m);
	return days;
}

static int64_t year_of(int64_t time)
{
	int64_t year = 1970 + time / DAY * 400 / 146097;

	while (days_before_year(year) * DAY > time)
		year--;
	while (days_before_year(year + 1) * DAY <= time)
		year++;
	return year;
}

/* ---- reading */

struct reader {
	struct slice line;
	size_t at;
};

static bool is_digit(char c)
{
	return c >= '0' && c <= '9';
}

static char peek(const struct reader *r)
{
	return r->at < r->line.len ? r->line.at[r->at] : '\0';
}

static bool take(struct reader *r, char c)
{
	if (peek(r) != c)
		return false;
	r->at++;
	return true;
}

/* Exactly so many digits; no more than `most`. */
static bool number(struct reader *r, unsigned digits, unsigned most, unsigned *value)
{
	*value = 0;
	for (unsigned i = 0; i < digits; i++, r->at++) {
		if (!is_digit(peek(r)))
			return false;
		*value = *value * 10 + (unsigned)(r->line.at[r->at] - '0');
	}
	return *value <= most;
}

/* "16:02:11"; a second of 60 is a leap second. */
static bool clock_of(struct reader *r, int64_t *seconds)
{
	unsigned hour, minute, second;

	if (!(number(r, 2, 23, &hour) && take(r, ':') && number(r, 2, 59, &minute) && take(r, ':') &&
	      number(r, 2, 60, &second)))
		return false;
	*seconds = hour * HOUR + minute * 60 + second;
	return true;
}

static void skip_fraction(struct reader *r)
{
	if (!take(r, '.') && !take(r, ','))
		return;
	while (is_digit(peek(r)))
		r->at++;
}

/* "Z", "+01:00", "+0100"; false: there is none. */
static bool zone_of(struct reader *r, struct log_stamp *stamp)
{
	struct reader begin = *r;
	unsigned hours, minutes;
	int sign = 1;

	if (take(r, 'Z')) {
		stamp->zone = 0;
		return true;
	}
	if (!take(r, '+')) {
		sign = -1;
		if (!take(r, '-'))
			return false;
	}
	if (!number(r, 2, 23, &hours)) {
		*r = begin;
		return false;
	}
	take(r, ':');
	if (!number(r, 2, 59, &minutes)) {
		*r = begin;
		return false;
	}
	stamp->zone = sign * (int)(hours * HOUR + minutes * 60);
	return true;
}

static bool is_end(const struct reader *r)
{
	return r->at >= r->line.len || peek(r) == ' ' || peek(r) == '\t' || peek(r) == '\r';
}

static bool iso(struct reader *r, struct log_stamp *stamp)
{
	unsigned year, month, day;
	struct reader before_zone;
	int64_t seconds;
	bool is_rfc3339;

	if (!(number(r, 4, 9999, &year) && take(r, '-') && number(r, 2, 12, &month) && take(r, '-') &&
	      number(r, 2, 31, &day)))
		return false;
	is_rfc3339 = take(r, 'T');
	if (!is_rfc3339 && !take(r, ' '))
		return false;
	if (year < 1970 || month < 1 || day < 1 || day > days_in(year, month) || !clock_of(r, &seconds))
		return false;
	skip_fraction(r);
	stamp->wall = days_before(year, month, day) * DAY + seconds;
	stamp->has_year = true;
	before_zone = *r;
	if (!is_rfc3339)
		take(r, ' ');
	stamp->has_zone = zone_of(r, stamp) && is_end(r);
	if (!stamp->has_zone) {
		*r = before_zone;
		stamp->zone = 0;
	}
	stamp->month = (uint8_t)month;
	stamp->day = (uint8_t)day;
	return is_end(r);
}

static bool month_of(struct reader *r, unsigned *month)
{
	static const char names[] = "JanFebMarAprMayJunJulAugSepOctNovDec";

	if (r->line.len < r->at + 3)
		return false;
	for (*month = 1; *month <= 12; ++*month) {
		if (memcmp(names + (*month - 1) * 3, r->line.at + r->at, 3) == 0) {
			r->at += 3;
			return true;
		}
	}
	return false;
}

static bool traditional(struct reader *r, struct log_stamp *stamp)
{
	unsigned month, day;
	int64_t seconds;

	if (!(month_of(r, &month) && take(r, ' ')))
		return false;
	if (!(take(r, ' ') ? number(r, 1, 9, &day) : number(r, 2, 31, &day)))
		return false;
	if (!take(r, ' ') || day < 1 || day > days_in(LEAP_YEAR, month) || !clock_of(r, &seconds))
		return false;
	skip_fraction(r);
	stamp->wall = (days_before(LEAP_YEAR, month, day) - days_before_year(LEAP_YEAR)) * DAY + seconds;
	stamp->zone = 0;
	stamp->has_year = stamp->has_zone = false;
	stamp->month = (uint8_t)month;
	stamp->day = (uint8_t)day;
	return is_end(r);
}

bool log_stamp_parse(struct slice line, struct log_stamp *stamp, size_t *used)
{
	struct reader r = { line, 0 };
	bool good = line.len > 0 && (is_digit(line.at[0]) ? iso(&r, stamp) : traditional(&r, stamp));

	if (good)
		*used = r.at;
	return good;
}

/* ---- when was that? */

static int64_t from_wall(int64_t wall, const struct log_clock *clock)
{
	int64_t time = wall - clock->offset, before;

	if (time >= clock->changed)
		return time;
	before = wall - clock->offset_before;
	/* What the clock never showed, when it was set forward, is the moment itself. */
	return before < clock->changed ? before : clock->changed;
}

int64_t log_stamp_time(const struct log_stamp *stamp, const struct log_clock *clock, int64_t latest)
{
	int64_t year, time = 0;

	if (stamp->has_zone)
		return stamp->wall - stamp->zone;
	if (stamp->has_year)
		return from_wall(stamp->wall, clock);
	year = year_of(latest + 2 * DAY);
	/* February 29 has to wait for its year. */
	for (int tries = 0; tries < 9; tries++, year--) {
		if (stamp->day > days_in(year, stamp->month))
			continue;
		time = from_wall(days_before(year, stamp->month, stamp->day) * DAY + stamp->wall % DAY, clock);
		if (time <= latest + DAY)
			break;
	}
	return time;
}

bool log_set_back_note(struct log_set_back *back, int64_t at, int64_t before, int64_t time,
		       const struct log_clock *clock)
{
	int64_t gap = before - time, from = time;

	if (gap <= LOG_DISORDER || gap > LOG_SET_BACK + LOG_DISORDER || back->is_disorder ||
	    (back->is_known && back->at == at))
		return false;
	if (!clock->is_foreign) {
		/* Where it is known when summer time ended, that is better than the first
		 * line behind it, which may be late. */
		if (clock->offset >= clock->offset_before || clock->changed == INT64_MIN ||
		    time < clock->changed || time - clock->changed > LOG_SET_BACK)
			return false;
		from = clock->changed;
	}
	*back = (struct log_set_back){ !back->is_known, back->is_known, at, from };
	return true;
}

int64_t log_set_back_time(const struct log_set_back *back, int64_t at, int64_t time)
{
	return back->is_known && at < back->at && time >= back->from ? time - LOG_SET_BACK : time;
}
