import CFastCGI
import Glibc

/// The FCGX_Request of one thread, used for one connection after another.
///
/// We accept connections ourselves and lend them to libfcgi: its own accept cannot be woken without losing the backlog,
/// knows no time limits and waits for ever on half a header.
final class RequestSlot {
    private let request: UnsafeMutablePointer<FCGX_Request>
    private let limits: ConnectionLimits
    private var wantsNext = false
    private var response: (head: [UInt8], body: [UInt8]) = ([], [])
    private var hasOwnReadTimeout = false
    /// Whether this is the connection's first request.
    private(set) var isNewConnection = true
    /// What the web server says of the request.
    private(set) var parameters = Parameters([])

    init(limits: ConnectionLimits) {
        FastCGILibrary.start()
        self.limits = limits
        request = .allocate(capacity: 1)
        // Without a listening socket of its own, FCGX_Accept_r fails with EBADF where it would accept another.
        FCGX_InitRequest(request, -1, FCGI_FAIL_ACCEPT_ON_INTR)
    }

    deinit {
        FCGX_Free(request, 1)
        request.deallocate()
    }

    /// Takes the connection over and reads a request's parameters from it. Blocks up to the header limit for each read.
    ///
    /// - Returns: false when no whole request head came; the connection is closed then.
    func begin(_ connection: Int32, isNew: Bool) -> Bool {
        if isNew {
            UnixSocket.setTimeout(SO_RCVTIMEO, limits.header, on: connection)
            UnixSocket.setTimeout(SO_SNDTIMEO, limits.write, on: connection)
        }
        isNewConnection = isNew
        hasOwnReadTimeout = false
        request.pointee.ipcFd = connection
        // libfcgi first ends the request before: "keep" makes it leave the connection that we have just given it.
        request.pointee.keepConnection = 1
        // Where libfcgi closes after an error: at once, without polling for the peer.
        request.pointee.detached = 1
        guard FCGX_Accept_r(request) == 0 else { return false }
        // libfcgi takes a head that breaks off between two parameters for a whole one; only the error tells.
        guard !readFailed else {
            FCGX_Free(request, 1)
            return false
        }
        wantsNext = request.pointee.keepConnection != 0
        // `finish` decides, and closes by itself: body bytes that nobody read must never be parsed as a request.
        request.pointee.keepConnection = 1
        parameters = request.pointee.envp.map { Parameters(environment: $0) } ?? Parameters([])
        return true
    }

    /// Bounds each read of the body from now on.
    func setReadTimeout(_ duration: Duration) {
        hasOwnReadTimeout = true
        UnixSocket.setTimeout(SO_RCVTIMEO, duration, on: request.pointee.ipcFd)
    }

    /// Body bytes that are there, at least one; 0 at the end or after an error. Blocks when none have arrived.
    func read(into buffer: UnsafeMutableRawBufferPointer) -> Int {
        guard let stream = request.pointee.in, !buffer.isEmpty else { return 0 }
        let bytes = buffer.bindMemory(to: CChar.self)
        var count = 0
        if stream.pointee.rdNext == stream.pointee.stop {
            // One byte makes libfcgi fill its buffer; asking for more would wait until all of it has come.
            count = Int(FCGX_GetStr(bytes.baseAddress, 1, stream))
            guard count == 1 else { return 0 }
        }
        let ready = stream.pointee.stop - stream.pointee.rdNext
        let wanted = min(ready, buffer.count - count, Int(Int32.max))
        if wanted > 0, let start = bytes.baseAddress { count += Int(FCGX_GetStr(start + count, Int32(wanted), stream)) }
        return count
    }

    /// Whether the peer's end-of-body record was read and nothing went wrong before it.
    var sawEndOfBody: Bool { FCGX_HasSeenEOF(request.pointee.in) != 0 && !readFailed }

    /// Whether the body broke off: the connection ended, a read timed out, or a record was malformed.
    var readFailed: Bool { FCGX_GetError(request.pointee.in) != 0 }

    /// Keeps the answer for `finish`.
    func answer(head: [UInt8], body: [UInt8]) { response = (head, body) }

    /// Sends the answer. Gives the connection when another request may come on it; else it is closed.
    ///
    /// Another may come when both sides want that and everything that the peer sent of this one has been read: what is
    /// left over of a body could be taken for a request, with any parameters that its sender likes. A peer that wants it
    /// in vain is told so by a record behind the last one (`Record.response`), so that it never sends a request on a
    /// connection that is just being closed.
    ///
    /// A peer that may still be sending a body is read from for a short while (`ConnectionLimits.linger`): closing at
    /// once would turn its next write into an error, and the answer would be lost.
    func finish(expectsBody: Bool, mayKeep: Bool) -> Int32? {
        let isReadToEnd = sawEndOfBody || (wantsNext && !expectsBody && reachesEndOfBody())
        let mayStillSend = !isReadToEnd && (expectsBody || hasUnreadBytes)
        let keeps = wantsNext && mayKeep && isReadToEnd
        let connection = request.pointee.ipcFd
        let bytes = Record.response(
            id: UInt16(truncatingIfNeeded: request.pointee.requestId), head: response.head, body: response.body,
            refusesNext: wantsNext && !keeps)
        response = ([], [])
        // Not FCGX_Finish_r, which would write an end of its own.
        FCGX_Free(request, 0)
        request.pointee.ipcFd = -1
        let wasSent = UnixSocket.send(bytes, on: connection)
        if keeps, wasSent {
            if hasOwnReadTimeout { UnixSocket.setTimeout(SO_RCVTIMEO, limits.header, on: connection) }
            return connection
        }
        if mayStillSend, wasSent { linger(connection) }
        close(connection)
        return nil
    }

    /// Reads the record that ends a body of which all was read, or an empty one; false when there is more of it.
    private func reachesEndOfBody() -> Bool {
        var byte: CChar = 0
        return FCGX_GetStr(&byte, 1, request.pointee.in) == 0 && sawEndOfBody
    }

    private var hasUnreadBytes: Bool {
        var byte: UInt8 = 0
        return recv(request.pointee.ipcFd, &byte, 1, Int32(MSG_PEEK) | Int32(MSG_DONTWAIT)) > 0
    }

    private func linger(_ connection: Int32) {
        shutdown(connection, Int32(SHUT_WR))
        let deadline = ContinuousClock.now + limits.linger
        var left = limits.lingerBytes
        withUnsafeTemporaryAllocation(byteCount: 16_384, alignment: 8) { buffer in
            while left > 0, ContinuousClock.now < deadline {
                UnixSocket.setTimeout(SO_RCVTIMEO, deadline - ContinuousClock.now, on: connection)
                let count = recv(connection, buffer.baseAddress, buffer.count, 0)
                guard count > 0 else { return }
                left -= count
            }
        }
    }
}
