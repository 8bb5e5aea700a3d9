/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef MAILPATH_BASE_REASON_H
#define MAILPATH_BASE_REASON_H

/* One row of the catalogue of reasons. An id never changes its meaning. */
struct reason {
	const char *id;
	const char *sentence;	/* what a tired operator needs to know */
	const char *who;	/* who can fix it: you, your provider, the receiver, the list */
	const char *fix;	/* how; NULL: there is nothing to fix */
	const char *read;	/* where to read on: a URL, or NULL */
	const char *metric;	/* the label whose thresholds give such findings
				 * their state, or NULL */
};

#endif
