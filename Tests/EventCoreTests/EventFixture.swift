import Base
import Contract
import Domain
import EventCore
import Synchronization
import TestSupport

/// Notes what it was given, and fails for as long as it is told to.
final class NotingHandler: EventHandler {
    private struct State {
        var seen: [EventID] = []
        var failure: ErrorAnswer?
    }

    let type: EventType
    private let state = Mutex(State())

    init(_ type: EventType) { self.type = type }

    var seen: [EventID] { state.withLock { $0.seen } }

    func fail(with failure: ErrorAnswer?) { state.withLock { $0.failure = failure } }

    func handle(_ event: Event) throws(ErrorAnswer) {
        let failure = state.withLock { state in
            state.seen.append(event.id)
            return state.failure
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
    let relay: OutboxRelay
    let housekeeping: Housekeeping

    init() throws {
        let product = try InMemoryProduct()
        let log = Log(component: "test", level: .error, sink: { _ in })
        let dispatcher = Dispatcher(
            handlers: [handler, DocumentDeletedHandler(data: product.data, files: product.files)],
            retries: RetryPolicy(attempts: 3, first: .seconds(10), longest: .seconds(100)), clock: product.clock,
            log: log)
        relay = OutboxRelay(
            data: product.data, board: product.doorbell, dispatcher: dispatcher, clock: product.clock, log: log)
        housekeeping = Housekeeping(
            data: product.data, tenants: product.tenants, files: product.files, uploads: product.sweeper,
            relay: relay, orphanAge: .seconds(3600), clock: product.clock, log: log)
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

    func waiting(_ tenant: Tenant?) -> [EventID] { product.data.events(of: tenant?.database).map(\.id) }
}
