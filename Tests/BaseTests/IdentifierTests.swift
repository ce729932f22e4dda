import Base
import Testing

@Suite struct IdentifierTests {
    private enum Tag {}
    private typealias ID = Identifier<Tag>

    @Test func textRoundTripsInLowerCase() throws {
        let text = "f81d4fae-7dec-11d0-a765-00a0c91e6bf6"
        let id = try #require(ID(text))
        #expect(id.description == text)
        #expect(id.high == 0xf81d_4fae_7dec_11d0)
        #expect(id.low == 0xa765_00a0_c91e_6bf6)
        #expect(ID(text.uppercased()) == id)
        #expect(ID(high: 0, low: 0).description == "00000000-0000-0000-0000-000000000000")
    }

    @Test(arguments: [
        "", "f81d4fae-7dec-11d0-a765-00a0c91e6bf", "f81d4fae-7dec-11d0-a765-00a0c91e6bf66",
        "f81d4fae7dec11d0a76500a0c91e6bf6", "{f81d4fae-7dec-11d0-a765-00a0c91e6bf6}",
        "f81d4fae-7dec-11d0-a765-00a0c91e6bfg", "f81d4fae-7dec-11d0-a76500a0-c91e6bf6",
        " 81d4fae-7dec-11d0-a765-00a0c91e6bf6", "f81d4fae-7dec-11d0-a765-00a0c91e6b\u{E9}",
        "urn:uuid:f81d4fae-7dec-11d0-a765-00a0c91e6bf6",
    ])
    func otherTextsAreRefused(text: String) {
        #expect(ID(text) == nil)
    }

    /// The fields of RFC 9562 section 5.7 and its example's time, appendix A.6.
    @Test func orderedIdentifierIsVersionSeven() {
        let id = ID.ordered(at: Timestamp(microseconds: 0x017F_22E2_79B0 * 1000 + 999))
        #expect(id.description.hasPrefix("017f22e2-79b0-7"))
        #expect(id.low >> 62 == 0b10)
    }

    @Test func orderedIdentifiersSortByTime() {
        let times = (0..<100).map { Timestamp(microseconds: 1_700_000_000_000_000 + $0 * 1000) }
        let ids = times.map { ID.ordered(at: $0) }
        #expect(ids.sorted() == ids)
        #expect(Set(ids).count == 100)
        #expect(ID.ordered(at: Timestamp(microseconds: -5)).description.hasPrefix("00000000-0000-7"))
    }

    @Test func randomIdentifierIsVersionFour() {
        let ids = (0..<200).map { _ in ID.random() }
        #expect(Set(ids).count == 200)
        for id in ids {
            #expect(id.high >> 12 & 0xF == 4)
            #expect(id.low >> 62 == 0b10)
        }
    }

    @Test func orderIsThatOfTheText() throws {
        let ids = (0..<50).map { _ in ID.random() }
        #expect(ids.sorted().map(\.description) == ids.map(\.description).sorted())
    }
}
