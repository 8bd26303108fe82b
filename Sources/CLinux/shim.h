#ifndef SWITCHBOARD_CLINUX_SHIM_H
#define SWITCHBOARD_CLINUX_SHIM_H

#include <errno.h>
#include <fcntl.h>
#include <grp.h>
#include <linux/audit.h>
#include <linux/filter.h>
#include <linux/mount.h>
#include <linux/openat2.h>
#include <linux/seccomp.h>
#include <pwd.h>
#include <sched.h>
#include <semaphore.h>
#include <spawn.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/vfs.h>
#include <time.h>
#include <unistd.h>

/* syscall(2) and prctl(2) take variable arguments, which Swift cannot pass, and glibc 2.36 has no
   functions of its own for most of these. All return -1 and set errno where they fail. */

/* close_range(2) with CLOSE_RANGE_CLOEXEC, Linux 5.11: from here up, nothing survives an exec. */
static inline int switchboard_close_on_exec(unsigned first) {
    return (int)syscall(SYS_close_range, first, ~0u, 4u);
}

/* openat2(2), Linux 5.6. */
static inline int switchboard_openat2(
    int directory, const char *path, unsigned long long flags, unsigned long long mode,
    unsigned long long resolve) {
    struct open_how how = {.flags = flags, .mode = mode, .resolve = resolve};
    return (int)syscall(SYS_openat2, directory, path, &how, sizeof how);
}

/* unshare(2); glibc shows its own to GNU sources only. */
static inline int switchboard_unshare(int flags) { return (int)syscall(SYS_unshare, flags); }

/* mount(2) of a file system without a device. */
static inline int switchboard_mount(
    const char *type, const char *target, unsigned long flags, const char *options) {
    return (int)syscall(SYS_mount, type, target, type, flags, options);
}

/* open_tree(2), Linux 5.2: a copy of what is mounted at an open place and below it. */
static inline int switchboard_clone_tree(int place) {
    return (int)syscall(
        SYS_open_tree, place, "",
        OPEN_TREE_CLONE | OPEN_TREE_CLOEXEC | 0x1000 /* AT_EMPTY_PATH */ | 0x8000 /* AT_RECURSIVE */);
}

/* mount_setattr(2), Linux 5.12: adds to the attributes of a tree of mounts. */
static inline int switchboard_set_mount_attributes(int tree, unsigned long long attributes) {
    struct { unsigned long long set, clear, propagation, user; } change = {attributes, 0, 0, 0};
    return (int)syscall(SYS_mount_setattr, tree, "", 0x1000 | 0x8000, &change, sizeof change);
}

/* move_mount(2), Linux 5.2: attaches a tree to an open place. */
static inline int switchboard_attach_tree(int tree, int place) {
    return (int)syscall(
        SYS_move_mount, tree, "", place, "",
        MOVE_MOUNT_F_EMPTY_PATH | MOVE_MOUNT_T_EMPTY_PATH);
}

/* renameat2(2) with RENAME_NOREPLACE, within one folder. */
static inline int switchboard_rename_new(int folder, const char *old, const char *new_name) {
    return (int)syscall(SYS_renameat2, folder, old, folder, new_name, 1u);
}

/* pidfd_open(2), Linux 5.3; the descriptor is closed on exec. */
static inline int switchboard_pidfd_open(int process) {
    return (int)syscall(SYS_pidfd_open, process, 0u);
}

/* pidfd_send_signal(2), Linux 5.1. */
static inline int switchboard_pidfd_send_signal(int descriptor, int number) {
    return (int)syscall(SYS_pidfd_send_signal, descriptor, number, (void *)0, 0u);
}

/* sem_clockwait(3), glibc 2.30, on the monotonic clock; shown to GNU sources only. */
extern int sem_clockwait(sem_t *semaphore, clockid_t clock, const struct timespec *end);
static inline int switchboard_sem_wait_until(sem_t *semaphore, const struct timespec *end) {
    return sem_clockwait(semaphore, CLOCK_MONOTONIC, end);
}

