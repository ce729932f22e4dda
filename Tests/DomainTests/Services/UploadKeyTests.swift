import Base
import Contract
import Domain
import TestSupport
import Testing

@Suite struct UploadKeyTests {
    private let product: InMemoryProduct
    private let ada: User
    private let acme: TenantAccess

    init() throws {
        product = try InMemoryProduct()
        ada = try product.register("ada")
        acme = try product.tenant(by: ada)
    }

    private func grant(_ key: String) throws -> String {
        try product.uploads.authorize(
            try product.session(ada), acme, requestID: "request", declaredBytes: nil,
            idempotencyKey: try IdempotencyKey(key))
    }

    private func resolve(_ content: String, _ grant: String, filename: String = "note.txt") throws -> Document? {
        let request = InMemoryProduct.resolution(of: content, grant: grant, filename: filename)
        switch try product.uploads.resolve(request) {
        case .created(let document): return document
        case .push(let target):
            product.objects.put(target.key)
            return nil
        }
    }

    private func commit(_ grant: String) throws -> Document? {
        guard case .created(let document, _) = try product.uploads.commit(SettleUpload(grant: grant)) else {
            return nil
        }
        return document
    }

    @Test func retryShowsTheDocumentOfTheFirst() throws {
        let first = try grant("k")
        #expect(try resolve("a", first) == nil)
        let document = try #require(try commit(first))
        #expect(try resolve("a", grant("k"))?.id == document.id)
    }

    @Test func retryOfKnownContentShowsTheSameDocument() throws {
        _ = try product.upload("a", by: ada, to: acme)
        let document = try #require(try resolve("a", grant("k")))
        #expect(try resolve("a", grant("k"))?.id == document.id)
        #expect(try resolve("a", grant("other"))?.id != document.id)
    }

    @Test(arguments: [("b", "note.txt"), ("a", "other.txt")])
    func keyOfAnotherFileIsRefused(content: String, filename: String) throws {
        let first = try grant("k")
        _ = try resolve("a", first)
        _ = try commit(first)
        let error = #expect(throws: ErrorAnswer.self) { try resolve(content, grant("k"), filename: filename) }
        #expect(error?.code == .validationError)
    }

    @Test func newerUploadTakesTheKeyOver() throws {
        let first = try grant("k")
        #expect(try resolve("a", first) == nil)
        let second = try grant("k")
        #expect(try resolve("a", second) == nil)
        #expect(try commit(first) == nil)
        let document = try #require(try commit(second))
        #expect(try resolve("a", grant("k"))?.id == document.id)
    }

    @Test func keyIsForgottenAfterADay() throws {
        let first = try grant("k")
        _ = try resolve("a", first)
        let document = try #require(try commit(first))
        product.clock.advance(by: .seconds(86_401))
        let later = try grant("k")
        #expect(try resolve("a", later)?.id != document.id)
    }

    @Test(arguments: ["", String(repeating: "x", count: 256), "a\tb", "ä"])
    func malformedKeyIsRefused(text: String) {
        #expect(throws: InvalidValue.self) { try IdempotencyKey(text) }
    }
}
