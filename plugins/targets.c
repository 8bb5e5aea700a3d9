/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "targets.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/grow.h"
#include "lookups.h"
#include "net/file.h"

enum { FILE_MAX = 16 << 20, TARGETS_MAX = 65536 };

static const char stage[] = "resolve";

/* ---- what the user said ---- */

static bool add_source(struct targets *targets, const struct source *source, struct fault *fault)
{
	struct source *grown = grow(targets->sources, targets->source_count, sizeof *grown);

	if (grown == NULL)
		return fault_set(fault, FAULT_LOCAL, "out of memory");
	if (targets->source_count == TARGETS_MAX)
		return fault_set(fault, FAULT_USAGE, "%s: more than %d targets", source->word,
				 TARGETS_MAX);
	targets->sources = grown;
	targets->sources[targets->source_count++] = *source;
	return true;
}

/* Does it end in a number, as an address does that is wrong? */
static bool looks_like_address(const struct domain *name)
{
	const char *last = strrchr(name->text, '.');
	uint64_t unused;

	last = last != NULL ? last + 1 : name->text;
	return slice_number(slice_of(last), UINT64_MAX, &unused);
}

bool targets_add_name(struct targets *targets, enum source_kind kind, const char *word,
		      struct fault *fault)
{
	struct source source = { .kind = kind, .word = word };

	if (!domain_parse(slice_of(word), &source.name, fault))
		return fault_prefix(fault, "%s: ", word);
	if (looks_like_address(&source.name))
		return fault_set(fault, FAULT_USAGE, "%s is neither an address nor a name", word);
	return add_source(targets, &source, fault);
}

bool targets_add_host(struct targets *targets, const char *word, struct fault *fault)
{
	struct source source = { .kind = SOURCE_NETWORK, .word = word };
	struct slice address = slice_of(word);

	if (address.len > 2 && word[0] == '[' && word[address.len - 1] == ']')
		address = (struct slice){ word + 1, address.len - 2 };
	if (network_parse(address, &source.network)) {
		if (network_size(&source.network, 1) == 1) {
			/* But with ::ffff:127.x, IPv6 lists are tested (RFC 5782 5). */
			if (source.network.first.bytes[12] != 127)
				ip_unmap(&source.network.first);
			source.network.prefix = ip_bits(&source.network.first);
		}
		return add_source(targets, &source, fault);
	}
	if (strpbrk(word, "/:") != NULL)
		return fault_set(fault, FAULT_USAGE,
				 "%s is no address, no network such as 192.0.2.0/24, and no name", word);
	return targets_add_name(targets, SOURCE_NAME, word, fault);
}

bool targets_add_file(struct targets *targets, const char *path, const struct deadline *deadline,
		      struct fault *fault)
{
	struct text *grown = grow(targets->files, targets->file_count, sizeof *grown);
	size_t before = targets->source_count;
	unsigned number = 0;
	struct text *file;
	char *line, *next;

	if (grown == NULL)
		return fault_set(fault, FAULT_LOCAL, "out of memory");
	targets->files = grown;
	file = &targets->files[targets->file_count++];
	*file = (struct text){ 0 };
	if (!file_read(path, FILE_MAX, deadline, file, fault))
		return false;
	if (file->len > 0 && memchr(file->at, '\0', file->len) != NULL)
		return fault_set(fault, FAULT_USAGE, "%s: a NUL byte in it", path);
	for (line = file->at; line != NULL; line = next) {
		char *end = strchr(line, '\n');
		struct slice word;

		number++;
		next = end != NULL ? end + 1 : NULL;
		word = slice_trim((struct slice){ line, strcspn(line, "#\n") });
		if (word.len == 0)
			continue;
		/* It is our own copy of the file. */
		((char *)word.at)[word.len] = '\0';
		if (!targets_add_host(targets, word.at, fault))
			return fault_prefix(fault, "%s line %u: ", path, number);
	}
	if (targets->source_count == before)
		return fault_set(fault, FAULT_USAGE, "%s: there is no target in it", path);
	return true;
}

bool targets_check(struct targets *targets, unsigned max, struct fault *fault)
{
	enum { WITHOUT_ASKING = 1024 };
	unsigned limit = max > 0 ? max : WITHOUT_ASKING;
	uint64_t count = 0;

	targets->limit = limit;
	if (max > TARGETS_MAX)
		return fault_set(fault, FAULT_USAGE, "--max-targets: at most %d", TARGETS_MAX);
	if (targets->source_count == 0)
		return fault_set(fault, FAULT_USAGE, "there is nothing to look at: give -H, --mx, "
				 "--domain or --targets-file (see --help)");
	for (size_t i = 0; i < targets->source_count && count <= limit; i++) {
		const struct source *source = &targets->sources[i];

		count += source->kind == SOURCE_NETWORK ? network_size(&source->network, TARGETS_MAX) : 1;
		if (count > limit)
			return fault_set(fault, FAULT_USAGE,
					 "%s: more than %u targets (--max-targets allows up to %d)",
					 source->word, limit, TARGETS_MAX);
	}
	return true;
}

