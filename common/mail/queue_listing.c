/* SPDX-License-Identifier: GPL-3.0-or-later */
#include <string.h>

#include "mail/queue_mta.h"

void queue_listing_open(struct queue_listing *listing, const struct queue_mta *mta,
			const struct queue_clock *clock, enum queue_place place,
			void (*found)(void *context, struct queue_message *message), void *context)
{
	*listing = (struct queue_listing){
		.mta = mta, .clock = *clock, .place = place, .found = found, .context = context,
	};
}

void queue_listing_release(struct queue_listing *listing)
{
	queue_message_release(&listing->message);
	text_release(&listing->rest);
}

void queue_listing_begin(struct queue_listing *listing, enum queue_place place)
{
	queue_listing_end(listing);
	queue_message_clear(&listing->message, place);
	listing->is_open = true;
	listing->depth = 0;
}

void queue_listing_end(struct queue_listing *listing)
{
	if (!listing->is_open)
		return;
	listing->is_open = false;
	listing->messages++;
	listing->failed = listing->failed || listing->message.failed;
	listing->found(listing->context, &listing->message);
}

static void add_bad(struct queue_listing *listing, struct slice line)
{
	size_t len = line.len < QUEUE_EXAMPLE - 1 ? line.len : QUEUE_EXAMPLE - 1;

	if (listing->bad_lines++ > 0)
		return;
	memcpy(listing->bad_line, line.at, len);
	listing->bad_line[len] = '\0';
}

static void take_line(struct queue_listing *listing, struct slice line)
{
	if (line.len > 0 && line.at[line.len - 1] == '\r')
		line.len--;
	listing->lines++;
	/* Something behind the end is not understood either. */
	if ((listing->is_complete && line.len > 0) || !listing->mta->line(listing, line))
		add_bad(listing, line);
}

/* A piece of a line that does not end here. */
static void keep_rest(struct queue_listing *listing, struct slice piece)
{
	if (listing->skips)
		return;
	if (listing->rest.len + piece.len > QUEUE_LINE_MAX) {
		add_bad(listing, text_slice(&listing->rest));
		text_truncate(&listing->rest, 0);
		listing->skips = true;
		return;
	}
	text_add_slice(&listing->rest, piece);
	listing->failed = listing->failed || text_failed(&listing->rest);
}

void queue_listing_feed(struct queue_listing *listing, struct slice bytes)
{
	while (bytes.len > 0) {
		const char *end = memchr(bytes.at, '\n', bytes.len);
		struct slice piece = { bytes.at, end != NULL ? (size_t)(end - bytes.at) : bytes.len };
		size_t used = piece.len + (end != NULL);

		if (end == NULL || listing->rest.len > 0 || listing->skips)
			keep_rest(listing, piece);
		if (end != NULL && listing->rest.len > 0)
			take_line(listing, text_slice(&listing->rest));
		else if (end != NULL && !listing->skips)
			take_line(listing, piece);
		else if (end != NULL)
			listing->lines++;
		if (end != NULL) {
			text_truncate(&listing->rest, 0);
			listing->skips = false;
		}
		bytes = (struct slice){ bytes.at + used, bytes.len - used };
	}
}

bool queue_listing_close(struct queue_listing *listing, struct fault *fault)
{
	bool is_cut = listing->rest.len > 0 || listing->skips;

	queue_listing_end(listing);
	if (listing->failed)
		return fault_set(fault, FAULT_LOCAL, "out of memory");
	if (listing->bad_lines > 0)
		return fault_set(fault, FAULT_PROTOCOL, "%llu of %llu lines are not understood, the first: %.80s",
				 (unsigned long long)listing->bad_lines,
				 (unsigned long long)listing->lines + (is_cut ? 1 : 0),
				 listing->bad_line);
	if (is_cut)
		return fault_set(fault, FAULT_PROTOCOL, "it ends in the middle of a line");
	if (listing->has_loose_end)
		return fault_set(fault, FAULT_PROTOCOL, "it ends in the middle of a message");
	if (listing->needs_end && !listing->is_complete)
		return fault_set(fault, FAULT_PROTOCOL, "it has no end: there were more lines");
	if (listing->knows_told && listing->told != listing->messages)
		return fault_set(fault, FAULT_PROTOCOL, "it tells of %llu messages, and lists %llu",
				 (unsigned long long)listing->told,
				 (unsigned long long)listing->messages);
	if (listing->says_empty && listing->messages > 0)
		return fault_set(fault, FAULT_PROTOCOL, "it says that the queue is empty, and lists "
				 "messages");
	return true;
}

/* ---- dates ---- */

/* Days since 1970 of a date of the Gregorian calendar. */
static int64_t days_of(int64_t year, int64_t month, int64_t day)
{
	int64_t shifted = year - (month <= 2), era = shifted / 400, of_era = shifted - era * 400;
	int64_t of_year = (153 * (month + (month > 2 ? -3 : 9)) + 2) / 5 + day - 1;

	return era * 146097 + of_era * 365 + of_era / 4 - of_era / 100 + of_year - 719468;
}

int64_t queue_time(const struct queue_clock *clock, int64_t year, unsigned month, unsigned day,
		   int64_t second_of_day)
{
	int64_t time = days_of(year, month, day) * 86400 + second_of_day - clock->utc_offset;

	return time < 0 ? QUEUE_UNKNOWN : time;
}

bool queue_time_of_day(struct slice word, int64_t *second_of_day)
{
	static const uint64_t most[3] = { 23, 59, 60 };
	uint64_t parts[3] = { 0 };
	struct slice part;
	size_t count = 0;

	for (; count < 3 && slice_split(&word, ':', &part); count++) {
		if (!slice_number(part, most[count], &parts[count]))
			return false;
	}
	*second_of_day = (int64_t)(parts[0] * 3600 + parts[1] * 60 + parts[2]);
	return count >= 2 && word.len == 0;
}

bool queue_date(const struct queue_clock *clock, struct slice *rest, int64_t *time)
{
	static const char months[] = "JanFebMarAprMayJunJulAugSepOctNovDec";
	struct slice weekday, month, day, hour;
	int64_t second, year, latest = clock->now + clock->utc_offset + 86400;
	uint64_t number;
	unsigned which = 0;

	if (!slice_word(rest, &weekday) || !slice_word(rest, &month) || !slice_word(rest, &day) ||
	    !slice_word(rest, &hour) || weekday.len != 3 || month.len != 3 ||
	    !slice_number(day, 31, &number) || number == 0 || !queue_time_of_day(hour, &second))
		return false;
	while (which < 12 && memcmp(months + (size_t)3 * which, month.at, 3) != 0)
		which++;
	if (which == 12)
		return false;
	/* No year is said: the last one that makes it no later than tomorrow. */
	year = 1970 + latest / 31556952 + 1;
	do
		*time = queue_time(clock, year--, which + 1, (unsigned)number, second);
	while (*time > clock->now + 86400 && year > 1970);
	return true;
}
