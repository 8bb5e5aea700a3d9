/* SPDX-License-Identifier: GPL-3.0-or-later */
#include <string.h>

#include "lookups.h"
#include "mail/dmarc_find.h"
#include "mail/rdns_generic.h"
#include "rdns_hosts.h"

/* What check_rdns makes of what it found. */

struct verdict {
	const struct rdns_settings *settings;
	struct frame *frame;
	size_t confirmed, failed, pointers;
};

struct subject {
	char text[IP_TEXT];
};

static struct subject subject_of(const struct rdns_host *host)
{
	struct subject subject;

	ip_print(&host->ip, subject.text);
	return subject;
}

static struct finding *add(struct verdict *v, const struct rdns_host *host, enum state state,
			   const char *reason, const char *stage, struct text *text)
{
	return result_add(&v->frame->result, state, reason, stage, subject_of(host).text, text);
}

/* ---- who can mend it ---- */

/* Is there somebody to ask? The registry of the whole tree gives no names to hosts. */
static bool is_known(const struct rdns_owner *owner)
{
	return owner->zone.text[0] != '\0' && !rdns_is_registry(&owner->zone);
}

/* "hostmaster@provider.example, who runs 2.0.192.in-addr.arpa" */
static void add_asked(struct text *text, const struct rdns_owner *owner)
{
	if (!is_known(owner)) {
		text_add(text, "your provider");
		return;
	}
	rdns_print_contact(owner->contact, text);
	text_add(text, ", who runs %s", owner->zone.text);
}

/* The same, and more, in a sentence that goes on with "to publish". */
static void add_owner(struct text *text, const struct rdns_owner *owner)
{
	add_asked(text, owner);
	if (is_known(owner)) {
		text_add(text, " (server ");
		text_add_foreign(text, owner->server);
		text_add(text, "),");
	} else if (owner->zone.text[0] != '\0') {
		text_add(text, " to have the network delegated: no zone below %s has it, and then",
			 owner->zone.text);
	}
}

/* "; the zone Z is run by S, contact C" */
static void add_zone(struct text *text, const struct rdns_owner *owner)
{
	if (owner->zone.text[0] == '\0')
		return;
	text_add(text, "; the zone %s is run by ", owner->zone.text);
	text_add_foreign(text, owner->server);
	text_add(text, ", contact ");
	rdns_print_contact(owner->contact, text);
}

/* "25.2.0.192.in-addr.arpa", or with " -> " where its aliases lead. */
static void add_reverse(struct text *text, const struct rdns_found *found)
{
	text_add(text, "%s", found->reverse.text);
	for (size_t i = 0; i < found->alias_count; i++)
		text_add(text, " -> %s", found->aliases[i].text);
}

/* The name that the mail server has, as far as is known. */
static const char *wanted_name(const struct rdns_host *host, const struct rdns_settings *settings)
{
	if (settings->expectation_count > 0 && settings->expectations[0].name.text[0] != '\0')
		return settings->expectations[0].name.text;
	if (host->helo.kind == HELO_NAME)
		return host->helo.name.text;
	return host->name;
}

/* "25.2.0.192.in-addr.arpa. PTR mail.example.org." */
static void add_record(struct text *text, const struct rdns_host *host,
		       const struct rdns_settings *settings)
{
	const char *name = wanted_name(host, settings);

	text_add(text, "%s. PTR %s%s", rdns_end(&host->found)->text,
		 name != NULL ? name : "NAME-OF-YOUR-MAIL-SERVER", name != NULL ? "." : "");
}

static void ask_owner(struct verdict *v, const struct rdns_host *host, struct finding *finding)
{
	struct text fix = { 0 };

	text_add(&fix, "ask ");
	add_owner(&fix, &host->found.owner);
	text_add(&fix, " to publish: ");
	add_record(&fix, host, v->settings);
	result_fix(&v->frame->result, finding, &fix);
}

/* ---- iprev ---- */

static void judge_missing(struct verdict *v, const struct rdns_host *host)
{
	const struct rdns_found *found = &host->found;
	struct text text = { 0 }, headline = { 0 };
	struct finding *finding;

	text_add(&text, "it has no name: ");
	add_reverse(&text, found);
	text_add(&text, found->why == RDNS_NXDOMAIN ? " does not exist (NXDOMAIN)"
						    : " has no PTR record (NODATA)");
	add_zone(&text, &found->owner);
	finding = add(v, host, STATE_CRITICAL, "rdns_missing", "reverse", &text);
	text_add(&headline, "%s has no name: ask ", subject_of(host).text);
	add_asked(&headline, &found->owner);
	result_headline(&v->frame->result, finding, &headline);
	ask_owner(v, host, finding);
	result_count(&v->frame->result, finding, "failed", 1);
}

