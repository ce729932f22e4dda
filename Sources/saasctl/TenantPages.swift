import Contract
import Domain

/// All tenants in some states, oldest first, without ever holding more than a page of them.
struct TenantPages {
    let repositories: Repositories
    let states: [TenantState]

    private static let size = 200

    /// Runs the closure on each page.
    func forEach(_ body: ([Tenant]) throws(Failure) -> Void) throws(Failure) {
        var last: TenantID?
        while true {
            let page = try repositories.read { main throws(ErrorAnswer) in
                try main.tenants.list(states: states, after: last, limit: Self.size)
            }
            if !page.isEmpty { try body(page) }
            guard page.count == Self.size else { return }
            last = page.last?.id
        }
    }
}
