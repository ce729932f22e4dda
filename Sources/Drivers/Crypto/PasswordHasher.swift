import Base
import CCrypt
import Glibc

/// Password hashes: bcrypt, `$2b$`, 60 characters, through libxcrypt.
///
/// bcrypt reads 72 bytes. A longer password is replaced by the byte 0xFF and the base64 text of its SHA-384: 65 bytes
/// that depend on all of it. No password can be written as those bytes, for 0xFF never occurs in UTF-8; so whoever
/// learns a long password's SHA-384 elsewhere cannot log in with its text.
package struct PasswordHasher: Sendable {
    private static let alphabet = Set("./ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789".utf8)
    private let cost: Int

    /// - Parameter cost: binary logarithm of the rounds, 4 to 31; 12 takes about 0.2 s.
    package init(cost: Int) {
        precondition((4...31).contains(cost), "bcrypt's cost is 4 to 31")
        self.cost = cost
    }

    /// A hash with a new random salt. Blocks for the whole time of the computation.
    ///
    /// - Throws: `CryptoError.badPassword` when the password holds a NUL, at which bcrypt would stop reading.
    package func hash(_ password: String) throws(CryptoError) -> String {
        guard let phrase = Self.phrase(password),
            let hash = Self.crypt(phrase, setting: Self.setting(cost: cost, salt: Random.bytes(16))),
            Self.cost(of: hash) != nil
        else { throw .badPassword }
        return hash
    }

    /// Whether the password is the one that was hashed. False for a stored value that is no bcrypt hash, after the same
    /// time. Blocks for the whole time of the computation.
    package func verify(_ password: String, against stored: String) -> Bool {
        guard Self.cost(of: stored) != nil else {
            verifyAgainstNothing(password)
            return false
        }
        guard let phrase = Self.phrase(password), let hash = Self.crypt(phrase, setting: stored) else { return false }
        let isRight = ConstantTime.equal(Array(hash.utf8), Array(stored.utf8))
        // An older, cheaper hash must not tell by its time that the user exists: 2^c + 2^c + 2^(c+1) + … is 2^cost.
        if !isRight, let storedCost = Self.cost(of: stored), storedCost < cost {
            for cost in storedCost..<cost { burn(phrase, cost: cost) }
        }
        return isRight
    }

    /// Takes as long as `verify` does, for a user who does not exist.
    package func verifyAgainstNothing(_ password: String) {
        guard let phrase = Self.phrase(password) else { return }
        burn(phrase, cost: cost)
    }

    private func burn(_ phrase: [UInt8], cost: Int) {
        _ = Self.crypt(phrase, setting: Self.setting(cost: cost, salt: [UInt8](repeating: 0, count: 16)))
    }

    /// Whether a right password should be hashed anew: the cost has risen, or the form is not `$2b$`.
    package func needsRehash(_ stored: String) -> Bool {
        guard let storedCost = Self.cost(of: stored) else { return true }
        return storedCost < cost || !stored.hasPrefix("$2b$")
    }

    /// What bcrypt gets to read, without a NUL and at most 72 bytes; nil when the password holds a NUL.
    private static func phrase(_ password: String) -> [UInt8]? {
        let bytes = Array(password.utf8)
        guard !bytes.contains(0) else { return nil }
        return bytes.count <= 72 ? bytes : [0xFF] + Array(Base64.encode(Digest.sha384(bytes)).utf8)
    }

    /// The cost of a well-formed hash; nil for anything else, which libxcrypt might take for a DES hash.
    private static func cost(of stored: String) -> Int? {
        let bytes = Array(stored.utf8)
        guard bytes.count == 60, ["$2a$", "$2b$", "$2y$"].contains(String(stored.prefix(4))),
            bytes[6] == UInt8(ascii: "$"), bytes[7...].allSatisfy(alphabet.contains),
            bytes[4...5].allSatisfy({ (0x30...0x39).contains($0) })
        else { return nil }
        let cost = Int(bytes[4] - 0x30) * 10 + Int(bytes[5] - 0x30)
        return (4...31).contains(cost) ? cost : nil
    }

    /// `$2b$`, the cost, and the salt's 22 characters.
    private static func setting(cost: Int, salt: [UInt8]) -> String {
        let salt = salt.map { CChar(bitPattern: $0) }
        var text = [CChar](repeating: 0, count: Int(CRYPT_GENSALT_OUTPUT_SIZE))
        let made = crypt_gensalt_rn("$2b$", UInt(cost), salt, Int32(salt.count), &text, Int32(text.count))
        precondition(made != nil, "libcrypt lacks bcrypt")
        return String(decoding: text.prefix { $0 != 0 }.map { UInt8(bitPattern: $0) }, as: UTF8.self)
    }

    /// crypt_r(3) on working space of its own; wiped, for it holds what was made of the password.
    private static func crypt(_ phrase: [UInt8], setting: String) -> String? {
        let space = UnsafeMutablePointer<crypt_data>.allocate(capacity: 1)
        space.initialize(to: crypt_data())
        defer {
            explicit_bzero(space, MemoryLayout<crypt_data>.size)
            space.deallocate()
        }
        return (phrase + [0]).withUnsafeBytes { bytes in
            crypt_r(bytes.bindMemory(to: CChar.self).baseAddress, setting, space).map { String(cString: $0) }
        }
    }
}
