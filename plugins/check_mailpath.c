/* SPDX-License-Identifier: GPL-3.0-or-later */
#include <string.h>

#include "mail/reasons.h"
#include "path.h"

/* check_mailpath: why does the mail of this server not arrive? */

#define FIELD(name) offsetof(struct path_settings, name)

static const struct option_row options[] = {
	{ .help = "Whose mail" },
	{ 'd', "domain", "DOMAIN", option_word, FIELD(domain), "the domain that mail is sent from", NULL },
	{ 'H', "hostname", "MAILHOST", option_word, FIELD(host),
	  "the mail server, on ports 25, 587 and 465 (default: the domain's MX, on port 25)", NULL },
	{ 0, "ip", "ADDRESS", option_words, FIELD(addresses),
	  "mail goes out from this address; repeatable (default: those of the mail server)", NULL },
	{ 'F', "helo", "NAME", option_word, FIELD(helo), "the name in the mail server's EHLO", NULL },
	{ 0, "mail-from", "ADDRESS", option_text, FIELD(mail_from), "the sender of its mail", NULL },
	{ 0, "selector", "NAME", option_words, FIELD(selectors), "of its DKIM keys; repeatable", NULL },
	{ .help = "More to look at" },
	{ 0, "message", "FILE", option_word, FIELD(message),
	  "a message of this mail server (default: the one that check_smtp_send would send)", NULL },
	{ 0, "filter", "URL", option_word, FIELD(filter),
	  "what would this rspamd or spamd say of it? as check_mailcontent takes it", NULL },
	{ 0, "to", "ADDRESS", option_text, FIELD(to),
	  "would the mail servers of this receiver take mail from here? nothing is delivered", NULL },
	{ 0, "egress", NULL, option_flag, FIELD(wants_egress),
	  "can this machine reach port 25 of some large receivers?", NULL },
	{ 0, "egress-target", "HOST[:PORT]", option_words, FIELD(targets),
	  "or of these? at least two", NULL },
	{ 0, "egress-control", "HOST:PORT", option_words, FIELD(controls),
	  "what opens if only port 25 is blocked; repeatable", NULL },
	{ 'U', "user", "NAME", option_word, FIELD(user),
	  "log in on the ports for users, with MAILPATH_PASSWORD or", NULL },
	{ 0, "password-file", "FILE", option_word, FIELD(password_file), "the password in this file", NULL },
	{ 0, "ca-file", "FILE", option_word, FIELD(ca_file), "trust these authorities", NULL },
	{ 0, "size", "BYTES", option_word, FIELD(size), "a message this large must pass", NULL },
	{ 'z', "zone", "SPEC", option_words, FIELD(zones), "a blocklist, as check_dnsbl takes it; repeatable",
	  NULL },
	{ 0, "profile", "NAME", option_words, FIELD(profiles), "blocklists, as check_dnsbl takes them; repeatable",
	  NULL },
	{ .help = "Stages: resolver, dns, listener, egress, rdns, tls, auth, sender, receivers, blocklists, "
		  "queue, log, content" },
	{ 0, "with", "STAGE", option_words, FIELD(with), "only this one; repeatable", NULL },
	{ 0, "without", "STAGE", option_words, FIELD(without), "not this one; repeatable", NULL },
	{ 0, "stage-option", "STAGE:OPTION", option_words, FIELD(extra),
	  "an option of the stage's own plugin; repeatable", NULL },
	{ 0 },
};

static const struct metric_row metrics[] = {
	{ "stages_critical", "Stages in which something is broken.", UNIT_NONE, NULL, NULL },
	{ "stages_warning", "Stages in which something is not as it should be.", UNIT_NONE, NULL, NULL },
	{ "stages_unknown", "Stages that could not be judged.", UNIT_NONE, NULL, NULL },
	{ "stages_ok", "Stages in which all is well.", UNIT_NONE, NULL, NULL },
	{ "stages_not_tested", "Stages that were not tested.", UNIT_NONE, NULL, NULL },
	{ "time", "Seconds that the whole run took.", UNIT_SECONDS, NULL, NULL },
	{ 0 },
};

struct settings {
	struct path_settings path;
	bool is_wanted[STAGES];
};

static bool mark(struct settings *settings, const struct words *words, const char *option, bool is_wanted,
		 struct fault *fault)
{
	for (size_t i = 0; i < words->count; i++) {
		struct slice rest = slice_of(words->at[i]), word;

		while (slice_split(&rest, ',', &word)) {
			enum path_stage stage = path_stage_find(word);

			if (stage == STAGES)
				return fault_set(fault, FAULT_USAGE, "%s: %s is no stage (see --help)", option,
						 words->at[i]);
			settings->is_wanted[stage] = is_wanted;
		}
	}
	return true;
}

static bool prepare(struct frame *frame, void *own, struct fault *fault)
{
	struct settings *settings = own;
	const struct path_settings *path = &settings->path;

	(void)frame;
	if (path->domain == NULL)
		return fault_set(fault, FAULT_USAGE, "there is nothing to look at: give -d DOMAIN (see --help)");
	for (enum path_stage stage = 0; stage < STAGES; stage++)
		settings->is_wanted[stage] = path->with.count == 0;
	if (path->to != NULL && (strchr(path->to, '@') == NULL || strrchr(path->to, '@')[1] == '\0'))
		return fault_set(fault, FAULT_USAGE, "--to: give a whole address, such as you@example.org");
	if (path->message != NULL && strcmp(path->message, "-") == 0)
		return fault_set(fault, FAULT_USAGE, "--message: give a file; check_mailcontent reads standard "
				 "input");
	if (path->targets.count == 1)
		return fault_set(fault, FAULT_USAGE, "--egress-target: give at least two, so that it is not "
				 "their fault");
	for (size_t i = 0; i < path->extra.count; i++) {
		if (!path_option_is_known(path->extra.at[i]))
			return fault_set(fault, FAULT_USAGE, "--stage-option: %s is no STAGE:OPTION of a "
					 "stage with a plugin (queue:--mta=exim)", path->extra.at[i]);
	}
	return mark(settings, &path->with, "--with", true, fault) &&
	       mark(settings, &path->without, "--without", false, fault);
}

static void probe(struct frame *frame, void *own)
{
	struct settings *settings = own;
	struct path path = { .settings = &settings->path, .frame = frame };

	memcpy(path.is_wanted, settings->is_wanted, sizeof path.is_wanted);
	text_add(&frame->result.target, "%s", settings->path.domain);
	path_run(&path);
	path_judge(&path);
	path_release(&path);
}

static void release(void *own)
{
	struct path_settings *path = &((struct settings *)own)->path;
	struct words *lists[] = {
		&path->addresses, &path->selectors, &path->targets, &path->controls, &path->zones,
		&path->profiles, &path->with, &path->without, &path->extra,
	};

	for (size_t i = 0; i < sizeof lists / sizeof *lists; i++)
		words_release(lists[i]);
}

int main(int argc, char **argv)
{
	static const struct frame_plugin plugin = {
		.plugin = {
			.name = "check_mailpath",
			.service = "MAILPATH",
			.purpose = "why does the mail of this server not arrive?",
			.usage = "-d DOMAIN [-H MAILHOST] [--ip ADDRESS]... [options]",
			.options = options,
			.metrics = metrics,
			.reasons = mail_reasons,
		},
		.prepare = prepare,
		.probe = probe,
		.release = release,
	};
	struct settings settings = { 0 };

	return frame_run(&plugin, &settings, argc, argv);
}
