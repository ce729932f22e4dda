import Base
import Contract
import Domain

/// The main database's tables.
final class InMemoryMainTables {
    let users = InMemoryTable<UserID, InMemoryUsers.Row>()
    let tenants = InMemoryTable<TenantID, InMemoryTenants.Row>()
    let memberships = InMemoryTable<InMemoryMemberships.Key, InMemoryMemberships.Row>()
    let families = InMemoryTable<TokenFamilyID, InMemoryTokens.Row>()
    let outbox = InMemoryTable<EventID, InMemoryOutbox.Entry>()
    let dead = InMemoryTable<EventID, InMemoryOutbox.Entry>()
    let inbox = InMemoryTable<InMemoryInbox.Key, Timestamp>()
    let backlogs = InMemoryTable<TenantID, EventBacklog>()
    let workers = InMemoryTable<String, WorkerHeartbeat>()
    let replays = InMemoryTable<Int64, InMemoryEventOperations.Replay>()
    let eventCounts = InMemoryTable<String, EventCount>()
    let rejected = InMemoryTable<MessagePlace, RejectedMessage>()
    let purges = InMemoryTable<TenantID, InMemoryTenantPurges.Row>()
    let deletions = InMemoryTable<TenantID, TenantDeletion>()
    let audit = InMemoryTable<AuditEntryID, AuditEntry>()
    let demo = InMemoryTable<EventID, DemoMessage>()
    let loginAttempts = InMemoryTable<String, LoginAttempts>()
    let loginAddresses = InMemoryTable<InMemoryLogins.Place, Timestamp>()
    /// Databases that wait for tenants, by number.
    let spares = InMemoryTable<Int, Bool>()
    /// Whose tenant databases a claim adds to.
    weak var databases: InMemoryUnitOfWork?

    func repositories(_ transaction: InMemoryTransaction, _ clock: any WallClock) -> MainRepositories {
        let outbox = InMemoryOutbox(outbox: outbox, dead: dead, transaction: transaction, clock: clock)
        return MainRepositories(
            users: InMemoryUsers(tables: self, transaction: transaction),
            tenants: InMemoryTenants(tables: self, transaction: transaction),
            memberships: InMemoryMemberships(tables: self, transaction: transaction),
            tokens: InMemoryTokens(tables: self, transaction: transaction), events: outbox, outbox: outbox,
            inbox: InMemoryInbox(inbox: inbox, transaction: transaction), deadLetters: outbox,
            operations: InMemoryEventOperations(
                backlogs: backlogs, workers: workers, replays: replays, rejectedMessages: rejected, counts: eventCounts,
                transaction: transaction),
            audit: InMemoryAudit(audit: audit, transaction: transaction),
            demo: InMemoryDemo(tables: self, transaction: transaction),
            logins: InMemoryLogins(tables: self, transaction: transaction),
            purges: InMemoryTenantPurges(tables: self, transaction: transaction))
    }
}

/// A tenant database's tables.
final class InMemoryTenantTables {
    let files = InMemoryTable<FileID, InMemoryFiles.Row>()
    let documents = InMemoryTable<DocumentID, Document>()
    let uploads = InMemoryTable<UploadID, UploadIntent>()
    let uploadKeys = InMemoryTable<String, UploadKey>()
    let reservations = InMemoryTable<UploadID, InMemoryUploads.Reservation>()
    let outbox = InMemoryTable<EventID, InMemoryOutbox.Entry>()
    let dead = InMemoryTable<EventID, InMemoryOutbox.Entry>()
    let inbox = InMemoryTable<InMemoryInbox.Key, Timestamp>()
    let audit = InMemoryTable<AuditEntryID, AuditEntry>()

    func repositories(_ transaction: InMemoryTransaction, _ clock: any WallClock) -> TenantRepositories {
        let outbox = InMemoryOutbox(outbox: outbox, dead: dead, transaction: transaction, clock: clock)
        return TenantRepositories(
            documents: InMemoryDocuments(tables: self, transaction: transaction),
            files: InMemoryFiles(tables: self, transaction: transaction, clock: clock),
            uploads: InMemoryUploads(tables: self, transaction: transaction), events: outbox, outbox: outbox,
            inbox: InMemoryInbox(inbox: inbox, transaction: transaction), deadLetters: outbox,
            audit: InMemoryAudit(audit: audit, transaction: transaction))
    }
}

extension Page {
    /// The requested part of a whole list.
    init(of all: [Element], _ request: PageRequest) {
        let elements = all.dropFirst(Int(request.offset)).prefix(request.perPage)
        self.init(Array(elements), request: request, total: Int64(all.count))
    }
}
