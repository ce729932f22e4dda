import Base
import Contract
import Crypto
import Domain
import Persistence
import Postgres
import TestSupport

/// A tenant with one member on the real server, and the application's half of uploads to it.
struct UploadFixture {
    private let databases: EventFixture
    private let signingKey: SigningKey
    private let auth: AuthService
    private let access: TenantAccess
    private let session: Session

    var data: PostgresUnitOfWork { databases.data }
    var tenant: TenantDatabase { databases.tenant }
    var clock: ManualClock { databases.clock }

    init() throws {
        databases = try EventFixture()
        signingKey = try SigningKey()
        let signer = TokenSigner(keys: [TokenKey(id: "1", secret: [UInt8](repeating: 7, count: 32))])
        auth = AuthService(
            data: databases.data, passwords: PasswordService(hasher: PasswordHasher(cost: 4), threads: 1, waiting: 1),
            tokens: TokenIssuer(signer: signer, accessLifetime: .seconds(900), refreshLifetime: .seconds(604_800)),
            clock: databases.clock)
        let (user, family, now) = (UserID.random(), TokenFamilyID.random(), databases.clock.now())
        let tenant = databases.tenant
        let (userText, tenantText) = (user.description, tenant.tenantID.description)
        let statements: [Query] = [
            """
            INSERT INTO users (id, first_name, last_name, email, password_hash, created_at, updated_at)
            VALUES (\(userText)::uuid, 'Ada', 'Byron', 'ada@example.com', 'x', now(), now())
            """,
            """
            INSERT INTO tenants (id, name, database_name, state, created_by, created_at, updated_at)
            VALUES (\(tenantText)::uuid, 'Acme', \(tenant.name), 'ready', \(userText)::uuid, now(), now())
            """,
            """
            INSERT INTO user_tenant_associations (user_id, tenant_id, role, joined_at)
            VALUES (\(userText)::uuid, \(tenantText)::uuid, 'admin', now())
            """,
            """
            INSERT INTO token_families (id, user_id, created_at, current_jti, current_issued, current_expires)
            VALUES (\(family.description)::uuid, \(userText)::uuid, now(), gen_random_uuid(), now(),
                    now() + interval '100 years')
            """,
        ]
        try databases.pool.withConnection(to: databases.main) { connection throws(PostgresError) in
            for statement in statements { _ = try connection.execute(statement) }
        }
        session = Session(userID: user, tokenID: "token", family: family, expires: now + .seconds(900))
        let found = try databases.data.inMain(.read) { main throws(ErrorAnswer) in
            try main.tenants.find(tenant.tenantID)
        }
        guard let found else { throw ErrorAnswer(.tenantNotFound) }
        access = TenantAccess(tenant: found, userID: user, role: .admin)
    }

    /// The service with a quota or without.
    func uploads(quotaBytes: Int64? = nil) -> UploadService {
        UploadService(
            data: data, auth: auth, doorbell: InMemoryDoorbell(clock: clock), clock: clock, signingKey: signingKey,
            maxBytes: 1_000_000, quotaBytes: quotaBytes)
    }

    func grant(
        _ uploads: UploadService, requestID: String = "request", bytes: Int64? = nil, key: String? = nil
    ) throws -> String {
        try uploads.authorize(
            session, access, requestID: requestID, declaredBytes: bytes,
            idempotencyKey: try key.map(IdempotencyKey.init))
    }

    /// The documents that a list with this query shows.
    func documents(_ query: DocumentQuery = DocumentQuery()) throws -> [Document] {
        try data.inTenant(tenant, .read) { tenant throws(ErrorAnswer) in try tenant.documents.list(query) }.elements
    }

    func count(_ query: Query) throws -> Int64 { try databases.count(query) }
    func execute(_ query: Query) throws { try databases.execute(query) }
    func waiters() throws -> Int64 { try databases.waiters() }

    /// Runs the closure so many times at once, each in a thread of its own; the results in order.
    static func atOnce<Value: Sendable>(
        _ count: Int, _ body: @escaping @Sendable (Int) throws -> Value
    ) -> [Result<Value, any Error>] {
        let results = Condition([Int: Result<Value, any Error>]())
        let threads = (0..<count).map { number in
            WorkerThread(name: "race") {
                let result = Result { try body(number) }
                results.withLock { $0[number] = result }
            }
        }
        for thread in threads { thread.join() }
        return results.withLock { results in (0..<count).compactMap { results[$0] } }
    }
}
