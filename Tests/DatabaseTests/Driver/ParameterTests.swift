import Base
import Postgres
import TestSupport
import Testing

extension DatabaseSuite {
    @Suite struct ParameterTests {
        private enum Tag {}

        let connection: Connection

        init() throws { connection = try DatabaseSuite.connection() }

        @Test func wholeNumbersRoundTripToTheirLimits() throws {
            for number in [Int64.min, -1, 0, 1, .max] {
                let row = try connection.execute("SELECT \(number)::bigint")[0]
                #expect(try row.decode(0, as: Int64.self) == number)
                #expect(try row.decode(0, as: Int.self) == Int(number))
            }
            for number in [Int32.min, 0, .max] {
                #expect(try connection.execute("SELECT \(number)::integer")[0].decode(0) == number)
            }
            #expect(try connection.execute("SELECT \(Int64.max)::bigint - 1")[0].decode(0) == Int64.max - 1)
        }

        @Test func doublesRoundTripExactly() throws {
            for number in [0.1, -0.0, 1e308, .leastNonzeroMagnitude, .pi, .infinity, -.infinity] {
                #expect(try connection.execute("SELECT \(number)::double precision")[0].decode(0) == number)
            }
            let row = try connection.execute("SELECT \(Double.nan)::double precision")[0]
            #expect(try row.decode(0, as: Double.self).isNaN)
        }

        @Test func booleansRoundTrip() throws {
            let row = try connection.execute("SELECT \(true)::boolean, NOT \(true)::boolean")[0]
            #expect(try row.decode(0) == true)
            #expect(try row.decode(1) == false)
        }

        @Test(arguments: [
            "", "plain", "it's", "\"quoted\"", "back\\slash", "$1", "; DROP TABLE users; --", "zażółć gęślą",
            "🇨🇭👩‍👩‍👧", "\u{1}\t\r\n", "e\u{301}", "\u{10FFFF}",
        ])
        func textsRoundTrip(text: String) throws {
            let row = try connection.execute("SELECT \(text)::text, octet_length(\(text)::text)")[0]
            #expect(try row.decode(0, as: String.self).utf8.elementsEqual(text.utf8))
            #expect(try row.decode(1) == text.utf8.count)
        }

        @Test func aLargeTextRoundTrips() throws {
            let text = String(repeating: "größe ", count: 1_000_000)
            let row = try connection.execute("SELECT \(text)::text, length(\(text)::text)")[0]
            #expect(try row.decode(0) == text)
            #expect(try row.decode(1) == 6_000_000)
        }

        /// The same values by both formats, prepared and not.
        @Test func binaryResultsAreReadLikeText() throws {
            let query: Query = """
                SELECT NULL::uuid, '01a1ff20-32bd-7c30-925a-04bf3de0ec2d'::uuid, 'größe'::text, ''::varchar,
                       '-7'::smallint, '-2147483648'::integer, '9223372036854775807'::bigint, true, false,
                       '2026-11-21 07:03:12.000001+00'::timestamptz, '1969-12-31 23:59:59.999999+00'::timestamptz,
                       '0001-01-01 00:00:00+00'::timestamptz, '9999-12-31 23:59:59.999999+00'::timestamptz
                """
            for query in [query, query.plannedAnew()] {
                let text = try connection.execute(query)[0]
                let binary = try connection.execute(query.inBinary())[0]
                func same<T: PostgresDecodable & Equatable>(_ column: Int, as type: T.Type) throws {
                    let value: T = try binary.decode(column)
                    #expect(try text.decode(column) == value)
                }
                #expect(try binary.decodeIfPresent(0, as: Identifier<Tag>.self) == nil)
                try same(1, as: Identifier<Tag>.self)
                for column in 2...3 { try same(column, as: String.self) }
                for column in 4...5 { try same(column, as: Int32.self) }
                for column in 4...6 { try same(column, as: Int64.self) }
                for column in 7...8 { try same(column, as: Bool.self) }
                for column in 9...12 { try same(column, as: Timestamp.self) }
                #expect(throws: PostgresError.self) { try binary.decode(6, as: Int32.self) }
                #expect(throws: PostgresError.self) { try binary.decode(4, as: Timestamp.self) }
            }
            for odd in ["infinity", "-infinity", "10000-01-01", "0044-03-15 BC"] {
                let row = try connection.execute(("SELECT \(odd)::timestamptz" as Query).inBinary())[0]
                #expect(throws: PostgresError.self) { try row.decode(0, as: Timestamp.self) }
            }
        }

