/// The part of a client's address that stands for one party: an IPv4 address, or an IPv6 network of 64 bits, which one
/// customer has to himself.
package enum ClientNetwork {
    /// The name of the network; the text itself when it is no address.
    package static func name(of address: String) -> String {
        guard address.contains(":") else { return address }
        // An IPv4 address in IPv6 clothes (RFC 4291 section 2.5.5.2).
        if let last = address.split(separator: ":").last, last.contains(".") { return String(last) }
        let halves = address.split(separator: "::", maxSplits: 1, omittingEmptySubsequences: false)
        let head = halves[0].split(separator: ":").map(String.init)
        let tail = halves.count == 2 ? halves[1].split(separator: ":").map(String.init) : []
        let zeros = halves.count == 2 ? max(0, 8 - head.count - tail.count) : 0
        let groups = head + Array(repeating: "0", count: zeros) + tail
        guard groups.count == 8 else { return address }
        return groups.prefix(4).map { String($0.drop { $0 == "0" }.lowercased()) }.joined(separator: ":") + "::/64"
    }
}
