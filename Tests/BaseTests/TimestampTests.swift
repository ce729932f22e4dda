import Base
import Testing

@Suite struct TimestampTests {
    /// RFC 3339 section 5.8, without its leap seconds, and what PostgreSQL writes.
    @Test(arguments: [
        ("1985-04-12T23:20:50.52Z", "1985-04-12T23:20:50.520000Z"),
        ("1996-12-19T16:39:57-08:00", "1996-12-20T00:39:57.000000Z"),
        ("1937-01-01T12:00:27.87+00:20", "1937-01-01T11:40:27.870000Z"),
        ("2026-11-21t07:03:12z", "2026-11-21T07:03:12.000000Z"),
        ("2026-11-21 07:03:12.123456+00", "2026-11-21T07:03:12.123456Z"),
        ("2026-11-21 07:03:12.5-0530", "2026-11-21T12:33:12.500000Z"),
        ("2026-11-21T07:03:12.123456789Z", "2026-11-21T07:03:12.123456Z"),
        ("2026-11-21", "2026-11-21T00:00:00.000000Z"), ("2024-02-29", "2024-02-29T00:00:00.000000Z"),
        ("2000-02-29T23:59:59.999999Z", "2000-02-29T23:59:59.999999Z"),
        ("1969-12-31T23:59:59.999999Z", "1969-12-31T23:59:59.999999Z"),
        ("1970-01-01T00:00:00-00:00", "1970-01-01T00:00:00.000000Z"),
        ("0001-01-01T00:00:00Z", "0001-01-01T00:00:00.000000Z"),
        ("9999-12-31T23:59:59.999999Z", "9999-12-31T23:59:59.999999Z"),
    ])
    func timesAreRead(text: String, utc: String) throws {
        #expect(try #require(Timestamp(text)).description == utc)
    }

    @Test(arguments: [
        "", "2026", "2026-11", "2026-1-21", "2026-13-01", "2026-00-01", "2026-11-00", "2026-11-31", "2026-02-29",
        "1900-02-29", "2100-02-29", "2026-11-21T", "2026-11-21T07:03", "2026-11-21T07:03:12",
        "2026-11-21T24:00:00Z", "2026-11-21T07:60:00Z", "2026-11-21T07:03:60Z", "2026-11-21T07:03:12.Z",
        "2026-11-21T07:03:12,5Z", "2026-11-21T07:03:12Zx", "2026-11-21T07:03:12+24:00", "2026-11-21T07:03:12+01:60",
        "2026-11-21T07:03:12+1", "2026-11-21T07:03:12+01:", "2026-11-21T07:03:12.1234567890Z", "+026-11-21",
        "-026-11-21", "12026-11-21", "2026-11-21T07:03:12 Z", " 2026-11-21", "2026-11-21 ", "2026/11/21",
        "2026-11-21T07:03:1\u{0662}Z", "now", "infinity",
        // Outside the four-digit years once the offset is taken off.
        "0000-01-01", "0001-01-01T00:00:00+00:01", "9999-12-31T23:59:59-00:01", "0000-01-01T00:00:00+23:59",
    ])
    func otherTextsAreRefused(text: String) {
        #expect(Timestamp(text) == nil)
    }

    @Test func knownSecondsMatchTheCalendar() throws {
        #expect(try #require(Timestamp("2001-09-09T01:46:40Z")).seconds == 1_000_000_000)
        #expect(try #require(Timestamp("2038-01-19T03:14:08Z")).seconds == 1 << 31)
        #expect(try #require(Timestamp("1900-01-01T00:00:00Z")).seconds == -2_208_988_800)
        #expect(Timestamp(seconds: -1).description == "1969-12-31T23:59:59.000000Z")
    }

    @Test func everyDayOfFourCenturiesRoundTrips() throws {
        let first = try #require(Timestamp("1800-01-01")).seconds
        for day in Int64(0)..<146_097 {
            let time = Timestamp(seconds: first + day * 86_400)
            #expect(Timestamp(String(time.description.prefix(10))) == time)
        }
    }

    @Test func secondsRoundDown() {
        #expect(Timestamp(microseconds: 1_999_999).seconds == 1)
        #expect(Timestamp(microseconds: -1).seconds == -1)
        #expect(Timestamp(microseconds: -1_000_000).seconds == -1)
        #expect(Timestamp(microseconds: -1_000_001).seconds == -2)
    }

    @Test func timesOutsideTheFourDigitYearsAreWrittenAsTheNearest() {
        #expect(Timestamp(microseconds: .min).description == "0001-01-01T00:00:00.000000Z")
        #expect(Timestamp(microseconds: .max).description == "9999-12-31T23:59:59.999999Z")
    }

    @Test func sumsAndDifferences() {
        let time = Timestamp(seconds: 100)
        #expect(time + .milliseconds(1500) == Timestamp(microseconds: 101_500_000))
        #expect(time - .microseconds(1) == Timestamp(microseconds: 99_999_999))
        #expect(time - Timestamp(seconds: 40) == .seconds(60))
        #expect(Timestamp(seconds: 1) < time)
        #expect(Duration.seconds(-1.5).microseconds == -1_500_000)
        #expect(Duration.microseconds(1999).milliseconds == 1)
    }
}
