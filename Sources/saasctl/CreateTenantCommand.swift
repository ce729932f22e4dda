import Base
import Contract
import Domain

/// `saasctl tenants create`
struct CreateTenantCommand: Command {
    private static let name = Parameter("NAME", "the tenant's name, 1 to 255 characters")
    private static let owner = Option.value("owner", "EMAIL", "an existing user, who becomes its admin; needed")

    static let syntax = Syntax(
        "tenants", "create", summary: "make a tenant with a database of its own", parameters: [name],
        options: [owner, .json])

    private let name: TenantName
    private let owner: EmailAddress
    private let asJSON: Bool

    init(_ arguments: Arguments) throws(UsageError) {
        guard let email = try arguments.value(of: Self.owner, as: EmailAddress.self) else {
            throw UsageError("--owner is needed")
        }
        name = try arguments.value(at: Self.name)
        owner = email
        asJSON = arguments.has(.json)
    }

    func run(_ environment: Environment, _ console: Console) throws(Failure) {
        try Installation(environment).withData { repositories throws(Failure) in
            let user = try repositories.read { main throws(ErrorAnswer) in try main.users.find(email: owner) }
            guard let user, user.isActive else { throw .failed("there is no active user \(owner.text)") }
            do throws(ErrorAnswer) {
                let tenant = try repositories.tenants.create(name: name, by: user.id)
                if asJSON {
                    console.result(json: TenantSummary(tenant: tenant, members: 1))
                } else {
                    console.result("tenant \(tenant.id) \(name.text): created")
                }
            } catch {
                throw Failure(error)
            }
        }
    }
}
