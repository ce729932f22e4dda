import Base
import Glibc
import Synchronization

/// A fresh directory that is removed, with all that is in it, when the value goes away.
final class TemporaryDirectory: Sendable {
    let path: String

    init() {
        var template = Array("/tmp/saas-store-test-XXXXXX".utf8CString)
        precondition(mkdtemp(&template) != nil, "no temporary directory")
        path = template.withUnsafeBufferPointer { String(cString: $0.baseAddress!) }
    }

    deinit { Self.remove(path) }

    /// For the owner that a static value holds, which sees no `deinit`: removed when the process ends.
    func removeAtExit() {
        let isFirst = Self.leftForExit.withLock { paths in
            paths.append(path)
            return paths.count == 1
        }
        if isFirst {
            atexit { for path in TemporaryDirectory.leftForExit.withLock({ $0 }) { TemporaryDirectory.remove(path) } }
        }
    }

    private static let leftForExit = Mutex<[String]>([])

    /// Writes a file of this name and gives its path.
    func file(_ name: String, _ bytes: [UInt8]) -> String {
        let path = "\(path)/\(name)"
        let file = fopen(path, "w")!
        fwrite(bytes, 1, bytes.count, file)
        fclose(file)
        return path
    }

    /// The names in a directory below, sorted.
    func names(in folder: String = "") -> [String] { Self.names(path + "/" + folder) }

    /// Removes what is at a path below, with all that is in it.
    func remove(_ name: String) { Self.remove(path + "/" + name) }

    private static func names(_ path: String) -> [String] {
        guard let directory = opendir(path) else { return [] }
        defer { closedir(directory) }
        var names: [String] = []
        while let entry = readdir(directory) {
            let name = withUnsafePointer(to: &entry.pointee.d_name) {
                $0.withMemoryRebound(to: CChar.self, capacity: 256) { String(cString: $0) }
            }
            if name != ".", name != ".." { names.append(name) }
        }
        return names.sorted()
    }

    private static func remove(_ path: String) {
        var status = stat()
        guard lstat(path, &status) == 0 else { return }
        if status.st_mode & S_IFMT == S_IFDIR { for name in names(path) { remove(path + "/" + name) } }
        _ = Glibc.remove(path)
    }
}
