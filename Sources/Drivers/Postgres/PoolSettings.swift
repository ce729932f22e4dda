/// How many connections a pool may hold, and to where.
package struct PoolSettings: Sendable {
    /// Connections of this pool over all databases.
    package var budget: Int
    /// Connections to any one database.
    package var perDatabase: Int
    /// How long a request for a connection waits for a free one. Making one may take the connect timeout more.
    package var acquireTimeout: Duration
    /// A connection that nobody used for this long is closed.
    package var idleLimit: Duration
    /// What to connect with for the database of this name.
    package var settings: @Sendable (String) -> ConnectionSettings

    package init(
        budget: Int, perDatabase: Int, acquireTimeout: Duration = .seconds(5), idleLimit: Duration = .seconds(60),
        settings: @escaping @Sendable (String) -> ConnectionSettings
    ) {
        precondition(budget > 0 && perDatabase > 0, "a pool needs at least one connection")
        self.budget = budget
        self.perDatabase = perDatabase
        self.acquireTimeout = acquireTimeout
        self.idleLimit = idleLimit
        self.settings = settings
    }
}
