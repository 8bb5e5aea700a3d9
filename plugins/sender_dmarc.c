/* SPDX-License-Identifier: GPL-3.0-or-later */
#include <stdlib.h>
#include <string.h>

#include "mail/dmarc_find.h"
#include "mail/tag_list.h"
#include "sender_domain.h"

/* DMARC: what the domain asks for, and whether receivers see it so. */

#define STAGE sender_dmarc.name

enum { RECORD_SHOWN = 2048 };	/* of a record to publish: it has to be whole */

struct verdict {
	const struct sender *sender;
	struct frame *frame;
	const struct dmarc_report *report;
	const struct dmarc_record *record;	/* that is applied, or NULL */
	const struct domain *at;		/* where it stands */
};

bool sender_dmarc_prepare(struct sender_settings *settings, struct fault *fault)
{
	const struct {
		const char *option, *value;
		struct domain *name;
	} names[] = {
		{ "--spf-domain", settings->spf_domain, &settings->spf_name },
		{ "--dkim-domain", settings->dkim_domain, &settings->dkim_name },
	};

	if (settings->min_policy != NULL &&
	    !dmarc_policy_parse(slice_of(settings->min_policy), &settings->least_policy))
		return fault_set(fault, FAULT_USAGE, "--min-policy: %s is none of none, quarantine, reject",
				 settings->min_policy);
	for (size_t i = 0; i < sizeof names / sizeof *names; i++) {
		if (names[i].value == NULL)
			continue;
		if (!domain_parse(slice_of(names[i].value), names[i].name, fault))
			return fault_prefix(fault, "%s: ", names[i].option);
	}
	return true;
}

static void *study(const struct sender *sender, struct resolver *resolver)
{
	const struct sender_settings *settings = sender->settings;
	struct dmarc_report *report = calloc(1, sizeof *report);

	if (report != NULL)
		dmarc_find(&sender->domain, settings->spf_domain != NULL ? &settings->spf_name : NULL,
			   settings->dkim_domain != NULL ? &settings->dkim_name : NULL, resolver, report);
	return report;
}

static void release(void *found)
{
	dmarc_release(found);
	free(found);
}

/* ---- findings ---- */

static struct finding *add(const struct verdict *v, enum state state, const char *reason,
			   struct text *text)
{
	return sender_add(v->sender, v->frame, state, reason, STAGE, NULL, text);
}

/* Of another name than the domain. */
static struct finding *add_of(const struct verdict *v, enum state state, const char *reason,
			      const struct domain *subject, struct text *text)
{
	return result_add(&v->frame->result, state, reason, STAGE, subject->text, text);
}

/* "publish at _dmarc.example.org TXT "v=DMARC1; ..."". */
static void fix_record(const struct verdict *v, struct finding *finding, const struct domain *domain,
		       const struct dmarc_record *record)
{
	struct text fix = { 0 }, written = { 0 };

	dmarc_record_print(record, &written);
	text_add(&fix, "publish as the only DMARC record, TXT at _dmarc.%s: \"", domain->text);
	text_add_foreign_most(&fix, text_slice(&written), RECORD_SHOWN);
	text_add(&fix, "\"");
	result_fix(&v->frame->result, finding, &fix);
	text_release(&written);
}

/* A record for a domain that has none. */
static void fix_new(const struct verdict *v, struct finding *finding, enum dmarc_policy policy)
{
	struct dmarc_record record = { .p = policy };
	struct text rua = { 0 };

	text_add(&rua, "mailto:postmaster@%s", v->sender->domain.text);
	if (!v->sender->settings->is_parked)
		record.rua = text_slice(&rua);
	fix_record(v, finding, &v->sender->domain, &record);
	text_release(&rua);
}

static void add_temporary(const struct verdict *v, const struct dns_question *question, const char *so)
{
	struct text text = { 0 };

	if (question->is_bogus) {
		sender_add_unanswered(v->frame, STAGE, question);
		return;
	}
	if (question->status == DNS_UNFINISHED ||	/* the finding "timeout" says it */
	    sender_has_said(v->frame, "dns_temporary", question->name.text))
		return;
	text_add(&text, "asking for its %s record gave: %s%s%s; %s", dns_type_word(question->type),
		 dns_status_word(question->status), question->detail != NULL ? ", " : "",
		 question->detail != NULL ? question->detail : "", so);
	add_of(v, STATE_UNKNOWN, "dns_temporary", &question->name, &text);
}

