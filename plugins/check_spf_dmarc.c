/* SPDX-License-Identifier: GPL-3.0-or-later */
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "base/dns_rounds.h"
#include "mail/dnssec.h"
#include "mail/reasons.h"
#include "mail/spf_record.h"
#include "sender_domain.h"

/* check_spf_dmarc: would a receiver believe the mail of a domain? */

#define FIELD(name) offsetof(struct sender_settings, name)

static const struct option_row options[] = {
	{ .help = "What to look at" },
	{ 'd', "domain", "NAME", option_words, FIELD(domains),
	  "the domain that mail is sent from; repeatable", NULL },
	{ 'H', "hostname", "NAME", option_words, FIELD(domains), "the same", NULL },
	{ 0, "only", "PART[,PART]", option_words, FIELD(only),
	  "of spf, dmarc, dkim, mx, mta-sts, tls-rpt, dane, bimi; repeatable", NULL },
	{ 0, "spf", NULL, option_flag, FIELD(only_spf), "--only spf", NULL },
	{ 0, "parked", NULL, option_flag, FIELD(is_parked),
	  "the domain sends and takes no mail: does it say so?", NULL },
	{ 0, "profile", "NAME", option_word, FIELD(profile),
	  "bulk: the rules of Google, Yahoo and Microsoft for senders", NULL },
	{ .help = "SPF, as a receiver evaluates it" },
	{ 0, "ip", "ADDRESS", option_words, FIELD(ips),
	  "an address that sends the domain's mail; repeatable", NULL },
	{ 0, "mail-from", "ADDRESS", option_text, FIELD(mail_from),
	  "the sender in the envelope; empty: a bounce (postmaster@DOMAIN)", NULL },
	{ 0, "helo", "NAME", option_word, FIELD(helo), "the name that is said in EHLO", NULL },
	{ 0, "expect-spf", "RESULT[,RESULT]", option_word, FIELD(expect_spf),
	  "pass, fail, softfail, neutral, none, permerror, temperror", NULL },
	{ .help = "DMARC and DKIM" },
	{ 0, "min-policy", "POLICY", option_word, FIELD(min_policy),
	  "none, quarantine or reject: what the domain must ask for at least", NULL },
	{ 0, "spf-domain", "NAME", option_word, FIELD(spf_domain),
	  "the domain that SPF passes for: is it aligned?", NULL },
	{ 0, "dkim-domain", "NAME", option_word, FIELD(dkim_domain),
	  "the domain that signs (d=): is it aligned?", NULL },
	{ 0, "selector", "NAME", option_words, FIELD(selectors),
	  "of a DKIM key; repeatable", NULL },
	{ 0, "guess-selectors", NULL, option_flag, FIELD(guesses_selectors),
	  "try the selectors that are common", NULL },
	{ 0, "key-file", "FILE", option_word, FIELD(key_file),
	  "a PEM file with the private or public key that must be published", NULL },
	{ 0 },
};

static const struct metric_row metrics[] = {
	{ "spf_lookups", "Terms of the SPF record, and of what it includes, that ask the DNS.",
	  UNIT_NONE, NULL, "10", .has_subjects = true },
	{ "spf_voids", "Of these, terms for which the DNS has nothing.", UNIT_NONE, NULL, "2",
	  .has_subjects = true },
	{ "spf_addresses", "Addresses that SPF allows to send.", UNIT_NONE, NULL, NULL,
	  .has_subjects = true },
	{ "dmarc_policy", "What DMARC asks for: 0 none, 1 quarantine, 2 reject.", UNIT_NONE, NULL,
	  NULL, .has_subjects = true },
	{ "dkim_bits", "Bits of a DKIM key.", UNIT_NONE, "2048:", "1024:", .has_subjects = true },
	{ "time", "Seconds that the whole run took.", UNIT_SECONDS, NULL, NULL },
	{ 0 },
};

/* In the order in which mail needs them. The last two are what --parked and --profile
 * look at: no word of --only names them. */
