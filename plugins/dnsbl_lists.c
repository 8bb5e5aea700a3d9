/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "dnsbl_lists.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/grow.h"
#include "net/file.h"

enum {
	FILE_MAX = 1 << 20,
	FIRST_SLICE = DNS_LANE_WINDOW,	/* targets; by then it is known how the lists are */
	SLICE = 4096,			/* questions at once after that */
	REASON_MAX = 4096,		/* bytes of a list's reason in JSON; less in text */
};

static const char stage[] = "lookup";

/* ---- collecting ---- */

bool lists_read_keys(struct lists *lists, const char *path, struct frame *frame,
		     struct fault *fault)
{
	struct slice rest, line, name, key;
	char secret[DOMAIN_MAX + 1];

	if (!file_read(path, FILE_MAX, &frame->deadline, &lists->keys, fault))
		return false;
	frame_judge_secret_file(frame, path);
	rest = text_slice(&lists->keys);
	for (unsigned number = 1; slice_split(&rest, '\n', &line); number++) {
		line = slice_trim(line);
		if (line.len == 0 || line.at[0] == '#')
			continue;
		if (!slice_word(&line, &name) || !slice_word(&line, &key) ||
		    !slice_copy(key, secret, sizeof secret))
			return fault_set(fault, FAULT_USAGE, "%s line %u: it is not NAME KEY", path,
					 number);
		result_hide(&frame->result, secret);
		explicit_bzero(secret, sizeof secret);
	}
	return true;
}

static bool have_same_codes(const struct dnsbl_zone *a, const struct dnsbl_zone *b)
{
	return a->mask == b->mask && memcmp(&a->codes, &b->codes, sizeof a->codes) == 0;
}

/* What a list of this zone takes the place of. */
static struct list *find_place(struct lists *lists, const struct dnsbl_zone *zone)
{
	for (size_t i = 0; i < lists->count; i++) {
		struct list *list = &lists->at[i];

		if (domain_same(&list->zone.name, &zone->name) &&
		    (list->is_of_profile || have_same_codes(&list->zone, zone)))
			return list;
	}
	return NULL;
}

/* A key that was written into a zone's name, and not as {key:NAME}. */
static void hide_key(const struct dnsbl_zone *zone, struct frame *frame)
{
	char label[LABEL_MAX + 1];
	size_t len = strcspn(zone->name.text, ".");

	if (dnsbl_is_keyed(zone) && slice_copy((struct slice){ zone->name.text, len }, label,
					       sizeof label))
		result_hide(&frame->result, label);
}

static bool add(struct lists *lists, struct slice line, bool is_of_profile, struct frame *frame,
		struct fault *fault)
{
	struct dnsbl_zone zone;
	struct list *place;

	if (!dnsbl_zone_parse(line, text_slice(&lists->keys), &zone, fault))
		return false;
	hide_key(&zone, frame);
	place = find_place(lists, &zone);
	if (place != NULL && is_of_profile)
		return true;		/* in two profiles */
	if (place == NULL) {
		place = grow(lists->at, lists->count, sizeof *place);
		if (place == NULL)
			return fault_set(fault, FAULT_LOCAL, "out of memory");
		lists->at = place;
		place = &lists->at[lists->count++];
	}
	*place = (struct list){ .zone = zone, .is_of_profile = is_of_profile };
	return true;
}

/* The name in {key:NAME} at the front of a row, or nothing. */
static struct slice key_name(const struct dnsbl_list *row)
{
	const char *colon = strchr(row->spec, ':');

	if (row->spec[0] != '{' || colon == NULL)
		return (struct slice){ NULL, 0 };
	return (struct slice){ colon + 1, strcspn(colon + 1, "}") };
}

static bool has_key(const struct lists *lists, const struct dnsbl_list *row)
{
	struct slice unused;

	return dnsbl_key_find(text_slice(&lists->keys), key_name(row), &unused);
}

