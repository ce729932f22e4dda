package import Base

/// An error as a client sees it: a code of the table, a sentence, and details such as the fields that are wrong.
package struct ErrorAnswer: Error, Equatable, Sendable {
    package let code: ErrorCode
    package let message: String
    package let details: [String: JSONValue]
    /// What really happened, for the log alone; never sent.
    package let cause: String?

    /// - Parameters:
    ///   - message: the code's own sentence when not given; never holds internals.
    package init(
        _ code: ErrorCode, message: String? = nil, details: [String: JSONValue] = [:], cause: String? = nil
    ) {
        self.code = code
        self.message = message ?? code.message
        self.details = details
        self.cause = cause
    }
}

extension ErrorAnswer: JSONWritable {
    /// The envelope of a failed request: `{"success":false,"error":{"code","message","details"}}`.
    package func write(to json: inout JSONWriter) {
        json.object { json in
            json.member("success", false)
            json.key("error")
            json.object { json in
                json.member("code", code.rawValue)
                json.member("message", message)
                json.member("details", JSONValue.object(details))
            }
        }
    }
}