/* ---- which records there are ---- */

/* The first record of the name is as good as any to be the one that stays. */
static void judge_duplicates(const struct verdict *v)
{
	for (size_t i = 0; i < v->report->walk.length; i++) {
		const struct dmarc_step *step = &v->report->walk.steps[i];
		struct text text = { 0 };

		if (step->count < 2)
			continue;
		text_add(&text, "%zu DMARC records, so receivers take none of them", step->count);
		fix_record(v, add_of(v, STATE_WARNING, "dmarc_multiple", &step->question.name, &text),
			   &step->domain, &step->record);
	}
}

static bool has_duplicates(const struct dmarc_walk *walk)
{
	for (size_t i = 0; i < walk->length; i++) {
		if (walk->steps[i].count > 1)
			return true;
	}
	return false;
}

/* A text at _dmarc that nobody takes for the record that it was meant to be. */
static const struct dns_record *find_meant(const struct verdict *v)
{
	const struct dmarc_step *step = &v->report->walk.steps[0];

	for (size_t i = 0; step->count == 0 && i < dns_count(&step->question); i++) {
		if (dmarc_record_is_meant(step->question.records->at[i].data))
			return &step->question.records->at[i];
	}
	return NULL;
}

static void add_meant(const struct verdict *v, const struct dns_record *meant, enum state state,
		      const char *reason)
{
	struct dmarc_record record;
	struct text text = { 0 };

	dmarc_record_parse(meant->data, &record);
	text_add(&text, "\"");
	text_add_foreign(&text, meant->data);
	text_add(&text, "\" at _dmarc.%s %s", v->sender->domain.text, dmarc_note_text(DMARC_NO_VERSION));
	fix_record(v, add(v, state, reason, &text), &v->sender->domain, &record);
}

static void judge_missing(const struct verdict *v)
{
	const struct dns_record *meant = find_meant(v);
	struct text text = { 0 };

	if (meant != NULL) {
		add_meant(v, meant, STATE_WARNING, "dmarc_missing");
		return;
	}
	if (has_duplicates(&v->report->walk))
		return;		/* that is why */
	text_add(&text, "neither the domain nor one above it has a DMARC record");
	fix_new(v, add(v, STATE_WARNING, "dmarc_missing", &text),
		v->sender->settings->is_parked ? DMARC_REJECT : DMARC_NONE);
}

/* ---- what is wrong with the record ---- */

static size_t offset_of(const struct dmarc_record *record, const struct dmarc_note *note)
{
	return (size_t)(note->piece.at - record->text.at);
}

static void add_note(const struct dmarc_record *record, const struct dmarc_note *note, struct text *text)
{
	enum { PIECE_MAX = 60 };

	text_add(text, "%s", text->len > 0 ? "; " : "");
	if (note->kind == DMARC_NO_POLICY) {
		text_add(text, "the record %s", dmarc_note_text(note->kind));
		return;
	}
	text_add(text, "at byte %zu \"", offset_of(record, note));
	text_add_foreign_most(text, note->piece, PIECE_MAX);
	text_add(text, "\" %s", dmarc_note_text(note->kind));
}

/* What the faults come to, for those who read the record. */
static void add_consequence(const struct verdict *v, struct text *text)
{
	if (v->report->verdict.outcome == DMARC_UNUSABLE)
		text_add(text, "; so there is no policy, as if the record were not there");
	else if (v->record->p_is_bad || v->record->sp_is_bad || v->record->np_is_bad)
		text_add(text, "; so it is taken for p=none");
}

