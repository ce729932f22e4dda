package import Base
import Contract
package import Domain

/// What happens to every request, stage by stage, in one place.
package struct Pipeline: Sendable {
    private let router: Router
    private let auth: AuthService
    private let rateLimiter: any RateLimiter
    private let maxUploadBytes: Int64
    private let repeated: RepeatedRequests?
    private let audit: (any AuditSink)?
    private let metrics: RequestMetrics?
    private let clock: any WallClock
    private let log: Log

    /// - Parameters:
    ///   - maxUploadBytes: what an upload without a length counts as.
    ///   - repeated: sees to requests with an `Idempotency-Key`; nil where none come.
    ///   - audit: is told of refused and failed requests of known users; successes are told by the services.
    ///   - metrics: counts every answer.
    package init(
        router: Router, auth: AuthService, rateLimiter: any RateLimiter, maxUploadBytes: Int64 = 0,
        repeated: RepeatedRequests? = nil, audit: (any AuditSink)? = nil,
        metrics: RequestMetrics? = nil, clock: any WallClock, log: Log
    ) {
        self.router = router
        self.auth = auth
        self.rateLimiter = rateLimiter
        self.maxUploadBytes = maxUploadBytes
        self.repeated = repeated
        self.audit = audit
        self.metrics = metrics
        self.clock = clock
        self.log = log
    }

    /// Answers one request. Blocks while it is worked on; may be called from many threads at once.
    package func respond(to request: Request) -> Response {
        let started = ContinuousClock.now
        var trace = RequestTrace()
        var response: Response
        do throws(ErrorAnswer) {
            let (route, parameters) = try router.match(request.method, request.segments)
            trace.route = route.pattern
            trace.routeNumber = route.number
            let request = try repeated?.prepare(request, route) ?? request
            response = try answer(request, route, parameters, &trace)
        } catch {
            response = Response(error)
            trace.error = error
            if error.code == .methodNotAllowed, case .array(let allowed)? = error.details["allowed"] {
                let names = allowed.compactMap(\.string).joined(separator: ", ")
                response.headers.append((name: "Allow", value: names))
            }
        }
        if let rate = trace.rate {
            // The window's end is the better advice than the error's own.
            if !rate.isAllowed { response.headers.removeAll { $0.name == "Retry-After" } }
            response.headers.append(contentsOf: rate.headers(at: clock.now()))
        }
        if let audit, let entry = trace.auditEntry(of: request, at: clock.now()) {
            audit.record(entry, in: trace.tenant)
        }
        let duration = started.duration(to: .now)
        metrics?.count(request, trace, response, took: duration)
        trace.write(to: log, request, response, took: duration)
        return response
    }

    /// Authenticate → tenant → rate limit → role → seen before? → handler.
    private func answer(
        _ request: Request, _ route: Route, _ parameters: PathParameters, _ trace: inout RequestTrace
    ) throws(ErrorAnswer) -> Response {
        switch route.handler {
        case .open(let handle), .refreshToken(let handle):
            return try once(request, route) { () throws(ErrorAnswer) in
                try handle(OpenContext(request: request, parameters: parameters))
            }
        case .anyToken(let handle), .user(let handle):
            let session: Session
            if case .anyToken = route.handler {
                session = try auth.session(anyToken: request.bearerToken(), from: request.origin)
            } else {
                session = try authenticate(request)
            }
            trace.userID = session.userID
            let user = try auth.authorize(session, tenant: nil, onlyReads: request.onlyReads).user
            try limit(.user(user.id), &trace)
            return try once(request, route, user.id) { () throws(ErrorAnswer) in
                try handle(UserContext(request: request, parameters: parameters, session: session, user: user))
            }
        case .member(let role, let handle):
            let context = try enterTenant(request, parameters, &trace)
            guard context.access.tenant.state == .ready else { throw ErrorAnswer(.tenantSuspended) }
            guard context.access.role >= role else { throw ErrorAnswer(.forbidden) }
            if request.phase == .uploadAuthorization {
                return try charged(context, &trace) { context throws(ErrorAnswer) in try handle(context) }
            }
            return try once(request, route, context.access.userID, context.access.tenant.id) { () throws(ErrorAnswer) in
                try handle(context)
            }
        case .memberOfSuspended(let role, let handle):
            let context = try enterTenant(request, parameters, &trace)
            guard context.access.role >= role else { throw ErrorAnswer(.forbidden) }
            // Admins can end their own suspension; the operator's keeps them out as well.
            let (tenant, isAdmin) = (context.access.tenant, context.access.role == .admin)
            guard tenant.state == .ready || (isAdmin && tenant.suspendedBy == .admin) else {
                throw ErrorAnswer(.tenantSuspended)
            }
            return try handle(context)
        }
    }

    /// Takes what the upload will need of its user's byte budget. An upload that gets no grant gives it back here, one
    /// that got a grant and failed when it is given up (`UploadService.abandon`).
    private func charged(
        _ context: TenantContext, _ trace: inout RequestTrace,
        _ handle: (TenantContext) throws(ErrorAnswer) -> Response
    ) throws(ErrorAnswer) -> Response {
        var context = context
        let user = context.session.userID
        // A body without a length may become as large as any.
        let bytes = min(context.request.contentLength ?? maxUploadBytes, maxUploadBytes)
        let charge = UploadCharge(bytes: bytes, takenAt: clock.now())
        guard try limit(.uploads(user), amount: bytes, at: charge.takenAt, &trace) else { return try handle(context) }
        context.charge = charge
        do throws(ErrorAnswer) {
            return try handle(context)
        } catch {
            // What cannot be given back now stays taken until the hour ends.
            try? rateLimiter.giveBack(charge, of: user, receipt: nil)
            throw error
        }
    }

    private func once(
        _ request: Request, _ route: Route, _ user: UserID? = nil, _ tenant: TenantID? = nil,
        _ handle: () throws(ErrorAnswer) -> Response
    ) throws(ErrorAnswer) -> Response {
        guard let repeated else { return try handle() }
        return try repeated.answer(request, route, user: user, tenant: tenant, handle)
    }

    private func authenticate(_ request: Request) throws(ErrorAnswer) -> Session {
        try auth.session(accessToken: request.bearerToken(), from: request.origin)
    }

    private func enterTenant(
        _ request: Request, _ parameters: PathParameters, _ trace: inout RequestTrace
    ) throws(ErrorAnswer) -> TenantContext {
        let session = try authenticate(request)
        trace.userID = session.userID
        // Foreign, missing and malformed ids are one answer, and count against the limit like any other request.
        let id: TenantID? = try? parameters.identifier("tenant_id", or: .tenantNotFound)
        let found: Membership?
        do {
            found = try auth.authorize(session, tenant: id, onlyReads: request.onlyReads).membership
        } catch  where error.code == .tenantNotFound {
            found = nil
        }
        trace.askedTenant = id
        trace.tenant = found?.tenant.database
        try limit(.user(session.userID), &trace)
        guard let membership = found else { throw ErrorAnswer(.tenantNotFound) }
        try limit(.tenant(membership.tenant.id), &trace)
        return TenantContext(
            request: request, parameters: parameters, session: session,
            access: TenantAccess(
                tenant: membership.tenant, userID: session.userID, role: membership.role, origin: session.origin))
    }

    /// Counts against a budget. The answer's headers tell of the user's requests, or of the budget that is used up.
    ///
    /// - Returns: whether there is such a budget.
    @discardableResult private func limit(
        _ subject: RateSubject, amount: Int64 = 1, at now: Timestamp? = nil, _ trace: inout RequestTrace
    ) throws(ErrorAnswer) -> Bool {
        guard let decision = try rateLimiter.take(amount, of: subject, at: now ?? clock.now()) else { return false }
        if case .user = subject { trace.rate = decision }
        guard !decision.isAllowed else { return true }
        trace.rate = decision
        throw ErrorAnswer(.rateLimited)
    }
}

extension Request {
    /// Whether it changes nothing. An upload's authorization changes nothing yet: the upload's end is authorized anew.
    fileprivate var onlyReads: Bool {
        switch phase {
        case .normal: method == .get || method == .head
        case .uploadAuthorization: true
        case .download: false
        }
    }

    /// The token of `Authorization: Bearer …` (RFC 6750 section 2.1).
    ///
    /// - Throws: `.tokenMissing` without the header, `.tokenInvalid` with another scheme.
    func bearerToken() throws(ErrorAnswer) -> String {
        guard let header = headers["authorization"] else { throw ErrorAnswer(.tokenMissing) }
        let words = header.utf8.split(separator: UInt8(ascii: " "))
        guard words.count == 2, Substring(words[0]).lowercased() == "bearer" else { throw ErrorAnswer(.tokenInvalid) }
        return String(Substring(words[1]))
    }
}
