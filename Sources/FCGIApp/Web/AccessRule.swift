package import Domain

/// Who may ask for a route.
package enum AccessRule: Hashable, Sendable {
    /// Everybody, without a token.
    case anyone
    /// Whoever has a valid refresh token, in the header or in the body.
    case refreshToken
    /// Whoever has a valid access or refresh token.
    case anyToken
    /// Whoever has a valid access token.
    case user
    /// A member of the tenant in the path with at least this role, while the tenant is active.
    case member(Role)
    /// The same, and the tenant's admins while it is suspended too.
    case memberOfSuspended(Role)
}

extension AccessRule: CustomStringConvertible {
    /// As `x-access` in swagger.yaml says it.
    package var description: String {
        switch self {
        case .anyone: "anyone"
        case .refreshToken: "refresh-token"
        case .anyToken: "any-token"
        case .user: "user"
        case .member(let role): "member:\(role.rawValue)"
        case .memberOfSuspended(let role): "member:\(role.rawValue)+suspended"
        }
    }
}
