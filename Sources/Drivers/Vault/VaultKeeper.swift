package import Base

/// Keeps a program's token alive while the program runs, on a thread of its own.
///
/// A supervisor starts programs again with the token that they were given: it must not have run out meanwhile. A token
/// that cannot be renewed any longer is replaced by a new login where the settings have an AppRole; else the log says
/// that somebody must give a new one. The secrets themselves are read at start alone.
package final class VaultKeeper: Sendable {
    private let client: VaultClient
    private let log: Log
    private let stopping = Condition(false)
    private let canLogIn: Bool

    /// The shortest and the longest time between two renewals.
    private static let bounds: ClosedRange<Duration> = .milliseconds(500) ... .seconds(43_200)

    /// - Parameter canLogIn: whether a login gives a new token, which it does by AppRole.
    package init(_ client: VaultClient, canLogIn: Bool, log: Log) {
        self.client = client
        self.canLogIn = canLogIn
        self.log = log
    }

    /// Starts the thread; nil when the token does not end, or can be neither renewed nor replaced.
    package func start(with token: VaultToken) -> WorkerThread? {
        guard token.lifetime > .zero else { return nil }
        guard token.isRenewable || canLogIn else {
            log.warning(
                "the vault token cannot be renewed", ["vault.ttl": .integer(token.lifetime.milliseconds / 1000)])
            return nil
        }
        return WorkerThread(name: "vault-token") { self.run(token) }
    }

    /// Lets the thread end.
    package func stop() { stopping.update { $0 = true } }

    private func run(_ first: VaultToken) {
        var token = first
        var pause = Self.pause(token.lifetime)
        while stopping.wait(until: .now + pause, { $0 ? true : nil }) == nil {
            do throws(VaultError) {
                token = try next(after: token)
                pause = Self.pause(token.lifetime)
                log.debug("vault token renewed", ["vault.ttl": .integer(token.lifetime.milliseconds / 1000)])
            } catch {
                log.warning("the vault token could not be renewed", ["error.cause": .text(error.sentence)])
                // Several tries before the token ends, but no storm.
                pause = min(max(token.lifetime / 10, Self.bounds.lowerBound), .seconds(60))
            }
        }
    }

    private func next(after token: VaultToken) throws(VaultError) -> VaultToken {
        do throws(VaultError) {
            guard token.isRenewable else { throw .denied }
            let renewed = try client.renew(token)
            // Near its end a token is granted less and less.
            guard canLogIn, renewed.lifetime < token.lifetime / 4 else { return renewed }
        } catch {
            guard canLogIn, error == .denied else { throw error }
        }
        return try client.login()
    }

    /// Two thirds of the lifetime leave time for several tries.
    private static func pause(_ lifetime: Duration) -> Duration {
        min(max(lifetime * 2 / 3, bounds.lowerBound), bounds.upperBound)
    }
}
