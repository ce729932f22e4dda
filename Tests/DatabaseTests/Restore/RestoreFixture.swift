import Backup
import Base
import Contract
import Crypto
import Domain
import Foundation
import ObjectStore
import Persistence
import Postgres
import Storage
import TestSupport

/// A tenant on the real server whose files lie in a directory, and an archive of it.
final class RestoreFixture {
    let fleet: FleetFixture
    let tenant: Tenant
    let settings: DatabaseSettings
    let store: DirectoryStore
    let log = Log(component: "tests", level: .error, sink: { _ in })
    private let folder: URL

    init() throws {
        fleet = try FleetFixture()
        tenant = try fleet.create()
        var environment = Environment(["DATABASE_URL": PostgresCluster.shared.url(database: fleet.main)])
        settings = DatabaseSettings(&environment, applicationName: "tests", program: .application, workers: 1)!
        folder = FileManager.default.temporaryDirectory.appending(path: "restore-tests-\(UUID().uuidString)")
        try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
        store = try DirectoryStore(root: folder.appending(path: "objects").path)
    }

    deinit { try? FileManager.default.removeItem(at: folder) }

    var files: FileService { FileService(data: fleet.data, objects: locator, clock: SystemClock()) }
    var uploads: UploadSweeper { UploadSweeper(data: fleet.data, objects: locator, clock: SystemClock()) }
    var sweeper: StorageSweeper {
        StorageSweeper(
            data: fleet.data, inventory: StoreObjectInventory(store: store), orphanAge: .zero, clock: SystemClock())
    }
    private var locator: StoreObjectLocator { StoreObjectLocator(store: store) }

    /// Stores a file with its object, shown by one document.
    func addDocument(_ text: String) throws -> Document {
        let bytes = Array(text.utf8)
        let (md5, sha256) = (Digest.md5(bytes), Digest.sha256(bytes))
        let (now, id) = (SystemClock().now(), FileID.random())
        let file = StoredFile(
            id: id, md5: Hex.encode(md5), sha256: Hex.encode(sha256),
            key: StoredFile.key(tenant: tenant.id, file: id, md5: Hex.encode(md5), at: now),
            size: Int64(bytes.count), sniffedType: try MediaType("text/plain"), createdAt: now)
        let document = Document(
            id: .random(), filename: try Filename("a.txt"), mediaType: file.sniffedType, file: file,
            userID: fleet.ada, createdAt: now, updatedAt: now, createdBy: fleet.ada)
        try store.put(
            ObjectContent(
                source: .bytes(bytes), size: file.size, md5: md5, sha256: sha256, contentType: "text/plain"),
            at: file.key)
        try fleet.data.inTenant(tenant.database, .write) { tenant throws(ErrorAnswer) in
            _ = try tenant.files.insertLive(file)
            try tenant.documents.insert(document)
        }
        return document
    }

    func removeRow(of document: Document) throws {
        try fleet.data.inTenant(tenant.database, .write) { tenant throws(ErrorAnswer) in
            try tenant.documents.remove(document.id)
        }
    }

    /// Runs a statement on the tenant's database.
    func execute(_ query: Query) throws {
        _ = try fleet.pool.withConnection(to: tenant.database.name) { connection throws(PostgresError) in
            try connection.execute(query)
        }
    }

    func export() throws -> ArchiveInspection {
        let path = folder.appending(path: "tenant.tar").path
        let exporter = TenantExporter(
            settings: settings, data: fleet.data, store: store, progress: PartEnds(), log: log)
        _ = try exporter.export(tenant, to: path, at: SystemClock().now())
        return try ArchiveInspection(of: path, progress: PartEnds())
    }

    /// - Parameter atObjects: run when the objects have been put, before the databases change places.
    func restore(
        _ archive: ArchiveInspection, atObjects: @escaping @Sendable () -> Void
    ) throws -> TenantImporter.Report {
        let importer = TenantImporter(
            settings: settings, data: fleet.data, inventory: StoreObjectInventory(store: store),
            unpacker: ArchiveUnpacker(store: store, progress: PartEnds("objects", then: atObjects)),
            clock: SystemClock(), log: log)
        return try importer.restoreTenant(archive, tenant)
    }
}
