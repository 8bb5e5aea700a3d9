/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "mail/dmarc_find.h"

#include <libpsl.h>
#include <stdio.h>
#include <string.h>

#include "mail/tag_list.h"

/* ---- questions, all of which are asked at once ---- */

enum { BATCH_MAX = DMARC_DESTINATIONS * (DMARC_WALK_MAX + 1 + 3) };

struct batch {
	struct dns_question *to[BATCH_MAX];	/* where the answers go */
	struct dns_question questions[BATCH_MAX];
	size_t count;
};

static void add(struct batch *batch, struct dns_question *question, enum dns_type type)
{
	question->type = type;
	batch->questions[batch->count] = *question;
	batch->to[batch->count++] = question;
}

static void ask(struct batch *batch, struct resolver *resolver)
{
	if (batch->count == 0)
		return;
	resolver->ask(resolver, batch->questions, batch->count);
	for (size_t i = 0; i < batch->count; i++)
		*batch->to[i] = batch->questions[i];
}

bool dmarc_name(const struct domain *domain, struct domain *name)
{
	return domain_join(name, "_dmarc", domain);
}

bool dmarc_report_name(const struct domain *policy, const struct domain *host, struct domain *name)
{
	int len = snprintf(name->text, sizeof name->text, "%s._report._dmarc.%s", policy->text,
			   host->text);

	return len > 0 && (size_t)len < sizeof name->text;
}

/* ---- the walk ---- */

static void set_name(struct domain *domain, const char *name)
{
	memmove(domain->text, name, strlen(name) + 1);
}

static const char *parent_of(const char *name)
{
	const char *dot = strchr(name, '.');

	return dot != NULL ? dot + 1 : "";
}

static size_t label_count(const char *name)
{
	size_t count = 0;

	for (; *name != '\0'; name = parent_of(name))
		count++;
	return count;
}

/* The right-most labels of a name. */
static const char *last_labels(const char *name, size_t count)
{
	for (size_t have = label_count(name); have > count; have--)
		name = parent_of(name);
	return name;
}

/* RFC 9989 4.10: the domain, its parent or what seven labels are left of it, and
 * so on to the single label. */
static void add_walk(struct batch *batch, struct dmarc_walk *walk, const struct domain *start)
{
	enum { SHORTCUT = 7 };
	const char *name = start->text;

	for (; *name != '\0' && walk->count < DMARC_WALK_MAX; name = last_labels(parent_of(name), SHORTCUT)) {
		struct dmarc_step *step = &walk->steps[walk->count++];

		set_name(&step->domain, name);
		/* A name that is too long to ask about cannot exist. */
		if (dmarc_name(&step->domain, &step->question.name))
			add(batch, &step->question, DNS_TXT);
		else
			step->question.status = DNS_NXDOMAIN;
	}
}

static void read_step(struct dmarc_step *step)
{
	const struct dns_records *records = step->question.records;

	for (size_t i = 0; i < dns_count(&step->question); i++) {
		if (!dmarc_record_is(records->at[i].data))
			continue;
		if (step->count++ == 0)
			dmarc_record_parse(records->at[i].data, &step->record);
	}
}

/* 4.10.2: a record with psd=n is the organisational domain's; one with psd=y, but
 * that of the start, has it one label below. */
static void stop_walk(struct dmarc_walk *walk, int at)
{
	const struct dmarc_step *step = &walk->steps[at];
	const char *below;

	walk->length = (size_t)at + 1;
	if (step->record.psd == 'n' || at == 0)
		return;
	below = last_labels(walk->steps[0].domain.text, label_count(step->domain.text) + 1);
	set_name(&walk->organizational, below);
	walk->at_suffix = at;
	walk->at_organizational = -1;
	if (walk->steps[at - 1].count == 1 && strcmp(walk->steps[at - 1].domain.text, below) == 0)
		walk->at_organizational = at - 1;
}

static void judge_walk(struct dmarc_walk *walk)
{
	walk->organizational = walk->steps[0].domain;
	walk->at_organizational = walk->at_suffix = -1;
	walk->length = walk->count;
	for (size_t i = 0; i < walk->count; i++)
		read_step(&walk->steps[i]);
	for (int i = 0; i < (int)walk->count; i++) {
		const struct dmarc_step *step = &walk->steps[i];

		if (!dns_is_answered(&step->question)) {
			walk->is_temporary = true;
			return;
		}
		if (step->count != 1)
			continue;	/* several: all are dropped */
		walk->organizational = step->domain;
		walk->at_organizational = i;
		if (step->record.psd == 'n' || step->record.psd == 'y') {
			stop_walk(walk, i);
			return;
		}
	}
}

