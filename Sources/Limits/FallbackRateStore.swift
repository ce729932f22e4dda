package import Base
package import Contract
package import Domain

/// Counts in one place, and in another one while the first is away.
///
/// The two do not know of each other's counts: in an hour in which the first goes away, twice the limit may be let
/// through, and no more. What was granted by the one and is given back to the other does not change that sum.
package final class FallbackRateStore: RateStore {
    private let first: any RateStore
    private let second: any RateStore
    private let log: Log
    private let now: @Sendable () -> ContinuousClock.Instant
    /// When the first is asked again; nil while it is there.
    private let awayUntil = Condition<ContinuousClock.Instant?>(nil)

    /// For so long the first is left alone when it has failed: each try may cost its time-out.
    private static let pause: Duration = .seconds(1)

    package init(
        first: any RateStore, second: any RateStore, log: Log,
        now: @escaping @Sendable () -> ContinuousClock.Instant = { ContinuousClock.now }
    ) {
        self.first = first
        self.second = second
        self.log = log
        self.now = now
    }

    package func lease(
        _ subject: RateSubject, window: Timestamp, minimum: Int64, divisor: Int64, limit: Int64
    ) throws(ErrorAnswer) -> RateLease {
        try ask { store throws(ErrorAnswer) in
            try store.lease(subject, window: window, minimum: minimum, divisor: divisor, limit: limit)
        }
    }

    package func giveBack(
        _ amount: Int64, of subject: RateSubject, window: Timestamp, receipt: UploadID?
    ) throws(ErrorAnswer) {
        try ask { store throws(ErrorAnswer) in
            try store.giveBack(amount, of: subject, window: window, receipt: receipt)
        }
    }

    private func ask<R>(_ body: (any RateStore) throws(ErrorAnswer) -> R) throws(ErrorAnswer) -> R {
        let now = now()
        // One caller tries the first again; the others go on with the second meanwhile.
        let isTurn = awayUntil.withLock { until in
            guard let end = until else { return true }
            guard now >= end else { return false }
            until = now + Self.pause
            return true
        }
        guard isTurn else { return try body(second) }
        do throws(ErrorAnswer) {
            let result = try body(first)
            if awayUntil.withLock({ $0.take() }) != nil { log.info("limits are counted in the usual place again") }
            return result
        } catch {
            let wasThere = awayUntil.withLock { until in
                defer { until = now + Self.pause }
                return until == nil
            }
            if wasThere {
                log.warning(
                    "limits are counted in the main database: Redis is away", ["error.cause": .text(error.cause ?? "")])
            }
            return try body(second)
        }
    }
}
