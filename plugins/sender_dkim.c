/* SPDX-License-Identifier: GPL-3.0-or-later */
#include <stdlib.h>
#include <string.h>

#include "mail/dkim_find.h"
#include "net/dns.h"
#include "net/file.h"
#include "sender_domain.h"

/* DKIM: are the keys there that mail is signed with, and can receivers use them? */

#define STAGE "dkim"

enum {
	KEY_FILE_MAX = 1 << 16,
	STRING_MAX = 255,	/* of a TXT record (RFC 1035 3.3) */
};

/* The selectors that are named, and behind them those that are guessed. */
struct found {
	struct domain *selectors;
	size_t named_count;
	struct dkim_report report;
};

struct verdict {
	const struct sender *sender;
	const struct sender_settings *settings;
	struct frame *frame;
	const struct found *found;
};

/* ---- what is asked for ---- */

static bool add_selector(struct sender_settings *settings, const char *word, struct fault *fault)
{
	struct domain *selector = &settings->dkim_selectors[settings->dkim_selector_count], name;

	if (!domain_parse(slice_of(word), selector, fault))
		return fault_prefix(fault, "--selector: %s: ", word);
	if (domain_within(selector, "_domainkey") || strstr(selector->text, "._domainkey.") != NULL)
		return fault_set(fault, FAULT_USAGE, "--selector: %s: give only what stands before "
				 "._domainkey", word);
	for (size_t i = 0; i < settings->name_count; i++) {
		if (!dkim_name(selector, &settings->names[i], &name))
			return fault_set(fault, FAULT_USAGE, "--selector: too long for a name below %s: %s",
					 settings->names[i].text, word);
	}
	for (size_t i = 0; i < settings->dkim_selector_count; i++) {
		if (domain_same(&settings->dkim_selectors[i], selector))
			return true;
	}
	settings->dkim_selector_count++;
	return true;
}

static bool read_key_file(struct frame *frame, struct sender_settings *settings, struct fault *fault)
{
	struct text content = { 0 };
	bool good;

	if (settings->key_file == NULL)
		return true;
	if (settings->selectors.count == 0)
		return fault_set(fault, FAULT_USAGE, "--key-file: name the key's selector with --selector");
	good = file_read(settings->key_file, KEY_FILE_MAX, &frame->deadline, &content, fault);
	if (good) {
		good = dkim_own_key_parse(text_slice(&content), &settings->own_key, fault) ||
		       fault_prefix(fault, "%s: ", settings->key_file);
		settings->has_own_key = good;
	}
	if (content.at != NULL)
		explicit_bzero(content.at, content.size);
	text_release(&content);
	if (good && settings->own_key.is_private)
		frame_judge_secret_file(frame, settings->key_file);
	return good || fault_prefix(fault, "--key-file: ");
}

bool sender_dkim_prepare(struct frame *frame, struct sender_settings *settings, struct fault *fault)
{
	settings->dkim_selectors = calloc(settings->selectors.count + 1, sizeof *settings->dkim_selectors);
	if (settings->dkim_selectors == NULL)
		return fault_set(fault, FAULT_LOCAL, "no memory");
	settings->dkim_nonce = dns_nonce();
	for (size_t i = 0; i < settings->selectors.count; i++) {
		if (!add_selector(settings, settings->selectors.at[i], fault))
			return false;
	}
	return read_key_file(frame, settings, fault);
}

void sender_dkim_release(struct sender_settings *settings)
{
	free(settings->dkim_selectors);
	dkim_own_key_release(&settings->own_key);
}

/* ---- study ---- */

static bool is_named(const struct found *found, const char *selector)
{
	for (size_t i = 0; i < found->named_count; i++) {
		if (strcmp(found->selectors[i].text, selector) == 0)
			return true;
	}
	return false;
}