/* The question for which a walk ends without a result. */
static const struct dns_question *missing_of(const struct dmarc_walk *walk)
{
	for (size_t i = 0; i < walk->count; i++) {
		if (!dns_is_answered(&walk->steps[i].question))
			return &walk->steps[i].question;
	}
	return NULL;
}

/* ---- the policy ---- */

/* What is asked for mail of a name below the one that has the record. A tag that
 * is missing is spoken for by the next: np, sp, p. */
static void take_below(struct dmarc_verdict *verdict, const struct dmarc_record *record, bool knows_np,
		       const struct dns_question *exists)
{
	bool has_np = knows_np && record->np != DMARC_UNSET;
	enum dmarc_policy below = record->sp != DMARC_UNSET ? record->sp : record->p;

	verdict->tag = record->sp != DMARC_UNSET ? "sp" : "p";
	verdict->asked = below;
	if (has_np && record->np != below && !dns_is_answered(exists)) {
		verdict->outcome = DMARC_UNKNOWN;
		verdict->missing = exists;
	} else if (has_np && exists->status == DNS_NXDOMAIN) {
		verdict->tag = "np";
		verdict->asked = record->np;
	}
}

/* A record with a policy that is not valid is one of p=none if it wants reports,
 * and otherwise none at all (4.10.1). */
static void take_damaged(struct dmarc_verdict *verdict, const struct dmarc_record *record)
{
	verdict->tag = "p";
	verdict->policy = verdict->asked = verdict->effective = DMARC_NONE;
	if (!record->has_rua)
		verdict->outcome = DMARC_UNUSABLE;
}

static void take_record(struct dmarc_verdict *verdict, const struct dmarc_walk *walk, int at,
			bool is_legacy, const struct dns_question *exists)
{
	const struct dmarc_record *record = &walk->steps[at].record;
	bool is_damaged = record->p_is_bad || record->sp_is_bad || (record->np_is_bad && !is_legacy);

	*verdict = (struct dmarc_verdict){ .outcome = DMARC_APPLIES, .at = at, .tag = "p" };
	if (is_damaged) {
		take_damaged(verdict, record);
		return;
	}
	verdict->policy = verdict->asked = record->p;
	if (at > 0)
		take_below(verdict, record, !is_legacy, exists);
	verdict->effective = verdict->asked;
	if (is_legacy)
		verdict->is_partial = record->pct > 0 && record->pct < 100 && verdict->asked > DMARC_NONE;
	if (is_legacy ? record->pct == 0 : record->t == 'y')
		verdict->effective = dmarc_policy_soften(verdict->asked);
}

static struct dmarc_verdict without_record(enum dmarc_outcome outcome, const struct dns_question *missing)
{
	return (struct dmarc_verdict){ .outcome = outcome, .at = -1, .missing = missing };
}

/* RFC 9989 4.10.1: the record of the author's domain, else of the organisational
 * domain, else of the public suffix. */
static void find_policy(struct dmarc_report *report)
{
	const struct dmarc_walk *walk = &report->walk;
	struct dmarc_verdict *verdict = &report->verdict;
	const struct dmarc_step *author = &walk->steps[0];

	if (dns_is_answered(&author->question) && author->count == 1)
		take_record(verdict, walk, 0, false, &report->exists);
	else if (walk->is_temporary)
		*verdict = without_record(DMARC_UNKNOWN, missing_of(walk));
	else if (walk->at_organizational >= 0)
		take_record(verdict, walk, walk->at_organizational, false, &report->exists);
	else if (walk->at_suffix >= 0)
		take_record(verdict, walk, walk->at_suffix, false, &report->exists);
	else
		*verdict = without_record(DMARC_MISSING, NULL);
}

/* ---- RFC 7489 ---- */

void dmarc_registrable(const struct domain *domain, struct domain *registrable)
{
	const char *found = psl_registrable_domain(psl_builtin(), domain->text);

	*registrable = *domain;
	if (found != NULL)
		set_name(registrable, found);
}

/* RFC 7489 6.6.3: the author's domain and the organisational domain, and no
 * other; several records at one end the search. */
