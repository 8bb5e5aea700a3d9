/* SPDX-License-Identifier: GPL-3.0-or-later */
#include <stdlib.h>

#include "mail/tagged_record.h"
#include "sender_domain.h"

/* MTA-STS, TLS-RPT and BIMI: one TXT record each. */

struct study {
	struct tagged_found found;
	struct dns_question hosts[2];	/* MTA-STS: A and AAAA of mta-sts.DOMAIN */
};

static struct study *begin(const struct tagged_kind *kind, const struct sender *sender,
			   struct resolver *resolver)
{
	struct study *study = calloc(1, sizeof *study);

	if (study != NULL)
		tagged_find(kind, &sender->domain, resolver, &study->found);
	return study;
}

/* The policy is fetched from there (RFC 8461 3.3): in the same wait. */
static void *study_mta_sts(const struct sender *sender, struct resolver *resolver)
{
	struct study *study = begin(&tagged_mta_sts, sender, resolver);

	if (study == NULL)
		return NULL;
	study->hosts[0].type = DNS_A;
	study->hosts[1].type = DNS_AAAA;
	for (size_t q = 0; q < 2; q++) {
		if (!domain_join(&study->hosts[q].name, "mta-sts", &sender->domain))
			study->hosts[q].name = sender->domain;	/* no record can be there, either */
	}
	resolver->ask(resolver, study->hosts, 2);
	return study;
}

static void *study_tls_rpt(const struct sender *sender, struct resolver *resolver)
{
	return begin(&tagged_tls_rpt, sender, resolver);
}

static void *study_bimi(const struct sender *sender, struct resolver *resolver)
{
	return begin(&tagged_bimi, sender, resolver);
}

/* ---- the record that would be right ---- */

/* What is good of the id; there has to be one, and it changes with the policy. */
static void suggest_mta_sts(const struct tagged_record *record, const struct domain *domain,
			    struct text *content)
{
	enum { ID_MAX = 32 };
	struct slice id = record->values[MTA_STS_ID];
	size_t kept = 0;

	(void)domain;
	text_add(content, "v=STSv1; id=");
	for (size_t i = 0; i < id.len && kept < ID_MAX; i++) {
		char c = id.at[i];

		if ((c >= '0' && c <= '9') || ((c | 0x20) >= 'a' && (c | 0x20) <= 'z')) {
			text_add_char(content, c);
			kept++;
		}
	}
	text_add(content, "%s;", kept == 0 ? "1" : "");
}

/* The addresses that are good, and those that only lack "mailto:". */
static void suggest_tls_rpt(const struct tagged_record *record, const struct domain *domain,
			    struct text *content)
{
	struct slice rest = record->values[TLS_RPT_RUA], piece;
	size_t from;

	text_add(content, "v=TLSRPTv1; rua=");
	from = content->len;
	while (rest.len > 0 && slice_split(&rest, ',', &piece)) {
		struct text address = { 0 };
		const char *why;

		piece = slice_trim(piece);
		if (!tagged_is_report_address(piece, &why))
			text_add(&address, "mailto:");
		text_add_slice(&address, piece);
		if (tagged_is_report_address(text_slice(&address), &why)) {
			text_add(content, "%s", content->len > from ? "," : "");
			text_add_foreign(content, text_slice(&address));
		}
		text_release(&address);
	}
	if (content->len == from)
		text_add(content, "mailto:tls-reports@%s", domain->text);
}

static void add_bimi_tag(const struct tagged_record *record, size_t place, const char *otherwise,
			 struct text *content)
{
	const struct tagged_tag *tag = &tagged_bimi.tags[place];
	struct slice value = record->values[place];
	const char *at, *why;

	if (value.at != NULL && tag->check(value, &at, &why)) {
		text_add(content, " %s=", tag->name);
		text_add_foreign(content, value);
		text_add(content, ";");
	} else if (otherwise != NULL && (value.at != NULL || tag->is_required)) {
		text_add(content, " %s=%s;", tag->name, otherwise);
	}
}

static void suggest_bimi(const struct tagged_record *record, const struct domain *domain,
			 struct text *content)
{
	struct text logo = { 0 }, evidence = { 0 };