/* How many there are to look at. A guess that would be too long a name is none. */
static size_t choose_selectors(const struct sender *sender, struct found *found)
{
	const struct sender_settings *settings = sender->settings;
	size_t count = found->named_count = settings->dkim_selector_count;
	struct domain name, selector;
	struct fault unused;

	if (count > 0)
		memcpy(found->selectors, settings->dkim_selectors, count * sizeof *found->selectors);
	for (size_t i = 0; settings->guesses_selectors && dkim_common_selectors[i] != NULL; i++) {
		if (!is_named(found, dkim_common_selectors[i]) &&
		    domain_parse(slice_of(dkim_common_selectors[i]), &selector, &unused) &&
		    dkim_name(&selector, &sender->domain, &name))
			found->selectors[count++] = selector;
	}
	return count;
}

static void release(void *own)
{
	struct found *found = own;

	dkim_report_release(&found->report);
	free(found->selectors);
	free(found);
}

static void *study(const struct sender *sender, struct resolver *resolver)
{
	const struct sender_settings *settings = sender->settings;
	struct found *found = calloc(1, sizeof *found);
	size_t most = settings->dkim_selector_count, count;

	if (found == NULL)
		return NULL;
	for (size_t i = 0; dkim_common_selectors[i] != NULL; i++)
		most++;
	found->selectors = calloc(most, sizeof *found->selectors);
	if (found->selectors == NULL) {
		release(found);
		return NULL;
	}
	count = choose_selectors(sender, found);
	if (count > 0)
		dkim_find(&sender->domain, found->selectors, count, settings->dkim_nonce, resolver,
			  &found->report);
	return found;
}

/* ---- words ---- */

/* Of findings and numbers about a selector. */
static void add_detail(const struct verdict *v, size_t number, struct text *detail)
{
	text_add(detail, "%s%s", v->found->selectors[number].text,
		 v->sender->is_alone ? "" : "._domainkey");
}

static struct finding *add_about(const struct verdict *v, size_t number, enum state state,
				 const char *reason, struct text *text)
{
	struct text detail = { 0 };
	struct finding *finding;

	add_detail(v, number, &detail);
	finding = sender_add(v->sender, v->frame, state, reason, STAGE, text_str(&detail), text);
	text_release(&detail);
	return finding;
}

static struct finding *add_whole(const struct verdict *v, enum state state, const char *reason,
				 struct text *text)
{
	return sender_add(v->sender, v->frame, state, reason, STAGE, NULL, text);
}

static void add_quoted(struct slice bytes, struct text *text)
{
	text_add(text, "\"");
	text_add_foreign(text, bytes);
	text_add(text, "\"");
}

static const char *type_name(enum dkim_type type)
{
	switch (type) {
	case DKIM_RSA: return "an RSA";
	case DKIM_ED25519: return "an Ed25519";
	}
	return "a";
}

/* "at byte 256: the key was cut off there" */
static void add_note(const struct dkim_note *note, struct text *text)
{
	if (note->at > 0)
		text_add(text, "at byte %zu: ", note->at);
	text_add(text, "%s", dkim_lint_words(note->lint));
}

static void add_chain(const struct dkim_selector *selector, struct text *text)
{
	for (size_t i = 0; i < selector->alias_count; i++) {
		text_add(text, "%s", i > 0 ? " -> " : "");
		text_add_foreign(text, slice_of(selector->aliases[i].text));
	}
}

/* " (an alias of a -> b)" */
static void add_aliases(const struct dkim_selector *selector, struct text *text)
{
	if (selector->alias_count == 0)
		return;
	text_add(text, " (an alias of ");
	add_chain(selector, text);
	text_add(text, ")");
}

/* ---- records to publish ---- */

/* In strings that a TXT record can hold. */
static void add_strings(struct slice record, struct text *text)
{
	for (size_t at = 0; at < record.len; at += STRING_MAX) {
		size_t len = record.len - at < STRING_MAX ? record.len - at : STRING_MAX;

		text_add(text, " \"%.*s\"", (int)len, record.at + at);
	}
}

