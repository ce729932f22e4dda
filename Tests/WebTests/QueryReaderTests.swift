import Base
import Contract
import Domain
import Testing

@testable import Web

@Suite struct QueryReaderTests {
    private func reader(_ query: String) -> QueryReader { QueryReader(WebFixture.request(.get, "/?\(query)")) }

    /// What is wrong after the closure has read its parameters.
    private func problems(_ query: String, _ read: (inout QueryReader) -> Void) -> [String: String] {
        var reader = reader(query)
        read(&reader)
        do throws(ErrorAnswer) {
            try reader.finish()
            return [:]
        } catch {
            #expect(error.code == .validationError)
            return (error.details["fields"]?.object ?? [:]).compactMapValues(\.string)
        }
    }

    @Test(arguments: [
        ("", 1, 20), ("page=3", 3, 20), ("per_page=100", 1, 100), ("page=2&per_page=1", 2, 1),
        ("page=1000000000", 1_000_000_000, 20),
    ])
    func pageIsRead(_ query: String, _ page: Int, _ perPage: Int) {
        var reader = reader(query)
        #expect(reader.page() == PageRequest(page: page, perPage: perPage))
        #expect(throws: Never.self) { try reader.finish() }
    }

    @Test(arguments: ["0", "-1", "1000000001", "x", "1.5", "", "99999999999999999999", "0x10", " 1", "1e3"])
    func pageOutOfRangeIsRefused(_ text: String) {
        #expect(
            problems("page=\(text)") { _ = $0.page() } == ["page": "must be a whole number from 1 to 1000000000"])
    }

    @Test(arguments: ["0", "101", "-5", "all", ""])
    func pageSizeOutOfRangeIsRefused(_ text: String) {
        #expect(
            problems("per_page=\(text)") { _ = $0.page() } == ["per_page": "must be a whole number from 1 to 100"])
    }

    @Test func everyProblemIsToldAtOnce() {
        let problems = problems("page=0&per_page=0&on=maybe&id=7") { reader in
            _ = reader.page()
            _ = reader.flag("on", default: true)
            _ = reader.value("id", UserID.validated)
        }
        #expect(problems.keys.sorted() == ["id", "on", "page", "per_page"] && problems["id"] == "must be a UUID")
    }

    @Test(arguments: [
        ("on=true", true), ("on=1", true), ("on=TRUE", true), ("on=false", false), ("on=0", false), ("", true),
    ])
    func flagIsRead(_ query: String, _ expected: Bool) {
        var reader = reader(query)
        #expect(reader.flag("on", default: true) == expected)
    }

    @Test(arguments: ["yes", "", "2", "on", "truee"])
    func otherFlagIsRefused(_ text: String) {
        #expect(problems("on=\(text)") { _ = $0.flag("on", default: false) } == ["on": "must be true or false"])
    }

    @Test(arguments: [
        ("2027-01-15", 1_799_971_200), ("2027-01-15T08:00:00Z", 1_800_000_000),
        ("2027-01-15T09:00:00%2B01:00", 1_800_000_000), ("2027-01-15T09:00:00+01:00", 1_800_000_000),
        ("2027-01-15T07:00:00-01:00", 1_800_000_000),
    ])
    func timeIsReadEvenWithAnUnescapedPlus(_ text: String, _ seconds: Int64) {
        var reader = reader("t=\(text)")
        #expect(reader.value("t", Timestamp.validated) == Timestamp(seconds: seconds))
    }

    @Test(arguments: [
        "yesterday", "2027-13-01", "2027-02-29", "1800000000", "0000-01-01", "9999-12-31T23:59:59-01:00",
        "2027-01-15T08:00Z", "2027-01-15T08:00:00",
    ])
    func otherTimeIsRefused(_ text: String) {
        #expect(
            problems("t=\(text)") { _ = $0.value("t", Timestamp.validated) }
                == ["t": "must be a date or an RFC 3339 time"])
    }

    @Test func emptyValueCountsAsAbsent() {
        var reader = reader("id=")
        #expect(reader.value("id", UserID.validated) == nil)
        #expect(throws: Never.self) { try reader.finish() }
    }

    @Test func nullCharacterIsRefused() {
        #expect(
            problems("f=a%00b") { _ = $0.value("f") { text throws(InvalidValue) in text } }
                == ["f": "must not contain a null character"])
    }
}
