package import Base
package import Contract
package import Domain
package import Postgres

/// A database that is filled from an archive beside the living ones, and then takes its place by a rename.
///
/// What is under way is noted in the main database under a lock that ends with the process: what a process that was
/// killed has left is removed by `TenantRestoreCleaner`.
package final class TenantRestore {
    package enum Kind: String, Sendable {
        /// A new tenant.
        case `import`
        /// The database of a tenant that there is.
        case restore
    }

    private let settings: DatabaseSettings
    private let log: Log
    private let main: Connection
    private let tenant: TenantID
    private let id: Identifier<TenantRestore>
    private var keeper: ObjectKeeper?
    /// Where the archive's database goes.
    package let databaseName: String

    /// Notes the restore and makes an empty database.
    package init(
        _ kind: Kind, of tenant: TenantID, _ settings: DatabaseSettings, log: Log
    ) throws(ErrorAnswer) {
        self.settings = settings
        self.log = log
        self.tenant = tenant
        id = .random()
        databaseName = "restoring_" + id.description.filter { $0 != "-" }
        let name = try Self.identifier(databaseName)
        do {
            main = try Connection(settings.settings(for: settings.main.database), log: log)
            try RestoreLock.take(id.description, on: main)
            let replaced = kind == .restore ? Self.replacedName(databaseName) : nil
            _ = try main.execute(
                """
                INSERT INTO tenant_restores (id, kind, tenant_id, database_name, replaced_name)
                VALUES (\(id), \(kind.rawValue), \(tenant), \(databaseName), \(replaced))
                """)
            _ = try main.execute("CREATE DATABASE \(identifier: name) TEMPLATE template0")
            _ = try main.execute("REVOKE CONNECT ON DATABASE \(identifier: name) FROM PUBLIC")
        } catch {
            throw ErrorAnswer(error)
        }
    }

    /// Keeps the objects of the tenant that there is from removal until the databases change places: what the archive
    /// needs of them stays. It works on; what it removes meanwhile keeps its object.
    ///
    /// - Throws: `.conflict` while an export or another restore of the tenant goes on.
    package func keepObjects(of database: TenantDatabase) throws(ErrorAnswer) {
        keeper = try ObjectKeeper(settings.settings(for: database.name), log: log)
    }

    /// The last migration of a tenant's database that this release knows.
    package static var newestSchemaVersion: Int { Migrations.tenant.map(\.version).max() ?? 0 }

    /// How pg_restore reaches the database.
    package var databaseSettings: ConnectionSettings { settings.settings(for: databaseName) }

    /// Makes the archive's rows those of the tenant: its id in keys and events, nothing under way; then the present
    /// schema. Waits for no limit of time.
    ///
    /// - Parameter former: whose rows they were.
    package func adapt(from former: TenantID) throws(ErrorAnswer) {
        do {
            var settings = databaseSettings
            settings.statementTimeout = .zero
            let connection = try Connection(settings, log: log)
            _ = try Migrator(Migrations.tenant).apply(on: connection, log: log)
            try connection.transaction { connection throws(PostgresError) in
                // An archive holds no rights: roles are the installation's.
                _ = try connection.execute(
                    "REVOKE ALL ON FUNCTION audit_keep(integer), grant_application_rights() FROM PUBLIC")
                _ = try connection.execute("SELECT grant_application_rights()")
                // What was being uploaded has no object here.
                _ = try connection.execute("UPDATE upload_intents SET state = 'abandoned' WHERE state = 'pending'")
                _ = try connection.execute("DELETE FROM upload_reservations")
                guard former != tenant else { return }
                let old = "tenants/\(former)/"
                let new = "tenants/\(tenant)/"
                _ = try connection.execute(
                    """
                    UPDATE files SET object_key = \(new) || substr(object_key, length(\(old)) + 1)
                    WHERE starts_with(object_key, \(old))
                    """)
                _ = try connection.execute(
                    """
                    UPDATE upload_intents SET object_key = \(new) || substr(object_key, length(\(old)) + 1)
                    WHERE starts_with(object_key, \(old))
                    """)
                _ = try connection.execute("UPDATE outbox SET tenant_id = \(tenant)")
                _ = try connection.execute("UPDATE dead_letters SET tenant_id = \(tenant)")
            }
            connection.close()
        } catch {
            throw ErrorAnswer(error)
        }
    }

    /// The live files of the filled database by their keys.
    package func files() throws(ErrorAnswer) -> [String: StoredFile] {
        let connection: Connection
        do { connection = try Connection(databaseSettings, log: log) } catch { throw ErrorAnswer(error) }
        defer { connection.close() }
        let repository = PostgresFileRepository(
            session: DatabaseSession(connection: connection), inspections: KnownTables("file_inspections"))
        var files: [String: StoredFile] = [:]
        var last: String?
        while true {
            let page = try repository.live(afterKey: last, limit: 5000)
            for file in page { files[file.key] = file }
            guard page.count == 5000, let end = page.last else { return files }
            last = end.key
        }
    }

    /// Makes the new tenant: its row, its members, its database's name, all at once.
    package func finishImport(
        _ tenant: Tenant, members: [(user: UserID, role: Role)], at now: Timestamp
    ) throws(ErrorAnswer) {
        try main.transaction { connection throws(ErrorAnswer) in
            let session = DatabaseSession(connection: connection)
            let tenants = PostgresTenantRepository(session: session)
            let memberships = PostgresMembershipRepository(session: session)
            // Its schema is this release's since `adapt`.
            try tenants.insert(tenant, schemaVersion: Int32(Self.newestSchemaVersion))
            for member in members {
                try memberships.insert(tenant: tenant.id, user: member.user, role: member.role, at: now)
            }
            try rename(databaseName, to: tenant.database.name, session)
            try OutboxEventSink(session: session).append(
                Event(
                    .tenantCreated, tenant: tenant.id, user: tenant.createdBy, at: now,
                    data: ["name": .string(tenant.name.text), "database_name": .string(tenant.database.name)]))
            try audit(.createTenant, ["by": .string("operator"), "imported": .bool(true)], session, at: now)
            try session.execute("DELETE FROM tenant_restores WHERE id = \(id)")
        }
    }

    /// Puts the filled database in the place of the tenant's present one, which is dropped. Requests meet 503 for the
    /// moment that this takes.
    ///
    /// - Throws: `.tenantNotFound`, `.conflict` when it was deleted meanwhile; `.serviceUnavailable` when objects may
    ///   have been removed since `keepObjects`.
    package func finishRestore(_ database: TenantDatabase, at now: Timestamp) throws(ErrorAnswer) {
        let replaced = Self.replacedName(databaseName)
        let session = DatabaseSession(connection: main)
        do throws(ErrorAnswer) {
            try close(database.name, session)
            try swap(database, replaced, at: now)
        } catch {
            try? open(database.name, session)
            throw error
        }
        try drop(replaced, session)
        try session.execute("DELETE FROM tenant_restores WHERE id = \(id)")
    }

    /// Removes the database and the note. Objects are the caller's.
    package func abandon() throws(ErrorAnswer) {
        releaseObjects()
        let session = DatabaseSession(connection: main)
        try drop(databaseName, session)
        try session.execute("DELETE FROM tenant_restores WHERE id = \(id)")
    }

    private func swap(_ database: TenantDatabase, _ replaced: String, at now: Timestamp) throws(ErrorAnswer) {
        try main.transaction { connection throws(ErrorAnswer) in
            let session = DatabaseSession(connection: connection)
            guard let found = try PostgresTenantRepository(session: session).lock(tenant) else {
                throw ErrorAnswer(.tenantNotFound)
            }
            guard found.state == .ready || found.state == .suspended else {
                throw ErrorAnswer(.conflict, message: "The tenant was deleted meanwhile.")
            }
            try rename(database.name, to: replaced, session)
            try rename(databaseName, to: database.name, session)
            try audit(.restoreTenant, ["by": .string("operator")], session, at: now)
            let entry = AuditEntry(
                .restoreTenant, by: nil, from: .none, tenant: tenant, target: tenant.description, at: now,
                details: ["by": .string("operator")])
            try OutboxEventSink(session: session).append(Event(audit: entry, of: tenant))
        }
    }

    private func audit(
        _ action: AuditAction, _ details: [String: JSONValue], _ session: DatabaseSession, at now: Timestamp
    ) throws(ErrorAnswer) {
        try PostgresAuditRepository(session: session, known: KnownTables("audit_entries"), log: log).append(
            AuditEntry(
                action, by: nil, from: .none, tenant: tenant, target: tenant.description, at: now, details: details))
    }

    /// Ends the sessions of the database, and lets nobody but a superuser begin one.
    private func close(_ name: String, _ session: DatabaseSession) throws(ErrorAnswer) {
        let database = try Self.identifier(name)
        try session.execute("ALTER DATABASE \(identifier: database) CONNECTION LIMIT 0")
        // The keeper's last: before it, nobody must be left who could remove an object.
        try endSessions(of: name, but: keeper?.process, session)
        try keeper?.confirm()
        releaseObjects()
        try endSessions(of: name, but: nil, session)
    }

    private func endSessions(
        of name: String, but process: Int32?, _ session: DatabaseSession
    ) throws(ErrorAnswer) {
        let deadline = ContinuousClock.now + .seconds(10)
        while true {
            let sessions = try session.count(
                """
                SELECT count(pg_terminate_backend(pid)) FROM pg_stat_activity
                WHERE datname = \(name) AND backend_type = 'client backend' AND pid IS DISTINCT FROM \(process)::int
                """)
            guard sessions > 0 else { return }
            guard ContinuousClock.now < deadline else {
                throw ErrorAnswer(.serviceUnavailable, cause: "sessions of \(name) do not end")
            }
            Pause.sleep(.milliseconds(20))
        }
    }

    private func releaseObjects() {
        keeper?.close()
        keeper = nil
    }

    private func open(_ name: String, _ session: DatabaseSession) throws(ErrorAnswer) {
        let database = try Self.identifier(name)
        try session.execute("ALTER DATABASE \(identifier: database) CONNECTION LIMIT -1")
    }

    private func rename(_ from: String, to: String, _ session: DatabaseSession) throws(ErrorAnswer) {
        let source = try Self.identifier(from)
        let target = try Self.identifier(to)
        try session.execute("ALTER DATABASE \(identifier: source) RENAME TO \(identifier: target)")
    }

    private func drop(_ name: String, _ session: DatabaseSession) throws(ErrorAnswer) {
        let database = try Self.identifier(name)
        try session.execute("DROP DATABASE IF EXISTS \(identifier: database) WITH (FORCE)")
    }

    private static func identifier(_ name: String) throws(ErrorAnswer) -> SQLIdentifier {
        guard let name = SQLIdentifier(name) else { throw ErrorAnswer(.internalError, cause: "not a database's name") }
        return name
    }

    private static func replacedName(_ name: String) -> String { "replaced_" + name.dropFirst("restoring_".count) }
}
