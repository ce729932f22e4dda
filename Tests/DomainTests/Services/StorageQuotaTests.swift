import Base
import Contract
import Domain
import TestSupport
import Testing

@Suite struct StorageQuotaTests {
    private let product: InMemoryProduct
    private let ada: User
    private let acme: TenantAccess
    private let uploads: UploadService

    /// With a quota of 10 bytes.
    init() throws {
        product = try InMemoryProduct()
        ada = try product.register("ada")
        acme = try product.tenant(by: ada)
        uploads = UploadService(
            data: product.data, auth: product.auth, doorbell: product.doorbell, clock: product.clock,
            signingKey: product.signingKey, maxBytes: 1_000_000, quotaBytes: 10)
    }

    private func grant(_ request: String, declared: Int64 = 8) throws -> String {
        try uploads.authorize(try product.session(ada), acme, requestID: request, declaredBytes: declared)
    }

    private func resolve(_ content: String, _ grant: String) throws {
        _ = try uploads.resolve(InMemoryProduct.resolution(of: content, grant: grant))
    }

    @Test func announcedBodyThatCannotFitIsRefused() throws {
        #expect(refusal { _ = try grant("1", declared: 1024 + 11) } == .quotaExceeded)
        #expect(refusal { _ = try grant("1", declared: 1024 + 10) } == nil)
    }

    @Test func reservationsCountTogetherUntilTheirTimeIsOver() throws {
        _ = try grant("1", declared: 1024 + 6)
        #expect(refusal { _ = try grant("2", declared: 1024 + 6) } == .quotaExceeded)
        // A request's id is the client's choice.
        #expect(refusal { _ = try grant("1", declared: 1024 + 6) } == .quotaExceeded)
        product.clock.advance(by: .seconds(601))
        #expect(refusal { _ = try grant("2", declared: 1024 + 6) } == nil)
    }

    @Test func exactSizeIsJudgedWhenTheBodyIsThere() throws {
        let first = try grant("1")
        let second = try grant("2")
        try resolve("123456", first)
        #expect(refusal { try resolve("1234567", second) } == .quotaExceeded)
        try uploads.abandon(SettleUpload(grant: first))
        #expect(refusal { try resolve("1234567", second) } == nil)
    }

    @Test func contentThatIsThereAlreadyTakesNoSpace() throws {
        let first = try grant("1")
        try resolve("12345678", first)
        product.objects.put("key")
        _ = try uploads.commit(SettleUpload(grant: first))
        #expect(refusal { try resolve("12345678", grant("2")) } == nil)
        #expect(refusal { try resolve("12345679", grant("3")) } == .quotaExceeded)
    }

    @Test func failedUploadFreesItsSpace() throws {
        let first = try grant("1", declared: 1024 + 10)
        #expect(refusal { _ = try grant("2", declared: 1024 + 2) } == .quotaExceeded)
        try uploads.abandon(SettleUpload(grant: first))
        #expect(refusal { _ = try grant("2", declared: 1024 + 2) } == nil)
    }
}
