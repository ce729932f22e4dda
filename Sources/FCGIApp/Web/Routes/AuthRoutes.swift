import Contract
package import Domain

/// `/api/auth/*`
package struct AuthRoutes: Sendable {
    private let auth: AuthService

    package init(auth: AuthService) { self.auth = auth }

    package var routes: [Route] {
        [
            Route(.post, "/api/auth/register", .open(register)),
            Route(.post, "/api/auth/login", .open(login)),
            Route(.post, "/api/auth/refresh", .refreshToken(refresh)),
            Route(.post, "/api/auth/logout", .anyToken(logout)),
        ]
    }

    @Sendable private func register(_ context: OpenContext) throws(ErrorAnswer) -> Response {
        var fields = try FieldReader(context.request)
        let firstName = fields.text("first_name", PersonName.init(_:))
        let lastName = fields.text("last_name", PersonName.init(_:))
        let email = fields.text("email", EmailAddress.init(_:))
        let password = fields.text("password", Password.init(_:))
        try fields.finish()
        guard let firstName, let lastName, let email, let password else { throw ErrorAnswer(.validationError) }
        let user = try auth.register(
            firstName: firstName, lastName: lastName, email: email, password: password, from: context.request.origin)
        return .success(user, status: 201, message: "User registered.")
    }

    @Sendable private func login(_ context: OpenContext) throws(ErrorAnswer) -> Response {
        var fields = try FieldReader(context.request)
        let email = fields.text("email", EmailAddress.init(_:))
        let password = fields.text("password") { text throws(InvalidValue) in text }
        try fields.finish()
        guard let email, let password else { throw ErrorAnswer(.validationError) }
        let login = try auth.login(email: email, password: password, from: context.request.origin)
        return .success(login, message: "Logged in.")
    }

    /// The refresh token comes in the Authorization header or as `refresh_token` in the body.
    @Sendable private func refresh(_ context: OpenContext) throws(ErrorAnswer) -> Response {
        let token: String
        if context.request.headers["authorization"] != nil {
            token = try context.request.bearerToken()
        } else {
            guard context.request.contentLength ?? 1 > 0 else { throw ErrorAnswer(.tokenMissing) }
            var fields = try FieldReader(context.request)
            let field = fields.text("refresh_token") { text throws(InvalidValue) in text }
            try fields.finish()
            guard let field else { throw ErrorAnswer(.tokenMissing) }
            token = field
        }
        return .success(try auth.refresh(token, from: context.request.origin), message: "Token refreshed.")
    }

    @Sendable private func logout(_ context: UserContext) throws(ErrorAnswer) -> Response {
        try auth.logout(context.session)
        return .success(NoData(), message: "Logged out.")
    }
}
