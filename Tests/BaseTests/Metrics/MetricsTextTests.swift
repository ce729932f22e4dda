import Base
import Testing

@Suite struct MetricsTextTests {
    private let board = MetricsBoard()

    private var text: String { String(decoding: MetricsText.render(board.series), as: UTF8.self) }

    @Test func counterIsShownWithHelpTypeAndLabels() {
        let counter = board.counter("a_total", [("kind", "x")], help: "Things.")
        counter.add()
        counter.add(41)
        #expect(text == "# HELP a_total Things.\n# TYPE a_total counter\na_total{kind=\"x\"} 42\n")
    }

    @Test func gaugeGoesBelowZeroAndHasAScale() {
        let gauge = board.gauge("a_seconds", [], scale: 1000, help: "Time.")
        gauge.set(-1500)
        #expect(text.hasSuffix("\na_seconds -1.5\n"))
    }

    @Test func bucketsOfAHistogramHoldThoseBelow() {
        let histogram = board.histogram("a_seconds", bounds: [1000, 500_000, 2_000_000], help: "Time.")
        for value in [1000, 1001, 500_000, 3_000_000] as [Int64] { histogram.record(value) }
        #expect(
            text == """
                # HELP a_seconds Time.
                # TYPE a_seconds histogram
                a_seconds_bucket{le="0.001"} 1
                a_seconds_bucket{le="0.5"} 3
                a_seconds_bucket{le="2"} 3
                a_seconds_bucket{le="+Inf"} 4
                a_seconds_sum 3.502001
                a_seconds_count 4

                """)
    }

    @Test func countersOfALabelAreShownOnceTheyCount() {
        let counters = board.counters(
            "a_total", [("route", "/")], by: "status", ["200", "404", "other"], help: "Requests.")
        counters.add(at: 0)
        counters.add(at: 99)
        #expect(
            text.hasSuffix(
                "a_total{route=\"/\",status=\"200\"} 1\na_total{route=\"/\",status=\"other\"} 1\n"))
    }

    @Test func labelsAreEscaped() {
        _ = board.counter("a_total", [("name", "a\"b\\c\nd\te")], help: "Things.")
        #expect(text.hasSuffix(#"a_total{name="a\"b\\c\nd e"} 0"# + "\n"))
    }

    @Test func requestsAreCountedByRouteAndStatus() {
        let meter = RequestMeter(board, routes: [("GET", "/a"), ("GET", "/b")])
        meter.count(1, status: 200, took: .milliseconds(3))
        meter.count(1, status: 299, took: .milliseconds(3))
        meter.count(7, status: 200, took: .milliseconds(3))
        let lines = Set(text.split(separator: "\n").map(String.init))
        #expect(lines.contains(#"saas_http_requests_total{method="GET",route="/b",status="200"} 1"#))
        #expect(lines.contains(#"saas_http_requests_total{method="GET",route="/b",status="other"} 1"#))
        #expect(lines.contains(#"saas_http_request_duration_seconds_count{method="GET",route="/b"} 2"#))
        #expect(lines.contains(#"saas_http_request_duration_seconds_count{method="GET",route="/a"} 0"#))
    }

    @Test func countsOfManyThreadsAddUp() {
        let counter = board.counter("a_total", help: "Things.")
        let threads = (0..<8).map { _ in WorkerThread(name: "count") { for _ in 0..<10_000 { counter.add() } } }
        for thread in threads { thread.join() }
        #expect(text.hasSuffix("\na_total 80000\n"))
    }

    @Test func whatFindsNoRoomIsCountedForNobody() {
        for number in 0..<10_000 { board.counter("a_total", [("number", "\(number)")], help: "Things.").add() }
        let series = board.series
        #expect(series.count > 1000 && series.count < 10_000)
        #expect(series.allSatisfy { $0.values == [1] })
    }
}
