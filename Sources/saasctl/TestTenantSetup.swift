import Base
import Contract
import Domain
import Persistence
import Postgres

/// Makes a tenant to try the product with.
struct TestTenantSetup {
    let installation: Installation
    let name: TenantName

    /// The key of the advisory lock that keeps two runs from making the tenant twice; any fixed number would do.
    private static let lockKey: Int64 = 0x7361_6173_7465_6e61

    /// Makes the tenant with this user as its admin, unless the user has made one of the name before.
    func create(for email: EmailAddress, in repositories: Repositories) throws(Failure) -> Outcome {
        let user = try repositories.read { main throws(ErrorAnswer) in try main.users.find(email: email) }
        guard let user else {
            throw .failed("there is no user \(email.text) to own the test tenant; add --create-admin")
        }
        let lock = try takeLock()
        defer { lock.close() }
        if let present = try find(of: user.id, in: repositories) {
            return Outcome(tenant: present, isCreated: false)
        }
        do throws(ErrorAnswer) {
            return Outcome(tenant: try repositories.tenants.create(name: name, by: user.id), isCreated: true)
        } catch {
            throw Failure(error)
        }
    }

    /// The tenant as it is now.
    struct Outcome: JSONWritable {
        let tenant: Tenant
        let isCreated: Bool

        var line: String { "tenant \(tenant.id) \(tenant.name.text): \(isCreated ? "created" : "exists already")" }

        func write(to json: inout JSONWriter) {
            json.object { json in
                json.member("id", tenant.id)
                json.member("name", tenant.name.text)
                json.member("created", isCreated)
            }
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
