/// The rows of one statement, as the server sent them; each column is decoded when asked for.
///
/// Rows keep the whole result in memory until the last of them is gone.
package struct ResultSet: RandomAccessCollection, Sendable {
    private let result: ResultHandle

    init(_ result: ResultHandle) { self.result = result }

    package var startIndex: Int { 0 }
    package var endIndex: Int { result.rows }
    package subscript(index: Int) -> Row {
        precondition(index >= 0 && index < result.rows, "row out of range")
        return Row(result: result, row: index)
    }

    /// How many rows an INSERT, UPDATE or DELETE changed, or a SELECT gave; 0 for other statements.
    package var affectedRows: Int { result.affectedRows }
}
