import Base

/// `saasctl init-db`
struct InitDatabaseCommand: Command {
    private static let createAdmin = Option.flag("create-admin", "make the administrator's account")
    private static let createTestTenant = Option.flag("create-test-tenant", "make a tenant that this account owns")
    private static let nonInteractive = Option.flag(
        "non-interactive", "never ask; generate a password if none is given")

    static let syntax = Syntax(
        "init-db", summary: "create the main database, bring its schema up to date, make the first account",
        options: [createAdmin, createTestTenant, nonInteractive, .json],
        explanation: """
            The account is ADMIN_EMAIL, ADMIN_FIRST_NAME, ADMIN_LAST_NAME, ADMIN_PASSWORD;
            what is not set is asked for on the terminal. An account or a tenant that exists
            is left unchanged. TEST_TENANT_NAME names the tenant (Test Tenant).
            May be run any number of times, and by several at once.
            """)

    private let createsAdmin: Bool
    private let createsTestTenant: Bool
    private let isInteractive: Bool
    private let asJSON: Bool

    init(_ arguments: Arguments) {
        createsAdmin = arguments.has(Self.createAdmin)
        createsTestTenant = arguments.has(Self.createTestTenant)
        isInteractive = !arguments.has(Self.nonInteractive)
        asJSON = arguments.has(.json)
    }

    func run(_ environment: Environment, _ console: Console) throws(Failure) {
        let installation = try Installation(environment)
        var report = InitReport(database: installation.mainDatabase)
        // Also when a later step fails: a password that was made up is nowhere else.
        defer { if asJSON, report.isDatabaseThere { console.result(json: report) } }
        guard createsAdmin || createsTestTenant else { return try prepareDatabase(installation, &report, console) }
        var environment = environment
        let settings = AdminSettings(&environment)
        guard environment.problems.isEmpty else { throw .configuration(environment.problems) }
        let setup = AdminSetup(
            settings: settings, terminal: isInteractive ? Terminal(console) : nil, generatesPassword: !isInteractive)
        // Asked for first: whoever cannot answer should find out before anything is changed.
        let email = try setup.email()
        try prepareDatabase(installation, &report, console)
        try installation.withData { repositories throws(Failure) in
            if createsAdmin {
                let admin = try setup.create(email, in: repositories)
                report.admin = admin
                tell(admin.lines, console)
                if admin.generated != nil { console.note(GeneratedPassword.advice) }
            }
            if createsTestTenant {
                let tenant = try TestTenantSetup(installation: installation, name: settings.testTenantName)
                    .create(for: email, in: repositories)
                report.tenant = tenant
                tell([tenant.line], console)
            }
        }
    }

    private func prepareDatabase(
        _ installation: Installation, _ report: inout InitReport, _ console: Console
    ) throws(Failure) {
        let database = MainDatabase(installation: installation)
        let isCreated = try database.createIfMissing()
        report.isCreated = isCreated
        tell(["database \(report.database): \(isCreated ? "created" : "exists already")"], console)
        let applied = try database.migrate()
        report.applied = applied
        tell(["database \(report.database): \(SchemaUpdate.summary(applied))"], console)
    }

    /// Each step's lines at once; with --json all comes at the end.
    private func tell(_ lines: [String], _ console: Console) {
        guard !asJSON else { return }
        for line in lines { console.result(line) }
    }
}
