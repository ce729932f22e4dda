/// Tells secrets that somebody typed from secrets that were drawn at random.
package enum SecretStrength {
    /// Why the text is no secret to sign with; nil when nothing speaks against it. The sentence's subject is the secret.
    ///
    /// What `openssl rand -hex 32` or `-base64 32` prints passes. A guess can be refused here, never proved wrong: a text
    /// that looks random may be known to others.
    package static func weakness(of secret: String) -> String? {
        let bytes = Array(secret.utf8)
        guard bytes.count >= 32 else { return "must be at least 32 bytes" }
        let lower = secret.lowercased()
        if placeholders.contains(where: { lower.contains($0) }) { return "looks like a placeholder" }
        guard Set(bytes).count >= 10 else { return "has too few different characters" }
        if repeats(bytes) { return "repeats itself" }
        let steps = zip(bytes, bytes.dropFirst()).count { abs(Int($0) - Int($1)) <= 1 }
        if steps * 2 > bytes.count { return "is a sequence of neighbouring characters" }
        return nil
    }

    /// Words of six letters and more: in 43 random characters of base64 one of them is there once in four million times.
    private static let placeholders = [
        "change", "secret", "passwor", "example", "default", "placeholder", "insert", "replace", "development",
        "production", "testing", "qwerty", "jwt-key", "jwt_key", "your-", "your_",
    ]

    /// Whether the bytes are a shorter text, again and again.
    private static func repeats(_ bytes: [UInt8]) -> Bool {
        (1...bytes.count / 2).contains { period in
            bytes.indices.dropFirst(period).allSatisfy { bytes[$0] == bytes[$0 - period] }
        }
    }
}
