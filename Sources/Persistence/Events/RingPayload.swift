import Base
import Contract
import Domain

/// A ring as the table `doorbells` and the text of its NOTIFY have it: the tenant's id, the nil UUID for the main
/// database; behind it the word `one` where only one transaction follows.
struct RingPayload {
    let ring: Ring

    init(_ ring: Ring) { self.ring = ring }

    /// Nil for a text that is no ring.
    init?(_ text: String) {
        let words = text.split(separator: " ")
        guard let first = words.first, let tenant = TenantID(String(first)), words.count <= 2 else { return nil }
        if let second = words.dropFirst().first, second != Self.one { return nil }
        ring = Ring(Self.outbox(of: tenant), words.count == 2 ? .one : .several)
    }

    /// What stands in `doorbells.tenant_id`.
    var tenant: TenantID { Self.tenant(of: ring.outbox) }

    var text: String { ring.promise == .one ? "\(tenant) \(Self.one)" : tenant.description }

    static func outbox(of tenant: TenantID) -> Outbox { tenant == .noTenant ? .main : .tenant(tenant) }

    static func tenant(of outbox: Outbox) -> TenantID {
        switch outbox {
        case .main: .noTenant
        case .tenant(let id): id
        }
    }

    private static let one = "one"
}
