package import Base
import Contract
package import Domain
package import Persistence

/// Makes a new tenant of an archive, or gives an archive's content back to the tenant that it was taken from.
///
/// Both fill a database beside the living ones and put the objects first; the tenant appears, or changes, in one
/// transaction at the end. What fails before that leaves nothing.
package struct TenantImporter {
    private let settings: DatabaseSettings
    private let data: any UnitOfWork
    private let inventory: any ObjectInventory
    private let unpacker: ArchiveUnpacker
    private let clock: any WallClock
    private let log: Log

    package init(
        settings: DatabaseSettings, data: any UnitOfWork, inventory: any ObjectInventory, unpacker: ArchiveUnpacker,
        clock: any WallClock, log: Log
    ) {
        self.settings = settings
        self.data = data
        self.inventory = inventory
        self.unpacker = unpacker
        self.clock = clock
        self.log = log
    }

    /// What an import or a restore has done.
    package struct Report: Sendable {
        package let tenant: Tenant
        /// Objects that were put; the others were there.
        package let objectsPut: Int64
        /// Members of the archive that no user of this installation is.
        package let missingMembers: [String]
    }

    /// Makes a new tenant with an id of its own. Members are the users of this installation with the archive's
    /// addresses, in their roles there; an owner who is named becomes an admin.
    ///
    /// - Throws: `.failed` when nobody would be admin.
    package func importTenant(
        _ archive: ArchiveInspection, as name: TenantName?, owner: EmailAddress?
    ) throws(BackupError) -> Report {
        try checkSchema(archive)
        let people = try people(of: archive.manifest, owner: owner)
        guard let creator = people.creator ?? people.members.first(where: { $0.role == .admin })?.user else {
            throw .failed("none of the archive's admins is an active user here; name one with --owner")
        }
        let now = clock.now()
        let id = TenantID.ordered(at: now)
        let name = name ?? TenantName(stored: archive.manifest.name)
        let tenant = Tenant(
            id: id, name: name, database: TenantDatabase(tenantID: id, named: name), state: .ready,
            suspendedBy: nil, createdAt: now, updatedAt: now, createdBy: creator)
        let restore = try begin(.import, id)
        do throws(BackupError) {
            try unpacker.fillDatabase(archive, restore)
            let put = try unpacker.putObjects(archive, of: id, files(of: restore))
            do throws(ErrorAnswer) {
                try restore.finishImport(tenant, members: people.members, at: clock.now())
            } catch {
                throw BackupError(error)
            }
            return Report(tenant: tenant, objectsPut: put, missingMembers: people.missing)
        } catch {
            // The worker tries again when this fails: the note is still there then.
            try? removeObjects(of: id)
            try? restore.abandon()
            throw error
        }
    }

    /// Gives the tenant the archive's database and objects. Its name, members and state stay as they are now; objects
    /// that the archive does not have are removed later as belonging to nobody. No object is removed meanwhile.
    package func restoreTenant(_ archive: ArchiveInspection, _ tenant: Tenant) throws(BackupError) -> Report {
        try checkSchema(archive)
        guard archive.manifest.tenant == tenant.id else {
            throw .failed(
                "the archive is of tenant \(archive.manifest.tenant); make a new tenant of it with tenants import")
        }
        let restore = try begin(.restore, tenant.id)
        let files: [String: StoredFile]
        var put: Int64
        do throws(BackupError) {
            do { try restore.keepObjects(of: tenant.database) } catch { throw BackupError(error) }
            try unpacker.fillDatabase(archive, restore)
            files = try self.files(of: restore)
            put = try unpacker.putObjects(archive, of: tenant.id, files)
            do throws(ErrorAnswer) {
                try restore.finishRestore(tenant.database, at: clock.now())
            } catch {
                throw BackupError(error)
            }
        } catch {
            try? restore.abandon()
            throw error
        }
        // What removes objects without a look at the database, an upload that was refused for one, may have met one of
        // these. A file that was removed since the swap gets its object back for as long as the sweep takes to come.
        do throws(BackupError) {
            put += try unpacker.putMissing(archive, of: tenant.id, files)
        } catch {
            throw error.afterRestore
        }
        return Report(tenant: tenant, objectsPut: put, missingMembers: [])
    }

    private func files(of restore: TenantRestore) throws(BackupError) -> [String: StoredFile] {
        do { return try restore.files() } catch { throw BackupError(error) }
    }

    private func begin(_ kind: TenantRestore.Kind, _ id: TenantID) throws(BackupError) -> TenantRestore {
        do { return try TenantRestore(kind, of: id, settings, log: log) } catch { throw BackupError(error) }
    }

    private func checkSchema(_ archive: ArchiveInspection) throws(BackupError) {
        let newest = TenantRestore.newestSchemaVersion
        guard archive.manifest.schemaVersion <= newest else {
            throw .failed(
                "the archive's schema (\(archive.manifest.schemaVersion)) is newer than this release's (\(newest))")
        }
    }

    private func removeObjects(of tenant: TenantID) throws(ErrorAnswer) {
        while case let page = try inventory.objects(of: tenant, after: nil, limit: 500), !page.isEmpty {
            for object in page { try inventory.remove(key: object.key) }
        }
    }

    private func people(
        of manifest: BackupManifest, owner: EmailAddress?
    ) throws(BackupError) -> (creator: UserID?, members: [(user: UserID, role: Role)], missing: [String]) {
        do throws(ErrorAnswer) {
            return try data.inMain(.read) { main throws(ErrorAnswer) in
                var members: [(user: UserID, role: Role)] = []
                var missing: [String] = []
                for member in manifest.members {
                    let user = try main.users.find(email: EmailAddress(stored: member.email))
                    if let user, user.isActive {
                        members.append((user.id, member.role))
                    } else {
                        missing.append(member.email)
                    }
                }
                var creator: UserID?
                if let owner {
                    guard let user = try main.users.find(email: owner), user.isActive else {
                        throw ErrorAnswer(.userNotFound, message: "There is no active user \(owner.text).")
                    }
                    members.removeAll { $0.user == user.id }
                    members.append((user.id, .admin))
                    creator = user.id
                } else if let email = manifest.creator,
                    let user = try main.users.find(email: EmailAddress(stored: email)),
                    members.contains(where: { $0.role == .admin })
                {
                    creator = user.id
                }
                return (creator, members, missing)
            }
        } catch {
            throw BackupError(error)
        }
    }
}