/* Is there a keyed row that is better than this one, and the key for it? */
static bool is_replaced(const struct lists *lists, const struct dnsbl_list *row)
{
	for (const struct dnsbl_list *other = dnsbl_lists; other->spec != NULL; other++) {
		if (other->instead_of != NULL && has_key(lists, other) &&
		    slice_starts(slice_of(row->spec), other->instead_of))
			return true;
	}
	return false;
}

static bool add_rows(struct lists *lists, unsigned profile, struct frame *frame,
		     struct fault *fault)
{
	for (const struct dnsbl_list *row = dnsbl_lists; row->spec != NULL; row++) {
		bool is_chosen = profile == DNSBL_ALL || (row->profiles & profile) != 0;

		if (!is_chosen || (row->spec[0] == '{' && !has_key(lists, row)) ||
		    is_replaced(lists, row))
			continue;
		if (!add(lists, slice_of(row->spec), true, frame, fault))
			return false;
	}
	return true;
}

bool lists_add_profile(struct lists *lists, const char *names, struct frame *frame,
		       struct fault *fault)
{
	struct slice rest = slice_of(names), name;

	while (slice_split(&rest, ',', &name)) {
		unsigned profile = dnsbl_profile_parse(name);

		if (profile == 0)
			return fault_set(fault, FAULT_USAGE,
					 "--profile: %.*s is not default, spamhaus, common, info, "
					 "domain or all", (int)name.len, name.at);
		if (!add_rows(lists, profile, frame, fault))
			return false;
	}
	return true;
}

bool lists_add_file(struct lists *lists, const char *path, struct frame *frame,
		    struct fault *fault)
{
	struct text *grown = grow(lists->files, lists->file_count, sizeof *grown);
	bool has_one = false;
	struct slice rest, line;
	struct text *file;

	if (grown == NULL)
		return fault_set(fault, FAULT_LOCAL, "out of memory");
	lists->files = grown;
	file = &lists->files[lists->file_count++];
	*file = (struct text){ 0 };
	if (!file_read(path, FILE_MAX, &frame->deadline, file, fault))
		return false;
	rest = text_slice(file);
	for (unsigned number = 1; slice_split(&rest, '\n', &line); number++) {
		line = slice_trim(line);
		if (line.len == 0 || line.at[0] == '#')
			continue;
		if (!add(lists, line, false, frame, fault))
			return fault_prefix(fault, "%s line %u: ", path, number);
		has_one = true;
	}
	if (!has_one)
		return fault_set(fault, FAULT_USAGE, "%s: there is no list in it", path);
	return true;
}

bool lists_add_zone(struct lists *lists, const char *spec, struct frame *frame,
		    struct fault *fault)
{
	return add(lists, slice_of(spec), false, frame, fault) || fault_prefix(fault, "--zone: ");
}

/* A zone as it is printed: a keyed one is written ***.zone or {key:NAME}.zone. */
static bool shown_name(const char *name, char shown[DOMAIN_MAX + 1], struct fault *fault)
{
	const char *rest = strncmp(name, "***.", 4) == 0    ? name + 4
			   : strncmp(name, "{key:", 5) == 0 ? strstr(name, "}.")
							    : NULL;
	struct domain domain;

	if (rest != NULL && rest[0] == '}')
		rest += 2;
	if (!domain_parse(slice_of(rest != NULL ? rest : name), &domain, fault))
		return false;
	snprintf(shown, DOMAIN_MAX + 1, "%s%.*s", rest != NULL ? "***." : "", DOMAIN_MAX - 4,
		 domain.text);
	return true;
}

bool lists_exclude(struct lists *lists, const char *name, struct fault *fault)
{
	char shown[DOMAIN_MAX + 1];
	size_t kept = 0;

	if (!shown_name(name, shown, fault))
		return fault_prefix(fault, "--exclude: %s: ", name);
	for (size_t i = 0; i < lists->count; i++) {
		if (strcmp(lists->at[i].zone.shown, shown) != 0)
			lists->at[kept++] = lists->at[i];
	}
	lists->count = kept;
	return true;
}

bool lists_judge_domains(const struct lists *lists)
{
	for (size_t i = 0; i < lists->count; i++) {
		if ((lists->at[i].zone.judges & DNSBL_DOMAIN) != 0)
			return true;
	}
	return false;
}

