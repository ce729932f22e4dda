import Base
import Testing

@testable import Postgres

@Suite struct QueryTests {
    @Test func valuesBecomeNumberedParameters() {
        let email = "o'brien@example.com"
        let query: Query = "SELECT id FROM users WHERE email = \(email) AND age > \(18) AND active"
        #expect(query.text == "SELECT id FROM users WHERE email = $1 AND age > $2 AND active")
        #expect(query.binds == [email, "18"])
    }

    @Test func aLiteralAloneHasNoParameters() {
        let query: Query = "SELECT 1"
        #expect(query.text == "SELECT 1")
        #expect(query.binds.isEmpty)
    }

    @Test func adjacentAndLeadingValuesAreNumbered() {
        let query: Query = "\(1)\(2) é, \(3)"
        #expect(query.text == "$1$2 é, $3")
        #expect(query.binds == ["1", "2", "3"])
    }

    @Test func nilIsNull() {
        let query: Query = "SELECT \(nil as String?), \("x" as String?)"
        #expect(query.binds == [nil, "x"])
    }

    @Test func joiningNumbersOn() {
        var query: Query = "SELECT id FROM documents WHERE tenant = \("a")"
        query += " AND size > \(5)"
        let joined = query + " ORDER BY id LIMIT \(10)"
        #expect(joined.text == "SELECT id FROM documents WHERE tenant = $1 AND size > $2 ORDER BY id LIMIT $3")
        #expect(joined.binds == ["a", "5", "10"])
    }

    @Test func valuesDoNotChangeTheShape() {
        func query(_ name: String, _ limit: Int) -> Query {
            "SELECT id FROM documents WHERE filename = \(name)" + " LIMIT \(literal: limit)"
        }
        #expect(query("a", 20).shape == query("b", 20).shape)
        #expect(query("a", 20).shape.hashValue == query("b", 20).shape.hashValue)
    }

    /// Statements are kept by their shape: two texts of one shape would run each other's.
    @Test func whatChangesTheTextChangesTheShape() {
        let a: Query = "SELECT a"
        let b: Query = "SELECT b"
        let name = SQLIdentifier("a")!
        let different: [Query] = [
            a, b, a + b, b + a, a + "\(1)", "\(1)" + a, a + "\(literal: 1)", a + "\(literal: 2)",
            a + "\(identifier: name)", a + "\(1)\(2)",
        ]
        for (index, query) in different.enumerated() {
            for other in different[(index + 1)...] {
                #expect(query.text != other.text)
                #expect(query.shape != other.shape)
            }
        }
    }

    @Test func moreThanNineParametersKeepTheirNumbers() {
        var query: Query = "VALUES (\(1))"
        for number in 2...120 { query += ", (\(number))" }
        #expect(query.text.hasSuffix(", ($119), ($120)"))
        #expect(query.binds.count == 120)
    }

    @Test func identifiersStandInTheTextQuoted() throws {
        let name = try #require(SQLIdentifier("tenant_acme_0f"))
        let query: Query = "CREATE DATABASE \(identifier: name)"
        #expect(query.text == #"CREATE DATABASE "tenant_acme_0f""#)
        #expect(query.binds.isEmpty)
    }

    @Test(arguments: ["a", "_", "tenant_1", String(repeating: "x", count: 63)])
    func plainNamesAreIdentifiers(name: String) { #expect(SQLIdentifier(name)?.name == name) }

    @Test(arguments: [
        "", "1a", "A", "a-b", "a b", "a\"b", "a;b", "é", "a\0", "a.b", "a\n", String(repeating: "x", count: 64),
    ])
    func otherNamesAreNot(name: String) { #expect(SQLIdentifier(name) == nil) }

    @Test func numberThatTheServerPlansByIsPartOfTheText() {
        let query: Query = "SELECT id FROM files WHERE size > \(1) LIMIT \(literal: 21)"
        #expect(query.text == "SELECT id FROM files WHERE size > $1 LIMIT 21")
        #expect(query.binds == ["1"])
        #expect(query.isReusable && query.isSelect)
        #expect(!("UPDATE files SET size = 1" as Query).isSelect)
    }
}
