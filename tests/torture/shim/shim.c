/* Stands between a program and its files (LD_PRELOAD, Linux with glibc). Of the files in one
 * directory it writes down, in order, every change and every sync; and it lets a chosen call fail.
 *
 *   TORTURE_DIRECTORY  the directory, without links
 *   TORTURE_LOG        where to write to
 *   TORTURE_FAULT      KIND:CALLS:N, e.g. `EIO:sync:3`: the third sync fails. KIND is EIO, ENOSPC
 *                      (from there on every call that needs room), SHORT or LATE (EIO, as disks
 *                      have it: after a while, in which other calls begin and end); CALLS is
 *                      write, sync or any
 *
 * A record of the log is a header and its bytes. It is appended under the lock under which the call
 * was made, so the order is the order of the effects; a record that was cut short is the last one.
 * What the records mean for a disk is not decided here: see `disk.rs`.
 */
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <pthread.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/sendfile.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/uio.h>
#include <unistd.h>

enum { OPENED = 1, WRITTEN, RESIZED, SYNCING, SYNCED, NOT_SYNCED, RENAMED, UNLINKED, MADE, MAPPED, LINKED, FAILED, UNKNOWN };

struct header { uint32_t kind, length; uint64_t file, at, more; };

static pthread_mutex_t lock = PTHREAD_RECURSIVE_MUTEX_INITIALIZER_NP;
static char directory[PATH_MAX];
static size_t directory_length;
static int log_fd = -1;
static int fault_error, fault_short, fault_write, fault_sync, fault_full, fault_late;
static long fault_left = -1;

__attribute__((constructor)) static void begin(void) {
    const char *path = getenv("TORTURE_DIRECTORY"), *log = getenv("TORTURE_LOG"), *fault = getenv("TORTURE_FAULT");
    if (!path || !log || strlen(path) >= sizeof directory) return;
    int fd = syscall(SYS_openat, AT_FDCWD, log, O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0600);
    if (fd < 0) _exit(98);
    log_fd = syscall(SYS_fcntl, fd, F_DUPFD_CLOEXEC, 700);
    if (log_fd < 0) log_fd = fd; else syscall(SYS_close, fd);
    strcpy(directory, path);
    directory_length = strlen(path);
    char kind[16], calls[16];
    long number;
    if (fault && sscanf(fault, "%15[^:]:%15[^:]:%ld", kind, calls, &number) == 3) {
        fault_error = !strcmp(kind, "ENOSPC") ? ENOSPC : EIO;
        fault_full = fault_error == ENOSPC;
        fault_short = !strcmp(kind, "SHORT");
        fault_late = !strcmp(kind, "LATE");
        fault_write = strcmp(calls, "sync") != 0;
        fault_sync = strcmp(calls, "write") != 0 && !fault_short;
        fault_left = number;
    }
}

static void tell(uint32_t kind, uint64_t file, uint64_t at, uint64_t more, const struct iovec *parts, int count, size_t length) {
    struct header header = { kind, (uint32_t)length, file, at, more };
    struct iovec all[66];
    all[0] = (struct iovec){ &header, sizeof header };
    int used = 1;
    for (int part = 0; part < count && used < 66 && length; part++) {
        size_t size = parts[part].iov_len < length ? parts[part].iov_len : length;
        all[used++] = (struct iovec){ parts[part].iov_base, size };
        length -= size;
    }
    for (int first = 0; first < used;) {
        ssize_t wrote = syscall(SYS_writev, log_fd, all + first, used - first);
        if (wrote < 0) { if (errno == EINTR) continue; _exit(97); }
        while (first < used && (size_t)wrote >= all[first].iov_len) wrote -= all[first++].iov_len;
        if (first < used) { all[first].iov_base = (char *)all[first].iov_base + wrote; all[first].iov_len -= wrote; }
    }
}

static void tell_text(uint32_t kind, uint64_t file, uint64_t more, const char *text) {
    struct iovec part = { (void *)text, strlen(text) };
    tell(kind, file, 0, more, &part, 1, part.iov_len);
}

