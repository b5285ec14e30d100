/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Command tables over librte_cmdline: words, choices, free words, and what is
 * said of a line that is no command. No EAL is needed.
 */
#include <criterion/criterion.h>
#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include <pmb_cmdline.h>
#include <pmb_host.h>

static const struct pmb_cmdline_command commands[] = {
	{ "start", "start" },
	{ "start tx_first", "start tx_first" },
	{ "show port info#stats <port>", "show port info|stats N" },
	{ "quit", "quit" },
	{ NULL, NULL },
};

static char seen[256];

/* Note the words of each command, "|" behind each line. */
static bool note(int argc, const char *const argv[], void *context)
{
	cr_assert_eq(context, seen);
	for (int i = 0; i < argc; i++) {
		strcat(seen, argv[i]);
		strcat(seen, i + 1 < argc ? " " : "|");
	}
	return strcmp(argv[0], "quit") != 0;
}

static int play(const char *text)
{
	char path[] = "/tmp/pollport-cmdline-XXXXXX";
	int fd = mkstemp(path), rc;

	cr_assert_geq(fd, 0);
	cr_assert_eq(write(fd, text, strlen(text)), (ssize_t)strlen(text));
	close(fd);
	seen[0] = '\0';
	rc = pmb_cmdline_file(commands, note, seen, path);
	unlink(path);
	return rc;
}

Test(cmdline, each_line_of_a_file_is_dispatched_as_words)
{
	cr_assert_eq(play("start\nshow port stats all\nstart tx_first\n"), 0);
	cr_expect_str_eq(seen, "start|show port stats all|start tx_first|");
}

Test(cmdline, empty_lines_and_remarks_are_skipped_and_the_last_line_needs_no_end)
{
	cr_assert_eq(play("# first\n\n   \nstart"), 0);
	cr_expect_str_eq(seen, "start|");
}

Test(cmdline, a_command_that_ends_the_run_is_the_last)
{
	cr_assert_eq(play("start\nquit\nstart\n"), 1);
	cr_expect_str_eq(seen, "start|quit|");
}

Test(cmdline, a_line_that_is_no_command_is_named_with_its_number)
{
	cr_assert_eq(play("start\nlaunch\nstart\n"), -EINVAL);
	cr_expect_str_eq(seen, "start|");
	cr_expect_not_null(strstr(pmb_last_error(), ":2: 'launch'"), "%s", pmb_last_error());
	cr_assert_eq(play("show port colour 1\n"), -EINVAL);
}

Test(cmdline, a_missing_file_is_named)
{
	cr_assert_eq(pmb_cmdline_file(commands, note, seen, "/nonexistent/commands"), -ENOENT);
	cr_expect_not_null(strstr(pmb_last_error(), "/nonexistent/commands"));
}

Test(cmdline, commands_are_read_from_stdin_until_one_ends_it)
{
	struct pmb_cmdline *cmdline;
	int in[2];

	cr_assert_eq(pipe(in), 0);
	cr_assert_eq(write(in[1], "start\nquit\n", 11), 11);
	cr_assert_neq(dup2(in[0], STDIN_FILENO), -1);
	seen[0] = '\0';
	cr_assert_eq(pmb_cmdline_open(commands, note, seen, "", &cmdline), 0);
	cr_expect_not(pmb_cmdline_step(cmdline, 10000));
	cr_expect_str_eq(seen, "start|quit|");
	pmb_cmdline_close(cmdline);
}

Test(cmdline, the_end_of_stdin_ends_it)
{
	struct pmb_cmdline *cmdline;
	int in[2];

	cr_assert_eq(pipe(in), 0);
	close(in[1]);
	cr_assert_neq(dup2(in[0], STDIN_FILENO), -1);
	cr_assert_eq(pmb_cmdline_open(commands, note, seen, "", &cmdline), 0);
	cr_expect_not(pmb_cmdline_step(cmdline, 10000));
	pmb_cmdline_close(cmdline);
}
