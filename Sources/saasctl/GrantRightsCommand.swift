import Base
import Contract
import Domain
import Persistence
import Postgres

/// `saasctl roles grant`
struct GrantRightsCommand: Command {
    static let syntax = Syntax(
        "roles", "grant", summary: "give the role saas_app its rights in every database", options: [.json],
        explanation: """
            For a server where the role was made after the databases. Run as their owner. What
            is made later has the rights from the start.
            """)

    private let asJSON: Bool

    init(_ arguments: Arguments) { asJSON = arguments.has(.json) }

    func run(_ environment: Environment, _ console: Console) throws(Failure) {
        let installation = try Installation(environment)
        try grant(in: installation.mainDatabase, installation)
        var failed = 0
        var granted = 1
        try installation.withData { repositories throws(Failure) in
            try TenantPages(repositories: repositories, states: [.ready, .suspended]).forEach { page throws(Failure) in
                for tenant in page {
                    do throws(Failure) {
                        try grant(in: tenant.database.name, installation)
                        granted += 1
                    } catch {
                        failed += 1
                        console.note("tenant \(tenant.id):")
                        console.report(error)
                    }
                }
            }
        }
        if asJSON {
            console.result(
                json: JSONValue.object(["granted": .integer(Int64(granted)), "failed": .integer(Int64(failed))]))
        } else {
            console.result("\(granted) databases granted, \(failed) failed")
        }
        if failed > 0 { throw .reported(.failure) }
    }

    private func grant(in database: String, _ installation: Installation) throws(Failure) {
        let isThere: Bool
        do throws(PostgresError) {
            isThere = try installation.connect(to: database).execute("SELECT grant_application_rights()")[0].decode(0)
        } catch {
            throw .failed("\(database): \(error.operatorSentence)")
        }
        guard isThere else { throw .failed("the server has no role saas_app; docs/operations.md says how it is made") }
    }
}
