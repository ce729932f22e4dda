package import Base
import CLinux
import Glibc

/// Serves FastCGI requests from one unix socket on threads of its own. A process may have several.
package final class Listener: Sendable {
    private let socket: ListeningSocket
    private let ready: ReadySet
    private let state: Condition<ListenerState>
    private let threads: [WorkerThread]

    /// Takes the path over and begins to serve.
    ///
    /// The socket is bound under a temporary name with mode 0660 and renamed over `path`, so a restart never has a
    /// moment without a socket. A connection carries one request after another when its peer asks for that
    /// (FCGI_KEEP_CONN) and each body was read to its end; between two requests it holds no thread.
    ///
    /// - Parameters:
    ///   - path: of the unix socket, at most 107 bytes.
    ///   - threads: how many requests are served at once.
    ///   - backlog: how many connections may wait (capped by net.core.somaxconn).
    ///   - allowedPeers: user ids that may connect (SO_PEERCRED); others are closed unanswered and logged. Nil for
    ///     everyone that the file mode lets in.
    ///   - stackBytes: of each thread.
    ///   - sharing: how the threads are shared out among parties; nil, or with a single thread: in order of arrival.
    ///   - handler: called on the listener's threads; must respond before it returns, else a bare 500 goes out.
    package init(
        path: String, threads: Int, backlog: Int32 = 1024, allowedPeers: Set<UInt32>? = nil, stackBytes: Int = 1 << 20,
        limits: ConnectionLimits = ConnectionLimits(), sharing: SharingPolicy? = nil, log: Log,
        handler: @escaping @Sendable (RequestHandle) -> Void
    ) throws(FastCGIError) {
        let socket = try ListeningSocket(path: path, backlog: backlog)
        let ready = try ReadySet(listening: socket.descriptor)
        let sharing = threads > 1 ? sharing : nil
        let state = Condition(ListenerState(liveThreads: threads, sharing: sharing))
        self.socket = socket
        self.ready = ready
        self.state = state
        self.threads = (0..<threads).map { _ in
            WorkerThread(name: "fastcgi", stackBytes: stackBytes, isBatch: true) {
                ListenerLoop(
                    socket: socket, ready: ready, state: state, allowedPeers: allowedPeers, limits: limits,
                    sharing: sharing, log: log, handler: handler
                ).run()
                state.update { $0.liveThreads -= 1 }
            }
        }
    }

    deinit { refuse() }

    /// How many requests are being served or wait for their turn.
    package var activeRequests: Int { state.withLock { $0.activeRequests } }

    /// How many kept connections wait for their next request.
    package var restingConnections: Int { state.withLock { $0.resting.count } }

    /// Whether another listener has taken the path over, or it is gone.
    package var isReplaced: Bool { !socket.ownsPath }

    /// Refuses new connections, serves those that wait in the backlog, lets running requests finish, closes connections
    /// without a request, ends the threads.
    ///
    /// The socket's path is removed first, if no other listener has taken it over. Blocks up to the deadline. A peer
    /// that sends a request on a kept connection in the very moment in which it is closed finds it closed, as it would
    /// a restarted server's: it may keep connections for requests only that it may send again.
    ///
    /// - Returns: true when all has ended; after false the threads go on, and it can be called again.
    package func stop(deadline: Duration) -> Bool {
        let end = ContinuousClock.now + deadline
        socket.removePath()
        refuse()
        guard state.wait(until: end, { $0.liveThreads == 0 ? true : nil }) != nil else { return false }
        // Nothing but their return is left to do for the threads.
        if state.withLock({ state in state.claimJoin() }) {
            for thread in threads { thread.join() }
        }
        return true
    }

    private func refuse() {
        state.update { $0.stopping = true }
        socket.shut()
        // After the shut: who hears it finds all connections that there will ever be in the backlog.
        ready.stop()
    }
}
