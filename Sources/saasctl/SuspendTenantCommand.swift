import Base
import Contract
import Domain

/// `saasctl tenants suspend`
struct SuspendTenantCommand: Command {
    static let syntax = Syntax(
        "tenants", "suspend", summary: "keep a tenant's members out", parameters: [TenantChange.id],
        options: [.json],
        explanation: """
            Every request of its members, admins included, is answered with 403
            TENANT_SUSPENDED at once; uploads under way fail at their end. Stronger than a
            suspension by the tenant's own admin: only saasctl tenants resume ends it.
            """)

    private let change: TenantChange

    init(_ arguments: Arguments) throws(UsageError) { change = try TenantChange(arguments) }

    func run(_ environment: Environment, _ console: Console) throws(Failure) {
        try change.run(environment, console, outcome: "suspended") { tenants, id throws(ErrorAnswer) in
            try tenants.suspend(id)
        }
    }
}
