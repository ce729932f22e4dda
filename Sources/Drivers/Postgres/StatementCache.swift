/// Which statements a connection has prepared under which names; the least recently used go first.
struct StatementCache {
    typealias Instant = ContinuousClock.Instant

    private struct Statement {
        let name: String
        let preparedAt: Instant
        var lastUse: UInt64
    }

    private let capacity: Int
    private var statements: [Query.Shape: Statement] = [:]
    /// By hashes of shapes, of which two may be equal by chance: when the statement last ran without being prepared.
    private var unprepared: [Int: Instant] = [:]
    private var uses: UInt64 = 0
    private var names: UInt64 = 0
    /// Names that are no longer in use here but still prepared on the server.
    private(set) var leftOver: [String] = []

    init(capacity: Int = 256) { self.capacity = capacity }

    /// The name under which the statement is prepared, if that was within the lifetime; else it is forgotten.
    mutating func name(of shape: Query.Shape, lifetime: Duration?, at now: @autoclosure () -> Instant) -> String? {
        guard let index = statements.index(forKey: shape) else { return nil }
        if let lifetime, now() - statements.values[index].preparedAt >= lifetime {
            leftOver.append(statements.remove(at: index).value.name)
            return nil
        }
        uses += 1
        statements.values[index].lastUse = uses
        return statements.values[index].name
    }

    /// Whether the statement, which is not prepared, should be run without that: most statements of a session that few
    /// requests use run once in it, or once in a lifetime, and preparing costs a round trip. Says so once.
    mutating func isFirstUse(of shape: Query.Shape, lifetime: Duration?, at now: Instant) -> Bool {
        if unprepared.count >= capacity * 4 { unprepared.removeAll(keepingCapacity: true) }
        let before = unprepared.updateValue(now, forKey: shape.hashValue)
        guard let before else { return true }
        return lifetime.map { now - before >= $0 } ?? false
    }

    /// A name that was never used before on this connection.
    mutating func newName() -> String {
        names += 1
        return "s\(names)"
    }

    /// Notes that the statement has been prepared; the least recently used one becomes left over when the cache is full.
    mutating func insert(_ shape: Query.Shape, name: String, at now: Instant) {
        if statements.count >= capacity, let oldest = statements.min(by: { $0.value.lastUse < $1.value.lastUse }) {
            statements.removeValue(forKey: oldest.key)
            leftOver.append(oldest.value.name)
        }
        uses += 1
        statements[shape] = Statement(name: name, preparedAt: now, lastUse: uses)
    }

    /// Forgets every statement; all become left over.
    mutating func removeAll() {
        leftOver += statements.values.map(\.name)
        statements.removeAll(keepingCapacity: true)
    }

    /// Forgets every statement, because the server has.
    mutating func reset() { statements.removeAll(keepingCapacity: true) }

    /// Notes that the left-over statements are gone from the server.
    mutating func clearLeftOver() { leftOver.removeAll() }
}
