import Glibc

/// Memory that is a file, shared by whoever maps it: what is written stays when a process dies, however it dies.
///
/// The memory is unmapped only by `unmap`; without a call it stays for as long as the process lives.
struct MappedFile: @unchecked Sendable {  // the memory is accessed by atomic cells, or under a file lock
    let address: UnsafeMutableRawPointer
    let bytes: Int

    /// Memory that is no file.
    init(anonymous bytes: Int) {
        let found = mmap(nil, bytes, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0)
        guard let address = found, address != MAP_FAILED else { fatalError("out of memory") }
        self.address = address
        self.bytes = bytes
    }

    /// Nil when it cannot be mapped, or is not as large.
    init?(descriptor: Int32, bytes: Int, writable: Bool = true) {
        var status = stat()
        guard fstat(descriptor, &status) == 0, status.st_size == bytes else { return nil }
        let found = mmap(nil, bytes, writable ? PROT_READ | PROT_WRITE : PROT_READ, MAP_SHARED, descriptor, 0)
        guard let address = found, address != MAP_FAILED else { return nil }
        self.address = address
        self.bytes = bytes
    }

    func cell(atByte offset: Int) -> MetricCell { MetricCell(address + offset) }

    func unmap() { munmap(address, bytes) }
}
