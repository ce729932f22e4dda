import Base
import Contract
import FastCGI
import Glibc
import UploadCore

/// Hands uploads over to the application's workers by FastCGI, each call on a connection of its own.
///
/// A worker that takes no connection has seen nothing of the call, so the next one is asked; once a byte was sent the
/// outcome of a failed call is unclear.
struct FastCGIHandOff: HandOff {
    let sockets: SocketRing

    /// For each call; the application cuts its own requests at 30 seconds.
    private static let timeout = Duration.seconds(35)
    /// How often *resolve* looks for a worker when none takes a connection, as while the application restarts.
    private static let tries = 20
    private static let pause = Duration.milliseconds(250)

    func resolve(_ upload: ResolveUpload, requestID: String) -> ResolveOutcome {
        for attempt in 1...Self.tries {
            if attempt > 1 { Pause.sleep(Self.pause) }
            switch call(UploadHandOff.resolvePath, upload.jsonBytes, requestID) {
            case .reply(let reply): return reply.resolveOutcome
            case .broken: return .unclear("resolve broke off")
            case .unreachable: continue
            }
        }
        return .unclear("no worker took the resolve")
    }

    func commit(_ upload: SettleUpload, requestID: String) -> CommitOutcome {
        switch call(UploadHandOff.commitPath, upload.jsonBytes, requestID) {
        case .reply(let reply): reply.commitOutcome
        case .broken: .unclear("commit broke off")
        case .unreachable: .unclear("no worker took the commit")
        }
    }

    func abandon(_ upload: SettleUpload, requestID: String) -> AbandonOutcome {
        switch call(UploadHandOff.abandonPath, upload.jsonBytes, requestID) {
        case .reply(let reply): reply.abandonOutcome
        case .broken: .unclear("abandon broke off")
        case .unreachable: .unclear("no worker took the abandon")
        }
    }

    private enum Answer {
        case reply(HandOffReply)
        case broken
        case unreachable
    }

    private func call(_ path: String, _ body: [UInt8], _ requestID: String) -> Answer {
        let parameters = [
            ("REQUEST_METHOD", "POST"), ("REQUEST_URI", path), ("QUERY_STRING", ""), ("SERVER_PROTOCOL", "HTTP/1.1"),
            ("GATEWAY_INTERFACE", "CGI/1.1"), ("CONTENT_TYPE", "application/json"),
            ("REQUEST_ID", requestID),
        ]
        for socket in sockets.next() {
            do {
                let response = try Client.call(
                    socket: socket, parameters: parameters, body: body, timeout: Self.timeout)
                return .reply(
                    HandOffReply(
                        status: response.status, body: response.body,
                        removesObject: response[header: UploadHandOff.removeObjectHeader] == "1",
                        retryAfter: response[header: "Retry-After"]))
            } catch .broken {
                return .broken
            } catch {
                continue
            }
        }
        return .unreachable
    }
}
