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
    package init(
        _ type: EventType, tenant: TenantID, user: UserID?, at time: Timestamp, data: [String: JSONValue] = [:]
    ) {
        self.init(id: .ordered(at: time), type: type, tenantID: tenant, userID: user, time: time, data: data)
    }
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
