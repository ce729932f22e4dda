import Base
import Contract
import FastCGI
import Glibc
import MediaSniffer
import ObjectStore
import UploadCore

/// The sidecar put together: the only place that names concrete types.
struct Composition {
    private let spool: SpoolDirectory
    private let listener: Listener
    private let drain: Duration
    private let keeper: Int32?
    private let sampler: RecurringThread
    private let log: Log

    /// Begins to serve.
    init(_ config: SidecarConfig) throws {
        let log = Log(component: "upload", level: config.logLevel)
        let home = MetricsHome(config.metricsDirectory, program: "sidecar", log: log)
        var limits = UploadLimits()
        limits.minimumRate = config.minimumRate
        let spool = try SpoolDirectory(
            path: config.spoolDirectory, maxBytes: config.spoolMaxBytes, keepFreeBytes: config.spoolKeepFreeBytes,
            isForKeeps: config.store.takesFiles, restingBytes: Self.restingBytes)
        let handOff = BatchingHandOff(
            FastCGIHandOff(sockets: SocketRing(directory: config.internalSocketDirectory)))
        let looseEnds = LooseEnds(spool: spool, handOff: handOff, grantKey: config.grantKey)
        let handler = UploadHandler(
            grantKey: config.grantKey, spool: spool, sniffer: try Sniffer(), store: try config.store.makeStore(),
            handOff: handOff, looseEnds: looseEnds, metrics: UploadMetrics(home), log: log, limits: limits,
            caps: config.caps,
            afterRush: { Memory.giveBack() })
        listener = try Listener(path: config.uploadSocket, threads: config.caps.total + Self.refusalThreads, log: log) {
            handle in
            Self.serve(handle, with: handler)
        }
        let process = ProcessMetrics(home.board, program: "sidecar", process: "sidecar-\(getpid())")
        let running = home.board.gauge(
            "saas_uploads_running", [("process", "sidecar-\(getpid())")], help: "Uploads that are under way.")
        sampler = RecurringThread(name: "metrics", pause: .seconds(1)) { [listener] in
            process.sample()
            running.set(Int64(listener.activeRequests))
            spool.tidy()
            // In a handover the one before may be killed after our start.
            let count = looseEnds.takeOver()
            if count > 0 { log.info("took over", ["uploads.left_behind": .integer(Int64(count))]) }
        }
        sampler.start()
        self.spool = spool
        drain = config.drain
        keeper = config.keeper
        self.log = log
        log.info(
            "started",
            [
                "upload.max_concurrent": .integer(Int64(config.caps.total)),
                "uploads.left_behind": .integer(Int64(looseEnds.count)),
            ])
        looseEnds.settleInBackground()
    }

    /// Lets the keeper start the next sidecar, and goes on taking uploads until that one has the socket. Does nothing
    /// without a keeper. Blocks for 15 seconds at most.
    func handOver() {
        guard let keeper else { return }
        log.info("handing over")
        close(keeper)
        let deadline = ContinuousClock.now + .seconds(15)
        while !listener.isReplaced, ContinuousClock.now < deadline { Pause.sleep(.milliseconds(20)) }
    }

    /// Takes no more uploads, lets the running ones finish, and clears the spool as far as nothing is open in it; false
    /// when some did not finish in time.
    func stop() -> Bool {
        log.info("stopping", ["uploads.running": .integer(Int64(listener.activeRequests))])
        let finished = listener.stop(deadline: drain)
        if !finished { log.warning("uploads cut", ["uploads.running": .integer(Int64(listener.activeRequests))]) }
        sampler.stop()
        spool.leave()
        return finished
    }

    /// Threads beyond the uploads' own: they tell an upload that finds no place so at once, instead of letting it wait
    /// until another has ended.
    private static let refusalThreads = 32
    /// Of the files that go from one upload to the next: two of the largest.
    private static let restingBytes: Int64 = 256 << 20

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
