import Domain
import Testing

@Suite struct ContentDispositionTests {
    private func header(_ name: String) -> String { ContentDisposition.attachment(Filename(stored: name)) }

    @Test func plainNameNeedsNoExtendedForm() {
        #expect(header("example.html") == #"attachment; filename="example.html""#)
        #expect(header("an example.html") == #"attachment; filename="an example.html""#)
        #expect(header("a;b,c=d.txt") == #"attachment; filename="a;b,c=d.txt""#)
    }

    /// RFC 6266 section 5.
    @Test func euroRatesOfTheRFC() {
        #expect(header("€ rates") == #"attachment; filename="_ rates"; filename*=UTF-8''%E2%82%AC%20rates"#)
    }

    /// RFC 8187 section 3.2.3, in upper case.
    @Test func poundAndEuroRatesOfTheRFC() {
        #expect(
            header("£ and € rates")
                == #"attachment; filename="_ and _ rates"; filename*=UTF-8''%C2%A3%20and%20%E2%82%AC%20rates"#)
    }

    @Test func quoteBackslashAndPercentStandInTheExtendedFormOnly() {
        #expect(header(#"a"b.txt"#) == #"attachment; filename="a_b.txt"; filename*=UTF-8''a%22b.txt"#)
        #expect(header(#"a\b.txt"#) == #"attachment; filename="a_b.txt"; filename*=UTF-8''a%5Cb.txt"#)
        #expect(header("50%.txt") == #"attachment; filename="50_.txt"; filename*=UTF-8''50%25.txt"#)
        #expect(header("a%41.txt") == #"attachment; filename="a_41.txt"; filename*=UTF-8''a%2541.txt"#)
    }

    @Test func apostropheAndStarAreEncodedBecauseTheyDelimit() {
        #expect(header("é'*.txt") == #"attachment; filename="_'*.txt"; filename*=UTF-8''%C3%A9%27%2A.txt"#)
    }

    @Test func emojiIsOneUnderscoreAScalar() {
        #expect(header("😀.png") == #"attachment; filename="_.png"; filename*=UTF-8''%F0%9F%98%80.png"#)
    }

    @Test(arguments: ["a\r\nSet-Cookie: x=1", "a\nb", "a\u{0}b", "a\u{7F}b", "a\u{85}b"])
    func lineBreakCannotLeaveTheName(_ name: String) {
        // No such name can be made; what a database might hold is rendered harmless all the same.
        #expect(throws: InvalidValue.self) { try Filename(name) }
        #expect(header(name).unicodeScalars.allSatisfy { (0x20..<0x7F).contains($0.value) })
    }
}
