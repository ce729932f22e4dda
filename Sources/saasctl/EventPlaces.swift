import Contract
import Domain

/// The databases whose events a command looks at.
struct EventPlaces {
    let repositories: Repositories
    /// One tenant alone; nil for the main database and all tenants.
    let tenant: TenantID?

    static let option = Option.value("tenant", "ID", "this tenant alone")

    /// Runs the closure on each place. A tenant that cannot be reached does not hide the others: it is told of.
    func forEach(_ console: Console, _ body: (EventHome) throws(ErrorAnswer) -> Void) throws(Failure) {
        guard tenant == nil else { return try tenants(console, body) }
        try look(.main, body)
        try tenants(console, body)
    }

    private func tenants(_ console: Console, _ body: (EventHome) throws(ErrorAnswer) -> Void) throws(Failure) {
        var isFound = false
        try TenantPages(repositories: repositories, states: [.ready, .suspended]).forEach { page throws(Failure) in
            for found in page where tenant == nil || found.id == tenant {
                isFound = true
                do throws(Failure) { try look(.tenant(found.database), body) } catch {
                    console.note("saasctl: tenant \(found.id) cannot be read")
                }
            }
        }
        if tenant != nil, !isFound { throw .failed("there is no such tenant") }
    }

    private func look(_ place: EventPlace, _ body: (EventHome) throws(ErrorAnswer) -> Void) throws(Failure) {
        do { try repositories.data.at(place, .read, body) } catch { throw Failure(error) }
    }
}
