import Glibc

/// One request on the thread that serves it. Not to be kept after the handler has returned.
package final class RequestHandle {
    /// What the web server says of the request.
    package let parameters: Parameters
    /// The declared length of the body: nil when CONTENT_LENGTH is absent or empty, -1 when it is no number.
    package let contentLength: Int64?
    /// Whether it has waited so long for its party's turn, or found so many waiting, that it is to be refused.
    package let isOverdue: Bool
    private let slot: RequestSlot
    private let limits: ConnectionLimits
    private var received: Int64 = 0
    private var waitsForBody = false
    private(set) var responded = false

    init(slot: RequestSlot, limits: ConnectionLimits, isOverdue: Bool = false) {
        self.isOverdue = isOverdue
        self.slot = slot
        self.limits = limits
        parameters = slot.parameters
        contentLength = parameters["CONTENT_LENGTH"].flatMap { text in
            guard !text.isEmpty else { return nil }
            return text.utf8.allSatisfy { (0x30...0x39).contains($0) } ? Int64(text) ?? -1 : -1
        }
    }

    /// Reads what has arrived of the body, at least one byte; 0 at its end. Blocks while nothing has arrived.
    ///
    /// - Throws: `bodyCut` when the body broke off, differs from CONTENT_LENGTH, or stood still for longer than
    ///   `ConnectionLimits.body`.
    package func read(into buffer: UnsafeMutableRawBufferPointer) throws(FastCGIError) -> Int {
        if !waitsForBody {
            waitsForBody = true
            slot.setReadTimeout(limits.body)
        }
        return try readMore(into: buffer)
    }

    /// The whole body. Blocks until it is there.
    ///
    /// - Throws: `bodyTooLarge` above `limit` bytes, by its declared length before anything is read; `bodyCut`.
    package func body(limit: Int) throws(FastCGIError) -> [UInt8] {
        if let contentLength, contentLength > Int64(limit) { throw .bodyTooLarge }
        var body: [UInt8] = []
        body.reserveCapacity(Int(max(0, contentLength ?? 0)))
        var chunk = [UInt8](repeating: 0, count: 8192)
        while true {
            let count = try chunk.withUnsafeMutableBufferPointer { buffer throws(FastCGIError) in
                try read(into: UnsafeMutableRawBufferPointer(buffer))
            }
            guard count > 0 else { return body }
            guard body.count + count <= limit else { throw .bodyTooLarge }
            body += chunk[..<count]
        }
    }

    /// Reads and drops the body, so that a peer that sends before it listens comes to hear the answer.
    ///
    /// - Parameters:
    ///   - limit: the most bytes that are read.
    ///   - deadline: when to give up.
    /// - Returns: whether the whole body has been read.
    @discardableResult
    package func discardBody(limit: Int64, deadline: ContinuousClock.Instant) -> Bool {
        var left = limit
        waitsForBody = true
        return withUnsafeTemporaryAllocation(byteCount: 16_384, alignment: 8) { buffer in
            while left > 0, ContinuousClock.now < deadline {
                slot.setReadTimeout(deadline - ContinuousClock.now)
                guard let count = try? readMore(into: buffer) else { return false }
                if count == 0 { return true }
                left -= Int64(count)
            }
            return false
        }
    }

    /// The answer, which is sent when the handler has returned; a second one is ignored.
    ///
    /// The status gets its reason phrase, Content-Length is added when not among the headers (not to 204 and 304), and
    /// control characters in header values become spaces.
    package func respond(status: Int, headers: [(name: String, value: String)], body: [UInt8]) {
        guard !responded else { return }
        responded = true
        slot.answer(
            head: ResponseHead.bytes(status: status, headers: headers, bodyCount: body.count), body: body)
    }

    /// Whether a body may still come: one was announced of which the end has not been seen, or none was announced with
    /// a method that may have one all the same (a chunked body has no length).
    var expectsBody: Bool {
        guard let contentLength else { return !["GET", "HEAD", nil].contains(parameters["REQUEST_METHOD"]) }
        return contentLength != 0 && received < contentLength
    }

    private func readMore(into buffer: UnsafeMutableRawBufferPointer) throws(FastCGIError) -> Int {
        let count = slot.read(into: buffer)
        received += Int64(count)
        if count == 0, !buffer.isEmpty, !slot.sawEndOfBody || (contentLength ?? received) != received {
            throw .bodyCut
        }
        return count
    }
}
