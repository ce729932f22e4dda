package import Base
import Contract
package import Domain

/// Purges deleted tenants whose grace time is over, and takes up purges that were broken off.
package struct PurgeHousekeeping: Sendable {
    private let purger: TenantPurger
    private let log: Log

    package init(purger: TenantPurger, log: Log) {
        self.purger = purger
        self.log = log
    }

    /// Looks once. A tenant that fails does not stop the others; it is tried again when its lease has ended.
    package func run(while goesOn: () -> Bool) {
        do throws(ErrorAnswer) {
            for deletion in try purger.purgeDue(while: goesOn) {
                log.info(
                    "tenant purged",
                    [
                        "tenant.id": .text(deletion.tenantID.description),
                        "objects.count": .integer(deletion.manifest?.objects ?? 0),
                        "objects.bytes": .integer(deletion.manifest?.bytes ?? 0),
                        "db.bytes": .integer(deletion.census?.databaseBytes ?? 0),
                    ])
            }
        } catch {
            log.warning(
                "a purge failed",
                ["error.code": .text(error.code.rawValue), "error.cause": .text(error.cause ?? error.message)])
        }
    }
}
