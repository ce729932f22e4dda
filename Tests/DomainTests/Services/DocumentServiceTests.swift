import Base
import Contract
import Domain
import Synchronization
import TestSupport
import Testing

@Suite struct DocumentServiceTests {
    private let product: InMemoryProduct
    private let ada: User
    private let bob: User
    private let acme: TenantAccess
    private let asBob: TenantAccess

    init() throws {
        product = try InMemoryProduct()
        ada = try product.register("ada")
        bob = try product.register("bob")
        acme = try product.tenant(by: ada)
        asBob = try product.join(bob, as: .user, acme)
    }

    private func upload(_ content: String, by user: User, _ name: String = "note.txt") throws -> Document {
        try product.upload(content, by: user, to: acme, filename: name)
    }

    private func update(
        _ document: Document, _ name: String? = nil, _ type: String? = nil, in access: TenantAccess
    ) throws -> Document {
        try product.documents.update(
            document.id, filename: name.map { try Filename($0) }, mediaType: type.map { try MediaType($0) }, in: access)
    }

    @Test func uploadedDocumentIsFound() throws {
        let document = try upload("a", by: bob)
        #expect(try product.documents.find(document.id, in: acme.tenant.database) == document)
        #expect(document.userID == bob.id && document.createdBy == bob.id && document.file.size == 1)
    }

    @Test func otherTenantsDocumentIsNotFound() throws {
        let document = try upload("a", by: ada)
        let other = try product.tenant("Other", by: ada)
        #expect(refusal { try product.documents.find(document.id, in: other.tenant.database) } == .documentNotFound)
        #expect(refusal { try product.documents.delete(document.id, in: other) } == .documentNotFound)
        #expect(refusal { try update(document, "x", in: other) } == .documentNotFound)
        #expect(refusal { try product.documents.download(document.id, in: other) } == .documentNotFound)
    }

    @Test func ownerAndAdminEdit() throws {
        let document = try upload("a", by: bob)
        product.clock.advance(by: .seconds(1))
        let renamed = try update(document, "b.txt", in: asBob)
        #expect(renamed.filename.text == "b.txt" && renamed.mediaType == document.mediaType)
        #expect(renamed.updatedAt == product.clock.now() && renamed.createdAt == document.createdAt)
        #expect(try update(document, nil, "text/markdown", in: acme).filename.text == "b.txt")
    }

    @Test func othersDocumentIsForbidden() throws {
        let document = try upload("a", by: ada)
        #expect(refusal { try update(document, "x", in: asBob) } == .forbidden)
        #expect(refusal { try product.documents.delete(document.id, in: asBob) } == .forbidden)
        #expect(try product.documents.find(document.id, in: acme.tenant.database) == document)
        #expect(product.data.events(of: acme.tenant.database).map(\.type) == [.documentUploaded])
    }

    @Test func typeMustFitTheContent() throws {
        let document = try product.upload(
            "<html>", by: ada, to: acme, filename: "page.html", sniffed: "text/html")
        #expect(throws: InvalidValue("does not fit the content, which is text/html").answer(field: "mime_type")) {
            try update(document, nil, "image/png", in: acme)
        }
        #expect(try update(document, nil, "application/xhtml+xml", in: acme).mediaType.text == "application/xhtml+xml")
        // The rule looks at the content, not at what was stored last.
        #expect(try update(document, nil, "text/html", in: acme).mediaType.text == "text/html")
    }

    @Test func deletionIsToldInItsTransaction() throws {
        let document = try upload("a", by: bob)
        product.clock.advance(by: .seconds(1))
        try product.documents.delete(document.id, in: asBob)
        #expect(refusal { try product.documents.find(document.id, in: acme.tenant.database) } == .documentNotFound)
        let event = try #require(product.data.events(of: acme.tenant.database).last)
        #expect(event.type == .documentDeleted && event.userID == bob.id && event.tenantID == acme.tenant.id)
        #expect(
            event.data == [
                "document_id": .string(document.id.description), "file_id": .string(document.file.id.description),
            ])
    }

    @Test func deletedTwiceIsNotFound() throws {
        let document = try upload("a", by: ada)
        try product.documents.delete(document.id, in: acme)
        #expect(refusal { try product.documents.delete(document.id, in: acme) } == .documentNotFound)
        #expect(product.data.events(of: acme.tenant.database).count == 2)
    }

    @Test func doorbellRingsBeforeTheEventIsThere() throws {
        let document = try upload("a", by: ada)
        let seen = Mutex<[Int]>([])
        product.doorbell.onRing { [data = product.data, tenant = acme.tenant] rung in
            #expect(rung == .tenant(tenant.id))
            seen.withLock { $0.append(data.events(of: tenant.database).count) }
        }
        try product.documents.delete(document.id, in: acme)
        #expect(seen.withLock { $0 } == [1])
    }

    @Test func downloadLinkLivesFiveMinutes() throws {
        let document = try upload("a", by: ada, "Bericht € 1.txt")
        product.clock.advance(by: .milliseconds(300))
        let link = try product.documents.download(document.id, in: acme)
        #expect(link.expires == Timestamp(seconds: 1_800_000_300))
        let parts = link.url.replacing("http://files.test", with: "").split(separator: "?").map(String.init)
        let verified = product.links.verify(path: parts[0], query: parts[1], at: product.clock.now())
        #expect(verified?.contentType == "text/plain" && verified?.key == document.file.key)
        #expect(verified?.contentDisposition == ContentDisposition.attachment(document.filename))
    }

    @Test(arguments: [TenantState.suspended, .deleting, .purged])
    func linkIntoATenantThatIsNotReadyLeadsNowhere(_ state: TenantState) throws {
        let document = try upload("a", by: ada)
        #expect(try product.documents.findDownload(document.id, tenant: acme.tenant.id) == document)
        try product.setState(state, suspendedBy: state == .suspended ? .admin : nil, of: acme.tenant.id)
        #expect(
            refusal { try product.documents.findDownload(document.id, tenant: acme.tenant.id) } == .documentNotFound)
        #expect(refusal { try product.documents.findDownload(document.id, tenant: .random()) } == .documentNotFound)
    }

    @Test func listGoesOnAtItsCursor() throws {
        var names: [String] = []
        for index in 0..<7 {
            if index != 3 { product.clock.advance(by: .seconds(1)) }  // two of one instant
            names.append(try upload("\(index)", by: ada, "\(index % 2 == 0 ? "n" : "N")\(index).txt").filename.text)
        }
        var query = DocumentQuery()
        query.page = PageRequest(perPage: 3)
        query.sort = .byName
        var seen: [String] = []
        repeat {
            let page = try product.documents.list(query, in: acme)
            #expect(page.total == 7 && page.pages == 3)
            seen += page.elements.map(\.filename.text)
            query.cursor = try page.nextCursor.map { try DocumentCursor(validating: $0) }
        } while query.cursor != nil && seen.count < 20
        #expect(seen == names)
    }
}