/* Its path below the directory ("" is the directory itself), or NULL. */
static const char *inside(const char *path) {
    if (log_fd < 0 || strncmp(path, directory, directory_length)) return NULL;
    if (!path[directory_length]) return "";
    return path[directory_length] == '/' ? path + directory_length + 1 : NULL;
}

/* The same for a path as a call has it; `buffer` is PATH_MAX. The last part may not exist. */
static const char *below(int at, const char *path, char *buffer) {
    char whole[PATH_MAX * 2], parent[PATH_MAX * 2];
    if (log_fd < 0 || !path) return NULL;
    if (path[0] == '/' || at == AT_FDCWD) {
        snprintf(whole, sizeof whole, "%s", path);
    } else {
        char link[64], base[PATH_MAX];
        snprintf(link, sizeof link, "/proc/self/fd/%d", at);
        ssize_t length = readlink(link, base, sizeof base - 1);
        if (length < 0) return NULL;
        base[length] = 0;
        snprintf(whole, sizeof whole, "%.*s/%s", (int)sizeof base, base, path);
    }
    size_t length = strlen(whole);
    while (length > 1 && whole[length - 1] == '/') whole[--length] = 0;
    char *name = strrchr(whole, '/');
    strcpy(parent, name ? whole : ".");
    if (name) parent[name == whole ? 1 : name - whole] = 0;
    char resolved[PATH_MAX];
    if (!realpath(parent, resolved)) return NULL;
    if (snprintf(buffer, PATH_MAX, "%s/%s", strcmp(resolved, "/") ? resolved : "", name ? name + 1 : whole) >= PATH_MAX) return NULL;
    return inside(buffer);
}

/* The number of an open file in the directory, or 0. */
static uint64_t file_of(int fd) {
    if (log_fd < 0 || fd < 0 || fd == log_fd) return 0;
    char link[64], path[PATH_MAX];
    snprintf(link, sizeof link, "/proc/self/fd/%d", fd);
    ssize_t length = readlink(link, path, sizeof path - 1);
    if (length < (ssize_t)directory_length) return 0;
    path[length] = 0;
    struct stat status;
    return inside(path) && !syscall(SYS_fstat, fd, &status) ? status.st_ino : 0;
}

static uint64_t file_at(const char *below_directory) {
    char path[PATH_MAX * 2];
    struct stat status;
    snprintf(path, sizeof path, "%s/%s", directory, below_directory);
    return lstat(path, &status) ? 0 : status.st_ino;
}

static void locked(void) { pthread_mutex_lock(&lock); }
static void unlocked(void) { int error = errno; pthread_mutex_unlock(&lock); errno = error; }

enum { WRITE, SYNC };

/* Whether the fault is due in this call. The disk stays full once it is. A late one lets the others go on. */
static int fails(int what, uint64_t file) {
    if (fault_left < 0 || !(what == WRITE ? fault_write : fault_sync)) return 0;
    if (fault_left > 0 && --fault_left > 0) return 0;
    if (!fault_full) fault_left = -1;
    tell(FAILED, file, what, fault_error, NULL, 0, 0);
    if (fault_late) {
        unlocked();
        usleep(100 * 1000);
        locked();
    }
    return 1;
}

static int opens(int at, const char *path, int flags, mode_t mode) {
    char buffer[PATH_MAX];
    locked();
    const char *name = below(at, path, buffer);
    uint64_t before = name ? file_at(name) : 0;
    if (name && !before && (flags & O_CREAT) && fails(WRITE, 0)) {
        unlocked();
        errno = fault_error;
        return -1;
    }
    int fd = syscall(SYS_openat, at, path, flags, mode);
    if (fd >= 0 && name) {
        int error = errno;
        uint64_t file = file_of(fd);
        tell_text(OPENED, file, before == 0, name);
        if (before && (flags & O_TRUNC)) tell(RESIZED, file, 0, 0, NULL, 0, 0);
        errno = error;
    }
    unlocked();
    return fd;
}

