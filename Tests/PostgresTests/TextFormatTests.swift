import Base
import Postgres
import Testing

@Suite struct TextFormatTests {
    private enum Tag {}

    private func decode<T: PostgresDecodable>(_ text: String, as type: T.Type = T.self) -> T? {
        Array(text.utf8).withUnsafeBytes { T(postgresText: $0) }
    }

    private func roundTrip<T: PostgresEncodable & PostgresDecodable & Equatable>(_ value: T) -> Bool {
        value.postgresText.flatMap { decode($0, as: T.self) } == value
    }

    @Test func wholeNumbersKeepTheirLimits() {
        #expect(roundTrip(Int64.min) && roundTrip(Int64.max) && roundTrip(Int64(0)))
        #expect(roundTrip(Int32.min) && roundTrip(Int32.max))
        #expect(roundTrip(Int.min) && roundTrip(Int.max) && roundTrip(-1))
    }

    @Test(arguments: ["", "-", "+1", " 1", "1 ", "1.0", "0x1", "9223372036854775808", "-9223372036854775809", "٣"])
    func whatIsNoWholeNumberIsRefused(text: String) { #expect(decode(text, as: Int64.self) == nil) }

    @Test func smallerTypesRefuseLargerNumbers() {
        #expect(decode("2147483648", as: Int32.self) == nil)
        #expect(decode("-2147483648", as: Int32.self) == .min)
        #expect(decode("-2147483649", as: Int32.self) == nil)
    }

    @Test func doublesAreExact() {
        #expect(
            roundTrip(0.1) && roundTrip(-1e308) && roundTrip(Double.leastNonzeroMagnitude) && roundTrip(Double.infinity)
        )
        #expect(decode("-Infinity", as: Double.self) == -.infinity)
        #expect(decode("NaN", as: Double.self)?.isNaN == true)
        #expect(decode("1,5", as: Double.self) == nil)
    }

    @Test func booleansAreOneLetter() {
        #expect(true.postgresText == "t" && false.postgresText == "f")
        #expect(decode("t", as: Bool.self) == true && decode("f", as: Bool.self) == false)
        #expect(decode("true", as: Bool.self) == nil && decode("", as: Bool.self) == nil)
    }

    @Test func timesAndIdentifiersRoundTrip() throws {
        #expect(roundTrip(Timestamp(microseconds: 1_795_244_592_123_456)))
        #expect(decode("2026-11-21 07:03:12.5+00", as: Timestamp.self) == Timestamp("2026-11-21T07:03:12.5Z"))
        #expect(decode("infinity", as: Timestamp.self) == nil)
        #expect(roundTrip(Identifier<Tag>.random()))
        #expect(decode("no", as: Identifier<Tag>.self) == nil)
    }

    @Test func bytesAreHexadecimal() {
        #expect([UInt8]([0, 0xab, 0xff]).postgresText == "\\x00abff")
        #expect(roundTrip([UInt8](0...255)) && roundTrip([UInt8]()))
        #expect(decode("\\x0", as: [UInt8].self) == nil && decode("00", as: [UInt8].self) == nil)
        #expect(decode("\\xzz", as: [UInt8].self) == nil)
    }

    @Test func arraysRoundTrip() {
        #expect(roundTrip([String]()) && roundTrip([Int64.min, 0, .max]) && roundTrip([1, -2]))
        #expect(roundTrip(["", "NULL", "a,b", "{}", "\"", "\\", "\\\"", " ", "é🇨🇭", "a\nb", "'", "\u{301}\""]))
        #expect(roundTrip([Identifier<Tag>.random(), .random()]))
    }

    @Test func arraysOfTheServersOwnFormAreRead() {
        #expect(decode("{1,2,3}", as: [Int].self) == [1, 2, 3])
        #expect(decode(#"{plain,"with, comma","q\"uote"}"#, as: [String].self) == ["plain", "with, comma", #"q"uote"#])
    }

    @Test(arguments: [
        "", "{", "}", "{1", "1}", "{1,}", "{,1}", "{NULL}", "{{1},{2}}", "{1}2", "{\"1}", "{\"1\\", "{a}",
    ])
    func brokenArraysAreRefused(text: String) { #expect(decode(text, as: [Int].self) == nil) }

    @Test func absentValuesAreNull() {
        #expect((nil as Int?).postgresText == nil)
        #expect((nil as [String]?).postgresText == nil)
        #expect((7 as Int?).postgresText == "7")
        #expect("".postgresText == "")
    }
}