	text_add(&logo, "https://%s/bimi/logo.svg", domain->text);
	text_add(&evidence, "https://%s/bimi/certificate.pem", domain->text);
	text_add(content, "v=BIMI1;");
	add_bimi_tag(record, BIMI_L, text_str(&logo), content);
	add_bimi_tag(record, BIMI_A, text_str(&evidence), content);
	add_bimi_tag(record, BIMI_AVP, NULL, content);
	add_bimi_tag(record, BIMI_LPS, NULL, content);
	text_release(&logo);
	text_release(&evidence);
}

/* ---- judging ---- */

struct row {
	const struct tagged_kind *kind;
	const struct sender_part *part;
	const char *member;		/* of the data */
	const char *reason;		/* it is there, and not right */
	const char *absent;		/* what follows where it is not there */
	const char *broken;		/* and where it is not right */
	void (*suggest)(const struct tagged_record *record, const struct domain *domain,
			struct text *content);
};

static const struct row mta_sts_row = {
	&tagged_mta_sts, &sender_mta_sts, "mta_sts", "mta_sts_invalid",
	"senders are not told to insist on TLS", "senders act as if there were no MTA-STS",
	suggest_mta_sts,
};
static const struct row tls_rpt_row = {
	&tagged_tls_rpt, &sender_tls_rpt, "tls_rpt", "tls_rpt_invalid",
	"nobody reports failures of TLS", "nobody reports failures of TLS", suggest_tls_rpt,
};
static const struct row bimi_row = {
	&tagged_bimi, &sender_bimi, "bimi", "bimi_invalid",
	"no logo is shown beside its mail", "no logo is shown beside its mail", suggest_bimi,
};

static const char *outcome_word(const struct tagged_found *found)
{
	switch (found->outcome) {
	case TAGGED_UNKNOWN: return "unknown";
	case TAGGED_ABSENT: return "absent";
	case TAGGED_MISSPELT: return "misspelt";
	case TAGGED_SEVERAL: return "several";
	case TAGGED_ONE: return found->record.is_valid ? "valid" : "invalid";
	}
	return "?";
}

/* {state, name, record, fault: {at, text}, the tags} */
static json_t *data(const struct row *row, const struct tagged_found *found)
{
	const struct tagged_record *record = &found->record;
	json_t *object = json_pack("{ss ss so}", "state", outcome_word(found), "name",
				   found->question.name.text, "record",
				   record->whole.at != NULL ? sender_json(record->whole) : json_null());

	if (record->why != NULL)
		json_object_set_new(object, "fault", json_pack("{sI ss}", "at", (json_int_t)record->at,
							       "text", record->why));
	for (size_t i = 0; row->kind->tags[i].name != NULL; i++) {
		if (record->values[i].at != NULL)
			json_object_set_new(object, row->kind->tags[i].name, sender_json(record->values[i]));
	}
	return object;
}

static void print_fault(const struct row *row, const struct tagged_found *found, struct text *text)
{
	const struct tagged_record *record = &found->record;

	if (found->outcome == TAGGED_SEVERAL) {
		text_add(text, "%zu records, and only one may be there", found->count);
	} else if (found->outcome == TAGGED_MISSPELT) {
		text_add(text, "it is no %s record, as it does not begin with v=%s%s", row->kind->title,
			 row->kind->version, row->kind->allows_space ? "" : ";");
	} else {
		text_add(text, "at byte %zu", record->at);
		if (record->tag != NULL)
			text_add(text, ", tag %s", record->tag);
		text_add(text, ": %s", record->why);
	}
	text_add(text, "; %s: \"", row->broken);
	text_add_foreign(text, record->whole);
	text_add(text, "\"");
}

static void add_broken(const struct row *row, const struct sender *sender, struct frame *frame,
		       const struct tagged_found *found)
{
	struct text text = { 0 }, fix = { 0 };
	struct finding *finding;

	print_fault(row, found, &text);
	finding = sender_add(sender, frame, STATE_WARNING, row->reason, row->part->name,
			     row->kind->label, &text);
	text_add(&fix, found->outcome == TAGGED_SEVERAL ? "keep only one, such as %s. TXT \""
							 : "publish in its place: %s. TXT \"",
		 found->question.name.text);
	if (found->outcome == TAGGED_SEVERAL && found->record.is_valid)
		text_add_foreign(&fix, found->record.whole);
	else
		row->suggest(&found->record, &sender->domain, &fix);
	text_add(&fix, "\"");
	result_fix(&frame->result, finding, &fix);
}

