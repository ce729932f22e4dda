#pragma once
#include <fcntl.h>
#include <malloc.h>
#include <spawn.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/socket.h>

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
