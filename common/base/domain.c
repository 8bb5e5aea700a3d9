/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "base/domain.h"

#include <idn2.h>
#include <stdio.h>
#include <string.h>

/* `marks` are what a label may hold beside letters and digits. */
static bool parse_ascii(struct slice s, const char *marks, struct domain *domain, struct fault *fault)
{
	struct slice rest, label;

	if (s.len > 0 && s.at[s.len - 1] == '.')
		s.len--;
	if (s.len == 0)
		return fault_set(fault, FAULT_USAGE, "an empty name");
	if (s.len > DOMAIN_MAX)
		return fault_set(fault, FAULT_USAGE, "longer than %d characters", DOMAIN_MAX);
	for (size_t i = 0; i < s.len; i++) {
		char c = s.at[i];

		if (c >= 'A' && c <= 'Z')
			c = (char)(c - 'A' + 'a');
		if ((c < 'a' || c > 'z') && (c < '0' || c > '9') && c != '.' &&
		    strchr(marks, c) == NULL)
			return fault_set(fault, FAULT_USAGE, "a character that no name has");
		if (c == '\0')
			return fault_set(fault, FAULT_USAGE, "a NUL in a name");
		domain->text[i] = c;
	}
	domain->text[s.len] = '\0';
	for (rest = s; slice_split(&rest, '.', &label);) {
		if (label.len == 0)
			return fault_set(fault, FAULT_USAGE, "an empty label");
		if (label.len > LABEL_MAX)
			return fault_set(fault, FAULT_USAGE, "a label longer than %d characters",
					 LABEL_MAX);
	}
	return true;
}

static const char host_marks[] = "-_";

bool domain_parse(struct slice s, struct domain *domain, struct fault *fault)
{
	char utf8[4 * DOMAIN_MAX];	/* longer ones cannot fit as A-labels */
	char *ascii;
	bool foreign = false, good;
	int failed;

	for (size_t i = 0; i < s.len; i++)
		foreign |= (unsigned char)s.at[i] > 0x7f;
	if (!foreign)
		return parse_ascii(s, host_marks, domain, fault);
	if (!slice_copy(s, utf8, sizeof utf8))
		return fault_set(fault, FAULT_USAGE, "too long a name");
	failed = idn2_to_ascii_8z(utf8, &ascii, IDN2_NONTRANSITIONAL);
	if (failed)
		return fault_set(fault, FAULT_USAGE, "no international domain name: %s",
				 idn2_strerror(failed));
	good = parse_ascii(slice_of(ascii), host_marks, domain, fault);
	idn2_free(ascii);
	return good;
}

bool domain_parse_alias(struct slice s, struct domain *domain, struct fault *fault)
{
	return parse_ascii(s, "-_/", domain, fault);
}

bool domain_same(const struct domain *a, const struct domain *b)
{
	return strcmp(a->text, b->text) == 0;
}

bool domain_within(const struct domain *domain, const char *parent)
{
	size_t len = strlen(domain->text), parent_len = strlen(parent);

	if (len < parent_len || strcmp(domain->text + len - parent_len, parent) != 0)
		return false;
	return parent_len == 0 || len == parent_len || domain->text[len - parent_len - 1] == '.';
}

bool domain_join(struct domain *joined, const char *label, const struct domain *parent)
{
	int len = snprintf(joined->text, sizeof joined->text, "%s.%s", label, parent->text);

	return len > 0 && (size_t)len < sizeof joined->text;
}
