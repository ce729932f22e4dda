import Base
import Contract
import Domain

/// Reads the members of a JSON body, gathering what is wrong with every one of them before it refuses.
struct FieldReader {
    private var members: [String: JSONValue]
    private var problems: [String: String] = [:]

    /// The largest JSON body that is read, in bytes.
    private static let bodyLimit = 1 << 20

    /// Reads the request's body.
    ///
    /// - Throws: `.unsupportedMediaType` for another content type, `.malformedJSON`, `.validationError` when the body
    ///   is no object, `.payloadTooLarge`.
    init(_ request: Request) throws(ErrorAnswer) {
        // A header that was not sent may come as an empty parameter.
        let type = (request.headers["content-type"] ?? "").prefix { $0 != ";" && $0 != " " }.lowercased()
        guard type.isEmpty || type == "application/json" else { throw ErrorAnswer(.unsupportedMediaType) }
        try self.init(body: try request.body.read(limit: Self.bodyLimit))
    }

    init(body: [UInt8]) throws(ErrorAnswer) {
        let value: JSONValue
        do {
            value = try JSONValue(parsing: body)
        } catch {
            throw ErrorAnswer(.malformedJSON)
        }
        guard let members = value.object else {
            throw ErrorAnswer(.validationError, message: "The request body must be a JSON object.")
        }
        self.members = members
    }

    /// Whether the body has a member of this name that was not read yet.
    func contains(_ name: String) -> Bool { members[name] != nil }

    /// A required text, turned into its validated type.
    mutating func text<Value>(
        _ name: String, _ validate: (String) throws(InvalidValue) -> Value
    ) -> Value? {
        if let value = optionalText(name, validate) { return value }
        if problems[name] == nil { problems[name] = "is required" }
        return nil
    }

    /// A text that may be absent; null counts as a wrong type.
    mutating func optionalText<Value>(
        _ name: String, _ validate: (String) throws(InvalidValue) -> Value
    ) -> Value? {
        guard let member = members.removeValue(forKey: name) else { return nil }
        guard let text = member.string else {
            problems[name] = "must be a string"
            return nil
        }
        guard !text.utf8.contains(0) else {
            problems[name] = "must not contain a null character"
            return nil
        }
        do {
            return try validate(text)
        } catch {
            problems[name] = error.sentence
            return nil
        }
    }

    /// A required value of any type but null; no text in it may hold U+0000, which PostgreSQL cannot keep.
    mutating func anything(_ name: String) -> JSONValue? {
        guard let member = members.removeValue(forKey: name), member != .null else {
            problems[name] = "is required"
            return nil
        }
        guard !member.hasNullCharacter else {
            problems[name] = "must not contain a null character"
            return nil
        }
        return member
    }

    /// True or false, or absent.
    mutating func optionalFlag(_ name: String) -> Bool? {
        guard let member = members.removeValue(forKey: name) else { return nil }
        guard let flag = member.bool else {
            problems[name] = "must be true or false"
            return nil
        }
        return flag
    }

    /// Adds a problem that concerns the fields together.
    mutating func report(_ name: String, _ sentence: String) { problems[name] = sentence }

    /// - Throws: `.validationError` with every problem, members that nobody asked for included.
    consuming func finish() throws(ErrorAnswer) {
        for name in members.keys { problems[name] = "is not known here" }
        guard problems.isEmpty else { throw .invalid(fields: problems) }
    }
}