static void judge_faults(const struct verdict *v, bool are_wrong)
{
	const struct dmarc_record *record = v->record;
	struct text text = { 0 };
	struct domain name;

	for (size_t i = 0; i < record->note_count; i++) {
		if ((dmarc_note_weight(record->notes[i].kind) == DMARC_WRONG) == are_wrong)
			add_note(record, &record->notes[i], &text);
	}
	if (!are_wrong && v->report->verdict.at == 0 && !v->report->walk.is_temporary &&
	    !domain_same(&v->report->walk.organizational, v->at) &&
	    (record->sp != DMARC_UNSET || record->np != DMARC_UNSET))
		text_add(&text, "%ssp and np are ignored here: names below take them from %s",
			 text.len > 0 ? "; " : "", v->report->walk.organizational.text);
	if (text.len == 0)
		return;
	if (are_wrong)
		add_consequence(v, &text);
	dmarc_name(v->at, &name);
	fix_record(v, add_of(v, are_wrong ? STATE_WARNING : STATE_OK,
			     are_wrong ? "dmarc_invalid" : "dmarc_hint", &name, &text),
		   v->at, record);
}

/* ---- the policy ---- */

static bool applies(const struct dmarc_verdict *verdict)
{
	return verdict->outcome == DMARC_APPLIES;
}

/* What mail that fails gets: where nothing is asked for, none. */
static enum dmarc_policy effective(const struct dmarc_verdict *verdict)
{
	return applies(verdict) ? verdict->effective : DMARC_NONE;
}

static void add_policy(const struct verdict *v, struct text *text)
{
	const struct dmarc_verdict *verdict = &v->report->verdict;

	if (!applies(verdict)) {
		text_add(text, "there is no policy");
		return;
	}
	text_add(text, "%s=%s", verdict->tag, dmarc_policy_word(verdict->asked));
	if (verdict->at > 0)
		text_add(text, " of %s", v->at->text);
	if (v->record->t == 'y')
		text_add(text, ", softened by t=y to %s", dmarc_policy_word(verdict->effective));
}

/* The same record with a stronger policy where it speaks of this domain. */
static void fix_weak(const struct verdict *v, struct finding *finding, enum dmarc_policy least)
{
	const struct dmarc_verdict *verdict = &v->report->verdict;
	struct dmarc_record record;

	if (v->record == NULL) {
		fix_new(v, finding, least);
		return;
	}
	record = *v->record;
	if (record.t == 'y')
		record.t = '\0';
	if (strcmp(verdict->tag, "np") == 0)
		record.np = least;
	else if (strcmp(verdict->tag, "sp") == 0)
		record.sp = least;
	else
		record.p = least;
	fix_record(v, finding, v->at, &record);
}

static void judge_policy(const struct verdict *v)
{
	const struct sender_settings *settings = v->sender->settings;
	enum dmarc_policy least = settings->least_policy;
	enum dmarc_policy is = effective(&v->report->verdict);
	struct text text = { 0 };

	sender_measure(v->sender, v->frame, "dmarc_policy", NULL, (double)(is - DMARC_NONE));
	add_policy(v, &text);
	if (least != DMARC_UNSET && (!applies(&v->report->verdict) || is < least)) {
		text_add(&text, ", and it must be %s at least", dmarc_policy_word(least));
		fix_weak(v, add(v, STATE_CRITICAL, "dmarc_policy_too_weak", &text), least);
		return;
	}
	if (!applies(&v->report->verdict)) {
		text_release(&text);
		return;
	}
	if (is == DMARC_NONE)
		text_add(&text, ": mail that fails is treated as if it did not");
	if (v->record->rua.len == 0)
		text_add(&text, "; no reports are asked for");
	add(v, STATE_OK, "dmarc_policy", &text);
}

static void add_legacy(const struct verdict *v, struct text *text)
{
	const struct dmarc_verdict *legacy = &v->report->legacy;

	if (!applies(legacy)) {
		text_add(text, "nothing");
		return;
	}
	text_add(text, "%s", dmarc_policy_word(legacy->effective));
	if (legacy->is_partial)
		text_add(text, " for %u %% of the mail",
			 (unsigned)v->report->walk.steps[legacy->at].record.pct);
	text_add(text, " (of %s)", v->report->walk.steps[legacy->at].domain.text);
}

/* The author's domain is where both look first: a record there that holds only what
 * both know means the same to both. */
