import Base
import Contract
import Domain
import TestSupport
import Testing

/// What becomes of the bytes that an upload took of its user's budget.
@Suite struct UploadChargeTests {
    private let product: InMemoryProduct
    private let ada: User
    private let acme: TenantAccess
    private let limiter = InMemoryRateLimiter(limit: nil, uploadBytes: 100)
    private let uploads: UploadService

    init() throws {
        product = try InMemoryProduct()
        ada = try product.register("ada")
        acme = try product.tenant(by: ada)
        uploads = UploadService(
            data: product.data, auth: product.auth, doorbell: product.doorbell, clock: product.clock,
            signingKey: product.signingKey, maxBytes: 1_000_000, limiter: limiter)
    }

    /// Takes bytes and gives the grant that carries them.
    private func grant(_ bytes: Int64) throws -> SettleUpload {
        let now = product.clock.now()
        #expect(try limiter.take(bytes, of: .uploads(ada.id), at: now)?.isAllowed == true)
        return SettleUpload(
            grant: try uploads.authorize(
                try product.session(ada), acme, requestID: "r", declaredBytes: bytes,
                charge: UploadCharge(bytes: bytes, takenAt: now)))
    }

    /// What is left of the present hour.
    private func left() throws -> Int64? {
        try limiter.take(0, of: .uploads(ada.id), at: product.clock.now())?.remaining
    }

    private func resolve(_ upload: SettleUpload) throws {
        _ = try uploads.resolve(InMemoryProduct.resolution(of: "hello", grant: upload.grant))
    }

    @Test func failedUploadGivesItsBytesBackOnce() throws {
        _ = try grant(30)
        let failed = try grant(60)
        for _ in 0..<3 {
            try uploads.abandon(failed)
            #expect(try left() == 70)
        }
    }

    @Test func uploadThatFailedAfterItsBodyGivesThemBackToo() throws {
        let failed = try grant(60)
        try resolve(failed)
        try uploads.abandon(failed)
        try uploads.abandon(failed)
        #expect(try left() == 100)
        #expect(refusal { try resolve(failed) } == .conflict)
        #expect(try left() == 100)
    }

    @Test func committedUploadKeepsItsBytes() throws {
        let upload = try grant(60)
        try resolve(upload)
        _ = try uploads.commit(upload)
        try uploads.abandon(upload)
        #expect(try left() == 40)
        let known = try grant(20)
        try resolve(known)
        try uploads.abandon(known)
        #expect(try left() == 20, "known content makes a document, and costs")
    }

    @Test func bytesGoBackToTheHourTheyWereTakenIn() throws {
        let failed = try grant(60)
        product.clock.advance(by: .seconds(3600))
        _ = try grant(90)
        try uploads.abandon(failed)
        #expect(try left() == 10)
    }
}
