import Base
package import Contract
package import Crypto
package import Domain

/// The product's services on databases and stores in memory, with the clock in the test's hand.
package final class InMemoryProduct: Sendable {
    package let clock = ManualClock()
    package let data: InMemoryUnitOfWork
    package let objects = InMemoryObjects()
    package let links = InMemoryDownloadLinks()
    package let doorbell: InMemoryDoorbell
    package let provisioner: InMemoryProvisioner
    package let signingKey: SigningKey

    package let auth: AuthService
    package let users: UserService
    package let tenants: TenantService
    package let members: MemberService
    package let documents: DocumentService
    package let files: FileService
    package let uploads: UploadService
    package let sweeper: UploadSweeper
    package let health: HealthService

    /// The password of every user that `register` makes.
    package static let password = "correct horse 1"
    /// The most that one file may hold.
    package static let maxBytes: Int64 = 1_000_000

    /// One for all tests: its threads are never stopped.
    private static let passwords = PasswordService(hasher: PasswordHasher(cost: 4), threads: 2, waiting: 1000)

    package init() throws {
        data = InMemoryUnitOfWork(clock: clock)
        doorbell = InMemoryDoorbell(clock: clock)
        provisioner = InMemoryProvisioner(data: data)
        signingKey = try SigningKey()
        let signer = TokenSigner(keys: [TokenKey(id: "1", secret: [UInt8](repeating: 7, count: 32))])
        auth = AuthService(
            data: data, passwords: Self.passwords,
            tokens: TokenIssuer(signer: signer, accessLifetime: .seconds(900), refreshLifetime: .seconds(604_800)),
            clock: clock)
        users = UserService(data: data, clock: clock)
        tenants = TenantService(data: data, provisioner: provisioner, doorbell: doorbell, clock: clock)
        members = MemberService(data: data, doorbell: doorbell, clock: clock)
        documents = DocumentService(data: data, links: links, doorbell: doorbell, clock: clock)
        files = FileService(data: data, objects: objects, clock: clock)
        uploads = UploadService(
            data: data, auth: auth, doorbell: doorbell, clock: clock, signingKey: signingKey, maxBytes: Self.maxBytes)
        sweeper = UploadSweeper(data: data, objects: objects, clock: clock)
        health = HealthService(data: data, objects: objects, clock: clock)
    }

    /// A new user, `<name>@example.com`.
    package func register(_ name: String) throws -> User {
        try auth.register(
            firstName: PersonName(name), lastName: PersonName("Tester"), email: EmailAddress("\(name)@example.com"),
            password: Password(Self.password))
    }

    package func login(_ user: User) throws -> Login { try auth.login(email: user.email, password: Self.password) }

    /// A session of the user, from a new login.
    package func session(_ user: User) throws -> Session { try auth.session(accessToken: login(user).tokens.access) }

    /// A new tenant, and its admin's way into it.
    package func tenant(_ name: String = "Acme", by user: User) throws -> TenantAccess {
        TenantAccess(
            tenant: try tenants.create(name: TenantName(name), by: user.id), userID: user.id, role: .admin)
    }

    /// Makes the user a member, and gives the way in.
    package func join(_ user: User, as role: Role, _ access: TenantAccess) throws -> TenantAccess {
        _ = try members.add(.id(user.id), role: role, to: access)
        return TenantAccess(tenant: access.tenant, userID: user.id, role: role)
    }

    /// The tenant as it is stored now.
    package func stored(_ tenant: TenantID) throws -> Tenant? {
        try data.inMain(.read) { main throws(ErrorAnswer) in try main.tenants.find(tenant) }
    }

    /// The operator's hand on a tenant.
    package func setState(_ state: TenantState, suspendedBy: Suspender? = nil, of tenant: TenantID) throws {
        try data.inMain(.write) { main throws(ErrorAnswer) in
            guard let found = try main.tenants.lock(tenant) else { throw ErrorAnswer(.tenantNotFound) }
            _ = try main.tenants.update(
                tenant, name: found.name, state: state, suspendedBy: suspendedBy, at: clock.now())
        }
    }

    /// The operator's hand on a user.
    package func deactivate(_ user: User) throws {
        try data.inMain(.write) { main throws(ErrorAnswer) in
            _ = (main.users as? InMemoryUsers)?.change(user.id) { $0.user.isActive = false }
        }
    }

    /// The grant for an upload of the user.
    package func grant(_ user: User, _ access: TenantAccess) throws -> String {
        try uploads.authorize(try session(user), access, requestID: "request", declaredBytes: nil)
    }

    /// What the sidecar sends when it has received these bytes.
    package static func resolution(
        of content: String, grant: String, filename: String = "note.txt", sniffed: String = "text/plain",
        declared: String? = nil
    ) -> ResolveUpload {
        let bytes = Array(content.utf8)
        return ResolveUpload(
            grant: grant, md5: Hex.encode(Digest.md5(bytes)), sha256: Hex.encode(Digest.sha256(bytes)),
            size: Int64(bytes.count), sniffedType: sniffed, partType: declared, partFilename: filename,
            filenameField: nil, mimeTypeField: nil)
    }

    /// Carries out a whole upload: resolve, push, commit.
    package func upload(
        _ content: String, by user: User, to access: TenantAccess, filename: String = "note.txt",
        sniffed: String = "text/plain"
    ) throws -> Document {
        let grant = try grant(user, access)
        switch try uploads.resolve(Self.resolution(of: content, grant: grant, filename: filename, sniffed: sniffed)) {
        case .created(let document): return document
        case .push(let target):
            objects.put(target.key)
            switch try uploads.commit(SettleUpload(grant: grant)) {
            case .created(let document, _): return document
            case .refused(let error): throw error
            }
        }
    }
}