/* That of the key file, at the name of the selector. */
static bool fix_own(const struct verdict *v, size_t number, struct finding *finding)
{
	const struct dkim_selector *selector = &v->found->report.selectors[number];
	struct text fix = { 0 };

	if (!v->settings->has_own_key || number >= v->found->named_count)
		return false;
	text_add(&fix, "publish %sTXT at %s:", selector->alias_count > 0 ? "in the place of the alias " : "",
		 selector->name.text);
	add_strings(text_slice(&v->settings->own_key.record), &fix);
	result_fix(&v->frame->result, finding, &fix);
	return true;
}

/* That of the key file, or what stands there, mended and where it stands. */
static void fix_record(const struct verdict *v, size_t number, size_t record, struct finding *finding)
{
	const struct dkim_selector *selector = &v->found->report.selectors[number];
	const struct domain *name = selector->alias_count > 0
					    ? &selector->aliases[selector->alias_count - 1]
					    : &selector->name;
	struct text fix = { 0 }, mended = { 0 };

	if (!fix_own(v, number, finding) &&
	    dkim_key_mend(selector->answer.records->at[record].data, &mended)) {
		text_add(&fix, "publish instead, TXT at %s:", name->text);
		add_strings(text_slice(&mended), &fix);
		result_fix(&v->frame->result, finding, &fix);
	}
	text_release(&mended);
}

/* ---- what is not there ---- */

static void judge_temporary(const struct verdict *v, size_t number)
{
	const struct dkim_selector *selector = &v->found->report.selectors[number];
	struct text text = { 0 };

	if (selector->answer.is_bogus || selector->answer.status == DNS_UNFINISHED) {
		sender_add_unanswered(v->frame, STAGE, &selector->answer);
		return;
	}
	text_add(&text, "asking for TXT of %s", selector->name.text);
	add_aliases(selector, &text);
	text_add(&text, " gave: %s", text_str(&selector->why));
	add_about(v, number, STATE_UNKNOWN, "dns_temporary", &text);
}

static void describe_missing(const struct dkim_selector *selector, struct text *text)
{
	text_add(text, "%s is ", selector->name.text);
	if (selector->state == DKIM_FOUND) {
		text_add(text, "not there: what answers is a wildcard, and no key");
	} else if (selector->is_dangling) {
		text_add(text, "an alias of ");
		add_chain(selector, text);
		text_add(text, selector->goes_round ? ", which leads round in a circle"
						    : ", which is not there");
	} else {
		text_add(text, "not there");
	}
}

static void judge_missing(const struct verdict *v, size_t number)
{
	const struct dkim_selector *selector = &v->found->report.selectors[number];
	enum state state = v->settings->is_parked && !selector->is_dangling ? STATE_OK : STATE_CRITICAL;
	struct text text = { 0 }, fix = { 0 };
	struct finding *finding;

	describe_missing(selector, &text);
	if (state != STATE_OK)
		text_add(&text, ": no signature with this selector is good");
	finding = add_about(v, number, state, "dkim_key_missing", &text);
	if (selector->is_dangling) {
		text_add(&fix, "let those who run ");
		text_add_foreign(&fix, slice_of(selector->aliases[selector->alias_count - 1].text));
		text_add(&fix, " publish the key there; or take the alias out");
		result_fix(&v->frame->result, finding, &fix);
	}
	fix_own(v, number, finding);
}

/* ---- what is there ---- */

static enum state weaken(bool is_weaker, enum state state)
{
	return is_weaker && state == STATE_CRITICAL ? STATE_WARNING : state;
}

static void judge_bad(const struct verdict *v, size_t number, size_t record, bool is_less)
{
	const struct dkim_selector *selector = &v->found->report.selectors[number];
	const struct dkim_key *key = &selector->keys[record];
	struct text text = { 0 };

	text_add(&text, "no receiver can use it");
	for (size_t i = 0, count = 0; i < key->note_count; i++) {
		if (dkim_lint_weight(key->notes[i].lint) != DKIM_USELESS)
			continue;
		text_add(&text, count++ == 0 ? ": " : "; ");
		add_note(&key->notes[i], &text);
	}
	add_aliases(selector, &text);
	text_add(&text, ": ");
	add_quoted(selector->answer.records->at[record].data, &text);
	fix_record(v, number, record, add_about(v, number, weaken(is_less, STATE_CRITICAL),
						"dkim_key_invalid", &text));
}

