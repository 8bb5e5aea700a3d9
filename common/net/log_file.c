/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "net/log_file.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <lzma.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>
#include <zlib.h>

#include "base/text.h"

enum {
	BLOCK = 65536,
	NEAR = 65536,			/* bisection ends here: reading so much is as fast */
	LAST = 4096,			/* where the last line is, mostly */
	LOOK_MAX = 1 << 20,		/* for a line that tells its time */
	ROTATED_MAX = 1000,
	XZ_MEMORY = 80 << 20,		/* what xz -9 wants */
};

static bool failed(struct fault *fault)
{
	bool is_forbidden = errno == EACCES || errno == EPERM;

	return fault_set(fault, errno == ENOENT ? FAULT_USAGE :
			 is_forbidden ? FAULT_PERMISSION : FAULT_LOCAL, "%s", strerror(errno));
}

/* ---- the files */

static bool open_source(struct log_source *source, struct fault *fault)
{
	struct stat about;

	source->fd = open(source->path, O_RDONLY | O_NONBLOCK | O_CLOEXEC | O_NOCTTY);
	if (source->fd < 0 || fstat(source->fd, &about) != 0)
		return failed(fault);
	if (!S_ISREG(about.st_mode))
		return fault_set(fault, FAULT_LOCAL, "this is no file");
	source->size = about.st_size;
	source->written = about.st_mtime;
	source->device = about.st_dev;
	source->inode = about.st_ino;
	return true;
}

static bool ends(const char *name, const char *end)
{
	size_t len = strlen(name), tail = strlen(end);

	return len >= tail && strcmp(name + len - tail, end) == 0;
}

static enum log_form form_of(const char *path)
{
	static const char *const others[] = { ".bz2", ".zst", ".lz4", ".lzo", ".Z", ".zip" };

	if (ends(path, ".gz"))
		return LOG_GZIP;
	if (ends(path, ".xz") || ends(path, ".lzma"))
		return LOG_XZ;
	for (size_t i = 0; i < sizeof others / sizeof *others; i++) {
		if (ends(path, others[i]))
			return LOG_UNREADABLE;
	}
	return LOG_PLAIN;
}

/* "mail.log.1", "mail.log.2.gz", "mail.log-20261123.xz", of "mail.log" */
static bool is_rotated(const char *name, const char *base)
{
	size_t len = strlen(base);
	const char *rest = name + len;

	if (strncmp(name, base, len) != 0 || (*rest != '.' && *rest != '-'))
		return false;
	rest++;
	if (*rest < '0' || *rest > '9')
		return false;
	rest += strspn(rest, "0123456789-_T:");
	return *rest == '\0' || (*rest == '.' && (form_of(rest) != LOG_PLAIN));
}

static struct log_source *add_source(struct log_chain *chain, char *path)
{
	struct log_source *grown = path != NULL ?
		realloc(chain->at, (chain->count + 1) * sizeof *grown) : NULL;

	if (grown == NULL) {
		free(path);
		return NULL;
	}
	chain->at = grown;
	grown[chain->count] = (struct log_source){ .path = path, .fd = -1, .form = form_of(path) };
	return &grown[chain->count++];
}

static int younger_first(const void *a, const void *b)
{
	const struct log_source *x = a, *y = b;

	if (x->written != y->written)
		return x->written < y->written ? 1 : -1;
	return strcmp(x->path, y->path);
}

/* While it is compressed, a file is there twice; the one that is not compressed is whole. */
static bool is_twin(const struct log_chain *chain, size_t number)
{
	const char *path = chain->at[number].path, *dot = strrchr(path, '.');

	if (chain->at[number].form == LOG_PLAIN || dot == NULL)
		return false;
	for (size_t i = 0; i < chain->count; i++) {
		if (strlen(chain->at[i].path) == (size_t)(dot - path) &&
		    memcmp(chain->at[i].path, path, (size_t)(dot - path)) == 0)
			return true;
	}
	return false;
}

static void drop_source(struct log_chain *chain, size_t number)
{
	struct log_source *source = &chain->at[number];

	free(source->path);
	if (source->fd > STDERR_FILENO)
		close(source->fd);
	memmove(source, source + 1, (--chain->count - number) * sizeof *source);
}