static void judge_difference(const struct verdict *v)
{
	const struct dmarc_verdict *verdict = &v->report->verdict;
	struct dmarc_record record = { .p = effective(verdict) };
	struct finding *finding;
	struct text text = { 0 };

	if (!dmarc_receivers_differ(v->report))
		return;
	text_add(&text, "receivers by RFC 9989 apply ");
	text_add(&text, "%s", applies(verdict) ? dmarc_policy_word(verdict->effective) : "nothing");
	text_add(&text, ", receivers by RFC 7489 and the Public Suffix List ");
	add_legacy(v, &text);
	finding = add(v, STATE_WARNING, "dmarc_receivers_differ", &text);
	if (v->record != NULL)
		record = *v->record;
	if (verdict->outcome == DMARC_UNUSABLE) {
		fix_record(v, finding, v->at, &record);
		return;
	}
	if (record.t == 'y') {
		record.t = '\0';
		record.sp = dmarc_policy_soften(record.sp);
		record.np = dmarc_policy_soften(record.np);
	}
	if (verdict->at != 0)
		record.sp = record.np = DMARC_UNSET;
	record.p = effective(verdict);
	fix_record(v, finding, &v->sender->domain, &record);
}

/* ---- alignment ---- */

static void add_alignment(const struct verdict *v, const char *what, const struct dmarc_alignment *alignment,
			  struct text *text)
{
	if (!alignment->is_given)
		return;
	text_add(text, "%s%s passes for %s, which is %s %s (%s)", text->len > 0 ? "; " : "", what,
		 alignment->walk.steps[0].domain.text,
		 alignment->is_temporary ? "perhaps aligned with"
		 : alignment->is_aligned ? "aligned with" : "not aligned with",
		 v->sender->domain.text, alignment->is_strict ? "strict" : "relaxed");
}

static bool is_aligned(const struct dmarc_alignment *alignment)
{
	return alignment->is_given && alignment->is_aligned;
}

static bool is_undecided(const struct dmarc_alignment *alignment)
{
	return alignment->is_given && alignment->is_temporary;
}

static const struct dns_question *find_unanswered(const struct dmarc_walk *walk)
{
	for (size_t i = 0; walk->is_temporary && i < walk->count; i++) {
		if (!dns_is_answered(&walk->steps[i].question))
			return &walk->steps[i].question;
	}
	return NULL;
}

/* That the author's own walk failed is said already. */
static void add_undecided(const struct verdict *v)
{
	const struct dmarc_alignment *all[] = { &v->report->spf, &v->report->dkim };

	for (size_t i = 0; i < 2 && !v->report->walk.is_temporary; i++) {
		const struct dns_question *missing = find_unanswered(&all[i]->walk);

		if (is_undecided(all[i]) && missing != NULL)
			add_temporary(v, missing, "so it is not known whether that domain is aligned");
	}
}

/* Names of one organisation for some receivers are of two for others. */
static void judge_aligned_differently(const struct verdict *v, bool passes)
{
	const struct dmarc_alignment *spf = &v->report->spf, *dkim = &v->report->dkim;
	bool passed = (spf->is_given && spf->is_aligned_by_suffix) ||
		      (dkim->is_given && dkim->is_aligned_by_suffix);
	struct text text = { 0 }, fix = { 0 };

	if (!applies(&v->report->legacy) || passes == passed)
		return;
	text_add(&text, "by RFC 9989 and its walk DMARC %s, by RFC 7489 and the Public Suffix List it %s",
		 passes ? "passes" : "fails", passed ? "passes" : "fails");
	text_add(&fix, "sign with DKIM as d=%s: the same name is aligned for all", v->sender->domain.text);
	result_fix(&v->frame->result, add(v, STATE_WARNING, "dmarc_receivers_differ", &text), &fix);
}

/* Without a record there is nothing to pass. */
static void judge_alignment(const struct verdict *v)
{
	const struct dmarc_alignment *spf = &v->report->spf, *dkim = &v->report->dkim;
	bool passes = is_aligned(spf) || is_aligned(dkim);
	struct text text = { 0 };

	if ((!spf->is_given && !dkim->is_given) || v->report->verdict.outcome == DMARC_MISSING ||
	    v->report->verdict.outcome == DMARC_UNUSABLE)
		return;
	if (!passes && (is_undecided(spf) || is_undecided(dkim))) {
		add_undecided(v);
		return;
	}
	add_alignment(v, "SPF", spf, &text);
	add_alignment(v, "DKIM", dkim, &text);
	text_add(&text, passes ? ": DMARC passes" : ": DMARC fails");
	add(v, passes ? STATE_OK : STATE_CRITICAL, passes ? "dmarc_aligned" : "dmarc_unaligned", &text);
	judge_aligned_differently(v, passes);
}

