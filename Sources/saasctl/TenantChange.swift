import Base
import Contract
import Domain

/// What the operator's commands on one tenant have in common: `saasctl tenants VERB ID [--json]`.
struct TenantChange {
    static let id = Parameter("ID", "the tenant's id, as saasctl tenants list shows it")

    private let tenant: TenantID
    private let asJSON: Bool

    init(_ arguments: Arguments) throws(UsageError) {
        tenant = try arguments.value(at: Self.id)
        asJSON = arguments.has(.json)
    }

    /// Runs the change and tells what the tenant is now.
    ///
    /// - Parameter outcome: one word: "suspended".
    func run(
        _ environment: Environment, _ console: Console, outcome: String,
        _ change: (TenantOperator, TenantID) throws(ErrorAnswer) -> Tenant
    ) throws(Failure) {
        try Installation(environment).withData { repositories throws(Failure) in
            let changed: Tenant
            do throws(ErrorAnswer) {
                changed = try change(repositories.tenantOperator, tenant)
            } catch  where error.code == .tenantNotFound {
                throw .failed("there is no tenant \(tenant)")
            } catch {
                throw Failure(error)
            }
            guard asJSON else { return console.result("tenant \(tenant) \(changed.name.text): \(outcome)") }
            let members = try repositories.read { main throws(ErrorAnswer) in
                try main.memberships.members(of: tenant, page: PageRequest(perPage: 1)).total
            }
            console.result(json: TenantSummary(tenant: changed, members: members))
        }
    }
}
