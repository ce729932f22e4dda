import Base
import Contract
import Domain
import EventCore
import TestSupport
import Testing

@Suite struct HandlerTests {
    private let fixture: EventFixture
    private var product: InMemoryProduct { fixture.product }
    private var acme: TenantAccess { fixture.acme }
    private var living: LivingTenants { LivingTenants(data: product.data) }

    init() throws { fixture = try EventFixture() }

    private func event(_ type: EventType, tenant: TenantID? = nil, data: [String: JSONValue] = [:]) -> Event {
        Event(type, tenant: tenant ?? acme.tenant.id, user: fixture.ada.id, at: product.clock.now(), data: data)
    }

    private func refusal(_ body: () throws(ErrorAnswer) -> Void) -> ErrorCode? {
        do {
            try body()
            return nil
        } catch {
            return error.code
        }
    }

    /// Both parts, in the tenant's database or in the main one.
    private func run(_ handler: some EventHandler, on event: Event, inMain: Bool = false) throws(ErrorAnswer) {
        let place = inMain ? EventPlace.main : .tenant(acme.tenant.database)
        try product.data.at(place, .write) { home throws(ErrorAnswer) in
            try handler.act(on: event)
            try handler.record(event, in: home)
        }
    }

    // MARK: - audit.log

    private var auditLog: AuditLogHandler {
        AuditLogHandler(data: product.data, audit: AuditService(data: product.data))
    }

    private func trail() -> [AuditEntry] { product.data.audit(of: acme.tenant.database) }

    @Test func auditEntryReachesTheTenantsTrailOnce() throws {
        let entry = AuditEntry(
            .addMember, by: fixture.ada.id, from: RequestOrigin(address: "192.0.2.1", requestID: "r"),
            tenant: acme.tenant.id, at: product.clock.now())
        let event = Event(audit: entry, of: acme.tenant.id)
        try run(auditLog, on: event)
        try run(auditLog, on: event, inMain: true)
        #expect(trail() == [AuditEntry(event: event)])
    }

    @Test func auditEntryThatIsNoneIsRefused() {
        #expect(refusal { () throws(ErrorAnswer) in try run(auditLog, on: event(.auditLog)) } == .validationError)
    }

    @Test func auditEntryOfADeletedTenantIsLeft() throws {
        try product.setState(.deleting, of: acme.tenant.id)
        let entry = AuditEntry(
            .addMember, by: nil, from: RequestOrigin(address: "", requestID: ""), at: product.clock.now())
        try run(auditLog, on: Event(audit: entry, of: acme.tenant.id), inMain: true)
        try run(auditLog, on: Event(audit: entry, of: .random()), inMain: true)
        #expect(trail().isEmpty)
    }

    // MARK: - demo

    @Test func demoMessageIsShownToItsSenderOnce() throws {
        let demo = DemoService(data: product.data, doorbell: product.doorbell, clock: product.clock)
        let handler = DemoHandler(demo: demo)
        let message = event(
            .demo, tenant: .noTenant, data: ["topic": .string("demo.x"), "message": .string("hello")])
        try handler.act(on: message)
        try handler.act(on: message)
        #expect(try demo.consumed(by: fixture.ada.id, limit: 10).map(\.message) == [.string("hello")])
        #expect(refusal { () throws(ErrorAnswer) in try handler.act(on: event(.demo)) } == .validationError)
        let foreign = event(.demo, data: ["topic": .string("tenant.deleted"), "message": .string("x")])
        #expect(refusal { () throws(ErrorAnswer) in try handler.act(on: foreign) } == .validationError)
    }

    // MARK: - file.process, document.uploaded

    private var look: FileLook {
        FileLook(
            data: product.data, tenants: living, objects: product.objects, clock: product.clock,
            log: Log(component: "test", level: .error, sink: { _ in }))
    }

    private var fileProcess: FileProcessHandler { FileProcessHandler(files: look) }

    private var documentUploaded: DocumentUploadedHandler { DocumentUploadedHandler(files: look) }

    private func about(_ document: Document, _ type: EventType) -> Event {
        event(type, data: ["file_id": .string(document.file.id.description)])
    }

    /// A stored file whose object is whole.
    private func upload() throws -> Document {
        let document = try product.upload("content", by: fixture.ada, to: acme)
        product.objects.put(document.file.key, size: document.file.size, sha256: document.file.sha256)
        return document
    }

