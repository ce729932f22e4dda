import Base
package import Contract

extension Event {
    /// An entry for a tenant's trail that is made in another database than the tenant's: the event `audit.log` is
    /// written with the change, and delivered to the trail.
    package init(audit entry: AuditEntry, of tenant: TenantID) {
        var data: [String: JSONValue] = [
            "action": .string(entry.action.rawValue), "result": .string(entry.result.rawValue),
            "address": .string(entry.origin.address), "request_id": .string(entry.origin.requestID),
            "details": .object(entry.details),
        ]
        if let errorCode = entry.errorCode { data["error_code"] = .string(errorCode) }
        if let target = entry.target { data["target_id"] = .string(target) }
        self.init(
            id: EventID(high: entry.id.high, low: entry.id.low), type: .auditLog, tenantID: tenant,
            userID: entry.actorID, time: entry.time, data: data)
    }
}

extension AuditEntry {
    /// The entry in an event `audit.log`: it has the event's id and time, so that a second delivery is no second
    /// entry. Nil when the event holds none that this version knows.
    package init?(event: Event) {
        guard event.type == .auditLog,
            let action = event.data["action"]?.string.flatMap(AuditAction.init(rawValue:)),
            let result = event.data["result"]?.string.flatMap(AuditResult.init(rawValue:))
        else { return nil }
        let target = event.data["target_id"]?.string
        guard target.map({ Identifier<AuditEntryTag>($0) != nil }) ?? true else { return nil }
        self.init(
            id: AuditEntryID(high: event.id.high, low: event.id.low), time: event.time, tenantID: event.tenantID,
            actorID: event.userID, action: action, result: result, errorCode: event.data["error_code"]?.string,
            target: target,
            origin: RequestOrigin(
                address: event.data["address"]?.string ?? "", requestID: event.data["request_id"]?.string ?? ""),
            details: event.data["details"]?.object ?? [:])
    }
}
