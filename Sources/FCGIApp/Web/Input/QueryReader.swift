import Base
import Contract
import Domain

/// Reads the parameters of a query string, gathering what is wrong with every one of them before it refuses.
struct QueryReader {
    private let query: [String: String]
    private var problems: [String: String] = [:]

    init(_ request: Request) { query = request.query }

    /// `page` (from 1) and `per_page` (1 to 100, 20 when absent).
    mutating func page() -> PageRequest {
        PageRequest(
            page: integer("page", default: 1, in: 1...1_000_000_000),
            perPage: integer("per_page", default: 20, in: 1...100))
    }

    mutating func integer(_ name: String, default fallback: Int, in range: ClosedRange<Int>) -> Int {
        guard let text = query[name] else { return fallback }
        guard let number = Int(text), range.contains(number) else {
            problems[name] = "must be a whole number from \(range.lowerBound) to \(range.upperBound)"
            return fallback
        }
        return number
    }

    /// `true`/`false` or `1`/`0`.
    mutating func flag(_ name: String, default fallback: Bool) -> Bool {
        switch query[name]?.lowercased() {
        case nil: return fallback
        case "true", "1": return true
        case "false", "0": return false
        default:
            problems[name] = "must be true or false"
            return fallback
        }
    }

    /// A parameter that may be absent, turned into its type; an empty one counts as absent.
    mutating func value<Value>(_ name: String, _ parse: (String) throws(InvalidValue) -> Value) -> Value? {
        guard let text = query[name], !text.isEmpty else { return nil }
        do throws(InvalidValue) {
            guard !text.utf8.contains(0) else { throw InvalidValue("must not contain a null character") }
            return try parse(text)
        } catch {
            problems[name] = error.sentence
            return nil
        }
    }

    mutating func report(_ name: String, _ sentence: String) { problems[name] = sentence }

    /// - Throws: `.validationError` with every problem.
    consuming func finish() throws(ErrorAnswer) {
        guard problems.isEmpty else { throw .invalid(fields: problems) }
    }
}

extension Timestamp {
    /// A time or a date in a query string.
    static func validated(_ text: String) throws(InvalidValue) -> Timestamp {
        // A plus sign that was not escaped arrives as a space.
        guard let time = Timestamp(text) ?? Timestamp(text.replacingLastSpaceByPlus) else {
            throw InvalidValue("must be a date or an RFC 3339 time")
        }
        return time
    }
}

extension Timestamp {
    /// The inclusive end of a span in a query string: a date means its whole day.
    static func validatedEnd(_ text: String) throws(InvalidValue) -> Timestamp {
        let time = try validated(text)
        return text.utf8.count == 10 ? time + .seconds(86_400) - .microseconds(1) : time
    }
}

extension Identifier {
    /// An identifier in a query string or a JSON field.
    static func validated(_ text: String) throws(InvalidValue) -> Identifier {
        guard let id = Identifier(text) else { throw InvalidValue("must be a UUID") }
        return id
    }
}

extension String {
    fileprivate var replacingLastSpaceByPlus: String {
        guard let index = lastIndex(of: " ") else { return self }
        return replacingCharacter(at: index, by: "+")
    }

    private func replacingCharacter(at index: Index, by character: Character) -> String {
        String(self[..<index]) + String(character) + String(self[self.index(after: index)...])
    }
}