/* ---- reports ---- */

static void judge_authorisation(const struct verdict *v, const struct dmarc_destination *destination)
{
	struct text text = { 0 }, fix = { 0 };
	struct finding *finding;

	switch (destination->authorisation) {
	case DMARC_OWN:
		text_add(&text, "gets reports, and is of the same organisation");
		add_of(v, STATE_OK, "dmarc_report_authorised", &destination->host, &text);
		break;
	case DMARC_AUTHORISED:
		text_add(&text, "agrees to get the reports of %s", v->at->text);
		add_of(v, STATE_OK, "dmarc_report_authorised", &destination->host, &text);
		break;
	case DMARC_NOT_AUTHORISED:
		text_add(&text, "is to get the reports of %s, but does not say that it agrees, so "
			 "receivers send none", v->at->text);
		finding = add_of(v, STATE_WARNING, "dmarc_report_unauthorised", &destination->host, &text);
		text_add(&fix, "let %s publish TXT at %s._report._dmarc.%s: \"v=DMARC1\", or have "
			 "reports sent to an address of your own", destination->host.text, v->at->text,
			 destination->host.text);
		result_fix(&v->frame->result, finding, &fix);
		break;
	case DMARC_AUTHORISATION_UNKNOWN:
		if (!dns_is_answered(&destination->question))
			add_temporary(v, &destination->question,
				      "so it is not known whether it takes the reports");
		else if (find_unanswered(&destination->walk) != NULL)
			add_temporary(v, find_unanswered(&destination->walk),
				      "so it is not known whether it may get the reports");
		break;		/* or for the author's walk, which is said already */
	}
}

static void judge_mail(const struct verdict *v, const struct dmarc_destination *destination)
{
	const struct dns_question *missing;
	struct text text = { 0 };

	switch (dmarc_destination_mail(destination, &missing)) {
	case DMARC_MAIL_TAKEN:
		break;
	case DMARC_MAIL_REFUSED:
		text_add(&text, missing->status == DNS_FOUND
					? "is to get reports, but its MX says that it takes no mail"
					: "is to get reports, but has neither MX nor address");
		add_of(v, STATE_WARNING, "dmarc_report_undeliverable", &destination->host, &text);
		break;
	case DMARC_MAIL_UNKNOWN:
		add_temporary(v, missing, "so it is not known whether reports can get there");
		break;
	}
}

static void judge_reports(const struct verdict *v)
{
	for (size_t i = 0; i < v->report->destination_count; i++) {
		judge_authorisation(v, &v->report->destinations[i]);
		judge_mail(v, &v->report->destinations[i]);
	}
}

/* ---- data ---- */

static json_t *name_json(const struct domain *domain)
{
	return domain != NULL ? json_string(domain->text) : json_null();
}

static json_t *policy_json(enum dmarc_policy policy)
{
	return policy != DMARC_UNSET ? json_string(dmarc_policy_word(policy)) : json_null();
}

static json_t *organizational_json(const struct dmarc_walk *walk)
{
	return name_json(walk->is_temporary ? NULL : &walk->organizational);
}

static const char *outcome_word(enum dmarc_outcome outcome)
{
	switch (outcome) {
	case DMARC_UNKNOWN: return "unknown";
	case DMARC_MISSING: return "missing";
	case DMARC_UNUSABLE: return "unusable";
	case DMARC_APPLIES: return "applies";
	}
	return NULL;
}

static json_t *walk_json(const struct dmarc_walk *walk)
{
	json_t *steps = json_array();

	for (size_t i = 0; i < walk->length; i++) {
		const struct dmarc_step *step = &walk->steps[i];
		char psd[] = { step->record.psd != '\0' ? step->record.psd : 'u', '\0' };
		json_t *records = json_array();

		for (size_t r = 0; r < dns_count(&step->question); r++) {
			struct slice data = step->question.records->at[r].data;

			if (dmarc_record_is(data))
				json_array_append_new(records, sender_json(data));
		}
		json_array_append_new(steps, json_pack("{ss ss so so}", "domain", step->domain.text, "status",
						       dns_status_word(step->question.status), "records",
						       records, "psd",
						       step->count == 1 ? json_string(psd) : json_null()));
	}
	return steps;
}