static mode_t mode_of(int flags, va_list rest) {
    return (flags & O_CREAT) || (flags & O_TMPFILE) == O_TMPFILE ? va_arg(rest, mode_t) : 0;
}
#define OPEN(name, large) int name(const char *path, int flags, ...) { va_list rest; va_start(rest, flags); mode_t mode = mode_of(flags, rest); va_end(rest); return opens(AT_FDCWD, path, flags | (large), mode); }
#define OPENAT(name, large) int name(int at, const char *path, int flags, ...) { va_list rest; va_start(rest, flags); mode_t mode = mode_of(flags, rest); va_end(rest); return opens(at, path, flags | (large), mode); }
OPEN(open, 0) OPEN(open64, O_LARGEFILE) OPENAT(openat, 0) OPENAT(openat64, O_LARGEFILE)
int creat(const char *path, mode_t mode) { return opens(AT_FDCWD, path, O_WRONLY | O_CREAT | O_TRUNC, mode); }
int creat64(const char *path, mode_t mode) { return creat(path, mode); }

static int short_by_half(int count, const struct iovec *parts, struct iovec *half) {
    size_t length = 0;
    for (int part = 0; part < count; part++) length += parts[part].iov_len;
    size_t keep = length / 2;
    int used = 0;
    for (int part = 0; part < count && used < 64; part++) {
        size_t size = parts[part].iov_len < keep ? parts[part].iov_len : keep;
        if (size) half[used++] = (struct iovec){ parts[part].iov_base, size };
        keep -= size;
    }
    return used;
}

/* `at` is -1 for a write at the file's own place. */
static ssize_t writes(int fd, const struct iovec *parts, int count, off64_t at, int flags) {
    locked();
    uint64_t file = file_of(fd);
    if (!file) {
        unlocked();
        return at < 0 ? syscall(SYS_writev, fd, parts, count)
                      : syscall(SYS_pwritev2, fd, parts, count, at, at >> 63, flags);
    }
    struct iovec half[64];
    if (count > 64) count = 64;
    if (fails(WRITE, file)) {
        if (!fault_short) { unlocked(); errno = fault_error; return -1; }
        count = short_by_half(count, parts, half);
        parts = half;
    }
    ssize_t wrote = at < 0 ? syscall(SYS_writev, fd, parts, count)
                           : syscall(SYS_pwritev2, fd, parts, count, at, 0L, flags);
    int error = errno;
    if (wrote > 0) {
        if (at < 0) at = syscall(SYS_lseek, fd, 0, SEEK_CUR) - wrote;
        tell(WRITTEN, file, at, 0, parts, count, wrote);
        if (syscall(SYS_fcntl, fd, F_GETFL) & (O_SYNC | O_DSYNC)) {
            tell(SYNCING, file, 0, 0, NULL, 0, 0);
            tell(SYNCED, file, 0, 0, NULL, 0, 0);
        }
    }
    unlocked();
    errno = error;
    return wrote;
}

ssize_t write(int fd, const void *bytes, size_t length) { struct iovec part = { (void *)bytes, length }; return writes(fd, &part, 1, -1, 0); }
ssize_t writev(int fd, const struct iovec *parts, int count) { return writes(fd, parts, count, -1, 0); }
ssize_t pwrite(int fd, const void *bytes, size_t length, off_t at) { struct iovec part = { (void *)bytes, length }; return writes(fd, &part, 1, at, 0); }
ssize_t pwrite64(int fd, const void *bytes, size_t length, off64_t at) { return pwrite(fd, bytes, length, at); }
ssize_t pwritev(int fd, const struct iovec *parts, int count, off_t at) { return writes(fd, parts, count, at, 0); }
ssize_t pwritev64(int fd, const struct iovec *parts, int count, off64_t at) { return writes(fd, parts, count, at, 0); }
ssize_t pwritev2(int fd, const struct iovec *parts, int count, off_t at, int flags) { return writes(fd, parts, count, at, flags); }
ssize_t pwritev64v2(int fd, const struct iovec *parts, int count, off64_t at, int flags) { return writes(fd, parts, count, at, flags); }

