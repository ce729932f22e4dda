/// What one process counts: registered at start, then changed by atomic operations alone.
///
/// The numbers lie in a file of the metrics directory, if there is one (`MetricsDirectory`), so that whichever process
/// is asked can add them all up.
package final class MetricsBoard: Sendable {
    private let file: MetricsFile
    private let state: Condition<State>

    private struct State {
        var cells = 0
        var described: Set<String> = []
    }

    /// Bounds of durations in microseconds: from a thousandth of a second to half a minute.
    package static let durations: [Int64] = [
        1000, 2500, 5000, 10_000, 25_000, 50_000, 100_000, 250_000, 500_000, 1_000_000, 2_500_000, 5_000_000,
        10_000_000, 30_000_000,
    ]

    /// Numbers that this process alone sees.
    package convenience init() { self.init(MetricsFile(making: MappedFile(anonymous: MetricsFile.bytes))) }

    init(_ file: MetricsFile) {
        self.file = file
        // The first cell belongs to nobody: whoever finds no room is sent there.
        state = Condition(State(cells: Self.spare))
    }

    /// A counter's name ends with `_total`.
    package func counter(
        _ name: StaticString, _ labels: [(String, String)] = [], scale: Int64 = 1, help: StaticString
    ) -> MetricCounter {
        MetricCounter(cell: register(.counter, name, labels, "", scale, help, cells: 1))
    }

    /// Counters with one more label, of these values.
    package func counters(
        _ name: StaticString, _ labels: [(String, String)] = [], by label: StaticString, _ variants: [String],
        help: StaticString
    ) -> MetricCounters {
        let cell = register(
            .counters, name, labels, "\(label)=\(variants.joined(separator: ","))", 1, help, cells: variants.count)
        return MetricCounters(first: cell, count: variants.count)
    }

    /// The labels must tell this process from others: gauges are not added up.
    package func gauge(
        _ name: StaticString, _ labels: [(String, String)], scale: Int64 = 1, help: StaticString
    ) -> MetricGauge {
        MetricGauge(cell: register(.gauge, name, labels, "", scale, help, cells: 1))
    }

    /// - Parameter scale: what one of the unit shown is in the unit of the bounds.
    package func histogram(
        _ name: StaticString, _ labels: [(String, String)] = [], bounds: [Int64] = MetricsBoard.durations,
        scale: Int64 = 1_000_000, help: StaticString
    ) -> MetricHistogram {
        let shown = bounds.map { bound in
            bound % scale == 0 ? "\(bound / scale)" : MetricsText.number(bound, scale)
        }
        let cell = register(
            .histogram, name, labels, shown.joined(separator: ","), scale, help, cells: bounds.count + 2)
        return MetricHistogram(first: cell, bounds: bounds)
    }

    /// Every series of this process with its values of this moment.
    package var series: [MetricSeries] { file.series }

    /// As many as the widest series may have.
    private static let spare = 64

    private func register(
        _ kind: MetricSeries.Kind, _ name: StaticString, _ labels: [(String, String)], _ variants: String,
        _ scale: Int64, _ help: StaticString, cells: Int
    ) -> MetricCell {
        precondition(cells <= Self.spare, "a series of too many numbers")
        let isRoom = state.withLock { state -> Int? in
            let first = state.cells
            guard first + cells <= MetricsFile.cells else { return nil }
            let isNew = state.described.insert("\(name)").inserted
            let series = MetricSeries(
                kind: kind, name: "\(name)", labels: MetricSeries.text(labels), variants: variants, scale: scale,
                help: isNew ? "\(help)" : "", values: [])
            guard file.append(series.line(place: "\(first)+\(cells)")) else { return nil }
            state.cells += cells
            return first
        }
        return file.cell(isRoom ?? 0)
    }
}
