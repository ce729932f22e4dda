package import Base

/// Connections to many databases of one server under one budget, lent to one thread each.
///
/// The rules are `PoolState`'s; here are the lock, the threads and the sockets. Connecting and closing happen outside
/// the lock, on the thread that asked.
///
/// A connection at rest that the server has ended (restart, failover) is noticed when it is lent, by one poll(2), and
/// replaced unseen. A connection that dies after that, be it before its first statement, is the caller's error: what
/// the server has executed is not known here, so nothing is sent twice.
package final class ConnectionPool: Sendable {
    /// How a connection is made; tests put failures here.
    package typealias Connector = @Sendable (ConnectionSettings) throws(PostgresError) -> Connection

    private enum Outcome {
        case granted(PoolState.ConnectionID, Connection)
        /// The connection is to be made, and the other, if any, closed before.
        case open(PoolState.ConnectionID, closing: Connection?)
        case failed(PoolState.Failure)
    }

    private struct Shared {
        var state: PoolState
        var requests: PoolState.RequestID = 0
        var idle: [PoolState.ConnectionID: Connection] = [:]
        /// What was decided for requests whose threads have not yet taken it.
        var outcomes: [PoolState.RequestID: Outcome] = [:]
        var isClosed = false
        var counts = PoolStatistics()

        /// Notes that a request had to wait.
        mutating func count(wait: Duration) {
            counts.waits += 1
            counts.waited += wait
            counts.longestWait = max(counts.longestWait, wait)
        }

        /// Carries out what the state decides; gives the connections to be closed outside the lock.
        mutating func handle(_ event: PoolState.Event) -> [Connection] {
            var closed: [Connection] = []
            for action in state.handle(event, at: .now) {
                switch action {
                case .grant(let request, let id):
                    guard let connection = idle.removeValue(forKey: id) else { preconditionFailure("not idle") }
                    outcomes[request] = .granted(id, connection)
                case .open(let request, let id, let evicted):
                    outcomes[request] = .open(id, closing: evicted.flatMap { idle.removeValue(forKey: $0) })
                case .close(let id):
                    if let connection = idle.removeValue(forKey: id) { closed.append(connection) }
                case .fail(let request, let failure):
                    outcomes[request] = .failed(failure)
                }
            }
            return closed
        }
    }

    private let shared: Condition<Shared>
    private let settings: PoolSettings
    private let log: Log
    private let connect: Connector
    private let reaper: WorkerThread

    /// Opens nothing yet. Starts one thread, which closes connections past the idle limit.
    ///
    /// - Parameter connect: makes a connection, on the thread that asked for it.
    package init(_ settings: PoolSettings, log: Log, connect: Connector? = nil) {
        self.settings = settings
        self.log = log
        if let connect {
            self.connect = connect
        } else {
            self.connect = { settings throws(PostgresError) in try Connection(settings, log: log) }
        }
        let state = PoolState(
            budget: settings.budget, perDatabase: settings.perDatabase, idleLimit: settings.idleLimit)
        let shared = Condition(Shared(state: state))
        self.shared = shared
        let interval = max(settings.idleLimit / 4, .milliseconds(10))
        // Holds the shared state, not the pool, which could not go away otherwise.
        reaper = WorkerThread(name: "pg-pool-idle") {
            var next = ContinuousClock.now + interval
            while shared.wait(until: next, { $0.isClosed ? true : nil }) == nil {
                Self.feed(.tick, to: shared)
                next = .now + interval
            }
        }
    }

    deinit {
        close()
        reaper.join()
    }

    /// Lends a connection to the database for the length of the closure; blocks until there is one.
    ///
    /// Takes back a connection that the closure left in a transaction by ROLLBACK. A thread that lends a second one
    /// inside the first's closure may wait for others that do the same, up to the acquire timeout.
    ///
    /// - Throws: what the closure throws; `isPoolTimeout` when none became free in time; what connecting threw.
    package func withConnection<R, E: PostgresErrorConvertible>(
        to database: String, _ body: (Connection) throws(E) -> R
    ) throws(E) -> R {
        let lease: (id: PoolState.ConnectionID, connection: Connection)
        do { lease = try acquire(database) } catch { throw E(error) }
        defer { release(lease.id, lease.connection) }
        return try body(lease.connection)
    }

    /// Closes the idle connections to the database, so that it can be dropped or renamed.
    ///
    /// Those in use stay, and new ones can be made: keep requests away first. The server's processes end a moment
    /// later; DROP and RENAME wait for that.
    package func closeIdle(database: String) { Self.feed(.closeIdle(database: database), to: shared) }

    /// Refuses all further requests, fails those waiting and closes the idle connections; those in use are closed when
    /// they come back. Does not wait for them.
    package func close() {
        shared.update { $0.isClosed = true }
        Self.feed(.close, to: shared)
    }

    /// Numbers of this moment.
    package var statistics: PoolStatistics {
        shared.withLock { shared in
            var statistics = shared.state.statistics
            statistics.requests = shared.requests
            statistics.waits = shared.counts.waits
            statistics.waited = shared.counts.waited
            statistics.longestWait = shared.counts.longestWait
            return statistics
        }
    }

    /// The most connections that the pool may hold.
    package var budget: Int { settings.budget }

    // MARK: lending

    func acquire(_ database: String) throws(PostgresError) -> (PoolState.ConnectionID, Connection) {
        switch request(database) {
        case .granted(let id, let connection):
            if connection.isQuiet { return (id, connection) }
            connection.close()
            log.debug("stale database connection replaced", ["db.name": .text(database)])
            return (id, try open(id, database))
        case .open(let id, let evicted):
            evicted?.close()
            return (id, try open(id, database))
        case .failed(.timeout):
            log.warning("no database connection became free in time", ["db.name": .text(database)])
            throw PostgresError(SQLState.poolTimeout, detail: "database \(database)")
        case .failed(.closed):
            throw PostgresError(SQLState.poolClosed, detail: "database \(database)")
        }
    }

    private func request(_ database: String) -> Outcome {
        let begun = ContinuousClock.now
        let deadline = begun + settings.acquireTimeout
        let (request, outcome) = shared.withLock { shared in
            shared.requests += 1
            let request = shared.requests
            // An acquire closes nothing: an evicted connection comes with the `open` that takes its place.
            _ = shared.handle(.acquire(request, database: database, deadline: deadline))
            return (request, shared.outcomes.removeValue(forKey: request))
        }
        if let outcome { return outcome }
        defer { shared.withLock { $0.count(wait: .now - begun) } }
        if let outcome = shared.wait(until: deadline, { $0.outcomes.removeValue(forKey: request) }) { return outcome }
        Self.feed(.tick, to: shared)
        // The tick has failed this request, unless something was decided for it just before.
        return shared.withLock { $0.outcomes.removeValue(forKey: request) } ?? .failed(.timeout)
    }

    private func open(_ id: PoolState.ConnectionID, _ database: String) throws(PostgresError) -> Connection {
        do {
            return try connect(settings.settings(database))
        } catch {
            Self.feed(.connectFailed(id), to: shared)
            log.warning(
                "database connection failed",
                ["db.name": .text(database), "db.sqlstate": .text(error.sqlState)])
            throw error
        }
    }

    func release(_ id: PoolState.ConnectionID, _ connection: Connection) {
        if connection.isHealthy, connection.inTransaction {
            log.warning("database connection came back in a transaction", ["db.name": .text(connection.database)])
            try? connection.rollBack()
        }
        guard connection.isHealthy, !connection.inTransaction else {
            log.info("database connection dropped", ["db.name": .text(connection.database)])
            connection.close()
            return Self.feed(.broken(id), to: shared)
        }
        Self.feed(.released(id), to: shared) { $0.idle[id] = connection }
    }

    /// Handles the event and wakes the threads that it decided something for.
    private static func feed(
        _ event: PoolState.Event, to shared: Condition<Shared>, _ prepare: (inout Shared) -> Void = { _ in }
    ) {
        let (closed, isAwaited) = shared.withLock { shared in
            prepare(&shared)
            return (shared.handle(event), !shared.outcomes.isEmpty)
        }
        if isAwaited { shared.update { _ in } }
        for connection in closed { connection.close() }
    }
}
