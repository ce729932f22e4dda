package import Base
import Contract
package import Domain

/// What the handlers of stored files share: finds the file that an event names, verifies its object, and runs the
/// inspections that are switched on.
package struct FileLook: Sendable {
    private let data: any UnitOfWork
    private let tenants: LivingTenants
    let objects: any ObjectLocator
    private let inspectors: [any FileInspector]
    private let clock: any WallClock
    private let log: Log

    /// All inspections of one look: a transaction of the database waits meanwhile, which has to end within 30 s.
    private static let patience: Duration = .seconds(20)

    /// - Parameter inspectors: in the order in which they look; none looks at what a scanner has found infected.
    package init(
        data: any UnitOfWork, tenants: LivingTenants, objects: any ObjectLocator, inspectors: [any FileInspector] = [],
        clock: any WallClock, log: Log
    ) {
        self.data = data
        self.tenants = tenants
        self.objects = objects
        self.inspectors = inspectors
        self.clock = clock
        self.log = log
    }

    /// Does nothing for a file or a tenant that is gone.
    ///
    /// - Parameters:
    ///   - anew: whether inspections are run that were run before.
    ///   - damage: says what is wrong with the object; nil when it is whole.
    /// - Throws: `.validationError` for an event that names no file, `.storageUnavailable` for a damaged object.
    func take(
        _ event: Event, in home: EventHome, anew: Bool, damage: (StoredFile) throws(ErrorAnswer) -> String?
    ) throws(ErrorAnswer) {
        let id = try event.file()
        let find = { (tenant: TenantRepositories) throws(ErrorAnswer) in try tenant.files.find(id)?.file }
        guard let file = try within(home, event.tenantID, find) ?? nil else { return }
        if let damage = try damage(file) {
            // Removed between the two looks: nothing is wrong.
            guard try within(home, event.tenantID, find) ?? nil != nil else { return }
            throw ErrorAnswer(.storageUnavailable, cause: damage)
        }
        try inspect(file, of: event.tenantID, in: home, anew: anew)
    }

    private func inspect(_ file: StoredFile, of tenant: TenantID, in home: EventHome, anew: Bool) throws(ErrorAnswer) {
        let earlier = file.inspection
        var file = file
        if anew { file.inspection = nil }
        let wanted = inspectors.filter { [file] in $0.isWanted(for: file) }
        guard !wanted.isEmpty else { return }
        let now = clock.now()
        // What nobody looks for now stays as it was found.
        var found = earlier ?? FileInspection(inspectedAt: now)
        found.inspectedAt = now
        let deadline = ContinuousClock.now + Self.patience
        for inspector in wanted {
            try inspector.inspect(file, of: tenant, into: &found, deadline: deadline)
            if found.scan == .infected { break }
        }
        let isNews = found.scan == .infected && earlier?.scan != .infected
        _ = try within(home, tenant) { [found] repositories throws(ErrorAnswer) in
            try repositories.files.note(found, of: file.id)
            guard isNews else { return }
            try repositories.audit.append(
                AuditEntry(
                    .quarantineFile, by: nil, from: .none, tenant: tenant, target: file.id.description, at: now,
                    details: ["threat": .string(found.threat ?? "")]))
        }
        if isNews {
            log.warning(
                "an infected file was found",
                [
                    "tenant.id": .text(tenant.description), "file.id": .text(file.id.description),
                    "scan.threat": .text(found.threat ?? ""),
                ])
        }
    }

    /// Nil for a tenant that is gone. Over the connection at hand where the event lives in the tenant's database: with
    /// many tenants a second connection is what costs most, and whoever opened this one has found the tenant.
    private func within<R>(
        _ home: EventHome, _ tenant: TenantID, _ body: (TenantRepositories) throws(ErrorAnswer) -> R
    ) throws(ErrorAnswer) -> R? {
        if case .tenant(let repositories) = home { return try body(repositories) }
        guard let found = try tenants.find(tenant) else { return nil }
        return try data.inTenant(found.database, .write, body)
    }
}

extension Event {
    /// The file that the event names.
    ///
    /// - Throws: `.validationError` when it names none.
    func file() throws(ErrorAnswer) -> FileID {
        guard let file = data["file_id"]?.string.flatMap({ FileID($0) }) else {
            throw ErrorAnswer(.validationError, cause: "the event names no file")
        }
        return file
    }
}
