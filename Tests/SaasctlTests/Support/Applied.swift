import Persistence
import Postgres

/// What saasctl says when it has applied every migration.
enum Applied {
    static let allOfMain = sentence(Migrations.main)
    static let allOfTenant = sentence(Migrations.tenant)

    private static func sentence(_ migrations: [Migration]) -> String {
        "applied "
            + migrations.map { migration in
                let digits = String(migration.version)
                return String(repeating: "0", count: 4 - digits.count) + digits + "_" + migration.name
            }.joined(separator: ", ")
    }
}
