package import Base
import Contract
package import Domain
import Archive
package import ObjectStore
package import Persistence
import Crypto
import Glibc

/// Writes one tenant into one archive: its database by pg_dump, its objects, checksums of all. The tenant goes on
/// working; what the archive holds is one moment.
///
/// Entries in order: `SHA256SUMS`, `manifest.json`, `database.dump`, `objects/…`. The objects are streamed; the dump is
/// kept in a nameless file beside the archive until its sum is known.
package struct TenantExporter {
    private let settings: DatabaseSettings
    private let data: any UnitOfWork
    private let store: any ObjectStore
    private let progress: any BackupProgress
    private let log: Log

    package init(
        settings: DatabaseSettings, data: any UnitOfWork, store: any ObjectStore, progress: any BackupProgress, log: Log
    ) {
        self.settings = settings
        self.data = data
        self.store = store
        self.progress = progress
        self.log = log
    }

    /// Writes the archive; there is none at the path when this throws.
    ///
    /// - Throws: also when an object is not what its row says: such an archive would be damaged.
    package func export(_ tenant: Tenant, to path: String, at now: Timestamp) throws(BackupError) -> BackupManifest {
        let partial = path + ".partial"
        guard access(path, F_OK) != 0 else { throw .failed("\(path) is there already") }
        let writer: ArchiveWriter
        do { writer = try ArchiveWriter(creating: partial) } catch { throw BackupError(error) }
        do throws(BackupError) {
            let manifest = try write(tenant, with: writer, beside: path, at: now)
            guard rename(partial, path) == 0 else { throw BackupError.failed("\(path) cannot be made") }
            return manifest
        } catch {
            unlink(partial)
            throw error
        }
    }

    private func write(
        _ tenant: Tenant, with writer: ArchiveWriter, beside path: String, at now: Timestamp
    ) throws(BackupError) -> BackupManifest {
        do throws(ErrorAnswer) {
            let snapshot = try TenantSnapshot(of: tenant.database, settings, log: log)
            let files = try snapshot.files()
            let version = try snapshot.schemaVersion()
            let (creator, members) = try people(of: tenant)
            let dump = try dumped(tenant, snapshot.id, beside: path)
            try snapshot.release()
            let manifest = BackupManifest(
                tenant: tenant, creator: creator, members: members, schemaVersion: version, files: files,
                exportedAt: now)
            do throws(BackupError) {
                try write(manifest, dump, files, with: writer)
            } catch {
                throw Wrapped.answer(error)
            }
            try snapshot.confirm()
            do throws(ArchiveError) { try writer.finish() } catch { throw Wrapped.answer(BackupError(error)) }
            return manifest
        } catch {
            throw Wrapped.unwrap(error)
        }
    }

    private func write(
        _ manifest: BackupManifest, _ dump: SpooledDump, _ files: [StoredFile], with writer: ArchiveWriter
    ) throws(BackupError) {
        let time = manifest.exportedAt.seconds
        let text = manifest.jsonBytes
        var checksums = Checksums()
        checksums.add(ArchiveLayout.manifest, Hex.encode(Digest.sha256(text)))
        checksums.add(ArchiveLayout.dump, dump.sha256)
        for file in files { checksums.add(ArchiveLayout.path(of: file.key, manifest.tenant), file.sha256) }
        do throws(ArchiveError) {
            try writer.entry(Checksums.path, Array(checksums.text.utf8), time: time)
            try writer.entry(ArchiveLayout.manifest, text, time: time)
        } catch {
            throw BackupError(error)
        }
        try writer.entry(
            ArchiveLayout.dump, size: dump.size, time: time, { write throws(BackupError) in try dump.read(write) },
            failing: { BackupError($0) })
        progress.begin("objects", bytes: manifest.objectBytes)
        defer { progress.end() }
        for file in files { try copy(file, manifest.tenant, to: writer) }
    }

    private func copy(_ file: StoredFile, _ tenant: TenantID, to writer: ArchiveWriter) throws(BackupError) {
        let digest = IncrementalDigest(.sha256)
        let time = file.createdAt.seconds
        try writer.entry(
            ArchiveLayout.path(of: file.key, tenant), size: file.size, time: time,
            { write throws(BackupError) in
                do throws(ObjectStoreError) {
                    try store.read(file.key) { bytes in
                        digest.update(bytes)
                        progress.advance(Int64(bytes.count))
                        return write(bytes)
                    }
                } catch {
                    throw BackupError(error, key: file.key)
                }
            }, failing: { BackupError($0) })
        guard Hex.encode(digest.finish()) == file.sha256 else {
            throw .failed("the object \(file.key) has another content than its file says")
        }
    }

    private func dumped(_ tenant: Tenant, _ snapshot: String, beside path: String) throws(ErrorAnswer) -> SpooledDump {
        progress.begin("database", bytes: nil)
        defer { progress.end() }
        do throws(BackupError) {
            let dump = try SpooledDump(beside: path)
            let tool = DatabaseTool.dump(settings.settings(for: tenant.database.name), snapshot: snapshot)
            try dump.fill { descriptor throws(BackupError) in
                try tool.run(output: descriptor)
            }
            return dump
        } catch {
            throw Wrapped.answer(error)
        }
    }

    private func people(of tenant: Tenant) throws(ErrorAnswer) -> (creator: String?, members: [Domain.Member]) {
        try data.inMain(.read) { main throws(ErrorAnswer) in
            var members: [Domain.Member] = []
            var number = 1
            while true {
                let page = try main.memberships.members(of: tenant.id, page: PageRequest(page: number, perPage: 100))
                members += page.elements
                guard number < page.pages else { break }
                number += 1
            }
            return (try main.users.find(tenant.createdBy)?.email.text, members)
        }
    }
}

/// Carries an error of the archive through code that throws the domain's.
private enum Wrapped {
    static func answer(_ error: BackupError) -> ErrorAnswer {
        switch error {
        case .damaged(let sentence), .failed(let sentence): ErrorAnswer(.internalError, message: sentence)
        }
    }

    static func unwrap(_ answer: ErrorAnswer) -> BackupError { BackupError(answer) }
}
