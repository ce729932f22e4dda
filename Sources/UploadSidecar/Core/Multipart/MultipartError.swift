package import Contract

/// Everything that can be wrong with a multipart/form-data body or its Content-Type, each with one outcome.
///
/// The parser stops at the first error; which one it is depends on the bytes alone, not on how they were split.
package enum MultipartError: Error, Equatable, Sendable, CaseIterable {
    /// The Content-Type is absent or something else than multipart/form-data.
    case notFormData
    /// The boundary parameter is missing, repeated, empty, over 70 characters or has characters outside RFC 2046's.
    case badBoundary
    /// The body ends without one delimiter line.
    case noDelimiter
    /// A line starts with the boundary but goes on with something else than `--`, blanks or CRLF.
    case badDelimiterLine
    /// A header or delimiter line ends in LF without CR.
    case bareLineFeed
    /// The headers of a part take more than 8 KiB.
    case headersTooLarge
    /// The form has more than 64 parts.
    case tooManyParts
    /// A header line has no name, a bad character, is not UTF-8, or starts with the boundary.
    case malformedHeader
    /// Content-Disposition, Content-Type or Content-Transfer-Encoding stands twice in a part.
    case duplicateHeader
    /// A part has no Content-Disposition.
    case dispositionMissing
    /// The Content-Disposition is not `form-data` with a name, repeats a parameter, or its `filename*` is not
    /// RFC 8187 in UTF-8.
    case malformedDisposition
    /// A part is itself multipart (RFC 7578 section 4.3 retired that).
    case nestedMultipart
    /// A part is base64 or quoted-printable: its bytes are not the file's bytes (RFC 7578 section 4.7).
    case encodedPart
    /// The body ends before the closing delimiter.
    case unterminated

    /// What the client is told: 415 for a body of another type, 400 for all else.
    package var answer: ErrorAnswer {
        switch self {
        case .notFormData:
            ErrorAnswer(.unsupportedMediaType, message: "An upload must be sent as multipart/form-data.")
        case .badBoundary: bad("The boundary of the multipart body is missing or not valid.")
        case .noDelimiter: bad("The body has no part: its boundary never appears.")
        case .badDelimiterLine: bad("A boundary line of the multipart body is malformed.")
        case .bareLineFeed: bad("Lines of a multipart body must end in CRLF.")
        case .headersTooLarge: bad("The headers of a part are too long.")
        case .tooManyParts: bad("The form has too many parts.")
        case .malformedHeader: bad("A header of a part is malformed.")
        case .duplicateHeader: bad("A part repeats one of its headers.")
        case .dispositionMissing: bad("A part has no Content-Disposition.")
        case .malformedDisposition: bad("The Content-Disposition of a part is malformed.")
        case .nestedMultipart: bad("A part must not itself be multipart.")
        case .encodedPart: bad("Parts must be sent without a Content-Transfer-Encoding.")
        case .unterminated: bad("The multipart body ends before its closing boundary.")
        }
    }

    private func bad(_ message: String) -> ErrorAnswer { ErrorAnswer(.badRequest, message: message) }
}
