import Postgres
import Testing

@Suite struct PoolStateTests {
    /// A state with a clock in whole seconds and requests that are numbered as they come.
    private struct Pool {
        var state: PoolState
        let start = ContinuousClock.now
        var requests = 0

        init(budget: Int, perDatabase: Int = 10, idleLimit: Int = 60) {
            state = PoolState(budget: budget, perDatabase: perDatabase, idleLimit: .seconds(idleLimit))
        }

        mutating func acquire(_ database: String, at second: Int = 0, wait: Int = 5) -> [PoolState.Action] {
            requests += 1
            return send(
                .acquire(requests, database: database, deadline: start + .seconds(second + wait)), at: second)
        }

        mutating func send(_ event: PoolState.Event, at second: Int = 0) -> [PoolState.Action] {
            state.handle(event, at: start + .seconds(second))
        }

        func holds(open: Int, idle: Int, inUse: Int, waiting: Int) -> Bool {
            let now = state.statistics
            return (now.open, now.idle, now.inUse, now.waiting) == (open, idle, inUse, waiting)
        }
    }

    @Test func theFirstRequestOpensAndItsConnectionIsUsedAgain() {
        var pool = Pool(budget: 2)
        #expect(pool.acquire("a") == [.open(1, 1, closing: nil)])
        #expect(pool.send(.released(1)) == [])
        #expect(pool.holds(open: 1, idle: 1, inUse: 0, waiting: 0))
        #expect(pool.acquire("a") == [.grant(2, 1)])
        #expect(pool.holds(open: 1, idle: 0, inUse: 1, waiting: 0))
    }

    @Test func theConnectionUsedLastIsUsedFirst() {
        var pool = Pool(budget: 3)
        _ = pool.acquire("a") + pool.acquire("a")
        _ = pool.send(.released(1), at: 1) + pool.send(.released(2), at: 2)
        #expect(pool.acquire("a", at: 3) == [.grant(3, 2)])
    }

    @Test func aFullBudgetEvictsTheConnectionIdleLongestOfAnotherDatabase() {
        var pool = Pool(budget: 3)
        _ = pool.acquire("a") + pool.acquire("b") + pool.acquire("c")
        _ = pool.send(.released(2), at: 1) + pool.send(.released(1), at: 2) + pool.send(.released(3), at: 3)
        #expect(pool.acquire("d", at: 4) == [.open(4, 4, closing: 2)])
        #expect(pool.holds(open: 3, idle: 2, inUse: 1, waiting: 0))
        #expect(pool.state.statistics.evictions == 1)
    }

    @Test func nothingIsEvictedBelowTheBudget() {
        var pool = Pool(budget: 2)
        _ = pool.acquire("a")
        _ = pool.send(.released(1))
        #expect(pool.acquire("b") == [.open(2, 2, closing: nil)])
    }

    @Test func aDatabaseKeepsToItsCapWhileTheBudgetHasRoom() {
        var pool = Pool(budget: 5, perDatabase: 2)
        _ = pool.acquire("a") + pool.acquire("a")
        #expect(pool.acquire("a") == [])
        #expect(pool.acquire("b") == [.open(4, 3, closing: nil)])
        #expect(pool.send(.released(2)) == [.grant(3, 2)])
    }

    @Test func waitingRequestsOfADatabaseAreServedInOrder() {
        var pool = Pool(budget: 1)
        _ = pool.acquire("a")
        #expect(pool.acquire("a") + pool.acquire("a") == [])
        #expect(pool.holds(open: 1, idle: 0, inUse: 1, waiting: 2))
        #expect(pool.send(.released(1)) == [.grant(2, 1)])
        #expect(pool.send(.released(1)) == [.grant(3, 1)])
    }

    @Test func aBusyDatabaseGivesUpAConnectionToOneThatHasNone() {
        var pool = Pool(budget: 3)
        for _ in 1...3 { _ = pool.acquire("busy") }
        for _ in 1...4 { _ = pool.acquire("busy") }
        #expect(pool.acquire("quiet") == [])
        // Request 8 of `quiet` came last, yet its database holds nothing.
        #expect(pool.send(.released(1)) == [.open(8, 4, closing: 1)])
        #expect(pool.send(.released(2)) == [.grant(4, 2)])
    }

