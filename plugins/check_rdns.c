/* SPDX-License-Identifier: GPL-3.0-or-later */
#include <stdlib.h>
#include <string.h>

#include "mail/reasons.h"
#include "rdns_hosts.h"

/* check_rdns: has an address a name that leads back to it, and who can mend it? */

#define FIELD(name) offsetof(struct rdns_settings, name)

static const struct option_row options[] = {
	{ .help = "What to look at (repeatable, and mixed)" },
	{ 'H', "hostname", "ADDRESS", option_words, FIELD(hosts),
	  "an address that mail is sent from, or a name, with all its addresses", NULL },
	{ 0, "mx", "DOMAIN", option_words, FIELD(exchangers),
	  "all addresses of all mail servers of the domain", NULL },
	{ .help = "What the name must be" },
	{ 'e', "expect", "NAME|/REGEX/", option_words, FIELD(expects),
	  "the name must be this, or match this; repeatable: one of them", NULL },
	{ 0, "generic", "STATE", option_word, FIELD(generic_word),
	  "what a name means that a provider gives to each address: ok, warning or critical (warning)",
	  NULL },
	{ 0, "generic-regex", "REGEX", option_words, FIELD(patterns),
	  "names that match are such, too; repeatable", NULL },
	{ .help = "What the mail server says of itself" },
	{ 'F', "helo", "NAME", option_word, FIELD(helo_word),
	  "the name in its EHLO: does it lead to the address?", NULL },
	{ 0, "banner", NULL, option_flag, FIELD(reads_banner), "read that name from its banner", NULL },
	{ 'p', "port", "PORT", option_port, FIELD(port), "of the banner (25)", NULL },
	{ 0, "helo-match", "HOW", option_word, FIELD(match_word),
	  "must it be the address's name? none, org (of the same organization) or strict (none)", NULL },
	{ .help = "More" },
	{ 0, "all-ns", NULL, option_flag, FIELD(asks_servers),
	  "does each server of the reverse zone say the same?", NULL },
	{ 0, "sender-domain", "NAME", option_word, FIELD(sender_word),
	  "the domain of the sender: does it exist, and take mail?", NULL },
	{ 0 },
};

static const struct metric_row metrics[] = {
	{ "failed", "Addresses without a name that leads back to them.", UNIT_NONE, NULL, "0" },
	{ "confirmed", "Addresses with a name that leads back to them.", UNIT_NONE, NULL, NULL },
	{ "ptr_count", "Names of all addresses (PTR records).", UNIT_NONE, NULL, NULL },
	{ "time", "Seconds that the whole run took.", UNIT_SECONDS, NULL, NULL },
	{ 0 },
};

/* ---- what is asked for ---- */

static bool collect_targets(struct rdns_settings *settings, struct fault *fault)
{
	enum { MOST = 1024 };
	struct targets *targets = &settings->targets;
	uint64_t count = 0;

	for (size_t i = 0; i < settings->hosts.count; i++) {
		if (!targets_add_host(targets, settings->hosts.at[i], fault))
			return fault_prefix(fault, "--hostname: ");
	}
	for (size_t i = 0; i < settings->exchangers.count; i++) {
		if (!targets_add_name(targets, SOURCE_MX, settings->exchangers.at[i], fault))
			return fault_prefix(fault, "--mx: ");
	}
	targets->limit = MOST;
	for (size_t i = 0; i < targets->source_count; i++) {
		const struct source *source = &targets->sources[i];

		count += source->kind == SOURCE_NETWORK ? network_size(&source->network, MOST) : 1;
		if (count > MOST)
			return fault_set(fault, FAULT_USAGE, "%s: more than %d addresses", source->word, MOST);
	}
	return targets->source_count > 0 || settings->sender_word != NULL ||
	       fault_set(fault, FAULT_USAGE, "there is nothing to look at: give -H ADDRESS or --mx DOMAIN "
			 "(see --help)");
}

/* A POSIX extended expression, for names as the DNS has them: in lower case. */
static bool compile(regex_t *pattern, const char *text, struct fault *fault)
{
	int failed = regcomp(pattern, text, REG_EXTENDED | REG_ICASE | REG_NOSUB);
	char why[128];

	if (failed == 0)
		return true;
	regerror(failed, pattern, why, sizeof why);
	return fault_set(fault, FAULT_USAGE, "%s is no regular expression: %s", text, why);
}

static bool read_expectation(struct expectation *expectation, const char *word, struct fault *fault)
{
	size_t len = strlen(word);
	char *inside;
	bool good;

	expectation->word = word;
	if (word[0] != '/')
		return domain_parse(slice_of(word), &expectation->name, fault) ||
		       fault_prefix(fault, "%s: ", word);
	if (len < 3 || word[len - 1] != '/')
		return fault_set(fault, FAULT_USAGE, "%s: a pattern stands between two slashes", word);
	inside = strndup(word + 1, len - 2);
	good = inside != NULL ? compile(&expectation->pattern, inside, fault)
			      : fault_set(fault, FAULT_LOCAL, "no memory");
	free(inside);
	return good;
}

