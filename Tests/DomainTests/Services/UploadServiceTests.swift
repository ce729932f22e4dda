import Base
import Contract
import Crypto
import Domain
import TestSupport
import Testing

@Suite struct UploadServiceTests {
    private let product: InMemoryProduct
    private let ada: User
    private let bob: User
    private let acme: TenantAccess
    private let session: Session
    private var database: TenantDatabase { acme.tenant.database }

    init() throws {
        product = try InMemoryProduct()
        ada = try product.register("ada")
        bob = try product.register("bob")
        acme = try product.tenant(by: ada)
        _ = try product.join(bob, as: .user, acme)
        session = try product.session(bob)
    }

    private func grant(declared: Int64? = nil) throws -> String {
        try product.uploads.authorize(session, acme, requestID: "r", declaredBytes: declared)
    }

    private func resolve(_ grant: String, _ content: String = "hello") throws -> UploadService.Resolution {
        try product.uploads.resolve(InMemoryProduct.resolution(of: content, grant: grant))
    }

    private func target(_ grant: String, _ content: String = "hello") throws -> UploadTarget {
        guard case .push(let target) = try resolve(grant, content) else { throw ErrorAnswer(.internalError) }
        return target
    }

    private func commit(_ grant: String) throws -> (document: Document, removesObject: Bool) {
        switch try product.uploads.commit(SettleUpload(grant: grant)) {
        case .created(let document, let removesObject): return (document, removesObject)
        case .refused(let error): throw error
        }
    }

    private func count() throws -> (documents: Int64, files: Int64) {
        let files = try product.files.list(page: PageRequest(), withUsage: false, in: acme).files.total
        return (try product.documents.list(DocumentQuery(), in: acme).total, files)
    }

    // MARK: - Grant

    @Test func grantTellsWhatIsAllowed() throws {
        let text = try grant()
        let key = product.signingKey.verifyingKey
        let grant = try #require(UploadGrant(verifying: text, with: key, at: product.clock.now()))
        #expect(grant.tenantID == acme.tenant.id && grant.userID == bob.id && grant.requestID == "r")
        #expect(grant.maxBytes == InMemoryProduct.maxBytes && grant.tokenFamily == session.family.description)
        #expect(grant.expires == product.clock.now() + .seconds(6 * 3600))
    }

