/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Files for drivers, such as firmware: read whole when opened, from a folder that
 * the host named. Control threads at PASSIVE_LEVEL. A handle is good while it is in
 * the list, so that a wrong one is looked at by its value only.
 */
#include "file.h"

#include <errno.h>
#include <limits.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include <ndis.h>

#include "../error.h"
#include "../ke/irql.h"
#include "../ke/memory.h"
#include "../ke/unicode.h"
#include "../verifier.h"
#include "adapter.h"

#define FILE_TAG 0x6c69464eU /* NFil */
#define LONGEST_NAME 256

struct file {
	struct file *next;
	pthread_t opener;
	bool by_initialize; /* MiniportInitializeEx ran when it was opened */
	bool mapped;
	void *data;
};

static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
static struct file *files;
static char *folder;

int nrt_files_set(const char *path)
{
	struct stat s;
	char *copy = NULL;

	if (path != NULL && (stat(path, &s) != 0 || !S_ISDIR(s.st_mode)))
		return nrt_fail(-ENOTDIR, "files of drivers: %s is no folder", path);
	if (path != NULL && (copy = strdup(path)) == NULL)
		return nrt_fail(-ENOMEM, "files of drivers: out of memory");
	pthread_mutex_lock(&lock);
	free(folder);
	folder = copy;
	pthread_mutex_unlock(&lock);
	return 0;
}

/* @name as a path below the folder: separators of either kind, no way out of it. */
static bool relative_path(char *name)
{
	for (char *c = name; *c != '\0'; c++)
		if (*c == '\\')
			*c = '/';
	if (name[0] == '\0' || name[0] == '/')
		return false;
	for (const char *part = name; part != NULL; part = strchr(part, '/')) {
		part += *part == '/';
		if (strncmp(part, "..", 2) == 0 && (part[2] == '/' || part[2] == '\0'))
			return false;
	}
	return true;
}

/* The file to read, or NULL. Under lock. */
static FILE *open_in_folder(const UNICODE_STRING *wide)
{
	char name[LONGEST_NAME], path[PATH_MAX];
	struct stat s;

	if (folder == NULL || !nrt_unicode_ascii(wide, name, sizeof(name)) || !relative_path(name))
		return NULL;
	if (snprintf(path, sizeof(path), "%s/%s", folder, name) >= (int)sizeof(path))
		return NULL;
	if (stat(path, &s) != 0 || !S_ISREG(s.st_mode))
		return NULL;
	return fopen(path, "rb");
}

/* All of @stream into memory below @highest. */
static NDIS_STATUS read_all(FILE *stream, NDIS_PHYSICAL_ADDRESS highest, void **data, UINT *length)
{
	uint64_t bus;
	long size;

	if (fseek(stream, 0, SEEK_END) != 0 || (size = ftell(stream)) < 0 || size > INT_MAX ||
	    fseek(stream, 0, SEEK_SET) != 0)
		return NDIS_STATUS_ERROR_READING_FILE;
	*data = nrt_memory_alloc((size_t)size, FILE_TAG, NULL);
	if (*data == NULL)
		return NDIS_STATUS_RESOURCES;
	bus = nrt_memory_iova(*data, (size_t)size);
	*length = (UINT)size;
	if (highest.QuadPart != -1 && bus != UINT64_MAX &&
	    bus + (uint64_t)size > (uint64_t)highest.QuadPart) {
		nrt_memory_free(*data, FILE_TAG);
		return NDIS_STATUS_RESOURCES;
	}
	if (fread(*data, 1, (size_t)size, stream) != (size_t)size) {
		nrt_memory_free(*data, FILE_TAG);
		return NDIS_STATUS_ERROR_READING_FILE;
	}
	return NDIS_STATUS_SUCCESS;
}

static bool initializing(void)
{
	return nrt_self.callback != NULL && strcmp(nrt_self.callback, "MiniportInitializeEx") == 0;
}

