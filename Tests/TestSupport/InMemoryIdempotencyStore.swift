package import Base
package import Contract
package import Domain

/// Keys and answers in memory. The effect is not part of it: the fake unit of work holds no transaction open.
package final class InMemoryIdempotencyStore: IdempotencyStore {
    private struct Row {
        var claim: IdempotencyClaim
        var deadline: Timestamp
        var expires: Timestamp
        var answer: StoredAnswer?
    }

    private let rows = Condition<[String: Row]>([:])

    package init() {}

    package func begin(
        _ claim: IdempotencyClaim, at now: Timestamp, deadline: Timestamp, expires: Timestamp
    ) throws(ErrorAnswer) -> IdempotencyState {
        rows.withLock { rows in
            if let row = rows[claim.scope], row.expires > now {
                guard row.claim.fingerprint == claim.fingerprint else { return .otherRequest }
                if let answer = row.answer { return .done(answer) }
                if row.deadline > now { return .running }
            }
            rows[claim.scope] = Row(claim: claim, deadline: deadline, expires: expires)
            return .begun
        }
    }

    package func finish(
        _ claim: IdempotencyClaim, _ answer: StoredAnswer, with effect: (any HeldTransaction)?
    ) throws(ErrorAnswer) {
        let isMine = rows.withLock { rows in
            guard rows[claim.scope]?.claim.owner == claim.owner else { return false }
            rows[claim.scope]?.answer = answer
            return true
        }
        guard isMine else { throw ErrorAnswer(.conflict) }
    }

    package func release(_ claim: IdempotencyClaim) throws(ErrorAnswer) {
        rows.withLock { rows in
            if let row = rows[claim.scope], row.claim.owner == claim.owner, row.answer == nil {
                rows[claim.scope] = nil
            }
        }
    }

    package func prune(at now: Timestamp) throws(ErrorAnswer) -> Int {
        rows.withLock { rows in
            let before = rows.count
            rows = rows.filter { $0.value.expires > now }
            return before - rows.count
        }
    }
}
