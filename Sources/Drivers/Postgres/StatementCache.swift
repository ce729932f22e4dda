/// Which statements a connection has prepared under which names; the least recently used go first.
struct StatementCache {
    private struct Statement {
        let name: String
        var lastUse: UInt64
    }

    private let capacity: Int
    private var statements: [Query.Shape: Statement] = [:]
    /// Hashes of shapes that ran once, or by chance have another's hash.
    private var ranOnce: Set<Int> = []
    private var uses: UInt64 = 0
    private var names: UInt64 = 0
    /// Names that are no longer in use here but still prepared on the server.
    private(set) var leftOver: [String] = []

    init(capacity: Int = 256) { self.capacity = capacity }

    /// The name under which the statement is prepared.
    mutating func name(of shape: Query.Shape) -> String? {
        guard let index = statements.index(forKey: shape) else { return nil }
        uses += 1
        statements.values[index].lastUse = uses
        return statements.values[index].name
    }

    /// Whether the statement should be run without preparing it: most statements of a session that few requests use run
    /// once in it, and preparing costs a round trip. Says so once a shape.
    mutating func isFirstUse(of shape: Query.Shape) -> Bool {
        if ranOnce.count >= capacity * 4 { ranOnce.removeAll(keepingCapacity: true) }
        return ranOnce.insert(shape.hashValue).inserted
    }

    /// A name that was never used before on this connection.
    mutating func newName() -> String {
        names += 1
        return "s\(names)"
    }

    /// Notes that the statement has been prepared; the least recently used one becomes left over when the cache is full.
    mutating func insert(_ shape: Query.Shape, name: String) {
        if statements.count >= capacity, let oldest = statements.min(by: { $0.value.lastUse < $1.value.lastUse }) {
            statements.removeValue(forKey: oldest.key)
            leftOver.append(oldest.value.name)
        }
        uses += 1
        statements[shape] = Statement(name: name, lastUse: uses)
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
