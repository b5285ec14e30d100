/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * The search for the miniport's shared object. Main thread, once.
 */
#include "driverfile.h"

#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static bool is_there(const char *directory, const char *below, char *out, size_t size)
{
	int n = snprintf(out, size, "%s%s/%s", directory, below, DRIVER_FILE);

	return n > 0 && (size_t)n < size && access(out, R_OK) == 0;
}

static bool beside_program(char *out, size_t size)
{
	/* Installed together, or apps/fwd and miniport/pmd of one build tree. */
	static const char *const below[] = { "", "/../miniport", "/../../miniport" };
	char program[PATH_MAX];
	ssize_t n = readlink("/proc/self/exe", program, sizeof(program) - 1);
	char *slash;

	if (n <= 0)
		return false;
	program[n] = '\0';
	slash = strrchr(program, '/');
	if (slash == NULL)
		return false;
	*slash = '\0';
	for (size_t i = 0; i < sizeof(below) / sizeof(below[0]); i++)
		if (is_there(program, below[i], out, size))
			return true;
	return false;
}

bool driverfile_find(char *out, size_t size)
{
	const char *directory = getenv("POLLPORT_DRIVER_DIR");

	if (directory != NULL && is_there(directory, "", out, size))
		return true;
	return beside_program(out, size) || is_there(POLLPORT_DRIVER_DIR, "", out, size);
}