static void add_valid(const struct row *row, const struct sender *sender, struct frame *frame,
		      const struct tagged_found *found)
{
	struct text text = { 0 };

	text_add(&text, "%s: \"", row->kind->title);
	text_add_foreign(&text, found->record.whole);
	text_add(&text, "\"");
	if (row->kind == &tagged_bimi && found->record.values[BIMI_L].len == 0)
		text_add(&text, ": the domain wants no logo to be shown");
	else if (row->kind == &tagged_bimi)
		text_add(&text, "; it counts where DMARC asks for quarantine or reject, for all mail");
	sender_add(sender, frame, STATE_OK, "published", row->part->name, row->kind->label, &text);
	text_add(&frame->result.good, "%s", row->kind->title);
}

static void add_absent(const struct row *row, const struct sender *sender, struct frame *frame,
		       const struct tagged_found *found)
{
	struct text text = { 0 }, fix = { 0 };
	struct finding *finding;

	text_add(&text, "there is no %s record at %s: %s", row->kind->title, found->question.name.text,
		 row->absent);
	finding = sender_add_absent(sender, frame, row->part, text_str(&text));
	text_add(&fix, "publish %s. TXT \"", found->question.name.text);
	row->suggest(&found->record, &sender->domain, &fix);
	text_add(&fix, "\"%s", row->kind == &tagged_mta_sts ? ", and the policy at its web server" : "");
	result_fix(&frame->result, finding, &fix);
	text_release(&text);
}

static void judge(const struct row *row, const struct sender *sender, struct frame *frame,
		  const struct tagged_found *found)
{
	json_object_set_new(sender->data, row->member, data(row, found));
	switch (found->outcome) {
	case TAGGED_UNKNOWN:
		sender_add_unanswered(frame, row->part->name, &found->question);
		break;
	case TAGGED_ABSENT:
		add_absent(row, sender, frame, found);
		break;
	case TAGGED_MISSPELT:
	case TAGGED_SEVERAL:
		add_broken(row, sender, frame, found);
		break;
	case TAGGED_ONE:
		if (found->record.is_valid)
			add_valid(row, sender, frame, found);
		else
			add_broken(row, sender, frame, found);
		break;
	}
}

/* A record promises a policy: can anybody fetch it? */
static void judge_policy_host(const struct sender *sender, struct frame *frame,
			      const struct dns_question *hosts)
{
	struct text text = { 0 }, fix = { 0 };
	struct finding *finding;

	if (dns_count(&hosts[0]) + dns_count(&hosts[1]) > 0)
		return;
	for (size_t q = 0; q < 2; q++) {
		if (sender_add_unanswered(frame, sender_mta_sts.name, &hosts[q]))
			return;
	}
	text_add(&text, hosts[0].status == DNS_NXDOMAIN
				? "it does not exist, so nobody can fetch the policy that _mta-sts promises"
				: "it has no address, so nobody can fetch the policy that _mta-sts promises");
	finding = sender_add(sender, frame, STATE_WARNING, "dns_no_host", sender_mta_sts.name, "mta-sts",
			     &text);
	text_add(&fix, "publish %s. A ADDRESS with that of a web server which has the policy, or take out the "
		 "record at _mta-sts.%s", hosts[0].name.text, sender->domain.text);
	result_fix(&frame->result, finding, &fix);
}

static void judge_mta_sts(const struct sender *sender, struct frame *frame, const void *found)
{
	const struct study *study = found;

	judge(&mta_sts_row, sender, frame, &study->found);
	if (study->found.outcome == TAGGED_ONE && study->found.record.is_valid)
		judge_policy_host(sender, frame, study->hosts);
}

static void judge_tls_rpt(const struct sender *sender, struct frame *frame, const void *found)
{
	judge(&tls_rpt_row, sender, frame, &((const struct study *)found)->found);
}

static void judge_bimi(const struct sender *sender, struct frame *frame, const void *found)
{
	judge(&bimi_row, sender, frame, &((const struct study *)found)->found);
}

static void release(void *found)
{
	struct study *study = found;

	dns_release(&study->found.question, 1);
	dns_release(study->hosts, 2);
	free(study);
}

const struct sender_part sender_mta_sts = {
	"mta-sts", study_mta_sts, judge_mta_sts, release,
};
const struct sender_part sender_tls_rpt = {
	"tls-rpt", study_tls_rpt, judge_tls_rpt, release,
};
const struct sender_part sender_bimi = { "bimi", study_bimi, judge_bimi, release };
