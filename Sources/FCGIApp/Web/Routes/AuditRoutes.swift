import Base
import Contract
package import Domain

/// `/api/tenants/{id}/audit`
package struct AuditRoutes: Sendable {
    private let audit: AuditService

    package init(audit: AuditService) { self.audit = audit }

    package var routes: [Route] {
        [Route(.get, "/api/tenants/{tenant_id}/audit", .memberOfSuspended(.admin, list))]
    }

    @Sendable private func list(_ context: TenantContext) throws(ErrorAnswer) -> Response {
        var query = QueryReader(context.request)
        var wanted = AuditQuery()
        wanted.page = query.page()
        wanted.actor = query.value("actor", UserID.validated)
        wanted.action = query.value("action", AuditAction.init(validating:))
        wanted.from = query.value("from", Timestamp.validated)
        wanted.to = query.value("to", Timestamp.validatedEnd)
        wanted.cursor = query.value("cursor", AuditCursor.init(validating:))
        if wanted.cursor == nil, wanted.page.offset >= Int64(PageRequest.deepestRow) {
            query.report("page", "reaches deeper than \(PageRequest.deepestRow) rows; follow next_cursor instead")
        }
        try query.finish()
        let page = try audit.list(wanted, in: context.access)
        return .success(ListAnswer(name: "entries", page: page), message: "The tenant's audit trail.")
    }
}
