package import Base

/// What a database knows about one migration.
package struct MigrationStatus: Equatable, Sendable {
    package enum State: Equatable, Sendable {
        case applied(at: Timestamp)
        case pending
        /// Applied, but its text is another now.
        case changed
        /// Applied by a newer release; this one does not have it.
        case unknown
    }

    package let version: Int
    package let name: String
    package let state: State
}
