import Base
import Contract
import Domain
import TestSupport
import Testing
import Web

@Suite struct DownloadRouteTests {
    private let web: WebFixture
    private let product: InMemoryProduct
    private let acme: TenantAccess
    private let document: Document
    private let url: String

    init() throws {
        web = try WebFixture()
        product = web.product
        let ada = try product.register("ada")
        acme = try product.tenant(by: ada)
        document = try product.upload("a", by: ada, to: acme, filename: "Preis €.txt")
        url = try product.documents.download(document.id, in: acme).url
    }

    @Test func goodLinkIsHandedToTheWebServer() {
        for method in [Request.Method.get, .head] {
            let response = web.download(url, method: method)
            #expect(response.status == 200 && response.body.isEmpty)
            #expect(response.values("X-Accel-Redirect") == ["/internal-objects/\(document.file.key)"])
            #expect(response.values("Content-Type") == ["text/plain"])
            #expect(
                response.values("Content-Disposition")
                    == [#"attachment; filename="Preis _.txt"; filename*=UTF-8''Preis%20%E2%82%AC.txt"#])
        }
    }

    @Test func badSignatureOpensNothing() {
        for url in [url + "0", url.replacing("ticket=", with: "t="), url.replacing("/objects/", with: "/objects/x")] {
            let response = web.download(url)
            #expect(
                response.status == 403 && response.code == "FORBIDDEN" && response.values("X-Accel-Redirect").isEmpty)
        }
    }

    @Test func linkExpires() {
        product.clock.advance(by: .seconds(299))
        #expect(web.download(url).status == 200)
        product.clock.advance(by: .seconds(1))
        #expect(web.download(url).code == "FORBIDDEN")
    }

    @Test func deletedDocumentIsNotSentAnyMore() throws {
        try product.documents.delete(document.id, in: acme)
        #expect(web.download(url).code == "DOCUMENT_NOT_FOUND")
    }

    @Test func documentOfAnotherKeyIsNotSent() throws {
        // A signature over a key that the document does not show, such as one made before a restore.
        let other = StoredFile(
            id: .random(), md5: "0", sha256: "0", key: "tenants/x/files/other", size: 1,
            sniffedType: document.mediaType, createdAt: document.createdAt)
        let forged = Document(
            id: document.id, filename: document.filename, mediaType: document.mediaType, file: other,
            userID: document.userID, createdAt: document.createdAt, updatedAt: document.updatedAt,
            createdBy: document.createdBy)
        let url = product.links.url(
            for: forged, tenant: acme.tenant.id, expires: product.clock.now() + .seconds(60))
        let response = web.download(url)
        #expect(response.status == 404 && response.code == "DOCUMENT_NOT_FOUND")
    }

    @Test(arguments: [TenantState.suspended, .deleting])
    func tenantThatIsNotReadySendsNothing(_ state: TenantState) throws {
        try product.setState(state, suspendedBy: state == .suspended ? .operator : nil, of: acme.tenant.id)
        #expect(web.download(url).code == "DOCUMENT_NOT_FOUND")
    }

    @Test func otherMethodsAreNotAllowed() {
        let response = web.download(url, method: .post)
        #expect(response.status == 405 && response.values("Allow") == ["GET, HEAD"])
    }
}
