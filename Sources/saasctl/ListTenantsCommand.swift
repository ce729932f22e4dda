import Base
import Contract
import Domain

/// `saasctl tenants list`
struct ListTenantsCommand: Command {
    static let syntax = Syntax(
        "tenants", "list", summary: "list all tenants, in every state, oldest first", options: [.jsonList])

    private let asJSON: Bool

    init(_ arguments: Arguments) { asJSON = arguments.has(.json) }

    func run(_ environment: Environment, _ console: Console) throws(Failure) {
        let states: [TenantState] = [.ready, .suspended, .deleting, .purged]
        var summaries: [TenantSummary] = []
        try Installation(environment).withData { repositories throws(Failure) in
            try TenantPages(repositories: repositories, states: states).forEach { page throws(Failure) in
                summaries += try repositories.read { main throws(ErrorAnswer) in
                    var summaries: [TenantSummary] = []
                    for tenant in page {
                        let members = try main.memberships.members(of: tenant.id, page: PageRequest(perPage: 1)).total
                        summaries.append(TenantSummary(tenant: tenant, members: members))
                    }
                    return summaries
                }
            }
        }
        if asJSON { console.result(jsonArray: summaries) } else { printTable(summaries, console) }
    }

    private func printTable(_ summaries: [TenantSummary], _ console: Console) {
        let rows = [["ID", "NAME", "DATABASE", "STATE", "CREATED", "MEMBERS"]] + summaries.map(\.cells)
        for line in Table.lines(rows) { console.result(line) }
    }
}
