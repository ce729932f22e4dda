import Base

/// Whether the server understands `If-None-Match: *` on a write; believed until it says that it does not.
final class ConditionalWrites: Sendable {
    private let supported = Condition(true)

    var areSupported: Bool { supported.withLock { $0 } }

    /// Notes that the server does not have them, for as long as the process lives.
    func giveUp() { supported.withLock { $0 = false } }

    /// Whether the answer to a write says so, and not something about the write itself.
    static func isUnknown(status: Int, code: String?) -> Bool {
        status == 501 || (status == 400 && code == "NotImplemented")
    }
}
