/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "fuzz.h"

#include <dirent.h>

/* Stands in for libFuzzer in `make check`: runs the saved corpus, from
 * $srcdir/tests/fuzz/corpus/NAME for the program fuzz_NAME. */

static int replay(const char *path)
{
	FILE *file = fopen(path, "rb");
	uint8_t *bytes;
	long size;

	if (file == NULL || fseek(file, 0, SEEK_END) != 0 || (size = ftell(file)) < 0)
		return 0;
	rewind(file);
	/* Exactly so large that AddressSanitizer sees each step beyond. */
	bytes = malloc(size > 0 ? (size_t)size : 1);
	MUST(bytes != NULL && fread(bytes, 1, (size_t)size, file) == (size_t)size);
	fclose(file);
	LLVMFuzzerTestOneInput(bytes, (size_t)size);
	free(bytes);
	return 1;
}

int main(int argc, char **argv)
{
	const char *top = getenv("srcdir"), *name = strrchr(argv[0], '/');
	char folder[1024], path[2048];
	struct dirent *entry;
	int count = 0;
	DIR *dir;

	(void)argc;
	name = strstr(name != NULL ? name : argv[0], "fuzz_");
	MUST(name != NULL);
	snprintf(folder, sizeof folder, "%s/tests/fuzz/corpus/%s", top != NULL ? top : ".",
		 name + strlen("fuzz_"));
	dir = opendir(folder);
	if (dir == NULL) {
		fprintf(stderr, "%s: no corpus\n", folder);
		return 1;
	}
	while ((entry = readdir(dir)) != NULL) {
		snprintf(path, sizeof path, "%s/%s", folder, entry->d_name);
		if (entry->d_name[0] != '.')
			count += replay(path);
	}
	closedir(dir);
	printf("%d inputs\n", count);
	return count == 0;
}
