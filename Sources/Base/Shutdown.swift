import CLinux
import Glibc

/// Waiting for SIGTERM or SIGINT on one thread, with the signals blocked in all others.
///
/// Blocked signals interrupt no system call, so a running request never sees EINTR.
package enum Shutdown {
    /// Blocks SIGTERM, SIGINT and SIGHUP in this thread and those it starts, and ignores SIGPIPE.
    /// Call first thing in main, before any thread exists.
    package static func prepare() {
        var signals = set()
        pthread_sigmask(SIG_BLOCK, &signals, nil)
        signal(SIGPIPE, SIG_IGN)
    }

    /// Blocks the calling thread until the process is asked to stop; returns the signal's number.
    package static func wait() -> Int32 {
        var signals = set()
        var received: Int32 = 0
        while sigwait(&signals, &received) != 0 || received == SIGHUP {}
        return received
    }

    private static func set() -> sigset_t {
        var signals = sigset_t()
        sigemptyset(&signals)
        sigaddset(&signals, SIGTERM)
        sigaddset(&signals, SIGINT)
        sigaddset(&signals, SIGHUP)
        return signals
    }
}
