/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * The search for the miniport's shared object. Main thread, once.
 */
#include "driverfile.h"

#include <limits.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static char found[PATH_MAX];

static bool is_there(const char *directory, const char *below)
{
	int n = snprintf(found, sizeof(found), "%s%s/%s", directory, below, DRIVER_FILE);

	return n > 0 && (size_t)n < sizeof(found) && access(found, R_OK) == 0;
}

static bool is_beside_program(void)
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
		if (is_there(program, below[i]))
			return true;
	return false;
}

const char *driverfile_find(void)
{
	const char *directory = getenv("POLLPORT_DRIVER_DIR");

	if ((directory != NULL && is_there(directory, "")) || is_beside_program() ||
	    is_there(POLLPORT_DRIVER_DIR, ""))
		return found;
	return NULL;
}
