import Base

/// Which databases are known to have an audit trail: one whose schema is behind has none, and must go on working.
///
/// A trail that was seen is remembered; one that was missing is looked for again.
final class KnownAuditTrails: Sendable {
    private let names = Condition<Set<String>>([])

    func contains(_ database: String) -> Bool { names.withLock { $0.contains(database) } }
    func insert(_ database: String) { names.withLock { _ = $0.insert(database) } }
}
