package import Base

/// A session with one database. Blocking; one thread at a time.
///
/// No call waits longer than the settings' statement timeout and a few seconds. After `isConnectionLost` throw the
/// connection away. What a session keeps (SET, LISTEN, session-level advisory locks) stays until the connection ends.
package final class Connection {
    private let handle: ConnectionHandle
    private let settings: ConnectionSettings
    private var statements = StatementCache()
    /// The first failure since BEGIN: it decides whether the transaction may be tried again.
    var transactionFailure: PostgresError?

    /// Connects, with the session's limits, UTC and UTF-8 set.
    ///
    /// - Parameter log: takes the codes of the server's notices at debug level.
    /// - Throws: the server's own code where it answered (`SQLState.unknownDatabase`, class 53 …), else
    ///   `SQLState.cannotConnect`.
    package init(_ settings: ConnectionSettings, log: Log? = nil) throws(PostgresError) {
        self.settings = settings
        handle = try ConnectionHandle(settings, log: log)
    }

    /// Ends the session now; otherwise the last reference does. Later calls throw.
    package func close() { handle.close() }

    /// The name of the database.
    package var database: String { settings.database }

    /// False once the connection was lost. Looks at what is known; asks nobody.
    package var isHealthy: Bool { handle.isHealthy }

    /// True between BEGIN and its end, a failed transaction included.
    package var inTransaction: Bool { handle.isInTransaction }

    /// True when the server has not sent anything unasked; one poll(2). A connection at rest that is not quiet has been
    /// ended by the server, or has notifications waiting.
    package var isQuiet: Bool { handle.isQuiet }

    /// Runs one statement. It is prepared on its second use and kept by its shape, the 256 used last on each connection;
    /// one that names an identifier runs unprepared, one whose plan may not be kept for long (`Query.plannedAnew`) is
    /// prepared anew after that time.
    ///
    /// When the server refuses a kept statement because a migration changed its result (0A000), all kept ones are
    /// dropped and it runs once more. Inside a transaction that is lost already; there the error `isRetryable`.
    ///
    /// - Throws: `SQLState.badText` before anything is sent when a bind holds a NUL.
    package func execute(_ query: Query) throws(PostgresError) -> ResultSet {
        // libpq takes C strings: what stands behind a NUL would silently be lost.
        guard query.binds.allSatisfy({ $0?.utf8.contains(0) != true }) else {
            throw PostgresError(SQLState.badText, detail: "a parameter holds a NUL")
        }
        do {
            guard query.isReusable else {
                return try rows(handle.run(query.text, query.binds, inBinary: query.isBinary))
            }
            return try runPrepared(query)
        } catch {
            if transactionFailure == nil { transactionFailure = error }
            throw error
        }
    }

    /// Runs any number of statements by the simple protocol, without results; for migrations only.
    ///
    /// Outside a transaction the script is one of its own.
    package func execute(script: String) throws(PostgresError) {
        guard !script.utf8.contains(0) else { throw PostgresError(SQLState.badText, detail: "a script holds a NUL") }
        _ = try handle.run(script: script)
    }

    /// Blocks until a notification comes to a channel this connection listens to; nil when the timeout passes first.
    package func waitForNotification(timeout: Duration) throws(PostgresError) -> Notification? {
        try handle.notification(until: .now + timeout)
    }

    /// Runs the closure with neither the server's nor the driver's limit on a statement's time.
    package func withoutTimeLimit<R>(_ body: () throws(PostgresError) -> R) throws(PostgresError) -> R {
        let limit = handle.answerTimeout
        _ = try handle.run(script: "SET statement_timeout = 0")
        handle.answerTimeout = nil
        defer { handle.answerTimeout = limit }
        let result = Result(catching: body)
        // RESET returns to what the session started with. It fails in a broken transaction or connection only, which
        // the closure's own error tells about.
        do throws(PostgresError) { _ = try handle.run(script: "RESET statement_timeout") } catch {
            _ = try result.get()
            throw error
        }
        return try result.get()
    }

    /// A statement that controls the transaction; gives its command tag.
    func control(_ statement: StaticString) throws(PostgresError) -> String {
        try handle.run(script: "\(statement)")?.commandTag ?? ""
    }

    private func runPrepared(_ query: Query) throws(PostgresError) -> ResultSet {
        let shape = query.shape
        guard let name = statements.name(of: shape, lifetime: query.planLifetime, at: .now) else {
            guard !statements.isFirstUse(of: shape, lifetime: query.planLifetime, at: .now) else {
                return try rows(handle.run(query.text, query.binds, inBinary: query.isBinary))
            }
            return try run(query, preparedAs: prepare(query.text, shape))
        }
        let isRepeatable = handle.isIdle
        do {
            return try run(query, preparedAs: name)
        } catch  where error.sqlState == SQLState.featureNotSupported || error.sqlState == SQLState.unknownStatement {
            if error.sqlState == SQLState.unknownStatement { statements.reset() } else { statements.removeAll() }
            guard isRepeatable else { throw error.asStaleStatement }
            return try run(query, preparedAs: prepare(query.text, shape))
        }
    }

    private func run(_ query: Query, preparedAs name: String) throws(PostgresError) -> ResultSet {
        try rows(handle.run(prepared: name, query.binds, inBinary: query.isBinary))
    }

    private func prepare(_ text: String, _ shape: Query.Shape) throws(PostgresError) -> String {
        if !statements.leftOver.isEmpty, !handle.isInFailedTransaction {
            let leftOver = statements.leftOver
            statements.clearLeftOver()
            for name in leftOver { _ = try handle.run(script: "DEALLOCATE \(name)") }
        }
        let name = statements.newName()
        try handle.prepare(text, as: name)
        statements.insert(shape, name: name, at: .now)
        return name
    }

    private func rows(_ result: ResultHandle?) throws(PostgresError) -> ResultSet {
        guard let result else { throw PostgresError(SQLState.connectionLost, detail: "the server gave no result") }
        return ResultSet(result)
    }
}
