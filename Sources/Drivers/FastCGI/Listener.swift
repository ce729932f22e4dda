package import Base
import CLinux
import Glibc

/// Serves FastCGI requests from one unix socket on threads of its own. A process may have several.
package final class Listener: Sendable {
    private let socket: ListeningSocket
    private let state: Condition<ListenerState>
    private let threads: [WorkerThread]

    /// Takes the path over and begins to serve.
    ///
    /// The socket is bound under a temporary name with mode 0660 and renamed over `path`, so a restart never has a
    /// moment without a socket. Each connection carries one request.
    ///
    /// - Parameters:
    ///   - path: of the unix socket, at most 107 bytes.
    ///   - threads: how many requests are served at once.
    ///   - backlog: how many connections may wait (capped by net.core.somaxconn).
    ///   - allowedPeers: user ids that may connect (SO_PEERCRED); others are closed unanswered and logged. Nil for
    ///     everyone that the file mode lets in.
    ///   - stackBytes: of each thread.
    ///   - handler: called on the listener's threads; must respond before it returns, else a bare 500 goes out.
    package init(
        path: String, threads: Int, backlog: Int32 = 1024, allowedPeers: Set<UInt32>? = nil, stackBytes: Int = 1 << 20,
        limits: ConnectionLimits = ConnectionLimits(), log: Log, handler: @escaping @Sendable (RequestHandle) -> Void
    ) throws(FastCGIError) {
        let socket = try ListeningSocket(path: path, backlog: backlog)
        let state = Condition(ListenerState(liveThreads: threads))
        self.socket = socket
        self.state = state
        self.threads = (0..<threads).map { _ in
            WorkerThread(name: "fastcgi", stackBytes: stackBytes) {
                ListenerLoop(
                    socket: socket, state: state, allowedPeers: allowedPeers, limits: limits, log: log, handler: handler
                ).run()
                state.update { $0.liveThreads -= 1 }
            }
        }
    }

    deinit { socket.shut() }

    /// How many handlers are running.
    package var activeRequests: Int { state.withLock { $0.activeRequests } }

    /// Whether another listener has taken the path over, or it is gone.
    package var isReplaced: Bool { !socket.ownsPath }

    /// Refuses new connections, serves those that wait in the backlog, lets running requests finish, ends the threads.
    ///
    /// The socket's path is removed first, if no other listener has taken it over. Blocks up to the deadline.
    ///
    /// - Returns: true when all has ended; after false the threads go on, and it can be called again.
    package func stop(deadline: Duration) -> Bool {
        let end = ContinuousClock.now + deadline
        state.update { $0.stopping = true }
        socket.removePath()
        socket.shut()
        guard state.wait(until: end, { $0.liveThreads == 0 ? true : nil }) != nil else { return false }
        // Nothing but their return is left to do for the threads.
        if state.withLock({ state in state.claimJoin() }) {
            for thread in threads { thread.join() }
        }
        return true
    }
}

/// What the threads of a listener share.
struct ListenerState: Sendable {
    var stopping = false
    var liveThreads: Int
    var activeRequests = 0
    var joined = false
    var lastAcceptErrorLogged: ContinuousClock.Instant?

    init(liveThreads: Int) { self.liveThreads = liveThreads }

    /// True for the first caller: a thread is joined once.
    mutating func claimJoin() -> Bool {
        defer { joined = true }
        return !joined
    }
}
