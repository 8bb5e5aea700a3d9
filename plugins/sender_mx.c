/* SPDX-License-Identifier: GPL-3.0-or-later */
#include <stdlib.h>

#include "mail/mx_find.h"
#include "sender_domain.h"

/* Where the domain takes mail: bounces, answers, reports. */

static const char stage[] = "mx";

static void *study(const struct sender *sender, struct resolver *resolver)
{
	struct mx_found *found = calloc(1, sizeof *found);

	if (found != NULL && !mx_find(&sender->domain, resolver, found)) {
		mx_release(found);
		free(found);
		return NULL;
	}
	return found;
}

/* ---- data ---- */

static const char *kind_word(enum mx_host_kind kind)
{
	switch (kind) {
	case MX_HOST_UNKNOWN: return "unknown";
	case MX_HOST_GOOD: return "good";
	case MX_HOST_NULL: return "null";
	case MX_HOST_ADDRESS: return "is_address";
	case MX_HOST_NO_NAME: return "no_name";
	case MX_HOST_MISSING: return "missing";
	case MX_HOST_NO_ADDRESS: return "no_address";
	case MX_HOST_PRIVATE: return "not_public";
	}
	return "?";
}

static json_t *addresses_json(const struct mx_host *host)
{
	json_t *addresses = json_array();
	char address[IP_TEXT];

	for (size_t q = 0; q < 2; q++) {
		for (size_t i = 0; i < dns_count(&host->addresses[q]); i++) {
			ip_print(&host->addresses[q].records->at[i].ip, address);
			json_array_append_new(addresses, json_string(address));
		}
	}
	return addresses;
}

static json_t *host_json(const struct mx_found *found, const struct mx_host *host)
{
	return json_pack("{so so ss so so sb}", "host",
			 host->name.len > 0 ? sender_json(host->name) : json_string("."), "preference",
			 found->kind == MX_LISTED || found->kind == MX_NULL ? json_integer(host->preference)
									    : json_null(),
			 "state", kind_word(host->kind), "addresses", addresses_json(host), "cname",
			 host->is_alias ? json_string(host->end.text) : json_null(), "implicit",
			 found->kind == MX_IMPLICIT || found->kind == MX_NONE);
}

static json_t *data(const struct mx_found *found)
{
	json_t *hosts = json_array();

	for (size_t i = 0; i < found->count; i++)
		json_array_append_new(hosts, host_json(found, &found->hosts[i]));
	return hosts;
}

/* ---- findings ---- */

struct verdict {
	const struct sender *sender;
	struct frame *frame;
	const struct mx_found *found;
	enum state state;	/* of a host that cannot be used */
};

/* A finding about a host: "the MX 10 of a.example ...". */
static struct finding *add(const struct verdict *v, const struct mx_host *host, enum state state,
			   const char *reason, const char *what)
{
	struct text text = { 0 }, subject = { 0 };
	struct finding *finding;

	if (host->host.text[0] != '\0')
		text_add(&subject, "%s", host->host.text);
	else
		text_add(&subject, "%s", v->sender->domain.text);
	if (v->found->kind == MX_IMPLICIT)
		text_add(&text, "without an MX, the domain's own address takes its mail, and %s", what);
	else
		text_add(&text, "the MX %u of %s %s", (unsigned)host->preference,
			 v->sender->domain.text, what);
	if (host->host.text[0] == '\0' && host->name.len > 0) {
		text_add(&text, ": \"");
		text_add_foreign(&text, host->name);
		text_add(&text, "\"");
	}
	finding = result_add(&v->frame->result, state, reason, stage, text_str(&subject), &text);
	text_release(&subject);
	return finding;
}

/* "example. MX 10 mail.example.", and an address for it. */
static void fix_host(const struct verdict *v, const struct mx_host *host, struct finding *finding)
{
	const char *domain = v->sender->domain.text;
	struct text fix = { 0 };
	struct ip ip = { 0 };
	char address[IP_TEXT] = "ADDRESS";

	if (host->kind == MX_HOST_ADDRESS && ip_parse(host->name, &ip))
		ip_print(&ip, address);
	text_add(&fix, "publish in its place: %s. MX %u mail.%s. and, for that host: mail.%s. %s %s", domain,
		 (unsigned)host->preference, domain, domain,
		 ip.version == 6 ? "AAAA" : "A", address);
	result_fix(&v->frame->result, finding, &fix);
}

static void fix_name(const struct verdict *v, const struct mx_host *host, struct finding *finding)
{
	struct text fix = { 0 };

	if (host->kind == MX_HOST_PRIVATE)
		text_add(&fix, "publish %s. A ADDRESS with the address that others reach", host->end.text);
	else
		text_add(&fix, "publish %s. A ADDRESS, or take it out of the MX records of %s",
			 host->end.text, v->sender->domain.text);
	result_fix(&v->frame->result, finding, &fix);
}

static void judge_null_beside_others(const struct verdict *v, const struct mx_host *host)
{
	struct finding *finding = add(v, host, STATE_WARNING, "mx_null_not_alone",
				      "is \".\": it says that the domain takes no mail, and others say where");
	struct text fix = { 0 };

	text_add(&fix, "take out %s. MX %u . or, if the domain takes no mail, all the others",
		 v->sender->domain.text, (unsigned)host->preference);
	result_fix(&v->frame->result, finding, &fix);
}

