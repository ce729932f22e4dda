import Base
import Contract
import Domain
import TestSupport
import Testing

@Suite struct FileServiceTests {
    private let product: InMemoryProduct
    private let ada: User
    private let acme: TenantAccess
    private var database: TenantDatabase { acme.tenant.database }

    init() throws {
        product = try InMemoryProduct()
        ada = try product.register("ada")
        acme = try product.tenant(by: ada)
    }

    private func orphan(_ content: String) throws -> StoredFile {
        let document = try product.upload(content, by: ada, to: acme)
        try product.documents.delete(document.id, in: acme)
        return document.file
    }

    private func isFound(_ file: StoredFile) -> Bool {
        refusal { try product.files.find(file.id, documents: PageRequest(), in: acme) } != .fileNotFound
    }

    private func total() throws -> FileStatistics {
        try product.files.list(page: PageRequest(), withUsage: false, in: acme).statistics
    }

    @Test func fileIsShownWithItsDocuments() throws {
        let first = try product.upload("same", by: ada, to: acme, filename: "a.txt")
        product.clock.advance(by: .seconds(1))
        let second = try product.upload("same", by: ada, to: acme, filename: "b.txt")
        let (usage, documents) = try product.files.find(first.file.id, documents: PageRequest(), in: acme)
        #expect(usage.file == first.file && usage.documentCount == 2)
        #expect(documents.elements.map(\.id) == [second.id, first.id] && documents.total == 2)
    }

    @Test func usageIsCountedOnRequestOnly() throws {
        _ = try product.upload("12345", by: ada, to: acme)
        _ = try orphan("123")
        let plain = try product.files.list(page: PageRequest(), withUsage: false, in: acme)
        #expect(plain.files.elements.allSatisfy { $0.documentCount == nil } && plain.files.total == 2)
        #expect(plain.statistics == FileStatistics(totalFiles: 2, totalBytes: 8))
        let counted = try product.files.list(page: PageRequest(), withUsage: true, in: acme).files.elements
        #expect(counted.compactMap(\.documentCount).sorted() == [0, 1])
    }

    @Test func unusedFileGoesWithItsObject() throws {
        let file = try orphan("x")
        try product.files.delete(file.id, in: database)
        #expect(product.objects.removed == [file.key] && !isFound(file))
        #expect(try total() == FileStatistics(totalFiles: 0, totalBytes: 0))
        #expect(refusal { try product.files.delete(file.id, in: database) } == .fileNotFound)
    }

    @Test func usedFileStays() throws {
        let document = try product.upload("x", by: ada, to: acme)
        #expect(refusal { try product.files.delete(document.file.id, in: database) } == .fileInUse)
        #expect(isFound(document.file) && product.objects.keys == [document.file.key])
    }

    @Test func unknownFileIsNotFound() {
        #expect(refusal { try product.files.delete(.random(), in: database) } == .fileNotFound)
    }

    @Test func removalThatTheStoreBrokeOffIsFinishedLater() throws {
        let file = try orphan("x")
        product.objects.setAway(true)
        #expect(refusal { try product.files.delete(file.id, in: database) } == .storageUnavailable)
        #expect(!isFound(file) && product.objects.keys == [file.key])
        product.objects.setAway(false)
        try product.files.finishRemovals(in: database)
        #expect(product.objects.keys == [file.key])  // whoever began it may be at it still
        product.clock.advance(by: .seconds(61))
        try product.files.finishRemovals(in: database)
        #expect(product.objects.keys.isEmpty && product.objects.removed == [file.key])
        try product.files.finishRemovals(in: database)
        #expect(product.objects.removed.count == 1)
    }

    @Test func sameContentDuringARemovalBecomesANewFile() throws {
        let old = try orphan("x")
        product.objects.setAway(true)
        _ = try? product.files.delete(old.id, in: database)
        product.objects.setAway(false)
        let document = try product.upload("x", by: ada, to: acme)
        #expect(document.file.id != old.id && document.file.key != old.key)
        product.clock.advance(by: .seconds(61))
        try product.files.finishRemovals(in: database)
        #expect(product.objects.keys == [document.file.key] && isFound(document.file))
    }

    @Test func orphansAreDeletedAndTheRestIsKept() throws {
        let kept = try product.upload("kept", by: ada, to: acme)
        for index in 0..<3 { _ = try orphan("orphan \(index)") }
        let report = try product.files.deleteOrphans(in: database)
        #expect(report.checked == 3 && report.deleted == 3 && report.failed == 0)
        #expect(product.objects.keys == [kept.file.key])
    }

    @Test func youngOrphansAreLeftAloneWhenAsked() throws {
        let old = try orphan("old")
        product.clock.advance(by: .seconds(100))
        let young = try orphan("young")
        let report = try product.files.deleteOrphans(minimumAge: .seconds(60), in: database)
        #expect(report.deleted == 1 && product.objects.removed == [old.key] && isFound(young))
    }

    @Test func storeThatFailsIsCounted() throws {
        for index in 0..<3 { _ = try orphan("orphan \(index)") }
        product.objects.setAway(true)
        let report = try product.files.deleteOrphans(in: database)
        #expect(report.checked == 3 && report.deleted == 0 && report.failed == 3)
    }

    @Test func moreOrphansThanOneBatchAreDeleted() throws {
        for index in 0..<205 { _ = try orphan("orphan \(index)") }
        #expect(try product.files.deleteOrphans(in: database).deleted == 205)
        #expect(product.objects.keys.isEmpty)
    }
}