static void find_rotated(struct log_chain *chain, const char *path)
{
	const char *slash = strrchr(path, '/'), *base = slash != NULL ? slash + 1 : path;
	struct text folder = { 0 };
	struct dirent *entry;
	DIR *dir;

	text_add(&folder, "%.*s", slash != NULL ? (int)(slash - path + 1) : 2, slash != NULL ? path : "./");
	dir = text_failed(&folder) ? NULL : opendir(text_str(&folder));
	while (dir != NULL && (entry = readdir(dir)) != NULL && chain->count < ROTATED_MAX) {
		struct text name = { 0 };
		struct log_source *source;
		struct stat about;

		if (!is_rotated(entry->d_name, base))
			continue;
		text_add(&name, "%s%s", text_str(&folder), entry->d_name);
		if (stat(text_str(&name), &about) != 0 || !S_ISREG(about.st_mode)) {
			text_release(&name);
			continue;
		}
		source = add_source(chain, text_take(&name));
		if (source != NULL)
			source->written = about.st_mtime;
	}
	if (dir != NULL)
		closedir(dir);
	text_release(&folder);
	if (chain->count > 2)
		qsort(chain->at + 1, chain->count - 1, sizeof *chain->at, younger_first);
	for (size_t i = chain->count; i > 1; i--) {
		if (is_twin(chain, i - 1))
			drop_source(chain, i - 1);
	}
}

bool log_chain_open(const char *path, struct log_chain *chain, struct fault *fault)
{
	bool is_again, is_input = strcmp(path, "-") == 0;
	struct log_source *source = add_source(chain, strdup(path));

	if (source == NULL)
		return fault_set(fault, FAULT_LOCAL, "out of memory");
	if (is_input) {
		source->fd = STDIN_FILENO;
		source->is_input = true;
		return true;
	}
	if (!open_source(source, fault)) {
		if (fault->kind != FAULT_USAGE)
			return false;
		chain->is_missing = true;
		find_rotated(chain, path);
		if (chain->count < 2)
			return false;
		drop_source(chain, 0);
		return log_source_open(chain, 0, &is_again, fault);
	}
	find_rotated(chain, path);
	return true;
}

bool log_source_open(struct log_chain *chain, size_t number, bool *is_again, struct fault *fault)
{
	struct log_source *source = &chain->at[number];

	*is_again = false;
	if (source->form == LOG_UNREADABLE)
		return fault_set(fault, FAULT_PROTOCOL, "only gzip and xz can be read");
	if (source->fd < 0 && !open_source(source, fault))
		return false;
	for (size_t i = 0; i < number; i++)
		*is_again = *is_again || (chain->at[i].device == source->device &&
					  chain->at[i].inode == source->inode);
	return true;
}

void log_chain_close(struct log_chain *chain)
{
	while (chain->count > 0)
		drop_source(chain, chain->count - 1);
	free(chain->at);
	*chain = (struct log_chain){ 0 };
}

const char *log_newest(const char *const *paths, size_t count)
{
	const char *newest = NULL;
	int64_t written = INT64_MIN;
	struct stat about;

	for (size_t i = 0; i < count; i++) {
		if (stat(paths[i], &about) != 0 || !S_ISREG(about.st_mode) || about.st_mtime <= written)
			continue;
		written = about.st_mtime;
		newest = paths[i];
	}
	return newest;
}

/* ---- bytes */

struct stream {
	struct log_source *source;
	const struct log_wants *wants;
	struct fault *fault;
	int64_t at;			/* of the file: what is read next */
	z_stream gzip;
	lzma_stream xz;
	bool is_gzip, is_xz, is_over, is_between;
	unsigned char in[BLOCK];	/* compressed bytes */
	size_t in_at, in_len;
	char block[BLOCK];
};

static bool read_input(struct stream *s, void *to, size_t size, size_t *got)
{
	for (;;) {
		struct pollfd ready = { .fd = STDIN_FILENO, .events = POLLIN };
		ssize_t count;

		if (deadline_passed(s->wants->deadline))
			return fault_set(s->fault, FAULT_TIMEOUT, "still not at its end");
		if (poll(&ready, 1, deadline_poll_ms(s->wants->deadline, INT64_MAX)) <= 0)
			continue;
		count = read(STDIN_FILENO, to, size);
		if (count < 0 && (errno == EINTR || errno == EAGAIN))
			continue;
		if (count < 0)
			return failed(s->fault);
		*got = (size_t)count;
		return true;
	}
}

