package import Base
package import Contract

/// Stops the burying of events when most of them would die: then the fault is ours (a store that is away, a bad
/// release), not the events'.
///
/// Events are counted, not tries. Two things must be so: most of the last events died, and they died in most tenants.
/// One tenant's poison holds back nobody's, and one whose events all fail alone is not taken for an outage.
package final class DeadLetterFuse: Sendable {
    private struct End {
        let event: EventID
        let tenant: TenantID
        let isDeath: Bool
    }

    private struct State {
        /// How the last events ended, the oldest first.
        var ends: [End] = []
        /// The last few ends of each of the last tenants, the tenant with the oldest end first.
        var tenants: [(id: TenantID, ends: [End])] = []
        var isBlown = false
    }

    private let state = Condition(State())
    private let window: Int
    private let share: Int
    private let log: Log

    /// Deaths of fewer events than this never blow it: a few bad messages are not an outage.
    private static let least = 8
    /// How many tenants are looked at, and how many ends of each.
    private static let tenants = 10
    private static let endsOfTenant = 3
    private static let sentence = "most events fail for good; none are given up until some succeed"

    /// - Parameters:
    ///   - window: how many events' ends are looked at.
    ///   - share: the percentage of deaths above which nothing more is buried; 100 for never.
    package init(window: Int = 20, share: Int = 50, log: Log) {
        self.window = max(window, Self.least)
        self.share = share
        self.log = log
    }

    /// Asks before an event is buried whose tries are used up; false when it must be kept and tried again later.
    ///
    /// Not for events that are wrong in themselves: keeping those helps nobody, and they say nothing about an outage.
    package func permitsDeath(of event: EventID, tenant: TenantID) -> Bool {
        note(End(event: event, tenant: tenant, isDeath: true))
    }

    /// Notes that an event was handled.
    package func succeeded(_ event: EventID, tenant: TenantID) {
        _ = note(End(event: event, tenant: tenant, isDeath: false))
    }

    /// Why delivery is held up; nil while it is not.
    package var alarm: String? { state.withLock { $0.isBlown } ? Self.sentence : nil }

    /// Whether events are given up now.
    private func note(_ end: End) -> Bool {
        let (isPermitted, blew) = state.withLock { state in
            Self.keep(end, in: &state.ends, at: window)
            var ends = state.tenants.first { $0.id == end.tenant }?.ends ?? []
            Self.keep(end, in: &ends, at: Self.endsOfTenant)
            state.tenants.removeAll { $0.id == end.tenant }
            state.tenants.append((end.tenant, ends))
            if state.tenants.count > Self.tenants { state.tenants.removeFirst() }
            let wasBlown = state.isBlown
            state.isBlown = isOutage(state)
            return (!state.isBlown, state.isBlown && !wasBlown)
        }
        if blew { log.error("most events fail for good; none are given up until some succeed") }
        return isPermitted
    }

    private func isOutage(_ state: State) -> Bool {
        let deaths = state.ends.count { $0.isDeath }
        guard deaths >= Self.least, deaths * 100 > state.ends.count * share else { return false }
        // Each tenant has one vote, however many events it has.
        let votes = state.tenants.reduce(0) { sum, tenant in
            sum + tenant.ends.count { $0.isDeath } * 100 / tenant.ends.count
        }
        return votes > state.tenants.count * share
    }

    /// An event that ends anew, after it was kept, counts by its last end.
    private static func keep(_ end: End, in ends: inout [End], at most: Int) {
        ends.removeAll { $0.event == end.event }
        ends.append(end)
        if ends.count > most { ends.removeFirst() }
    }
}
