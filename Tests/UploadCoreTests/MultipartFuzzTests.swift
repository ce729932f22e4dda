import MultipartFuzz
import Testing

/// A short run of the fuzz loop (`make fuzz` is the long one).
@Suite struct MultipartFuzzTests {
    private static let corpus = MultipartFuzzer.corpus(
        in: #filePath.split(separator: "/").dropLast(2).map { "/" + $0 }.joined() + "/Fuzz/corpus")

    @Test func everyBodyOfTheCorpusParsesTheSameHoweverItIsSplit() throws {
        #expect(Self.corpus.count >= 10)
        var fuzzer = try MultipartFuzzer(corpus: Self.corpus, seed: 0)
        for body in Self.corpus { #expect(fuzzer.problem(with: body) == nil) }
    }

    @Test(arguments: 1...4) func changedBodiesDoToo(seed: UInt64) throws {
        var fuzzer = try MultipartFuzzer(corpus: Self.corpus, seed: seed)
        for _ in 0..<1000 {
            guard let finding = fuzzer.step() else { continue }
            #expect(Bool(false), "\(finding.problem): \(finding.body)")
            return
        }
    }
}
