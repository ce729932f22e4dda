package import Base
import Contract
package import Domain

/// Keeps databases ready for new tenants.
package struct WarmPoolKeeper: Sendable {
    private let pool: any WarmPool
    private let size: Int
    private let log: Log

    /// - Parameter size: how many databases wait (TENANT_WARM_POOL); 0 for none, leftovers are removed all the same.
    package init(pool: any WarmPool, size: Int, log: Log) {
        self.pool = pool
        self.size = size
        self.log = log
    }

    /// One round; how long to rest before the next.
    package func tend() -> Duration {
        do throws(ErrorAnswer) {
            let round = try pool.tend(size: size)
            if round != WarmPoolRound() {
                log.info(
                    "warm pool tended",
                    ["pool.made": .integer(Int64(round.made)), "pool.removed": .integer(Int64(round.removed))])
            }
            // Where some were taken, more are wanted: in a rush sign-ups wait for each one.
            return round.made > 0 ? .zero : .seconds(1)
        } catch {
            log.warning(
                "warm pool cannot be kept",
                ["error.code": .text(error.code.rawValue), "error.cause": .text(error.cause ?? "")])
            return .seconds(10)
        }
    }
}
