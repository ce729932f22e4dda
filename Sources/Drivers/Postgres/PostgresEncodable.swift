package import Base

/// A value that can be sent as a parameter in PostgreSQL's text format.
package protocol PostgresEncodable {
    /// The text of the parameter; nil is NULL.
    var postgresText: String? { get }
}

extension Optional: PostgresEncodable where Wrapped: PostgresEncodable {
    package var postgresText: String? {
        switch self {
        case .some(let value): value.postgresText
        case .none: nil
        }
    }
}

extension String: PostgresEncodable {
    package var postgresText: String? { self }
}

extension Bool: PostgresEncodable {
    package var postgresText: String? { self ? "t" : "f" }
}

extension Int: PostgresEncodable {
    package var postgresText: String? { String(self) }
}

extension Int32: PostgresEncodable {
    package var postgresText: String? { String(self) }
}

extension Int64: PostgresEncodable {
    package var postgresText: String? { String(self) }
}

extension Double: PostgresEncodable {
    /// The shortest text that reads back as the same number; `inf` and `nan` are known to the server.
    package var postgresText: String? { description }
}

extension Timestamp: PostgresEncodable {
    package var postgresText: String? { description }
}

extension Identifier: PostgresEncodable {
    package var postgresText: String? { description }
}

extension Array: PostgresEncodable where Element: PostgresArrayElement {
    package var postgresText: String? { Element.postgresText(of: self) }
}
