import Backup
import Base
import Contract
import Domain
import ObjectStore
import Storage

/// What the commands on archives have in common: the store, the progress, the way failures are told.
struct BackupTools {
    let installation: Installation
    let store: any ObjectStore
    let progress: TransferProgress

    init(_ environment: Environment, _ console: Console) throws(Failure) {
        var settings = environment
        let store = ObjectStoreSettings.read(from: &settings)?.makeStore(reportingTo: &settings)
        guard settings.problems.isEmpty, let store else { throw .configuration(settings.problems) }
        self.store = store
        installation = try Installation(environment)
        progress = TransferProgress(console)
    }

    func exporter(_ repositories: Repositories) -> TenantExporter {
        TenantExporter(
            settings: installation.settings, data: repositories.data, store: store, progress: progress,
            log: installation.log)
    }

    func importer(_ repositories: Repositories) -> TenantImporter {
        TenantImporter(
            settings: installation.settings, data: repositories.data, inventory: StoreObjectInventory(store: store),
            unpacker: ArchiveUnpacker(store: store, progress: progress), clock: SystemClock(), log: installation.log)
    }

    /// Reads the whole archive before anything is changed.
    func inspect(_ path: String) throws(Failure) -> ArchiveInspection {
        try Self.telling { () throws(BackupError) in
            progress.begin("checking \(path)", bytes: nil)
            defer { progress.end() }
            return try ArchiveInspection(of: path, progress: progress)
        }
    }

    /// The tenant, when it has a database that can be worked on.
    func find(_ id: TenantID, _ repositories: Repositories) throws(Failure) -> Tenant {
        let found = try repositories.read { main throws(ErrorAnswer) in try main.tenants.find(id) }
        guard let tenant = found else { throw .failed("there is no tenant \(id)") }
        switch tenant.state {
        case .deleting: throw .failed("the tenant is deleted; saasctl tenants undelete \(id) takes that back")
        case .purged: throw .failed("the tenant is purged; saasctl tenants import makes a new one of an archive")
        case .ready, .suspended: return tenant
        }
    }

    static func telling<R>(_ body: () throws(BackupError) -> R) throws(Failure) -> R {
        do throws(BackupError) { return try body() } catch { throw Failure(error) }
    }
}
