import Postgres

/// The schema that this release gives to tenants' databases.
struct TenantSchema: Sendable {
    let migrations: [Migration]
    /// The last migration's number.
    let version: Int
    /// Of numbers and texts: FNV-1a, 64 bits, which tells schemas under development apart and protects nothing.
    let fingerprint: String

    /// The one that is compiled in.
    static let current = TenantSchema(Migrations.tenant)

    init(_ migrations: [Migration]) {
        self.migrations = migrations
        version = migrations.map(\.version).max() ?? 0
        var hash: UInt64 = 0xcbf2_9ce4_8422_2325
        for migration in migrations.sorted(by: { $0.version < $1.version }) {
            for byte in "\(migration.version)\0\(migration.sql)\0".utf8 {
                hash = (hash ^ UInt64(byte)) &* 0x100_0000_01b3
            }
        }
        let digits = String(hash, radix: 16)
        fingerprint = String(repeating: "0", count: 16 - digits.count) + digits
    }
}
