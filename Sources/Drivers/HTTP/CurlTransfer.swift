import CCurl
import Glibc

/// What one request has sent and received so far: the state behind libcurl's callbacks.
final class CurlTransfer {
    /// Length of the request's body; nil when it has none.
    var bodyBytes: Int64? { body?.length }
    private(set) var stoppedBySink = false
    private(set) var isTooLarge = false
    /// Whether the empty line after the headers has come: libcurl takes a connection that ends before it for the end
    /// of an answer without a body.
    private(set) var headIsComplete = false
    private(set) var answerHasBegun = false

    private let body: CurlBody?
    private let progress: (@Sendable (Int64) -> Void)?

    private let maxResponseBytes: Int
    private let sink: ((UnsafeRawBufferPointer) -> Bool)?
    private var status = 0
    private var headers: [(name: String, value: String)] = []
    private var received: [UInt8] = []
    private var receivedBytes: Int64 = 0

    /// - Throws: `HTTPError.other` when the body's file cannot be opened.
    init(_ request: HTTPRequest, sink: ((UnsafeRawBufferPointer) -> Bool)?) throws(HTTPError) {
        body = try CurlBody(request.body)
        progress = request.progress
        maxResponseBytes = request.maxResponseBytes
        self.sink = sink
    }

    func response(status: Int) -> HTTPResponse {
        HTTPResponse(status: status, headers: headers, body: received, bodyBytes: receivedBytes)
    }

    /// Takes one line of the answer's head; returns how many bytes of it were taken.
    func receiveHeader(_ line: UnsafeRawBufferPointer) -> Int {
        answerHasBegun = true
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
        guard let body else { return 0 }
        guard let count = body.read(into: buffer) else { return Int(CURL_READFUNC_ABORT) }
        progress?(body.position)
        return count
    }

    /// Goes to a position of the request's body; false when it has none such.
    func seekBody(to position: Int64) -> Bool { body?.seek(to: position) ?? (position == 0) }

    private static func trimmed(_ text: Substring) -> String {
        var bytes = text.utf8[...]
        while let last = bytes.last, last <= 32 { bytes.removeLast() }
        while let first = bytes.first, first <= 32 { bytes.removeFirst() }
        return String(bytes) ?? ""
    }
}
