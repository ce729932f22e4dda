import Base
import Contract
import Domain
import TestSupport
import Testing

@Suite struct AuditTests {
    private let product: InMemoryProduct
    private let ada: User
    private let origin = RequestOrigin(address: "192.0.2.7", requestID: "r-1")
    private let acme: TenantAccess

    init() throws {
        product = try InMemoryProduct()
        ada = try product.register("ada")
        let access = try product.tenant(by: ada)
        acme = TenantAccess(tenant: access.tenant, userID: ada.id, role: .admin, origin: origin)
    }

    @Test func changeAndEntryAreOneTransaction() throws {
        let document = try product.upload("one", by: ada, to: acme).id
        product.clock.advance(by: .seconds(1))
        try product.documents.delete(document, in: acme)
        let entries = product.data.audit(of: acme.tenant.database)
        #expect(entries.map(\.action) == [.uploadDocument, .deleteDocument])
        #expect(entries.allSatisfy { $0.actorID == ada.id && $0.target == document.description })
        #expect(entries.last?.origin == origin && entries.last?.result == .success)

        #expect(refusal { try product.documents.delete(document, in: acme) } == .documentNotFound)
        #expect(product.data.audit(of: acme.tenant.database).count == 2, "a change that did not happen has no entry")
    }

    @Test func repeatedCommitIsOneEntry() throws {
        let grant = try product.grant(ada, acme)
        _ = try product.uploads.resolve(InMemoryProduct.resolution(of: "x", grant: grant))
        _ = try product.uploads.commit(SettleUpload(grant: grant))
        _ = try product.uploads.commit(SettleUpload(grant: grant))
        #expect(product.data.audit(of: acme.tenant.database).map(\.action) == [.uploadDocument])
    }

    @Test func membersChangesReachTheTrailByAnEvent() throws {
        let bob = try product.register("bob")
        _ = try product.members.add(.id(bob.id), role: .user, to: acme)
        #expect(product.data.audit(of: acme.tenant.database).isEmpty)
        let event = try #require(product.data.events().last { $0.type == .auditLog })
        let entry = try #require(AuditEntry(event: event))
        #expect(entry.action == .addMember && entry.target == bob.id.description && entry.actorID == ada.id)
        #expect(
            entry.origin == origin && entry.tenantID == acme.tenant.id && entry.details == ["role": .string("user")])
        #expect(entry.time == event.time)

        let audit = AuditService(data: product.data)
        try audit.append(entry, to: acme.tenant.database)
        try audit.append(entry, to: acme.tenant.database)
        #expect(product.data.audit(of: acme.tenant.database) == [entry], "a second delivery is no second entry")
    }

    @Test func eventWithoutAnEntryIsNone() {
        let event = Event(.auditLog, tenant: acme.tenant.id, user: ada.id, at: product.clock.now())
        #expect(AuditEntry(event: event) == nil)
        let badTarget = Event(
            .auditLog, tenant: acme.tenant.id, user: nil, at: product.clock.now(),
            data: ["action": .string("member.add"), "result": .string("success"), "target_id": .string("x'); --")])
        #expect(AuditEntry(event: badTarget) == nil)
    }

    @Test func whatBelongsToNoTenantIsInTheMainTrail() throws {
        let session = try product.session(ada)
        try product.auth.logout(session)
        let actions = product.data.audit().map(\.action)
        #expect(actions.count == 4 && Set(actions) == [.register, .createTenant, .login, .logout])
    }

    @Test func queueWritesWhatWaitsWhenItStops() throws {
        let queue = AuditQueue(data: product.data, log: Log(component: "test") { _ in })
        queue.start()
        for _ in 0..<20 {
            queue.record(
                AuditEntry(.refusedRequest, by: ada.id, from: origin, at: product.clock.now(), refused: .forbidden),
                in: acme.tenant.database)
        }
        queue.record(
            AuditEntry(.login, by: nil, from: origin, at: product.clock.now(), refused: .invalidCredentials), in: nil)
        queue.stop()
        #expect(product.data.audit(of: acme.tenant.database).count == 20)
        #expect(product.data.audit().contains { $0.errorCode == "INVALID_CREDENTIALS" })
    }

    @Test func fullQueueDropsAndCounts() throws {
        let lines = Condition<[String]>([])
        let log = Log(component: "test") { line in
            lines.update { $0.append(String(decoding: line, as: UTF8.self)) }
        }
        let queue = AuditQueue(data: product.data, log: log, capacity: 3)
        let entry = { AuditEntry(.login, by: nil, from: origin, at: product.clock.now(), refused: .invalidCredentials) }
        let before = product.data.audit().count
        for _ in 0..<5 { queue.record(entry(), in: nil) }
        queue.start()
        queue.stop()
        #expect(product.data.audit().count == before + 3)
        let warnings = lines.withLock { $0.filter { $0.contains("audit entries dropped") } }
        #expect(warnings.count == 1 && warnings.first?.contains("\"audit.entries\":2") == true)
    }

    @Test func databaseThatIsAwayCostsEntriesAndNothingElse() throws {
        let lines = Condition<[String]>([])
        let log = Log(component: "test") { line in
            lines.update { $0.append(String(decoding: line, as: UTF8.self)) }
        }
        let queue = AuditQueue(data: product.data, log: log)
        product.data.setCut(true, database: acme.tenant.database.name)
        queue.record(
            AuditEntry(.refusedRequest, by: ada.id, from: origin, at: product.clock.now(), refused: .forbidden),
            in: acme.tenant.database)
        queue.start()
        queue.stop()
        #expect(lines.withLock { $0.contains { $0.contains("audit entries lost") } })
    }

    @Test func cursorsReadBackAndNothingElse() throws {
        let entry = AuditEntry(.login, by: ada.id, from: origin, at: product.clock.now())
        let cursor = AuditCursor(after: entry)
        #expect(try AuditCursor(validating: cursor.text) == cursor)
        for text in ["", "x", "W10", String(cursor.text.dropLast(3))] {
            #expect(problem(text, AuditCursor.init(validating:)) == "must be a next_cursor of this list")
        }
    }
}
