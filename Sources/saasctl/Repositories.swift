import Base
import Contract
import Crypto
import Domain
import Persistence
import Postgres

/// The product's services as this program needs them, over one pool of connections.
struct Repositories {
    let data: any UnitOfWork
    let tenants: TenantService
    let processing: FileProcessing
    let tenantOperator: TenantOperator
    let provisioner: any TenantProvisioner
    let census: any TenantCensusTaker
    /// For what changes who may do what: returns when no process acts upon what was before.
    private let settling: any UnitOfWork
    private let doorbell: any Doorbell
    private let clock = SystemClock()

    init(pool: ConnectionPool, mainDatabase: String, log: Log) {
        data = PostgresUnitOfWork(pool: pool, mainDatabase: mainDatabase)
        settling = PostgresUnitOfWork(pool: pool, mainDatabase: mainDatabase) { Pause.sleep(AccessCache.lifetime) }
        provisioner = PostgresTenantProvisioner(pool: pool, mainDatabase: mainDatabase, log: log)
        census = PostgresTenantCensusTaker(pool: pool, mainDatabase: mainDatabase)
        doorbell = PostgresDoorbell(pool: pool, mainDatabase: mainDatabase)
        tenants = TenantService(data: data, provisioner: provisioner, doorbell: doorbell, clock: clock)
        tenantOperator = TenantOperator(data: settling, doorbell: doorbell, clock: clock)
        processing = FileProcessing(data: data, doorbell: doorbell, clock: clock)
    }

    /// Has the event worker look into a tenant's events soon.
    func ring(_ tenant: TenantID) {
        doorbell.ring(.main)
        doorbell.ring(.tenant(tenant))
    }

    /// Registration by the rules of the API.
    ///
    /// - Parameter passwordCost: of bcrypt.
    func auth(passwordCost: Int) -> AuthService {
        // Nobody logs in here: tokens of this key would be worth nothing.
        let signer = TokenSigner(keys: [TokenKey(secret: Random.bytes(32))])
        return AuthService(
            data: data,
            passwords: passwords(cost: passwordCost),
            tokens: TokenIssuer(signer: signer, accessLifetime: .seconds(1), refreshLifetime: .seconds(1)),
            clock: clock)
    }

    /// What the operator does to accounts.
    func userOperator(passwordCost: Int) -> UserOperator {
        UserOperator(data: settling, passwords: passwords(cost: passwordCost), clock: clock)
    }

    private func passwords(cost: Int) -> PasswordService {
        PasswordService(hasher: PasswordHasher(cost: cost), threads: 1, waiting: 1)
    }

    /// Reads from the main database.
    func read<R>(_ body: (MainRepositories) throws(ErrorAnswer) -> R) throws(Failure) -> R {
        do { return try data.inMain(.read, body) } catch { throw Failure(error) }
    }
}
