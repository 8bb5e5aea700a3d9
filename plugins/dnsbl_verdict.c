/* SPDX-License-Identifier: GPL-3.0-or-later */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "dnsbl_lists.h"

/* From what the lists said to findings, metrics and data. */

struct verdict {
	const struct lists *lists;
	const struct targets *targets;
	struct frame *frame;
	struct result *result;
	unsigned min_healthy;
	size_t asked, healthy, refused;		/* lists */
	size_t answered;			/* targets of which a list said something */
	size_t skipped;				/* addresses that no list is for */
	size_t pairs;				/* of target and list that were asked */
	double listed, score;
};

/* ---- sick lists ---- */

/* What came, in words; and for the fix, what a refusal code advises. */
static void describe(const struct list *list, struct text *text, struct text *fix)
{
	const struct dnsbl_code *refusal;
	char code[IP_TEXT] = "", via[ENDPOINT_TEXT];

	ip_print(&list->odd.odd, code);
	endpoint_print(&list->via, via);
	switch (list_health(list)) {
	case DNSBL_REFUSED:
		if (!list->odd.has_odd) {
			text_add(text, "refused by %s", via);
			break;
		}
		refusal = dnsbl_refusal_find(&list->odd.odd);
		text_add(text, "answered %s through %s - %s", code, via, refusal->meaning);
		text_add(fix, "%s", refusal->advice);
		break;
	case DNSBL_TESTPOINT_MISSING:
		text_add(text, "does not have its test entry, which every list must have");
		break;
	case DNSBL_WILDCARD:
		text_add(text, "answered %s for a test entry that must not be listed", code);
		break;
	case DNSBL_OUTSIDE_127:
		text_add(text, "answered %s, which is no answer of a list", code);
		break;
	case DNSBL_SERVFAIL:
		text_add(text, "SERVFAIL from %s", via);
		break;
	case DNSBL_TIMEOUT:
		text_add(text, "no answer through %s", via);
		break;
	case DNSBL_GARBLED:
		text_add(text, "nonsense through %s", via);
		break;
	case DNSBL_DEAD:
		text_add(text, "a dead list, not asked: %s", list->zone.dead);
		text_add(fix, "take it out of the configuration");
		break;
	case DNSBL_OK:
	case DNSBL_SKIPPED:
		break;
	}
	if (list->detail != NULL)
		text_add(text, ": %s", list->detail);
	if (list->health == DNSBL_OK && list->failed < list->asked)
		text_add(text, " (to %zu of %zu questions)", list->failed, list->asked);
}

static const char *reason_of(enum dnsbl_health health)
{
	switch (health) {
	case DNSBL_REFUSED: return "dnsbl_refused";
	case DNSBL_TESTPOINT_MISSING:
	case DNSBL_DEAD: return "dnsbl_dead";
	case DNSBL_WILDCARD: return "dnsbl_wildcard";
	case DNSBL_OUTSIDE_127: return "dnsbl_outside_127";
	case DNSBL_SERVFAIL: return "dnsbl_servfail";
	case DNSBL_TIMEOUT: return "dnsbl_timeout";
	case DNSBL_GARBLED: return "dnsbl_garbled";
	case DNSBL_SKIPPED: return "dnsbl_skipped";
	case DNSBL_OK: return "dnsbl_clean";
	}
	return "dnsbl_garbled";
}

/* Then sick lists do not count. */
static bool are_enough_healthy(const struct verdict *v)
{
	return v->min_healthy > 0 && v->healthy >= v->min_healthy;
}

static void add_sick(struct verdict *v, const struct list *list)
{
	enum dnsbl_health health = list_health(list);
	enum state state = health == DNSBL_DEAD ? STATE_WARNING : STATE_UNKNOWN;
	struct text text = { 0 }, fix = { 0 }, headline = { 0 };
	struct finding *finding;

	if (health == DNSBL_TIMEOUT && list->unfinished > 0)
		return;		/* the finding "timeout" says it */
	if (are_enough_healthy(v))
		state = STATE_OK;
	describe(list, &text, &fix);
	text_add(&headline, "%s: %s", list->zone.shown, text_str(&text));
	finding = result_add(v->result, state, reason_of(health), "health", list->zone.shown, &text);
	result_headline(v->result, finding, &headline);
	if (health != DNSBL_DEAD)
		result_count(v->result, finding, health == DNSBL_REFUSED ? "refused" : "unhealthy", 1);
	if (fix.len > 0)
		result_fix(v->result, finding, &fix);
	text_release(&fix);
}

