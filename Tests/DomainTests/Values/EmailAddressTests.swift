import Domain
import Testing

@Suite struct EmailAddressTests {
    @Test func isTrimmedAndLowerCased() throws {
        #expect(try EmailAddress(" \tAda.Lovelace@Example.COM\n").text == "ada.lovelace@example.com")
    }

    @Test(arguments: [
        "a@b.c", "first+tag@sub.example.co.uk", "o'brien@example.ie", "x@xn--bcher-kva.example", "ü@bücher.example",
        "1@2.example",
    ])
    func plausibleAddressIsTaken(_ text: String) throws { #expect(try EmailAddress(text).text == text) }

    @Test(arguments: [
        "", " ", "@", "a@", "@b.c", "a@b", "a@@b.c", "a@b@c.d", "a b@c.d", "a@b c.d", "a@.c", "a@b.", "a@b..c",
        "a@-b.c",
        "a@b-.c", "a@b_c.d", "<a@b.c>", "a@b.c, d@e.f", "a\"b@c.d", "a\\b@c.d", "a;b@c.d", "a@b.c\u{0}",
        "a\u{7}b@c.d", "a\u{202E}b@c.d", "a\u{200B}b@c.d", "a\u{200D}@b.c", "\u{FEFF}a@b.c", "a\u{AD}b@c.d",
        "a@[127.0.0.1]", "a@\u{301}b.c",
    ])
    func implausibleAddressIsRefused(_ text: String) {
        #expect(problem(text, EmailAddress.init(_:)) == "must be an email address")
    }

    @Test func partsHaveTheirLimits() throws {
        let local = String(repeating: "a", count: 64)
        let label = String(repeating: "b", count: 63)
        #expect(throws: Never.self) { try EmailAddress("\(local)@\(label).example") }
        #expect(problem("a\(local)@\(label).example", EmailAddress.init(_:)) == "must be an email address")
        #expect(problem("a@b\(label).example", EmailAddress.init(_:)) == "must be an email address")
    }

    @Test func lengthIsCountedInScalarsAsTheDatabaseDoes() throws {
        func address(_ length: Int) -> String {
            let label = String(repeating: "b", count: 63)
            let start = "a@\(label).\(label).\(label)."
            return start + String(repeating: "c", count: length - start.unicodeScalars.count - 4) + ".com"
        }
        #expect(throws: Never.self) { try EmailAddress(address(255)) }
        #expect(problem(address(256), EmailAddress.init(_:)) == "must be at most 255 characters")
        // Devanagari vowel signs are letters that join the consonant before them: fewer characters than scalars.
        let label = String(repeating: "\u{0915}\u{093E}", count: 10)
        let joined = "a@" + Array(repeating: label, count: 13).joined(separator: ".")
        #expect(joined.count <= 255 && joined.unicodeScalars.count > 255)
        #expect(problem(joined, EmailAddress.init(_:)) == "must be at most 255 characters")
    }
}