static void add_addresses(struct text *text, const struct dns_question *addresses)
{
	enum { SHOWN = 4 };
	char address[IP_TEXT];

	for (size_t i = 0; i < dns_count(addresses) && i < SHOWN; i++) {
		ip_print(&addresses->records->at[i].ip, address);
		text_add(text, "%s%s", i > 0 ? ", " : "", address);
	}
	if (dns_count(addresses) > SHOWN)
		text_add(text, " and %zu more", dns_count(addresses) - SHOWN);
}

/* "mail.example.org leads to 192.0.2.99" */
static void add_name(struct text *text, const struct rdns_name *name)
{
	if (name->kind == RDNS_NAME_NO_HOST) {
		text_add(text, "\"");
		text_add_foreign(text, name->name);
		text_add(text, "\"");
	} else {
		text_add(text, "%s", name->host.text);
	}
	switch (name->kind) {
	case RDNS_NAME_UNKNOWN:
		text_add(text, " has no answer");
		break;
	case RDNS_NAME_CONFIRMED:
	case RDNS_NAME_ELSEWHERE:
		text_add(text, " leads to ");
		add_addresses(text, &name->addresses);
		break;
	case RDNS_NAME_MISSING:
		text_add(text, " does not exist");
		break;
	case RDNS_NAME_NO_ADDRESS:
		text_add(text, " has no %s record", dns_type_word(name->addresses.type));
		break;
	case RDNS_NAME_NO_HOST:
		text_add(text, " is no host name");
		break;
	}
}

static void fix_unconfirmed(struct verdict *v, const struct rdns_host *host, struct finding *finding)
{
	const struct rdns_found *found = &host->found;
	const struct rdns_name *first = &found->names[0];
	struct text fix = { 0 };

	for (size_t i = 0; i < found->name_count; i++) {
		if (found->names[i].host.text[0] != '\0') {
			first = &found->names[i];
			break;
		}
	}
	if (first->host.text[0] == '\0' || rdns_is_reverse(&first->host)) {
		text_add(&fix, first->host.text[0] == '\0'
				       ? "ask "
				       : "the dot behind the name was forgotten in the zone file: ask ");
		add_owner(&fix, &found->owner);
		text_add(&fix, " to publish: ");
		add_record(&fix, host, v->settings);
	} else {
		text_add(&fix, "publish %s. %s %s, if that name is yours; or ask ", first->host.text,
			 host->ip.version == 4 ? "A" : "AAAA", subject_of(host).text);
		add_owner(&fix, &found->owner);
		text_add(&fix, " to publish: ");
		add_record(&fix, host, v->settings);
	}
	result_fix(&v->frame->result, finding, &fix);
}

static void judge_unconfirmed(struct verdict *v, const struct rdns_host *host)
{
	const struct rdns_found *found = &host->found;
	struct text text = { 0 };
	struct finding *finding;

	text_add(&text, "no name of it leads back: ");
	for (size_t i = 0; i < found->name_count; i++) {
		text_add(&text, "%s", i > 0 ? ", " : "");
		add_name(&text, &found->names[i]);
	}
	text_add(&text, " (");
	add_reverse(&text, found);
	text_add(&text, ")");
	add_zone(&text, &found->owner);
	finding = add(v, host, STATE_CRITICAL, "rdns_unconfirmed", "forward", &text);
	fix_unconfirmed(v, host, finding);
	result_count(&v->frame->result, finding, "failed", 1);
}

static void add_question(struct text *text, const struct dns_question *question)
{
	text_add(text, "asking for the %s record of %s gave: %s%s%s", dns_type_word(question->type),
		 question->name.text, dns_status_word(question->status),
		 question->detail != NULL ? ", " : "", question->detail != NULL ? question->detail : "");
}

static void judge_lame(struct verdict *v, const struct rdns_host *host)
{
	const struct rdns_found *found = &host->found;
	struct text text = { 0 }, fix = { 0 };

	add_question(&text, found->missing);
	text_add(&text, ": the zone %s is delegated to servers that do not answer", found->lame.text);
	add_zone(&text, &found->owner);
	text_add(&fix, "let the servers of %s serve that zone; if they are not yours, ask ",
		 found->lame.text);
	add_owner(&fix, &found->owner);
	text_add(&fix, " to delegate it to servers that do");
	result_fix(&v->frame->result, add(v, host, STATE_UNKNOWN, "rdns_lame", "reverse", &text), &fix);
}

