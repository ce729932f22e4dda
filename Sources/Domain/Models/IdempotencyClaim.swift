package import Base
package import Contract
import Crypto

/// A request that is to have its effect once, however often it is sent: which one it is, and what it says.
package struct IdempotencyClaim: Equatable, Sendable {
    /// Names user, tenant, route and key; a digest, so that its length is bounded.
    package let scope: String
    /// A digest of method, address and body; of strangers' under a key.
    package let fingerprint: String
    /// Of this try: what it writes counts only while no other try has taken the key over.
    package let owner: RequestTryID

    /// - Parameters:
    ///   - user: nil for a stranger. Strangers share no names, so what they say is part of the scope: another body under
    ///     the same key is another request.
    ///   - tenant: the tenant in the address, if any.
    ///   - target: path and query as they were sent.
    ///   - digests: for what strangers say.
    package init(
        key: IdempotencyKey, user: UserID?, tenant: TenantID?, route: String, target: String, body: [UInt8],
        digests: RequestDigests
    ) {
        // A stranger's body holds a password: its bare digest would let whoever reads the table try passwords quickly.
        let content = user == nil ? digests.digest(of: body) : Digest.sha256(body)
        fingerprint = Self.digest([target, Hex.encode(content)])
        scope = Self.digest([
            user?.description ?? fingerprint, tenant?.description ?? "", route, key.text,
        ])
        owner = .random()
    }

    /// Unambiguous: each part comes with its length.
    private static func digest(_ parts: [String]) -> String {
        Hex.encode(Digest.sha256(Array(parts.map { "\($0.utf8.count):\($0)" }.joined().utf8)))
    }
}

package enum RequestTryTag {}
/// One try of a request.
package typealias RequestTryID = Identifier<RequestTryTag>