static bool read_bytes(struct stream *s, void *to, size_t size, size_t *got)
{
	int64_t left = s->source->size - s->at;
	ssize_t count;

	*got = 0;
	if (s->source->is_input)
		return read_input(s, to, size, got);
	if (deadline_passed(s->wants->deadline))
		return fault_set(s->fault, FAULT_TIMEOUT, "still not at its end");
	if (left <= 0)
		return true;
	do
		count = pread(s->source->fd, to, (int64_t)size < left ? size : (size_t)left, s->at);
	while (count < 0 && errno == EINTR);
	if (count < 0)
		return failed(s->fault);
	*got = (size_t)count;
	s->at += count;
	s->source->bytes_read += (uint64_t)count;
	return true;
}

static bool broken(struct stream *s)
{
	return fault_set(s->fault, FAULT_PROTOCOL, "it is compressed, and broken");
}

static bool open_stream(struct stream *s)
{
	s->is_over = s->is_between = s->is_gzip = s->is_xz = false;
	s->in_at = s->in_len = 0;
	memset(&s->gzip, 0, sizeof s->gzip);
	memset(&s->xz, 0, sizeof s->xz);
	if (s->source->form == LOG_GZIP)
		s->is_gzip = inflateInit2(&s->gzip, 15 + 16) == Z_OK;
	else if (s->source->form == LOG_XZ)
		s->is_xz = lzma_auto_decoder(&s->xz, XZ_MEMORY, LZMA_CONCATENATED) == LZMA_OK;
	else
		return true;
	return s->is_gzip || s->is_xz || fault_set(s->fault, FAULT_LOCAL, "out of memory");
}

static void close_stream(struct stream *s)
{
	if (s->is_gzip)
		inflateEnd(&s->gzip);
	if (s->is_xz)
		lzma_end(&s->xz);
}

/* Some bytes of what is in it; none at its end. A file that is still being compressed is
 * cut: what is there is a log all the same, but not a whole one. */
static bool inflate_some(struct stream *s, size_t *got)
{
	s->gzip.next_out = (unsigned char *)s->block;
	s->gzip.avail_out = sizeof s->block;
	while (s->gzip.avail_out == sizeof s->block && !s->is_over) {
		int end;

		if (s->in_at == s->in_len) {
			s->in_at = 0;
			if (!read_bytes(s, s->in, sizeof s->in, &s->in_len))
				return false;
			if (s->in_len == 0) {
				s->is_over = true;
				if (!s->is_between)
					return broken(s);
				break;
			}
		}
		/* Several in one file, one behind the other. */
		if (s->is_between && inflateReset(&s->gzip) != Z_OK)
			return broken(s);
		s->is_between = false;
		s->gzip.next_in = s->in + s->in_at;
		s->gzip.avail_in = (unsigned)(s->in_len - s->in_at);
		end = inflate(&s->gzip, Z_NO_FLUSH);
		s->in_at = s->in_len - s->gzip.avail_in;
		if (end == Z_STREAM_END)
			s->is_between = true;
		else if (end != Z_OK && end != Z_BUF_ERROR)
			return broken(s);
	}
	*got = sizeof s->block - s->gzip.avail_out;
	return true;
}

static bool unxz_some(struct stream *s, size_t *got)
{
	lzma_ret end = LZMA_OK;

	s->xz.next_out = (unsigned char *)s->block;
	s->xz.avail_out = sizeof s->block;
	while (s->xz.avail_out == sizeof s->block && !s->is_over) {
		if (s->xz.avail_in == 0 && !s->is_between) {
			if (!read_bytes(s, s->in, sizeof s->in, &s->in_len))
				return false;
			s->xz.next_in = s->in;
			s->xz.avail_in = s->in_len;
			s->is_between = s->in_len == 0;	/* at the end of the file */
		}
		end = lzma_code(&s->xz, s->is_between ? LZMA_FINISH : LZMA_RUN);
		s->is_over = end == LZMA_STREAM_END;
		if (end == LZMA_MEMLIMIT_ERROR)
			return fault_set(s->fault, FAULT_LOCAL, "it takes too much memory");
		if (end != LZMA_OK && end != LZMA_STREAM_END)
			return broken(s);
	}
	*got = sizeof s->block - s->xz.avail_out;
	return true;
}

