package import Base
import Contract
package import Domain

/// The slowest round: each tenant's objects against its rows.
package struct StorageHousekeeping: Sendable {
    private let data: any UnitOfWork
    private let sweeper: StorageSweeper
    private let log: Log

    package init(data: any UnitOfWork, sweeper: StorageSweeper, log: Log) {
        self.data = data
        self.sweeper = sweeper
        self.log = log
    }

    /// Sweeps the store; a tenant that fails does not stop the others.
    package func run(while goesOn: () -> Bool) {
        logging { () throws(ErrorAnswer) in
            let removed = try sweeper.removeStaleTemporaries()
            if removed > 0 { log.info("broken-off writes removed", ["count": .integer(Int64(removed))]) }
        }
        var last: TenantID?
        while goesOn() {
            var batch: [Tenant] = []
            logging { () throws(ErrorAnswer) in
                batch = try data.inMain(.read) { [last] main throws(ErrorAnswer) in
                    try main.tenants.list(states: [.ready, .suspended], after: last, limit: 100)
                }
            }
            for tenant in batch where goesOn() {
                logging { () throws(ErrorAnswer) in report(try sweeper.sweep(tenant), of: tenant) }
            }
            guard let end = batch.last else { return }
            last = end.id
        }
    }

    private func report(_ report: SweepReport, of tenant: Tenant) {
        if report.removed > 0 {
            log.info(
                "objects without rows removed",
                [
                    "tenant.id": .text(tenant.id.description), "count": .integer(report.removed),
                    "bytes": .integer(report.orphanBytes),
                ])
        }
        if report.missingCount > 0 {
            // Someone must look: content that was promised is not there.
            log.error(
                "files without objects",
                [
                    "tenant.id": .text(tenant.id.description), "count": .integer(report.missingCount),
                    "file.id": .text(report.missing.first?.description ?? ""),
                ])
        }
    }

    private func logging(_ body: () throws(ErrorAnswer) -> Void) {
        do {
            try body()
        } catch {
            log.warning(
                "storage sweep failed",
                ["error.code": .text(error.code.rawValue), "error.cause": .text(error.cause ?? "")])
        }
    }
}