void lists_release(struct lists *lists)
{
	for (size_t i = 0; i < lists->pair_count; i++)
		free(lists->pairs[i].reason);
	for (size_t i = 0; i < lists->file_count; i++)
		text_release(&lists->files[i]);
	if (lists->keys.at != NULL)
		explicit_bzero(lists->keys.at, lists->keys.size);
	text_release(&lists->keys);
	free(lists->files);
	free(lists->pairs);
	free(lists->answered);
	free(lists->at);
	*lists = (struct lists){ 0 };
}

/* ---- asking ---- */

enum dnsbl_health list_health(const struct list *list)
{
	return list->health != DNSBL_OK ? list->health : list->failure;
}

/* The questions of one call. */
struct round {
	struct dns_question *at;
	size_t count, size;
};

unsigned target_kind(const struct target *target)
{
	switch (target->ip.version) {
	case 4: return DNSBL_IP4;
	case 6: return DNSBL_IP6;
	default: return DNSBL_DOMAIN;
	}
}

static bool is_asked(const struct list *list, const struct target *target)
{
	return !list->is_over && !target->is_private && (list->judges & target_kind(target)) != 0;
}

static bool has_room(struct round *round, size_t more)
{
	struct dns_question *grown;

	if (round->count + more <= round->size)
		return true;
	grown = realloc(round->at, (round->count + more) * sizeof *grown);
	if (grown == NULL)
		return false;
	round->at = grown;
	round->size = round->count + more;
	return true;
}

static void add_question(struct round *round, const struct domain *name, enum dns_type type,
			 unsigned lane)
{
	round->at[round->count++] =
		(struct dns_question){ .name = *name, .type = type, .lane = lane };
}

static void forget(struct round *round)
{
	dns_release(round->at, round->count);
	round->count = 0;
}

static bool name_of(const struct targets *targets, const struct target *target,
		    const struct list *list, struct domain *name)
{
	if (target->ip.version != 0)
		return dnsbl_name_of_ip(&target->ip, &list->zone.name, name);
	return dnsbl_name_of_domain(&targets->sources[target->source].name, &list->zone.name, name);
}

static void add_tests(const struct lists *lists, struct round *round)
{
	struct dnsbl_test tests[DNSBL_TESTS];

	for (size_t i = 0; i < lists->count; i++) {
		const struct list *list = &lists->at[i];
		size_t count;

		if (list->is_over)
			continue;
		count = dnsbl_tests(&list->zone, list->judges, lists->nonce, tests);
		for (size_t t = 0; t < count; t++)
			add_question(round, &tests[t].name, DNS_A, list->lane);
	}
}

static struct pair *add_pair(struct lists *lists, size_t target, size_t list,
			     enum dnsbl_health health, const struct dnsbl_listing *listing)
{
	struct pair *grown = grow(lists->pairs, lists->pair_count, sizeof *grown);

	if (grown == NULL)
		return NULL;
	lists->pairs = grown;
	grown[lists->pair_count] = (struct pair){ (uint32_t)target, (uint32_t)list, health, *listing,
						  NULL };
	return &grown[lists->pair_count++];
}

/* Judge a list by the answers to its tests. A list of which nobody said that it
 * has IPv6, and whose IPv6 entry alone is missing, has none. */
static void judge_tests(struct list *list, const struct dnsbl_test *tests,
			const struct dns_question *answers, size_t count)
{
	struct dnsbl_listing odd;

	list->health = dnsbl_judge_tests(&list->zone, tests, answers, count, list->judges, &list->odd);
	if (list->health != DNSBL_TESTPOINT_MISSING || list->zone.has_family ||
	    (list->judges & DNSBL_IP4) == 0 ||
	    dnsbl_judge_tests(&list->zone, tests, answers, count, DNSBL_IP4, &odd) != DNSBL_OK)
		return;
	list->health = DNSBL_OK;
	list->odd = odd;
	list->lacks_v6 = true;
}

