import CPostgres

/// The owner of one PGresult.
final class ResultHandle: @unchecked Sendable {  // libpq never changes a PGresult that it has handed out
    private let result: OpaquePointer
    let rows: Int
    let columns: Int
    /// The format of all values.
    let isBinary: Bool

    /// Takes over the result.
    init(owning result: OpaquePointer) {
        self.result = result
        rows = Int(PQntuples(result))
        columns = Int(PQnfields(result))
        isBinary = PQbinaryTuples(result) == 1
    }

    deinit { PQclear(result) }

    /// The bytes of a value, nil when it is NULL; valid while the handle lives.
    ///
    /// Row and column must exist.
    func value(row: Int, column: Int) -> UnsafeRawBufferPointer? {
        guard PQgetisnull(result, Int32(row), Int32(column)) == 0 else { return nil }
        return UnsafeRawBufferPointer(
            start: PQgetvalue(result, Int32(row), Int32(column)),
            count: Int(PQgetlength(result, Int32(row), Int32(column))))
    }

    var affectedRows: Int { Int(String(cString: PQcmdTuples(result))) ?? 0 }

    /// The command tag, such as `COMMIT` or `INSERT 0 1`.
    var commandTag: String { String(cString: PQcmdStatus(result)) }
}
