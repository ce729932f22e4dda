package import Base
package import Contract
package import Domain
package import Postgres

/// Reads the table `doorbells` and listens to its channel on a connection of its own.
package final class PostgresDoorbellBoard: DoorbellBoard {
    private let pool: ConnectionPool
    private let settings: ConnectionSettings
    private let listener = Condition<Listening>(Listening())

    private struct Listening {
        var connection: Connection?
    }

    /// - Parameter settings: of the main database.
    package init(pool: ConnectionPool, settings: ConnectionSettings) {
        self.pool = pool
        self.settings = settings
    }

    package func waitForRings(timeout: Duration) -> [Ring] {
        listener.withLock { listening in
            var rung: [Ring] = []
            do throws(PostgresError) {
                let connection: Connection
                if let present = listening.connection { connection = present } else { connection = try connect() }
                listening.connection = connection
                var wait = timeout
                // Many may ring at once: take what has come already.
                while let notification = try connection.waitForNotification(timeout: wait) {
                    if let payload = RingPayload(notification.payload) { rung.append(payload.ring) }
                    wait = .zero
                    if rung.count >= 1000 { break }
                }
            } catch {
                listening.connection = nil
                // The server may be restarting: the table is read on the timer meanwhile.
                Pause.sleep(min(timeout, .milliseconds(500)))
            }
            return rung
        }
    }

    package func rungOutboxes() throws(ErrorAnswer) -> [Outbox] {
        try pool.withConnection(to: settings.database) { connection throws(ErrorAnswer) in
            try DatabaseSession(connection: connection).all(
                "SELECT tenant_id FROM doorbells ORDER BY rung_at"
            ) { row throws(PostgresError) in RingPayload.outbox(of: try row.decode(0)) }
        }
    }

    package func silence(_ outbox: Outbox, before time: Timestamp) throws(ErrorAnswer) {
        try pool.withConnection(to: settings.database) { connection throws(ErrorAnswer) in
            _ = try DatabaseSession(connection: connection).execute(
                "DELETE FROM doorbells WHERE tenant_id = \(RingPayload.tenant(of: outbox)) AND rung_at < \(time)")
        }
    }

    private func connect() throws(PostgresError) -> Connection {
        let connection = try Connection(settings)
        try WorkerRole.adopt(on: connection)
        _ = try connection.execute("LISTEN doorbell")
        return connection
    }
}