/* ---- what it comes to ---- */

static bool add_target(struct targets *targets, const struct ip *ip, bool is_private, size_t source)
{
	struct target *grown = grow(targets->at, targets->count, sizeof *grown);

	if (grown == NULL)
		return false;
	targets->at = grown;
	targets->at[targets->count++] = (struct target){ *ip, is_private, (uint32_t)source };
	return true;
}

static void add_private(struct frame *frame, const char *subject, const char *why)
{
	struct text text = { 0 };

	text_add(&text, "%s: nobody outside sees it", why);
	result_add(&frame->result, STATE_UNKNOWN, "address_not_public", stage, subject, &text);
}

static void add_network(struct targets *targets, size_t i, struct frame *frame)
{
	const struct source *source = &targets->sources[i];
	const char *why = ip_not_public(&source->network.first);
	uint64_t size = network_size(&source->network, UINT32_MAX);

	/* The special ranges are larger than any network that we take. */
	if (why != NULL)
		add_private(frame, source->word, why);
	for (uint64_t n = 0; n < size; n++) {
		struct ip ip = network_address(&source->network, n);

		if (!add_target(targets, &ip, why != NULL, i))
			frame->result.failed = true;
	}
}

/* A host whose addresses are asked for, and its source. */
struct host {
	struct domain name;
	size_t source;
};

struct hosts {
	struct host *at;
	size_t count;
};

static bool add_host(struct hosts *hosts, const struct domain *name, size_t source)
{
	struct host *grown = grow(hosts->at, hosts->count, sizeof *grown);

	if (grown == NULL)
		return false;
	hosts->at = grown;
	hosts->at[hosts->count++] = (struct host){ *name, source };
	return true;
}

/* The addresses that one answer holds. */
static void take_addresses(struct targets *targets, const struct dns_question *question,
			   size_t source, struct frame *frame)
{
	char address[IP_TEXT];

	for (size_t i = 0; i < dns_count(question); i++) {
		const struct ip *ip = &question->records->at[i].ip;
		const char *why = ip_not_public(ip);

		ip_print(ip, address);
		if (why != NULL)
			add_private(frame, address, why);
		if (targets->count >= targets->limit)
			targets->is_cut = true;
		else if (!add_target(targets, ip, why != NULL, source))
			frame->result.failed = true;
	}
}

static void resolve_hosts(struct targets *targets, const struct hosts *hosts, struct frame *frame)
{
	const struct frame_settings *settings = &frame->settings;
	bool wants_v4 = settings->only_v4 || !settings->only_v6;
	bool wants_v6 = settings->only_v6 || !settings->only_v4;
	size_t each = (size_t)wants_v4 + (size_t)wants_v6, count = hosts->count * each;
	struct dns_question *questions = calloc(count + 1, sizeof *questions);

	if (questions == NULL) {
		frame->result.failed = true;
		return;
	}
	for (size_t i = 0; i < count; i++) {
		questions[i].name = hosts->at[i / each].name;
		questions[i].type = wants_v4 && i % each == 0 ? DNS_A : DNS_AAAA;
	}
	frame_ask(frame, stage, questions, count);
	for (size_t i = 0; i < count; i += each) {
		const struct host *host = &hosts->at[i / each];
		bool has_one = false, is_certain = true;

		for (size_t k = i; k < i + each; k++) {
			take_addresses(targets, &questions[k], host->source, frame);
			has_one |= questions[k].status == DNS_FOUND;
			is_certain &= dns_is_answered(&questions[k]);
			if (!dns_is_answered(&questions[k]))
				lookup_add_failure(frame, stage, &questions[k], STATE_UNKNOWN);
		}
		if (!has_one && is_certain)
			lookup_add_failure(frame, stage, &questions[i], STATE_UNKNOWN);
	}
	dns_release(questions, count);
	free(questions);
}

/* The hosts of one MX answer. */
static void take_exchangers(const struct dns_question *question, size_t source,
			    struct hosts *hosts, struct frame *frame)
{
	size_t count;
	struct exchanger *exchangers = lookup_exchangers(frame, stage, question, STATE_UNKNOWN, &count);