/* Nobody signs with a guessed selector, and a parked domain with none. */
static void judge_revoked(const struct verdict *v, size_t number, bool is_less)
{
	const struct dkim_selector *selector = &v->found->report.selectors[number];
	bool is_meant = v->settings->is_parked || number >= v->found->named_count;
	struct text text = { 0 };

	text_add(&text, "the key was taken back (p= is empty)%s",
		 selector->is_wildcard ? ", as all of the domain, by a wildcard" : "");
	add_aliases(selector, &text);
	if (!is_meant)
		text_add(&text, ": no signature with this selector is good");
	fix_own(v, number, add_about(v, number, is_meant ? STATE_OK : weaken(is_less, STATE_CRITICAL),
				     "dkim_key_revoked", &text));
}

/* What is odd in a key that receivers can use. */
static void judge_note(const struct verdict *v, size_t number, size_t record,
		       const struct dkim_note *note)
{
	bool is_risky = dkim_lint_weight(note->lint) == DKIM_RISKY;
	struct text text = { 0 };
	struct finding *finding;

	add_note(note, &text);
	if (!is_risky) {
		add_about(v, number, STATE_OK, "dkim_note", &text);
		return;
	}
	finding = add_about(v, number, STATE_WARNING,
			    note->lint == DKIM_LINT_TESTING ? "dkim_testing" : "dkim_record_odd", &text);
	fix_record(v, number, record, finding);
}

static void judge_notes(const struct verdict *v, size_t number, size_t record)
{
	const struct dkim_key *key = &v->found->report.selectors[number].keys[record];

	for (size_t i = 0; i < key->note_count; i++)
		judge_note(v, number, record, &key->notes[i]);
}

static void measure(const struct verdict *v, size_t number, const struct dkim_key *key)
{
	struct text detail = { 0 }, subject = { 0 };

	add_detail(v, number, &detail);
	sender_measure(v->sender, v->frame, "dkim_bits", text_str(&detail), key->bits);
	if (key->type == DKIM_ED25519) {
		sender_subject(v->sender, text_str(&detail), &subject);
		result_without_presets_of(&v->frame->result, "dkim_bits", text_str(&subject));
	}
	text_release(&detail);
	text_release(&subject);
}

static bool is_weak(const struct verdict *v, size_t number)
{
	struct text detail = { 0 }, subject = { 0 };
	bool weak;

	add_detail(v, number, &detail);
	sender_subject(v->sender, text_str(&detail), &subject);
	weak = result_alerts_of(&v->frame->result, "dkim_bits", text_str(&subject));
	text_release(&detail);
	text_release(&subject);
	return weak;
}

/* The key is there and can be used: how strong is it? */
static void judge_strength(const struct verdict *v, size_t number, const struct dkim_key *key)
{
	const struct dkim_selector *selector = &v->found->report.selectors[number];
	struct text text = { 0 };
	bool weak;

	measure(v, number, key);
	weak = is_weak(v, number);
	text_add(&text, "%s key of %u bits", type_name(key->type), key->bits);
	if (weak && key->type == DKIM_RSA && key->bits < 1024)
		text_add(&text, ": receivers must not accept less than 1024 (RFC 8301)");
	else if (weak && key->type == DKIM_RSA && key->bits < 2048)
		text_add(&text, ": it should have 2048 (RFC 8301)");
	add_aliases(selector, &text);
	text_add(&text, ": ");
	add_quoted(selector->answer.records->at[key - selector->keys].data, &text);
	add_about(v, number, STATE_OK, weak ? "dkim_key_weak" : "dkim_published", &text);
}

static void judge_several(const struct verdict *v, size_t number)
{
	const struct dkim_selector *selector = &v->found->report.selectors[number];
	struct text text = { 0 };

	if (dns_count(&selector->answer) < 2)
		return;
	text_add(&text, "there are %zu records, and no receiver knows which one to take: ",
		 dns_count(&selector->answer));
	for (size_t i = 0; i < selector->key_count; i++) {
		text_add(&text, i > 0 ? ", " : "");
		add_quoted(selector->answer.records->at[i].data, &text);
	}
	add_about(v, number, STATE_WARNING, "dkim_several", &text);
}

