import Base
import Contract
import Domain
import TestSupport
import Testing

@Suite struct FileProcessingTests {
    private let product: InMemoryProduct
    private let ada: User
    private let acme: TenantAccess
    private let processing: FileProcessing

    init() throws {
        product = try InMemoryProduct()
        ada = try product.register("ada")
        acme = try product.tenant(by: ada)
        processing = FileProcessing(data: product.data, doorbell: product.doorbell, clock: product.clock)
    }

    private func requested() -> [String] {
        product.data.events(of: acme.tenant.database).filter { $0.type == .fileProcess }.compactMap {
            $0.data["file_id"]?.string
        }
    }

    @Test func allLiveFilesAreAskedForOnceAndTheTenantIsRung() throws {
        let files = try (0..<3).map { try product.upload("content \($0)", by: ada, to: acme).file.id }
        #expect(try processing.request(nil, in: acme.tenant) == 3)
        #expect(Set(requested()) == Set(files.map(\.description)))
        #expect(try product.doorbell.rungOutboxes().contains(.tenant(acme.tenant.id)))
    }

    @Test func oneFileMayBeMeant() throws {
        let files = try (0..<2).map { try product.upload("content \($0)", by: ada, to: acme).file.id }
        #expect(try processing.request(files[1], in: acme.tenant) == 1)
        #expect(requested() == [files[1].description])
        let error = #expect(throws: ErrorAnswer.self) { try processing.request(.random(), in: acme.tenant) }
        #expect(error?.code == .fileNotFound)
    }
}
