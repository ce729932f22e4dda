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
        var response: Response
        let removesObject: Bool
        switch try uploads.commit(request) {
        case .created(let document, let isOutrun):
            response = Self.created(document)
            removesObject = isOutrun
        case .refused(let error):
            response = Response(error)
            removesObject = true
        }
        if removesObject { response.headers.append((name: UploadHandOff.removeObjectHeader, value: "1")) }
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
