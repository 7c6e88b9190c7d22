/* Makes one call of write, fsync, fdatasync or rename fail, for scripts/crash-campaign.
 *
 * Loaded with LD_PRELOAD. FAULT_AT is the number of the call, from 1, counted over all of them on paths below
 * FAULT_UNDER; FAULT_ERRNO is what it fails with. A write may be cut short before it fails (FAULT_SHORT), as a full
 * disk does. FAULT_KEEP makes every call after it fail too: the disk stays full. FAULT_COUNT names a file that gets
 * the number of calls, to know how many there are.
 */
#define _GNU_SOURCE
#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/types.h>
#include <unistd.h>

static atomic_long calls;

static long number(const char *name, long otherwise) {
    const char *text = getenv(name);
    return text ? atol(text) : otherwise;
}

static int is_under(const char *path) {
    const char *under = getenv("FAULT_UNDER");
    return under && strncmp(path, under, strlen(under)) == 0;
}

static int is_file_under(int fd) {
    char link[64], path[PATH_MAX];
    snprintf(link, sizeof link, "/proc/self/fd/%d", fd);
    ssize_t length = readlink(link, path, sizeof path - 1);
    if (length < 0) return 0;
    path[length] = 0;
    return is_under(path);
}

/* Whether this call is to fail. */
static int fails(void) {
    long call = atomic_fetch_add(&calls, 1) + 1;
    long at = number("FAULT_AT", 0);
    return at > 0 && (call == at || (call > at && number("FAULT_KEEP", 0)));
}

static int fail(void) {
    errno = (int)number("FAULT_ERRNO", EIO);
    return -1;
}

ssize_t write(int fd, const void *data, size_t length) {
    static ssize_t (*real)(int, const void *, size_t);
    if (!real) real = dlsym(RTLD_NEXT, "write");
    if (is_file_under(fd) && fails()) {
        if (number("FAULT_SHORT", 0) && length > 1) (void)!real(fd, data, length / 2);
        return fail();
    }
    return real(fd, data, length);
}

int fsync(int fd) {
    static int (*real)(int);
    if (!real) real = dlsym(RTLD_NEXT, "fsync");
    return is_file_under(fd) && fails() ? fail() : real(fd);
}

int fdatasync(int fd) {
    static int (*real)(int);
    if (!real) real = dlsym(RTLD_NEXT, "fdatasync");
    return is_file_under(fd) && fails() ? fail() : real(fd);
}

int rename(const char *from, const char *to) {
    static int (*real)(const char *, const char *);
    if (!real) real = dlsym(RTLD_NEXT, "rename");
    return is_under(from) && fails() ? fail() : real(from, to);
}

__attribute__((destructor)) static void tell(void) {
    const char *path = getenv("FAULT_COUNT");
    if (!path) return;
    FILE *file = fopen(path, "w");
    if (!file) return;
    fprintf(file, "%ld\n", atomic_load(&calls));
    fclose(file);
}
