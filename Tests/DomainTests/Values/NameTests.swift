import Domain
import Testing

@Suite struct NameTests {
    @Test func namesAreTrimmed() throws {
        #expect(try PersonName("  Ada \u{A0}").text == "Ada")
        #expect(try TenantName("\tAcme & Söhne GmbH\n").text == "Acme & Söhne GmbH")
    }

    @Test(arguments: ["", "   ", "\u{3000}\n", "\u{200B}", "\u{200D}\u{2060} \u{FE0F}"])
    func emptyNameIsRefused(_ text: String) {
        #expect(problem(text, PersonName.init(_:)) == "must not be empty")
        #expect(problem(text, TenantName.init(_:)) == "must not be empty")
    }

    @Test func lengthIsCountedInScalarsAsTheDatabaseDoes() {
        #expect(problem(String(repeating: "é", count: 100), PersonName.init(_:)) == nil)
        #expect(problem(String(repeating: "é", count: 101), PersonName.init(_:)) == "must be at most 100 characters")
        // Two scalars each.
        #expect(problem(String(repeating: "e\u{301}", count: 51), PersonName.init(_:)) != nil)
        #expect(problem(String(repeating: "x", count: 255), TenantName.init(_:)) == nil)
        #expect(problem(String(repeating: "x", count: 256), TenantName.init(_:)) == "must be at most 255 characters")
    }

    @Test(arguments: ["a\u{0}b", "a\nb", "a\u{1B}[31mb", "a\u{85}b", "a\u{2028}b", "a\u{202E}b", "a\u{2066}b"])
    func controlCharacterIsRefused(_ text: String) {
        #expect(problem(text, PersonName.init(_:)) == "must not contain control characters")
        #expect(problem(text, TenantName.init(_:)) == "must not contain control characters")
        #expect(problem(text, Filename.init(_:)) == "must not contain control characters")
    }

    @Test(arguments: ["李明", "Nguyễn Văn A", "O'Neill-Smith", "محمد", "👩‍👧 Co."])
    func everyScriptIsTaken(_ text: String) throws { #expect(try PersonName(text).text == text) }
}
