import Glibc
import UploadCore

/// Changes forms at random and checks what must hold of the parser for any body. The same seed makes the same run.
package struct MultipartFuzzer {
    /// The boundary of every form in the corpus.
    package static let boundaryText = "b0undary"

    private let boundary: MultipartBoundary
    private var corpus: [[UInt8]]
    private var random: SplitMix64

    package init(corpus: [[UInt8]], seed: UInt64) throws {
        boundary = try MultipartBoundary(contentType: "multipart/form-data; boundary=\(Self.boundaryText)")
        self.corpus = corpus
        random = SplitMix64(seed: seed)
    }

    /// One more body and what the parser does wrong with it; nil when nothing.
    package mutating func step() -> Finding? {
        guard var body = corpus.randomElement(using: &random) else { return nil }
        for _ in 0..<Int.random(in: 1...4, using: &random) { mutate(&body) }
        if body.count > 16_384 { body.removeLast(body.count - 16_384) }
        if let problem = problem(with: body) { return Finding(body: body, problem: problem) }
        // Bodies that get past the frame are worth changing further.
        if corpus.count < 512, Int.random(in: 0..<64, using: &random) == 0 { corpus.append(body) }
        return nil
    }

    /// A body that the parser treats wrongly.
    package struct Finding {
        package let body: [UInt8]
        package let problem: String
    }

    /// What the parser does wrong with the body: with its own events, or with another split of the same bytes.
    package mutating func problem(with body: [UInt8]) -> String? {
        let whole = ParserTrace(of: body, boundary: boundary)
        if let fault = whole.fault { return fault }
        var splits = (0..<2).map { _ in randomCuts(body.count) }
        if body.count <= 1024 { splits.append(Array(body.indices)) }
        for cuts in splits where ParserTrace(of: body, boundary: boundary, cuts: cuts) != whole {
            return "another result when cut at \(cuts)"
        }
        return nil
    }

    private mutating func randomCuts(_ count: Int) -> [Int] {
        (0..<Int.random(in: 1...5, using: &random)).map { _ in Int.random(in: 0...count, using: &random) }.sorted()
    }

    /// Pieces that mean something to a parser of forms.
    private static let tokens: [[UInt8]] = [
        "\r\n", "\n", "\r", "--", "-", "--b0undary", "\r\n--b0undary", "\r\n--b0undary--", "\r\n--b0undary\r\n",
        "--b0undar", ":", ";", "=", "\"", "\\", " ", "\t", "\r\n\r\n", "Content-Disposition: form-data; name=\"a\"",
        "Content-Type: multipart/mixed", "Content-Transfer-Encoding: base64", "filename*=UTF-8''%e2%82%ac", "%", "''",
    ].map { Array($0.utf8) }

    private mutating func mutate(_ body: inout [UInt8]) {
        let at = Int.random(in: 0...body.count, using: &random)
        let length = Int.random(in: 0...min(64, body.count - at), using: &random)
        switch Int.random(in: 0..<8, using: &random) {
        case 0: body.insert(contentsOf: Self.tokens.randomElement(using: &random) ?? [], at: at)
        case 1: body.replaceSubrange(at..<at + length, with: Self.tokens.randomElement(using: &random) ?? [])
        case 2: body.removeSubrange(at..<at + length)
        case 3: body.insert(contentsOf: Array(body[at..<at + length]), at: at)
        case 4 where at < body.count: body[at] = UInt8.random(in: 0...255, using: &random)
        case 5 where at < body.count: body[at] ^= 1 << UInt8.random(in: 0...7, using: &random)
        case 6: body.removeLast(body.count - at)
        default:
            guard let other = corpus.randomElement(using: &random) else { return }
            body.replaceSubrange(at..., with: other.dropFirst(Int.random(in: 0...other.count, using: &random)))
        }
    }

    /// The bodies in a folder, in the order of their names.
    package static func corpus(in folder: String) -> [[UInt8]] {
        guard let directory = opendir(folder) else { return [] }
        defer { closedir(directory) }
        var names: [String] = []
        while let entry = readdir(directory) {
            let name = withUnsafePointer(to: &entry.pointee.d_name) {
                $0.withMemoryRebound(to: CChar.self, capacity: 256) { String(cString: $0) }
            }
            if name.hasSuffix(".form") { names.append(name) }
        }
        return names.sorted().compactMap { contents(of: folder + "/" + $0) }
    }

    private static func contents(of path: String) -> [UInt8]? {
        let file = open(path, O_RDONLY | O_CLOEXEC)
        guard file >= 0 else { return nil }
        defer { close(file) }
        var bytes = [UInt8](repeating: 0, count: 65_536)
        let count = read(file, &bytes, bytes.count)
        return count < 0 ? nil : Array(bytes[..<count])
    }
}
