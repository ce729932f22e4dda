import CLinux

/// The process's memory.
package enum Memory {
    /// Lets the allocator give back what is freed, for a process that must stay small after busy times. Call at start,
    /// before other threads exist.
    package static func keepLittle() { saas_keep_little_memory() }

    /// Gives every free page back, also those between used ones. Takes milliseconds after a busy time (malloc_trim(3)).
    package static func giveBack() { malloc_trim(0) }
}