    @Test func declaredLengthHasRoomForTheFormButNotForMore() throws {
        let most = InMemoryProduct.maxBytes + 1_048_576
        #expect(refusal { try grant(declared: most) } == nil)
        #expect(
            throws: ErrorAnswer(.payloadTooLarge, details: ["max_bytes": .integer(InMemoryProduct.maxBytes)])
        ) { try grant(declared: most + 1) }
    }

    @Test func otherKeysGrantIsForged() throws {
        let forged = try InMemoryProduct().uploads.authorize(session, acme, requestID: "r", declaredBytes: nil)
        #expect(refusal { try resolve(forged) } == .forbidden)
        #expect(refusal { try commit(forged) } == .forbidden)
        #expect(refusal { try product.uploads.abandon(SettleUpload(grant: forged)) } == .forbidden)
    }

    // MARK: - Resolve

    @Test func newContentGetsAKeyOfItsOwn() throws {
        let first = try target(try grant(), "one")
        let second = try target(try grant(), "two")
        #expect(first.key != second.key && first.contentType == "text/plain")
        #expect(try count() == (0, 0))
    }

    @Test func repeatedResolveGivesTheSameAnswer() throws {
        let grant = try grant()
        #expect(try target(grant) == target(grant))
        _ = try commit(grant)
        guard case .created = try resolve(grant) else { return #expect(Bool(false), "not created") }
        #expect(try count() == (1, 1))
    }

    @Test func repeatedResolveWithOtherContentIsRefused() throws {
        let grant = try grant()
        _ = try target(grant, "one")
        #expect(refusal { try resolve(grant, "two") } == .conflict)
    }

    @Test func knownContentMakesADocumentAtOnce() throws {
        let known = try product.upload("hello", by: ada, to: acme)
        let grant = try grant()
        guard case .created(let document) = try resolve(grant) else { return #expect(Bool(false), "not created") }
        #expect(document.file == known.file && document.userID == bob.id && document.id != known.id)
        guard case .created(let again) = try resolve(grant) else { return #expect(Bool(false), "not created") }
        #expect(again == document)
        #expect(try count() == (2, 1))
    }

    @Test func contentOfAnotherTenantIsNew() throws {
        let other = try product.tenant("Other", by: ada)
        _ = try product.upload("hello", by: ada, to: other)
        #expect(throws: Never.self) { try target(grant()) }
    }

    @Test func contentBeyondTheLimitIsRefused() throws {
        let request = InMemoryProduct.resolution(of: "x", grant: try grant())
        let large = ResolveUpload(
            grant: request.grant, md5: request.md5, sha256: request.sha256, size: InMemoryProduct.maxBytes + 1,
            sniffedType: "text/plain", partType: nil, partFilename: "a", filenameField: nil, mimeTypeField: nil)
        #expect(refusal { try product.uploads.resolve(large) } == .payloadTooLarge)
    }

    private func document(
        part: String?, field: String? = nil, sniffed: String = "text/plain", partType: String? = nil,
        typeField: String? = nil
    ) throws -> Document {
        let grant = try grant()
        let content = InMemoryProduct.resolution(of: "\(product.objects.keys.count)", grant: grant)
        _ = try product.uploads.resolve(
            ResolveUpload(
                grant: grant, md5: content.md5, sha256: content.sha256, size: content.size, sniffedType: sniffed,
                partType: partType, partFilename: part, filenameField: field, mimeTypeField: typeField))
        product.objects.put(grant)
        return try commit(grant).document
    }

    @Test func nameComesFromTheFieldOrThePart() throws {
        #expect(try document(part: "C:\\fakepath\\a.txt").filename.text == "a.txt")
        #expect(try document(part: "a.txt", field: " b.txt ").filename.text == "b.txt")
        #expect(throws: InvalidValue("must not be empty").answer(field: "filename")) { try document(part: nil) }
        #expect(throws: InvalidValue("must not contain path separators").answer(field: "filename")) {
            try document(part: "a.txt", field: "a/b")
        }
    }

    @Test func typeComesFromTheFieldThePartAndTheContent() throws {
        #expect(try document(part: "a.csv").mediaType.text == "text/csv")
        #expect(try document(part: "a", partType: "Text/CSV; charset=utf-8").mediaType.text == "text/csv")
        #expect(try document(part: "a", partType: "nonsense").mediaType.text == "text/plain")
        #expect(
            try document(part: "a", partType: "text/csv", typeField: "text/markdown").mediaType.text == "text/markdown")
        #expect(try document(part: "a.png", sniffed: "text/html", typeField: "image/png").mediaType.text == "text/html")
        #expect(
            throws: InvalidValue("must be a MIME type of the form type/subtype").answer(field: "mime_type")
        ) { try document(part: "a", typeField: "nonsense") }
        #expect(try document(part: "a", sniffed: "cannot open").file.sniffedType.text == "application/octet-stream")
    }

    // MARK: - Commit

    @Test func commitMakesFileDocumentAndEvent() throws {
        let grant = try grant()
        let key = try target(grant).key
        let (document, removesObject) = try commit(grant)
        #expect(!removesObject && document.file.key == key && document.userID == bob.id)
        let event = try #require(product.data.events(of: database).first)
        #expect(event.type == .documentUploaded && event.userID == bob.id)
        #expect(event.data["document_id"] == .string(document.id.description))
        #expect(event.data["file_id"] == .string(document.file.id.description))
        #expect(event.data["file_size"] == .integer(5) && event.data["sha256"] == .string(document.file.sha256))
    }

    @Test func repeatedCommitGivesTheSameDocument() throws {
        let grant = try grant()
        _ = try target(grant)
        let first = try commit(grant)
        product.clock.advance(by: .seconds(9))
        let second = try commit(grant)
        #expect(second.document == first.document && !second.removesObject)
        #expect(try count() == (1, 1))
        #expect(product.data.events(of: database).count == 1)
    }

    @Test func identicalUploadsThatRaceEndInOneFile() throws {
        let grants = try (0..<4).map { _ in try grant() }
        let keys = try grants.map { try target($0).key }
        let commits = try grants.map(commit)
        #expect(Set(keys).count == 4)
        #expect(commits.map(\.removesObject) == [false, true, true, true])
        #expect(Set(commits.map(\.document.id)).count == 4)
        #expect(commits.allSatisfy { $0.document.file.key == keys[0] })
        #expect(try count() == (4, 1))
    }

    @Test func commitWithoutResolveIsRefused() throws {
        #expect(refusal { try commit(grant()) } == .conflict)
        #expect(try count() == (0, 0))
    }

    @Test func expiredAccessTokenDoesNotStopARunningUpload() throws {
        let grant = try grant()
        product.clock.advance(by: .seconds(3600))
        _ = try target(grant)
        product.clock.advance(by: .seconds(3600))
        #expect(refusal { try commit(grant) } == nil)
    }

    enum Loss: CaseIterable { case membership, role, tenant, deletedTenant, token, account }

    @Test(arguments: [
        (Loss.membership, ErrorCode.tenantNotFound), (.role, .forbidden), (.tenant, .tenantSuspended),
        (.deletedTenant, .tenantNotFound), (.token, .tokenRevoked), (.account, .tokenRevoked),
    ])
    func rightThatWasLostDuringTheUploadStopsIt(_ loss: Loss, _ code: ErrorCode) throws {
        let before = try grant()
        let grant = try grant()
        _ = try target(grant)
        switch loss {
        case .membership: try product.members.remove(bob.id, from: acme)
        case .role: _ = try product.members.setRole(.viewer, of: bob.id, in: acme)
        case .tenant: try product.setState(.suspended, suspendedBy: .admin, of: acme.tenant.id)
        case .deletedTenant: try product.tenants.delete(acme)
        case .token: try product.auth.logout(session)
        case .account: try product.deactivate(bob)
        }
        #expect(refusal { try commit(grant) } == code)
        #expect(refusal { try resolve(before, "other") } == code)
        #expect(try count() == (0, 0))
        #expect(product.data.events(of: database).isEmpty)
    }

    // MARK: - Abandon

    @Test func abandonedUploadCannotGoOn() throws {
        let grant = try grant()
        _ = try target(grant)
        try product.uploads.abandon(SettleUpload(grant: grant))
        try product.uploads.abandon(SettleUpload(grant: grant))
        #expect(refusal { try commit(grant) } == .conflict)
        #expect(refusal { try resolve(grant) } == .conflict)
        #expect(try count() == (0, 0))
    }

    @Test func abandonNeedsNoRightAnyMore() throws {
        let grant = try grant()
        _ = try target(grant)
        try product.members.remove(bob.id, from: acme)
        #expect(refusal { try product.uploads.abandon(SettleUpload(grant: grant)) } == nil)
    }

    @Test func abandonDoesNotUndoACommit() throws {
        let grant = try grant()
        _ = try target(grant)
        let first = try commit(grant)
        try product.uploads.abandon(SettleUpload(grant: grant))
        #expect(try commit(grant).document == first.document)
    }
}
