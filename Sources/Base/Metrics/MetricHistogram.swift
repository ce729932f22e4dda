/// How often values fell between bounds, and their sum. Thread-safe; two atomic adds.
package struct MetricHistogram: Sendable {
    let first: MetricCell
    let bounds: [Int64]

    /// - Parameter value: in the unit of the bounds.
    package func record(_ value: Int64) {
        var bucket = 0
        while bucket < bounds.count, value > bounds[bucket] { bucket += 1 }
        first.advanced(by: bucket).add(1)
        first.advanced(by: bounds.count + 1).add(UInt64(max(0, value)))
    }

    /// A duration, for bounds in microseconds.
    package func record(_ duration: Duration) { record(duration.microseconds) }
}
