import Base
import Testing

@Suite struct LogTests {
    private struct FixedClock: WallClock {
        func now() -> Timestamp { Timestamp(seconds: 0) }
    }

    private func lines(level: LogLevel, _ body: (Log) -> Void) -> [String] {
        let lines = Condition<[String]>([])
        body(
            Log(component: "test", level: level, clock: FixedClock()) { line in
                lines.update { $0.append(String(decoding: line, as: UTF8.self)) }
            })
        return lines.withLock { $0 }
    }

    @Test func lineIsOneJSONObject() {
        let lines = lines(level: .info) { log in
            log.info("upload stored", ["upload.bytes": 12, "tenant.id": "a\n\"b", "ratio": .number(0.5)])
        }
        #expect(
            lines == [
                #"{"time":"1970-01-01T00:00:00.000000Z","level":"info","component":"test","message":"upload stored","#
                    + #""upload.bytes":12,"tenant.id":"a\n\"b","ratio":0.5}"# + "\n"
            ])
    }

    @Test func linesBelowTheLevelAreDropped() {
        let lines = lines(level: .warning) { log in
            log.debug("a")
            log.info("b")
            log.warning("c")
            log.error("d")
        }
        #expect(lines.count == 2)
        #expect(lines.allSatisfy { $0.hasSuffix("\n") })
    }

    @Test func levelsAreReadFromTheirNames() {
        #expect(LogLevel("DEBUG") == .debug)
        #expect(LogLevel("Warn") == .warning)
        #expect(LogLevel("CRITICAL") == .error)
        #expect(LogLevel("loud") == nil)
        #expect(LogLevel.allCases.map(\.name).compactMap(LogLevel.init) == LogLevel.allCases)
        #expect(LogLevel.allCases.sorted() == [.debug, .info, .warning, .error])
    }

    @Test func systemClockGoesForward() {
        let clock = SystemClock()
        let first = clock.now()
        #expect(clock.now() >= first)
        #expect(first > Timestamp(seconds: 1_700_000_000))
    }
}