static bool next_block(struct stream *s, size_t *got)
{
	if (s->is_gzip)
		return inflate_some(s, got);
	if (s->is_xz)
		return unxz_some(s, got);
	return read_bytes(s, s->block, sizeof s->block, got);
}

/* ---- lines */

struct liner {
	const struct log_wants *wants;
	int64_t at;			/* where the line begins */
	size_t kept;			/* what of it was in blocks before */
	char line[LOG_LINE_MAX];
};

static void keep(struct liner *l, const char *bytes, size_t len)
{
	size_t room = sizeof l->line - l->kept;

	if (len > room)
		len = room;
	memcpy(l->line + l->kept, bytes, len);
	l->kept += len;
}

static bool give(struct liner *l, struct slice line)
{
	if (line.len > 0 && line.at[line.len - 1] == '\r')
		line.len--;
	if (line.len > LOG_LINE_MAX)
		line.len = LOG_LINE_MAX;
	l->kept = 0;
	return l->wants->line(l->wants->context, line, l->at);
}

bool log_source_read(struct log_source *source, const struct log_wants *wants, int64_t from,
		     struct fault *fault)
{
	struct stream *s = calloc(1, sizeof *s);
	struct liner *l = calloc(1, sizeof *l);
	bool good = s != NULL && l != NULL, wanted = true;
	int64_t at = source->form == LOG_PLAIN ? from : 0;
	size_t got = 0;

	if (!good)
		fault_set(fault, FAULT_LOCAL, "out of memory");
	if (good) {
		*s = (struct stream){ .source = source, .wants = wants, .fault = fault, .at = at };
		l->wants = wants;
		good = open_stream(s);
	}
	l = good ? l : (free(l), NULL);
	while (wanted && good && (good = next_block(s, &got)) && got > 0) {
		const char *block = s->block, *end = block + got;

		while (wanted && block < end) {
			const char *newline = memchr(block, '\n', (size_t)(end - block));
			size_t len = (size_t)((newline != NULL ? newline : end) - block);

			if (l->kept == 0)
				l->at = at;
			if (newline == NULL) {
				keep(l, block, len);
			} else if (l->kept > 0) {
				keep(l, block, len);
				wanted = give(l, (struct slice){ l->line, l->kept });
			} else {
				wanted = give(l, (struct slice){ block, len });
			}
			at += (int64_t)len + (newline != NULL);
			block += len + (newline != NULL);
		}
	}
	/* The last one, without its end: as it is. */
	if (l != NULL && wanted && l->kept > 0)
		give(l, (struct slice){ l->line, l->kept });
	if (s != NULL)
		close_stream(s);
	free(s);
	free(l);
	return good;
}

/* ---- bisection */

struct look {
	struct log_source *source;
	const struct log_wants *wants;
	struct fault *fault;
	char bytes[BLOCK];
};

static bool look_at(struct look *k, int64_t at, int64_t till, size_t *got)
{
	int64_t left = (till < k->source->size ? till : k->source->size) - at;
	ssize_t count;

	*got = 0;
	if (deadline_passed(k->wants->deadline))
		return fault_set(k->fault, FAULT_TIMEOUT, "still looking for the time");
	if (left <= 0)
		return true;
	do
		count = pread(k->source->fd, k->bytes, left < BLOCK ? (size_t)left : BLOCK, at);
	while (count < 0 && errno == EINTR);
	if (count < 0)
		return failed(k->fault);
	*got = (size_t)count;
	k->source->bytes_read += (uint64_t)count;
	return true;
}

/* The first line that begins at byte `from` or later, and before `till`, and tells its
 * time. `from` may be in the middle of a line, but 0 is the beginning of one. */
