import Testing

@testable import Postgres

@Suite struct StatementCacheTests {
    private let start = ContinuousClock.now
    private let query: Query = "SELECT a"
    private let other: Query = "SELECT b"

    private func at(_ milliseconds: Int) -> ContinuousClock.Instant { start + .milliseconds(milliseconds) }

    @Test func aStatementRunsOnceBeforeItIsPrepared() {
        var cache = StatementCache()
        let firstUses = [
            cache.isFirstUse(of: query.shape, lifetime: nil, at: start),
            cache.isFirstUse(of: query.shape, lifetime: nil, at: at(1_000_000)),
            cache.isFirstUse(of: other.shape, lifetime: nil, at: start),
        ]
        #expect(firstUses == [true, false, true])
    }

    @Test func aPreparedStatementIsKept() {
        var cache = StatementCache()
        cache.insert(query.shape, name: cache.newName(), at: start)
        let names = [query, other].map { cache.name(of: $0.shape, lifetime: nil, at: at(1_000_000)) }
        #expect(names == ["s1", nil])
    }

    @Test func theOneUsedLeastRecentlyGoesFirst() {
        var cache = StatementCache(capacity: 2)
        let third: Query = "SELECT c"
        cache.insert(query.shape, name: "s1", at: start)
        cache.insert(other.shape, name: "s2", at: start)
        _ = cache.name(of: query.shape, lifetime: nil, at: start)
        cache.insert(third.shape, name: "s3", at: start)
        let names = [query, other, third].map { cache.name(of: $0.shape, lifetime: nil, at: start) }
        #expect(names == ["s1", nil, "s3"])
        #expect(cache.leftOver == ["s2"])
    }

    @Test func afterItsLifetimeItIsLeftOver() {
        var cache = StatementCache()
        cache.insert(query.shape, name: "s1", at: start)
        let names = [999, 1000, 1001].map { cache.name(of: query.shape, lifetime: .seconds(1), at: at($0)) }
        #expect(names == ["s1", nil, nil])
        #expect(cache.leftOver == ["s1"])
    }

    @Test func onlyAStatementThatComesAgainWithinItsLifetimeIsPrepared() {
        var cache = StatementCache()
        let firstUses = [0, 1000, 1999].map {
            cache.isFirstUse(of: query.shape, lifetime: .seconds(1), at: at($0))
        }
        #expect(firstUses == [true, true, false])
    }
}
