/// Puts a response together from the records of a FastCGI application. Pure: fed with bytes, does no I/O.
struct ResponseParser {
    private var pending: [UInt8] = []
    private var output: [UInt8] = []
    private let limit: Int
    /// Whether END_REQUEST has been seen.
    private(set) var isComplete = false

    /// - Parameter limit: the most bytes of head and body together.
    init(limit: Int) { self.limit = limit }

    /// Takes the next bytes of the connection.
    ///
    /// - Returns: false when they cannot be a response: another version, request or protocol status, or too long.
    mutating func feed(_ bytes: some Collection<UInt8>) -> Bool {
        pending += bytes
        var position = 0
        defer { pending.removeFirst(position) }
        while !isComplete, pending.count - position >= Record.headerLength {
            let length = Int(pending[position + 4]) << 8 | Int(pending[position + 5])
            let whole = Record.headerLength + length + Int(pending[position + 6])
            guard pending[position] == 1 else { return false }
            guard pending.count - position >= whole else { break }
            let start = position + Record.headerLength
            guard take(type: pending[position + 1], id: pending[position + 3], content: start..<start + length) else {
                return false
            }
            position += whole
        }
        return true
    }

    /// The response, once complete; nil when its head is malformed.
    var response: ClientResponse? {
        guard isComplete, let (head, bodyStart) = Self.split(output) else { return nil }
        var status = 200
        var headers: [(name: String, value: String)] = []
        for line in head {
            guard let colon = line.firstIndex(of: ":") else { return nil }
            let name = String(line[..<colon])
            let value = String(line[line.index(after: colon)...].drop { $0 == " " || $0 == "\t" })
            if name.lowercased() == "status" {
                guard let number = Int(value.prefix(3)), (100...599).contains(number) else { return nil }
                status = number
            } else {
                headers.append((name, value))
            }
        }
        return ClientResponse(status: status, headers: headers, body: Array(output[bodyStart...]))
    }

    private mutating func take(type: UInt8, id: UInt8, content: Range<Int>) -> Bool {
        switch type {
        case Record.standardOutput where id == Record.requestID:
            output += pending[content]
            return output.count <= limit
        case Record.endRequest where id == Record.requestID:
            // appStatus is the application's own affair; a protocolStatus other than FCGI_REQUEST_COMPLETE is a refusal.
            guard content.count >= 5, pending[content.lowerBound + 4] == 0 else { return false }
            isComplete = true
            return true
        case Record.standardError: return true
        default: return false
        }
    }

    /// The lines of the head, and where the body begins; lines end in CRLF or LF (RFC 3875 section 6.2).
    private static func split(_ output: [UInt8]) -> (lines: [String], bodyStart: Int)? {
        var lines: [String] = []
        var start = 0
        while let end = output[start...].firstIndex(of: UInt8(ascii: "\n")) {
            var line = output[start..<end]
            if line.last == UInt8(ascii: "\r") { line.removeLast() }
            start = end + 1
            if line.isEmpty { return (lines, start) }
            lines.append(String(decoding: line, as: UTF8.self))
        }
        return nil
    }
}
