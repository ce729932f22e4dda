import HTTP

/// What an S3 server's answer means for the caller of the store.
enum S3Answer {
    /// What to do about an answer.
    enum Verdict: Equatable {
        case accept
        /// Trying again may help; the error stands when it does not.
        case retry(ObjectStoreError)
        case fail(ObjectStoreError)
    }

    /// Codes that ask for another try whatever the status: 200 comes with them too.
    private static let transientCodes: Set<String> = [
        "InternalError", "SlowDown", "ServiceUnavailable", "RequestTimeout", "OperationAborted", "Throttling",
        "ThrottlingException", "ConditionalRequestConflict", "RequestLimitExceeded", "BandwidthLimitExceeded",
        "TooManyRequests", "IncompleteBody",
    ]

    private static let corruptionCodes: Set<String> = [
        "BadDigest", "InvalidDigest", "XAmzContentSHA256Mismatch", "InvalidPart",
    ]

    /// Judges by status and, for failures, by the code in the body.
    ///
    /// - Parameter distrustsSuccess: whether a 200 may carry an error in its body, as the answer to
    ///   CompleteMultipartUpload does.
    static func verdict(_ response: HTTPResponse, to method: String, distrustsSuccess: Bool = false) -> Verdict {
        let status = response.status
        if (200..<300).contains(status) {
            guard distrustsSuccess else { return .accept }
            // The body may also have been cut or be the page of some proxy.
            guard let root = XMLElement(parsing: response.body) else {
                return .retry(.unavailable("\(method) \(status) with a malformed body"))
            }
            if root.name != "Error" { return .accept }
        }
        let code = errorCode(response.body)
        let text = code.map { "\(method) \(status) \($0)" } ?? "\(method) \(status)"
        if let code, transientCodes.contains(code) { return .retry(.unavailable(text)) }
        if let code, corruptionCodes.contains(code) { return .fail(.corrupted(text)) }
        switch status {
        case 404 where code != "NoSuchBucket": return .fail(.notFound)
        case 507: return .fail(.full)
        case 408, 425, 429, 500, 502, 503, 504: return .retry(.unavailable(text))
        case 520...: return .retry(.unavailable(text))
        default: return .fail(.refused(text))
        }
    }

    /// `Code` of an error document; nil when the body is none.
    static func errorCode(_ body: [UInt8]) -> String? {
        guard let root = XMLElement(parsing: body), root.name == "Error", let code = root["Code"]?.text else {
            return nil
        }
        // It goes into logs.
        return String(code.prefix(64).filter { $0.isASCII && ($0.isLetter || $0.isNumber) })
    }
}
