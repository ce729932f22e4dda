package import Base
package import Contract
package import Domain
package import Redis

/// What was granted of each budget, in Redis: one key a budget and window, gone an hour after the window's end.
///
/// Throws `.serviceUnavailable` while Redis is away; `FallbackRateStore` knows where to go then.
package struct RedisRateStore: RateStore {
    private let client: RedisClient

    package init(client: RedisClient) { self.client = client }

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
    /// KEYS: the budget, and the receipt when there is one. ARGV: how much, seconds to keep the receipt, which outlives
    /// the budget.
    private static let giveBack = """
        if KEYS[2] and not redis.call('SET', KEYS[2], '1', 'NX', 'EX', ARGV[2]) then return {} end
        local used = tonumber(redis.call('GET', KEYS[1]) or '0')
        if used > 0 then
            redis.call('DECRBY', KEYS[1], string.format('%.0f', math.min(used, tonumber(ARGV[1]))))
        end
        return {}
        """

    package func lease(
        _ subject: RateSubject, window: Timestamp, minimum: Int64, divisor: Int64, limit: Int64
    ) throws(ErrorAnswer) -> RateLease {
        let numbers = try run([
            Self.lease, "1", Self.key(subject, window), String(limit), String(minimum), String(divisor), "7200",
        ])
        guard numbers.count == 2 else {
            throw ErrorAnswer(.serviceUnavailable, cause: "Redis gave an answer of another form")
        }
        return RateLease(granted: numbers[0], left: numbers[1])
    }

    package func giveBack(
        _ amount: Int64, of subject: RateSubject, window: Timestamp, receipt: UploadID?
    ) throws(ErrorAnswer) {
        var keys = [Self.key(subject, window)]
        if let receipt { keys.append("saas:rate-receipt:\(receipt)") }
        _ = try run([Self.giveBack, String(keys.count)] + keys + [String(amount), "14400"])
    }

    private func run(_ script: [String]) throws(ErrorAnswer) -> [Int64] {
        do {
            return try client.command(["EVAL"] + script)
        } catch {
            throw ErrorAnswer(.serviceUnavailable, cause: "Redis: \(error)")
        }
    }

    private static func key(_ subject: RateSubject, _ window: Timestamp) -> String {
        "saas:rate:\(subject):\(window.seconds)"
    }
}
