package import Base
package import Contract

/// Compares a tenant's objects with its rows, both ways.
///
/// An object's key is written to a row before the object exists, so an object older than `orphanAge` that neither a
/// file nor an upload names belongs to nobody. It is looked for again under a lock before it is removed.
package struct StorageSweeper: Sendable {
    private let data: any UnitOfWork
    private let inventory: any ObjectInventory
    private let orphanAge: Duration
    private let clock: any WallClock
    private let pageSize: Int

    /// - Parameter orphanAge: how old an object without a row must be before it is removed (ORPHAN_TTL).
    package init(
        data: any UnitOfWork, inventory: any ObjectInventory, orphanAge: Duration, clock: any WallClock,
        pageSize: Int = 500
    ) {
        self.data = data
        self.inventory = inventory
        self.orphanAge = orphanAge
        self.clock = clock
        self.pageSize = pageSize
    }

    /// Removes objects without rows and reports rows without objects.
    ///
    /// - Parameter dryRun: only reports.
    /// - Throws: `.storageUnavailable`, `.serviceUnavailable`: what was removed until then stays removed.
    package func sweep(_ tenant: Tenant, dryRun: Bool = false) throws(ErrorAnswer) -> SweepReport {
        var report = SweepReport()
        try removeOrphans(tenant, dryRun: dryRun, &report)
        try findMissing(tenant, &report)
        return report
    }

    /// Removes what broken-off writes left in the store; how many.
    package func removeStaleTemporaries() throws(ErrorAnswer) -> Int {
        try inventory.removeStaleTemporaries(olderThan: orphanAge, at: clock.now())
    }

    private func removeOrphans(
        _ tenant: Tenant, dryRun: Bool, _ report: inout SweepReport
    ) throws(ErrorAnswer) {
        let createdBefore = clock.now() - orphanAge
        var last: String?
        while true {
            let page = try inventory.objects(of: tenant.id, after: last, limit: pageSize)
            report.objectsChecked += Int64(page.count)
            for orphan in try orphans(among: page.filter { $0.modified < createdBefore }, of: tenant) {
                report.note(orphan: orphan)
                guard !dryRun else { continue }
                let isRemoved = try data.inTenant(tenant.database, .write) { tenant throws(ErrorAnswer) in
                    // A restore may have brought a row back since, or be about to: it keeps the objects.
                    guard try tenant.files.mayRemoveObject(at: orphan.key) else { return false }
                    try inventory.remove(key: orphan.key)
                    return true
                }
                if isRemoved { report.removed += 1 }
            }
            guard page.count == pageSize else { return }
            last = page.last?.key
        }
    }

    private func orphans(
        among objects: [ObjectEntry], of tenant: Tenant
    ) throws(ErrorAnswer) -> [ObjectEntry] {
        guard !objects.isEmpty else { return [] }
        let named = try data.inTenant(tenant.database, .read) { tenant throws(ErrorAnswer) in
            try tenant.files.named(among: objects.map(\.key))
        }
        let suspects = objects.filter { !named.contains($0.key) }
        guard !suspects.isEmpty else { return [] }
        // Once more, when no transaction that writes a row is under way.
        let stillNamed = try data.inTenant(tenant.database, .write) { tenant throws(ErrorAnswer) in
            try tenant.files.lockOutWriters()
            return try tenant.files.named(among: suspects.map(\.key))
        }
        return suspects.filter { !stillNamed.contains($0.key) }
    }

    private func findMissing(_ tenant: Tenant, _ report: inout SweepReport) throws(ErrorAnswer) {
        var last: String?
        while true {
            let page = try data.inTenant(tenant.database, .read) { [last] tenant throws(ErrorAnswer) in
                try tenant.files.live(afterKey: last, limit: pageSize)
            }
            guard let end = page.last else { return }
            report.filesChecked += Int64(page.count)
            let stored = try keys(of: tenant, after: last, through: end.key)
            for file in page where !stored.contains(file.key) {
                // It may have been stored or removed while the listing ran.
                guard try !inventory.holds(key: file.key) else { continue }
                let now = try data.inTenant(tenant.database, .read) { tenant throws(ErrorAnswer) in
                    try tenant.files.find(file.id)
                }
                if now != nil { report.note(missing: file.id) }
            }
            last = end.key
        }
    }

    /// The keys in the store between two keys.
    private func keys(
        of tenant: Tenant, after: String?, through end: String
    ) throws(ErrorAnswer) -> Set<String> {
        var keys: Set<String> = []
        var last = after
        while true {
            let page = try inventory.objects(of: tenant.id, after: last, limit: pageSize)
            for object in page where object.key <= end { keys.insert(object.key) }
            guard page.count == pageSize, let reached = page.last?.key, reached < end else { return keys }
            last = reached
        }
    }
}
