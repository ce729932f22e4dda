/// Series as Prometheus reads them: text exposition format 0.0.4.
/// https://prometheus.io/docs/instrumenting/exposition_formats/
package enum MetricsText {
    package static let contentType = "text/plain; version=0.0.4; charset=utf-8"

    /// One block for each name, in the order of names; within it in the order of labels.
    package static func render(_ series: [MetricSeries]) -> [UInt8] {
        var text = ""
        text.reserveCapacity(1 << 16)
        let families = Dictionary(grouping: series, by: \.name).sorted { $0.key < $1.key }
        for (name, members) in families {
            let kind = members[0].kind
            let help = members.lazy.map(\.help).first { !$0.isEmpty } ?? name
            let type = kind == .gauge ? "gauge" : kind == .histogram ? "histogram" : "counter"
            text += "# HELP \(name) \(help)\n# TYPE \(name) \(type)\n"
            for member in members.sorted(by: { $0.labels < $1.labels }) where member.kind == kind {
                write(member, to: &text)
            }
        }
        return Array(text.utf8)
    }

    private static func write(_ series: MetricSeries, to text: inout String) {
        switch series.kind {
        case .counter:
            sample(series.name, series.labels, number(series.values.first ?? 0, series.scale), to: &text)
        case .gauge:
            let value = Int64(bitPattern: series.values.first ?? 0)
            sample(series.name, series.labels, number(value, series.scale), to: &text)
        case .counters:
            let parts = series.variants.split(separator: "=", maxSplits: 1)
            guard parts.count == 2 else { return }
            for (variant, value) in zip(parts[1].split(separator: ","), series.values) where value > 0 {
                let label = "\(parts[0])=\"\(variant)\""
                let labels = series.labels.isEmpty ? label : "\(series.labels),\(label)"
                sample(series.name, labels, number(value, series.scale), to: &text)
            }
        case .histogram:
            let bounds = series.variants.split(separator: ",").map(String.init) + ["+Inf"]
            guard series.values.count == bounds.count + 1 else { return }
            let separator = series.labels.isEmpty ? "" : ","
            var count: UInt64 = 0
            for (bound, value) in zip(bounds, series.values) {
                count += value
                sample("\(series.name)_bucket", "\(series.labels)\(separator)le=\"\(bound)\"", "\(count)", to: &text)
            }
            sample("\(series.name)_sum", series.labels, number(series.values[bounds.count], series.scale), to: &text)
            sample("\(series.name)_count", series.labels, "\(count)", to: &text)
        }
    }

    private static func sample(_ name: String, _ labels: String, _ value: String, to text: inout String) {
        text += labels.isEmpty ? "\(name) \(value)\n" : "\(name){\(labels)} \(value)\n"
    }

    /// A whole number as such, else as a decimal fraction.
    static func number(_ value: some BinaryInteger, _ scale: Int64) -> String {
        scale == 1 ? "\(value)" : "\(Double(value) / Double(scale))"
    }
}
