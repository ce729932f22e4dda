import Base
import Contract
import Crypto

/// Keeps whoever guesses passwords waiting, longer with each attempt, by what all processes know together.
///
/// Attempts count before the password is looked at, so that many at once win nothing. Three subjects have their own
/// counts: an account from one address, an account from everywhere, and an address over all accounts. The last two do
/// not concern an address from which the account's owner has logged in before, so strangers cannot keep the owner out
/// from there; and no wait is longer than five minutes.
package struct LoginThrottle: Sendable {
    private let perAccount: Int
    private let perAddress: Int

    /// Attempts are forgotten when none was made for this long.
    package static let memory: Duration = .seconds(3600)
    /// Addresses are forgotten when the owner did not come from there for this long.
    package static let addressMemory: Duration = .seconds(30 * 86_400)

    /// - Parameters:
    ///   - perAccount: attempts on an account from one address without a wait, and four times as many from everywhere;
    ///     0 for no limit.
    ///   - perAddress: attempts from one address without a wait; 0 for no limit.
    package init(perAccount: Int, perAddress: Int) {
        self.perAccount = perAccount
        self.perAddress = perAddress
    }

    /// One subject with its rule.
    private struct Count {
        let subject: String
        let free: Int
        let longestWait: Int64

        /// Seconds to wait after this many attempts: 1, 2, 4 … beyond the free ones.
        func wait(after attempts: Int) -> Int64 {
            guard attempts >= free else { return 0 }
            return min(longestWait, 1 << min(Int64(attempts - free), 20))
        }
    }

    /// Whether attempts from there are counted. Without an address the product itself is at work (the operator's tool).
    func concerns(_ login: LoginSource) -> Bool { (perAccount > 0 || perAddress > 0) && !login.network.isEmpty }

    /// Refuses what is blocked, without counting it: one read, and a second where only the owner's own address is let
    /// through.
    func check(_ login: LoginSource, at now: Timestamp, _ main: MainRepositories) throws(ErrorAnswer) {
        var subjects: [String] = []
        if perAccount > 0 { subjects += [login.pair, login.account] }
        if perAddress > 0 { subjects.append(login.address) }
        let blocked = try main.logins.attempts(of: subjects).filter { $0.value.blockedUntil > now }
        guard !blocked.isEmpty else { return }
        let counts = try self.counts(of: login, main)
        try refuseBlocked(blocked.filter { blocked in counts.contains { $0.subject == blocked.key } }, at: now)
    }

    /// Counts an attempt before its password is looked at.
    ///
    /// - Throws: `.rateLimited` with the seconds to wait.
    func begin(_ login: LoginSource, at now: Timestamp, _ main: MainRepositories) throws(ErrorAnswer) {
        let counts = try self.counts(of: login, main)
        guard !counts.isEmpty else { return }
        let stored = try main.logins.lockAttempts(of: counts.map(\.subject))
        try refuseBlocked(stored, at: now)
        for count in counts {
            let before = stored[count.subject].flatMap { now - $0.last < Self.memory ? $0.count : nil } ?? 0
            try main.logins.setAttempts(
                LoginAttempts(
                    count: before + 1, blockedUntil: now + .seconds(count.wait(after: before + 1)), last: now),
                of: count.subject)
        }
    }

    /// The password was right: the account's attempts are forgotten, the address's is taken back.
    func succeed(
        _ login: LoginSource, user: UserID, at now: Timestamp, _ main: MainRepositories
    ) throws(ErrorAnswer) {
        guard concerns(login) else { return }
        let stored = try main.logins.lockAttempts(of: [login.pair, login.account, login.address])
        try main.logins.forgetAttempts(of: [login.pair, login.account])
        // Taken back only where it was counted: else one's own logins would wash an address clean for guesses.
        if let address = stored[login.address],
            try !main.logins.isKnown(address: login.network, email: login.email)
        {
            if address.count <= 1 {
                try main.logins.forgetAttempts(of: [login.address])
            } else {
                try main.logins.setAttempts(
                    LoginAttempts(count: address.count - 1, blockedUntil: now, last: now), of: login.address)
            }
        }
        try main.logins.remember(address: login.network, of: user, at: now)
    }

    private func counts(of login: LoginSource, _ main: MainRepositories) throws(ErrorAnswer) -> [Count] {
        guard concerns(login) else { return [] }
        var counts: [Count] = []
        if perAccount > 0 { counts.append(Count(subject: login.pair, free: perAccount, longestWait: 300)) }
        guard try !main.logins.isKnown(address: login.network, email: login.email) else { return counts }
        if perAccount > 0 { counts.append(Count(subject: login.account, free: perAccount * 4, longestWait: 60)) }
        if perAddress > 0 { counts.append(Count(subject: login.address, free: perAddress, longestWait: 300)) }
        return counts
    }

    private func refuseBlocked(_ stored: [String: LoginAttempts], at now: Timestamp) throws(ErrorAnswer) {
        guard let until = stored.values.map(\.blockedUntil).max(), until > now else { return }
        let seconds = ((until - now).microseconds + 999_999) / 1_000_000
        throw ErrorAnswer(
            .rateLimited, message: "Too many failed logins; try again later.",
            details: ["retry_after": .integer(seconds)])
    }
}

/// Who is said to log in, and from where.
struct LoginSource {
    let email: EmailAddress
    /// Empty when there is no client.
    let network: String
    let account: String
    let address: String
    let pair: String

    init(email: EmailAddress, origin: RequestOrigin) {
        self.email = email
        network = ClientNetwork.name(of: origin.address)
        account = "account " + Hex.encode(Digest.sha256(Array(email.text.utf8)).prefix(16))
        address = "address " + network
        pair = account + " " + network
    }
}
