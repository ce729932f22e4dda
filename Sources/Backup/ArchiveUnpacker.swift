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
    /// - Returns: how many were put.
    func putObjects(
        _ archive: ArchiveInspection, of tenant: TenantID, _ restore: TenantRestore
    ) throws(BackupError) -> Int64 {
        progress.begin("objects", bytes: archive.manifest.objectBytes)
        defer { progress.end() }
        let files: [String: StoredFile]
        do { files = try restore.files() } catch { throw BackupError(error) }
        var count: Int64 = 0
        try archive.forEachEntry { entry, reader throws(BackupError) in
            guard entry.path.hasPrefix(ArchiveLayout.objects) else { return }
            let key = ArchiveLayout.key(of: entry.path, tenant)
            guard let file = files[key], file.size == entry.size else {
                throw .damaged("\(entry.path) is no file of the archive's database")
            }
            // A key holds the file's id and digest: what is there is the same.
            if try size(of: key) == entry.size {
                progress.advance(entry.size)
                return
            }
            try put(file, reader)
            count += 1
        }
        return count
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
