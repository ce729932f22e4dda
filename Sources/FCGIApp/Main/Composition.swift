import Base
import Crypto
import Domain
import FastCGI
import Glibc
import Limits
import ObjectStore
import Persistence
import Postgres
import Redis
import Storage
import Web

/// Builds the program from its parts; the only place that names concrete types.
struct Composition {
    let log: Log
    private let settings: AppSettings
    private let pool: ConnectionPool
    private let refusals: AuditQueue
    private let limiter: LeasingRateLimiter
    private let poolReporter: PoolReporter
    private let metrics: AppMetrics
    private let sampler: RecurringThread
    private let bridge: FastCGIBridge
    private let internalBridge: FastCGIBridge

    /// How many threads serve the sidecar's calls: they are short, and wait for the database.
    private static let internalThreads = 8

    init(environment: Environment) throws(ConfigurationError) {
        let settings = try AppSettings(environment)
        let clock = SystemClock()
        let metrics = AppMetrics(settings)
        let log = settings.log
        let pool = ConnectionPool(
            settings.database.pool, log: log, connect: TenantSchemaGate.connector(log: log))
        let main = settings.database.main.database
        let changes = SharedCounter(path: settings.changesFile)
        if changes == nil { log.warning("changes are not shared; access is looked up for each request") }
        let data = PostgresUnitOfWork(pool: pool, mainDatabase: main, log: log) { changes?.increase() }
        let refusals = AuditQueue(data: data, log: log)
        let doorbell = PostgresDoorbell(pool: pool, mainDatabase: main)
        let provisioner = PostgresTenantProvisioner(pool: pool, mainDatabase: main, log: log)
        let objects = StoreObjectLocator(store: settings.store)
        let links = SignedDownloadLinks(signer: settings.downloadSigner)
        let passwords = PasswordService(
            hasher: PasswordHasher(cost: settings.passwordCost), threads: 1, waiting: max(1, settings.threads / 2),
            metrics: metrics.passwords)
        let tokens = TokenIssuer(
            signer: TokenSigner(keys: settings.tokenKeys), accessLifetime: settings.accessLifetime,
            refreshLifetime: settings.refreshLifetime)
        let auth = AuthService(
            data: data, passwords: passwords, tokens: tokens, clock: clock, throttle: settings.throttle,
            refusals: refusals, cache: changes.map { changes in AccessCache(generation: { changes.value }) })
        let users = UserService(data: data, clock: clock)
        let tenants = TenantService(
            data: data, provisioner: provisioner, doorbell: doorbell, clock: clock,
            mostWaiting: max(1, settings.threads / 2))
        let members = MemberService(data: data, doorbell: doorbell, clock: clock)
        let documents = DocumentService(data: data, links: links, doorbell: doorbell, clock: clock)
        let files = FileService(data: data, objects: objects, clock: clock)
        let budgets = PostgresRateStore(pool: pool, mainDatabase: main)
        let rates: any RateStore =
            if let redis = settings.redis {
                FallbackRateStore(first: RedisRateStore(client: RedisClient(redis)), second: budgets, log: log)
            } else {
                budgets
            }
        let limiter = LeasingRateLimiter(store: rates, budgets: settings.budgets, workers: settings.workers)
        let uploads = UploadService(
            data: data, auth: auth, doorbell: doorbell, clock: clock, signingKey: settings.grantKey,
            maxBytes: settings.maxUploadBytes, typePolicy: settings.typePolicy, quotaBytes: settings.storageQuotaBytes,
            limiter: limiter)
        let audit = AuditService(data: data)
        let demo = DemoService(data: data, doorbell: doorbell, clock: clock)
        let health = HealthService(data: data, objects: objects, clock: clock)
        let router = Router(
            HealthRoutes(health: health).routes + AuthRoutes(auth: auth).routes
                + UserRoutes(users: users, auth: auth).routes
                + TenantRoutes(tenants: tenants, members: members, users: users).routes
                + MemberRoutes(members: members).routes
                + DocumentRoutes(documents: documents, uploads: uploads).routes + FileRoutes(files: files).routes
                + AuditRoutes(audit: audit).routes
                + (settings.demoRoutes ? DemoRoutes(demo: demo, bus: settings.bus).routes : []))
        let disagreements = AccessTable.disagreements(with: router.routes)
        guard disagreements.isEmpty else { throw ConfigurationError(problems: disagreements) }
        let repeated = RepeatedRequests(
            store: PostgresIdempotencyStore(pool: pool, mainDatabase: main),
            digests: RequestDigests(secret: settings.tokenKeys[0].secret), clock: clock)
        let sample = metrics.sampling(pool, passwords)
        func bridge(
            _ router: Router, repeated: RepeatedRequests? = nil, audit: (any AuditSink)? = nil, page: MetricsPage? = nil
        ) -> FastCGIBridge {
            let counted = RequestMetrics(metrics.home, router: router)
            return FastCGIBridge(
                pipeline: Pipeline(
                    router: router, auth: auth, rateLimiter: limiter, maxUploadBytes: settings.maxUploadBytes,
                    repeated: repeated, audit: audit, metrics: counted, clock: clock, log: log),
                downloads: DownloadRoute(documents: documents, links: links, clock: clock), metrics: counted,
                metricsPage: page)
        }
        self.settings = settings
        self.log = log
        self.pool = pool
        self.refusals = refusals
        self.limiter = limiter
        poolReporter = PoolReporter(pool: pool, mainDatabase: main, program: "saas-app")
        self.metrics = metrics
        sampler = RecurringThread(name: "metrics", pause: .seconds(1), sample)
        self.bridge = bridge(
            router, repeated: repeated, audit: refusals,
            page: MetricsPage(metrics.home, data: data, clock: clock, sample: sample))
        internalBridge = bridge(Router(HandOffRoutes(uploads: uploads).routes))
    }

    /// Opens the public and the internal socket.
    ///
    /// - Throws: `ConfigurationError` when a socket cannot be bound.
    func listen() throws(ConfigurationError) -> [Listener] {
        refusals.start()
        limiter.start(clock: SystemClock())
        poolReporter.start()
        do {
            let listeners = try openListeners()
            metrics.watch(listeners)
            sampler.start()
            return listeners
        } catch {
            throw ConfigurationError(problems: ["APP_SOCKET or INTERNAL_SOCKET cannot be bound: \(error)"])
        }
    }

    private func openListeners() throws(FastCGIError) -> [Listener] {
        let publicListener = try Listener(
            path: settings.socket, threads: settings.threads,
            // A tenant's requests beyond a quarter of the threads wait without one.
            sharing: SharingPolicy(limit: max(2, settings.threads / 4), party: RequestParty.of), log: log
        ) { [bridge] in bridge.serve($0) }
        let internalListener = try Listener(
            path: settings.internalSocket, threads: Self.internalThreads, allowedPeers: [getuid(), 0], log: log
        ) { [internalBridge] in internalBridge.serve($0) }
        return [publicListener, internalListener]
    }

    /// Lets running requests finish, then closes the connections. The sidecar's calls are served the longest, since a
    /// running upload may still need them.
    func stop(_ listeners: [Listener]) {
        for listener in listeners where !listener.stop(deadline: settings.drainTime) {
            log.warning("requests did not end in time", ["requests": .integer(Int64(listener.activeRequests))])
        }
        refusals.stop()
        limiter.stop()
        poolReporter.stop()
        sampler.stop()
        pool.close()
    }
}
