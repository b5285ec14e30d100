/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * A walk over the records of a pcap file, by their lengths alone. Main thread,
 * before EAL is started.
 */
#include "pcapfile.h"

#include <limits.h>
#include <string.h>
#include <sys/stat.h>

struct record {
	uint32_t seconds, fraction, stored, length;
};

#define FILE_HEADER_BYTES 24

/* 1: as this machine writes it; -1: bytes swapped; 0: no pcap file. */
static int byte_order(uint32_t magic)
{
	if (magic == 0xA1B2C3D4 || magic == 0xA1B23C4D) /* micro- or nanoseconds */
		return 1;
	if (magic == 0xD4C3B2A1 || magic == 0x4D3CB2A1)
		return -1;
	return 0;
}

/* Where the record begins that the end of the file cuts; -1 when none does. */
static long cut_at(FILE *file, long size)
{
	uint32_t magic = 0;
	struct record r;
	long at = FILE_HEADER_BYTES;
	int order;

	if (fread(&magic, sizeof(magic), 1, file) != 1)
		return -1;
	order = byte_order(magic);
	while (order != 0 && at < size) {
		if (fseek(file, at, SEEK_SET) != 0 || fread(&r, sizeof(r), 1, file) != 1)
			return at;
		if (order < 0)
			r.stored = __builtin_bswap32(r.stored);
		if (size - at < (long)sizeof(r) + (long)r.stored)
			return at;
		at += (long)sizeof(r) + (long)r.stored;
	}
	return -1;
}

static bool check_file(const char *path, struct complaint *why)
{
	FILE *file = fopen(path, "rb");
	struct stat st;
	long at = -1;

	if (file == NULL)
		return true;
	if (fstat(fileno(file), &st) == 0 && S_ISREG(st.st_mode))
		at = cut_at(file, (long)st.st_size);
	fclose(file);
	if (at < 0)
		return true;
	return complain(why, "%s is cut in the frame at byte %ld; write what is whole with "
			"'tcpdump -r %s -w NEW'", path, at, path);
}

/* All rx_pcap= values of one --vdev argument. */
static bool check_vdev(const char *vdev, struct complaint *why)
{
	static const char key[] = ",rx_pcap=";
	char path[PATH_MAX];

	for (vdev = strstr(vdev, key); vdev != NULL; vdev = strstr(vdev, key)) {
		size_t length;

		vdev += sizeof(key) - 1;
		length = strcspn(vdev, ",");
		if (length >= sizeof(path))
			continue;
		memcpy(path, vdev, length);
		path[length] = '\0';
		if (!check_file(path, why))
			return false;
	}
	return true;
}

bool pcapfile_check(int argc, char **argv, struct complaint *why)
{
	for (int i = 1; i < argc; i++) {
		const char *value = NULL;

		if (strncmp(argv[i], "--vdev=", 7) == 0)
			value = argv[i] + 7;
		else if (strcmp(argv[i], "--vdev") == 0 && i + 1 < argc)
			value = argv[i + 1];
		if (value != NULL && !check_vdev(value, why))
			return false;
	}
	return true;
}