/* Copies within the system are made by hand: what they write is then written down like anything else. */
static ssize_t copies(int from, off64_t *from_at, int to, off64_t *to_at, size_t length) {
    char bytes[65536];
    if (length > sizeof bytes) length = sizeof bytes;
    ssize_t got = from_at ? pread64(from, bytes, length, *from_at) : read(from, bytes, length);
    if (got <= 0) return got;
    ssize_t wrote = to_at ? pwrite64(to, bytes, got, *to_at) : write(to, bytes, got);
    if (wrote < 0) return wrote;
    if (from_at) *from_at += wrote; else if (wrote < got) lseek64(from, wrote - got, SEEK_CUR);
    if (to_at) *to_at += wrote;
    return wrote;
}
ssize_t copy_file_range(int from, off64_t *from_at, int to, off64_t *to_at, size_t length, unsigned flags) {
    return file_of(to) ? copies(from, from_at, to, to_at, length) : syscall(SYS_copy_file_range, from, from_at, to, to_at, length, flags);
}
ssize_t sendfile(int to, int from, off_t *at, size_t length) {
    return file_of(to) ? copies(from, at, to, NULL, length) : syscall(SYS_sendfile, to, from, at, length);
}
ssize_t sendfile64(int to, int from, off64_t *at, size_t length) { return sendfile(to, from, at, length); }

static int syncs(int fd, int number) {
    locked();
    uint64_t file = file_of(fd);
    if (file && fails(SYNC, file)) {
        /* What was not on the disk is dropped, as Linux does: a later sync has nothing of it. */
        tell(NOT_SYNCED, file, 0, 0, NULL, 0, 0);
        unlocked();
        errno = fault_error;
        return -1;
    }
    static uint64_t turns;
    uint64_t turn = ++turns;
    if (file) tell(SYNCING, file, turn, 0, NULL, 0, 0);
    unlocked();
    int result = syscall(number, fd);
    if (file && !result) {
        locked();
        tell(SYNCED, file, turn, 0, NULL, 0, 0);
        unlocked();
    }
    return result;
}
int fsync(int fd) { return syncs(fd, SYS_fsync); }
int fdatasync(int fd) { return syncs(fd, SYS_fdatasync); }
/* Says nothing of the file's length or the disk's cache: it counts for nothing. */
int sync_file_range(int fd, off64_t at, off64_t length, unsigned flags) {
    locked();
    uint64_t file = file_of(fd);
    int failed = file && fails(SYNC, file);
    unlocked();
    if (failed) { errno = fault_error; return -1; }
    return syscall(SYS_sync_file_range, fd, at, length, flags);
}

static int resizes(uint64_t file, int result, uint64_t size) {
    if (!result && file) tell(RESIZED, file, size, 0, NULL, 0, 0);
    return result;
}
int ftruncate64(int fd, off64_t size) {
    locked();
    uint64_t file = file_of(fd);
    if (file && fails(WRITE, file)) { unlocked(); errno = fault_error; return -1; }
    int result = resizes(file, syscall(SYS_ftruncate, fd, size), size);
    unlocked();
    return result;
}
int ftruncate(int fd, off_t size) { return ftruncate64(fd, size); }
int truncate64(const char *path, off64_t size) {
    char buffer[PATH_MAX];
    locked();
    const char *name = below(AT_FDCWD, path, buffer);
    int result = resizes(name ? file_at(name) : 0, syscall(SYS_truncate, path, size), size);
    unlocked();
    return result;
}
int truncate(const char *path, off_t size) { return truncate64(path, size); }
int fallocate64(int fd, int mode, off64_t at, off64_t length) {
    locked();
    uint64_t file = file_of(fd);
    if (file && fails(WRITE, file)) { unlocked(); errno = fault_error; return -1; }
    int result = syscall(SYS_fallocate, fd, mode, at, length);
    if (!result && file) {
        struct stat status;
        syscall(SYS_fstat, fd, &status);
        if (mode & ~FALLOC_FL_KEEP_SIZE) tell_text(UNKNOWN, file, 0, "fallocate that makes holes");
        else tell(RESIZED, file, status.st_size, 0, NULL, 0, 0);
    }
    unlocked();
    return result;
}
int fallocate(int fd, int mode, off_t at, off_t length) { return fallocate64(fd, mode, at, length); }
int posix_fallocate64(int fd, off64_t at, off64_t length) { return fallocate64(fd, 0, at, length) ? errno : 0; }
int posix_fallocate(int fd, off_t at, off_t length) { return posix_fallocate64(fd, at, length); }

