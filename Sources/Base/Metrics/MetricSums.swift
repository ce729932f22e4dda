/// The sum of many processes' series.
struct MetricSums {
    private(set) var series: [String: MetricSeries] = [:]

    /// Adds counts to those of the same name and labels; of gauges, and of series whose bounds have changed, the last
    /// one added stays.
    mutating func add(_ other: MetricSeries) {
        let key = "\(other.name)\u{1}\(other.labels)"
        guard var sum = series[key], other.kind != .gauge, sum.kind == other.kind, sum.variants == other.variants,
            sum.scale == other.scale, sum.values.count == other.values.count
        else {
            series[key] = other
            return
        }
        for index in sum.values.indices { sum.values[index] &+= other.values[index] }
        if sum.help.isEmpty, !other.help.isEmpty {
            sum = MetricSeries(
                kind: sum.kind, name: sum.name, labels: sum.labels, variants: sum.variants, scale: sum.scale,
                help: other.help, values: sum.values)
        }
        series[key] = sum
    }
}
