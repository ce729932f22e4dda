package import Base
package import Contract

/// Budgets per clock hour without a write per request: a process leases requests in chunks that shrink with the
/// window's rest, and gives back what it has not used for a while.
package final class LeasingRateLimiter: RateLimiter {
    private struct Lease {
        let window: Timestamp
        /// What this process may still let through.
        var left: Int64
        /// What nobody had leased when this process last asked.
        var unleased: Int64
        var lastUse: Timestamp
    }

    private struct State {
        var leases: [RateSubject: Lease] = [:]
        var thread: WorkerThread?
        var isStopping = false
    }

    private let store: any RateStore
    private let budgets: RateBudgets
    private let divisor: Int64
    private let state = Condition(State())

    private static let windowSeconds: Int64 = 3600
    private static let idleTime: Duration = .seconds(5)

    /// - Parameter workers: how many processes share the budgets.
    package init(store: any RateStore, budgets: RateBudgets, workers: Int) {
        self.store = store
        self.budgets = budgets
        divisor = 8 * Int64(max(1, workers))
    }

    /// Begins to give idle leases back, once a second.
    package func start(clock: any WallClock) {
        state.withLock { state in
            state.thread = WorkerThread(name: "rate-leases") { [self] in
                while !isStopped(within: .seconds(1)) { giveBack(idleSince: clock.now() - Self.idleTime) }
            }
        }
    }

    /// Gives everything back. Blocks until that is done.
    package func stop() {
        let thread = state.update { state in
            state.isStopping = true
            return state.thread
        }
        thread?.join()
        giveBack(idleSince: nil)
    }

    package func take(
        _ amount: Int64, of subject: RateSubject, at now: Timestamp
    ) throws(ErrorAnswer) -> RateDecision? {
        let limit = budgets.limit(of: subject)
        guard limit > 0 else { return nil }
        let window = Self.window(of: now)
        func decision(_ isAllowed: Bool, remaining: Int64) -> RateDecision {
            RateDecision(
                isAllowed: isAllowed, limit: limit, remaining: max(0, remaining),
                resets: window + .seconds(Self.windowSeconds))
        }
        if case .uploads = subject {
            // Few and large: asked for one by one, and nothing is kept.
            let lease = try store.lease(
                subject, window: window, minimum: amount, divisor: .max, limit: limit)
            return decision(lease.granted >= amount, remaining: lease.left)
        }
        if let remaining = takeLeased(amount, subject, window, now) { return decision(true, remaining: remaining) }
        let fresh = try store.lease(subject, window: window, minimum: amount, divisor: divisor, limit: limit)
        return state.withLock { state in
            // Meanwhile another thread may have leased as well: what both got is kept.
            var lease = Lease(window: window, left: 0, unleased: fresh.left, lastUse: now)
            if let held = state.leases[subject], held.window == window { lease.left = held.left }
            lease.left += fresh.granted
            let isAllowed = lease.left >= amount
            if isAllowed { lease.left -= amount }
            state.leases[subject] = lease
            return decision(isAllowed, remaining: lease.left + lease.unleased)
        }
    }

    package func giveBack(_ charge: UploadCharge, of user: UserID, receipt: UploadID?) throws(ErrorAnswer) {
        guard budgets.limit(of: .uploads(user)) > 0 else { return }
        try store.giveBack(charge.bytes, of: .uploads(user), window: Self.window(of: charge.takenAt), receipt: receipt)
    }

    private static func window(of time: Timestamp) -> Timestamp {
        Timestamp(seconds: time.seconds / windowSeconds * windowSeconds)
    }

    private func takeLeased(_ amount: Int64, _ subject: RateSubject, _ window: Timestamp, _ now: Timestamp) -> Int64? {
        state.withLock { state in
            guard var lease = state.leases[subject], lease.window == window, lease.left >= amount else { return nil }
            lease.left -= amount
            lease.lastUse = now
            state.leases[subject] = lease
            return lease.left + lease.unleased
        }
    }

    private func isStopped(within duration: Duration) -> Bool {
        state.wait(until: ContinuousClock.now + duration) { $0.isStopping ? true : nil } ?? false
    }

    /// Gives back the leases that were not used since then; all without a time. What cannot be given back is lost until
    /// the window ends, which is on the safe side.
    package func giveBack(idleSince time: Timestamp?) {
        let idle = state.withLock { state in
            let idle = state.leases.filter { lease in time.map { lease.value.lastUse <= $0 } ?? true }
            for subject in idle.keys { state.leases[subject] = nil }
            return idle
        }
        for (subject, lease) in idle where lease.left > 0 {
            try? store.giveBack(lease.left, of: subject, window: lease.window, receipt: nil)
        }
    }
}