static bool is_own(const struct verdict *v, const struct dkim_selector *selector)
{
	for (size_t i = 0; i < selector->key_count && v->settings->has_own_key; i++) {
		if (selector->keys[i].verdict == DKIM_KEY_GOOD &&
		    memcmp(selector->keys[i].digest, v->settings->own_key.digest, DKIM_DIGEST) == 0)
			return true;
	}
	return false;
}

static void judge_match(const struct verdict *v, size_t number)
{
	const struct dkim_selector *selector = &v->found->report.selectors[number];
	struct text text = { 0 };

	if (!v->settings->has_own_key || number >= v->found->named_count || is_own(v, selector))
		return;
	text_add(&text, "the published key is not the one in ");
	text_add_foreign(&text, slice_of(v->settings->key_file));
	text_add(&text, ": no signature made with that is good");
	fix_own(v, number, add_about(v, number, STATE_CRITICAL, "dkim_key_mismatch", &text));
}

static void judge_records(const struct verdict *v, size_t number)
{
	const struct dkim_selector *selector = &v->found->report.selectors[number];
	const struct dkim_key *weakest = dkim_weakest_key(selector);
	bool is_less = weakest != NULL || number >= v->found->named_count;

	judge_several(v, number);
	for (size_t i = 0; i < selector->key_count; i++) {
		switch (selector->keys[i].verdict) {
		case DKIM_KEY_GOOD:
			judge_notes(v, number, i);
			break;
		case DKIM_KEY_REVOKED:
			judge_revoked(v, number, is_less);
			break;
		case DKIM_KEY_BAD:
			judge_bad(v, number, i, is_less);
			break;
		}
	}
	if (weakest != NULL) {
		judge_strength(v, number, weakest);
		judge_match(v, number);
	}
}

static void judge_selector(const struct verdict *v, size_t number)
{
	const struct dkim_selector *selector = &v->found->report.selectors[number];

	switch (selector->state) {
	case DKIM_UNKNOWN:
		judge_temporary(v, number);
		return;
	case DKIM_NONE:
		judge_missing(v, number);
		return;
	case DKIM_FOUND:
		if (selector->is_wildcard && v->found->report.guard == DKIM_GUARD_TEXT)
			judge_missing(v, number);
		else
			judge_records(v, number);
		return;
	}
}

/* ---- guesses ---- */

/* What a wildcard answers is no selector that was found. */
static bool is_found(const struct dkim_selector *selector)
{
	return selector->state == DKIM_FOUND && !selector->is_wildcard;
}

static void judge_unanswered(const struct verdict *v, size_t count, const struct dkim_selector *first)
{
	struct text text = { 0 };

	if (count == 0 || (first->answer.is_bogus && sender_add_unanswered(v->frame, STAGE, &first->answer)))
		return;
	text_add(&text, "%zu of %zu common selectors were not answered; asking for TXT of %s gave: %s",
		 count, v->found->report.count - v->found->named_count, first->name.text,
		 text_str(&first->why));
	add_whole(v, STATE_UNKNOWN, "dns_temporary", &text);
}

static void judge_guesses(const struct verdict *v)
{
	const struct dkim_report *report = &v->found->report;
	const struct dkim_selector *first = NULL;
	size_t found = 0, unanswered = 0;
	struct text text = { 0 };

	for (size_t i = v->found->named_count; i < report->count; i++) {
		const struct dkim_selector *selector = &report->selectors[i];

		if (is_found(selector)) {
			found++;
			judge_records(v, i);
		} else if (selector->state == DKIM_UNKNOWN && selector->answer.status != DNS_UNFINISHED) {
			first = unanswered++ == 0 ? selector : first;
		}
	}
	judge_unanswered(v, unanswered, first);
	if (found > 0 || unanswered > 0 || v->found->named_count > 0)
		return;
	text_add(&text, "not tested: none of %zu common selectors is there, from which nothing follows",
		 report->count);
	add_whole(v, STATE_OK, "dkim_not_tested", &text);
}

