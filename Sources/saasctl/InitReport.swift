import Base

/// What `saasctl init-db` has done so far.
struct InitReport: JSONWritable {
    let database: String
    /// Whether the main database was made by this run; nil before it is known.
    var isCreated: Bool?
    /// The migrations applied, by the names of their files.
    var applied: [String] = []
    var admin: AdminSetup.Outcome?
    var tenant: TestTenantSetup.Outcome?

    init(database: String) { self.database = database }

    var isDatabaseThere: Bool { isCreated != nil }

    func write(to json: inout JSONWriter) {
        json.object { json in
            json.member("database", database)
            json.member("created", isCreated)
            json.member("applied", applied)
            json.member("admin", admin)
            json.member("tenant", tenant)
        }
    }
}
