import Base
import Crypto
import Testing

@Suite struct SecretStrengthTests {
    @Test func randomSecretsPass() {
        for _ in 0..<200 {
            #expect(SecretStrength.weakness(of: Hex.encode(Random.bytes(32))) == nil)
            #expect(SecretStrength.weakness(of: Base64.encode(Random.bytes(32))) == nil)
        }
    }

    @Test(arguments: [
        "", "short", String(repeating: "a", count: 64), String(repeating: "0f", count: 32),
        String(repeating: "K7fQz91xVbN4", count: 4), "0123456789abcdef0123456789abcdef",
        "abcdefghijklmnopqrstuvwxyz123456",
        "your-256-bit-secret-goes-in-here-x7", "please-CHANGE-me-in-the-real-one-x7",
        "jwt_key_for_our_documents_9876_abcd",
        "super-secret-development-key-1234567", "aaaabbbbccccddddeeeeffffgggghhhh",
    ])
    func typedSecretsAreRefused(secret: String) {
        #expect(SecretStrength.weakness(of: secret) != nil)
    }

    private func keys(_ values: [String: String]) -> (keys: [TokenKey], problems: [String]) {
        var environment = Environment(values)
        return (TokenKey.read(from: &environment), environment.problems)
    }

    @Test func firstKeySignsAndOthersAreTaken() {
        let secrets = (0..<3).map { _ in Hex.encode(Random.bytes(32)) }
        let read = keys([
            "JWT_SECRET_KEY": secrets[0], "JWT_ADDITIONAL_SECRET_KEYS": " \(secrets[1]), \(secrets[2]),\(secrets[0])",
        ])
        #expect(read.problems.isEmpty && read.keys.map(\.id) == secrets.map { TokenKey(secret: Array($0.utf8)).id })
    }

    @Test func weakKeysAreNamedAndNotShown() {
        let read = keys([
            "JWT_SECRET_KEY": "hunter2", "JWT_ADDITIONAL_SECRET_KEYS": "\(Hex.encode(Random.bytes(32))) swordfish",
        ])
        #expect(
            read.problems == [
                "JWT_SECRET_KEY must be at least 32 bytes",
                "JWT_ADDITIONAL_SECRET_KEYS: number 2 must be at least 32 bytes",
            ])
        #expect(keys([:]).problems == ["JWT_SECRET_KEY is not set"])
    }
}