    @Test func databasesWithEqualSharesKeepTheirConnections() {
        var pool = Pool(budget: 4)
        for _ in 1...2 { _ = pool.acquire("a") + pool.acquire("b") }
        _ = pool.acquire("b") + pool.acquire("a")
        // b has waited longer, but a has fewer in use once its own has come back: no reconnecting.
        #expect(pool.send(.released(1)) == [.grant(6, 1)])
        #expect(pool.send(.released(2)) == [.grant(5, 2)])
    }

    @Test func moreDatabasesThanTheBudgetTakeTurns() {
        var pool = Pool(budget: 1)
        _ = pool.acquire("a")
        _ = pool.acquire("a") + pool.acquire("b") + pool.acquire("c") + pool.acquire("a")
        var served: [PoolState.RequestID] = []
        var held = 1
        for _ in 1...4 {
            switch pool.send(.released(held)).first {
            case .grant(let request, let id), .open(let request, let id, _):
                served.append(request)
                held = id
            default: break
            }
        }
        #expect(served == [2, 3, 4, 5])
    }

    @Test func aBrokenConnectionMakesRoomForAWaitingRequest() {
        var pool = Pool(budget: 1)
        _ = pool.acquire("a") + pool.acquire("a")
        #expect(pool.send(.broken(1)) == [.open(2, 2, closing: nil)])
        #expect(pool.holds(open: 1, idle: 0, inUse: 1, waiting: 0))
    }

    @Test func aFailedConnectionMakesRoomForAWaitingRequest() {
        var pool = Pool(budget: 1)
        _ = pool.acquire("a") + pool.acquire("b")
        #expect(pool.send(.connectFailed(1)) == [.open(2, 2, closing: nil)])
        #expect(pool.send(.connectFailed(2)) == [])
        #expect(pool.holds(open: 0, idle: 0, inUse: 0, waiting: 0))
    }

    @Test func requestsFailAtTheirDeadlineAndNotBefore() {
        var pool = Pool(budget: 1)
        _ = pool.acquire("a")
        _ = pool.acquire("a", wait: 5) + pool.acquire("b", wait: 8)
        #expect(pool.send(.tick, at: 4) == [])
        #expect(pool.send(.tick, at: 5) == [.fail(2, .timeout)])
        #expect(pool.holds(open: 1, idle: 0, inUse: 1, waiting: 1))
        #expect(pool.state.statistics.timeouts == 1)
        #expect(pool.send(.released(1), at: 6) == [.open(3, 2, closing: 1)])
    }

    @Test func idleConnectionsAreClosedAfterTheLimit() {
        var pool = Pool(budget: 2, idleLimit: 60)
        _ = pool.acquire("a") + pool.acquire("a")
        _ = pool.send(.released(1), at: 0) + pool.send(.released(2), at: 30)
        #expect(pool.send(.tick, at: 59) == [])
        #expect(pool.send(.tick, at: 60) == [.close(1)])
        #expect(pool.holds(open: 1, idle: 1, inUse: 0, waiting: 0))
    }

    @Test func closingTheIdleOnesOfADatabaseLeavesTheRest() {
        var pool = Pool(budget: 3)
        _ = pool.acquire("a") + pool.acquire("a") + pool.acquire("b")
        _ = pool.send(.released(1)) + pool.send(.released(3))
        #expect(pool.send(.closeIdle(database: "a")) == [.close(1)])
        #expect(pool.send(.closeIdle(database: "none")) == [])
        #expect(pool.holds(open: 2, idle: 1, inUse: 1, waiting: 0))
    }