static bool read_expectations(struct rdns_settings *settings, struct fault *fault)
{
	settings->expectations = calloc(settings->expects.count + 1, sizeof *settings->expectations);
	settings->generics = calloc(settings->patterns.count + 1, sizeof *settings->generics);
	if (settings->expectations == NULL || settings->generics == NULL)
		return fault_set(fault, FAULT_LOCAL, "no memory");
	for (size_t i = 0; i < settings->expects.count; i++) {
		if (!read_expectation(&settings->expectations[i], settings->expects.at[i], fault))
			return fault_prefix(fault, "--expect: ");
		settings->expectation_count++;
	}
	for (size_t i = 0; i < settings->patterns.count; i++) {
		if (!compile(&settings->generics[i], settings->patterns.at[i], fault))
			return fault_prefix(fault, "--generic-regex: ");
		settings->generic_count++;
	}
	return true;
}

static bool read_generic(struct rdns_settings *settings, struct fault *fault)
{
	const char *word = settings->generic_word;

	settings->generic = STATE_WARNING;
	return word == NULL ||
	       (state_parse(slice_of(word), &settings->generic) && settings->generic != STATE_UNKNOWN) ||
	       fault_set(fault, FAULT_USAGE, "--generic: %s is none of ok, warning, critical", word);
}

static bool read_match(struct rdns_settings *settings, struct fault *fault)
{
	static const char *const words[] = {
		[HELO_MATCH_NONE] = "none", [HELO_MATCH_ORG] = "org", [HELO_MATCH_STRICT] = "strict",
	};

	if (settings->match_word == NULL)
		return true;
	if (settings->helo_word == NULL && !settings->reads_banner)
		return fault_set(fault, FAULT_USAGE, "--helo-match: give the name with --helo, or --banner");
	for (size_t i = 0; i < sizeof words / sizeof *words; i++) {
		settings->match = (enum helo_match)i;
		if (strcmp(settings->match_word, words[i]) == 0)
			return true;
	}
	return fault_set(fault, FAULT_USAGE, "--helo-match: %s is none of none, org, strict",
			 settings->match_word);
}

static bool read_helo(struct rdns_settings *settings, struct fault *fault)
{
	if (settings->port > 0 && !settings->reads_banner)
		return fault_set(fault, FAULT_USAGE, "--port: it is that of the banner: give --banner, too");
	if (settings->helo_word == NULL)
		return true;
	if (settings->reads_banner)
		return fault_set(fault, FAULT_USAGE, "--banner: the name comes from --helo, or from the banner");
	settings->helo = helo_parse(slice_of(settings->helo_word));
	return settings->helo.kind != HELO_NO_NAME ||
	       fault_set(fault, FAULT_USAGE, "--helo: %s is neither a name nor an address",
			 settings->helo_word);
}

static bool read_sender(struct rdns_settings *settings, struct fault *fault)
{
	return settings->sender_word == NULL ||
	       domain_parse(slice_of(settings->sender_word), &settings->sender, fault) ||
	       fault_prefix(fault, "--sender-domain: %s: ", settings->sender_word);
}

static bool prepare(struct frame *frame, void *own, struct fault *fault)
{
	struct rdns_settings *settings = own;

	(void)frame;
	return collect_targets(settings, fault) && read_expectations(settings, fault) &&
	       read_generic(settings, fault) && read_match(settings, fault) &&
	       read_helo(settings, fault) && read_sender(settings, fault);
}

/* ---- the run ---- */

static void probe(struct frame *frame, void *own)
{
	struct rdns_settings *settings = own;
	struct rdns_hosts hosts = { 0 };

	targets_resolve(&settings->targets, frame);
	if (settings->targets.source_count == 0)
		text_add(&frame->result.target, "%s", settings->sender.text);
	rdns_hosts_find(&hosts, settings, frame);
	rdns_hosts_judge(&hosts, settings, frame);
	frame_judge_resolver(frame, false);
	rdns_hosts_release(&hosts);
}

static void release(void *own)
{
	struct rdns_settings *settings = own;

	for (size_t i = 0; i < settings->expectation_count; i++) {
		if (settings->expectations[i].name.text[0] == '\0')
			regfree(&settings->expectations[i].pattern);
	}
	for (size_t i = 0; i < settings->generic_count; i++)
		regfree(&settings->generics[i]);
	free(settings->expectations);
	free(settings->generics);
	targets_release(&settings->targets);
	words_release(&settings->hosts);
	words_release(&settings->exchangers);
	words_release(&settings->expects);
	words_release(&settings->patterns);
}

int main(int argc, char **argv)
{
	static const struct frame_plugin plugin = {
		.plugin = {
			.name = "check_rdns",
			.service = "RDNS",
			.purpose = "has an address a name that leads back to it, and who can mend it?",
			.usage = "-H ADDRESS [--helo NAME] [options]",
			.options = options,
			.metrics = metrics,
			.reasons = mail_reasons,
		},
		.dns = &frame_dns,
		.prepare = prepare,
		.probe = probe,
		.release = release,
	};
	struct rdns_settings settings = { 0 };

	return frame_run(&plugin, &settings, argc, argv);
}