    @Test func wholeObjectIsFoundWhole() throws {
        let document = try upload()
        try run(fileProcess, on: about(document, .fileProcess))
        try run(documentUploaded, on: about(document, .documentUploaded))
    }

    @Test(arguments: [(Int64(7), "0"), (Int64(6), nil)])
    func damagedObjectIsTold(_ size: Int64, _ sha256: String?) throws {
        let document = try upload()
        product.objects.put(document.file.key, size: size, sha256: sha256 ?? document.file.sha256)
        let refused = refusal { () throws(ErrorAnswer) in try run(fileProcess, on: about(document, .fileProcess)) }
        #expect(refused == .storageUnavailable)
    }

    @Test func missingOrShortObjectOfAnUploadIsTold() throws {
        let document = try upload()
        product.objects.put(document.file.key, size: 1, sha256: document.file.sha256)
        let event = about(document, .documentUploaded)
        #expect(refusal { () throws(ErrorAnswer) in try run(documentUploaded, on: event) } == .storageUnavailable)
        try product.objects.remove(key: document.file.key)
        #expect(refusal { () throws(ErrorAnswer) in try run(documentUploaded, on: event) } == .storageUnavailable)
        let process = about(document, .fileProcess)
        #expect(refusal { () throws(ErrorAnswer) in try run(fileProcess, on: process) } == .storageUnavailable)
    }

    @Test(arguments: [EventType.fileProcess, .documentUploaded])
    func fileThatIsGoneIsNoTrouble(_ type: EventType) throws {
        let document = try upload()
        try product.documents.delete(document.id, in: acme)
        try fixture.deliver(acme.tenant)
        let event = about(document, type)
        try type == .fileProcess ? run(fileProcess, on: event) : run(documentUploaded, on: event)
        try product.setState(.deleting, of: acme.tenant.id)
        try type == .fileProcess ? run(fileProcess, on: event) : run(documentUploaded, on: event)
    }

    @Test func eventThatNamesNoFileIsRefused() {
        #expect(refusal { () throws(ErrorAnswer) in try run(fileProcess, on: event(.fileProcess)) } == .validationError)
        let uploaded = event(.documentUploaded)
        #expect(refusal { () throws(ErrorAnswer) in try run(documentUploaded, on: uploaded) } == .validationError)
    }

    @Test func eventOfAnUnknownTenantIsRefused() {
        let stranger = event(
            .fileProcess, tenant: .random(), data: ["file_id": .string(FileID.random().description)])
        #expect(
            refusal { () throws(ErrorAnswer) in try run(fileProcess, on: stranger, inMain: true) } == .tenantNotFound)
    }

    // MARK: - tenant.created, tenant.deleted

    @Test func lostDatabaseOfACreatedTenantIsToldAndNotMadeAnew() throws {
        let handler = TenantCreatedHandler(tenants: living, provisioner: product.provisioner)
        try handler.act(on: event(.tenantCreated))
        product.data.dropDatabase(acme.tenant.database.name)
        #expect(refusal { () throws(ErrorAnswer) in try handler.act(on: event(.tenantCreated)) } != nil)
        #expect(!product.data.databases.contains(acme.tenant.database.name))
        try product.setState(.deleting, of: acme.tenant.id)
        try handler.act(on: event(.tenantCreated))  // nothing to be done for a deleted tenant
        let stranger = event(.tenantCreated, tenant: .random())
        #expect(refusal { () throws(ErrorAnswer) in try handler.act(on: stranger) } == .tenantNotFound)
    }

    @Test func deletedTenantIsLetGoOfAndALivingOneIsNot() throws {
        let closed = Condition<[String]>([])
        let handler = TenantDeletedHandler(data: product.data, clock: product.clock) { database in
            closed.withLock { $0.append(database.name) }
        }
        try handler.act(on: event(.tenantDeleted))
        #expect(closed.withLock { $0 }.isEmpty, "a forged event for a living tenant does nothing")
        try product.setState(.deleting, of: acme.tenant.id)
        try handler.act(on: event(.tenantDeleted))
        #expect(closed.withLock { $0 } == [acme.tenant.database.name])
        try handler.act(on: event(.tenantDeleted, tenant: .random()))
    }
}
