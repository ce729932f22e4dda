package import Base
package import Contract
package import Domain
package import Postgres

/// Units of work on the main database and the tenants' databases, over one pool of connections.
package struct PostgresUnitOfWork: UnitOfWork {
    private let pool: ConnectionPool
    private let mainDatabase: String
    private let log: Log?
    private let trails = KnownTables("audit_entries")
    private let inspections = KnownTables("file_inspections")
    private let accessChanged: @Sendable () -> Void

    /// - Parameters:
    ///   - log: is told of audit entries that a database with an old schema cannot take.
    ///   - accessChanged: called after each unit of work that may have changed who may do what (users, tenants,
    ///     memberships, sessions), before its caller hears of it.
    package init(
        pool: ConnectionPool, mainDatabase: String, log: Log? = nil,
        accessChanged: @escaping @Sendable () -> Void = {}
    ) {
        self.accessChanged = accessChanged
        self.pool = pool
        self.mainDatabase = mainDatabase
        self.log = log
    }

    package func inMain<R>(
        _ access: DataAccess, _ body: (MainRepositories) throws(ErrorAnswer) -> R
    ) throws(ErrorAnswer) -> R {
        let changes = access == .read ? nil : ChangeNote()
        func work(_ session: DatabaseSession) throws(ErrorAnswer) -> R {
            let noted = changes.map(session.noting) ?? session
            return try body(
                MainRepositories(
                    users: PostgresUserRepository(session: noted),
                    tenants: PostgresTenantRepository(session: noted),
                    memberships: PostgresMembershipRepository(session: noted),
                    tokens: PostgresTokenRepository(session: noted), events: OutboxEventSink(session: session),
                    outbox: PostgresOutboxRepository(session: session),
                    inbox: PostgresInboxRepository(session: session),
                    deadLetters: PostgresDeadLetterRepository(session: session),
                    operations: PostgresEventOperations(session: session), audit: audit(session),
                    demo: PostgresDemoRepository(session: session),
                    logins: PostgresLoginRepository(session: session),
                    purges: PostgresTenantPurgeRepository(session: noted)))
        }
        @Sendable func tell() { if changes?.isTaken == true { accessChanged() } }
        switch access {
        case .read, .write, .redoable, .statement:
            // After a failure too: what became of a commit may be unknown.
            defer { tell() }
            return try run(on: mainDatabase, access, work)
        case .effect(let effect): return try hold(effect, ended: tell, work)
        }
    }

    /// Runs the closure in a transaction that stays open. It is not tried again: the client may send its request again.
    private func hold<R>(
        _ effect: RequestEffect, ended: @escaping @Sendable () -> Void,
        _ work: (DatabaseSession) throws(ErrorAnswer) -> R
    ) throws(ErrorAnswer) -> R {
        let transaction: HeldPostgresTransaction
        do { transaction = HeldPostgresTransaction(try pool.begin(on: mainDatabase), ended: ended) } catch {
            throw ErrorAnswer(error)
        }
        do {
            let result = try work(transaction.session)
            effect.hold(transaction)
            return result
        } catch {
            transaction.rollBack()
            throw error
        }
    }

    package func inTenant<R>(
        _ tenant: TenantDatabase, _ access: DataAccess, _ body: (TenantRepositories) throws(ErrorAnswer) -> R
    ) throws(ErrorAnswer) -> R {
        try run(on: tenant.name, access) { session throws(ErrorAnswer) in
            try body(
                TenantRepositories(
                    documents: PostgresDocumentRepository(session: session, inspections: inspections),
                    files: PostgresFileRepository(session: session, inspections: inspections),
                    uploads: PostgresUploadRepository(session: session), events: OutboxEventSink(session: session),
                    outbox: PostgresOutboxRepository(session: session),
                    inbox: PostgresInboxRepository(session: session),
                    deadLetters: PostgresDeadLetterRepository(session: session), audit: audit(session)))
        }
    }

    private func audit(_ session: DatabaseSession) -> PostgresAuditRepository {
        PostgresAuditRepository(session: session, known: trails, log: log)
    }

    private func run<R>(
        on database: String, _ access: DataAccess, _ body: (DatabaseSession) throws(ErrorAnswer) -> R
    ) throws(ErrorAnswer) -> R {
        try pool.withConnection(to: database) { connection throws(ErrorAnswer) in
            switch access {
            case .read, .statement: try body(DatabaseSession(connection: connection))
            case .write, .redoable, .effect:
                try connection.transaction(survivesCrash: access != .redoable) { connection throws(ErrorAnswer) in
                    try body(DatabaseSession(connection: connection))
                }
            }
        }
    }
}