/* "Not known" is neither good nor bad. An UNFINISHED question is in a "timeout". */
static void judge_temporary(struct verdict *v, const struct rdns_host *host)
{
	const struct rdns_found *found = &host->found;
	const char *stage = found->missing == &found->pointers ? "reverse" : "forward";
	struct text text = { 0 };

	if (found->missing->status == DNS_UNFINISHED)
		return;
	if (found->why == RDNS_LAME) {
		judge_lame(v, host);
		return;
	}
	add_question(&text, found->missing);
	if (found->missing == &found->pointers)
		add_zone(&text, &found->owner);
	add(v, host, STATE_UNKNOWN, found->why == RDNS_BOGUS ? "dnssec_bogus" : "dns_temporary", stage,
	    &text);
}

/* ---- what more there is to the names of an address that passes ---- */

static size_t count_kind(const struct rdns_found *found, enum rdns_name_kind kind)
{
	size_t count = 0;

	for (size_t i = 0; i < found->name_count; i++)
		count += found->names[i].kind == kind;
	return count;
}

static void judge_many(struct verdict *v, const struct rdns_host *host)
{
	const struct rdns_found *found = &host->found;
	struct text text = { 0 };

	if (found->pointer_count > found->name_count) {
		text_add(&text, "it has %zu names, and receivers look at no more than %d",
			 found->pointer_count, RDNS_NAMES_MAX);
		add(v, host, STATE_WARNING, "rdns_too_many", "reverse", &text);
	}
	if (found->iprev != RDNS_PASS || count_kind(found, RDNS_NAME_CONFIRMED) == found->name_count)
		return;
	text = (struct text){ 0 };
	text_add(&text, "one of its names leads back, but");
	for (size_t i = 0, said = 0; i < found->name_count; i++) {
		if (found->names[i].kind == RDNS_NAME_CONFIRMED)
			continue;
		text_add(&text, "%s", said++ > 0 ? ", " : " ");
		add_name(&text, &found->names[i]);
	}
	add(v, host, STATE_OK, "rdns_partly_confirmed", "forward", &text);
}

static void judge_expected(struct verdict *v, const struct rdns_host *host)
{
	const struct rdns_settings *settings = v->settings;
	struct text text = { 0 };
	bool is_met = settings->expectation_count == 0;
	size_t said = 0;

	text_add(&text, "its name is ");
	for (size_t i = 0; i < host->found.name_count; i++) {
		const struct rdns_name *name = &host->found.names[i];

		if (name->kind != RDNS_NAME_CONFIRMED)
			continue;
		text_add(&text, "%s%s", said++ > 0 ? ", " : "", name->host.text);
		for (size_t e = 0; e < settings->expectation_count; e++) {
			const struct expectation *expected = &settings->expectations[e];

			/* At most DOMAIN_MAX bytes: nobody can make a pattern run for long. */
			is_met |= expected->name.text[0] != '\0'
					  ? domain_same(&expected->name, &name->host)
					  : regexec(&expected->pattern, name->host.text, 0, NULL, 0) == 0;
		}
	}
	if (is_met) {
		text_release(&text);
		return;
	}
	text_add(&text, ", and was to be ");
	for (size_t e = 0; e < settings->expectation_count; e++) {
		text_add(&text, "%s", e > 0 ? " or " : "");
		text_add_foreign(&text, slice_of(settings->expectations[e].word));
	}
	ask_owner(v, host, add(v, host, STATE_CRITICAL, "rdns_unexpected", "reverse", &text));
}

/* Does it look so? `why` gets a few words. */
static bool is_generic(const struct rdns_settings *settings, const struct domain *name,
		       const struct ip *ip, struct text *why)
{
	struct domain sign;

	for (size_t i = 0; i < settings->generic_count; i++) {
		if (regexec(&settings->generics[i], name->text, 0, NULL, 0) != 0)
			continue;
		text_add(why, "--generic-regex says so");
		return true;
	}
	switch (rdns_generic(name, ip, &sign)) {
	case RDNS_OWN_NAME:
		return false;
	case RDNS_HAS_ADDRESS:
		text_add(why, "the address stands in it: %s", sign.text);
		return true;
	case RDNS_HAS_WORD:
		text_add(why, "it has the word %s", sign.text);
		return true;
	case RDNS_OF_PROVIDER:
		text_add(why, "all names below %s are", sign.text);
		return true;
	}
	return false;
}

/* All names that count must look so: one good name is enough for many receivers. */
static bool is_generic_host(const struct rdns_settings *settings, const struct rdns_found *found,
			    struct text *text)
{
	size_t generic = 0, count = 0;

