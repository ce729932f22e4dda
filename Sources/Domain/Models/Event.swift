package import Base
package import Contract

/// Something that happened, written in the transaction of the change and delivered at least once.
package struct Event: Equatable, Sendable {
    package let id: EventID
    package let type: EventType
    package let tenantID: TenantID
    package let userID: UserID?
    package let time: Timestamp
    package let data: [String: JSONValue]

    package init(
        id: EventID, type: EventType, tenantID: TenantID, userID: UserID?, time: Timestamp, data: [String: JSONValue]
    ) {
        self.id = id
        self.type = type
        self.tenantID = tenantID
        self.userID = userID
        self.time = time
        self.data = data
    }

    /// A new event with an id of its own.
    ///
    /// - Parameter origin: the request that made the change; its id goes along in `data`.
    package init(
        _ type: EventType, tenant: TenantID, user: UserID?, at time: Timestamp, from origin: RequestOrigin = .none,
        data: [String: JSONValue] = [:]
    ) {
        var data = data
        if !origin.requestID.isEmpty { data["request_id"] = .string(origin.requestID) }
        self.init(id: .ordered(at: time), type: type, tenantID: tenant, userID: user, time: time, data: data)
    }
}

extension Event {
    /// The id of the request that made the change; empty when none did.
    package var requestID: String { data["request_id"]?.string ?? "" }
}

/// The kinds of events; the raw value is the topic, except for demo events, which name theirs (`Event.topic`).
package enum EventType: String, CaseIterable, Sendable {
    case tenantCreated = "tenant.created"
    case tenantDeleted = "tenant.deleted"
    case documentUploaded = "document.uploaded"
    case documentDeleted = "document.deleted"
    case fileProcess = "file.process"
    case auditLog = "audit.log"
    case demo = "demo"
}
