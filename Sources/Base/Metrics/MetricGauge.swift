/// A number that goes up and down, of one process. Thread-safe.
package struct MetricGauge: Sendable {
    let cell: MetricCell

    /// - Parameter value: in the unit of the registration.
    package func set(_ value: Int64) { cell.store(UInt64(bitPattern: value)) }
}
