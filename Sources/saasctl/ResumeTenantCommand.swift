import Base
import Contract
import Domain

/// `saasctl tenants resume`
struct ResumeTenantCommand: Command {
    static let syntax = Syntax(
        "tenants", "resume", summary: "end a tenant's suspension, whoever's it was", parameters: [TenantChange.id],
        options: [.json],
        explanation: """
            A deleted tenant is not resumed but undeleted.
            """)

    private let change: TenantChange

    init(_ arguments: Arguments) throws(UsageError) { change = try TenantChange(arguments) }

    func run(_ environment: Environment, _ console: Console) throws(Failure) {
        try change.run(environment, console, outcome: "resumed") { tenants, id throws(ErrorAnswer) in
            try tenants.resume(id)
        }
    }
}
