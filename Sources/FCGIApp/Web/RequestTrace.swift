import Base
import Contract
import Domain

/// What the log tells of a request.
struct RequestTrace {
    var route = ""
    /// The route's place in the router's list.
    var routeNumber: Int?
    var userID: UserID?
    /// The tenant that the path names, member or not.
    var askedTenant: TenantID?
    /// The tenant that the user was let into.
    var tenant: TenantDatabase?
    var rate: RateDecision?
    var error: ErrorAnswer?

    /// One line a request: `error` when someone must act, `info` for changes and refusals, `debug` for plain reads.
    func write(to log: Log, _ request: Request, _ response: Response, took duration: Duration) {
        let level: LogLevel =
            switch response.status {
            case 500: .error
            case 501...: .warning
            case 400...: .info
            default: request.method == .get || request.method == .head ? .debug : .info
            }
        guard log.isEnabled(level) else { return }
        log.write(
            level, "request",
            [
                "request.id": .text(request.requestID), "http.method": .text(request.method.rawValue),
                "http.route": .text(route), "http.status": .integer(Int64(response.status)),
                "duration.us": .integer(duration.microseconds), "user.id": .text(userID?.description ?? ""),
                "tenant.id": .text(tenant?.tenantID.description ?? ""), "error.code": .text(error?.code.rawValue ?? ""),
                "error.cause": .text(error?.cause ?? ""),
            ])
    }
}

extension RateDecision {
    /// `RateLimit-*` (draft-ietf-httpapi-ratelimit-headers), and `Retry-After` when refused.
    func headers(at now: Timestamp) -> [(name: String, value: String)] {
        let seconds = String(max(1, resets.seconds - now.seconds))
        var headers = [
            (name: "RateLimit-Limit", value: String(limit)), (name: "RateLimit-Remaining", value: String(remaining)),
            (name: "RateLimit-Reset", value: seconds),
        ]
        if !isAllowed { headers.append((name: "Retry-After", value: seconds)) }
        return headers
    }
}
