import CFastCGI
import Glibc

/// The FCGX_Request of one thread, used for one connection after another.
///
/// We accept connections ourselves and lend them to libfcgi: its own accept cannot be woken without losing the backlog,
/// knows no time limits and waits for ever on half a header.
final class RequestSlot {
    private let request: UnsafeMutablePointer<FCGX_Request>
    private let limits: ConnectionLimits

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
    func begin(_ connection: Int32) -> Bool {
        UnixSocket.setTimeout(SO_RCVTIMEO, limits.header, on: connection)
        UnixSocket.setTimeout(SO_SNDTIMEO, limits.write, on: connection)
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
        // The peer's wish is overruled: `finish` closes after each request, so that body bytes that nobody read can
        // never be parsed as a request of their own.
        request.pointee.keepConnection = 1
        return true
    }

    var parameters: Parameters { request.pointee.envp.map { Parameters(environment: $0) } ?? Parameters([]) }

    /// Bounds each read of the body from now on.
    func setReadTimeout(_ duration: Duration) {
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

    /// Appends to the response; false when the peer has gone.
    func write(_ bytes: [UInt8]) -> Bool {
        var rest = bytes[...]
        while !rest.isEmpty {
            let part = rest.prefix(1 << 30)
            let written = part.withUnsafeBytes {
                FCGX_PutStr($0.bindMemory(to: CChar.self).baseAddress, Int32($0.count), request.pointee.out)
            }
            guard Int(written) == part.count else { return false }
            rest = rest.dropFirst(part.count)
        }
        return true
    }

    /// Sends what is left of the response and closes the connection.
    ///
    /// A peer that may still be sending a body is read from for a short while (`ConnectionLimits.linger`): closing at
    /// once would turn its next write into an error, and the answer would be lost.
    func finish(expectsBody: Bool) {
        let mayStillSend = !sawEndOfBody && (expectsBody || hasUnreadBytes)
        FCGX_Finish_r(request)
        let connection = request.pointee.ipcFd
        guard connection >= 0 else { return }
        request.pointee.ipcFd = -1
        if mayStillSend { linger(connection) }
        close(connection)
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
