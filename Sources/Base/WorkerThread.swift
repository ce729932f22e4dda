import CLinux
import Glibc

/// A named operating-system thread that runs one closure.
package final class WorkerThread: @unchecked Sendable {  // `handle` is written once, before anyone can read it
    private var handle = pthread_t()

    /// Starts the thread at once.
    ///
    /// - Parameters:
    ///   - name: shown by tools, cut to 15 bytes (pthread_setname_np(3)).
    ///   - stackBytes: size of the stack.
    ///   - niceness: scheduling niceness of this thread alone, 0 (normal) to 19 (yields to all others).
    ///   - isBatch: whether it waits, when something wakes it, until whoever runs comes to a stop or has used up a slice
    ///     (SCHED_BATCH, sched(7)): for threads that serve one short request after another, which cost less in a row.
    ///   - body: runs on the new thread.
    package init(
        name: String, stackBytes: Int = 1 << 20, niceness: Int32 = 0, isBatch: Bool = false,
        _ body: @escaping @Sendable () -> Void
    ) {
        var attributes = pthread_attr_t()
        pthread_attr_init(&attributes)
        pthread_attr_setstacksize(&attributes, stackBytes)
        let start = Start(
            name: String(decoding: name.utf8.prefix(15), as: UTF8.self), niceness: niceness, isBatch: isBatch,
            body: body)
        let context = Unmanaged.passRetained(start).toOpaque()
        let status = pthread_create(
            &handle, &attributes,
            { context in
                guard let context else { return nil }
                Unmanaged<Start>.fromOpaque(context).takeRetainedValue().run()
                return nil
            }, context)
        pthread_attr_destroy(&attributes)
        precondition(status == 0, "pthread_create failed with \(status)")
    }

    /// Blocks until the thread's closure has returned. Call at most once.
    package func join() { pthread_join(handle, nil) }

    /// Keeps the calling thread off the first of the processors that the process may use, where there are several, or lets
    /// it use them all. Niceness counts between threads of one control group or session only; this holds whoever wants
    /// to run.
    package static func leaveOneProcessor(_ isLeft: Bool) { saas_leave_one_processor(isLeft ? 1 : 0) }

    private final class Start {
        let name: String
        let niceness: Int32
        let isBatch: Bool
        let body: @Sendable () -> Void

        init(name: String, niceness: Int32, isBatch: Bool, body: @escaping @Sendable () -> Void) {
            self.name = name
            self.niceness = niceness
            self.isBatch = isBatch
            self.body = body
        }

        func run() {
            saas_set_thread_name(name)
            if niceness != 0 { _ = saas_set_thread_niceness(niceness) }
            if isBatch { _ = saas_set_thread_batch() }
            body()
        }
    }
}
