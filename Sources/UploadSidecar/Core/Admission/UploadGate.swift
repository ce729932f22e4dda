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
        /// The most at once since nobody was in.
        var most = 0
        var tenants: [TenantID: Int] = [:]
        var users: [UserID: Int] = [:]
    }

    private let caps: UploadCaps
    private let running = Mutex(Running())
    private let afterRush: @Sendable () -> Void

    /// So many uploads at once are a rush.
    package static let rush = 16

    /// - Parameter afterRush: called by the last upload to leave after a rush, on its thread.
    package init(caps: UploadCaps, afterRush: @escaping @Sendable () -> Void = {}) {
        self.caps = caps
        self.afterRush = afterRush
    }

    /// How many uploads are in.
    package var count: Int { running.withLock { $0.total } }

    /// Lets an upload in; it is out again when the slot is gone.
    package func enter(tenant: TenantID, user: UserID) throws(Refusal) -> UploadSlot {
        let refusal: Refusal? = running.withLock { running in
            if running.total >= caps.total { return .total }
            if running.tenants[tenant, default: 0] >= caps.perTenant { return .tenant }
            if running.users[user, default: 0] >= caps.perUser { return .user }
            running.total += 1
            running.most = max(running.most, running.total)
            running.tenants[tenant, default: 0] += 1
            running.users[user, default: 0] += 1
            return nil
        }
        if let refusal { throw refusal }
        return UploadSlot(gate: self, tenant: tenant, user: user)
    }

    fileprivate func leave(tenant: TenantID, user: UserID) {
        let wasRush = running.withLock { running in
            running.total -= 1
            Self.decrease(&running.tenants[tenant])
            Self.decrease(&running.users[user])
            guard running.total == 0 else { return false }
            defer { running.most = 0 }
            return running.most >= Self.rush
        }
        if wasRush { afterRush() }
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
