import Postgres
import Testing

@Suite struct ConnectionSettingsTests {
    @Test(arguments: [
        "postgresql://me:secret@db.example:5433/main?sslmode=disable", "postgres://me:secret@db.example/main",
        "host=db.example dbname=main user=me password=secret", "postgresql://me:secret@/main?host=/run/pg",
    ])
    func bothFormsAreRead(url: String) throws {
        let settings = try ConnectionSettings(url: url)
        #expect(settings.database == "main")
        #expect(settings.with(database: "tenant_a").database == "tenant_a")
    }

    @Test(arguments: ["postgresql://[", "host", "colour=blue", "postgresql://h/db?colour=blue", "host=a\0b"])
    func othersAreRefused(url: String) {
        let error = #expect(throws: PostgresError.self) { try ConnectionSettings(url: url) }
        #expect(error?.sqlState == SQLState.badSettings)
    }

    @Test func noTextShowsThePassword() throws {
        let settings = try ConnectionSettings(url: "postgresql://me:hunter2@db.example/main")
        for text in ["\(settings)", String(reflecting: settings), String(describing: Optional(settings))] {
            #expect(!text.contains("hunter2") && text.contains("main"))
        }
        var dumped = ""
        dump(settings, to: &dumped)
        #expect(!dumped.contains("hunter2"))
        let error = #expect(throws: PostgresError.self) { try ConnectionSettings(url: "postgresql:/me:hunter2@h/db") }
        #expect(error.map { String(reflecting: $0).contains("hunter2") } == false)
    }
}
