/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Runs the tests of one program, each in a process of its own, and prints TAP; see
 * criterion/criterion.h. Main thread.
 *
 * Options: --filter PATTERN (suite/name). Others that Criterion knows are ignored.
 * Exit status: 0 all passed, 1 some did not, 2 none matches.
 */
#include <criterion/criterion.h>

#include <fnmatch.h>
#include <stdarg.h>
#include <sys/wait.h>
#include <unistd.h>

#define SKIPPED 77
#define DEFAULT_TIMEOUT 300.0

static struct threads_test *tests; /* the suites' entries among them */
static unsigned int failures;      /* of the test that this process is */

void threads_register(struct threads_test *test)
{
	test->next = tests;
	tests = test;
}

void threads_failed(bool fatal, const char *file, int line, const char *what, const char *format,
		    ...)
{
	va_list args;

	printf("# %s:%d: %s:", file, line, what);
	va_start(args, format);
	vprintf(format, args);
	va_end(args);
	putchar('\n');
	failures++;
	if (fatal)
		exit(1);
}

void threads_skip(void)
{
	exit(SKIPPED);
}

static const struct threads_test *suite_of(const struct threads_test *test)
{
	static const struct threads_test none;

	for (const struct threads_test *t = tests; t != NULL; t = t->next)
		if (t->name == NULL && strcmp(t->suite, test->suite) == 0)
			return t;
	return &none;
}

static size_t count_of(const struct threads_test *test)
{
	return test->params == NULL ? 1 : test->params().length;
}

static void run_body(const struct threads_test *test, size_t index)
{
	struct criterion_test_params p;

	if (test->params == NULL) {
		test->run();
		return;
	}
	p = test->params();
	test->run_one((char *)p.params + index * p.size);
}

/* In a process of its own. exit() and not _exit(): the sanitizer has its say there. */
static void run_here(const struct threads_test *test, size_t index)
{
	const struct threads_test *suite = suite_of(test);
	double timeout = test->timeout > 0 ? test->timeout : suite->timeout;

	/* Instrumented code is slow, and time-outs are only there to end what hangs. */
	alarm((unsigned int)(timeout > DEFAULT_TIMEOUT ? timeout : DEFAULT_TIMEOUT));
	if (suite->init != NULL)
		suite->init();
	if (test->init != NULL)
		test->init();
	run_body(test, index);
	if (test->fini != NULL)
		test->fini();
	if (suite->fini != NULL)
		suite->fini();
	exit(failures != 0);
}

static bool run(const struct threads_test *test, size_t index, unsigned int number)
{
	const char *skipped = "";
	int status = 0;
	pid_t child;

	fflush(stdout);
	child = fork();
	if (child == 0)
		run_here(test, index);
	if (child < 0 || waitpid(child, &status, 0) != child) {
		perror("runner: no process for a test");
		exit(1);
	}
	if (WIFEXITED(status) && WEXITSTATUS(status) == SKIPPED) {
		skipped = " # SKIP";
		status = 0;
	}
	if (WIFSIGNALED(status))
		printf("# ended by signal %d\n", WTERMSIG(status));
	printf("%s %u - %s::%s%s\n", status == 0 ? "ok" : "not ok", number, test->suite,
	       test->name, skipped);
	return status == 0;
}

static const char *filter_of(int argc, char *argv[])
{
	for (int i = 1; i + 1 < argc; i++)
		if (strcmp(argv[i], "--filter") == 0)
			return argv[i + 1];
	return "*";
}

int main(int argc, char *argv[])
{
	const char *filter = filter_of(argc, argv);
	unsigned int n = 0, failed = 0;
	char name[512];

	puts("TAP version 13");
	for (const struct threads_test *t = tests; t != NULL; t = t->next) {
		if (t->name == NULL)
			continue;
		snprintf(name, sizeof(name), "%s/%s", t->suite, t->name);
		for (size_t i = 0; fnmatch(filter, name, 0) == 0 && i < count_of(t); i++)
			failed += !run(t, i, ++n);
	}
	printf("1..%u\n", n);
	if (n == 0)
		return 2;
	return failed != 0;
}
