package import Persistence
import Glibc

/// The main database as pg_dump's custom format.
package struct MainDatabaseDump {
    private let settings: DatabaseSettings

    package init(_ settings: DatabaseSettings) { self.settings = settings }

    /// Writes a file that must not exist; there is none when this throws.
    package func write(to path: String) throws(BackupError) {
        let descriptor = open(path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0o600)
        guard descriptor >= 0 else { throw .failed("\(path) cannot be made") }
        defer { close(descriptor) }
        do throws(BackupError) {
            try DatabaseTool.dump(settings.main, snapshot: nil).run(output: descriptor)
            guard fsync(descriptor) == 0 else { throw BackupError.failed("\(path) cannot be written") }
        } catch {
            unlink(path)
            throw error
        }
    }
}
