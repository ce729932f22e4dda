import CRedis
import Glibc

/// One connection to a Redis server. Belongs to one thread at a time; blocks at most two seconds a command.
final class RedisConnection {
    private let context: UnsafeMutablePointer<redisContext>

    init(_ address: RedisAddress) throws(RedisError) {
        let limit = timeval(tv_sec: 2, tv_usec: 0)
        let made =
            switch address.place {
            case .host(let name, let port): redisConnectWithTimeout(name, Int32(port), limit)
            case .socket(let path): redisConnectUnixWithTimeout(path, limit)
            }
        guard let made else { throw .unavailable("no memory") }
        context = made
        guard made.pointee.err == 0, redisSetTimeout(made, limit) == REDIS_OK else {
            throw .unavailable(Self.problem(made))
        }
        if let password = address.password {
            _ = try command(["AUTH"] + (address.user.map { [$0] } ?? []) + [password])
        }
        if address.database != 0 { _ = try command(["SELECT", String(address.database)]) }
    }

    deinit { redisFree(context) }

    /// Sends one command; the whole numbers of its answer, nested ones in order.
    func command(_ words: [String]) throws(RedisError) -> [Int64] {
        let copies = words.map { strdup($0) }
        defer { for copy in copies { free(copy) } }
        var pointers = copies.map { UnsafePointer<CChar>($0) }
        let lengths = words.map(\.utf8.count)
        guard let answer = redisCommandArgv(context, Int32(words.count), &pointers, lengths) else {
            throw .unavailable(Self.problem(context))
        }
        let reply = answer.assumingMemoryBound(to: redisReply.self)
        defer { freeReplyObject(answer) }
        if reply.pointee.type == REDIS_REPLY_ERROR {
            throw .refused(reply.pointee.str.map { String(cString: $0) } ?? "error")
        }
        return Self.numbers(reply)
    }

    private static func numbers(_ reply: UnsafeMutablePointer<redisReply>) -> [Int64] {
        switch reply.pointee.type {
        case REDIS_REPLY_INTEGER: return [reply.pointee.integer]
        case REDIS_REPLY_ARRAY:
            return (0..<reply.pointee.elements).flatMap { index in
                reply.pointee.element[index].map(numbers) ?? []
            }
        default: return []
        }
    }

    private static func problem(_ context: UnsafeMutablePointer<redisContext>) -> String {
        withUnsafeBytes(of: context.pointee.errstr) { bytes in
            String(decoding: bytes.prefix { $0 != 0 }, as: UTF8.self)
        }
    }
}