static bool next_time(struct look *k, int64_t from, int64_t till, bool *is_found, int64_t *begins,
		      int64_t *time)
{
	/* The byte before tells whether a line begins here. */
	int64_t at = from > 0 ? from - 1 : 0;
	bool in_line = from > 0;
	size_t got;

	*is_found = false;
	while (at < till) {
		size_t i = 0;

		if (!look_at(k, at, k->source->size, &got))
			return false;
		if (got == 0)
			return true;
		while (i < got) {
			const char *newline = memchr(k->bytes + i, '\n', got - i);
			size_t end = newline != NULL ? (size_t)(newline - k->bytes) : got;

			/* Cut by the block: again, from its beginning. */
			if (!in_line && newline == NULL && i > 0 && at + (int64_t)got < k->source->size)
				break;
			if (!in_line && at + (int64_t)i >= till)
				return true;
			if (!in_line && k->wants->time(k->wants->context,
						       (struct slice){ k->bytes + i, end - i }, time)) {
				*is_found = true;
				*begins = at + (int64_t)i;
				return true;
			}
			in_line = newline == NULL;
			i = newline != NULL ? end + 1 : got;
		}
		at += (int64_t)i;
	}
	return true;
}

bool log_source_find(struct log_source *source, const struct log_wants *wants, int64_t since,
		     int64_t *from, struct fault *fault)
{
	int64_t low = 0, high = source->size, begins, time, step = NEAR;
	bool good = true, is_found;
	struct look *k;

	*from = 0;
	if (source->form != LOG_PLAIN || source->is_input)
		return true;
	k = malloc(sizeof *k);
	if (k == NULL)
		return fault_set(fault, FAULT_LOCAL, "out of memory");
	k->source = source;
	k->wants = wants;
	k->fault = fault;
	/* From the end backwards in growing steps: what is wanted is there, and what lies
	 * a year back is not taken for today. */
	while (good && high > 0) {
		int64_t at = source->size - step > 0 ? source->size - step : 0;

		good = next_time(k, at, high, &is_found, &begins, &time);
		if (good && is_found && time < since) {
			low = begins;
			break;
		}
		high = at;
		step *= 2;
	}
	while (good && high - low > NEAR) {
		int64_t middle = low + (high - low) / 2;

		good = next_time(k, middle, high, &is_found, &begins, &time);
		if (good && is_found && time < since)
			low = begins;
		else
			high = middle;
	}
	*from = low;
	free(k);
	return good;
}

bool log_source_first(struct log_source *source, const struct log_wants *wants, int64_t *time)
{
	struct fault unused;
	struct look *k = malloc(sizeof *k);
	bool is_found = false;
	int64_t begins;

	if (k != NULL && source->form == LOG_PLAIN && !source->is_input) {
		k->source = source;
		k->wants = wants;
		k->fault = &unused;
		next_time(k, 0, LOOK_MAX, &is_found, &begins, time);
	}
	free(k);
	return is_found;
}

/* The last line in a block that tells its time; the first one may be half a line. */
static bool last_time(const struct look *k, size_t got, bool in_line, int64_t *time)
{
	bool was_found = false;

	for (size_t i = 0; i < got;) {
		const char *newline = memchr(k->bytes + i, '\n', got - i);
		size_t end = newline != NULL ? (size_t)(newline - k->bytes) : got;

		if (!in_line && k->wants->time(k->wants->context, (struct slice){ k->bytes + i, end - i },
					       time))
			was_found = true;
		in_line = false;
		i = end + 1;
	}
	return was_found;
}

bool log_source_last(struct log_source *source, const struct log_wants *wants, int64_t *time)
{
	struct fault unused;
	struct look *k = malloc(sizeof *k);
	int64_t end = source->size, at;
	bool was_found = false;
	size_t got;

	if (k == NULL || source->form != LOG_PLAIN || source->is_input) {
		free(k);
		return false;
	}
	k->source = source;
	k->wants = wants;
	k->fault = &unused;
	/* Blocks from the end backwards; each has a line of the one behind it once more. */
	for (int64_t step = LAST; !was_found && end > 0 && source->size - end < LOOK_MAX; step = BLOCK) {
		at = end - step > 0 ? end - step : 0;
		if (!look_at(k, at, end, &got) || got == 0)
			break;
		was_found = last_time(k, got, at > 0, time);
		end = at > 0 ? at + (step > LAST ? LAST / 2 : 0) : 0;
	}
	free(k);
	return was_found;
}