/* ---- wildcards ---- */

/* Keys that any other selector has, too, and that no key file vouches for. */
static void judge_wildcard(const struct verdict *v)
{
	const struct dkim_report *report = &v->found->report;
	struct text text = { 0 };
	size_t count = 0;

	text_add(&text, "a selector that nobody made has a key, too: it proves nothing that ");
	for (size_t i = 0; i < v->found->named_count; i++) {
		const struct dkim_selector *selector = &report->selectors[i];

		if (selector->is_wildcard && !is_own(v, selector))
			text_add(&text, "%s%s", count++ > 0 ? ", " : "", v->found->selectors[i].text);
	}
	if (count > 0) {
		text_add(&text, " %s there", count > 1 ? "are" : "is");
	} else {
		text.len = 0;
		text_add(&text, "a selector that nobody made has a key, too, by a wildcard");
	}
	add_whole(v, count > 0 ? STATE_WARNING : STATE_OK, "dkim_wildcard", &text);
}

static void judge_guard(const struct verdict *v)
{
	struct text text = { 0 };

	switch (v->found->report.guard) {
	case DKIM_GUARD_SILENT:
	case DKIM_GUARD_TEXT:
	case DKIM_GUARD_REVOKED:
		return;
	case DKIM_GUARD_UNKNOWN:
		if (v->found->report.guard_status == DNS_UNFINISHED)
			return;
		text_add(&text, "whether a selector that nobody made has a key, too, was not answered: %s",
			 dns_status_word(v->found->report.guard_status));
		add_whole(v, STATE_OK, "dkim_note", &text);
		return;
	case DKIM_GUARD_KEY:
		judge_wildcard(v);
		return;
	}
}

/* Of a parked domain without a selector to look at, the wildcard is all there is. */
/* ---- data ---- */

static const char *status_word(const struct verdict *v, const struct dkim_selector *selector)
{
	bool is_revoked = false;

	if (selector->state == DKIM_UNKNOWN)
		return "temporary";
	if (selector->state == DKIM_NONE ||
	    (selector->is_wildcard && v->found->report.guard == DKIM_GUARD_TEXT))
		return "missing";
	if (dkim_weakest_key(selector) != NULL)
		return "good";
	for (size_t i = 0; i < selector->key_count; i++)
		is_revoked |= selector->keys[i].verdict == DKIM_KEY_REVOKED;
	return is_revoked ? "revoked" : "invalid";
}

/* "sha256 : sha1" as a list; null: the tag is not there. */
static json_t *list_json(struct slice list)
{
	json_t *json = json_array();
	struct slice word;

	if (list.at == NULL) {
		json_decref(json);
		return json_null();
	}
	while (list.len > 0 && slice_split(&list, ':', &word))
		json_array_append_new(json, sender_json(slice_trim(word)));
	return json;
}

static json_t *notes_json(const struct dkim_selector *selector)
{
	json_t *notes = json_array();

	for (size_t i = 0; i < selector->key_count; i++) {
		for (size_t n = 0; n < selector->keys[i].note_count; n++) {
			const struct dkim_note *note = &selector->keys[i].notes[n];

			json_array_append_new(notes, json_pack("{sI ss sI ss}", "record", (json_int_t)i,
							       "note", dkim_lint_word(note->lint), "at",
							       (json_int_t)note->at, "text",
							       dkim_lint_words(note->lint)));
		}
	}
	return notes;
}

static json_t *records_json(const struct dkim_selector *selector)
{
	json_t *records = json_array();

	for (size_t i = 0; i < dns_count(&selector->answer); i++)
		json_array_append_new(records, sender_json(selector->answer.records->at[i].data));
	return records;
}

static json_t *aliases_json(const struct dkim_selector *selector)
{
	json_t *names = json_array();

	for (size_t i = 0; i < selector->alias_count; i++)
		json_array_append_new(names, sender_json(slice_of(selector->aliases[i].text)));
	return names;
}

