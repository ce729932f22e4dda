package import Base
package import Contract

/// Removes what uploads that never ended have left.
package struct UploadSweeper: Sendable {
    private let data: any UnitOfWork
    private let objects: any ObjectLocator
    private let clock: any WallClock

    package init(data: any UnitOfWork, objects: any ObjectLocator, clock: any WallClock) {
        self.data = data
        self.objects = objects
        self.clock = clock
    }

    /// First the intent is given up, so that no commit can follow; then its object goes, then the intent.
    ///
    /// - Returns: how many were removed.
    package func sweep(_ database: TenantDatabase) throws(ErrorAnswer) -> Int {
        let now = clock.now()
        let leftovers = try data.inTenant(database, .read) { tenant throws(ErrorAnswer) in
            try tenant.uploads.leftovers(at: now, limit: 1000)
        }
        var removed = 0
        for intent in leftovers {
            if intent.state == .pending {
                let isOurs = try data.inTenant(database, .write) { tenant throws(ErrorAnswer) in
                    try tenant.uploads.markAbandoned(intent.id)
                }
                guard isOurs else { continue }
            }
            let isRemoved = try data.inTenant(database, .write) { tenant throws(ErrorAnswer) in
                // An export or a restore may keep the objects: later, then.
                guard try tenant.files.mayRemoveObject(at: intent.file.key) else { return false }
                try objects.remove(key: intent.file.key)
                try tenant.uploads.remove(intent.id)
                return true
            }
            if isRemoved { removed += 1 }
        }
        try data.inTenant(database, .write) { tenant throws(ErrorAnswer) in
            _ = try tenant.uploads.pruneCommitted(expiredBefore: now)
            try tenant.uploads.pruneKeysAndReservations(expiredBefore: now)
        }
        return removed
    }
}
