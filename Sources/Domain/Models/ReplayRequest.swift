package import Contract

/// An operator's wish to have dead letters delivered once more.
package struct ReplayRequest: Equatable, Sendable {
    /// Which databases' dead letters, or which refused messages.
    package enum Scope: Hashable, Sendable {
        case everywhere
        case main
        case tenant(TenantID)
        /// One message of a broker that was refused; nil for all.
        case rejected(MessagePlace?)
    }

    package let id: Int64
    package let scope: Scope
    /// One letter; nil for all.
    package let event: EventID?

    package init(id: Int64, scope: Scope, event: EventID?) {
        self.id = id
        self.scope = scope
        self.event = event
    }
}