	for (size_t i = 0; i < found->name_count; i++) {
		const struct rdns_name *name = &found->names[i];
		struct text why = { 0 };

		if (name->host.text[0] == '\0' ||
		    (found->iprev == RDNS_PASS && name->kind != RDNS_NAME_CONFIRMED))
			continue;
		count++;
		if (is_generic(settings, &name->host, &found->ip, &why) && generic++ == 0)
			text_add(text, "%s looks like a name that a provider gives to each address: %s",
				 name->host.text, text_str(&why));
		text_release(&why);
	}
	return count > 0 && generic == count;
}

static void judge_generic(struct verdict *v, const struct rdns_host *host)
{
	struct text text = { 0 };

	if (is_generic_host(v->settings, &host->found, &text))
		ask_owner(v, host, add(v, host, v->settings->generic, "rdns_generic", "reverse", &text));
	text_release(&text);
}

static void judge_pass(struct verdict *v, const struct rdns_host *host)
{
	const struct rdns_found *found = &host->found;
	struct text text = { 0 };
	size_t said = 0;

	for (size_t i = 0; i < found->name_count; i++) {
		if (found->names[i].kind != RDNS_NAME_CONFIRMED)
			continue;
		text_add(&text, "%s", said++ > 0 ? ", " : "");
		add_name(&text, &found->names[i]);
	}
	if (found->alias_count > 0) {
		text_add(&text, " (");
		add_reverse(&text, found);
		text_add(&text, ")");
	}
	add_zone(&text, &found->owner);
	add(v, host, STATE_OK, "rdns_confirmed", "forward", &text);
	judge_expected(v, host);
	judge_generic(v, host);
}

static void judge_iprev(struct verdict *v, const struct rdns_host *host)
{
	v->pointers += host->found.pointer_count;
	switch (host->found.iprev) {
	case RDNS_PASS:
		v->confirmed++;
		judge_pass(v, host);
		break;
	case RDNS_FAIL:
		v->failed++;
		judge_unconfirmed(v, host);
		break;
	case RDNS_PERMERROR:
		v->failed++;
		judge_missing(v, host);
		break;
	case RDNS_TEMPERROR:
		judge_temporary(v, host);
		break;
	}
	judge_many(v, host);
}

/* ---- the name that the mail server says ---- */

/* What is wrong with the form of the name; NULL: nothing. */
static const char *helo_fault(const struct helo *helo)
{
	switch (helo->kind) {
	case HELO_NONE:
	case HELO_NAME:
		return NULL;
	case HELO_LITERAL:
		return "an address in brackets: it is allowed, but many receivers refuse it";
	case HELO_ADDRESS:
		return "an address, which no receiver has to take for a name";
	case HELO_SHORT:
		return "a name of one word, which nobody else can look up";
	case HELO_NO_NAME:
		return "no host name";
	}
	return NULL;
}

static void add_helo(const struct verdict *v, const struct helo *helo, struct text *text)
{
	text_add(text, v->settings->reads_banner ? "the banner says \"" : "EHLO says \"");
	text_add_foreign(text, helo->word);
	text_add(text, "\", ");
}

static struct finding *add_helo_finding(struct verdict *v, const struct rdns_host *host,
					enum state state, const char *reason, const char *what)
{
	struct text text = { 0 };

	add_helo(v, &host->helo, &text);
	text_add(&text, "%s", what);
	return add(v, host, state, reason, v->settings->reads_banner ? "banner" : "helo", &text);
}

/* A receiver sees what EHLO says; the banner is only a hint at that. */
static enum state helo_state(const struct verdict *v)
{
	return v->settings->reads_banner ? STATE_WARNING : STATE_CRITICAL;
}

static void fix_helo(struct verdict *v, const struct rdns_host *host, struct finding *finding)
{
	struct text fix = { 0 };

	text_add(&fix, "publish %s. %s %s; or let the mail server say ", host->helo.name.text,
		 host->ip.version == 4 ? "A" : "AAAA", subject_of(host).text);
	for (size_t i = 0; i < host->found.name_count; i++) {
		if (host->found.names[i].kind != RDNS_NAME_CONFIRMED)
			continue;
		text_add(&fix, "%s, the name of its address", host->found.names[i].host.text);
		result_fix(&v->frame->result, finding, &fix);
		return;
	}
	text_add(&fix, "a name that leads to its address");
	result_fix(&v->frame->result, finding, &fix);
}

static bool helo_leads_here(const struct rdns_host *host)
{
	for (size_t i = 0; i < dns_count(&host->helo_addresses); i++) {
		if (ip_same(&host->helo_addresses.records->at[i].ip, &host->ip))
			return true;
	}
	return false;
}

