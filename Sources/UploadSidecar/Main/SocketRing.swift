import Base
import Contract
import Glibc
import Synchronization

/// The application's sockets in a folder: those of a tenant start at the worker that nginx sends the tenant's requests to,
/// which has connections to its database already; others at the next one each time.
final class SocketRing: Sendable {
    private let directory: String
    private let turn = Atomic<Int>(0)

    init(directory: String) { self.directory = directory }

    /// Paths of all `*.sock` in the folder, in the order to try them. Reads the folder: workers come and go.
    func paths(for tenant: TenantID?) -> [String] {
        // By number: app-2 before app-10.
        let paths = names().sorted { ($0.utf8.count, $0) < ($1.utf8.count, $1) }.map { "\(directory)/\($0)" }
        guard !paths.isEmpty else { return [] }
        let turn =
            tenant.map { Self.hash($0.description) }
            ?? UInt(bitPattern: turn.wrappingAdd(1, ordering: .relaxed).newValue)
        let first = Int(turn % UInt(paths.count))
        return Array(paths[first...] + paths[..<first])
    }

    /// What nginx's `hash` takes of a key: 15 bits of its CRC-32 (ngx_http_upstream_hash_module.c).
    private static func hash(_ key: String) -> UInt {
        var crc: UInt32 = .max
        for byte in key.utf8 {
            crc ^= UInt32(byte)
            for _ in 0..<8 { crc = crc >> 1 ^ (crc & 1 == 1 ? 0xEDB8_8320 : 0) }
        }
        return UInt(~crc >> 16 & 0x7FFF)
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
