import Testing

@testable import saasctl

@Suite struct TransferProgressTests {
    @Test func lineShowsShareAndRate() {
        let line = TransferProgress.line("objects", 50_000_000, of: 100_000_000, in: .seconds(2))
        let bar = String(repeating: "#", count: 15) + String(repeating: ".", count: 15)
        #expect(line == "objects  [\(bar)] 50 %  50.0 of 100.0 MB  25.0 MB/s")
    }

    @Test func unknownTotalHasNoBar() {
        #expect(TransferProgress.line("database", 0, of: nil, in: .seconds(1)) == "database")
        #expect(TransferProgress.line("checking", 3_000_000, of: nil, in: .seconds(1)) == "checking  3.0 MB  3.0 MB/s")
        #expect(TransferProgress.line("objects", 0, of: 0, in: .seconds(1)) == "objects")
    }
}
