import Base
import Contract
import Domain

/// `saasctl tenants undelete`
struct UndeleteTenantCommand: Command {
    static let syntax = Syntax(
        "tenants", "undelete", summary: "take a tenant's deletion back", parameters: [TenantChange.id],
        options: [.json],
        explanation: """
            Possible until its purge begins. The tenant is what it was before: members,
            documents, and its suspension if it had one. Migrations that came meanwhile have left
            it out: see saasctl migrate tenants --tenant-id ID.
            """)

    private let change: TenantChange

    init(_ arguments: Arguments) throws(UsageError) { change = try TenantChange(arguments) }

    func run(_ environment: Environment, _ console: Console) throws(Failure) {
        try change.run(environment, console, outcome: "back again") { tenants, id throws(ErrorAnswer) in
            try tenants.undelete(id)
        }
    }
}
