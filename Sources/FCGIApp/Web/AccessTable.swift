import Domain

/// Who may ask for what: the one list of all public routes. The program does not start when its router says otherwise,
/// and swagger.yaml repeats it as `x-access`.
package enum AccessTable {
    /// One route with its rule.
    package struct Entry: Hashable, Sendable {
        package let method: Request.Method
        package let pattern: String
        package let rule: AccessRule

        init(_ method: Request.Method, _ pattern: String, _ rule: AccessRule) {
            self.method = method
            self.pattern = pattern
            self.rule = rule
        }
    }

    package static let entries: [Entry] = [
        Entry(.get, "/", .anyone),
        Entry(.get, "/health", .anyone),
        Entry(.get, "/health/live", .anyone),
        Entry(.get, "/health/ready", .anyone),
        Entry(.get, "/health/startup", .anyone),
        Entry(.get, "/api/auth/health", .anyone),
        Entry(.get, "/api/users/health", .anyone),
        Entry(.get, "/api/tenants/health", .anyone),
        Entry(.get, "/api/tenants/{tenant_id}/documents/health", .anyone),
        Entry(.get, "/api/files/health", .anyone),
        Entry(.get, "/api/demo/kafka/health", .anyone),
        Entry(.post, "/api/auth/register", .anyone),
        Entry(.post, "/api/auth/login", .anyone),
        Entry(.post, "/api/auth/refresh", .refreshToken),
        Entry(.post, "/api/auth/logout", .anyToken),
        Entry(.get, "/api/users/me", .user),
        Entry(.put, "/api/users/me", .user),
        Entry(.put, "/api/users/me/password", .user),
        Entry(.get, "/api/users/me/tenants", .user),
        Entry(.get, "/api/tenants", .user),
        Entry(.post, "/api/tenants", .user),
        Entry(.get, "/api/tenants/{tenant_id}", .memberOfSuspended(.viewer)),
        Entry(.put, "/api/tenants/{tenant_id}", .memberOfSuspended(.admin)),
        Entry(.delete, "/api/tenants/{tenant_id}", .memberOfSuspended(.admin)),
        Entry(.post, "/api/tenants/{tenant_id}/users", .member(.admin)),
        Entry(.put, "/api/tenants/{tenant_id}/users/{user_id}", .member(.admin)),
        Entry(.delete, "/api/tenants/{tenant_id}/users/{user_id}", .member(.admin)),
        Entry(.get, "/api/tenants/{tenant_id}/audit", .memberOfSuspended(.admin)),
        Entry(.get, "/api/tenants/{tenant_id}/documents", .member(.viewer)),
        Entry(.post, "/api/tenants/{tenant_id}/documents", .member(.user)),
        Entry(.get, "/api/tenants/{tenant_id}/documents/{document_id}", .member(.viewer)),
        Entry(.put, "/api/tenants/{tenant_id}/documents/{document_id}", .member(.user)),
        Entry(.delete, "/api/tenants/{tenant_id}/documents/{document_id}", .member(.user)),
        Entry(.get, "/api/tenants/{tenant_id}/documents/{document_id}/download", .member(.viewer)),
        Entry(.get, "/api/tenants/{tenant_id}/files", .member(.viewer)),
        Entry(.get, "/api/tenants/{tenant_id}/files/{file_id}", .member(.viewer)),
        Entry(.delete, "/api/tenants/{tenant_id}/files/orphaned", .member(.admin)),
        Entry(.delete, "/api/tenants/{tenant_id}/files/{file_id}", .member(.admin)),
        Entry(.get, "/api/files/{tenant_id}/files", .member(.viewer)),
        Entry(.get, "/api/files/{tenant_id}/files/{file_id}", .member(.viewer)),
        Entry(.delete, "/api/files/{tenant_id}/files/orphaned", .member(.admin)),
        Entry(.delete, "/api/files/{tenant_id}/files/{file_id}", .member(.admin)),
        Entry(.post, "/api/demo/kafka/produce", .user),
        Entry(.get, "/api/demo/kafka/consume", .user),
    ]

    /// What a router and this table do not agree about, a line each: routes without an entry or with another rule, and
    /// entries without a route. The demo routes may be missing.
    package static func disagreements(with routes: [Route]) -> [String] {
        let found = Set(routes.map { Entry($0.method, $0.pattern, $0.access) })
        let listed = Set(entries)
        let unlisted = found.subtracting(listed).map { "\($0.method.rawValue) \($0.pattern) is open to \($0.rule)" }
        let missing = listed.subtracting(found).filter { !$0.pattern.hasPrefix("/api/demo/kafka/") }
            .map { "\($0.method.rawValue) \($0.pattern) should be open to \($0.rule)" }
        return (unlisted + missing).sorted()
    }
}
