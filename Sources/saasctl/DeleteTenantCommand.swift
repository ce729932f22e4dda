import Base
import Contract
import Domain

/// `saasctl tenants delete`
struct DeleteTenantCommand: Command {
    static let syntax = Syntax(
        "tenants", "delete", summary: "delete a tenant for its members", parameters: [TenantChange.id],
        options: [.json],
        explanation: """
            Nobody can reach it any more; its data is purged when TENANT_PURGE_GRACE (30 days)
            is over. Until then saasctl tenants undelete takes it back.
            """)

    private let change: TenantChange

    init(_ arguments: Arguments) throws(UsageError) { change = try TenantChange(arguments) }

    func run(_ environment: Environment, _ console: Console) throws(Failure) {
        try change.run(environment, console, outcome: "deleted") { tenants, id throws(ErrorAnswer) in
            try tenants.delete(id)
        }
    }
}
