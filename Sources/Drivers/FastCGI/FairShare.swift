/// Who is served next when one party sends more than its share: rules without threads or sockets.
///
/// At most `total` requests run at a time, and of one party at most `perParty`; those of nobody in particular, whose party
/// is the empty name, may take all places. Further ones are parked, which needs no
/// thread, and take the places of those that end: first the party that has the fewest running, among equals who has
/// waited longest; inside a party in order of arrival.
struct FairShare<Request: Sendable>: Sendable {
    /// What becomes of a request that has come.
    enum Admission {
        case run
        /// Kept, to be given out by `leave`.
        case park
        /// There is no room left.
        case refuse
    }

    private struct Parked {
        let request: Request
        let arrival: UInt64
    }

    private struct Party {
        var running = 0
        /// In order of arrival.
        var parked: [Parked] = []
    }

    private let total: Int
    private let perParty: Int
    private let room: Int
    private var parties: [String: Party] = [:]
    private var running = 0
    private var arrivals: UInt64 = 0
    /// Parked requests of all parties.
    private(set) var parkedCount = 0

    /// - Parameter room: how many may be parked, of all parties together.
    init(total: Int, perParty: Int, room: Int) {
        self.total = total
        self.perParty = perParty
        self.room = room
    }

    /// A request has come.
    mutating func enter(_ name: String, _ request: Request) -> Admission {
        var party = parties[name, default: Party()]
        if running < total, party.running < limit(of: name) {
            party.running += 1
            running += 1
        } else {
            guard parkedCount < room else { return .refuse }
            arrivals += 1
            party.parked.append(Parked(request: request, arrival: arrivals))
            parties[name] = party
            parkedCount += 1
            return .park
        }
        parties[name] = party
        return .run
    }

    /// A request of the party has ended: the one that takes its place, and is to be served now.
    mutating func leave(_ name: String) -> (party: String, request: Request)? {
        guard let party = parties[name], party.running > 0 else { return nil }
        running -= 1
        parties[name]?.running -= 1
        if party.running == 1, party.parked.isEmpty { parties[name] = nil }
        guard let next = nextParty(), let parked = parties[next]?.parked.removeFirst() else { return nil }
        parties[next]?.running += 1
        running += 1
        parkedCount -= 1
        return (next, parked.request)
    }

    private func limit(of name: String) -> Int { name.isEmpty ? total : perParty }

    private func nextParty() -> String? {
        guard parkedCount > 0 else { return nil }
        var best: (name: String, running: Int, arrival: UInt64)?
        for (name, party) in parties {
            guard party.running < limit(of: name), let first = party.parked.first else { continue }
            if let best, (best.running, best.arrival) < (party.running, first.arrival) { continue }
            best = (name, party.running, first.arrival)
        }
        return best?.name
    }
}
