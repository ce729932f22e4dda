import Testing

@testable import saasctl

@Suite struct NearestTests {
    @Test(arguments: [
        ("", "", 0), ("a", "", 1), ("tenants", "tenant", 1), ("lisst", "list", 1), ("lsit", "list", 1),
        ("suspend", "suspended", 2),
    ]) func editsAreCounted(first: String, second: String, edits: Int) {
        #expect(Nearest.distance(first, second) == edits && Nearest.distance(second, first) == edits)
    }

    @Test func nearOneIsFoundAndAFarOneIsNot() {
        let commands = ["tenants list", "tenants suspend", "users list"]
        #expect(Nearest.word(to: "tenants lisst", of: commands) == "tenants list")
        #expect(Nearest.word(to: "tenant suspend", of: commands) == "tenants suspend")
        #expect(Nearest.word(to: "frobnicate", of: commands) == nil)
        #expect(Nearest.word(to: "x", of: []) == nil)
    }
}