static bool matches(enum helo_match match, const struct domain *helo, const struct domain *name)
{
	struct domain a, b;

	if (match == HELO_MATCH_STRICT)
		return domain_same(helo, name);
	dmarc_registrable(helo, &a);
	dmarc_registrable(name, &b);
	return domain_same(&a, &b);
}

/* --helo-match: is it the name that the address has? Without any, that is said already. */
static bool judge_match(struct verdict *v, const struct rdns_host *host)
{
	const struct rdns_found *found = &host->found;
	struct text what = { 0 };
	bool matched = v->settings->match == HELO_MATCH_NONE || found->name_count == 0;

	text_add(&what, "and the address has the name ");
	for (size_t i = 0; i < found->name_count; i++) {
		const struct rdns_name *name = &found->names[i];

		if (name->host.text[0] != '\0' && matches(v->settings->match, &host->helo.name, &name->host))
			matched = true;
		text_add(&what, "%s", i > 0 ? ", " : "");
		text_add_foreign(&what, name->name);
	}
	text_add(&what, v->settings->match == HELO_MATCH_ORG ? ": another organization's" : "");
	if (!matched)
		ask_owner(v, host, add_helo_finding(v, host, helo_state(v), "helo_mismatch", text_str(&what)));
	text_release(&what);
	return matched;
}

static void judge_helo_name(struct verdict *v, const struct rdns_host *host)
{
	const struct dns_question *addresses = &host->helo_addresses;
	struct text what = { 0 };

	if (helo_leads_here(host)) {
		if (judge_match(v, host))
			add_helo_finding(v, host, STATE_OK, "helo_confirmed", "which leads to this address");
		return;
	}
	if (addresses->status == DNS_UNFINISHED)
		return;
	if (!dns_is_answered(addresses)) {
		add_question(&what, addresses);
		add_helo_finding(v, host, STATE_UNKNOWN,
				 addresses->is_bogus ? "dnssec_bogus" : "dns_temporary", text_str(&what));
	} else {
		if (addresses->status == DNS_FOUND) {
			text_add(&what, "which leads to ");
			add_addresses(&what, addresses);
			text_add(&what, " and not to this address");
		} else if (addresses->status == DNS_NXDOMAIN) {
			text_add(&what, "and there is no such name");
		} else {
			text_add(&what, "which has no %s record", dns_type_word(addresses->type));
		}
		fix_helo(v, host, add_helo_finding(v, host, helo_state(v), "helo_unconfirmed",
						   text_str(&what)));
	}
	text_release(&what);
}

static void judge_helo(struct verdict *v, const struct rdns_host *host)
{
	const struct helo *helo = &host->helo;
	bool is_own = helo->kind == HELO_LITERAL && ip_same(&helo->ip, &host->ip);

	if (helo->kind == HELO_NONE)
		return;
	if (helo->kind == HELO_NAME)
		judge_helo_name(v, host);
	else
		add_helo_finding(v, host, is_own ? STATE_WARNING : helo_state(v), "helo_not_a_name",
				 helo->kind == HELO_LITERAL && !is_own ? "which is another address"
								       : helo_fault(helo));
}

/* ---- the banner ---- */

static void add_cut_off(struct verdict *v, const struct rdns_host *host, const char *peer)
{
	const struct monitor_timeout *timeout = &v->frame->settings.monitor.timeout;
	struct text text = { 0 };

	if (v->frame->was_cut_off)
		return;
	v->frame->was_cut_off = true;
	text_add(&text, "timeout after %g s in stage banner, waiting for %s to greet",
		 (double)timeout->ms / 1000, peer);
	add(v, host, timeout->state, "timeout", "banner", &text);
}

/* A banner that cannot be read says nothing of the name: UNKNOWN. */
static void judge_banner(struct verdict *v, const struct rdns_host *host)
{
	static const char *const reasons[] = {
		[TCP_TIMEOUT] = "connect_timeout", [TCP_REFUSED] = "connect_refused",
		[TCP_UNREACHABLE] = "network_unreachable", [TCP_RESET] = "connection_lost",
		[TCP_LOCAL] = "local_problem",
	};
	const struct rdns_banner *banner = &host->banner;
	struct endpoint peer = { host->ip, v->settings->port > 0 ? v->settings->port : SMTP_PORT, 0 };
	struct text text = { 0 };
	char where[ENDPOINT_TEXT];

	endpoint_print(&peer, where);
	if (banner->outcome == TCP_LATE || (banner->outcome == TCP_OPEN && banner->is_late)) {
		add_cut_off(v, host, where);
		return;
	}
	if (banner->is_heard && banner->reply.code == 220)
		return;
	text_add(&text, "%s does not tell its name: ", where);
	if (banner->is_heard)
		smtp_reply_print(&text, &banner->reply);
	else
		text_add_foreign(&text, slice_of(banner->fault.text));
	add(v, host, STATE_UNKNOWN,
	    banner->is_heard ? "service_unavailable"
	    : banner->outcome != TCP_OPEN ? reasons[banner->outcome]
	    : banner->is_nonsense ? "protocol_error" : "connection_lost", "banner", &text);
}

