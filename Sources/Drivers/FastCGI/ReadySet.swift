import CLinux
import Glibc

/// What the threads of a listener wait at: its socket, and the connections at rest that may bring another request.
///
/// Each is told to one thread, once; then it is that thread's, until it is put back. A connection at rest costs a
/// descriptor and no thread.
final class ReadySet: Sendable {
    private let descriptor: Int32
    private let bell: Int32
    private let listening: Int32

    /// - Throws: `listenFailed` when the process has no descriptors left.
    init(listening: Int32) throws(FastCGIError) {
        let set = saas_ready_set()
        guard set >= 0 else { throw .listenFailed(errno: errno) }
        let bell = saas_ready_bell(set)
        guard bell >= 0, saas_ready_arm(set, listening, 1) == 0 else {
            let failure = errno
            if bell >= 0 { close(bell) }
            close(set)
            throw .listenFailed(errno: failure)
        }
        descriptor = set
        self.bell = bell
        self.listening = listening
    }

    deinit {
        close(bell)
        close(descriptor)
    }

    enum Event {
        /// The backlog may hold connections; nobody else is told before `awaitConnections`.
        case backlog
        /// Bytes, or the end, have come on a connection that was at rest.
        case request(Int32)
        case stopped
    }

    /// Blocks until something is ready.
    func next() -> Event {
        while true {
            let ready = saas_ready_wait(descriptor, -1)
            if ready == listening { return .backlog }
            if ready == bell { return .stopped }
            if ready >= 0 { return .request(ready) }
        }
    }

    /// A connection on which bytes, or the end, have come; nil when there is none. Does not block; for after `stop`.
    func nextRequest() -> Int32? {
        // The bell is always ready then, and comes last again when it was told; the socket is told once.
        for _ in 0..<3 {
            let ready = saas_ready_wait(descriptor, 0)
            if ready >= 0, ready != bell, ready != listening { return ready }
        }
        return nil
    }

    /// Has the next connection of the backlog told to a thread; at once, when there is one.
    func awaitConnections() { _ = saas_ready_arm(descriptor, listening, 0) }

    /// Has the connection's next bytes told to a thread. Closing a connection takes it out of the set.
    ///
    /// - Parameter isNew: whether it has never been in the set.
    /// - Returns: false when the kernel refuses; the connection is the caller's then.
    func watch(_ connection: Int32, isNew: Bool) -> Bool { saas_ready_arm(descriptor, connection, isNew ? 1 : 0) == 0 }

    /// From now on `next` says `stopped` to everyone.
    func stop() { saas_ready_ring(bell) }
}
