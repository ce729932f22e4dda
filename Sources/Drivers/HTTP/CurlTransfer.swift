import CCurl
import Glibc

/// What one request has sent and received so far: the state behind libcurl's callbacks.
final class CurlTransfer {
    /// Length of the request's body; nil when it has none.
    let bodyBytes: Int64?
    private(set) var stoppedBySink = false
    private(set) var isTooLarge = false
    /// Whether the empty line after the headers has come: libcurl takes a connection that ends before it for the end
    /// of an answer without a body.
    private(set) var headIsComplete = false

    private let body: HTTPRequest.Body
    private var sent: Int64 = 0
    /// Open for a body that is in a file, else -1.
    private let file: Int32

    private let maxResponseBytes: Int
    private let sink: ((UnsafeRawBufferPointer) -> Bool)?
    private var status = 0
    private var headers: [(name: String, value: String)] = []
    private var received: [UInt8] = []
    private var receivedBytes: Int64 = 0

    /// - Throws: `HTTPError.other` when the body's file cannot be opened.
    init(_ request: HTTPRequest, sink: ((UnsafeRawBufferPointer) -> Bool)?) throws(HTTPError) {
        body = request.body
        maxResponseBytes = request.maxResponseBytes
        self.sink = sink
        switch request.body {
        case .none:
            bodyBytes = nil
            file = -1
        case .bytes(let bytes):
            bodyBytes = Int64(bytes.count)
            file = -1
        case .file(let path, _, let length):
            bodyBytes = length
            file = open(path, O_RDONLY | O_CLOEXEC)
            guard file >= 0 else { throw .other("cannot open the body's file: \(String(cString: strerror(errno)))") }
        }
    }

    deinit {
        if file >= 0 { close(file) }
    }

    func response(status: Int) -> HTTPResponse {
        HTTPResponse(status: status, headers: headers, body: received, bodyBytes: receivedBytes)
    }

    /// Takes one line of the answer's head; returns how many bytes of it were taken.
    func receiveHeader(_ line: UnsafeRawBufferPointer) -> Int {
        let text = String(decoding: line, as: UTF8.self)
        if text.hasPrefix("HTTP/") {
            // A new head: what came before was an interim answer.
            headers = []
            headIsComplete = false
            status = text.split(separator: " ").dropFirst().first.flatMap { Int($0) } ?? 0
        } else if let colon = text.utf8.firstIndex(of: UInt8(ascii: ":")) {
            headers.append((String(text[..<colon]), Self.trimmed(text[text.utf8.index(after: colon)...])))
        } else if text == "\r\n" || text == "\n" {
            headIsComplete = true
        }
        return line.count
    }

    /// Takes a piece of the answer's body; fewer bytes than given ends the transfer.
    func receiveBody(_ bytes: UnsafeRawBufferPointer) -> Int {
        if let sink, (200..<300).contains(status) {
            receivedBytes += Int64(bytes.count)
            if sink(bytes) { return bytes.count }
            stoppedBySink = true
            return 0
        }
        guard received.count + bytes.count <= maxResponseBytes else {
            isTooLarge = true
            return 0
        }
        received.append(contentsOf: bytes)
        receivedBytes += Int64(bytes.count)
        return bytes.count
    }

    /// Fills the buffer with the next bytes of the request's body; 0 at its end.
    func readBody(into buffer: UnsafeMutableRawBufferPointer) -> Int {
        let left = (bodyBytes ?? 0) - sent
        let wanted = Int(min(left, Int64(buffer.count)))
        guard wanted > 0 else { return 0 }
        switch body {
        case .none: return 0
        case .bytes(let bytes):
            bytes.withUnsafeBytes {
                buffer.copyMemory(from: UnsafeRawBufferPointer(rebasing: $0[Int(sent)..<Int(sent) + wanted]))
            }
            sent += Int64(wanted)
            return wanted
        case .file(_, let offset, _):
            let count = pread(file, buffer.baseAddress, wanted, off_t(offset + sent))
            // 0 is a file that has become shorter: without the abort the request would hang on its length.
            guard count > 0 else { return Int(CURL_READFUNC_ABORT) }
            sent += Int64(count)
            return count
        }
    }

    /// Goes to a position of the request's body; false when it has none such.
    func seekBody(to position: Int64) -> Bool {
        guard (0...(bodyBytes ?? 0)).contains(position) else { return false }
        sent = position
        return true
    }

    private static func trimmed(_ text: Substring) -> String {
        var bytes = text.utf8[...]
        while let last = bytes.last, last <= 32 { bytes.removeLast() }
        while let first = bytes.first, first <= 32 { bytes.removeFirst() }
        return String(bytes) ?? ""
    }
}
