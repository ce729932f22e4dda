import Base
import Contract
package import Domain

/// `/api/tenants` and `/api/tenants/{id}`
package struct TenantRoutes: Sendable {
    private let tenants: TenantService
    private let members: MemberService
    private let users: UserService

    package init(tenants: TenantService, members: MemberService, users: UserService) {
        self.tenants = tenants
        self.members = members
        self.users = users
    }

    package var routes: [Route] {
        [
            Route(.get, "/api/tenants", .user(list)),
            Route(.post, "/api/tenants", .user(create)),
            Route(.get, "/api/tenants/{tenant_id}", .memberOfSuspended(.viewer, show)),
            Route(.put, "/api/tenants/{tenant_id}", .memberOfSuspended(.admin, update)),
            Route(.delete, "/api/tenants/{tenant_id}", .memberOfSuspended(.admin, delete)),
        ]
    }

    @Sendable private func list(_ context: UserContext) throws(ErrorAnswer) -> Response {
        var query = QueryReader(context.request)
        let page = query.page()
        try query.finish()
        let memberships = try users.memberships(of: context.user.id, includingSuspended: true, page: page)
        return .success(ListAnswer(name: "tenants", page: memberships), message: "The user's tenants.")
    }

    @Sendable private func create(_ context: UserContext) throws(ErrorAnswer) -> Response {
        var fields = try FieldReader(context.request)
        let name = fields.text("name", TenantName.init(_:))
        try fields.finish()
        guard let name else { throw ErrorAnswer(.validationError) }
        let tenant = try tenants.create(name: name, by: context.user.id, from: context.session.origin)
        return .success(tenant, status: 201, message: "Tenant created.")
    }

    @Sendable private func show(_ context: TenantContext) throws(ErrorAnswer) -> Response {
        var query = QueryReader(context.request)
        let page = query.page()
        try query.finish()
        let details = TenantDetails(
            tenant: context.access.tenant, role: context.access.role,
            members: try members.list(context.access, page: page))
        return .success(details, message: "The tenant and its members.")
    }

    @Sendable private func update(_ context: TenantContext) throws(ErrorAnswer) -> Response {
        var fields = try FieldReader(context.request)
        let name = fields.optionalText("name", TenantName.init(_:))
        let isActive = fields.optionalFlag("is_active")
        try fields.finish()
        let tenant = try tenants.update(context.access, name: name, isActive: isActive)
        return .success(tenant, message: "Tenant updated.")
    }

    @Sendable private func delete(_ context: TenantContext) throws(ErrorAnswer) -> Response {
        try tenants.delete(context.access)
        return .success(NoData(), message: "Tenant deleted.")
    }
}
