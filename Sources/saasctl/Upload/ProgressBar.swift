import Base
import Glibc

/// The progress of one transfer on the terminal at standard error, drawn at most ten times a second; nothing where
/// there is no terminal.
final class ProgressBar: Sendable {
    private struct State {
        var started: ContinuousClock.Instant?
        var drawn: ContinuousClock.Instant?
        var isVisible = false
    }

    private let label: String
    private let console: Console
    private let isShown: Bool
    private let state = Condition(State())

    init(_ label: String, _ console: Console) {
        // A name may hold what a terminal obeys.
        self.label = String(
            String.UnicodeScalarView(label.unicodeScalars.map { $0.value < 32 || $0.value == 127 ? "?" : $0 }))
        self.console = console
        isShown = isatty(STDERR_FILENO) == 1
    }

    func show(_ done: Int64, of total: Int64) {
        guard isShown else { return }
        state.withLock { state in
            let now = ContinuousClock.now
            let started = state.started ?? now
            state.started = started
            if let drawn = state.drawn, now - drawn < .milliseconds(100), done < total { return }
            state.drawn = now
            state.isVisible = true
            let line = ProgressLine.text(label, done: done, total: total, elapsed: now - started, width: Self.width)
            console.prompt("\r\u{1B}[K\(line)")
        }
    }

    /// Takes the line away.
    func clear() {
        state.withLock { state in
            if state.isVisible { console.prompt("\r\u{1B}[K") }
            state.isVisible = false
        }
    }

    private static var width: Int {
        var size = winsize()
        guard ioctl(STDERR_FILENO, UInt(TIOCGWINSZ), &size) == 0, size.ws_col > 0 else { return 80 }
        return Int(size.ws_col)
    }
}
