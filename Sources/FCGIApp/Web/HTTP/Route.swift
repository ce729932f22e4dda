import Base
import Contract
import Domain

/// One entry of the routing table: what is asked, who may ask, who answers.
package struct Route: Sendable {
    package let method: Request.Method
    /// Segments; `{name}` stands for any one segment.
    package let pattern: String
    let handler: Handler
    /// Its place in the router's list, which the router sets.
    var number: Int?
    /// The named segments: their places in the path, and their names.
    let names: [(place: Int, name: String)]

    /// The answering function, by what it needs to know of the caller.
    enum Handler: Sendable {
        /// Anyone.
        case open(@Sendable (OpenContext) throws(ErrorAnswer) -> Response)
        /// Anyone with a valid refresh token, which the function itself takes from header or body and spends.
        case refreshToken(@Sendable (OpenContext) throws(ErrorAnswer) -> Response)
        /// Anyone with a valid access or refresh token.
        case anyToken(@Sendable (UserContext) throws(ErrorAnswer) -> Response)
        /// Anyone with a valid access token.
        case user(@Sendable (UserContext) throws(ErrorAnswer) -> Response)
        /// A member of the tenant in the path with at least this role.
        case member(Role, @Sendable (TenantContext) throws(ErrorAnswer) -> Response)
        /// Like `member`, in a suspended tenant too: to see it, resume it or delete it.
        case memberOfSuspended(Role, @Sendable (TenantContext) throws(ErrorAnswer) -> Response)
    }

    /// Who may ask, as the kind of handler decides it.
    package var access: AccessRule {
        switch handler {
        case .open: .anyone
        case .refreshToken: .refreshToken
        case .anyToken: .anyToken
        case .user: .user
        case .member(let role, _): .member(role)
        case .memberOfSuspended(let role, _): .memberOfSuspended(role)
        }
    }

    init(_ method: Request.Method, _ pattern: String, _ handler: Handler) {
        self.method = method
        self.pattern = pattern
        self.handler = handler
        names = pattern.split(separator: "/").enumerated().compactMap { place, segment in
            segment.hasPrefix("{") ? (place, String(segment.dropFirst().dropLast())) : nil
        }
    }
}

/// What a handler of an open route knows.
struct OpenContext {
    let request: Request
    let parameters: PathParameters
}

/// What a handler knows of a logged-in user.
struct UserContext {
    let request: Request
    let parameters: PathParameters
    let session: Session
    let user: User
}

/// What a handler knows of a tenant's member.
struct TenantContext {
    let request: Request
    let parameters: PathParameters
    let session: Session
    let access: TenantAccess
    /// What the upload that is to be authorised took of its user's byte budget.
    var charge: UploadCharge?
}

/// The named segments of a path.
package struct PathParameters: Sendable {
    let values: [(name: String, value: String)]

    /// The identifier in the segment of this name.
    ///
    /// - Throws: `missing` when the text is no identifier: nothing has such an id.
    func identifier<Tag>(
        _ name: StaticString, or missing: ErrorCode
    ) throws(ErrorAnswer) -> Identifier<Tag> {
        guard let text = values.first(where: { $0.name == "\(name)" })?.value, let id = Identifier<Tag>(text) else {
            throw ErrorAnswer(missing)
        }
        return id
    }
}
