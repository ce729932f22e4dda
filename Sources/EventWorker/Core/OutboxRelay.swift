package import Base
package import Contract
package import Domain

/// Finds outboxes that hold events and has them delivered: rung ones at once, all of them now and then.
package final class OutboxRelay: Sendable {
    private let data: any UnitOfWork
    private let board: any DoorbellBoard
    private let dispatcher: Dispatcher
    private let clock: any WallClock
    private let log: Log

    /// Longer than any transaction lives (statement and idle timeouts): a ring this old has no commit to come.
    private static let ringLifetime: Duration = .seconds(60)

    package init(
        data: any UnitOfWork, board: any DoorbellBoard, dispatcher: Dispatcher, clock: any WallClock, log: Log
    ) {
        self.data = data
        self.board = board
        self.dispatcher = dispatcher
        self.clock = clock
        self.log = log
    }

    /// Waits for a ring, at most `timeout`, and delivers what the rung tenants have. Failures are logged; one tenant's
    /// does not stop the others.
    package func run(timeout: Duration) {
        board.waitForRing(timeout: timeout)
        logging(tenant: nil) { () throws(ErrorAnswer) in try deliverMain() }
        logging(tenant: nil) { () throws(ErrorAnswer) in
            for ring in try board.rings() {
                logging(tenant: ring.tenant) { () throws(ErrorAnswer) in try answer(ring) }
            }
        }
    }

    private func answer(_ ring: Ring) throws(ErrorAnswer) {
        // Asked before the outbox is looked at: what commits after the look must find its ring.
        let isOver = clock.now() - ring.time > Self.ringLifetime
        if let tenant = try find(ring.tenant) {
            try deliver(tenant)
            guard isOver else { return }
        }
        try board.silence(ring)
    }

    /// Delivers everything that is due in one tenant.
    package func deliver(_ tenant: Tenant) throws(ErrorAnswer) {
        while try data.inTenant(
            tenant.database, .write,
            { repositories throws(ErrorAnswer) in try dispatcher.deliverNext(from: repositories.outbox) })
        {}
    }

    private func deliverMain() throws(ErrorAnswer) {
        while try data.inMain(
            .write, { repositories throws(ErrorAnswer) in try dispatcher.deliverNext(from: repositories.outbox) })
        {}
    }

    /// The tenant when it has a database to look into.
    private func find(_ id: TenantID) throws(ErrorAnswer) -> Tenant? {
        let found = try data.inMain(.read) { main throws(ErrorAnswer) in try main.tenants.find(id) }
        guard let tenant = found, tenant.state == .ready || tenant.state == .suspended else { return nil }
        return tenant
    }

    private func logging(tenant: TenantID?, _ body: () throws(ErrorAnswer) -> Void) {
        do {
            try body()
        } catch {
            log.warning(
                "relay failed",
                [
                    "tenant.id": .text(tenant?.description ?? ""), "error.code": .text(error.code.rawValue),
                    "error.cause": .text(error.cause ?? ""),
                ])
        }
    }
}
