/// A number that only grows. Thread-safe; one atomic add.
package struct MetricCounter: Sendable {
    let cell: MetricCell

    package func add(_ amount: Int = 1) { cell.add(UInt64(max(0, amount))) }
    /// Takes over a count that is kept elsewhere in this process and only grows.
    package func set(_ total: Int64) { cell.store(UInt64(max(0, total))) }
}
