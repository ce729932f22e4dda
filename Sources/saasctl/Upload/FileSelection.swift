import Glibc

/// The files that the words of a command line stand for.
struct FileSelection {
    /// In the order of the words, those of a directory by name.
    private(set) var paths: [String] = []
    /// Words that cannot be followed, with a sentence each.
    private(set) var problems: [(path: String, sentence: String)] = []

    private let goesDown: Bool

    /// - Parameter recursive: whether a directory stands for the regular files below it; links are not followed there.
    init(_ words: [String], recursive: Bool) {
        goesDown = recursive
        for word in words {
            var status = stat()
            guard stat(word, &status) == 0 else {
                problems.append((word, String(cString: strerror(errno))))
                continue
            }
            guard status.st_mode & S_IFMT == S_IFDIR else {
                paths.append(word)
                continue
            }
            if recursive { enter(word) } else { problems.append((word, "it is a directory; give --recursive")) }
        }
    }

    private mutating func enter(_ directory: String) {
        guard let names = Self.names(in: directory) else {
            problems.append((directory, String(cString: strerror(errno))))
            return
        }
        for name in names {
            let path = directory.hasSuffix("/") ? directory + name : "\(directory)/\(name)"
            var status = stat()
            guard lstat(path, &status) == 0 else {
                problems.append((path, String(cString: strerror(errno))))
                continue
            }
            switch status.st_mode & S_IFMT {
            case S_IFREG: paths.append(path)
            case S_IFDIR: enter(path)
            default: break
            }
        }
    }

    private static func names(in directory: String) -> [String]? {
        guard let folder = opendir(directory) else { return nil }
        defer { closedir(folder) }
        var names: [String] = []
        while let entry = readdir(folder) {
            let name = withUnsafePointer(to: &entry.pointee.d_name) {
                $0.withMemoryRebound(to: CChar.self, capacity: 256) { String(cString: $0) }
            }
            if name != ".", name != ".." { names.append(name) }
        }
        return names.sorted()
    }
}
