import Base
import Glibc

/// A line at the terminal that shows how far the work is; nothing where standard error is no terminal.
struct FleetProgress: Sendable {
    private let total: Int
    private let isShown: Bool
    private let console: Console
    private let begun = ContinuousClock.now

    private static let width = 30

    init(total: Int, _ console: Console) {
        self.total = total
        self.console = console
        isShown = total > 0 && isatty(STDERR_FILENO) == 1
    }

    /// Draws it anew.
    func show(done: Int, failed: Int) {
        guard isShown else { return }
        let filled = Self.width * done / total
        let bar = String(repeating: "#", count: filled) + String(repeating: ".", count: Self.width - filled)
        let elapsed = ContinuousClock.now - begun
        let left = done > 0 ? (elapsed / done * (total - done)).components.seconds : 0
        let failures = failed > 0 ? ", \(failed) failed" : ""
        console.prompt("\r[\(bar)] \(done)/\(total)\(failures), \(left) s left \u{1B}[K")
    }

    /// Takes it away.
    func clear() {
        if isShown { console.prompt("\r\u{1B}[K") }
    }
}
