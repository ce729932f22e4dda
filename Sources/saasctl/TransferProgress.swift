import Backup
import Base
import Glibc

/// Shows on standard error how far the work is: a bar on a terminal, else nothing.
final class TransferProgress: BackupProgress {
    private struct State {
        var part = ""
        var total: Int64?
        var done: Int64 = 0
        var began = ContinuousClock.now
        var shown = ContinuousClock.now
    }

    private static let width = 30

    private let isShown: Bool
    private let console: Console
    private let state = Condition(State())

    init(_ console: Console) {
        self.console = console
        isShown = isatty(STDERR_FILENO) == 1
    }

    func begin(_ part: String, bytes: Int64?) {
        state.withLock { $0 = State(part: part, total: bytes) }
        show(final: false)
    }

    func advance(_ bytes: Int64) {
        let isDue = state.withLock { state in
            state.done += bytes
            guard state.shown.duration(to: .now) > .milliseconds(100) else { return false }
            state.shown = .now
            return true
        }
        if isDue { show(final: false) }
    }

    func end() { show(final: true) }

    private func show(final: Bool) {
        guard isShown else { return }
        let state = state.withLock { $0 }
        console.prompt(
            "\r\u{1B}[K" + Self.line(state.part, state.done, of: state.total, in: ContinuousClock.now - state.began))
        if final { console.prompt("\n") }
    }

    /// `objects  [#####.....] 50 %  12.0 of 24.0 MB  80.0 MB/s`
    static func line(_ part: String, _ done: Int64, of total: Int64?, in time: Duration) -> String {
        let seconds = Double(time.components.seconds) + Double(time.components.attoseconds) / 1e18
        let rate = seconds > 0.2 && done > 0 ? "  \(megabytes(Int64(Double(done) / seconds))) MB/s" : ""
        guard let total, total > 0 else { return done > 0 ? "\(part)  \(megabytes(done)) MB\(rate)" : part }
        let share = min(1, Double(done) / Double(total))
        let filled = Int(share * Double(width))
        let bar = String(repeating: "#", count: filled) + String(repeating: ".", count: width - filled)
        return "\(part)  [\(bar)] \(Int(share * 100)) %  \(megabytes(done)) of \(megabytes(total)) MB\(rate)"
    }

    /// With one decimal place.
    private static func megabytes(_ bytes: Int64) -> String {
        let tenths = bytes / 100_000
        return "\(tenths / 10).\(tenths % 10)"
    }
}