static void find_legacy_policy(struct dmarc_report *report)
{
	const struct dmarc_walk *walk = &report->walk;
	struct dmarc_verdict *verdict = &report->legacy;

	dmarc_registrable(&walk->steps[0].domain, &report->legacy_organizational);
	for (int i = 0; i < (int)walk->count; i++) {
		const struct dmarc_step *step = &walk->steps[i];

		if (i > 0 && !domain_same(&step->domain, &report->legacy_organizational))
			continue;
		if (!dns_is_answered(&step->question)) {
			*verdict = without_record(DMARC_UNKNOWN, &step->question);
			return;
		}
		if (step->count == 1) {
			take_record(verdict, walk, i, true, &report->exists);
			return;
		}
		if (step->count > 1)
			break;
	}
	*verdict = without_record(DMARC_MISSING, NULL);
}

bool dmarc_receivers_differ(const struct dmarc_report *report)
{
	const struct dmarc_verdict *now = &report->verdict, *then = &report->legacy;
	enum dmarc_policy a = now->outcome == DMARC_APPLIES ? now->effective : DMARC_NONE;
	enum dmarc_policy b = then->outcome == DMARC_APPLIES ? then->effective : DMARC_NONE;

	if (now->outcome == DMARC_UNKNOWN || then->outcome == DMARC_UNKNOWN)
		return false;
	return a != b || then->is_partial;
}

/* ---- alignment (4.4, 4.10.2) ---- */

static void align(const struct dmarc_report *report, struct dmarc_alignment *alignment, char mode)
{
	const struct domain *author = &report->walk.steps[0].domain;
	const struct domain *other = &alignment->walk.steps[0].domain;
	bool is_same = domain_same(author, other);
	struct domain by_list;

	dmarc_registrable(other, &by_list);
	alignment->is_strict = mode == 's';
	alignment->is_aligned_by_suffix =
		is_same || (mode != 's' && domain_same(&by_list, &report->legacy_organizational));
	if (is_same)
		alignment->is_aligned = true;
	else if (report->verdict.outcome == DMARC_UNKNOWN && report->verdict.at < 0)
		alignment->is_temporary = true;		/* the mode is not known */
	else if (mode != 's' && (report->walk.is_temporary || alignment->walk.is_temporary))
		alignment->is_temporary = true;
	else
		alignment->is_aligned = mode != 's' && domain_same(&report->walk.organizational,
								   &alignment->walk.organizational);
}

/* ---- reports (RFC 9990 4) ---- */

const struct dmarc_destination *dmarc_find_destination(const struct dmarc_report *report,
						       const struct domain *host)
{
	for (size_t i = 0; i < report->destination_count; i++) {
		if (domain_same(&report->destinations[i].host, host))
			return &report->destinations[i];
	}
	return NULL;
}

static void add_destinations(struct dmarc_report *report, struct slice uris)
{
	struct dmarc_uri uri;

	while (dmarc_uri_next(&uris, &uri)) {
		if (uri.kind != DMARC_URI_MAILTO || dmarc_find_destination(report, &uri.host) != NULL)
			continue;
		if (report->destination_count == DMARC_DESTINATIONS)
			report->has_more_destinations = true;
		else
			report->destinations[report->destination_count++].host = uri.host;
	}
}

static void add_destination(struct batch *batch, struct dmarc_destination *destination,
			    const struct domain *policy)
{
	static const enum dns_type types[] = { DNS_MX, DNS_A, DNS_AAAA };

	for (size_t i = 0; i < sizeof types / sizeof *types; i++) {
		destination->hosts[i].name = destination->host;
		add(batch, &destination->hosts[i], types[i]);
	}
	if (domain_same(&destination->host, policy))
		return;
	add_walk(batch, &destination->walk, &destination->host);
	if (dmarc_report_name(policy, &destination->host, &destination->question.name))
		add(batch, &destination->question, DNS_TXT);
	else
		destination->question.status = DNS_NXDOMAIN;
}

/* "v=DMARC1" is enough, and one record of several. */
static bool is_authorised(const struct dns_question *question)
{
	for (size_t i = 0; i < dns_count(question); i++) {
		if (tag_list_is(question->records->at[i].data, "DMARC1"))
			return true;
	}
	return false;
}

/* `own`: the organisational domain of the policy; NULL: not known. */
static enum dmarc_authorisation authorise(const struct dmarc_destination *destination,
					  const struct domain *policy, const struct domain *own)
{
	const struct dmarc_walk *walk = &destination->walk;
	bool is_known = own != NULL && !walk->is_temporary;

	if (domain_same(&destination->host, policy) ||
	    (is_known && domain_same(&walk->organizational, own)))
		return DMARC_OWN;
	if (is_authorised(&destination->question))
		return DMARC_AUTHORISED;
	return is_known && dns_is_answered(&destination->question) ? DMARC_NOT_AUTHORISED
								    : DMARC_AUTHORISATION_UNKNOWN;
}

