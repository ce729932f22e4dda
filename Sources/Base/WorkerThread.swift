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
    ///   - leavesOneProcessor: keeps this thread alone off the first of several processors. Niceness counts between
    ///     threads of one control group or session only; this holds whoever wants to run.
    ///   - body: runs on the new thread.
    package init(
        name: String, stackBytes: Int = 1 << 20, niceness: Int32 = 0, leavesOneProcessor: Bool = false,
        _ body: @escaping @Sendable () -> Void
    ) {
        var attributes = pthread_attr_t()
        pthread_attr_init(&attributes)
        pthread_attr_setstacksize(&attributes, stackBytes)
        let start = Start(
            name: String(decoding: name.utf8.prefix(15), as: UTF8.self), niceness: niceness,
            leavesOneProcessor: leavesOneProcessor, body: body)
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

    private final class Start {
        let name: String
        let niceness: Int32
        let leavesOneProcessor: Bool
        let body: @Sendable () -> Void

        init(name: String, niceness: Int32, leavesOneProcessor: Bool, body: @escaping @Sendable () -> Void) {
            self.name = name
            self.niceness = niceness
            self.leavesOneProcessor = leavesOneProcessor
            self.body = body
        }

        func run() {
            saas_set_thread_name(name)
            if niceness != 0 { _ = saas_set_thread_niceness(niceness) }
            if leavesOneProcessor { saas_leave_one_processor() }
            body()
        }
    }
}
