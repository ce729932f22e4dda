/// The rules of the connection pool without any connection: events in, actions out.
///
/// - A connection serves one database. The budget bounds all of them, `perDatabase` each database's.
/// - A request takes its database's connection that was used last; else it opens one within both bounds, evicting the
///   connection idle longest of another database when the budget is full; else it waits.
/// - Who is next: the waiting database that has the fewest connections in use, so that a busy one cannot starve the
///   rest; among equals, and inside a database, who has waited longest.
///
/// An evicted connection is named in the `open` that takes its place, to be closed first: the budget is never exceeded.
package struct PoolState {
    package typealias Instant = ContinuousClock.Instant

    /// A request for a connection, numbered in order of arrival.
    package typealias RequestID = Int
    package typealias ConnectionID = Int

    /// What happened.
    package enum Event {
        /// Request ids are given in rising order.
        case acquire(RequestID, database: String, deadline: Instant)
        /// The connection that an `open` asked for could not be made.
        case connectFailed(ConnectionID)
        /// A lent connection came back, fit for the next.
        case released(ConnectionID)
        /// A lent connection came back, unfit.
        case broken(ConnectionID)
        /// Time has passed: waiting requests and idle connections may have come to their limits.
        case tick
        /// Nobody is to hold an idle connection to the database.
        case closeIdle(database: String)
        /// No more requests; every connection is closed as soon as it is idle.
        case close
    }

    /// What is to be done.
    package enum Action: Equatable {
        /// The request gets the idle connection.
        case grant(RequestID, ConnectionID)
        /// The request connects by itself, closing the other connection first; it holds the connection from now on.
        case open(RequestID, ConnectionID, closing: ConnectionID?)
        case close(ConnectionID)
        case fail(RequestID, Failure)
    }

    /// Why a request gets no connection.
    package enum Failure: Equatable, Sendable { case timeout, closed }

    private struct Idle {
        let id: ConnectionID
        let since: Instant
    }

    private struct Waiter {
        let id: RequestID
        let deadline: Instant
    }

    private struct Database {
        /// Least recently used first.
        var idle: [Idle] = []
        var inUse = 0
        /// In order of arrival.
        var waiters: [Waiter] = []

        var isEmpty: Bool { idle.isEmpty && inUse == 0 && waiters.isEmpty }
    }

    private let budget: Int
    private let perDatabase: Int
    private let idleLimit: Duration
    private var databases: [String: Database] = [:]
    private var databaseOfLent: [ConnectionID: String] = [:]
    private var nextConnection = 0
    private var isClosed = false
    package private(set) var statistics = PoolStatistics()

    package init(budget: Int, perDatabase: Int, idleLimit: Duration) {
        self.budget = budget
        self.perDatabase = perDatabase
        self.idleLimit = idleLimit
    }

    /// Takes an event and says what to do, in order.
    package mutating func handle(_ event: Event, at now: Instant) -> [Action] {
        var actions: [Action] = []
        switch event {
        case .acquire(let request, let name, let deadline):
            guard !isClosed else { return [.fail(request, .closed)] }
            databases[name, default: Database()].waiters.append(Waiter(id: request, deadline: deadline))
            statistics.waiting += 1
        case .connectFailed(let id), .broken(let id):
            takeBack(id)
            statistics.open -= 1
        case .released(let id):
            guard let name = takeBack(id) else { return [] }
            if isClosed {
                statistics.open -= 1
                actions.append(.close(id))
            } else {
                databases[name, default: Database()].idle.append(Idle(id: id, since: now))
                statistics.idle += 1
            }
        case .tick:
            let idleLimit = idleLimit
            for name in databases.keys {
                failWaiters(of: name, .timeout, where: { $0.deadline <= now }, &actions)
                closeIdle(of: name, where: { now - $0.since >= idleLimit }, &actions)
            }
        case .closeIdle(let name):
            closeIdle(of: name, where: { _ in true }, &actions)
        case .close:
            isClosed = true
            for name in databases.keys {
                failWaiters(of: name, .closed, where: { _ in true }, &actions)
                closeIdle(of: name, where: { _ in true }, &actions)
            }
        }
        while statistics.waiting > 0, let name = nextToServe() { actions.append(serve(name)) }
        return actions
    }

    // MARK: serving

    /// The database whose first waiter comes next, among those that can be served now.
    private func nextToServe() -> String? {
        var best: (name: String, inUse: Int, waiter: RequestID)?
        for (name, database) in databases {
            guard let waiter = database.waiters.first, canServe(database) else { continue }
            if let best, (best.inUse, best.waiter) < (database.inUse, waiter.id) { continue }
            best = (name, database.inUse, waiter.id)
        }
        return best?.name
    }

    private func canServe(_ database: Database) -> Bool {
        if !database.idle.isEmpty { return true }
        // Idle connections, if there are any, are another database's: they can be evicted.
        return database.inUse < perDatabase && (statistics.open < budget || statistics.idle > 0)
    }

    private mutating func serve(_ name: String) -> Action {
        var database = databases[name, default: Database()]
        databases[name] = nil  // so that the arrays are not copied
        defer { databases[name] = database }
        let request = database.waiters.removeFirst().id
        statistics.waiting -= 1
        database.inUse += 1
        statistics.inUse += 1
        if let idle = database.idle.popLast() {
            statistics.idle -= 1
            databaseOfLent[idle.id] = name
            return .grant(request, idle.id)
        }
        let evicted = statistics.open < budget ? nil : evict()
        nextConnection += 1
        databaseOfLent[nextConnection] = name
        statistics.open += 1
        return .open(request, nextConnection, closing: evicted)
    }

    /// Takes away the connection that has been idle longest.
    private mutating func evict() -> ConnectionID? {
        let oldest = databases.filter { !$0.value.idle.isEmpty }.min { $0.value.idle[0].since < $1.value.idle[0].since }
        guard let name = oldest?.key, let id = databases[name]?.idle.removeFirst().id else { return nil }
        statistics.idle -= 1
        statistics.open -= 1
        statistics.evictions += 1
        dropIfEmpty(name)
        return id
    }

    // MARK: taking back

    @discardableResult
    private mutating func takeBack(_ id: ConnectionID) -> String? {
        guard let name = databaseOfLent.removeValue(forKey: id) else {
            assertionFailure("connection \(id) is not lent out")
            return nil
        }
        databases[name]?.inUse -= 1
        statistics.inUse -= 1
        dropIfEmpty(name)
        return name
    }

    private mutating func failWaiters(
        of name: String, _ failure: Failure, where matches: (Waiter) -> Bool, _ actions: inout [Action]
    ) {
        guard let failed = databases[name]?.waiters.filter(matches), !failed.isEmpty else { return }
        databases[name]?.waiters.removeAll(where: matches)
        actions += failed.map { .fail($0.id, failure) }
        statistics.waiting -= failed.count
        if failure == .timeout { statistics.timeouts += failed.count }
        dropIfEmpty(name)
    }

    private mutating func closeIdle(
        of name: String, where matches: (Idle) -> Bool, _ actions: inout [Action]
    ) {
        guard let closed = databases[name]?.idle.filter(matches), !closed.isEmpty else { return }
        databases[name]?.idle.removeAll(where: matches)
        actions += closed.map { .close($0.id) }
        statistics.idle -= closed.count
        statistics.open -= closed.count
        dropIfEmpty(name)
    }

    /// A pool of a thousand tenants must not remember each for ever.
    private mutating func dropIfEmpty(_ name: String) {
        if databases[name]?.isEmpty == true { databases[name] = nil }
    }
}
