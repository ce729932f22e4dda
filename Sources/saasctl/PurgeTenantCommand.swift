import Base
import Contract
import Domain
import Glibc
import ObjectStore
import Storage

/// `saasctl tenants purge`
struct PurgeTenantCommand: Command {
    private static let now = Option.flag("now", "do not wait for the grace time; needed")

    static let syntax = Syntax(
        "tenants", "purge", summary: "remove a deleted tenant for good, without waiting for the grace time",
        parameters: [TenantChange.id], options: [now, .json],
        explanation: """
            Drops the tenant's database, removes its objects, erases its rows in the main
            database and prints the record of what was removed. There is no way back. A purge
            that was broken off is gone on with. The tenant must be deleted (tenants delete).
            Without this command the event worker purges when TENANT_PURGE_GRACE is over.
            """)

    private let tenant: TenantID
    private let asJSON: Bool

    init(_ arguments: Arguments) throws(UsageError) {
        tenant = try arguments.value(at: TenantChange.id)
        guard arguments.has(Self.now) else {
            throw UsageError("a purge cannot be undone; say --now to do it before the grace time is over")
        }
        asJSON = arguments.has(.json)
    }

    func run(_ environment: Environment, _ console: Console) throws(Failure) {
        var settings = environment
        let store = ObjectStoreSettings.read(from: &settings)?.makeStore(reportingTo: &settings)
        guard settings.problems.isEmpty, let store else { throw .configuration(settings.problems) }
        let deletion = try Installation(environment).withData { repositories throws(Failure) in
            let purger = TenantPurger(
                data: repositories.data, provisioner: repositories.provisioner, census: repositories.census,
                inventory: StoreObjectInventory(store: store), grace: .zero, performer: "saasctl:\(getpid())",
                clock: SystemClock())
            do throws(ErrorAnswer) {
                return try purger.purge(tenant)
            } catch  where error.code == .tenantNotFound {
                throw .failed("there is no tenant \(tenant)")
            } catch {
                throw Failure(error)
            }
        }
        guard !asJSON else { return console.result(json: deletion) }
        console.result("tenant \(tenant): purged")
        for line in Table.lines(deletion.rows) { console.result(line) }
    }
}