static void judge_alias(const struct verdict *v, const struct mx_host *host)
{
	struct text what = { 0 }, fix = { 0 };
	struct finding *finding;

	if (!host->is_alias || v->found->kind != MX_LISTED)
		return;
	text_add(&what, "is an alias (CNAME) of %s", host->end.text);
	finding = add(v, host, STATE_WARNING, "mx_is_alias", text_str(&what));
	text_add(&fix, "publish in its place: %s. MX %u %s.", v->sender->domain.text,
		 (unsigned)host->preference, host->end.text);
	result_fix(&v->frame->result, finding, &fix);
	text_release(&what);
}

static void judge_private(const struct verdict *v, const struct mx_host *host)
{
	const struct dns_question *question = &host->addresses[dns_count(&host->addresses[0]) == 0];
	const struct ip *ip = &question->records->at[0].ip;
	struct text what = { 0 };
	char address[IP_TEXT];

	ip_print(ip, address);
	text_add(&what, "has no address that others can reach: %s is %s", address, ip_not_public(ip));
	fix_name(v, host, add(v, host, v->state, "address_not_public", text_str(&what)));
	text_release(&what);
}

static void judge_host(const struct verdict *v, const struct mx_host *host)
{
	for (size_t q = 0; q < 2 && host->host.text[0] != '\0'; q++)
		sender_add_unanswered(v->frame, stage, &host->addresses[q]);
	switch (host->kind) {
	case MX_HOST_UNKNOWN:
	case MX_HOST_GOOD:
		break;
	case MX_HOST_NULL:
		judge_null_beside_others(v, host);
		break;
	case MX_HOST_ADDRESS:
		fix_host(v, host, add(v, host, v->state, "mx_is_address",
				      "is an address, and a name must stand there"));
		break;
	case MX_HOST_NO_NAME:
		fix_host(v, host, add(v, host, v->state, "dns_no_host", "is no host name"));
		break;
	case MX_HOST_MISSING:
		fix_name(v, host, add(v, host, v->state, "dns_no_host", "does not exist in the DNS"));
		break;
	case MX_HOST_NO_ADDRESS:
		fix_name(v, host, add(v, host, v->state, "dns_no_host", "has no address"));
		break;
	case MX_HOST_PRIVATE:
		judge_private(v, host);
		break;
	}
	judge_alias(v, host);
}

static bool may_work(const struct mx_host *host)
{
	return host->kind == MX_HOST_GOOD || host->kind == MX_HOST_UNKNOWN;
}

static void judge_hosts(struct verdict *v)
{
	const struct mx_found *found = v->found;
	struct text good = { 0 }, most = { 0 };
	size_t good_count = 0;

	v->state = STATE_CRITICAL;
	for (size_t i = 0; i < found->count; i++) {
		if (may_work(&found->hosts[i]))
			v->state = STATE_WARNING;
	}
	for (size_t i = 0; i < found->count; i++) {
		const struct mx_host *host = &found->hosts[i];

		if (host->name.len > 0 || found->kind == MX_LISTED)
			judge_host(v, host);
		if (host->kind == MX_HOST_GOOD)
			text_add(&good, "%s%s", good_count++ > 0 ? ", " : "", host->host.text);
	}
	if (found->left_out > 0) {
		text_add(&most, "%zu MX records: %zu of them were not looked at",
			 found->count + found->left_out, found->left_out);
		sender_add(v->sender, v->frame, STATE_WARNING, "too_many_targets", stage, NULL, &most);
	}
	if (good_count > 0) {
		text_add(&most, found->kind == MX_LISTED ? "its mail goes to %s"
							 : "it has no MX: its mail goes to %s itself",
			 text_str(&good));
		sender_add(v->sender, v->frame, STATE_OK, "published", stage, NULL, &most);
		text_add(&v->frame->result.good, "mail goes to %zu host%s", good_count,
			 good_count > 1 ? "s" : "");
	}
	text_release(&good);
}

static void judge_none(const struct verdict *v)
{
	const char *domain = v->sender->domain.text;
	struct text text = { 0 }, fix = { 0 };

	text_add(&text, v->found->exchangers.status == DNS_NXDOMAIN
				? "the domain does not exist, so nothing takes bounces and answers"
				: "it has neither MX nor address, so nothing takes bounces and answers");
	text_add(&fix, "publish %s. MX 10 mail.%s. with a host that has an address; or, if the domain "
		 "sends and takes no mail: %s. MX 0 .", domain, domain, domain);
	result_fix(&v->frame->result, sender_add(v->sender, v->frame, STATE_WARNING, "mx_missing", stage,
						 NULL, &text), &fix);
}

static void judge(const struct sender *sender, struct frame *frame, const void *found)
{
	struct verdict v = { .sender = sender, .frame = frame, .found = found };
	struct text text = { 0 };

	json_object_set_new(sender->data, "mx", data(found));
	sender_add_unanswered(frame, stage, &v.found->exchangers);
	switch (v.found->kind) {
	case MX_UNKNOWN:
		break;
	case MX_NULL:
		/* RFC 7505 4.2 */
		text_add(&text, "its only MX is \".\": it takes no mail, and receivers may refuse what it sends");
		sender_add(sender, frame, STATE_OK, "null_mx", stage, NULL, &text);
		text_add(&frame->result.good, "it takes no mail");
		break;
	case MX_LISTED:
	case MX_IMPLICIT:
		judge_hosts(&v);
		break;
	case MX_NONE:
		judge_none(&v);
		break;
	}
}

static void release(void *found)
{
	mx_release(found);
	free(found);
}

const struct sender_part sender_mx = { "mx", study, judge, release };
