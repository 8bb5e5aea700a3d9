/* SPDX-License-Identifier: GPL-3.0-or-later */
#include <string.h>

#include "path.h"

/* The stages in the order in which mail needs them. */
static const struct path_stage_row stages[STAGES] = {
	[STAGE_RESOLVER] = { "resolver", "resolver", { RUN_DNS, RUNS, RUNS }, { STAGES, STAGES }, NULL },
	[STAGE_DNS] = { "dns", "DNS of the domain", { RUN_DNS, RUN_RDNS, RUNS },
		{ STAGE_RESOLVER, STAGES }, NULL },
	[STAGE_LISTENER] = { "listener", "mail server", { RUN_SMTP, RUN_SUBMISSION, RUN_SUBMISSIONS },
		{ STAGES, STAGES }, NULL },
	[STAGE_EGRESS] = { "egress", "way out", { RUN_EGRESS, RUNS, RUNS }, { STAGES, STAGES },
		"ask for it with --egress (some large receivers), or name two mail servers of others with "
		"--egress-target" },
	[STAGE_RDNS] = { "rdns", "reverse DNS and HELO", { RUN_RDNS, RUNS, RUNS },
		{ STAGE_RESOLVER, STAGES }, NULL },
	[STAGE_TLS] = { "tls", "TLS", { RUN_SMTP, RUN_SUBMISSION, RUN_SUBMISSIONS },
		{ STAGE_LISTENER, STAGES }, "no server was reached that offers TLS" },
	[STAGE_AUTH] = { "auth", "login", { RUN_SMTP, RUN_SUBMISSION, RUN_SUBMISSIONS },
		{ STAGE_LISTENER, STAGES }, "no login is offered by what was reached (-H, --user)" },
	[STAGE_SENDER] = { "sender", "SPF, DKIM and DMARC", { RUN_SENDER, RUNS, RUNS },
		{ STAGE_RESOLVER, STAGE_DNS }, NULL },
	[STAGE_RECEIVERS] = { "receivers", "receivers", { RUN_RECEIVERS, RUN_HANDOVER, RUNS },
		{ STAGE_RESOLVER, STAGE_DNS }, NULL },
	[STAGE_BLOCKLISTS] = { "blocklists", "blocklists", { RUN_BLOCKLISTS, RUNS, RUNS },
		{ STAGE_RESOLVER, STAGES }, NULL },
	[STAGE_QUEUE] = { "queue", "queue", { RUN_QUEUE, RUNS, RUNS }, { STAGES, STAGES }, NULL },
	[STAGE_LOG] = { "log", "log", { RUN_LOG, RUNS, RUNS }, { STAGES, STAGES }, NULL },
	[STAGE_CONTENT] = { "content", "content of messages", { RUN_CONTENT, RUNS, RUNS },
		{ STAGES, STAGES }, NULL },
};

const struct path_stage_row *path_stage_row(enum path_stage stage)
{
	return &stages[stage];
}

enum path_stage path_stage_find(struct slice word)
{
	enum path_stage stage = 0;

	while (stage < STAGES && !slice_is(word, stages[stage].word))
		stage++;
	return stage;
}

bool path_stage_takes(enum path_stage stage, enum path_run run, const char *reason,
		      const char *of_plugin)
{
	bool is_smtp = run == RUN_SMTP || run == RUN_SUBMISSION || run == RUN_SUBMISSIONS;

	/* check_rdns looks at the sender's domain, too. */
	if (run == RUN_RDNS)
		return (stage == STAGE_DNS) == (strcmp(of_plugin, "sender") == 0);
	/* Who waits for an answer in vain cannot say that the resolver answers. */
	if (run == RUN_DNS)
		return (stage == STAGE_RESOLVER) ==
		       (strncmp(reason, "resolver_", 9) == 0 || strcmp(reason, "timeout") == 0);
	if (!is_smtp)
		return true;
	if (strcmp(of_plugin, "starttls") == 0)
		return stage == STAGE_TLS;
	if (strcmp(of_plugin, "auth") == 0 || strcmp(reason, "clear_auth_offered") == 0)
		return stage == STAGE_AUTH;
	return stage == STAGE_LISTENER;
}