static void add_well(struct verdict *v, const struct list *list)
{
	struct text text = { 0 };

	size_t clean = list->asked - list->listed - list->unknown;

	if (list->health == DNSBL_OK && clean == 0)
		return;
	if (list->health == DNSBL_SKIPPED) {
		text_add(&text, "there is nothing that it could judge");
	} else {
		text_add(&text, "%zu of %zu not listed", clean, list->asked);
		if (list->lacks_v6)
			text_add(&text, "; it has no IPv6 addresses");
		if (list->filtered > 0)
			text_add(&text, "; %zu with codes that do not count", list->filtered);
		text_add(&text, v->lists->tests_health ? "; the list is healthy"
						       : "; its health was not tested");
	}
	result_add(v->result, STATE_OK, reason_of(list->health), "lookup", list->zone.shown, &text);
}

static void judge_lists(struct verdict *v)
{
	struct text text = { 0 };

	if (v->healthy < v->min_healthy) {
		text_add(&text, "%zu of %zu lists are healthy, and %u must be", v->healthy, v->asked,
			 v->min_healthy);
		result_add(v->result, STATE_UNKNOWN, "dnsbl_too_few_healthy", "health", "lists", &text);
	}
	for (size_t i = 0; i < v->lists->count; i++) {
		const struct list *list = &v->lists->at[i];
		enum dnsbl_health health = list_health(list);

		if (health != DNSBL_OK && health != DNSBL_SKIPPED)
			add_sick(v, list);
		else
			add_well(v, list);
	}
}

/* Does it count in `listed`, and not in the score alone? */
static bool is_blocklist(const struct list *list)
{
	return list->zone.type == DNSBL_DENY && list->zone.weight >= 0;
}

static void count_lists(struct verdict *v)
{
	for (size_t i = 0; i < v->lists->count; i++) {
		const struct list *list = &v->lists->at[i];
		enum dnsbl_health health = list_health(list);

		v->pairs += is_blocklist(list) ? list->asked : 0;
		v->asked += health != DNSBL_DEAD && health != DNSBL_SKIPPED;
		v->healthy += health == DNSBL_OK;
		v->refused += health == DNSBL_REFUSED;
	}
}

/* ---- listings ---- */

static void print_codes(const struct pair *pair, struct text *text)
{
	char code[IP_TEXT];

	for (size_t i = 0; i < dnsbl_code_count(&pair->listing); i++) {
		struct ip ip = dnsbl_code(&pair->listing, i);

		ip_print(&ip, code);
		text_add(text, "%s%s", i > 0 ? ", " : "", code);
	}
	if (pair->listing.count > dnsbl_code_count(&pair->listing))
		text_add(text, ", ...");
}

static void add_meaning(const struct dnsbl_code *code, bool is_short, size_t from, struct text *text)
{
	text_add(text, "%s", text->len > from ? ", " : "");
	if (code->name != NULL)
		text_add(text, is_short ? "%s" : "%s: ", code->name);
	if (code->name == NULL || !is_short)
		text_add(text, "%s", code->meaning);
}

/* "XBL: exploited host", or nothing; the names alone if `is_short`. */
static void print_meaning(const struct verdict *v, const struct pair *pair, bool is_short,
			  struct text *text)
{
	const struct list *list = &v->lists->at[pair->list];
	const struct dnsbl_code *meanings[DNSBL_MEANINGS], *before = NULL;
	size_t from = text->len;

	for (size_t i = 0; i < dnsbl_code_count(&pair->listing); i++) {
		struct ip code = dnsbl_code(&pair->listing, i);
		size_t count = dnsbl_meanings(&list->zone, &code, meanings);

		for (size_t m = 0; m < count; m++) {
			if (meanings[m] != before)
				add_meaning(meanings[m], is_short, from, text);
			before = meanings[m];
		}
	}
}

/* What to do first, and then where to turn to. */
static void print_cure(const struct verdict *v, const struct pair *pair, const struct text *url,
		       struct text *fix)
{
	const struct list *list = &v->lists->at[pair->list];
	const struct dnsbl_list *row = list->zone.list;
	const struct dnsbl_code *meanings[DNSBL_MEANINGS];
	struct ip code = dnsbl_code(&pair->listing, 0);
	const char *advice = "find out why, and stop that first";

	if (row != NULL && row->advice != NULL)
		advice = row->advice;
	if (dnsbl_meanings(&list->zone, &code, meanings) > 0 && meanings[0]->advice != NULL)
		advice = meanings[0]->advice;
	text_add(fix, "%s", advice);
	if (url->len > 0)
		text_add(fix, row != NULL && row->expires ? "; look it up at %s"
							   : "; then ask for removal at %s",
			 text_str(url));
}