        @Test func nullAndEmptyAreNotTheSame() throws {
            let row = try connection.execute(
                "SELECT \(nil as String?)::text, \("")::text, \(nil as String?)::text IS NULL")[0]
            #expect(try row.decodeIfPresent(0, as: String.self) == nil)
            #expect(try row.decodeIfPresent(1, as: String.self) == "")
            #expect(try row.decode(2) == true)
            #expect(throws: PostgresError.self) { try row.decode(0, as: String.self) }
        }

        @Test func timesRoundTripToTheMicrosecond() throws {
            for text in ["2026-11-21T07:03:12.123456Z", "1969-12-31T23:59:59.999999Z", "2000-02-29T00:00:00Z"] {
                let time = try #require(Timestamp(text))
                let row = try connection.execute(
                    "SELECT \(time)::timestamptz, (extract(epoch FROM \(time)::timestamptz) * 1000000)::bigint")[0]
                #expect(try row.decode(0) == time)
                #expect(try row.decode(1) == time.microseconds)
            }
        }

        @Test func identifiersRoundTrip() throws {
            let id = Identifier<Tag>.random()
            let row = try connection.execute("SELECT \(id)::uuid, gen_random_uuid()")[0]
            #expect(try row.decode(0) == id)
            #expect(try row.decode(1, as: Identifier<Tag>.self) != id)
        }

        @Test func bytesRoundTrip() throws {
            let bytes = [UInt8](0...255)
            let row = try connection.execute("SELECT \(bytes)::bytea, length(\(bytes)::bytea), \([UInt8]())::bytea")[0]
            #expect(try row.decode(0) == bytes)
            #expect(try row.decode(1) == 256)
            #expect(try row.decode(2) == [UInt8]())
        }

        @Test func arraysRoundTrip() throws {
            let texts = ["", "NULL", "a,b", "{x}", "\"", "\\", "it's", "é", " "]
            let ids = [Identifier<Tag>.random(), .random()]
            let row = try connection.execute(
                """
                SELECT \(texts)::text[], (\(texts)::text[])[5], \([Int64.min, .max])::bigint[], \(ids)::uuid[],
                       \([String]())::text[], \(ids[1]) = ANY (\(ids)::uuid[])
                """)[0]
            #expect(try row.decode(0) == texts)
            #expect(try row.decode(1) == "\"")
            #expect(try row.decode(2) == [Int64.min, .max])
            #expect(try row.decode(3) == ids)
            #expect(try row.decode(4) == [String]())
            #expect(try row.decode(5) == true)
        }

        @Test func aNULIsRefusedBeforeAnythingIsSent() throws {
            let error = #expect(throws: PostgresError.self) { try connection.execute("SELECT \("a\0b")::text") }
            #expect(error?.sqlState == SQLState.badText)
            #expect(connection.isHealthy)
            #expect(try connection.execute("SELECT count(*) FROM pg_prepared_statements")[0].decode(0) == 0)
        }

        @Test func whatIsNotOfTheTypeIsAnError() throws {
            let row = try connection.execute("SELECT 'x', 1.5")[0]
            #expect(throws: PostgresError.self) { try row.decode(0, as: Int.self) }
            #expect(throws: PostgresError.self) { try row.decode(1, as: Int.self) }
            #expect(throws: PostgresError.self) { try row.decode(2, as: Int.self) }
            #expect(throws: PostgresError.self) { try row.decode(-1, as: Int.self) }
        }

        @Test func rowsOutliveTheirResultAndConnection() throws {
            var rows: [Row] = []
            do {
                let other = try DatabaseSuite.connection()
                rows = try other.execute("SELECT n, 'row ' || n FROM generate_series(1, 3) AS n").reversed()
                other.close()
            }
            #expect(try rows.map { try $0.decode(0, as: Int.self) } == [3, 2, 1])
            #expect(try rows[0].decode(1) == "row 3")
        }

        @Test func changedRowsAreCounted() throws {
            try connection.execute(script: "CREATE TEMPORARY TABLE t (n integer)")
            #expect(try connection.execute("INSERT INTO t SELECT generate_series(1, \(5)::integer)").affectedRows == 5)
            #expect(try connection.execute("DELETE FROM t WHERE n > \(3)").affectedRows == 2)
            #expect(try connection.execute("DELETE FROM t WHERE n > \(3)").affectedRows == 0)
            #expect(try connection.execute("SELECT n FROM t").count == 3)
        }
    }
}