/* PR_SET_CHILD_SUBREAPER: orphans below this process become its children. */
static inline int switchboard_become_subreaper(void) {
    return prctl(PR_SET_CHILD_SUBREAPER, 1UL, 0UL, 0UL, 0UL);
}

/* PR_GET_PDEATHSIG: 0 where the parent's death sends none, -1 where that can't be known. */
static inline int switchboard_parent_death_signal(void) {
    int number = 0;
    return prctl(PR_GET_PDEATHSIG, &number, 0UL, 0UL, 0UL) == 0 ? number : -1;
}

/* PR_SET_PDEATHSIG. */
static inline int switchboard_set_parent_death_signal(int number) {
    return prctl(PR_SET_PDEATHSIG, (unsigned long)number, 0UL, 0UL, 0UL);
}

/* PR_SET_NO_NEW_PRIVS. */
static inline int switchboard_no_new_privileges(void) {
    return prctl(PR_SET_NO_NEW_PRIVS, 1UL, 0UL, 0UL, 0UL);
}

/* fstatfs(2), whose structure shares its name with a function: 1 for tmpfs (TMPFS_MAGIC). */
static inline int switchboard_is_in_memory(int descriptor) {
    struct statfs status;
    return fstatfs(descriptor, &status) == 0 && status.f_type == 0x01021994;
}

/* prlimit(2) with both limits alike; glibc shows its own to GNU sources only. */
static inline int switchboard_limit(int process, int resource, unsigned long long value) {
    struct { unsigned long long soft, hard; } limit = {value, value};
    return (int)syscall(SYS_prlimit64, process, resource, &limit, (void *)0);
}

/* pipe2(2); glibc shows its own to GNU sources only. */
static inline int switchboard_pipe2(int ends[2], int flags) {
    return (int)syscall(SYS_pipe2, ends, flags);
}

/* posix_spawn_file_actions_addclosefrom_np(3), glibc 2.34. */
extern int posix_spawn_file_actions_addclosefrom_np(
    posix_spawn_file_actions_t *actions, int first);

/* memmem(3), linear in both sizes; glibc shows it to GNU sources only. */
extern void *memmem(const void *bytes, unsigned long count, const void *needle, unsigned long size);

/* Macros whose types Swift does not import, or that only GNU sources see. */
static const int switchboard_O_PATH = 010000000;
static const int switchboard_F_DUPFD_CLOEXEC = 1030;
static const short switchboard_POSIX_SPAWN_SETSID = 0x80;
static const int switchboard_RLIMIT_CORE = RLIMIT_CORE;
static const int switchboard_RLIMIT_DATA = RLIMIT_DATA;
static const int switchboard_RLIMIT_FSIZE = RLIMIT_FSIZE;
static const int switchboard_RLIMIT_NOFILE = RLIMIT_NOFILE;
static const int switchboard_RLIMIT_NPROC = 6;
static const int switchboard_CLONE_NEWNS = 0x00020000;
static const int switchboard_CLONE_NEWUSER = 0x10000000;
static const unsigned long switchboard_MS_PRIVATE_REC = (1UL << 18) | (1UL << 14);
static const unsigned long switchboard_MS_NOSUID_NODEV = 2UL | 4UL;
static const unsigned long long switchboard_MOUNT_READ_ONLY = 1, switchboard_MOUNT_NO_SUID = 2,
                                switchboard_MOUNT_NO_DEVICES = 4;
static const unsigned long long switchboard_RESOLVE_BENEATH = RESOLVE_BENEATH;
static const unsigned long long switchboard_RESOLVE_NO_MAGICLINKS = RESOLVE_NO_MAGICLINKS;
static const unsigned long long switchboard_RESOLVE_NO_SYMLINKS = RESOLVE_NO_SYMLINKS;

/* What seccomp(2) calls this processor; the filter of sandboxes has to be thought over for others. */
#if defined(__x86_64__) && !defined(__ILP32__)
static const unsigned switchboard_AUDIT_ARCH = AUDIT_ARCH_X86_64;
#elif defined(__aarch64__) && !defined(__AARCH64EB__)
static const unsigned switchboard_AUDIT_ARCH = AUDIT_ARCH_AARCH64;
#else
#error "no filter of system calls is known for this processor"
#endif

#endif
