package import Base

/// A user's password as it is kept.
package struct StoredPassword: Equatable, Sendable {
    package let hash: String
    /// When it stops opening anything: for one that the product made up. Nil for one that its user chose.
    package let expires: Timestamp?

    package init(hash: String, expires: Timestamp? = nil) {
        self.hash = hash
        self.expires = expires
    }

    func isValid(at now: Timestamp) -> Bool { expires.map { now < $0 } ?? true }
}
