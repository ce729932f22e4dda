import Base
package import Contract

/// What the main database said of sessions a moment ago, so that a client that reads much asks it once in a while only.
///
/// An entry is good for `lifetime` from before its query was sent, and until `generation` changes, which it does after
/// each change of the main database by a process of this host and before that change is answered: what a client was told
/// is done holds for its next request, wherever it ends up. What is changed elsewhere (the operator's tools, another host)
/// is seen after `lifetime` at the latest. Only what lets somebody in is kept, never a refusal.
///
/// When an entry is past half of its life, one request asks anew while the others go on with it: a client with many
/// requests at a time does not send all of them to the database each time it ends.
package final class AccessCache: Sendable {
    /// How long an entry is good. Rules for caches of access facts allow a second.
    package static let lifetime: Duration = .milliseconds(250)
    /// Beyond this many entries all are forgotten.
    private static let capacity = 4096

    private struct Key: Hashable {
        let family: TokenFamilyID
        let user: UserID
        let tenant: TenantID?
    }

    private struct Entry {
        let facts: AccessFacts
        let generation: UInt64
        let begun: ContinuousClock.Instant
        /// Whether a request is asking anew.
        var isBeingRenewed = false
    }

    private let entries = Condition<[Key: Entry]>([:])
    private let generation: @Sendable () -> UInt64
    private let now: @Sendable () -> ContinuousClock.Instant

    /// - Parameters:
    ///   - generation: the number of changes so far, over all processes of the host.
    ///   - now: the monotonic clock.
    package init(
        generation: @escaping @Sendable () -> UInt64,
        now: @escaping @Sendable () -> ContinuousClock.Instant = { .now }
    ) {
        self.generation = generation
        self.now = now
    }

    /// The facts as they are kept, or as the closure finds them. May be called from many threads at once.
    package func facts(
        of session: Session, tenant: TenantID?, find: () throws(ErrorAnswer) -> AccessFacts?
    ) throws(ErrorAnswer) -> AccessFacts? {
        let key = Key(family: session.family, user: session.userID, tenant: tenant)
        // Both are taken before the query: a change while it runs makes its result good for nobody else.
        let begun = now()
        let present = generation()
        let known: AccessFacts? = entries.withLock { entries in
            guard let entry = entries[key], entry.generation == present, begun < entry.begun + Self.lifetime
            else { return nil }
            guard entry.isBeingRenewed || begun < entry.begun + Self.lifetime / 2 else {
                entries[key]?.isBeingRenewed = true
                return nil
            }
            return entry.facts
        }
        if let known { return known }
        let found = try find()
        guard let found, found.letsIn(asksTenant: tenant != nil) else { return found }
        let entry = Entry(facts: found, generation: present, begun: begun)
        entries.withLock { entries in
            // Of two that asked at once the later one knows more.
            if let other = entries[key], other.generation == present, other.begun > begun { return }
            if entries.count >= Self.capacity { entries.removeAll(keepingCapacity: true) }
            entries[key] = entry
        }
        return found
    }
}

extension AccessFacts {
    /// Whether nothing in them refuses, or waits for the first use of a token.
    fileprivate func letsIn(asksTenant: Bool) -> Bool {
        !isRevoked && user.isActive && openRotation == nil && (!asksTenant || membership != nil)
    }
}
