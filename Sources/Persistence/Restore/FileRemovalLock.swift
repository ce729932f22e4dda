import Contract
import Postgres

/// The advisory lock, in a tenant's database, between the removal of objects on one side and exports and restores on
/// the other.
///
/// An export holds it alone for as long as it copies objects, a restore until the databases change places. Whoever
/// removes an object has a share of it meanwhile, and leaves the object for later when it is not to be had.
enum FileRemovalLock {
    /// Any fixed number would do.
    static let key: Int64 = 7_023_051_870_163_105

    /// Takes it alone, for the session. Waits for removals that have begun, at most 30 seconds; no removal begins
    /// meanwhile.
    ///
    /// - Throws: `.conflict` while another export or restore of the tenant goes on.
    static func take(on connection: Connection) throws(ErrorAnswer) {
        do throws(PostgresError) {
            try connection.withoutTimeLimit { () throws(PostgresError) in
                try connection.execute(script: "SET lock_timeout = '30s'")
                // Not by trying again and again: removals one after the other would leave no moment for it.
                _ = try connection.execute("SELECT pg_advisory_lock(\(key)::bigint)")
            }
        } catch {
            guard error.sqlState == SQLState.lockNotAvailable else { throw ErrorAnswer(error) }
            throw ErrorAnswer(.conflict, message: "Another export or restore of this tenant goes on.")
        }
    }
}
