import FastCGI

/// Whose request it is, by its address alone: a tenant's, or nobody's in particular.
enum RequestParty {
    private static let prefixes = ["/api/tenants/", "/api/files/"].map { Array($0.utf8) }

    /// The tenant's id as it stands in `/api/tenants/{id}…` and `/api/files/{id}…`; empty for other addresses.
    static func of(_ parameters: Parameters) -> String {
        guard let path = parameters.rawValue(of: "REQUEST_URI") else { return "" }
        for prefix in prefixes where path.starts(with: prefix) {
            let id = path[prefix.count...].prefix { $0 != UInt8(ascii: "/") && $0 != UInt8(ascii: "?") }
            // What is no id is no tenant's: made-up words must not become parties.
            guard id.count == 36 else { return "" }
            return String(decoding: id, as: UTF8.self).lowercased()
        }
        return ""
    }
}
