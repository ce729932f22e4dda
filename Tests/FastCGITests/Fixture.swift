import Base
import FastCGI
import Foundation

/// A directory of its own with a listener in it; both are gone at the end.
final class Fixture: Sendable {
    let directory: String
    var path: String { directory + "/s" }
    let logged = Condition<[String]>([])
    var log: Log {
        let logged = logged
        return Log(component: "test", level: .debug) { line in
            logged.update { $0.append(String(decoding: line, as: UTF8.self)) }
        }
    }

    init() {
        directory = "/tmp/fcgi-test-\(Identifier<Fixture>.random().low)"
        try? FileManager.default.createDirectory(atPath: directory, withIntermediateDirectories: false)
    }

    deinit { try? FileManager.default.removeItem(atPath: directory) }

    func listen(
        threads: Int = 2, allowedPeers: Set<UInt32>? = nil, limits: ConnectionLimits = ConnectionLimits(),
        name: String = "s", sharing: SharingPolicy? = nil, _ handler: @escaping @Sendable (RequestHandle) -> Void
    ) throws -> Listener {
        try Listener(
            path: directory + "/" + name, threads: threads, allowedPeers: allowedPeers, limits: limits,
            sharing: sharing,
            log: log, handler: handler)
    }

    func call(_ parameters: [(String, String)] = [], body: [UInt8] = []) throws -> ClientResponse {
        try Client.call(socket: path, parameters: parameters, body: body, timeout: .seconds(20))
    }
}

/// Blocks until the condition holds, 20 s at most: what a listener notes after its answer has gone out.
func waitUntil(_ condition: () -> Bool) {
    let end = ContinuousClock.now + .seconds(20)
    while !condition(), ContinuousClock.now < end { sched_yield() }
}

/// Runs the closure on that many threads and waits for all of them.
func inParallel(_ count: Int, _ body: @escaping @Sendable (Int) -> Void) {
    let threads = (0..<count).map { index in WorkerThread(name: "test") { body(index) } }
    for thread in threads { thread.join() }
}

/// Handlers that several tests use.
enum Handlers {
    static let ok: @Sendable (RequestHandle) -> Void = { $0.respond(status: 200, headers: [], body: Array("ok".utf8)) }

    /// Sends the body back, or the error's name.
    static let echo: @Sendable (RequestHandle) -> Void = { request in
        do throws(FastCGIError) {
            request.respond(status: 200, headers: [], body: try request.body(limit: 4 << 20))
        } catch {
            request.respond(status: error == .bodyTooLarge ? 413 : 400, headers: [], body: Array("\(error)".utf8))
        }
    }
}
