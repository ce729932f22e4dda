import Base
import Contract
import Domain
import EventCore
import Glibc
import Persistence
import Postgres
import TestSupport
import Testing

extension DatabaseSuite {
    /// Many sign-ups at once on an empty pool: each gets a tenant of its own or is told to come back, and nothing is half
    /// made.
    @Suite struct SignUpRushTests {
        private static let sizes = getenv("TEST_FULL") == nil ? [4, 16] : [4, 16, 32]

        private let fleet: FleetFixture

        init() throws { fleet = try FleetFixture() }

        /// Signs up this often at once; the tenants made and the refusals.
        private func rush(_ count: Int, by service: TenantService) -> (made: [Tenant], refused: [ErrorCode]) {
            let made = Condition<[Tenant]>([])
            let refused = Condition<[ErrorCode]>([])
            let ada = fleet.ada
            let threads = (0..<count).map { number in
                WorkerThread(name: "sign-up") {
                    do throws(ErrorAnswer) {
                        let tenant = try service.create(name: TenantName(stored: "Rush \(number)"), by: ada)
                        made.update { $0.append(tenant) }
                    } catch {
                        refused.update { $0.append(error.code) }
                    }
                }
            }
            for thread in threads { thread.join() }
            return (made.withLock { $0 }, refused.withLock { $0 })
        }

        /// Every tenant is there with its database, which is whole, and nothing else is.
        private func expectWhole(_ tenants: [Tenant], _ location: SourceLocation = #_sourceLocation) throws {
            #expect(try fleet.count("SELECT count(*) FROM tenants") == tenants.count, sourceLocation: location)
            #expect(
                try fleet.count(
                    """
                    SELECT count(*) FROM tenants t JOIN pg_database d ON d.datname = t.database_name AND d.datallowconn
                    JOIN user_tenant_associations a ON a.tenant_id = t.id JOIN tenant_schemas s ON s.tenant_id = t.id
                    WHERE t.state = 'ready'
                    """) == tenants.count, sourceLocation: location)
            #expect(Set(tenants.map(\.database.name)).count == tenants.count, sourceLocation: location)
            _ = try fleet.warmPool.tend(size: 2)
            let rows = try fleet.count("SELECT count(*) FROM spare_databases WHERE state = 'ready'")
            #expect(try fleet.spares().count == rows, sourceLocation: location)
        }

        @Test(arguments: sizes) func everyoneIsServedByTheWorker(_ count: Int) throws {
            let (app, service) = try fleet.application(connections: 6, patience: .seconds(120))
            defer { app.close() }
            let stopping = Condition(false)
            let keeper = WarmPoolKeeper(
                pool: fleet.warmPool, size: 2, log: Log(component: "tests", level: .error, sink: { _ in }))
            let worker = WorkerThread(name: "worker") {
                while !stopping.withLock({ $0 }) {
                    let rest = keeper.tend()
                    _ = stopping.wait(until: .now + rest) { $0 ? true : nil }
                }
            }
            let (made, refused) = rush(count, by: service)
            stopping.update { $0 = true }
            worker.join()
            #expect(made.count == count && refused.isEmpty)
            try expectWhole(made)
        }

        @Test(arguments: sizes) func everyoneMakesADatabaseWhoMay(_ count: Int) throws {
            let (made, refused) = rush(count, by: fleet.tenants)
            #expect(made.count + refused.count == count && refused.allSatisfy { $0 == .serviceUnavailable })
            #expect(!made.isEmpty)
            try expectWhole(made)
        }

        @Test func whoCannotBeServedInTimeIsToldToComeBack() throws {
            _ = try fleet.warmPool.tend(size: 2)
            let (app, service) = try fleet.application(connections: 6, patience: .milliseconds(200))
            defer { app.close() }
            // Nobody makes databases: two are there.
            let (made, refused) = rush(6, by: service)
            #expect(made.count == 2)
            #expect(refused == [ErrorCode](repeating: .serviceUnavailable, count: 4))
            try expectWhole(made)
        }
    }
}
