#pragma once
#include <fcntl.h>
#include <malloc.h>
#include <spawn.h>
#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <stdint.h>
#include <unistd.h>

// Calls that Swift's Glibc module lacks: variadic, or declared only under _GNU_SOURCE.

// Names the calling thread (prctl(2), cut to 15 bytes).
static inline void saas_set_thread_name(const char *name) { prctl(PR_SET_NAME, name, 0, 0, 0); }

// Has a program that posix_spawn(3) starts begin in this directory, without open files but the first three.
extern int posix_spawn_file_actions_addchdir_np(posix_spawn_file_actions_t *actions, const char *path);
extern int posix_spawn_file_actions_addclosefrom_np(posix_spawn_file_actions_t *actions, int from);
static inline int saas_spawn_apart(posix_spawn_file_actions_t *actions, const char *directory) {
    int status = posix_spawn_file_actions_addclosefrom_np(actions, 3);
    return status != 0 ? status : posix_spawn_file_actions_addchdir_np(actions, directory);
}

// Sets the niceness of the calling thread alone: on Linux `who` 0 is the thread (setpriority(2)).
static inline int saas_set_thread_niceness(int niceness) { return setpriority(PRIO_PROCESS, 0, niceness); }

// Puts the calling thread alone under SCHED_BATCH (sched(7)): when it wakes it does not take the processor from whoever
// runs, and has the same share of it as before. The C function is declared only under _GNU_SOURCE.
static inline int saas_set_thread_batch(void) {
    const int sched_batch = 3, priority = 0;
    return (int)syscall(SYS_sched_setscheduler, 0, sched_batch, &priority);
}

// Keeps the calling thread alone off the first of the processors that the process may use, where there are several, or
// lets it use them all: those of the main thread (sched_setaffinity(2), whose C functions are declared only under
// _GNU_SOURCE).
static inline void saas_leave_one_processor(int is_left) {
    enum { bits = 8 * sizeof(unsigned long) };
    unsigned long set[8192 / bits] = {0};
    long bytes = syscall(SYS_sched_getaffinity, getpid(), sizeof set, set);
    int count = 0, first = -1;
    for (int number = 0; number < 8 * bytes; number++) {
        if (!(set[number / bits] >> number % bits & 1)) continue;
        if (count++ == 0) first = number;
    }
    if (count < 2) return;
    if (is_left) set[first / bits] &= ~(1UL << first % bits);
    syscall(SYS_sched_setaffinity, 0, (unsigned long)bytes, set);
}

// The user id of the process at the other end of a connected unix socket, or -1 (unix(7), SO_PEERCRED).
static inline long saas_peer_uid(int socket) {
    struct { int pid; unsigned uid; unsigned gid; } peer;
    socklen_t size = sizeof peer;
    if (getsockopt(socket, SOL_SOCKET, SO_PEERCRED, &peer, &size) != 0) return -1;
    return (long)peer.uid;
}

// A new close-on-exec unix stream socket, or -1 with errno set. (Whether Swift sees SOCK_CLOEXEC depends on which
// module is read first.)
static inline int saas_unix_socket(void) { return socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0); }

// Accepts a connection, close-on-exec from the start (accept4(2)).
extern int accept4(int socket, struct sockaddr *address, socklen_t *length, int flags);
static inline int saas_accept(int socket) { return accept4(socket, 0, 0, SOCK_CLOEXEC); }

// O_DIRECT, which is different from processor to processor and declared only under _GNU_SOURCE (fcntl(2)).
static inline int saas_direct_flag(void) {
#ifdef __O_DIRECT
    return __O_DIRECT;
#else
    return O_DIRECT;
#endif
}

// Makes the allocator give memory back: large blocks are mapped and unmapped one by one, and few arenas are shared by
// all threads (mallopt(3)). Call before threads start.
static inline void saas_keep_little_memory(void) {
    mallopt(M_ARENA_MAX, 2);
    mallopt(M_MMAP_THRESHOLD, 64 * 1024);
    mallopt(M_TRIM_THRESHOLD, 1024 * 1024);
}

// epoll(7) in the one way it is used here: a descriptor that has become readable is told to one of the waiting threads,
// once, until it is armed again.
static inline int saas_ready_set(void) { return epoll_create1(EPOLL_CLOEXEC); }
static inline int saas_ready_arm(int set, int descriptor, int is_new) {
    struct epoll_event event = {.events = EPOLLIN | EPOLLRDHUP | EPOLLONESHOT, .data.fd = descriptor};
    return epoll_ctl(set, is_new ? EPOLL_CTL_ADD : EPOLL_CTL_MOD, descriptor, &event);
}

// The descriptor that is ready, or -1. Blocks up to the time limit; -1 for ever.
static inline int saas_ready_wait(int set, int milliseconds) {
    struct epoll_event event;
    return epoll_wait(set, &event, 1, milliseconds) == 1 ? event.data.fd : -1;
}

// A descriptor that, once rung, wakes every thread that waits or comes to wait for the set; -1 with errno set.
static inline int saas_ready_bell(int set) {
    int bell = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
    struct epoll_event event = {.events = EPOLLIN, .data.fd = bell};
    if (bell >= 0) epoll_ctl(set, EPOLL_CTL_ADD, bell, &event);
    return bell;
}
static inline void saas_ready_ring(int bell) { eventfd_write(bell, 1); }

static inline void saas_set_nonblocking(int descriptor) {
    fcntl(descriptor, F_SETFL, fcntl(descriptor, F_GETFL) | O_NONBLOCK);
}

// A counter that several processes map (mmap(2)): made in the file at `path` when it is not there, mode 0660. NULL with
// errno set. Never unmapped.
static inline void *saas_counter_map(const char *path) {
    int file = open(path, O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0660);
    if (file < 0) return 0;
    void *memory = MAP_FAILED;
    if (ftruncate(file, sizeof(uint64_t)) == 0) {
        memory = mmap(0, sizeof(uint64_t), PROT_READ | PROT_WRITE, MAP_SHARED, file, 0);
    }
    close(file);
    return memory == MAP_FAILED ? 0 : memory;
}
static inline uint64_t saas_counter_read(const void *counter) {
    return __atomic_load_n((const uint64_t *)counter, __ATOMIC_SEQ_CST);
}
static inline void saas_counter_increase(void *counter) {
    __atomic_add_fetch((uint64_t *)counter, 1, __ATOMIC_SEQ_CST);
}
