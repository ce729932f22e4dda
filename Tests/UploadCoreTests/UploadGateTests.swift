import Base
import Contract
import Testing
import UploadCore

@Suite struct UploadGateTests {
    private let tenants = (0..<3).map { TenantID(high: 1, low: $0) }
    private let users = (0..<3).map { UserID(high: 2, low: $0) }

    private func gate(total: Int = 10, perTenant: Int = 10, perUser: Int = 10) -> UploadGate {
        var caps = UploadCaps()
        caps.total = total
        caps.perTenant = perTenant
        caps.perUser = perUser
        return UploadGate(caps: caps)
    }

    /// The cap that keeps one more upload out; nil when it would be let in.
    private func refusal(_ gate: UploadGate, _ tenant: Int, _ user: Int) -> UploadGate.Refusal? {
        do {
            let slot = try gate.enter(tenant: tenants[tenant], user: users[user])
            _ = consume slot
            return nil
        } catch {
            return error
        }
    }

    @Test func theEndOfARushIsToldOnce() throws {
        let ends = Condition(0)
        var caps = UploadCaps()
        (caps.total, caps.perTenant, caps.perUser) = (100, 100, 100)
        let gate = UploadGate(caps: caps) { ends.withLock { $0 += 1 } }
        func run(_ number: Int) throws {
            guard number > 0 else { return }
            let slot = try gate.enter(tenant: tenants[0], user: users[0])
            try run(number - 1)
            _ = consume slot
        }
        try run(UploadGate.rush - 1)
        #expect(ends.withLock { $0 } == 0)
        try run(UploadGate.rush)
        #expect(ends.withLock { $0 } == 1)
        try run(1)
        #expect(ends.withLock { $0 } == 1)
    }

    @Test func theWholeServerHasACap() throws {
        let gate = gate(total: 2)
        let first = try gate.enter(tenant: tenants[0], user: users[0])
        let second = try gate.enter(tenant: tenants[1], user: users[1])
        #expect(refusal(gate, 2, 2) == .total)
        #expect(gate.count == 2)
        _ = consume first
        #expect(refusal(gate, 2, 2) == nil)
        _ = consume second
        #expect(gate.count == 0)
    }

    @Test func aTenantHasACapThatOthersDoNotFeel() throws {
        let gate = gate(perTenant: 1)
        let first = try gate.enter(tenant: tenants[0], user: users[0])
        #expect(refusal(gate, 0, 1) == .tenant)
        #expect(refusal(gate, 1, 1) == nil)
        _ = consume first
        #expect(refusal(gate, 0, 1) == nil)
    }

    @Test func aUserHasACapAcrossTenants() throws {
        let gate = gate(perUser: 2)
        let first = try gate.enter(tenant: tenants[0], user: users[0])
        let second = try gate.enter(tenant: tenants[1], user: users[0])
        #expect(refusal(gate, 2, 0) == .user)
        #expect(refusal(gate, 2, 1) == nil)
        _ = consume second
        #expect(refusal(gate, 2, 0) == nil)
        _ = consume first
    }

    @Test func aRefusalTakesNoPlace() throws {
        let gate = gate(total: 2, perUser: 1)
        let first = try gate.enter(tenant: tenants[0], user: users[0])
        for _ in 0..<5 { #expect(refusal(gate, 0, 0) == .user) }
        #expect(gate.count == 1)
        #expect(refusal(gate, 0, 1) == nil)
        _ = consume first
    }
}
