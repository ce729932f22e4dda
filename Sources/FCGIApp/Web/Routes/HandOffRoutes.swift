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
            Route(.post, UploadHandOff.batchPath, .open(batch)),
        ]
    }

    private static let bodyLimit = 1 << 16
    private static let batchLimit = UploadBatch.maxCalls * bodyLimit

    @Sendable private func resolve(_ context: OpenContext) throws(ErrorAnswer) -> Response {
        guard let request = ResolveUpload(try json(context)) else { throw ErrorAnswer(.badRequest) }
        return Self.response(to: uploads.carryOut([.resolve(request)])[0])
    }

    @Sendable private func commit(_ context: OpenContext) throws(ErrorAnswer) -> Response {
        guard let request = SettleUpload(try json(context)) else { throw ErrorAnswer(.badRequest) }
        return Self.response(to: uploads.carryOut([.commit(request)])[0])
    }

    @Sendable private func batch(_ context: OpenContext) throws(ErrorAnswer) -> Response {
        guard let calls = UploadBatch.calls(try json(context, limit: Self.batchLimit)) else {
            throw ErrorAnswer(.badRequest)
        }
        let replies = uploads.carryOut(calls).map { result in
            let response = Self.response(to: result)
            return UploadBatch.Reply(
                status: response.status, body: response.body,
                removesObject: response.value(of: UploadHandOff.removeObjectHeader) == "1",
                retryAfter: response.value(of: "Retry-After"))
        }
        return Response(status: 200, body: UploadBatch.answer(replies))
    }

    private static func response(to result: UploadResult) -> Response {
        var response: Response
        let removesObject: Bool
        switch result {
        case .resolved(.created(let document)): return created(document)
        case .resolved(.push(let target)): return Response(status: 200, body: target.jsonBytes)
        case .settled(.created(let document, let isOutrun)):
            response = created(document)
            removesObject = isOutrun
        case .settled(.refused(let error)):
            response = Response(error)
            removesObject = true
        case .failed(let error): return Response(error)
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

    private func json(_ context: OpenContext, limit: Int = bodyLimit) throws(ErrorAnswer) -> JSONValue {
        let body = try context.request.body.read(limit: limit)
        do {
            return try JSONValue(parsing: body)
        } catch {
            throw ErrorAnswer(.malformedJSON)
        }
    }
}

extension Response {
    fileprivate func value(of header: String) -> String? { headers.first { $0.name == header }?.value }
}
