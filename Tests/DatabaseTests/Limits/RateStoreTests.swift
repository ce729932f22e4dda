import Base
import Contract
import Domain
import Limits
import Persistence
import Redis
import Synchronization
import TestSupport
import Testing

extension DatabaseSuite {
    /// The same contract of every place in which budgets are counted, each as two processes see it.
    @Suite struct RateStoreTests {
        enum Place: CaseIterable, Sendable {
            case postgres, redis
            /// PostgreSQL in place of a Redis that is away.
            case fallback
        }

        private static let window = Timestamp(seconds: 1_800_000_000)
        private let user = RateSubject.user(.random())
        private let log = Log(component: "tests", level: .error, sink: { _ in })

        private func stores(_ place: Place) throws -> [any RateStore] {
            switch place {
            case .postgres:
                let fixture = try SessionFixture()
                return fixture.pools.map { PostgresRateStore(pool: $0, mainDatabase: fixture.main) }
            case .redis:
                let address = try #require(RedisProcess.shared.address)
                return (0..<2).map { _ in RedisRateStore(client: RedisClient(address)) }
            case .fallback:
                let away = RedisRateStore(client: RedisClient(try Self.nowhere()))
                return try self.stores(.postgres).map { FallbackRateStore(first: away, second: $0, log: log) }
            }
        }

        private static func nowhere() throws -> RedisAddress {
            try #require(RedisAddress("unix:///tmp/there-is-no-redis.sock"))
        }

        private func lease(
            _ store: any RateStore, _ minimum: Int64 = 1, _ divisor: Int64 = 4, of subject: RateSubject? = nil,
            window: Timestamp = window
        ) throws -> RateLease {
            try store.lease(subject ?? user, window: window, minimum: minimum, divisor: divisor, limit: 100)
        }

        @Test(arguments: Place.allCases)
        func chunksShrinkWithTheRest(_ place: Place) throws {
            let stores = try stores(place)
            #expect(try lease(stores[0]) == RateLease(granted: 25, left: 75))
            #expect(try lease(stores[1]) == RateLease(granted: 18, left: 57))
            var granted: Int64 = 43
            for number in 0..<40 { granted += try lease(stores[number % 2]).granted }
            #expect(granted == 100)
            #expect(try lease(stores[0]) == RateLease(granted: 0, left: 0))
        }

        @Test(arguments: Place.allCases)
        func subjectsAndWindowsHaveTheirOwn(_ place: Place) throws {
            let stores = try stores(place)
            _ = try lease(stores[0], 100)
            #expect(try lease(stores[1]).granted == 0)
            #expect(try lease(stores[1], of: .tenant(.random())).granted == 25)
            #expect(try lease(stores[1], window: Self.window + .seconds(3600)).granted == 25)
        }

        @Test(arguments: Place.allCases)
        func whatIsGivenBackIsGrantedAgain(_ place: Place) throws {
            let stores = try stores(place)
            #expect(try lease(stores[0], 100, .max) == RateLease(granted: 100, left: 0))
            try stores[0].giveBack(30, of: user, window: Self.window, receipt: nil)
            #expect(try lease(stores[1], 30, .max) == RateLease(granted: 30, left: 0))
            try stores[0].giveBack(30, of: .user(.random()), window: Self.window, receipt: nil)
        }

        @Test(arguments: Place.allCases)
        func aReceiptGivesBackOnce(_ place: Place) throws {
            let stores = try stores(place)
            let (user, receipts) = (user, [UploadID.random(), .random()])
            #expect(try lease(stores[0], 100, .max).granted == 100)
            _ = SessionFixture.atOnce(8) { number in
                try? stores[number % 2].giveBack(20, of: user, window: Self.window, receipt: receipts[0])
            }
            #expect(try lease(stores[1], 21, .max) == RateLease(granted: 0, left: 20))
            try stores[1].giveBack(20, of: user, window: Self.window, receipt: receipts[1])
            #expect(try lease(stores[0], 40, .max) == RateLease(granted: 40, left: 0))
        }

        @Test(arguments: Place.allCases)
        func noBudgetGrowsBeyondItsLimit(_ place: Place) throws {
            let stores = try stores(place)
            #expect(try lease(stores[0], 10, .max).granted == 10)
            try stores[0].giveBack(50, of: user, window: Self.window, receipt: nil)
            #expect(try lease(stores[1], 101, .max) == RateLease(granted: 0, left: 100))
        }

        @Test(arguments: Place.allCases)
        func wholeAmountsAreGrantedOrNothing(_ place: Place) throws {
            let stores = try stores(place)
            #expect(try lease(stores[0], 101, .max) == RateLease(granted: 0, left: 100))
            #expect(try lease(stores[0], 60, .max) == RateLease(granted: 60, left: 40))
            #expect(try lease(stores[1], 41, .max) == RateLease(granted: 0, left: 40))
            #expect(try lease(stores[1], 40, .max) == RateLease(granted: 40, left: 0))
        }

