import Base
import CLinux
import Glibc

/// What one thread of a listener does: accept, serve, close, until the socket is shut and its backlog empty.
struct ListenerLoop {
    let socket: ListeningSocket
    let state: Condition<ListenerState>
    let allowedPeers: Set<UInt32>?
    let limits: ConnectionLimits
    let log: Log
    let handler: @Sendable (RequestHandle) -> Void

    func run() {
        let slot = RequestSlot(limits: limits)
        while true {
            switch socket.accept() {
            case .connection(let connection): serve(connection, with: slot)
            // Shut, and nothing is queued any more.
            case .failed(errno: EINVAL), .failed(errno: EBADF): return
            case .failed(errno: EINTR), .failed(errno: ECONNABORTED): continue
            case .failed(let failure): backOff(after: failure)
            }
        }
    }

    private func serve(_ connection: Int32, with slot: RequestSlot) {
        guard isAllowed(connection) else {
            close(connection)
            return
        }
        guard slot.begin(connection) else {
            log.debug("connection without a request")
            return
        }
        state.withLock { $0.activeRequests += 1 }
        let request = RequestHandle(slot: slot, limits: limits)
        handler(request)
        if !request.responded {
            log.error("handler gave no answer")
            request.respond(status: 500, headers: [], body: [])
        }
        slot.finish(expectsBody: request.expectsBody)
        state.withLock { $0.activeRequests -= 1 }
    }

    private func isAllowed(_ connection: Int32) -> Bool {
        guard let allowedPeers else { return true }
        let user = saas_peer_uid(connection)
        if user >= 0, allowedPeers.contains(UInt32(user)) { return true }
        log.warning("peer refused", ["peer.uid": .integer(Int64(user))])
        return false
    }

    /// Waits a little after an error such as EMFILE, which leaves the connection in the backlog.
    private func backOff(after failure: Int32) {
        let now = ContinuousClock.now
        let isDue = state.withLock { state in
            if let last = state.lastAcceptErrorLogged, now - last < .seconds(1) { return false }
            state.lastAcceptErrorLogged = now
            return true
        }
        if isDue { log.error("accept failed", ["errno": .integer(Int64(failure))]) }
        usleep(50_000)
    }
}
