/// One version of a secret. Holds secrets; never print it.
package struct VaultSecret: Sendable {
    /// Counts up from 1 with each write.
    package let version: Int64
    /// Fields that are texts; others are left out.
    package let fields: [String: String]
}

/// A token and how long it is good for. Holds a secret; never print it.
package struct VaultToken: Sendable {
    package let text: String
    /// Zero for one that does not end.
    package let lifetime: Duration
    package let isRenewable: Bool
}
