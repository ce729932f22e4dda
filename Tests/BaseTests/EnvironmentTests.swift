import Base
import Glibc
import Testing

@Suite struct EnvironmentTests {
    private enum Mode: String, CaseIterable { case development, production }

    @Test func firstSetNameWins() {
        let environment = Environment(["OLD": "old", "NEW": "new", "EMPTY": ""])
        #expect(environment.string("NEW", "OLD") == "new")
        #expect(environment.string("MISSING", "OLD") == "old")
        #expect(environment.string("EMPTY", "OLD") == "old")
        #expect(environment.string("EMPTY") == nil)
    }

    @Test func goodValuesAreRead() {
        var environment = Environment(["N": "7", "ON": "Yes", "OFF": "0", "MODE": "Production", "R": "set"])
        let value1 = environment.integer("N", default: 1, in: 0...10)
        #expect(value1 == 7)
        let value2 = environment.integer("MISSING", default: 1, in: 0...10)
        #expect(value2 == 1)
        let value3 = environment.flag("ON", default: false)
        #expect(value3)
        let value4 = environment.flag("OFF", default: true)
        #expect(!value4)
        let value5 = environment.flag("MISSING", default: true)
        #expect(value5)
        let value6 = environment.choice("MODE", default: Mode.development)
        #expect(value6 == .production)
        let value7 = environment.choice("MISSING", default: Mode.development)
        #expect(value7 == .development)
        let value8 = environment.required("R")
        #expect(value8 == "set")
        #expect(environment.problems.isEmpty)
    }

    @Test func everyProblemIsCollectedWithoutItsValue() {
        var environment = Environment(["N": "s3cret", "BIG": "11", "F": "s3cret", "MODE": "s3cret", "ALIAS": "x"])
        let value9 = environment.integer("N", default: 1, in: 0...10)
        #expect(value9 == 1)
        let value10 = environment.integer("BIG", default: 2, in: 0...10)
        #expect(value10 == 2)
        let value11 = environment.integer("NEW", "ALIAS", default: 3, in: 0...10)
        #expect(value11 == 3)
        let value12 = environment.flag("F", default: true)
        #expect(value12)
        let value13 = environment.choice("MODE", default: Mode.development)
        #expect(value13 == .development)
        let value14 = environment.required("DATABASE_URL", "OLD_URL")
        #expect(value14 == "")
        environment.report("A and B exclude each other")
        #expect(
            environment.problems == [
                "N must be a whole number from 0 to 10", "BIG must be a whole number from 0 to 10",
                "ALIAS must be a whole number from 0 to 10", "F must be true or false",
                "MODE must be one of development, production", "DATABASE_URL is not set", "A and B exclude each other",
            ])
    }

    @Test func processValuesKeepTheirEqualsSigns() {
        setenv("BASE_TESTS_VALUE", "a=b=c", 1)
        #expect(Environment.process().string("BASE_TESTS_VALUE") == "a=b=c")
        unsetenv("BASE_TESTS_VALUE")
    }
}
