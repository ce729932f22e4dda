import Base
import Contract
import Domain

struct InMemoryFiles: FileRepository {
    struct Row {
        var file: StoredFile
        /// When its removal began; live while nil.
        var deletingAt: Timestamp?
    }

    let tables: InMemoryTenantTables
    let transaction: InMemoryTransaction
    let clock: any WallClock

    func find(_ id: FileID) throws(ErrorAnswer) -> FileUsage? {
        guard let row = tables.files[id], row.deletingAt == nil else { return nil }
        return FileUsage(file: row.file, documentCount: documents(of: id))
    }

    func list(page: PageRequest, withUsage: Bool) throws(ErrorAnswer) -> Page<FileUsage> {
        let newest = live.sorted { ($1.createdAt, $1.id) < ($0.createdAt, $0.id) }
        return Page(
            of: newest.map { FileUsage(file: $0, documentCount: withUsage ? documents(of: $0.id) : nil) }, page)
    }

    func statistics() throws(ErrorAnswer) -> FileStatistics {
        FileStatistics(totalFiles: Int64(live.count), totalBytes: live.reduce(0) { $0 + $1.size })
    }

    func holdLive(sha256: String, size: Int64) throws(ErrorAnswer) -> StoredFile? {
        live.first { $0.sha256 == sha256 && $0.size == size }
    }

    func insertLive(_ file: StoredFile) throws(ErrorAnswer) -> Bool {
        guard try holdLive(sha256: file.sha256, size: file.size) == nil else { return false }
        guard file.size > 0, !tables.files.rows.values.contains(where: { $0.file.key == file.key }) else {
            throw ErrorAnswer(.internalError, cause: "a constraint of the table files")
        }
        transaction.put(Row(file: file), at: file.id, in: tables.files)
        return true
    }

    func note(_ inspection: FileInspection, of id: FileID) throws(ErrorAnswer) {
        guard var row = tables.files[id], row.deletingAt == nil else { return }
        row.file.inspection = inspection
        transaction.put(row, at: id, in: tables.files)
    }

    func beginRemoval(_ id: FileID) throws(ErrorAnswer) -> FileRemoval {
        guard var row = tables.files[id], row.deletingAt == nil else { return .notFound }
        guard documents(of: id) == 0 else { return .inUse }
        row.deletingAt = clock.now()
        transaction.put(row, at: id, in: tables.files)
        return .begun(row.file)
    }

    func mayRemoveObject(at key: String) throws(ErrorAnswer) -> Bool {
        !live.contains { $0.key == key }
            && !tables.uploads.rows.values.contains { $0.state == .pending && $0.file.key == key }
    }

    func finishRemoval(_ id: FileID) throws(ErrorAnswer) {
        guard tables.files[id]?.deletingAt != nil else { return }
        transaction.put(nil, at: id, in: tables.files)
    }

    func orphans(after: FileID?, createdBefore: Timestamp?, limit: Int) throws(ErrorAnswer) -> [StoredFile] {
        let orphans = live.filter { file in
            documents(of: file.id) == 0 && after.map { file.id > $0 } ?? true
                && createdBefore.map { file.createdAt < $0 } ?? true
        }
        return Array(orphans.sorted { $0.id < $1.id }.prefix(limit))
    }

    func live(afterKey after: String?, limit: Int) throws(ErrorAnswer) -> [StoredFile] {
        let live = tables.files.rows.values.filter { $0.deletingAt == nil && $0.file.key > after ?? "" }
        return Array(live.map(\.file).sorted { $0.key < $1.key }.prefix(limit))
    }

    func named(among keys: [String]) throws(ErrorAnswer) -> Set<String> {
        let pending = tables.uploads.rows.values.filter { $0.state == .pending }
        return Set(keys).intersection(tables.files.rows.values.map(\.file.key) + pending.map(\.file.key))
    }

    func lockOutWriters() throws(ErrorAnswer) {}

    func unfinishedRemovals(begunBefore time: Timestamp, limit: Int) throws(ErrorAnswer) -> [StoredFile] {
        let begun = tables.files.rows.values.filter { $0.deletingAt.map { $0 < time } ?? false }
        return Array(begun.map(\.file).sorted { $0.id < $1.id }.prefix(limit))
    }

    private var live: [StoredFile] { tables.files.rows.values.filter { $0.deletingAt == nil }.map(\.file) }

    private func documents(of file: FileID) -> Int64 {
        Int64(tables.documents.rows.values.filter { $0.file.id == file }.count)
    }
}