static void add_listing(struct verdict *v, const struct pair *pair)
{
	const struct list *list = &v->lists->at[pair->list];
	bool counts = is_blocklist(list);
	const char *id = counts ? "dnsbl_listed"
				: list->zone.type == DNSBL_ALLOW ? "dnsbl_allowed" : "dnsbl_info";
	struct text text = { 0 }, headline = { 0 }, meaning = { 0 }, fix = { 0 }, url = { 0 };
	char target[TARGET_TEXT];
	struct finding *finding;

	target_print(v->targets, &v->targets->at[pair->target], target);
	text_add(&text, "%s -> ", target);
	print_codes(pair, &text);
	print_meaning(v, pair, false, &meaning);
	if (meaning.len > 0)
		text_add(&text, " (%s)", text_str(&meaning));
	if (pair->reason != NULL)
		text_add(&text, " \"%s\"", pair->reason);
	text_release(&meaning);
	print_meaning(v, pair, true, &meaning);
	text_add(&headline, "%s is listed by %s", target, list->zone.shown);
	if (meaning.len > 0)
		text_add(&headline, " (%s)", text_str(&meaning));
	finding = result_add(v->result, STATE_OK, id, "lookup", list->zone.shown, &text);
	result_headline(v->result, finding, &headline);
	dnsbl_url(&list->zone, target, &url);
	if (counts) {
		print_cure(v, pair, &url, &fix);
		result_fix(v->result, finding, &fix);
		result_count(v->result, finding, "listed", 1);
		v->listed++;
	}
	if (url.len > 0)
		result_url(v->result, finding, &url);
	result_count(v->result, finding, "score", list->zone.weight);
	v->score += list->zone.weight;
	text_release(&meaning);
	text_release(&url);
}

static void add_too_long(struct verdict *v, const struct pair *pair)
{
	struct text text = { 0 };
	char target[TARGET_TEXT];

	target_print(v->targets, &v->targets->at[pair->target], target);
	text_add(&text, "its name is too long for %s", v->lists->at[pair->list].zone.shown);
	result_add(v->result, STATE_UNKNOWN, "dnsbl_not_asked", "lookup", target, &text);
}

static void add_unknown_code(struct verdict *v, const struct pair *pair)
{
	const struct list *list = &v->lists->at[pair->list];
	struct text text = { 0 };
	char target[TARGET_TEXT], code[IP_TEXT];

	target_print(v->targets, &v->targets->at[pair->target], target);
	ip_print(&pair->listing.odd, code);
	text_add(&text, "%s -> %s, which is none of the list's known codes", target, code);
	result_add(v->result, STATE_UNKNOWN, "dnsbl_code_unknown", "lookup", list->zone.shown, &text);
}

static void judge_pairs(struct verdict *v)
{
	for (size_t i = 0; i < v->lists->pair_count; i++) {
		const struct pair *pair = &v->lists->pairs[i];

		if (pair->listing.count > 0)
			add_listing(v, pair);
		else if (pair->health == DNSBL_OK)
			add_unknown_code(v, pair);
		else if (pair->health == DNSBL_SKIPPED)
			add_too_long(v, pair);
	}
}

/* ---- targets of which no list said anything ---- */

/* Of which kinds is there a list that is alive? */
static unsigned covered_kinds(const struct verdict *v)
{
	unsigned kinds = 0;

	for (size_t i = 0; i < v->lists->count; i++) {
		const struct list *list = &v->lists->at[i];

		if (list->zone.dead == NULL)
			kinds |= list->lacks_v6 ? list->zone.judges & ~(unsigned)DNSBL_IP6
						: list->zone.judges;
	}
	return kinds;
}

/* Is there a finding already that says why nothing is known of such targets? */
static bool is_explained(const struct verdict *v, unsigned kind)
{
	if (v->frame->was_cut_off)
		return true;
	for (size_t i = 0; i < v->lists->count && !are_enough_healthy(v); i++) {
		const struct list *list = &v->lists->at[i];

		if ((list->zone.judges & kind) != 0 && list->zone.dead == NULL &&
		    list_health(list) != DNSBL_OK)
			return true;
	}
	return false;
}

static void add_unanswered(struct verdict *v, const char *subject, enum state state)
{
	struct text text = { 0 };

	text_add(&text, "none of the %zu lists could say anything about this", v->lists->count);
	result_add(v->result, state, state == STATE_OK ? "dnsbl_skipped" : "dnsbl_not_asked", "lookup",
		   subject, &text);
}

/* An address that came with others of its name, and that no list is for, is
 * left out; of anything else it is UNKNOWN what lists think. */
