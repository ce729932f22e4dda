/// Counters that differ in one label. Thread-safe; one atomic add.
package struct MetricCounters: Sendable {
    let first: MetricCell
    let count: Int

    /// - Parameter index: of the label's value in the order of registration; one outside counts for the last.
    package func add(_ amount: Int = 1, at index: Int) {
        first.advanced(by: index >= 0 && index < count ? index : count - 1).add(UInt64(max(0, amount)))
    }
}
