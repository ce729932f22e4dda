import Glibc

/// Sleeping, for retries.
package enum Pause {
    /// Blocks the calling thread for the duration.
    package static func sleep(_ duration: Duration) {
        let microseconds = max(0, duration.microseconds)
        var left = timespec(tv_sec: Int(microseconds / 1_000_000), tv_nsec: Int(microseconds % 1_000_000) * 1000)
        var rest = timespec()
        while nanosleep(&left, &rest) != 0 && errno == EINTR { left = rest }
    }
}
