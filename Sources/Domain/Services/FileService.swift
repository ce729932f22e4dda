package import Base
package import Contract

/// A tenant's files: list, statistics, and the removal of those that no document shows.
///
/// A removal is three steps (mark, remove the object, remove the row), so that new bytes of the same content that
/// arrive meanwhile become a new file and a crash in between is finished later. The object goes in the transaction that
/// removes the row: for so long an export or a restore does not begin.
package struct FileService: Sendable {
    private let data: any UnitOfWork
    private let objects: any ObjectLocator
    private let clock: any WallClock

    package init(data: any UnitOfWork, objects: any ObjectLocator, clock: any WallClock) {
        self.data = data
        self.objects = objects
        self.clock = clock
    }

    package func list(
        page: PageRequest, withUsage: Bool, in access: TenantAccess
    ) throws(ErrorAnswer) -> (files: Page<FileUsage>, statistics: FileStatistics) {
        try data.inTenant(access.tenant.database, .read) { tenant throws(ErrorAnswer) in
            (try tenant.files.list(page: page, withUsage: withUsage), try tenant.files.statistics())
        }
    }

    /// The file and the documents that show it.
    ///
    /// - Throws: `.fileNotFound`.
    package func find(
        _ id: FileID, documents page: PageRequest, in access: TenantAccess
    ) throws(ErrorAnswer) -> (file: FileUsage, documents: Page<Document>) {
        try data.inTenant(access.tenant.database, .read) { tenant throws(ErrorAnswer) in
            guard let file = try tenant.files.find(id) else { throw ErrorAnswer(.fileNotFound) }
            return (file, try tenant.documents.list(showing: id, page: page))
        }
    }

    /// Removes a file that no document shows.
    ///
    /// - Parameter access: the member who asks for it; nil when the product does.
    /// - Throws: `.fileNotFound`, `.fileInUse`, `.storageUnavailable` (the removal is finished later then).
    package func delete(
        _ id: FileID, in database: TenantDatabase, by access: TenantAccess? = nil
    ) throws(ErrorAnswer) {
        let removal = try data.inTenant(database, .write) { tenant throws(ErrorAnswer) in
            let removal = try tenant.files.beginRemoval(id)
            if case .begun = removal, let access {
                try tenant.audit.append(access.entry(.deleteFile, id, at: clock.now()))
            }
            return removal
        }
        switch removal {
        case .notFound: throw ErrorAnswer(.fileNotFound)
        case .inUse: throw ErrorAnswer(.fileInUse)
        case .begun(let file): try finish(file, in: database)
        }
    }

    /// Removes every file that no document shows, those younger than `minimumAge` left alone.
    package func deleteOrphans(
        minimumAge: Duration = .zero, in database: TenantDatabase, by access: TenantAccess? = nil
    ) throws(ErrorAnswer) -> OrphanReport {
        let createdBefore = minimumAge == .zero ? nil : clock.now() - minimumAge
        var report = OrphanReport()
        var last: FileID?
        while true {
            let batch = try data.inTenant(database, .read) { [last] tenant throws(ErrorAnswer) in
                try tenant.files.orphans(after: last, createdBefore: createdBefore, limit: 200)
            }
            for file in batch {
                report.checked += 1
                do {
                    try delete(file.id, in: database, by: access)
                    report.deleted += 1
                } catch  where error.code == .fileInUse || error.code == .fileNotFound {
                    continue  // shown or removed again meanwhile
                } catch {
                    report.failed += 1
                }
            }
            guard let end = batch.last else { return report }
            last = end.id
        }
    }

    /// Ends removals that were begun and not ended, by a crash or by a store that was away.
    package func finishRemovals(in database: TenantDatabase) throws(ErrorAnswer) {
        let begunBefore = clock.now() - .seconds(60)
        let unfinished = try data.inTenant(database, .read) { tenant throws(ErrorAnswer) in
            try tenant.files.unfinishedRemovals(begunBefore: begunBefore, limit: 1000)
        }
        for file in unfinished { try finish(file, in: database) }
    }

    private func finish(_ file: StoredFile, in database: TenantDatabase) throws(ErrorAnswer) {
        try data.inTenant(database, .write) { tenant throws(ErrorAnswer) in
            // While an export or a restore keeps the objects, the removal waits for the next `finishRemovals`.
            guard try tenant.files.mayRemoveObject(at: file.key) else { return }
            try objects.remove(key: file.key)
            try tenant.files.finishRemoval(file.id)
        }
    }
}
