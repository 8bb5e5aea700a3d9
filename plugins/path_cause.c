/* SPDX-License-Identifier: GPL-3.0-or-later */
#include <string.h>

#include "path_verdict.h"

/* One cause, seen from several sides. */

static bool starts(const char *text, const char *prefix)
{
	return strncmp(text, prefix, strlen(prefix)) == 0;
}

/* Who else may see a cause, and how that is said. */
static const struct {
	enum path_run run;
	const char *words;
} witnesses[] = {
	{ RUN_QUEUE, "the queue says so, too" },
	{ RUN_LOG, "the log says so, too" },
	{ RUN_HANDOVER, "a receiver says so, too" },
	{ RUN_RECEIVERS, "it breaks a rule of large receivers" },
	{ RUN_SENDER, "so" },
};

const char *path_witness(enum path_run run)
{
	for (size_t i = 0; i < sizeof witnesses / sizeof *witnesses; i++) {
		if (witnesses[i].run == run)
			return witnesses[i].words;
	}
	return NULL;
}

/* What is seen, and the findings that explain it. */
static const struct {
	const char *seen;
	const char *subject;		/* begins so */
	enum path_stage stage;
	const char *causes[5];		/* beginnings of reasons */
} correlations[] = {
	{ "blocklisted", "", STAGE_BLOCKLISTS, { "dnsbl_listed" } },
	{ "ptr_missing", "", STAGE_RDNS, { "rdns_" } },
	{ "helo_rejected", "", STAGE_RDNS, { "helo_", "rdns_unexpected" } },
	{ "spf_fail", "", STAGE_SENDER, { "spf_" } },
	{ "dkim_fail", "", STAGE_SENDER, { "dkim_" } },
	{ "dmarc_reject", "", STAGE_SENDER, { "spf_", "dkim_", "dmarc_" } },
	{ "authentication_required", "", STAGE_SENDER, { "spf_", "dkim_", "dmarc_" } },
	{ "connect_timeout", "", STAGE_EGRESS, { "egress_" } },
	{ "connect_refused", "", STAGE_EGRESS, { "egress_" } },
	{ "network_unreachable", "", STAGE_EGRESS, { "egress_" } },
	{ "dns_temporary", "", STAGE_RESOLVER, { "resolver_" } },
	{ "dns_no_host", "", STAGE_DNS, { "dns_", "mx_" } },
	{ "sender_domain_rejected", "", STAGE_DNS, { "dns_", "mx_" } },
	{ "auth_failed", "", STAGE_AUTH, { "auth_" } },
	{ "tls_failed", "", STAGE_TLS, { "tls_", "cert_", "starttls_" } },
	{ "rule_failed", "spf", STAGE_SENDER, { "spf_" } },
	{ "rule_failed", "dkim", STAGE_SENDER, { "dkim_" } },
	{ "rule_failed", "dmarc", STAGE_SENDER, { "dmarc_" } },
	{ "rule_failed", "rdns", STAGE_RDNS, { "rdns_" } },
	{ "spf_permerror", "", STAGE_SENDER,
		{ "spf_multiple", "spf_syntax", "spf_include_broken", "spf_loop", "spf_too_many_" } },
};

/* Of those that may explain it, the one whose subject it names; else the first. */
static struct path_item *cause_of(const struct path_verdict *v, const struct path_item *seen)
{
	struct path_item *first = NULL;

	for (size_t c = 0; c < sizeof correlations / sizeof *correlations; c++) {
		if (strcmp(correlations[c].seen, seen->reason) != 0 ||
		    !starts(seen->subject, correlations[c].subject))
			continue;
		for (size_t i = 0; i < v->count; i++) {
			struct path_item *item = &v->items[i];

			for (size_t k = 0; k < 5 && correlations[c].causes[k] != NULL; k++) {
				if (item->stage != correlations[c].stage || item->state == STATE_OK ||
				    item->cause != NULL || item->is_repeated || item == seen ||
				    !starts(item->reason, correlations[c].causes[k]))
					continue;
				if (item->subject[0] != '\0' && (strstr(seen->text, item->subject) != NULL ||
								 strstr(seen->subject, item->subject) != NULL))
					return item;
				if (first == NULL)
					first = item;
			}
		}
	}
	return first;
}

/* Those who only echo what others do with our mail: where nothing here explains it, the
 * first of them speaks for all. */
static bool is_echo(enum path_run run)
{
	return run == RUN_HANDOVER || run == RUN_QUEUE || run == RUN_LOG;
}

/* Who said the same before, in another stage, or NULL. */
static struct path_item *said_by(const struct path_verdict *v, const struct path_item *item)
{
	for (struct path_item *earlier = v->items; earlier < item; earlier++) {
		bool is_same = is_echo(item->run) ? is_echo(earlier->run) && earlier->state != STATE_OK :
			       earlier->state == item->state && strcmp(earlier->subject, item->subject) == 0;

		if (earlier->stage != item->stage && earlier->cause == NULL && is_same &&
		    strcmp(earlier->reason, item->reason) == 0)
			return earlier;
	}
	return NULL;
}

void path_correlate(struct path_verdict *v)
{
	for (size_t i = 0; i < v->count; i++) {
		struct path_item *item = &v->items[i];

		if (path_witness(item->run) != NULL)
			item->cause = cause_of(v, item);
		if (item->cause == NULL && is_echo(item->run))
			item->cause = said_by(v, item);
		else if (item->cause == NULL)
			item->is_repeated = said_by(v, item) != NULL;
		/* A cause is as bad as what it does. */
		if (item->cause != NULL && state_rank(item->state) > state_rank(item->cause->state))
			item->cause->state = item->state;
	}
}