static const struct sender_part *const parts[] = {
	&sender_spf,
	&sender_dmarc,
	&sender_dkim,
	&sender_mx,
	&sender_mta_sts,
	&sender_tls_rpt,
	&sender_dane,
	&sender_bimi,
	&sender_parked,
	&sender_bulk,
};
enum {
	PARTS = sizeof parts / sizeof *parts,
	BULK = PARTS - 1,
	PARKED = PARTS - 2,
	NAMED = PARTS - 2,
};

/* ---- what is asked for ---- */

static bool take_parts(struct sender_settings *settings, struct slice list, struct fault *fault)
{
	struct slice word;

	while (slice_split(&list, ',', &word)) {
		size_t i = 0;

		word = slice_trim(word);
		while (i < NAMED && !slice_is(word, parts[i]->name))
			i++;
		if (i == NAMED)
			return fault_set(fault, FAULT_USAGE,
					 "--only: %.*s is none of spf, dmarc, dkim, mx, mta-sts, "
					 "tls-rpt, dane, bimi", (int)word.len, word.at);
		settings->named_parts |= 1u << i;
	}
	return true;
}

static bool choose_parts(struct sender_settings *settings, struct fault *fault)
{
	for (size_t i = 0; i < settings->only.count; i++) {
		if (!take_parts(settings, slice_of(settings->only.at[i]), fault))
			return false;
	}
	if (settings->only_spf && !take_parts(settings, slice_of("spf"), fault))
		return false;
	settings->parts = settings->named_parts;
	/* These judge by rules of their own, and what --only names besides by the usual
	 * ones: a domain without mail is not to be blamed for having no MX, and one cause
	 * is one finding. */
	if (settings->is_parked)
		settings->parts |= 1u << PARKED;
	if (settings->profile != NULL)
		settings->parts |= 1u << BULK;
	if (settings->parts == 0)
		settings->parts = (1u << NAMED) - 1;
	return true;
}

static bool add_domain(struct sender_settings *settings, struct slice name, const char *option,
		       struct fault *fault)
{
	struct domain *domain = &settings->names[settings->name_count];

	if (!domain_parse(name, domain, fault))
		return fault_prefix(fault, "%s: ", option);
	if (domain->text[0] == '\0')
		return fault_set(fault, FAULT_USAGE, "%s: the root is no domain that sends", option);
	for (size_t i = 0; i < settings->name_count; i++) {
		if (domain_same(&settings->names[i], domain))
			return true;
	}
	settings->name_count++;
	return true;
}

/* The identity's domain. One that can have no record ("[192.0.2.1]") is no wrong
 * usage: receivers get such mail, and SPF has an answer for it. */
static bool add_identity(struct sender_settings *settings, struct slice name)
{
	struct fault unused;

	if (!add_domain(settings, name, "", &unused)) {
		settings->parts &= 1;		/* the row of SPF */
		settings->names[settings->name_count++].text[0] = '\0';
	}
	return true;
}

/* Without --domain it is that of --mail-from, else of --helo. */
static bool choose_domains(struct sender_settings *settings, struct fault *fault)
{
	const struct slice *sender = &settings->sender;
	const char *at = sender->len > 0 ? memrchr(sender->at, '@', sender->len) : NULL;

	settings->names = calloc(settings->domains.count + 1, sizeof *settings->names);
	if (settings->names == NULL)
		return fault_set(fault, FAULT_LOCAL, "no memory");
	for (size_t i = 0; i < settings->domains.count; i++) {
		if (!add_domain(settings, slice_of(settings->domains.at[i]), "--domain", fault))
			return false;
	}
	if (settings->name_count > 0)
		return true;
	if (at != NULL)
		return add_identity(settings, (struct slice){ at + 1, (size_t)(sender->at + sender->len - at - 1) });
	if (settings->helo != NULL)
		return add_identity(settings, slice_of(settings->helo));
	return fault_set(fault, FAULT_USAGE, "no domain to look at: give --domain NAME");
}

