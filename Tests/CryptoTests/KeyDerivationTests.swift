import Base
import Crypto
import Testing

@Suite struct KeyDerivationTests {
    struct Vector: Sendable {
        let secret: [UInt8]
        let salt: [UInt8]
        let info: [UInt8]
        let key: String
    }

    /// RFC 5869 appendix A.1 to A.3.
    static let vectors = [
        Vector(
            secret: [UInt8](repeating: 0x0B, count: 22), salt: Array(0...12), info: Array(0xF0...0xF9),
            key: "3cb25f25faacd57a90434f64d0362f2a2d2d0a90cf1a5a4c5db02d56ecc4c5bf34007208d5b887185865"),
        Vector(
            secret: Array(0x00...0x4F), salt: Array(0x60...0xAF), info: Array(0xB0...0xFF),
            key: "b11e398dc80327a1c8e7f78c596a49344f012eda2d4efad8a050cc4c19afa97c59045a99cac7827271cb41c65e590e09"
                + "da3275600c2f09b8367793a9aca3db71cc30c58179ec3e87c14c01d5c1f3434f1d87"),
        Vector(
            secret: [UInt8](repeating: 0x0B, count: 22), salt: [], info: [],
            key: "8da4e775a563c18f715f802a063c5a31b8a11f5c5ee1879ec3454e5f3c738d2d9d201395faa4b61a96c8"),
    ]

    @Test(arguments: vectors) func keysAreRFC5869(vector: Vector) {
        let key = KeyDerivation.hkdf(vector.secret, salt: vector.salt, info: vector.info, count: vector.key.count / 2)
        #expect(Hex.encode(key) == vector.key)
    }

    @Test func purposesHaveDifferentKeys() {
        let secret: [UInt8] = Array(0..<32)
        let key = KeyDerivation.derive(from: secret, purpose: "downloads")
        #expect(key.count == 32)
        #expect(key == KeyDerivation.derive(from: secret, purpose: "downloads"))
        #expect(key != KeyDerivation.derive(from: secret, purpose: "download"))
        #expect(key != KeyDerivation.derive(from: secret.reversed(), purpose: "downloads"))
    }
}
