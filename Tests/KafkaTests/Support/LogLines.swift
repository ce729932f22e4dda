import Base

/// Log lines that a test can look at and wait for.
final class LogLines: Sendable {
    private let lines = Condition<[String]>([])

    var log: Log {
        Log(component: "test", level: .debug) { [lines] line in
            lines.update { $0.append(String(decoding: line, as: UTF8.self)) }
        }
    }

    /// Blocks until a line holds the text; false after 20 s.
    func waitFor(_ text: String) -> Bool {
        lines.wait(until: .now + .seconds(20)) { $0.contains { $0.contains(text) } ? true : nil } ?? false
    }

    func contain(_ text: String) -> Bool { lines.withLock { $0.contains { $0.contains(text) } } }
}
