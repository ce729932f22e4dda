import Base
import Contract
import Domain
import EventCore
import TestSupport

/// Notes what it was given, and fails for as long as it is told to.
final class NotingHandler: EventHandler {
    private struct State {
        var seen: [EventID] = []
        var failure: ErrorAnswer?
        var failedTenants: Set<TenantID> = []
    }

    let type: EventType
    private let state = Condition(State())

    init(_ type: EventType) { self.type = type }

    var seen: [EventID] { state.withLock { $0.seen } }

    func fail(with failure: ErrorAnswer?) { state.withLock { $0.failure = failure } }

    /// Fails with `.storageUnavailable` for events of these tenants.
    func fail(for tenants: Set<TenantID>) { state.withLock { $0.failedTenants = tenants } }

    /// Blocks until the condition is true of what was seen.
    func wait(_ condition: ([EventID]) -> Bool) -> Bool {
        state.wait(until: .now + .seconds(20)) { condition($0.seen) ? true : nil } ?? false
    }

    func act(on event: Event) throws(ErrorAnswer) {
        let failure = state.update { state in
            state.seen.append(event.id)
            return state.failedTenants.contains(event.tenantID) ? ErrorAnswer(.storageUnavailable) : state.failure
        }
        if let failure { throw failure }
    }
}

/// The event worker's parts on services in memory.
struct EventFixture {
    let product: InMemoryProduct
    let ada: User
    let acme: TenantAccess
    let handler = NotingHandler(.fileProcess)
    let fuse: DeadLetterFuse
    let broker = ScriptedBroker()
    let brokerBus: BrokerBus
    let reader: BrokerReader
    let relay: OutboxRelay
    let housekeeping: Housekeeping

    init() throws {
        let product = try InMemoryProduct()
        let log = Log(component: "test", level: .error, sink: { _ in })
        let runner = HandlerRunner(
            handlers: [
                handler,
                DocumentDeletedHandler(tenants: LivingTenants(data: product.data), files: product.files),
            ], clock: product.clock)
        let retries = RetryPolicy(attempts: 3, first: .seconds(10), longest: .seconds(100))
        fuse = DeadLetterFuse(log: log)
        let bus = EmbeddedBus(
            data: product.data, runner: runner, retries: retries, fuse: fuse, clock: product.clock, log: log)
        brokerBus = BrokerBus(data: product.data, broker: broker, clock: product.clock, log: log)
        reader = BrokerReader(
            data: product.data, doorbell: product.doorbell, runner: runner, broker: broker, retries: retries,
            shortPause: .zero, fuse: fuse, clock: product.clock, log: log)
        relay = OutboxRelay(data: product.data, board: product.doorbell, bus: bus, clock: product.clock, log: log)
        housekeeping = Housekeeping(
            data: product.data, files: product.files, uploads: product.sweeper, relay: relay,
            orphanAge: .seconds(3600), audit: AuditService(data: product.data), auditRetentionDays: 400,
            clock: product.clock, log: log)
        self.product = product
        ada = try product.register("ada")
        acme = try product.tenant(by: ada)
    }

    /// Writes an event into the tenant's outbox (into the main one without a tenant).
    @discardableResult
    func emit(_ type: EventType = .fileProcess, in tenant: Tenant?, data: [String: JSONValue] = [:]) throws -> Event {
        let event = Event(type, tenant: tenant?.id ?? acme.tenant.id, user: nil, at: product.clock.now(), data: data)
        if let tenant {
            try product.data.inTenant(tenant.database, .write) { repositories throws(ErrorAnswer) in
                try repositories.events.append(event)
            }
        } else {
            try product.data.inMain(.write) { repositories throws(ErrorAnswer) in
                try repositories.events.append(event)
            }
        }
        return event
    }

    /// Delivers what is due in the tenant's outbox.
    func deliver(_ tenant: Tenant) throws { _ = try relay.drain(.tenant(tenant.database), of: tenant.id) }

    func waiting(_ tenant: Tenant?) -> [EventID] { product.data.events(of: tenant?.database).map(\.id) }
}
