import Base

/// Where a Redis server is: `redis://[[user]:password@]host[:port][/database]` or `unix://[[user]:password@]/path[?db=n]`.
package struct RedisAddress: Equatable, Sendable {
    package enum Place: Equatable, Sendable {
        case host(String, port: UInt16)
        case socket(path: String)
    }

    package let place: Place
    package let user: String?
    package let password: String?
    package let database: Int

    /// Nil for another scheme (TLS is not offered: use a socket or a tunnel), or parts that do not decode.
    package init?(_ url: String) {
        guard let scheme = url.firstRange(of: "://") else { return nil }
        var rest = url[scheme.upperBound...]
        var user: String?
        var password: String?
        if let at = rest.lastIndex(of: "@") {
            let parts = rest[..<at].split(separator: ":", maxSplits: 1, omittingEmptySubsequences: false)
            guard parts.count == 2, let name = PercentEncoding.decode(parts[0]),
                let secret = PercentEncoding.decode(parts[1])
            else { return nil }
            user = name.isEmpty ? nil : name
            password = secret
            rest = rest[rest.index(after: at)...]
        }
        self.user = user
        self.password = password
        switch url[..<scheme.lowerBound] {
        case "redis":
            let halves = rest.split(separator: "/", maxSplits: 1, omittingEmptySubsequences: false)
            let host = halves[0].split(separator: ":", maxSplits: 1, omittingEmptySubsequences: false)
            guard let name = host.first, !name.isEmpty, let port = host.count == 2 ? UInt16(host[1]) : 6379 else {
                return nil
            }
            place = .host(String(name), port: port)
            guard let number = halves.count == 2 && !halves[1].isEmpty ? Int(halves[1]) : 0, number >= 0 else {
                return nil
            }
            database = number
        case "unix":
            let halves = rest.split(separator: "?", maxSplits: 1, omittingEmptySubsequences: false)
            guard halves[0].hasPrefix("/"), halves[0].utf8.count <= 107 else { return nil }
            place = .socket(path: String(halves[0]))
            guard halves.count == 1 || halves[1].hasPrefix("db="),
                let number = halves.count == 1 ? 0 : Int(halves[1].dropFirst(3)), number >= 0
            else { return nil }
            database = number
        default: return nil
        }
    }
}
