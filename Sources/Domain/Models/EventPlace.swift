package import Contract

/// Which database an event lives in: its outbox, its inbox and its dead letters are there.
package enum EventPlace: Hashable, Sendable {
    /// The main database: events of tenants themselves.
    case main
    /// A tenant's own database: events of its documents and files.
    case tenant(TenantDatabase)
}

/// The repositories of the place where an event lives, inside one transaction.
package enum EventHome {
    case main(MainRepositories)
    case tenant(TenantRepositories)

    package var outbox: any OutboxRepository {
        switch self {
        case .main(let main): main.outbox
        case .tenant(let tenant): tenant.outbox
        }
    }

    package var inbox: any InboxRepository {
        switch self {
        case .main(let main): main.inbox
        case .tenant(let tenant): tenant.inbox
        }
    }

    package var deadLetters: any DeadLetterRepository {
        switch self {
        case .main(let main): main.deadLetters
        case .tenant(let tenant): tenant.deadLetters
        }
    }
}

extension UnitOfWork {
    /// Runs the closure on the place's database, as `inMain` and `inTenant` do.
    package func at<R>(
        _ place: EventPlace, _ access: DataAccess, _ body: (EventHome) throws(ErrorAnswer) -> R
    ) throws(ErrorAnswer) -> R {
        switch place {
        case .main: try inMain(access) { main throws(ErrorAnswer) in try body(.main(main)) }
        case .tenant(let database):
            try inTenant(database, access) { tenant throws(ErrorAnswer) in try body(.tenant(tenant)) }
        }
    }
}

extension EventType {
    /// Whether such events live in the main database.
    package var isOfMain: Bool { self == .tenantCreated || self == .tenantDeleted || self == .demo }
}
