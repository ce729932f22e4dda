import Base
import CLinux
import Glibc

/// What one thread of a listener does: take what is ready, serve it, keep or close its connection, until the socket is
/// shut, its backlog empty and no connection at rest.
struct ListenerLoop {
    let socket: ListeningSocket
    let ready: ReadySet
    let state: Condition<ListenerState>
    let allowedPeers: Set<UInt32>?
    let limits: ConnectionLimits
    let sharing: SharingPolicy?
    let log: Log
    let handler: @Sendable (RequestHandle) -> Void

    func run() {
        var slot = RequestSlot(limits: limits)
        while true {
            switch ready.next() {
            case .backlog:
                let accepted = takeConnection()
                ready.awaitConnections()
                if let accepted { slot = serve(accepted, isNew: true, with: slot) }
            case .request(let connection):
                // Nobody's any more: the listener stops, and another thread was first.
                guard state.withLock({ $0.resting.remove(connection) }) != nil else { continue }
                slot = serve(connection, isNew: false, with: slot)
            case .stopped: return drain(with: slot)
            }
        }
    }

    /// Serves what has come before the socket was shut, then what comes on connections at rest for a while; at last closes
    /// those that nobody has used.
    private func drain(with slot: RequestSlot) {
        var slot = slot
        let farewell = ContinuousClock.now + limits.farewell
        while true {
            switch socket.accept() {
            case .connection(let connection):
                slot = serve(connection, isNew: true, with: slot)
                continue
            case .failed(errno: EINTR), .failed(errno: ECONNABORTED): continue
            case .failed(errno: EAGAIN), .failed(errno: EINVAL), .failed(errno: EBADF): break
            case .failed(let failure):
                backOff(after: failure)
                continue
            }
            if let connection = ready.nextRequest() {
                guard state.withLock({ $0.resting.remove(connection) }) != nil else { continue }
                slot = serve(connection, isNew: false, with: slot)
            } else if state.withLock({ $0.resting.isEmpty }) {
                return
            } else if .now < farewell {
                usleep(2000)
            } else if let connection = state.withLock({ $0.resting.popFirst() }) {
                close(connection)
            }
        }
    }

    private func takeConnection() -> Int32? {
        switch socket.accept() {
        case .connection(let connection): return connection
        case .failed(errno: EAGAIN), .failed(errno: EINVAL), .failed(errno: EINTR), .failed(errno: ECONNABORTED):
            return nil
        case .failed(let failure):
            backOff(after: failure)
            return nil
        }
    }

    /// Serves the connection's request, or leaves it to whoever comes to its turn; gives the slot for the next one.
    private func serve(_ connection: Int32, isNew: Bool, with slot: RequestSlot) -> RequestSlot {
        guard !isNew || isAllowed(connection) else {
            close(connection)
            return slot
        }
        guard slot.begin(connection, isNew: isNew) else {
            if isNew { log.debug("connection without a request") }
            return slot
        }
        guard let sharing else {
            state.withLock { $0.activeRequests += 1 }
            answer(with: slot, of: nil)
            return slot
        }
        let party = sharing.party(slot.parameters)
        let arrived = WaitingRequest(slot: slot, since: .now)
        let admission = state.withLock { state in
            state.activeRequests += 1
            return state.share.enter(party, arrived)
        }
        switch admission {
        case .park: return RequestSlot(limits: limits)
        case .refuse: answer(with: slot, of: nil, isOverdue: true)
        case .run:
            var next = answer(with: slot, of: party)
            while let turn = next {
                let isOverdue = .now - turn.request.since > sharing.patience
                next = answer(with: turn.request.slot, of: turn.party, isOverdue: isOverdue)
            }
        }
        return slot
    }

    /// Has the request answered, and keeps or closes its connection.
    ///
    /// - Parameter party: whose place it has; nil when it has none.
    /// - Returns: the request whose turn has come by its end; nil for one without a place.
    @discardableResult private func answer(
        with slot: RequestSlot, of party: String?, isOverdue: Bool = false
    ) -> (party: String, request: WaitingRequest)? {
        let request = RequestHandle(slot: slot, limits: limits, isOverdue: isOverdue)
        handler(request)
        if !request.responded {
            log.error("handler gave no answer")
            request.respond(status: 500, headers: [], body: [])
        }
        let mayKeep = state.withLock { !$0.stopping }
        let kept = slot.finish(expectsBody: request.expectsBody, mayKeep: mayKeep)
        let (isRefused, next) = state.withLock { state in
            state.activeRequests -= 1
            let next = party.flatMap { state.share.leave($0) }
            guard let kept else { return (false, next) }
            // Under the lock: who closes what rests must not come between the two.
            state.resting.insert(kept)
            if ready.watch(kept, isNew: slot.isNewConnection) { return (false, next) }
            state.resting.remove(kept)
            return (true, next)
        }
        if isRefused, let kept { close(kept) }
        return next
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
