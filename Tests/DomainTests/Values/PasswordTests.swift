import Domain
import Testing

@Suite struct PasswordTests {
    @Test(arguments: ["abcdefg1", "correct horse battery 1", "пароль123", "1234567a", "Passwort٣"])
    func goodPasswordIsTakenAsTyped(_ text: String) throws { #expect(try Password(text).text == text) }

    @Test func spacesAreKept() throws { #expect(try Password("  abc 1  ").text == "  abc 1  ") }

    @Test func tooShortIsRefused() {
        #expect(problem("abcdef1", Password.init(_:)) == "must be at least 8 characters")
        #expect(problem("", Password.init(_:)) == "must be at least 8 characters")
    }

    @Test func letterAndDigitAreNeeded() {
        #expect(problem("12345678", Password.init(_:)) == "must contain a letter")
        #expect(problem("abcdefgh", Password.init(_:)) == "must contain a digit")
        #expect(problem("abcdefg½", Password.init(_:)) == "must contain a digit")
    }

    @Test func longerThanBcryptsLimitIsTaken() throws {
        let long = String(repeating: "a", count: 1023) + "1"
        #expect(try Password(long).text == long)
        #expect(problem(long + "b", Password.init(_:)) == "must be at most 1024 bytes")
    }

    @Test func nullCharacterIsRefused() {
        #expect(problem("abcdefg1\u{0}x", Password.init(_:)) == "must not contain a null character")
    }
}
