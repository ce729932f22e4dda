/// A parsed JSON document.
package enum JSONValue: Equatable, Sendable {
    case null
    case bool(Bool)
    case integer(Int64)
    case number(Double)
    case string(String)
    case array([JSONValue])
    case object([String: JSONValue])

    /// Parses RFC 8259 text in UTF-8, nested at most 128 deep.
    ///
    /// - Throws: `JSONSyntaxError` for anything that is not one whole JSON value, and for an object that has a name twice.
    package init(parsing bytes: [UInt8]) throws(JSONSyntaxError) {
        self = try JSONParser.parse(bytes)
    }

    /// The members, when this is an object.
    package var object: [String: JSONValue]? { if case .object(let members) = self { members } else { nil } }
    /// The text, when this is a string.
    package var string: String? { if case .string(let text) = self { text } else { nil } }
    /// The value, when this is a whole number.
    package var integer: Int64? { if case .integer(let value) = self { value } else { nil } }
    /// The value, when this is true or false.
    package var bool: Bool? { if case .bool(let value) = self { value } else { nil } }

    /// The member of this name, when this is an object that has it.
    package subscript(_ name: String) -> JSONValue? { object?[name] }
}

/// The text is not JSON.
package struct JSONSyntaxError: Error {}

extension JSONValue: JSONWritable {
    /// Writes the value, object members sorted by name.
    package func write(to json: inout JSONWriter) {
        switch self {
        case .null: json.null()
        case .bool(let value): json.value(value)
        case .integer(let value): json.value(value)
        case .number(let value): json.value(value)
        case .string(let value): json.value(value)
        case .array(let values): json.array(values) { $1.write(to: &$0) }
        case .object(let members):
            json.object { json in
                for (name, value) in members.sorted(by: { $0.key < $1.key }) {
                    json.dynamicKey(name)
                    value.write(to: &json)
                }
            }
        }
    }
}