/* Judge each list by its tests; how many questions those were. */
static size_t take_tests(struct lists *lists, const struct round *round)
{
	struct dnsbl_test tests[DNSBL_TESTS];
	size_t next = 0;

	for (size_t i = 0; i < lists->count; i++) {
		struct list *list = &lists->at[i];
		const struct dns_question *answers = &round->at[next];
		size_t count;

		if (list->is_over)
			continue;
		count = dnsbl_tests(&list->zone, list->judges, lists->nonce, tests);
		judge_tests(list, tests, answers, count);
		for (size_t t = 0; t < count; t++) {
			list->unfinished += answers[t].status == DNS_UNFINISHED;
			if (answers[t].detail != NULL)
				list->detail = answers[t].detail;
			if (answers[t].tries > 0)
				list->via = answers[t].answered_by;
		}
		next += count;
	}
	return next;
}

static void take_answer(struct lists *lists, const struct targets *targets, size_t target,
			size_t number, const struct dns_question *answer, struct frame *frame)
{
	struct list *list = &lists->at[number];
	struct dnsbl_listing listing;
	enum dnsbl_health health = dnsbl_read(&list->zone, answer, &listing);
	bool is_unknown = health == DNSBL_OK && listing.count == 0 && listing.has_odd &&
			  list->zone.knows_codes && list->zone.type == DNSBL_DENY;

	if (list->lacks_v6 && targets->at[target].ip.version == 6)
		return;
	list->asked++;
	list->reached = target + 1;
	list->unfinished += answer->status == DNS_UNFINISHED;
	if (answer->tries > 0)
		list->via = answer->answered_by;
	list->failed += health != DNSBL_OK;
	/* What a sick list says is no listing; that it is sick is said once. */
	if (list->health != DNSBL_OK)
		return;
	if (dnsbl_explains(health, list->failure)) {
		list->failure = health;
		list->odd = listing;
		list->detail = answer->detail;
	}
	list->unknown += is_unknown;
	if (health == DNSBL_OK && !is_unknown) {
		lists->answered[target]++;
		list->filtered += listing.count == 0 && listing.has_odd;
		list->listed += listing.count > 0;
		if (listing.count == 0)
			return;
	}
	if (add_pair(lists, target, number, health, &listing) == NULL)
		frame->result.failed = true;
}

static bool is_json(const struct frame *frame)
{
	return monitor_shows_data(&frame->settings.monitor);
}

/* Ask each listing's list for its reason (RFC 5782 2.1). */
static void ask_reasons(struct lists *lists, size_t first_pair, const struct targets *targets,
			struct round *round, struct frame *frame)
{
	size_t next = 0, most = is_json(frame) ? REASON_MAX : TEXT_FOREIGN_MAX;

	if (!has_room(round, lists->pair_count - first_pair)) {
		frame->result.failed = true;
		return;
	}
	for (size_t i = first_pair; i < lists->pair_count; i++) {
		const struct pair *pair = &lists->pairs[i];
		struct domain name;

		if (pair->listing.count > 0 &&
		    name_of(targets, &targets->at[pair->target], &lists->at[pair->list], &name))
			add_question(round, &name, DNS_TXT, lists->at[pair->list].lane);
	}
	if (round->count == 0)
		return;
	frame_ask(frame, "reason", round->at, round->count);
	for (size_t i = first_pair; i < lists->pair_count; i++) {
		struct pair *pair = &lists->pairs[i];
		const struct dns_question *answer = &round->at[next];
		struct text reason = { 0 };

		if (pair->listing.count == 0)
			continue;
		next++;
		for (size_t r = 0; r < dns_count(answer) && reason.len < most; r++) {
			text_add(&reason, r > 0 ? " / " : "");
			text_add_foreign_most(&reason, answer->records->at[r].data, most);
		}
		text_cut(&reason, 0, most);
		if (dns_count(answer) > 0)
			pair->reason = text_take(&reason);
	}
	forget(round);
}

