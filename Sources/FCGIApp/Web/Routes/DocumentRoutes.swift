import Base
import Contract
package import Domain

/// `/api/tenants/{id}/documents*`, uploads up to their grant.
package struct DocumentRoutes: Sendable {
    private let documents: DocumentService
    private let uploads: UploadService

    package init(documents: DocumentService, uploads: UploadService) {
        self.documents = documents
        self.uploads = uploads
    }

    package var routes: [Route] {
        let list = "/api/tenants/{tenant_id}/documents"
        let one = "/api/tenants/{tenant_id}/documents/{document_id}"
        return [
            Route(.get, list, .member(.viewer, self.list)),
            Route(.post, list, .member(.user, authorizeUpload)),
            Route(.get, one, .member(.viewer, show)),
            Route(.put, one, .member(.user, update)),
            Route(.delete, one, .member(.user, delete)),
            Route(.get, one + "/download", .member(.viewer, download)),
        ]
    }

    @Sendable private func list(_ context: TenantContext) throws(ErrorAnswer) -> Response {
        var query = QueryReader(context.request)
        var wanted = DocumentQuery()
        wanted.page = query.page()
        wanted.filename = query.value("filename") { text throws(InvalidValue) in text }
        wanted.userID = query.value("user_id", UserID.validated)
        wanted.sha256 = query.value("sha256") { text throws(InvalidValue) in
            guard let digest = Hex.decode(text.lowercased()), digest.count == 32 else {
                throw InvalidValue("must be 64 hexadecimal digits")
            }
            return Hex.encode(digest)
        }
        wanted.mediaType = query.value("mime_type", MediaType.init(_:))
        wanted.createdFrom = query.value("created_from", Timestamp.validated)
        wanted.createdTo = query.value("created_to", Timestamp.validatedEnd)
        wanted.cursor = query.value("cursor", DocumentCursor.init(validating:))
        let sort = query.value("sort", DocumentSort.init(validating:))
        wanted.sort = sort ?? wanted.cursor?.sort ?? .newestFirst
        let include = query.value("include") { text throws(InvalidValue) in
            guard text == "file" else { throw InvalidValue("must be file") }
            return text
        }
        if let cursor = wanted.cursor, cursor.sort != wanted.sort {
            query.report("cursor", "belongs to another sort order")
        }
        if wanted.cursor == nil, wanted.page.offset >= Int64(PageRequest.deepestRow) {
            query.report("page", "reaches deeper than \(PageRequest.deepestRow) rows; follow next_cursor instead")
        }
        try query.finish()
        guard include == nil else {
            let page = try documents.list(wanted, in: context.access)
            return .success(ListAnswer(name: "documents", page: page), message: "The tenant's documents.")
        }
        let page = try documents.listEntries(wanted, in: context.access)
        return .success(ListAnswer(name: "documents", page: page), message: "The tenant's documents.")
    }

    /// Reached by nginx alone, before an upload's body is read; the body itself goes to the upload sidecar.
    @Sendable private func authorizeUpload(_ context: TenantContext) throws(ErrorAnswer) -> Response {
        guard context.request.phase == .uploadAuthorization else { throw ErrorAnswer(.badRequest) }
        var key: IdempotencyKey?
        if let text = context.request.headers["idempotency-key"], !text.isEmpty {
            do {
                key = try IdempotencyKey(text)
            } catch {
                throw error.answer(field: "Idempotency-Key")
            }
        }
        let grant = try uploads.authorize(
            context.session, context.access, requestID: context.request.requestID,
            declaredBytes: context.request.contentLength, idempotencyKey: key, charge: context.charge)
        return Response(status: 204, headers: [(name: "X-Upload-Grant", value: grant)])
    }

    @Sendable private func show(_ context: TenantContext) throws(ErrorAnswer) -> Response {
        .success(
            try documents.find(try context.documentID, in: context.access.tenant.database), message: "The document.")
    }

    @Sendable private func update(_ context: TenantContext) throws(ErrorAnswer) -> Response {
        let id = try context.documentID
        var fields = try FieldReader(context.request)
        let filename = fields.optionalText("filename", Filename.init(_:))
        let mediaType = fields.optionalText("mime_type", MediaType.init(_:))
        try fields.finish()
        let document = try documents.update(id, filename: filename, mediaType: mediaType, in: context.access)
        return .success(document, message: "Document updated.")
    }

    @Sendable private func delete(_ context: TenantContext) throws(ErrorAnswer) -> Response {
        try documents.delete(try context.documentID, in: context.access)
        return .success(NoData(), message: "Document deleted.")
    }

    @Sendable private func download(_ context: TenantContext) throws(ErrorAnswer) -> Response {
        let id = try context.documentID
        var query = QueryReader(context.request)
        let redirects = query.flag("redirect", default: true)
        try query.finish()
        let link = try documents.download(id, in: context.access)
        guard redirects else {
            return .success(DownloadLink(url: link.url, expires: link.expires), message: "A download URL.")
        }
        return Response(
            status: 302, headers: [(name: "Location", value: link.url), (name: "Cache-Control", value: "no-store")])
    }

    private struct DownloadLink: JSONWritable {
        let url: String
        let expires: Timestamp

        func write(to json: inout JSONWriter) {
            json.object { json in
                json.member("url", url)
                json.member("expires_at", expires)
            }
        }
    }
}

extension TenantContext {
    fileprivate var documentID: DocumentID {
        get throws(ErrorAnswer) { try parameters.identifier("document_id", or: .documentNotFound) }
    }
}
