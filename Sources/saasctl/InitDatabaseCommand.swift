import Base

/// `saasctl init-db`
struct InitDatabaseCommand: Command {
    private static let createAdmin = Option.flag("create-admin", "make the administrator's account")
    private static let createTestTenant = Option.flag("create-test-tenant", "make a tenant that this account owns")
    private static let nonInteractive = Option.flag(
        "non-interactive", "never ask; generate a password if none is given")

    static let syntax = Syntax(
        "init-db", summary: "create the main database, bring its schema up to date, make the first account",
        options: [createAdmin, createTestTenant, nonInteractive],
        explanation: """
            The account is ADMIN_EMAIL, ADMIN_FIRST_NAME, ADMIN_LAST_NAME, ADMIN_PASSWORD;
            what is not set is asked for on the terminal. An account or a tenant that exists
            is left unchanged. TEST_TENANT_NAME names the tenant (Test Tenant).
            May be run any number of times, and by several at once.
            """)

    private let createsAdmin: Bool
    private let createsTestTenant: Bool
    private let isInteractive: Bool

    init(_ arguments: Arguments) {
        createsAdmin = arguments.has(Self.createAdmin)
        createsTestTenant = arguments.has(Self.createTestTenant)
        isInteractive = !arguments.has(Self.nonInteractive)
    }

    func run(_ environment: Environment, _ console: Console) throws(Failure) {
        let installation = try Installation(environment)
        guard createsAdmin || createsTestTenant else { return try prepareDatabase(installation, console) }
        var environment = environment
        let settings = AdminSettings(&environment)
        guard environment.problems.isEmpty else { throw .configuration(environment.problems) }
        let setup = AdminSetup(
            settings: settings, terminal: isInteractive ? Terminal(console) : nil, generatesPassword: !isInteractive,
            console: console)
        // Asked for first: whoever cannot answer should find out before anything is changed.
        let email = try setup.email()
        try prepareDatabase(installation, console)
        try installation.withData { repositories throws(Failure) in
            if createsAdmin { try setup.create(email, in: repositories) }
            if createsTestTenant {
                try TestTenantSetup(installation: installation, name: settings.testTenantName, console: console)
                    .create(for: email, in: repositories)
            }
        }
    }

    private func prepareDatabase(_ installation: Installation, _ console: Console) throws(Failure) {
        let database = MainDatabase(installation: installation)
        let name = installation.mainDatabase
        console.result("database \(name): \(try database.createIfMissing() ? "created" : "exists already")")
        console.result("database \(name): \(SchemaUpdate.summary(try database.migrate()))")
    }
}