/* ---- the servers of the zone ---- */

static bool has_pointer(const struct dns_question *pointers, struct slice name)
{
	for (size_t i = 0; i < dns_count(pointers); i++) {
		const struct slice *data = &pointers->records->at[i].data;

		if (data->len == name.len && memcmp(data->at, name.at, name.len) == 0)
			return true;
	}
	return false;
}

static bool says_the_same(const struct dns_question *a, const struct dns_question *b)
{
	/* No name, or no record: either way there is no name. */
	if (dns_count(a) != dns_count(b))
		return false;
	for (size_t i = 0; i < dns_count(a); i++) {
		if (!has_pointer(b, a->records->at[i].data))
			return false;
	}
	return true;
}

static void add_pointers(struct text *text, const struct dns_question *pointers)
{
	if (dns_count(pointers) == 0)
		text_add(text, "no name (%s)", dns_status_word(pointers->status));
	for (size_t i = 0; i < dns_count(pointers); i++) {
		text_add(text, "%s", i > 0 ? ", " : "");
		text_add_foreign(text, pointers->records->at[i].data);
	}
}

/* True: it says what the resolver says. */
static bool judge_server(struct verdict *v, const struct rdns_host *host, const struct rdns_server *server)
{
	const struct dns_question *pointers = &server->pointers;
	struct text text = { 0 };
	char where[IP_TEXT];

	ip_print(&server->endpoint->ip, where);
	text_add(&text, "the server %s (%s) of %s ", server->name.text, where,
		 host->found.owner.zone.text);
	switch (pointers->status) {
	case DNS_FOUND:
	case DNS_NODATA:
	case DNS_NXDOMAIN:
		if (says_the_same(pointers, &host->found.pointers)) {
			text_release(&text);
			return true;
		}
		text_add(&text, "says ");
		add_pointers(&text, pointers);
		text_add(&text, ", and the resolver ");
		add_pointers(&text, &host->found.pointers);
		add(v, host, STATE_WARNING, "rdns_servers_differ", "servers", &text);
		return false;
	case DNS_REFUSED:
	case DNS_SERVFAIL:
		text_add(&text, "does not serve it: %s", dns_status_word(pointers->status));
		add(v, host, STATE_WARNING, "rdns_server_lame", "servers", &text);
		return false;
	case DNS_TIMEOUT:
	case DNS_GARBLED:
		text_add(&text, "gave no usable answer: %s", dns_status_word(pointers->status));
		add(v, host, STATE_UNKNOWN, "dns_temporary", "servers", &text);
		return false;
	case DNS_UNFINISHED:
		break;
	}
	text_release(&text);
	return false;
}

static void judge_servers(struct verdict *v, const struct rdns_host *host)
{
	const struct rdns_servers *servers = &host->servers;
	bool has_answer = dns_is_answered(&host->found.pointers);
	struct text text = { 0 };
	size_t same = 0;

	if (!v->settings->asks_servers || !has_answer)
		return;
	for (size_t i = 0; i < servers->count; i++)
		same += judge_server(v, host, &servers->at[i]);
	if (servers->missing != NULL && servers->missing->status != DNS_UNFINISHED) {
		text_add(&text, "not all servers of the zone are known: ");
		add_question(&text, servers->missing);
		add(v, host, STATE_UNKNOWN, "dns_temporary", "servers", &text);
	} else if (servers->count == 0 && servers->missing == NULL && !v->frame->was_cut_off) {
		text_add(&text, "no server of the zone is known that can be asked");
		add(v, host, STATE_UNKNOWN, "dns_temporary", "servers", &text);
	}
	if (servers->unreachable > 0) {
		text = (struct text){ 0 };
		text_add(&text, "this machine has no route to %zu addresses of the zone's servers: they "
			 "were left out", servers->unreachable);
		add(v, host, STATE_OK, "family_not_here", "servers", &text);
	}
	if (same > 0 && same == servers->count) {
		text = (struct text){ 0 };
		text_add(&text, "%zu servers of %s say the same", same, host->found.owner.zone.text);
		add(v, host, STATE_OK, "rdns_servers_agree", "servers", &text);
	}
}

/* ---- --sender-domain ---- */

