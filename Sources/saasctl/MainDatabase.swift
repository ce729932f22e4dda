import Base
import Persistence
import Postgres

/// The main database as a whole: there or not, and its schema.
struct MainDatabase {
    let installation: Installation

    /// Makes the database when the server does not have it; whether it did. Another run may do the same meanwhile.
    ///
    /// Connects to the database `postgres` of the same server for it; the role needs CREATEDB.
    func createIfMissing() throws(Failure) -> Bool {
        do throws(PostgresError) {
            _ = try installation.connect(to: installation.mainDatabase)
            return false
        } catch  where error.isUnknownDatabase {
            return try create()
        } catch {
            throw Failure(error)
        }
    }

    /// Applies the pending migrations; their names.
    ///
    /// - Parameter last: the version to stop at; nil for all.
    func migrate(
        _ migrations: [Migration] = Migrations.main, upTo last: Int? = nil
    ) throws(Failure) -> [String] {
        do {
            return try SchemaUpdate(migrations: migrations, log: installation.log)
                .apply(on: installation.connect(to: installation.mainDatabase), upTo: last)
        } catch {
            throw .failed("the main database cannot be migrated: \(String(reflecting: error).singleLine)")
        }
    }

    private func create() throws(Failure) -> Bool {
        guard let name = SQLIdentifier(installation.mainDatabase) else {
            throw .failed(
                "create the database yourself: \(installation.mainDatabase) is not of small letters, digits and _")
        }
        do throws(PostgresError) {
            let server = try Connection(installation.settings.main.with(database: "postgres"), log: installation.log)
            // template0 knows every encoding, and nobody can be connected to it.
            _ = try server.execute("CREATE DATABASE \(identifier: name) TEMPLATE template0 ENCODING 'UTF8'")
            return true
        } catch  where error.sqlState == SQLState.duplicateDatabase || error.isUniqueViolation {
            return false  // another run was faster
        } catch {
            throw .failed("the database cannot be created: \(error.operatorSentence)")
        }
    }
}
