import Base
import Contract
import Domain

/// `saasctl tenants show`
struct ShowTenantCommand: Command {
    static let syntax = Syntax(
        "tenants", "show", summary: "show a tenant, its members and what it holds", parameters: [TenantChange.id],
        options: [.json],
        explanation: """
            Of a deleted tenant: since when, and the purge's next step. Of a purged one: the
            record of what was removed.
            """)

    private let tenant: TenantID
    private let asJSON: Bool

    init(_ arguments: Arguments) throws(UsageError) {
        tenant = try arguments.value(at: TenantChange.id)
        asJSON = arguments.has(.json)
    }

    func run(_ environment: Environment, _ console: Console) throws(Failure) {
        let details = try Installation(environment).withData { repositories throws(Failure) in
            try find(repositories)
        }
        if asJSON {
            console.result(json: details)
        } else {
            for line in details.lines { console.result(line) }
        }
    }

    private func find(_ repositories: Repositories) throws(Failure) -> TenantReport {
        let found = try repositories.read { main throws(ErrorAnswer) -> TenantReport? in
            guard let tenant = try main.tenants.find(tenant) else { return nil }
            let members = try main.memberships.members(of: tenant.id, page: PageRequest(perPage: 100))
            return TenantReport(
                tenant: tenant, members: members.elements, memberCount: members.total,
                purge: try main.purges.find(tenant.id), deletion: try main.purges.findDeletion(tenant.id))
        }
        guard var report = found else { throw .failed("there is no tenant \(tenant)") }
        guard [.ready, .suspended].contains(report.tenant.state) else { return report }
        do throws(ErrorAnswer) { report.census = try repositories.census.census(of: report.tenant.database) } catch {
            throw Failure(error)
        }
        return report
    }
}
