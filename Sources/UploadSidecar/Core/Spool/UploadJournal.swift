import Base
import Glibc

/// The grants of the uploads that a process has under way, in a file that outlives a process which is killed: by them
/// the next one gives these uploads up.
///
/// Not synced: it is for the end of a process, not of the machine, after which reservations and intents end by time.
/// Thread-safe.
package final class UploadJournal: Sendable {
    /// An upload's place in the file.
    package struct Entry: Sendable { fileprivate let slot: Int }

    private static let slotBytes = 4096

    private struct State {
        var descriptor: Int32 = -1
        var free: [Int] = []
        var slots = 0
        var isRemoved = false
    }

    private let path: String
    private let state = Condition(State())

    /// - Parameter path: of the file, which is made with the first entry.
    init(path: String) { self.path = path }

    deinit {
        let descriptor = state.withLock { $0.descriptor }
        if descriptor >= 0 { close(descriptor) }
    }

    /// Removes the file if no upload is noted in it; whether it is gone. Nothing is noted after that.
    func removeIfEmpty() -> Bool {
        state.withLock { state in
            guard state.free.count == state.slots else { return false }
            state.isRemoved = true
            unlink(path)
            return true
        }
    }

    /// Notes an upload that begins; nil when it cannot be noted, which an upload can do without.
    package func note(_ grant: String) -> Entry? {
        let line = Array(grant.utf8) + [UInt8(ascii: "\n")]
        guard line.count <= Self.slotBytes else { return nil }
        let place = state.withLock { state -> (descriptor: Int32, slot: Int)? in
            guard !state.isRemoved else { return nil }
            if state.descriptor < 0 { state.descriptor = open(path, O_RDWR | O_CREAT | O_CLOEXEC, 0o600) }
            guard state.descriptor >= 0 else { return nil }
            if let slot = state.free.popLast() { return (state.descriptor, slot) }
            state.slots += 1
            return (state.descriptor, state.slots - 1)
        }
        guard let place else { return nil }
        let entry = Entry(slot: place.slot)
        guard pwrite(place.descriptor, line, line.count, off_t(place.slot * Self.slotBytes)) == line.count else {
            forget(entry)
            return nil
        }
        return entry
    }

    /// Takes an upload out that has ended. Call once for each entry.
    package func forget(_ entry: Entry) {
        let descriptor = state.withLock { $0.descriptor }
        _ = pwrite(descriptor, [UInt8(ascii: "\n")], 1, off_t(entry.slot * Self.slotBytes))
        state.withLock { $0.free.append(entry.slot) }
    }

    /// The grants in a file that another process has left; none when there is no such file.
    static func grants(in path: String) -> [String] {
        let descriptor = open(path, O_RDONLY | O_CLOEXEC)
        guard descriptor >= 0 else { return [] }
        defer { close(descriptor) }
        var grants: [String] = []
        var slot = [UInt8](repeating: 0, count: slotBytes)
        var offset: off_t = 0
        while case let count = pread(descriptor, &slot, slotBytes, offset), count > 0 {
            let line = slot[..<count].prefix { $0 != UInt8(ascii: "\n") }
            // Without its end it was not written whole.
            if !line.isEmpty, line.count < count, let grant = String(validating: line, as: UTF8.self) {
                grants.append(grant)
            }
            offset += off_t(slotBytes)
        }
        return grants
    }
}
