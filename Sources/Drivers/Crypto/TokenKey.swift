import Base

/// A secret that signs tokens, with the name that they carry as `kid`.
package struct TokenKey: Sendable {
    package let id: String
    package let secret: [UInt8]

    package init(id: String, secret: [UInt8]) {
        self.id = id
        self.secret = secret
    }

    /// A key named after its secret by a one-way derivation, so that keys can be rotated without naming them.
    package init(secret: [UInt8]) {
        let name = KeyDerivation.derive(from: secret, purpose: "token key id")
        self.init(id: Hex.encode(name.prefix(8)), secret: secret)
    }
}
