import FoundationEssentials

/// A parsed JSON document.
package enum JSONValue: Equatable, Sendable {
    case null
    case bool(Bool)
    case integer(Int64)
    case number(Double)
    case string(String)
    case array([JSONValue])
    case object([String: JSONValue])

    /// Parses RFC 8259 text.
    ///
    /// - Throws: `JSONSyntaxError` for anything that is not one whole JSON value.
    package init(parsing bytes: [UInt8]) throws(JSONSyntaxError) {
        do {
            self = try JSONDecoder().decode(JSONValue.self, from: Data(bytes))
        } catch {
            throw JSONSyntaxError()
        }
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

extension JSONValue: Decodable {
    package init(from decoder: any Decoder) throws {
        if let members = try? decoder.container(keyedBy: AnyKey.self) {
            var object: [String: JSONValue] = [:]
            for key in members.allKeys { object[key.stringValue] = try members.decode(JSONValue.self, forKey: key) }
            self = .object(object)
        } else if var elements = try? decoder.unkeyedContainer() {
            var array: [JSONValue] = []
            while !elements.isAtEnd { array.append(try elements.decode(JSONValue.self)) }
            self = .array(array)
        } else {
            let single = try decoder.singleValueContainer()
            if single.decodeNil() {
                self = .null
            } else if let value = try? single.decode(Bool.self) {
                self = .bool(value)
            } else if let value = try? single.decode(Int64.self) {
                self = .integer(value)
            } else if let value = try? single.decode(Double.self) {
                self = .number(value)
            } else {
                self = .string(try single.decode(String.self))
            }
        }
    }

    private struct AnyKey: CodingKey {
        let stringValue: String
        var intValue: Int? { nil }
        init(stringValue: String) { self.stringValue = stringValue }
        init?(intValue: Int) { nil }
    }
}

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