static struct finding *add_sender(struct verdict *v, enum state state, const char *reason,
				  struct text *text)
{
	return result_add(&v->frame->result, state, reason, "sender", v->settings->sender.text, text);
}

static size_t count_hosts(const struct mx_found *found, enum mx_host_kind kind)
{
	size_t count = 0;

	for (size_t i = 0; i < found->count; i++)
		count += found->hosts[i].kind == kind;
	return count;
}

static void judge_sender_hosts(struct verdict *v, const struct mx_found *found)
{
	const struct mx_host *host = found->hosts;
	struct text text = { 0 }, fix = { 0 };
	size_t good = count_hosts(found, MX_HOST_GOOD);

	if (good > 0) {
		text_add(&text, "bounces and answers go to %zu host%s of it", good, good > 1 ? "s" : "");
		add_sender(v, STATE_OK, "published", &text);
		return;
	}
	if (count_hosts(found, MX_HOST_UNKNOWN) > 0) {
		while (host->kind != MX_HOST_UNKNOWN)
			host++;
		lookup_add_failure(v->frame, "sender", &host->addresses[dns_is_answered(&host->addresses[0])],
				   STATE_CRITICAL);
		return;
	}
	text_add(&text, "none of its %zu mail hosts has an address that others can reach, so receivers may "
		 "refuse it as a sender", found->count);
	text_add(&fix, "publish an address for a host of the MX records of %s", v->settings->sender.text);
	result_fix(&v->frame->result, add_sender(v, STATE_CRITICAL, "mx_missing", &text), &fix);
}

static void judge_sender_null(struct verdict *v)
{
	struct text text = { 0 }, fix = { 0 };

	/* RFC 7505 4.2 */
	text_add(&text, "its only MX is \".\": it takes no mail, so receivers refuse it as a sender");
	text_add(&fix, "send from a domain that takes mail, or publish %s. MX 10 HOST",
		 v->settings->sender.text);
	result_fix(&v->frame->result, add_sender(v, STATE_CRITICAL, "null_mx", &text), &fix);
}

static void judge_sender(struct verdict *v, const struct mx_found *found)
{
	struct text text = { 0 };

	if (v->settings->sender.text[0] == '\0')
		return;
	switch (found->kind) {
	case MX_UNKNOWN:
		lookup_add_failure(v->frame, "sender", &found->exchangers, STATE_CRITICAL);
		break;
	case MX_NULL:
		judge_sender_null(v);
		break;
	case MX_LISTED:
	case MX_IMPLICIT:
		judge_sender_hosts(v, found);
		break;
	case MX_NONE:
		text_add(&text, found->exchangers.status == DNS_NXDOMAIN
					? "the domain does not exist, so receivers refuse it as a sender"
					: "it has neither MX nor address, so receivers refuse it as a sender");
		add_sender(v, STATE_CRITICAL, "mx_missing", &text);
		break;
	}
}

/* ---- data ---- */

/* Foreign bytes, made printable. */
static json_t *foreign_json(struct slice bytes)
{
	struct text marked = { 0 }, plain = { 0 };
	json_t *json;

	text_add_foreign_most(&marked, bytes, 4 * DOMAIN_MAX);
	text_add_marked(&plain, text_str(&marked), TEXT_PLAIN);
	json = json_string(text_str(&plain));
	text_release(&marked);
	text_release(&plain);
	return json;
}

static json_t *addresses_json(const struct dns_question *question)
{
	json_t *addresses = json_array();
	char address[IP_TEXT];

	for (size_t i = 0; i < dns_count(question); i++) {
		ip_print(&question->records->at[i].ip, address);
		json_array_append_new(addresses, json_string(address));
	}
	return addresses;
}

static json_t *pointers_json(const struct rdns_found *found)
{
	json_t *pointers = json_array();

	for (size_t i = 0; i < found->name_count; i++) {
		const struct rdns_name *name = &found->names[i];

		json_array_append_new(pointers, json_pack("{so sb so}", "name", foreign_json(name->name),
							  "confirmed", name->kind == RDNS_NAME_CONFIRMED,
							  "addresses", addresses_json(&name->addresses)));
	}
	return pointers;
}

static json_t *aliases_json(const struct rdns_found *found)
{
	json_t *aliases = json_array();

	for (size_t i = 0; i < found->alias_count; i++)
		json_array_append_new(aliases, json_string(found->aliases[i].text));
	return aliases;
}

static json_t *owner_json(const struct rdns_owner *owner)
{
	if (owner->zone.text[0] == '\0')
		return json_null();
	return json_pack("{ss so so}", "zone", owner->zone.text, "mname", foreign_json(owner->server),
			 "rname", foreign_json(owner->contact));
}

