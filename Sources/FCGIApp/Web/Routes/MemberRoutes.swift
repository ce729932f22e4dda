import Base
import Contract
package import Domain

/// `/api/tenants/{id}/users*`
package struct MemberRoutes: Sendable {
    private let members: MemberService

    package init(members: MemberService) { self.members = members }

    package var routes: [Route] {
        [
            Route(.post, "/api/tenants/{tenant_id}/users", .member(.admin, add)),
            Route(.put, "/api/tenants/{tenant_id}/users/{user_id}", .member(.admin, setRole)),
            Route(.delete, "/api/tenants/{tenant_id}/users/{user_id}", .member(.admin, remove)),
        ]
    }

    @Sendable private func add(_ context: TenantContext) throws(ErrorAnswer) -> Response {
        var fields = try FieldReader(context.request)
        let namesOne = fields.contains("user_id") != fields.contains("email")
        let id = fields.optionalText("user_id", UserID.validated)
        let email = fields.optionalText("email", EmailAddress.init(_:))
        let role = fields.text("role", Role.init(validating:))
        if !namesOne { fields.report("user_id", "give either user_id or email") }
        try fields.finish()
        let candidate = id.map { MemberService.Candidate.id($0) } ?? email.map { .email($0) }
        guard let role, let candidate else { throw ErrorAnswer(.validationError) }
        let member = try members.add(candidate, role: role, to: context.access)
        return .success(member, status: 201, message: "Member added.")
    }

    @Sendable private func setRole(_ context: TenantContext) throws(ErrorAnswer) -> Response {
        let user: UserID = try context.parameters.identifier("user_id", or: .userNotFound)
        var fields = try FieldReader(context.request)
        let role = fields.text("role", Role.init(validating:))
        try fields.finish()
        guard let role else { throw ErrorAnswer(.validationError) }
        return .success(try members.setRole(role, of: user, in: context.access), message: "Role changed.")
    }

    @Sendable private func remove(_ context: TenantContext) throws(ErrorAnswer) -> Response {
        let user: UserID = try context.parameters.identifier("user_id", or: .userNotFound)
        try members.remove(user, from: context.access)
        return .success(NoData(), message: "Member removed.")
    }
}