/* The members that say what the key is: of the one that counts. */
static void add_key_json(const struct dkim_selector *selector, const char *status, json_t *json)
{
	static const struct dkim_key nothing;
	const struct dkim_key *key = dkim_weakest_key(selector);

	if (key == NULL)
		key = selector->key_count > 0 ? &selector->keys[0] : &nothing;
	json_object_set_new(json, "key_type", key->has_type ? json_string(dkim_type_word(key->type))
							    : json_null());
	json_object_set_new(json, "bits", key->bits > 0 ? json_integer(key->bits) : json_null());
	json_object_set_new(json, "revoked", json_boolean(strcmp(status, "revoked") == 0));
	json_object_set_new(json, "testing", json_boolean(key->is_testing));
	json_object_set_new(json, "hashes", list_json(key->hashes));
	json_object_set_new(json, "services", list_json(key->services));
	json_object_set_new(json, "flags", list_json(key->flags));
}

static json_t *selector_json(const struct verdict *v, size_t number)
{
	const struct dkim_selector *selector = &v->found->report.selectors[number];
	const char *status = status_word(v, selector);
	bool is_guessed = number >= v->found->named_count;
	json_t *json = json_pack("{ss ss ss so}", "selector", v->found->selectors[number].text, "name",
				 selector->name.text, "status", status, "records",
				 records_json(selector));

	add_key_json(selector, status, json);
	json_object_set_new(json, "cname", aliases_json(selector));
	json_object_set_new(json, "dangling", json_boolean(selector->is_dangling));
	json_object_set_new(json, "notes", notes_json(selector));
	json_object_set_new(json, "wildcard", v->found->report.guard == DKIM_GUARD_UNKNOWN
						      ? json_null() : json_boolean(selector->is_wildcard));
	json_object_set_new(json, "authenticated", json_boolean(selector->answer.authenticated));
	json_object_set_new(json, "guessed", json_boolean(is_guessed));
	json_object_set_new(json, "matches_key_file", v->settings->has_own_key && !is_guessed
							      ? json_boolean(is_own(v, selector))
							      : json_null());
	return json;
}

/* ---- the verdict ---- */

/* The keys that were found, or the only one. */
static void summarise(const struct verdict *v)
{
	const struct dkim_report *report = &v->found->report;
	struct text *good = &v->frame->result.good;
	size_t count = 0, last = 0;

	for (size_t i = 0; i < report->count; i++) {
		if (dkim_weakest_key(&report->selectors[i]) == NULL ||
		    (i >= v->found->named_count && !is_found(&report->selectors[i])))
			continue;
		count++;
		last = i;
	}
	if (count == 1)
		text_add(good, "DKIM key %s of %u bits", v->found->selectors[last].text,
			 dkim_weakest_key(&report->selectors[last])->bits);
	else if (count > 1)
		text_add(good, "%zu DKIM keys", count);
}

static void judge(const struct sender *sender, struct frame *frame, const void *own)
{
	const struct found *found = own;
	const struct sender_settings *settings = sender->settings;
	const struct verdict v = {
		.sender = sender, .settings = settings, .frame = frame, .found = found,
	};
	json_t *data = json_array();
	struct text text = { 0 };

	frame->result.failed |= found->report.failed;
	for (size_t i = 0; i < found->named_count && i < found->report.count; i++)
		judge_selector(&v, i);
	if (settings->guesses_selectors)
		judge_guesses(&v);
	if (found->report.count > 0) {
		judge_guard(&v);
	} else {
		text_add(&text, "not tested: no selector is named with --selector");
		add_whole(&v, STATE_OK, "dkim_not_tested", &text);
	}
	summarise(&v);
	for (size_t i = 0; i < found->report.count; i++) {
		if (i < found->named_count || is_found(&found->report.selectors[i]))
			json_array_append_new(data, selector_json(&v, i));
	}
	json_object_set_new(sender->data, "dkim", data);
}

const struct sender_part sender_dkim = { "dkim", study, judge, release };
