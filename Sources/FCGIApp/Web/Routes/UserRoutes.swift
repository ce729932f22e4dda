import Base
import Contract
package import Domain

/// `/api/users/me*`
package struct UserRoutes: Sendable {
    private let users: UserService
    private let auth: AuthService

    package init(users: UserService, auth: AuthService) {
        self.users = users
        self.auth = auth
    }

    package var routes: [Route] {
        [
            Route(
                .get, "/api/users/me",
                .user { context throws(ErrorAnswer) in
                    .success(context.user, message: "The present user.")
                }),
            Route(.put, "/api/users/me", .user(rename)),
            Route(.put, "/api/users/me/password", .user(changePassword)),
            Route(.get, "/api/users/me/tenants", .user(listTenants)),
        ]
    }

    @Sendable private func rename(_ context: UserContext) throws(ErrorAnswer) -> Response {
        var fields = try FieldReader(context.request)
        let firstName = fields.optionalText("first_name", PersonName.init(_:))
        let lastName = fields.optionalText("last_name", PersonName.init(_:))
        try fields.finish()
        let user = try users.rename(
            context.user, first: firstName, last: lastName, from: context.session.origin)
        return .success(user, message: "User updated.")
    }

    @Sendable private func changePassword(_ context: UserContext) throws(ErrorAnswer) -> Response {
        var fields = try FieldReader(context.request)
        let current = fields.text("current_password") { text throws(InvalidValue) in text }
        let new = fields.text("new_password", Password.init(_:))
        try fields.finish()
        guard let current, let new else { throw ErrorAnswer(.validationError) }
        try auth.changePassword(of: context.session, current: current, new: new)
        return .success(NoData(), message: "Password changed; all sessions have ended.")
    }

    @Sendable private func listTenants(_ context: UserContext) throws(ErrorAnswer) -> Response {
        var query = QueryReader(context.request)
        let page = query.page()
        try query.finish()
        let memberships = try users.memberships(of: context.user.id, includingSuspended: false, page: page)
        return .success(ListAnswer(name: "tenants", page: memberships), message: "The user's tenants.")
    }
}