int renameat2(int from_at, const char *from, int to_at, const char *to, unsigned flags) {
    char old[PATH_MAX], new[PATH_MAX], both[PATH_MAX * 2];
    locked();
    const char *source = below(from_at, from, old), *target = below(to_at, to, new);
    if ((source || target) && fails(WRITE, 0)) { unlocked(); errno = fault_error; return -1; }
    int result = syscall(SYS_renameat2, from_at, from, to_at, to, flags);
    if (!result && (source || target)) {
        snprintf(both, sizeof both, "%s\n%s", source ? source : "", target ? target : "");
        tell_text(source && target && !flags ? RENAMED : UNKNOWN, 0, 0, both);
    }
    unlocked();
    return result;
}
int renameat(int from_at, const char *from, int to_at, const char *to) { return renameat2(from_at, from, to_at, to, 0); }
int rename(const char *from, const char *to) { return renameat2(AT_FDCWD, from, AT_FDCWD, to, 0); }

int unlinkat(int at, const char *path, int flags) {
    char buffer[PATH_MAX];
    locked();
    const char *name = below(at, path, buffer);
    int result = syscall(SYS_unlinkat, at, path, flags);
    if (!result && name) tell_text(UNLINKED, 0, 0, name);
    unlocked();
    return result;
}
int unlink(const char *path) { return unlinkat(AT_FDCWD, path, 0); }
int rmdir(const char *path) { return unlinkat(AT_FDCWD, path, AT_REMOVEDIR); }
int remove(const char *path) { int result = unlink(path); return result && errno == EISDIR ? rmdir(path) : result; }

int mkdirat(int at, const char *path, mode_t mode) {
    char buffer[PATH_MAX];
    locked();
    const char *name = below(at, path, buffer);
    int result = syscall(SYS_mkdirat, at, path, mode);
    if (!result && name) tell_text(MADE, file_at(name), 0, name);
    unlocked();
    return result;
}
int mkdir(const char *path, mode_t mode) { return mkdirat(AT_FDCWD, path, mode); }

int linkat(int from_at, const char *from, int to_at, const char *to, int flags) {
    char buffer[PATH_MAX];
    locked();
    const char *name = below(to_at, to, buffer);
    int result = syscall(SYS_linkat, from_at, from, to_at, to, flags);
    if (!result && name) tell_text(LINKED, file_at(name), 0, name);
    unlocked();
    return result;
}
int link(const char *from, const char *to) { return linkat(AT_FDCWD, from, AT_FDCWD, to, 0); }
int symlinkat(const char *to, int at, const char *path) {
    char buffer[PATH_MAX];
    int result = syscall(SYS_symlinkat, to, at, path);
    const char *name = result ? NULL : below(at, path, buffer);
    locked();
    if (name) tell_text(UNKNOWN, 0, 0, "symlink");
    unlocked();
    return result;
}
int symlink(const char *to, const char *path) { return symlinkat(to, AT_FDCWD, path); }

/* What is written through a mapping is seen by nobody. A store that does that is not covered. */
void *mmap64(void *address, size_t length, int protection, int flags, int fd, off64_t at) {
    void *result = (void *)syscall(SYS_mmap, address, length, protection, flags, fd, at);
    if (result != MAP_FAILED && fd >= 0 && (flags & MAP_TYPE) != MAP_PRIVATE && (protection & PROT_WRITE)) {
        locked();
        uint64_t file = file_of(fd);
        if (file) tell(MAPPED, file, at, 0, NULL, 0, 0);
        unlocked();
    }
    return result;
}
void *mmap(void *address, size_t length, int protection, int flags, int fd, off_t at) { return mmap64(address, length, protection, flags, fd, at); }