static NDIS_STATUS add_file(FILE *stream, NDIS_PHYSICAL_ADDRESS highest, PNDIS_HANDLE handle,
			    UINT *length)
{
	struct file *f = calloc(1, sizeof(*f));
	NDIS_STATUS status;

	if (f == NULL)
		return NDIS_STATUS_RESOURCES;
	status = read_all(stream, highest, &f->data, length);
	if (status != NDIS_STATUS_SUCCESS) {
		free(f);
		return status;
	}
	f->opener = pthread_self();
	f->by_initialize = initializing();
	f->next = files;
	files = f;
	*handle = f;
	return NDIS_STATUS_SUCCESS;
}

VOID NdisOpenFile(PNDIS_STATUS Status, PNDIS_HANDLE FileHandle, PUINT FileLength,
		  PNDIS_STRING FileName, NDIS_PHYSICAL_ADDRESS HighestAcceptableAddress)
{
	FILE *stream;

	nrt_check_irql("NdisOpenFile", PASSIVE_LEVEL);
	*Status = NDIS_STATUS_FILE_NOT_FOUND;
	*FileHandle = NULL;
	*FileLength = 0;
	pthread_mutex_lock(&lock);
	stream = open_in_folder(FileName);
	if (stream != NULL) {
		*Status = add_file(stream, HighestAcceptableAddress, FileHandle, FileLength);
		fclose(stream);
	}
	pthread_mutex_unlock(&lock);
}

/* The place of @handle in the list; NULL and a report when it is not open. Under lock. */
static struct file **place_of(NDIS_HANDLE handle, const char *ddi)
{
	struct file **link = &files;

	while (*link != NULL && *link != handle)
		link = &(*link)->next;
	if (*link != NULL)
		return link;
	nrt_violation("RS-MEM-02", "%s: not the handle of an open file", ddi);
	return NULL;
}

VOID NdisMapFile(PNDIS_STATUS Status, PVOID *MappedBuffer, NDIS_HANDLE FileHandle)
{
	struct file **link;

	nrt_check_irql("NdisMapFile", DISPATCH_LEVEL);
	*Status = NDIS_STATUS_ALREADY_MAPPED;
	*MappedBuffer = NULL;
	pthread_mutex_lock(&lock);
	link = place_of(FileHandle, "NdisMapFile");
	if (link != NULL && !(*link)->mapped) {
		(*link)->mapped = true;
		*MappedBuffer = (*link)->data;
		*Status = NDIS_STATUS_SUCCESS;
	}
	pthread_mutex_unlock(&lock);
}

VOID NdisUnmapFile(NDIS_HANDLE FileHandle)
{
	struct file **link;

	nrt_check_irql("NdisUnmapFile", PASSIVE_LEVEL);
	pthread_mutex_lock(&lock);
	link = place_of(FileHandle, "NdisUnmapFile");
	if (link != NULL)
		(*link)->mapped = false;
	pthread_mutex_unlock(&lock);
}

static void remove_file(struct file **link)
{
	struct file *f = *link;

	*link = f->next;
	nrt_memory_free(f->data, FILE_TAG);
	free(f);
}

VOID NdisCloseFile(NDIS_HANDLE FileHandle)
{
	struct file **link;

	nrt_check_irql("NdisCloseFile", PASSIVE_LEVEL);
	pthread_mutex_lock(&lock);
	link = place_of(FileHandle, "NdisCloseFile");
	if (link != NULL)
		remove_file(link);
	pthread_mutex_unlock(&lock);
}

void nrt_files_check(const struct nrt_adapter *a)
{
	struct file **link = &files;

	pthread_mutex_lock(&lock);
	while (*link != NULL) {
		if (!(*link)->by_initialize || !pthread_equal((*link)->opener, pthread_self())) {
			link = &(*link)->next;
			continue;
		}
		nrt_violation("RS-MEM-02", "%s: MiniportInitializeEx left a file open",
			      a->device.name);
		remove_file(link);
	}
	pthread_mutex_unlock(&lock);
}

void nrt_files_fini(void)
{
	while (files != NULL) {
		nrt_violation("RS-MEM-02", "a driver left a file open");
		remove_file(&files);
	}
	free(folder);
	folder = NULL;
}
