package import Base
package import Contract
package import Domain

/// Carries out what operators ask for: dead letters go back into their outboxes, from where they are delivered like
/// new events, through the same bus, handlers and inbox.
package struct ReplayDesk: Sendable {
    private let data: any UnitOfWork
    private let relay: OutboxRelay
    private let clock: any WallClock
    private let log: Log

    package init(data: any UnitOfWork, relay: OutboxRelay, clock: any WallClock, log: Log) {
        self.data = data
        self.relay = relay
        self.clock = clock
        self.log = log
    }

    /// Carries out the requests that wait. Blocks.
    package func work() throws(ErrorAnswer) {
        // A crash in between leaves the request open: letters that are back already are no letters any more.
        while let request = try data.inMain(.write, { main throws(ErrorAnswer) in try main.operations.takeReplay() }) {
            let replayed = try carryOut(request)
            try data.inMain(.write) { main throws(ErrorAnswer) in
                try main.operations.finishReplay(request.id, replayed: replayed, at: clock.now())
            }
            log.info("dead letters replayed", ["count": .integer(Int64(replayed))])
        }
    }

    private func carryOut(_ request: ReplayRequest) throws(ErrorAnswer) -> Int {
        switch request.scope {
        case .main: return try revive(request.event, in: .main, of: nil)
        case .tenant(let id):
            let found = try data.inMain(.read) { main throws(ErrorAnswer) in try main.tenants.find(id) }
            guard let tenant = found, tenant.state == .ready || tenant.state == .suspended else { return 0 }
            return try revive(request.event, in: .tenant(tenant.database), of: id)
        case .rejected(let place?): return try judgeAnew(place) ? 1 : 0
        case .rejected(nil): return try judgeAllAnew()
        case .everywhere:
            var count = try revive(request.event, in: .main, of: nil)
            if request.event == nil { count += try judgeAllAnew() }
            var last: TenantID?
            while true {
                let batch = try data.inMain(.read) { [last] main throws(ErrorAnswer) in
                    try main.tenants.list(states: [.ready, .suspended], after: last, limit: 100)
                }
                for tenant in batch { count += try revive(request.event, in: .tenant(tenant.database), of: tenant.id) }
                guard let end = batch.last else { return count }
                last = end.id
            }
        }
    }

    private func judgeAllAnew() throws(ErrorAnswer) -> Int {
        var count = 0
        var last: MessagePlace?
        while true {
            let batch = try data.inMain(.read) { [last] main throws(ErrorAnswer) in
                try main.operations.rejected(after: last, limit: 500)
            }
            for message in batch where try judgeAnew(message.place) { count += 1 }
            guard let end = batch.last else { return count }
            last = end.place
        }
    }

    /// A message that was refused goes into the outbox where its event belongs, if it is an event by now: of a type
    /// that is known, of a tenant that is there.
    private func judgeAnew(_ place: MessagePlace) throws(ErrorAnswer) -> Bool {
        let found = try data.inMain(.read) { main throws(ErrorAnswer) in try main.operations.rejected(place) }
        guard let message = found, message.payload.count == message.payloadBytes,
            let event = try? EventEnvelope(parsing: message.payload).event, event.topic == place.topic
        else { return false }
        var home = EventPlace.main
        if !event.type.isOfMain {
            let tenant = try data.inMain(.read) { main throws(ErrorAnswer) in try main.tenants.find(event.tenantID) }
            guard let tenant, tenant.state == .ready || tenant.state == .suspended else { return false }
            home = .tenant(tenant.database)
        }
        let failures = EventFailures(attempts: 0, first: message.time, cause: message.cause)
        try data.at(home, .write) { home throws(ErrorAnswer) in
            try home.outbox.putBack(event, after: failures, retry: clock.now())
        }
        // A crash in between brings the event twice, with one effect.
        try data.inMain(.write) { main throws(ErrorAnswer) in try main.operations.forgetRejected(place) }
        relay.ring(home == .main ? .main : .tenant(event.tenantID))
        return true
    }

    private func revive(_ event: EventID?, in place: EventPlace, of tenant: TenantID?) throws(ErrorAnswer) -> Int {
        let count = try data.at(place, .write) { home throws(ErrorAnswer) in try home.deadLetters.revive(event) }
        if count > 0 { relay.ring(tenant.map { .tenant($0) } ?? .main) }
        return count
    }
}
