import Synchronization

/// Memory that all uploads of a process share; the one that gets none goes to the disk.
package final class MemoryBudget: Sendable {
    private let left: Atomic<Int>

    package init(bytes: Int) { left = Atomic(bytes) }

    /// Takes so many bytes, or none: whether they were there. Thread-safe.
    package func take(_ bytes: Int) -> Bool {
        guard left.subtract(bytes, ordering: .relaxed).newValue < 0 else { return true }
        give(bytes)
        return false
    }

    /// Gives back what was taken. Thread-safe.
    package func give(_ bytes: Int) { left.add(bytes, ordering: .relaxed) }
}
