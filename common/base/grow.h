/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef MAILPATH_BASE_GROW_H
#define MAILPATH_BASE_GROW_H

#include <stddef.h>
#include <stdlib.h>

/* Make room for one more item behind `count` of them: the array, perhaps
 * elsewhere, or NULL, and then the old one is as it was. Room doubles, so an
 * array that only grows through this is copied seldom. */
static inline void *grow(void *array, size_t count, size_t item_size)
{
	if ((count & (count - 1)) != 0)		/* full at 0, 1, 2, 4, 8, ... */
		return array;
	return realloc(array, (count > 0 ? 2 * count : 1) * item_size);
}

#endif
