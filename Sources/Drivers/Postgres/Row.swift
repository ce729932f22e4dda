package import Base

/// One row of a result.
package struct Row: Sendable {
    let result: ResultHandle
    let row: Int

    init(result: ResultHandle, row: Int) {
        self.result = result
        self.row = row
    }

    /// The value of a column, counted from 0.
    ///
    /// - Throws: `SQLState.cannotDecode` when it is NULL, not of the type, or no such column.
    package func decode<T: PostgresDecodable>(_ column: Int, as type: T.Type = T.self) throws(PostgresError) -> T {
        guard let value = try decodeIfPresent(column, as: type) else { throw failure(column, type, "is NULL") }
        return value
    }

    /// The value of a column, counted from 0; nil when it is NULL.
    ///
    /// - Throws: `SQLState.cannotDecode` when it is not of the type, or no such column.
    package func decodeIfPresent<T: PostgresDecodable>(
        _ column: Int, as type: T.Type = T.self
    ) throws(PostgresError) -> T? {
        guard column >= 0, column < result.columns else { throw failure(column, type, "does not exist") }
        // The result must outlive the bytes, which belong to it.
        defer { withExtendedLifetime(result) {} }
        guard let bytes = result.value(row: row, column: column) else { return nil }
        guard let value = result.isBinary ? T(postgresBinary: bytes) : T(postgresText: bytes) else {
            throw failure(column, type, "is of another form")
        }
        return value
    }

    /// The case of an enumeration that is stored by its raw text.
    ///
    /// - Throws: `SQLState.cannotDecode` when it is NULL or no case's text, or no such column.
    package func decodeChoice<Choice: RawRepresentable<String>>(
        _ column: Int, as type: Choice.Type = Choice.self
    ) throws(PostgresError) -> Choice {
        guard let choice = Choice(rawValue: try decode(column)) else { throw failure(column, type, "is no case") }
        return choice
    }

    func failure(_ column: Int, _ type: Any.Type, _ problem: String) -> PostgresError {
        PostgresError(SQLState.cannotDecode, detail: "column \(column), wanted as \(type), \(problem)")
    }
}

/// Columns of the common types, each by code of its own: for a column of any type the caller has to bring the type's
/// description along, at a multiple of the cost.
extension Row {
    /// The text of a column, counted from 0.
    package func decode(_ column: Int) throws(PostgresError) -> String { try decode(column, as: String.self) }

    /// The number of a column, counted from 0.
    package func decode(_ column: Int) throws(PostgresError) -> Int64 { try decode(column, as: Int64.self) }

    /// The time of a column, counted from 0.
    package func decode(_ column: Int) throws(PostgresError) -> Timestamp { try decode(column, as: Timestamp.self) }

    /// The identifier of a column, counted from 0.
    package func decode<Tag>(_ column: Int) throws(PostgresError) -> Identifier<Tag> {
        let plain = try decode(column, as: Identifier<Row>.self)
        return Identifier(high: plain.high, low: plain.low)
    }
}
