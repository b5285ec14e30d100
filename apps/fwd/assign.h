/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Which worker gets which stream. No EAL, no runtime: the host's main thread calls it once
 * with what they told, the unit tests with what they like.
 */
#ifndef FWD_ASSIGN_H
#define FWD_ASSIGN_H

/**
 * Deal @streams to @workers, as many to each as testpmd gives it, and in testpmd's order: the
 * first ones to the first worker. Where nodes differ a stream goes before that to the first
 * worker of its own node that has room; those for which there is none fill what is left.
 * @stream_node and @worker_node: NUMA nodes, -1 unknown; @worker_of: the result, by stream.
 */
void assign_streams(const int *stream_node, unsigned int streams, const int *worker_node,
		    unsigned int workers, unsigned int *worker_of);

#endif
