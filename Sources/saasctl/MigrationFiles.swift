import Base
import Glibc
import Postgres

/// A directory of migrations, `0042_name.sql`: for trying one before it is compiled in.
struct MigrationFiles {
    let directory: String

    /// The option that names such a directory.
    static let option = Option.value(
        "migrations", "DIR", "take the migrations from DIR, not those compiled in; not in production")

    /// The migrations in it, by number.
    func read() throws(Failure) -> [Migration] {
        var migrations: [Migration] = []
        for name in try names() {
            guard let (version, title) = Self.parse(name), let sql = TextFile.read("\(directory)/\(name)") else {
                throw .failed("\(directory)/\(name) is not a readable file of the form 0042_name.sql")
            }
            migrations.append(Migration(version: version, name: title, sql: sql))
        }
        guard !migrations.isEmpty else { throw .failed("there are no migrations in \(directory)") }
        return migrations.sorted { $0.version < $1.version }
    }

    /// The names of the SQL files in it.
    func names() throws(Failure) -> [String] {
        guard let handle = opendir(directory) else { throw .failed("the directory \(directory) cannot be read") }
        defer { closedir(handle) }
        var names: [String] = []
        while let entry = readdir(handle) {
            let name = withUnsafePointer(to: &entry.pointee.d_name) { pointer in
                pointer.withMemoryRebound(to: CChar.self, capacity: 256) { String(cString: $0) }
            }
            if name.hasSuffix(".sql") { names.append(name) }
        }
        return names.sorted()
    }

    /// Number and name of `0042_name.sql`.
    static func parse(_ file: String) -> (version: Int, name: String)? {
        let parts = file.dropLast(4).split(separator: "_", maxSplits: 1)
        guard file.hasSuffix(".sql"), parts.count == 2, let version = Int(parts[0]), version > 0 else { return nil }
        return (version, String(parts[1]))
    }

    /// What is compiled in, or what the directory holds; files are refused in production, where nobody could say later
    /// which release a schema belongs to.
    static func choose(
        _ directory: String?, else compiledIn: [Migration], _ environment: Environment
    ) throws(Failure) -> [Migration] {
        guard let directory else { return compiledIn }
        guard environment.string("APP_ENV", "FLASK_ENV")?.lowercased() != "production" else {
            throw .configuration(["--migrations is refused with APP_ENV=production"])
        }
        return try MigrationFiles(directory: directory).read()
    }
}

/// A path on the command line.
struct DirectoryPath: ArgumentValue {
    static let form = "a directory"
    let path: String

    init?(argument: String) {
        guard !argument.isEmpty else { return nil }
        path = argument
    }
}

/// A whole number from 1 on the command line.
struct PositiveNumber: ArgumentValue {
    static let form = "a whole number from 1 to 1000000"
    let value: Int

    init?(argument: String) {
        guard let value = Int(argument), (1...1_000_000).contains(value) else { return nil }
        self.value = value
    }
}
