/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * What must hold when a test is over. Criterion 2.4.1 only warns of what fails
 * in a test's .fini and counts the test as passed; so it is written to a file
 * that the runner's process looks at last, and which makes the program fail.
 */
#ifndef TEST_ENDING_H
#define TEST_ENDING_H

#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include <criterion/criterion.h>
#include <criterion/hooks.h>

#define ENDING_FILE "POLLPORT_TEST_ENDINGS"

static inline void ending_must(bool condition, const char *what)
{
	const char *path = getenv(ENDING_FILE);
	FILE *file;

	cr_expect(condition, "at the end of the test: %s", what);
	if (condition || path == NULL)
		return;
	file = fopen(path, "a");
	if (file != NULL) {
		fprintf(file, "%s\n", what);
		fclose(file);
	}
}

ReportHook(PRE_ALL)(struct criterion_test_set *tests)
{
	static char path[] = "/tmp/pollport-endings-XXXXXX";
	int fd = mkstemp(path);

	(void)tests;
	if (fd >= 0)
		close(fd);
	setenv(ENDING_FILE, path, 1);
}

/* After the report. */
static inline void ending_fail(void)
{
	fflush(NULL);
	_exit(1);
}

ReportHook(POST_ALL)(struct criterion_global_stats *stats)
{
	const char *path = getenv(ENDING_FILE);
	FILE *file = path != NULL ? fopen(path, "r") : NULL;
	char line[256];
	bool failed = false;

	(void)stats;
	while (file != NULL && fgets(line, sizeof(line), file) != NULL) {
		printf("# at the end of a test: %s", line);
		failed = true;
	}
	if (file != NULL)
		fclose(file);
	if (path != NULL)
		unlink(path);
	if (failed)
		atexit(ending_fail);
}

#endif