/* As written; of a tag that stands there twice, the first. */
static json_t *tags_json(const struct dmarc_record *record)
{
	json_t *tags = json_object();
	enum tag_outcome outcome;
	struct slice rest = record->text;
	struct tag tag;
	char name[64];

	while ((outcome = tag_next(&rest, &tag)) != TAG_END) {
		if (outcome == TAG_FOUND && slice_copy(tag.name, name, sizeof name) &&
		    json_object_get(tags, name) == NULL)
			json_object_set_new(tags, name, sender_json(tag.value));
	}
	return tags;
}

static json_t *notes_json(const struct dmarc_record *record)
{
	static const char *const weights[] = {
		[DMARC_WRONG] = "wrong", [DMARC_OLD] = "removed", [DMARC_HINT] = "hint",
	};
	json_t *notes = json_array();

	for (size_t i = 0; i < record->note_count; i++) {
		const struct dmarc_note *note = &record->notes[i];

		json_array_append_new(notes, json_pack("{sI ss so ss}", "offset",
						       (json_int_t)offset_of(record, note), "weight",
						       weights[dmarc_note_weight(note->kind)], "piece",
						       sender_json(note->piece), "text",
						       dmarc_note_text(note->kind)));
	}
	return notes;
}

static json_t *authorised_json(const struct dmarc_destination *destination)
{
	if (destination == NULL || destination->authorisation == DMARC_AUTHORISATION_UNKNOWN)
		return json_null();
	return json_boolean(destination->authorisation != DMARC_NOT_AUTHORISED);
}

static json_t *mail_json(const struct dmarc_destination *destination)
{
	const struct dns_question *missing;
	enum dmarc_mail mail = DMARC_MAIL_UNKNOWN;

	if (destination != NULL)
		mail = dmarc_destination_mail(destination, &missing);
	return mail == DMARC_MAIL_UNKNOWN ? json_null() : json_boolean(mail == DMARC_MAIL_TAKEN);
}

static void add_reports_json(const struct verdict *v, const char *tag, struct slice uris, json_t *reports)
{
	struct dmarc_uri uri;

	while (dmarc_uri_next(&uris, &uri)) {
		bool is_mail = uri.kind == DMARC_URI_MAILTO;
		const struct dmarc_destination *destination =
			is_mail ? dmarc_find_destination(v->report, &uri.host) : NULL;
		bool is_own = destination != NULL && destination->authorisation == DMARC_OWN;

		json_array_append_new(reports, json_pack("{ss so so so sb so}", "tag", tag, "uri",
							 sender_json(uri.text), "destination",
							 name_json(is_mail ? &uri.host : NULL), "authorised",
							 authorised_json(destination), "own", is_own,
							 "takes_mail", mail_json(destination)));
	}
}

static json_t *reports_json(const struct verdict *v)
{
	json_t *reports = json_array();

	if (v->record != NULL) {
		add_reports_json(v, "rua", v->record->rua, reports);
		add_reports_json(v, "ruf", v->record->ruf, reports);
	}
	return reports;
}

static json_t *legacy_json(const struct dmarc_report *report)
{
	const struct dmarc_verdict *legacy = &report->legacy;
	const struct dmarc_step *step = legacy->at >= 0 ? &report->walk.steps[legacy->at] : NULL;

	return json_pack("{ss so so so so so sb}", "outcome", outcome_word(legacy->outcome), "found_at",
			 name_json(step != NULL ? &step->domain : NULL), "organizational_domain",
			 name_json(&report->legacy_organizational), "policy", policy_json(legacy->policy),
			 "effective_policy", policy_json(applies(legacy) ? legacy->effective : DMARC_UNSET),
			 "pct", step != NULL ? json_integer(step->record.pct) : json_null(), "differs",
			 dmarc_receivers_differ(report));
}