static bool read_addresses(struct sender_settings *settings, struct fault *fault)
{
	settings->addresses = calloc(settings->ips.count + 1, sizeof *settings->addresses);
	if (settings->addresses == NULL)
		return fault_set(fault, FAULT_LOCAL, "no memory");
	for (size_t i = 0; i < settings->ips.count; i++) {
		if (!ip_parse(slice_of(settings->ips.at[i]), &settings->addresses[i]))
			return fault_set(fault, FAULT_USAGE, "--ip: %s is no address", settings->ips.at[i]);
		ip_unmap(&settings->addresses[i]);	/* RFC 7208 5: as the IPv4 address it is */
	}
	return true;
}

static bool read_expectation(struct sender_settings *settings, struct fault *fault)
{
	struct slice list = slice_of(settings->expect_spf != NULL ? settings->expect_spf : ""), word;
	enum spf_result result;

	if (settings->expect_spf == NULL)
		return true;
	if (settings->ips.count == 0)
		return fault_set(fault, FAULT_USAGE, "--expect-spf: give the address with --ip");
	while (slice_split(&list, ',', &word)) {
		if (!spf_result_parse(slice_trim(word), &result))
			return fault_set(fault, FAULT_USAGE,
					 "--expect-spf: %.*s is none of pass, fail, softfail, neutral, "
					 "none, permerror, temperror", (int)word.len, word.at);
		settings->expected_spf |= 1u << result;
	}
	return true;
}

/* "<a@b>" is how it stands in the envelope. */
static bool read_sender(struct sender_settings *settings)
{
	struct slice from = slice_of(settings->mail_from != NULL ? settings->mail_from : "");

	if (from.len >= 2 && *from.at == '<' && from.at[from.len - 1] == '>') {
		from.at++;
		from.len -= 2;
	}
	settings->sender = from;
	return true;
}

static bool check_profile(const struct sender_settings *settings, struct fault *fault)
{
	if (settings->profile == NULL)
		return true;
	if (strcmp(settings->profile, "bulk") != 0)
		return fault_set(fault, FAULT_USAGE, "--profile: %s is no profile; there is: bulk",
				 settings->profile);
	return !settings->is_parked ||
	       fault_set(fault, FAULT_USAGE, "--profile: a domain that is --parked sends nothing");
}

static bool prepare(struct frame *frame, void *own, struct fault *fault)
{
	struct sender_settings *settings = own;

	settings->now = (int64_t)time(NULL);
	return read_sender(settings) && check_profile(settings, fault) &&
	       choose_parts(settings, fault) && choose_domains(settings, fault) &&
	       read_addresses(settings, fault) && read_expectation(settings, fault) &&
	       sender_dmarc_prepare(settings, fault) &&
	       sender_dkim_prepare(frame, settings, fault);
}

/* ---- the rounds ---- */

struct lookups {
	struct resolver resolver;	/* first */
	struct frame *frame;
};

static void ask(struct resolver *self, struct dns_question *questions, size_t count)
{
	frame_ask(((struct lookups *)self)->frame, "dns", questions, count);
}

/* Whatever a part asks, it is told if DNSSEC is why there is no answer. */
struct rechecker {
	struct resolver resolver;	/* first */
	struct resolver *below;
};

static void ask_again(struct resolver *self, struct dns_question *questions, size_t count)
{
	struct resolver *below = ((struct rechecker *)self)->below;

	below->ask(below, questions, count);
	dnssec_recheck(questions, count, below);
}

/* A part that had all its answers is not run again. */
static void study(const struct sender_settings *settings, struct sender *sender,
		  struct resolver *resolver, const struct dns_rounds *rounds)
{
	for (size_t i = 0; i < PARTS; i++) {
		size_t open = rounds->open;

		if (((settings->parts & ~sender->known_parts) >> i & 1) == 0)
			continue;
		if (sender->found[i] != NULL)
			parts[i]->release(sender->found[i]);
		sender->found[i] = parts[i]->study(sender, resolver);
		if (rounds->open == open)
			sender->known_parts |= 1u << i;
	}
}

/* What a part says for the first line when all is well is joined: "a.example: ..., ...;
 * b.example: ...". */
