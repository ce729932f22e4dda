import Base
import Contract
import Domain
import TestSupport
import Testing

@Suite struct UploadSweeperTests {
    private let product: InMemoryProduct
    private let ada: User
    private let acme: TenantAccess
    private var database: TenantDatabase { acme.tenant.database }

    init() throws {
        product = try InMemoryProduct()
        ada = try product.register("ada")
        acme = try product.tenant(by: ada)
    }

    /// An upload that was pushed and not committed: its grant and its object's key.
    private func pushed(_ content: String) throws -> (grant: String, key: String) {
        let grant = try product.grant(ada, acme)
        guard case .push(let target) = try product.uploads.resolve(.of(content, grant)) else {
            throw ErrorAnswer(.internalError)
        }
        product.objects.put(target.key)
        return (grant, target.key)
    }

    @Test func uploadUnderWayIsLeftAlone() throws {
        let upload = try pushed("a")
        product.clock.advance(by: .seconds(6 * 3600 - 1))
        #expect(try product.sweeper.sweep(database) == 0)
        #expect(product.objects.keys == [upload.key])
        guard case .created = try product.uploads.commit(SettleUpload(grant: upload.grant)) else {
            return #expect(Bool(false), "not created")
        }
    }

    @Test func uploadThatNeverEndedLeavesNothing() throws {
        _ = try pushed("a")
        product.clock.advance(by: .seconds(6 * 3600 + 1))
        #expect(try product.sweeper.sweep(database) == 1)
        #expect(product.objects.keys.isEmpty)
        #expect(try product.sweeper.sweep(database) == 0)
    }

    @Test func abandonedUploadIsSweptAtOnce() throws {
        let upload = try pushed("a")
        try product.uploads.abandon(SettleUpload(grant: upload.grant))
        #expect(try product.sweeper.sweep(database) == 1)
        #expect(product.objects.removed == [upload.key])
    }

    @Test func committedUploadKeepsItsObjectAndIsForgottenInTime() throws {
        let document = try product.upload("a", by: ada, to: acme)
        product.clock.advance(by: .seconds(6 * 3600 + 1))
        #expect(try product.sweeper.sweep(database) == 0)
        #expect(product.objects.keys == [document.file.key])
        let left = try product.data.inTenant(database, .write) { tenant throws(ErrorAnswer) in
            try tenant.uploads.pruneCommitted(expiredBefore: Timestamp(seconds: 4_000_000_000))
        }
        #expect(left == 0)
    }

    @Test func storeThatIsAwayIsTriedAgain() throws {
        let upload = try pushed("a")
        try product.uploads.abandon(SettleUpload(grant: upload.grant))
        product.objects.setAway(true)
        #expect(refusal { try product.sweeper.sweep(database) } == .storageUnavailable)
        product.objects.setAway(false)
        #expect(try product.sweeper.sweep(database) == 1)
        #expect(product.objects.keys.isEmpty)
    }

    @Test func intentIsGivenUpBeforeItsObjectGoes() throws {
        let upload = try pushed("a")
        product.clock.advance(by: .seconds(6 * 3600 + 1))
        product.objects.setAway(true)
        _ = try? product.sweeper.sweep(database)
        // Were the grant still good, its commit would come too late.
        let state = try product.data.inTenant(database, .read) { [product] tenant throws(ErrorAnswer) in
            try tenant.uploads.leftovers(at: product.clock.now(), limit: 9).map(\.state)
        }
        #expect(state == [.abandoned] && product.objects.keys == [upload.key])
    }
}

extension ResolveUpload {
    fileprivate static func of(_ content: String, _ grant: String) -> ResolveUpload {
        InMemoryProduct.resolution(of: content, grant: grant)
    }
}
