package import Base
package import Contract
package import Domain
package import Redis

/// What was granted of each budget, in Redis: one key a budget and window, gone an hour after the window's end.
///
/// Lets everybody through while Redis is away: the product works without it, and limits guard against too much, not
/// against access.
package struct RedisRateStore: RateStore {
    private let client: RedisClient
    private let log: Log

    package init(client: RedisClient, log: Log) {
        self.client = client
        self.log = log
    }

    /// KEYS: the budget. ARGV: limit, minimum, divisor, seconds to keep. Answers granted and left.
    private static let lease = """
        local used = tonumber(redis.call('GET', KEYS[1]) or '0')
        local rest = tonumber(ARGV[1]) - used
        local granted = math.max(tonumber(ARGV[2]), math.floor(rest / tonumber(ARGV[3])))
        if granted > rest then return {0, math.max(rest, 0)} end
        redis.call('INCRBY', KEYS[1], string.format('%.0f', granted))
        redis.call('EXPIRE', KEYS[1], ARGV[4])
        return {granted, rest - granted}
        """
    private static let giveBack = """
        if redis.call('EXISTS', KEYS[1]) == 1 then redis.call('DECRBY', KEYS[1], ARGV[1]) end
        return {}
        """

    package func lease(
        _ subject: RateSubject, window: Timestamp, minimum: Int64, divisor: Int64, limit: Int64
    ) throws(ErrorAnswer) -> RateLease {
        do throws(RedisError) {
            let numbers = try client.command(
                "EVAL", Self.lease, "1", Self.key(subject, window), String(limit), String(minimum), String(divisor),
                "7200")
            guard numbers.count == 2 else { throw .refused("an answer of another form") }
            return RateLease(granted: numbers[0], left: numbers[1])
        } catch {
            log.warning("limits are not counted: Redis is away", ["error.cause": .text("\(error)")])
            return RateLease(granted: minimum, left: limit - minimum)
        }
    }

    package func giveBack(_ amount: Int64, of subject: RateSubject, window: Timestamp) throws(ErrorAnswer) {
        do throws(RedisError) {
            _ = try client.command("EVAL", Self.giveBack, "1", Self.key(subject, window), String(amount))
        } catch {
            log.warning("limits are not counted: Redis is away", ["error.cause": .text("\(error)")])
        }
    }

    private static func key(_ subject: RateSubject, _ window: Timestamp) -> String {
        "saas:rate:\(subject):\(window.seconds)"
    }
}