static void find_destinations(struct dmarc_report *report, struct resolver *resolver)
{
	const struct dmarc_record *record = dmarc_report_record(report);
	const struct domain *policy = dmarc_report_policy_domain(report);
	const struct domain *own = &report->walk.organizational;
	struct batch batch;

	if (record == NULL || report->verdict.outcome == DMARC_UNUSABLE)
		return;
	batch.count = 0;
	add_destinations(report, record->rua);
	add_destinations(report, record->ruf);
	for (size_t i = 0; i < report->destination_count; i++)
		add_destination(&batch, &report->destinations[i], policy);
	ask(&batch, resolver);
	if (report->verdict.at == report->walk.at_suffix)
		own = policy;
	else if (report->walk.is_temporary)
		own = NULL;
	for (size_t i = 0; i < report->destination_count; i++) {
		struct dmarc_destination *destination = &report->destinations[i];

		if (destination->walk.count > 0)
			judge_walk(&destination->walk);
		destination->authorisation = authorise(destination, policy, own);
	}
}

enum dmarc_mail dmarc_destination_mail(const struct dmarc_destination *destination,
				       const struct dns_question **missing)
{
	const struct dns_question *mx = &destination->hosts[0];

	*missing = mx;
	if (!dns_is_answered(mx))
		return DMARC_MAIL_UNKNOWN;
	if (mx->status == DNS_FOUND)	/* RFC 7505: a lone "." takes none */
		return dns_count(mx) == 1 && mx->records->at[0].data.len == 0 ? DMARC_MAIL_REFUSED
									      : DMARC_MAIL_TAKEN;
	for (size_t i = 1; i < 3; i++) {
		if (destination->hosts[i].status == DNS_FOUND)
			return DMARC_MAIL_TAKEN;
		if (!dns_is_answered(&destination->hosts[i]))
			*missing = &destination->hosts[i];
	}
	return *missing == mx ? DMARC_MAIL_REFUSED : DMARC_MAIL_UNKNOWN;
}

/* ---- all of it ---- */

const struct dmarc_record *dmarc_report_record(const struct dmarc_report *report)
{
	return report->verdict.at >= 0 ? &report->walk.steps[report->verdict.at].record : NULL;
}

const struct domain *dmarc_report_policy_domain(const struct dmarc_report *report)
{
	return report->verdict.at >= 0 ? &report->walk.steps[report->verdict.at].domain : NULL;
}

void dmarc_find(const struct domain *author, const struct domain *spf, const struct domain *dkim,
		struct resolver *resolver, struct dmarc_report *report)
{
	const struct dmarc_record *record;
	struct batch batch;

	batch.count = 0;
	report->spf.is_given = spf != NULL;
	report->dkim.is_given = dkim != NULL;
	add_walk(&batch, &report->walk, author);
	report->exists.name = *author;
	add(&batch, &report->exists, DNS_A);
	if (spf != NULL)
		add_walk(&batch, &report->spf.walk, spf);
	if (dkim != NULL)
		add_walk(&batch, &report->dkim.walk, dkim);
	ask(&batch, resolver);
	judge_walk(&report->walk);
	find_policy(report);
	find_legacy_policy(report);
	record = dmarc_report_record(report);
	if (spf != NULL) {
		judge_walk(&report->spf.walk);
		align(report, &report->spf, record != NULL ? record->aspf : 'r');
	}
	if (dkim != NULL) {
		judge_walk(&report->dkim.walk);
		align(report, &report->dkim, record != NULL ? record->adkim : 'r');
	}
	find_destinations(report, resolver);
}

static void release_walk(struct dmarc_walk *walk)
{
	for (size_t i = 0; i < walk->count; i++)
		dns_release(&walk->steps[i].question, 1);
}

void dmarc_release(struct dmarc_report *report)
{
	release_walk(&report->walk);
	release_walk(&report->spf.walk);
	release_walk(&report->dkim.walk);
	dns_release(&report->exists, 1);
	for (size_t i = 0; i < report->destination_count; i++) {
		struct dmarc_destination *destination = &report->destinations[i];

		release_walk(&destination->walk);
		dns_release(&destination->question, 1);
		dns_release(destination->hosts, 3);
	}
	*report = (struct dmarc_report){ 0 };
}
