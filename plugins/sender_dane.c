/* SPDX-License-Identifier: GPL-3.0-or-later */
#include <stdlib.h>

#include "mail/dane_find.h"
#include "sender_domain.h"

/* DANE: do the TLSA records of the domain's mail hosts count? What the servers show is
 * compared by check_smtp_send --dane. */

static const char stage[] = "dane";

static void *study(const struct sender *sender, struct resolver *resolver)
{
	struct dane_found *found = calloc(1, sizeof *found);

	if (found != NULL && !dane_find(&sender->domain, resolver, found)) {
		dane_release(found);
		free(found);
		return NULL;
	}
	return found;
}

/* ---- data ---- */

static const char *kind_word(enum dane_kind kind, bool trusts_ad)
{
	switch (kind) {
	case DANE_UNKNOWN: return "unknown";
	case DANE_ABSENT: return "absent";
	case DANE_UNSIGNED: return trusts_ad ? "insecure" : "undecided";
	case DANE_UNSIGNED_WAY: return "insecure_way";
	case DANE_UNUSABLE: return "unusable";
	case DANE_USABLE: return "secure";
	}
	return "?";
}

static json_t *host_json(const struct dane_host *host, bool trusts_ad)
{
	json_t *records = json_array();

	for (size_t i = 0; i < dns_count(host->answer); i++)
		json_array_append_new(records, sender_json(host->answer->records->at[i].data));
	return json_pack("{ss ss ss so sI}", "host", host->host->host.text, "name", host->answer->name.text,
			 "state", host->answer->is_bogus ? "bogus" : kind_word(host->kind, trusts_ad),
			 "records", records, "usable", (json_int_t)host->usable);
}

static json_t *data(const struct dane_found *found, bool trusts_ad)
{
	json_t *hosts = json_array();

	for (size_t i = 0; i < found->count; i++)
		json_array_append_new(hosts, host_json(&found->hosts[i], trusts_ad));
	return hosts;
}

/* ---- findings ---- */

struct verdict {
	const struct sender *sender;
	struct frame *frame;
	const struct dane_found *found;
	size_t counts[DANE_USABLE + 1];	/* hosts by kind */
	bool trusts_ad;
};

static void add(const struct verdict *v, const struct dane_host *host, enum state state,
		const char *reason, struct text *text, struct text *fix)
{
	struct finding *finding = result_add(&v->frame->result, state, reason, stage,
					     host->host->host.text, text);

	if (fix != NULL)
		result_fix(&v->frame->result, finding, fix);
}

/* What is not wrong, but not what --only dane asks for, either. */
static enum state if_named(const struct verdict *v, enum state state)
{
	return v->sender->is_named ? state : STATE_OK;
}

static void judge_unsigned(const struct verdict *v, const struct dane_host *host)
{
	struct text text = { 0 };

	if (v->trusts_ad) {
		text_add(&text, "its %zu TLSA record%s not signed: no sender looks at them",
			 dns_count(host->answer), dns_count(host->answer) > 1 ? "s are" : " is");
		add(v, host, STATE_WARNING, "tlsa_insecure", &text, NULL);
		return;
	}
	text_add(&text, "it has TLSA records; this resolver's word on whether they are signed does not count");
	add(v, host, if_named(v, STATE_UNKNOWN), "tlsa_undecided", &text, NULL);
}

/* Often another's host, whose records are of no use to this domain. */
static void judge_way(const struct verdict *v, const struct dane_host *host)
{
	bool is_domain = !v->found->mx.exchangers.authenticated;
	const char *what = is_domain ? v->sender->domain.text : host->host->host.text;
	struct text text = { 0 }, fix = { 0 };

	text_add(&text, "its TLSA records are signed, but the %s of %s %s not: they protect no mail to %s",
		 is_domain ? "MX records" : "addresses", what, "are", v->sender->domain.text);
	text_add(&fix, "sign the zone of %s", what);
	add(v, host, if_named(v, STATE_WARNING), "tlsa_insecure", &text, &fix);
}

