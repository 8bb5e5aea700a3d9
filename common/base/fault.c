/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "base/fault.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

bool fault_set(struct fault *fault, enum fault_kind kind, const char *format, ...)
{
	va_list arguments;

	fault->kind = kind;
	va_start(arguments, format);
	vsnprintf(fault->text, sizeof fault->text, format, arguments);
	va_end(arguments);
	return false;
}

bool fault_prefix(struct fault *fault, const char *format, ...)
{
	char whole[sizeof fault->text];
	va_list arguments;
	size_t used;

	va_start(arguments, format);
	vsnprintf(whole, sizeof whole, format, arguments);
	va_end(arguments);
	used = strlen(whole);
	snprintf(whole + used, sizeof whole - used, "%s", fault->text);
	memcpy(fault->text, whole, sizeof whole);
	return false;
}
