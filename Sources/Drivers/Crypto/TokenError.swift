/// Why a token was refused.
package enum TokenError: Error, Equatable, Sendable {
    /// Not a token of ours, or not of the type that was expected.
    case malformed
    /// Ours, but past its time.
    case expired
}
