import Glibc

/// A logger: one JSON object a line on standard error, written by a single write(2) so that processes do not mix.
///
/// The message is constant; facts are dotted keys (`upload.bytes`, `tenant.id`). Never tokens, document names or SQL
/// values.
package struct Log: Sendable {
    /// A fact's value.
    package enum Value: Sendable, ExpressibleByStringInterpolation, ExpressibleByIntegerLiteral {
        case text(String)
        case integer(Int64)
        case number(Double)

        package init(stringLiteral value: String) { self = .text(value) }
        package init(integerLiteral value: Int64) { self = .integer(value) }
    }

    private let component: String
    private let level: LogLevel
    private let clock: any WallClock
    private let sink: @Sendable ([UInt8]) -> Void

    /// - Parameters:
    ///   - component: the program's name, in every line.
    ///   - level: lines below it are dropped.
    ///   - sink: takes a whole line with its newline; standard error when not given.
    package init(
        component: String, level: LogLevel = .info, clock: any WallClock = SystemClock(),
        sink: @escaping @Sendable ([UInt8]) -> Void = Log.standardError
    ) {
        self.component = component
        self.level = level
        self.clock = clock
        self.sink = sink
    }

    package func debug(_ message: StaticString, _ facts: KeyValuePairs<StaticString, Value> = [:]) {
        write(.debug, message, facts)
    }
    package func info(_ message: StaticString, _ facts: KeyValuePairs<StaticString, Value> = [:]) {
        write(.info, message, facts)
    }
    package func warning(_ message: StaticString, _ facts: KeyValuePairs<StaticString, Value> = [:]) {
        write(.warning, message, facts)
    }
    package func error(_ message: StaticString, _ facts: KeyValuePairs<StaticString, Value> = [:]) {
        write(.error, message, facts)
    }

    /// Whether lines of this level are written; asked before facts are gathered that would be dropped.
    package func isEnabled(_ level: LogLevel) -> Bool { level >= self.level }

    /// Writes one line when `level` is enabled. Thread-safe.
    package func write(_ level: LogLevel, _ message: StaticString, _ facts: KeyValuePairs<StaticString, Value>) {
        guard level >= self.level else { return }
        var json = JSONWriter(capacity: 256)
        json.object { json in
            json.member("time", clock.now())
            json.member("level", level.name)
            json.member("component", component)
            json.member("message", "\(message)")
            for (name, value) in facts {
                switch value {
                case .text(let text): json.member(name, text)
                case .integer(let number): json.member(name, number)
                case .number(let number): json.member(name, number)
                }
            }
        }
        sink(json.bytes + [UInt8(ascii: "\n")])
    }

    /// Writes the bytes to standard error.
    package static let standardError: @Sendable ([UInt8]) -> Void = { line in
        _ = line.withUnsafeBytes { Glibc.write(STDERR_FILENO, $0.baseAddress, $0.count) }
    }
}
