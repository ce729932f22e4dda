import CLinux

/// A number that the processes of one host share, in a mapped file. It only grows.
package final class SharedCounter: @unchecked Sendable {  // the memory is touched by atomic operations alone
    private let memory: UnsafeMutableRawPointer

    /// Maps the file, which is made when it is not there and may be removed while it is mapped. Nil when that fails, with
    /// errno set.
    package init?(path: String) {
        guard let memory = saas_counter_map(path) else { return nil }
        self.memory = memory
    }

    package var value: UInt64 { saas_counter_read(memory) }

    package func increase() { saas_counter_increase(memory) }
}
