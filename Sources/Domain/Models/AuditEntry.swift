package import Base
package import Contract

package enum AuditEntryTag {}
package typealias AuditEntryID = Identifier<AuditEntryTag>

/// One line of an audit trail: who did what to what, from where, and how it went.
///
/// Holds ids only: no names, no addresses of mail, no secrets.
package struct AuditEntry: Equatable, Sendable {
    package let id: AuditEntryID
    package let time: Timestamp
    /// The tenant concerned, when there is one.
    package let tenantID: TenantID?
    /// Nil when nobody is known to have acted: a failed login of an unknown address.
    package let actorID: UserID?
    package let action: AuditAction
    package let result: AuditResult
    /// The code of the refusal or failure.
    package let errorCode: String?
    /// The id of what was acted on, a UUID; the action tells its kind.
    package let target: String?
    package let origin: RequestOrigin
    package let details: [String: JSONValue]

    package init(
        id: AuditEntryID, time: Timestamp, tenantID: TenantID?, actorID: UserID?, action: AuditAction,
        result: AuditResult, errorCode: String?, target: String?, origin: RequestOrigin, details: [String: JSONValue]
    ) {
        self.id = id
        self.time = time
        self.tenantID = tenantID
        self.actorID = actorID
        self.action = action
        self.result = result
        self.errorCode = errorCode
        self.target = target
        self.origin = origin
        self.details = details
    }

    /// A new entry with an id of its own; a success unless an error code is given, which makes it a refusal.
    package init(
        _ action: AuditAction, by actor: UserID?, from origin: RequestOrigin, tenant: TenantID? = nil,
        target: String? = nil, at time: Timestamp, refused error: ErrorCode? = nil, details: [String: JSONValue] = [:]
    ) {
        self.init(
            id: .ordered(at: time), time: time, tenantID: tenant, actorID: actor, action: action,
            result: error.map { $0.status < 500 ? .refused : .failed } ?? .success, errorCode: error?.rawValue,
            target: target, origin: origin, details: details)
    }
}

/// How an action ended.
package enum AuditResult: String, Sendable {
    case success
    /// By a rule: a right, a limit, a value.
    case refused
    /// By a fault of the product or of what it needs.
    case failed
}

extension TenantAccess {
    /// An entry of this member's action in this tenant.
    func entry<Tag>(
        _ action: AuditAction, _ target: Identifier<Tag>, at time: Timestamp, details: [String: JSONValue] = [:]
    ) -> AuditEntry {
        AuditEntry(
            action, by: userID, from: origin, tenant: tenant.id, target: target.description, at: time, details: details)
    }
}
