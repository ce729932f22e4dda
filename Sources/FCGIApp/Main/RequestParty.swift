import FastCGI

/// Whose request it is, by its address alone: a tenant's, or nobody's in particular.
enum RequestParty {
    /// The tenant's id as it stands in `/api/tenants/{id}…` and `/api/files/{id}…`; empty for other addresses.
    static func of(_ parameters: Parameters) -> String {
        let path = parameters["REQUEST_URI"] ?? ""
        for prefix in ["/api/tenants/", "/api/files/"] where path.hasPrefix(prefix) {
            let id = path.dropFirst(prefix.count).prefix { $0 != "/" && $0 != "?" }
            // What is no id is no tenant's: made-up words must not become parties.
            guard id.utf8.count == 36 else { return "" }
            return id.lowercased()
        }
        return ""
    }
}
