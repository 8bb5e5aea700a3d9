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

static void add_sick(struct verdict *v, const struct list *list)
{
	enum dnsbl_health health = list_health(list);
	enum state state = health == DNSBL_DEAD ? STATE_WARNING : STATE_UNKNOWN;
	struct text text = { 0 }, fix = { 0 }, headline = { 0 };
	struct finding *finding;

	if (health == DNSBL_TIMEOUT && list->unfinished > 0)
		return;		/* the finding "timeout" says it */
	if (v->min_healthy > 0 && v->healthy >= v->min_healthy)
		state = STATE_OK;
	describe(list, &text, &fix);
	text_add(&headline, "%s: %s", list->zone.shown, text_str(&text));
	finding = result_add(v->result, state, reason_of(health), "health", list->zone.shown, &text);
	finding_headline(finding, &headline);
	if (fix.len > 0)
		finding_fix(finding, &fix);
	text_release(&fix);
}

static void add_well(struct verdict *v, const struct list *list)
{
	struct text text = { 0 };

	if (list->health == DNSBL_OK && list->listed == list->asked)
		return;
	if (list->health == DNSBL_SKIPPED) {
		text_add(&text, "there is nothing that it could judge");
	} else {
		text_add(&text, "%zu of %zu not listed", list->asked - list->listed, list->asked);
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

static void count_lists(struct verdict *v)
{
	for (size_t i = 0; i < v->lists->count; i++) {
		const struct list *list = &v->lists->at[i];
		enum dnsbl_health health = list_health(list);

		v->pairs += list->zone.type == DNSBL_DENY ? list->asked : 0;
		v->asked += health != DNSBL_DEAD && health != DNSBL_SKIPPED;
		v->healthy += health == DNSBL_OK;
		v->refused += health == DNSBL_REFUSED;
	}
}

/* ---- listings ---- */

static void print_codes(const struct pair *pair, struct text *text)
{
	char code[IP_TEXT];

	for (size_t i = 0; i < pair->listing.count; i++) {
		ip_print(&pair->listing.codes[i], code);
		text_add(text, "%s%s", i > 0 ? ", " : "", code);
	}
}

/* "XBL: exploited host", or nothing; the names alone if `is_short`. */
static void print_meaning(const struct verdict *v, const struct pair *pair, bool is_short,
			  struct text *text)
{
	const struct list *list = &v->lists->at[pair->list];
	const struct dnsbl_code *before = NULL;

	for (size_t i = 0; i < pair->listing.count; i++) {
		const struct dnsbl_code *code = dnsbl_code_find(&list->zone, &pair->listing.codes[i]);

		if (code == NULL || code == before)
			continue;
		text_add(text, "%s", before != NULL ? ", " : "");
		before = code;
		if (code->name != NULL)
			text_add(text, is_short ? "%s" : "%s: ", code->name);
		if (code->name == NULL || !is_short)
			text_add(text, "%s", code->meaning);
	}
}

/* What to do first, and then where to turn to. */
static void print_cure(const struct verdict *v, const struct pair *pair, const struct text *url,
		       struct text *fix)
{
	const struct list *list = &v->lists->at[pair->list];
	const struct dnsbl_list *row = list->zone.list;
	const struct dnsbl_code *code = dnsbl_code_find(&list->zone, &pair->listing.codes[0]);
	const char *advice = "find out why, and stop that first";

	if (row != NULL && row->advice != NULL)
		advice = row->advice;
	if (code != NULL && code->advice != NULL)
		advice = code->advice;
	text_add(fix, "%s", advice);
	if (url->len > 0)
		text_add(fix, row != NULL && row->expires ? "; look it up at %s"
							   : "; then ask for removal at %s",
			 text_str(url));
}

static void add_listing(struct verdict *v, const struct pair *pair)
{
	const struct list *list = &v->lists->at[pair->list];
	bool counts = list->zone.type == DNSBL_DENY && list->zone.weight >= 0;
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
	finding_headline(finding, &headline);
	dnsbl_url(&list->zone, target, &url);
	if (counts) {
		print_cure(v, pair, &url, &fix);
		finding_fix(finding, &fix);
		result_count(v->result, finding, "listed", 1);
		v->listed++;
	}
	if (url.len > 0)
		finding_url(finding, &url);
	result_count(v->result, finding, "score", list->zone.weight);
	v->score += list->zone.weight;
	text_release(&meaning);
	text_release(&url);
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
	}
}

/* ---- targets that no list fits ---- */

static unsigned covered_kinds(const struct verdict *v)
{
	unsigned kinds = 0;

	for (size_t i = 0; i < v->lists->count; i++) {
		if (v->lists->at[i].zone.dead == NULL)
			kinds |= v->lists->at[i].zone.judges;
	}
	return kinds;
}

static void add_uncovered(struct verdict *v, const char *subject, bool is_all)
{
	struct text text = { 0 };

	text_add(&text, is_all ? "none of the %zu lists can judge this"
			       : "none of the %zu lists can judge this address of the name",
		 v->lists->count);
	result_add(v->result, is_all ? STATE_UNKNOWN : STATE_OK,
		   is_all ? "dnsbl_not_asked" : "dnsbl_skipped", "lookup", subject, &text);
}

static void judge_coverage(struct verdict *v)
{
	unsigned kinds = covered_kinds(v);
	const struct targets *targets = v->targets;
	size_t *covered = calloc(targets->source_count + 1, sizeof *covered);
	size_t *others = calloc(targets->source_count + 1, sizeof *others);

	for (size_t i = 0; covered != NULL && others != NULL && i < targets->count; i++) {
		const struct target *target = &targets->at[i];

		if ((target_kind(target) & kinds) != 0)
			covered[target->source]++;
		else
			others[target->source]++;
	}
	for (size_t i = 0; covered != NULL && others != NULL && i < targets->count; i++) {
		const struct target *target = &targets->at[i];
		char text[TARGET_TEXT];

		if ((target_kind(target) & kinds) != 0)
			continue;
		target_print(targets, target, text);
		if (covered[target->source] > 0)
			add_uncovered(v, text, false);
		else if (others[target->source] > 0)
			add_uncovered(v, targets->sources[target->source].word, true);
		if (covered[target->source] == 0)
			others[target->source] = 0;	/* said once */
	}
	v->result->failed |= covered == NULL || others == NULL;
	free(covered);
	free(others);
}

/* ---- data ---- */

static json_t *listing_json(const struct verdict *v, const struct pair *pair, const char *target)
{
	const struct list *list = &v->lists->at[pair->list];
	static const char *const types[] = {
		[DNSBL_DENY] = "deny", [DNSBL_ALLOW] = "allow", [DNSBL_INFO] = "info",
	};
	struct text meaning = { 0 }, url = { 0 }, reason = { 0 };
	json_t *codes = json_array(), *listing;
	char code[IP_TEXT];

	for (size_t i = 0; i < pair->listing.count; i++) {
		ip_print(&pair->listing.codes[i], code);
		json_array_append_new(codes, json_string(code));
	}
	print_meaning(v, pair, false, &meaning);
	dnsbl_url(&list->zone, target, &url);
	if (pair->reason != NULL)
		text_add_marked(&reason, pair->reason, TEXT_PLAIN);
	listing = json_pack("{ss so ss ss ss so}", "zone", list->zone.shown, "codes", codes, "meaning",
			    text_str(&meaning), "text", text_str(&reason), "type",
			    types[list->zone.type], "url",
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

/* What is the same for all targets of a kind that no list answered about. */
static bool is_undecided_by(const struct list *list, const struct target *target, size_t number)
{
	return list->zone.dead == NULL && (list->judges & target_kind(target)) != 0 &&
	       (list->health != DNSBL_OK || number >= list->reached);
}

static json_t *target_json(const struct verdict *v, size_t number, size_t *next_pair,
			   unsigned kinds)
{
	const struct target *target = &v->targets->at[number];
	json_t *listed = json_array(), *undecided = json_array();
	bool is_clean = (target_kind(target) & kinds) != 0;
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
		else
			json_array_append_new(undecided, undecided_json(list, pair->health));
	}
	if (is_clean && json_array_size(listed) == 0 && json_array_size(undecided) == 0) {
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
	unsigned kinds = covered_kinds(v);
	size_t clean = 0, next_pair = 0;

	for (size_t i = 0; i < v->targets->count; i++) {
		json_t *target = target_json(v, i, &next_pair, kinds);

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
	size_t queries = 0;

	for (size_t i = 0; i <= DNS_GARBLED; i++)
		queries += v->frame->asked[i];
	if (v->asked > 0) {
		result_measure_most(v->result, "listed", v->listed, (double)v->pairs);
		result_measure(v->result, "score", v->score);
	}
	result_measure_most(v->result, "healthy", (double)v->healthy, (double)v->asked);
	result_measure_most(v->result, "unhealthy", (double)(v->asked - v->healthy - v->refused),
			    (double)v->asked);
	result_measure_most(v->result, "refused", (double)v->refused, (double)v->asked);
	result_measure(v->result, "queries", (double)queries);
}

static void summarise(struct verdict *v)
{
	struct text *good = &v->result->good;
	char target[TARGET_TEXT];

	if (v->targets->count == 1) {
		target_print(v->targets, &v->targets->at[0], target);
		text_add(good, "%s is ", target);
	} else {
		text_add(good, "%zu targets are ", v->targets->count);
	}
	if (v->listed > 0)
		text_add(good, "listed %g times, which is within the thresholds", v->listed);
	else
		text_add(good, "not listed");
	text_add(&v->result->tail, "%zu of %zu lists healthy", v->healthy, v->asked);
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
	if (frame->settings.monitor.format == FORMAT_JSON)
		add_data(&v);
}