/* Ask about the targets from `first` on, before `end`. */
static void ask_slice(struct lists *lists, const struct targets *targets, size_t first, size_t end,
		      struct round *round, struct frame *frame)
{
	bool tests = lists->tests_health && first == 0;
	static const struct dnsbl_listing nothing = { .count = 0 };
	size_t room = (end - first) * lists->count + (tests ? lists->count * DNSBL_TESTS : 0);
	size_t next = 0, first_pair = lists->pair_count;
	struct domain name;

	if (!has_room(round, room)) {
		frame->result.failed = true;
		return;
	}
	if (tests)
		add_tests(lists, round);
	for (size_t t = first; t < end; t++) {
		for (size_t i = 0; i < lists->count; i++) {
			if (is_asked(&lists->at[i], &targets->at[t]) &&
			    name_of(targets, &targets->at[t], &lists->at[i], &name))
				add_question(round, &name, DNS_A, lists->at[i].lane);
		}
	}
	frame_ask(frame, tests ? "health" : stage, round->at, round->count);
	if (tests)
		next = take_tests(lists, round);
	for (size_t t = first; t < end; t++) {
		for (size_t i = 0; i < lists->count; i++) {
			if (!is_asked(&lists->at[i], &targets->at[t]))
				continue;
			if (name_of(targets, &targets->at[t], &lists->at[i], &name))
				take_answer(lists, targets, t, i, &round->at[next++], frame);
			else if (add_pair(lists, t, i, DNSBL_SKIPPED, &nothing) == NULL)
				frame->result.failed = true;
		}
	}
	forget(round);
	ask_reasons(lists, first_pair, targets, round, frame);
}

/* Lists that are sick, or have answered nothing, are asked no more; how many
 * are left. */
static size_t leave_sick_ones(struct lists *lists)
{
	size_t left = 0;

	for (size_t i = 0; i < lists->count; i++) {
		struct list *list = &lists->at[i];

		if (list->lacks_v6)
			list->judges &= ~(unsigned)DNSBL_IP6;
		list->is_over |= list->health != DNSBL_OK || list->judges == 0 ||
				 (list->asked > 0 && list->failed == list->asked);
		left += !list->is_over;
	}
	return left;
}

static unsigned lane_of(const struct lists *lists, size_t i)
{
	size_t first = 0;

	while (!domain_same(&lists->at[first].zone.name, &lists->at[i].zone.name))
		first++;
	return (unsigned)first + 1;
}

static void prepare(struct lists *lists, const struct targets *targets)
{
	unsigned kinds = 0;

	for (size_t i = 0; i < targets->count; i++) {
		if (!targets->at[i].is_private)
			kinds |= target_kind(&targets->at[i]);
	}
	for (size_t i = 0; i < lists->count; i++) {
		struct list *list = &lists->at[i];

		list->lane = lane_of(lists, i);
		list->judges = list->zone.judges & kinds;
		if (list->zone.dead != NULL)
			list->health = DNSBL_DEAD;
		else if (list->judges == 0)
			list->health = DNSBL_SKIPPED;
		list->is_over = list->health != DNSBL_OK;
	}
	lists->nonce = dns_nonce();
	lists->answered = calloc(targets->count + 1, sizeof *lists->answered);
}

void lists_ask(struct lists *lists, const struct targets *targets, struct frame *frame)
{
	struct round round = { 0 };
	size_t left, per_slice = FIRST_SLICE;

	prepare(lists, targets);
	if (lists->answered == NULL) {
		frame->result.failed = true;
		return;
	}
	left = leave_sick_ones(lists);
	for (size_t first = 0; first < targets->count && left > 0; first += per_slice) {
		size_t end;

		if (first > 0)
			per_slice = left * FIRST_SLICE < SLICE ? SLICE / left : FIRST_SLICE;
		end = first + per_slice < targets->count ? first + per_slice : targets->count;
		/* In JSON, targets of which nothing is known stand there as well, shortly. */
		frame_reserve(frame, lists->pair_count + (is_json(frame) ? targets->count / 8 : 0));
		ask_slice(lists, targets, first, end, &round, frame);
		left = frame->was_cut_off ? 0 : leave_sick_ones(lists);
	}
	free(round.at);
}
