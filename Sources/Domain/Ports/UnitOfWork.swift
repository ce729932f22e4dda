package import Contract

/// The only way to data: repositories exist inside these closures and nowhere else.
///
/// The tenant is a value that the caller holds, never ambient state. All calls block the calling thread.
package protocol UnitOfWork: Sendable {
    /// Runs the closure on the main database.
    ///
    /// - Parameter access: with `.write` and `.redoable` the closure is one transaction, run again (at most 5 times) when
    ///   the database reports a serialisation failure or a deadlock, so it must have no other effects.
    /// - Throws: what the closure throws, after a roll-back; `.serviceUnavailable` when the database cannot be
    ///   reached or no connection came free in time.
    func inMain<R>(
        _ access: DataAccess, _ body: (MainRepositories) throws(ErrorAnswer) -> R
    ) throws(ErrorAnswer) -> R

    /// Runs the closure on the tenant's own database, in the same way.
    func inTenant<R>(
        _ tenant: TenantDatabase, _ access: DataAccess, _ body: (TenantRepositories) throws(ErrorAnswer) -> R
    ) throws(ErrorAnswer) -> R
}

/// What a closure does to the data.
package enum DataAccess: Equatable, Sendable {
    /// Single statements that change nothing.
    case read
    /// One transaction.
    case write
    /// One transaction that is done again if a crash of the server undoes it: it does not wait for the disk.
    case redoable
    /// Single statements that may change something, each a transaction of its own; none is run again.
    case statement
    /// One transaction of the main database, left open: whoever asked for the effect commits it with its answer.
    case effect(RequestEffect)
}

/// The main database.
package struct MainRepositories {
    package let users: any UserRepository
    package let tenants: any TenantRepository
    package let memberships: any MembershipRepository
    package let tokens: any TokenRepository
    package let events: any EventSink
    package let outbox: any OutboxRepository
    package let inbox: any InboxRepository
    package let deadLetters: any DeadLetterRepository
    package let operations: any EventOperations
    package let audit: any AuditRepository
    package let demo: any DemoRepository
    package let logins: any LoginRepository
    package let purges: any TenantPurgeRepository

    package init(
        users: any UserRepository, tenants: any TenantRepository, memberships: any MembershipRepository,
        tokens: any TokenRepository, events: any EventSink, outbox: any OutboxRepository, inbox: any InboxRepository,
        deadLetters: any DeadLetterRepository, operations: any EventOperations, audit: any AuditRepository,
        demo: any DemoRepository, logins: any LoginRepository, purges: any TenantPurgeRepository
    ) {
        self.users = users
        self.tenants = tenants
        self.memberships = memberships
        self.tokens = tokens
        self.events = events
        self.outbox = outbox
        self.inbox = inbox
        self.deadLetters = deadLetters
        self.operations = operations
        self.audit = audit
        self.demo = demo
        self.logins = logins
        self.purges = purges
    }
}

/// One tenant's database.
package struct TenantRepositories {
    package let documents: any DocumentRepository
    package let files: any FileRepository
    package let uploads: any UploadRepository
    package let events: any EventSink
    package let outbox: any OutboxRepository
    package let inbox: any InboxRepository
    package let deadLetters: any DeadLetterRepository
    package let audit: any AuditRepository

    package init(
        documents: any DocumentRepository, files: any FileRepository, uploads: any UploadRepository,
        events: any EventSink, outbox: any OutboxRepository, inbox: any InboxRepository,
        deadLetters: any DeadLetterRepository, audit: any AuditRepository
    ) {
        self.documents = documents
        self.files = files
        self.uploads = uploads
        self.events = events
        self.outbox = outbox
        self.inbox = inbox
        self.deadLetters = deadLetters
        self.audit = audit
    }
}