static void judge_unusable(const struct verdict *v, const struct dane_host *host)
{
	struct text text = { 0 }, fix = { 0 };

	text_add(&text, "none of its %zu TLSA records can be used by mail servers: senders insist on TLS, and "
		 "verify nothing", dns_count(host->answer));
	text_add(&fix, "publish %s. TLSA 3 1 1 DIGEST with the SHA-256 of the server's public key",
		 host->answer->name.text);
	add(v, host, STATE_WARNING, "tlsa_unusable", &text, &fix);
}

static void judge_usable(const struct verdict *v, const struct dane_host *host)
{
	struct text text = { 0 };

	text_add(&text, "%zu of %zu TLSA records can be used, and all the way to them is signed", host->usable,
		 dns_count(host->answer));
	add(v, host, STATE_OK, "published", &text, NULL);
}

/* Said once for all hosts where none has any. */
static void judge_absent(const struct verdict *v, const struct dane_host *host)
{
	struct text text = { 0 }, fix = { 0 };

	if (v->counts[DANE_USABLE] == 0)
		return;
	text_add(&text, "it has no TLSA records, and other mail hosts of %s have: who can disturb those gets "
		 "mail here without them", v->sender->domain.text);
	text_add(&fix, "publish %s. TLSA 3 1 1 DIGEST with the SHA-256 of the server's public key",
		 host->questions[0].name.text);
	add(v, host, STATE_WARNING, "tlsa_missing", &text, &fix);
}

static void judge_host(const struct verdict *v, const struct dane_host *host)
{
	for (size_t q = 0; q < 2; q++)
		sender_add_unanswered(v->frame, stage, &host->host->addresses[q]);
	switch (host->kind) {
	case DANE_UNKNOWN:
		sender_add_unanswered(v->frame, stage, host->answer);
		break;
	case DANE_ABSENT:
		judge_absent(v, host);
		break;
	case DANE_UNSIGNED:
		judge_unsigned(v, host);
		break;
	case DANE_UNSIGNED_WAY:
		judge_way(v, host);
		break;
	case DANE_UNUSABLE:
		judge_unusable(v, host);
		break;
	case DANE_USABLE:
		judge_usable(v, host);
		break;
	}
}

static void judge_domain(const struct verdict *v)
{
	const struct dane_found *found = v->found;
	struct text text = { 0 }, fix = { 0 };

	if (found->mx.kind == MX_NULL || found->mx.kind == MX_NONE) {
		text_add(&text, "it takes no mail, so there is no host that could have TLSA records");
		sender_add(v->sender, v->frame, STATE_OK, "not_published", stage, NULL, &text);
	} else if (found->count > 0 && v->counts[DANE_ABSENT] == found->count) {
		text_add(&text, "%s mail host%s TLSA records: senders cannot verify the server",
			 found->count > 1 ? "none of its" : "its", found->count > 1 ? "s has" : " has no");
		text_add(&fix, "sign the zone, and publish %s. TLSA 3 1 1 DIGEST with the SHA-256 of the "
			 "server's public key", found->hosts[0].questions[0].name.text);
		result_fix(&v->frame->result, sender_add_absent(v->sender, v->frame, &sender_dane,
								text_str(&text)), &fix);
		text_release(&text);
	} else if (found->mx.kind == MX_LISTED && found->count == 0) {
		sender_add_absent(v->sender, v->frame, &sender_dane,
				  "none of its MX records names a host, so nothing can have TLSA records");
	}
}

static void judge(const struct sender *sender, struct frame *frame, const void *found)
{
	struct verdict v = { .sender = sender, .frame = frame, .found = found,
			     .trusts_ad = dns_trusts_ad(frame->dns) };

	json_object_set_new(sender->data, "dane", data(found, v.trusts_ad));
	sender_add_unanswered(frame, stage, &v.found->mx.exchangers);
	for (size_t i = 0; i < v.found->count; i++)
		v.counts[v.found->hosts[i].kind]++;
	for (size_t i = 0; i < v.found->count; i++)
		judge_host(&v, &v.found->hosts[i]);
	judge_domain(&v);
	if (v.counts[DANE_USABLE] > 0)
		text_add(&frame->result.good, "DANE for %zu host%s", v.counts[DANE_USABLE],
			 v.counts[DANE_USABLE] > 1 ? "s" : "");
}

static void release(void *found)
{
	dane_release(found);
	free(found);
}

const struct sender_part sender_dane = { "dane", study, judge, release };
