/* SPDX-License-Identifier: GPL-3.0-or-later */
#include <string.h>

#include "dnsbl_lists.h"
#include "frame.h"
#include "mail/reasons.h"
#include "targets.h"

/* check_dnsbl: is an address, a network or a domain on blocklists? */

struct settings {
	struct words hosts, exchangers, domains, target_files;
	struct words zones, zone_files, profiles, excludes;
	const char *key_file;
	unsigned max_targets, min_healthy;
	bool lists_zones, has_no_health;

	struct targets targets;
	struct lists lists;
};

#define FIELD(name) offsetof(struct settings, name)

static const struct option_row options[] = {
	{ .help = "What to look for (repeatable, and mixed)" },
	{ 'H', "hostname", "ADDRESS", option_words, FIELD(hosts),
	  "an address, a network (192.0.2.0/24) or a name, with all its addresses", NULL },
	{ 0, "host", "ADDRESS", option_words, FIELD(hosts), "the same, as check_rbl calls it", NULL },
	{ 0, "mx", "DOMAIN", option_words, FIELD(exchangers),
	  "all addresses of all mail servers of the domain", NULL },
	{ 0, "domain", "NAME", option_words, FIELD(domains),
	  "the domain itself, on lists of domains (--profile domain)", NULL },
	{ 'U', "url", "NAME", option_words, FIELD(domains), "the same, as check_rbl calls it", NULL },
	{ 0, "targets-file", "FILE", option_words, FIELD(target_files),
	  "what -H takes, one a line; - is standard input", NULL },
	{ 0, "max-targets", "N", option_count, FIELD(max_targets),
	  "allow more than 1024 targets, at most 65536", NULL },
	{ .help = "Lists" },
	{ 'z', "zone", "SPEC", option_words, FIELD(zones),
	  "zone[=127.0.0.[2;4..7]][&mask][*weight]; repeatable", NULL },
	{ 's', "server", "SPEC", option_words, FIELD(zones), "the same, as check_rbl calls it", NULL },
	{ 0, "zones-file", "FILE", option_words, FIELD(zone_files),
	  "a SPEC a line, with kind= family= type= scope= test= refusal= url=", NULL },
	{ 0, "profile", "NAME", option_words, FIELD(profiles),
	  "default, spamhaus, common, info, domain or all; repeatable", NULL },
	{ 0, "exclude", "ZONE", option_words, FIELD(excludes),
	  "leave this list out; repeatable", NULL },
	{ 0, "key-file", "FILE", option_word, FIELD(key_file),
	  "lines of NAME KEY, for {key:NAME} in a zone", NULL },
	{ 0, "list-zones", NULL, option_flag, FIELD(lists_zones),
	  "print the lists that are known", NULL },
	{ 0, "no-health", NULL, option_flag, FIELD(has_no_health),
	  "do not test whether the lists work", NULL },
	{ 0, "min-healthy", "N", option_count, FIELD(min_healthy),
	  "let sick lists count only if fewer than N are healthy", NULL },
	{ 0, "workers", "N", NULL, 0, NULL, "nothing: all lists are asked at once" },
	{ 0 },
};

static const struct option_row frame_options[] = {
	{ .help = "The port" },
	{ 'p', "port", "PORT", option_port, offsetof(struct frame_settings, port),
	  "of DNS servers that name none (53)", NULL },
	{ .help = "As check_rbl calls them" },
	{ 'n', "nameserver", "ADDR[:PORT]", option_words, offsetof(struct frame_settings, resolvers),
	  "--resolver", NULL },
	{ 'r', "retry", "N", option_count, offsetof(struct frame_settings, dns_tries), "--dns-tries",
	  NULL },
	{ 0, "query-timeout", "SECONDS", option_seconds,
	  offsetof(struct frame_settings, dns_timeout_ms), "--dns-timeout", NULL },
	{ 0 },
};

static const struct metric_row metrics[] = {
	{ "listed", "Pairs of a target and a blocklist that lists it.", UNIT_NONE, NULL, "0" },
	{ "score", "Sum of the weights of all lists that list a target.", UNIT_NONE,
	  NULL, NULL, .can_be_negative = true },
	{ "healthy", "Lists that work.", UNIT_NONE, NULL, NULL },
	{ "unhealthy", "Lists that do not work.", UNIT_NONE, NULL, NULL },
	{ "refused", "Lists that refuse to answer this resolver.", UNIT_NONE, NULL, NULL },
	{ "queries", "Questions that were asked.", UNIT_NONE, NULL, NULL },
	{ "time", "Seconds that the whole run took.", UNIT_SECONDS, NULL, NULL },
	{ 0 },
};

