import Glibc
import Synchronization

/// The application's sockets in a folder, each call starting at the next one.
final class SocketRing: Sendable {
    private let directory: String
    private let turn = Atomic<Int>(0)

    init(directory: String) { self.directory = directory }

    /// Paths of all `*.sock` in the folder, in the order to try them. Reads the folder: workers come and go.
    func next() -> [String] {
        let paths = names().sorted().map { "\(directory)/\($0)" }
        guard !paths.isEmpty else { return [] }
        let first = Int(UInt(bitPattern: turn.wrappingAdd(1, ordering: .relaxed).newValue) % UInt(paths.count))
        return Array(paths[first...] + paths[..<first])
    }

    private func names() -> [String] {
        guard let folder = opendir(directory) else { return [] }
        defer { closedir(folder) }
        var names: [String] = []
        while let entry = readdir(folder) {
            let name = withUnsafePointer(to: &entry.pointee.d_name) {
                $0.withMemoryRebound(to: CChar.self, capacity: 256) { String(cString: $0) }
            }
            if name.hasSuffix(".sock"), !name.hasPrefix(".") { names.append(name) }
        }
        return names
    }
}
