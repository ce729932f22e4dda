/// How slow a client may send: below it, the upload is cut and its place goes to someone else.
package struct MinimumRate: Sendable {
    /// Bytes of the body a second, averaged over all the time behind the grace; 0 lets everyone take their time.
    package var bytesPerSecond: Int64
    /// At the start, not counted.
    package var grace: Duration

    package init(bytesPerSecond: Int64 = 8192, grace: Duration = .seconds(30)) {
        self.bytesPerSecond = bytesPerSecond
        self.grace = grace
    }

    /// The rate that brings so many bytes within the time, or this one where it is higher; no rate stays none.
    package func bringing(_ bytes: Int64, within time: Duration) -> MinimumRate {
        guard bytesPerSecond > 0 else { return self }
        let needed = bytes / max(1, time.components.seconds)
        return MinimumRate(bytesPerSecond: max(bytesPerSecond, needed), grace: grace)
    }

    /// Whether a client that has sent so many bytes in this time is too slow.
    package func isMissed(bytes: Int64, after elapsed: Duration) -> Bool {
        let counted = (elapsed - grace).components
        guard bytesPerSecond > 0, counted.seconds > 0 else { return false }
        let (needed, overflow) = bytesPerSecond.multipliedReportingOverflow(by: counted.seconds)
        return overflow || bytes < needed
    }
}