static bool list_zones(void *own, struct text *page)
{
	const struct settings *settings = own;

	if (settings->lists_zones)
		dnsbl_print_table(page);
	return settings->lists_zones;
}

static bool collect_targets(struct settings *settings, struct frame *frame, struct fault *fault)
{
	struct targets *targets = &settings->targets;

	for (size_t i = 0; i < settings->hosts.count; i++) {
		if (!targets_add_host(targets, settings->hosts.at[i], fault))
			return fault_prefix(fault, "--hostname: ");
	}
	for (size_t i = 0; i < settings->exchangers.count; i++) {
		if (!targets_add_name(targets, SOURCE_MX, settings->exchangers.at[i], fault))
			return fault_prefix(fault, "--mx: ");
	}
	for (size_t i = 0; i < settings->domains.count; i++) {
		if (!targets_add_name(targets, SOURCE_DOMAIN, settings->domains.at[i], fault))
			return fault_prefix(fault, "--domain: ");
	}
	for (size_t i = 0; i < settings->target_files.count; i++) {
		if (!targets_add_file(targets, settings->target_files.at[i], &frame->deadline, fault))
			return fault_prefix(fault, "--targets-file: ");
	}
	return targets_check(targets, settings->max_targets, fault);
}

static bool collect_lists(struct settings *settings, struct frame *frame, struct fault *fault)
{
	struct lists *lists = &settings->lists;
	bool has_own = settings->zones.count > 0 || settings->zone_files.count > 0 ||
		       settings->profiles.count > 0;

	lists->tests_health = !settings->has_no_health;
	if (!has_own && !lists_add_profile(lists, "default", frame, fault))
		return false;
	for (size_t i = 0; i < settings->profiles.count; i++) {
		if (!lists_add_profile(lists, settings->profiles.at[i], frame, fault))
			return false;
	}
	for (size_t i = 0; i < settings->zone_files.count; i++) {
		if (!lists_add_file(lists, settings->zone_files.at[i], frame, fault))
			return fault_prefix(fault, "--zones-file: ");
	}
	for (size_t i = 0; i < settings->zones.count; i++) {
		if (!lists_add_zone(lists, settings->zones.at[i], frame, fault))
			return false;
	}
	for (size_t i = 0; i < settings->excludes.count; i++) {
		if (!lists_exclude(lists, settings->excludes.at[i], fault))
			return false;
	}
	if (lists->count == 0)
		return fault_set(fault, FAULT_USAGE, "there is no list to ask: --exclude leaves none");
	return true;
}

static bool prepare(struct frame *frame, void *own, struct fault *fault)
{
	struct settings *settings = own;

	/* First of all, so that no message can tell a key. */
	if (settings->key_file != NULL &&
	    !lists_read_keys(&settings->lists, settings->key_file, frame, fault))
		return fault_prefix(fault, "--key-file: ");
	if (!collect_targets(settings, frame, fault) || !collect_lists(settings, frame, fault))
		return false;
	if (settings->domains.count > 0 && !lists_judge_domains(&settings->lists))
		return fault_set(fault, FAULT_USAGE, "--domain: none of the lists is for domains; add "
				 "--profile domain, or a --zones-file with kind=domain");
	return true;
}

static void probe(struct frame *frame, void *own)
{
	struct settings *settings = own;

	targets_resolve(&settings->targets, frame);
	lists_ask(&settings->lists, &settings->targets, frame);
	lists_judge(&settings->lists, &settings->targets, settings->min_healthy, frame);
}

static void release(void *own)
{
	struct settings *settings = own;

	targets_release(&settings->targets);
	lists_release(&settings->lists);
	words_release(&settings->hosts);
	words_release(&settings->exchangers);
	words_release(&settings->domains);
	words_release(&settings->target_files);
	words_release(&settings->zones);
	words_release(&settings->zone_files);
	words_release(&settings->profiles);
	words_release(&settings->excludes);
}

int main(int argc, char **argv)
{
	static const struct frame_plugin plugin = {
		.plugin = {
			.name = "check_dnsbl",
			.service = "DNSBL",
			.purpose = "is an address, a network or a domain on blocklists?",
			.usage = "-H ADDRESS [-z ZONE]... [options]",
			.options = options,
			.metrics = metrics,
			.reasons = mail_reasons,
		},
		.dns = &frame_dns,
		.frame_options = frame_options,
		.list = list_zones,
		.prepare = prepare,
		.probe = probe,
		.release = release,
	};
	struct settings settings = { 0 };

	return frame_run(&plugin, &settings, argc, argv);
}
