import Persistence
import Postgres

/// Which release this is.
enum Version {
    static let number = "0.1.0"

    /// The answer to `--version`.
    static var text: String {
        "saasctl \(number) (schema of the main database \(last(Migrations.main.map(\.version))),"
            + " of a tenant's \(last(Migrations.tenant.map(\.version))))"
    }

    private static func last(_ versions: [Int]) -> Int { versions.max() ?? 0 }
}
