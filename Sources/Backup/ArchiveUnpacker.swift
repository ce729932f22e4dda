import Archive
import Base
import Contract
import Crypto
import Domain
package import ObjectStore
import Persistence
import Glibc

/// Takes an archive's parts to where they go: the dump to a database beside the living ones, the objects to the store.
package struct ArchiveUnpacker {
    private let store: any ObjectStore
    private let progress: any BackupProgress

    package init(store: any ObjectStore, progress: any BackupProgress) {
        self.store = store
        self.progress = progress
    }

    /// Fills the restore's database.
    func fillDatabase(_ archive: ArchiveInspection, _ restore: TenantRestore) throws(BackupError) {
        progress.begin("database", bytes: nil)
        defer { progress.end() }
        let null = open("/dev/null", O_WRONLY | O_CLOEXEC)
        guard null >= 0 else { throw .failed("/dev/null cannot be opened") }
        defer { close(null) }
        try archive.forEachEntry { entry, reader throws(BackupError) in
            guard entry.path == ArchiveLayout.dump else { return }
            let tool = DatabaseTool.restore(restore.databaseSettings)
            try tool.run(output: null) { write throws(BackupError) in
                try ArchiveInspection.read(reader) { write($0) }
            }
        }
        do {
            try restore.adapt(from: archive.manifest.tenant)
        } catch {
            throw BackupError(error)
        }
    }

    /// Puts the objects under the tenant's prefix; those that the store has already stay.
    ///
    /// - Parameters:
    ///   - files: those of the archive's database, by their keys.
    ///   - keys: the objects to put; nil for all.
    /// - Returns: how many were put.
    func putObjects(
        _ archive: ArchiveInspection, of tenant: TenantID, _ files: [String: StoredFile], only keys: Set<String>? = nil
    ) throws(BackupError) -> Int64 {
        progress.begin("objects", bytes: archive.manifest.objectBytes)
        defer { progress.end() }
        var count: Int64 = 0
        try archive.forEachEntry { entry, reader throws(BackupError) in
            guard entry.path.hasPrefix(ArchiveLayout.objects) else { return }
            let key = ArchiveLayout.key(of: entry.path, tenant)
            guard let file = files[key], file.size == entry.size else {
                throw .damaged("\(entry.path) is no file of the archive's database")
            }
            // A key holds the file's id and digest: what is there is the same.
            let isDone = if let keys, !keys.contains(key) { true } else { try size(of: key) == entry.size }
            if isDone {
                progress.advance(entry.size)
                return
            }
            try put(file, reader)
            count += 1
        }
        return count
    }

    /// Puts those of the objects that are gone again.
    ///
    /// - Returns: how many were put.
    func putMissing(
        _ archive: ArchiveInspection, of tenant: TenantID, _ files: [String: StoredFile]
    ) throws(BackupError) -> Int64 {
        let missing = try missing(files, of: tenant)
        return missing.isEmpty ? 0 : try putObjects(archive, of: tenant, files, only: missing)
    }

    /// The keys of files without an object, found by a listing: one question for many.
    private func missing(_ files: [String: StoredFile], of tenant: TenantID) throws(BackupError) -> Set<String> {
        let prefix = "tenants/\(tenant)/"
        var missing = Set(files.keys)
        var last: String?
        while true {
            let page: [StoredObject]
            do {
                page = try store.list(prefix: prefix, after: last, limit: 500)
            } catch {
                throw BackupError(error, key: prefix)
            }
            for object in page where files[object.key]?.size == object.size { missing.remove(object.key) }
            guard page.count == 500, let end = page.last else { return missing }
            last = end.key
        }
    }

    private func size(of key: String) throws(BackupError) -> Int64? {
        do { return try store.size(of: key) } catch { throw BackupError(error, key: key) }
    }

    private func put(_ file: StoredFile, _ reader: ArchiveReader) throws(BackupError) {
        // Large objects go through a file: a store may take them in parts, and parts more than once.
        let spool = try ObjectSpool(size: file.size)
        let md5 = IncrementalDigest(.md5)
        try ArchiveInspection.read(reader) { bytes in
            md5.update(bytes)
            progress.advance(Int64(bytes.count))
            return spool.write(bytes)
        }
        let source = try spool.finish()
        guard let sha256 = Hex.decode(file.sha256) else { throw .damaged("\(file.key) has no digest") }
        let content = ObjectContent(
            source: source, size: file.size, md5: md5.finish(), sha256: sha256,
            contentType: file.sniffedType.text)
        do { try store.put(content, at: file.key) } catch { throw BackupError(error, key: file.key) }
    }
}
