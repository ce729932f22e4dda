import Base
import Glibc
import Testing

/// A folder of its own for one test, removed with this value.
final class TemporaryFolder: Sendable {
    let path: String

    /// - Parameter place: the directory to make it in.
    init(in place: String = "/tmp") {
        var template = Array("\(place)/upload-test-XXXXXX".utf8CString)
        path = mkdtemp(&template).map { String(cString: $0) } ?? ""
        precondition(!path.isEmpty, "mkdtemp failed")
    }

    deinit { Self.remove(path) }

    /// Paths of all regular files below, relative to the folder; a spool's journal is not one of them.
    var files: [String] {
        Self.files(below: path).map { String($0.dropFirst(path.count + 1)) }.filter { !$0.hasSuffix("/journal") }
            .sorted()
    }

    /// Names of what lies directly in it.
    var entries: [String] { Self.entries(of: path).sorted() }

    /// Makes a directory in it.
    func makeDirectory(_ name: String) throws { try #require(mkdir("\(path)/\(name)", 0o700) == 0 || errno == EEXIST) }

    /// Writes a file in it.
    func write(_ text: String, to name: String) throws {
        let file = open("\(path)/\(name)", O_WRONLY | O_CREAT | O_TRUNC, 0o600)
        defer { close(file) }
        let bytes = Array(text.utf8)
        try #require(file >= 0 && Glibc.write(file, bytes, bytes.count) == bytes.count)
    }

    /// The text of a file anywhere.
    func read(_ path: String) throws -> String { try #require(TextFile.read(path)) }

    private static func files(below path: String) -> [String] {
        entries(of: path).flatMap { name -> [String] in
            let child = "\(path)/\(name)"
            return isFolder(child) ? files(below: child) : [child]
        }
    }

    private static func remove(_ path: String) {
        for name in entries(of: path) {
            let child = "\(path)/\(name)"
            if isFolder(child) { remove(child) } else { unlink(child) }
        }
        rmdir(path)
    }

    private static func isFolder(_ path: String) -> Bool {
        var status = stat()
        return stat(path, &status) == 0 && status.st_mode & S_IFMT == S_IFDIR
    }

    private static func entries(of path: String) -> [String] {
        guard let folder = opendir(path) else { return [] }
        defer { closedir(folder) }
        var names: [String] = []
        while let entry = readdir(folder) {
            let name = withUnsafePointer(to: &entry.pointee.d_name) {
                $0.withMemoryRebound(to: CChar.self, capacity: 256) { String(cString: $0) }
            }
            if name != ".", name != ".." { names.append(name) }
        }
        return names
    }
}
