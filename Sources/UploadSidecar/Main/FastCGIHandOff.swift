import Base
import Contract
import FastCGI
import Glibc
import UploadCore

/// Hands uploads over to the application's workers by FastCGI, each call on a connection of its own.
///
/// A worker that takes no connection has seen nothing of the call, so the next one is asked; once a byte was sent the
/// outcome of a failed call is unclear.
struct FastCGIHandOff: HandOffTransport {
    let sockets: SocketRing

    /// For each call; the application cuts its own requests at 30 seconds.
    private static let timeout = Duration.seconds(35)
    /// How often a patient call looks for a worker when none takes a connection, as while the application restarts.
    private static let tries = 20
    private static let pause = Duration.milliseconds(250)

    func send(
        _ calls: [UploadCall], of tenant: TenantID, requestIDs: [String], isPatient: Bool
    ) -> HandOffDelivery {
        let (path, body) = Self.message(calls)
        for attempt in 1...(isPatient ? Self.tries : 1) {
            if attempt > 1 { Pause.sleep(Self.pause) }
            switch call(path, body, requestIDs.joined(separator: ","), of: tenant) {
            case .reply(let reply): return Self.delivery(reply, of: calls)
            case .broken: return .broken
            case .unreachable: continue
            }
        }
        return .unreachable
    }

    func abandon(_ upload: SettleUpload, requestID: String) -> AbandonOutcome {
        switch call(UploadHandOff.abandonPath, upload.jsonBytes, requestID) {
        case .reply(let reply): reply.abandonOutcome
        case .broken: .unclear("abandon broke off")
        case .unreachable: .unclear("no worker took the abandon")
        }
    }

    /// A call that travels alone goes to its own address.
    private static func message(_ calls: [UploadCall]) -> (path: String, body: [UInt8]) {
        guard calls.count == 1 else { return (UploadHandOff.batchPath, UploadBatch.request(calls)) }
        return switch calls[0] {
        case .resolve(let upload): (UploadHandOff.resolvePath, upload.jsonBytes)
        case .commit(let upload): (UploadHandOff.commitPath, upload.jsonBytes)
        }
    }

    private static func delivery(_ reply: HandOffReply, of calls: [UploadCall]) -> HandOffDelivery {
        guard calls.count > 1 else { return .replies([reply]) }
        guard reply.status == 200 else {
            // Refused or failed as a whole: the same answer as each would have got.
            return reply.status >= 500 ? .broken : .replies(calls.map { _ in reply })
        }
        guard let replies = UploadBatch.replies(reply.body), replies.count == calls.count else { return .broken }
        return .replies(
            replies.map {
                HandOffReply(
                    status: $0.status, body: $0.body, removesObject: $0.removesObject, retryAfter: $0.retryAfter)
            })
    }

    private enum Answer {
        case reply(HandOffReply)
        case broken
        case unreachable
    }

    private func call(_ path: String, _ body: [UInt8], _ requestID: String, of tenant: TenantID? = nil) -> Answer {
        let parameters = [
            ("REQUEST_METHOD", "POST"), ("REQUEST_URI", path), ("QUERY_STRING", ""), ("SERVER_PROTOCOL", "HTTP/1.1"),
            ("GATEWAY_INTERFACE", "CGI/1.1"), ("CONTENT_TYPE", "application/json"),
            ("REQUEST_ID", requestID),
        ]
        for socket in sockets.paths(for: tenant) {
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
