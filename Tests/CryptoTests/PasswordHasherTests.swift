import Base
import Crypto
import Testing

@Suite struct PasswordHasherTests {
    private let hasher = PasswordHasher(cost: 4)

    /// The vectors that crypt_blowfish publishes with its source.
    @Test(arguments: [
        ("U*U", "$2a$05$CCCCCCCCCCCCCCCCCCCCC.E5YPO9kmyuRGyh0XouQYb4YMJKvyOeW"),
        ("U*U*", "$2a$05$CCCCCCCCCCCCCCCCCCCCC.VGOzA784oUp/Z0DY336zx7pLYAy0lwK"),
        ("U*U*U", "$2a$05$XXXXXXXXXXXXXXXXXXXXXOAcXxm9kjPGEMsLznoKqmqw7tc8WCx4a"),
        ("", "$2a$05$CCCCCCCCCCCCCCCCCCCCC.7uG0VCzI2bS7j6ymqJi9CdcdxiRTWNy"),
        ("U*U", "$2b$05$CCCCCCCCCCCCCCCCCCCCC.E5YPO9kmyuRGyh0XouQYb4YMJKvyOeW"),
    ])
    func publishedHashesVerify(password: String, stored: String) {
        #expect(hasher.verify(password, against: stored))
        #expect(!hasher.verify(password + "x", against: stored))
    }

    @Test func hashHasTheFormAndAFreshSalt() throws {
        let first = try hasher.hash("correct horse 1")
        #expect(first.hasPrefix("$2b$04$"))
        #expect(first.utf8.count == 60)
        #expect(try hasher.hash("correct horse 1") != first)
        #expect(hasher.verify("correct horse 1", against: first))
        #expect(!hasher.verify("correct horse 2", against: first))
    }

    @Test(arguments: [1, 71, 72, 73, 200, 5000]) func everyByteOfALongPasswordCounts(length: Int) throws {
        let password = String(repeating: "p", count: length - 1) + "a"
        let stored = try hasher.hash(password)
        #expect(hasher.verify(password, against: stored))
        #expect(!hasher.verify(password.dropLast() + "b", against: stored))
        #expect(!hasher.verify(password + "a", against: stored))
        #expect(!hasher.verify(String(password.dropLast()), against: stored))
    }

    @Test func lengthIsCountedInBytes() throws {
        // 36 characters of two bytes fit; one more does not, and still counts.
        let fitting = String(repeating: "\u{E9}", count: 36)
        let stored = try hasher.hash(fitting + "\u{E9}")
        #expect(hasher.verify(fitting + "\u{E9}", against: stored))
        #expect(!hasher.verify(fitting + "\u{E8}", against: stored))
        #expect(!hasher.verify(fitting, against: stored))
        #expect(hasher.verify(fitting, against: try hasher.hash(fitting)))
        let emoji = String(repeating: "\u{1F511}", count: 50)
        #expect(hasher.verify(emoji, against: try hasher.hash(emoji)))
    }

    @Test func preHashOfALongPasswordIsNoPassword() throws {
        let long = String(repeating: "long ", count: 30)
        let stored = try hasher.hash(long)
        let text = Base64.encode(Digest.sha384(long.utf8))
        for guess in [text, "\u{FF}" + text, "\u{FFFD}" + text, Hex.encode(Digest.sha384(long.utf8))] {
            #expect(!hasher.verify(guess, against: stored))
        }
    }

    @Test func passwordsWithANULAreRefused() throws {
        #expect(throws: CryptoError.badPassword) { _ = try hasher.hash("secret\u{0}1") }
        #expect(throws: CryptoError.badPassword) {
            _ = try hasher.hash(String(repeating: "x", count: 100) + "\u{0}")
        }
        #expect(!hasher.verify("secret\u{0}1", against: try hasher.hash("secret")))
        hasher.verifyAgainstNothing("secret\u{0}1")
    }

    @Test(arguments: [
        "", "*0", "abXQbWYAqCLgo", "$1$saltsalt$qjXMvbEw8oaL.CzflDtaK/", "$2b$04$",
        "$2x$05$CCCCCCCCCCCCCCCCCCCCC.E5YPO9kmyuRGyh0XouQYb4YMJKvyOeW",
        "$2b$05$CCCCCCCCCCCCCCCCCCCCC.E5YPO9kmyuRGyh0XouQYb4YMJKvyOe",
        "$2b$05$CCCCCCCCCCCCCCCCCCCCC.E5YPO9kmyuRGyh0XouQYb4YMJKvyOeWW",
        "$2b$05$CCCCCCCCCCCCCCCCCCCCC.E5YPO9kmyuRGyh0XouQYb4YMJKvyOe:",
        "$2b$03$CCCCCCCCCCCCCCCCCCCCC.E5YPO9kmyuRGyh0XouQYb4YMJKvyOeW",
        "$2b$+5$CCCCCCCCCCCCCCCCCCCCC.E5YPO9kmyuRGyh0XouQYb4YMJKvyOeW",
        "$2b$05CCCCCCCCCCCCCCCCCCCCC.$E5YPO9kmyuRGyh0XouQYb4YMJKvyOeW",
    ])
    func valuesThatAreNoBcryptNeverVerify(stored: String) {
        #expect(!hasher.verify("U*U", against: stored))
        #expect(hasher.needsRehash(stored))
    }

    @Test func risenCostAsksForARehash() throws {
        let stored = try hasher.hash("password1")
        #expect(!hasher.needsRehash(stored))
        #expect(PasswordHasher(cost: 5).needsRehash(stored))
        #expect(PasswordHasher(cost: 5).verify("password1", against: stored))
        #expect(!hasher.needsRehash(try PasswordHasher(cost: 5).hash("password1")))
        #expect(hasher.needsRehash("$2a$05$CCCCCCCCCCCCCCCCCCCCC.E5YPO9kmyuRGyh0XouQYb4YMJKvyOeW"))
    }

    @Test func threadsHashAtOnce() throws {
        let stored = try hasher.hash("password1")
        let right = Condition(0)
        let threads = (0..<8).map { index in
            WorkerThread(name: "hash") { [hasher] in
                for _ in 0..<5 where hasher.verify("password\(index % 2)", against: stored) == (index % 2 == 1) {
                    right.update { $0 += 1 }
                }
            }
        }
        for thread in threads { thread.join() }
        #expect(right.withLock { $0 } == 40)
    }
}
