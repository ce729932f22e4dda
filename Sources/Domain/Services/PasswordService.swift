import Base
import Contract
package import Crypto

/// Hashes and checks passwords on a few threads of the lowest priority, so that logins use only what is idle.
package final class PasswordService: Sendable {
    private let hasher: PasswordHasher
    private let pool: WorkerPool

    /// - Parameters:
    ///   - threads: how many passwords are hashed at once.
    ///   - waiting: how many callers may wait; the next is refused with `.serviceUnavailable`.
    package init(hasher: PasswordHasher, threads: Int, waiting: Int) {
        self.hasher = hasher
        pool = WorkerPool(name: "bcrypt", threads: threads, capacity: waiting, niceness: 19)
    }

    /// The hash to store. Blocks for about 0.2 s at cost 12.
    func hash(_ password: Password) throws(ErrorAnswer) -> String {
        let hash = try run { [hasher] in try? hasher.hash(password.text) }
        guard let hash else { throw InvalidValue("cannot be used").answer(field: "password") }
        return hash
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
        do {
            return try pool.run(body)
        } catch {
            throw ErrorAnswer(.serviceUnavailable, message: "Too many logins at once; try again shortly.")
        }
    }
}
