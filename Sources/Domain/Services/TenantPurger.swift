package import Base
package import Contract
import Crypto

/// Removes deleted tenants for good when their grace time is over.
///
/// A saga: census → database → manifest → objects → rows → settling. Each step is stored when it is done and may be
/// done twice, so that a purge that was killed at any point is taken up again when its lease has ended. The record says
/// what was there; it is written before anything is removed.
package struct TenantPurger: Sendable {
    private let data: any UnitOfWork
    private let provisioner: any TenantProvisioner
    private let census: any TenantCensusTaker
    private let inventory: any ObjectInventory
    private let grace: Duration
    private let performer: String
    private let clock: any WallClock

    /// How long one step, or one page of objects, may take before others may think its worker dead.
    private static let lease: Duration = .seconds(30)
    /// Longer than an upload that began before the deletion can last.
    private static let settlingTime: Duration = .seconds(7 * 3600)
    private static let pageSize = 500

    /// - Parameters:
    ///   - grace: how long a deletion can be taken back (TENANT_PURGE_GRACE).
    ///   - performer: who carries purges out, for the record: a process.
    package init(
        data: any UnitOfWork, provisioner: any TenantProvisioner, census: any TenantCensusTaker,
        inventory: any ObjectInventory, grace: Duration, performer: String, clock: any WallClock
    ) {
        self.data = data
        self.provisioner = provisioner
        self.census = census
        self.inventory = inventory
        self.grace = grace
        self.performer = performer
        self.clock = clock
    }

    /// Carries out the purges whose time has come; what was purged now.
    ///
    /// - Throws: the first failure, after all have been tried.
    package func purgeDue(while goesOn: () -> Bool) throws(ErrorAnswer) -> [TenantDeletion] {
        let now = clock.now()
        let due = try data.inMain(.write) { main throws(ErrorAnswer) in
            try main.purges.takeDue(
                requestedBefore: now - grace, at: now, leaseExpires: now + Self.lease, limit: 10)
        }
        var finished: [TenantDeletion] = []
        var failure: ErrorAnswer?
        for purge in due where goesOn() {
            do throws(ErrorAnswer) {
                if let deletion = try carryOut(purge, while: goesOn) { finished.append(deletion) }
            } catch {
                failure = failure ?? error
            }
        }
        if let failure { throw failure }
        return finished
    }

    /// Purges one deleted tenant without waiting for its grace time; the record.
    ///
    /// - Throws: `.tenantNotFound`, `.conflict` when it is not deleted or somebody else is at it.
    package func purge(_ id: TenantID) throws(ErrorAnswer) -> TenantDeletion {
        let now = clock.now()
        let (state, record, taken) = try data.inMain(.write) { main throws(ErrorAnswer) in
            let tenant = try main.tenants.lock(id)
            let isDeleted = tenant?.state == .deleting
            return (
                tenant?.state, try main.purges.findDeletion(id),
                isDeleted ? try main.purges.take(id, at: now, leaseExpires: now + Self.lease) : nil
            )
        }
        switch state {
        case nil: throw ErrorAnswer(.tenantNotFound)
        case .purged?:
            guard let record else { throw ErrorAnswer(.tenantNotFound) }
            return record
        case .ready?, .suspended?:
            throw ErrorAnswer(.conflict, message: "The tenant is not deleted; only a deleted tenant can be purged.")
        case .deleting?: break
        }
        guard let taken else {
            throw ErrorAnswer(.conflict, message: "The tenant is being purged by somebody else at this moment.")
        }
        guard let deletion = try carryOut(taken, while: { true }) else {
            throw ErrorAnswer(.conflict, message: "Somebody else has gone on with this purge.")
        }
        return deletion
    }

    /// Does what is left to do; nil when the end was not reached, or had been before.
    private func carryOut(
        _ purge: TenantPurge, while goesOn: () -> Bool
    ) throws(ErrorAnswer) -> TenantDeletion? {
        var step = purge.step
        while goesOn() {
            let next: PurgeStep?
            switch step {
            case .waiting: next = try begin(purge)
            case .census: next = try takeCensus(purge)
            case .database: next = try dropDatabase(purge)
            case .manifest: next = try takeManifest(purge)
            case .objects: next = try removeObjects(purge)
            case .rows:
                guard let deletion = try eraseRows(purge) else { return nil }
                return deletion
            case .settling:
                try settle(purge)
                return nil
            }
            guard let next else { return nil }
            step = next
        }
        return nil
    }

    private func begin(_ purge: TenantPurge) throws(ErrorAnswer) -> PurgeStep? {
        try data.inMain(.write) { main throws(ErrorAnswer) in
            // Locked before the note, as an undelete does.
            guard try main.tenants.lock(purge.tenantID)?.state == .deleting else { return nil }
            return try advance(purge, from: .waiting, to: .census, main)
        }
    }

    private func takeCensus(_ purge: TenantPurge) throws(ErrorAnswer) -> PurgeStep? {
        let begun = clock.now()
        let counted = try census.census(of: purge.database)
        return try data.inMain(.write) { main throws(ErrorAnswer) in
            try main.purges.insert(
                TenantDeletion(
                    tenantID: purge.tenantID, requestedAt: purge.requestedAt, requestedBy: purge.requestedBy,
                    begunAt: begun, carriedOutBy: performer, census: counted), of: purge.database)
            return try advance(purge, from: .census, to: .database, main)
        }
    }

    private func dropDatabase(_ purge: TenantPurge) throws(ErrorAnswer) -> PurgeStep? {
        try provisioner.remove(purge.database)
        return try data.inMain(.write) { main throws(ErrorAnswer) in
            try advance(purge, from: .database, to: .manifest, main)
        }
    }

    private func takeManifest(_ purge: TenantPurge) throws(ErrorAnswer) -> PurgeStep? {
        let digest = IncrementalDigest(.sha256)
        var objects: Int64 = 0
        var bytes: Int64 = 0
        try forEachPage(of: purge, at: .manifest) { page throws(ErrorAnswer) in
            for object in page {
                objects += 1
                bytes += object.size
                Array("\(object.key) \(object.size)\n".utf8).withUnsafeBytes { digest.update($0) }
            }
        }
        let manifest = ObjectManifest(objects: objects, bytes: bytes, sha256: Hex.encode(digest.finish()))
        return try data.inMain(.write) { main throws(ErrorAnswer) in
            guard let next = try advance(purge, from: .manifest, to: .objects, main),
                var deletion = try main.purges.findDeletion(purge.tenantID)
            else { return nil }
            deletion.manifest = manifest
            try main.purges.update(deletion)
            return next
        }
    }

    private func removeObjects(_ purge: TenantPurge) throws(ErrorAnswer) -> PurgeStep? {
        _ = try removeAllObjects(of: purge, at: .objects)
        return try data.inMain(.write) { main throws(ErrorAnswer) in
            try advance(purge, from: .objects, to: .rows, main)
        }
    }

    private func eraseRows(_ purge: TenantPurge) throws(ErrorAnswer) -> TenantDeletion? {
        guard try census.census(of: purge.database) == nil,
            try inventory.objects(of: purge.tenantID, after: nil, limit: 1).isEmpty
        else {
            throw ErrorAnswer(.serviceUnavailable, cause: "the purged tenant has a database or objects again")
        }
        return try data.inMain(.write) { main throws(ErrorAnswer) in
            guard try main.tenants.lock(purge.tenantID) != nil, try main.purges.lock(purge.tenantID)?.step == .rows,
                var deletion = try main.purges.findDeletion(purge.tenantID)
            else { return nil }
            let now = clock.now()
            deletion.mainRows = try main.purges.eraseRows(of: purge.tenantID)
            deletion.finishedAt = now
            try main.purges.bury(purge.tenantID, at: now)
            try main.purges.update(deletion)
            try main.audit.append(
                AuditEntry(
                    .purgeTenant, by: purge.requestedBy, from: .none, tenant: purge.tenantID,
                    target: purge.tenantID.description, at: now))
            _ = try main.purges.advance(
                purge.tenantID, from: .rows, to: .settling, leaseExpires: now + Self.settlingTime)
            return deletion
        }
    }

    /// Hours later: removes what uploads have pushed that were under way, and closes the record.
    private func settle(_ purge: TenantPurge) throws(ErrorAnswer) {
        let stragglers = try removeAllObjects(of: purge, at: .settling)
        try data.inMain(.write) { main throws(ErrorAnswer) in
            guard try main.purges.lock(purge.tenantID)?.step == .settling,
                var deletion = try main.purges.findDeletion(purge.tenantID)
            else { return }
            deletion.stragglers += stragglers
            deletion.settledAt = clock.now()
            try main.purges.update(deletion)
            try main.purges.remove(purge.tenantID)
        }
    }

    private func removeAllObjects(of purge: TenantPurge, at step: PurgeStep) throws(ErrorAnswer) -> Int64 {
        try inventory.removeTemporaries(of: purge.tenantID)
        var removed: Int64 = 0
        // From the start again, until a look finds nothing.
        while true {
            let before = removed
            try forEachPage(of: purge, at: step) { page throws(ErrorAnswer) in
                for object in page { try inventory.remove(key: object.key) }
                removed += Int64(page.count)
            }
            guard removed > before else { return removed }
        }
    }

    /// Runs the closure on the tenant's objects, page by page, and keeps the lease.
    private func forEachPage(
        of purge: TenantPurge, at step: PurgeStep, _ body: ([ObjectEntry]) throws(ErrorAnswer) -> Void
    ) throws(ErrorAnswer) {
        var last: String?
        while true {
            let page = try inventory.objects(of: purge.tenantID, after: last, limit: Self.pageSize)
            if !page.isEmpty { try body(page) }
            guard page.count == Self.pageSize, let end = page.last else { return }
            last = end.key
            _ = try data.inMain(.write) { main throws(ErrorAnswer) in
                try main.purges.advance(
                    purge.tenantID, from: step, to: step, leaseExpires: clock.now() + Self.lease)
            }
        }
    }

    /// The step reached; nil when somebody else has gone on.
    private func advance(
        _ purge: TenantPurge, from: PurgeStep, to: PurgeStep, _ main: MainRepositories
    ) throws(ErrorAnswer) -> PurgeStep? {
        let isOurs = try main.purges.advance(
            purge.tenantID, from: from, to: to, leaseExpires: clock.now() + Self.lease)
        return isOurs ? to : nil
    }
}
