import Base
import Contract

/// An answer of the application to a hand-off call, and what it means for the upload.
package struct HandOffReply: Equatable, Sendable {
    package let status: Int
    /// The client's envelope in 201 and in every error.
    package let body: [UInt8]
    /// The header `X-Remove-Object: 1` was there.
    package let removesObject: Bool
    /// The header `Retry-After`, when it was there.
    package let retryAfter: String?

    package init(status: Int, body: [UInt8], removesObject: Bool = false, retryAfter: String? = nil) {
        self.status = status
        self.body = body
        self.removesObject = removesObject
        self.retryAfter = retryAfter
    }

    /// The reply read as the answer to *resolve*.
    ///
    /// Final are 201, every 4xx and what can be no passing trouble. A 5xx may come from a transaction whose end is not
    /// known, or of which the next finds the database again.
    package var resolveOutcome: ResolveOutcome {
        switch status {
        case 200:
            guard let json = try? JSONValue(parsing: body), let target = UploadTarget(json) else {
                return .unclear("resolve answered 200 without a target")
            }
            return .push(target)
        case 201: return .done(self)
        case 400...499, 501, 505...599: return .refused(self)
        default: return .unclear("resolve answered \(status)")
        }
    }

    /// The reply read as the answer to *commit*.
    ///
    /// Final are 201, every 4xx but 408 and 429, and any error that asks for the object's removal. A 5xx may come from
    /// a transaction whose end is not known.
    package var commitOutcome: CommitOutcome {
        switch status {
        case 201: .done(self)
        case 400...599 where removesObject: .refused(self)
        case 408, 429: .unclear("commit answered \(status)")
        case 400...499: .refused(self)
        default: .unclear("commit answered \(status)")
        }
    }

    /// The reply read as the answer to *abandon*.
    package var abandonOutcome: AbandonOutcome {
        switch status {
        case 204: .abandoned
        case 400...499: .refused
        default: .unclear("abandon answered \(status)")
        }
    }
}
