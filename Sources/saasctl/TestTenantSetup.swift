import Base
import Contract
import Domain
import Persistence
import Postgres

/// Makes a tenant to try the product with.
struct TestTenantSetup {
    let installation: Installation
    let name: TenantName
    let console: Console

    /// The key of the advisory lock that keeps two runs from making the tenant twice; any fixed number would do.
    private static let lockKey: Int64 = 0x7361_6173_7465_6e61

    /// Makes the tenant with this user as its admin, unless the user has made one of the name before.
    func create(for email: EmailAddress, in repositories: Repositories) throws(Failure) {
        let user = try repositories.read { main throws(ErrorAnswer) in try main.users.find(email: email) }
        guard let user else {
            throw .failed("there is no user \(email.text) to own the test tenant; add --create-admin")
        }
        let lock = try takeLock()
        defer { lock.close() }
        if let present = try find(of: user.id, in: repositories) {
            return console.result("tenant \(present.id) \(name.text): exists already")
        }
        do throws(ErrorAnswer) {
            let tenant = try repositories.tenants.create(name: name, by: user.id)
            console.result("tenant \(tenant.id) \(name.text): created")
        } catch {
            throw Failure(error)
        }
    }

    /// A connection that holds the lock as long as it is open. Waits for another run.
    private func takeLock() throws(Failure) -> Connection {
        var settings = installation.settings.main
        settings.statementTimeout = .zero
        do {
            let connection = try Connection(settings, log: installation.log)
            _ = try connection.execute("SELECT pg_advisory_lock(\(Self.lockKey))")
            return connection
        } catch {
            throw Failure(error)
        }
    }

    private func find(of user: UserID, in repositories: Repositories) throws(Failure) -> Tenant? {
        var page = 1
        while true {
            let request = PageRequest(page: page, perPage: 100)
            let memberships = try repositories.read { main throws(ErrorAnswer) in
                try main.memberships.memberships(of: user, states: [.ready, .suspended], page: request)
            }
            let found = memberships.elements.first { $0.tenant.createdBy == user && $0.tenant.name == name }
            if let found { return found.tenant }
            guard page < memberships.pages else { return nil }
            page += 1
        }
    }
}