static void judge_unanswered(struct verdict *v, bool *source_has_answer, bool *source_is_said,
			     bool *target_is_said)
{
	const struct targets *targets = v->targets;
	unsigned covered = covered_kinds(v);

	for (size_t i = 0; i < targets->count; i++)
		source_has_answer[targets->at[i].source] |= v->lists->answered[i] > 0;
	for (size_t i = 0; i < v->lists->pair_count; i++) {
		if (v->lists->pairs[i].health == DNSBL_SKIPPED)
			target_is_said[v->lists->pairs[i].target] = true;
	}
	for (size_t i = 0; i < targets->count; i++) {
		const struct target *target = &targets->at[i];
		bool is_covered = (target_kind(target) & covered) != 0;
		char text[TARGET_TEXT];

		if (v->lists->answered[i] > 0) {
			v->answered++;
			continue;
		}
		if (target->is_private || target_is_said[i] ||
		    (is_covered && is_explained(v, target_kind(target))))
			continue;
		if (!is_covered && source_has_answer[target->source]) {
			target_print(targets, target, text);
			add_unanswered(v, text, STATE_OK);
			v->skipped++;
		} else if (!source_is_said[target->source]) {
			source_is_said[target->source] = true;
			add_unanswered(v, targets->sources[target->source].word, STATE_UNKNOWN);
		}
	}
}

static void judge_coverage(struct verdict *v)
{
	size_t count = v->targets->source_count;
	bool *flags = calloc(2 * count + v->targets->count + 1, sizeof *flags);

	if (flags != NULL && v->lists->answered != NULL)
		judge_unanswered(v, flags, flags + count, flags + 2 * count);
	else
		v->result->failed = true;
	free(flags);
}

/* ---- data ---- */

static json_t *listing_json(const struct verdict *v, const struct pair *pair, const char *target)
{
	const struct list *list = &v->lists->at[pair->list];
	struct text meaning = { 0 }, url = { 0 }, reason = { 0 };
	json_t *codes = json_array(), *listing;
	char code[IP_TEXT];

	for (size_t i = 0; i < dnsbl_code_count(&pair->listing); i++) {
		struct ip ip = dnsbl_code(&pair->listing, i);

		ip_print(&ip, code);
		json_array_append_new(codes, json_string(code));
	}
	print_meaning(v, pair, false, &meaning);
	dnsbl_url(&list->zone, target, &url);
	if (pair->reason != NULL)
		text_add_marked(&reason, pair->reason, TEXT_PLAIN);
	listing = json_pack("{ss so ss ss ss so}", "zone", list->zone.shown, "codes", codes, "meaning",
			    text_str(&meaning), "text", text_str(&reason), "type",
			    dnsbl_type_word(list->zone.type), "url",
			    url.len > 0 ? json_string(text_str(&url)) : json_null());
	text_release(&meaning);
	text_release(&url);
	text_release(&reason);
	return listing;
}

static json_t *undecided_json(const struct list *list, enum dnsbl_health health)
{
	return json_pack("{ss ss}", "zone", list->zone.shown, "why", dnsbl_health_word(health));
}

/* An answer with a code that the list has not published. */
static json_t *unknown_json(const struct list *list, const struct dnsbl_listing *listing)
{
	char code[IP_TEXT];

	ip_print(&listing->odd, code);
	return json_pack("{ss ss ss}", "zone", list->zone.shown, "why", "code_unknown", "code", code);
}

/* Did the list say nothing of this target, for a reason that is no pair's? */
static bool is_undecided_by(const struct list *list, const struct target *target, size_t number)
{
	return list->zone.dead == NULL && !target->is_private &&
	       (list->judges & target_kind(target)) != 0 &&
	       (list->health != DNSBL_OK || number >= list->reached);
}

/* NULL: the target is clean. */
static json_t *target_json(const struct verdict *v, size_t number, size_t *next_pair)
{
	const struct target *target = &v->targets->at[number];
	json_t *listed = json_array(), *undecided = json_array();
	char text[TARGET_TEXT];

	target_print(v->targets, target, text);
	for (size_t i = 0; i < v->lists->count; i++) {
		const struct list *list = &v->lists->at[i];

		if (is_undecided_by(list, target, number))
			json_array_append_new(undecided, undecided_json(list, list_health(list)));
	}
	/* The pairs come in the order of the targets. */
	for (; *next_pair < v->lists->pair_count; ++*next_pair) {
		const struct pair *pair = &v->lists->pairs[*next_pair];
		const struct list *list = &v->lists->at[pair->list];

		if (pair->target != number)
			break;
		if (pair->listing.count > 0)
			json_array_append_new(listed, listing_json(v, pair, text));
		else if (pair->health == DNSBL_OK)
			json_array_append_new(undecided, unknown_json(list, &pair->listing));
		else
			json_array_append_new(undecided, undecided_json(list, pair->health));
	}
	if (v->lists->answered[number] > 0 && json_array_size(listed) == 0 &&
	    json_array_size(undecided) == 0) {
		json_decref(listed);
		json_decref(undecided);
		return NULL;
	}
	return json_pack("{ss so so}", "target", text, "listed", listed, "undecided", undecided);
}

