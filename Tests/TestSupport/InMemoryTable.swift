/// Rows by key. Changed by `InMemoryTransaction` alone.
final class InMemoryTable<Key: Hashable, Row> {
    fileprivate(set) var rows: [Key: Row] = [:]

    subscript(key: Key) -> Row? { rows[key] }
}

/// Remembers how to undo what was changed, row by row, so that a transaction inside another keeps its own changes when
/// the outer one is rolled back, as on two connections.
final class InMemoryTransaction {
    private let mayWrite: Bool
    private var undo: [() -> Void] = []

    init(mayWrite: Bool) { self.mayWrite = mayWrite }

    /// Stores the row, or removes it when nil.
    func put<Key, Row>(_ row: Row?, at key: Key, in table: InMemoryTable<Key, Row>) {
        precondition(mayWrite, "a write in a unit of work that only reads")
        let before = table.rows[key]
        undo.append { table.rows[key] = before }
        table.rows[key] = row
    }

    /// Adds what undoes a change outside the tables.
    func whenUndone(_ body: @escaping () -> Void) { undo.append(body) }

    func rollBack() {
        while let last = undo.popLast() { last() }
    }
}
