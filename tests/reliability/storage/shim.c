/* Stands between a process and its disk: counts, kills at, fails or records every storage call on marked files.
 *
 * Preloaded with LD_PRELOAD; a file is marked when its path contains $COMITY_SHIM_MARK. Python drives it through the
 * functions shim_* at the end (shim.py). One thread only: what it keeps is not locked.
 */
#define _GNU_SOURCE
#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

enum { OPEN = 1, WRITE = 2, SYNC = 4, TRUNCATE = 8, NAME = 16, READ = 32 };
enum { QUIET, COUNT, KILL, TORN, FAIL, FAIL_ON, SHORT };
enum { R_OPEN, R_WRITE, R_SYNC, R_TRUNCATE, R_UNLINK, R_RENAME, R_LINK, R_MARK, R_SYNC_FAILED, R_MKDIR };
enum { FDS = 4096, CALLS = 1 << 20, PARTS = 256 };

static unsigned char marked[FDS];
static unsigned char kinds[CALLS];
static int mode, error, part;
static long at, calls, injected;
static unsigned mask;
static int record_fd = -1;

#define REAL(name, ...) \
    static __typeof__(&name) real; \
    if (!real) real = (__typeof__(&name))dlsym(RTLD_NEXT, #name)

struct head { uint32_t kind; int32_t fd; uint64_t offset; uint32_t length; };

static void put(const void *data, size_t length) {
    REAL(write);
    const char *from = data;
    while (length) {
        ssize_t done = real(record_fd, from, length);
        if (done <= 0) abort();
        from += done, length -= done;
    }
}

static void record(int kind, int fd, uint64_t offset, const void *data, size_t length) {
    if (record_fd < 0) return;
    int kept = errno;
    struct head head = {kind, fd, offset, length};
    put(&head, sizeof head);
    put(data, length);
    errno = kept;
}

static int is_marked_path(const char *path) {
    const char *mark = getenv("COMITY_SHIM_MARK");
    return mark && *mark && path && strstr(path, mark) != NULL;
}

static int is_marked(int fd) { return fd >= 0 && fd < FDS && marked[fd]; }

static void die(void) {
    kill(getpid(), SIGKILL);
    for (;;) pause();
}

enum verdict { GO, HALF, REFUSE };

/* Count a call of this kind and say what becomes of it; a clean kill happens here. */
static enum verdict meet(int kind) {
    if (mode == QUIET || !(mask & kind)) return GO;
    long n = calls++;
    if (n < CALLS) kinds[n] = kind;
    if (mode == FAIL_ON ? n < at : n != at) return GO;
    if (mode == COUNT) return GO;
    injected++;
    if (mode == KILL || (mode == TORN && kind != WRITE)) die();
    if (mode == TORN || mode == SHORT) return kind == WRITE ? HALF : GO;
    errno = error;
    return REFUSE;
}

static size_t half_of(size_t count) {
    size_t some = count * part / PARTS;
    return some ? some : (count > 1);
}

static int opened(int fd, const char *path, int flags, int existed) {
    if (fd < 0 || fd >= FDS) return fd;
    marked[fd] = 1;
    if ((flags & O_CREAT) && !existed) record(R_OPEN, fd, 1, path, strlen(path));
    else record(R_OPEN, fd, 0, path, strlen(path));
    if (flags & O_TRUNC) record(R_TRUNCATE, fd, 0, "", 0);
    return fd;
}

#define OPENER(name) \
    int name(const char *path, int flags, ...) { \
        REAL(name); \
        va_list more; \
        va_start(more, flags); \
        mode_t rights = flags & (O_CREAT | __O_TMPFILE) ? va_arg(more, mode_t) : 0; \
        va_end(more); \
        if (!is_marked_path(path)) return real(path, flags, rights); \
        if (meet(OPEN) == REFUSE) return -1; \
        int existed = access(path, F_OK) == 0; \
        return opened(real(path, flags, rights), path, flags, existed); \
    }
OPENER(open)
OPENER(open64)

#define OPENER_AT(name) \
    int name(int directory, const char *path, int flags, ...) { \
        REAL(name); \
        va_list more; \
        va_start(more, flags); \
        mode_t rights = flags & (O_CREAT | __O_TMPFILE) ? va_arg(more, mode_t) : 0; \
        va_end(more); \
        if (!is_marked_path(path)) return real(directory, path, flags, rights); \
        if (meet(OPEN) == REFUSE) return -1; \
        int existed = access(path, F_OK) == 0; \
        return opened(real(directory, path, flags, rights), path, flags, existed); \
    }
OPENER_AT(openat)
OPENER_AT(openat64)

int close(int fd) {
    REAL(close);
    if (fd >= 0 && fd < FDS) marked[fd] = 0;
    return real(fd);
}

ssize_t write(int fd, const void *data, size_t count) {
    REAL(write);
    if (!is_marked(fd)) return real(fd, data, count);
    enum verdict verdict = meet(WRITE);
    if (verdict == REFUSE) return -1;
    off_t offset = lseek(fd, 0, SEEK_CUR);
    ssize_t done = real(fd, data, verdict == HALF ? half_of(count) : count);
    if (mode == TORN && verdict == HALF) die();
    if (done > 0) record(R_WRITE, fd, offset, data, done);
    return done;
}

#define WRITER(name, offset_type) \
    ssize_t name(int fd, const void *data, size_t count, offset_type offset) { \
        REAL(name); \
        if (!is_marked(fd)) return real(fd, data, count, offset); \
        enum verdict verdict = meet(WRITE); \
        if (verdict == REFUSE) return -1; \
        ssize_t done = real(fd, data, verdict == HALF ? half_of(count) : count, offset); \
        if (mode == TORN && verdict == HALF) die(); \
        if (done > 0) record(R_WRITE, fd, offset, data, done); \
        return done; \
    }
WRITER(pwrite, off_t)
WRITER(pwrite64, off64_t)

#define READER(name, offset_type) \
    ssize_t name(int fd, void *data, size_t count, offset_type offset) { \
        REAL(name); \
        if (is_marked(fd) && meet(READ) == REFUSE) return -1; \
        return real(fd, data, count, offset); \
    }
READER(pread, off_t)
READER(pread64, off64_t)

#define SYNCER(name) \
    int name(int fd) { \
        REAL(name); \
        if (!is_marked(fd)) return real(fd); \
        if (meet(SYNC) == REFUSE) { \
            record(R_SYNC_FAILED, fd, 0, "", 0); \
            return -1; \
        } \
        int done = real(fd); \
        if (done == 0) record(R_SYNC, fd, 0, "", 0); \
        return done; \
    }
SYNCER(fsync)
SYNCER(fdatasync)

#define TRUNCATER(name, size_type) \
    int name(int fd, size_type size) { \
        REAL(name); \
        if (!is_marked(fd)) return real(fd, size); \
        if (meet(TRUNCATE) == REFUSE) return -1; \
        int done = real(fd, size); \
        if (done == 0) record(R_TRUNCATE, fd, size, "", 0); \
        return done; \
    }
TRUNCATER(ftruncate, off_t)
TRUNCATER(ftruncate64, off64_t)

int unlink(const char *path) {
    REAL(unlink);
    if (!is_marked_path(path)) return real(path);
    if (meet(NAME) == REFUSE) return -1;
    int done = real(path);
    if (done == 0) record(R_UNLINK, -1, 0, path, strlen(path));
    return done;
}

int mkdir(const char *path, mode_t rights) {
    REAL(mkdir);
    if (!is_marked_path(path)) return real(path, rights);
    if (meet(NAME) == REFUSE) return -1;
    int done = real(path, rights);
    if (done == 0) record(R_MKDIR, -1, 0, path, strlen(path));
    return done;
}

static void record_pair(int kind, const char *from, const char *to) {
    char both[8192];
    size_t first = strlen(from), second = strlen(to);
    if (first + second + 1 > sizeof both) abort();
    memcpy(both, from, first + 1);
    memcpy(both + first + 1, to, second);
    record(kind, -1, 0, both, first + 1 + second);
}

#define PAIRER(name, kind) \
    int name(const char *from, const char *to) { \
        REAL(name); \
        if (!is_marked_path(to)) return real(from, to); \
        if (meet(NAME) == REFUSE) return -1; \
        int done = real(from, to); \
        if (done == 0) record_pair(kind, from, to); \
        return done; \
    }
PAIRER(rename, R_RENAME)
PAIRER(link, R_LINK)

/* What Python calls. */

void shim_arm(int new_mode, long new_at, unsigned new_mask, int new_error, int new_part) {
    mode = new_mode, at = new_at, mask = new_mask, error = new_error, part = new_part;
    calls = injected = 0;
}

/* For a program that does not call: $COMITY_SHIM_ORDER is what shim_arm takes, in decimal. */
__attribute__((constructor)) static void follow_order(void) {
    const char *order = getenv("COMITY_SHIM_ORDER");
    int numbers[2];
    if (order && sscanf(order, "%d %ld %u %d %d", &numbers[0], &at, &mask, &error, &numbers[1]) == 5)
        mode = numbers[0], part = numbers[1];
}

long shim_calls(void) { return calls; }

long shim_injected(void) { return injected; }

int shim_kind(long n) { return n >= 0 && n < calls && n < CALLS ? kinds[n] : 0; }

void shim_record(int fd) { record_fd = fd; }

void shim_mark(const char *text, size_t length) { record(R_MARK, -1, 0, text, length); }