static json_t *alignment_json(const struct dmarc_alignment *alignment)
{
	if (!alignment->is_given)
		return json_null();
	return json_pack("{ss so ss so sb}", "domain", alignment->walk.steps[0].domain.text,
			 "organizational_domain", organizational_json(&alignment->walk), "mode",
			 alignment->is_strict ? "strict" : "relaxed", "aligned",
			 alignment->is_temporary ? json_null() : json_boolean(alignment->is_aligned),
			 "rfc7489_aligned", alignment->is_aligned_by_suffix);
}

static json_t *alignments_json(const struct dmarc_report *report)
{
	bool passes = is_aligned(&report->spf) || is_aligned(&report->dkim);
	bool is_known = passes || (!is_undecided(&report->spf) && !is_undecided(&report->dkim));

	if (report->verdict.outcome == DMARC_MISSING || report->verdict.outcome == DMARC_UNUSABLE)
		is_known = false;	/* there is nothing to pass */
	if (!report->spf.is_given && !report->dkim.is_given)
		return json_null();
	return json_pack("{so so so}", "spf", alignment_json(&report->spf), "dkim",
			 alignment_json(&report->dkim), "passes",
			 is_known ? json_boolean(passes) : json_null());
}

static void add_data(const struct verdict *v)
{
	const struct dmarc_verdict *verdict = &v->report->verdict;
	const struct dmarc_record *record = v->record;
	json_t *data = json_pack(
		"{so so so so so so so}", "record", record != NULL ? sender_json(record->text) : json_null(),
		"found_at", name_json(v->at), "policy_domain", name_json(v->at), "organizational_domain",
		organizational_json(&v->report->walk), "policy", policy_json(verdict->policy),
		"effective_policy", policy_json(applies(verdict) ? verdict->effective : DMARC_UNSET), "walk",
		walk_json(&v->report->walk));
	json_t *more = json_pack(
		"{ss so so so so so so}", "outcome", outcome_word(verdict->outcome), "policy_tag",
		verdict->tag != NULL ? json_string(verdict->tag) : json_null(), "tags",
		record != NULL ? tags_json(record) : json_null(), "notes",
		record != NULL ? notes_json(record) : json_null(), "reports", reports_json(v), "rfc7489",
		legacy_json(v->report), "alignment", alignments_json(v->report));

	if (data == NULL || more == NULL || json_object_update(data, more) != 0)
		v->frame->result.failed = true;
	json_decref(more);
	json_object_set_new(v->sender->data, STAGE, data);
}

/* ---- all of it ---- */

static void summarise(const struct verdict *v)
{
	struct text *good = &v->frame->result.good;

	if (!applies(&v->report->verdict))
		return;
	text_add(good, "DMARC asks for %s", dmarc_policy_word(v->report->verdict.effective));
}

static void judge_unknown(const struct verdict *v)
{
	const struct dmarc_verdict *verdict = &v->report->verdict;
	const struct dns_question *walk = find_unanswered(&v->report->walk);

	if (verdict->outcome == DMARC_UNKNOWN)
		add_temporary(v, verdict->missing, "so the policy is not known");
	else if (walk != NULL)
		add_temporary(v, walk, "so the organisational domain is not known");
}

static void judge(const struct sender *sender, struct frame *frame, const void *found)
{
	const struct dmarc_report *report = found;
	struct verdict v = { .sender = sender, .frame = frame, .report = report,
			     .record = dmarc_report_record(report), .at = dmarc_report_policy_domain(report) };
	const struct dns_record *meant = find_meant(&v);

	judge_duplicates(&v);
	judge_unknown(&v);
	if (report->verdict.outcome == DMARC_MISSING)
		judge_missing(&v);
	else if (meant != NULL)
		add_meant(&v, meant, STATE_WARNING, "dmarc_invalid");
	if (v.record != NULL) {
		judge_faults(&v, true);
		judge_faults(&v, false);
	}
	if (report->verdict.outcome != DMARC_UNKNOWN)
		judge_policy(&v);
	judge_difference(&v);
	judge_alignment(&v);
	judge_reports(&v);
	summarise(&v);
	add_data(&v);
}

const struct sender_part sender_dmarc = { "dmarc", study, judge, release };
