import Base
import Contract
package import Crypto
import Synchronization

/// Hashes and checks passwords on a few threads of the lowest priority, which keep off one processor while other requests
/// come too: a flood of logins leaves these room to run at once.
package final class PasswordService: Sendable {
    private let hasher: PasswordHasher
    private let pool: WorkerPool
    private let metrics: PasswordMetrics?
    private let places: Int
    private let taken = Condition(0)
    private let company: Company

    /// - Parameters:
    ///   - threads: how many passwords are hashed at once.
    ///   - waiting: how many callers may wait; the next is refused with `.serviceUnavailable`.
    package init(hasher: PasswordHasher, threads: Int, waiting: Int, metrics: PasswordMetrics? = nil) {
        self.hasher = hasher
        self.metrics = metrics
        places = waiting == 0 ? 0 : threads + waiting
        // Places bound the callers; the queue has room for what one of them hands in.
        let company = Company()
        self.company = company
        pool = WorkerPool(name: "bcrypt", threads: threads, capacity: max(1, places), niceness: 19) {
            WorkerThread.leaveOneProcessor(company.isThere)
        }
    }

    /// Says that a request of somebody with a session is served: for the next second one processor is kept free for more
    /// of them.
    func keepCompany() { company.note() }

    /// Refuses at once while all places are taken, before anything else is done for a request that will want one.
    func requirePlace() throws(ErrorAnswer) {
        guard callers >= places else { return }
        metrics?.refusals.add()
        throw Self.full
    }

    /// Runs the closure with a place in the queue, which it may use for any number of passwords.
    ///
    /// - Throws: `.serviceUnavailable` at once when all places are taken; what the closure throws.
    func withPlace<R>(_ body: () throws(ErrorAnswer) -> R) throws(ErrorAnswer) -> R {
        let isAdmitted = taken.withLock { taken in
            guard taken < places else { return false }
            taken += 1
            return true
        }
        guard isAdmitted else {
            metrics?.refusals.add()
            throw Self.full
        }
        defer { taken.withLock { $0 -= 1 } }
        return try body()
    }

    /// How many callers have places now.
    var callers: Int { taken.withLock { $0 } }

    /// The hash to store. Blocks for about 0.2 s at cost 12; call inside `withPlace`.
    func hash(_ password: Password) throws(ErrorAnswer) -> String {
        let hash = try run { [hasher] in try? hasher.hash(password.text) }
        guard let hash else { throw InvalidValue("cannot be used").answer(field: "password") }
        return hash
    }

    /// The hash of a password that was right, whatever the policy says of it today; nil when it cannot be hashed.
    func rehash(_ password: String) throws(ErrorAnswer) -> String? {
        try run { [hasher] in try? hasher.hash(password) }
    }

    /// Whether the password is the stored one; an unknown user (nil) costs the same time.
    func verify(_ password: String, against stored: String?) throws(ErrorAnswer) -> Bool {
        try run { [hasher] in
            guard let stored else {
                hasher.verifyAgainstNothing(password)
                return false
            }
            return hasher.verify(password, against: stored)
        }
    }

    /// Whether the stored hash was made with less effort than is asked for today.
    func needsRehash(_ stored: String) -> Bool { hasher.needsRehash(stored) }

    private func run<R: Sendable>(_ body: @escaping @Sendable () -> R) throws(ErrorAnswer) -> R {
        let asked = ContinuousClock.now
        do {
            return try pool.run { [metrics] in
                metrics?.waits.record(asked.duration(to: .now))
                return body()
            }
        } catch {
            throw Self.full
        }
    }

    private static let full = ErrorAnswer(
        .serviceUnavailable, message: "Too many logins at once; try again shortly.")

    /// When somebody else was last served.
    private final class Company: Sendable {
        private let start = ContinuousClock.now
        /// Microseconds from the start; nobody at first.
        private let last = Atomic(-longest)
        private static let longest: Int64 = 1_000_000

        private var now: Int64 { start.duration(to: .now).microseconds }

        var isThere: Bool { now - last.load(ordering: .relaxed) < Self.longest }

        func note() { last.store(now, ordering: .relaxed) }
    }
}