static json_t *helo_json(const struct rdns_host *host)
{
	return json_pack("{so sb so}", "name", foreign_json(host->helo.word), "confirmed",
			 helo_leads_here(host), "addresses", addresses_json(&host->helo_addresses));
}

static json_t *servers_json(const struct rdns_servers *servers)
{
	json_t *array = json_array();

	for (size_t i = 0; i < servers->count; i++) {
		const struct rdns_server *server = &servers->at[i];
		json_t *pointers = json_array();
		char address[IP_TEXT];

		for (size_t k = 0; k < dns_count(&server->pointers); k++)
			json_array_append_new(pointers, foreign_json(server->pointers.records->at[k].data));
		ip_print(&server->endpoint->ip, address);
		json_array_append_new(array, json_pack("{ss ss ss so}", "server", server->name.text, "address",
						       address, "status",
						       dns_status_word(server->pointers.status), "ptr",
						       pointers));
	}
	return array;
}

static json_t *host_json(const struct verdict *v, const struct rdns_host *host)
{
	const struct rdns_found *found = &host->found;
	struct text unused = { 0 };
	json_t *json = json_pack("{ss ss ss so so so sb}", "address", subject_of(host).text, "iprev",
				 rdns_iprev_word(found->iprev), "why", rdns_why_word(found), "ptr",
				 pointers_json(found), "cname", aliases_json(found), "owner",
				 owner_json(&found->owner), "generic",
				 is_generic_host(v->settings, found, &unused));

	if (host->helo.kind != HELO_NONE)
		json_object_set_new(json, "helo", helo_json(host));
	if (v->settings->asks_servers)
		json_object_set_new(json, "servers", servers_json(&host->servers));
	text_release(&unused);
	return json;
}

static json_t *sender_json(const struct rdns_settings *settings, const struct mx_found *found)
{
	static const char *const words[] = {
		[MX_UNKNOWN] = "unknown", [MX_LISTED] = "mx", [MX_NULL] = "null_mx",
		[MX_IMPLICIT] = "address", [MX_NONE] = "none",
	};

	return json_pack("{ss ss si}", "domain", settings->sender.text, "takes_mail_by", words[found->kind],
			 "good_hosts", (int)count_hosts(found, MX_HOST_GOOD));
}

static void make_data(const struct verdict *v, const struct rdns_hosts *hosts)
{
	struct result *result = &v->frame->result;
	json_t *addresses;

	if (!monitor_shows_data(&v->frame->settings.monitor))
		return;
	addresses = json_array();
	for (size_t i = 0; i < hosts->count; i++)
		json_array_append_new(addresses, host_json(v, &hosts->at[i]));
	result->data = json_pack("{so}", "addresses", addresses);
	if (v->settings->sender.text[0] != '\0')
		json_object_set_new(result->data, "sender_domain", sender_json(v->settings, &hosts->sender));
	if (result->data == NULL)
		result->failed = true;
}

/* ---- all of them ---- */

static void say_good(struct verdict *v, const struct rdns_hosts *hosts)
{
	struct text *good = &v->frame->result.good;
	const struct rdns_found *found = &hosts->at->found;

	if (hosts->count == 1 && found->iprev == RDNS_PASS) {
		for (size_t i = 0; i < found->name_count; i++) {
			if (found->names[i].kind != RDNS_NAME_CONFIRMED)
				continue;
			text_add(good, "%s is %s, which leads back to it", subject_of(hosts->at).text,
				 found->names[i].host.text);
			return;
		}
	}
	text_add(good, "%zu of %zu addresses have a name that leads back", v->confirmed, hosts->count);
}

void rdns_hosts_judge(const struct rdns_hosts *hosts, const struct rdns_settings *settings,
		      struct frame *frame)
{
	struct verdict v = { .settings = settings, .frame = frame };

	for (size_t i = 0; i < hosts->count; i++) {
		judge_iprev(&v, &hosts->at[i]);
		if (settings->reads_banner)
			judge_banner(&v, &hosts->at[i]);
		judge_helo(&v, &hosts->at[i]);
		judge_servers(&v, &hosts->at[i]);
	}
	judge_sender(&v, &hosts->sender);
	make_data(&v, hosts);
	if (hosts->count > 0) {
		result_measure_most(&frame->result, "failed", (double)v.failed, (double)hosts->count);
		result_measure_most(&frame->result, "confirmed", (double)v.confirmed, (double)hosts->count);
		result_measure(&frame->result, "ptr_count", (double)v.pointers);
		say_good(&v, hosts);
	}
}
