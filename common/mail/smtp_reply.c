/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "mail/smtp_reply.h"

#include <string.h>

/* What came instead of a reply; the fault is printed as foreign text. */
static enum smtp_parse bad(struct slice line, const char *why, struct fault *fault)
{
	enum { QUOTED = 80 };
	int len = (int)(line.len < QUOTED ? line.len : QUOTED);

	fault_set(fault, FAULT_PROTOCOL, "%s: \"%.*s%s\"", why, len, line.at,
		  line.len > QUOTED ? "..." : "");
	return SMTP_BAD;
}

static bool is_digit(char c)
{
	return c >= '0' && c <= '9';
}

enum smtp_parse smtp_line_parse(struct slice bytes, struct smtp_line *line, size_t *used,
				struct fault *fault)
{
	const char *end = bytes.len > 0 ? memchr(bytes.at, '\n', bytes.len) : NULL;
	struct slice whole = { bytes.at, end != NULL ? (size_t)(end - bytes.at) : bytes.len };

	if (end != NULL && whole.len > 0 && whole.at[whole.len - 1] == '\r')
		whole.len--;
	if (whole.len > SMTP_LINE_MAX + (end == NULL))
		return bad(whole, "a line that is too long", fault);
	if (end == NULL)
		return SMTP_MORE;
	if (memchr(whole.at, '\0', whole.len) != NULL)
		return bad(whole, "a NUL byte in a reply", fault);
	if (whole.len < 3 || whole.at[0] < '2' || whole.at[0] > '5' || !is_digit(whole.at[1]) ||
	    !is_digit(whole.at[2]) ||
	    (whole.len > 3 && whole.at[3] != ' ' && whole.at[3] != '-'))
		return bad(whole, "no reply of a mail server", fault);
	line->code = (unsigned)(whole.at[0] - '0') * 100 + (unsigned)(whole.at[1] - '0') * 10 +
		     (unsigned)(whole.at[2] - '0');
	line->is_last = whole.len == 3 || whole.at[3] == ' ';
	line->text = whole.len > 4 ? (struct slice){ whole.at + 4, whole.len - 4 }
				   : (struct slice){ whole.at + whole.len, 0 };
	*used = (size_t)(end - bytes.at) + 1;
	return SMTP_DONE;
}

enum smtp_parse smtp_reply_add(struct smtp_reply *reply, const struct smtp_line *line,
			       struct fault *fault)
{
	struct slice text = line->text;

	if (reply->lines > 0 && line->code != reply->code) {
		fault_set(fault, FAULT_PROTOCOL, "the code changed within a reply, from %u to %u",
			  reply->code, line->code);
		return SMTP_BAD;
	}
	if (reply->lines == SMTP_LINES_MAX) {
		fault_set(fault, FAULT_PROTOCOL, "a reply of more than %d lines", SMTP_LINES_MAX);
		return SMTP_BAD;
	}
	if (reply->lines > 0 && reply->len < sizeof reply->text)
		reply->text[reply->len++] = '\n';
	if (text.len > sizeof reply->text - reply->len)
		text.len = sizeof reply->text - reply->len;
	memcpy(reply->text + reply->len, text.at, text.len);
	reply->len += text.len;
	reply->code = line->code;
	reply->lines++;
	return line->is_last ? SMTP_DONE : SMTP_MORE;
}

struct slice smtp_reply_text(const struct smtp_reply *reply)
{
	return (struct slice){ reply->text, reply->len };
}

void smtp_reply_print(struct text *text, const struct smtp_reply *reply)
{
	struct slice rest = smtp_reply_text(reply), line;
	struct text joined = { 0 };

	text_add(text, "%u", reply->code);
	while (slice_split(&rest, '\n', &line)) {
		line = slice_trim(line);
		if (line.len == 0)
			continue;
		text_add_char(&joined, ' ');
		text_add_slice(&joined, line);
	}
	if (joined.len > 0)
		text_add_foreign(text, text_slice(&joined));
	text_release(&joined);
}

/* Of "5.7.26 more", the "5.7.26". */
struct slice smtp_reply_status(const struct smtp_reply *reply)
{
	struct slice text = smtp_reply_text(reply), status = { text.at, 0 };
	size_t dots = 0, digits = 0;

	for (; status.len < text.len; status.len++) {
		char c = text.at[status.len];

		if (c == '.' && digits > 0 && dots < 2) {
			dots++;
			digits = 0;
		} else if (is_digit(c) && digits < 3) {
			digits++;
		} else {
			break;
		}
	}
	if (dots != 2 || digits == 0 || text.at[1] != '.' || (unsigned)(text.at[0] - '0') != reply->code / 100 ||
	    (status.len < text.len && text.at[status.len] != ' ' && text.at[status.len] != '\n'))
		status.len = 0;
	return status;
}
