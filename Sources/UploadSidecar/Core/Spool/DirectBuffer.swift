import CLinux
import Glibc

/// Bytes gathered for writes past the page cache: whole blocks, at an address that disks take (open(2), O_DIRECT).
final class DirectBuffer {
    /// For open(2).
    static let openFlag = saas_direct_flag()
    /// Of one write: enough for the disk to be busy rather than asked, and little enough for hundreds of slow uploads.
    private static let capacity = 131_072
    private static let alignment = 4096

    private let storage = UnsafeMutableRawBufferPointer.allocate(byteCount: capacity, alignment: alignment)
    private(set) var count = 0

    deinit { storage.deallocate() }

    var isFull: Bool { count == storage.count }
    var bytes: UnsafeRawBufferPointer { UnsafeRawBufferPointer(rebasing: storage[..<count]) }

    /// Takes as many of the bytes as there is room for; how many.
    func take(_ bytes: UnsafeRawBufferPointer) -> Int {
        let taken = min(bytes.count, storage.count - count)
        guard taken > 0 else { return 0 }
        UnsafeMutableRawBufferPointer(rebasing: storage[count..<count + taken])
            .copyMemory(from: UnsafeRawBufferPointer(rebasing: bytes[..<taken]))
        count += taken
        return taken
    }

    func clear() { count = 0 }

    /// Has later writes go through the page cache; false when they did already.
    @discardableResult
    static func end(on descriptor: Int32) -> Bool {
        let flags = fcntl(descriptor, F_GETFL)
        guard flags >= 0, flags & openFlag != 0 else { return false }
        return fcntl(descriptor, F_SETFL, flags & ~openFlag) == 0
    }
}