        @Test(arguments: Place.allCases)
        func exactlyTheLimitIsAdmittedOverAllProcesses(_ place: Place) throws {
            let limiters = try stores(place).map {
                LeasingRateLimiter(store: $0, budgets: RateBudgets(requestsPerUser: 200), workers: 2)
            }
            let user = user
            let now = Self.window + .seconds(10)
            let admitted = SessionFixture.atOnce(16) { number in
                (0..<40).count { _ in
                    (try? limiters[number % 2].take(1, of: user, at: now))??.isAllowed == true
                }
            }
            // The last of a chunk may be held by one process while the other asks in vain.
            for limiter in limiters { limiter.giveBack(idleSince: nil) }
            var late = 0
            while try limiters[0].take(1, of: user, at: now)?.isAllowed == true { late += 1 }
            #expect(admitted.reduce(0, +) + late == 200)
            #expect(try limiters[1].take(1, of: user, at: now)?.isAllowed == false)
        }

        @Test(arguments: Place.allCases)
        func idleLeasesReturn(_ place: Place) throws {
            let limiters = try stores(place).map {
                LeasingRateLimiter(store: $0, budgets: RateBudgets(requestsPerUser: 200), workers: 1)
            }
            let now = Self.window
            #expect(try limiters[0].take(1, of: user, at: now)?.remaining == 199)
            limiters[0].giveBack(idleSince: now - .seconds(1))
            #expect(try limiters[1].take(1, of: user, at: now)?.remaining == 174)
            limiters[0].giveBack(idleSince: now)
            limiters[1].giveBack(idleSince: nil)
            #expect(try limiters[1].take(1, of: user, at: now)?.remaining == 197)
        }

        @Test func redisThatIsAwayIsTold() throws {
            let store = RedisRateStore(client: RedisClient(try Self.nowhere()))
            #expect(throws: ErrorAnswer.self) { try lease(store) }
            #expect(throws: ErrorAnswer.self) {
                try store.giveBack(1, of: user, window: Self.window, receipt: nil)
            }
        }

        @Test func thePlaceThatIsBackIsAskedAgainAfterAPause() throws {
            let first = Flickering(try stores(.redis)[0])
            let second = try stores(.postgres)[0]
            let time = Mutex(ContinuousClock.now)
            let store = FallbackRateStore(first: first, second: second, log: log, now: { time.withLock { $0 } })
            #expect(try lease(store, 10, .max) == RateLease(granted: 10, left: 90))
            first.isAway.withLock { $0 = true }
            #expect(try lease(store, 20, .max) == RateLease(granted: 20, left: 80))
            first.isAway.withLock { $0 = false }
            #expect(try lease(store, 30, .max) == RateLease(granted: 30, left: 50), "not yet")
            #expect(first.calls.withLock { $0 } == 2)
            time.withLock { $0 += .seconds(1) }
            #expect(try lease(store, 40, .max) == RateLease(granted: 40, left: 50))
            #expect(try lease(store, 50, .max) == RateLease(granted: 50, left: 0))
        }

        @Test(arguments: [
            ("redis://h", "h", 6379, 0), ("redis://:pw@h:7/3", "h", 7, 3), ("redis://u:p%40w@h/", "h", 6379, 0),
        ])
        func addressesAreRead(url: String, host: String, port: UInt16, database: Int) {
            let address = RedisAddress(url)
            #expect(address?.place == .host(host, port: port) && address?.database == database)
        }

        @Test(arguments: [
            "", "h:6379", "rediss://h", "redis://", "redis://h:x", "redis://h/x", "unix://relative", "redis://pw@h",
        ])
        func otherAddressesAreRefused(url: String) { #expect(RedisAddress(url) == nil) }
    }

    /// A place that is away at the test's word.
    private final class Flickering: RateStore {
        let isAway = Mutex(false)
        let calls = Mutex(0)
        private let store: any RateStore

        init(_ store: any RateStore) { self.store = store }

        func lease(
            _ subject: RateSubject, window: Timestamp, minimum: Int64, divisor: Int64, limit: Int64
        ) throws(ErrorAnswer) -> RateLease {
            try enter()
            return try store.lease(subject, window: window, minimum: minimum, divisor: divisor, limit: limit)
        }

        func giveBack(
            _ amount: Int64, of subject: RateSubject, window: Timestamp, receipt: UploadID?
        ) throws(ErrorAnswer) {
            try enter()
            try store.giveBack(amount, of: subject, window: window, receipt: receipt)
        }

        private func enter() throws(ErrorAnswer) {
            calls.withLock { $0 += 1 }
            if isAway.withLock({ $0 }) { throw ErrorAnswer(.serviceUnavailable) }
        }
    }
}
