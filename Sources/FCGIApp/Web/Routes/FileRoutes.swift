import Base
import Contract
package import Domain

/// `/api/tenants/{id}/files*`, and the same under the old prefix `/api/files/{id}/files*`.
package struct FileRoutes: Sendable {
    private let files: FileService

    package init(files: FileService) { self.files = files }

    package var routes: [Route] {
        ["/api/tenants/{tenant_id}/files", "/api/files/{tenant_id}/files"].flatMap { prefix in
            [
                Route(.get, prefix, .member(.viewer, list)),
                Route(.get, prefix + "/{file_id}", .member(.viewer, show)),
                Route(.delete, prefix + "/orphaned", .member(.admin, deleteOrphans)),
                Route(.delete, prefix + "/{file_id}", .member(.admin, delete)),
            ]
        }
    }

    @Sendable private func list(_ context: TenantContext) throws(ErrorAnswer) -> Response {
        var query = QueryReader(context.request)
        let page = query.page()
        let withUsage = query.flag("include_stats", default: false)
        try query.finish()
        let (files, statistics) = try files.list(page: page, withUsage: withUsage, in: context.access)
        return .success(FileList(page: files, statistics: statistics), message: "The tenant's files.")
    }

    @Sendable private func show(_ context: TenantContext) throws(ErrorAnswer) -> Response {
        let id: FileID = try context.parameters.identifier("file_id", or: .fileNotFound)
        var query = QueryReader(context.request)
        let page = query.page()
        try query.finish()
        let (file, documents) = try files.find(id, documents: page, in: context.access)
        return .success(FileDetails(file: file, documents: documents), message: "The file and its documents.")
    }

    @Sendable private func delete(_ context: TenantContext) throws(ErrorAnswer) -> Response {
        let id: FileID = try context.parameters.identifier("file_id", or: .fileNotFound)
        try files.delete(id, in: context.access.tenant.database, by: context.access)
        return .success(NoData(), message: "File deleted.")
    }

    @Sendable private func deleteOrphans(_ context: TenantContext) throws(ErrorAnswer) -> Response {
        let report = try files.deleteOrphans(in: context.access.tenant.database, by: context.access)
        return .success(report, message: "Orphaned files deleted.")
    }
}
