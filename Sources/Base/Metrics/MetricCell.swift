import Synchronization

/// One 64-bit number in mapped memory, which stays mapped for as long as the process lives. Thread-safe; no lock, no
/// allocation.
struct MetricCell: @unchecked Sendable {  // all access is atomic, and the memory is never unmapped
    private let number: UnsafeMutablePointer<Atomic<UInt64>>

    /// - Parameter address: of eight bytes, aligned, in memory that stays.
    init(_ address: UnsafeMutableRawPointer) { number = address.assumingMemoryBound(to: Atomic<UInt64>.self) }

    /// The cell so many places further on.
    func advanced(by cells: Int) -> MetricCell { MetricCell(UnsafeMutableRawPointer(number + cells)) }

    func add(_ amount: UInt64) { number.pointee.wrappingAdd(amount, ordering: .relaxed) }
    func load() -> UInt64 { number.pointee.load(ordering: .acquiring) }
    func store(_ value: UInt64) { number.pointee.store(value, ordering: .releasing) }
    /// Adds one; what it was before.
    func countUp() -> UInt64 { number.pointee.wrappingAdd(1, ordering: .acquiringAndReleasing).oldValue }
    /// Sets it to zero and gives what it was.
    func take() -> UInt64 { number.pointee.exchange(0, ordering: .relaxed) }
    /// Sets it if it is zero; nil when it was, else what it is.
    func claim(_ value: UInt64) -> UInt64? {
        let (isClaimed, found) = number.pointee.compareExchange(
            expected: 0, desired: value, ordering: .acquiringAndReleasing)
        return isClaimed ? nil : found
    }
}
