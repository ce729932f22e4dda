import Base
import Contract
package import Domain

/// The internal calls of the upload sidecar, on a socket of their own (see `UploadHandOff`).
package struct HandOffRoutes: Sendable {
    private let uploads: UploadService

    package init(uploads: UploadService) { self.uploads = uploads }

    package var routes: [Route] {
        [
            Route(.post, UploadHandOff.resolvePath, .open(resolve)),
            Route(.post, UploadHandOff.commitPath, .open(commit)),
            Route(.post, UploadHandOff.abandonPath, .open(abandon)),
        ]
    }

    private static let bodyLimit = 1 << 16

    @Sendable private func resolve(_ context: OpenContext) throws(ErrorAnswer) -> Response {
        guard let request = ResolveUpload(try json(context)) else { throw ErrorAnswer(.badRequest) }
        switch try uploads.resolve(request) {
        case .created(let document): return Self.created(document)
        case .push(let target): return Response(status: 200, body: target.jsonBytes)
        }
    }

    @Sendable private func commit(_ context: OpenContext) throws(ErrorAnswer) -> Response {
        guard let request = SettleUpload(try json(context)) else { throw ErrorAnswer(.badRequest) }
        let commit: UploadService.Commit
        do {
            commit = try uploads.commit(request)
        } catch  where error.code.status < 500 {
            // A definite refusal: no later commit of this upload can succeed, so its object is not wanted.
            var response = Response(error)
            response.headers.append((name: UploadHandOff.removeObjectHeader, value: "1"))
            return response
        }
        var response = Self.created(commit.document)
        if commit.removesObject { response.headers.append((name: UploadHandOff.removeObjectHeader, value: "1")) }
        return response
    }

    @Sendable private func abandon(_ context: OpenContext) throws(ErrorAnswer) -> Response {
        guard let request = SettleUpload(try json(context)) else { throw ErrorAnswer(.badRequest) }
        try uploads.abandon(request)
        return Response(status: 204)
    }

    private static func created(_ document: Document) -> Response {
        .success(document, status: 201, message: "Document uploaded.")
    }

    private func json(_ context: OpenContext) throws(ErrorAnswer) -> JSONValue {
        let body = try context.request.body.read(limit: Self.bodyLimit)
        do {
            return try JSONValue(parsing: body)
        } catch {
            throw ErrorAnswer(.malformedJSON)
        }
    }
}
