package import Base
package import Contract

/// An event that was given up, and why.
package struct DeadLetter: Equatable, Sendable {
    package let id: EventID
    /// As it was written; perhaps a type that this version does not know.
    package let type: String
    package let tenantID: TenantID
    package let time: Timestamp
    package let attempts: Int
    package let cause: String
    package let firstFailure: Timestamp
    package let death: Timestamp

    package init(
        id: EventID, type: String, tenantID: TenantID, time: Timestamp, attempts: Int, cause: String,
        firstFailure: Timestamp, death: Timestamp
    ) {
        self.id = id
        self.type = type
        self.tenantID = tenantID
        self.time = time
        self.attempts = attempts
        self.cause = cause
        self.firstFailure = firstFailure
        self.death = death
    }
}
