/// What can go wrong in the crypto driver.
package enum CryptoError: Error, Equatable, Sendable {
    /// A key's text cannot be read or is of another kind.
    case badKey
    /// The password cannot be hashed as asked.
    case badPassword
}
