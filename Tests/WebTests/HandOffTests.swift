import Base
import Contract
import Domain
import TestSupport
import Testing
import Web

/// The sidecar's calls: what they answer, and when they say that the pushed object may go.
@Suite struct HandOffTests {
    private let web: WebFixture
    private let product: InMemoryProduct
    private let ada: User
    private let bob: User
    private let acme: TenantAccess

    init() throws {
        web = try WebFixture()
        product = web.product
        ada = try product.register("ada")
        bob = try product.register("bob")
        acme = try product.tenant(by: ada)
        _ = try product.join(bob, as: .user, acme)
    }

    private func resolve(_ grant: String, _ content: String = "hello") -> Response {
        web.call(UploadHandOff.resolvePath, InMemoryProduct.resolution(of: content, grant: grant))
    }

    private func commit(_ grant: String) -> Response { web.call(UploadHandOff.commitPath, SettleUpload(grant: grant)) }
    private func abandon(_ grant: String) -> Response {
        web.call(UploadHandOff.abandonPath, SettleUpload(grant: grant))
    }

    private func removesObject(_ response: Response) -> Bool {
        !response.values(UploadHandOff.removeObjectHeader).isEmpty
    }

    @Test func newContentIsPushedAndCommitted() throws {
        let grant = try product.grant(bob, acme)
        let target = try #require(resolve(grant).json.flatMap { UploadTarget($0) })
        #expect(target.key.hasPrefix("tenants/\(acme.tenant.id)/files/2027/01/") && target.contentType == "text/plain")
        let response = commit(grant)
        #expect(response.status == 201 && !removesObject(response))
        #expect(response.data?["filename"] == .string("note.txt"))
        #expect(response.data?["file"]?["s3_path"] == .string(target.key))
    }

    @Test func knownContentIsAnsweredAtOnce() throws {
        let known = try product.upload("hello", by: ada, to: acme)
        let response = resolve(try product.grant(bob, acme))
        #expect(response.status == 201 && response.data?["file_id"] == .string(known.file.id.description))
    }

    @Test func loserOfARaceIsToldToRemoveItsObject() throws {
        let grant = try product.grant(bob, acme)
        #expect(resolve(grant).status == 200)
        let winner = try product.upload("hello", by: ada, to: acme)
        let response = commit(grant)
        #expect(response.status == 201 && removesObject(response))
        #expect(response.data?["file_id"] == .string(winner.file.id.description))
        #expect(removesObject(commit(grant)))
    }

    @Test func refusedUploadsObjectIsNotWanted() throws {
        let grant = try product.grant(bob, acme)
        #expect(resolve(grant).status == 200)
        try product.members.remove(bob.id, from: acme)
        let response = commit(grant)
        #expect(response.status == 404 && response.code == "TENANT_NOT_FOUND" && removesObject(response))
    }

    @Test func refusedUploadCannotBeCommittedLater() throws {
        let grant = try product.grant(bob, acme)
        #expect(resolve(grant).status == 200)
        try product.setState(.suspended, suspendedBy: .operator, of: acme.tenant.id)
        #expect(commit(grant).code == "TENANT_SUSPENDED")
        try product.setState(.ready, of: acme.tenant.id)
        let response = commit(grant)
        #expect(response.code == "CONFLICT" && removesObject(response))
    }

    @Test func repeatedCommitOfARemovedMemberKeepsTheObject() throws {
        let grant = try product.grant(bob, acme)
        #expect(resolve(grant).status == 200)
        let first = commit(grant)
        try product.members.remove(bob.id, from: acme)
        let again = commit(grant)
        #expect(!removesObject(again))
        #expect(again.status == 201 && again.data?["id"] == first.data?["id"])
    }

    @Test func repeatedCommitAfterLogoutKeepsTheObject() throws {
        let session = try product.session(bob)
        let grant = try product.uploads.authorize(session, acme, requestID: "request", declaredBytes: nil)
        #expect(resolve(grant).status == 200)
        let first = commit(grant)
        try product.auth.logout(session)
        let again = commit(grant)
        #expect(!removesObject(again))
        #expect(again.status == 201 && again.data?["id"] == first.data?["id"])
    }

    @Test func repeatedCommitOfADeletedDocumentKeepsTheObjectOfOthers() throws {
        let grant = try product.grant(bob, acme)
        #expect(resolve(grant).status == 200)
        let id = try #require(commit(grant).data?["id"]?.string.flatMap { DocumentID($0) })
        _ = try product.upload("hello", by: ada, to: acme)
        try product.documents.delete(id, in: acme)
        let again = commit(grant)
        #expect(again.code == "DOCUMENT_NOT_FOUND" && !removesObject(again))
    }

    @Test func expiredOrForgedGrantSettlesNothing() throws {
        let grant = try product.grant(bob, acme)
        #expect(resolve(grant).status == 200 && commit(grant).status == 201)
        product.clock.advance(by: .seconds(6 * 3600))
        for grant in [grant, grant + "x", "", "a.b"] {
            for response in [resolve(grant), commit(grant), abandon(grant)] {
                #expect(response.code == "FORBIDDEN" && !removesObject(response))
            }
        }
    }

    @Test func unreachableDatabaseSettlesNothing() throws {
        let grant = try product.grant(bob, acme)
        #expect(resolve(grant).status == 200)
        product.data.setCut(true, database: acme.tenant.database.name)
        let response = commit(grant)
        #expect(response.status == 503 && !removesObject(response))
        product.data.setCut(false, database: acme.tenant.database.name)
        #expect(commit(grant).status == 201)
    }

    @Test func abandonedUploadCannotBeCommitted() throws {
        let grant = try product.grant(bob, acme)
        #expect(resolve(grant).status == 200)
        #expect(abandon(grant).status == 204 && abandon(grant).status == 204)
        let response = commit(grant)
        #expect(response.code == "CONFLICT" && removesObject(response))
        #expect(resolve(grant).code == "CONFLICT")
    }

    @Test func abandonAfterTheCommitHasNoEffect() throws {
        let grant = try product.grant(bob, acme)
        #expect(resolve(grant).status == 200 && commit(grant).status == 201)
        #expect(abandon(grant).status == 204)
        #expect(commit(grant).status == 201)
    }

    @Test func messageWithoutItsMembersIsMalformed() {
        struct Nothing: JSONWritable { func write(to json: inout JSONWriter) { json.object { _ in } } }
        for path in [UploadHandOff.resolvePath, UploadHandOff.commitPath, UploadHandOff.abandonPath] {
            #expect(web.call(path, Nothing()).code == "BAD_REQUEST")
        }
    }

    @Test func publicRoutesDoNotLeadHere() {
        for path in [UploadHandOff.resolvePath, UploadHandOff.commitPath, UploadHandOff.abandonPath] {
            #expect(web.send(.post, path, body: "{}").code == "NOT_FOUND")
        }
    }
}
