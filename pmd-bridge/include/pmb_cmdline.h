/* SPDX-License-Identifier: BSD-3-Clause */
/**
 * @file pmb_cmdline.h
 * Commands from a terminal or a file through DPDK's cmdline library (editing,
 * history, completion, '?' for help), for hosts that include no rte_* header.
 * Any one thread at a time; commands are dispatched on it.
 */
#ifndef PMB_CMDLINE_H
#define PMB_CMDLINE_H

#include <nrt/nrt.h>

#ifdef __cplusplus
extern "C" {
#endif

/** Most words a command has, and most bytes of each with the final zero. */
#define PMB_CMDLINE_WORDS 6
#define PMB_CMDLINE_WORD 128

/**
 * One command. @syntax is its words, separated by spaces: a plain word, several
 * to choose from ("start#stop"), or anything ("<port>").
 */
struct pmb_cmdline_command {
	const char *syntax;
	const char *help;
};

/** Called for each line that matches a command. Return false to end. */
typedef bool pmb_cmdline_fn(int argc, const char *const argv[], void *context);

struct pmb_cmdline;

/**
 * Read commands from the terminal. The table ends with a NULL syntax and is
 * used until pmb_cmdline_close. Puts the terminal into raw mode.
 * Returns 0, -ENOMEM or -EIO (no terminal or pipe on stdin).
 */
NRT_API int pmb_cmdline_open(const struct pmb_cmdline_command *commands, pmb_cmdline_fn *fn,
			     void *context, const char *prompt, struct pmb_cmdline **cmdline);

/** Serve input for up to @ms milliseconds. False when it has ended. */
NRT_API bool pmb_cmdline_step(struct pmb_cmdline *cmdline, int ms);

/** Put the terminal back as it was. */
NRT_API void pmb_cmdline_close(struct pmb_cmdline *cmdline);

/**
 * Run the commands in the file @path, one a line, to its end or to the first
 * for which @fn returns false; empty lines and those that begin with '#' are
 * skipped. Returns 0, 1 when @fn ended it, -ENOMEM, -ENOENT, or -EINVAL at the
 * first line that is no command; pmb_last_error() says which.
 */
NRT_API int pmb_cmdline_file(const struct pmb_cmdline_command *commands, pmb_cmdline_fn *fn,
			     void *context, const char *path);

#ifdef __cplusplus
}
#endif
#endif
