package import Base
import Contract
package import Domain

/// The door of the directory store: checks a signed URL and lets nginx send the file.
package struct DownloadRoute: Sendable {
    private let documents: DocumentService
    private let links: any DownloadLinks
    private let clock: any WallClock

    package init(documents: DocumentService, links: any DownloadLinks, clock: any WallClock) {
        self.documents = documents
        self.links = links
        self.clock = clock
    }

    /// Answers `GET /objects/…`. The signature is what counts; an Authorization header is ignored.
    package func respond(to request: Request) -> Response {
        do throws(ErrorAnswer) {
            guard request.method == .get || request.method == .head else { throw ErrorAnswer(.methodNotAllowed) }
            guard let link = links.verify(path: request.rawPath, query: request.rawQuery, at: clock.now())
            else { throw ErrorAnswer(.forbidden, message: "This download link is not valid or has expired.") }
            let document = try documents.findDownload(link.document, tenant: link.tenant)
            guard document.file.key == link.key else { throw ErrorAnswer(.documentNotFound) }
            return Response(
                status: 200,
                headers: [
                    (name: "X-Accel-Redirect", value: "/internal-objects/\(link.key)"),
                    (name: "Content-Type", value: link.contentType),
                    (name: "Content-Disposition", value: link.contentDisposition),
                ])
        } catch {
            var response = Response(error)
            if error.code == .methodNotAllowed { response.headers.append((name: "Allow", value: "GET, HEAD")) }
            return response
        }
    }
}
