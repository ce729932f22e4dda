import Base
package import Contract

/// A value breaks its rule; the sentence is shown beside the field's name.
package struct InvalidValue: Error, Equatable, Sendable {
    package let sentence: String

    package init(_ sentence: String) { self.sentence = sentence }

    /// The 422 answer for this one field.
    package func answer(field: String) -> ErrorAnswer { .invalid(fields: [field: sentence]) }
}

extension ErrorAnswer {
    /// 422 with `details.fields`, an object of field names and sentences.
    package static func invalid(fields: [String: String]) -> ErrorAnswer {
        ErrorAnswer(.validationError, details: ["fields": .object(fields.mapValues { .string($0) })])
    }
}
