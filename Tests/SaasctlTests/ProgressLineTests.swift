import Testing

@testable import saasctl

struct ProgressLineTests {
    private func line(_ label: String, done: Int64, total: Int64, width: Int) -> String {
        ProgressLine.text(label, done: done, total: total, elapsed: .seconds(2), width: width)
    }

    @Test func aWideTerminalShowsEverything() {
        #expect(
            line("a.pdf", done: 50 << 20, total: 100 << 20, width: 80)
                == "a.pdf  [##########----------]   50%  50.0 MiB of 100.0 MiB  25.0 MiB/s")
    }

    @Test(arguments: [0, 1, 20, 40, 60, 80, 200])
    func noLineIsAsWideAsTheTerminal(width: Int) {
        let label = String(repeating: "long/", count: 30)
        for done in [0, 1, 1 << 20, (3 << 40) - 1, 3 << 40] as [Int64] {
            #expect(line(label, done: done, total: 3 << 40, width: width).count <= max(0, width - 1))
        }
    }

    @Test func aLongNameShowsItsEnd() {
        let text = line(String(repeating: "x", count: 100) + "/the-end.pdf", done: 1, total: 2, width: 100)
        #expect(text.hasPrefix("...") && text.contains("the-end.pdf  ["))
    }

    @Test func whatHasNoSizeIsNotHalfDone() {
        #expect(line("a", done: 0, total: 0, width: 80).contains(" 0% "))
        #expect(line("a", done: 5, total: 4, width: 80).contains("100%"))
    }
}
