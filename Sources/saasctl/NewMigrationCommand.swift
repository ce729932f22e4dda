import Base
import Glibc
import Postgres

/// `saasctl migrate new`
struct NewMigrationCommand: Command {
    private static let name = Parameter("NAME", "what it does, in small letters, digits and _")
    private static let main = Option.flag("main", "of the main database; else of the tenants' databases")
    private static let directory = Option.value(
        "directory", "DIR", "where the migrations are (Sources/Persistence/Migrations)")

    static let syntax = Syntax(
        "migrate", "new", summary: "begin the next numbered migration", parameters: [name],
        options: [main, directory, .json],
        explanation: """
            Makes the file, in a checkout, and prints the line that registers it in
            Sources/Persistence/Migrations.swift. Migrations go forward only: each must leave a
            schema that the release before it can work with.
            """)

    private let name: String
    private let isMain: Bool
    private let directory: String
    private let asJSON: Bool

    init(_ arguments: Arguments) throws(UsageError) {
        guard let name = SQLIdentifier(arguments.word(Self.name) ?? "") else {
            throw UsageError("NAME must be of small letters, digits and _, and begin with a letter")
        }
        self.name = name.name
        isMain = arguments.has(Self.main)
        directory =
            try arguments.value(of: Self.directory, as: DirectoryPath.self)?.path ?? "Sources/Persistence/Migrations"
        asJSON = arguments.has(.json)
    }

    func run(_ environment: Environment, _ console: Console) throws(Failure) {
        let place = "\(directory)/\(isMain ? "main" : "tenant")"
        let last = try MigrationFiles(directory: place).names().compactMap { MigrationFiles.parse($0)?.version }.max()
        let version = (last ?? 0) + 1
        let digits = String(version)
        let number = String(repeating: "0", count: max(0, 4 - digits.count)) + digits
        let path = "\(place)/\(number)_\(name).sql"
        // Never over a file that somebody else has just begun.
        let file = open(path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0o644)
        guard file >= 0 else { throw .failed("\(path) cannot be made") }
        defer { close(file) }
        let text = "-- What it changes, and why. One transaction, without BEGIN and COMMIT.\n"
        guard text.utf8.withContiguousStorageIfAvailable({ write(file, $0.baseAddress, $0.count) }) == text.utf8.count
        else { throw .failed("\(path) cannot be written") }
        // SwiftPM names an embedded file by its own name, its first digit made an underscore.
        let registration =
            "Migration(version: \(version), name: \"\(name)\", "
            + "sql: sql(PackageResources._\(number.dropFirst())_\(name)_sql)),"
        guard !asJSON else {
            return console.result(
                json: JSONValue.object([
                    "path": .string(path), "version": .integer(Int64(version)), "registration": .string(registration),
                ]))
        }
        console.result(path)
        console.note(registration)
    }
}
