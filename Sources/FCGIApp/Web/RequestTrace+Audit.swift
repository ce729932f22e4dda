import Base
import Contract
import Domain

extension RequestTrace {
    /// The entry for the audit trail when a known user's request was refused (401, 403, a tenant that is not the
    /// user's), or would have changed something and did not. Nil for everything else: successes write their own with
    /// their change, and what strangers ask for is in the log only.
    func auditEntry(of request: Request, at now: Timestamp) -> AuditEntry? {
        guard let error, let userID, error.code != .rateLimited else { return nil }
        let isRefusal = error.code.status == 401 || error.code.status == 403 || error.code == .tenantNotFound
        guard isRefusal || (request.method != .get && request.method != .head) else { return nil }
        return AuditEntry(
            isRefusal ? .refusedRequest : .failedRequest, by: userID, from: request.origin,
            tenant: tenant?.tenantID ?? askedTenant, at: now, refused: error.code,
            details: ["method": .string(request.method.rawValue), "route": .string(route)])
    }
}

extension Request {
    /// What the audit trail keeps of where the request came from.
    var origin: RequestOrigin {
        RequestOrigin(
            address: remoteAddress, requestID: String(requestID.unicodeScalars.prefix(200)), effect: effect)
    }
}
