/// What a pool holds at one moment, and what it has counted since its start.
package struct PoolStatistics: Equatable, Sendable {
    /// Connections that exist: idle, in use, and those being made.
    package var open = 0
    /// Connections at rest.
    package var idle = 0
    /// Connections lent out, those being made included.
    package var inUse = 0
    /// Requests waiting for a connection.
    package var waiting = 0
    /// Requests for a connection, those that found one at once included.
    package var requests = 0
    /// Requests that had to wait for others to give one back.
    package var waits = 0
    /// How long they waited together, and the longest of them; those that waited in vain included.
    package var waited: Duration = .zero
    package var longestWait: Duration = .zero
    /// Idle connections closed to make room for another database.
    package var evictions = 0
    /// Requests that found no free connection in time.
    package var timeouts = 0

    package init() {}
}
