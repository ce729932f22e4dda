package import Contract
import Synchronization

/// Counts the uploads that run, and lets no more in than the caps allow. Thread-safe; never blocks for long.
package final class UploadGate: Sendable {
    /// The cap that keeps an upload out.
    package enum Refusal: String, Error, Sendable {
        case total = "server"
        case tenant
        case user
    }

    private struct Running {
        var total = 0
        var tenants: [TenantID: Int] = [:]
        var users: [UserID: Int] = [:]
    }

    private let caps: UploadCaps
    private let running = Mutex(Running())

    package init(caps: UploadCaps) { self.caps = caps }

    /// How many uploads are in.
    package var count: Int { running.withLock { $0.total } }

    /// Lets an upload in; it is out again when the slot is gone.
    package func enter(tenant: TenantID, user: UserID) throws(Refusal) -> UploadSlot {
        let refusal: Refusal? = running.withLock { running in
            if running.total >= caps.total { return .total }
            if running.tenants[tenant, default: 0] >= caps.perTenant { return .tenant }
            if running.users[user, default: 0] >= caps.perUser { return .user }
            running.total += 1
            running.tenants[tenant, default: 0] += 1
            running.users[user, default: 0] += 1
            return nil
        }
        if let refusal { throw refusal }
        return UploadSlot(gate: self, tenant: tenant, user: user)
    }

    fileprivate func leave(tenant: TenantID, user: UserID) {
        running.withLock { running in
            running.total -= 1
            Self.decrease(&running.tenants[tenant])
            Self.decrease(&running.users[user])
        }
    }

    /// Entries of nobody are removed, so that the tables are as large as the uploads that run.
    private static func decrease(_ count: inout Int?) {
        count = count.flatMap { $0 > 1 ? $0 - 1 : nil }
    }
}

/// A place among the running uploads, given back with this value.
package struct UploadSlot: ~Copyable {
    private let gate: UploadGate
    private let tenant: TenantID
    private let user: UserID

    fileprivate init(gate: UploadGate, tenant: TenantID, user: UserID) {
        self.gate = gate
        self.tenant = tenant
        self.user = user
    }

    deinit { gate.leave(tenant: tenant, user: user) }
}