static void judge_part(const struct sender_part *part, struct sender *sender, size_t number,
		       struct frame *frame, bool *said)
{
	struct text *good = &frame->result.good;
	size_t before = good->len, begun;

	if (*said)
		text_add(good, ", ");
	else
		text_add(good, "%s%s: ", before > 0 ? "; " : "", sender->domain.text);
	begun = good->len;
	part->judge(sender, frame, sender->found[number]);
	if (good->len > begun)
		*said = true;
	else
		text_truncate(good, before);
}

static void judge(const struct sender_settings *settings, struct sender *sender,
		  struct frame *frame)
{
	bool said = false;

	for (size_t i = 0; i < PARTS; i++) {
		sender->is_named = settings->named_parts >> i & 1;
		if (sender->found[i] != NULL)
			judge_part(parts[i], sender, i, frame, &said);
		else if (settings->parts >> i & 1)
			frame->result.failed = true;
	}
}

/* One domain's data stands directly in `data`, several in data.domains. */
static void make_data(struct frame *frame, struct sender *senders, size_t count)
{
	json_t *domains;

	if (!monitor_shows_data(&frame->settings.monitor))
		return;
	domains = json_array();
	for (size_t i = 0; i < count; i++) {
		senders[i].data = json_pack("{ss}", "domain", senders[i].domain.text);
		json_array_append_new(domains, senders[i].data);
	}
	if (count == 1) {
		frame->result.data = json_incref(senders[0].data);
		json_decref(domains);
	} else {
		frame->result.data = json_pack("{so}", "domains", domains);
	}
	if (frame->result.data == NULL)
		frame->result.failed = true;
}

static void probe(struct frame *frame, void *own)
{
	const struct sender_settings *settings = own;
	size_t count = settings->name_count;
	struct sender *senders = calloc(count, sizeof *senders);
	struct lookups lookups = { .resolver.ask = ask, .frame = frame };
	struct dns_rounds rounds;
	struct rechecker rechecker = { .resolver.ask = ask_again, .below = &rounds.resolver };

	if (senders == NULL) {
		frame->result.failed = true;
		return;
	}
	for (size_t i = 0; i < count; i++) {
		senders[i].settings = settings;
		senders[i].domain = settings->names[i];
		senders[i].is_alone = count == 1;
		text_add(&frame->result.target, "%s%s", i > 0 ? "," : "",
			 senders[i].domain.text[0] != '\0' ? senders[i].domain.text : "-");
	}
	dns_rounds_open(&rounds, &lookups.resolver);
	do {
		for (size_t i = 0; i < count; i++)
			study(settings, &senders[i], &rechecker.resolver, &rounds);
	} while (dns_rounds_ask(&rounds));
	frame->result.failed |= rounds.failed;
	make_data(frame, senders, count);
	for (size_t i = 0; i < count; i++)
		judge(settings, &senders[i], frame);
	frame_judge_resolver(frame, false);
	for (size_t i = 0; i < count; i++) {
		for (size_t p = 0; p < PARTS; p++) {
			if (senders[i].found[p] != NULL)
				parts[p]->release(senders[i].found[p]);
		}
	}
	dns_rounds_release(&rounds);
	free(senders);
}

static void release(void *own)
{
	struct sender_settings *settings = own;

	words_release(&settings->domains);
	words_release(&settings->only);
	words_release(&settings->ips);
	words_release(&settings->selectors);
	free(settings->names);
	free(settings->addresses);
	sender_dkim_release(settings);
}

int main(int argc, char **argv)
{
	static const struct frame_plugin plugin = {
		.plugin = {
			.name = "check_spf_dmarc",
			.service = "SPF",
			.purpose = "would a receiver believe the mail of a domain?",
			.usage = "-d DOMAIN [--ip ADDRESS]... [--selector NAME]... [options]",
			.options = options,
			.metrics = metrics,
			.reasons = mail_reasons,
		},
		.dns = &frame_dns,
		.prepare = prepare,
		.probe = probe,
		.release = release,
	};
	struct sender_settings settings = { 0 };

	return frame_run(&plugin, &settings, argc, argv);
}
