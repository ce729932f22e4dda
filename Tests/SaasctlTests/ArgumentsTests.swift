import Base
import Contract
import Testing

@testable import saasctl

struct ArgumentsTests {
    private let flag = Option.flag("json", "")
    private let value = Option.value("tenant-id", "ID", "")
    private let id = "01890000-0000-7000-8000-0000000000ab"

    private func parse(_ words: String...) throws(UsageError) -> Arguments {
        try Arguments(words, for: [flag, value])
    }

    private func refusal(of words: String...) -> String? {
        do {
            _ = try Arguments(words, for: [flag, value])
            return nil
        } catch {
            return error.sentence
        }
    }

    @Test func nothingIsGivenByDefault() throws {
        let arguments = try parse()
        #expect(!arguments.has(flag))
        #expect(try arguments.value(of: value, as: TenantID.self) == nil)
    }

    @Test func optionsComeInAnyOrderAndBothForms() throws {
        let separate = try parse("--tenant-id", id, "--json")
        let joined = try parse("--json", "--tenant-id=\(id)")
        for arguments in [separate, joined] {
            #expect(arguments.has(flag))
            #expect(try arguments.value(of: value) == TenantID(id))
        }
    }

    @Test func unknownWordsAreNamed() {
        #expect(refusal(of: "--jsno") == "unknown option --jsno; did you mean --json?")
        #expect(refusal(of: "--jsno=1") == "unknown option --jsno; did you mean --json?")
        #expect(refusal(of: "-j") == "unknown option -j")
        #expect(refusal(of: "--") == "unknown option --")
        #expect(refusal(of: "--json", "more") == "unexpected argument more")
        #expect(refusal(of: "") == "unexpected argument ")
    }

    @Test func nameMustBeWhole() {
        #expect(refusal(of: "--tenant", id) == "unknown option --tenant")
        #expect(refusal(of: "--json2") == "unknown option --json2; did you mean --json?")
    }

    @Test func repeatedOptionIsRefused() {
        #expect(refusal(of: "--json", "--json") == "--json is given twice")
        #expect(refusal(of: "--tenant-id", id, "--tenant-id=\(id)") == "--tenant-id is given twice")
    }

    @Test func valueStandsExactlyWhereOneIsTaken() {
        #expect(refusal(of: "--json=yes") == "--json takes no value")
        #expect(refusal(of: "--tenant-id") == "--tenant-id needs a value: ID")
        #expect(refusal(of: "--tenant-id=") == "--tenant-id needs a value: ID")
        #expect(refusal(of: "--tenant-id", "") == "--tenant-id needs a value: ID")
        #expect(refusal(of: "--tenant-id", "--json") == "--tenant-id needs a value: ID")
    }

    @Test func operandsStandBetweenTheOptionsWhereTheyAreTaken() throws {
        let words = ["a", "--json", "b", "--tenant-id", id, "--", "--json", "-c"]
        let arguments = try Arguments(words, for: [flag, value], takesOperands: true)
        #expect(arguments.operands == ["a", "b", "--json", "-c"])
        #expect(arguments.has(flag))
        #expect(throws: UsageError("unknown option -x")) {
            try Arguments(["a", "-x"], for: [flag], takesOperands: true)
        }
    }

    @Test func valueOfAnotherFormIsRefused() throws {
        let arguments = try parse("--tenant-id", "7")
        #expect(throws: UsageError("--tenant-id must be a UUID")) {
            try arguments.value(of: value, as: TenantID.self)
        }
    }
}