    @Test func aClosedPoolRefusesAndClosesWhatComesBack() {
        var pool = Pool(budget: 2, perDatabase: 1)
        _ = pool.acquire("a") + pool.acquire("b")
        _ = pool.acquire("a")
        _ = pool.send(.released(2))
        #expect(Set(pool.send(.close).map { "\($0)" }) == ["fail(3, Postgres.PoolState.Failure.closed)", "close(2)"])
        #expect(pool.acquire("a") == [.fail(4, .closed)])
        #expect(pool.send(.released(1)) == [.close(1)])
        #expect(pool.holds(open: 0, idle: 0, inUse: 0, waiting: 0))
    }

    /// Random events against the bounds that must always hold.
    @Test(arguments: 1...20) func theBoundsHoldInAnyOrderOfEvents(seed: Int) {
        var random = SplitMix(state: UInt64(seed))
        let budget = Int.random(in: 1...6, using: &random)
        let cap = Int.random(in: 1...4, using: &random)
        var pool = Pool(budget: budget, perDatabase: cap, idleLimit: 20)
        var lent: [PoolState.ConnectionID: String] = [:]
        var databaseOfIdle: [PoolState.ConnectionID: String] = [:]
        var databaseOf: [PoolState.RequestID: String] = [:]
        var waiting: Set<PoolState.RequestID> = []
        for second in 0..<2000 {
            let actions: [PoolState.Action]
            switch Int.random(in: 0..<10, using: &random) {
            case 0..<5:
                let database = "\(Int.random(in: 0..<5, using: &random))"
                databaseOf[pool.requests + 1] = database
                waiting.insert(pool.requests + 1)
                actions = pool.acquire(database, at: second)
            case 5..<8:
                guard let back = lent.keys.sorted().randomElement(using: &random) else { continue }
                databaseOfIdle[back] = lent.removeValue(forKey: back)
                actions = pool.send(.released(back), at: second)
            case 8:
                guard let back = lent.keys.sorted().randomElement(using: &random) else { continue }
                lent[back] = nil
                actions = pool.send(Bool.random(using: &random) ? .broken(back) : .connectFailed(back), at: second)
            default:
                actions = pool.send(.tick, at: second)
            }
            for action in actions {
                switch action {
                case .grant(let request, let id):
                    #expect(waiting.remove(request) != nil)
                    #expect(databaseOfIdle[id] == databaseOf[request])
                    lent[id] = databaseOfIdle.removeValue(forKey: id)
                case .open(let request, let id, let closed):
                    #expect(waiting.remove(request) != nil)
                    if let closed { #expect(databaseOfIdle.removeValue(forKey: closed) != databaseOf[request]) }
                    lent[id] = databaseOf[request]
                case .close(let id): #expect(databaseOfIdle.removeValue(forKey: id) != nil)
                case .fail(let request, let failure):
                    #expect(failure == .timeout)
                    #expect(waiting.remove(request) != nil)
                }
            }
            #expect(
                pool.holds(
                    open: lent.count + databaseOfIdle.count, idle: databaseOfIdle.count, inUse: lent.count,
                    waiting: waiting.count))
            #expect(lent.count + databaseOfIdle.count <= budget)
            let perDatabase = Dictionary(grouping: Array(lent.values) + Array(databaseOfIdle.values), by: { $0 })
            #expect(perDatabase.values.allSatisfy { $0.count <= cap })
            // Nobody waits while something could be had.
            for request in waiting {
                let database = databaseOf[request] ?? ""
                let isServable =
                    databaseOfIdle.values.contains(database)
                    || ((perDatabase[database]?.count ?? 0) < cap && (lent.count < budget))
                #expect(!isServable)
            }
        }
    }
}

/// A small generator with a seed, so that a failure can be repeated (Steele, Lea, Flood 2014).
private struct SplitMix: RandomNumberGenerator {
    var state: UInt64

    mutating func next() -> UInt64 {
        state &+= 0x9E37_79B9_7F4A_7C15
        var mixed = (state ^ (state >> 30)) &* 0xBF58_476D_1CE4_E5B9
        mixed = (mixed ^ (mixed >> 27)) &* 0x94D0_49BB_1331_11EB
        return mixed ^ (mixed >> 31)
    }
}
