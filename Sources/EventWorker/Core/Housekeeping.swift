package import Base
import Contract
package import Domain

/// The slow rounds over everything: what crashes and lost rings have left.
package struct Housekeeping: Sendable {
    private let data: any UnitOfWork
    private let files: FileService
    private let uploads: UploadSweeper
    private let relay: OutboxRelay
    private let orphanAge: Duration
    private let audit: AuditService
    private let auditRetentionDays: Int
    private let clock: any WallClock
    private let log: Log

    /// Longer than a broker keeps what it could deliver again.
    private static let inboxAge: Duration = .seconds(30 * 86_400)

    /// - Parameters:
    ///   - orphanAge: how old a file that no document shows must be before it is removed (ORPHAN_TTL).
    ///   - auditRetentionDays: how long audit entries are kept (AUDIT_RETENTION_DAYS).
    package init(
        data: any UnitOfWork, files: FileService, uploads: UploadSweeper, relay: OutboxRelay,
        orphanAge: Duration, audit: AuditService, auditRetentionDays: Int, clock: any WallClock, log: Log
    ) {
        self.data = data
        self.files = files
        self.uploads = uploads
        self.relay = relay
        self.orphanAge = orphanAge
        self.audit = audit
        self.auditRetentionDays = auditRetentionDays
        self.clock = clock
        self.log = log
    }

    /// Looks into every tenant: events without a ring, removals and uploads that did not end, orphans; forgets old
    /// token families. A tenant that fails does not stop the others.
    package func sweep(while goesOn: () -> Bool) {
        logging("token families") { () throws(ErrorAnswer) in
            _ = try data.inMain(.write) { main throws(ErrorAnswer) in
                try main.tokens.pruneFamilies(endedBefore: clock.now() - .seconds(86_400))
            }
        }
        logging("login attempts") { () throws(ErrorAnswer) in
            _ = try data.inMain(.write) { main throws(ErrorAnswer) in
                try main.logins.pruneBudgets(before: clock.now() - .seconds(7200))
                return try main.logins.prune(
                    attemptsBefore: clock.now() - LoginThrottle.memory,
                    addressesBefore: clock.now() - LoginThrottle.addressMemory)
            }
        }
        logging("audit trail") { () throws(ErrorAnswer) in try keepAudit(of: nil) }
        logging("main outbox") { () throws(ErrorAnswer) in
            _ = try relay.drain(.main, of: nil, notes: true)
            try pruneInbox(.main)
        }
        var last: TenantID?
        while goesOn() {
            var batch: [Tenant] = []
            logging("tenant list") { () throws(ErrorAnswer) in
                batch = try data.inMain(.read) { [last] main throws(ErrorAnswer) in
                    try main.tenants.list(states: [.ready, .suspended], after: last, limit: 100)
                }
            }
            for tenant in batch where goesOn() {
                logging("tenant") { () throws(ErrorAnswer) in try sweep(tenant) }
            }
            guard let end = batch.last else { return }
            last = end.id
        }
    }

    private func sweep(_ tenant: Tenant) throws(ErrorAnswer) {
        _ = try relay.drain(.tenant(tenant.database), of: tenant.id, notes: true)
        try pruneInbox(.tenant(tenant.database))
        try files.finishRemovals(in: tenant.database)
        _ = try uploads.sweep(tenant.database)
        _ = try files.deleteOrphans(minimumAge: orphanAge, in: tenant.database)
        try keepAudit(of: tenant.database)
    }

    private func keepAudit(of tenant: TenantDatabase?) throws(ErrorAnswer) {
        let forgotten = try audit.keep(retentionDays: auditRetentionDays, in: tenant)
        if forgotten > 0 {
            log.info(
                "months of the audit trail forgotten",
                ["tenant.id": .text(tenant?.tenantID.description ?? ""), "audit.months": .integer(Int64(forgotten))])
        }
    }

    private func pruneInbox(_ place: EventPlace) throws(ErrorAnswer) {
        _ = try data.at(place, .write) { home throws(ErrorAnswer) in
            try home.inbox.prune(before: clock.now() - Self.inboxAge)
        }
    }

    private func logging(_ part: String, _ body: () throws(ErrorAnswer) -> Void) {
        do {
            try body()
        } catch {
            log.warning(
                "housekeeping failed",
                [
                    "part": .text(part), "error.code": .text(error.code.rawValue),
                    "error.cause": .text(error.cause ?? ""),
                ])
        }
    }
}
