package import Base
package import Contract
import Crypto

/// Registration, login, token rotation, logout, and what an access token is worth.
package struct AuthService: Sendable {
    private let data: any UnitOfWork
    private let passwords: PasswordService
    private let tokens: TokenIssuer
    private let clock: any WallClock
    private let throttle: LoginThrottle
    private let refusals: (any AuditSink)?
    private let cache: AccessCache?

    /// A client that lost the answer to a rotation may repeat it within this time and gets the same successor.
    private static let rotationGrace: Duration = .seconds(10)

    /// - Parameters:
    ///   - refusals: is told of refused logins and refreshes.
    ///   - cache: for requests that only read; without one, every request asks the database.
    package init(
        data: any UnitOfWork, passwords: PasswordService, tokens: TokenIssuer, clock: any WallClock,
        throttle: LoginThrottle = LoginThrottle(perAccount: 0, perAddress: 0), refusals: (any AuditSink)? = nil,
        cache: AccessCache? = nil
    ) {
        self.data = data
        self.passwords = passwords
        self.tokens = tokens
        self.clock = clock
        self.throttle = throttle
        self.refusals = refusals
        self.cache = cache
    }

    /// Stores a new active user.
    ///
    /// - Parameter passwordLifetime: of a password that was made up, after which it opens nothing unless it was changed.
    /// - Throws: `.emailTaken`.
    package func register(
        firstName: PersonName, lastName: PersonName, email: EmailAddress, password: Password,
        passwordLifetime: Duration? = nil, from origin: RequestOrigin = .none
    ) throws(ErrorAnswer) -> User {
        guard !password.isMade(of: email) else { throw Self.passwordOfAddress("password") }
        try passwords.requirePlace()
        // An early answer for a taken address saves the hashing; the unique index decides in any case.
        let isTaken = try data.inMain(.read) { main throws(ErrorAnswer) in try main.users.find(email: email) != nil }
        guard !isTaken else { throw ErrorAnswer(.emailTaken) }
        let hash = try passwords.withPlace { () throws(ErrorAnswer) in try passwords.hash(password) }
        let now = clock.now()
        let user = User(
            id: .ordered(at: now), firstName: firstName, lastName: lastName, email: email, isActive: true,
            createdAt: now, updatedAt: now)
        let stored = StoredPassword(hash: hash, expires: passwordLifetime.map { now + $0 })
        try data.inMain(origin.effectAccess) { main throws(ErrorAnswer) in
            try main.users.insert(user, password: stored)
            try main.audit.append(
                AuditEntry(.register, by: user.id, from: origin, target: user.id.description, at: now))
        }
        return user
    }

    /// Begins a token family. Unknown user, wrong password and inactive user are one answer at one cost.
    ///
    /// - Throws: `.invalidCredentials`; `.rateLimited` after too many attempts; `.serviceUnavailable` when too many
    ///   passwords are being looked at.
    package func login(
        email: EmailAddress, password: String, from origin: RequestOrigin = .none
    ) throws(ErrorAnswer) -> Login {
        let source = LoginSource(email: email, origin: origin)
        return try throttled(source) { () throws(ErrorAnswer) in
            try login(source, password: password, from: origin)
        }
    }

    /// Runs the closure, which looks at a password, with a place in the queue and an attempt that is counted.
    ///
    /// - Throws: `.serviceUnavailable` without a place, which costs nothing; `.rateLimited`; what the closure throws.
    private func throttled<R>(
        _ source: LoginSource, _ body: () throws(ErrorAnswer) -> R
    ) throws(ErrorAnswer) -> R {
        try passwords.requirePlace()
        let isCounted = throttle.concerns(source)
        if isCounted {
            try data.inMain(.read) { main throws(ErrorAnswer) in try throttle.check(source, at: clock.now(), main) }
        }
        return try passwords.withPlace { () throws(ErrorAnswer) in
            // Counted once there is a place: whoever is turned away for lack of one has tried nothing.
            if isCounted {
                try data.inMain(.write) { main throws(ErrorAnswer) in
                    try throttle.begin(source, at: clock.now(), main)
                }
            }
            return try body()
        }
    }

    private func login(
        _ source: LoginSource, password: String, from origin: RequestOrigin
    ) throws(ErrorAnswer) -> Login {
        let found = try data.inMain(.read) { main throws(ErrorAnswer) in
            try main.users.findCredentials(email: source.email)
        }
        guard try passwords.verify(password, against: found?.password.hash), let found, found.user.isActive,
            found.password.isValid(at: clock.now())
        else {
            // The address that was typed is not kept: it may be a mistyped password, and is nobody's when unknown.
            refusals?.record(
                AuditEntry(.login, by: found?.user.id, from: origin, at: clock.now(), refused: .invalidCredentials),
                in: nil)
            throw ErrorAnswer(.invalidCredentials)
        }
        var newHash: String?
        if passwords.needsRehash(found.password.hash) { newHash = try passwords.rehash(password) }
        let now = clock.now()
        let family = TokenFamilyID.random()
        let refresh = tokens.newRefreshToken(at: now)
        let page = try data.inMain(.write) { [newHash] main throws(ErrorAnswer) -> Page<Membership>? in
            // The check took its time: a password that was changed meanwhile opens nothing, and stays changed.
            // The lock has whoever changes it or the user wait, and then find the family that is begun here.
            guard try main.users.lockPasswordHash(found.user.id) == found.password.hash,
                try main.users.find(found.user.id)?.isActive == true
            else { return nil }
            try throttle.succeed(source, user: found.user.id, at: now, main)
            if let newHash {
                let stored = StoredPassword(hash: newHash, expires: found.password.expires)
                try main.users.setPassword(stored, of: found.user.id, at: now)
            }
            try main.tokens.insertFamily(family, user: found.user.id, current: refresh, at: now)
            try main.audit.append(AuditEntry(.login, by: found.user.id, from: origin, at: now))
            return try main.memberships.memberships(
                of: found.user.id, states: [.ready], page: PageRequest(perPage: 100))
        }
        // Checked again against what is stored now: the same password may have got a costlier hash.
        guard let page else { return try login(source, password: password, from: origin) }
        let pair = tokens.pair(user: found.user.id, family: family, refresh: refresh)
        return Login(tokens: pair, user: found.user, memberships: page.elements)
    }

    /// Exchanges a refresh token for its successor and a new access token.
    ///
    /// The last token before the present one is answered with the present one for a few seconds (the answer may have
    /// been lost); any other reuse means that a token was stolen, and ends the family.
    package func refresh(_ text: String, from origin: RequestOrigin = .none) throws(ErrorAnswer) -> TokenPair {
        let now = clock.now()
        let claims = try tokens.verify(text, expecting: .refresh, at: now)
        let next = tokens.newRefreshToken(at: now)
        let outcome = try data.inMain(.write) { main throws(ErrorAnswer) -> RefreshToken? in
            guard let family = try main.tokens.lockFamily(claims.family), family.userID == claims.userID,
                !family.isRevoked, try main.users.find(claims.userID)?.isActive == true
            else { return nil }
            if family.current.id == claims.tokenID {
                try main.tokens.rotate(family.id, to: next, at: now)
                try main.audit.append(AuditEntry(.refresh, by: claims.userID, from: origin, at: now))
                return next
            }
            if family.previous == claims.tokenID, let rotatedAt = family.rotatedAt, now - rotatedAt < Self.rotationGrace
            {
                return family.current
            }
            try main.tokens.revokeFamily(family.id, at: now)
            try main.audit.append(
                AuditEntry(.reuseToken, by: claims.userID, from: origin, at: now, refused: .tokenRevoked))
            return nil
        }
        guard let outcome else {
            refusals?.record(
                AuditEntry(.refresh, by: claims.userID, from: origin, at: now, refused: .tokenRevoked), in: nil)
            throw ErrorAnswer(.tokenRevoked)
        }
        return tokens.pair(user: claims.userID, family: claims.family, refresh: outcome)
    }

    /// Ends the session's family: its access and refresh tokens.
    package func logout(_ session: Session) throws(ErrorAnswer) {
        try data.inMain(.write) { main throws(ErrorAnswer) in
            let now = clock.now()
            try main.tokens.revokeFamily(session.family, at: now)
            try main.audit.append(AuditEntry(.logout, by: session.userID, from: session.origin, at: now))
        }
    }

    /// Stores a new password and ends all of the user's sessions.
    ///
    /// - Throws: `.validationError` on `current_password` when it is wrong, on `new_password` when it is made of the
    ///   user's address; `.rateLimited` after too many attempts.
    package func changePassword(of session: Session, current: String, new: Password) throws(ErrorAnswer) {
        let user = try data.inMain(.read) { main throws(ErrorAnswer) in try main.users.find(session.userID) }
        guard let user else { throw ErrorAnswer(.tokenRevoked) }
        guard !new.isMade(of: user.email) else { throw Self.passwordOfAddress("new_password") }
        let source = LoginSource(email: user.email, origin: session.origin)
        try throttled(source) { () throws(ErrorAnswer) in
            try changePassword(of: session, source, current: current, new: new)
        }
    }

    private func changePassword(
        of session: Session, _ source: LoginSource, current: String, new: Password
    ) throws(ErrorAnswer) {
        let stored = try data.inMain(.read) { main throws(ErrorAnswer) in
            try main.users.findPasswordHash(session.userID)
        }
        guard try passwords.verify(current, against: stored) else {
            throw InvalidValue("is not the present password").answer(field: "current_password")
        }
        let hash = try passwords.hash(new)
        let now = clock.now()
        let isChanged = try data.inMain(.write) { main throws(ErrorAnswer) -> Bool in
            // Both took their time: a password that was changed meanwhile, by the operator too, stays.
            guard try main.users.lockPasswordHash(session.userID) == stored else { return false }
            try throttle.succeed(source, user: session.userID, at: now, main)
            try main.users.setPassword(StoredPassword(hash: hash), of: session.userID, at: now)
            try main.tokens.revokeFamilies(of: session.userID, at: now)
            try main.audit.append(AuditEntry(.changePassword, by: session.userID, from: session.origin, at: now))
            return true
        }
        // Checked again against what is stored now: a login may have given the same password a costlier hash.
        guard isChanged else { return try changePassword(of: session, source, current: current, new: new) }
    }

    private static func passwordOfAddress(_ field: String) -> ErrorAnswer {
        InvalidValue("must not be made of the email address").answer(field: field)
    }

    /// The session of either token, for what ends it: signature and expiry only, no database.
    package func session(anyToken text: String, from origin: RequestOrigin = .none) throws(ErrorAnswer) -> Session {
        do throws(ErrorAnswer) {
            return try session(accessToken: text, from: origin)
        } catch  where error.code == .tokenInvalid {
            let claims = try tokens.verify(text, expecting: .refresh, at: clock.now())
            return Session(
                userID: claims.userID, tokenID: claims.tokenID.description, family: claims.family,
                expires: claims.expires, origin: origin)
        }
    }

    /// The session of an access token: signature and expiry only, no database.
    package func session(accessToken: String, from origin: RequestOrigin = .none) throws(ErrorAnswer) -> Session {
        let claims = try tokens.verify(accessToken, expecting: .access, at: clock.now())
        return Session(
            userID: claims.userID, tokenID: claims.tokenID.description, family: claims.family, expires: claims.expires,
            origin: origin)
    }

    /// Checks that the session still stands and, when a tenant is given, finds the way into it.
    ///
    /// - Parameter onlyReads: the request changes nothing, so that what was found a moment ago will do (`AccessCache`).
    /// - Throws: `.tokenRevoked`; `.tenantNotFound` for a tenant that does not exist, is not ready or has not this
    ///   user as a member: one answer, so that ids are not revealed.
    package func authorize(
        _ session: Session, tenant: TenantID?, onlyReads: Bool = false
    ) throws(ErrorAnswer) -> (user: User, membership: Membership?) {
        passwords.keepCompany()
        func find() throws(ErrorAnswer) -> AccessFacts? {
            try data.inMain(.read) { main throws(ErrorAnswer) in
                try main.tokens.facts(family: session.family, user: session.userID, tenant: tenant)
            }
        }
        let facts: AccessFacts? =
            if onlyReads, let cache {
                try cache.facts(of: session, tenant: tenant, find: find)
            } else {
                try find()
            }
        guard let facts, !facts.isRevoked, facts.user.isActive else { throw ErrorAnswer(.tokenRevoked) }
        try endGrace(of: session, facts.openRotation)
        guard tenant != nil else { return (facts.user, nil) }
        guard let membership = facts.membership else { throw ErrorAnswer(.tenantNotFound) }
        switch membership.tenant.state {
        case .ready, .suspended: return (facts.user, membership)
        case .deleting, .purged: throw ErrorAnswer(.tenantNotFound)
        }
    }

    /// The client has the rotation's answer, for it uses the access token that came in it: whoever comes with the token
    /// before is somebody else. One write for a rotation, at the first use within the grace.
    private func endGrace(of session: Session, _ rotation: OpenRotation?) throws(ErrorAnswer) {
        guard let rotation, clock.now() - rotation.rotatedAt < Self.rotationGrace,
            session.tokenID == TokenIssuer.accessToken(of: rotation.successor).description
        else { return }
        try data.inMain(.write) { main throws(ErrorAnswer) in
            try main.tokens.endGrace(session.family, of: rotation.successor)
        }
    }
}

/// What a login answers.
package struct Login: Sendable {
    package let tokens: TokenPair
    package let user: User
    /// At most 100; the rest is in the user's list of tenants.
    package let memberships: [Membership]
}
