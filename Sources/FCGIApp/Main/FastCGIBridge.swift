import Base
import Contract
import FastCGI
import Web

/// Turns FastCGI requests into ours and our answers into theirs.
struct FastCGIBridge {
    let pipeline: Pipeline
    let downloads: DownloadRoute
    let metrics: RequestMetrics
    /// Nil where it is not to be had.
    let metricsPage: MetricsPage?

    /// Serves one request of the public socket.
    func serve(_ handle: RequestHandle) {
        let parameters = handle.parameters
        switch parameters["UPLOAD_PHASE"] ?? "" {
        case "denied":
            send(denial(parameters), to: handle)
        case "authorize":
            let response = handle.isOverdue ? Self.overdue : respond(handle, phase: .uploadAuthorization)
            send(response.status < 300 ? response : forAuthRequest(response), to: handle)
        case _ where handle.isOverdue: send(Self.overdue, to: handle)
        default:
            if parameters["DOWNLOAD"] == "1" {
                let started = ContinuousClock.now
                let response = respond(handle, phase: .download)
                metrics.countDownload(response, took: started.duration(to: .now))
                send(response, to: handle)
            } else if parameters["METRICS"] == "1", let metricsPage {
                let method = Request.Method(rawValue: parameters["REQUEST_METHOD"] ?? "") ?? .other
                send(metricsPage.respond(to: method), to: handle)
            } else {
                send(respond(handle, phase: .normal), to: handle)
            }
        }
    }

    /// For a request that waited too long for its tenant's turn.
    private static var overdue: Response {
        Response(
            ErrorAnswer(.serviceUnavailable, cause: "the tenant's requests come faster than they can be served"))
    }

    private func respond(_ handle: RequestHandle, phase: Request.Phase) -> Response {
        do throws(ErrorAnswer) {
            let request = try Request(handle, phase: phase)
            return phase == .download ? downloads.respond(to: request) : pipeline.respond(to: request)
        } catch {
            return Response(error)
        }
    }

    /// nginx's auth_request understands 2xx, 401 and 403 only: the real answer travels in a header, and nginx has it
    /// sent by the phase `denied`.
    private func forAuthRequest(_ response: Response) -> Response {
        var headers = response.headers.filter { $0.name.hasPrefix("RateLimit") || $0.name == "Retry-After" }
        headers.append((name: "X-Denial", value: Base64.encodeURLSafe(response.body)))
        return Response(status: 403, headers: headers)
    }

    /// Sends the answer that an upload's authorization gave.
    private func denial(_ parameters: Parameters) -> Response {
        guard let body = parameters["UPLOAD_DENIAL"].flatMap({ Base64.decodeURLSafe($0) }),
            let envelope = try? JSONValue(parsing: body),
            let code = envelope["error"]?["code"]?.string.flatMap(ErrorCode.init(rawValue:))
        else { return Response(ErrorAnswer(.serviceUnavailable)) }
        var response = Response(ErrorAnswer(code))
        response.body = body
        return response
    }

    private func send(_ response: Response, to handle: RequestHandle) {
        handle.respond(status: response.status, headers: response.headers, body: response.body)
    }
}
