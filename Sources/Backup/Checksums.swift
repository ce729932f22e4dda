/// The archive's list of SHA-256 sums, in the form of sha256sum(1): it comes first and names every other entry.
struct Checksums: Equatable {
    static let path = "SHA256SUMS"

    /// By the entry's path, in lower-case hexadecimal.
    private(set) var sums: [String: String] = [:]
    private var order: [String] = []

    mutating func add(_ path: String, _ sum: String) {
        if sums.updateValue(sum, forKey: path) == nil { order.append(path) }
    }

    var text: String { order.map { "\(sums[$0] ?? "")  \($0)\n" }.joined() }

    init() {}

    /// - Throws: `.damaged` when a line is not of the form, or a path comes twice.
    init(parsing text: String) throws(BackupError) {
        for line in text.split(separator: "\n") {
            let sum = line.prefix(64)
            let rest = line.dropFirst(64)
            guard sum.count == 64, sum.allSatisfy(\.isHexDigit), rest.hasPrefix("  "), rest.count > 2,
                sums[String(rest.dropFirst(2))] == nil
            else { throw .damaged("the archive's checksums cannot be read") }
            add(String(rest.dropFirst(2)), String(sum))
        }
    }
}
