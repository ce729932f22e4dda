/// Judges one upload's pace: on the whole, and minute by minute, so that nobody who was fast at first may hold the place
/// with a byte now and then.
package struct UploadPace {
    private let rate: MinimumRate
    /// What had been sent at the beginning of the present minute.
    private var mark: (bytes: Int64, elapsed: Duration) = (0, .zero)

    private static let window: Duration = .seconds(60)
    /// A pause of nearly a minute is allowed, so half of the rate will do for one.
    private static let windowShare: Int64 = 30

    package init(_ rate: MinimumRate) { self.rate = rate }

    /// Whether a client that has sent so many bytes in this time is too slow. To be asked whenever some have come.
    package mutating func isTooSlow(bytes: Int64, after elapsed: Duration) -> Bool {
        guard !rate.isMissed(bytes: bytes, after: elapsed) else { return true }
        guard rate.bytesPerSecond > 0, elapsed - mark.elapsed >= Self.window else { return false }
        let (needed, overflow) = rate.bytesPerSecond.multipliedReportingOverflow(by: Self.windowShare)
        let isSlow = overflow || bytes - mark.bytes < needed
        mark = (bytes, elapsed)
        return isSlow
    }
}
