import Base
import Contract
import FastCGI
import MediaSniffer
import ObjectStore
import UploadCore

/// The sidecar put together: the only place that names concrete types.
struct Composition {
    private let listener: Listener
    private let drain: Duration
    private let log: Log

    /// Begins to serve.
    init(_ config: SidecarConfig) throws {
        let log = Log(component: "upload", level: config.logLevel)
        let handler = UploadHandler(
            grantKey: config.grantKey, spool: try SpoolDirectory(path: config.spoolDirectory),
            sniffer: try Sniffer(), store: try config.store.makeStore(),
            handOff: FastCGIHandOff(sockets: SocketRing(directory: config.internalSocketDirectory)), log: log)
        listener = try Listener(path: config.uploadSocket, threads: config.maxConcurrent, log: log) { handle in
            Self.serve(handle, with: handler)
        }
        drain = config.drain
        self.log = log
        log.info("started", ["upload.max_concurrent": .integer(Int64(config.maxConcurrent))])
    }

    /// Takes no more uploads and lets the running ones finish; false when some did not in time.
    func stop() -> Bool {
        log.info("stopping", ["uploads.running": .integer(Int64(listener.activeRequests))])
        let finished = listener.stop(deadline: drain)
        if !finished { log.warning("uploads cut", ["uploads.running": .integer(Int64(listener.activeRequests))]) }
        return finished
    }

    private static func serve(_ handle: RequestHandle, with handler: UploadHandler) {
        let answer: UploadAnswer
        if let request = UploadRequest(handle.parameters) {
            var body = FastCGIBody(handle: handle)
            answer = handler.handle(request, body: &body)
        } else {
            answer = UploadAnswer(ErrorAnswer(.badRequest, message: "A header that may come once only came twice."))
        }
        // What is left of the body is the listener's to read: it lingers after the answer.
        handle.respond(status: answer.status, headers: answer.headers, body: answer.body)
    }
}
