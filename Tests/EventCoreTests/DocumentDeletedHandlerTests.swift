import Base
import Contract
import Domain
import EventCore
import TestSupport
import Testing

@Suite struct DocumentDeletedHandlerTests {
    private let fixture: EventFixture
    private let handler: DocumentDeletedHandler
    private var product: InMemoryProduct { fixture.product }
    private var acme: TenantAccess { fixture.acme }

    init() throws {
        fixture = try EventFixture()
        handler = DocumentDeletedHandler(data: fixture.product.data, files: fixture.product.files)
    }

    private func event(_ file: FileID?, tenant: TenantID? = nil) -> Event {
        Event(
            .documentDeleted, tenant: tenant ?? acme.tenant.id, user: nil, at: product.clock.now(),
            data: file.map { ["file_id": .string($0.description)] } ?? [:])
    }

    private func refusal(_ event: Event) -> ErrorCode? {
        do {
            try handler.handle(event)
            return nil
        } catch {
            return error.code
        }
    }

    private func upload(_ content: String) throws -> Document {
        try product.upload(content, by: fixture.ada, to: acme)
    }

    @Test func deletionOfTheLastDocumentRemovesTheFile() throws {
        let document = try upload("a")
        try product.documents.delete(document.id, in: acme)
        fixture.relay.run(timeout: .zero)
        #expect(product.objects.removed == [document.file.key])
        #expect(product.data.events(of: acme.tenant.database).isEmpty)
    }

    @Test func fileOfAnotherDocumentStays() throws {
        let document = try upload("a")
        _ = try upload("a")
        try product.documents.delete(document.id, in: acme)
        fixture.relay.run(timeout: .zero)
        #expect(product.objects.keys == [document.file.key])
        #expect(product.data.events(of: acme.tenant.database).isEmpty)
    }

    @Test func forgedEventForALiveDocumentDoesNothing() throws {
        let document = try upload("a")
        #expect(refusal(event(document.file.id)) == nil)
        #expect(product.objects.keys == [document.file.key])
    }

    @Test func repeatedEventHasNoFurtherEffect() throws {
        let document = try upload("a")
        try product.documents.delete(document.id, in: acme)
        let event = event(document.file.id)
        #expect(refusal(event) == nil && refusal(event) == nil)
        #expect(product.objects.removed == [document.file.key])
        let again = try upload("a")
        #expect(refusal(event) == nil)
        #expect(product.objects.keys == [again.file.key])
    }

    @Test func unknownFileIsDoneAlready() { #expect(refusal(event(.random())) == nil) }

    @Test(arguments: [TenantState.deleting, .purged])
    func tenantThatIsGoneIsLeftToItsPurge(_ state: TenantState) throws {
        let document = try upload("a")
        try product.documents.delete(document.id, in: acme)
        try product.setState(state, of: acme.tenant.id)
        #expect(refusal(event(document.file.id)) == nil)
        #expect(refusal(event(document.file.id, tenant: .random())) == nil)
        #expect(product.objects.removed.isEmpty)
    }

    @Test func eventWithoutAFileFails() { #expect(refusal(event(nil)) == .validationError) }

    @Test func storeThatIsAwayLeavesTheRestToHousekeeping() throws {
        let document = try upload("a")
        try product.documents.delete(document.id, in: acme)
        product.objects.setAway(true)
        fixture.relay.run(timeout: .zero)
        #expect(product.data.events(of: acme.tenant.database).count == 1)
        product.objects.setAway(false)
        product.clock.advance(by: .seconds(61))
        fixture.relay.run(timeout: .zero)
        fixture.housekeeping.sweep { true }
        #expect(product.objects.removed == [document.file.key])
        #expect(product.data.events(of: acme.tenant.database).isEmpty)
    }
}
