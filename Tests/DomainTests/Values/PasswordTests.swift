import Domain
import Testing

@Suite struct PasswordTests {
    @Test(arguments: ["abcdefk1", "correct horse battery 1", "пароль123", "7234567a", "Passwort٣"])
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
        #expect(problem(long + "b", Password.init(_:)) == "must be at most 1024 characters")
    }

    @Test(arguments: ["password1", "PassWord1", "password1!", "qwerty123", "abc12345", "trustno1", "1q2w3e4r??"])
    func commonPasswordIsRefused(_ text: String) {
        #expect(problem(text, Password.init(_:)) == "is one of the most common passwords")
    }

    @Test func passwordMadeOfTheAddressIsKnown() throws {
        let email = try EmailAddress("Ada.Lovelace@example.com")
        for text in ["ada.lovelace1", "12ADA.LOVELACE!"] { #expect(try Password(text).isMade(of: email)) }
        #expect(try !Password("ada.lovelace and 1 horse").isMade(of: email))
        #expect(try Password("grace1@example.com").isMade(of: EmailAddress("grace1@example.com")))
    }

    @Test func nullCharacterIsRefused() {
        #expect(problem("abcdefg1\u{0}x", Password.init(_:)) == "must not contain a null character")
    }
}