	for (size_t i = 0; i < count; i++) {
		if (!add_host(hosts, &exchangers[i].host, source))
			frame->result.failed = true;
	}
	free(exchangers);
}

static void resolve_exchangers(const struct targets *targets, struct hosts *hosts,
			       struct frame *frame)
{
	struct dns_question *questions = calloc(targets->source_count + 1, sizeof *questions);
	size_t count = 0, next = 0;

	if (questions == NULL) {
		frame->result.failed = true;
		return;
	}
	for (size_t i = 0; i < targets->source_count; i++) {
		if (targets->sources[i].kind != SOURCE_MX)
			continue;
		questions[count].name = targets->sources[i].name;
		questions[count++].type = DNS_MX;
	}
	if (count > 0)
		frame_ask(frame, stage, questions, count);
	for (size_t i = 0; i < targets->source_count; i++) {
		if (targets->sources[i].kind == SOURCE_MX)
			take_exchangers(&questions[next++], i, hosts, frame);
	}
	dns_release(questions, count);
	free(questions);
}

/* ---- each target once ---- */

/* Is it a domain that an earlier source names already? */
static bool is_repeated_domain(const struct targets *targets, size_t i)
{
	for (size_t k = 0; k < i; k++) {
		if (targets->sources[k].kind == SOURCE_DOMAIN &&
		    domain_same(&targets->sources[k].name, &targets->sources[i].name))
			return true;
	}
	return false;
}

static int by_address(const void *a, const void *b)
{
	const struct target *const *x = a, *const *y = b;
	int order = memcmp(&(*x)->ip, &(*y)->ip, sizeof (*x)->ip);

	return order != 0 ? order : (*x > *y) - (*x < *y);
}

/* Leave the first of equal addresses. */
static void drop_repeated(struct targets *targets)
{
	struct target **sorted = malloc((targets->count + 1) * sizeof *sorted);
	bool *is_repeated = calloc(targets->count + 1, sizeof *is_repeated);
	size_t kept = 0;

	for (size_t i = 0; sorted != NULL && i < targets->count; i++)
		sorted[i] = &targets->at[i];
	if (sorted != NULL && is_repeated != NULL && targets->count > 0) {
		qsort(sorted, targets->count, sizeof *sorted, by_address);
		for (size_t i = 1; i < targets->count; i++) {
			if (sorted[i]->ip.version != 0 && ip_same(&sorted[i]->ip, &sorted[i - 1]->ip))
				is_repeated[sorted[i] - targets->at] = true;
		}
		for (size_t i = 0; i < targets->count; i++) {
			if (!is_repeated[i])
				targets->at[kept++] = targets->at[i];
		}
		targets->count = kept;
	}
	free(sorted);
	free(is_repeated);
}

void targets_resolve(struct targets *targets, struct frame *frame)
{
	static const struct ip none = { 0 };
	struct hosts hosts = { 0 };
	struct text text = { 0 };
	bool has_names = false;

	for (size_t i = 0; i < targets->source_count; i++) {
		const struct source *source = &targets->sources[i];

		has_names |= source->kind == SOURCE_MX || source->kind == SOURCE_NAME;
		text_add(&frame->result.target, "%s%s", i > 0 ? "," : "", source->word);
		if (source->kind == SOURCE_NAME && !add_host(&hosts, &source->name, i))
			frame->result.failed = true;
		if (source->kind == SOURCE_DOMAIN && !is_repeated_domain(targets, i) &&
		    !add_target(targets, &none, false, i))
			frame->result.failed = true;
		if (source->kind == SOURCE_NETWORK)
			add_network(targets, i, frame);
	}
	if (has_names) {
		resolve_exchangers(targets, &hosts, frame);
		resolve_hosts(targets, &hosts, frame);
	}
	if (targets->source_count > 1 || has_names)
		drop_repeated(targets);
	if (targets->is_cut) {
		text_add(&text, "the names have more addresses than the %u targets that are allowed",
			 targets->limit);
		result_add(&frame->result, STATE_UNKNOWN, "too_many_targets", stage, "targets", &text);
	}
	free(hosts.at);
}

void target_print(const struct targets *targets, const struct target *target,
		  char text[TARGET_TEXT])
{
	if (target->ip.version != 0)
		ip_print(&target->ip, text);
	else
		snprintf(text, TARGET_TEXT, "%s", targets->sources[target->source].name.text);
}

void targets_release(struct targets *targets)
{
	for (size_t i = 0; i < targets->file_count; i++)
		text_release(&targets->files[i]);
	free(targets->files);
	free(targets->sources);
	free(targets->at);
	*targets = (struct targets){ 0 };
}