static json_t *zone_json(const struct list *list)
{
	const struct slice *scope = &list->zone.scope;

	return json_pack("{ss ss sI sI si so}", "zone", list->zone.shown, "health",
			 dnsbl_health_word(list_health(list)), "asked", (json_int_t)list->asked,
			 "listed", (json_int_t)list->listed, "weight", list->zone.weight, "scope",
			 scope->len > 0 ? json_stringn(scope->at, scope->len) : json_null());
}

static void add_data(struct verdict *v)
{
	json_t *targets = json_array(), *zones = json_array();
	size_t clean = 0, next_pair = 0;

	for (size_t i = 0; i < v->targets->count; i++) {
		json_t *target = target_json(v, i, &next_pair);

		if (target != NULL)
			json_array_append_new(targets, target);
		else
			clean++;
	}
	for (size_t i = 0; i < v->lists->count; i++)
		json_array_append_new(zones, zone_json(&v->lists->at[i]));
	v->result->data = json_pack("{so sI so}", "targets", targets, "targets_clean",
				    (json_int_t)clean, "zones", zones);
}

/* ---- all of it ---- */

/* Has a list answered what a resolver would that rewrites NXDOMAIN? */
static bool is_suspect(const struct lists *lists)
{
	static const struct ip loopback = { 4, { 127, 0, 0, 1 } };

	for (size_t i = 0; i < lists->count; i++) {
		const struct list *list = &lists->at[i];
		enum dnsbl_health health = list_health(list);

		if (health == DNSBL_WILDCARD || health == DNSBL_OUTSIDE_127 ||
		    (health == DNSBL_REFUSED && ip_same(&list->odd.odd, &loopback)))
			return true;
	}
	return false;
}

static void measure(struct verdict *v)
{
	if (v->asked > 0) {
		result_measure_most(v->result, "listed", v->listed, (double)v->pairs);
		result_measure(v->result, "score", v->score);
	}
	result_measure_most(v->result, "healthy", (double)v->healthy, (double)v->asked);
	result_measure_most(v->result, "unhealthy", (double)(v->asked - v->healthy - v->refused),
			    (double)v->asked);
	result_measure_most(v->result, "refused", (double)v->refused, (double)v->asked);
	result_measure(v->result, "queries", (double)dns_asked(v->frame->dns));
}

/* The first line when nothing is wrong: only what is known. */
static void summarise(struct verdict *v)
{
	struct text *good = &v->result->good;
	char target[TARGET_TEXT];

	text_add(&v->result->tail, "%zu of %zu lists healthy", v->healthy, v->asked);
	if (v->skipped > 0)
		text_add(&v->result->tail, ", %zu address%s skipped", v->skipped,
			 v->skipped > 1 ? "es" : "");
	if (v->frame->was_cut_off)
		text_add(&v->result->tail, ", cut off by --timeout");
	if (v->answered == 0) {
		text_add(good, "nothing is known of %s", text_str(&v->result->target));
		return;
	}
	if (v->targets->count == 1) {
		target_print(v->targets, &v->targets->at[0], target);
		text_add(good, "%s is ", target);
	} else {
		text_add(good, "%zu targets are ", v->targets->count - v->skipped);
	}
	if (v->listed > 0)
		text_add(good, "listed, but no listing counts here (%g in all)", v->listed);
	else
		text_add(good, v->lists->pair_count > 0 ? "on no blocklist" : "not listed");
	if (v->answered + v->skipped < v->targets->count)
		text_add(good, " (nothing is known of %zu)",
			 v->targets->count - v->answered - v->skipped);
}

void lists_judge(const struct lists *lists, const struct targets *targets, unsigned min_healthy,
		 struct frame *frame)
{
	struct verdict v = { .lists = lists, .targets = targets, .frame = frame,
			     .result = &frame->result, .min_healthy = min_healthy };

	count_lists(&v);
	frame_judge_resolver(frame, is_suspect(lists));
	judge_pairs(&v);
	judge_lists(&v);
	judge_coverage(&v);
	measure(&v);
	summarise(&v);
	if (monitor_shows_data(&frame->settings.monitor) && lists->answered != NULL)
		add_data(&v);
}
