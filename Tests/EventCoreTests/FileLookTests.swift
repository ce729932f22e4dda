import Base
import Contract
import Domain
import EventCore
import TestSupport
import Testing

@Suite struct FileLookTests {
    private let fixture: EventFixture
    private let document: Document
    private let first = ScriptedInspector(FileInspection(inspectedAt: Timestamp(seconds: 0), scan: .clean))
    private let second = ScriptedInspector(FileInspection(inspectedAt: Timestamp(seconds: 0), pageCount: 3))
    private var product: InMemoryProduct { fixture.product }
    private var acme: TenantAccess { fixture.acme }

    init() throws {
        fixture = try EventFixture()
        document = try fixture.product.upload("content", by: fixture.ada, to: fixture.acme)
        fixture.product.objects.put(
            document.file.key, size: document.file.size, sha256: document.file.sha256)
    }

    private func deliver(_ type: EventType, through place: EventPlace? = nil) throws {
        let look = FileLook(
            data: product.data, tenants: LivingTenants(data: product.data), objects: product.objects,
            inspectors: [first, second], clock: product.clock,
            log: Log(component: "test", level: .error, sink: { _ in }))
        let event = Event(
            type, tenant: acme.tenant.id, user: nil, at: product.clock.now(),
            data: ["file_id": .string(document.file.id.description)])
        try product.data.at(place ?? .tenant(acme.tenant.database), .write) { home throws(ErrorAnswer) in
            if type == .fileProcess {
                try FileProcessHandler(files: look).record(event, in: home)
            } else {
                try DocumentUploadedHandler(files: look).record(event, in: home)
            }
        }
    }

    private func inspection() throws -> FileInspection? {
        try product.documents.find(document.id, in: acme.tenant.database).file.inspection
    }

    private func quarantines() -> [AuditEntry] {
        product.data.audit(of: acme.tenant.database).filter { $0.action == .quarantineFile }
    }

    private func download() throws(ErrorAnswer) { _ = try product.documents.download(document.id, in: acme) }

    @Test(arguments: [false, true]) func whatIsFoundIsShown(_ isParked: Bool) throws {
        second.find(FileInspection(inspectedAt: Timestamp(seconds: 0), pageCount: 3, scan: .clean))
        try deliver(.documentUploaded, through: isParked ? .main : nil)
        #expect(
            try inspection() == FileInspection(inspectedAt: product.clock.now(), pageCount: 3, scan: .clean))
        try download()
    }

    @Test func contentIsLookedAtOnceUnlessItIsAskedFor() throws {
        try deliver(.documentUploaded)
        try deliver(.documentUploaded)
        #expect(first.looks == 1 && second.looks == 1)
        try deliver(.fileProcess)
        #expect(first.looks == 2 && second.looks == 2)
    }

    @Test func infectedFileIsOpenedByNothingElseAndCannotBeDownloaded() throws {
        first.find(FileInspection(inspectedAt: Timestamp(seconds: 0), scan: .infected, threat: "Test"))
        try deliver(.documentUploaded)
        #expect(second.looks == 0)
        #expect(throws: ErrorAnswer(.fileInfected)) { try download() }
        #expect(throws: ErrorAnswer(.fileInfected)) {
            try product.documents.findDownload(document.id, tenant: acme.tenant.id)
        }
        #expect(quarantines().map(\.target) == [document.file.id.description])
        #expect(quarantines().first?.details == ["threat": .string("Test")])
        try deliver(.fileProcess)
        #expect(quarantines().count == 1, "told once")
        try product.documents.delete(document.id, in: acme)
    }

    @Test func scanThatFindsNothingAnyMoreSetsTheFileFree() throws {
        first.find(FileInspection(inspectedAt: Timestamp(seconds: 0), scan: .infected, threat: "Mistake"))
        try deliver(.documentUploaded)
        first.find(FileInspection(inspectedAt: Timestamp(seconds: 0), scan: .clean))
        second.find(FileInspection(inspectedAt: Timestamp(seconds: 0), scan: .clean))
        try deliver(.fileProcess)
        #expect(try inspection()?.scan == .clean && (try inspection())?.threat == nil)
        try download()
    }

    @Test func lookThatFailsIsTakenAgain() throws {
        second.fail(with: ErrorAnswer(.serviceUnavailable))
        #expect(throws: ErrorAnswer(.serviceUnavailable)) { try deliver(.documentUploaded) }
        #expect(try inspection() == nil)
        second.fail(with: nil)
        try deliver(.documentUploaded)
        #expect(try inspection()?.pageCount == 3)
    }

    @Test func damagedObjectIsNotLookedAt() throws {
        product.objects.put(document.file.key, size: 1, sha256: "")
        #expect(throws: (any Error).self) { try deliver(.documentUploaded) }
        #expect(first.looks == 0)
    }
}
