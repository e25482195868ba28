/* System calls that fail on purpose, for whatever process this library is preloaded into.

   FAULTS=CALL:ERRNO:PART:SKIP[;...]   CALL (open, read, write, stat, opendir) fails with ERRNO for files whose path
   contains PART, after the first SKIP calls; SKIP as %N: N times in a thousand calls, by chance. ERRNO 0 sleeps 20 ms.
   With FAULTS_FILE the same is read from that file, anew every tenth of a second. */
#define _GNU_SOURCE
#include <dirent.h>
#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

static long counts[16];

static const char *wanted(void) {
    static __thread char text[1024];
    static __thread struct timespec last;
    const char *file = getenv("FAULTS_FILE");
    if (!file) return getenv("FAULTS");
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    if ((now.tv_sec - last.tv_sec) * 1000000000L + now.tv_nsec - last.tv_nsec < 100000000L) return text;
    last = now;
    text[0] = 0;
    static int (*real_open)(const char *, int, ...);
    static ssize_t (*real_read)(int, void *, size_t);
    if (!real_open) real_open = dlsym(RTLD_NEXT, "open");
    if (!real_read) real_read = dlsym(RTLD_NEXT, "read");
    int fd = real_open(file, O_RDONLY | O_CLOEXEC);
    if (fd < 0) return text;
    ssize_t size = real_read(fd, text, sizeof text - 1);
    text[size > 0 ? size : 0] = 0;
    close(fd);
    return text;
}

/* Whether this call shall fail: its errno, or 0. */
static int fault(const char *call, const char *path) {
    const char *found = wanted();
    if (!found || !*found || !path) return 0;
    char spec[1024], *next = spec, *one;
    snprintf(spec, sizeof spec, "%s", found);
    for (int number = 0; (one = strsep(&next, ";")) && number < 16; number++) {
        char *name = strsep(&one, ":"), *code = strsep(&one, ":"), *part = strsep(&one, ":"), *skip = one;
        if (!code || !part || !skip || strcmp(name, call) || !strstr(path, part)) continue;
        int due = *skip == '%' ? rand() % 1000 < atoi(skip + 1) : __sync_fetch_and_add(&counts[number], 1) >= atol(skip);
        if (!due) continue;
        if (atoi(code)) return atoi(code);
        usleep(20000);
    }
    return 0;
}

static const char *path_of(int fd) {
    static __thread char path[4096];
    char link[64];
    snprintf(link, sizeof link, "/proc/self/fd/%d", fd);
    ssize_t size = readlink(link, path, sizeof path - 1);
    path[size > 0 ? size : 0] = 0;
    return path;
}

#define REAL(name, type, ...) static type (*real)(__VA_ARGS__); if (!real) real = dlsym(RTLD_NEXT, name)
#define FAIL(call, path, value) do { int code = fault(call, path); if (code) { errno = code; return value; } } while (0)
#define MODE mode_t mode = 0; if (flags & (O_CREAT | O_TMPFILE)) { va_list l; va_start(l, flags); mode = va_arg(l, mode_t); va_end(l); }

#define OPEN(function) int function(const char *path, int flags, ...) { MODE REAL(#function, int, const char *, int, ...); \
    FAIL("open", path, -1); return real(path, flags, mode); }
OPEN(open)
OPEN(open64)
#define OPENAT(function) int function(int at, const char *path, int flags, ...) { MODE \
    REAL(#function, int, int, const char *, int, ...); FAIL("open", path, -1); return real(at, path, flags, mode); }
OPENAT(openat)
OPENAT(openat64)

ssize_t read(int fd, void *to, size_t size) {
    REAL("read", ssize_t, int, void *, size_t);
    FAIL("read", path_of(fd), -1);
    return real(fd, to, size);
}

ssize_t write(int fd, const void *from, size_t size) {
    REAL("write", ssize_t, int, const void *, size_t);
    FAIL("write", path_of(fd), -1);
    return real(fd, from, size);
}

#define STAT(function, buffer) int function(const char *path, struct buffer *to) { \
    REAL(#function, int, const char *, struct buffer *); FAIL("stat", path, -1); return real(path, to); }
STAT(stat, stat)
STAT(stat64, stat64)
STAT(lstat, stat)
STAT(lstat64, stat64)

#define STATAT(function, buffer) int function(int at, const char *path, struct buffer *to, int flags) { \
    REAL(#function, int, int, const char *, struct buffer *, int); FAIL("stat", path, -1); return real(at, path, to, flags); }
STATAT(fstatat, stat)
STATAT(fstatat64, stat64)

DIR *opendir(const char *path) {
    REAL("opendir", DIR *, const char *);
    FAIL("opendir", path, NULL);
    return real(path);
}
