package import Base
package import Contract

/// Has files that are stored already looked at again: by the event `file.process`, one a file.
package struct FileProcessing: Sendable {
    private let data: any UnitOfWork
    private let doorbell: any Doorbell
    private let clock: any WallClock

    private static let batch = 200

    package init(data: any UnitOfWork, doorbell: any Doorbell, clock: any WallClock) {
        self.data = data
        self.doorbell = doorbell
        self.clock = clock
    }

    /// Asks for one file, or for all that are live; how many.
    ///
    /// - Throws: `.fileNotFound`; `.serviceUnavailable` may leave a part of the files asked for.
    package func request(_ file: FileID?, in tenant: Tenant) throws(ErrorAnswer) -> Int {
        if let file { return try request(file, in: tenant) }
        var count = 0
        var last: String?
        while true {
            doorbell.ring(.tenant(tenant.id))
            let files = try data.inTenant(tenant.database, .write) { [last] repositories throws(ErrorAnswer) in
                let files = try repositories.files.live(afterKey: last, limit: Self.batch)
                for file in files { try repositories.events.append(event(about: file.id, in: tenant)) }
                return files
            }
            count += files.count
            guard let end = files.last else { return count }
            last = end.key
        }
    }

    private func request(_ file: FileID, in tenant: Tenant) throws(ErrorAnswer) -> Int {
        doorbell.ring(.tenant(tenant.id))
        try data.inTenant(tenant.database, .write) { repositories throws(ErrorAnswer) in
            guard try repositories.files.find(file) != nil else { throw ErrorAnswer(.fileNotFound) }
            try repositories.events.append(event(about: file, in: tenant))
        }
        return 1
    }

    private func event(about file: FileID, in tenant: Tenant) -> Event {
        Event(
            .fileProcess, tenant: tenant.id, user: nil, at: clock.now(),
            data: ["file_id": .string(file.description)])
    }
}
